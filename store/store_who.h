/* store_who.h - whose runs are compared: their experiments, whether they were trained here,
 * and on what.
 *
 * Threads: one thread per object.
 * Errors:  those of the store. */
#ifndef STORE_STORE_WHO_H
#define STORE_STORE_WHO_H

#include "store/store.h"

struct store_who {
    char *experiments;          /* owned; "tree + V200", newest first; NULL: no run */
    int64_t n_runs, n_imported; /* runs, and those that were trained elsewhere */
    char *data;                 /* owned; first path of one; NULL: not known */
};

/* Of the runs that are paired in q (as store_provenance_read pairs them), or where none are
 * of all runs of the sides.  Release both in any case.
 * Tests: test_store_lack.c */
MUST_CHECK enum err store_who_read(struct store *s, const struct store_compare_query *q,
                                   struct store_who *base, struct store_who *side,
                                   struct errbuf *eb);
void store_who_release(struct store_who *w);

#endif
