/* details.h - what a model said about each cell, with the columns of the published
 * *_detailed_results.parquet, as CSV.
 *
 * Columns: cell, y_true, y_pred (labels; what the model said, whatever the scoring rule),
 * cell_type, soma_joinid, assay, dataset_id, donor_id, development_stage, disease, tissue,
 * tissue_general (empty where the data lack them), y_probs ("[.1, .9]", classes in the
 * order of classes.csv).
 *
 * Threads: owner thread only.
 * Errors:  those of csv_out.h and classifier_predict.
 * Source:  FORMATS.md, section 6.
 * Tests:   tests/test_export_details.sh, tests/check_export.py */
#ifndef CLI_DETAILS_H
#define CLI_DETAILS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/cli.h"
#include "data/run_data.h"
#include "engine/train.h"

/* Columns that are neither facets nor always read: name i, NULL past the end. */
const char *details_column(size_t i);

/* predicted (ec->n) is what evaluate() gave. */
MUST_CHECK enum err
details_write(struct cli *c, const char *path, const struct classifier *model,
              const struct eval_cells *ec, const struct class_set *classes,
              const int32_t *predicted, size_t threads, struct errbuf *eb);

#endif
