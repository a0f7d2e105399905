/* simulate_obs.h - obs of a simulated atlas, named as CELLxGENE names it.
 *
 * Threads: owner thread only (libhdf5).
 * Errors:  as h5ad_write.h.
 * Tests:   tests/test_simulate.c */
#ifndef DATA_SIMULATE_OBS_H
#define DATA_SIMULATE_OBS_H

#include "base/err.h"
#include "data/h5ad_write.h"
#include "data/simulate_plan.h"

/* One column of all cells: a text of each. */
struct sim_obs_column {
    const char *name;      /* static */
    int32_t *code;         /* (n_cells) owned; index into levels */
    struct strlist levels; /* owned; in bytewise order, each used */
};

/* Columns but for is_primary_data, which is true of all. */
struct sim_obs {
    struct sim_obs_column *col; /* (n_cols) owned */
    size_t n_cols;
};

void sim_obs_init(struct sim_obs *o, const struct sim_plan *p);
void sim_obs_release(struct sim_obs *o);

/* Append the ids of the cells [first, first + n). */
void sim_cell_ids(size_t first, size_t n, struct strlist *out);

MUST_CHECK enum err sim_obs_write(const struct sim_plan *p, struct h5ad_writer *w,
                                  struct errbuf *eb);

#endif
