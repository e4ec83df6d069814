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
#include "progress.h"

enum { MAX_REDIRECTS = 5 };

typedef struct PartFile PartFile;

/* What an easy handle was last told, so that a request only sets what
   differs: re-applying every option costs more than a loopback GET. */
typedef struct Slot {
  CURL *easy;
  struct Slot *next;            /* in the pool */
  HttpReq *req;                 /* borrowed; NULL while pooled */
  struct curl_slist *headers;
  size_t nheaders;              /* of the call among them; 0: make them anew */
  int headers_shape;
  char error[CURL_ERROR_SIZE];
  bool applied;                 /* the options of the account are on */
  bool aimed;                   /* at http->origin: it has no URL but that */
  bool verbose;
  bool fresh;
  int shape;                    /* enum in httpopts.c */
  const char *custom;           /* static text of url_method, nullable */
  long timeout_ms, stall;
  bool metered;                 /* tells how far it is */
  curl_mime *mime;              /* of the request in flight, else NULL */
  PartFile *files;              /* that go up with the request in flight */
  size_t nfiles;
} Slot;

/* Which proxy the requests of the account go through. Decided once and told
   to libcurl, so that messages and doctor say what really happens. */
typedef struct Proxy {
  bool decided;                 /* false: no base, so libcurl looks itself */
  char *url;                    /* may hold a password; NULL: none */
  char *shown;                  /* "http://proxy.example.com:3128" */
  bool https, socks;
  bool plain;                   /* it sees all that is sent */
  bool user, user_in_url;       /* it is told one; it stands in the variable */
  const char *variable;         /* that says so; NULL: a setting */
  const char *direct;           /* who says that there is none; nullable */
  bool passed;                  /* plain http to this machine goes past it */
} Proxy;

/* A connection that may be kept. */
enum { KEPT = 32 };
typedef struct Kept {
  int fd, port;                 /* port: the local one */
} Kept;

struct Http {
  Loop *loop;
  CURLM *multi;                 /* the loop's */
  char *service;
  char *base;
  CURLU *origin;                /* of base, once a request has gone there */
  char *cacert, *capath, *crlfile, *cert, *key, *pinnedpubkey, *ciphers;
  char *proxy, *noproxy;
  char *unix_socket, *interface, *proxy_user, *proxy_cacert;
  Secret *proxy_password;
  Proxy route;
  CURLSH *share;                /* with 'resolve': names and connections that
                                   no other account may use */
  bool ipv4, ipv6;
  bool in_turn;                 /* a connection carries one after the other */
  Kept kept[KEPT];              /* by fd; the last ones, gone or not */
  struct curl_slist *resolve, *connect_to;
  Secret *key_password;
  long http_version;            /* CURL_HTTP_VERSION_... */
  long tls_min;                 /* CURL_SSLVERSION_... */
  bool insecure, insecure_http;
  bool key_locked;              /* the client key is encrypted */
  bool pkcs12;                  /* cert is such a file */
  double connect_timeout, stall_timeout, timeout;
  size_t max_body, max_header;
  void (*on_leave)(void *ctx, void *tag);   /* nullable */
  void *leave_ctx;
  Slot *pool;
  HttpReq *flying;              /* in flight */
};

struct HttpPartial {
  OutFile *out;
  size_t size;                  /* bytes in it */
  curl_off_t total;             /* -1 = unknown */
  char *validator;              /* what If-Range wants */
};

/* The body on its way to a file. */
typedef struct Download {
  OutFile *out;                 /* NULL: the body is kept in memory */
  const char *path;             /* borrowed until done, for its ending */
  size_t size;                  /* bytes in out */
  size_t from;                  /* bytes of an earlier try among them */
  curl_off_t total;             /* of the whole file, -1 = unknown */
  curl_off_t end;               /* where this reply ends, -1 = unknown */
  char *validator;              /* of what is in out; NULL: nothing goes on */
  bool begun;                   /* the reply was looked at: it is the file */
  bool page;                    /* it is a page of HTML, kept in memory */
  bool done;                    /* the file is in place */
  bool kept;                    /* another try can go on with it */
} Download;

typedef struct CallCopy {
  const char *method;           /* static */
  const char *operation;        /* borrowed */
  const char *body;             /* borrowed */
  size_t body_len;
  bool repeatable;
  bool secret_reply;
  void *tag;
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
  Download down;
  Progress *bar;                /* nullable */
  Err file_err;                 /* what a file did wrong meanwhile */
  Buf head;                     /* "name NUL value NUL" one after another */
  size_t head_bytes;            /* of all header blocks, as they came */
  size_t max_body;
  size_t max_header;
  bool in_body;                 /* header block over: what comes are trailers */
  bool sent;                    /* a byte of it may have left */
  bool lost;                    /* and did once before that, unanswered */
  bool unclean, resent;         /* bytes waited on the connection for it */
  bool over_body, over_header, no_memory;
  bool lasting;                 /* trying again soon cannot help */
  int status;
  HttpTimes times;
  Err err;
};

/* httpopts.c */
int http_apply(Http *http, Slot *slot, Err *err);
int http_apply_call(Http *http, Slot *slot, const HttpCall *call, Err *err);
/* After a connection failed: nobody waits for the next one to share it. */
void http_stop_waiting(const Http *http);
/* True if the directory has names as openssl rehash makes them. */
bool http_is_hashed(const char *path);

/* httpurl.c */
int http_apply_url(Http *http, Slot *slot, const char *url, Err *err);

/* httptls.c: the settings of TLS, of an account whose strings are there. */
int http_check_tls(Http *http, Err *err);

/* httpfile.c */
int http_apply_parts(Slot *slot, const HttpCall *call, Err *err);
int http_apply_upload(Slot *slot, const HttpCall *call, Err *err);
void http_parts_end(Slot *slot);     /* after the transfer; harmless twice */
/* Tells how far the files of the call have come, on a terminal. */
void http_meter(HttpReq *req, const HttpCall *call);
int http_on_progress(void *slot, curl_off_t down, curl_off_t down_now,
                     curl_off_t up, curl_off_t up_now);

/* httpdown.c */
/* After all else of http_send that can fail but add: takes call->partial when
   told that it has been sent. */
int http_output_open(HttpReq *req, const HttpCall *call, Err *err);
void http_output_sent(HttpReq *req, const HttpCall *call);
/* The headers that ask for the rest of a partial: count of them, each to be
   freed by the caller; -1 without memory. */
enum { RANGE_HEADERS = 3 };
int http_range_headers(const HttpPartial *partial, char *lines[RANGE_HEADERS]);
bool http_to_file(const HttpReq *req);   /* what comes now is for the file */
int http_output(HttpReq *req, const char *bytes, size_t n);
/* Puts the file in place, or away if there was a failure or no 2xx. */
void http_output_end(const Http *http, HttpReq *req, CURLcode code);
void http_output_drop(HttpReq *req);     /* harmless twice */

/* httproute.c: settings that say which way a request takes. */
int http_check_route(const Http *http, Err *err);
int http_open_share(Http *http, Err *err);   /* harmless twice */

/* httpproxy.c */
int http_proxy_choose(Http *http, Err *err);
int http_proxy_apply(const Http *http, CURL *easy, Err *err);
void http_proxy_clear(Http *http);

/* httpproxyerr.c: whether it was the proxy that failed, before anything went
   to the service; fills err. peer and reason are safe to show. */
bool http_explain_proxy(const HttpReq *req, const Http *http, CURL *easy,
                        CURLcode code, const char *peer, const char *reason,
                        Err *err);
/* The reply is the proxy's: it wants to know who asks. */
void http_explain_407(const Http *http, HttpReq *req);

/* httpreuse.c: a kept connection on which bytes wait carries no request. */
/* Whether that with this local port, on which the request is about to leave,
   is like that. */
bool http_is_unclean(const HttpReq *req, int port);
/* On its way again, on a new connection; -1: as it has ended. */
int http_resend(HttpReq *req);
/* After each transfer: which version of HTTP the server speaks, on which
   connection. */
void http_learn(Http *http, const Slot *slot);

/* httphead.c */
size_t http_on_header(char *bytes, size_t size, size_t n, void *slot);
void http_head_reset(HttpReq *req);
/* What libcurl lets pass and is no reply: cut off in its headers, a status of
   1xx, two lengths. CURLE_OK, or a code with its words in the slot's error. */
CURLcode http_check_head(HttpReq *req);

/* httperr.c: fills req->err from how the transfer ended. */
void http_explain(const Http *http, HttpReq *req, CURLcode code);
/* Makes the failure of what may have had its effect one in doubt. */
void http_doubt(const HttpReq *req, Err *err);

/* httptrace.c */
void http_trace(const Http *http, const HttpReq *req);
int http_on_debug(CURL *easy, curl_infotype type, char *bytes, size_t n,
                  void *slot);

#endif
