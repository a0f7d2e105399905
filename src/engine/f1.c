/* f1.c - averages over the classes present in the truth. */
#include "engine/f1.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void
f1_counts_init(struct f1_counts *f, size_t C)
{
    f->C = C;
    f->hit = xcalloc(C, sizeof *f->hit);
    f->predicted = xcalloc(C, sizeof *f->predicted);
    f->support = xcalloc(C, sizeof *f->support);
}

void
f1_counts_reset(struct f1_counts *f)
{
    memset(f->hit, 0, f->C * sizeof *f->hit);
    memset(f->predicted, 0, f->C * sizeof *f->predicted);
    memset(f->support, 0, f->C * sizeof *f->support);
}

void
f1_counts_release(struct f1_counts *f)
{
    free(f->hit);
    free(f->predicted);
    free(f->support);
    *f = (struct f1_counts){0};
}

static double
ratio(int64_t a, int64_t b)
{
    return b > 0 ? (double)a / (double)b : 0;
}

struct f1_scores
f1_of_class(const struct f1_counts *f, size_t c)
{
    return (struct f1_scores){
        .precision = ratio(f->hit[c], f->predicted[c]),
        .recall = ratio(f->hit[c], f->support[c]),
        .f1 = ratio(2 * f->hit[c], f->predicted[c] + f->support[c]),
    };
}

static struct f1_average
empty_average(void)
{
    double nan = (double)NAN;

    return (struct f1_average){
        .macro = {nan, nan, nan}, .f1_weighted = nan, .f1_micro = nan, .accuracy = nan};
}

struct f1_average
f1_average(const struct f1_counts *f)
{
    struct f1_average a = {0};
    int64_t hit = 0, predicted = 0;

    for (size_t c = 0; c < f->C; c++) {
        if (f->support[c] == 0)
            continue;
        struct f1_scores s = f1_of_class(f, c);

        a.macro.precision += s.precision;
        a.macro.recall += s.recall;
        a.macro.f1 += s.f1;
        a.f1_weighted += s.f1 * (double)f->support[c];
        hit += f->hit[c];
        predicted += f->predicted[c];
        a.support += f->support[c];
        a.n_classes++;
    }
    if (a.support == 0)
        return empty_average();

    double k = (double)a.n_classes;
    a.macro.precision /= k;
    a.macro.recall /= k;
    a.macro.f1 /= k;
    a.f1_weighted /= (double)a.support;
    a.f1_micro = ratio(2 * hit, predicted + a.support);
    a.accuracy = ratio(hit, a.support);
    return a;
}
