/* split.h - which part each cell belongs to: train, val, test, ood.
 *
 * Cells that --ood names are held out.  The others go by unit (all cells with the same
 * values in the split_by columns, or each cell for "cell"): units are ordered by a
 * keyed hash of their values, so that neither the order of cells and files nor other
 * units' names matter; the first ones are the test part, the next ones val.
 *
 * Where `column` names an obs column, its levels train, val and test are the parts, and
 * units, shares and seed mean nothing.
 *
 * Threads: any thread.
 * Errors:  ERR_ARG names the option and what there is.
 * Tests:   tests/test_run_data.c */
#ifndef DATA_SPLIT_H
#define DATA_SPLIT_H

#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/dataset.h"
#include "data/notes.h"

struct split_request {
    const struct strlist *ood; /* filters; a cell that passes one is held out */
    const char *column;        /* that says the part of each cell; NULL: none */
    bool by_is_default;        /* nobody asked for these columns */
    const char *by;            /* columns separated by commas, or "cell" */
    double val_fraction, test_fraction;
    uint64_t seed;
};

/* part (n_cells, overwritten) as enum part of run_data.h. */
MUST_CHECK enum err split_cells(const struct dataset *ds, const struct split_request *q,
                                uint8_t *part, const struct notes *notes,
                                struct errbuf *eb);

#endif
