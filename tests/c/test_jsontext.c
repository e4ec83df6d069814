/* test_jsontext.c - looking into JSON text. */
/* SPDX-License-Identifier: MIT */
#include "jsontext.h"

#include "json_cases.h"
#include "tap.h"

static const char book[] =
    "{\"token\":\"a\\u0062c\", \"data\": {\"secretId\": \"s\\\"1\","
    "\"n\": 12.50,"
    "\"list\":[10, [20,21], {\"x\":null}], \"\":1, \"a/b\":2, \"m~n\":3,"
    "\"\\u00e4\":4, \"0\":5}, \"twice\":{\"a\":1}, \"twice\":{\"b\":2}}";

/* The text at pointer, or the error kind's name. */
static const char *look(const char *text, const char *pointer) {
  static char answer[512];
  Buf out;
  Err err = {0};
  buf_init(&out, 1 << 20);
  if (jsontext_find(text, strlen(text), pointer, &out, &err))
    snprintf(answer, sizeof answer, "!%s", err_kind_name(err.kind));
  else
    snprintf(answer, sizeof answer, "%s", buf_str(&out));
  buf_clear(&out);
  return answer;
}

static void pointers(void) {
  static const struct { const char *pointer, *want; } rows[] = {
    {"/token", "abc"}, {"/data/secretId", "s\"1"}, {"/data/n", "12.50"},
    {"/data/list", "[10, [20,21], {\"x\":null}]"}, {"/data/list/0", "10"},
    {"/data/list/1/1", "21"}, {"/data/list/2/x", "null"}, {"/data/", "1"},
    {"/data/a~1b", "2"}, {"/data/m~0n", "3"}, {"/data/\xc3\xa4", "4"},
    {"/data/0", "5"}, {"/twice/b", "2"}, {"/twice/a", "!not_found"},
    {"/data/list/3", "!not_found"}, {"/data/list/01", "!not_found"},
    {"/data/list/-", "!not_found"}, {"/data/list/1x", "!not_found"},
    {"/data/list/", "!not_found"}, {"/data/list/99999999999999999999",
                                    "!not_found"},
    {"/data/a", "!not_found"}, {"/data/secretId/0", "!not_found"},
    {"/tok", "!not_found"}, {"/tokens", "!not_found"}, {"/", "!not_found"},
    {"token", "!config"}, {"/~2", "!config"}, {"/~", "!config"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    is_str(look(book, rows[i].pointer), rows[i].want, rows[i].pointer);
  is_str(look(" [1, 2] ", ""), "[1, 2]", "the whole document");
  is_str(look("\"x\\ty\"", ""), "x\ty", "a string as document");
  is_str(look("[[1]]", "/0/0"), "1", "arrays in arrays");
  is_str(look("{\"a\":1} x", "/a"), "!server", "what follows is checked");
  is_str(look("{\"a\":1,\"b\":[1,]}", "/a"), "!server", "the rest is checked");
}

/* Strict in the same way as the decoder, whose test has the same cases. */
static void cases(void) {
  for (size_t i = 0; i < JSON_CASES; i++) {
    char name[64];
    Buf out;
    Err err = {0};
    buf_init(&out, 1 << 20);
    int got = jsontext_find(json_cases[i].text, json_cases[i].len, "", &out,
                            &err);
    snprintf(name, sizeof name, "case %zu: %.40s", i, json_cases[i].text);
    for (char *p = name; *p; p++)
      if (*p < ' ' || *p == '#') *p = '.';
    ok((got == 0) == (json_cases[i].want != NULL), name);
    if (got) ok(err.kind == ERR_SERVER && strstr(err.text, " line "), name);
    buf_clear(&out);
  }
}

static void edges(void) {
  enum { DEEP = 100000 };
  char *text = malloc(DEEP);
  Buf out;
  Err err = {0};
  buf_init(&out, 4);
  memset(text, '[', DEEP);
  ok(jsontext_find(text, DEEP, "", &out, &err) == -1 && err.kind == ERR_CAP,
     "too deep is refused");
  ok(jsontext_find("[\"12345\"]", 9, "/0", &out, &err) == -1,
     "a full buffer is told");
  buf_reset(&out);
  ok(jsontext_find("[\"1234\"]", 8, "/0", &out, &err) == 0, "just enough");
  buf_clear(&out);
  free(text);
  jsontext_find("{\"\xc3\xa4\n\":1}", 9, "", NULL, &err);
  is_str(err.text, "a string has a control character that is not escaped at "
         "line 1 column 4", "columns are characters");
}

int main(void) {
  pointers();
  cases();
  edges();
  return done();
}
