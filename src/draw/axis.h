/* axis.h - a range of values, its round ticks, and where a value lies in it.
 *
 * Threads: any thread.
 * Errors:  none; a value that has no place is NaN. */
#ifndef DRAW_AXIS_H
#define DRAW_AXIS_H

#include <stdbool.h>
#include <stddef.h>

enum { AXIS_TICKS = 32, AXIS_LABEL = 16 };

struct axis {
    double lo, hi; /* lo < hi; decimal logarithms if log */
    bool log;
};

struct axis_ticks {
    size_t n;
    double value[AXIS_TICKS]; /* ascending */
    char label[AXIS_TICKS][AXIS_LABEL];
    int label_cols; /* of the widest */
};

/* True if x can be drawn on the axis: finite, and positive if log. */
bool axis_takes(bool log, double x);

/* Whether 0..1 of [lo, hi] is the place of x: 0 at lo, 1 at hi, outside beyond them
 * (bounded, so that arithmetic on it is safe); NaN if the axis does not take x. */
double axis_place(const struct axis *a, double x);

/* The axis over values lo..hi, which both are taken; equal ones get room around
 * them.  pad is the fraction of the range added at both ends (never past zero). */
struct axis axis_fit(bool log, double lo, double hi, double pad);

/* Ticks at multiples of 1, 2 or 5 times a power of ten (decades if log), at most
 * `most` of them (and AXIS_TICKS); whole: none between integers. */
void axis_ticks(const struct axis *a, int most, bool whole, struct axis_ticks *t);

#endif
