/* chart_x.h - what a curve is drawn over: steps, epochs or time.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef DRAW_CHART_X_H
#define DRAW_CHART_X_H

#include <stdbool.h>
#include <stddef.h>

enum chart_x { CHART_X_STEP, CHART_X_EPOCH, CHART_X_TIME, CHART_X_COUNT };

const char *chart_x_name(enum chart_x x);  /* on the command line: "step" */
const char *chart_x_label(enum chart_x x); /* on an axis: "time (s)" */

/* out (n) = the x of points at step (from 1), epoch (from 0) and wall_s.  per_epoch:
 * values that belong to a whole epoch; those of steps get fractions of epochs.  out may
 * be any of the inputs. */
void chart_x_of(enum chart_x x, bool per_epoch, const double *step, const double *epoch,
                const double *wall_s, size_t n, double *out);

#endif
