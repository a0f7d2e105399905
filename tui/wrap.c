/* wrap.c - a text on lines of a width. */
#include "tui/wrap.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

size_t
wrap_bytes(const char *text, int cols, size_t *skip)
{
    size_t fit = utf8_fit(text, cols), at = fit;

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
