/* hot.h - the dense block of often detected genes of a batch.
 *
 * Matrix units multiply a dense block of genes that a fifth of the cells detect faster than
 * vector units its non-zeros.  Where a path has such units (struct hot_ops), the genes
 * 0 .. H-1 of a batch stand here, dense, and sparse_forward and sparse_gradient take them
 * from here.
 *
 * Letters: B cells, H genes of the block, N outputs, ld = N padded.
 *
 * Threads: one thread per object, but for tasks on disjoint cells or genes.
 * Errors:  ERR_NOMEM names what.
 * Tests:   tests/test_kernels.c */
#ifndef NUM_HOT_H
#define NUM_HOT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/pool.h"
#include "num/kernels.h"

struct hot_block {
    const struct hot_ops *ops;  /* borrowed */
    struct hot_args args;       /* of the batch */
    float *x;                   /* (H / HOT_GENES, B_max, HOT_GENES) owned, or NULL */
    uint8_t *code;              /* the same for coded cells, or NULL */
    uint16_t *part;             /* (B_max, 3, HOT_CODES) owned, or NULL */
    uint16_t *w_part, *dz_part; /* owned; see struct hot_args */
    struct hot_work *work;      /* (n_threads) owned */
    size_t n_threads, ld_max;
};

/* Room for batches of up to B_max cells with up to N outputs: without cells yet.
 * Precondition: k->hot and tiles->hot are set. */
MUST_CHECK enum err hot_init(struct hot_block *h, const struct kernels *k,
                             const struct sparse_tiles *tiles, size_t B_max, size_t N,
                             size_t n_threads, struct errbuf *eb);
void hot_release(struct hot_block *h);

/* Bytes of it, with cells that are not coded. */
uint64_t hot_bytes(const struct sparse_tiles *tiles, size_t B_max, size_t N,
                   size_t n_threads);

/* Room for cells, unless it is there: coded ones with at most HOT_CODES - 1 values each,
 * or any. */
MUST_CHECK enum err hot_expect(struct hot_block *h, size_t B_max, bool coded,
                               struct errbuf *eb);

/* Start a batch of B cells: coded ones whose longest dictionary has n_dict values, if that
 * is less than HOT_CODES and there is room for them; else their values.  False if there is
 * no room for it. */
bool hot_begin(struct hot_block *h, size_t B, size_t n_dict);

/* Cell b = the first n non-zeros of a row. */
void hot_put(const struct hot_block *h, size_t b, const struct sparse_row *row,
             size_t n);

/* Non-zeros of a row that are genes of the block. */
size_t hot_count(const struct hot_block *h, const struct sparse_row *row);

/* Cell b = min(x + sign a, max) where that is positive; x and a, which are not coded, keep
 * the genes that the block does not have. */
void hot_shift(const struct hot_block *h, size_t b, struct sparse_row *x,
               struct sparse_row *a, float sign, float max);

/* What forward multiplies with; then z (B, ld) += for cells [b0, b1), a multiple of 16
 * but for the last. */
void hot_take_weights(struct pool *pool, const struct hot_block *h, const float *w,
                      size_t ld);
void hot_forward(const struct hot_block *h, size_t b0, size_t b1, size_t thread,
                 size_t ld, float *z);

/* What the gradient multiplies with; then task < hot_tasks: HOT_GENES rows of dw (., ld)
 * = or +=. */
void hot_take_gradients(struct pool *pool, const struct hot_block *h, const float *dz,
                        size_t ld);
size_t hot_tasks(const struct hot_block *h);
void hot_gradient(const struct hot_block *h, size_t task, size_t thread, size_t ld,
                  bool add, float *dw);

#endif
