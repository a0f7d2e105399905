/* h5matrix.h - an expression matrix of an .h5ad file, row by row.
 *
 * The matrix may be stored by rows (csr), by columns (csc) or dense, with numbers of
 * any type; rows come out alike: genes with their values, in the order of the file,
 * possibly unsorted, repeated or 0 as the file has them.
 *
 * Threads: owner thread only; with h5matrix_share it uses a pool.
 * Errors:  ERR_FORMAT names what is broken and where; ERR_UNSUPPORTED; ERR_NOMEM.
 * Tests:   tests/test_h5ad.c */
#ifndef DATA_H5MATRIX_H
#define DATA_H5MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hdf5.h>

#include "base/err.h"
#include "data/source.h"

enum matrix_kind { MATRIX_CSR, MATRIX_CSC, MATRIX_DENSE };

struct h5chunks;
struct rounded;

struct h5matrix {
    enum matrix_kind kind;
    char *name;       /* owned; "X", "raw/X", "layers/counts" */
    hid_t data;       /* owned; stored values, or the dense matrix */
    hid_t indices;    /* owned; -1 if dense */
    uint64_t *indptr; /* (major + 1) owned; NULL if dense */
    size_t n_rows, n_cols;
    size_t block_rows; /* dense: rows to read at a time */
    uint64_t band;     /* csc: values to transpose at a time, 8 bytes each */
    uint64_t nnz;      /* stored values; n_rows * n_cols if dense */
    struct pool *pool; /* borrowed; NULL: the caller's thread alone */
    struct rounded
        *rounded; /* borrowed; NULL: numbers that are no float32 are not counted */
    struct h5chunks *chunks; /* (2) owned: of indices and data; NULL: read by libhdf5 */
};

/* Open the matrix at `name` of a file and check its shape and indptr. */
MUST_CHECK enum err h5matrix_open(struct h5matrix *m, hid_t file, const char *name,
                                  struct errbuf *eb);
void h5matrix_close(struct h5matrix *m);

/* Read with the threads of a pool from now on. */
void h5matrix_share(struct h5matrix *m, struct pool *pool);

/* Entries of indptr but one, and the bound of indices: rows and columns of a csr
 * matrix, columns and rows of a csc matrix. */
size_t h5matrix_major(const struct h5matrix *m);
size_t h5matrix_minor(const struct h5matrix *m);

/* Hand the rows with keep[row] to fn in ascending order, many at a time where the
 * matrix is stored by rows. */
MUST_CHECK enum err h5matrix_groups(const struct h5matrix *m, const bool *keep,
                                    source_rows_fn fn, void *ctx, struct errbuf *eb);

/* Hand the rows with keep[row] to fn in ascending order; an error of fn ends it. */
MUST_CHECK enum err h5matrix_rows(const struct h5matrix *m, const bool *keep,
                                  source_row_fn fn, void *ctx, struct errbuf *eb);

/* Look at a sample of the rows with keep[row] (NULL: of all) without reading the
 * whole matrix.  Row-wise and dense: some dozen bands of whole rows.  Column-wise:
 * bands of stored values, handed out as if each band were a row; then *whole_rows is
 * false, and other rows' values are shown where the bands have none of kept ones. */
MUST_CHECK enum err h5matrix_sample(const struct h5matrix *m, const bool *keep,
                                    source_row_fn fn, void *ctx, bool *whole_rows,
                                    struct errbuf *eb);

/* Stored values of the kept rows, from the shape alone: exact for csr, in proportion
 * for csc, n_kept * n_cols if dense. */
uint64_t h5matrix_count(const struct h5matrix *m, const bool *keep);

#endif
