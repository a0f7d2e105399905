/* paired.h - statistics of n paired values: pure functions.
 *
 * Letters: n pairs, d differences (second - first), m tests of a family.
 *
 * Threads: any thread.
 * Errors:  none; what cannot be computed is NaN. */
#ifndef STAT_PAIRED_H
#define STAT_PAIRED_H

#include <stddef.h>

enum {
    PAIRED_EXACT = 20,     /* pairs up to which sign flips are enumerated */
    PAIRED_FLIPS = 1000000 /* random flips beyond */
};

struct paired {
    size_t n;
    double a_mean, a_sd, b_mean, b_sd; /* NaN for n = 0; sd NaN for n < 2 */
    double d_mean, d_sd;               /* likewise */
    double ci_low, ci_high;            /* 95 % t-interval of d_mean */
    double t, p;                       /* paired t-test, two-sided */
    double p_flip, p_flip_min;         /* see paired_flip_p */
    size_t wins, ties, losses;         /* pairs with d > 0, = 0, < 0 */
    const char *why; /* "" or why t, p and the interval are NaN: "n=0", "n=1",
                        "no spread" */
};

/* Everything about pairs (a[i], b[i]), i < n, all finite; d = b - a.  Differences that
 * differ by rounding only have no spread.  Tests: test_stat.c. */
struct paired paired_compare(const double *a, const double *b, size_t n);

/* The same without the flips, whose number grows with n: p_flip is NaN. */
struct paired paired_summary(const double *a, const double *b, size_t n);

/* Arithmetic mean of x (n); NaN for n = 0. */
double paired_mean(const double *x, size_t n);

/* Standard deviation of x (n) with divisor n - 1, two-pass; NaN for n < 2. */
double paired_sd(const double *x, size_t n);

/* Two-sided p of the sign-flip test: the share of the 2^n ways to flip signs of d
 * whose |sum| reaches that of d (equal up to rounding counts).  Exact for
 * n <= PAIRED_EXACT.  Beyond, (1 + hits) / (1 + PAIRED_FLIPS) over flips drawn from a
 * fixed stream, the same in every call.  NaN for n = 0. */
double paired_flip_p(const double *d, size_t n);

/* The smallest value paired_flip_p can give for n pairs: 2 / 2^n, and
 * 1 / (1 + PAIRED_FLIPS) where flips are drawn; NaN for n = 0. */
double paired_flip_p_min(size_t n);

/* out[i] = Holm's adjustment of p[i] over the entries that are not NaN (NaN stays);
 * at most 1, in the order of p.  out may be p.  Returns m, the size of the family.
 * Source: Holm 1979, Scand. J. Statist. 6. */
size_t paired_holm(double *out, const double *p, size_t n);

#endif
