/* curve_data.h - metric curves of runs as arrays.
 *
 * Threads: owner thread only.
 * Errors:  those of the store. */
#ifndef CLI_CURVE_DATA_H
#define CLI_CURVE_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "draw/chart_x.h"
#include "store/store.h"

struct curve {
    int64_t run_id;
    char *name, *model, *loss, *pair_key; /* owned; of the run */
    double *step, *epoch, *wall_s;        /* (n) owned */
    double *value;  /* (n) owned; value NaN where it was not finite */
    double *x;      /* (n) owned; as chosen */
    double *smooth; /* (n) owned; NULL until curve_smooth */
    size_t n, cap;
};

/* The curve of a run.  Caller releases with curve_release. */
MUST_CHECK enum err curve_load(struct curve *cu, struct store *s,
                               const struct store_run *run, const char *metric,
                               enum chart_x x, struct errbuf *eb);

/* Make cu->smooth, the moving average of the values; weight in 0..1 of the past. */
void curve_smooth(struct curve *cu, double weight);
void curve_release(struct curve *cu);

#endif
