/* paired.c - t, Holm, and sign flips. */
#include "stat/paired.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>

#include "base/rng.h"
#include "base/xalloc.h"

double
paired_mean(const double *x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return n ? sum / (double)n : (double)NAN;
}

double
paired_sd(const double *x, size_t n)
{
    double mean = paired_mean(x, n), squares = 0;

    if (n < 2)
        return NAN;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    return sqrt(squares / (double)(n - 1));
}

/* ---- sign flips ---- */

static double
sum_of_sizes(const double *d, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += fabs(d[i]);
    return sum;
}

/* out (2^n) = the sums of d under every choice of signs; number k flips the members
 * whose bit is set in k. */
static void
flipped_sums(const double *d, size_t n, double *out)
{
    out[0] = 0;
    for (size_t i = 0; i < n; i++) {
        size_t half = (size_t)1 << i;

        for (size_t k = 0; k < half; k++) {
            out[half + k] = out[k] - d[i];
            out[k] += d[i];
        }
    }
}

static int
compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* How many sums u[i] + v[k] are at least `least`; both ascending, v from its end. */
static uint64_t
count_reaching(const double *u, size_t n_u, const double *v, size_t n_v, double least)
{
    uint64_t hits = 0;
    size_t k = n_v;

    for (size_t i = 0; i < n_u; i++) {
        while (k > 0 && u[i] + v[k - 1] >= least)
            k--;
        hits += n_v - k;
    }
    return hits;
}

/* A flip is a choice in the first half of d and one in the second: 2^(n/2) sums of
 * each, sorted, stand for all 2^n.  By symmetry both tails are equally large. */
static double
exact_flip_p(const double *d, size_t n, double least)
{
    static const size_t most = (size_t)1 << (PAIRED_EXACT / 2);
    size_t first = n / 2, n_u = (size_t)1 << first, n_v = (size_t)1 << (n - first);
    double *u = xmalloc(2 * most, sizeof *u), *v = u + most;

    flipped_sums(d, first, u);
    flipped_sums(d + first, n - first, v);
    qsort(u, n_u, sizeof *u, compare_double);
    qsort(v, n_v, sizeof *v, compare_double);
    uint64_t hits = count_reaching(u, n_u, v, n_v, least);
    free(u);
    return fmin(1, ldexp((double)hits, 1 - (int)n));
}

/* Sums of eight differences at a time are looked up by the byte that flips them. */
static double
drawn_flip_p(const double *d, size_t n, double least)
{
    size_t n_bytes = (n + 7) / 8, n_words = (n + 63) / 64;
    double *sums = xcalloc(n_bytes * 256, sizeof *sums);
    struct rng r = rng_stream(0, RNG_SIGNFLIP, n, 0);
    uint64_t hits = 0;

    for (size_t j = 0; j < n_bytes; j++) {
        double eight[8] = {0};

        for (size_t i = 8 * j; i < n && i < 8 * j + 8; i++)
            eight[i % 8] = d[i];
        flipped_sums(eight, 8, sums + 256 * j);
    }
    for (uint64_t flip = 0; flip < PAIRED_FLIPS; flip++) {
        double sum = 0;
        uint64_t bits = 0;

        for (size_t j = 0; j < n_bytes; j++, bits >>= 8) {
            if (j % 8 == 0)
                bits = rng_u64(&r, flip * n_words + j / 8);
            sum += sums[256 * j + (bits & 255)];
        }
        hits += fabs(sum) >= least;
    }
    free(sums);
    return (double)(hits + 1) / (PAIRED_FLIPS + 1);
}

double
paired_flip_p(const double *d, size_t n)
{
    double sum = 0;

    if (n == 0)
        return NAN;
    for (size_t i = 0; i < n; i++)
        sum += d[i];
    /* Sums that are equal on paper differ by rounding, at most n ulps of the whole. */
    double least = fabs(sum) - 1e-12 * sum_of_sizes(d, n);
    if (least <= 0)
        return 1;
    return n <= PAIRED_EXACT ? exact_flip_p(d, n, least) : drawn_flip_p(d, n, least);
}

double
paired_flip_p_min(size_t n)
{
    if (n == 0)
        return NAN;
    return n <= PAIRED_EXACT ? ldexp(1, 1 - (int)n) : 1.0 / (PAIRED_FLIPS + 1);
}

/* ---- Holm ---- */

struct ranked {
    double p;
    size_t at;
};

static int
compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->p != y->p)
        return (x->p > y->p) - (x->p < y->p);
    return (x->at > y->at) - (x->at < y->at);
}

size_t
paired_holm(double *out, const double *p, size_t n)
{
    struct ranked *r = xmalloc(n, sizeof *r);
    size_t m = 0;
    double reached = 0;

    for (size_t i = 0; i < n; i++) {
        out[i] = p[i];
        if (!isnan(p[i]))
            r[m++] = (struct ranked){p[i], i};
    }
    qsort(r, m, sizeof *r, compare_ranked);
    for (size_t k = 0; k < m; k++) {
        reached = fmin(1, fmax(reached, (double)(m - k) * r[k].p));
        out[r[k].at] = reached;
    }
    free(r);
    return m;
}

/* ---- all of it ---- */

static double
largest_size(const double *x, size_t n)
{
    double size = 0;

    for (size_t i = 0; i < n; i++)
        size = fmax(size, fabs(x[i]));
    return size;
}

static void
count_signs(struct paired *r, const double *d)
{
    for (size_t i = 0; i < r->n; i++) {
        r->wins += d[i] > 0;
        r->ties += d[i] == 0;
        r->losses += d[i] < 0;
    }
}

/* size: of the largest value that went into the differences. */
static void
t_test(struct paired *r, double size)
{
    double df = (double)r->n - 1, se = r->d_sd / sqrt((double)r->n);

    r->t = r->p = r->ci_low = r->ci_high = NAN;
    r->why = r->n == 0 ? "n=0" : r->n == 1 ? "n=1" : "no spread";
    if (r->n < 2 || r->d_sd <= 1e-12 * size)
        return;
    r->why = "";
    r->t = r->d_mean / se;
    r->p = 2 * gsl_cdf_tdist_Q(fabs(r->t), df);
    double half = gsl_cdf_tdist_Pinv(0.975, df) * se;
    r->ci_low = r->d_mean - half;
    r->ci_high = r->d_mean + half;
}

/* d (n) = b - a on return. */
static struct paired
summarize(const double *a, const double *b, size_t n, double *d)
{
    struct paired r = {.n = n};

    for (size_t i = 0; i < n; i++)
        d[i] = b[i] - a[i];
    r.a_mean = paired_mean(a, n);
    r.a_sd = paired_sd(a, n);
    r.b_mean = paired_mean(b, n);
    r.b_sd = paired_sd(b, n);
    r.d_mean = paired_mean(d, n);
    r.d_sd = paired_sd(d, n);
    count_signs(&r, d);
    t_test(&r, fmax(largest_size(a, n), largest_size(b, n)));
    r.p_flip = NAN;
    r.p_flip_min = paired_flip_p_min(n);
    return r;
}

struct paired
paired_summary(const double *a, const double *b, size_t n)
{
    double *d = xmalloc(n, sizeof *d);
    struct paired r = summarize(a, b, n, d);

    free(d);
    return r;
}

struct paired
paired_compare(const double *a, const double *b, size_t n)
{
    double *d = xmalloc(n, sizeof *d);
    struct paired r = summarize(a, b, n, d);

    r.p_flip = paired_flip_p(d, n);
    free(d);
    return r;
}
