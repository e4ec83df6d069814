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

enum { HTTP_TIMEOUT = 120 };      /* seconds */

/* Zero (NULL, 0, false) means the default. Strings are copied. */
typedef struct HttpOptions {
  const char *service;        /* for messages: "ixon" */
  const char *base;           /* as url_base made it; redirects stay there */
  const char *cacert;         /* file; else capath; else the system's store */
  const char *capath;         /* with cacert: both count */
  const char *crlfile;        /* then every authority must have a list there */
  const char *cert, *key;     /* client certificate, PEM; its key may be in the
                                 same file. Or PKCS#12, without key */
  Secret *key_password;       /* retained */
  const char *pinnedpubkey;   /* file, or sha256//BASE64[;...] */
  const char *tls_min;        /* "1.2", the default; "1.3" */
  const char *ciphers;        /* of TLS 1.2, as OpenSSL writes them */
  const char *proxy;          /* without user and password; "" for none; NULL:
                                 what the environment says, as curl reads it */
  const char *proxy_user;     /* goes before the environment's */
  Secret *proxy_password;     /* retained */
  const char *proxy_cacert;   /* file, for proxies of https:// */
  const char *noproxy;        /* NULL: what the environment says */
  const char *unix_socket;
  const char *interface;
  const char *const *resolve;     /* NULL-terminated HOST:PORT:ADDRESS */
  const char *const *connect_to;  /* NULL-terminated HOST1:PORT1:HOST2:PORT2 */
  const char *http_version;       /* "1.1"; "2", the default, over TLS */
  bool ipv4, ipv6;            /* connect to addresses of that kind only */
  bool insecure_http;         /* a proxy may see plain http */
  bool insecure;              /* no TLS verification; warns once a run and
                                 service */
  double connect_timeout;     /* seconds, 10 */
  double stall_timeout;       /* seconds under a byte a second, 60; never less
                                 than the timeout a call sets for itself.
                                 Whole seconds, and after a burst libcurl
                                 takes up to six more to notice */
  double timeout;             /* whole request, HTTP_TIMEOUT */
  size_t max_body;            /* decoded bytes, 64 MiB */
  size_t max_header;          /* bytes of all reply headers, 256 KiB */
} HttpOptions;

/* The loop must outlive it. libcurl starts with the first request. The files
   that TLS settings name are looked at now: ERR_CONFIG says which setting is
   wrong. A private key must be ours (or root's) and closed to others; "~/" in
   front of a path is the home directory. */
Http *http_new(Loop *loop, const HttpOptions *options, Err *err);
Loop *http_loop(const Http *http);
/* Appends which way its requests go: "proxy http://[secret]@127.0.0.1:3128
   (variable https_proxy)", "no proxy". 0 or -1 as buf_add. */
int http_describe_route(const Http *http, Buf *out);
/* fn is told of each request that is about to leave, with the tag of its call:
   also of one that follows a redirect, or that libcurl sends once more. It may
   start and end nothing. NULL: nobody. */
void http_on_leave(Http *http, void (*fn)(void *ctx, void *tag), void *ctx);
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

/* The bytes of a download that broke off, to go on with; nothing that another
   reply than that of the same call could continue. */
typedef struct HttpPartial HttpPartial;

typedef struct HttpCall {
  const char *method;         /* from url_method */
  const char *url;            /* from url_build or url_resolve */
  const char *const *headers; /* n "Name: value", checked again here */
  size_t nheaders;
  const char *body;           /* nullable; borrowed until done */
  size_t body_len;
  const HttpPart *parts;      /* n of them: multipart/form-data instead of */
  size_t nparts;              /* a body; borrowed until done */
  const char *upload;         /* nullable; the body is this file, read as it
                                 leaves: application/octet-stream unless a
                                 header says otherwise; borrowed until done */
  const char *output;         /* nullable; the body of a 2xx reply goes into
                                 this file, which is replaced whole when all
                                 is there and otherwise left alone. An empty
                                 body is ERR_SERVER, and so is a page of
                                 HTML where the file is not named .html;
                                 max_body does not count. Other replies are
                                 kept as without it; borrowed until done */
  HttpPartial *partial;       /* nullable; of an earlier try of this call:
                                 only what is missing is asked for. It is the
                                 request's once http_send succeeds */
  double timeout;             /* seconds for this call, 0 = the default */
  double deadline;            /* loop_now() at which it is given up whatever
                                 the timeout says, 0 = none; past already:
                                 ERR_TIMEOUT, nothing is sent */
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
  void *tag;                  /* for http_on_leave */
} HttpCall;

/* Called once, from loop_step; never from http_send itself. */
typedef void http_done(void *ctx, HttpReq *req);

/* Starts. The request is the caller's to free, before, in or after done.
   NULL on failure, nothing was sent. Headers that frame the message (Host,
   Content-Length, Connection, ...) are refused, as is a URL off the base. call
   itself is read before return, but for what it says is borrowed until done. */
HttpReq *http_send(Http *http, const HttpCall *call, http_done *fn, void *ctx,
                   Err *err);
/* Whether the files can be read and the output can be made, as far as it can
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
/* What another try of a finished request can go on with, the caller's to free
   or to send; NULL if there is nothing: no bytes came, nothing tells whether
   the next ones belong to the same file (a strong ETag or an old enough
   Last-Modified), the server wants no ranges, or the reply was compressed.
   Gives it once. */
HttpPartial *http_req_partial(HttpReq *req);
void http_partial_free(HttpPartial *partial);   /* NULL is fine */
/* Bytes of the body that an earlier try had brought. */
size_t http_req_resumed(const HttpReq *req);
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

/* True once a byte of the request may have left this machine, unless the server
   said in its hand-shake that it does not take it. */
bool http_req_maybe_sent(const HttpReq *req);
/* True if it left twice, for a kept connection broke before the answer: what
   is answered now is answered to the second. */
bool http_req_lost(const HttpReq *req);
/* True if it failed for a reason that does not pass within seconds: what is
   wrong with a certificate, a key, the versions of TLS. */
bool http_req_lasting(const HttpReq *req);

#endif
