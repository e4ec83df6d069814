/* replplace.c - where on the terminal a part of the edited text stands. */
/* SPDX-License-Identifier: MIT */
#include "replplace.h"

#include <stdlib.h>
#include <string.h>

#include "sys.h"
#include "text.h"

enum { TAB = 8 };

ReplPlace replplace_of(size_t prompt, int columns, const char *text, size_t n) {
  ReplPlace p = {(int)prompt / columns, (int)prompt % columns};
  for (size_t i = 0; i < n;) {
    size_t size = 1;
    while (i + size < n && ((unsigned char)text[i + size] & 0xC0) == 0x80)
      size++;
    int width = text[i] == '\t' ? TAB - p.column % TAB
                                : (int)text_width(text + i, size);
    if (text[i] == '\n') {
      p = (ReplPlace){p.row + 1, 0};
    } else {
      if (p.column + width > columns) p = (ReplPlace){p.row + 1, 0};
      p.column += width;
      if (p.column >= columns) p = (ReplPlace){p.row + 1, 0};
    }
    i += size;
  }
  return p;
}

size_t replplace_prompt(const char *text) {
  size_t width = 0;
  for (;;) {
    size_t n = strcspn(text, "\1");
    width += text_width(text, n);
    const char *end = text[n] ? strchr(text + n, '\2') : NULL;
    if (!end) return width;
    text = end + 1;
  }
}

bool replplace_reflows(void) {
  static const char *const fixed[] = {"linux", "rxvt", "st-", "dumb"};
  const char *term = getenv("TERM");
  if (!term || !*term) return false;
  if (getenv("TMUX")) return true;       /* whatever it runs in */
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
    if (strncmp(term, fixed[i], strlen(fixed[i])) == 0) return false;
  return getenv("XTERM_VERSION") == NULL;
}

/* Nobody can tell where the cursor is: programs write, too. As many blanks as
   fit a line end in the next one unless they began at its start: terminals
   wrap only when there is one character more. */
void replplace_fresh(FILE *out) {
  const char *term = getenv("TERM");
  if (!term || !*term || strcmp(term, "dumb") == 0) return;
  fprintf(out, "%*s\r\033[K", sys_columns(fileno(out)), "");
}
