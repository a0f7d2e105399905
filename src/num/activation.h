/* activation.h - GLU over the rows of a batch: y = x[0..H) sigmoid(x[H..2H)).
 *
 * Letters: B cells, H values of a cell; rows are padded to whole vectors, the padding is
 * 0 and stays so.
 *
 * Threads: one thread per object; pool = NULL runs on the caller.
 * Errors:  none. */
#ifndef NUM_ACTIVATION_H
#define NUM_ACTIVATION_H

#include <stddef.h>

#include "base/pool.h"
#include "num/kernels.h"

/* y (B, kernels_pad(H)) = glu(x), or with below (B, kernels_pad(H), or NULL)
 * (below + glu(x)) sqrt(1/2); x (B, kernels_pad(2H)).
 * Tests: test_layers (against ref_glu). */
void glu_forward(struct pool *pool, const struct kernels *k, size_t B, size_t H,
                 const float *x, const float *below, float *y);

/* dy (B, kernels_pad(H)) in-out: times scale; dx (B, kernels_pad(2H)) out: the gradient
 * for the scaled dy of glu(x).
 * Tests: test_layers (against ref_glu_backward). */
void glu_backward(struct pool *pool, const struct kernels *k, size_t B, size_t H,
                  const float *x, float scale, float *dy, float *dx);

#endif
