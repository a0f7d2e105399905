/* simulate_packed.h - a simulated atlas straight into a packed store, in bounded memory:
 * counts are drawn some cells at a time and packed at once.
 *
 * Threads: owner thread only; counts are drawn and rows packed on all cores, the file does
 *          not depend on how many.
 * Errors:  as packed_write.h; ERR_NOMEM.
 * Tests:   tests/test_simulate_packed.c */
#ifndef DATA_SIMULATE_PACKED_H
#define DATA_SIMULATE_PACKED_H

#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/simulate_plan.h"

struct sim_packed {
    const struct strlist *gene_id, *gene_name; /* (genes) */
    const struct strlist *fact;                /* "key=value" */
};

/* *nnz = stored values. */
MUST_CHECK enum err sim_packed_write(const struct sim_plan *p,
                                     const struct sim_packed *q, const char *path,
                                     uint64_t *nnz, struct errbuf *eb);

#endif
