/* curve_data.c - metric curves of runs as arrays. */
#include "cli/curve_data.h"

#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "draw/chart.h"
#include "spec/spec.h"

static bool
add_point(void *ctx, int64_t step, int64_t epoch, double wall_s, double value,
          bool nonfinite)
{
    struct curve *cu = ctx;
    size_t i = cu->n++;

    if (cu->n > cu->cap) {
        size_t cap = cu->cap;

        cu->step = grow(cu->step, &cap, cu->n, sizeof *cu->step);
        cu->epoch = xrealloc(cu->epoch, cap, sizeof *cu->epoch);
        cu->wall_s = xrealloc(cu->wall_s, cap, sizeof *cu->wall_s);
        cu->value = xrealloc(cu->value, cap, sizeof *cu->value);
        cu->cap = cap;
    }
    cu->step[i] = (double)step;
    cu->epoch[i] = (double)epoch;
    cu->wall_s[i] = wall_s;
    cu->value[i] = nonfinite ? (double)NAN : value;
    return true;
}

enum err
curve_load(struct curve *cu, struct store *s, const struct store_run *run,
           const char *metric, enum chart_x x, struct errbuf *eb)
{
    *cu = (struct curve){.run_id = run->run_id,
                         .name = xstrdup(run->name),
                         .model = xstrdup(run->model),
                         .loss = xstrdup(run->loss),
                         .pair_key = xstrdup(run->pair_key)};
    enum err e = store_curve_each(s, run->run_id, metric, -1, add_point, cu, eb);

    if (e) {
        curve_release(cu);
        return e;
    }
    cu->x = xcalloc(cu->n + 1, sizeof *cu->x);
    chart_x_of(x, metric_info(metric_find(metric))->per_epoch, cu->step, cu->epoch,
               cu->wall_s, cu->n, cu->x);
    return ERR_OK;
}

void
curve_smooth(struct curve *cu, double weight)
{
    cu->smooth = xcalloc(cu->n + 1, sizeof *cu->smooth);
    chart_smooth(cu->smooth, cu->value, cu->n, weight);
}

void
curve_release(struct curve *cu)
{
    free(cu->name);
    free(cu->model);
    free(cu->loss);
    free(cu->pair_key);
    free(cu->step);
    free(cu->epoch);
    free(cu->wall_s);
    free(cu->value);
    free(cu->x);
    free(cu->smooth);
    *cu = (struct curve){0};
}
