/* serverpriv.h - the parts of the server, and its door for the sandbox. */
/* SPDX-License-Identifier: MIT */
#ifndef SERVERPRIV_H
#define SERVERPRIV_H

#include <microhttpd.h>
#include <sys/types.h>
#include "server.h"

/* How a reply leaves. */
typedef enum ServerEnd {
  SERVER_SEND,
  SERVER_DROP,          /* close without a byte */
  SERVER_RESET          /* close with RST */
} ServerEnd;

typedef struct ServerListener {
  int fd;               /* -1 while closed; MHD's once it has started */
  int port;
  char *path;           /* owned; NULL for a loopback address */
  dev_t dev;            /* of the file at path, to remove no other */
  ino_t ino;
} ServerListener;

/* 0 or -1; to be closed by serverlisten_close either way. */
int serverlisten_open(ServerListener *l, const ServerOptions *options,
                      Err *err);
/* Removes the file and what is ours; the descriptor too, unless it is -1. */
void serverlisten_close(ServerListener *l);

/* What requests must be like, see ServerOptions. */
typedef struct ServerGuard {
  size_t max_body;
  const char *methods;
  bool pages;
  bool local_names;     /* Host must be one of this machine's own */
} ServerGuard;

/* 0, or the status of the refusal; and its text, static storage. */
int serverguard_check(const ServerReq *r, const ServerGuard *guard);
const char *serverguard_text(int status);

/* NULL, err set, for a header that cannot be sent. Takes response (NULL: out
   of memory) and frees it then. */
struct MHD_Response *server_dress(struct MHD_Response *response,
                                  const char *const *headers, size_t nheaders,
                                  Err *err);

/* Answers with response, which becomes the server's, after delay seconds.
   -1, with response freed, if the request was answered before or the status
   is none. */
int server_respond(ServerReq *r, int status, struct MHD_Response *response,
                   ServerEnd end, double delay, Err *err);

#endif
