/* storefile.h - the file that a store lives in: place, owner, mode. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef STOREFILE_H
#define STOREFILE_H

#include "err.h"

/* Makes the directory (0700) and an empty file (0600) where they are absent,
   and checks both: ours, no group or other bits on the file, a directory
   that others cannot write to, a local file system. The real path, owned by
   the caller; NULL on failure. */
char *storefile_prepare(const char *path, Err *err);

#endif
