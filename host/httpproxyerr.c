/* httpproxyerr.c - how the way through a proxy failed. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "httpreq.h"

typedef struct Failure {
  const Http *http;
  const Proxy *proxy;
  CURL *easy;
  const char *peer;      /* host:port of the URL */
  const char *reason;    /* libcurl's own words */
  bool connected;        /* to the proxy */
  char check[160];       /* "the setting 'proxy' of ixon" */
  char user[200];        /* where its user and password are to be set */
} Failure;

static void name_settings(Failure *f) {
  const Proxy *p = f->proxy;
  const char *service = f->http->service;
  if (p->variable)
    snprintf(f->check, sizeof f->check, "the variable %s", p->variable);
  else
    snprintf(f->check, sizeof f->check, "the setting 'proxy' of %.100s",
             service);
  if (p->user_in_url)
    snprintf(f->user, sizeof f->user, "%s", f->check);
  else
    snprintf(f->user, sizeof f->user, "the settings 'proxy_user' and "
             "'proxy_password' of %.100s", service);
}

/* What an administrator has to do is the same as for a refused credential of
   the service: see to user and password. */
static void refuse_user(const Failure *f, const char *status, Err *err) {
  long ways = 0;
  CURLcode rc = curl_easy_getinfo(f->easy, CURLINFO_PROXYAUTH_AVAIL, &ways);
  if (rc == CURLE_OK && ways != 0 && !(ways & (long)CURLAUTH_BASIC))
    err_set(err, ERR_AUTH, "the proxy %s takes no user and password by Basic "
            "authentication, the only way that errand knows%s; ask who runs it "
            "for an exception or name the host in 'noproxy' of %s",
            f->proxy->shown, status, f->http->service);
  else if (f->proxy->user)
    err_set(err, ERR_AUTH, "the proxy %s does not accept the user and password "
            "it was given%s; check %s", f->proxy->shown, status, f->user);
  else
    err_set(err, ERR_AUTH, "the proxy %s wants a user and password%s; set %s",
            f->proxy->shown, status, f->user);
}

static void refuse_status(const Failure *f, long status, Err *err) {
  const char *shown = f->proxy->shown;
  char text[32];
  snprintf(text, sizeof text, " (status %ld)", status);
  if (status == 407 || status == 401) {
    refuse_user(f, text, err);
  } else if (status >= 500 || status == 408 || status == 429) {
    err_set(err, ERR_NETWORK, "the proxy %s does not reach %s%s; check whether "
            "it can, the setting 'url' of %s, and %s", shown, f->peer, text,
            f->http->service, f->check);
    err->retryable = true;
  } else if (status == 403) {
    err_set(err, ERR_NETWORK, "the proxy %s does not allow the way to %s%s; "
            "ask who runs it, or name the host in 'noproxy' of %s", shown,
            f->peer, text, f->http->service);
  } else {
    err_set(err, ERR_NETWORK, "the proxy %s does not open the way to %s%s; "
            "check %s, which must name a proxy that knows CONNECT", shown,
            f->peer, text, f->check);
  }
}

/* SOCKS */
static void explain_socks(const Failure *f, Err *err) {
  long fault = 0;
  const char *shown = f->proxy->shown, *why = f->reason;
  if (curl_easy_getinfo(f->easy, CURLINFO_PROXY_ERROR, &fault) != CURLE_OK)
    fault = 0;
  switch (fault) {
  case CURLPX_USER_REJECTED: case CURLPX_NO_AUTH: case CURLPX_IDENTD:
  case CURLPX_IDENTD_DIFFER: case CURLPX_LONG_USER: case CURLPX_LONG_PASSWD:
    refuse_user(f, "", err);
    return;
  case CURLPX_REPLY_NOT_ALLOWED: case CURLPX_REQUEST_FAILED:
    err_set(err, ERR_NETWORK, "the proxy %s does not allow the way to %s; ask "
            "who runs it, or name the host in 'noproxy' of %s", shown, f->peer,
            f->http->service);
    return;
  case CURLPX_RESOLVE_HOST:
    err_set(err, ERR_NETWORK, "the host name in %s cannot be resolved; check "
            "the setting 'url' of %s, or write socks5h:// in %s, so that the "
            "proxy resolves it", f->peer, f->http->service, f->check);
    err->retryable = true;
    return;
  case CURLPX_BAD_VERSION: case CURLPX_BAD_ADDRESS_TYPE:
  case CURLPX_UNKNOWN_MODE: case CURLPX_CLOSED: case CURLPX_RECV_CONNECT:
  case CURLPX_RECV_AUTH: case CURLPX_RECV_REQACK: case CURLPX_RECV_ADDRESS:
  case CURLPX_SEND_CONNECT: case CURLPX_SEND_AUTH: case CURLPX_SEND_REQUEST:
    err_set(err, ERR_NETWORK, "the proxy %s does not answer as a SOCKS proxy "
            "does (%s); check scheme and port in %s", shown, f->reason,
            f->check);
    return;
  case CURLPX_REPLY_CONNECTION_REFUSED: why = "connection refused"; break;
  case CURLPX_REPLY_HOST_UNREACHABLE: why = "host unreachable"; break;
  case CURLPX_REPLY_NETWORK_UNREACHABLE: why = "network unreachable"; break;
  case CURLPX_REPLY_TTL_EXPIRED: why = "no answer in time"; break;
  case CURLPX_REPLY_GENERAL_SERVER_FAILURE: why = "general failure"; break;
  default: break;
  }
  err_set(err, ERR_NETWORK, "the proxy %s does not reach %s: %s; check whether "
          "it can, the setting 'url' of %s, and %s", shown, f->peer, why,
          f->http->service, f->check);
  err->retryable = true;
}

static void explain_tls(const Failure *f, CURLcode code, Err *err) {
  const char *shown = f->proxy->shown;
  if (code == CURLE_SSL_CACERT_BADFILE)
    err_set(err, ERR_CONFIG, "the setting 'proxy_cacert' of %s is not usable: "
            "%s", f->http->service, f->reason);
  else if (code == CURLE_PEER_FAILED_VERIFICATION)
    err_set(err, ERR_NETWORK, "the TLS certificate of the proxy %s is not "
            "accepted (%s); name its authority's file in the setting "
            "'proxy_cacert' of %s, or check %s", shown, f->reason,
            f->http->service, f->check);
  else
    err_set(err, ERR_NETWORK, "no TLS connection with the proxy %s: %s; check "
            "scheme and port in %s", shown, f->reason, f->check);
}

static void explain_late(const Failure *f, const HttpTimes *t, Err *err) {
  if (t->resolve == 0)
    err_set(err, ERR_TIMEOUT, "the name of the proxy %s was not resolved in "
            "%.1f s; check %s and this machine's name service",
            f->proxy->shown, t->total, f->check);
  else if (!f->connected)
    err_set(err, ERR_TIMEOUT, "no connection to the proxy %s after %.1f s; "
            "check that it runs there and %s, or raise 'connect_timeout' of %s",
            f->proxy->shown, t->total, f->check, f->http->service);
  else
    err_set(err, ERR_TIMEOUT, "no connection to %s through the proxy %s after "
            "%.1f s; check whether it can reach it and %s, or raise "
            "'connect_timeout' of %s", f->peer, f->proxy->shown, t->total,
            f->check, f->http->service);
  err->retryable = true;
}

static void explain_connect(const Failure *f, Err *err) {
  if (f->connected) {
    err_set(err, ERR_NETWORK, "the proxy %s does not answer as an HTTP proxy "
            "does (%s); check scheme and port in %s", f->proxy->shown,
            f->reason, f->check);
    return;
  }
  err_set(err, ERR_NETWORK, "cannot connect to the proxy %s: %s; check that it "
          "runs there and %s", f->proxy->shown, f->reason, f->check);
  err->retryable = true;
}

static bool is_tls(CURLcode code) {
  switch (code) {
  case CURLE_SSL_CONNECT_ERROR: case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CIPHER: case CURLE_SSL_CACERT_BADFILE:
    return true;
  default:
    return false;
  }
}

bool http_explain_proxy(const HttpReq *req, const Http *http, CURL *easy,
                        CURLcode code, const char *peer, const char *reason,
                        Err *err) {
  Failure f = { .http = http, .proxy = &http->route, .easy = easy,
                .peer = peer, .reason = reason };
  long status = 0, port = 0;
  /* With a tunnel nothing else is sent before it stands. */
  if (req->sent || !f.proxy->url) return false;
  name_settings(&f);
  if (curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status) != CURLE_OK)
    status = 0;
  f.connected = curl_easy_getinfo(easy, CURLINFO_LOCAL_PORT, &port) ==
                    CURLE_OK && port > 0;
  if (status >= 200 && status < 300) return false;
  if (status >= 300 && code != CURLE_OPERATION_TIMEDOUT) {
    refuse_status(&f, status, err);
    return true;
  }
  if (code == CURLE_COULDNT_RESOLVE_PROXY) {
    err_set(err, ERR_NETWORK, "the name of the proxy %s cannot be resolved; "
            "check %s and this machine's name service", f.proxy->shown,
            f.check);
    err->retryable = true;
  } else if (code == CURLE_PROXY) {
    explain_socks(&f, err);
  } else if (is_tls(code) && f.proxy->https) {
    explain_tls(&f, code, err);
  } else if (code == CURLE_OPERATION_TIMEDOUT) {
    explain_late(&f, &req->times, err);
  } else if (code == CURLE_COULDNT_CONNECT ||
             (!f.proxy->socks && !is_tls(code) &&
              (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
               code == CURLE_GOT_NOTHING || code == CURLE_WEIRD_SERVER_REPLY ||
               code == CURLE_UNSUPPORTED_PROTOCOL))) {
    explain_connect(&f, err);
  } else {
    return false;
  }
  return true;
}

void http_explain_407(const Http *http, HttpReq *req) {
  Failure f = { .http = http, .proxy = &http->route, .easy = req->slot->easy };
  if (!f.proxy->url) return;   /* the service's own idea of a refusal */
  name_settings(&f);
  refuse_user(&f, " (status 407)", &req->err);
}
