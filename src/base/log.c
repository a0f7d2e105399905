/* log.c - messages for people. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"

void
log_line(const struct log *log, enum log_level level, const char *fmt, ...)
{
    if (!log || !log->write)
        return;

    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    char *text = xmalloc((size_t)n + 1, 1);

    va_start(ap, fmt);
    vsnprintf(text, (size_t)n + 1, fmt, ap);
    va_end(ap);
    log->write(log->ctx, level, text);
    free(text);
}

const char *
log_level_name(enum log_level level)
{
    static const char *const name[] = {
        [LOG_INFO] = "info", [LOG_WARN] = "warning", [LOG_ERROR] = "error"};

    return name[level];
}
