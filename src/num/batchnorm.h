/* batchnorm.h - BatchNorm, also over ghost batches.
 *
 *   y = (x - mean) / sqrt(var + eps) weight + bias
 *
 * In training mean and (biased) variance are those of a chunk of cells, and the running
 * statistics move chunk by chunk: r += momentum (s - r), with the unbiased variance; in
 * evaluation the running statistics take their place.  The arguments are described in
 * kernels.h.
 *
 * Source: Ioffe & Szegedy, arXiv 1502.03167; ghost batches: Hoffer et al., arXiv
 * 1705.08741, cut as DESIGN section 2 says.
 *
 * Letters: B cells, ld columns, padded.
 *
 * Threads: one thread per object; pool = NULL runs on the caller.
 * Errors:  none; shapes are preconditions: at least 2 cells in every chunk. */
#ifndef NUM_BATCHNORM_H
#define NUM_BATCHNORM_H

#include <stddef.h>

#include "base/pool.h"
#include "num/kernels.h"

/* Cells per chunk for B cells and ghost batches of v: B is cut into max(B div v, 1)
 * chunks of equal size, the last may be shorter. */
size_t batchnorm_chunk(size_t B, size_t v);

/* Chunks of that size, and the cells of the last one. */
size_t batchnorm_chunks(size_t B, size_t chunk);
size_t batchnorm_last_chunk(size_t B, size_t chunk);

/* Statistics only: mean, rstd and the running ones. */
void batchnorm_stats(struct pool *pool, const struct kernels *k,
                     const struct batchnorm_args *a);

/* Statistics and y.
 * Tests: test_layers (against ref_batchnorm). */
void batchnorm_train(struct pool *pool, const struct kernels *k,
                     const struct batchnorm_args *a);

/* y by the running statistics; mean and rstd (ld) are set to them. */
void batchnorm_eval(struct pool *pool, const struct kernels *k,
                    struct batchnorm_args *a);

/* mean and rstd (ld) from the running statistics. */
void batchnorm_use_running(const struct batchnorm_args *a);

/* dx, dweight, dbias for dy, after batchnorm_train with the same arguments.
 * Tests: test_layers (against ref_batchnorm_backward). */
void batchnorm_backward(struct pool *pool, const struct kernels *k,
                        const struct batchnorm_args *a);

#endif
