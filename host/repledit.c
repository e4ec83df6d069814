/* repledit.c - line editing on a terminal: libedit on the event loop. */
/* SPDX-License-Identifier: MIT */

/* In place of repl.c where the build says LINE_EDITOR=libedit. It edits lines:
   a statement of several is put together by whoever reads them, but what is
   recalled or pasted may have several, too. */

#include "repl.h"

#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include <histedit.h>

#include "buf.h"
#include "replmatch.h"
#include "replplace.h"
#include "replterm.h"
#include "sys.h"
#include "text.h"

enum { HISTORY_MAX = 1000, PASTE_MAX = 64 * 1024 * 1024, CTRL_D = 4 };

#define TEXT(number) #number
#define VERSION(major, minor) "libedit " TEXT(major) "." TEXT(minor)

const char repl_editor[] = "libedit";

const char *repl_version(void) {
  return VERSION(LIBEDIT_MAJOR, LIBEDIT_MINOR);
}

static struct {
  EditLine *el;
  History *history;
  Loop *loop;            /* NULL while no line is edited */
  repl_line_fn *fn;
  void *ctx;
  repl_complete_fn *complete;
  void *complete_ctx;
  repl_display_fn *display;
  void *display_ctx;
  char *prompt;          /* owned */
  size_t prompt_width;
  FILE *out;
  struct termios plain;  /* before libedit */
  int first;             /* byte that woke us; -1 when taken */
  bool looking;          /* for what libedit has put aside; none is read */
  unsigned keys, tab;    /* how many came; the number of the last Tab */
  bool hidden;
  bool begun;            /* the loop has had a turn since repl_read */
} self = {.first = -1};

bool repl_reading(void) {
  return self.loop != NULL;
}

/* ---- where things stand on the screen ---- */

static ReplPlace place_of(const char *text, size_t n) {
  return replplace_of(self.prompt_width, sys_columns(fileno(self.out)), text,
                      n);
}

/* Behind the last character of the line. */
static void go_to_end(void) {
  const LineInfo *line = el_line(self.el);
  ReplPlace at = place_of(line->buffer, (size_t)(line->cursor - line->buffer));
  size_t n = (size_t)(line->lastchar - line->buffer);
  ReplPlace end = place_of(line->buffer, n);
  if (end.row > at.row) fprintf(self.out, "\033[%dB", end.row - at.row);
  fprintf(self.out, "\033[%dG", end.column + 1);
}

static void take_away(void) {
  const LineInfo *line = el_line(self.el);
  ReplPlace at = place_of(line->buffer, (size_t)(line->cursor - line->buffer));
  fputc('\r', self.out);
  if (at.row > 0) fprintf(self.out, "\033[%dA", at.row);
  fputs("\033[J", self.out);
  fflush(self.out);
}

static void redraw(void) {
  el_set(self.el, EL_REFRESH);
}

static void resized(void) {
  take_away();
  el_resize(self.el);
  redraw();
}

/* ---- completion ---- */

void repl_on_complete(repl_complete_fn *fn, void *ctx) {
  self.complete = fn;
  self.complete_ctx = ctx;
}

void repl_on_display(repl_display_fn *fn, void *ctx) {
  self.display = fn;
  self.display_ctx = ctx;
}

bool repl_on_enter(repl_enter_fn *fn, void *ctx) {
  (void)fn, (void)ctx;
  return false;
}

static size_t name_start(const char *text, size_t n) {
  while (n > 0) {
    unsigned char c = (unsigned char)text[n - 1];
    bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    if (!letter && !(c >= '0' && c <= '9') && c != '_' && c < 0x80) break;
    n--;
  }
  return n;
}

static void in_columns(const ReplMatches *m, int columns) {
  int widest = 0;
  for (size_t i = 0; i < m->n; i++) {
    int width = (int)text_width(m->list[i], strlen(m->list[i]));
    if (width > widest) widest = width;
  }
  int fit = columns / (widest + 2), at = 0;
  for (size_t i = 0; i < m->n; i++) {
    int width = (int)text_width(m->list[i], strlen(m->list[i]));
    bool last = ++at >= fit || i + 1 == m->n;
    if (last) at = 0;
    fprintf(self.out, "%s%*s", m->list[i], last ? 0 : widest + 2 - width, "");
    if (last) fputc('\n', self.out);
  }
}

static void list(const ReplMatches *m) {
  int fd = fileno(self.out), columns = sys_columns(fd);
  char *text = NULL;
  if (self.display)
    text = self.display(self.display_ctx, m->list, m->n, columns, sys_rows(fd));
  go_to_end();
  fputc('\n', self.out);
  if (text) fputs(text, self.out);
  else in_columns(m, columns);
  if (text && *text && text[strlen(text) - 1] != '\n') fputc('\n', self.out);
  free(text);
  redraw();
}

static int characters(const char *text, size_t n) {
  int count = 0;
  for (size_t i = 0; i < n; i++)
    count += ((unsigned char)text[i] & 0xC0) != 0x80;
  return count;
}

/* What the matches have in common beyond the word; the list for the second
   Tab in a row that finds nothing in common. */
static unsigned char go_on(ReplMatches *m) {
  size_t typed = m->end - m->start, common = replmatch_common(m);
  bool fits = replmatch_fits(m, m->list[0]);
  bool again = self.tab + 1 == self.keys;
  self.tab = self.keys;
  if (m->n > 1 && (common <= typed || !fits)) {
    if (again) list(m);
    return again ? CC_NORM : CC_ERROR;
  }
  m->list[0][common] = '\0';
  if (!fits) {                           /* it takes the word's place */
    el_deletestr(self.el, characters(m->before + m->start, typed));
    typed = 0;
  }
  if (common > typed && el_insertstr(self.el, m->list[0] + typed) != 0)
    return CC_ERROR;
  const char after[] = {m->after, '\0'};
  if (m->n == 1 && m->after && el_insertstr(self.el, after) != 0)
    return CC_ERROR;
  return CC_REFRESH;
}

static unsigned char on_tab(EditLine *el, int key) {
  (void)key;
  const LineInfo *line = el_line(el);
  size_t n = (size_t)(line->cursor - line->buffer);
  char *before = self.complete ? strndup(line->buffer, n) : NULL;
  if (!before) return CC_ERROR;
  ReplMatches m;
  replmatch_init(&m, before, n, name_start(before, n));
  self.complete(self.complete_ctx, before, n, &m);
  unsigned char done = m.n ? go_on(&m) : CC_ERROR;
  replmatch_clear(&m);
  free(before);
  return done;
}

/* ---- input ---- */

static int next_byte(void) {
  int c = self.first;
  self.first = -1;
  return c >= 0 ? c : replterm_await();
}

/* For libedit: the next character. What is not UTF-8 is passed over. */
static int next_char(EditLine *el, wchar_t *c) {
  char bytes[MB_LEN_MAX];
  size_t n = 0;
  (void)el;
  *c = L'\0';
  if (self.looking) {
    self.looking = false;
    return -1;
  }
  while (n < sizeof bytes) {
    int byte = next_byte();
    mbstate_t fresh = {0};
    if (byte < 0) return -1;
    bytes[n++] = (char)byte;
    size_t got = mbrtowc(c, bytes, n, &fresh);
    if (got == (size_t)-1) n = 0;
    else if (got != (size_t)-2) return 1;
  }
  return -1;
}

/* Up to the end of the paste, as the lines of one text. */
static int read_paste(Buf *text) {
  static const char end[] = "\033[201~";
  enum { END = sizeof end - 1 };
  for (;;) {
    int c = next_byte();
    if (c < 0) return -1;
    if (c && buf_addc(text, c == '\r' ? '\n' : (char)c) != 0) return -1;
    size_t n = text->len;
    if (n < END || memcmp(text->data + n - END, end, END) != 0) continue;
    n -= END;
    while (n > 0 && text->data[n - 1] == '\n') n--;
    text->data[n] = '\0';
    return 0;
  }
}

static unsigned char on_paste(EditLine *el, int key) {
  (void)key;
  Buf text;
  buf_init(&text, PASTE_MAX);
  int failed = read_paste(&text);
  if (!failed && text.data[0]) failed = el_insertstr(el, text.data);
  buf_clear(&text);
  return failed ? CC_ERROR : CC_REFRESH;
}

/* ---- editing ---- */

static char *prompt(EditLine *el) {
  (void)el;
  return self.prompt;
}

static History *past(void) {
  HistEvent event;
  if (self.history) return self.history;
  self.history = history_init();
  if (self.history) history(self.history, &event, H_SETSIZE, HISTORY_MAX);
  return self.history;
}

static int prepare(Err *err) {
  if (self.el) return 0;
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
    setlocale(LC_CTYPE, "C.UTF-8");
  self.out = isatty(STDOUT_FILENO) ? stdout : stderr;
  EditLine *el = el_init("errand", stdin, self.out, stderr);
  if (!el || !past())
    return err_set(err, ERR_SCRIPT, "libedit cannot use this terminal");
  self.el = el;
  el_set(el, EL_SIGNAL, 0);              /* replterm.c and main.c do */
  el_set(el, EL_GETCFN, next_char);
  el_set(el, EL_HIST, history, self.history);
  /* Between these what takes no room; libedit wants the same one twice. */
  el_set(el, EL_PROMPT_ESC, prompt, '\1');
  el_set(el, EL_EDITOR, "emacs");
  el_set(el, EL_ADDFN, "errand-complete", "complete the word", on_tab);
  el_set(el, EL_ADDFN, "errand-paste", "insert pasted text", on_paste);
  el_set(el, EL_BIND, "^R", "em-inc-search-prev", NULL);
  el_source(el, NULL);                   /* the user's ~/.editrc, if any */
  el_set(el, EL_BIND, "^I", "errand-complete", NULL);
  el_set(el, EL_BIND, "\033[200~", "errand-paste", NULL);
  return 0;
}

static int set_prompt(const char *text) {
  free(self.prompt);
  self.prompt = strdup(text);
  if (!self.prompt) return -1;
  self.prompt_width = replplace_prompt(text);
  for (char *c = self.prompt; *c; c++)
    if (*c == '\2') *c = '\1';
  return 0;
}

static void stop(void) {
  Loop *loop = self.loop;
  self.loop = NULL;
  fputs("\033[?2004l", self.out);
  fflush(self.out);
  el_set(self.el, EL_UNBUFFERED, 0);
  tcsetattr(STDIN_FILENO, TCSADRAIN, &self.plain);
  replterm_leave(loop);
  loop_unwatch(loop, STDIN_FILENO);
}

static void finish(char *line) {
  stop();
  self.fn(self.ctx, line);
}

/* A line that is complete ends with its line end; the end of input is told by
   the key that means it. */
static void on_text(const char *text, int n) {
  if (!text) return;
  if (n == 1 && text[0] == CTRL_D) {
    fputc('\n', self.out);
    finish(NULL);
  } else if (n > 0 && text[n - 1] == '\n') {
    finish(strndup(text, (size_t)n - 1));
  }
}

/* One call does what one key wants. A key that ends a search is put aside for
   a further call, which asks for a byte where there is none. */
static void on_byte(int c) {
  int n = 0;
  self.first = c;
  self.keys++;
  self.looking = false;
  on_text(el_gets(self.el, &n), n);
  self.first = -1;
  for (self.looking = true; self.loop && self.looking;)
    on_text(el_gets(self.el, &n), n);
}

static void on_input(void *ctx, int fd, int events) {
  (void)ctx, (void)fd;
  unsigned char c;
  if (!self.begun) {     /* tasks that are ready go first */
    self.begun = true;
    return;
  }
  int n = replterm_read(&c);
  if (n > 0) {
    on_byte(c);
  } else if (n < 0 || events & LOOP_HANGUP) {
    finish(NULL);
  }
}

int repl_read(Loop *loop, const char *text, repl_line_fn *fn, void *ctx,
              Err *err) {
  if (self.loop)
    return err_set(err, ERR_SCRIPT, "another line is being read");
  if (prepare(err) != 0) return -1;
  if (set_prompt(text) != 0) return err_set(err, ERR_SCRIPT, "out of memory");
  if (loop_watch(loop, STDIN_FILENO, LOOP_READ, on_input, NULL, err) != 0)
    return -1;
  const ReplTerm editor = {.paste = true, .out = self.out, .redraw = redraw,
                           .resized = resized};
  if (tcgetattr(STDIN_FILENO, &self.plain) != 0) {
    err_sys(err, ERR_SCRIPT, errno, "cannot read the terminal's modes");
    goto fail;
  }
  if (replterm_enter(loop, &editor, err) != 0) goto fail;
  self.loop = loop;
  self.fn = fn;
  self.ctx = ctx;
  self.hidden = self.begun = false;
  clearerr(self.out);                    /* a print that Ctrl-C cut off */
  replplace_fresh(self.out);
  fputs("\033[?2004h", self.out);
  el_set(self.el, EL_UNBUFFERED, 1);     /* shows the prompt */
  replterm_no_wait();
  return 0;

fail:
  loop_unwatch(loop, STDIN_FILENO);
  return -1;
}

void repl_abandon(void) {
  if (!self.loop) return;
  repl_show();
  go_to_end();
  fputs("^C\n", self.out);
  stop();
}

bool repl_hide(void) {
  if (!self.loop || self.hidden) return false;
  self.hidden = true;
  take_away();
  return true;
}

void repl_show(void) {
  if (!self.loop || !self.hidden) return;
  self.hidden = false;
  redraw();
}

/* ---- history ---- */

void repl_recall(const char *text) {
  HistEvent event;
  if (past()) history(self.history, &event, H_ENTER, text);
}

void repl_remember(const char *text, size_t max) {
  HistEvent event;
  if (!past()) return;
  history(self.history, &event, H_SETSIZE, max > INT_MAX ? INT_MAX : (int)max);
  int found = history(self.history, &event, H_FIRST);
  while (found >= 0 && strcmp(event.str, text) != 0)
    found = history(self.history, &event, H_NEXT);
  if (found >= 0 && history(self.history, &event, H_DEL, event.num) >= 0) {
    void *copy = NULL;                   /* its text, now the caller's */
    memcpy(&copy, &event.str, sizeof copy);
    free(copy);
  }
  repl_recall(text);
}
