/* http.h - requests over libcurl's multi interface. No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include "buf.h"
#include "err.h"
#include "loop.h"
#include "secret.h"

typedef struct Http Http;         /* settings and pool of one account */
typedef struct HttpReq HttpReq;   /* one request in flight or finished */

/* Zero (NULL, 0, false) means the default. Strings are copied. */
typedef struct HttpOptions {
  const char *service;        /* for messages: "ixon" */
  const char *base;           /* as url_base made it; redirects stay there */
  const char *cacert;         /* file; else capath; else the system's store */
  const char *capath;
  const char *cert, *key;     /* client certificate */
  Secret *key_password;       /* retained */
  const char *pinnedpubkey;
  const char *proxy;          /* else the environment, as curl reads it */
  const char *noproxy;
  const char *unix_socket;
  const char *interface;
  const char *const *resolve;     /* NULL-terminated HOST:PORT:ADDRESS */
  const char *const *connect_to;  /* NULL-terminated */
  const char *http_version;       /* "1.1"; "2", the default, over TLS */
  bool insecure;              /* no TLS verification; warns once a run */
  double connect_timeout;     /* seconds, 10 */
  double stall_timeout;       /* seconds under a byte a second, 60; never less
                                 than the timeout a call sets for itself.
                                 Whole seconds, and after a burst libcurl
                                 takes up to six more to notice */
  double timeout;             /* whole request, 120 */
  size_t max_body;            /* decoded bytes, 64 MiB */
  size_t max_header;          /* bytes of all reply headers, 256 KiB */
} HttpOptions;

/* The loop must outlive it. libcurl starts with the first request. */
Http *http_new(Loop *loop, const HttpOptions *options, Err *err);
/* Cancels what is in flight: ERR_CANCELLED, done is not called, the requests
   stay their holders' to free. NULL is fine. */
void http_free(Http *http);

/* A file that goes up as one part of a form, read piece by piece as it
   leaves. */
typedef struct HttpPart {
  const char *name;           /* of the part: "files" */
  const char *path;           /* a regular file; its last name goes along */
  const char *type;           /* nullable: application/octet-stream */
} HttpPart;

typedef struct HttpCall {
  const char *method;         /* from url_method */
  const char *url;            /* from url_build or url_resolve */
  const char *const *headers; /* n "Name: value", checked again here */
  size_t nheaders;
  const char *body;           /* nullable; borrowed until done */
  size_t body_len;
  const HttpPart *parts;      /* n of them: multipart/form-data instead of */
  size_t nparts;              /* a body; borrowed until done */
  const char *output;         /* nullable; the body of a 2xx reply goes into
                                 this file, which is replaced whole when all
                                 is there and otherwise left alone. An empty
                                 body is ERR_SERVER; max_body does not count.
                                 Other replies are kept as without it */
  double timeout;             /* seconds for this call, 0 = the default */
  bool repeatable;            /* read or set: may use a kept connection, may
                                 follow a same-origin redirect if GET or
                                 HEAD. Else a fresh HTTP/1.1 connection used
                                 once, and an unknown outcome is
                                 ERR_IN_DOUBT. A redirect that is not followed
                                 is ERR_SERVER, status and headers kept */
  bool secret_reply;          /* a login: values of reply headers stay out of
                                 the trace, for nobody knows the token yet */
  const char *operation;      /* for messages: "invites.create"; borrowed
                                 until done, nullable */
} HttpCall;

/* Called once, from loop_step; never from http_send itself. */
typedef void http_done(void *ctx, HttpReq *req);

/* Starts. The request is the caller's to free, before, in or after done.
   NULL on failure, nothing was sent. Headers that frame the message (Host,
   Content-Length, Connection, ...) are refused, as is a URL off the base. call
   itself is read before return, but for what it says is borrowed until done. */
HttpReq *http_send(Http *http, const HttpCall *call, http_done *fn, void *ctx,
                   Err *err);
/* Whether the parts can be read and the output can be made, as far as it can
   be told beforehand: -1 and ERR_FILE. http_send looks too, but may be behind
   a login. */
int http_check_files(const HttpCall *call, Err *err);
/* Cancels if in flight (done is then not called), and frees. NULL is fine. */
void http_req_free(HttpReq *req);

/* True when the request is still in flight. */
bool http_req_pending(const HttpReq *req);

/* The finished request; everything borrowed from it. */
const Err *http_req_err(const HttpReq *req);   /* kind ERR_NONE: a reply came */
int http_req_status(const HttpReq *req);
const Buf *http_req_body(const HttpReq *req);  /* decoded bytes */
size_t http_req_size(const HttpReq *req);      /* of the body, in memory or file */
bool http_req_is_file(const HttpReq *req);     /* the body is in call->output */
/* The last value of a header, NULL if absent. Case does not matter. */
const char *http_req_header(const HttpReq *req, const char *name, size_t *len);
/* Calls fn for each reply header in order. */
void http_req_each_header(const HttpReq *req,
                          void (*fn)(void *ctx, const char *name, size_t nlen,
                                     const char *value, size_t vlen),
                          void *ctx);
const char *http_req_url(const HttpReq *req);     /* after redirects */

/* Where the time went: seconds from the start of the first hop to the end of
   each stage of the last one, 0 if not reached; sent = about to leave. */
typedef struct HttpTimes {
  double resolve, connect, tls, sent, first_byte, total;
  long connects;             /* new connections this request needed */
  long redirects;
} HttpTimes;
HttpTimes http_req_times(const HttpReq *req);

/* True once a byte of the request may have left this machine. */
bool http_req_maybe_sent(const HttpReq *req);

#endif
