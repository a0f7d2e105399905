/* dataset_loader.h - how files become a dataset: the state that the passes share.
 *
 * Three passes over the files, each of which opens one file at a time: obs (columns
 * are joined, cells selected), genes and layers (a sample of each matrix is looked
 * at, the genes are joined), values.  If the last pass finds that a matrix which was
 * taken for counts holds others, the second is done again without it.
 *
 * Threads: owner thread only; uses the pool of the loader.
 * Errors:  those of dataset_load.h; ERR_CONFLICT: *bad is the file whose matrix holds no
 *          counts.
 * Tests:   tests/test_dataset.c */
#ifndef DATA_DATASET_LOADER_H
#define DATA_DATASET_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "data/dataset_load.h"
#include "data/gene_axis.h"
#include "data/gene_order.h"
#include "data/layer.h"
#include "data/source.h"

/* What the second pass finds out about a file. */
struct file_plan {
    struct gene_axis genes;
    int32_t *to; /* (genes) owned; gene of the dataset */
    struct layer_choice choice;
    struct strlist not_counts; /* matrices that turned out to hold no counts */
    uint64_t nnz;              /* estimate for the kept cells */
    uint64_t
        *detected; /* (genes) owned; cells of the file that detect each; NULL: it is no
                           packed store */
    struct gene_order order; /* of a packed store: of its genes */
    size_t n_cells;
};

struct loader {
    const struct dataset_request *q;
    const struct notes *notes;
    struct dataset *ds;
    struct strlist file; /* paths */
    struct strlist need;
    struct strlist cell_id; /* of all cells */
    size_t n_all;           /* cells in the files */
    bool *keep;             /* (n_all) owned */
    size_t *first;          /* (files + 1) owned; first cell of each file among all */
    struct file_plan *plan; /* (files) owned */
    struct pool *pool;      /* owned */
};

/* First pass: columns, ids, and which cells are kept. */
MUST_CHECK enum err dataset_obs_read(struct loader *ld, struct errbuf *eb);

/* file i, which was opened again, is still as long as it was in the first pass: what is
 * kept of its cells goes by their numbers.  ERR_FORMAT. */
MUST_CHECK enum err dataset_check_file(const struct loader *ld, size_t i,
                                       const struct source *file, struct errbuf *eb);

/* Second pass: the matrix of each file, what is done to it, and the genes.  May be done
 * again. */
MUST_CHECK enum err dataset_plan_files(struct loader *ld, struct errbuf *eb);
void dataset_plan_release(struct loader *ld);

/* Third pass where all files are packed stores: to x, or ds->stream. */
MUST_CHECK enum err dataset_packed_read(struct loader *ld, size_t *bad,
                                        struct errbuf *eb);

#endif
