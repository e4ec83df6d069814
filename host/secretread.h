/* secretread.h - the places a secret is read from. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef SECRETREAD_H
#define SECRETREAD_H

#include "buf.h"
#include "err.h"

enum { SECRET_MAX = 64 * 1024 };   /* bytes of a file or a command's output */

/* A buffer that never moves, so that wiping it leaves no copy behind. */
int secret_buf(Buf *b, Err *err);

/* Each appends what it read to out, from secret_buf, as it came. 0 or -1. */
int secret_from_file(const char *path, Buf *out, Err *err);
int secret_from_credential(const char *name, Buf *out, Err *err);
int secret_from_command(const char *command, Buf *out, Err *err);
int secret_from_prompt(const char *question, Buf *out, Err *err);

#endif
