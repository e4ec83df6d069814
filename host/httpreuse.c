/* httpreuse.c - no request on a kept connection on which bytes wait already. */
/* SPDX-License-Identifier: MIT */
/*
 * They came behind the reply before, and would be read as the answer to what is
 * sent now: another answer, or a server's farewell to an idle connection.
 * libcurl 7.88 looks only whether a kept connection was closed. What arrives
 * later cannot be told from an answer: HTTP/1.1 numbers nothing.
 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "httpreq.h"
#include "log.h"

/* Over HTTP/2 bytes may come at any time. Without TLS errand speaks no HTTP/2;
   with it, the last reply has shown what the server speaks. */
static bool is_in_turn(const Http *http) {
  return http->in_turn ||
         (http->base && strncmp(http->base, "http:", 5) == 0);
}

static int local_port(int fd) {
  struct sockaddr_storage at = { .ss_family = AF_UNSPEC };
  socklen_t n = sizeof at;
  if (getsockname(fd, (struct sockaddr *)&at, &n)) return 0;
  if (at.ss_family == AF_INET)
    return ntohs(((struct sockaddr_in *)&at)->sin_port);
  return at.ss_family == AF_INET6
             ? ntohs(((struct sockaddr_in6 *)&at)->sin6_port) : 0;
}

bool http_is_unclean(const HttpReq *req, int port) {
  const Http *http = req->http;
  char byte;
  if (port <= 0 || req->resent || !is_in_turn(http)) return false;
  for (size_t i = 0; i < KEPT; i++) {
    const Kept *k = &http->kept[i];
    /* libcurl may have closed it, and something else have its number. */
    if (k->port == port && local_port(k->fd) == port)
      return recv(k->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
  }
  return false;
}

int http_resend(HttpReq *req) {
  Slot *slot = req->slot;
  CURLM *multi = req->http->multi;
  req->unclean = false;
  req->resent = true;
  slot->error[0] = '\0';
  log_write(LOG_TRACE, "%s: bytes came behind the last reply, or the server "
            "has closed: a new connection", req->http->service);
  /* A handle that made a connection is told all its options anew afterwards. */
  return curl_easy_setopt(slot->easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
         curl_multi_remove_handle(multi, slot->easy) == CURLM_OK &&
         curl_multi_add_handle(multi, slot->easy) == CURLM_OK ? 0 : -1;
}

void http_learn(Http *http, const Slot *slot) {
  long version = CURL_HTTP_VERSION_NONE, port = 0;
  curl_socket_t fd = CURL_SOCKET_BAD;
  CURL *easy = slot->easy;
  if (slot->fresh ||   /* it was told to speak 1.1, and is not kept */
      curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version) != CURLE_OK ||
      version == CURL_HTTP_VERSION_NONE) return;
  http->in_turn = version < CURL_HTTP_VERSION_2_0;
  if (!http->in_turn ||
      curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK ||
      curl_easy_getinfo(easy, CURLINFO_LOCAL_PORT, &port) != CURLE_OK ||
      fd == CURL_SOCKET_BAD) return;
  http->kept[(size_t)fd % KEPT] = (Kept){ .fd = fd, .port = (int)port };
}
