/* dataset_ids.h - the ids of a dataset's cells, read when they are asked for.
 *
 * Ids of tens of millions of cells would take more memory than all else; so the files are
 * gone through again, for about a million ids at a time.  Asking for cells in ascending
 * order is fast.
 *
 * Threads: owner thread only.
 * Errors:  those of source.h, with the path.
 * Tests:   tests/test_lean.c */
#ifndef DATA_DATASET_IDS_H
#define DATA_DATASET_IDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "data/dataset.h"

struct dataset_ids {
    const struct dataset *ds; /* borrowed */
    size_t window;            /* ids that are read at once; may be set after init */
    size_t from, n;           /* cells whose ids are in memory */
    struct strbuf text;       /* the ids, each with its 0 */
    size_t *start;            /* (n) owned; of each in text */
    size_t cap;
};

void dataset_ids_init(struct dataset_ids *ids, const struct dataset *ds);
void dataset_ids_release(struct dataset_ids *ids);

/* *id of a cell; borrowed until the next call. */
MUST_CHECK enum err dataset_ids_get(struct dataset_ids *ids, uint32_t cell,
                                    const char **id, struct errbuf *eb);

#endif
