/* axis.c - ranges and round ticks. */
#include "draw/axis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool
axis_takes(bool log, double x)
{
    return isfinite(x) && fabs(x) < 1e300 && (!log || x > 0);
}

double
axis_place(const struct axis *a, double x)
{
    if (!axis_takes(a->log, x))
        return NAN;
    double place = ((a->log ? log10(x) : x) - a->lo) / (a->hi - a->lo);
    return place < -1e4 ? -1e4 : place > 1e4 ? 1e4 : place;
}

struct axis
axis_fit(bool log, double lo, double hi, double pad)
{
    struct axis a = {log ? log10(lo) : lo, log ? log10(hi) : hi, log};
    double size = fmax(fabs(a.lo), fabs(a.hi));
    double room = (a.hi - a.lo) * pad;

    if (!(a.hi - a.lo > 1e-12 * size))
        room = log ? 0.5 : size > 0 ? size * 0.1 : 1;
    bool above = !log && a.lo >= 0, below = !log && a.hi <= 0 && a.lo < 0;
    a.lo -= room;
    a.hi += room;
    if (above && a.lo < 0)
        a.lo = 0;
    if (below && a.hi > 0)
        a.hi = 0;
    return a;
}

/* The smallest of 1, 2, 5 times a power of ten that is at least x > 0. */
static double
round_up(double x)
{
    double unit = pow(10, floor(log10(x)));

    for (int i = 0; i < 3; i++) {
        double step = unit * (double[]){1, 2, 5}[i];
        if (step >= x * (1 - 1e-9))
            return step;
    }
    return unit * 10;
}

static void
add_tick(struct axis_ticks *t, double value, const char *label)
{
    if (t->n == AXIS_TICKS)
        return;
    t->value[t->n] = value;
    snprintf(t->label[t->n++], AXIS_LABEL, "%s", label);
    int cols = (int)strlen(label);
    t->label_cols = cols > t->label_cols ? cols : t->label_cols;
}

/* A label that shows every digit of step, and no more; size is the largest value on
 * the axis: big round numbers are written with k or M. */
static void
format_tick(double value, double step, double size, char out[AXIS_LABEL])
{
    int decimals = step < 1 ? (int)ceil(-log10(step) - 1e-9) : 0;

    if (value == 0)
        snprintf(out, AXIS_LABEL, "0");
    else if (step >= 1e6 && size < 1e12)
        snprintf(out, AXIS_LABEL, "%.0fM", value / 1e6);
    else if (step >= 1e3 && size >= 1e4 && size < 1e9)
        snprintf(out, AXIS_LABEL, "%.0fk", value / 1e3);
    else if (decimals > 6 || size >= 1e9)
        snprintf(out, AXIS_LABEL, "%.6g", value);
    else
        snprintf(out, AXIS_LABEL, "%.*f", decimals, value);
}

static void
linear_ticks(const struct axis *a, double lo, double hi, int most, bool whole,
             struct axis_ticks *t)
{
    double step = round_up((hi - lo) / (most > 0 ? most : 1));
    double slack = (hi - lo) * 1e-9;

    if (whole && step < 1)
        step = 1;
    for (double k = ceil((lo - slack) / step); k * step <= hi + slack; k++) {
        char label[AXIS_LABEL];

        format_tick(k * step, step, fmax(fabs(lo), fabs(hi)), label);
        if (axis_takes(a->log, k * step))
            add_tick(t, k * step, label);
        if (t->n == AXIS_TICKS)
            break;
    }
}

static void
format_decade(int mantissa, int exponent, char out[AXIS_LABEL])
{
    if (exponent >= -3 && exponent <= 3)
        snprintf(out, AXIS_LABEL, "%.*f", exponent < 0 ? -exponent : 0,
                 mantissa * pow(10, exponent));
    else
        snprintf(out, AXIS_LABEL, "%de%d", mantissa, exponent);
}

/* Ticks at the given mantissas of every stride-th power of ten inside the range. */
static void
decade_ticks(const struct axis *a, const char *mantissas, int stride,
             struct axis_ticks *t)
{
    for (int e = (int)floor(a->lo); e <= (int)ceil(a->hi); e++) {
        for (const char *m = mantissas; *m; m++) {
            double value = (*m - '0') * pow(10, e), place = axis_place(a, value);
            char label[AXIS_LABEL];

            if (e % stride || !(place >= -1e-9 && place <= 1 + 1e-9))
                continue;
            format_decade(*m - '0', e, label);
            add_tick(t, value, label);
        }
    }
}

static void
log_ticks(const struct axis *a, int most, struct axis_ticks *t)
{
    double decades = a->hi - a->lo;

    if (decades * 3 <= most && decades >= 0.7)
        decade_ticks(a, "125", 1, t);
    else if (decades >= 1.5)
        decade_ticks(a, "1", (int)ceil(decades / (most > 0 ? most : 1)), t);
    else
        linear_ticks(a, pow(10, a->lo), pow(10, a->hi), most, false, t);
}

void
axis_ticks(const struct axis *a, int most, bool whole, struct axis_ticks *t)
{
    *t = (struct axis_ticks){0};
    if (a->log)
        log_ticks(a, most, t);
    else
        linear_ticks(a, a->lo, a->hi, most, whole, t);
}
