/* fuzz_config.c - the text of a configuration file, and what its values are. */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "configfile.h"

/* Each is looked for among all of them: of thousands not every one is. */
enum { EACH = 200, OF_MORE = 41 };

static int seen;

static int visit(void *ctx, const char *profile, const char *service,
                 const char *name, const Setting *value) {
  const Config *c = ctx;
  need(*profile && *service && *name, "a setting has names");
  if (++seen < EACH || seen % OF_MORE == 0) {
    need(config_has_profile(c, profile), "a setting has its profile");
    need(config_get(c, profile, service, name) == value, "a setting is found");
  }
  switch (value->type) {
  case SETTING_STRING: need(value->string, "a string"); break;
  case SETTING_SECRET: need(value->secret, "a secret"); break;
  case SETTING_BOOLEAN:
    need(value->integer == 0 || value->integer == 1, "a boolean");
    break;
  case SETTING_NUMBER:
    need(value->number - value->number == 0, "a finite number");
    break;
  case SETTING_INTEGER: break;
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static int fd = -1;
  static char path[64];
  if (fd < 0) {
    fd = memfd_create("config", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fd < 0 || fchmod(fd, 0600)) abort();
  }
  if (ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size) abort();
  Config *c = config_new();
  if (!c) abort();
  Err err = {0};
  if (configfile_load(c, path, NULL, &err) == 0) {
    need(config_has_profile(c, config_profile(c)), "one profile is chosen");
  } else {
    need(err.kind == ERR_CONFIG, "a refusal has its kind");
    need(strncmp(err.text, path, strlen(path)) == 0, "it names the file");
    need(err.text[strlen(path)] == ':', "and goes on");
  }
  seen = 0;
  need(config_each(c, visit, c) == 0, "all settings are looked at");
  config_free(c);
  return 0;
}
