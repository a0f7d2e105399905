/* strbuf.c - a growing byte string. */
#include "base/strbuf.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"

void
strbuf_add(struct strbuf *sb, const void *data, size_t n)
{
    sb->buf = grow(sb->buf, &sb->cap, sb->len + n + 1, 1);
    if (n)
        memcpy(sb->buf + sb->len, data, n);
    sb->len += n;
    sb->buf[sb->len] = '\0';
}

void
strbuf_adds(struct strbuf *sb, const char *s)
{
    strbuf_add(sb, s, strlen(s));
}

void
strbuf_addc(struct strbuf *sb, char c)
{
    strbuf_add(sb, &c, 1);
}

void
strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;

    sb->buf = grow(sb->buf, &sb->cap, sb->len + (size_t)n + 1, 1);
    va_start(ap, fmt);
    vsnprintf(sb->buf + sb->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    sb->len += (size_t)n;
}

static void
add_json_bytes(struct strbuf *sb, const char *s, size_t n)
{
    if (n == 1 && (unsigned char)*s < 0x20)
        strbuf_addf(sb, "\\u%04x", (unsigned)(unsigned char)*s);
    else if (n == 1 && (*s == '"' || *s == '\\'))
        strbuf_addf(sb, "\\%c", *s);
    else
        strbuf_add(sb, s, n);
}

void
strbuf_add_json(struct strbuf *sb, const char *s)
{
    if (!s) {
        strbuf_adds(sb, "null");
        return;
    }
    strbuf_addc(sb, '"');
    while (*s) {
        uint32_t cp;
        size_t n = utf8_decode(s, strlen(s), &cp);

        if (cp == UTF8_INVALID)
            strbuf_adds(sb, "\xef\xbf\xbd");
        else
            add_json_bytes(sb, s, n);
        s += n;
    }
    strbuf_addc(sb, '"');
}

void
strbuf_add_double(struct strbuf *sb, double x)
{
    char text[40];

    if (!isfinite(x)) {
        strbuf_adds(sb, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    strbuf_adds(sb, text);
}

const char *
strbuf_str(const struct strbuf *sb)
{
    return sb->buf ? sb->buf : "";
}

char *
strbuf_detach(struct strbuf *sb)
{
    char *p = sb->buf ? sb->buf : xstrdup("");

    *sb = (struct strbuf){0};
    return p;
}

void
strbuf_reset(struct strbuf *sb)
{
    sb->len = 0;
    if (sb->buf)
        sb->buf[0] = '\0';
}

void
strbuf_release(struct strbuf *sb)
{
    free(sb->buf);
    *sb = (struct strbuf){0};
}
