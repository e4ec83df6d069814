/* own.h - descriptions of services that an administrator added. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef OWN_H
#define OWN_H

#include "buf.h"
#include "err.h"

/* Appends the names of the folders in dir that hold a catalogue.lua, each with
   a NUL behind it, in no order. A dir that is not there has none. 0 or -1. */
int own_services(const char *dir, Buf *names, Err *err);

/* Appends a regular file that nobody but us and root can write: it says where
   credentials go. 0 or -1. */
int own_read(const char *path, Buf *text, Err *err);

#endif
