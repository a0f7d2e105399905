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

enum {
    STEPS_MAX = 200, /* Newton needs about ten */
    BOUND_STEPS = 5, /* of a bound: any number is right */
    SUMS = 8,        /* side by side, since additions wait for each other */
    FIRST = 128,     /* scores of a row from which its first bound is made */
    SLACK = 64       /* scores kept beyond twice those that a new bound left */
};

/* Candidates in the order of the row. */
struct candidates {
    double *x;       /* (n) score below the row's maximum */
    uint16_t *index; /* (n), or NULL */
    size_t n;
};

/* Drop those at or below t; true if there were any. */
static bool
drop(struct candidates *s, double t)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        bool stays = !(s->x[i] <= t);

        s->x[n] = s->x[i];
        if (s->index)
            s->index[n] = s->index[i];
        n += stays;
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
    double sums[SUMS] = {0}, squares_of[SUMS] = {0}, sum = 0, squares = 0;
    size_t i = 0;

    for (; i + SUMS <= s->n; i += SUMS)
        for (size_t l = 0; l < SUMS; l++) {
            double d = s->x[i + l] - t;

            sums[l] += d;
            squares_of[l] += d * d;
        }
    for (; i < s->n; i++) {
        double d = s->x[i] - t;

        sum += d;
        squares += d * d;
    }
    for (size_t l = 0; l < SUMS; l++) {
        sum += sums[l];
        squares += squares_of[l];
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

/* From a t at or below the threshold. */
static double
solve_entmax15(struct candidates *s, double t)
{
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

static double
scale_of(enum entmax_kind kind)
{
    return kind == ENTMAX_15 ? 0.5 : 1;
}

/* Some steps towards the threshold from a t below. */
static double
approach(enum entmax_kind kind, struct candidates *s, double t)
{
    for (int step = 0; step < BOUND_STEPS; step++) {
        t = kind == ENTMAX_15 ? newton(s, t) : (sum_of(s) - 1) / (double)s->n;
        if (!drop(s, t) && kind == ENTMAX_SPARSEMAX)
            break;
    }
    return t;
}

/* The scores kept so far, less the maximum; returns a t at or below the threshold, that
 * of the bound. */
static double
begin(const struct entmax_sift *s, const float *p, struct candidates *all)
{
    double scale = scale_of(s->kind), max = (double)s->max;
    double t = ((double)s->bound - max) * scale;

    for (size_t i = 0; i < s->n; i++)
        all->x[i] = ((double)p[i] - max) * scale;
    t = t > -1 ? t : -1;
    drop(all, t);
    return t;
}

/* A better bound, and what is kept cut by it.  It is one float below the bound of exact
 * arithmetic: so are its own rounding and scores equal to the maximum taken care of. */
static void
cut(struct entmax_sift *s, double *work, uint16_t *index, float *p)
{
    struct candidates all = {.x = work, .n = s->n};
    size_t n = 0;

    if (!isfinite(s->max)) {
        s->bound = INFINITY; /* the row is lost */
        return;
    }
    double t = approach(s->kind, &all, begin(s, p, &all));
    s->bound = nextafterf((float)((double)s->max + t / scale_of(s->kind)), -INFINITY);
    for (size_t i = 0; i < s->n; i++) {
        bool stays = p[i] > s->bound;

        p[n] = p[i];
        index[n] = index[i];
        n += stays;
    }
    s->n = n;
    s->full = 2 * n + SLACK;
}

void
entmax_sift_init(struct entmax_sift *s, enum entmax_kind kind)
{
    *s = (struct entmax_sift){.kind = kind, .max = -INFINITY, .bound = -INFINITY};
}

void
entmax_sift_add(struct entmax_sift *s, const struct kernels *k, const float *z,
                size_t n, size_t first, double *work, uint16_t *index, float *p)
{
    for (size_t at = 0, end; at < n; at = end) {
        end = s->full == 0 && n - at > FIRST ? at + FIRST : n;
        size_t more = k->row_collect(z + at, end - at, s->bound, first + at,
                                     index + s->n, p + s->n);

        for (size_t i = s->n; i < s->n + more; i++)
            if (p[i] > s->max || isnan(p[i])) /* and a NaN stays */
                s->max = p[i];
        s->n += more;
        if (s->n > s->full)
            cut(s, work, index, p);
    }
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
entmax_sift_solve(const struct entmax_sift *sift, double *work, uint16_t *index,
                  float *p, double *threshold)
{
    bool is_15 = sift->kind == ENTMAX_15;
    struct candidates s = {.x = work, .index = index, .n = sift->n};

    if (!isfinite(sift->max))
        return not_a_number(index, p, threshold);
    double t = begin(sift, p, &s);
    t = is_15 ? solve_entmax15(&s, t) : solve_sparsemax(&s);
    for (size_t i = 0; i < s.n; i++) {
        double d = s.x[i] - t;

        p[i] = (float)(is_15 ? d * d : d);
    }
    if (threshold)
        *threshold = t;
    return s.n;
}

size_t
entmax_row(const struct kernels *k, enum entmax_kind kind, const float *z, size_t n,
           double *work, uint16_t *index, float *p, double *threshold)
{
    struct entmax_sift s;

    assert(n > 0 && n <= UINT16_MAX);
    entmax_sift_init(&s, kind);
    entmax_sift_add(&s, k, z, n, 0, work, index, p);
    return entmax_sift_solve(&s, work, index, p, threshold);
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
