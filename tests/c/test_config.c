/* test_config.c - profiles, the environment's place, copies. */
/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "redact.h"
#include "tap.h"

static Err err;

static void set(Config *c, const char *profile, const char *service,
                const char *name, const char *text) {
  Setting s = {.type = SETTING_STRING, .string = text, .origin = "test"};
  if (config_set(c, profile, service, name, &s, &err)) ok(0, err.text);
}

static const char *get(const Config *c, const char *profile,
                       const char *service, const char *name) {
  const Setting *s = config_get(c, profile, service, name);
  return s ? s->string : NULL;
}

static void test_profile(void) {
  Config *c = config_new();
  is_str(config_profile(c), "default", "without a word: default");
  is_int(config_set_profile(c, "", &err), -1, "an empty name");
  is_int(err.kind, ERR_CONFIG, "is a fault of the configuration");
  char name[] = "prod";
  is_int(config_set_profile(c, name, &err), 0, "a name");
  name[0] = 'x';
  is_str(config_profile(c), "prod", "is copied");
  ok(!config_has_profile(c, "prod"), "which does not make it exist");
  is_int(config_set_protected(c, "prod", false, &err), 0, "marking does");
  ok(config_has_profile(c, "prod") && !config_is_protected(c, "prod"),
     "protected or not");
  config_set_protected(c, "prod", true, &err);
  ok(config_is_protected(c, "prod"), "protected");
  ok(!config_is_protected(c, "test"), "not protected if unknown");
  is_int(config_set_protected(c, "", true, &err), -1, "an empty name");
  set(c, "test", "ixon", "url", "https://x.example.com");
  ok(config_has_profile(c, "test"), "a setting makes it exist");
  set(c, "", "ixon", "url", "https://x.example.com");
  ok(!config_has_profile(c, ""), "the environment is no profile");
  config_free(c);
  config_free(NULL);
}

static void test_get(void) {
  Config *c = config_new();
  config_set_profile(c, "prod", &err);
  set(c, "prod", "ixon", "url", "file-prod");
  set(c, "test", "ixon", "url", "file-test");
  is_str(get(c, "prod", "ixon", "url"), "file-prod", "of prod");
  is_str(get(c, "test", "ixon", "url"), "file-test", "of test");
  is_str(get(c, "prod", "qalyptus", "url"), NULL, "of another service");
  is_str(get(c, "prod", "ixon", "user"), NULL, "of another name");
  is_str(get(c, "other", "ixon", "url"), NULL, "of another profile");
  set(c, "", "ixon", "url", "env");
  set(c, "", "ixon", "user", "env-user");
  is_str(get(c, "prod", "ixon", "url"), "env", "the environment wins");
  is_str(get(c, "prod", "ixon", "user"), "env-user", "and fills in");
  is_str(get(c, "test", "ixon", "url"), "file-test", "for this profile only");
  is_str(get(c, "test", "ixon", "user"), NULL, "and nowhere else");
  config_set_profile(c, "test", &err);
  is_str(get(c, "test", "ixon", "url"), "env", "it follows the profile");
  is_str(get(c, "prod", "ixon", "url"), "file-prod", "in force");
  config_free(c);
}

static int collect(void *ctx, const char *profile, const char *service,
                   const char *name, const Setting *value) {
  Buf *b = ctx;
  buf_printf(b, "%s/%s.%s=%s ", profile, service, name, value->string);
  return strcmp(name, "stop") == 0 ? 7 : 0;
}

static void test_each(void) {
  Config *c = config_new();
  Buf b;
  buf_init(&b, 1000);
  is_int(config_each(c, collect, &b), 0, "nothing to visit");
  set(c, "p", "a", "one", "1");
  set(c, "", "b", "two", "2");
  set(c, "p", "a", "three", "3");
  set(c, "p", "a", "one", "replaced");
  is_int(config_each(c, collect, &b), 0, "all visited");
  is_str(buf_str(&b), "p/a.one=replaced /b.two=2 p/a.three=3 ", "in order");
  buf_reset(&b);
  set(c, "", "b", "stop", "x");
  set(c, "", "b", "after", "x");
  is_int(config_each(c, collect, &b), 7, "stopped");
  ok(!strstr(buf_str(&b), "after"), "at once");
  buf_clear(&b);
  config_free(c);
}

static void test_copy(void) {
  Config *c = config_new();
  Setting n = {.type = SETTING_INTEGER, .integer = 42, .number = 42};
  config_set(c, "p", "s", "n", &n, &err);
  const Setting *got = config_get(c, "p", "s", "n");
  ok(got && got->type == SETTING_INTEGER && got->integer == 42 &&
     got->number == 42, "a number");
  is_str(got ? got->origin : NULL, "", "an origin is always there");
  set(c, "p", "s", "text", "same");
  got = config_get(c, "p", "s", "text");
  is_int(config_set(c, "p", "s", "text", got, &err), 0, "set from itself");
  is_str(get(c, "p", "s", "text"), "same", "is unharmed");
  Setting s = {.type = SETTING_SECRET, .origin = "test"};
  s.secret = secret_new(SECRET_LITERAL, "config-secret", &err);
  config_set(c, "p", "s", "key", &s, &err);
  config_set(c, "q", "s", "key", &s, &err);
  secret_release(s.secret);
  set(c, "q", "s", "key", "replaced");
  got = config_get(c, "p", "s", "key");
  is_str(got ? secret_value(got->secret, NULL, &err) : NULL, "config-secret",
         "a secret is kept as long as it is held");
  config_free(c);
}

int main(void) {
  test_profile();
  test_get();
  test_each();
  test_copy();
  redact_forget();
  return done();
}
