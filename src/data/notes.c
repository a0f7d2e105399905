/* notes.c - what people should know about their data. */
#include "data/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

static PRINTF_LIKE(1, 0) char *format(const char *fmt, va_list ap)
{
    va_list again;

    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    char *text = xmalloc((size_t)(n < 0 ? 0 : n) + 1, 1);

    vsnprintf(text, (size_t)(n < 0 ? 0 : n) + 1, fmt, ap);
    return text;
}

void
note_info(const struct notes *n, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *text = format(fmt, ap);
    va_end(ap);
    log_line(n->log, LOG_INFO, "%s", text);
    free(text);
}

void
note_warn(const struct notes *n, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *text = format(fmt, ap);
    va_end(ap);
    if (!n->warnings || !strlist_has(n->warnings, text)) {
        log_line(n->log, LOG_WARN, "%s", text);
        if (n->warnings)
            strlist_add(n->warnings, text);
    }
    free(text);
}

char *
note_list(const struct strlist *l, size_t max)
{
    struct strbuf sb = {0};

    for (size_t i = 0; i < l->n && i < max; i++)
        strbuf_addf(&sb, "%s\"%s\"", i ? ", " : "", l->item[i]);
    if (l->n > max)
        strbuf_addf(&sb, " and %zu more", l->n - max);
    if (!l->n)
        strbuf_adds(&sb, "none");
    return strbuf_detach(&sb);
}
