/* export_tree.h - runs of the store as the published tree of files.
 *
 *   DIR/tb_logs/{model}[_hierarchical_loss]/default/version_{seed}/
 *     hparams.yaml, parameters.json                 export_hparams.h
 *     events.out.tfevents.*                         export_events.h
 *     classes.csv, genes.csv                        what the numbers of classes and the
 *                                                   columns of the weights stand for
 *     checkpoints/{checkpoint}.safetensors          export_weights.h
 *     checkpoints/{checkpoint}/{model}_*.csv        evaluation "ood", export_scores.h
 *     sctab_test/{checkpoint}/{model}_*.csv         evaluation "id"
 *     evaluations/{name}/{checkpoint}/{model}_*.csv any other
 *     hcelab/                                       own_tables.h
 *   DIR/hcelab_runs.csv                             export_list.h
 *
 * {checkpoint} is val_f1_macro_epoch=E_val_f1_macro=0.847, or last_epoch=E.
 *
 * Threads: owner thread only.
 * Errors:  those of export_place.h, export_run.h and of the store.
 * Tests:   tests/test_export_tree.sh, tests/check_export.py */
#ifndef TRANSFER_EXPORT_TREE_H
#define TRANSFER_EXPORT_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "store/store.h"

struct export_wish {
    const char *rule;       /* scoring rule of the tables: "hierarchy", "exact" */
    bool no_weights, force; /* force: replace what export did not make */
    const struct log *log;  /* may be NULL */

    /* Write what the model said of each cell of an evaluation of the run's own data to
     * path, a new file.  NULL: no detailed results. */
    enum err (*details)(void *ctx, int64_t run_id, const char *evaluation,
                        const char *checkpoint, const char *path, struct errbuf *eb);

    /* After each run: the folder that is there now.  May be NULL. */
    void (*done)(void *ctx, int64_t run_id, const char *path);

    /* Asked before each file: whether to end with ERR_STOPPED.  May be NULL. */
    bool (*stopped)(void *ctx);
    void *ctx;
};

/* Write n runs below dir, each whole or not at all; ends with the first that fails. */
MUST_CHECK enum err export_tree(struct store *s, const char *dir, const int64_t *run_id,
                                size_t n, const struct export_wish *wish,
                                struct errbuf *eb);

/* The runs that succeeded (of an experiment, or NULL).  Caller frees *run_id. */
MUST_CHECK enum err export_tree_runs(struct store *s, const char *experiment,
                                     int64_t **run_id, size_t *n, struct errbuf *eb);

#endif
