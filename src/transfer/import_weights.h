/* import_weights.h - a checkpoint of PyTorch or a safetensors file into the store.
 *
 * The file becomes the best checkpoint of a run: of one of its own (state succeeded,
 * origin imported), or of one that was imported before.  The run can be scored and can
 * label cells as if it had been trained here.  A run is what its weights, genes and classes
 * are: importing the file again finds it.  A file that was found beside the results of an
 * imported run gives its weights to that run.
 *
 * Where the classes of the file do not come in bytewise order, rows of the last layer are
 * put into it, as everywhere in the store.
 *
 * Threads: owner thread only.
 * Errors:  those of torch_model.h, model_axes.h and the store; ERR_ARG names the option
 *          that is missing.
 * Tests:   tests/test_import_weights.sh, tests/check_torch_models.py */
#ifndef TRANSFER_IMPORT_WEIGHTS_H
#define TRANSFER_IMPORT_WEIGHTS_H

#include "base/err.h"
#include "store/store.h"
#include "transfer/import_report.h"

MUST_CHECK enum err import_weights(struct store *s, const char *path,
                                   const struct import_wish *wish,
                                   struct import_report *report, struct errbuf *eb);

/* import_wish.take_checkpoint: the weights of a file for a run that was imported.  A file
 * that cannot be read is a row of the report. */
MUST_CHECK enum err import_weights_take(struct store *s, int64_t run_id,
                                        const char *path,
                                        const struct import_wish *wish,
                                        struct import_report *report,
                                        struct errbuf *eb);

#endif
