/* memory_need.h - what a run must have in memory, and what of it is how much.
 *
 * An upper bound, before anything is loaded and the same afterwards: runs that were
 * measured took .4 to .85 of it at their peak (linear least, since parts of the sum are not
 * there at the same time; TabNet most).
 *
 * Threads: any thread.
 * Errors:  none.
 * Tests:   tests/test_memory_need.c */
#ifndef DATA_MEMORY_NEED_H
#define DATA_MEMORY_NEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "data/dataset.h"
#include "spec/spec.h"

enum memory_part {
    MEMORY_ROWS,    /* values of the cells, or those that are read ahead */
    MEMORY_CELLS,   /* label, part, order and prediction of each cell, where it lies */
    MEMORY_COLUMNS, /* obs columns */
    MEMORY_EVALS,   /* all that of the cells of --eval */
    MEMORY_AUGMENT,
    MEMORY_CLASSES, /* which class is above which */
    MEMORY_MODEL,   /* with what trains it: set by those who know models */
    MEMORY_PROCESS, /* without all these */
    MEMORY_PARTS
};

struct memory_need {
    uint64_t bytes[MEMORY_PARTS];
};

/* Add what a data set takes: to the parts that it is named by, or all of it to one. */
void memory_need_dataset(struct memory_need *need, const struct dataset *ds,
                         const struct spec *spec);
uint64_t memory_need_of_eval(const struct dataset *ds, const struct spec *spec);

uint64_t memory_need_total(const struct memory_need *need);

/* If the spec limits the memory and that is more, say so in out and what takes how
 * much. */
bool memory_need_warning(const struct memory_need *need, const struct spec *spec,
                         struct strbuf *out);

#endif
