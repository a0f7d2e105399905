/* published.h - how the published tree of results is laid out.
 *
 *   tb_logs/MODEL[_hierarchical_loss]/default/version_N/
 *     hparams.yaml  parameters.json  events.out.tfevents.*  checkpoints/NAME.ckpt
 *     MODEL_<table>.csv  MODEL_detailed_results.parquet       evaluation `ood`
 *     sctab_test/MODEL_<table>.csv ...                        evaluation `id`
 *
 * Source: FORMATS.md, sections 4 to 6.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef TRANSFER_PUBLISHED_H
#define TRANSFER_PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct published_table {
    const char *suffix; /* of the file's name: "_overall_metrics.csv" */
    const char *facet;  /* of its rows in the store */
    const char *group;  /* the column that says the group, or NULL: it has none */
};

/* Table i, NULL past the end. */
const struct published_table *published_table(size_t i);

/* Averages over the classes that occur out of distribution are a facet of one row. */
#define PUBLISHED_SUBSET       "subset"
#define PUBLISHED_SUBSET_LABEL "classes of ood"

#define PUBLISHED_DETAILS "_detailed_results.parquet"

/* Evaluation i and its folder below that of the run ("" or "sctab_test"); NULL past the
 * end. */
const char *published_evaluation(size_t i, const char **folder);

/* Folder of the evaluations of other names: not published, but what export writes. */
#define PUBLISHED_OTHERS "evaluations"

/* A name as export_safe_name made it fit for a file, as it was: %XX stands for a byte.
 * Caller frees. */
char *published_name(const char *safe);

/* The number of a folder "version_12", or -1. */
int64_t published_version(const char *name);

/* "linear_hierarchical_loss" -> "linear", hce: the model in a folder's name, NULL: none is
 * there.  Static storage. */
const char *published_model(const char *name, bool *hierarchical);

/* What the name of a checkpoint says: epoch (INT64_MIN: nothing) and val_f1_macro
 * (NaN: nothing). */
void published_checkpoint(const char *name, int64_t *epoch, double *score);

#endif
