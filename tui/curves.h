/* curves.h - the curves that are on a screen, read from the store bit by bit.
 *
 * A curve is read once and then continued after its last step; a new attempt of its run
 * starts it again, since rows past the checkpoint are replaced.
 *
 * Threads: owner thread only.
 * Errors:  none; a curve that cannot be read stays as it was. */
#ifndef TUI_CURVES_H
#define TUI_CURVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/spec.h"
#include "store/store.h"

struct curve {
    int64_t run_id, attempt;
    enum metric_id metric;
    double *step, *epoch, *wall_s; /* (n) owned */
    double *value;                 /* (n) owned; NaN: not finite */
    size_t n, cap;
    unsigned generation; /* of the store when it was read last */
    bool is_read, is_final;
};

struct curves {
    struct curve **curve; /* (n) owned */
    size_t n, cap;
};

/* The curve of a run as of `generation`.  After deadline_s (clock_mono_s) nothing more
 * is read: what is known is returned, and *late is set. */
const struct curve *curves_get(struct curves *c, struct store *s,
                               const struct store_run *run, enum metric_id metric,
                               unsigned generation, double deadline_s, bool *late);
void curves_release(struct curves *c);

#endif
