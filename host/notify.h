/* notify.h - what a service tells its manager over NOTIFY_SOCKET. No Lua.

   Own code, for the protocol is one datagram of lines that systemd promises
   to keep, and sd_notify(3) itself shows how to speak it without libsystemd,
   which would bring five more libraries into each start. */
/* SPDX-License-Identifier: MIT */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <stdbool.h>
#include <sys/types.h>
#include "err.h"

typedef struct Notify Notify;

/* Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment,
   so that no child speaks for us. Without NOTIFY_SOCKET everything below does
   nothing and succeeds. NULL where what they say is of no use; then they stay
   as they are. */
Notify *notify_open(Err *err);
/* Whether standard error goes to the journal, which has a time and a level of
   its own for each line (JOURNAL_STREAM). */
bool notify_journal(void);
void notify_close(Notify *n);                  /* NULL is fine */

bool notify_active(const Notify *n);           /* somebody listens */
/* Seconds within which a sign of life is wanted, 0 if none is. */
double notify_watchdog_seconds(const Notify *n);

/* These wait up to 5 seconds where the manager is slow, for it must hear
   them. The status is one line for people and may be NULL. 0 or -1. */
int notify_ready(Notify *n, const char *status, Err *err);
int notify_reloading(Notify *n, const char *status, Err *err);  /* then ready */
int notify_stopping(Notify *n, const char *status, Err *err);
int notify_main_pid(Notify *n, pid_t pid, Err *err);
/* Starting, reloading or stopping takes that much longer from now on. */
int notify_extend(Notify *n, double seconds, Err *err);

/* These do not wait; a -1 with err->retryable is worth no more than a note. */
int notify_status(Notify *n, const char *status, Err *err);
int notify_watchdog(Notify *n, Err *err);

#endif
