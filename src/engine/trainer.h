/* trainer.h - the inside of a trainer, for trainer*.c only; train.h is its face.
 *
 * What a run depends on from here on is `struct trainer_state`, parameters and moments:
 * these make a state checkpoint.  Everything else is made again from spec and data.
 *
 * Letters: C classes.
 *
 * Threads: one thread per object.
 * Errors:  see train.h. */
#ifndef ENGINE_TRAINER_H
#define ENGINE_TRAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/pool.h"
#include "data/cell_order.h"
#include "data/row_feed.h"
#include "engine/f1.h"
#include "engine/learner.h"
#include "engine/sink.h"
#include "engine/train.h"
#include "engine/wire.h"

enum train_end {
    TRAIN_RUNNING,
    TRAIN_MAX_EPOCHS,
    TRAIN_EARLY_STOPPING,
    TRAIN_END_COUNT
};

struct best_epoch {
    int64_t epoch;
    double score; /* val_f1_macro */
};

struct trainer_state {
    int64_t epoch; /* current, from 0; when ended: epochs completed */
    int64_t batch; /* batches of it that are done */
    int64_t step;  /* optimiser steps done */
    double wall_s; /* training time up to the last save or stop */
    enum train_end end;
    int64_t epochs_since_best;
    struct best_epoch *best; /* (n_best <= save_top_k) owned; best first */
    size_t n_best;
    char best_sha256[DIGEST_HEX];  /* weights of best[0]; "" if none */
    char last_sha256[DIGEST_HEX];  /* when ended */
    struct f1_counts epoch_counts; /* of the batches done in this epoch */
};

/* An epoch that is among the best and is not stored yet.  What a kill takes is done
 * again from the state before it. */
struct best_model {
    bool is_set;
    struct best_epoch at;
    int64_t step;
    float *value; /* (n_values) owned; NULL if nothing is validated */
};

struct trainer {
    const struct spec *spec;   /* borrowed */
    const struct run_data *rd; /* borrowed */
    struct pool *pool;         /* owned */
    struct learner learner;
    struct trainer_state state;
    char fingerprint[DIGEST_HEX]; /* of spec, data and shapes */

    size_t batch_size; /* cells; all of them if they are fewer than asked for */
    int64_t steps_per_epoch;
    struct cell_order cells;
    uint32_t *order;         /* (n_train) owned; cells in the order of order_epoch */
    int64_t order_epoch;     /* -1: none yet */
    struct row_feed feed;    /* what is left of the epoch */
    uint32_t *train_cell;    /* (n_train) owned; ascending */
    uint32_t *val_cell;      /* (n_val) owned; ascending */
    int32_t *val_predicted;  /* (n_val) owned */
    struct f1_counts counts; /* scratch: one batch, or the validation cells */
    int64_t *keep_epoch;     /* (save_top_k) owned; scratch of best checkpoints */
    float *exported;         /* owned; room for exported parameters, NULL where the
                                gradient, of no use between steps, has as much */
    uint8_t *fields; /* (fields_cap) owned; scratch of checkpoints: all but their
                                tensors */
    size_t fields_cap;
    struct best_model waiting; /* for the next state, to be stored before it */

    /* Clocks; none of them can influence a number that is stored as a value. */
    double start_s;     /* clock when this trainer_run began, less state.wall_s */
    double row_s;       /* clock at the last metric row */
    int64_t row_step;   /* step at the last metric row */
    double saved_s;     /* clock at the last state checkpoint */
    double save_cost_s; /* what it took; < 0: none in this trainer_run */
    double run_s;       /* clock when this trainer_run began */
    int64_t run_step;   /* step when it began */
    double rate;        /* cells/s, smoothed; 0: unknown */
    double line_s;      /* clock at the last line of the log about an epoch */
    size_t n_lines;     /* such lines since this trainer_run began */
    double loss;        /* training loss of the last step */
};

/* Each epoch has its line in the log, but where there are many of them and they are short:
 * the first LINES_EACH do, and then one every LINE_EVERY_S. */
enum { LINES_EACH = 100, LINE_EVERY_S = 3 };

/* trainer_state.c: a state checkpoint, whose tensors are lent; trainer_resume reads it. */
void trainer_state_put(struct wire_out *w, const struct trainer *t);

/* trainer_report.c: what the sink hears. */
double trainer_wall_s(const struct trainer *t);
MUST_CHECK enum err trainer_report_step(struct trainer *t, const struct sink *sink,
                                        const struct learner_result *r, double lr,
                                        struct errbuf *eb);
MUST_CHECK enum err trainer_report_nonfinite(struct trainer *t, const struct sink *sink,
                                             const struct learner_result *r, double lr,
                                             struct errbuf *eb);
MUST_CHECK enum err trainer_report_epoch(struct trainer *t, const struct sink *sink,
                                         double val_loss, const struct f1_average *val,
                                         struct errbuf *eb);
MUST_CHECK enum err trainer_report_progress(struct trainer *t, const struct sink *sink,
                                            bool *stop, struct errbuf *eb);
MUST_CHECK enum err trainer_save_state(struct trainer *t, const struct sink *sink,
                                       struct errbuf *eb);
MUST_CHECK enum err trainer_save_last(struct trainer *t, const struct sink *sink,
                                      double score, struct errbuf *eb);

/* The epoch that just ended has a place among the best: remember its parameters.  Another
 * one that waits is stored if it still has a place, and forgotten if not. */
MUST_CHECK enum err trainer_keep_best(struct trainer *t, const struct sink *sink,
                                      double score, struct errbuf *eb);

/* Store what waits. */
MUST_CHECK enum err trainer_save_best(struct trainer *t, const struct sink *sink,
                                      struct errbuf *eb);

/* Count n cells under the hierarchy rule; y and predicted run in parallel. */
void trainer_count(const struct class_set *classes, struct f1_counts *f,
                   const int32_t *y_all, const uint32_t *cell, const int32_t *predicted,
                   size_t n);

#endif
