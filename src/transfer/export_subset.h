/* export_subset.h - the 80 of the 164 published types that the published study's held-out
 * cells have.
 *
 * Threads: owner thread only.
 * Errors:  those of the store.
 * Tests:   tests/test_export_tree.sh, tests/test_exchange_write.c */
#ifndef TRANSFER_EXPORT_SUBSET_H
#define TRANSFER_EXPORT_SUBSET_H

#include <stdbool.h>

#include "base/err.h"
#include "exchange/report_csv.h"
#include "transfer/export_run.h"
#include "transfer/export_scores.h"

enum { EXPORT_SUBSET_OF = 164 };

/* Whether the run's classes are the 164 published types, in their order. */
bool export_subset_fits(const struct export_run *r);

/* Set c[i].predicted of every class of the run (r->label.n): from the counts of the
 * evaluation's confusions, corrected where the rule says so; where it has none from
 * precision, recall and support, NaN where these do not tell. */
MUST_CHECK enum err export_subset_count(const struct export_run *r,
                                        const struct export_evaluation *ev,
                                        struct report_class *c, struct errbuf *eb);

/* Averages over the 80 of the 164 classes c. */
void export_subset_average(const struct report_class c[EXPORT_SUBSET_OF],
                           struct report_averages *out);

#endif
