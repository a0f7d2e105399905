/* step_times.h - where the time of an optimiser step goes, for whoever asks.
 *
 * Whoever wants to know points pass->times at one of these and calls learner_step;
 * else the pointer is NULL and nothing is measured.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef ENGINE_STEP_TIMES_H
#define ENGINE_STEP_TIMES_H

#include "base/clock.h"

enum step_part {
    STEP_FIND, /* classes and rows of the batch */
    STEP_LOAD, /* decoded, augmented, laid out tile by tile, often detected genes dense */
    STEP_FORWARD,
    STEP_LOSS,
    STEP_BACKWARD,
    STEP_NORM, /* of the gradient */
    STEP_OPTIMISER,
    STEP_PART_COUNT
};

struct step_times {
    double since_s;            /* clock_mono_s at the last lap */
    double s[STEP_PART_COUNT]; /* seconds, summed over steps */
};

/* A batch begins. */
static inline void
step_times_begin(struct step_times *t)
{
    if (t)
        t->since_s = clock_mono_s();
}

/* What was done since the last lap was this part. */
static inline void
step_times_lap(struct step_times *t, enum step_part part)
{
    if (!t)
        return;
    double now = clock_mono_s();

    t->s[part] += now - t->since_s;
    t->since_s = now;
}

#endif
