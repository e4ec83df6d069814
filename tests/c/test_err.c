/* test_err.c - kinds, exit codes, cutting at UTF-8 boundaries. */
/* SPDX-License-Identifier: MIT */
#include "err.h"

#include <errno.h>
#include "tap.h"

static void test_set(void) {
  Err err = {.kind = ERR_AUTH, .status = 401, .retryable = true};
  is_int(err_set(&err, ERR_NOT_FOUND, "no %s %d", "user", 7), -1,
         "err_set returns -1");
  is_str(err.text, "no user 7", "text is formatted");
  ok(err.kind == ERR_NOT_FOUND && err.status == 0 && !err.retryable,
     "nothing of the old error stays");
  is_int(err_set(NULL, ERR_AUTH, "x"), -1, "NULL is ignored");
  err_set(&err, ERR_SERVER, "again: %s", err.text);
  is_str(err.text, "again: no user 7", "the old text can be an argument");
  err_clear(&err);
  ok(err.kind == ERR_NONE && err.text[0] == '\0', "err_clear");
  err_clear(NULL);
}

static void test_sys(void) {
  Err err;
  is_int(err_sys(&err, ERR_FILE, ENOENT, "open %s", "/x"), -1,
         "err_sys returns -1");
  is_str(err.text, "open /x: No such file or directory", "system's text");
  is_int(err_sys(NULL, ERR_FILE, ENOENT, "x"), -1, "NULL is ignored");
}

static void test_prefix(void) {
  Err err;
  err_set(&err, ERR_NETWORK, "refused");
  err.status = 503;
  err.retryable = true;
  err_prefix(&err, "%s.%s", "ixon", "list");
  is_str(err.text, "ixon.list: refused", "prefix and colon");
  ok(err.kind == ERR_NETWORK && err.status == 503 && err.retryable,
     "kind, status and retryable stay");
  err_prefix(NULL, "x");
}

/* Every split of a multi-byte character at the end of the record. */
static void test_cut(void) {
  static const char *const chars[] = {"a", "\xC3\xA9", "\xE2\x82\xAC",
                                      "\xF0\x9F\x98\x80"};
  int bad = 0;
  for (size_t c = 0; c < 4; c++) {
    for (size_t lead = 0; lead < 5; lead++) {
      char big[ERR_TEXT * 2] = "";
      size_t n = lead, size = strlen(chars[c]);
      memset(big, 'x', lead);
      while (n < ERR_TEXT + 20) {
        memcpy(big + n, chars[c], size);
        n += size;
      }
      Err err, err2;
      err_set(&err, ERR_SERVER, "%s", big);
      size_t len = strlen(err.text);
      if ((len - lead) % size || len + size <= ERR_TEXT - 1) bad++;
      err_set(&err2, ERR_SERVER, "%s", big);
      err_prefix(&err2, "p");
      len = strlen(err2.text);
      if ((len - lead - 3) % size || len + 2 * size <= ERR_TEXT - 1) bad++;
    }
  }
  is_int(bad, 0, "long text is cut between characters, no earlier");
  Err err;
  char raw[ERR_TEXT + 50];
  memset(raw, 0x80, sizeof raw - 1);
  raw[sizeof raw - 1] = '\0';
  err_set(&err, ERR_SERVER, "%s", raw);
  ok(strlen(err.text) >= ERR_TEXT - 4, "bytes that are no UTF-8 are kept");
}

static void test_kinds(void) {
  int bad = 0;
  for (int k = ERR_NONE + 1; k < ERR_KINDS; k++) {
    const char *name = err_kind_name((ErrKind)k);
    if (!name || err_kind_from_name(name) != (ErrKind)k) bad++;
  }
  is_int(bad, 0, "every kind has a name that leads back to it");
  is_str(err_kind_name(ERR_IN_DOUBT), "in_doubt", "a name");
  is_str(err_kind_name((ErrKind)99), "script", "a kind out of range");
  is_int(err_kind_from_name("nonsense"), ERR_NONE, "an unknown name");
  is_int(err_kind_from_name("none"), ERR_NONE, "\"none\" is no error");
  is_int(err_kind_from_name(NULL), ERR_NONE, "NULL");
}

static void test_exit(void) {
  static const struct { ErrKind kind; int status, want; } rows[] = {
    {ERR_NONE, 0, 0}, {ERR_SCRIPT, 0, 1}, {ERR_FILE, 0, 1},
    {ERR_VALIDATION, 0, 2}, {ERR_VALIDATION, 422, 6}, {ERR_CONFIG, 0, 2},
    {ERR_IN_DOUBT, 0, 4}, {ERR_IN_DOUBT, 502, 4}, {ERR_AUTH, 0, 5},
    {ERR_AUTH, 403, 5}, {ERR_NOT_FOUND, 404, 6}, {ERR_CONFLICT, 409, 6},
    {ERR_RATE_LIMITED, 429, 6}, {ERR_SERVER, 500, 7}, {ERR_SERVER, 200, 7},
    {ERR_NETWORK, 0, 7}, {ERR_TIMEOUT, 0, 7}, {ERR_CAP, 0, 8},
    {ERR_CANCELLED, 0, 130},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    is_int(err_exit_code(rows[i].kind, rows[i].status), rows[i].want,
           err_kind_name(rows[i].kind));
  is_int(err_exit_code((ErrKind)99, 0), 1, "a kind out of range");
}

int main(void) {
  test_set();
  test_sys();
  test_prefix();
  test_cut();
  test_kinds();
  test_exit();
  return done();
}
