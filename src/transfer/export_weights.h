/* export_weights.h - the parameters of a checkpoint as .safetensors.
 *
 * Tensors have the names and shapes of the published implementation's state_dict
 * ("classifier." and the module's own), genes and classes in the run's order; weights that
 * several layers of TabNet share stand once, under their first name.  The header says the
 * run's uuid, model and hyperparameters that shape it, checkpoint, sha256 of the values and of the lists of
 * genes and labels (each name followed by a newline) and the ontology's version.
 *
 * Threads: owner thread only.
 * Errors:  ERR_FORMAT (the checkpoint is not whole), ERR_NOMEM; those of out_file.h and
 *          of the store.
 * Tests:   tests/test_export_tree.sh, tests/check_export.py */
#ifndef TRANSFER_EXPORT_WEIGHTS_H
#define TRANSFER_EXPORT_WEIGHTS_H

#include <stdint.h>

#include "base/err.h"
#include "transfer/export_run.h"

struct export_checkpoint {
    const char *kind; /* "best", "last" */
    int64_t epoch, step;
    double score; /* NaN: none */
};

MUST_CHECK enum err export_weights(const struct export_run *r,
                                   const struct export_checkpoint *cp, const char *path,
                                   struct errbuf *eb);

#endif
