/* predictions.h - what a model said about each cell, as CSV.
 *
 * Threads: owner thread only.
 * Errors:  those of csv_out.h and classifier_predict. */
#ifndef CLI_PREDICTIONS_H
#define CLI_PREDICTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/cli.h"
#include "data/run_data.h"
#include "engine/train.h"

/* Write one row per cell of ec to path: cell, true_label, predicted_label,
 * correct_exact, correct_hierarchy (0 or 1), probability (classifier_probability), then
 * the facets.  predicted (ec->n) is what evaluate() gave. */
MUST_CHECK enum err
predictions_write(struct cli *c, const char *path, const struct classifier *model,
                  const struct eval_cells *ec, const struct class_set *classes,
                  const struct strlist *facets, const int32_t *predicted,
                  size_t threads, struct errbuf *eb);

#endif
