/* repl.c - line editing on a terminal: readline on the event loop. */
/* SPDX-License-Identifier: MIT */
#include "repl.h"

#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "replterm.h"

struct ReplMatches {
  char **list;           /* [0] is kept free for the common beginning */
  size_t n, cap;
  const char *word;
  size_t word_len;
  int after;
};

static struct {
  Loop *loop;            /* NULL while no line is edited */
  repl_line_fn *fn;
  void *ctx;
  repl_complete_fn *complete;
  void *complete_ctx;
  bool hidden;
} self;

bool repl_reading(void) {
  return self.loop != NULL;
}

/* ---- completion ---- */

int repl_match(ReplMatches *out, const char *text) {
  if (strncmp(text, out->word, out->word_len) != 0) return 0;
  if (out->n + 2 >= out->cap) {          /* one free at each end */
    size_t cap = out->cap ? out->cap * 2 : 16;
    char **list = reallocarray(out->list, cap, sizeof *list);
    if (!list) return -1;
    out->list = list;
    out->cap = cap;
  }
  char *copy = strdup(text);
  if (!copy) return -1;
  out->list[++out->n] = copy;
  return 0;
}

void repl_append(ReplMatches *out, char after) {
  out->after = (unsigned char)after;
}

static size_t common(const char *a, const char *b, size_t max) {
  size_t i = 0;
  while (i < max && a[i] && a[i] == b[i]) i++;
  return i;
}

/* As readline wants it: the common beginning, the matches, NULL. */
static char **finish(ReplMatches *m) {
  if (m->n == 0) goto none;
  size_t n = strlen(m->list[1]);
  for (size_t i = 2; i <= m->n; i++) n = common(m->list[1], m->list[i], n);
  m->list[0] = strndup(m->list[1], n);
  if (!m->list[0]) goto none;
  m->list[m->n + 1] = NULL;
  if (m->n > 1) return m->list;
  free(m->list[1]);                      /* a single one stands at [0] */
  m->list[1] = NULL;
  return m->list;

none:
  for (size_t i = 1; i <= m->n; i++) free(m->list[i]);
  free(m->list);
  return NULL;
}

static char **attempt(const char *word, int start, int end) {
  rl_attempted_completion_over = 1;      /* never file names */
  if (!self.complete) return NULL;
  ReplMatches m = {.word = word, .word_len = (size_t)(end - start)};
  self.complete(self.complete_ctx, rl_line_buffer, (size_t)end, &m);
  rl_completion_append_character = m.after;
  return finish(&m);
}

void repl_on_complete(repl_complete_fn *fn, void *ctx) {
  self.complete = fn;
  self.complete_ctx = ctx;
}

/* ---- editing ---- */

static void prepare(void) {
  static bool prepared;
  if (prepared) return;
  prepared = true;
  /* Without a locale readline would take UTF-8 for single bytes. */
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
    setlocale(LC_CTYPE, "C.UTF-8");
  rl_readline_name = "errand";
  rl_instream = stdin;
  rl_outstream = isatty(STDOUT_FILENO) ? stdout : stderr;
  rl_catch_signals = 0;                  /* replterm.c and main.c do */
  rl_catch_sigwinch = 0;
  rl_change_environment = 0;             /* COLUMNS stays the user's */
  rl_prep_term_function = replterm_prepare;
  rl_getc_function = replterm_getc;
  rl_attempted_completion_function = attempt;
  rl_basic_word_break_characters = " \t\n\"\\'`@$><=;|&{}()[],.:+-*/%^#~?!";
  rl_completer_quote_characters = NULL;
  rl_completion_query_items = -1;        /* questions would stop the loop */
  rl_initialize();
  rl_variable_bind("page-completions", "off");
}

static void stop(void) {
  Loop *loop = self.loop;
  self.loop = NULL;
  rl_callback_handler_remove();
  replterm_leave(loop);
  loop_unwatch(loop, STDIN_FILENO);
}

/* When it switches bracketed paste off readline ends the line itself. */
static bool ends_line(void) {
  const char *paste = rl_variable_value("enable-bracketed-paste");
  return paste && strcmp(paste, "on") == 0;
}

static void on_line(char *line) {
  if (!line && !ends_line()) rl_crlf();
  stop();
  self.fn(self.ctx, line);
}

static void on_input(void *ctx, int fd, int events) {
  (void)ctx, (void)fd;
  unsigned char c;
  int n = replterm_read(&c);
  if (n > 0) {
    rl_stuff_char(c);
    rl_callback_read_char();
  } else if (n < 0 || events & LOOP_HANGUP) {
    stop();
    self.fn(self.ctx, NULL);
  }
}

int repl_read(Loop *loop, const char *prompt, repl_line_fn *fn, void *ctx,
              Err *err) {
  if (self.loop)
    return err_set(err, ERR_SCRIPT, "another line is being read");
  prepare();
  if (loop_watch(loop, STDIN_FILENO, LOOP_READ, on_input, NULL, err) != 0)
    return -1;
  if (replterm_enter(loop, err) != 0) {
    loop_unwatch(loop, STDIN_FILENO);
    return -1;
  }
  self.loop = loop;
  self.fn = fn;
  self.ctx = ctx;
  self.hidden = false;
  rl_eof_found = 0;                      /* of the line before: it sticks */
  clearerr(rl_outstream);                /* a print that Ctrl-C cut off */
  rl_callback_handler_install(prompt, on_line);
  return 0;
}

void repl_abandon(void) {
  if (!self.loop) return;
  repl_show();
  rl_point = rl_end;
  rl_redisplay();
  fputs("^C", rl_outstream);
  /* As readline's own handler leaves a search, a number or half a key. */
  rl_free_line_state();
  rl_callback_sigcleanup();
  rl_replace_line("", 1);
  rl_crlf();
  rl_on_new_line();
  stop();
  fflush(rl_outstream);
}

void repl_hide(void) {
  if (!self.loop || self.hidden) return;
  self.hidden = true;
  rl_clear_visible_line();
  fflush(rl_outstream);
}

void repl_show(void) {
  if (!self.loop || !self.hidden) return;
  self.hidden = false;
  rl_on_new_line();
  rl_redisplay();
}

/* ---- history ---- */

static void forget(int at) {
  HIST_ENTRY *entry = remove_history(at);
  if (!entry) return;
  free(free_history_entry(entry));
}

void repl_recall(const char *text) {
  add_history(text);
  using_history();                       /* recall starts at the newest */
}

void repl_remember(const char *text, size_t max) {
  for (int i = history_length - 1; i >= 0; i--) {
    HIST_ENTRY *entry = history_get(i + history_base);
    if (entry && strcmp(entry->line, text) == 0) forget(i);
  }
  if (!history_is_stifled()) stifle_history(max > INT_MAX ? INT_MAX : (int)max);
  repl_recall(text);
}
