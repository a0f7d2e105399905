/* plot.h - series and bands on a raster.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef DRAW_PLOT_H
#define DRAW_PLOT_H

#include "draw/axis.h"
#include "draw/raster.h"

struct plot {
    struct raster *r;
    const struct axis *x, *y;
};

/* Place of a value in dots; NaN if the axis does not take it. */
double plot_x(const struct plot *p, double x);
double plot_y(const struct plot *p, double y);

/* The line through the points of s, interrupted where one cannot be drawn.  Of all
 * points in one column of dots the lowest, the highest and those between are covered,
 * so that no spike is lost. */
void plot_line(const struct plot *p, const struct chart_series *s);

/* The area between s->lo and s->hi; nothing if they are NULL. */
void plot_band(const struct plot *p, const struct chart_series *s);

#endif
