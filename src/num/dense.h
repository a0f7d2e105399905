/* dense.h - affine layers on dense rows.
 *
 *   y = x W^T + bias,   dx = dy W,   dW = dy^T x,   dbias = column sums of dy
 *
 * Letters: B cells, K inputs, N outputs.  All matrices are float32 and row-major, rows
 * padded to whole vectors: x (B, kernels_pad(K)), y (B, kernels_pad(N)), W (N,
 * kernels_pad(K)) as PyTorch has it.  Padding of all must be 0 and stays so.
 *
 * Parallelism is ours: blocks of cells, or for dW of outputs and inputs; a sum runs in
 * order within one task.
 *
 * Threads: one thread per object; pool = NULL runs on the caller.
 * Errors:  none; shapes are preconditions. */
#ifndef NUM_DENSE_H
#define NUM_DENSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/pool.h"
#include "num/kernels.h"

struct dense {
    size_t B, K, N;
    const float *w;    /* (N, kernels_pad(K)) */
    const float *bias; /* (kernels_pad(N)), or NULL: none */
};

/* y (B, .) out.
 * Tests: test_layers (against ref_affine). */
void dense_forward(struct pool *pool, const struct kernels *k, const struct dense *d,
                   const float *x, float *y);

/* dx (B, .) out, or with `add` that much more. */
void dense_backward_input(struct pool *pool, const struct kernels *k,
                          const struct dense *d, const float *dy, bool add, float *dx);

/* dw (N, .) out, or with `add` that much more; dbias (kernels_pad(N)) out, or
 * NULL. */
void dense_backward_weight(struct pool *pool, const struct kernels *k,
                           const struct dense *d, const float *x, const float *dy,
                           bool add, float *dw, float *dbias);

#endif
