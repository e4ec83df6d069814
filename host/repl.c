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

#include "replkeys.h"
#include "replmatch.h"
#include "replplace.h"
#include "replterm.h"
#include "sys.h"

enum { HEIGHT = 10000 };

const char repl_editor[] = "readline";

const char *repl_version(void) {
  static char text[64];
  snprintf(text, sizeof text, "readline %s", rl_library_version);
  return text;
}

static struct {
  Loop *loop;            /* NULL while no line is edited */
  repl_line_fn *fn;
  void *ctx;
  repl_complete_fn *complete;
  void *complete_ctx;
  repl_display_fn *display;
  void *display_ctx;
  ReplMatches matches;   /* of the last completion */
  bool hidden;
  bool begun;            /* the loop has had a turn since repl_read */
} self;

bool repl_reading(void) {
  return self.loop != NULL;
}

/* ---- completion ---- */

/* A match as readline wants it, that is for the word that begins where it
   believes: what stands between that place and the true one comes or goes. */
static char *for_readline(const ReplMatches *m, const char *text, size_t n,
                          size_t start) {
  char *made = NULL;
  if (m->start <= start) {
    size_t skip = start - m->start;
    return strndup(text + skip, n - skip);
  }
  if (asprintf(&made, "%.*s%.*s", (int)(m->start - start), m->before + start,
               (int)n, text) < 0)
    return NULL;
  return made;
}

/* The common beginning, then the matches if there are several, NULL. */
static char **for_list(const ReplMatches *m, size_t start) {
  size_t n = m->n > 1 ? m->n : 0;
  char **list = calloc(n + 2, sizeof *list);
  if (!list) return NULL;
  /* Several that have less in common than was typed take nothing away. */
  size_t common = replmatch_common(m), typed = m->end - m->start;
  bool keep = n > 0 && (common < typed || !replmatch_fits(m, m->list[0]));
  const char *all = keep ? m->before + m->start : m->list[0];
  bool made = (list[0] = for_readline(m, all, keep ? typed : common,
                                      start)) != NULL;
  for (size_t i = 0; made && i < n; i++) {
    const char *text = m->list[i];
    made = (list[i + 1] = for_readline(m, text, strlen(text), start)) != NULL;
  }
  if (made) return list;
  for (size_t i = 0; list[i]; i++) free(list[i]);
  free(list);
  return NULL;
}

/* What stands before readline's idea of the word is none of its business; a
   match that begins otherwise is put there in place. */
static bool overwrite(const ReplMatches *m, size_t start) {
  if (m->n != 1 || m->start >= start || replmatch_fits(m, m->list[0]))
    return true;
  size_t n = start - m->start;
  if (strlen(m->list[0]) < n) return false;
  rl_modifying((int)m->start, (int)start);
  memcpy(rl_line_buffer + m->start, m->list[0], n);
  return true;
}

static char **attempt(const char *word, int start, int end) {
  (void)word;
  rl_attempted_completion_over = 1;      /* never file names */
  ReplMatches *m = &self.matches;
  replmatch_clear(m);
  if (!self.complete) return NULL;
  replmatch_init(m, rl_line_buffer, (size_t)end, (size_t)start);
  self.complete(self.complete_ctx, m->before, m->end, m);
  rl_completion_append_character = (unsigned char)m->after;
  bool made = m->n > 0 && overwrite(m, (size_t)start);
  char **list = made ? for_list(m, (size_t)start) : NULL;
  m->before = NULL;                      /* readline is about to change it */
  return list;
}

/* readline's own columns, of the whole words. */
static void in_columns(const ReplMatches *m) {
  char **list = calloc(m->n + 2, sizeof *list);
  size_t widest = 0;
  if (!list) return;
  for (size_t i = 0; i < m->n; i++) {
    size_t n = strlen(m->list[i]);
    if (n > widest) widest = n;
    list[i + 1] = m->list[i];
  }
  rl_display_match_list(list, (int)m->n, (int)widest);
  free(list);
}

static void show_matches(char **list, int n, int widest) {
  (void)list, (void)n, (void)widest;
  const ReplMatches *m = &self.matches;
  int fd = fileno(rl_outstream);
  char *text = NULL;
  if (self.display)
    text = self.display(self.display_ctx, m->list, m->n, sys_columns(fd),
                        sys_rows(fd));
  if (text) {
    rl_crlf();
    fputs(text, rl_outstream);
    if (!*text || text[strlen(text) - 1] != '\n') rl_crlf();
  } else {
    in_columns(m);
  }
  free(text);
  rl_forced_update_display();
}

void repl_on_complete(repl_complete_fn *fn, void *ctx) {
  self.complete = fn;
  self.complete_ctx = ctx;
}

void repl_on_display(repl_display_fn *fn, void *ctx) {
  self.display = fn;
  self.display_ctx = ctx;
}

bool repl_on_enter(repl_enter_fn *fn, void *ctx) {
  replkeys_on_enter(fn, ctx);
  return true;
}

/* ---- editing ---- */

static void prepare_terminal(int meta) {
  rl_prep_terminal(meta);
  replterm_no_wait();
}

static int next_byte(FILE *in) {
  (void)in;
  return replterm_await();
}

static void redraw(void) {
  rl_on_new_line();
  rl_redisplay();
}

/* What the cursor stands behind, in a terminal of its new size. */
static int row_of_cursor(int columns) {
  return replplace_of(replplace_prompt(rl_display_prompt), columns,
                      rl_line_buffer, (size_t)rl_point).row;
}

/* readline shows no more of a text than it believes the screen can hold, and
   never moves below that. */
static void set_height(void) {
  int rows, columns;
  rl_get_screen_size(&rows, &columns);
  rl_set_screen_size(HEIGHT, columns);
}

/* readline redraws the last line alone, and leaves what the terminal has made
   of the others. */
static void resized(void) {
  const char *up = rl_get_termcap("up");
  if (!up || !*up || !replplace_reflows()) {
    rl_resize_terminal();
    set_height();
    return;
  }
  int row = row_of_cursor(sys_columns(fileno(rl_outstream)));
  fputc('\r', rl_outstream);
  if (row > 0) fprintf(rl_outstream, "\033[%dA", row);
  fputs("\033[J", rl_outstream);
  rl_reset_screen_size();
  set_height();
  redraw();
}

static bool pastes(void) {
  const char *paste = rl_variable_value("enable-bracketed-paste");
  return paste && strcmp(paste, "on") == 0;
}

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
  rl_prep_term_function = prepare_terminal;
  rl_getc_function = next_byte;
  rl_attempted_completion_function = attempt;
  rl_completion_display_matches_hook = show_matches;
  rl_basic_word_break_characters = " \t\n\"\\'`@$><=;|&{}()[],.:+-*/%^#~?!";
  rl_completer_quote_characters = NULL;
  rl_basic_quote_characters = NULL;      /* what ends a word comes with it */
  rl_completion_query_items = -1;        /* questions would stop the loop */
  rl_initialize();
  rl_variable_bind("page-completions", "off");
  set_height();
  replkeys_bind();
}

static void stop(void) {
  Loop *loop = self.loop;
  self.loop = NULL;
  rl_callback_handler_remove();
  replterm_leave(loop);
  loop_unwatch(loop, STDIN_FILENO);
}

static void on_line(char *line) {
  /* When it switches bracketed paste off readline ends the line itself. */
  if (!line && !pastes()) rl_crlf();
  stop();
  self.fn(self.ctx, line);
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
  const ReplTerm editor = {.paste = pastes(), .out = rl_outstream,
                           .redraw = redraw, .resized = resized};
  if (replterm_enter(loop, &editor, err) != 0) {
    loop_unwatch(loop, STDIN_FILENO);
    return -1;
  }
  self.loop = loop;
  self.fn = fn;
  self.ctx = ctx;
  self.hidden = self.begun = false;
  rl_eof_found = 0;                      /* of the line before: it sticks */
  clearerr(rl_outstream);                /* a print that Ctrl-C cut off */
  replplace_fresh(rl_outstream);
  rl_callback_handler_install(prompt, on_line);
  return 0;
}

void repl_abandon(void) {
  if (!self.loop) return;
  repl_show();
  /* As readline's own handler leaves a search, a number or half a key. */
  rl_free_line_state();
  rl_callback_sigcleanup();
  rl_point = rl_end;
  rl_redisplay();
  fputs("^C", rl_outstream);
  rl_replace_line("", 1);
  rl_crlf();
  rl_on_new_line();
  stop();
  fflush(rl_outstream);
}

bool repl_hide(void) {
  if (!self.loop || self.hidden) return false;
  self.hidden = true;
  rl_clear_visible_line();
  fflush(rl_outstream);
  return true;
}

void repl_show(void) {
  if (!self.loop || !self.hidden) return;
  self.hidden = false;
  redraw();
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
