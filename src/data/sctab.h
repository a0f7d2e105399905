/* sctab.h - what the parts of the reader of scTab stores share.
 *
 * A store is a folder: train/, val/, test/ with part.N.parquet, whose rows are cells (X, a
 * list of a number for each gene, and obs columns, most of them codes), var.parquet (the
 * genes), categorical_lookup/COLUMN.parquet (what the codes mean), and where they are
 * wanted cell_type_hierarchy/child_matrix.npy, class_weights.npy, augmentations.npy.
 *
 * Cells come in the order train, val, test, then by number of part, then by row.
 *
 * Threads: owner thread only.
 * Errors:  as source.h; texts name a file of the store, column and row group.
 * Tests:   tests/test_sctab.c */
#ifndef DATA_SCTAB_H
#define DATA_SCTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/parquet.h"
#include "data/source.h"

enum sctab_split { SCTAB_TRAIN, SCTAB_VAL, SCTAB_TEST, SCTAB_NO_SPLIT };

struct sctab_part {
    char *path, *name; /* owned; name: from the folder of the store on */
    enum sctab_split split;
    uint64_t number;  /* N of part.N.parquet */
    struct parquet f; /* parked but while it is read */
    size_t first;     /* its first cell */
    size_t x;         /* column of X in it */
};

struct sctab {
    char *root;              /* owned; the folder with var.parquet */
    struct sctab_part *part; /* (n_parts) owned */
    size_t n_parts;
    size_t n_cells, n_genes;
    bool has_split[SCTAB_NO_SPLIT]; /* which of train, val, test there are */
    struct parquet var;
};

/* "train", "val", "test"; "" for none. */
const char *sctab_split_name(enum sctab_split split);

/* Whether what is at path is one: a folder with parts, or one Parquet file. */
bool sctab_is(const char *path);

/* Find the parts at path and the folder of the store; nothing is opened yet. */
MUST_CHECK enum err sctab_list(struct sctab *t, const char *path, struct errbuf *eb);

/* A file of the store: root/a/b, or root/b for a = NULL.  Caller frees. */
char *sctab_file(const struct sctab *t, const char *a, const char *b);
bool sctab_has_file(const struct sctab *t, const char *a, const char *b);

/* Open the matrix "X" of the store. */
void sctab_matrix(const struct source *s, struct source_matrix *m);

/* Split, classes, hierarchy, weights and digest. */
MUST_CHECK enum err sctab_own(const struct sctab *t, struct source_own *own,
                              bool with_digest, struct errbuf *eb);

#endif
