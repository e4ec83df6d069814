/* jsontext.c - looking into JSON text without building values. */
/* SPDX-License-Identifier: MIT */
#include "jsontext.h"

#include "jsonlex.h"

enum { DEPTH_MAX = 256 };

typedef struct Scan {
  const char *text, *p, *end;
  const char *from, *to;   /* the value found; from is NULL until then */
  unsigned depth;
  Buf name;                /* a key or token, unescaped */
  Err *err;
} Scan;

/* path is what is left of the pointer, NULL away from its way. */
static int value(Scan *s, const char *path);

static int fail(Scan *s, const char *at, const char *what) {
  JsonFault fault = {at, what};
  return jsonlex_report(s->err, s->text, (size_t)(s->end - s->text), &fault);
}

static void blank(Scan *s) {
  s->p = jsonlex_blank(s->p, s->end);
}

static bool at(const Scan *s, char c) {
  return s->p < s->end && *s->p == c;
}

static int no_memory(Scan *s) {
  return err_set(s->err, ERR_CAP, "no memory to look into a JSON text");
}

/* Goes over the string at s->p; *from and *to are its inside. */
static int string(Scan *s, const char **from, const char **to,
                  bool *escaped) {
  JsonFault fault;
  *from = s->p + 1;
  *to = jsonlex_string(*from, s->end, escaped, &fault);
  if (!*to) return fail(s, fault.at, fault.what);
  s->p = *to + 1;
  return 0;
}

/* Appends the value of a string to out. */
static int unescape(Buf *out, const char *from, const char *to) {
  size_t n = (size_t)(to - from);
  char *room = buf_reserve(out, n);
  if (!room) return -1;
  out->len += jsonlex_unescape(room, from, n);
  out->data[out->len] = '\0';
  return 0;
}

/* If key is the pointer's next token, *rest is what follows that; else NULL. */
static void match(const char *path, const char *key, size_t n,
                  const char **rest) {
  const char *p = path + 1, *end = key + n;
  *rest = NULL;
  for (; *p && *p != '/'; p++, key++) {
    char c = *p;
    if (c == '~') c = *++p == '0' ? '~' : '/';
    if (key == end || *key != c) return;
  }
  if (key == end) *rest = p;
}

static int member(Scan *s, const char *path) {
  const char *from, *to, *rest = NULL;
  bool escaped;
  if (!at(s, '"')) return fail(s, s->p, "expected a key in quotes");
  if (string(s, &from, &to, &escaped)) return -1;
  if (path && escaped) {
    buf_reset(&s->name);
    if (unescape(&s->name, from, to)) return no_memory(s);
    match(path, s->name.data, s->name.len, &rest);
  } else if (path) {
    match(path, from, (size_t)(to - from), &rest);
  }
  if (rest) s->from = NULL;   /* of two equal keys the last one counts */
  blank(s);
  if (!at(s, ':')) return fail(s, s->p, "expected ':'");
  s->p++;
  blank(s);
  return value(s, rest);
}

/* The pointer's next token as a position, from 0; -1 if it is none. */
static long long position(const char *path, const char **rest) {
  const char *p = path + 1;
  long long n = 0;
  if (*p == '0' && p[1] && p[1] != '/') return -1;
  if (*p < '0' || *p > '9') return -1;
  for (; *p >= '0' && *p <= '9'; p++) {
    if (p - path > 18) return -1;
    n = n * 10 + (*p - '0');
  }
  *rest = p;
  return *p && *p != '/' ? -1 : n;
}

/* Both brackets; each entry is a member or an element. */
static int entries(Scan *s, const char *path, bool is_object) {
  char close = is_object ? '}' : ']';
  const char *rest = NULL;
  long long want = -1;
  if (path && !*path) path = NULL;   /* this was the value looked for */
  if (path && !is_object) want = position(path, &rest);
  if (s->depth == DEPTH_MAX)
    return err_set(s->err, ERR_CAP, "limit 'depth' (%d) exceeded", DEPTH_MAX);
  s->depth++;
  s->p++;
  blank(s);
  for (long long i = 0; i > 0 || !at(s, close); i++) {
    if (is_object ? member(s, path) : value(s, i == want ? rest : NULL))
      return -1;
    blank(s);
    if (at(s, close)) break;
    if (!at(s, ','))
      return fail(s, s->p, is_object ? "expected ',' or '}'"
                                     : "expected ',' or ']'");
    s->p++;
    blank(s);
  }
  s->p++;
  s->depth--;
  return 0;
}

static int word(Scan *s, const char *text, size_t n) {
  if (!jsonlex_word(s->p, s->end, text, n))
    return fail(s, s->p, "expected a value");
  s->p += n;
  return 0;
}

static int number(Scan *s) {
  JsonFault fault;
  const char *end = jsonlex_number(s->p, s->end, &fault);
  if (!end) return fail(s, fault.at, fault.what);
  s->p = end;
  return 0;
}

static int any(Scan *s, const char *path) {
  const char *from, *to;
  bool escaped;
  switch (s->p < s->end ? *s->p : 'x') {
  case '{': return entries(s, path, true);
  case '[': return entries(s, path, false);
  case '"': return string(s, &from, &to, &escaped);
  case 't': return word(s, "true", 4);
  case 'f': return word(s, "false", 5);
  case 'n': return word(s, "null", 4);
  case '-':
  case '0': case '1': case '2': case '3': case '4':
  case '5': case '6': case '7': case '8': case '9': return number(s);
  default: return fail(s, s->p, "expected a value");
  }
}

static int value(Scan *s, const char *path) {
  const char *from = s->p;
  if (any(s, path)) return -1;
  if (path && !*path) {
    s->from = from;
    s->to = s->p;
  }
  return 0;
}

/* RFC 6901: "" or "/token...", with ~ only in ~0 and ~1. */
static bool is_pointer(const char *p) {
  if (*p && *p != '/') return false;
  for (; *p; p++)
    if (*p == '~' && p[1] != '0' && p[1] != '1') return false;
  return true;
}

static int document(Scan *s, const char *pointer) {
  JsonFault fault;
  if (jsonlex_check_bom(s->text, (size_t)(s->end - s->text), &fault))
    return fail(s, fault.at, fault.what);
  blank(s);
  if (value(s, pointer)) return -1;
  blank(s);
  return s->p == s->end ? 0 : fail(s, s->p, "expected the end of the text");
}

int jsontext_find(const char *text, size_t len, const char *pointer,
                  Buf *out, Err *err) {
  Scan s = {.text = text, .p = text, .end = text + len, .err = err};
  int status = -1;
  if (!is_pointer(pointer))
    return err_set(err, ERR_CONFIG, "'%s' is not a JSON pointer", pointer);
  buf_init(&s.name, len);
  if (document(&s, pointer)) goto done;
  if (!s.from) {
    err_set(err, ERR_NOT_FOUND, "the JSON text has nothing at '%s'", pointer);
    goto done;
  }
  status = *s.from == '"' ? unescape(out, s.from + 1, s.to - 1)
                          : buf_add(out, s.from, (size_t)(s.to - s.from));
  if (status) no_memory(&s);
done:
  buf_wipe(&s.name);
  return status;
}
