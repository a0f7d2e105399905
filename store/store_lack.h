/* store_lack.h - why a comparison has no rows: how many seeds get how far on each side.
 *
 * Threads: one thread per object.
 * Errors:  those of the store. */
#ifndef STORE_STORE_LACK_H
#define STORE_STORE_LACK_H

#include <stdbool.h>

#include "store/store.h"

struct store_lack_step { /* numbers of seeds */
    int64_t base, side;  /* of the baseline, of what is compared */
    int64_t both;        /* in common */
};

struct store_lack {
    struct store_lack_step run;    /* that succeeded */
    struct store_lack_step scored; /* in the evaluation */
    int64_t n_same_cells;          /* on the same cells, or on any where that counts */
    struct store_lack_step rule;   /* of these: scored by the rule */
    struct store_lack_step facet;  /* and by the facet, or in the label of it */
    int64_t n_other_rule; /* of n_same_cells: by the facet and the other rule */
    bool base_imported, side_imported; /* all runs of it were made elsewhere */
    char *evaluation; /* another in which pairs have rows of the rule and facet; owned;
                         NULL: none */
    char *confused;   /* another in which pairs have confusions; owned; NULL: none */
};

/* Read it for the sides of q; support is not looked at.  Release in any case.
 * Tests: test_store_lack.c */
MUST_CHECK enum err store_lack_read(struct store *s,
                                    const struct store_compare_query *q,
                                    struct store_lack *out, struct errbuf *eb);
void store_lack_release(struct store_lack *l);

#endif
