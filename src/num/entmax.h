/* entmax.h - maps from a row of scores to a sparse point of the simplex.
 *
 *   entmax-1.5:  p_i = max((z_i - max z) / 2 - t, 0)^2      sum p = 1
 *   sparsemax:   p_i = max( z_i - max z      - t, 0)
 *
 * The threshold of some of the scores is a lower bound for that of all, whatever the
 * others are: as a score, max z + 2 t (sparsemax: max z + t) only rises with each.  So the
 * row is sifted in one pass, by a bound that is made better now and then, and the
 * threshold is solved exactly among the few scores that are left, in double.
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

/* A row whose scores come piece by piece; what of them may be in the support is kept in
 * the arrays index and p that all calls are given, ascending. */
struct entmax_sift {
    enum entmax_kind kind;
    size_t n;    /* kept */
    size_t full; /* more than these are cut by a better bound */
    float max;   /* of the scores; NaN if one of them is */
    float bound; /* scores at or below it are not in the support */
};

void entmax_sift_init(struct entmax_sift *s, enum entmax_kind kind);

/* The next n scores z, which begin at entry `first` of the row; z aligned to a vector,
 * index, p and work (scratch) as long as the row up to their end. */
void entmax_sift_add(struct entmax_sift *s, const struct kernels *k, const float *z,
                     size_t n, size_t first, double *work, uint16_t *index, float *p);

/* Solve the row: index and p become the support and its values; *threshold (may be NULL)
 * = t.  Returns the size of the support. */
size_t entmax_sift_solve(const struct entmax_sift *s, double *work, uint16_t *index,
                         float *p, double *threshold);

/* The same for a whole row z (n), 0 < n <= 65535; work, index and p (n).
 * Tests: test_masks (against ref_entmax15, ref_sparsemax). */
size_t entmax_row(const struct kernels *k, enum entmax_kind kind, const float *z,
                  size_t n, double *work, uint16_t *index, float *p,
                  double *threshold);

/* dz (n) = gradient of the scores for dp (n), all on the support of n entries with
 * values p; outside it the gradient is 0.  dz may be dp.
 * Tests: test_masks (against ref_entmax15_backward, ref_sparsemax_backward). */
void entmax_row_backward(enum entmax_kind kind, const float *p, const float *dp,
                         size_t n, float *dz);

#endif
