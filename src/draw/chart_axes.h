/* chart_axes.h - the axes that a chart gets from its data, the same in every form that it
 * is drawn in.
 *
 * Threads: any thread.
 * Errors:  none; a chart without a value that can be drawn is `empty`. */
#ifndef DRAW_CHART_AXES_H
#define DRAW_CHART_AXES_H

#include <stdbool.h>

#include "draw/axis.h"
#include "draw/chart.h"

struct chart_axes {
    struct axis x, y; /* unless empty */
    bool whole_x;     /* every x is an integer */
    bool empty;
};

/* Lines keep at least half of the height: an interval of two runs can be wider than all
 * that there is to see. */
void chart_axes_fit(struct chart_axes *a, const struct chart *ch);

#endif
