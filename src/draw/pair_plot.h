/* pair_plot.h - pairs of values by label, and their mean difference with its interval.
 *
 * Left the two values of every seed, a (o) and b (x), joined by a line; right the mean of
 * b - a as a bar from 0 with the whiskers of its interval, and the seeds as points.
 *
 * Threads: any thread.
 * Errors:  none; what does not fit is left out, and labels that are left out are counted. */
#ifndef DRAW_PAIR_PLOT_H
#define DRAW_PAIR_PLOT_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "draw/axis.h"
#include "draw/canvas.h"

struct pair_plot_row {
    const char *label;
    const int64_t *seed; /* (n) */
    const double *a, *b; /* (n) finite */
    size_t n;
    double mean, lo, hi; /* of b - a; lo and hi NaN: no interval */
    char verdict;        /* 'v' better, '*' worse, ' ' */
};

struct pair_plot {
    const char *title, *note; /* may be NULL; on a canvas the caller's work */
    const char *a_name, *b_name, *value; /* "CE", "HCE", "F1" */
    const struct pair_plot_row *row;     /* (n) from top to bottom */
    size_t n;
    size_t current; /* row that stands out; SIZE_MAX: none */
};

/* The axes of both sides.  An interval gets at most as much room beyond the values as
 * they take themselves: that of two pairs can be wider than all that there is to see. */
void pair_plot_axes(const struct pair_plot *p, struct axis *value, struct axis *delta);

/* Rows for the plot with a line for every seed. */
size_t pair_plot_rows(const struct pair_plot *p);

/* Draw into a rectangle, labels from `first` on: with a line for every seed if all fit,
 * else the seeds of a label over each other on one line. */
void pair_plot_draw(const struct pair_plot *p, struct canvas *cv, int row, int col,
                    int rows, int cols, size_t first);

/* Append an SVG document with all labels.  Tests: test_svg.c */
void pair_plot_svg(const struct pair_plot *p, struct strbuf *out);

#endif
