/* learner.h - model, loss and optimiser as one thing that takes batches.
 *
 * Letters: B cells of a batch, D genes, C classes.
 *
 * Threads: one thread per object.
 * Errors:  ERR_NOMEM names the sizes. */
#ifndef ENGINE_LEARNER_H
#define ENGINE_LEARNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "data/dataset.h"
#include "engine/model.h"
#include "engine/pass.h"
#include "num/loss.h"
#include "num/optim.h"

struct learner_config {
    struct model_config model;
    enum loss_kind loss;
    const float *R;      /* (C, C) borrowed for the call */
    const float *weight; /* (C) class weights, borrowed for the call; NULL: all 1 */
    double learning_rate, weight_decay;
    double clip;   /* 0: none */
    uint64_t seed; /* of dropout and augmentation; parameters are set by init */
    size_t B_max;  /* largest batch */

    const struct csr *x; /* all that is trained on and validated with, borrowed for the
                            call; NULL: it is not coded */

    const struct augment *augment; /* of training cells; borrowed; NULL: none */
    size_t longest; /* values of the longest training cell; with augment only */
};

struct learner {
    struct model *model; /* owned */
    struct pass pass;
    struct optim optim;
    enum loss_kind loss;
    float *R;           /* (C, ld) owned, padded */
    float *weight;      /* (C) owned, or NULL */
    float *grad;        /* (n_trained) owned; of the last step */
    float *m, *v;       /* (n_trained) owned; the optimiser's moments */
    double *norm_block; /* owned */
};

/* pool is borrowed and may be NULL.  Parameters are 0 until model->ops->init or
 * model_import. */
MUST_CHECK enum err learner_init(struct learner *l, const struct learner_config *config,
                                 struct pool *pool, const struct kernels *k,
                                 struct errbuf *eb);
void learner_release(struct learner *l);

/* What a batch gave. */
struct learner_result {
    double loss;      /* weighted mean over the batch, and the model's extra loss */
    double grad_norm; /* before clipping */
};

/* One optimiser step on these cells with classes y_all[cell]; lr per step.  Predictions
 * are in l->pass.predicted.  False if loss or gradient is not finite: then no parameter
 * has changed. */
bool learner_step(struct learner *l, const struct row_batch *cells,
                  const int32_t *y_all, int64_t epoch, double lr,
                  struct learner_result *result);

/* *loss = mean over n cells, unweighted, on hierarchy-corrected targets, without training;
 * predicted (n) out. */
MUST_CHECK enum err learner_validate(struct learner *l, const struct dataset *ds,
                                     const int32_t *y_all, const uint32_t *cell,
                                     size_t n, int32_t *predicted, double *loss,
                                     struct errbuf *eb);

#endif
