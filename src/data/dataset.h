/* dataset.h - cells in memory: a sparse matrix, gene names, obs columns.
 *
 * Vocabulary: cell = row, gene = column.  Letters: n cells, G genes.
 *
 * Threads: one thread per object while it is built; any thread afterwards (const).
 * Errors:  none here; see source.h. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/strlist.h"
#include "data/codes.h"
#include "data/csr.h"
#include "data/packed_about.h"

struct source_own;
struct row_stream;
struct row_windows;

enum { GENES_MAX = 65535 };

/* An obs column as coded text.  Levels are in bytewise order and every level is
 * used by some cell. */
struct obs_column {
    char *name;            /* owned */
    struct codes code;     /* (n) owned; index into levels, -1 = missing */
    struct strlist levels; /* owned */
};

/* What was found in one source and what became of it. */
struct file_report {
    char *path;              /* owned, as given */
    char *layer;             /* owned; "raw/X", "layers/counts", "X" */
    char *normalize;         /* owned; "sf-log1p" or "none" */
    char *decision;          /* owned; one sentence: why this layer and normalisation */
    size_t n_cells;          /* in it */
    size_t n_kept;           /* after --where and missing labels */
    size_t n_not_primary;    /* left out because is_primary_data is false */
    size_t n_filtered;       /* left out by --where */
    size_t n_no_label;       /* left out because the label is missing */
    size_t n_genes;          /* in the file */
    size_t n_genes_missing;  /* genes of the dataset or model absent from the file */
    size_t n_genes_dropped;  /* genes of the file unknown to the model */
    uint64_t nnz;            /* kept */
    bool nnz_is_estimate;    /* nnz is that of a sample, until the values are loaded */
    char digest[DIGEST_HEX]; /* of its content, where it carries one; else "" */
    struct packed_about packed; /* of a packed store */
    bool is_copy;          /* it counts as what it was packed from: digest is that of
                                   these inputs */
    uint64_t matrix_bytes; /* that these take in memory; until they are loaded as if
                               all cells were like those of a sample */
};

struct dataset {
    size_t n_cells;
    struct csr x; /* n_cells x genes; empty (NULL arrays) if obs only, or if
                                 they are read when they are needed: then it has columns
                                 and their order, but no rows */
    struct row_stream *stream; /* owned; chunks are read while they are needed, or */
    struct row_windows
        *windows;             /* owned; some cells at a time, in ascending order only;
                                    both NULL: all values are in x */
    bool in_order;            /* rows are asked for in ascending order only */
    struct strlist gene_id;   /* (G) Ensembl id where known, else the var index */
    struct strlist gene_name; /* (G) symbol, "" where unknown */
    struct strlist cell_id;   /* (n) obs index; empty: dataset_ids.h reads them */
    struct obs_column *col;   /* (n_cols) owned */
    size_t n_cols;
    struct strlist column; /* names of all obs columns that the files have */
    struct strlist unread; /* those that hold text and were not read */
    uint32_t *file; /* (n) owned; index into report: the file of each cell; NULL: there
                       is one file */
    uint32_t *row;  /* (n) owned; its number in that file; NULL: that of the cell */
    struct file_report *report; /* (n_files) owned */
    size_t n_files;
    struct source_own *own; /* owned; what the sources bring besides, or NULL */
    const char
        *part;      /* static; only cells of this part of their own split; NULL: all */
    bool is_packed; /* all files are packed stores: cells lie in chunks of neighbours */
};

void dataset_release(struct dataset *ds);

/* Rows [from, to) of x are those of the file that r is of. */
void dataset_report_rows(struct file_report *r, const struct csr *x, size_t from,
                         size_t to);

/* Whether all cells count as those that they were packed from. */
static inline bool
dataset_is_copy(const struct dataset *ds)
{
    return ds->n_files == 1 && ds->report[0].is_copy;
}

/* The file of a cell, and its number in it. */
static inline uint32_t
dataset_file(const struct dataset *ds, uint32_t cell)
{
    return ds->file ? ds->file[cell] : 0;
}

static inline uint32_t
dataset_row(const struct dataset *ds, uint32_t cell)
{
    return ds->row ? ds->row[cell] : cell;
}

/* The column of that name, or NULL.  Borrowed from ds. */
const struct obs_column *dataset_find_column(const struct dataset *ds,
                                             const char *name);

#endif
