/* f1.h - precision, recall and F1 from counts, as in DESIGN section 2.
 *
 * classification_report(y, p, labels=unique(y), zero_division=0) of scikit-learn:
 * averages run over the classes present in the truth.
 *
 * Letters: C classes.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef ENGINE_F1_H
#define ENGINE_F1_H

#include <stddef.h>
#include <stdint.h>

struct f1_counts {
    size_t C;
    int64_t *hit;       /* (C) owned; cells with y = p = c */
    int64_t *predicted; /* (C) owned; cells with p = c */
    int64_t *support;   /* (C) owned; cells with y = c */
};

void f1_counts_init(struct f1_counts *f, size_t C);
void f1_counts_reset(struct f1_counts *f);
void f1_counts_release(struct f1_counts *f);

/* Count one cell; p already corrected where the hierarchy rule holds. */
static inline void
f1_count(struct f1_counts *f, int32_t y, int32_t p)
{
    f->hit[y] += y == p;
    f->predicted[p]++;
    f->support[y]++;
}

struct f1_scores {
    double precision, recall, f1;
};

/* Scores of one class; 0 where a denominator is 0. */
struct f1_scores f1_of_class(const struct f1_counts *f, size_t c);

/* NaN throughout where nothing was counted. */
struct f1_average {
    struct f1_scores macro;
    double f1_weighted; /* by support */
    double f1_micro;    /* over the labels of the truth */
    double accuracy;
    int64_t support;   /* cells */
    int64_t n_classes; /* with support */
};

struct f1_average f1_average(const struct f1_counts *f);

#endif
