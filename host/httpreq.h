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
#include "outfile.h"

enum { MAX_REDIRECTS = 5 };

typedef struct PartFile PartFile;

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
  curl_mime *mime;              /* of the request in flight, else NULL */
  PartFile *files;              /* open while mime is there */
  size_t nfiles;
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
  OutFile *out;                 /* where a 2xx body goes, NULL: into body */
  size_t out_len;               /* bytes put there */
  bool out_done;                /* the file is in place */
  Err file_err;                 /* what a file of ours did wrong meanwhile */
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

/* httpfile.c */
int http_apply_parts(Slot *slot, const HttpCall *call, Err *err);
void http_parts_end(Slot *slot);     /* after the transfer; harmless twice */
bool http_to_file(const HttpReq *req);   /* what comes now is for req->out */
int http_output(HttpReq *req, const char *bytes, size_t n);
/* Puts the file in place, or away if there was a failure or no 2xx. */
void http_output_end(const Http *http, HttpReq *req);

/* httphead.c */
size_t http_on_header(char *bytes, size_t size, size_t n, void *slot);
void http_head_reset(HttpReq *req);

/* httperr.c: fills req->err from how the transfer ended. */
void http_explain(const Http *http, HttpReq *req, CURLcode code);
/* Makes the failure of what may have had its effect one in doubt. */
void http_doubt(const HttpReq *req, Err *err);

/* httptrace.c */
void http_trace(const Http *http, const HttpReq *req);
int http_on_debug(CURL *easy, curl_infotype type, char *bytes, size_t n,
                  void *slot);

#endif
