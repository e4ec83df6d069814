/* configfile.h - evaluates the configuration file apart from all scripts. */
/* SPDX-License-Identifier: MIT */
#ifndef CONFIGFILE_H
#define CONFIGFILE_H

#include "config.h"
#include "err.h"

/* A list of strings is kept as one SETTING_STRING, every element followed by
   this; no other string ends with it. */
#define CONFIG_LIST_END '\n'

enum { CONFIG_PROFILE_MAX = 255 };   /* bytes of a profile's name */

/* Reads the file, which must be ours without group or other bits, and runs
   it in a Lua state of its own that has nothing but the table `secret` and
   is closed afterwards. wanted (nullable) is the profile asked for; it, or
   the file's default, must be there. ERR_CONFIG names file, line or setting,
   never a value. */
int configfile_load(Config *c, const char *path, const char *wanted, Err *err);

#endif
