/* compare.h - paired statistics of CE against HCE over the labels of a facet.
 *
 * Seeds are the replicates.  Rows are added one pair at a time (the signature of
 * compare_add is that of the store's callback, so that neither knows the other).
 *
 * A pair with a side that is not finite (the label had no cells in one of the two, or the
 * value is missing) enters no statistic: its seed is listed in `dropped`.
 *
 * Letters: n pairs of a label, m labels tested (the family of Holm's adjustment).
 *
 * Threads: one thread per object.
 * Errors:  none; what cannot be tested is NaN with `why` set. */
#ifndef STAT_COMPARE_H
#define STAT_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct compare_row {
    const char *label;                       /* borrowed from the comparison */
    const char *class_name;                  /* NULL, or the class within the label */
    double support;                          /* mean cells over seeds */
    size_t n;                                /* pairs */
    int64_t *seed;                           /* (n) ascending */
    double *ce, *hce;                        /* (n) values by pair */
    double ce_mean, ce_sd, hce_mean, hce_sd; /* sd NaN for n < 2 */
    double delta_mean, delta_sd;             /* HCE - CE */
    double ci_low, ci_high;                  /* 95 % t-interval; NaN if not testable */
    double t, p;       /* paired t-test, two-sided; NaN if not testable */
    double p_holm;     /* over the m rows with a p; NaN likewise */
    double p_flip;     /* exact sign-flip (n <= 20), else 1e6 seeded flips */
    double p_flip_min; /* smallest p_flip of n pairs: 2 / 2^n for n <= 20 */
    int64_t *dropped;  /* (n_dropped) seeds of pairs that lack a side */
    size_t n_dropped;
    size_t wins, ties, losses; /* pairs with delta > 0, = 0, < 0 */
    char verdict;    /* 'v' better: p_holm < .05 and delta > 0; '*' worse; ' ' */
    const char *why; /* "" or why t and p are NaN: "n=0", "n=1", "no spread" */
};

/* `= {0}` is an empty comparison. */
struct comparison {
    struct compare_row *row; /* (n_rows) in order of first sight */
    size_t n_rows, cap;
    size_t family;        /* m */
    struct intern *index; /* owned; (label, class) -> row */
    struct arena arena;   /* owns texts and arrays */
};

/* Add one pair.  ctx is a struct comparison; class_name may be NULL.  The caller adds
 * pairs of one pair_key only, each seed once per (label, class). */
void compare_add(void *ctx, const char *label, const char *class_name, int64_t seed,
                 double ce, double hce, double support);

/* Compute every derived field; call once after the last add. */
void compare_finish(struct comparison *c);

/* The same in two parts.  The first takes microseconds a row and leaves p_flip NaN where
 * flips are drawn (more than PAIRED_EXACT pairs); the second computes these: some
 * hundredths of a second a row. */
void compare_summarize(struct comparison *c);
void compare_draw_flips(struct comparison *c);
void compare_release(struct comparison *c);

/* The largest number of pairs of a row, and the smallest sign-flip p that these can
 * reach; 0 and NaN without rows. */
void compare_pairs(const struct comparison *c, size_t *n, double *p_min);

#endif
