/* chart_axes.c - ranges of values, with room for bands. */
#include "draw/chart_axes.h"

#include <math.h>

struct range {
    double lo, hi; /* lo > hi: nothing yet */
};

static void
range_add(struct range *r, bool log, double x)
{
    if (!axis_takes(log, x))
        return;
    r->lo = x < r->lo ? x : r->lo;
    r->hi = x > r->hi ? x : r->hi;
}

static struct range
x_range(const struct chart *ch, bool *whole)
{
    struct range r = {INFINITY, -INFINITY};

    *whole = true;
    for (size_t k = 0; k < ch->n_series; k++) {
        for (size_t i = 0; i < ch->series[k].n; i++) {
            double x = ch->series[k].x[i];

            range_add(&r, false, x);
            *whole = *whole && x == floor(x);
        }
    }
    r.lo = isnan(ch->x_min) ? r.lo : ch->x_min;
    r.hi = isnan(ch->x_max) ? r.hi : ch->x_max;
    return r;
}

/* Of the values, or of the ends of the bands, whose x lies in xr. */
static struct range
range_of(const struct chart *ch, struct range xr, bool bands)
{
    struct range r = {INFINITY, -INFINITY};

    for (size_t k = 0; k < ch->n_series; k++) {
        const struct chart_series *s = &ch->series[k];

        if (bands && (!s->lo || !s->hi))
            continue;
        for (size_t i = 0; i < s->n; i++) {
            if (!(s->x[i] >= xr.lo && s->x[i] <= xr.hi))
                continue;
            range_add(&r, ch->log_y, bands ? s->lo[i] : s->y[i]);
            range_add(&r, ch->log_y, bands ? s->hi[i] : s->y[i]);
        }
    }
    return r;
}

/* Range with room for the bands, but the lines keep half of it: an interval of two runs
 * can be wider than all that there is to see. */
static struct range
with_bands(struct range lines, struct range bands, bool log)
{
    double lo = log ? log10(lines.lo) : lines.lo, hi = log ? log10(lines.hi) : lines.hi;
    double room = (hi - lo) / 2;
    double below = log ? pow(10, lo - room) : lo - room;
    double above = log ? pow(10, hi + room) : hi + room;

    if (!(bands.lo <= bands.hi))
        return lines;
    bands.lo = fmin(bands.lo, lines.lo);
    bands.hi = fmax(bands.hi, lines.hi);
    if (room > 0) {
        bands.lo = fmax(bands.lo, below);
        bands.hi = fmin(bands.hi, above);
    }
    return bands;
}

static struct range
y_range(const struct chart *ch, struct range xr)
{
    struct range lines = range_of(ch, xr, false), bands = range_of(ch, xr, true);

    return lines.lo <= lines.hi ? with_bands(lines, bands, ch->log_y) : bands;
}

void
chart_axes_fit(struct chart_axes *a, const struct chart *ch)
{
    *a = (struct chart_axes){0};
    struct range xr = x_range(ch, &a->whole_x), yr = y_range(ch, xr);
    double pad = 0.03;

    if (yr.lo > yr.hi) /* nothing inside: the gap between points, or no point */
        yr = y_range(ch, (struct range){-INFINITY, INFINITY});
    if (axis_takes(ch->log_y, ch->y_min))
        yr.lo = ch->y_min, pad = 0;
    if (axis_takes(ch->log_y, ch->y_max))
        yr.hi = ch->y_max, pad = 0;
    a->empty = !(xr.lo <= xr.hi) || !(yr.lo <= yr.hi);
    if (a->empty)
        return;
    a->x = axis_fit(false, xr.lo, xr.hi, 0);
    a->y = axis_fit(ch->log_y, yr.lo, yr.hi, pad);
}
