/* test_replplace.c - places of the edited text, on a terminal of its own. */
/* SPDX-License-Identifier: MIT */
#include "replplace.h"

#include <fcntl.h>
#include <locale.h>
#include <pty.h>
#include <stdbool.h>
#include <termios.h>
#include <unistd.h>

#include "tap.h"

enum { SCREEN = 4096, COLUMNS = 20 };

static void place(size_t prompt, int columns, const char *text, int row,
                  int column) {
  char what[128];
  ReplPlace p = replplace_of(prompt, columns, text, strlen(text));
  snprintf(what, sizeof what, "prompt %zu, %d columns, %zu bytes: %d,%d",
           prompt, columns, strlen(text), row, column);
  if (!ok(p.row == row && p.column == column, what))
    printf("# got %d,%d\n", p.row, p.column);
}

static void test_places(void) {
  place(0, 10, "", 0, 0);
  place(8, 80, "", 0, 8);
  place(8, 80, "20 + 22", 0, 15);
  place(25, 10, "", 2, 5);                 /* a prompt of several lines */
  place(10, 10, "", 1, 0);
  place(8, 10, "a", 0, 9);
  place(8, 10, "ab", 1, 0);                /* what fills a line ends it */
  place(8, 10, "abc", 1, 1);
  place(8, 10, "ab\n", 2, 0);
  place(8, 80, "for\n  x\nend", 2, 3);
  place(8, 80, "\n\n\n", 3, 0);
  place(0, 80, "\tx", 0, 9);
  place(3, 80, "\t", 0, 8);                /* counted from the screen's edge */
  place(8, 80, "\t", 0, 16);
  place(0, 80, "é", 0, 1);
  place(0, 80, "世界", 0, 4);
  place(7, 10, "世", 0, 9);
  place(8, 10, "世", 1, 0);
  place(9, 10, "世", 1, 2);                /* does not fit: goes on below */
  place(9, 10, "世界", 1, 4);
  place(0, 80, "e\u0301x", 0, 2);          /* a combining accent */
  place(0, 1, "abc", 3, 0);
}

static void test_hostile(void) {
  static const char bytes[] = "\xC3\x28\x80\x80\xFF\xE4\xB8\0\xF0\x9F";
  for (size_t n = 0; n < sizeof bytes; n++) {
    ReplPlace p = replplace_of(3, 10, bytes, n);
    if (p.row < 0 || p.row > 1 || p.column < 0 || p.column >= 10)
      ok(0, "bytes that are no text stay on the screen");
  }
  ok(1, "bytes that are no text, cut everywhere");
  char *text = malloc(100000);
  memset(text, 'x', 100000);
  ReplPlace p = replplace_of(5, 80, text, 100000);
  ok(p.row == 100005 / 80 && p.column == 100005 % 80, "a long line");
  free(text);
}

static void test_prompts(void) {
  is_int((long long)replplace_prompt(""), 0, "no prompt");
  is_int((long long)replplace_prompt("errand> "), 8, "a plain one");
  is_int((long long)replplace_prompt("\1\033[31m\2errand(prod!)\1\033[0m\2> "),
         15, "colours take no columns");
  is_int((long long)replplace_prompt("\1\033[31m"), 0, "one that does not end");
  is_int((long long)replplace_prompt("世> "), 4, "a wide character");
}

static bool reflows(const char *term, const char *tmux, const char *xterm) {
  if (term) setenv("TERM", term, 1); else unsetenv("TERM");
  if (tmux) setenv("TMUX", tmux, 1); else unsetenv("TMUX");
  if (xterm) setenv("XTERM_VERSION", xterm, 1); else unsetenv("XTERM_VERSION");
  return replplace_reflows();
}

static void test_reflows(void) {
  ok(reflows("xterm-256color", NULL, NULL), "most terminals wrap anew");
  ok(!reflows("xterm", NULL, "XTerm(379)"), "not xterm itself");
  ok(reflows("xterm", "/tmp/x,1,0", "XTerm(379)"), "but tmux inside of it");
  ok(!reflows("linux", NULL, NULL), "not the console");
  ok(!reflows("rxvt-unicode", NULL, NULL), "not rxvt");
  ok(!reflows("st-256color", NULL, NULL), "not st");
  ok(reflows("screen", "/tmp/x,1,0", NULL), "tmux by any name");
  ok(!reflows(NULL, NULL, NULL) && !reflows("", NULL, NULL),
     "not where nothing is known");
}

/* ---- a new line ---- */

typedef struct Screen {
  int row, column;
  bool pending;          /* the last column is taken; the next one wraps */
  char rows[4][COLUMNS];
} Screen;

/* As far as what is written here needs it, with the late wrap of all terminals
   that are in use. */
static void feed(Screen *s, const char *text, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (text[i] == '\r') {
      s->column = 0;
      s->pending = false;
    } else if (text[i] == '\033' && n - i >= 3 && text[i + 2] == 'K') {
      memset(s->rows[s->row] + s->column, ' ', (size_t)(COLUMNS - s->column));
      i += 2;
    } else {
      if (s->pending && s->row < 3) s->row++, s->column = 0;
      s->rows[s->row][s->column] = text[i];
      s->pending = s->column == COLUMNS - 1;
      if (!s->pending) s->column++;
    }
  }
}

/* What replplace_fresh writes to a terminal of COLUMNS columns. */
static size_t fresh(char *text, size_t size) {
  const struct winsize window = {.ws_row = 10, .ws_col = COLUMNS};
  int master, slave;
  ssize_t got = 0;
  if (openpty(&master, &slave, NULL, NULL, &window) != 0) return 0;
  FILE *out = fdopen(slave, "w");
  if (out) {
    replplace_fresh(out);
    fflush(out);
    if (fcntl(master, F_SETFL, O_NONBLOCK) == 0)
      got = read(master, text, size);
    fclose(out);
  } else {
    close(slave);
  }
  close(master);
  return got > 0 ? (size_t)got : 0;
}

static void test_fresh(void) {
  char text[SCREEN];
  setenv("TERM", "xterm", 1);
  size_t n = fresh(text, sizeof text);
  ok(n > 0, "something is written");
  for (int length = 0; length <= COLUMNS; length++) {
    char what[64];
    Screen s = {0};
    memset(s.rows, ' ', sizeof s.rows);
    for (int i = 0; i < length; i++) feed(&s, "x", 1);
    feed(&s, text, n);
    snprintf(what, sizeof what, "%d characters stand there", length);
    int kept = 0;
    while (kept < COLUMNS && s.rows[0][kept] == 'x') kept++;
    ok(s.row == (length > 0) && s.column == 0 && !s.pending && kept == length,
       what);
  }
  setenv("TERM", "dumb", 1);
  is_int((long long)fresh(text, sizeof text), 0, "nothing where TERM is dumb");
  unsetenv("TERM");
  is_int((long long)fresh(text, sizeof text), 0, "nor where it is not set");
}

int main(void) {
  setlocale(LC_ALL, "C.UTF-8");
  test_places();
  test_hostile();
  test_prompts();
  test_reflows();
  test_fresh();
  return done();
}
