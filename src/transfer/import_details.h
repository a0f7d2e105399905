/* import_details.h - predictions of another program, scored by our own code.
 *
 * Columns y_true and y_pred of *_detailed_results.parquet hold classes by number or name;
 * the standard facets are taken where the file has them.  Cells whose y_true is no class
 * are left out and counted.
 *
 * Threads: owner thread only.
 * Errors:  those of data/parquet.h; ERR_FORMAT: a y_pred that is no class, no cell left.
 * Tests:   tests/test_import_tree.c, tests/test_import.sh */
#ifndef TRANSFER_IMPORT_DETAILS_H
#define TRANSFER_IMPORT_DETAILS_H

#include "base/arena.h"
#include "base/digest.h"
#include "store/store.h"
#include "transfer/import_classes.h"

struct import_details {
    struct store_f1 *f1; /* (n_f1) owned; both rules; texts in arena */
    size_t n_f1;
    struct store_confusion *confusion; /* (n_confusions) owned */
    size_t n_confusions;
    int64_t n_cells, n_unknown;
    struct arena arena;
};

/* What tells the file from others goes into `digest`.  On error out is empty. */
MUST_CHECK enum err import_details_read(struct import_details *out, const char *path,
                                        const struct import_classes *classes,
                                        struct digest *digest, struct errbuf *eb);
void import_details_release(struct import_details *d);

#endif
