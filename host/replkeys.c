/* replkeys.c - readline's keys in a statement of several lines. */
/* SPDX-License-Identifier: MIT */
#include "replkeys.h"

#include <stdio.h>
#include <stdlib.h>

#include <readline/readline.h>

#include "replplace.h"
#include "sys.h"
#include "text.h"

static struct {
  repl_enter_fn *enter;
  void *ctx;
  size_t column;         /* where up and down want to go */
} self;

/* ---- lines of the text being edited ---- */

static int line_start(int at) {
  while (at > 0 && rl_line_buffer[at - 1] != '\n') at--;
  return at;
}

static int line_end(int at) {
  while (at < rl_end && rl_line_buffer[at] != '\n') at++;
  return at;
}

static size_t width(int from, int to) {
  return text_width(rl_line_buffer + from, (size_t)(to - from));
}

/* The place in the line from `start` on that is nearest to the column. */
static int at_column(int start, size_t column) {
  int end = line_end(start), at = start;
  while (at < end) {
    int next = at + 1;
    while (next < end && ((unsigned char)rl_line_buffer[next] & 0xC0) == 0x80)
      next++;
    if (width(start, next) > column) break;
    at = next;
  }
  return at;
}

/* Whether the place is on the screen when all of the text has been shown. */
static bool in_view(int at) {
  int fd = fileno(rl_outstream), columns = sys_columns(fd);
  size_t prompt = replplace_prompt(rl_display_prompt);
  ReplPlace there = replplace_of(prompt, columns, rl_line_buffer, (size_t)at);
  ReplPlace end = replplace_of(prompt, columns, rl_line_buffer,
                               (size_t)rl_end);
  return end.row - there.row < sys_rows(fd);
}

/* Another text comes: what is taller than the screen has lost its prompt, which
   readline would not write again. */
static int replace_by(rl_command_func_t *other, int count, int key) {
  if (!in_view(0)) {
    fprintf(rl_outstream, "\r\033[%dA\033[J", sys_rows(fileno(rl_outstream)));
    rl_on_new_line();
  }
  return other(count, key);
}

/* ---- keys ---- */

static int line_up(int count, int key);
static int line_down(int count, int key);

/* Through a line that is shorter the column is kept. */
static void note_column(void) {
  if (rl_last_func == line_up || rl_last_func == line_down) return;
  self.column = width(line_start(rl_point), rl_point);
}

static int line_up(int count, int key) {
  if (count < 0) return line_down(-count, key);
  note_column();
  for (; count > 0; count--) {
    int start = line_start(rl_point);
    int above = start ? at_column(line_start(start - 1), self.column) : 0;
    if (start == 0 || !in_view(above))   /* no terminal goes there */
      return replace_by(rl_get_previous_history, count, key);
    rl_point = above;
  }
  return 0;
}

static int line_down(int count, int key) {
  if (count < 0) return line_up(-count, key);
  note_column();
  for (; count > 0; count--) {
    int end = line_end(rl_point);
    if (end == rl_end) return replace_by(rl_get_next_history, count, key);
    rl_point = at_column(end + 1, self.column);
  }
  return 0;
}

/* Once more at the edge of a line: that of the whole text. */
static int to_start(int count, int key) {
  int start = line_start(rl_point);
  if (start == rl_point && !in_view(0)) return 0;
  if (start == 0 || start == rl_point) return rl_beg_of_line(count, key);
  rl_point = start;
  return 0;
}

static int to_end(int count, int key) {
  int end = line_end(rl_point);
  if (end == rl_end || end == rl_point) return rl_end_of_line(count, key);
  rl_point = end;
  return 0;
}

static void insert_line(const char *indent) {
  rl_begin_undo_group();
  rl_insert_text("\n");
  rl_insert_text(indent);
  rl_end_undo_group();
}

/* The last line begins with so many blanks from now on, if it has more. */
static void move_out(int blanks) {
  int start = line_start(rl_end), have = start;
  while (have < rl_end && rl_line_buffer[have] == ' ') have++;
  int spare = have - start - blanks;
  if (spare <= 0 || rl_point < have) return;
  rl_delete_text(start, start + spare);
  rl_point -= spare;
  rl_redisplay();                        /* rl_newline would not show it */
}

static int enter(int count, int key) {
  int blanks = -1;
  char *indent = self.enter
    ? self.enter(self.ctx, rl_line_buffer, (size_t)rl_end, &blanks) : NULL;
  if (blanks >= 0) move_out(blanks);
  if (!indent) return rl_newline(count, key);
  if (rl_get_keymap() == rl_get_keymap_by_name("vi-command")) {
    rl_point = line_end(rl_point);
    rl_vi_insertion_mode(1, key);
  }
  insert_line(indent);
  free(indent);
  return 0;
}

/* A new line where none is needed, too. */
static int always_insert(int count, int key) {
  (void)count, (void)key;
  insert_line("");
  return 0;
}

static const struct {
  rl_command_func_t *theirs, *ours;
} replaced[] = {
  {rl_newline, enter}, {rl_get_previous_history, line_up},
  {rl_get_next_history, line_down}, {rl_beg_of_line, to_start},
  {rl_end_of_line, to_end},
};

/* Key maps hold key maps for what follows a first key. */
static void replace(Keymap map, int depth) {
  for (int key = 0; key < KEYMAP_SIZE; key++) {
    if (map[key].type == ISKMAP && depth > 0)
      replace((Keymap)(void *)map[key].function, depth - 1);
    if (map[key].type != ISFUNC) continue;
    for (size_t i = 0; i < sizeof replaced / sizeof *replaced; i++)
      if (map[key].function == replaced[i].theirs)
        map[key].function = replaced[i].ours;
  }
}

void replkeys_bind(void) {
  static const char *const maps[] = {"emacs", "vi-insert", "vi-command"};
  enum { DEPTH = 8 };                    /* keys that one sequence has */
  for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
    replace(rl_get_keymap_by_name(maps[i]), DEPTH);
  rl_command_func_t *const vi = rl_named_function("vi-editing-mode");
  Keymap emacs = rl_get_keymap_by_name("emacs");
  if (rl_function_of_keyseq("\033\r", emacs, NULL) == vi)
    rl_bind_keyseq_in_map("\033\r", always_insert, emacs);
}

void replkeys_on_enter(repl_enter_fn *fn, void *ctx) {
  self.enter = fn;
  self.ctx = ctx;
}
