/* progress.c - how far the files under way have come, in one line; or lines of
   somebody else. */
/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "loop.h"
#include "redact.h"
#include "sys.h"
#include "text.h"

#define ERASE "\r\033[K"

enum { TERMINAL = STDERR_FILENO, MAX_LINE = 4096, MAX_BLOCK = 1 << 20, SLACK = 1,
       LEAST_NAME = 8 };

static const double FIRST = 0.5, EVERY = 0.1, WINDOW = 3;

struct Progress {
  Progress *next, *prev;
  int64_t done, total;
  char name[];
};

/* A point that the rate is measured from. */
typedef struct Mark {
  double at;
  int64_t done;
} Mark;

static struct {
  Progress *all;
  size_t files;               /* since there was none */
  int64_t ended;              /* bytes of those that are done */
  double begun, drawn;        /* loop_now */
  Mark before, last;          /* WINDOW apart */
  bool forbidden, shown;
  bool block;                 /* lines of somebody else, instead */
  int *widths;                /* of those that are on the terminal */
  size_t lines;
} self;

bool progress_possible(void) {
  const char *term = getenv("TERM");
  return isatty(TERMINAL) && term && *term && strcmp(term, "dumb") != 0;
}

static void tell(const char *s, size_t n) {
  int saved = errno;
  (void)sys_write(TERMINAL, s, n, NULL, NULL);   /* a bar is not worth more */
  errno = saved;
}

/* The cursor stands behind the last line. A terminal that has become narrower
   has broken lines into several. */
static void hide_block(void) {
  int columns = sys_columns(TERMINAL), rows = 0;
  char text[64];
  for (size_t i = 0; i < self.lines; i++)
    rows += 1 + (self.widths[i] > 0 ? (self.widths[i] - 1) / columns : 0);
  int n = rows > 1 ? snprintf(text, sizeof text, "\r\033[%dA\033[J", rows - 1)
                   : snprintf(text, sizeof text, "\r\033[J");
  self.lines = 0;
  if (n > 0) tell(text, (size_t)n);
}

void progress_hide(void) {
  if (self.lines) hide_block();
  if (!self.shown) return;
  self.shown = false;
  tell(ERASE, sizeof ERASE - 1);
}

void progress_allow(bool allowed) {
  self.forbidden = !allowed;
  if (!allowed) progress_hide();
}

/* The name as it may be shown, so that all later is plain text. */
static Progress *new_file(const char *name) {
  Progress *p = NULL;
  Buf clean, safe;
  buf_init(&clean, MAX_LINE);
  buf_init(&safe, MAX_LINE);
  if (redact_text(&clean, name, strlen(name)) == 0 &&
      text_safe(&safe, buf_str(&clean), clean.len, false) == 0)
    p = calloc(1, sizeof *p + safe.len + 1);
  if (p) memcpy(p->name, buf_str(&safe), safe.len + 1);
  buf_clear(&clean);
  buf_clear(&safe);
  return p;
}

Progress *progress_begin(const char *name) {
  Progress *p = progress_possible() ? new_file(name) : NULL;
  if (!p) return NULL;
  p->total = -1;
  if (!self.all) {
    self.files = 0;
    self.ended = 0;
    self.begun = loop_now();
    self.drawn = 0;
    self.before = self.last = (Mark){ self.begun, 0 };
  }
  p->next = self.all;
  if (self.all) self.all->prev = p;
  self.all = p;
  self.files++;
  return p;
}

void progress_end(Progress *p) {
  if (!p) return;
  if (p->prev) p->prev->next = p->next;
  else self.all = p->next;
  if (p->next) p->next->prev = p->prev;
  self.ended += p->done;
  free(p);
  if (!self.all) progress_hide();
}

static void add_size(Buf *out, double n) {
  static const char *const units[] = { "kB", "MB", "GB", "TB" };
  size_t unit = 0;
  if (n < 1000) {
    buf_printf(out, "%.0f B", n);
    return;
  }
  for (n /= 1000; n >= 999.95 && unit < 3; unit++) n /= 1000;
  buf_printf(out, "%.1f %s", n, units[unit]);
}

static void add_left(Buf *out, double seconds) {
  if (seconds > 359999) seconds = 359999;      /* 99:59:59 */
  int s = (int)(seconds + 0.5);
  if (s >= 3600) buf_printf(out, "%d:", s / 3600);
  buf_printf(out, s >= 3600 ? "%02d:%02d left" : "%d:%02d left", s / 60 % 60,
             s % 60);
}

/* Bytes a second over the last few. */
static double rate_of(int64_t done, double now) {
  if (now - self.last.at >= WINDOW) {
    self.before = self.last;
    self.last = (Mark){ now, done };
  }
  /* A reply that starts over from its first byte. */
  if (done < self.before.done) self.before = self.last = (Mark){ now, done };
  double seconds = now - self.before.at;
  return seconds > 0 ? (double)(done - self.before.done) / seconds : 0;
}

static void sum(int64_t *done, int64_t *total) {
  *done = *total = self.ended;
  for (const Progress *p = self.all; p; p = p->next) {
    *done += p->done;
    if (p->total < 0 || *total < 0) *total = -1;
    else *total += p->total;
  }
}

/* What stands behind the name, in as much of it as room allows. */
static void add_facts(Buf *out, double now, size_t room) {
  int64_t done, total;
  Buf part;
  sum(&done, &total);
  double rate = rate_of(done, now);
  bool known = total >= 0 && done <= total;
  for (int what = 0; what < 4; what++) {
    buf_init(&part, MAX_LINE);
    if (what == 0) {
      add_size(&part, (double)done);
    } else if (what == 1 && known) {
      buf_puts(&part, " / ");
      add_size(&part, (double)total);
    } else if (what == 2) {
      buf_puts(&part, "  ");
      add_size(&part, rate);
      buf_puts(&part, "/s");
    } else if (what == 3 && known && rate >= 1) {
      buf_puts(&part, "  ");
      add_left(&part, (double)(total - done) / rate);
    }
    bool fits = out->len + part.len <= room;
    if (fits) buf_puts(out, buf_str(&part));
    buf_clear(&part);
    if (!fits) return;
  }
}

/* The name in at most room columns. */
static void add_name(Buf *out, size_t room) {
  char count[32];
  const char *name = self.all->name;
  if (self.files > 1) {
    (void)snprintf(count, sizeof count, "%zu files", self.files);
    name = count;
  }
  size_t n = strlen(name);
  if (text_width(name, n) <= room) {
    buf_add(out, name, n);
    return;
  }
  if (room < LEAST_NAME) return;
  do n--;
  while (n > 0 && (((unsigned char)name[n] & 0xC0) == 0x80 ||
                   text_width(name, n) > room - 3));
  buf_add(out, name, n);
  buf_puts(out, "...");
}

/* A line as wide as the terminal would make some of them wrap. */
static void draw(double now) {
  Buf line, facts;
  size_t width = (size_t)sys_columns(TERMINAL);
  size_t room = width > SLACK ? width - SLACK : 0;
  buf_init(&line, MAX_LINE);
  buf_init(&facts, MAX_LINE);
  add_facts(&facts, now, room);
  buf_puts(&line, ERASE);
  if (facts.len + 2 < room) add_name(&line, room - facts.len - 2);
  if (line.len > sizeof ERASE - 1) buf_puts(&line, "  ");
  buf_puts(&line, buf_str(&facts));
  if (!line.failed && !facts.failed) {
    tell(line.data, line.len);
    self.shown = true;
  }
  self.drawn = now;
  buf_clear(&line);
  buf_clear(&facts);
}

void progress_set(Progress *p, int64_t done, int64_t total) {
  p->done = done;
  p->total = total;
  double now = loop_now();
  if (self.forbidden || self.block || now - self.begun < FIRST ||
      now - self.drawn < EVERY) return;
  draw(now);
}

/* Bytes of the colour that begins at s, 0 if none does. */
static size_t color_at(const char *s) {
  if (s[0] != '\033' || s[1] != '[') return 0;
  size_t n = 2 + strspn(s + 2, "0123456789;");
  return s[n] == 'm' ? n + 1 : 0;
}

/* As much of the line as fits, with all of its colours; its width. */
static int add_cut(Buf *out, const char *s, size_t room) {
  size_t width = 0;
  while (*s) {
    size_t n = color_at(s);
    if (n) {
      buf_add(out, s, n);
      s += n;
      continue;
    }
    for (n = 1; ((unsigned char)s[n] & 0xC0) == 0x80;) n++;
    size_t wide = text_width(s, n);
    if (width + wide <= room) {
      buf_add(out, s, n);
      width += wide;
    } else {
      room = width;   /* no narrower character after one that was left out */
    }
    s += n;
  }
  return (int)width;
}

int progress_block(const char *const *lines, size_t n) {
  if (!progress_possible() || self.forbidden) return 0;
  progress_hide();               /* needs the widths as they were */
  self.block = n > 0;
  int *widths = n ? realloc(self.widths, n * sizeof *widths) : self.widths;
  if (n && !widths) return -1;
  self.widths = widths;
  size_t columns = (size_t)sys_columns(TERMINAL);
  size_t room = columns > SLACK ? columns - SLACK : 0;
  Buf text;
  buf_init(&text, MAX_BLOCK);
  for (size_t i = 0; i < n; i++) {
    if (i) buf_addc(&text, '\n');
    widths[i] = add_cut(&text, lines[i], room);
  }
  int rc = text.failed ? -1 : 0;
  if (n && !rc) {
    tell(text.data, text.len);
    self.lines = n;
  }
  buf_clear(&text);
  return rc;
}
