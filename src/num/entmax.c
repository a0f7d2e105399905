/* entmax.c - the threshold of entmax-1.5 and sparsemax among a row's candidates.
 *
 * Let S be the candidates.  For entmax-1.5 f(t) = sum over S of max(x - t, 0)^2 - 1 is
 * convex and falling: Newton's steps from the left of its root stay left of it, so that
 * candidates at or below t can be dropped for good.  When a step drops none, the root of
 * the quadratic over S is tried: if all of S lie above it, it is the threshold.  For
 * sparsemax t = (sum of S - 1) / |S| rises with every candidate dropped. */
#include "num/entmax.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

enum { STEPS_MAX = 200 }; /* Newton needs about ten */

/* Candidates in the order of the row. */
struct candidates {
    double *x; /* (n) score below the row's maximum */
    uint16_t *index;
    size_t n;
};

/* Drop those at or below t; true if there were any. */
static bool
drop(struct candidates *s, double t)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        if (s->x[i] <= t)
            continue;
        s->x[n] = s->x[i];
        s->index[n++] = s->index[i];
    }
    bool any = n < s->n;
    s->n = n;
    return any;
}

static double
sum_of(const struct candidates *s)
{
    double sum = 0;

    for (size_t i = 0; i < s->n; i++)
        sum += s->x[i];
    return sum;
}

/* Newton's next t for entmax-1.5. */
static double
newton(const struct candidates *s, double t)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < s->n; i++) {
        double d = s->x[i] - t;

        sum += d;
        squares += d * d;
    }
    return squares > 1 ? t + (squares - 1) / (2 * sum) : t;
}

/* The smaller root of sum (x - t)^2 = 1 over all of S, or NaN if it has none or lies
 * above one of them. */
static double
exact(const struct candidates *s)
{
    double mean = sum_of(s) / (double)s->n, squares = 0, low = s->x[0];

    for (size_t i = 0; i < s->n; i++) {
        squares += (s->x[i] - mean) * (s->x[i] - mean);
        low = s->x[i] < low ? s->x[i] : low;
    }
    if (squares > 1)
        return NAN;
    double t = mean - sqrt((1 - squares) / (double)s->n);
    return low >= t ? t : (double)NAN;
}

static double
solve_entmax15(struct candidates *s)
{
    double t = -1;

    for (int step = 0; step < STEPS_MAX; step++) {
        t = newton(s, t);
        if (drop(s, t))
            continue;
        double root = exact(s);
        if (!isnan(root))
            return root;
    }
    return t;
}

static double
solve_sparsemax(struct candidates *s)
{
    double t;

    do
        t = (sum_of(s) - 1) / (double)s->n;
    while (drop(s, t));
    return t;
}

/* Where a float is too coarse to hold the distance, the next one below the maximum. */
float
entmax_bound(enum entmax_kind kind, float max)
{
    float bound = max - (kind == ENTMAX_15 ? 2.0f : 1.0f);

    return bound < max ? bound : nextafterf(max, -INFINITY);
}

static size_t
not_a_number(uint16_t *index, float *p, double *threshold)
{
    index[0] = 0;
    p[0] = NAN;
    if (threshold)
        *threshold = (double)NAN;
    return 1;
}

size_t
entmax_solve(enum entmax_kind kind, float max, double *work, uint16_t *index, float *p,
             size_t n, double *threshold)
{
    bool is_15 = kind == ENTMAX_15;
    double scale = is_15 ? 0.5 : 1;
    struct candidates s = {.x = work, .index = index, .n = n};

    if (!isfinite(max) || n == 0)
        return not_a_number(index, p, threshold);
    for (size_t i = 0; i < n; i++)
        s.x[i] = ((double)p[i] - (double)max) * scale;
    drop(&s, -1);
    double t = is_15 ? solve_entmax15(&s) : solve_sparsemax(&s);
    for (size_t i = 0; i < s.n; i++) {
        double d = s.x[i] - t;

        p[i] = (float)(is_15 ? d * d : d);
    }
    if (threshold)
        *threshold = t;
    return s.n;
}

size_t
entmax_row(const struct kernels *k, enum entmax_kind kind, float *z, size_t n,
           double *work, uint16_t *index, float *p, double *threshold)
{
    assert(n > 0 && n <= UINT16_MAX);
    for (size_t j = n; j < kernels_pad(n); j++)
        z[j] = -INFINITY;
    float max = k->row_max(z, kernels_pad(n));
    size_t found = k->row_collect(z, n, entmax_bound(kind, max), 0, index, p);

    return entmax_solve(kind, max, work, index, p, found, threshold);
}

void
entmax_row_backward(enum entmax_kind kind, const float *p, const float *dp, size_t n,
                    float *dz)
{
    double sum = 0, weight = 0;

    /* The factor of an entry: sqrt(p) for entmax-1.5, 1 for sparsemax. */
    for (size_t i = 0; i < n; i++) {
        double g = kind == ENTMAX_15 ? sqrt((double)p[i]) : 1;

        sum += g * (double)dp[i];
        weight += g;
    }
    double mean = sum / weight;
    for (size_t i = 0; i < n; i++) {
        double g = kind == ENTMAX_15 ? sqrt((double)p[i]) : 1;

        dz[i] = (float)(g * ((double)dp[i] - mean));
    }
}
