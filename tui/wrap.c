/* wrap.c - a text on lines of a width. */
#include "tui/wrap.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

/* Bytes of the longest start of text with at most cols columns. */
static size_t
bytes_that_fit(const char *text, int cols)
{
    size_t n = strlen(text), at = 0;

    while (at < n) {
        uint32_t cp;
        size_t used = utf8_decode(text + at, n - at, &cp);
        cols -= utf8_width_of(cp);
        if (cols < 0)
            break;
        at += used;
    }
    return at;
}

size_t
wrap_bytes(const char *text, int cols, size_t *skip)
{
    size_t fit = bytes_that_fit(text, cols), at = fit;

    *skip = 0;
    if (!text[fit])
        return fit;
    while (at > 0 && text[at] != ' ')
        at--;
    while (at > 0 && text[at - 1] == ' ')
        at--;
    if (at > fit / 2) { /* else a long word is better broken */
        *skip = strspn(text + at, " ");
        return at;
    }
    uint32_t cp;
    return fit ? fit : utf8_decode(text, strlen(text), &cp);
}

size_t
wrap_lines(const char *text, int cols)
{
    size_t n = 0, skip;

    do {
        text += wrap_bytes(text, cols, &skip);
        text += skip;
        n++;
    } while (*text);
    return n;
}
