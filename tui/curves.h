/* curves.h - the curves that are on a screen, read from the store bit by bit.
 *
 * A curve is read once and then continued after its last step; a new attempt of its run,
 * or a step back, starts it again, since rows past the checkpoint are replaced.  Reading stops at the end
 * of a frame's time, in the middle of a curve if need be, and goes on in the next frame.
 *
 * Memory is bounded: curves that are no longer looked at are dropped, and where so many
 * are looked at that they do not fit they are thinned out, extremes and NaNs kept.
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

enum {
    CURVES_POINTS = 320000, /* in memory at most, but for the least of each curve */
    CURVE_LEAST = 256,      /* points that a curve may always have */
    SPARK_BINS = 256
};

/* How much of something has been read. */
struct reading {
    int64_t attempt, last_step; /* last_step -1: nothing yet */
    int64_t run_step;           /* store_run.step when it was read last */
    int64_t change;             /* store_run.change when it was read last */
    unsigned generation;        /* of the store then */
    bool is_read, is_final;
};

struct curve {
    int64_t run_id;
    enum metric_id metric;
    double *step, *epoch, *wall_s; /* (n) owned */
    double *value;                 /* (n) owned; NaN: not finite */
    double
        *average; /* (n) owned; of the points that a point stands for, NaN: none.  NULL
                        while no point has been left out */
    size_t n, cap;
    size_t most; /* points that it may have */
    struct reading at;
    unsigned long used; /* round of its last use */
};

/* A curve in 256 bins of as many steps as it takes: for sparklines, which are many. */
struct spark {
    int64_t run_id;
    enum metric_id metric;
    double sum[SPARK_BINS]; /* of the finite values */
    uint32_t n[SPARK_BINS]; /* finite values */
    bool bad[SPARK_BINS];   /* a value that is not finite */
    int64_t width; /* steps of a bin, a power of 2; bin i begins at i * width */
    struct reading at;
};

struct by_key {  /* items that begin with a run_id and a metric, in that order */
    void **item; /* (n) owned */
    size_t n, cap;
};

struct curves {
    struct by_key curve, spark; /* struct curve, struct spark */
    size_t n_points;            /* of all curves */
    size_t n_used;              /* curves used in this round */
    size_t most;                /* points that a curve may have in this round */
    unsigned long round;        /* drawings */
};

/* A drawing begins: what was not used since the one before the last may go. */
void curves_round(struct curves *c);

/* The curve of a run as of `generation`.  After deadline_s (clock_mono_s) nothing more
 * is read: what is known is returned, and *late is set.  Borrowed until the next round. */
const struct curve *curves_get(struct curves *c, struct store *s,
                               const struct store_run *run, enum metric_id metric,
                               unsigned generation, double deadline_s, bool *late);

/* The same as a spark. */
const struct spark *curves_spark(struct curves *c, struct store *s,
                                 const struct store_run *run, enum metric_id metric,
                                 unsigned generation, double deadline_s, bool *late);
void curves_release(struct curves *c);

#endif
