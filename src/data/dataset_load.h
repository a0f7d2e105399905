/* dataset_load.h - files become one dataset.
 *
 * A file is a source of any kind (source.h): where that kind is a folder, the folder.
 *
 * Order: files by name, cells in the order of their files, genes in the order of the
 * first file and then new ones, columns in the order of first sight.
 *
 * Columns: text and boolean ones are always kept, numeric ones where `need` names
 * them.  A file without dataset_id gets its own name without suffix as dataset_id.
 *
 * Packed stores (where no other file has cells that are used) come with their genes in
 * order of detection, x.order, and may stay on disk (dataset.h, stream).
 *
 * Threads: owner thread only; uses a pool of its own.
 * Errors:  ERR_NOTFOUND, ERR_ARG, ERR_FORMAT, ERR_UNSUPPORTED, ERR_NOMEM.
 * Tests:   tests/test_dataset.c */
#ifndef DATA_DATASET_LOAD_H
#define DATA_DATASET_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/dataset.h"
#include "data/notes.h"
#include "spec/spec.h"

struct dataset_request {
    const struct strlist *path;  /* files and folders */
    const struct strlist *where; /* filters, all of which a cell must pass */
    const struct strlist *need;  /* columns to keep whatever they hold */
    const char *label;           /* cells without it are left out; NULL: all stay */
    const char
        *part; /* "train", "val", "test": only these cells, as the data's own split
                         says; "": "test" where they have one, else all; NULL, "all":
                         all */
    const char *layer;
    int normalize;                 /* enum normalize_id */
    const struct strlist *gene_id; /* genes of a model; NULL: those of the files */
    const struct strlist *gene_name;
    bool with_matrix;
    bool no_digest; /* nobody asks for a source's digest, which may take reading all */
    bool
        lean; /* of the columns, only those that are named here and the facets; no ids of
                  cells (dataset_ids.h reads them); file and row only where they say more
                  than the number of a cell */
    size_t threads; /* 0: one per core */
    const struct gene_order
        *order;    /* of the genes of a model, which packed stores are read
                                       in; NULL: by detection in all of their cells */
    bool in_order; /* rows are asked for in ascending order only */
    uint64_t
        memory_max; /* bytes: a matrix of packed stores that takes more is not loaded,
                            its cells are read when they are needed, and so are those of
                            other files where in_order; 0: no limit */
};

/* On error ds is empty. */
MUST_CHECK enum err dataset_load(struct dataset *ds, const struct dataset_request *q,
                                 const struct notes *notes, struct errbuf *eb);

/* Replace folders that are no source by the files in them that a suffix of a kind marks
 * (but for hidden ones and those that begin with _), and order all by file name.  A file
 * given twice counts once. */
MUST_CHECK enum err dataset_expand(const struct strlist *path, struct strlist *file,
                                   const struct notes *notes, struct errbuf *eb);

/* Name without folder and the suffix of its kind.  Caller frees. */
char *dataset_stem(const char *path);

/* The label stands for no label: "", nan, NA, na, unknown, Unknown. */
bool dataset_is_missing_label(const char *label);

/* How clearly the name of an obs column says that it holds cell types: 0 is clearest,
 * SIZE_MAX not at all. */
size_t dataset_label_rank(const char *column);

/* ERR_ARG: `option` names a column that no file has; says which there are.  hint (may
 * be NULL) stands before them. */
enum err dataset_no_column(const struct strlist *have, const char *option,
                           const char *column, const char *hint, struct errbuf *eb);

#endif
