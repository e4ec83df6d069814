/* httpreq.h - what the http*.c files share; nobody else includes it. */
/* SPDX-License-Identifier: MIT */
#ifndef HTTPREQ_H
#define HTTPREQ_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "buf.h"
#include "err.h"
#include "http.h"

enum { MAX_REDIRECTS = 5 };

/* What an easy handle was last told, so that a request only sets what
   differs: re-applying every option costs more than a loopback GET. */
typedef struct Slot {
  CURL *easy;
  struct Slot *next;            /* in the pool */
  HttpReq *req;                 /* borrowed; NULL while pooled */
  struct curl_slist *headers;
  char error[CURL_ERROR_SIZE];
  bool applied;                 /* the options of the account are on */
  bool verbose;
  bool fresh;
  int shape;                    /* enum in httpopts.c */
  const char *custom;           /* static text of url_method, nullable */
  long timeout_ms, stall;
} Slot;

struct Http {
  Loop *loop;
  CURLM *multi;                 /* the loop's */
  char *service;
  char *base;
  char *cacert, *capath, *cert, *key, *pinnedpubkey, *proxy, *noproxy;
  char *unix_socket, *interface;
  struct curl_slist *resolve, *connect_to;
  Secret *key_password;
  long http_version;            /* CURL_HTTP_VERSION_... */
  bool insecure;
  double connect_timeout, stall_timeout, timeout;
  size_t max_body, max_header;
  Slot *pool;
  HttpReq *flying;              /* in flight */
};

typedef struct CallCopy {
  const char *method;           /* static */
  const char *operation;        /* borrowed */
  const char *body;             /* borrowed */
  size_t body_len;
  bool repeatable;
  bool secret_reply;
} CallCopy;

struct HttpReq {
  Http *http;                   /* NULL once no longer in flight */
  HttpReq *next, *prev;         /* in http->flying */
  Slot *slot;                   /* NULL once no longer in flight */
  http_done *fn;
  void *ctx;
  CallCopy call;
  Buf url;
  Buf body;
  Buf head;                     /* "name NUL value NUL" one after another */
  size_t head_bytes;            /* of all header blocks, as they came */
  size_t max_body;
  size_t max_header;
  bool in_body;                 /* header block over: what comes are trailers */
  bool sent;                    /* a byte of it may have left */
  bool over_body, over_header, no_memory;
  int status;
  HttpTimes times;
  Err err;
};

/* httpopts.c */
int http_apply(Http *http, Slot *slot, Err *err);
int http_apply_call(Http *http, Slot *slot, const HttpCall *call, Err *err);
int http_apply_url(Slot *slot, const char *url, Err *err);

/* httphead.c */
size_t http_on_header(char *bytes, size_t size, size_t n, void *slot);
void http_head_reset(HttpReq *req);

/* httperr.c: fills req->err from how the transfer ended. */
void http_explain(const Http *http, HttpReq *req, CURLcode code);

/* httptrace.c */
void http_trace(const Http *http, const HttpReq *req);
int http_on_debug(CURL *easy, curl_infotype type, char *bytes, size_t n,
                  void *slot);

#endif
