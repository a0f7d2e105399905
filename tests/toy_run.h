/* toy_run.h - a small run_data made in memory, and a sink that remembers.
 *
 * Three ancestors and their leaves, drawn with a fixed seed: cells of a leaf share a
 * program of genes; some cells carry the ancestor's label. */
#ifndef TESTS_TOY_RUN_H
#define TESTS_TOY_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/run_data.h"
#include "engine/sink.h"
#include "engine/train.h"

/* n cells of which the last n_val are validation and the n_test before them test;
 * obs columns donor_id (some missing) and tissue. */
void toy_run_init(struct run_data *rd, size_t n, size_t n_val, size_t n_test);
void toy_run_release(struct run_data *rd);

/* A spec for the toy with "name=value" hyperparameters, NULL-terminated. */
void toy_spec_init(struct spec *s, const char *loss, const char *const *hyper);

/* What the sink heard. */
struct toy_sink {
    struct sink sink;
    struct metric_point *point; /* owned */
    size_t n_points, point_cap;
    void *state; /* owned; newest state checkpoint */
    size_t state_size;
    int64_t state_step;
    void *last, *best; /* owned; newest bytes of those kinds */
    size_t last_size, best_size, n_states, n_best;
    int64_t best_epoch, best_step;
    char best_sha256[DIGEST_HEX];
    bool best_before_state; /* the newest state came after the newest best */
    int64_t keep[8];
    size_t n_keep;
    int64_t stop_at; /* step at which progress asks to stop; 0: never */
    /* Called with the result of an evaluation, which is borrowed. */
    void (*on_evaluation)(void *ctx, const struct evaluation_result *r);
    void *evaluation_ctx;
};

void toy_sink_init(struct toy_sink *ts);
void toy_sink_release(struct toy_sink *ts);

/* Train to the end; ts is initialised here. */
void toy_train(const struct spec *s, const struct run_data *rd, size_t threads,
               struct toy_sink *ts, struct train_result *r);

/* Train on one thread with a stop after `stop` steps, go on in a new trainer on another
 * number of threads. */
void toy_train_interrupted(const struct spec *s, const struct run_data *rd,
                           int64_t stop, size_t threads, struct toy_sink *ts,
                           struct train_result *r);

/* Drop the rows past a step, as a store does on resume. */
void toy_sink_cut(struct toy_sink *ts, int64_t step);

/* Fail the test unless the rows of both are equal, but for rates and times. */
void toy_sink_same_rows(const struct toy_sink *a, const struct toy_sink *b);

#endif
