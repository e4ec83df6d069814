/* httptls.c - the files that the TLS settings name, looked at beforehand. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "httpreq.h"
#include "sys.h"

enum {
  MAX_FILE = 32 << 20,      /* bytes; a bundle of authorities has 0.2 MB */
  FIRST_ROOM = 512 << 10,   /* a key does not move, so that wiping gets it */
  PIN = 44                  /* characters of a SHA-256 in base64 */
};

#define KEY "PRIVATE KEY-----"

static int unusable(const Http *http, const char *name, const char *path,
                    const char *why, Err *err) {
  return err_set(err, ERR_CONFIG, "the setting '%s' of %s cannot be used: "
                 "%s %s", name, http->service, path, why);
}

/* A path may begin with "~/", as everywhere in the configuration. */
static int expand_home(char **path, Err *err) {
  const char *home = getenv("HOME");
  char *whole;
  if (!*path || strncmp(*path, "~/", 2) != 0 || !home) return 0;
  if (asprintf(&whole, "%s%s", home, *path + 1) < 0)
    return err_set(err, ERR_SCRIPT, "out of memory");
  free(*path);
  *path = whole;
  return 0;
}

static int expand_all(Http *http, Err *err) {
  char **paths[] = { &http->cacert, &http->capath, &http->crlfile,
                     &http->cert, &http->key, &http->pinnedpubkey };
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    if (expand_home(paths[i], err)) return -1;
  return 0;
}

/* The open file; -1 and err where it is none. It is opened again for every
   connection, so it must be one that can be read more than once. */
static int open_file(const Http *http, const char *name, const char *path,
                     Err *err) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) {
    err_sys(err, ERR_CONFIG, errno, "the setting '%s' of %s names a file that "
            "cannot be read, %s", name, http->service, path);
    return -1;
  }
  struct stat st;
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) return fd;
  close(fd);
  return unusable(http, name, path, "is no regular file", err);
}

/* Appends the file to out, which the caller wipes. */
static int read_file(const Http *http, const char *name, const char *path,
                     Buf *out, Err *err) {
  buf_init(out, MAX_FILE);
  int fd = open_file(http, name, path, err);
  if (fd < 0) return -1;
  int rc = buf_reserve(out, FIRST_ROOM) ? 0
      : err_set(err, ERR_SCRIPT, "out of memory");
  if (!rc) rc = sys_read_fd(out, fd, path, err);
  close(fd);
  if (rc) {
    if (err->kind == ERR_FILE) err->kind = ERR_CONFIG;
    err_prefix(err, "the setting '%s' of %s", name, http->service);
  }
  return rc;
}

static bool holds(const Buf *file, const char *text) {
  return memmem(buf_str(file), file->len, text, strlen(text)) != NULL;
}

static bool is_pem(const Buf *file) {
  return holds(file, "-----BEGIN ");
}

static bool has_certificate(const Buf *file) {
  return holds(file, "-----BEGIN CERTIFICATE-----") ||
         holds(file, "-----BEGIN TRUSTED CERTIFICATE-----") ||
         holds(file, "-----BEGIN X509 CERTIFICATE-----");
}

/* PKCS#12 is a SEQUENCE that begins with the INTEGER 3; a certificate in DER
   begins with another SEQUENCE. */
static bool is_pkcs12(const Buf *file) {
  const unsigned char *b = (const unsigned char *)buf_str(file);
  if (file->len < 16 || b[0] != 0x30) return false;
  size_t at = b[1] < 0x80 ? 2 : 2 + (size_t)(b[1] & 0x7f);
  if (b[1] == 0x80) at = 2;   /* of no stated length, as some tools write it */
  return at + 3 <= file->len && b[at] == 2 && b[at + 1] == 1 && b[at + 2] == 3;
}

static const char *what_else(const Buf *file) {
  return file->len == 0 ? "is empty"
      : is_pem(file) ? "holds something else in PEM form"
      : buf_str(file)[0] == 0x30 ? "is in DER form; convert it to PEM (openssl "
                                   "x509 -inform DER -in FILE -out FILE.pem)"
      : "holds no text in PEM form";
}

static int check_authorities(const Http *http, Err *err) {
  if (!http->cacert) return 0;
  Buf file;
  int rc = read_file(http, "cacert", http->cacert, &file, err);
  if (!rc && !has_certificate(&file))
    rc = unusable(http, "cacert", http->cacert, what_else(&file), err);
  buf_wipe(&file);
  return rc;
}

static int check_directory(const Http *http, Err *err) {
  if (!http->capath) return 0;
  struct stat st;
  if (stat(http->capath, &st) || !S_ISDIR(st.st_mode))
    return unusable(http, "capath", http->capath, "is no directory", err);
  if (http_is_hashed(http->capath)) return 0;
  return unusable(http, "capath", http->capath, "has no certificates by the "
                  "names that OpenSSL looks for; run openssl rehash on it",
                  err);
}

static int check_revoked(const Http *http, Err *err) {
  if (!http->crlfile) return 0;
  Buf file;
  int rc = read_file(http, "crlfile", http->crlfile, &file, err);
  if (!rc && !holds(&file, "-----BEGIN X509 CRL-----"))
    rc = unusable(http, "crlfile", http->crlfile, "holds no list of revoked "
                  "certificates in PEM form", err);
  buf_wipe(&file);
  return rc;
}

/* Whoever reads the key can pass for us. A key of root that a group may read
   is how a distribution shares one between services, and none of ours to
   change. */
static int check_private(const Http *http, const char *name, const char *path,
                         Err *err) {
  int fd = open_file(http, name, path, err);
  if (fd < 0) return -1;
  struct stat st;
  bool shared = fstat(fd, &st) == 0 && st.st_uid == 0 && geteuid() != 0 &&
                !(st.st_mode & 027);
  int rc = shared ? 0 : secret_check_fd(fd, path, err);
  close(fd);
  if (rc) err_prefix(err, "the setting '%s' of %s", name, http->service);
  return rc;
}

/* file holds what `name` names: a key to be. */
static int check_key(Http *http, const char *name, const char *path,
                     const Buf *file, Err *err) {
  if (!holds(file, KEY))
    return unusable(http, name, path, "holds no private key in PEM form",
                    err);
  http->key_locked = holds(file, "ENCRYPTED PRIVATE KEY-----") ||
                     holds(file, "Proc-Type: 4,ENCRYPTED");
  if (check_private(http, name, path, err)) return -1;
  if (!http->key_locked || http->key_password) return 0;
  return err_set(err, ERR_CONFIG, "the private key in %s is encrypted; give "
                 "its password in the setting 'tls_key_password' of %s", path,
                 http->service);
}

static int check_key_file(Http *http, Err *err) {
  Buf file;
  int rc = read_file(http, "tls_key", http->key, &file, err);
  if (!rc) rc = check_key(http, "tls_key", http->key, &file, err);
  buf_wipe(&file);
  return rc;
}

static int check_pair(Http *http, const Buf *file, Err *err) {
  const char *path = http->cert;
  if (is_pkcs12(file)) {
    http->pkcs12 = true;
    if (http->key)
      return err_set(err, ERR_CONFIG, "the PKCS#12 file %s holds its own key; "
                     "take out the setting 'tls_key' of %s", path,
                     http->service);
    return check_private(http, "cert", path, err);
  }
  if (!has_certificate(file))
    return unusable(http, "cert", path, what_else(file), err);
  if (http->key) {
    if (holds(file, KEY) && check_private(http, "cert", path, err)) return -1;
    return check_key_file(http, err);
  }
  if (holds(file, KEY)) return check_key(http, "cert", path, file, err);
  return err_set(err, ERR_CONFIG, "there is no private key with the client "
                 "certificate %s; name its file in the setting 'tls_key' of "
                 "%s", path, http->service);
}

static int check_identity(Http *http, Err *err) {
  const char *alone = http->key ? "tls_key"
      : http->key_password ? "tls_key_password" : NULL;
  if (!http->cert) {
    if (!alone) return 0;
    return err_set(err, ERR_CONFIG, "the setting '%s' of %s is of no use "
                   "alone; name the client certificate in the setting 'cert'",
                   alone, http->service);
  }
  Buf file;
  int rc = read_file(http, "cert", http->cert, &file, err);
  if (!rc) rc = check_pair(http, &file, err);
  buf_wipe(&file);
  return rc;
}

/* "sha256//BASE64;sha256//BASE64" */
static bool is_pin_list(const char *pins) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
                               "uvwxyz0123456789+/";
  for (;;) {
    if (strncmp(pins, "sha256//", 8) != 0) return false;
    pins += 8;
    if (strspn(pins, digits) != PIN - 1 || pins[PIN - 1] != '=') return false;
    pins += PIN;
    if (*pins == '\0') return true;
    if (*pins++ != ';') return false;
  }
}

static int check_pin(const Http *http, Err *err) {
  const char *pin = http->pinnedpubkey;
  if (!pin || is_pin_list(pin)) return 0;
  if (strncmp(pin, "sha256//", 8) == 0)
    return err_set(err, ERR_CONFIG, "the setting 'pinnedpubkey' of %s is not "
                   "of the form sha256//BASE64, with 44 characters after the "
                   "slashes (several separated by ;)", http->service);
  Buf file;
  int rc = read_file(http, "pinnedpubkey", pin, &file, err);
  bool pem = !rc && holds(&file, "-----BEGIN PUBLIC KEY-----");
  bool der = !rc && !is_pem(&file) && buf_str(&file)[0] == 0x30;
  if (!rc && !pem && !der)
    rc = unusable(http, "pinnedpubkey", pin, "holds no public key (openssl "
                  "x509 -pubkey -noout -in CERTIFICATE prints one)", err);
  buf_wipe(&file);
  return rc;
}

int http_check_tls(Http *http, Err *err) {
  return expand_all(http, err) || check_authorities(http, err) ||
         check_directory(http, err) || check_revoked(http, err) ||
         check_identity(http, err) || check_pin(http, err) ? -1 : 0;
}
