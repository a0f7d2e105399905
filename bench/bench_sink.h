/* bench_sink.h - a sink between the engine and another, with clocks.
 *
 * Threads: one thread per object.
 * Errors:  those of the other sink. */
#ifndef BENCH_BENCH_SINK_H
#define BENCH_BENCH_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/sink.h"

struct bench_sink_times {
    double rows_s, progress_s, checkpoint_s, log_s; /* inside the other sink */
    double making_s; /* from the call before a checkpoint to it: its bytes are made */
    uint64_t n_rows, n_states, n_models; /* metric rows; checkpoints of either sort */
    uint64_t checkpoint_bytes;
};

struct bench_sink {
    const struct sink *other; /* borrowed; NULL: calls are only counted */
    struct sink sink;         /* give this one to the engine */
    struct bench_sink_times t;
    double left_s; /* clock when the last call returned */

    /* Called after each step, off the clocks; may ask to stop. */
    void (*step)(void *ctx, const struct train_progress *p, bool *stop);
    void *step_ctx;
};

/* bs must not move while in use. */
void bench_sink_init(struct bench_sink *bs, const struct sink *other);

#endif
