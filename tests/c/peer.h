/* peer.h - a scripted HTTP server on a loopback port, good at misbehaving.
   Runs on the loop of the test: no thread, no process. */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>
#include "buf.h"
#include "loop.h"

typedef struct Peer Peer;

typedef enum PeerEnd {
  PEER_KEEP,      /* keep-alive */
  PEER_CLOSE,
  PEER_RESET,     /* close with RST */
  PEER_HANG       /* stay connected and silent */
} PeerEnd;

typedef struct PeerReply {
  const char *target;    /* "GET /x", NULL = any; borrowed */
  const char *bytes;     /* what is sent, raw; borrowed, nullable */
  size_t len;            /* 0 = strlen(bytes) */
  PeerEnd end;
  int times;             /* answers so often, then the next rule; 0 = always */
  double delay;          /* seconds before the reply */
  double drip;           /* seconds between single bytes */
  const char *endless;   /* sent again and again after bytes; borrowed */
  double later;          /* seconds before that begins */
  size_t fill;           /* so many zero bytes after bytes, never held whole */
  bool early;            /* before the body of the request is there, which is
                            then thrown away */
} PeerReply;

Peer *peer_new(Loop *loop);          /* exits the test on failure */
void peer_free(Peer *p);
int peer_port(const Peer *p);
const char *peer_base(const Peer *p);    /* "http://127.0.0.1:PORT" */

/* Rules are tried in order of addition; without one: 404. */
void peer_on(Peer *p, PeerReply reply);
void peer_forget(Peer *p);               /* rules, counts and bytes */
/* Bodies of more than n bytes are counted and thrown away: the request is its
   head and then "[N bytes]". */
void peer_swallow(Peer *p, size_t n);
/* The next n connections are closed as soon as they are accepted. */
void peer_drop_connections(Peer *p, int n);

int peer_connections(const Peer *p);
int peer_open(const Peer *p);            /* connections open now */
int peer_requests(const Peer *p, const char *target);   /* NULL = all */
const char *peer_last(const Peer *p);    /* exact bytes of the last request */

/* fn sees the exact bytes of every request before its reply is chosen. */
void peer_watch(Peer *p, void (*fn)(void *ctx, const char *bytes, size_t n),
                void *ctx);

/* "HTTP/1.1 STATUS X" with Content-Length and the extra header lines (each
   with CRLF, nullable); static storage of the peer, freed with it. */
const char *peer_text(Peer *p, int status, const char *headers,
                      const char *body);

#endif
