/* row_reader.h - rows of a file become rows of a dataset: genes mapped and sorted,
 * repeats summed, zeros dropped, values checked and normalised.
 *
 * Threads: owner thread only.
 * Errors:  ERR_FORMAT names cell, gene and value; ERR_NOMEM; ERR_CONFLICT if the
 *          values are not the counts that the choice of the layer rests on.
 * Tests:   tests/test_layer.c, tests/test_dataset.c */
#ifndef DATA_ROW_READER_H
#define DATA_ROW_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "data/dataset.h"
#include "data/h5ad.h"
#include "data/layer.h"

/* Room for n_rows rows of n_cols genes, and for nnz values to start with. */
MUST_CHECK enum err csr_init(struct csr *x, size_t n_rows, size_t n_cols, uint64_t nnz,
                             struct errbuf *eb);

struct row_source {
    const struct h5ad *file;
    const struct layer_choice *choice;
    const struct gene_axis *genes; /* of the file */
    const int32_t *to;             /* (genes) gene of the dataset, or -1 */
    const bool *keep;              /* (cells of the file) */
};

/* Append the kept rows to x, which has *row rows so far and room in indptr; *row
 * grows.  *st (zeroed by the caller) receives what the first rows look like. */
MUST_CHECK enum err row_reader_append(struct csr *x, size_t *row, uint64_t *cap,
                                      const struct row_source *src,
                                      struct value_stats *st, struct errbuf *eb);

/* Room for `need` values where there is room for *cap. */
MUST_CHECK enum err csr_reserve(struct csr *x, uint64_t *cap, uint64_t need,
                                struct errbuf *eb);
/* The error of a matrix in whose sample st a value is not finite. */
MUST_CHECK enum err row_reader_not_finite(const struct h5ad *file, const char *layer,
                                          const struct gene_axis *genes,
                                          const struct value_stats *st,
                                          struct errbuf *eb);

/* Give back the room that was not needed. */
void csr_trim(struct csr *x);

#endif
