/* import_gather.h - what is gathered for one evaluation from the files of a folder, before
 * it is handed over: rows of scores by import_tables.c, then by import_predictions.c.
 *
 * Threads: one thread per object.
 * Errors:  none; what cannot be read is a row of the report.
 * Tests:   tests/test_import_tree.c */
#ifndef TRANSFER_IMPORT_GATHER_H
#define TRANSFER_IMPORT_GATHER_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/strlist.h"
#include "store/store.h"
#include "transfer/import_report.h"
#include "transfer/import_scores.h"

struct import_gather {
    const struct import_scores_wish *wish;
    struct import_report *report;
    struct digest *digest, *content; /* of the folder; of its results alone */
    const char *folder;
    struct strlist file; /* names in the folder */
    struct arena *arena; /* of what outlives this */
    struct store_f1 *f1; /* owned until handed over */
    size_t n_f1, f1_cap;
    struct store_average *average;
    size_t n_averages, average_cap;
    bool has_all, has_class; /* a table has such rows already */
    struct strlist has;      /* facets of groups likewise */
    size_t n_files;
};

/* A new row of g->f1 without scores; it stands until the next one is added. */
struct store_f1 *import_gather_row(struct import_gather *g, const char *facet,
                                   const char *label);

/* The row of all cells in f (n), under a rule (NULL: any); NULL: none. */
const struct store_f1 *import_gather_all(const struct store_f1 *f, size_t n,
                                         const char *rule);

/* Add the names in a folder to *out, sorted; of none where it cannot be read. */
void import_gather_list(struct strlist *out, const char *folder);

bool import_gather_ends_in(const char *name, const char *suffix);

/* The file with that suffix, one that starts with the model before others; NULL: none.
 * Others are told. */
const char *import_gather_file(const struct import_gather *g, const char *suffix);

#endif
