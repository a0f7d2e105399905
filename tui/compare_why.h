/* compare_why.h - why there is nothing to compare, in words: what is missing on which side,
 * and which key leads to something.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef TUI_COMPARE_WHY_H
#define TUI_COMPARE_WHY_H

#include "base/strbuf.h"
#include "draw/canvas.h"
#include "store/store_lack.h"

struct compare_why {
    const char *base_name, *name; /* of the sides */
    const struct store_compare_query *query;
    const struct store_lack *lack;
};

/* Append why no seeds are paired: two lines, the reason and what to press.  Nothing if
 * some are. */
void compare_why_pairs(const struct compare_why *w, struct strbuf *out);

/* Append why seeds that are paired have no rows. */
void compare_why_rows(const struct compare_why *w, struct strbuf *out);

/* Append why they have no confusions: of so many seeds on each side there are. */
void compare_why_confusions(const struct compare_why *w, struct store_lack_step n,
                            struct strbuf *out);

/* The lines of such a text from a row on, dim, broken where they are too long. */
void compare_why_draw(const char *text, struct canvas *cv, int row);

#endif
