/* h5frame.h - a dataframe of an .h5ad file (obs, var, raw/var) in any of its layouts.
 *
 * Layouts: a group of columns (AnnData 0.7 and later; categories as groups or, before
 * 0.8, behind a reference), or one compound dataset with the categories in uns (0.6
 * and before).  Columns come out as coded text whatever their type: numbers in their
 * shortest form, booleans as True and False.
 *
 * Threads: owner thread only.
 * Errors:  ERR_FORMAT names the column, the row and the value.
 * Tests:   tests/test_h5frame.c */
#ifndef DATA_H5FRAME_H
#define DATA_H5FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include <hdf5.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/gene_axis.h"
#include "data/h5texts.h"
#include "data/source.h"

struct h5frame {
    hid_t file;  /* borrowed */
    hid_t id;    /* owned; group or compound dataset */
    char *name;  /* owned; "obs" */
    char *index; /* owned; element with the row names, NULL: rows are numbered */
    bool is_compound;
    size_t n;              /* rows */
    struct strlist column; /* names without the index, in order of the file */
};

MUST_CHECK enum err h5frame_open(struct h5frame *f, hid_t file, const char *name,
                                 struct errbuf *eb);
void h5frame_close(struct h5frame *f);

bool h5frame_has(const struct h5frame *f, const char *column);
enum column_kind h5frame_kind(const struct h5frame *f, const char *column);

/* Read a column (of f->n rows).  *n_merged (may be NULL) counts categories that were
 * there twice. */
MUST_CHECK enum err h5frame_read(const struct h5frame *f, const char *column,
                                 struct obs_column *out, size_t *n_merged,
                                 struct errbuf *eb);

/* Hand the text of each row of a column, or of the row names for NULL, to fn; missing
 * values are "". */
MUST_CHECK enum err h5frame_each(const struct h5frame *f, const char *column,
                                 h5_cell_fn fn, void *ctx, struct errbuf *eb);

/* Append them. */
MUST_CHECK enum err h5frame_texts(const struct h5frame *f, const char *column,
                                  struct strlist *out, struct errbuf *eb);

/* The frame as a table of genes, which borrows it. */
struct gene_table h5frame_genes(const struct h5frame *f);

#endif
