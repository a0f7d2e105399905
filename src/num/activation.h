/* activation.h - SiLU, GLU and dropout over the rows of a batch.
 *
 *   SiLU: y = x sigmoid(x)        GLU: y = x[0..H) sigmoid(x[H..2H))
 *   dropout: y = x keep, keep = 0 with probability p, else 1 / (1 - p)
 *
 * Letters: B cells, H values of a cell; rows are padded to whole vectors, the padding is
 * 0 and stays so.
 *
 * Threads: one thread per object; pool = NULL runs on the caller.
 * Errors:  none. */
#ifndef NUM_ACTIVATION_H
#define NUM_ACTIVATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "base/rng.h"
#include "num/kernels.h"

/* y (B, ld) = silu(x), x (B, ld); dy in-out: the gradient of y becomes that of x.
 * Tests: test_layers (against ref_silu). */
void silu_forward(struct pool *pool, const struct kernels *k, size_t B, size_t ld,
                  const float *x, float *y);
void silu_backward(struct pool *pool, const struct kernels *k, size_t B, size_t ld,
                   const float *x, float *dy);

/* y (B, kernels_pad(H)) = glu(x), x (B, kernels_pad(2H)); dx (B, kernels_pad(2H)) out.
 * Tests: test_layers (against ref_glu). */
void glu_forward(struct pool *pool, const struct kernels *k, size_t B, size_t H,
                 const float *x, float *y);
void glu_backward(struct pool *pool, const struct kernels *k, size_t B, size_t H,
                  const float *x, const float *dy, float *dx);

/* keep (B, kernels_pad(H)) out: factors drawn from r for cells cell[0..B), so that they
 * depend on the cell and not on its place in the batch; x in-out.  0 < p < 1.
 * Tests: test_layers. */
void dropout_forward(struct pool *pool, const struct rng *r, const uint32_t *cell,
                     size_t B, size_t H, double p, float *keep, float *x);

/* dx in-out = dx keep. */
void dropout_backward(struct pool *pool, size_t B, size_t H, const float *keep,
                      float *dx);

#endif
