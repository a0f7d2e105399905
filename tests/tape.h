/* tape.h - layers in double that remember how they were called.
 *
 * A model is written as its formula: each call computes one layer by its plain twin
 * (num/layers_ref.h) and notes itself on the tape; tape_backward walks back over the
 * notes and brings the gradient to every array, parameters among them.  An array that
 * was read twice gets both gradients.
 *
 * The tape also hashes on which side of their kinks the values lie: the signs before a
 * ReLU, the supports of the masks.  Between two calls with the same hash the model was
 * a smooth function.
 *
 * Letters: B cells, H values of a cell; arrays are row-major without padding.
 *
 * Threads: one thread per object.
 * Errors:  none; shapes are asserted. */
#ifndef TESTS_TAPE_H
#define TESTS_TAPE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "num/entmax.h"

/* Values and the gradient that has come back to them so far. */
struct tape_array {
    size_t rows, cols;
    double *x, *dx; /* (rows, cols); parameters: the caller's, others: the tape's */
};

/* A BatchNorm: weight, bias, running mean and variance, all (H). */
struct tape_norm {
    struct tape_array *weight, *bias, *mean, *var;
    size_t chunk; /* cells of a ghost batch; 0: by the running statistics */
    double momentum;
};

struct tape_layer;

/* `struct tape t = {0}` is empty. */
struct tape {
    struct arena arena;
    struct tape_layer *last; /* in the arena */
    uint64_t kinks;
};
void tape_release(struct tape *t);

/* An array of zeros; arrays that functions return are the tape's likewise. */
struct tape_array *tape_array(struct tape *t, size_t rows, size_t cols);

/* a W^T + bias; bias may be NULL. */
struct tape_array *tape_affine(struct tape *t, struct tape_array *a,
                               struct tape_array *w, struct tape_array *bias);
struct tape_array *tape_batchnorm(struct tape *t, struct tape_array *a,
                                  const struct tape_norm *norm);
struct tape_array *tape_silu(struct tape *t, struct tape_array *a);
struct tape_array *tape_glu(struct tape *t, struct tape_array *a);
struct tape_array *tape_relu(struct tape *t, struct tape_array *a);

/* (a + b) sqrt(1/2), a + b, a b: of one shape. */
struct tape_array *tape_residual(struct tape *t, struct tape_array *a,
                                 struct tape_array *b);
struct tape_array *tape_sum(struct tape *t, struct tape_array *a, struct tape_array *b);
struct tape_array *tape_product(struct tape *t, struct tape_array *a,
                                struct tape_array *b);

/* Columns [from, from + n) of a. */
struct tape_array *tape_columns(struct tape *t, struct tape_array *a, size_t from,
                                size_t n);

/* Each row of a through entmax-1.5 or sparsemax. */
struct tape_array *tape_mask(struct tape *t, struct tape_array *a,
                             enum entmax_kind kind);

/* prior (gamma - mask) */
struct tape_array *tape_prior(struct tape *t, struct tape_array *prior,
                              struct tape_array *mask, double gamma);

/* Returns factor times the mean over cells of sum m log(m + eps): a term of the loss. */
double tape_sparsity(struct tape *t, struct tape_array *mask, double eps,
                     double factor);

/* Add to every dx the gradient for those dx that the caller has set. */
void tape_backward(struct tape *t);

#endif
