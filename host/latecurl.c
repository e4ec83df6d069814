/* latecurl.c - libcurl's functions, of a library loaded at the first call. */
/* SPDX-License-Identifier: MIT */

#include <curl/curl.h>
#include <stdarg.h>

#include "late.h"

/* Macros of curl.h that look at the types of what callers give. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt
#undef curl_share_setopt

static LateLibrary library = {.name = "libcurl.so.4"};

#define CURL_LATE(type, name, params, args) \
  LATE(library, type, name, params, args)

CURL_LATE(CURLcode, curl_global_init, (long flags), (flags))
CURL_LATE(void, curl_global_cleanup, (void), ())
CURL_LATE(curl_version_info_data *, curl_version_info, (CURLversion v), (v))
CURL_LATE(time_t, curl_getdate, (const char *p, const time_t *unused),
          (p, unused))
CURL_LATE(void, curl_free, (void *p), (p))
CURL_LATE(struct curl_slist *, curl_slist_append,
          (struct curl_slist *list, const char *text), (list, text))
CURL_LATE(void, curl_slist_free_all, (struct curl_slist *list), (list))

CURL_LATE(CURL *, curl_easy_init, (void), ())
CURL_LATE(void, curl_easy_cleanup, (CURL *easy), (easy))
CURL_LATE(void, curl_easy_reset, (CURL *easy), (easy))
CURL_LATE(const char *, curl_easy_strerror, (CURLcode code), (code))
CURL_LATE(char *, curl_easy_unescape,
          (CURL *easy, const char *text, int n, int *out), (easy, text, n, out))

CURL_LATE(curl_mime *, curl_mime_init, (CURL *easy), (easy))
CURL_LATE(void, curl_mime_free, (curl_mime *mime), (mime))
CURL_LATE(curl_mimepart *, curl_mime_addpart, (curl_mime *mime), (mime))
CURL_LATE(CURLcode, curl_mime_name, (curl_mimepart *part, const char *name),
          (part, name))
CURL_LATE(CURLcode, curl_mime_filename,
          (curl_mimepart *part, const char *name), (part, name))
CURL_LATE(CURLcode, curl_mime_type, (curl_mimepart *part, const char *type),
          (part, type))
CURL_LATE(CURLcode, curl_mime_data_cb,
          (curl_mimepart *part, curl_off_t n, curl_read_callback read,
           curl_seek_callback seek, curl_free_callback end, void *ctx),
          (part, n, read, seek, end, ctx))

CURL_LATE(CURLM *, curl_multi_init, (void), ())
CURL_LATE(CURLMcode, curl_multi_cleanup, (CURLM *multi), (multi))
CURL_LATE(CURLMcode, curl_multi_add_handle, (CURLM *multi, CURL *easy),
          (multi, easy))
CURL_LATE(CURLMcode, curl_multi_remove_handle, (CURLM *multi, CURL *easy),
          (multi, easy))
CURL_LATE(CURLMcode, curl_multi_perform, (CURLM *multi, int *running),
          (multi, running))
CURL_LATE(CURLMcode, curl_multi_poll,
          (CURLM *multi, struct curl_waitfd fds[], unsigned n, int ms,
           int *ready), (multi, fds, n, ms, ready))
CURL_LATE(CURLMsg *, curl_multi_info_read, (CURLM *multi, int *left),
          (multi, left))
CURL_LATE(const char *, curl_multi_strerror, (CURLMcode code), (code))

CURL_LATE(CURLSH *, curl_share_init, (void), ())
CURL_LATE(CURLSHcode, curl_share_cleanup, (CURLSH *share), (share))
CURL_LATE(const char *, curl_share_strerror, (CURLSHcode code), (code))

CURL_LATE(CURLU *, curl_url, (void), ())
CURL_LATE(void, curl_url_cleanup, (CURLU *url), (url))
CURL_LATE(CURLUcode, curl_url_get,
          (CURLU *url, CURLUPart part, char **text, unsigned flags),
          (url, part, text, flags))
CURL_LATE(CURLUcode, curl_url_set,
          (CURLU *url, CURLUPart part, const char *text, unsigned flags),
          (url, part, text, flags))

/* ---- what takes a value of any type: the option tells which ---- */

typedef enum Kind { KIND_LONG, KIND_POINTER, KIND_OFF } Kind;

static Kind kind_of(int option) {
  if (option >= CURLOPTTYPE_BLOB) return KIND_POINTER;
  if (option >= CURLOPTTYPE_OFF_T) return KIND_OFF;
  return option >= CURLOPTTYPE_OBJECTPOINT ? KIND_POINTER : KIND_LONG;
}

/* code = real(handle, option, the value) */
#define SET(handle, option)                                           \
  switch (kind_of((int)(option))) {                                   \
    case KIND_LONG: {                                                 \
      long number = va_arg(args, long);                               \
      code = real(handle, option, number);                            \
      break;                                                          \
    }                                                                 \
    case KIND_OFF: {                                                  \
      curl_off_t offset = va_arg(args, curl_off_t);                   \
      code = real(handle, option, offset);                            \
      break;                                                          \
    }                                                                 \
    case KIND_POINTER: {                                              \
      void *pointer = va_arg(args, void *);                           \
      code = real(handle, option, pointer);                           \
      break;                                                          \
    }                                                                 \
  }

#define FIND(name)                                                    \
  static __typeof__(name) *real;                                      \
  if (!real) real = (__typeof__(name) *)late_find(&library, #name)

CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...) {
  FIND(curl_easy_setopt);
  CURLcode code = CURLE_UNKNOWN_OPTION;
  va_list args;
  va_start(args, option);
  SET(easy, option)
  va_end(args);
  return code;
}

CURLMcode curl_multi_setopt(CURLM *multi, CURLMoption option, ...) {
  FIND(curl_multi_setopt);
  CURLMcode code = CURLM_UNKNOWN_OPTION;
  va_list args;
  va_start(args, option);
  SET(multi, option)
  va_end(args);
  return code;
}

CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...) {
  FIND(curl_easy_getinfo);
  va_list args;
  va_start(args, info);
  CURLcode code = real(easy, info, va_arg(args, void *));
  va_end(args);
  return code;
}

CURLSHcode curl_share_setopt(CURLSH *share, CURLSHoption option, ...) {
  FIND(curl_share_setopt);
  CURLSHcode code;
  va_list args;
  va_start(args, option);
  if (option == CURLSHOPT_SHARE || option == CURLSHOPT_UNSHARE) {
    int what = va_arg(args, int);
    code = real(share, option, what);
  } else {
    void *pointer = va_arg(args, void *);
    code = real(share, option, pointer);
  }
  va_end(args);
  return code;
}
