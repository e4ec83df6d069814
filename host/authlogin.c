/* authlogin.c - the login: what is sent, the token in the reply, its life. */
/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "authreq.h"
#include "jsontext.h"
#include "redact.h"
#include "sys.h"
#include "url.h"

enum { MAX_LOGIN = 1 << 20, PATH_SETTINGS = 8 };

bool auth_token_fresh(const Auth *auth) {
  if (auth->token.len == 0) return false;
  return auth->renew_at == 0 || loop_now() < auth->renew_at;
}

void auth_token_drop(Auth *auth) {
  if (auth->token.len == 0) return;
  auth_lines_drop(auth);
  buf_wipe(&auth->refused);
  auth->refused = auth->token;
  buf_init(&auth->token, MAX_TOKEN);
  auth->renew_at = 0;
}

/* The token in the reply. */

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int take_token(const AuthLogin *login, const Buf *body, Buf *out) {
  const char *p = buf_str(body);
  size_t n = body->len;
  while (n > 0 && is_space(*p)) p++, n--;
  while (n > 0 && is_space(p[n - 1])) n--;
  const char *pointer = login->token ? login->token : "";
  if (*pointer || (n > 0 && *p == '"'))
    return jsontext_find(p, n, pointer, out, NULL);
  if (n > 0 && *p == '{') return jsontext_find(p, n, "/token", out, NULL);
  return buf_add(out, p, n);
}

/* What goes into a header: visible ASCII. A login page is no token. */
static bool is_token(const Buf *b) {
  for (size_t i = 0; i < b->len; i++)
    if (b->data[i] <= ' ' || b->data[i] > '~' || b->data[i] == '<')
      return false;
  return b->len > 0;
}

/* Its life. */

static int digit64(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '-' || c == '+' ? 62 : c == '_' || c == '/' ? 63 : -1;
}

static int decode64(Buf *out, const char *s, size_t n) {
  unsigned bits = 0;
  int have = 0;
  for (size_t i = 0; i < n && s[i] != '='; i++) {
    int d = digit64(s[i]);
    if (d < 0) return -1;
    bits = (bits << 6 | (unsigned)d) & 0xffff;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    if (buf_addc(out, (char)(bits >> have & 0xff))) return -1;
  }
  return 0;
}

/* NAN if the claim is not a number. */
static double claim(const Buf *payload, const char *pointer) {
  Buf text;
  buf_init(&text, 64);
  double value = NAN;
  if (!jsontext_find(buf_str(payload), payload->len, pointer, &text, NULL)) {
    char *end;
    double v = strtod(buf_str(&text), &end);
    if (text.len > 0 && *end == '\0') value = v;
  }
  buf_clear(&text);
  return value;
}

/* Seconds a JWT lives, 0 if it does not say. Counted from its own "iat" where
   it has one, so that a clock which is wrong here does no harm. */
static double jwt_life(const Buf *token) {
  const char *dot = memchr(token->data, '.', token->len);
  if (!dot) return 0;
  const char *payload = dot + 1;
  size_t left = token->len - (size_t)(payload - token->data);
  const char *end = memchr(payload, '.', left);
  if (!end) return 0;
  Buf json;
  buf_init(&json, MAX_TOKEN);
  double life = 0;
  if (!decode64(&json, payload, (size_t)(end - payload))) {
    double exp = claim(&json, "/exp"), iat = claim(&json, "/iat");
    if (isnan(iat)) iat = (double)time(NULL);
    life = exp - iat;
  }
  buf_wipe(&json);
  /* Bought this moment and expired already: one of the clocks is wrong. */
  return life > 0 && isfinite(life) ? life : 0;
}

static int keep_token(Auth *auth, const HttpReq *http, Err *err) {
  const AuthLogin *login = auth->method->login;
  Buf token;
  buf_init(&token, MAX_TOKEN);
  int rc = take_token(login, http_req_body(http), &token);
  bool no_memory = token.failed && !token.over;
  if (no_memory || rc || !is_token(&token)) {
    buf_wipe(&token);
    if (no_memory) return err_set(err, ERR_SCRIPT, "out of memory");
    err_set(err, ERR_SERVER, "%s answered the login with status %d but without "
            "a token; check the setting 'url'", auth->spec.service,
            http_req_status(http));
    err->status = http_req_status(http);
    return -1;
  }
  if (redact_add(buf_str(&token), token.len)) {
    buf_wipe(&token);
    return err_set(err, ERR_SCRIPT, "out of memory");
  }
  buf_wipe(&auth->token);
  auth->token = token;
  auth->serial++;
  double life = login->lifetime > 0 ? login->lifetime : jwt_life(&token);
  auth->renew_at = life > 0
      ? auth->login_started + life - tokencache_margin(life) : 0;
  auth_cache_store(auth, life);
  return 0;
}

/* How a login ends. */

static bool is_refusal(const AuthLogin *login, int status) {
  if (status == 401 || status == 403) return true;
  for (size_t i = 0; i < login->nrefused; i++)
    if (login->refused[i] == status) return true;
  return false;
}

static int judge_status(const Auth *auth, int status, Err *err) {
  const AuthMethod *m = auth->method;
  const char *service = auth->spec.service;
  if (status >= 200 && status <= 299 && !is_refusal(m->login, status)) return 0;
  Buf names;
  buf_init(&names, 256);
  for (size_t i = 0; i < m->nneeds; i++)
    buf_printf(&names, "%s'%s'", i ? ", " : "", m->needs[i]);
  if (is_refusal(m->login, status))
    err_set(err, ERR_AUTH, "logging in to %s was refused with status %d; check "
            "the settings %s", service, status, buf_str(&names));
  else if (status == 429)
    err_set(err, ERR_RATE_LIMITED, "logging in to %s: too many requests "
            "(status 429); wait before trying again", service);
  else if (status >= 500 || status == 408)
    err_set(err, ERR_SERVER, "logging in to %s failed on their side with "
            "status %d; try again later", service, status);
  else
    err_set(err, ERR_AUTH, "logging in to %s failed with status %d; check the "
            "settings 'url', %s", service, status, buf_str(&names));
  buf_clear(&names);
  err->status = status;
  err->retryable = err->kind != ERR_AUTH;
  return -1;
}

void auth_reply_release(LoginReply *reply) {
  if (!reply || --reply->refs > 0) return;
  http_req_free(reply->http);
  free(reply);
}

/* What the server answered, such as Retry-After, is for all who waited.
   Without memory they do without. */
static void keep_reply(Auth *auth, HttpReq *http) {
  LoginReply *reply = calloc(1, sizeof *reply);
  if (!reply) {
    http_req_free(http);
    return;
  }
  reply->http = http;
  reply->refs = 1;
  auth->failed = reply;
}

static void on_login(void *ctx, HttpReq *http) {
  Auth *auth = ctx;
  const Err *failed = http_req_err(http);
  Err err = { 0 };
  int rc;
  if (failed->kind != ERR_NONE) {
    err = *failed;
    err_prefix(&err, "logging in to %s", auth->spec.service);
    rc = -1;
  } else {
    rc = judge_status(auth, http_req_status(http), &err) ||
         keep_token(auth, http, &err);
  }
  auth->login = NULL;
  if (rc) keep_reply(auth, http);
  else http_req_free(http);
  auth_acquire_stop(auth);
  auth_login_over(auth, rc ? &err : NULL, true);
}

/* Sending it. */

/* A setting in the path: what lookup gives lives until the next call only. */
typedef struct PathSetting {
  char name[64];
  Buf value;
} PathSetting;

static int path_setting(Auth *auth, PathSetting *s, Err *err) {
  const char *value = NULL;
  size_t len = 0;
  bool secret = false;
  if (auth->lookup(auth->ctx, s->name, &value, &len, &secret, err)) return -1;
  if (!value)
    return err_set(err, ERR_AUTH, "the setting '%s' of %s is not set", s->name,
                   auth->spec.service);
  if (!buf_add(&s->value, value, len)) return 0;
  if (!s->value.over) return err_set(err, ERR_SCRIPT, "out of memory");
  return err_set(err, ERR_CONFIG, "the setting '%s' of %s is too long", s->name,
                 auth->spec.service);
}

/* Settings in the path go through the one URL builder, like arguments. */
static int login_url(Auth *auth, Buf *out, Err *err) {
  const char *path = auth->method->login->path, *end = path + strlen(path);
  PathSetting settings[PATH_SETTINGS];
  UrlPair args[PATH_SETTINGS];
  size_t n = 0, len;
  int rc = 0;
  for (const char *p = path; !rc && (p = auth_placeholder(p, end, &len));
       p += len) {
    if (n == PATH_SETTINGS) {
      rc = err_set(err, ERR_CONFIG, "too many settings in a login path");
      break;
    }
    PathSetting *s = &settings[n];
    memcpy(s->name, p + 1, len);
    s->name[len] = '\0';
    buf_init(&s->value, MAX_HEADER);
    rc = path_setting(auth, s, err);
    args[n++] = (UrlPair){ .name = s->name, .name_len = len,
                           .value = buf_str(&s->value),
                           .value_len = s->value.len };
  }
  if (!rc) rc = url_build(out, auth->base, path, args, n, NULL, 0, err);
  while (n > 0) buf_wipe(&settings[--n].value);
  return rc;
}

static bool has_type(const AuthLogin *login) {
  for (size_t i = 0; i < login->nheaders; i++)
    if (strcasecmp(login->headers[i].name, "Content-Type") == 0) return true;
  return false;
}

static int login_body(Auth *auth, Err *err) {
  const char *tmpl = auth->method->login->body;
  Template t = { .lookup = auth->lookup, .ctx = auth->ctx, .json = true,
                 .lenient = true };
  buf_init(&auth->login_body, MAX_LOGIN);
  /* Taken at once, so that growing leaves no copies of secrets behind. */
  if (tmpl && !buf_reserve(&auth->login_body, 4096))
    return err_set(err, ERR_SCRIPT, "out of memory");
  return tmpl ? auth_text(&auth->login_body, tmpl, strlen(tmpl), &t, err) : 0;
}

int auth_login_begin(Auth *auth, Err *err) {
  const AuthLogin *login = auth->method->login;
  Piece *pieces = NULL;
  Buf url;
  buf_init(&url, MAX_HEADER);
  size_t n = 0;
  const char **lines = auth_keep(&pieces, (auth->spec.nheaders +
                                 login->nheaders + 1) * sizeof *lines);
  if (!lines) {
    err_set(err, ERR_SCRIPT, "out of memory");
    goto fail;
  }
  /* Headers of the service first, without those the login does not carry. */
  if (login_url(auth, &url, err) || login_body(auth, err) ||
      auth_headers(auth, auth->spec.headers, auth->spec.nheaders, true,
                   login->without, login->nwithout, lines, &n, &pieces, err) ||
      auth_headers(auth, login->headers, login->nheaders, true, NULL, 0, lines,
                   &n, &pieces, err)) goto fail;
  if (login->body && !has_type(login))
    lines[n++] = "Content-Type: application/json";
  HttpCall call = {
    .method = login->method, .url = buf_str(&url), .headers = lines,
    .nheaders = n, .body = login->body ? buf_str(&auth->login_body) : NULL,
    .body_len = auth->login_body.len,
    .repeatable = true,   /* a second token does no harm */
    .secret_reply = true,
    .operation = "the login" };
  auth->login_started = loop_now();
  auth->login_wall = sys_clock();
  auth->login = http_send(auth->http, &call, on_login, auth, err);
  if (!auth->login) goto fail;
  buf_wipe(&url);
  auth_drop(&pieces);
  return 0;
fail:
  buf_wipe(&auth->login_body);
  buf_wipe(&url);
  auth_drop(&pieces);
  return -1;
}
