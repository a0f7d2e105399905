/* entmax.h - maps from a row of scores to a sparse point of the simplex.
 *
 *   entmax-1.5:  p_i = max((z_i - max z) / 2 - t, 0)^2      sum p = 1
 *   sparsemax:   p_i = max( z_i - max z      - t, 0)
 *
 * The threshold t is in [-1, 0): an entry that lies 2 (sparsemax: 1) or more below the
 * largest cannot be in the support.  So one pass finds the maximum, one collects the few
 * candidates, and the threshold is solved exactly among these, in double.
 *
 * Source: Peters, Niculae & Martins 2019, arXiv 1905.05702; Martins & Astudillo 2016,
 * arXiv 1602.02068.
 *
 * Threads: any thread, on disjoint rows.
 * Errors:  none; a row with a NaN gives one entry that is NaN. */
#ifndef NUM_ENTMAX_H
#define NUM_ENTMAX_H

#include <stddef.h>
#include <stdint.h>

#include "num/kernels.h"

enum entmax_kind { ENTMAX_15, ENTMAX_SPARSEMAX };

/* Scores at or below this cannot be in the support of a row whose largest score is at
 * least max. */
float entmax_bound(enum entmax_kind kind, float max);

/* Solve a row of which only the n candidates (all scores above the bound of its largest
 * score max, perhaps more) are given: index (n) and p (n) in-out, ascending; p holds the
 * scores and then the values, both cut to the support.  work (n) scratch; *threshold (may
 * be NULL) = t.  Returns the size of the support; a row without candidates has a NaN. */
size_t entmax_solve(enum entmax_kind kind, float max, double *work, uint16_t *index,
                    float *p, size_t n, double *threshold);

/* The same for a whole row z (kernels_pad(n)), n <= 65535; its padding is overwritten.
 * work, index and p (n).
 * Tests: test_masks (against ref_entmax15, ref_sparsemax). */
size_t entmax_row(const struct kernels *k, enum entmax_kind kind, float *z, size_t n,
                  double *work, uint16_t *index, float *p, double *threshold);

/* dz (n) = gradient of the scores for dp (n), all on the support of n entries with
 * values p; outside it the gradient is 0.  dz may be dp.
 * Tests: test_masks (against ref_entmax15_backward, ref_sparsemax_backward). */
void entmax_row_backward(enum entmax_kind kind, const float *p, const float *dp,
                         size_t n, float *dz);

#endif
