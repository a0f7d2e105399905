/* h5ad_write.h - write an .h5ad file that AnnData 0.8 and later open.
 *
 * The file is built beside its target, which it replaces by rename: a full disk is an
 * ordinary error and never leaves half a file.  It is built in memory and goes to disk
 * in one piece, or, where it may be larger than memory, on the disk.
 *
 * Letters: n rows of a frame.
 * Threads: owner thread only (libhdf5).
 * Errors:  ERR_IO, ERR_FULL, ERR_NOTFOUND name the path; ERR_NOMEM.
 * Source:  AnnData on-disk format, "written for 0.8+".
 * Tests:   tests/test_simulate.c, tests/test_h5ad_write.c */
#ifndef DATA_H5AD_WRITE_H
#define DATA_H5AD_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/dataset.h"

enum h5ad_column_kind {
    H5AD_CATEGORICAL, /* code and levels */
    H5AD_TEXT,        /* text */
    H5AD_BOOL,        /* flag */
    H5AD_REAL,        /* real */
    H5AD_INT          /* integer */
};

/* One column of obs or var; all pointers are borrowed. */
struct h5ad_column {
    const char *name;
    enum h5ad_column_kind kind;
    const int32_t *code;          /* (n) index into levels, -1 = missing */
    const struct strlist *levels; /* each once */
    const struct strlist *text;   /* (n) */
    const uint8_t *flag;          /* (n) 0 or 1 */
    const double *real;           /* (n) */
    const int64_t *integer;       /* (n) */
};

struct h5ad_writer;

/* Start a file that will replace path; the folder must exist.  On success the caller
 * ends with h5ad_writer_close or h5ad_writer_abandon. */
MUST_CHECK enum err h5ad_writer_open(struct h5ad_writer **w, const char *path,
                                     struct errbuf *eb);

/* The same for a file that grows on the disk; `bytes`, about its size, are reserved. */
MUST_CHECK enum err h5ad_writer_open_disk(struct h5ad_writer **w, const char *path,
                                          uint64_t bytes, struct errbuf *eb);

/* X = x as float32 CSR in gzip chunks. */
MUST_CHECK enum err h5ad_write_x(struct h5ad_writer *w, const struct csr *x,
                                 struct errbuf *eb);

/* frame ("obs" or "var") = row names and columns. */
MUST_CHECK enum err h5ad_write_frame(struct h5ad_writer *w, const char *frame,
                                     const struct strlist *index,
                                     const struct h5ad_column *col, size_t n_cols,
                                     struct errbuf *eb);

/* The same column by column, of frames that are too large for all at once: begin with the
 * names of all n_cols columns, then put each of n rows. */
MUST_CHECK enum err h5ad_frame_begin(struct h5ad_writer *w, const char *frame,
                                     const struct strlist *index,
                                     const char *const *name, size_t n_cols,
                                     struct errbuf *eb);
MUST_CHECK enum err h5ad_frame_put(struct h5ad_writer *w, const char *frame,
                                   const struct h5ad_column *col, size_t n,
                                   struct errbuf *eb);

/* uns/group/key = value; the group "" is uns itself. */
MUST_CHECK enum err h5ad_write_uns_text(struct h5ad_writer *w, const char *group,
                                        const char *key, const char *value,
                                        struct errbuf *eb);
MUST_CHECK enum err h5ad_write_uns_texts(struct h5ad_writer *w, const char *group,
                                         const char *key, const struct strlist *text,
                                         struct errbuf *eb);
MUST_CHECK enum err h5ad_write_uns_real(struct h5ad_writer *w, const char *group,
                                        const char *key, double value,
                                        struct errbuf *eb);
MUST_CHECK enum err h5ad_write_uns_int(struct h5ad_writer *w, const char *group,
                                       const char *key, int64_t value,
                                       struct errbuf *eb);

/* obsm/name = a float32 matrix (n, cols) whose rows come in blocks: begin, put each
 * block (n, cols) row-major at its first row, end before the writer is closed or
 * abandoned.  end(NULL) is fine. */
struct h5ad_rows;
MUST_CHECK enum err h5ad_rows_begin(struct h5ad_rows **r, struct h5ad_writer *w,
                                    const char *name, size_t n, size_t cols,
                                    struct errbuf *eb);
MUST_CHECK enum err h5ad_rows_put(struct h5ad_rows *r, size_t first, size_t n,
                                  const float *value, struct errbuf *eb);
void h5ad_rows_end(struct h5ad_rows *r);

/* X = a float32 CSR matrix in gzip chunks, of n_rows x n_cols with nnz stored values,
 * whose rows come in blocks: begin, put each block, in order, end before the writer is
 * closed, or abandoned: what was put may be written only then.  Row i of a block of n has the values from start[i] - start[0] to
 * start[i + 1] - start[0].  end(NULL) is fine. */
struct h5ad_cells;
MUST_CHECK enum err h5ad_cells_begin(struct h5ad_cells **c, struct h5ad_writer *w,
                                     size_t n_rows, size_t n_cols, uint64_t nnz,
                                     struct errbuf *eb);
MUST_CHECK enum err h5ad_cells_put(struct h5ad_cells *c, const uint64_t *start,
                                   size_t n, const uint32_t *gene, const float *value,
                                   struct errbuf *eb);
MUST_CHECK enum err h5ad_cells_end(struct h5ad_cells *c, struct errbuf *eb);

/* Write the file and put it in its place; w is freed also on error. */
MUST_CHECK enum err h5ad_writer_close(struct h5ad_writer *w, struct errbuf *eb);

/* Free w; nothing is written.  NULL is fine. */
void h5ad_writer_abandon(struct h5ad_writer *w);

#endif
