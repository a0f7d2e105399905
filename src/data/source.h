/* source.h - a dataset on disk, of whatever kind: an .h5ad file, an scTab store, a packed
 * store.  What uses cells asks through this table and does not know the kind.
 *
 * A source has n_cells cells, obs columns, and matrices by name ("X", "raw/X",
 * "layers/NAME") whose rows are these cells; a matrix has its own genes.  What a kind adds
 * to that (its own split, hierarchy, class weights) is in struct source_own.
 *
 * Threads: owner thread only; a matrix that was given a pool uses it.
 * Errors:  ERR_NOTFOUND, ERR_FORMAT, ERR_UNSUPPORTED, ERR_IO, ERR_NOMEM; texts of
 *          source_open start with the path, those of the others name column, cell or
 *          offset.
 * Tests:   tests/test_source.c */
#ifndef DATA_SOURCE_H
#define DATA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"
#include "data/dataset.h"
#include "data/gene_axis.h"
#include "data/gene_order.h"
#include "data/notes.h"
#include "data/row_chunks.h"

struct pool;
struct rounded;
struct source;
struct source_matrix;

enum column_kind {
    COLUMN_TEXT, /* strings or categories */
    COLUMN_BOOL,
    COLUMN_NUMBER,
    COLUMN_UNKNOWN /* absent, or an encoding we do not know */
};

/* --- rows of a matrix --- */

/* One row: n genes (each < n_cols) with their values, borrowed during the call. */
typedef enum err (*source_row_fn)(void *ctx, size_t row, const uint32_t *gene,
                                  const float *value, size_t n, struct errbuf *eb);

/* Some rows: row first + i, if keep[i], has the values from start[i] - start[0]
 * to start[i + 1] - start[0].  Borrowed during the call. */
struct source_rows {
    size_t first, n;
    const bool *keep;
    const uint64_t *start;
    const uint32_t *gene; /* of rows that are not kept: anything */
    const float *value;
};
typedef enum err (*source_rows_fn)(void *ctx, const struct source_rows *rows,
                                   struct errbuf *eb);

struct source_matrix_ops {
    /* Hand the rows with keep[row] to fn in ascending order, many at a time where that is
     * fast; an error of fn ends it. */
    enum err (*groups)(const struct source_matrix *m, const bool *keep,
                       source_rows_fn fn, void *ctx, struct errbuf *eb);

    /* Look at a sample of the rows with keep[row] (NULL: of all) without reading the
     * whole matrix: some dozen bands of whole rows.  Where only columns can be read, bands
     * of stored values are handed out as if each were a row; then *whole_rows is false. */
    enum err (*sample)(const struct source_matrix *m, const bool *keep,
                       source_row_fn fn, void *ctx, bool *whole_rows,
                       struct errbuf *eb);

    /* Stored values of the kept rows, from shapes alone: exact where rows are stored,
     * else the best guess (n_kept * n_cols if dense). */
    uint64_t (*count)(const struct source_matrix *m, const bool *keep);
    void (*close)(struct source_matrix *m);
};

struct source_matrix {
    const struct source_matrix_ops *ops;
    const struct source *source; /* borrowed */
    char *name;                  /* owned */
    size_t n_rows, n_cols;
    bool is_dense; /* zeros are stored: count is of all places */
    bool
        is_blocked; /* rows are read from the front of large blocks: a few from here and
                          there are for sample */
    struct pool *pool; /* borrowed; NULL: the caller's thread alone.  May be set by the
                          user after opening */
    struct rounded
        *rounded; /* borrowed; NULL: not asked.  Numbers that are read by groups
                                and are no float32 are counted there; likewise */
    void *impl;   /* owned; of the kind */
};

/* The id of a cell; borrowed during the call. */
typedef void (*source_id_fn)(void *ctx, size_t cell, const char *id);

/* --- what a kind may bring with it --- */

/* All NULL or 0 where there is none. */
struct source_own {
    char *split_column; /* owned; obs column with levels train, val, test; the use of
                               it as the split is the default then */
    struct strlist classes; /* (k) owned; names of hierarchy rows and of weights */
    uint8_t *reachable;     /* (k, k) owned; R[i][j] = 1: class j is class i or below */
    double *class_weight;   /* (k) owned */
    char digest[DIGEST_HEX]; /* of all content, where the source carries one that makes
                                 reading all bytes needless; else "".  A source that is a
                                 folder must have one */
};

/* --- sources --- */

struct source_ops {
    const char *kind;   /* "h5ad file"; for people */
    const char *suffix; /* of file names, ".h5ad": such files in a folder are taken, and
                           it is cut off where a dataset is named after its file; NULL:
                           none */

    /* Whether path (a file or folder that exists) is of this kind, by its first bytes or
     * by what is in the folder, not by its name alone. */
    bool (*is_kind)(const char *path);
    size_t impl_bytes; /* s->impl is so much memory, 0 before open; free after close */

    /* The path is set; fill in the rest.  close comes also after an error. */
    enum err (*open)(struct source *s, struct errbuf *eb);
    void (*close)(struct source *s);
    enum column_kind (*column_kind)(const struct source *s, const char *column);

    /* Read a column of all cells.  *n_merged counts categories that were there twice. */
    enum err (*column)(const struct source *s, const char *column,
                       struct obs_column *out, size_t *n_merged, struct errbuf *eb);

    /* Hand the id of each cell to fn, in order; what is not in memory as a whole is read
     * piece by piece.  On an error too, some may have been handed. */
    enum err (*each_id)(const struct source *s, source_id_fn fn, void *ctx,
                        struct errbuf *eb);
    enum err (*matrix)(const struct source *s, const char *name,
                       struct source_matrix *m, struct errbuf *eb);

    /* The genes that the columns of a matrix stand for. */
    enum err (*genes)(const struct source *s, const struct source_matrix *m,
                      struct gene_axis *g, const struct notes *notes,
                      struct errbuf *eb);

    /* What follows is NULL where rows do not lie in chunks.  *c = the rows of a matrix, with
     * genes by their place in *order of `places`; it lives on without the source.  scale:
     * values become log1p of 10,000 per cell; counts: they must be counts, others are
     * ERR_CONFLICT. */
    enum err (*chunks)(const struct source *s, const struct source_matrix *m,
                       bool scale, bool counts, struct row_chunks *c,
                       struct errbuf *eb);

    /* The order of genes in chunks, and how many cells detect each gene (by gene); borrowed
     * from the source. */
    void (*places)(const struct source *s, const struct source_matrix *m,
                   const struct gene_order **order, const uint64_t **detected);

    /* Append the names of what is there besides cells, genes and matrices, and nobody here
     * reads.  NULL: nothing. */
    void (*others)(const struct source *s, struct strlist *out);

    /* How a packed store was made; NULL: it is none. */
    void (*about)(const struct source *s, struct packed_about *a);

    /* May be NULL: there is nothing of its own.  The digest may take reading all bytes. */
    enum err (*own)(const struct source *s, struct source_own *own, bool with_digest,
                    struct errbuf *eb);
};

struct source {
    const struct source_ops *ops;
    char *path; /* owned; as given */
    size_t n_cells;
    struct strlist column; /* obs columns, in the order of the file */
    struct strlist matrix; /* in the order in which counts are looked for, X last */
    void *impl;            /* owned; of the kind */
};

/* The kinds there are (source.def), ended by NULL.  A test may define it itself. */
extern const struct source_ops *const source_kinds[];

/* Open what is at path, of whichever kind it is. */
MUST_CHECK enum err source_open(struct source *s, const char *path, struct errbuf *eb);
void source_close(struct source *s);

/* The kind of what is at path, NULL: none of those known. */
const struct source_ops *source_kind(const char *path);

/* Bytes on disk of a file, or of a folder with what is in it; 0 if it cannot be seen. */
uint64_t source_bytes(const char *path);

/* Length of the suffix of a kind at the end of a file name, 0: it has none. */
size_t source_suffix(const char *name);

/* "h5ad file (.h5ad), packed store (.hcp)": the kinds that can be read.  Caller frees. */
char *source_kind_list(void);

/* Open the matrix of that name.  A view of source_ops.matrix that names the source in
 * its error. */
MUST_CHECK enum err source_matrix_open(const struct source *s, const char *name,
                                       struct source_matrix *m, struct errbuf *eb);

void source_matrix_close(struct source_matrix *m);

/* Append the ids of all cells. */
MUST_CHECK enum err source_cell_ids(const struct source *s, struct strlist *out,
                                    struct errbuf *eb);
void source_own_release(struct source_own *own);

#endif
