/* utf8.c - UTF-8 through utf8proc. */
#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

#include <utf8proc.h>

#include "base/strbuf.h"

size_t
utf8_decode(const char *s, size_t n, uint32_t *cp)
{
    utf8proc_int32_t c = -1;
    utf8proc_ssize_t used =
        utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, &c);

    if (used < 1 || c < 0) {
        *cp = UTF8_INVALID;
        return 1;
    }
    *cp = (uint32_t)c;
    return (size_t)used;
}

static bool
is_harmful(uint32_t cp)
{
    return cp == UTF8_INVALID || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
           (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) ||
           cp == 0x2028 || cp == 0x2029 || cp == 0xfeff || cp == 0x200e ||
           cp == 0x200f || (cp & 0xfffe) == 0xfffe;
}

int
utf8_width_of(uint32_t cp)
{
    if (is_harmful(cp))
        return 1;
    return utf8proc_charwidth((utf8proc_int32_t)cp);
}

size_t
utf8_width(const char *s)
{
    size_t cols = 0;

    while (*s) {
        uint32_t cp;

        s += utf8_decode(s, strlen(s), &cp);
        cols += (size_t)utf8_width_of(cp);
    }
    return cols;
}

void
utf8_clean(struct strbuf *sb, const char *s, int ascii)
{
    while (*s) {
        uint32_t cp;
        size_t n = utf8_decode(s, strlen(s), &cp);

        if (is_harmful(cp))
            strbuf_adds(sb, ascii ? "?" : "\xef\xbf\xbd");
        else if (ascii && cp >= 0x80)
            strbuf_addc(sb, '?');
        else
            strbuf_add(sb, s, n);
        s += n;
    }
}

int
utf8_valid(const char *s, size_t n)
{
    while (n) {
        uint32_t cp;
        size_t used = utf8_decode(s, n, &cp);

        if (cp == UTF8_INVALID)
            return 0;
        s += used;
        n -= used;
    }
    return 1;
}

size_t
utf8_fit(const char *s, int cols)
{
    size_t n = strlen(s), at = 0;

    while (at < n) {
        uint32_t cp;
        size_t used = utf8_decode(s + at, n - at, &cp);

        cols -= utf8_width_of(cp);
        if (cols < 0)
            break;
        at += used;
    }
    return at;
}
