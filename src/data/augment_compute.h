/* augment_compute.h - augmentation vectors from cells: differences of groups' means.
 *
 * a = mean(first group) - mean(second group), gene by gene; |a| <= .25 becomes 0, the
 * rest is clipped to +-1.5.  Means are summed in double, cells ascending.
 *
 * Means are kept class by class, so that memory is groups of one class x genes, and
 * only for groups of drawn pairs: at most 600.
 *
 * Letters: G genes.
 *
 * Threads: owner thread only; parallel over groups on the caller's pool.  The bits do
 *          not depend on its threads.
 * Errors:  ERR_NOMEM names the sizes.
 * Tests:   tests/test_augment.c */
#ifndef DATA_AUGMENT_COMPUTE_H
#define DATA_AUGMENT_COMPUTE_H

#include "base/err.h"
#include "base/pool.h"
#include "data/augment.h"
#include "data/augment_plan.h"

/* The vectors of p (at least one pair), in its order and with genes in that of the
 * data; ds: all cells; pool: or NULL. */
MUST_CHECK enum err augment_compute(struct augment *aug, const struct augment_plan *p,
                                    const struct dataset *ds, struct pool *pool,
                                    struct errbuf *eb);

#endif
