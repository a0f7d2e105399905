/* export_scores.h - the scores of an evaluation as the published tables.
 *
 *   {model}_overall_metrics.csv    accuracy or micro avg, macro avg, weighted avg
 *   {model}_per_class_metrics.csv  a row for each class, its name the class number
 *   {model}_per_assay_metrics.csv, _per_dataset_, _per_disease_, _per_tissue_,
 *   _per_tissue_general_, and per_COLUMN for any other facet: the group's column (assay,
 *       dataset_id, ...), then precision, recall, f1-score (macro averages), support,
 *       f1_weighted, f1_micro, accuracy; a row for each group.  Where the store has
 *       classes within groups a column "class" stands after the group: "macro avg" in the
 *       group's own row, in those that follow it the class number.
 *   {model}_subset_metrics.csv     the overall rows for the 80 classes of
 *       published_subset.def; only for cells "id" of a run on the 164 published types
 *
 * All are of one scoring rule.  Averages run over the classes in the truth
 * (labels=np.unique(y_true)).
 *
 * Threads: owner thread only.
 * Errors:  those of out_file.h and of the store.
 * Tests:   tests/test_export_tree.sh, tests/check_export.py */
#ifndef TRANSFER_EXPORT_SCORES_H
#define TRANSFER_EXPORT_SCORES_H

#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "transfer/export_place.h"
#include "transfer/export_run.h"

struct export_evaluation {
    int64_t evaluation_id;
    const char *name;   /* "id", "ood", ... */
    const char *folder; /* below that of the run */
    const char *rule;   /* "hierarchy", "exact" */
};

/* Write the tables of an evaluation.  What has no table is said through log (may be
 * NULL). */
MUST_CHECK enum err export_scores(const struct export_run *r,
                                  const struct export_evaluation *ev,
                                  const struct export_place *place,
                                  const struct log *log, struct errbuf *eb);

#endif
