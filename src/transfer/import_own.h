/* import_own.h - what export wrote beside the published files of a run (own_tables.h), read
 * back: evaluations with both rules and confusions, curves, importance, sources.
 *
 * Threads: one thread per object.
 * Errors:  none; a table that cannot be read is a row of the report, and then the
 *          published files count instead.
 * Tests:   tests/test_export_back.sh, tests/test_import_own.c */
#ifndef TRANSFER_IMPORT_OWN_H
#define TRANSFER_IMPORT_OWN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/strlist.h"
#include "store/store.h"
#include "transfer/import_report.h"

struct import_own {
    bool has_evaluations, has_curves, has_params; /* the tables are there */
    struct store_evaluation *evaluation; /* (n_evaluations), in arena, as all */
    size_t n_evaluations;
    struct strlist evaluation_name; /* of them, each once */
    struct store_metric *metric;
    size_t n_metrics;
    struct store_importance *importance;
    size_t n_importance;
    struct store_source_param *param;
    size_t n_params;
    struct store_source_checkpoint *checkpoint;
    size_t n_checkpoints;
    struct intern *text; /* owned; texts of the rows */
    struct arena arena;
};

/* C classes and G genes, as far as they are known; what was read goes into digest too. */
void import_own_read(struct import_own *o, const char *folder, size_t C, size_t G,
                     struct digest *digest, struct import_report *report);
void import_own_release(struct import_own *o);

#endif
