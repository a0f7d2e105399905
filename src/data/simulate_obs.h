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

MUST_CHECK enum err sim_obs_write(const struct sim_plan *p, struct h5ad_writer *w,
                                  struct errbuf *eb);

#endif
