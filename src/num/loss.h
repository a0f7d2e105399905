/* loss.h - cross-entropy and hierarchical cross-entropy of a batch.
 *
 *   CE:   l = -log p_y                 dz_j = p_j - [j = y]
 *   HCE:  q = sum_j R[y][j] p_j, l = -log(q + 1e-6)
 *                                      dz_j = -p_j (R[y][j] - q) / (q + 1e-6)
 *
 * Batch loss: sum_b w_y l_b / sum_b w_y.  Only row y of R is needed.
 * Source: DESIGN section 2; doi 10.1038/s43588-025-00945-z.
 *
 * Threads: one thread per object; pool = NULL runs on the caller.
 * Errors:  none; shapes are preconditions. */
#ifndef NUM_LOSS_H
#define NUM_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "num/kernels.h"

enum loss_kind { LOSS_KIND_CE, LOSS_KIND_HCE };

/* Loss, gradient and arg max of each cell; a is described in kernels.h.  Sets
 * a->weight_sum.  Returns the batch loss, summed in double in order of cells (not
 * finite if any cell's is not).
 * Tests: test_loss (against loss_batch_ref, finite differences), test_golden. */
double loss_batch(struct pool *pool, const struct kernels *k, enum loss_kind kind,
                  struct loss_args *a);

/* p (B, ld) = softmax of z (B, ld), predicted (B) its arg max; p may be z. */
void loss_softmax(struct pool *pool, const struct kernels *k, float *z, size_t B,
                  size_t C, size_t ld, float *p, int32_t *predicted);

/* The same in double by plain loops: logits z (B, C), targets y as given, R (C, C),
 * weight (C) or NULL, gradient dz (B, C) out.  Returns the batch loss. */
double loss_batch_ref(enum loss_kind kind, const double *z, const int32_t *y,
                      const float *R, const float *weight, size_t B, size_t C,
                      double *dz);

#endif
