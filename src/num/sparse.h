/* sparse.h - the first layer on sparse cells: z = x W^T + bias and its gradient.
 *
 * W is stored gene-major, (D, ld): the weights of one gene lie together, so that a
 * non-zero costs one row of W and nothing is densified.
 *
 * Forward goes through tiles of genes: where genes are detected often, few of them, whose
 * weights stay in the first-level cache; where seldom, so many that a cell has some
 * non-zeros in the tile.  The gradient turns blocks of cells into a list for each gene and
 * sums along it in registers: rows of dz are only read, while adding to rows of dW,
 * non-zero by non-zero, would read and write them.
 *
 * Letters: B cells, D genes, N outputs, ld = kernels_pad(N).
 *
 * Parallelism is ours: forward over blocks of cells, gradient over tiles of genes.
 * Every output is summed by one task in a fixed order (genes ascending, cells
 * ascending), so that the bits depend on neither threads nor tiles.
 *
 * Threads: one thread per object; pool = NULL runs on the caller.
 * Errors:  ERR_NOMEM of working memory; else none: shapes are preconditions. */
#ifndef NUM_SPARSE_H
#define NUM_SPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "num/hot.h"
#include "num/kernels.h"

/* Cut D genes for N outputs into tiles and groups, by how often each is detected:
 * rate (D) descending shares of the cells, or NULL: about a tenth throughout.  What is
 * cut depends on these only.  Release with sparse_tiles_release. */
void sparse_tiles_init(struct sparse_tiles *tiles, size_t D, size_t N,
                       const float *rate);
void sparse_tiles_release(struct sparse_tiles *tiles);

/* Fill tile_start (B, n + 1) of x from tile t0: positions in each row where a tile
 * begins, the row's length last.  x->row, B, D and tiles are set; tile_start is the array
 * that x->tile_start points to. */
void sparse_tile(struct pool *pool, const struct kernels *k,
                 const struct sparse_batch *x, size_t t0, uint32_t *tile_start);

/* Room for batches of up to B_max cells and `room` non-zeros. */
MUST_CHECK enum err sparse_packed_init(struct sparse_packed *p,
                                       const struct sparse_tiles *tiles, size_t B_max,
                                       size_t room, struct errbuf *eb);
void sparse_packed_release(struct sparse_packed *p);

/* Copy a block of PACK_CELLS cells, whose tile_start is filled, into p from place
 * p->from[block] on: the genes of the tiles from t0.  When all blocks are there, x may use
 * p. */
void sparse_pack_block(const struct kernels *k, const struct sparse_batch *x,
                       size_t block, size_t t0, struct sparse_packed *p);
size_t sparse_blocks(size_t B);

/* All of a batch, without the genes of x->hot, and let x use p. */
void sparse_pack(const struct kernels *k, struct sparse_batch *x,
                 struct sparse_packed *p);

/* Working memory of gradients on these tiles by a pool of n_threads. */
struct sparse_work {
    struct sparse_lists *lists; /* (n_threads) owned */
    size_t n_threads;
};
MUST_CHECK enum err sparse_work_init(struct sparse_work *work,
                                     const struct sparse_tiles *tiles, size_t n_threads,
                                     struct errbuf *eb);
void sparse_work_release(struct sparse_work *work);

/* Bytes of it. */
uint64_t sparse_work_bytes(const struct sparse_tiles *tiles, size_t n_threads);

/* z (B, ld) = x W^T + bias; W (D, ld), bias (ld).
 * Tests: test_kernels (against sparse_forward_ref). */
void sparse_forward(struct pool *pool, const struct kernels *k,
                    const struct sparse_batch *x, const float *w, const float *bias,
                    size_t ld, float *z);

/* dw (D, ld) = x^T dz, or with `add` that much more; dbias (ld) = column sums of dz, or
 * NULL; dz (B, ld).  work: for these tiles and this pool.  squares (sparse_parts), or
 * NULL: sums of squares of dw, part by part.
 * Tests: test_kernels (against sparse_gradient_ref). */
void sparse_gradient(struct pool *pool, const struct kernels *k,
                     const struct sparse_batch *x, const struct sparse_work *work,
                     const float *dz, size_t ld, bool add, float *dw, float *dbias,
                     double *squares);

/* Parts of the genes whose squares are summed one by one; at most what the tiles allow. */
size_t sparse_parts(const struct sparse_batch *x);
size_t sparse_parts_max(const struct sparse_tiles *tiles);

/* The same by plain loops with sums in double: their meaning, used by tests. */
void sparse_forward_ref(const struct sparse_batch *x, const float *w, const float *bias,
                        size_t ld, float *z);
void sparse_gradient_ref(const struct sparse_batch *x, const float *dz, size_t ld,
                         float *dw, float *dbias);

#endif
