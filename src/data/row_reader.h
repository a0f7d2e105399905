/* row_reader.h - rows of a file become rows of a dataset, many at a time (row_pack.h).
 *
 * Threads: owner thread only; uses a pool.
 * Errors:  ERR_FORMAT names cell, gene and value, or says that the file has changed;
 *          ERR_NOMEM; ERR_CONFLICT if the
 *          values are not the counts that the choice of the layer rests on.
 * Tests:   tests/test_layer.c, tests/test_dataset.c */
#ifndef DATA_ROW_READER_H
#define DATA_ROW_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "data/dataset.h"
#include "data/layer.h"
#include "data/source.h"

struct row_source {
    const struct source *file;
    const struct layer_choice *choice;
    const struct gene_axis *genes; /* of the file */
    const int32_t *to;             /* (genes) gene of the dataset, or -1 */
    const bool *keep;              /* (cells of the file) */
    struct pool *pool;             /* NULL: the caller's thread alone */
};

/* Append the kept rows to coded x, which has *row rows so far of those it was made
 * for; *row grows.  *st (zeroed by the caller) receives what the first rows look
 * like. */
MUST_CHECK enum err row_reader_append(struct csr *x, size_t *row,
                                      const struct row_source *src,
                                      struct value_stats *st, struct errbuf *eb);

/* The error of a matrix in whose sample st a value is not finite. */
MUST_CHECK enum err row_reader_not_finite(const struct source *file, const char *layer,
                                          const struct gene_axis *genes,
                                          const struct value_stats *st,
                                          struct errbuf *eb);

#endif
