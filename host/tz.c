/* tz.c - time zones by the system's data: offsets and transitions. */
/* SPDX-License-Identifier: MIT */

/* Files are those of RFC 8536, version 2 and later: a block of 32-bit times
   that is skipped, the same with 64-bit times, and a rule for what follows. */

#include "tz.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "buf.h"
#include "civil.h"
#include "sys.h"
#include "text.h"

#define DATA "/usr/share/zoneinfo"

enum {
  NAME_MAX_BYTES = 64, FILE_MAX = 1 << 20, HEAD = 44, SHOWN = 80,
  TYPES_MAX = 256, TRANSITIONS_MAX = 1 << 16, CHARS_MAX = 4096
};

typedef struct Type {
  int offset;
  bool dst;
  char name[TZ_NAME];
} Type;

struct Tz {
  char name[NAME_MAX_BYTES + 1];
  struct stat file;       /* st_ino 0: not from a file */
  size_t n;
  int64_t *at;            /* n transitions, ascending */
  unsigned char *to;      /* the type that begins at each */
  Type types[TYPES_MAX];
  bool has_rule;
  int64_t rule_from;      /* the last transition, even if it changes nothing */
  TzRule rule;
};

/* ---- names ---- */

static const char *folder(void) {
  const char *dir = getenv("TZDIR");
  return dir && dir[0] == '/' ? dir : DATA;
}

static const char *shown(const char *name, char out[SHOWN]) {
  Buf b;
  buf_init(&b, SHOWN - 1);
  text_safe(&b, name, strnlen(name, SHOWN / 4), false);
  snprintf(out, SHOWN, "%s%s", buf_str(&b),
           strlen(name) > SHOWN / 4 ? "..." : "");
  buf_clear(&b);
  return out;
}

/* Files of the folder that are no zone, or one counted differently. */
static bool is_other(const char *name) {
  static const char *const others[] = {"localtime", "posixrules", "posix",
                                       "right", "Factory"};
  size_t n = strcspn(name, "/");
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (strlen(others[i]) == n && strncmp(name, others[i], n) == 0) return true;
  return false;
}

/* Parts of letters, digits, _ + -, with single slashes between: no dot, so
   that no path leads out of the folder. */
static bool is_name(const char *name) {
  bool begins = true;
  size_t n = strlen(name);
  if (n == 0 || n > NAME_MAX_BYTES) return false;
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)name[i];
    bool letter = c < 128 && isalnum(c);
    if (c == '/' ? begins : begins ? !letter : !letter && !strchr("_+-", c))
      return false;
    begins = c == '/';
  }
  return !begins && !is_other(name);
}

static int unknown(const char *name, Err *err) {
  char text[SHOWN];
  return err_set(err, ERR_VALIDATION, "time zone '%s' is not known; expected "
                 "an IANA name such as Europe/Berlin or UTC",
                 shown(name, text));
}

/* ---- reading ---- */

typedef struct Head {
  size_t isut, isstd, leap, time, type, chars;
} Head;

typedef struct Input {
  const unsigned char *p;
  size_t left;
} Input;

static int64_t big_endian(const unsigned char *p, int bytes) {
  uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;
  for (int i = 0; i < bytes; i++) v = v << 8 | p[i];
  return (int64_t)v;
}

static const unsigned char *take(Input *in, size_t n) {
  if (in->left < n) return NULL;
  const unsigned char *p = in->p;
  in->p += n;
  in->left -= n;
  return p;
}

static bool read_head(Input *in, Head *h) {
  const unsigned char *p = take(in, HEAD);
  if (!p || memcmp(p, "TZif", 4) != 0 || p[4] < '2') return false;
  size_t *const counts[] = {&h->isut, &h->isstd, &h->leap,
                            &h->time, &h->type, &h->chars};
  for (size_t i = 0; i < 6; i++) {
    int64_t n = big_endian(p + 20 + 4 * i, 4);
    if (n < 0 || n > TRANSITIONS_MAX) return false;
    *counts[i] = (size_t)n;
  }
  return true;
}

static bool skip_block(Input *in, const Head *h) {
  return take(in, h->time * 5 + h->type * 6 + h->chars + h->leap * 8 +
              h->isstd + h->isut) != NULL;
}

static bool read_type(Type *t, const unsigned char *p,
                      const unsigned char *chars, size_t n) {
  int64_t offset = big_endian(p, 4);
  size_t from = p[5];
  if (offset < -TZ_OFFSET_MAX || offset > TZ_OFFSET_MAX || p[4] > 1 ||
      from >= n)
    return false;
  size_t len = strnlen((const char *)chars + from, n - from);
  if (len == n - from || len >= TZ_NAME) return false;
  memcpy(t->name, chars + from, len);
  t->name[len] = '\0';
  t->offset = (int)offset;
  t->dst = p[4];
  return true;
}

static bool same_type(const Type *a, const Type *b) {
  return a->offset == b->offset && a->dst == b->dst &&
         strcmp(a->name, b->name) == 0;
}

/* Keeps the transitions that change something. */
static bool read_transitions(Tz *tz, const Head *h, const unsigned char *times,
                             const unsigned char *types) {
  const Type *last = &tz->types[0];
  for (size_t i = 0; i < h->time; i++) {
    int64_t at = big_endian(times + 8 * i, 8);
    if (types[i] >= h->type) return false;
    if (i > 0 && at <= big_endian(times + 8 * (i - 1), 8)) return false;
    const Type *type = &tz->types[types[i]];
    tz->rule_from = at;
    if (at < TZ_UTC_MIN || at > TZ_UTC_MAX) {
      if (at > 0) continue;
      if (tz->n > 0) tz->n--;         /* older than all that is asked for */
    } else if (same_type(type, last)) {
      continue;
    }
    tz->at[tz->n] = at;
    tz->to[tz->n++] = types[i];
    last = type;
  }
  return true;
}

/* "\nCET-1CEST,M3.5.0,M10.5.0/3\n" */
static bool read_rule(Tz *tz, Input *in) {
  char text[128];
  const unsigned char *end;
  if (in->left < 2 || in->p[0] != '\n' ||
      !(end = memchr(in->p + 1, '\n', in->left - 1)))
    return false;
  size_t n = (size_t)(end - in->p) - 1;
  if (n >= sizeof text) return false;
  memcpy(text, in->p + 1, n);
  text[n] = '\0';
  tz->has_rule = n > 0;
  return n == 0 || tzrule_parse(&tz->rule, text) == 0;
}

static bool read_body(Tz *tz, Input *in, const Head *h) {
  const unsigned char *times = take(in, h->time * 8);
  const unsigned char *at = take(in, h->time);
  const unsigned char *types = take(in, h->type * 6);
  const unsigned char *chars = take(in, h->chars);
  if (!times || !at || !types || !chars || !take(in, h->isstd + h->isut))
    return false;
  for (size_t i = 0; i < h->type; i++)
    if (!read_type(&tz->types[i], types + 6 * i, chars, h->chars)) return false;
  return read_transitions(tz, h, times, at) && read_rule(tz, in);
}

static bool read_all(Tz *tz, Input *in, bool *memory) {
  Head h = {0};
  if (!read_head(in, &h) || !skip_block(in, &h) || !read_head(in, &h))
    return false;
  /* A file with leap seconds counts another time than the system does. */
  if (h.type == 0 || h.type > TYPES_MAX || h.chars > CHARS_MAX || h.leap > 0 ||
      in->left < h.time * 9)
    return false;
  tz->rule_from = INT64_MIN;
  tz->at = malloc((h.time + 1) * sizeof *tz->at);
  tz->to = malloc(h.time + 1);
  *memory = tz->at && tz->to;
  return *memory && read_body(tz, in, &h);
}

Tz *tz_parse(const char *name, const void *bytes, size_t n, Err *err) {
  Input in = {bytes, n};
  bool memory = true;
  char text[SHOWN];
  Tz *tz = calloc(1, sizeof *tz);
  if (!tz) {
    err_set(err, ERR_SCRIPT, "out of memory");
    return NULL;
  }
  snprintf(tz->name, sizeof tz->name, "%s", name);
  if (read_all(tz, &in, &memory)) return tz;
  if (memory)
    err_set(err, ERR_FILE, "the data of time zone '%s' in %s is no TZif file "
            "of version 2 or later; reinstall the package tzdata",
            shown(name, text), folder());
  else
    err_set(err, ERR_SCRIPT, "out of memory");
  tz_close(tz);
  return NULL;
}

/* ---- opening ---- */

static bool is_utc(const char *name) {
  return strcmp(name, "UTC") == 0 || strcmp(name, "Etc/UTC") == 0;
}

/* What can be told without any file. */
static Tz *utc(const char *name, Err *err) {
  Tz *tz = calloc(1, sizeof *tz);
  if (!tz) {
    err_set(err, ERR_SCRIPT, "out of memory");
    return NULL;
  }
  snprintf(tz->name, sizeof tz->name, "%s", name);
  memcpy(tz->types[0].name, "UTC", 4);
  return tz;
}

/* Why there is no file for the name. */
static Tz *missing(const char *name, Err *err) {
  struct stat dir;
  if (is_utc(name)) return utc(name, err);
  if (stat(folder(), &dir) || !S_ISDIR(dir.st_mode))
    err_set(err, ERR_CONFIG, "no time zone data in %s; install the package "
            "tzdata", folder());
  else
    unknown(name, err);
  return NULL;
}

static int file_of(const char *name, char *path, size_t size) {
  int n = snprintf(path, size, "%s/%s", folder(), name);
  return n < 0 || (size_t)n >= size ? -1 : 0;
}

Tz *tz_open(const char *name, Err *err) {
  char path[4096];
  struct stat file;
  if (!is_name(name)) {
    unknown(name, err);
    return NULL;
  }
  if (file_of(name, path, sizeof path) || stat(path, &file) ||
      !S_ISREG(file.st_mode))
    return missing(name, err);
  Buf b;
  Tz *tz = NULL;
  buf_init(&b, FILE_MAX);
  if (sys_read_file(&b, path, err) == 0) {
    /* zone.tab and its like lie in the same folder. */
    if (b.len < 4 || memcmp(b.data, "TZif", 4) != 0)
      unknown(name, err);
    else
      tz = tz_parse(name, b.data, b.len, err);
  }
  if (tz) tz->file = file;
  buf_clear(&b);
  return tz;
}

void tz_close(Tz *tz) {
  if (!tz) return;
  free(tz->at);
  free(tz->to);
  free(tz);
}

const char *tz_name(const Tz *tz) {
  return tz->name;
}

bool tz_changed(const Tz *tz) {
  char path[4096];
  struct stat now;
  const struct stat *was = &tz->file;
  if (file_of(tz->name, path, sizeof path)) return false;
  if (stat(path, &now)) return was->st_ino != 0;
  return now.st_ino != was->st_ino || now.st_dev != was->st_dev ||
         now.st_size != was->st_size ||
         now.st_mtim.tv_sec != was->st_mtim.tv_sec ||
         now.st_mtim.tv_nsec != was->st_mtim.tv_nsec;
}

/* ---- using ---- */

static int64_t clamp(int64_t utc) {
  return utc < TZ_UTC_MIN ? TZ_UTC_MIN : utc > TZ_UTC_MAX ? TZ_UTC_MAX : utc;
}

static void type_span(const Tz *tz, size_t next, TzSpan *out) {
  const Type *t = &tz->types[next > 0 ? tz->to[next - 1] : 0];
  out->from = next > 0 ? tz->at[next - 1] : INT64_MIN;
  out->to = next < tz->n ? tz->at[next]
            : tz->has_rule ? tz->rule_from : INT64_MAX;
  out->offset = t->offset;
  out->dst = t->dst;
  memcpy(out->name, t->name, TZ_NAME);
}

static bool same_span(const TzSpan *a, const TzSpan *b) {
  return a->offset == b->offset && a->dst == b->dst &&
         strcmp(a->name, b->name) == 0;
}

static void rule_span(const Tz *tz, int64_t utc, TzSpan *out) {
  tzrule_span(&tz->rule, utc, out);
  if (out->from < tz->rule_from) out->from = tz->rule_from;
}

/* The two meet at rule_from, where there need not be a transition. */
static void join(TzSpan *before, TzSpan *after) {
  if (!same_span(before, after)) return;
  before->to = after->to;
  after->from = before->from;
}

void tz_span(const Tz *tz, int64_t utc, TzSpan *out) {
  TzSpan other;
  utc = clamp(utc);
  size_t low = 0, high = tz->n;      /* transitions up to utc */
  while (low < high) {
    size_t mid = low + (high - low) / 2;
    if (tz->at[mid] <= utc) low = mid + 1;
    else high = mid;
  }
  bool by_rule = tz->has_rule && utc >= tz->rule_from;
  if (!by_rule) {
    type_span(tz, low, out);
    if (low < tz->n || !tz->has_rule) return;
    rule_span(tz, tz->rule_from, &other);
    join(out, &other);
  } else {
    rule_span(tz, utc, out);
    if (out->from > tz->rule_from || tz->rule_from == INT64_MIN) return;
    type_span(tz, tz->n, &other);
    if (other.from == tz->rule_from)         /* a transition that is kept */
      type_span(tz, tz->n - 1, &other);
    other.to = tz->rule_from;
    join(&other, out);
  }
}

int tz_local(const Tz *tz, int64_t local, int64_t out[2]) {
  TzSpan span;
  int n = 0;
  tz_span(tz, local - TZ_OFFSET_MAX, &span);
  for (;;) {
    int64_t at = local - span.offset;
    if (at >= span.from && at < span.to && n < 2) out[n++] = at;
    if (span.to == INT64_MAX || span.to > local + TZ_OFFSET_MAX) return n;
    tz_span(tz, span.to, &span);
  }
}

int tz_version(char *out, size_t size) {
  static const char begins[] = "# version ";
  char path[4096], line[64];
  FILE *f = file_of("tzdata.zi", path, sizeof path) ? NULL : fopen(path, "re");
  if (!f) return -1;
  bool found = fgets(line, sizeof line, f) &&
               strncmp(line, begins, sizeof begins - 1) == 0;
  fclose(f);
  if (!found) return -1;
  const char *version = line + sizeof begins - 1;
  size_t n = strcspn(version, " \r\n");
  if (n == 0 || n >= size) return -1;
  memcpy(out, version, n);
  out[n] = '\0';
  return 0;
}
