/* chart_x.c - from steps to epochs. */
#include "draw/chart_x.h"

#include <math.h>

static const struct {
    const char *name, *label;
} axes[CHART_X_COUNT] = {[CHART_X_STEP] = {"step", "step"},
                         [CHART_X_EPOCH] = {"epoch", "epoch"},
                         [CHART_X_TIME] = {"time", "time (s)"}};

const char *
chart_x_name(enum chart_x x)
{
    return axes[x].name;
}

const char *
chart_x_label(enum chart_x x)
{
    return axes[x].label;
}

/* Steps of an epoch, at least: the last step seen in epoch e is at most (e + 1) times
 * as many. */
static double
steps_per_epoch(const double *step, const double *epoch, size_t n)
{
    double most = 1;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, step[i] / (epoch[i] + 1));
    return most;
}

void
chart_x_of(enum chart_x x, bool per_epoch, const double *step, const double *epoch,
           const double *wall_s, size_t n, double *out)
{
    double per = steps_per_epoch(step, epoch, n);

    for (size_t i = 0; i < n; i++)
        out[i] = x == CHART_X_STEP   ? step[i]
                 : x == CHART_X_TIME ? wall_s[i]
                 : per_epoch         ? epoch[i]
                                     : (step[i] - 1) / per;
}
