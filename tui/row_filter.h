/* row_filter.h - which rows of a table to show: a small language.
 *
 *   either  = both {"or" both}
 *   both    = one {"and" one}
 *   one     = "not" one | "(" either ")" | test | TEXT
 *   test    = NAME OP VALUE | NAME ["not"] "in" "(" VALUE {"," VALUE} ")"
 *   OP      = "=" "==" "!=" "<" "<=" ">" ">="
 *
 * Names, keywords and values ignore case.  Names and values may have several words; in
 * quotes ('...' or "...") they may hold anything.  Numbers take the units k, M and G.
 * A field of text is equal or not; it has no order.  A missing value passes no test.
 * TEXT passes rows that hold it anywhere; what holding is, the table says.
 *
 * Threads: one thread per object.
 * Errors:  ERR_NOTFOUND: a name that is none, ERR_ARG: other mistakes; with the place.
 * Tests:   test_row_filter.c */
#ifndef TUI_ROW_FILTER_H
#define TUI_ROW_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* The table that is filtered: its fields and the values of its rows. */
struct filter_source {
    const void *ctx;

    /* The field of a name of len bytes, or SIZE_MAX; whether a name begins so. */
    size_t (*find)(const void *ctx, const char *name, size_t len);
    bool (*begins)(const void *ctx, const char *start, size_t len);
    bool (*is_number)(const void *ctx, size_t field);
    const char *(*text)(const void *ctx, size_t row, size_t field); /* NULL: none */
    double (*number)(const void *ctx, size_t row, size_t field);    /* NaN: none */
    bool (*holds)(const void *ctx, size_t row, const char *text);
};

struct row_filter;

/* Read a filter; a blank text is NULL, which passes every row.  On an error *at is the
 * byte of the text where it is (0..its length), *out untouched.  at may be NULL.
 * typing: more may follow.  An "a" after other words is the start of "and", a value is
 * the start of one, and what may become a name is an error without words. */
MUST_CHECK enum err row_filter_parse(struct row_filter **out, const char *text,
                                     const struct filter_source *source, bool typing,
                                     size_t *at, struct errbuf *eb);
void row_filter_free(struct row_filter *f);

bool row_filter_passes(const struct row_filter *f, const struct filter_source *source,
                       size_t row);

#endif
