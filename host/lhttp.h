/* lhttp.h - what the two halves of host.http share. */
/* SPDX-License-Identifier: MIT */
#ifndef LHTTP_H
#define LHTTP_H

#include <stdbool.h>
#include <lua.h>
#include "auth.h"
#include "buf.h"
#include "config.h"
#include "limit.h"
#include "retry.h"
#include "task.h"

#define ACCOUNT "errand.account"

/* One account of one service; a userdata whose user value is the
   configuration. */
typedef struct Account {
  Http *http;
  Auth *auth;
  Limit *limit;
  Retry *retry;
  Config *config;                     /* borrowed, anchored */
  char *service, *profile, *base;     /* owned */
  bool hidden;                        /* its URL is kept from Lua */
  Buf url;                            /* reused from call to call */
  Buf number;                         /* a setting that is a number, as text */
} Account;

/* One call in flight; a userdata that anchors the call's table, its account
   and what was made of its files. */
typedef struct Call {
  Wait wait;
  RetryReq *req;
  bool repeatable;
  bool unsent;             /* it was cancelled before a byte of it could leave */
  bool keep;               /* the reply has text and times in any case */
  bool hidden;             /* and no URL */
} Call;

/* A value of the account for a {name} in a template; ctx is the Account. */
auth_lookup lhttp_lookup;

/* The address that a setting of the account is, which may be a secret.
   origin: scheme, host and port, checked as url_base does, appended; what is
   behind them is known to redaction from then on if it is a secret. target:
   all of it, suffix behind its path, query (encoded) behind its query. -1
   with an error that does not hold the address. */
int lhttp_origin(Buf *out, const Config *config, const char *profile,
                 const char *service, const char *name, Err *err);
int lhttp_target(Buf *out, const Account *a, const char *name,
                 const char *suffix, const char *query, Err *err);

void lcall_open(lua_State *L);

/* Pushes a new call with no request yet; the three are stack positions. */
Call *lcall_new(lua_State *L, int table, int account, int parts);

/* For retry_send. */
void lcall_done(void *ctx, RetryReq *req);

/* What follows the wait; pushes status, value, reply or nil, error:
   reply = { status, seconds, attempts, logins, url, size, head, text, times,
   gave_up } where seconds are those of the whole call, head is the reply's
   header lines, size the bytes of the body and text the body as it came, only
   where it was not decoded or the call's table has keep, url not where the
   account hides it; times, with keep
   only, those of its last request: { turn, between, resolve, connect, tls,
   sent, first_byte, total }. The value of a body that went into a file is the
   file's name. */
int lcall_finish(lua_State *L, int status, lua_KContext call);

/* Pushes a userdata that holds an empty buffer, and returns it. */
Buf *lhttp_scratch(lua_State *L);

#endif
