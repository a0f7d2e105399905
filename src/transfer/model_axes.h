/* model_axes.h - what the inputs and outputs of a model stand for, from a file beside it:
 * checkpoints of PyTorch name neither genes nor classes.
 *
 * Genes come from any dataset (.h5ad, packed store, scTab store), from its var.parquet
 * alone, or from a text: a gene a line, id and where there is one name, separated by a
 * tab.  Classes come from a dataset (those of its hierarchy, else the levels of
 * cell_type), from a lookup table of an scTab store, or from a text, a class a line.  A
 * first line that says gene_id, label or the like is a head.
 *
 * Threads: owner thread only (libhdf5).
 * Errors:  ERR_NOTFOUND, ERR_IO, ERR_FORMAT name the file, and the line of a text;
 *          ERR_CONFLICT: another number than the model has.
 * Tests:   tests/test_import_weights.sh */
#ifndef TRANSFER_MODEL_AXES_H
#define TRANSFER_MODEL_AXES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strlist.h"

struct model_axes {
    struct strlist gene_id, gene_name; /* in step; names may be "" */
    struct strlist label;              /* in the order of the model's outputs */
};

/* Append the genes or classes of a file, of which there must be n. */
MUST_CHECK enum err model_axes_genes(struct model_axes *x, const char *path, size_t n,
                                     struct errbuf *eb);
MUST_CHECK enum err model_axes_labels(struct model_axes *x, const char *path, size_t n,
                                      struct errbuf *eb);

/* The published atlas's types in bytewise order; false if there are not n of them. */
bool model_axes_builtin_labels(struct model_axes *x, size_t n);

/* No gene and no class stands twice. */
MUST_CHECK enum err model_axes_check(const struct model_axes *x, struct errbuf *eb);

void model_axes_release(struct model_axes *x);

#endif
