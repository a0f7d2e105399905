/* simulate_counts.h - expression of the cells of a plan.
 *
 * Gene g of a cell of type t, tissue u and donor d has the mean
 *     L x softmax_g(base + sum of programs of t and above + shifts of u and d)
 * where L is the cell's log-normal library size and a donor's shift is that of study,
 * assay, donor and disease together.
 *
 * Threads: owner thread only; draws run on a pool.
 * Errors:  ERR_NOMEM.
 * Tests:   tests/test_simulate.c */
#ifndef DATA_SIMULATE_COUNTS_H
#define DATA_SIMULATE_COUNTS_H

#include "base/err.h"
#include "data/dataset.h"
#include "data/simulate_plan.h"

/* Draws the cells of a plan, some at a time: a cell's counts do not depend on which
 * others are drawn with it. */
struct sim_drawer;

/* p is borrowed until the drawer is closed. */
MUST_CHECK enum err sim_drawer_open(struct sim_drawer **d, const struct sim_plan *p,
                                    struct errbuf *eb);

/* x (n, genes) = counts of the cells first, first + step, ..., which p has; plain rows,
 * released with csr_release. */
MUST_CHECK enum err sim_drawer_draw(struct sim_drawer *d, size_t first, size_t n,
                                    size_t step, struct csr *x, struct errbuf *eb);

/* The threads that it draws with.  Borrowed from d. */
struct pool *sim_drawer_pool(const struct sim_drawer *d);
void sim_drawer_close(struct sim_drawer *d);

/* x (n_cells, genes) = counts, every cell with at least one; released with
 * csr_release. */
MUST_CHECK enum err sim_counts(const struct sim_plan *p, struct csr *x,
                               struct errbuf *eb);

/* A negative binomial count of that mean >= 0 and dispersion > 0 (variance = mean +
 * dispersion mean^2) from one uniform in [0, 1), by inversion. */
double sim_negative_binomial(double mean, double dispersion, double uniform);

#endif
