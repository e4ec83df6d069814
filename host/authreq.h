/* authreq.h - what the auth*.c files share; nobody else includes it. */
/* SPDX-License-Identifier: MIT */
#ifndef AUTHREQ_H
#define AUTHREQ_H

#include <stdbool.h>
#include <stddef.h>
#include "auth.h"
#include "buf.h"
#include "err.h"
#include "http.h"
#include "tokencache.h"

enum { MAX_HEADER = 1 << 16, MAX_TOKEN = TOKEN_MAX };

/* Memory of one life: taken piece by piece, given back, wiped, at once. */
typedef struct Piece {
  struct Piece *next;
  size_t size;
  max_align_t bytes[];
} Piece;

typedef struct Queue {
  AuthReq *head, *tail;
} Queue;

/* The lines that all calls by the same token have: what they are made of, the
   settings, stays as it is. */
typedef struct Lines {
  const char **line;             /* NULL: not made yet */
  size_t n;
  const AuthMethod *method;      /* for which; NULL: without a credential */
  unsigned serial;               /* of the token */
  Piece *pieces;
} Lines;

/* The answer to a login that failed, shared by all who waited for it. */
typedef struct LoginReply {
  HttpReq *http;
  size_t refs;
} LoginReply;

struct Auth {
  Http *http;
  char *base;
  AuthSpec spec;                 /* deep copy in pieces */
  auth_lookup *lookup;
  void *ctx;
  Piece *pieces;
  const AuthMethod *method;      /* chosen at the first call; NULL before */
  Buf token;                     /* len 0 = none */
  double renew_at;               /* loop_now, 0 = when it is refused */
  double expires;                /* seconds since 1970, 0 = not known */
  unsigned serial;               /* of the token, to tell a new one */
  Lines lines;                   /* of the last call; dropped with the token */
  bool cached, kept;             /* it came from the file; it is there */
  Buf refused;                   /* the last one that was, never taken again */
  TokenCache *cache;             /* NULL: tokens end with the process */
  auth_known *known;
  Loop *loop;
  bool guessed;                  /* method: by what seems to be set */
  bool forced;                   /* log in whatever the file has */
  LoopTimer *polling;            /* until another process has logged in */
  double polling_since, lock_wait;
  HttpReq *login;                /* in flight, NULL if none */
  LoginReply *failed;            /* while auth_login_over runs */
  Buf login_body;                /* borrowed by the login in flight */
  double login_started, login_wall;
  unsigned logins;               /* begun so far, be it by a look at a file */
  Queue waiting, running;
  int busy;                      /* walking the queues: auth_free waits */
  bool freed;
};

struct AuthReq {
  Auth *auth;                    /* NULL once done */
  AuthReq *next, *prev;          /* in a queue of auth */
  Queue *queue;
  auth_done *fn;
  void *ctx;
  HttpCall call;                 /* strings in pieces but what is borrowed */
  int flags;
  const char *const *without;
  size_t nwithout;
  Piece *pieces;
  HttpReq *http;
  Err err;
  int attempts, logins;
  unsigned serial;               /* token it was sent with */
  unsigned login;                /* login it waits for */
  bool cached;                   /* that token came from the file */
  bool renewed, forced;          /* a token was refused; one more was */
  bool only;                     /* no call: it wants the token */
  LoopTimer *timer;              /* only: until done is called */
  LoginReply *reply;             /* nullable */
};

/* authtext.c */
typedef struct Template {
  auth_lookup *lookup;
  void *ctx;
  bool json;        /* values are JSON-escaped */
  bool lenient;     /* what is not set is left empty */
  bool secret;      /* out: a secret went in */
  char missing[64]; /* out: the setting that is not set, "" if none */
} Template;
int auth_text(Buf *out, const char *tmpl, size_t n, Template *t, Err *err);
/* The next {name} at or after p; NULL if none. */
const char *auth_placeholder(const char *p, const char *end, size_t *len);

/* auth.c: lookup that knows {token} too; ctx is the Auth. */
auth_lookup auth_value;
void *auth_keep(Piece **pieces, size_t size);   /* zeroed; NULL: no memory */
char *auth_keep_text(Piece **pieces, const char *text);
void auth_drop(Piece **pieces);

/* authhead.c: adds "Name: value" lines to lines (room for all), in pieces.
   login: none of them is required. */
int auth_headers(Auth *auth, const AuthHeader *headers, size_t n, bool login,
                 const char *const *without, size_t nwithout,
                 const char **lines, size_t *nlines, Piece **pieces, Err *err);

/* authlogin.c */
int auth_login_begin(Auth *auth, Err *err);
void auth_reply_release(LoginReply *reply);   /* NULL is fine */
bool auth_token_fresh(const Auth *auth);
void auth_token_drop(Auth *auth);

/* auth.c */
void auth_lines_drop(Auth *auth);            /* harmless twice */
int auth_begin(AuthReq *req, Err *err);
int auth_start(AuthReq *req, Err *err);      /* there is what it needs */

/* authwait.c */
void auth_move(AuthReq *req, Queue *q);
void auth_stop_timer(AuthReq *req);          /* harmless twice, as is */
void auth_leave(AuthReq *req);
void auth_orphan(Queue *q);
void auth_finish(AuthReq *req);              /* req and auth may be gone then */
/* Until there is a token, but not beyond the call's time. */
int auth_wait(AuthReq *req, Err *err);
/* Nothing is sent for who only wants the token; done is called later, as
   always. */
int auth_end_soon(AuthReq *req, Err *err);
/* A login ended; err NULL: there is a token now. bought: it was sent, and not
   just found to be needless. */
void auth_login_over(Auth *auth, const Err *err, bool bought);

/* authcache.c: 1 the file's token is ours now; 0 there is none; -1 there is
   one, which was refused. */
int auth_cache_take(Auth *auth);
/* The token that was bought just now, and its life in seconds, 0 unknown. */
void auth_cache_store(Auth *auth, double life);

/* A token by the file or a login, which auth_login_over ends unless this
   returns 1: there is one already. force: not by the file. */
int auth_acquire(Auth *auth, bool force, Err *err);
bool auth_acquiring(const Auth *auth);
void auth_acquire_stop(Auth *auth);

/* authhead.c: the way to sign in, by what is set. -1: err says what misses. */
int auth_choose(Auth *auth, Err *err);

#endif
