/* suggest.c - edit distance between what was typed and what is known. */
#include "cli/suggest.h"

#include <string.h>

enum { WORD_MAX = 63 }; /* longer words are cut: no option is as long */

static size_t
min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

static int
same(char a, char b)
{
    return (a == '-' ? '_' : a) == (b == '-' ? '_' : b);
}

size_t
suggest_distance(const char *a, const char *b)
{
    size_t row[3][WORD_MAX + 1], *before = row[0], *last = row[1], *now = row[2];
    size_t n = strnlen(a, WORD_MAX), m = strnlen(b, WORD_MAX);

    for (size_t j = 0; j <= m; j++)
        before[j] = last[j] = j;
    for (size_t i = 1; i <= n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            now[j] = min3(last[j] + 1, now[j - 1] + 1,
                          last[j - 1] + !same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
                same(a[i - 2], b[j - 1]) && before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        size_t *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[m];
}

void
suggest_try(const char *typed, const char *word, const char **best,
            size_t *best_distance)
{
    size_t d = suggest_distance(typed, word);
    size_t limit = strlen(word) / 3;

    if (limit < 1)
        limit = 1;
    if (d <= limit && d < strlen(word) && d < *best_distance) {
        *best = word;
        *best_distance = d;
    }
}
