/* server.h - HTTP server for this machine alone, on libmicrohttpd. No Lua.

   It listens on a loopback address or a Unix socket, turns on the loop and
   hands whole requests to one function. Nothing it sends permits another
   site's page to read it (no CORS). */
/* SPDX-License-Identifier: MIT */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include "buf.h"
#include "err.h"
#include "loop.h"

typedef struct Server Server;
typedef struct ServerReq ServerReq;   /* one request; dead once answered */

typedef struct ServerReply {
  int status;
  const char *const *headers;   /* n pairs: name, value, name, value, ... */
  size_t nheaders;              /* number of pairs */
  const char *body;
  size_t body_len;              /* copied; no body goes with 204 and 304 */
} ServerReply;

/* On the loop, once the whole body is there. */
typedef void server_handler(void *ctx, ServerReq *req);

/* All borrowed for the call; zero means the default. */
typedef struct ServerOptions {
  const char *path;             /* Unix socket, mode 0600; NULL: address */
  const char *address;          /* 127.0.0.0/8 or ::1; NULL: 127.0.0.1 */
  int port;                     /* 0 picks a free one */
  size_t max_body;              /* 16 MiB when 0; 413 beyond */
  unsigned max_connections;     /* 512 when 0; more wait */
  unsigned idle;                /* seconds without a byte; 0: no limit */
  const char *methods;          /* "GET, HEAD, POST": 405 for all others;
                                   static storage; NULL: any */
  bool pages;                   /* for browsers: headers that keep pages to
                                   themselves, unless the reply has its own of
                                   that name; a request that changes something
                                   gets 403 if another site's page made it */
  server_handler *fn;
  void *ctx;
} ServerOptions;

/* A Host that is not 127.0.0.1, localhost or [::1] gets 421, so that no other
   name leads here; a Unix socket takes any, for no browser gets there. A file
   that is a socket nobody listens on is replaced; any other is in the way. */
Server *server_new(Loop *loop, const ServerOptions *options, Err *err);
void server_free(Server *s);          /* NULL is fine; from a handler too */
int server_port(const Server *s);     /* 0 for a Unix socket */

const char *server_req_method(const ServerReq *r);
const char *server_req_path(const ServerReq *r);    /* raw, still encoded */
const char *server_req_query(const ServerReq *r);   /* raw, without '?' */
const char *server_req_header(const ServerReq *r, const char *name);
void server_req_each_header(const ServerReq *r,
                            void (*fn)(void *ctx, const char *name,
                                       const char *value), void *ctx);
const char *server_req_body(const ServerReq *r, size_t *len);

/* Answers; exactly once, now or later. */
int server_answer(ServerReq *r, const ServerReply *reply, Err *err);
/* Closes the connection instead, from within the handler; cannot fail. */
void server_abandon(ServerReq *r);

#endif
