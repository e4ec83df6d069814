/* httperr.c - how a transfer failed, in a sentence an administrator can use. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "httpreq.h"
#include "text.h"

enum { SHOWN = 240 };

/* What X509_V_ERR_... numbers mean; libcurl hands them on as they are. */
enum {
  NO_ISSUER = 2, NOT_YET_VALID = 9, EXPIRED = 10, SELF_SIGNED = 18,
  SELF_SIGNED_CHAIN = 19, NO_LOCAL_ISSUER = 20, NO_FIRST_SIGNATURE = 21,
  REVOKED = 23
};

typedef struct Fault {
  const Http *http;
  HttpReq *req;
  CURL *easy;
  CURLcode code;
  char peer[SHOWN];     /* host:port of the URL */
  char reason[SHOWN];   /* libcurl's own words, safe to show */
} Fault;

static void copy_safe(char *to, const char *from, size_t n) {
  Buf b;
  buf_init(&b, SHOWN - 1);
  /* Escapes can make it longer: what does not fit is left out. */
  if (text_safe(&b, from, n < SHOWN / 2 ? n : SHOWN / 2, false)) buf_reset(&b);
  memcpy(to, buf_str(&b), b.len + 1);
  buf_clear(&b);
}

static void name_peer(Fault *f) {
  const char *url = buf_str(&f->req->url), *host = strstr(url, "://");
  host = host ? host + 3 : url;
  copy_safe(f->peer, host, strcspn(host, "/?#"));
}

static void name_reason(Fault *f) {
  long number = 0;
  const char *text = f->req->slot->error;
  if (!*text) text = curl_easy_strerror(f->code);
  bool refused = f->code == CURLE_COULDNT_CONNECT &&
      curl_easy_getinfo(f->easy, CURLINFO_OS_ERRNO, &number) == CURLE_OK &&
      number != 0;
  if (refused) text = strerror((int)number);
  copy_safe(f->reason, text, strlen(text));
}

static bool says(const Fault *f, const char *part) {
  return strstr(f->reason, part) != NULL;
}

/* Tells which limit and by which setting it is raised. */
static bool explain_limit(const Fault *f, Err *err) {
  const HttpReq *req = f->req;
  if (req->file_err.kind != ERR_NONE)
    *err = req->file_err;
  else if (req->over_body)
    err_set(err, ERR_CAP, "the reply of %s is larger than %zu bytes (limit "
            "'max_body'); ask for less or raise the setting 'max_body' of %s",
            f->peer, req->max_body, f->http->service);
  else if (req->over_header)
    err_set(err, ERR_CAP, "the reply headers of %s are larger than %zu bytes "
            "(limit 'max_header'); if that is right, raise the setting "
            "'max_header' of %s", f->peer, req->max_header, f->http->service);
  else if (f->code == CURLE_OUT_OF_MEMORY && req->sent && !req->in_body)
    /* libcurl's own limit, 100 kB a line, comes as this code. */
    err_set(err, ERR_CAP, "a reply header line of %s is longer than libcurl "
            "accepts", f->peer);
  else if (req->no_memory || f->code == CURLE_OUT_OF_MEMORY)
    err_set(err, ERR_SCRIPT, "out of memory while %s answered", f->peer);
  else
    return false;
  return true;
}

static const char *certificate_fault(long result) {
  switch (result) {
  case EXPIRED:
    return "has expired; it must be renewed there (or this machine's clock "
           "is wrong)";
  case NOT_YET_VALID:
    return "is not valid yet; compare this machine's clock";
  case REVOKED:
    return "was revoked; it must be replaced there";
  case SELF_SIGNED:
    return "is self-signed; if it is the right one, name its file in the "
           "setting 'cacert'";
  case NO_ISSUER: case SELF_SIGNED_CHAIN: case NO_LOCAL_ISSUER:
  case NO_FIRST_SIGNATURE:
    return "comes from an authority this machine does not know; name that "
           "authority's file in the setting 'cacert'";
  default:
    return NULL;
  }
}

static void explain_certificate(const Fault *f, Err *err) {
  long result = 0;
  CURLcode rc = curl_easy_getinfo(f->easy, CURLINFO_SSL_VERIFYRESULT, &result);
  const char *fault = rc == CURLE_OK ? certificate_fault(result) : NULL;
  if (fault)
    err_set(err, ERR_NETWORK, "the TLS certificate of %s %s of %s", f->peer,
            fault, f->http->service);
  else if (says(f, "subject name") || says(f, "does not match"))
    err_set(err, ERR_NETWORK, "the TLS certificate of %s is for another host "
            "name; check the setting 'url' of %s", f->peer, f->http->service);
  else
    err_set(err, ERR_NETWORK, "the TLS certificate of %s is not accepted "
            "(%s); see the setting 'cacert' of %s", f->peer, f->reason,
            f->http->service);
}

/* Settings that libcurl can only judge when it connects. */
static bool explain_setting(const Fault *f, Err *err) {
  const char *name;
  switch (f->code) {
  case CURLE_SSL_CERTPROBLEM: name = "cert' or 'key' or 'key_password"; break;
  case CURLE_SSL_CACERT_BADFILE: name = f->http->cacert ? "cacert" : "capath";
    break;
  case CURLE_INTERFACE_FAILED: name = "interface"; break;
  case CURLE_SSL_ENGINE_NOTFOUND: case CURLE_SSL_ENGINE_SETFAILED:
  case CURLE_SSL_ENGINE_INITFAILED: name = "key"; break;
  default: return false;
  }
  err_set(err, ERR_CONFIG, "the setting '%s' of %s is not usable: %s", name,
          f->http->service, f->reason);
  return true;
}

static bool explain_tls(const Fault *f, Err *err) {
  const char *service = f->http->service;
  switch (f->code) {
  case CURLE_PEER_FAILED_VERIFICATION: case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_INVALIDCERTSTATUS:
    explain_certificate(f, err);
    return true;
  case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    err_set(err, ERR_NETWORK, "%s shows another key than the setting "
            "'pinnedpubkey' of %s says", f->peer, service);
    return true;
  case CURLE_SSL_CLIENTCERT:
    err_set(err, ERR_NETWORK, "%s wants a client certificate; name it in the "
            "settings 'cert' and 'key' of %s", f->peer, service);
    return true;
  case CURLE_SSL_CONNECT_ERROR: case CURLE_SSL_CIPHER:
    if (says(f, "wrong version number") || says(f, "packet length too long"))
      err_set(err, ERR_NETWORK, "%s does not speak TLS on this port; check "
              "the scheme and port in the setting 'url' of %s", f->peer,
              service);
    else
      err_set(err, ERR_NETWORK, "no TLS connection with %s: %s; it must offer "
              "TLS 1.2 or newer", f->peer, f->reason);
    return true;
  default:
    return false;
  }
}

static void explain_connect(const Fault *f, Err *err) {
  const char *service = f->http->service;
  switch (f->code) {
  case CURLE_COULDNT_RESOLVE_HOST:
    err_set(err, ERR_NETWORK, "the host name in %s cannot be resolved; check "
            "the setting 'url' of %s and this machine's name service",
            f->peer, service);
    return;
  case CURLE_COULDNT_RESOLVE_PROXY:
    err_set(err, ERR_NETWORK, "the name of the proxy cannot be resolved; check "
            "the setting 'proxy' of %s and the proxy variables", service);
    return;
  case CURLE_COULDNT_CONNECT:
    err_set(err, ERR_NETWORK, "cannot connect to %s%s: %s; check that the "
            "service runs there and the setting '%s' of %s",
            f->http->unix_socket ? f->http->unix_socket : f->peer,
            f->http->proxy ? " through the proxy" : "", f->reason,
            f->http->unix_socket ? "unix_socket"
            : f->http->proxy ? "proxy" : "url", service);
    return;
  case CURLE_PROXY:
    err_set(err, ERR_NETWORK, "the proxy does not lead to %s: %s; check the "
            "setting 'proxy' of %s and the proxy variables", f->peer,
            f->reason, service);
    return;
  case CURLE_URL_MALFORMAT: case CURLE_UNSUPPORTED_PROTOCOL:
    err_set(err, ERR_CONFIG, "the URL of the request cannot be used: %s; "
            "check the setting 'url' of %s", f->reason, service);
    return;
  default:
    err_set(err, ERR_NETWORK, "no connection to %s: %s", f->peer, f->reason);
  }
}

static void explain_late_connect(const Fault *f, Err *err) {
  const HttpTimes *t = &f->req->times;
  const char *what = t->connect > 0 ? "negotiating TLS"
      : t->resolve > 0 ? "connecting" : "resolving the name";
  err_set(err, ERR_TIMEOUT, "no connection to %s after %.1f s, spent last on "
          "%s; check the network, or raise 'connect_timeout' of %s", f->peer,
          t->total, what, f->http->service);
}

static void explain_late(const Fault *f, Err *err) {
  const HttpTimes *t = &f->req->times;
  const HttpReq *req = f->req;
  bool stalled = says(f, "too slow");
  double ready = t->tls > 0 ? t->tls : t->connect;
  double begun = t->first_byte > ready ? t->first_byte : t->total;
  err_set(err, ERR_TIMEOUT, "%s %s after %.1f s (connecting %.1f s, waiting "
          "for the answer %.1f s, receiving %.1f s, %zu bytes so far); if it "
          "is known to be slow, raise '%s'", f->peer,
          stalled ? "sent nothing more" : "did not finish its answer",
          t->total, ready, begun - ready, t->total - begun, http_req_size(req),
          stalled ? "stall_timeout" : "timeout");
}

/* A reply came, but not a whole or readable one. */
static bool explain_reply(const Fault *f, Err *err) {
  switch (f->code) {
  case CURLE_PARTIAL_FILE:
    err_set(err, ERR_SERVER, "the reply of %s broke off after %zu bytes: %s",
            f->peer, http_req_size(f->req), f->reason);
    return true;
  case CURLE_RECV_ERROR:
    if (!says(f, "hunk")) return false;
    err_set(err, ERR_SERVER, "the reply of %s is garbled (chunked encoding)",
            f->peer);
    return true;
  case CURLE_BAD_CONTENT_ENCODING:
    err_set(err, ERR_SERVER, "the reply of %s cannot be decompressed: %s",
            f->peer, f->reason);
    return true;
  case CURLE_WEIRD_SERVER_REPLY: case CURLE_UNSUPPORTED_PROTOCOL:
    err_set(err, ERR_SERVER, "%s does not answer as an HTTP server does: %s; "
            "check the setting 'url' of %s", f->peer, f->reason,
            f->http->service);
    return true;
  case CURLE_HTTP2: case CURLE_HTTP2_STREAM:
    err_set(err, ERR_SERVER, "HTTP/2 with %s failed: %s; the setting "
            "http_version = \"1.1\" of %s avoids it", f->peer, f->reason,
            f->http->service);
    return true;
  default:
    return false;
  }
}

static void explain_lost(const Fault *f, Err *err) {
  if (f->code == CURLE_GOT_NOTHING)
    err_set(err, ERR_NETWORK, "%s closed the connection without an answer",
            f->peer);
  else
    err_set(err, ERR_NETWORK, "the connection to %s broke: %s", f->peer,
            f->reason);
}

/* What changes something and may have been received cannot be called failed. */
void http_doubt(const HttpReq *req, Err *err) {
  char what[ERR_TEXT];
  memcpy(what, err->text, sizeof what);
  const char *operation = req->call.operation;
  err_set(err, ERR_IN_DOUBT, "%.800s; %s may have had its effect: look before "
          "repeating it", what, operation ? operation : "the request");
  err->retryable = false;
}

void http_explain(const Http *http, HttpReq *req, CURLcode code) {
  Fault f = { .http = http, .req = req, .easy = req->slot->easy, .code = code };
  Err *err = &req->err;
  name_peer(&f);
  name_reason(&f);
  if (explain_limit(&f, err) || explain_setting(&f, err) ||
      explain_tls(&f, err)) {
    err->retryable = err->kind == ERR_NETWORK;
  } else if (!req->sent) {
    if (code == CURLE_OPERATION_TIMEDOUT) explain_late_connect(&f, err);
    else explain_connect(&f, err);
    err->retryable = err->kind != ERR_CONFIG;
  } else {
    if (code == CURLE_OPERATION_TIMEDOUT) explain_late(&f, err);
    else if (!explain_reply(&f, err)) explain_lost(&f, err);
    err->retryable = true;
  }
  err->status = req->status;
  if (req->sent && !req->call.repeatable) http_doubt(req, err);
}
