/* replmatch.c - what the word at the cursor may become. */
/* SPDX-License-Identifier: MIT */
#include "replmatch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void replmatch_init(ReplMatches *m, const char *before, size_t end,
                    size_t start) {
  *m = (ReplMatches){.before = before, .end = end, .start = start};
}

void replmatch_clear(ReplMatches *m) {
  for (size_t i = 0; i < m->n; i++) free(m->list[i]);
  free(m->list);
  *m = (ReplMatches){0};
}

bool replmatch_fits(const ReplMatches *m, const char *text) {
  return strncmp(text, m->before + m->start, m->end - m->start) == 0;
}

/* text is taken over, even when that fails. */
static int add(ReplMatches *m, char *text) {
  if (!text) return -1;
  if (m->n + 1 >= m->cap) {
    size_t cap = m->cap ? m->cap * 2 : 16;
    char **list = reallocarray(m->list, cap, sizeof *list);
    if (!list) {
      free(text);
      return -1;
    }
    m->list = list;
    m->cap = cap;
  }
  m->list[m->n++] = text;
  m->list[m->n] = NULL;
  return 0;
}

int repl_match(ReplMatches *out, const char *text) {
  return add(out, strdup(text));
}

void repl_word(ReplMatches *out, size_t start) {
  if (start <= out->end) out->start = start;
}

void repl_append(ReplMatches *out, char after) {
  out->after = after;
}

size_t replmatch_common(const ReplMatches *m) {
  if (m->n == 0) return 0;
  size_t n = strlen(m->list[0]);
  for (size_t i = 1; i < m->n; i++) {
    size_t same = 0;
    while (same < n && m->list[i][same] == m->list[0][same]) same++;
    n = same;
  }
  while (n > 0 && ((unsigned char)m->list[0][n] & 0xC0) == 0x80) n--;
  return n;
}

/* ---- file names ---- */

/* Names that would end a string or begin an escape in one are left out. */
static bool offered(const char *name, const char *part, size_t n) {
  if (name[0] == '.' && part[0] != '.') return false;
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return false;
  for (const char *c = name; *c; c++)
    if ((unsigned char)*c < ' ' || strchr("\"'\\\x7f", *c)) return false;
  return strncmp(name, part, n) == 0;
}

static bool is_folder(DIR *dir, const struct dirent *entry) {
  struct stat st;
  if (entry->d_type == DT_DIR) return true;
  if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN) return false;
  return fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 &&
         S_ISDIR(st.st_mode);
}

static char *joined(const char *folder, size_t n, const char *name,
                    bool slash) {
  char *text = NULL;
  if (asprintf(&text, "%.*s%s%s", (int)n, folder, name, slash ? "/" : "") < 0)
    return NULL;
  return text;
}

static int read_folder(ReplMatches *out, DIR *dir, const char *word,
                       size_t folder) {
  const struct dirent *entry;
  const char *part = word + folder;
  while ((entry = readdir(dir))) {
    if (!offered(entry->d_name, part, strlen(part))) continue;
    bool slash = is_folder(dir, entry);
    if (add(out, joined(word, folder, entry->d_name, slash)) != 0) return -1;
  }
  return 0;
}

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

int repl_match_files(ReplMatches *out) {
  int failed = -1;
  DIR *dir = NULL;
  char *word = strndup(out->before + out->start, out->end - out->start);
  if (!word) return -1;
  const char *slash = strrchr(word, '/');
  size_t folder = slash ? (size_t)(slash - word) + 1 : 0;
  char *path = folder ? strndup(word, folder) : strdup(".");
  if (!path) goto end;
  size_t had = out->n;
  dir = opendir(path);           /* one that cannot be read offers nothing */
  failed = dir ? read_folder(out, dir, word, folder) : 0;
  if (out->n > had)
    qsort(out->list + had, out->n - had, sizeof *out->list, by_text);
  /* A name may go on below a folder, so nothing ends it. */
  if (out->n == 1 && out->list[0][strlen(out->list[0]) - 1] == '/')
    out->after = '\0';

end:
  if (dir) closedir(dir);
  free(path);
  free(word);
  return failed;
}
