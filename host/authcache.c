/* authcache.c - a token of an earlier process, or one login for them all. */
/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "authreq.h"
#include "log.h"
#include "sys.h"

enum {
  UNKNOWN_LIFE = 3600,   /* seconds a token is kept that does not say how long
                            it lives */
  LOCK_WAIT = 30         /* seconds for another process's login */
};

/* Seconds between looks at a lock that another process has. */
static const double POLL = 0.05;

int auth_keep_tokens(Auth *auth, const AuthKeep *keep, Err *err) {
  auth->cache = tokencache_new(keep->dir, keep->name);
  if (!auth->cache) return err_set(err, ERR_SCRIPT, "out of memory");
  auth->known = keep->known;
  auth->lock_wait = keep->wait > 0 ? keep->wait : LOCK_WAIT;
  return 0;
}

/* ---- what the account is ---- */

typedef struct Identity {
  Auth *auth;
  Buf account, secrets;
  bool failed;
} Identity;

static void add_value(Buf *out, const char *name, const Buf *value) {
  buf_printf(out, "%s %zu ", name, value->len);
  buf_add(out, buf_str(value), value->len);
  buf_addc(out, '\n');
}

/* once: only the login wants it. A secret among those may be good for one
   login, and says nothing of who signs in. */
static void add_setting(Identity *id, const char *name, bool once) {
  Auth *auth = id->auth;
  Buf value;
  if (strcmp(name, "token") == 0) return;   /* the one that is bought */
  buf_init(&value, MAX_HEADER);
  int known = auth->known(auth->ctx, name, &value, NULL);
  if (known < 0 || value.failed) id->failed = true;
  else if (known != AUTH_UNSET && !(once && known != AUTH_PLAIN))
    add_value(known == AUTH_SECRET ? &id->secrets : &id->account, name,
              &value);
  buf_wipe(&value);
}

static void add_template(Identity *id, const char *tmpl, bool once) {
  if (!tmpl) return;
  const char *end = tmpl + strlen(tmpl);
  size_t len;
  char name[64];
  for (const char *p = tmpl; (p = auth_placeholder(p, end, &len)); p += len) {
    memcpy(name, p + 1, len);
    name[len] = '\0';
    add_setting(id, name, once);
  }
}

static void add_headers(Identity *id, const AuthHeader *headers, size_t n,
                        bool once) {
  for (size_t i = 0; i < n; i++) add_template(id, headers[i].value, once);
}

static void identity_clear(Identity *id) {
  buf_wipe(&id->account);
  buf_wipe(&id->secrets);
}

/* Where it is, how it signs in, and all settings that tell one account from
   another, as far as they are known without asking. */
static int identify(Identity *id, Auth *auth, const AuthMethod *m) {
  const AuthLogin *login = m->login;
  *id = (Identity){ .auth = auth };
  buf_init(&id->account, 1 << 20);
  buf_init(&id->secrets, 1 << 20);
  /* Taken at once, so that growing leaves no copies of secrets behind. */
  if (!buf_reserve(&id->secrets, 4096)) id->failed = true;
  buf_printf(&id->account, "%s\n%s\nway %zu\n", auth->spec.service, auth->base,
             (size_t)(m - auth->spec.methods));
  for (size_t i = 0; i < m->nneeds; i++) add_setting(id, m->needs[i], false);
  add_headers(id, auth->spec.headers, auth->spec.nheaders, false);
  add_headers(id, m->send, m->nsend, false);
  add_headers(id, login->headers, login->nheaders, true);
  add_template(id, login->path, true);
  add_template(id, login->body, true);
  if (!id->failed && !id->account.failed && !id->secrets.failed) return 0;
  identity_clear(id);
  return -1;
}

/* As auth_choose, but nobody is asked for anything. */
static const AuthMethod *likely(Auth *auth) {
  if (auth->method) return auth->method;
  for (size_t i = 0; i < auth->spec.nmethods; i++) {
    const AuthMethod *m = &auth->spec.methods[i];
    size_t set = 0;
    while (set < m->nneeds) {
      Buf value;
      buf_init(&value, MAX_HEADER);
      int known = auth->known(auth->ctx, m->needs[set], &value, NULL);
      bool there = known > AUTH_UNSET && value.len > 0;
      buf_wipe(&value);
      if (known < 0) return NULL;   /* auth_choose will say why */
      if (!there) break;
      set++;
    }
    if (set == m->nneeds) return m;
  }
  return NULL;
}

/* ---- the file ---- */

/* The file's token becomes ours. */
static void adopt(Auth *auth, const AuthMethod *m, const Token *token) {
  double life = token->expires - token->written;
  buf_wipe(&auth->token);
  auth->token = token->text;
  auth->serial++;
  auth->cached = auth->kept = true;
  auth->expires = token->expires;
  auth->renew_at = loop_now() + token->expires - sys_clock() -
                   tokencache_margin(life);
  if (!auth->method) auth->guessed = true;
  auth->method = m;
}

int auth_cache_take(Auth *auth) {
  const AuthMethod *m = auth->cache ? likely(auth) : NULL;
  Identity id;
  if (!m || !m->login || identify(&id, auth, m)) return 0;
  Token token = { .written = 0 };
  buf_init(&token.text, TOKEN_MAX);
  TokenId key = { &id.account, &id.secrets };
  int found = tokencache_read(auth->cache, &key, &token);
  identity_clear(&id);
  if (!found) return 0;
  if (token.text.len == auth->refused.len &&
      memcmp(buf_str(&token.text), buf_str(&auth->refused),
             token.text.len) == 0) {
    buf_wipe(&token.text);
    return -1;
  }
  adopt(auth, m, &token);
  return 1;
}

void auth_cache_store(Auth *auth, double life) {
  Identity id;
  auth->cached = auth->kept = false;
  auth->expires = life > 0 ? auth->login_wall + life : 0;
  if (!auth->cache || identify(&id, auth, auth->method)) return;
  TokenId key = { &id.account, &id.secrets };
  Token token = { .text = auth->token, .written = auth->login_wall,
                  .expires = auth->login_wall +
                             (life > 0 ? life : UNKNOWN_LIFE) };
  auth->kept = tokencache_write(auth->cache, &key, &token) == 0;
  identity_clear(&id);
}

/* ---- getting one ---- */

/* A way that was taken because its settings seem to be there: now that they
   are needed, an answer may turn out to be empty. */
static int choose_again(Auth *auth, Err *err) {
  const AuthMethod *was = auth->method;
  if (!auth->guessed) return 0;
  auth->method = NULL;
  if (auth_choose(auth, err)) {
    auth->method = was;
    return -1;
  }
  auth->guessed = false;
  return auth->method->login ? 0 : 1;
}

/* What goes on under the lock, or without it where there can be none. 1: no
   login is needed any more. */
static int locked(Auth *auth, Err *err) {
  int found = auth->forced ? 0 : auth_cache_take(auth);
  if (found < 0) tokencache_drop(auth->cache);
  int rc = found > 0 ? 1 : choose_again(auth, err);
  if (rc == 0) rc = auth_login_begin(auth, err);
  if (rc && auth->cache) tokencache_unlock(auth->cache);
  return rc;
}

static void look(void *ctx);

static bool poll_again(Auth *auth) {
  auth->polling = loop_timer(auth->loop, POLL, look, auth);
  return auth->polling != NULL;
}

static void look(void *ctx) {
  Auth *auth = ctx;
  Err err = { 0 };
  auth->polling = NULL;
  if (tokencache_lock(auth->cache) == 0) {
    double waited = loop_now() - auth->polling_since;
    if (waited < auth->lock_wait && poll_again(auth)) return;
    log_write(LOG_WARN, "another process has been logging in to %s for %.0f s "
              "and is not waited for any longer; if it hangs, end it",
              auth->spec.service, waited);
  }
  int rc = locked(auth, &err);
  if (rc) auth_login_over(auth, rc < 0 ? &err : NULL, false);
}

int auth_acquire(Auth *auth, bool force, Err *err) {
  auth->logins++;
  auth->forced = force;
  if (auth->cache && tokencache_lock(auth->cache) == 0) {
    auth->polling_since = loop_now();
    if (poll_again(auth)) return 0;
  }
  return locked(auth, err);
}

bool auth_acquiring(const Auth *auth) {
  return auth->login || auth->polling;
}

void auth_acquire_stop(Auth *auth) {
  http_req_free(auth->login);
  auth->login = NULL;
  buf_wipe(&auth->login_body);
  if (auth->polling) loop_timer_cancel(auth->loop, auth->polling);
  auth->polling = NULL;
  if (auth->cache) tokencache_unlock(auth->cache);
}

void auth_token(Auth *auth, AuthToken *out) {
  if (!auth_token_fresh(auth) && !auth_acquiring(auth)) auth_cache_take(auth);
  *out = (AuthToken){ .there = auth_token_fresh(auth),
    .path = auth->cache ? tokencache_path(auth->cache) : NULL };
  if (!out->there) return;
  out->kept = auth->kept;
  out->expires = auth->expires;
}
