/* screen_model.h - what the dashboard knows: runs, their seed groups, curves, workers.  Read
 * again only when the store changed, in short transactions.
 *
 * Threads: owner thread only.
 * Errors:  none; `problem` says why there is no store. */
#ifndef TUI_SCREEN_MODEL_H
#define TUI_SCREEN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/board.h"
#include "store/store.h"
#include "tui/curves.h"

enum run_state {
#define STATE(id, rank) RUN_##id,
#include "tui/states.def"
#undef STATE
    RUN_STATE_COUNT
};

/* Runs of one experiment, model, loss and pair_key. */
struct run_group {
    uint64_t key;
    const char *experiment, *model, *loss, *pair_key; /* borrowed from the runs */
    bool is_ambiguous; /* another pair_key has the same experiment and model */
    size_t *run;       /* (n) indices into model.runs, by seed; owned */
    size_t n, cap;
    int64_t newest; /* largest run_id of the pair_key in the experiment */

    size_t count[RUN_STATE_COUNT];  /* runs by state */
    size_t n_imported;              /* runs that were trained by another program */
    enum run_state state;           /* of the most active, else the worst */
    double progress;                /* 0..1, mean */
    double eta_s;                   /* until all have ended; NaN: unknown */
    double duration_s, cells_per_s; /* NaN: none */
    /* Of the runs that stand for their seeds: */
    double loss_mean, last_mean; /* train_loss, val_f1_macro */
    double best_mean, best_sd;   /* best_val_f1_macro; sd NaN for n < 2 */
    double best_epoch;           /* mean */
    size_t n_best;               /* seeds that have one */
    size_t n_seeds;
    unsigned generation; /* of the model when it was computed last */
};

struct model {
    const char *path;      /* borrowed */
    struct store *store;   /* owned; NULL until the file exists */
    struct errbuf problem; /* why there is no store, or why it could not be read; "" */
    struct store_runs runs;
    struct run_group *group; /* (n_groups) owned; newest first, losses side by side */
    size_t n_groups, group_cap;
    struct curves curves;
    size_t n_workers;
    unsigned generation; /* counts readings */
    unsigned whole;      /* the last one in which runs came or went */
    unsigned results; /* the last one in which more happened than that runs went on */
    double rest_until_s; /* clock_mono_s before which nothing is read again */
    bool stale;          /* the last reading failed: try again */
    bool is_gone;        /* the file was removed while it was open */
    uint64_t file[2];    /* device and number of the file that is open */
    bool is_new;         /* it was not read yet: what is known is of another */
    unsigned n_opened;   /* counts openings: run ids mean others then */
    double workers_due_s, open_due_s; /* clock_mono_s when to look again */

    double deadline_s; /* clock_mono_s until which this frame may read curves */
    bool late;         /* something was left unread for the next frame */

    /* For tests: called after each reading, to put fixed times in; may be NULL. */
    void (*adjust)(struct store_runs *runs);
    void (*adjust_board)(struct board *b); /* the same of the Queue's board */
};

void model_init(struct model *m, const char *path);
void model_release(struct model *m);

/* Look at the store; true if anything was read again. */
bool model_refresh(struct model *m);

/* A reading and what it led to took so long: let a store that changes all the time rest
 * in proportion. */
void model_rest(struct model *m, double took_s);

/* The curve of a run; what cannot be read within the frame comes in a later one. */
const struct curve *model_curve(struct model *m, const struct store_run *run,
                                enum metric_id metric);

/* The same in 256 bins, for sparklines. */
const struct spark *model_spark(struct model *m, const struct store_run *run,
                                enum metric_id metric);

/* A drawing begins that may read for so many seconds (INFINITY: all there is). */
void model_begin_frame(struct model *m, double frame_s);

const struct store_run *model_run(const struct model *m, int64_t run_id); /* or NULL */
const struct run_group *model_group(const struct model *m, uint64_t key); /* or NULL */
/* Run i of a group stands for its seed (store_run_replaces). */
bool group_counts(const struct model *m, const struct run_group *g, size_t i);

const struct store_run *group_run(const struct model *m, const struct run_group *g,
                                  size_t i);

enum run_state run_state_of(const struct store_run *run);
const char *run_state_name(enum run_state state);

/* True if it was not trained by this program. */
bool run_is_imported(const struct store_run *run);

/* Share of the training that is done, 0..1. */
double run_progress(const struct store_run *run);

#endif
