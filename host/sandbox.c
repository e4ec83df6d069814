/* sandbox.c - loopback HTTP server whose replies can go wrong on purpose. */
/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>

#include "serverpriv.h"

enum { BLOCK = 32 * 1024 };

/* A body made on the fly: what is there, then blanks, then the end or a cut. */
typedef struct Stream {
  char *body;
  size_t len, cut;                  /* cut: bytes after which we hang up */
} Stream;

static ssize_t stream_read(void *cls, uint64_t pos, char *out, size_t max) {
  const Stream *b = cls;
  if (pos >= b->cut) return MHD_CONTENT_READER_END_WITH_ERROR;
  size_t n = b->cut - (size_t)pos;
  if (n > max) n = max;
  size_t real = pos < b->len ? b->len - (size_t)pos : 0;
  if (real > n) real = n;
  if (real) memcpy(out, b->body + pos, real);
  memset(out + real, ' ', n - real);
  return (ssize_t)n;
}

static void stream_free(void *cls) {
  Stream *b = cls;
  free(b->body);
  free(b);
}

static struct MHD_Response *stream(const SandboxReply *reply,
                                   size_t body_len) {
  uint64_t total = (uint64_t)body_len;
  Stream *b = calloc(1, sizeof *b);
  if (!b) return NULL;
  b->body = malloc(body_len + 1);
  if (!b->body) goto fail;
  if (body_len) memcpy(b->body, reply->body, body_len);
  b->len = body_len;
  if (reply->fault == SANDBOX_HUGE) total += reply->huge_bytes;
  b->cut = reply->fault == SANDBOX_TRUNCATE ? b->len / 2 : (size_t)total;
  /* Even an empty body can end too early if one byte is promised. */
  if (total == 0 && reply->fault == SANDBOX_TRUNCATE) total = 1;
  struct MHD_Response *response = MHD_create_response_from_callback(
      total, BLOCK, stream_read, b, stream_free);
  if (!response) goto fail;
  return response;
fail:
  stream_free(b);
  return NULL;
}

static struct MHD_Response *make_response(const SandboxReply *reply,
                                          size_t body_len, Err *err) {
  bool streamed = reply->fault == SANDBOX_TRUNCATE ||
                  reply->fault == SANDBOX_HUGE;
  /* MHD copies; it only forgot the const. */
  return server_dress(
      streamed ? stream(reply, body_len)
               : MHD_create_response_from_buffer(
                     body_len, (void *)(uintptr_t)reply->body,
                     MHD_RESPMEM_MUST_COPY),
      reply->headers, reply->nheaders, err);
}

int sandbox_answer(SandboxReq *r, const SandboxReply *reply, Err *err) {
  bool empty = reply->status == 204 || reply->status == 304;
  ServerEnd end = reply->fault == SANDBOX_DROP ? SERVER_DROP :
                  reply->fault == SANDBOX_RESET ? SERVER_RESET : SERVER_SEND;
  struct MHD_Response *response =
      make_response(reply, empty ? 0 : reply->body_len, err);
  if (!response) return -1;
  return server_respond(r, reply->status, response, end, reply->delay, err);
}

Sandbox *sandbox_new(Loop *loop, int port, size_t max_body,
                     sandbox_handler *fn, void *ctx, Err *err) {
  const ServerOptions options = {
    .port = port, .max_body = max_body, .fn = fn, .ctx = ctx
  };
  return server_new(loop, &options, err);
}

void sandbox_free(Sandbox *s) {
  server_free(s);
}

int sandbox_port(const Sandbox *s) {
  return server_port(s);
}

void sandbox_abandon(SandboxReq *r) {
  server_abandon(r);
}

const char *sandbox_req_method(const SandboxReq *r) {
  return server_req_method(r);
}

const char *sandbox_req_path(const SandboxReq *r) {
  return server_req_path(r);
}

const char *sandbox_req_query(const SandboxReq *r) {
  return server_req_query(r);
}

const char *sandbox_req_header(const SandboxReq *r, const char *name) {
  return server_req_header(r, name);
}

void sandbox_req_each_header(const SandboxReq *r,
                             void (*fn)(void *ctx, const char *name,
                                        const char *value), void *ctx) {
  server_req_each_header(r, fn, ctx);
}

const char *sandbox_req_body(const SandboxReq *r, size_t *len) {
  return server_req_body(r, len);
}
