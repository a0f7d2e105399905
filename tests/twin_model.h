/* twin_model.h - whole models in double: what the engine's float32 ones compute.
 *
 * A twin takes shapes, names and values from an engine's model and nothing else: no
 * folding, no sparse cells, no padding.  Dropout is off and cells are not augmented.
 *
 * Letters: B cells of a batch, D genes, C classes.
 *
 * Threads: one thread per object.
 * Errors:  none; a name that the model lacks fails the test. */
#ifndef TESTS_TWIN_MODEL_H
#define TESTS_TWIN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/model.h"
#include "num/loss.h"
#include "tests/tape.h"

struct twin_batch {
    size_t B;
    const double *x;  /* (B, D) */
    const int32_t *y; /* (B) */
    enum loss_kind loss;
    const float *R;      /* (C, C) */
    const float *weight; /* (C) class weights, or NULL */
};

struct twin {
    const struct model *model; /* borrowed */
    struct tape_array *param;  /* (n_params) owned; as model->param, PyTorch's layout;
                                  dx is the gradient, of statistics 0 */
    size_t B;
    const double *z;         /* (B, C) logits, borrowed until the next forward */
    double loss, extra_loss; /* of the batch; what the model adds to it */
    struct tape tape;
};

/* Values are those of m, an MLP or a TabNet. */
void twin_init(struct twin *t, const struct model *m);
void twin_release(struct twin *t);

/* z, loss and extra_loss.  With training BatchNorms take the batch's statistics and move
 * the running ones in param.
 * Tests: test_twins (finite differences). */
void twin_forward(struct twin *t, const struct twin_batch *b, bool training);

/* The same, and in param[].dx the gradient of loss + extra_loss. */
void twin_step(struct twin *t, const struct twin_batch *b);

#endif
