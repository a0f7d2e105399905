/* curves.c - the curves that are on a screen. */
#include "tui/curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"

static struct curve *
curves_find(struct curves *c, int64_t run_id, enum metric_id metric)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->curve[i]->run_id == run_id && c->curve[i]->metric == metric)
            return c->curve[i];
    c->curve = grow(c->curve, &c->cap, c->n + 1, sizeof(struct curve *));
    struct curve *cu = xcalloc(1, sizeof *cu);
    cu->run_id = run_id;
    cu->metric = metric;
    return c->curve[c->n++] = cu;
}

static void
grow_column(double **column, size_t old_cap, size_t need)
{
    size_t cap = old_cap;

    *column = grow(*column, &cap, need, sizeof **column);
}

static bool
add_point(void *ctx, int64_t step, int64_t epoch, double wall_s, double value,
          bool nonfinite)
{
    struct curve *cu = ctx;
    size_t cap = cu->cap;

    grow_column(&cu->epoch, cap, cu->n + 1);
    grow_column(&cu->wall_s, cap, cu->n + 1);
    grow_column(&cu->value, cap, cu->n + 1);
    cu->step = grow(cu->step, &cu->cap, cu->n + 1, sizeof *cu->step);
    cu->step[cu->n] = (double)step;
    cu->epoch[cu->n] = (double)epoch;
    cu->wall_s[cu->n] = wall_s;
    cu->value[cu->n++] = nonfinite ? (double)NAN : value;
    return true;
}

static bool
is_over(const struct store_run *run)
{
    return strcmp(run->state, "succeeded") == 0;
}

const struct curve *
curves_get(struct curves *c, struct store *s, const struct store_run *run,
           enum metric_id metric, unsigned generation, double deadline_s, bool *late)
{
    struct curve *cu = curves_find(c, run->run_id, metric);
    bool is_new_attempt = cu->attempt != run->attempt;

    if (!s || (cu->is_read && cu->generation == generation) ||
        (cu->is_final && !is_new_attempt))
        return cu;
    if (clock_mono_s() > deadline_s) {
        *late = true;
        return cu;
    }
    if (is_new_attempt)
        cu->n = 0;
    int64_t after = cu->n ? (int64_t)cu->step[cu->n - 1] : -1; /* steps count from 1 */
    if (store_curve_each(s, run->run_id, metric_info(metric)->name, after, add_point,
                         cu, NULL) == ERR_OK) {
        cu->is_read = true;
        cu->attempt = run->attempt;
        cu->generation = generation;
        cu->is_final = is_over(run);
    }
    return cu;
}

void
curves_release(struct curves *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->curve[i]->step);
        free(c->curve[i]->epoch);
        free(c->curve[i]->wall_s);
        free(c->curve[i]->value);
        free(c->curve[i]);
    }
    free(c->curve);
    *c = (struct curves){0};
}
