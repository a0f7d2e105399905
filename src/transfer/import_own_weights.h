/* import_own_weights.h - the weights in the folder of a run that export wrote.
 *
 * Genes and classes are those of the folder (import_classes_read), kind, epoch and score
 * those that the files say: checkpoints are in the store as they were where they came
 * from.
 *
 * Threads: owner thread only.
 * Errors:  those of the store; a file that cannot be read is a row of the report.
 * Tests:   tests/test_export_back.sh */
#ifndef TRANSFER_IMPORT_OWN_WEIGHTS_H
#define TRANSFER_IMPORT_OWN_WEIGHTS_H

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"
#include "transfer/import_classes.h"
#include "transfer/import_report.h"

/* Store the checkpoints/NAME.safetensors below `folder` that the run does not have;
 * *n = how many these were. */
MUST_CHECK enum err import_own_weights(struct store *s, int64_t run_id,
                                       const char *folder,
                                       const struct import_classes *classes, size_t *n,
                                       struct import_report *report, struct errbuf *eb);

#endif
