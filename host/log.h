/* log.h - one line per record on stderr, secrets out, controls escaped.
   No Lua. */
/* SPDX-License-Identifier: MIT */
#ifndef LOG_H
#define LOG_H

#include <stddef.h>

typedef enum LogLevel {
  LOG_ERROR, LOG_WARN, LOG_INFO,
  LOG_TRACE,    /* --verbose: one line a request */
  LOG_DEBUG     /* -vv: headers as well */
} LogLevel;

/* Records above this level are dropped; LOG_INFO at start. */
void log_set_level(LogLevel level);
LogLevel log_level(void);
int log_enabled(LogLevel level);

/* Where records go: a descriptor, 2 at start. Borrowed. */
void log_set_fd(int fd);

/* Prefixes "errand: " and "warning: " / "error: " where due. Goes through
   redact_text and text_safe; one write(2) a record. */
void log_write(LogLevel level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_bytes(LogLevel level, const char *s, size_t n);

/* A warning that a process gives only once per key, which is copied. */
void log_warn_once(const char *key, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
