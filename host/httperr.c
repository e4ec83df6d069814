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
  REVOKED = 23, NO_LIST = 3, LIST_EXPIRED = 12, KEY_TOO_SMALL = 66,
  CA_KEY_TOO_SMALL = 67, DIGEST_TOO_WEAK = 68
};

#define UNKNOWN_AUTHORITY "comes from an authority this machine does not " \
  "know, or without the certificates between", "name a file with its " \
  "authority's certificates in", "cacert"
#define WEAK_CERTIFICATE "is too weak (short key or old digest)", \
  "it must be replaced there, or allowed by DEFAULT@SECLEVEL=1 in", "ciphers"

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
  /* "OpenSSL/3.0.19: error:0A00042E:SSL routines::tlsv1 alert ..." */
  const char *routine = strstr(text, "SSL routines::");
  if (routine) text = routine + strlen("SSL routines::");
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
  else if (f->code == CURLE_OUT_OF_MEMORY && says(f, "response headers"))
    /* 300 kB in all, replies of 1xx before it counted. */
    err_set(err, ERR_CAP, "the reply headers of %s are larger than libcurl "
            "accepts (300 kB)", f->peer);
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

/* What is wrong with the server's certificate, what to do, and the setting
   for it if there is one. */
static const struct { long number; const char *fault, *advice, *setting; }
certificate_faults[] = {
  { EXPIRED, "has expired (or that of its authority has)", "it must be renewed "
    "there, if this machine's clock is right", NULL },
  { NOT_YET_VALID, "is not valid yet (or that of its authority is not)",
    "compare this machine's clock", NULL },
  { REVOKED, "was revoked", "it must be replaced there; the list is",
    "crlfile" },
  { NO_LIST, "comes from an authority without a list of revoked ones",
    "add its list to", "crlfile" },
  { LIST_EXPIRED, "is to be looked up in a list of revoked ones that is out of "
    "date", "fetch it anew for", "crlfile" },
  { SELF_SIGNED, "is self-signed", "if it is the right one, name its file in",
    "cacert" },
  { NO_ISSUER, UNKNOWN_AUTHORITY },
  { SELF_SIGNED_CHAIN, UNKNOWN_AUTHORITY },
  { NO_LOCAL_ISSUER, UNKNOWN_AUTHORITY },
  { NO_FIRST_SIGNATURE, UNKNOWN_AUTHORITY },
  { KEY_TOO_SMALL, WEAK_CERTIFICATE }, { CA_KEY_TOO_SMALL, WEAK_CERTIFICATE },
  { DIGEST_TOO_WEAK, WEAK_CERTIFICATE },
};

static void tell_certificate(const Fault *f, const char *fault,
                             const char *advice, const char *setting,
                             Err *err) {
  if (setting)
    err_set(err, ERR_NETWORK, "the TLS certificate of %s %s; %s the setting "
            "'%s' of %s", f->peer, fault, advice, setting, f->http->service);
  else
    err_set(err, ERR_NETWORK, "the TLS certificate of %s %s; %s", f->peer,
            fault, advice);
}

static void explain_certificate(const Fault *f, Err *err) {
  long result = 0;
  size_t n = sizeof certificate_faults / sizeof *certificate_faults;
  CURLcode rc = curl_easy_getinfo(f->easy, CURLINFO_SSL_VERIFYRESULT, &result);
  for (size_t i = 0; rc == CURLE_OK && i < n; i++)
    if (certificate_faults[i].number == result) {
      tell_certificate(f, certificate_faults[i].fault,
                       certificate_faults[i].advice,
                       certificate_faults[i].setting, err);
      return;
    }
  if (says(f, "subject name") || says(f, "does not match"))
    tell_certificate(f, "is for another host name", "write the name it is for "
                     "in", "url", err);
  else
    err_set(err, ERR_NETWORK, "the TLS certificate of %s is not accepted "
            "(%s); see the setting 'cacert' of %s", f->peer, f->reason,
            f->http->service);
}

/* The client certificate: libcurl reads it for each connection. */
static void explain_identity(const Fault *f, Err *err) {
  const Http *http = f->http;
  const char *service = http->service;
  const char *key = http->key ? http->key : http->cert ? http->cert : "";
  if (http->pkcs12 && says(f, "unsupported"))
    err_set(err, ERR_CONFIG, "the PKCS#12 file %s of %s is encrypted in an old "
            "way that OpenSSL 3 does not read; convert it (openssl pkcs12 "
            "-legacy -in FILE -out FILE.pem) and name that in 'cert'",
            http->cert, service);
  else if (http->pkcs12)
    err_set(err, ERR_CONFIG, "the PKCS#12 file %s cannot be opened; check the "
            "settings 'cert' and 'tls_key_password' of %s (%s)", http->cert,
            service, f->reason);
  else if (says(f, "client certificate"))
    err_set(err, ERR_CONFIG, "the client certificate %s cannot be read; check "
            "the setting 'cert' of %s (%s)", http->cert ? http->cert : "",
            service, f->reason);
  else if (http->key_locked)
    err_set(err, ERR_CONFIG, "the private key %s cannot be used with the "
            "certificate of 'cert': the password is wrong, or it is the key of "
            "another one; check 'tls_key_password' and '%s' of %s", key,
            http->key ? "tls_key" : "cert", service);
  else
    err_set(err, ERR_CONFIG, "the private key %s does not belong to the "
            "certificate of 'cert', or is damaged; check the setting '%s' of "
            "%s", key, http->key ? "tls_key" : "cert", service);
}

/* Settings that libcurl can only judge when it connects. */
static bool explain_setting(const Fault *f, Err *err) {
  const char *name;
  switch (f->code) {
  case CURLE_SSL_CERTPROBLEM:
    explain_identity(f, err);
    return true;
  case CURLE_SSL_CACERT_BADFILE: name = f->http->cacert ? "cacert" : "capath";
    break;
  case CURLE_SSL_CRL_BADFILE: name = "crlfile"; break;
  case CURLE_SSL_CIPHER: name = "ciphers"; break;
  case CURLE_INTERFACE_FAILED: name = "interface"; break;
  default: return false;
  }
  err_set(err, ERR_CONFIG, "the setting '%s' of %s is not usable: %s", name,
          f->http->service, f->reason);
  return true;
}

/* Alerts about the client's certificate. */
static const struct { const char *alert, *fault; } refusals[] = {
  { "alert certificate required", "there is none" },
  { "alert certificate expired", "it has expired" },
  { "alert certificate revoked", "it was revoked" },
  { "alert certificate unknown", "it does not accept it" },
  { "alert unknown ca", "it does not know the authority it comes from" },
  { "alert bad certificate", "it finds a fault in it" },
  { "alert unsupported certificate", "it is of a kind it does not take" },
  { "alert access denied", "its owner has no access" },
};

/* The server's word that our certificate will not do. A server of TLS 1.3
   says so when the hand-shake is over for us and the request has left. It
   reads requests only after the client's certificate though, so that nothing
   can have happened. libcurl words one of the alerts as it does a failure of
   ours to verify. */
static const char *refusal(const Fault *f) {
  bool shaking = f->code == CURLE_SSL_CONNECT_ERROR ||
                 f->code == CURLE_SSL_CLIENTCERT;
  bool reading = (f->code == CURLE_RECV_ERROR || f->code == CURLE_SEND_ERROR) &&
                 f->req->status == 0 && f->req->head_bytes == 0;
  if (f->code == CURLE_PEER_FAILED_VERIFICATION && f->http->cert &&
      says(f, "certificate verification failed")) return "it has expired";
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
    if ((shaking || reading) && strstr(f->req->slot->error, "SSL routines") &&
        strstr(f->req->slot->error, refusals[i].alert))
      return refusals[i].fault;
  return NULL;
}

static bool explain_refusal(const Fault *f, Err *err) {
  const char *fault = refusal(f), *service = f->http->service;
  if (!fault) return false;
  if (f->http->cert)
    err_set(err, ERR_NETWORK, "%s refuses the client certificate %s: %s; "
            "check the setting 'cert' of %s", f->peer, f->http->cert, fault,
            service);
  else
    err_set(err, ERR_NETWORK, "%s wants a client certificate; name it in the "
            "settings 'cert' and 'tls_key' of %s", f->peer, service);
  f->req->sent = false;
  return true;
}

static const char *version(const Http *http) {
  return http->tls_min == CURL_SSLVERSION_TLSv1_3 ? "1.3" : "1.2";
}

/* True if it is certain to be the same again. */
static bool explain_shake(const Fault *f, Err *err) {
  const char *service = f->http->service;
  bool newest = f->http->tls_min == CURL_SSLVERSION_TLSv1_3;
  if (says(f, "wrong version number") || says(f, "packet length too long") ||
      says(f, "http request"))
    err_set(err, ERR_NETWORK, "%s does not speak TLS on this port; check "
            "the scheme and port in the setting 'url' of %s", f->peer, service);
  else if (says(f, "protocol version") || says(f, "unsupported protocol"))
    err_set(err, ERR_NETWORK, "%s does not offer TLS %s or newer; it must be "
            "updated there%s%s", f->peer, version(f->http), newest ? ", or the "
            "setting 'tls_min' lowered to \"1.2\" for " : "",
            newest ? service : "");
  else if (says(f, "too small") || says(f, "no ciphers") ||
           says(f, "too weak") || says(f, "no suitable"))
    err_set(err, ERR_NETWORK, "the TLS of %s is too weak: %s; it must be "
            "updated there, or the setting ciphers = \"DEFAULT@SECLEVEL=1\" "
            "of %s made to allow it", f->peer, f->reason, service);
  else if (says(f, "handshake failure"))
    err_set(err, ERR_NETWORK, "%s refuses the TLS hand-shake (%s); if it wants "
            "a client certificate, see 'cert' and 'tls_key', else 'ciphers' of "
            "%s", f->peer, f->reason, service);
  else {
    err_set(err, ERR_NETWORK, "no TLS connection with %s: %s; check the host "
            "and port in the setting 'url' of %s", f->peer, f->reason, service);
    return false;
  }
  return true;
}

static bool explain_tls(const Fault *f, Err *err) {
  f->req->lasting = true;
  if (explain_refusal(f, err)) return true;
  switch (f->code) {
  case CURLE_PEER_FAILED_VERIFICATION: case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_INVALIDCERTSTATUS:
    explain_certificate(f, err);
    return true;
  case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    err_set(err, ERR_NETWORK, "%s shows another key than the setting "
            "'pinnedpubkey' of %s says; if it was changed there, pin the new "
            "one", f->peer, f->http->service);
    return true;
  case CURLE_SSL_CONNECT_ERROR: case CURLE_SSL_CLIENTCERT:
    f->req->lasting = explain_shake(f, err);
    return true;
  default:
    f->req->lasting = false;
    return false;
  }
}

static void explain_family(const Fault *f, Err *err) {
  bool v4 = f->http->ipv4;
  err_set(err, ERR_NETWORK, "%s has no %s address that can be found; check the "
          "settings '%s' and 'url' of %s", f->peer, v4 ? "IPv4" : "IPv6",
          v4 ? "ipv4" : "ipv6", f->http->service);
}

static void explain_connect(const Fault *f, Err *err) {
  const char *service = f->http->service;
  switch (f->code) {
  case CURLE_COULDNT_RESOLVE_HOST:
    if (f->http->ipv4 || f->http->ipv6)
      explain_family(f, err);
    else
      err_set(err, ERR_NETWORK, "the host name in %s cannot be resolved; check "
              "the setting 'url' of %s and this machine's name service",
              f->peer, service);
    return;
  case CURLE_COULDNT_CONNECT:
    if (says(f, "Couldn't connect") && (f->http->ipv4 || f->http->ipv6)) {
      explain_family(f, err);
      return;
    }
    err_set(err, ERR_NETWORK, "cannot connect to %s: %s; check that the "
            "service runs there and the setting '%s' of %s",
            f->http->unix_socket ? f->http->unix_socket : f->peer, f->reason,
            f->http->unix_socket ? "unix_socket"
            : f->http->connect_to ? "connect_to"
            : f->http->resolve ? "resolve" : "url", service);
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
  long port = 0;
  /* Through a proxy the time of connecting is told late. */
  bool connected = t->connect > 0 ||
      (curl_easy_getinfo(f->easy, CURLINFO_LOCAL_PORT, &port) == CURLE_OK &&
       port > 0);
  const char *what = connected ? "negotiating TLS"
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
            "check scheme and port in the setting 'url' of %s", f->peer,
            f->reason, f->http->service);
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

/* What was answered is no HTTP, or not what it says it is: the next attempt
   would be answered so, too. */
static bool is_foreign(CURLcode code) {
  return code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL ||
         code == CURLE_BAD_CONTENT_ENCODING;
}

void http_explain(const Http *http, HttpReq *req, CURLcode code) {
  Fault f = { .http = http, .req = req, .easy = req->slot->easy, .code = code };
  Err *err = &req->err;
  name_peer(&f);
  name_reason(&f);
  if (http_explain_proxy(req, http, f.easy, code, f.peer, f.reason, err))
    return;
  if (explain_limit(&f, err) || explain_setting(&f, err) ||
      explain_tls(&f, err)) {
    err->retryable = err->kind == ERR_NETWORK || req->file_err.retryable;
  } else if (!req->sent) {
    if (code == CURLE_OPERATION_TIMEDOUT) explain_late_connect(&f, err);
    else explain_connect(&f, err);
    err->retryable = err->kind != ERR_CONFIG;
  } else {
    if (code == CURLE_OPERATION_TIMEDOUT) explain_late(&f, err);
    else if (!explain_reply(&f, err)) explain_lost(&f, err);
    err->retryable = true;
    req->lasting = is_foreign(code);
  }
  err->status = req->status;
  if (req->sent && !req->call.repeatable) http_doubt(req, err);
}
