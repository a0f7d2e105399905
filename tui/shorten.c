/* shorten.c - names cut to a width without becoming alike. */
#include "tui/shorten.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* A text without its bytes head..tail. */
struct cut {
    size_t head, tail;
};

/* Keep about left columns at the start and right at the end of a text of more. */
static struct cut
cut_at(const char *text, int left, int right)
{
    int width = (int)utf8_width(text);
    struct cut c = {utf8_fit(text, left), utf8_fit(text, width - right)};

    /* The end starts where what stands before it is wide enough to leave out. */
    while (text[c.tail] && (int)utf8_width(text + c.tail) > right) {
        uint32_t cp;
        c.tail += utf8_decode(text + c.tail, strlen(text + c.tail), &cp);
    }
    return c;
}

/* True if a name could be what was cut. */
static bool
fits(const char *text, struct cut c, const char *name)
{
    size_t n = strlen(name), end = strlen(text + c.tail);

    return n >= c.head + end && strncmp(name, text, c.head) == 0 &&
           strcmp(name + n - end, text + c.tail) == 0;
}

static bool
is_clear(const char *text, struct cut c, const char *const *other, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (other[i] && fits(text, c, other[i]) && strcmp(other[i], text) != 0)
            return false;
    return true;
}

/* How little a cut pleases: the distance from the middle, and more where the end starts
 * inside of a word. */
static int
cost_of(const char *text, struct cut c, int left, int room)
{
    int by = left - (room - 1) / 2;
    bool is_word = c.tail > 0 && text[c.tail - 1] == ' ';

    return (by < 0 ? -by : by) + (is_word ? 0 : room / 3);
}

/* The clear cut that pleases most; room: columns that are kept. */
static struct cut
choose(const char *text, const char *const *other, size_t n, int room)
{
    struct cut best = cut_at(text, (room - 1) / 2, room - (room - 1) / 2);
    int cost = INT_MAX;

    for (int left = 0; left <= room; left++) {
        struct cut c = cut_at(text, left, room - left);
        int this_cost = cost_of(text, c, left, room);
        if (this_cost < cost && is_clear(text, c, other, n)) {
            best = c;
            cost = this_cost;
        }
    }
    return best;
}

void
shorten_among(const char *text, const char *const *other, size_t n, int cols,
              bool ascii, char *out, size_t size)
{
    const char *gap = ascii ? ".." : "…";
    int room = cols - (int)utf8_width(gap);

    if ((int)utf8_width(text) <= cols || room < 4) {
        snprintf(out, size, "%s", text);
        return;
    }
    struct cut c = choose(text, other, n, room);
    snprintf(out, size, "%.*s%s%s", (int)c.head, text, gap, text + c.tail);
}
