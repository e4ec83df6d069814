/* serverlisten.c - a socket to listen on: loopback, or a file. */
/* SPDX-License-Identifier: MIT */
#include "serverpriv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

typedef union Address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} Address;

/* ---- loopback ---- */

/* Its length, 0 if it is no address of this machine alone. */
static socklen_t loopback(const char *text, int port, Address *a) {
  memset(a, 0, sizeof *a);
  if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1) {
    a->v4.sin_family = AF_INET;
    a->v4.sin_port = htons((uint16_t)port);
    bool ours = ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
    return ours ? sizeof a->v4 : 0;
  }
  if (inet_pton(AF_INET6, text, &a->v6.sin6_addr) == 1) {
    a->v6.sin6_family = AF_INET6;
    a->v6.sin6_port = htons((uint16_t)port);
    return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr) ? sizeof a->v6 : 0;
  }
  return 0;
}

static int listen_loopback(ServerListener *l, const char *text, int port,
                           Err *err) {
  Address a;
  const int on = 1;
  if (port < 0 || port > 65535) {
    return err_set(err, ERR_VALIDATION, "%d is no port number", port);
  }
  socklen_t len = loopback(text, port, &a);
  if (len == 0) {
    return err_set(err, ERR_VALIDATION, "%s is no loopback address: 127.0.0.1 "
                   "and ::1 are", text);
  }
  l->fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                 0);
  if (l->fd < 0) {
    return err_sys(err, ERR_NETWORK, errno, "no socket for the server");
  }
  if (setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
      bind(l->fd, &a.any, len) || listen(l->fd, SOMAXCONN) ||
      getsockname(l->fd, &a.any, &len)) {
    return err_sys(err, ERR_NETWORK, errno, "cannot listen on %s:%d", text,
                   port);
  }
  l->port = ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
  return 0;
}

/* ---- a file ---- */

/* Whether nobody listens there any more. */
static bool is_dead(const struct sockaddr_un *addr) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  int rc = connect(fd, (const struct sockaddr *)addr, sizeof *addr);
  bool dead = rc != 0 && errno == ECONNREFUSED;
  close(fd);
  return dead;
}

static int clear_way(const struct sockaddr_un *addr, Err *err) {
  struct stat st;
  const char *path = addr->sun_path;
  if (lstat(path, &st)) {
    if (errno == ENOENT) return 0;
    return err_sys(err, ERR_FILE, errno, "cannot listen on %s", path);
  }
  if (!S_ISSOCK(st.st_mode)) {
    return err_set(err, ERR_FILE, "cannot listen on %s: it is there, and no "
                   "socket", path);
  }
  if (!is_dead(addr)) {
    return err_set(err, ERR_CONFIG, "cannot listen on %s: another process "
                   "does", path);
  }
  if (unlink(path) == 0 || errno == ENOENT) return 0;
  return err_sys(err, ERR_FILE, errno, "cannot remove %s, which is left over",
                 path);
}

static int listen_file(ServerListener *l, const char *path, Err *err) {
  struct sockaddr_un addr = { .sun_family = AF_UNIX };
  struct stat st;
  size_t n = strlen(path);
  if (n == 0 || n >= sizeof addr.sun_path) {
    return err_set(err, ERR_VALIDATION, "the path of a socket has 1 to %zu "
                   "bytes, this has %zu", sizeof addr.sun_path - 1, n);
  }
  memcpy(addr.sun_path, path, n + 1);
  if (clear_way(&addr, err)) return -1;
  l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (l->fd < 0) {
    return err_sys(err, ERR_NETWORK, errno, "no socket for the server");
  }
  /* Linux makes the file with the mode of the socket: it is closed to others
     from its first instant, whatever the umask. */
  if (fchmod(l->fd, 0600) ||
      bind(l->fd, (const struct sockaddr *)&addr, sizeof addr)) {
    return err_sys(err, ERR_NETWORK, errno, "cannot listen on %s", path);
  }
  bool ready = chmod(path, 0600) == 0 && lstat(path, &st) == 0;
  l->path = ready ? strdup(path) : NULL;
  if (!l->path) {
    int why = errno;
    (void)unlink(path);
    return err_sys(err, ERR_FILE, why, "cannot listen on %s", path);
  }
  l->dev = st.st_dev;
  l->ino = st.st_ino;
  if (listen(l->fd, SOMAXCONN) == 0) return 0;
  return err_sys(err, ERR_NETWORK, errno, "cannot listen on %s", path);
}

int serverlisten_open(ServerListener *l, const ServerOptions *options,
                      Err *err) {
  *l = (ServerListener){ .fd = -1 };
  if (options->path) return listen_file(l, options->path, err);
  return listen_loopback(l, options->address ? options->address : "127.0.0.1",
                         options->port, err);
}

void serverlisten_close(ServerListener *l) {
  struct stat st;
  if (l->path && lstat(l->path, &st) == 0 && st.st_dev == l->dev &&
      st.st_ino == l->ino) {
    (void)unlink(l->path);
  }
  free(l->path);
  l->path = NULL;
  if (l->fd >= 0) close(l->fd);
  l->fd = -1;
}
