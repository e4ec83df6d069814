/* tokencache.c - tokens kept on disk for later processes. */
/* SPDX-License-Identifier: MIT */
#include "tokencache.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "log.h"
#include "redact.h"
#include "sys.h"
#include "text.h"

enum { SALT = 16, MAC = 32, CHECK = 2, FILE_MAX = TOKEN_MAX + 1024 };

struct TokenCache {
  char *dir, *name, *path;
  int lock;                /* descriptor, -1 = not locked */
  bool warned;
};

#define SUFFIX ".token"   /* tokenlogout.c knows it, and ".lock" */

double tokencache_margin(double life) {
  return fmin(60, life / 10);
}

int tokencache_name(Buf *out, const char *service, const char *profile,
                    const char *way) {
  if (buf_puts(out, service) || buf_addc(out, '@')) return -1;
  for (const char *p = profile; *p; p++)
    if (*p == '.' ? buf_puts(out, "%2E") : text_url_escape(out, p, 1))
      return -1;
  return way && (buf_addc(out, '@') || buf_puts(out, way)) ? -1 : 0;
}

static char *join(const char *dir, const char *name, const char *suffix) {
  Buf b;
  buf_init(&b, 1 << 16);
  if (buf_printf(&b, "%s/%s%s", dir, name, suffix) == 0)
    return buf_take(&b, NULL);
  buf_clear(&b);
  return NULL;
}

TokenCache *tokencache_new(const char *dir, const char *name) {
  TokenCache *c = calloc(1, sizeof *c);
  if (!c) return NULL;
  c->lock = -1;
  c->dir = strdup(dir);
  c->name = strdup(name);
  c->path = join(dir, name, SUFFIX);
  if (c->dir && c->name && c->path) return c;
  tokencache_free(c);
  return NULL;
}

void tokencache_free(TokenCache *c) {
  if (!c) return;
  tokencache_unlock(c);
  free(c->dir);
  free(c->name);
  free(c->path);
  free(c);
}

const char *tokencache_path(const TokenCache *c) {
  return c->path;
}

static void warn(TokenCache *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void warn(TokenCache *c, const char *fmt, ...) {
  Buf text;
  va_list ap;
  if (c->warned) return;
  c->warned = true;
  buf_init(&text, 1 << 16);
  va_start(ap, fmt);
  (void)buf_vprintf(&text, fmt, ap);
  va_end(ap);
  log_write(LOG_WARN, "%s", buf_str(&text));
  buf_clear(&text);
}

static void ignore_file(TokenCache *c, const char *why) {
  warn(c, "the token kept in %s is ignored, for it %s; the next login replaces "
       "it, else remove that file", c->path, why);
}

/* ---- the directory ---- */

/* Whoever else could look into it, or put files there, could take tokens or
   have us send theirs. */
static int check_dir(TokenCache *c, int fd) {
  struct stat st;
  if (fstat(fd, &st)) {
    warn(c, "no tokens are kept: cannot look at %s: %s", c->dir,
         strerror(errno));
    return -1;
  }
  if (st.st_uid != geteuid()) {
    warn(c, "no tokens are kept, for %s belongs to another user; remove it, or "
         "set XDG_CACHE_HOME to a directory of your own", c->dir);
    return -1;
  }
  if (st.st_mode & 077) {
    warn(c, "no tokens are kept, for %s is open to others (mode %04o); run "
         "chmod 700 '%s'", c->dir, (unsigned)(st.st_mode & 07777), c->dir);
    return -1;
  }
  return 0;
}

/* -1: there is none to use; silent if it is only not there yet. */
static int open_dir(TokenCache *c, bool make) {
  Err err = { 0 };
  if (make && sys_make_dir(c->dir, 0700, &err)) {
    warn(c, "no tokens are kept: %s; set XDG_CACHE_HOME to a directory that "
         "can be written, or cache_tokens to false", err.text);
    return -1;
  }
  int fd = open(c->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) {
    if (make || errno != ENOENT)
      warn(c, "no tokens are kept, for %s cannot be used: %s; remove it",
           c->dir, errno == ELOOP || errno == ENOTDIR
           ? "it is a symbolic link or no directory" : strerror(errno));
    return -1;
  }
  if (check_dir(c, fd) == 0) return fd;
  (void)close(fd);
  return -1;
}

/* ---- the text of a file ----

   Lines of "NAME VALUE": a salt, what the salt makes of the account and of its
   secrets, the time in milliseconds, the token, and a sum over all of that. */

static void hex(char *out, const unsigned char *bytes, size_t n) {
  for (size_t i = 0; i < n; i++)
    (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int unhex(unsigned char *out, size_t n, const char *s, size_t len) {
  if (len != 2 * n) return -1;
  for (size_t i = 0; i < n; i++) {
    int high = digit(s[2 * i]), low = digit(s[2 * i + 1]);
    if (high < 0 || low < 0) return -1;
    out[i] = (unsigned char)(high << 4 | low);
  }
  return 0;
}

static int mac(const unsigned char *salt, const char *bytes, size_t n,
               unsigned char *out) {
  return gnutls_hmac_fast(GNUTLS_MAC_SHA256, salt, SALT, bytes, n, out) < 0
             ? -1 : 0;
}

/* "salt HEX", "account HEX", "secrets HEX" as an account has them. */
static int put_account(Buf *out, const unsigned char *salt, const TokenId *id) {
  unsigned char account[MAC], secrets[MAC];
  char text[3][2 * MAC + 1];
  if (mac(salt, buf_str(id->account), id->account->len, account) ||
      mac(salt, buf_str(id->secrets), id->secrets->len, secrets)) return -1;
  hex(text[0], salt, SALT);
  hex(text[1], account, MAC);
  hex(text[2], secrets, CHECK);
  explicit_bzero(secrets, sizeof secrets);
  return buf_printf(out, "errand token 1\nsalt %s\naccount %s\nsecrets %s\n",
                    text[0], text[1], text[2]);
}

static int put_sum(Buf *out, const unsigned char *salt) {
  unsigned char sum[MAC];
  char text[2 * MAC + 1];
  if (mac(salt, buf_str(out), out->len, sum)) return -1;
  hex(text, sum, MAC);
  return buf_printf(out, "sum %s\n", text);
}

/* The value of the next line, which must be that of name. NULL if not. */
static const char *next(const char **at, const char *end, const char *name,
                        size_t *len) {
  size_t n = strlen(name);
  const char *p = *at;
  if ((size_t)(end - p) <= n || memcmp(p, name, n) != 0 || p[n] != ' ')
    return NULL;
  const char *line = memchr(p, '\n', (size_t)(end - p));
  if (!line) return NULL;
  p += n + 1;
  *at = line + 1;
  *len = (size_t)(line - p);
  return p;
}

static int next_time(const char **at, const char *end, const char *name,
                     double *out) {
  size_t len;
  const char *p = next(at, end, name, &len);
  if (!p || len == 0 || len > 15) return -1;
  double ms = 0;
  for (size_t i = 0; i < len; i++) {
    if (p[i] < '0' || p[i] > '9') return -1;
    ms = ms * 10 + (p[i] - '0');
  }
  *out = ms / 1000;
  return 0;
}

/* What goes into a header. */
static bool is_visible(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (s[i] <= ' ' || s[i] > '~') return false;
  return n > 0;
}

/* -1: it is not what we wrote; 0: of another account, 1. */
static int parse(const Buf *file, const TokenId *id, Token *out) {
  const char *at = buf_str(file), *end = at + file->len;
  unsigned char salt[SALT], sum[MAC], want[MAC];
  size_t len, head;
  const char *p = next(&at, end, "errand", &len);
  if (!p || len != 7 || memcmp(p, "token 1", 7) != 0) return -1;
  if (!(p = next(&at, end, "salt", &len)) || unhex(salt, SALT, p, len) ||
      !next(&at, end, "account", &len) || !next(&at, end, "secrets", &len))
    return -1;
  head = (size_t)(at - buf_str(file));
  if (next_time(&at, end, "written", &out->written) ||
      next_time(&at, end, "expires", &out->expires) ||
      !(p = next(&at, end, "token", &len)) || !is_visible(p, len)) return -1;
  /* Before anything else is done with it, be it ours or not. */
  if (redact_add(p, len) || buf_add(&out->text, p, len)) return -1;
  if (mac(salt, buf_str(file), (size_t)(at - buf_str(file)), want) ||
      !(p = next(&at, end, "sum", &len)) || unhex(sum, MAC, p, len) ||
      memcmp(sum, want, MAC) != 0 || at != end) return -1;
  Buf ours;
  buf_init(&ours, 1024);
  int same = put_account(&ours, salt, id) == 0 && ours.len == head &&
             memcmp(buf_str(&ours), buf_str(file), head) == 0;
  buf_clear(&ours);
  return same;
}

/* ---- reading ---- */

/* NULL, or what speaks against a file that is open. */
static const char *fault_of(int fd) {
  struct stat st;
  if (fstat(fd, &st)) return "cannot be looked at";
  if (!S_ISREG(st.st_mode)) return "is no regular file";
  if (st.st_uid != geteuid()) return "belongs to another user";
  if (st.st_mode & 077) return "is open to others, who may know the token";
  if (st.st_size > FILE_MAX) return "is too large";
  return NULL;
}

static int read_bytes(TokenCache *c, Buf *out) {
  int dir = open_dir(c, false);
  if (dir < 0) return -1;
  /* Not to wait for whoever has the other end of a pipe. */
  int fd = openat(dir, strrchr(c->path, '/') + 1,
                  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  int why = errno;
  (void)close(dir);
  if (fd < 0) {
    if (why == ELOOP) ignore_file(c, "is a symbolic link");
    else if (why != ENOENT) ignore_file(c, "cannot be opened");
    return -1;
  }
  const char *fault = fault_of(fd);
  if (!fault && sys_read_fd(out, fd, c->path, NULL)) fault = "cannot be read";
  (void)close(fd);
  if (fault) ignore_file(c, fault);
  return fault ? -1 : 0;
}

/* Expired, or a clock was wrong then or is now: a new one is bought without
   further ado. */
static bool is_usable(const Token *token) {
  double life = token->expires - token->written, now = sys_clock();
  return now >= token->written &&
         token->expires - now > tokencache_margin(life);
}

int tokencache_read(TokenCache *c, const TokenId *id, Token *out) {
  Buf file;
  buf_init(&file, FILE_MAX);
  int found = 0;
  if (buf_reserve(&file, FILE_MAX) && read_bytes(c, &file) == 0) {
    found = parse(&file, id, out);
    double life = out->expires - out->written;
    if (found < 0 || life > TOKEN_LIFE_MAX + 1 || life <= 0) {
      ignore_file(c, "is damaged");
      found = 0;
    }
    if (found && !is_usable(out)) found = 0;
  }
  buf_wipe(&file);
  if (!found) buf_wipe(&out->text);
  return found;
}

/* ---- writing ---- */

static int put_token(Buf *out, const TokenId *id, const Token *token) {
  unsigned char salt[SALT];
  double end = fmin(token->expires, token->written + TOKEN_LIFE_MAX);
  if (sys_random(salt, sizeof salt, NULL) || put_account(out, salt, id))
    return -1;
  if (buf_printf(out, "written %.0f\nexpires %.0f\ntoken %s\n",
                 floor(token->written * 1000), floor(end * 1000),
                 buf_str(&token->text)))
    return -1;
  return put_sum(out, salt);
}

/* outfile.h would follow a symbolic link that somebody left at the name. */
static int replace(TokenCache *c, int dir, const Buf *text) {
  char temp[NAME_MAX + 1], random[9];
  unsigned char bytes[4];
  const char *name = strrchr(c->path, '/') + 1;
  if (sys_random(bytes, sizeof bytes, NULL)) return -1;
  hex(random, bytes, sizeof bytes);
  int n = snprintf(temp, sizeof temp, "%s.%s", name, random);
  if (n < 0 || (size_t)n >= sizeof temp) {
    errno = ENAMETOOLONG;
    return -1;
  }
  int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return -1;
  bool bad = sys_write(fd, buf_str(text), text->len, NULL, NULL) != 0 ||
             fchmod(fd, 0600) != 0 || fsync(fd) != 0;
  int why = errno;
  if (close(fd) && !bad) bad = true, why = errno;
  if (!bad && renameat(dir, temp, dir, name) == 0) return fsync(dir);
  if (!bad) why = errno;
  (void)unlinkat(dir, temp, 0);
  errno = why;
  return -1;
}

int tokencache_write(TokenCache *c, const TokenId *id, const Token *token) {
  Buf text;
  buf_init(&text, FILE_MAX);
  int rc = -1;
  if (!buf_reserve(&text, FILE_MAX) || put_token(&text, id, token)) {
    warn(c, "the token is not kept in %s: no memory", c->path);
  } else {
    int dir = open_dir(c, true);
    rc = dir < 0 ? -1 : replace(c, dir, &text);
    if (dir >= 0 && rc)
      warn(c, "the token is not kept: cannot write %s: %s; the next process "
           "will log in again", c->path, strerror(errno));
    if (dir >= 0) (void)close(dir);
  }
  buf_wipe(&text);
  return rc;
}

void tokencache_drop(TokenCache *c) {
  int dir = open_dir(c, false);
  if (dir < 0) return;
  (void)unlinkat(dir, strrchr(c->path, '/') + 1, 0);
  (void)close(dir);
}

/* ---- the lock ---- */

int tokencache_lock(TokenCache *c) {
  if (c->lock >= 0) return 1;
  char name[NAME_MAX + 1];
  int dir = open_dir(c, true);
  if (dir < 0) return -1;
  int n = snprintf(name, sizeof name, "%s.lock", c->name);
  int fd = n < 0 || (size_t)n >= sizeof name ? (errno = ENAMETOOLONG, -1)
      : openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
               O_CLOEXEC, 0600);
  if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
    c->lock = fd;
    (void)close(dir);
    return 1;
  }
  int why = errno;
  if (fd >= 0) (void)close(fd);
  (void)close(dir);
  if (fd >= 0 && (why == EWOULDBLOCK || why == EINTR)) return 0;
  warn(c, "cannot lock %s/%s: %s; several processes may log in at once",
       c->dir, name, strerror(why));
  return -1;
}

void tokencache_unlock(TokenCache *c) {
  /* Closing is enough: nobody else holds this open file. */
  if (c->lock >= 0) (void)close(c->lock);
  c->lock = -1;
}
