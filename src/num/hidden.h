/* hidden.h - a hidden layer behind its affine part, forward and backward in one go each:
 *
 *   h = dropout(silu(batchnorm(x))),   silu(y) = y sigmoid(y)
 *
 * dropout: 0 with probability p, else 1 / (1 - p).  Its numbers depend on the cell and
 * not on its place in the batch: value j of cell[b] uses word j % 4 of block
 * cell[b] ceil(H / 4) + j / 4 of the stream, and stays if that is p 2^32 or more.
 * Backward makes batchnorm's output and silu anew from x: that takes less than keeping
 * them.  The arguments are described in kernels.h; padding is 0 and stays so.
 *
 * Letters: B cells, H values of a cell, ld = kernels_pad(H).
 *
 * Threads: one thread per object; pool = NULL runs on the caller.
 * Errors:  none; shapes are preconditions: at least 2 cells in training. */
#ifndef NUM_HIDDEN_H
#define NUM_HIDDEN_H

#include <stdbool.h>

#include "base/pool.h"
#include "num/kernels.h"

/* h, and in training the statistics of bn; in evaluation the running ones stand for them
 * and nothing is dropped.
 * Tests: test_layers (against ref_batchnorm, ref_silu, ref_dropout). */
void hidden_forward(struct pool *pool, const struct kernels *k, bool training,
                    struct hidden_args *a);

/* bn.dx, dweight and dbias for bn.dy, the gradient of h, after hidden_forward in training
 * with the same arguments; dx may be dy. */
void hidden_backward(struct pool *pool, const struct kernels *k,
                     const struct hidden_args *a);

#endif
