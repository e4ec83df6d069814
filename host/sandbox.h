/* sandbox.h - loopback HTTP server whose replies can go wrong on purpose. No
   Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include "buf.h"
#include "err.h"
#include "loop.h"
#include "server.h"

typedef Server Sandbox;
typedef ServerReq SandboxReq;           /* one request; dead once answered */

/* What the handler may do besides answering; combined with a reply. */
typedef enum SandboxFault {
  SANDBOX_PLAIN,
  SANDBOX_DROP,        /* close without a byte */
  SANDBOX_RESET,       /* close with RST */
  SANDBOX_TRUNCATE,    /* headers and half of the body, then close */
  SANDBOX_HUGE         /* body followed by huge_bytes of blanks */
} SandboxFault;

typedef struct SandboxReply {
  int status;
  const char *const *headers;   /* n pairs: name, value, name, value, ... */
  size_t nheaders;              /* number of pairs */
  const char *body;
  size_t body_len;              /* copied */
  SandboxFault fault;
  size_t huge_bytes;
  double delay;                 /* seconds before the reply leaves */
} SandboxReply;

typedef void sandbox_handler(void *ctx, SandboxReq *req);

/* Binds to 127.0.0.1; port 0 picks a free one. The handler runs on the loop,
   once the whole body is there (max_body bytes, 16 MiB when 0; 413 beyond).
   Requests whose Host is not 127.0.0.1, localhost or [::1] get 421. */
Sandbox *sandbox_new(Loop *loop, int port, size_t max_body,
                     sandbox_handler *fn, void *ctx, Err *err);
void sandbox_free(Sandbox *s);
int sandbox_port(const Sandbox *s);

const char *sandbox_req_method(const SandboxReq *r);
const char *sandbox_req_path(const SandboxReq *r);    /* raw, still encoded */
const char *sandbox_req_query(const SandboxReq *r);   /* raw, without '?' */
const char *sandbox_req_header(const SandboxReq *r, const char *name);
void sandbox_req_each_header(const SandboxReq *r,
                             void (*fn)(void *ctx, const char *name,
                                        const char *value), void *ctx);
const char *sandbox_req_body(const SandboxReq *r, size_t *len);

/* Answers; exactly once, now or later. */
int sandbox_answer(SandboxReq *r, const SandboxReply *reply, Err *err);
/* Closes the connection instead, from within the handler; cannot fail. */
void sandbox_abandon(SandboxReq *r);

#endif
