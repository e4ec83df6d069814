/* late.c - shared libraries that are loaded at their first call. */
/* SPDX-License-Identifier: MIT */
#include "late.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

enum { CANNOT_LOAD = 127 };    /* what the dynamic linker ends with */

static void refuse(void) {
  const char *why = dlerror();
  log_write(LOG_ERROR, "%s", why ? why : "a shared library cannot be loaded");
  _exit(CANNOT_LOAD);
}

late_fn *late_find(LateLibrary *library, const char *name) {
  late_fn *found = NULL;
  if (!library->handle)
    library->handle = dlopen(library->name, RTLD_LAZY | RTLD_LOCAL);
  if (!library->handle) refuse();
  void *symbol = dlsym(library->handle, name);
  if (!symbol) refuse();
  /* ISO C has no conversion between the two kinds of pointer. */
  memcpy(&found, &symbol, sizeof found);
  return found;
}
