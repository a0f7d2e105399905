/* log.h - messages for people from code that must not print.
 *
 * Threads: the receiver's function says.
 * Errors:  none. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_INFO, LOG_WARN, LOG_ERROR };

struct log {
    /* One line without newline; NULL discards. */
    void (*write)(void *ctx, enum log_level level, const char *text);
    void *ctx; /* borrowed */
};

/* Format one line and hand it to log; log may be NULL. */
void log_line(const struct log *log, enum log_level level, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* "info", "warning", "error". */
const char *log_level_name(enum log_level level);

#endif
