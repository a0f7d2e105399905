/* sparse.h - the first layer on sparse cells: z = x W^T + bias and its gradient.
 *
 * W is stored gene-major, (D, ld): the weights of one gene lie together, so that a
 * non-zero costs one row of W and nothing is densified.  Genes are cut into tiles
 * whose weights fit the second-level cache.
 *
 * Letters: B cells, D genes, N outputs, ld = kernels_pad(N).
 *
 * Parallelism is ours: forward over blocks of cells, gradient over tiles of genes.
 * Every output is summed by one task in a fixed order (genes ascending, cells
 * ascending), so that the bits depend on neither threads nor tiles.
 *
 * Threads: one thread per object; pool = NULL runs on the caller.
 * Errors:  none; shapes are preconditions. */
#ifndef NUM_SPARSE_H
#define NUM_SPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "num/kernels.h"

/* Genes per tile and number of tiles for D genes with N outputs. */
size_t sparse_tile_genes(size_t D, size_t N);
size_t sparse_tiles(size_t D, size_t N);

/* Fill tile_start (B, n_tiles + 1) of x: positions in each row where a tile begins,
 * the row's length last.  x->row, B, D, tile_genes and n_tiles are set; tile_start is
 * the array that x->tile_start points to. */
void sparse_tile(struct pool *pool, const struct sparse_batch *x, uint32_t *tile_start);

/* z (B, ld) = x W^T + bias; W (D, ld), bias (ld).
 * Tests: test_kernels (against sparse_forward_ref). */
void sparse_forward(struct pool *pool, const struct kernels *k,
                    const struct sparse_batch *x, const float *w, const float *bias,
                    size_t ld, float *z);

/* dw (D, ld) = x^T dz, or with `add` that much more; dbias (ld) = column sums of dz, or
 * NULL; dz (B, ld).
 * Tests: test_kernels (against sparse_gradient_ref). */
void sparse_gradient(struct pool *pool, const struct kernels *k,
                     const struct sparse_batch *x, const float *dz, size_t ld, bool add,
                     float *dw, float *dbias);

/* The same by plain loops with sums in double: their meaning, used by tests. */
void sparse_forward_ref(const struct sparse_batch *x, const float *w, const float *bias,
                        size_t ld, float *z);
void sparse_gradient_ref(const struct sparse_batch *x, const float *dz, size_t ld,
                         float *dw, float *dbias);

#endif
