/* httpurl.c - where a request goes, as libcurl is told. */
/* SPDX-License-Identifier: MIT */
/*
 * A URL is taken to pieces by libcurl for each request, and written anew,
 * letter by letter, and so is its query: a third of what a short call costs
 * there. The requests of an account go to one host, so that can be read once,
 * and a target is sent as it stands.
 */
#include <string.h>

#include "httpreq.h"
#include "urlpart.h"

static int refuse(CURLcode rc, Err *err) {
  return err_set(err, ERR_SCRIPT, "libcurl: %s", curl_easy_strerror(rc));
}

#define SET(option, value) do { \
    CURLcode rc_ = curl_easy_setopt(slot->easy, option, value); \
    if (rc_ != CURLE_OK) return refuse(rc_, err); \
  } while (0)

/* The path and query of url; NULL where libcurl has to read all of it: a proxy
   may be asked for the whole URL, and what libcurl refuses or cuts off stays
   its affair. Whoever has a base sends only to its origin (http_send). */
static const char *target_of(const Http *http, const char *url) {
  if (!http->route.decided || http->route.url) return NULL;
  const char *host = strstr(url, "://");
  const char *target = host ? strpbrk(host + 3, "/?#") : NULL;
  if (!target || *target != '/') return NULL;
  for (const unsigned char *c = (const unsigned char *)target; *c; c++)
    if (*c <= ' ' || *c >= 0x7F || *c == '#') return NULL;
  return target;
}

/* NULL without memory, or if libcurl makes nothing of it: then it is told the
   URL, and says why. */
static CURLU *read_origin(const char *base) {
  UrlOrigin o;
  Buf text;
  buf_init(&text, SIZE_MAX);
  CURLU *origin = NULL;
  if (!url_parse(base, &o) && !url_add_origin(&text, &o))
    origin = curl_url();
  if (origin && curl_url_set(origin, CURLUPART_URL, buf_str(&text), 0)) {
    curl_url_cleanup(origin);
    origin = NULL;
  }
  buf_clear(&text);
  return origin;
}

int http_apply_url(Http *http, Slot *slot, const char *url, Err *err) {
  const char *target = target_of(http, url);
  if (target && !http->origin) http->origin = read_origin(http->base);
  if (target && http->origin) {
    if (!slot->aimed) SET(CURLOPT_CURLU, http->origin);
    slot->aimed = true;
    SET(CURLOPT_REQUEST_TARGET, target);
    return 0;
  }
  slot->aimed = false;
  SET(CURLOPT_CURLU, NULL);
  SET(CURLOPT_REQUEST_TARGET, NULL);
  SET(CURLOPT_URL, url);
  return 0;
}
