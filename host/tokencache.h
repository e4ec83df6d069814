/* tokencache.h - tokens kept on disk for later processes. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef TOKENCACHE_H
#define TOKENCACHE_H

#include <stddef.h>
#include "buf.h"
#include "err.h"

/* One file of a directory that is ours alone, with a lock file beside it.
   Nothing that is wrong with a file stops anybody: it is ignored, with one
   warning in the life of a TokenCache that names the path. */
typedef struct TokenCache TokenCache;

/* What a token was bought with. Of the secrets the file holds 16 bits, enough
   to find that one has changed and too few to guess it by. */
typedef struct TokenId {
  const Buf *account;   /* no secrets in it */
  const Buf *secrets;   /* may be empty */
} TokenId;

typedef struct Token {
  Buf text;                  /* owned */
  double written, expires;   /* seconds since 1970 */
} Token;

enum {
  TOKEN_MAX = 1 << 15,             /* bytes of a token */
  TOKEN_LIFE_MAX = 366 * 86400     /* seconds: none is kept for longer */
};

/* Seconds before its end at which a token of this life is bought anew. */
double tokencache_margin(double life);

/* "SERVICE@PROFILE" or "SERVICE@PROFILE@WAY" (way is nullable), escaped so
   that it is a file name. 0 or -1 as buf_add. */
int tokencache_name(Buf *out, const char *service, const char *profile,
                    const char *way);

/* Touches no file. NULL when out of memory. */
TokenCache *tokencache_new(const char *dir, const char *name);
void tokencache_free(TokenCache *c);     /* unlocks; NULL is fine */
const char *tokencache_path(const TokenCache *c);

/* 1 and a token that can be sent for a while, which redaction knows already;
   0: there is none, or of another account, or too old, or unusable. out->text
   is to be initialised, with a maximum of TOKEN_MAX; wiped by the caller. */
int tokencache_read(TokenCache *c, const TokenId *id, Token *out);

/* Replaces the file whole or not at all, power loss included; makes the
   directory. -1: it could not, which was warned of. */
int tokencache_write(TokenCache *c, const TokenId *id, const Token *token);

/* Removes the file, if there is one. */
void tokencache_drop(TokenCache *c);

/* Among all processes: 1 it is ours (or was), 0 another one has it, -1 there
   can be none, which was warned of. Never waits. It ends with the process. */
int tokencache_lock(TokenCache *c);
void tokencache_unlock(TokenCache *c);   /* harmless if not locked */

/* tokenlogout.c: removes the tokens of a name and its ways, or (name NULL) of
   everybody. Waits up to so many seconds, all told, for processes that are
   logging in, so that they do not put theirs there afterwards. Appends each
   path with a zero byte after it. -1 on failure, also where one of them was
   not done by then. */
int tokencache_remove(const char *dir, const char *name, double wait,
                      Buf *removed, Err *err);

#endif
