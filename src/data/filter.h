/* filter.h - COLUMN=V[,V] and COLUMN!=V: which cells are meant.
 *
 * A comma separates values unless the text with the comma is itself a value of the
 * column ("CD4-positive, alpha-beta T cell").
 *
 * Threads: one thread per object.
 * Errors:  ERR_ARG names the option, the text and what there is.
 * Tests:   tests/test_dataset.c */
#ifndef DATA_FILTER_H
#define DATA_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/dataset.h"

struct filter {
    char *column; /* owned */
    char *values; /* owned; as given */
    bool is_not;  /* != */
};

/* option ("--where") stands in messages. */
MUST_CHECK enum err filter_parse(struct filter *f, const char *option, const char *text,
                                 struct errbuf *eb);
void filter_release(struct filter *f);

/* hit[l] = a value of the filter names level l of c (n_levels, overwritten);
 * values that name no level are appended to `unknown`. */
void filter_levels(const struct filter *f, const struct obs_column *c, bool *hit,
                   struct strlist *unknown);

/* The cell passes: its level is hit (or, for !=, is not; a missing one then passes). */
bool filter_passes(const struct filter *f, const struct obs_column *c, const bool *hit,
                   size_t cell);

#endif
