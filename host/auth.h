/* auth.h - credentials put on at the wire, tokens bought if needed. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef AUTH_H
#define AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include "config.h"
#include "err.h"
#include "http.h"
#include "loop.h"

typedef struct Auth Auth;         /* one account of one service */
typedef struct AuthReq AuthReq;   /* one call, with the login it may need */

/* Templates hold {setting} for the value of a setting of the account and
   {token} for the token that the login bought; nothing else is special: a
   brace that is not followed by a lower-case name and "}" stands for itself.
   A setting that is not set is an error in the headers of the spec. In a login
   and in what a method sends it counts as empty ({otp}), unless the method
   needs it, and a header that comes out empty is left out.
   "{basic:T}" stands for base64 of the expanded template T, so that
   "Basic {basic:{user}:{password}}" is what RFC 7617 wants. */
typedef struct AuthHeader {
  const char *name;
  const char *value;     /* template */
  bool required;         /* a setting that misses fails the call; else it takes
                            the header with it */
} AuthHeader;

/* A request that buys a token. */
typedef struct AuthLogin {
  const char *method;
  const char *path;            /* template below the base URL */
  const AuthHeader *headers;   /* n of them, templates */
  size_t nheaders;
  const char *body;            /* template of JSON text, nullable: values are
                                  JSON-escaped where they are put in */
  const char *token;           /* JSON pointer to the token in the reply; ""
                                  = the whole body, trimmed, one pair of JSON
                                  quotes off, an object's "token" member too */
  double lifetime;             /* seconds; 0 = the JWT's exp, or until 401 */
  const int *refused;          /* n statuses that mean a failed login, */
  size_t nrefused;             /* besides 401 and 403 */
  const char *const *without;  /* n names of headers of the spec that the */
  size_t nwithout;             /* login does not carry */
} AuthLogin;

/* One way to sign in; the first whose settings are all present is taken. */
typedef struct AuthMethod {
  const char *const *needs;    /* n setting names */
  size_t nneeds;
  const AuthLogin *login;      /* nullable */
  const AuthHeader *send;      /* n headers put on every call */
  size_t nsend;
  const int *renew;            /* n statuses besides 401 that make it log in */
  size_t nrenew;               /* again, once a call */
} AuthMethod;

typedef struct AuthSpec {
  const char *service;
  const AuthHeader *headers;   /* n headers of every call, templates */
  size_t nheaders;
  const AuthMethod *methods;   /* n; none: the service wants no credential */
  size_t nmethods;
} AuthSpec;

/* A value for a {name}: borrowed until the next call. Returns 0 with *value
   NULL if not set; -1 on failure (secret not readable), err naming the
   setting. */
typedef int auth_lookup(void *ctx, const char *name, const char **value,
                        size_t *len, bool *secret, Err *err);

/* The spec is copied; http and ctx must outlive the Auth, and what lookup says
   of a setting must not change once a call has asked for it. A missing
   credential is reported by auth_send, not here. auth_free cancels what is
   pending (done is then not called); the requests stay their holders'. */
Auth *auth_new(Http *http, const char *base, const AuthSpec *spec,
               auth_lookup *lookup, void *ctx, Err *err);
void auth_free(Auth *auth);

/* What is known of a setting without asking anybody: not set, its value
   (AUTH_SECRET: of a secret), or a description of where a secret is asked for
   (a command, a prompt). Value or description are appended to out. -1 on
   failure. */
enum { AUTH_UNSET, AUTH_PLAIN, AUTH_SECRET, AUTH_ASKED };
typedef int auth_known(void *ctx, const char *name, Buf *out, Err *err);

typedef struct AuthKeep {
  const char *dir;     /* made with mode 0700 when first needed */
  const char *name;    /* of the file: from tokencache_name */
  auth_known *known;   /* gets the ctx of auth_new */
  double wait;         /* seconds for another process's login, 0 = 30 */
} AuthKeep;

/* Before the first call: tokens that logins buy are kept in a file for later
   processes (see tokencache.h), and one that is there spares the login and
   what it would ask for. Of processes that need one at a time only one logs
   in. */
int auth_keep_tokens(Auth *auth, const AuthKeep *keep, Err *err);

typedef struct AuthToken {
  bool there;          /* one that can be sent */
  bool kept;           /* in the file */
  double expires;      /* seconds since 1970, 0 = not known */
  const char *path;    /* of the file; NULL: tokens are not kept; borrowed */
} AuthToken;

/* Looks at the file, asks and sends nothing. */
void auth_token(Auth *auth, AuthToken *out);

/* Called once, from loop_step; never from auth_send itself. */
typedef void auth_done(void *ctx, AuthReq *req);

enum {
  AUTH_NONE = 1        /* send no credential: the call needs none */
};

/* As http_send, with the credential on. Logs in first if there is no valid
   token: many calls share one login in flight. A 401 (or a status of renew)
   on a bought token logs in once more and repeats the call once; a second one
   is the reply. without (nullable, n) names headers of the spec that this
   call does not carry; a header of the call itself replaces one of the spec
   or the credential. NULL on failure (missing credential: ERR_AUTH), nothing
   was sent. The lifetime of call is as in http_send. */
AuthReq *auth_send(Auth *auth, const HttpCall *call, int flags,
                   const char *const *without, size_t nwithout,
                   auth_done *fn, void *ctx, Err *err);
/* The same in two steps. auth_req_new sends nothing; auth_req_start does, and
   again once the request is done: what the call borrows must live until the
   last one. A download that broke off goes on where it can. deadline:
   loop_now() at which it is given up, the wait for a token included, 0 for
   none. -1: not sent, done is not called; the request stays the caller's. */
AuthReq *auth_req_new(Auth *auth, const HttpCall *call, int flags,
                      const char *const *without, size_t nwithout,
                      auth_done *fn, void *ctx, Err *err);
int auth_req_start(Auth *auth, AuthReq *req, double deadline, Err *err);
/* Gets a token and sends no call: auth_req_http stays NULL. renew: by a login
   even if there is one. Not to be started again. */
AuthReq *auth_login(Auth *auth, bool renew, auth_done *fn, void *ctx,
                    Err *err);
void auth_req_free(AuthReq *req);
bool auth_req_pending(const AuthReq *req);

/* What it sends by; borrowed. */
Http *auth_http(const Auth *auth);

/* The final request; NULL if none was made (the login failed). */
const HttpReq *auth_req_http(const AuthReq *req);
const Err *auth_req_err(const AuthReq *req);
int auth_req_attempts(const AuthReq *req);   /* sendings of the call itself */
int auth_req_logins(const AuthReq *req);     /* logins it waited for */

/* After a failed login: its request, which need not have got a reply, and the
   value of a header of that reply, such as Retry-After. NULL if it was not
   the login that failed. Both borrowed until req is started again or freed. */
const HttpReq *auth_req_login(const AuthReq *req);
/* The number of the login that it waited for last, to tell whose failure is the
   same one; 0 = none. */
unsigned auth_req_login_number(const AuthReq *req);
const char *auth_req_login_header(const AuthReq *req, const char *name);

/* Expands a template into out; used for settings in paths and for tests.
   json: values are JSON-escaped. */
int auth_expand(Buf *out, const char *tmpl, bool json, auth_lookup *lookup,
                void *ctx, Err *err);

#endif
