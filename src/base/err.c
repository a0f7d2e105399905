/* err.c - error texts. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
store_text(struct errbuf *eb, const char *text)
{
    snprintf(eb->text, sizeof eb->text, "%s", text);
    for (char *p = eb->text; *p; p++)
        if (*p == '\n' || *p == '\r')
            *p = ' ';
}

enum err
err_set(struct errbuf *eb, enum err code, const char *fmt, ...)
{
    if (eb) {
        struct errbuf tmp;
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(tmp.text, sizeof tmp.text, fmt, ap);
        va_end(ap);
        store_text(eb, tmp.text);
    }
    return code;
}

enum err
err_wrap(struct errbuf *eb, enum err code, const char *fmt, ...)
{
    if (eb) {
        char text[2 * sizeof eb->text];
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(text, sizeof eb->text, fmt, ap);
        va_end(ap);
        if (n < 0 || (size_t)n >= sizeof eb->text)
            n = (int)strlen(text);
        snprintf(text + n, sizeof text - (size_t)n, ": %s", eb->text);
        store_text(eb, text);
    }
    return code;
}

static enum err
errno_code(int e)
{
    switch (e) {
    case ENOSPC:
    case EDQUOT: return ERR_FULL;
    case ENOENT: return ERR_NOTFOUND;
    case ENOMEM: return ERR_NOMEM;
    default: return ERR_IO;
    }
}

enum err
err_errno(struct errbuf *eb, const char *fmt, ...)
{
    int saved = errno;

    if (eb) {
        char text[sizeof eb->text];
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(text, sizeof text, fmt, ap);
        va_end(ap);
        err_set(eb, ERR_IO, "%s: %s", text, strerror(saved));
    }
    errno = saved;
    return errno_code(saved);
}

const char *
err_text(enum err code)
{
    static const char *const text[ERR_COUNT] = {
#define ERR(id, msg) [ERR_##id] = msg,
#include "base/err.def"
#undef ERR
    };

    return text[code];
}
