/* sink.h - how the engine reports: a table of functions that the caller fills.
 *
 * The engine knows no store.  Every function returns ERR_OK or an error that ends
 * the training (ERR_FENCED, ERR_STOPPED, ...); all are called from the thread that
 * called the engine.
 *
 * Threads: one thread per object. */
#ifndef ENGINE_SINK_H
#define ENGINE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/log.h"
#include "base/piece.h"
#include "spec/spec.h"

enum checkpoint_kind {
    CHECKPOINT_STATE, /* everything that is needed to go on: replaces the older one */
    CHECKPOINT_BEST,  /* parameters of one of the best k epochs */
    CHECKPOINT_LAST   /* parameters after the last epoch */
};

struct checkpoint {
    enum checkpoint_kind kind;
    int64_t epoch; /* completed epochs - 1 for BEST and LAST; current epoch for STATE */
    int64_t step;  /* optimiser steps done */
    double score;  /* val_f1_macro, NaN if nothing was validated */
    const struct piece *piece; /* (n_pieces) borrowed for the call: the bytes */
    size_t n_pieces;
    const char *weights_sha256; /* BEST and LAST; NULL for STATE */
    /* BEST: epochs of the checkpoints that stay, this one among them; others go. */
    const int64_t *keep_epoch;
    size_t n_keep;
};

struct metric_point {
    enum metric_id metric;
    int64_t step;  /* optimiser steps, from 1 */
    int64_t epoch; /* from 0 */
    double wall_s; /* training time without pauses */
    double value;
};

struct train_progress {
    int64_t step, epoch; /* of the step just done */
    int64_t steps_per_epoch, max_epochs;
    double cells_per_s; /* smoothed */
    double eta_s;       /* to max_epochs; NaN while unknown */
};

/* One row of the f1 table.  NaN where a column does not apply. */
struct f1_row {
    const char *rule;       /* "exact" or "hierarchy" */
    const char *facet;      /* "all", "class", or an obs column */
    const char *label;      /* "all", the class, or the group */
    const char *class_name; /* NULL, or the class within a group */
    double precision, recall, f1, f1_weighted, f1_micro, accuracy;
    int64_t support;   /* cells */
    int64_t n_classes; /* classes averaged; 1 in per-class rows */
};

struct confusion_row {
    const char *true_label, *predicted_label;
    int64_t n; /* cells */
    const char *relation;
};

struct evaluation_result {
    const char *name;       /* evaluation */
    const char *same_cells; /* another name that stands for these cells, or NULL */
    const char *cells_digest;
    const char *checkpoint; /* "best", "last" or "epoch N" */
    bool is_primary;
    size_t n_cells, n_unknown;
    const struct f1_row *row;
    size_t n_rows;
    const struct confusion_row *confusion;
    size_t n_confusions;
};

/* How much a gene counts for a class. */
struct importance_row {
    size_t class_index, gene_index;
    int64_t rank;      /* within the class, from 1 */
    double importance; /* all genes of a class sum to 1 */
};

struct sink {
    void *ctx; /* borrowed */
    enum err (*metrics)(void *ctx, const struct metric_point *p, size_t n,
                        struct errbuf *eb);
    enum err (*checkpoint)(void *ctx, const struct checkpoint *cp, struct errbuf *eb);
    enum err (*evaluation)(void *ctx, const struct evaluation_result *r,
                           struct errbuf *eb);
    /* NULL: not wanted.  All rows of the model in one call, n > 0. */
    enum err (*importance)(void *ctx, const struct importance_row *row, size_t n,
                           struct errbuf *eb);
    /* Called after every step.  May ask for a state checkpoint and a stop: *stop =
     * true makes the engine write CHECKPOINT_STATE and return ERR_STOPPED. */
    enum err (*progress)(void *ctx, const struct train_progress *p, bool *stop,
                         struct errbuf *eb);
    struct log log;
};

#endif
