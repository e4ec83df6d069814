/* late.c - shared libraries that are loaded at their first call. */
/* SPDX-License-Identifier: MIT */
#include "late.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

enum { CANNOT_LOAD = 127 };    /* what the dynamic linker ends with */

static void refuse(void) {
  const char *why = dlerror();
  log_write(LOG_ERROR, "%s", why ? why : "a shared library cannot be loaded");
  _exit(CANNOT_LOAD);
}

/* With it there may be threads, of its resolver, which read the environment. */
static bool has_libcurl(void) {
  void *handle = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_NOLOAD);
  if (handle) dlclose(handle);
  return handle != NULL;
}

/* GnuTLS comes with libcurl and libmicrohttpd, which may never use it, and sets
   up a megabyte when it is loaded, unless this is set. Where errand calls it
   itself, `init` does that. */
static void *load(const char *name) {
  static const char variable[] = "GNUTLS_NO_IMPLICIT_INIT";
  bool ours = !has_libcurl() && !getenv(variable) &&
              setenv(variable, "1", 0) == 0;
  void *handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
  if (ours) unsetenv(variable);
  return handle;
}

/* Copied by memcpy: ISO C has no conversion to a pointer to a function. */
static void *find(const LateLibrary *library, const char *name) {
  void *symbol = dlsym(library->handle, name);
  if (!symbol) refuse();
  return symbol;
}

static void open_library(LateLibrary *library) {
  int (*init)(void) = NULL;
  library->handle = load(library->name);
  if (!library->handle) refuse();
  if (!library->init) return;
  void *symbol = find(library, library->init);
  memcpy(&init, &symbol, sizeof init);
  (void)init();
}

late_fn *late_find(LateLibrary *library, const char *name) {
  late_fn *found = NULL;
  if (!library->handle) open_library(library);
  void *symbol = find(library, name);
  memcpy(&found, &symbol, sizeof found);
  return found;
}
