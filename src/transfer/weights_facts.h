/* weights_facts.h - which training a checkpoint is of: loss, seed, epoch, score.
 *
 * Asked in this order: what people say, Lightning's dictionary or the metadata of
 * safetensors, the file's name (val_f1_macro_epoch=X_val_f1_macro=Y.ckpt), and the
 * folders above it (MODEL[_hierarchical_loss]/default/version_N).
 *
 * Threads: any thread.
 * Errors:  ERR_ARG: people say a loss that is none.
 * Tests:   tests/test_torch_model.c */
#ifndef TRANSFER_WEIGHTS_FACTS_H
#define TRANSFER_WEIGHTS_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "exchange/tensor_file.h"
#include "spec/spec.h"
#include "transfer/import_report.h"

struct weights_facts {
    enum loss_id loss;
    int64_t seed;
    bool knows_loss, knows_seed; /* false: the first of the losses, 0 */
    int64_t epoch;               /* from 0; 0 where it is not known */
    int64_t step;                /* optimiser steps done; 0 where it is not known */
    double score;                /* val_f1_macro; NaN: not known */
};

MUST_CHECK enum err weights_facts_find(struct weights_facts *x,
                                       const struct tensor_file *f,
                                       const struct import_wish *wish,
                                       struct errbuf *eb);

/* Files that export wrote say which genes and classes they are for: the sha256 of their
 * names, each with a newline.  ERR_CONFLICT if the file says another one under `key`;
 * what: "genes", "classes". */
MUST_CHECK enum err weights_facts_check(const struct tensor_file *f, const char *key,
                                        const char *what, const struct strlist *names,
                                        struct errbuf *eb);

/* epoch and score of a file's name; left as they are where it does not say them. */
void weights_facts_of_name(const char *path, int64_t *epoch, double *score);

#endif
