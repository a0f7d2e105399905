/* chart_mean.c - smoothing a curve, and averaging several. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "base/xalloc.h"
#include "draw/chart.h"

void
chart_smooth(double *out, const double *y, size_t n, double weight)
{
    double mean = 0, left = 1; /* left: weight of the zero it started from */

    if (!(weight > 0)) {
        memmove(out, y, n * sizeof *out);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(y[i])) {
            out[i] = y[i];
            continue;
        }
        mean = weight * mean + (1 - weight) * y[i];
        left *= weight;
        out[i] = left < 1 ? mean / (1 - left) : y[i];
    }
}

/* out = the distinct x of all curves, ascending; returns how many.  at (n): zeros in,
 * garbage out. */
static size_t
union_of_x(const struct chart_series *curve, size_t n, size_t *at, double *out)
{
    size_t kept = 0;
    bool more = true;

    while (more) {
        double least = (double)INFINITY;
        for (size_t k = 0; k < n; k++)
            if (at[k] < curve[k].n && curve[k].x[at[k]] < least)
                least = curve[k].x[at[k]];
        more = isfinite(least);
        if (more)
            out[kept++] = least;
        for (size_t k = 0; k < n; k++)
            while (more && at[k] < curve[k].n && !(curve[k].x[at[k]] > least))
                at[k]++;
    }
    return kept;
}

/* Value of the curve at x, NaN beyond its range and beside a value that is not
 * finite.  *at is the last point at or before x; x never goes back between calls. */
static double
curve_value(const struct chart_series *c, double x, size_t *at)
{
    while (*at + 1 < c->n && c->x[*at + 1] <= x)
        ++*at;
    size_t i = *at;
    if (i >= c->n || c->x[i] > x || !isfinite(c->y[i]))
        return NAN;
    if (c->x[i] == x)
        return c->y[i];
    if (i + 1 == c->n || !isfinite(c->y[i + 1]))
        return NAN;
    double t = (x - c->x[i]) / (c->x[i + 1] - c->x[i]);
    return c->y[i] + t * (c->y[i + 1] - c->y[i]);
}

/* Half the widths of the bands around the mean of n values: their sds take these. */
static double *
band_factors(enum chart_band band, size_t n)
{
    double *factor = xcalloc(n + 1, sizeof *factor);

    for (size_t i = 2; i <= n; i++) {
        factor[i] = band == BAND_SE || band == BAND_T95 ? 1 / sqrt((double)i) : 1;
        if (band == BAND_T95)
            factor[i] *= gsl_cdf_tdist_Pinv(0.975, (double)(i - 1));
    }
    return factor;
}

/* Point i of m from n values; sd is two-pass. */
static void
average(struct chart_mean *m, size_t i, const double *value, size_t n,
        enum chart_band band, const double *factor)
{
    double sum = 0, squares = 0, lo = INFINITY, hi = -INFINITY;

    m->y[i] = NAN;
    if (m->lo)
        m->lo[i] = m->hi[i] = NAN;
    if (n == 0)
        return;
    for (size_t k = 0; k < n; k++) {
        sum += value[k];
        lo = fmin(lo, value[k]);
        hi = fmax(hi, value[k]);
    }
    double mean = sum / (double)n;
    m->y[i] = mean;
    if (!m->lo || n < 2)
        return;
    for (size_t k = 0; k < n; k++)
        squares += (value[k] - mean) * (value[k] - mean);
    double half = factor[n] * sqrt(squares / (double)(n - 1));
    m->lo[i] = band == BAND_MINMAX ? lo : mean - half;
    m->hi[i] = band == BAND_MINMAX ? hi : mean + half;
}

static void
find_lost(struct chart_mean *m, const struct chart_series *curve, size_t n)
{
    size_t cap = 0;

    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < curve[k].n; i++) {
            if (isfinite(curve[k].y[i]) || !isfinite(curve[k].x[i]))
                continue;
            m->lost = grow(m->lost, &cap, m->n_lost + 1, sizeof *m->lost);
            m->lost[m->n_lost++] = curve[k].x[i];
        }
}

void
chart_mean_init(struct chart_mean *m, const struct chart_series *curve, size_t n,
                enum chart_band band)
{
    size_t all = 0;
    size_t *at = xcalloc(n, sizeof *at);
    double *value = xcalloc(n, sizeof *value), *factor = band_factors(band, n);

    for (size_t k = 0; k < n; k++)
        all += curve[k].n;
    *m = (struct chart_mean){.x = xcalloc(all, sizeof *m->x)};
    m->y = xcalloc(all, sizeof *m->y);
    if (band != BAND_NONE) {
        m->lo = xcalloc(all, sizeof *m->lo);
        m->hi = xcalloc(all, sizeof *m->hi);
    }
    m->n = union_of_x(curve, n, at, m->x);
    memset(at, 0, n * sizeof *at);
    for (size_t i = 0; i < m->n; i++) {
        size_t found = 0;

        for (size_t k = 0; k < n; k++) {
            value[found] = curve_value(&curve[k], m->x[i], &at[k]);
            found += isnan(value[found]) ? 0 : 1;
        }
        average(m, i, value, found, band, factor);
        m->n_curves = found > m->n_curves ? found : m->n_curves;
    }
    find_lost(m, curve, n);
    free(at);
    free(value);
    free(factor);
}

void
chart_mean_release(struct chart_mean *m)
{
    free(m->x);
    free(m->y);
    free(m->lo);
    free(m->hi);
    free(m->lost);
    *m = (struct chart_mean){0};
}

const char *
chart_glyphs_name(size_t i)
{
    static const char *const name[] = {"braille", "block", "ascii"};

    return i < sizeof name / sizeof name[0] ? name[i] : NULL;
}

const char *
chart_band_name(enum chart_band band)
{
    static const char *const name[BAND_COUNT] = {
        [BAND_NONE] = "none",      [BAND_SD] = "sd",      [BAND_SE] = "se",
        [BAND_MINMAX] = "min-max", [BAND_T95] = "95 % t",
    };

    return name[band];
}
