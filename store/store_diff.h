/* store_diff.h - in what runs differ: the keys of their specs with the value of each.
 *
 * Threads: one thread per object.
 * Errors:  ERR_NOTFOUND for a run that is not there; errors of the store. */
#ifndef STORE_STORE_DIFF_H
#define STORE_STORE_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

struct store_diff_row {
    const char *key;    /* name of a parameter, or data_digest, ... */
    const char **value; /* (n_runs) NULL: the run has none, which is a value too */
    int part;           /* 0 identity, 1 parameters, 2 digests and platform */
    bool differs;
};

struct store_diff {
    struct store_diff_row *row; /* (n) owned; texts in the arena */
    size_t n, cap, n_runs;
    struct arena arena;
};

/* The keys of n runs, in the order of the spec.  Caller releases.
 * Tests: test_store_diff.c */
MUST_CHECK enum err store_runs_diff(struct store *s, const int64_t *run_id, size_t n,
                                    struct store_diff *out, struct errbuf *eb);

/* Put another value in (copied; NULL: none), and look again whether the row differs. */
void store_diff_set(struct store_diff *d, size_t row, size_t run, const char *value);
void store_diff_release(struct store_diff *d);

#endif
