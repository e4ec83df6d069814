/* latemhd.c - functions of libmicrohttpd and GnuTLS, loaded at the first. */
/* SPDX-License-Identifier: MIT */

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <stdarg.h>

#include "late.h"

static LateLibrary mhd = {.name = "libmicrohttpd.so.12"};
static LateLibrary gnutls = {.name = "libgnutls.so.30",
                             .init = "gnutls_global_init"};

#define MHD_LATE(type, name, params, args) LATE(mhd, type, name, params, args)

typedef struct MHD_Connection Connection;
typedef struct MHD_Response Response;

MHD_LATE(const char *, MHD_get_version, (void), ())
MHD_LATE(void, MHD_stop_daemon, (struct MHD_Daemon *d), (d))
MHD_LATE(enum MHD_Result, MHD_run, (struct MHD_Daemon *d), (d))
MHD_LATE(enum MHD_Result, MHD_get_timeout,
         (struct MHD_Daemon *d, MHD_UNSIGNED_LONG_LONG *ms), (d, ms))

MHD_LATE(void, MHD_suspend_connection, (Connection *c), (c))
MHD_LATE(void, MHD_resume_connection, (Connection *c), (c))
MHD_LATE(int, MHD_get_connection_values,
         (Connection *c, enum MHD_ValueKind kind, MHD_KeyValueIterator each,
          void *ctx), (c, kind, each, ctx))
MHD_LATE(const char *, MHD_lookup_connection_value,
         (Connection *c, enum MHD_ValueKind kind, const char *key),
         (c, kind, key))
MHD_LATE(enum MHD_Result, MHD_queue_response,
         (Connection *c, unsigned status, Response *r), (c, status, r))

MHD_LATE(Response *, MHD_create_response_from_buffer,
         (size_t size, void *bytes, enum MHD_ResponseMemoryMode mode),
         (size, bytes, mode))
MHD_LATE(Response *, MHD_create_response_from_callback,
         (uint64_t size, size_t block, MHD_ContentReaderCallback read,
          void *ctx, MHD_ContentReaderFreeCallback end),
         (size, block, read, ctx, end))
MHD_LATE(void, MHD_destroy_response, (Response *r), (r))
MHD_LATE(enum MHD_Result, MHD_add_response_header,
         (Response *r, const char *name, const char *value), (r, name, value))
MHD_LATE(const char *, MHD_get_response_header, (Response *r, const char *key),
         (r, key))

/* What callers ask for takes no further arguments. */
MHD_LATE(const union MHD_ConnectionInfo *, MHD_get_connection_info,
         (Connection *c, enum MHD_ConnectionInfoType what, ...), (c, what))
MHD_LATE(const union MHD_DaemonInfo *, MHD_get_daemon_info,
         (struct MHD_Daemon *d, enum MHD_DaemonInfoType what, ...), (d, what))

struct MHD_Daemon *MHD_start_daemon(unsigned flags, uint16_t port,
                                    MHD_AcceptPolicyCallback allow,
                                    void *allow_ctx,
                                    MHD_AccessHandlerCallback handle,
                                    void *handle_ctx, ...) {
  static __typeof__(MHD_start_daemon_va) *real;
  if (!real)
    real = (__typeof__(real))late_find(&mhd, "MHD_start_daemon_va");
  va_list options;
  va_start(options, handle_ctx);
  struct MHD_Daemon *daemon = real(flags, port, allow, allow_ctx, handle,
                                   handle_ctx, options);
  va_end(options);
  return daemon;
}

LATE(gnutls, const char *, gnutls_check_version, (const char *least), (least))
LATE(gnutls, int, gnutls_hmac_fast,
     (gnutls_mac_algorithm_t kind, const void *key, size_t key_n,
      const void *text, size_t n, void *sum), (kind, key, key_n, text, n, sum))
LATE(gnutls, int, gnutls_hash_fast,
     (gnutls_digest_algorithm_t kind, const void *text, size_t n, void *sum),
     (kind, text, n, sum))
