/* bench_data.h - made-up cells as the data of a run, without files.
 *
 * Threads: any thread once made.
 * Errors:  allocation aborts. */
#ifndef BENCH_BENCH_DATA_H
#define BENCH_BENCH_DATA_H

#include <stdbool.h>

#include "bench/bench_options.h"
#include "data/run_data.h"

/* o->cells cells of training and o->val of validation; no evaluations, no facets.  The
 * augmentation vectors are kept where `augmented`. */
void bench_data_init(struct run_data *rd, const struct bench_options *o,
                     bool augmented);

/* What the cells take in memory, with their classes and parts; and the vectors. */
uint64_t bench_data_cell_bytes(const struct run_data *rd);
uint64_t bench_data_vector_bytes(const struct run_data *rd);

#endif
