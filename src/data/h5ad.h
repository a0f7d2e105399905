/* h5ad.h - an AnnData file: its cells, its genes, its matrices, of any version.
 *
 * Matrices have one name whatever the version of the file: "X", "raw/X",
 * "layers/NAME".
 *
 * Threads: owner thread only.
 * Errors:  ERR_NOTFOUND, ERR_FORMAT, ERR_UNSUPPORTED, ERR_NOMEM; texts of h5ad_open
 *          start with the path.
 * Tests:   tests/test_h5ad.c */
#ifndef DATA_H5AD_H
#define DATA_H5AD_H

#include <hdf5.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/gene_axis.h"
#include "data/h5frame.h"
#include "data/h5matrix.h"

struct h5ad {
    char *path; /* owned */
    hid_t file; /* owned */
    struct h5frame obs;
    struct strlist matrix; /* names of the matrices there are, in the order in which
                               counts are looked for, X last */
};

MUST_CHECK enum err h5ad_open(struct h5ad *f, const char *path, struct errbuf *eb);
void h5ad_close(struct h5ad *f);

/* Append the names of what the file holds of its cells and genes besides obs, var and
 * matrices: "obsm", "uns", ... */
void h5ad_others(const struct h5ad *f, struct strlist *out);

/* Open one of f->matrix; its rows are the cells of f. */
MUST_CHECK enum err h5ad_matrix(const struct h5ad *f, const char *name,
                                struct h5matrix *m, struct errbuf *eb);

/* The genes that the columns of a matrix stand for. */
MUST_CHECK enum err h5ad_genes(const struct h5ad *f, const struct h5matrix *m,
                               struct gene_axis *g, const struct notes *notes,
                               struct errbuf *eb);

#endif
