/* store.h - the results store: one SQLite file, typed rows in and out.
 *
 * Vocabulary: a run has attempts; an attempt is fenced: every write of it fails with
 * ERR_FENCED once the run's lease belongs to someone else.
 *
 * Writers: every write transaction and every checkpoint of the WAL runs under one
 * flock on <store>.lock and a mutex in the process (store/store_lock.h says why).
 *
 * Threads: one connection per thread; one thread per object.
 * Errors:  ERR_NOTFOUND, ERR_FORMAT (not ours), ERR_NEWER, ERR_BUSY (locked for long),
 *          ERR_FULL (disk), ERR_FENCED, ERR_CONFLICT, ERR_AMBIGUOUS, ERR_DB. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/piece.h"
#include "base/strbuf.h"
#include "base/strlist.h"

struct store;

enum store_mode {
    STORE_READ,  /* read-only connection; never checkpoints, never creates a file;
                     immutable=1 where the folder is not writable and no WAL stands */
    STORE_WRITE, /* the store must exist; migrated if older */
    STORE_CREATE /* made if it does not exist */
};

enum { STORE_TEXT = 64, STORE_UUID = 37 };

/* --- open and close (store.c) --- */

MUST_CHECK enum err store_open(struct store **out, const char *path,
                               enum store_mode mode, struct errbuf *eb);

/* A reader that waits at most wait_ms > 0 for whoever holds the file locked, now and
 * later, and not at all for a moment after it waited in vain (others: a second for each
 * statement, and ten for a WAL's index). */
MUST_CHECK enum err store_open_brisk(struct store **out, const char *path, int wait_ms,
                                     struct errbuf *eb);
void store_close(struct store *s);

/* ERR_OK if store_open with STORE_CREATE can be expected to succeed: there is a store of
 * ours, or none and a folder that is writable.  Makes and changes nothing. */
MUST_CHECK enum err store_check_place(const char *path, struct errbuf *eb);

/* True if another connection has committed since the last call (data_version), the file
 * at the path is another one now (it is reopened then), or a read since the last call met a
 * store that was busy: what was not read is to be read again. */
bool store_changed(struct store *s);

/* A sentence to say once to the user ("network file system: ..."), or NULL. */
const char *store_notice(const struct store *s);
const char *store_path(const struct store *s);

/* --- runs in the queue (store_queue.c) --- */

struct store_param { /* one value of one run parameter; lists by position */
    const char *name, *value;
    int64_t position;
};

struct store_eval_binding { /* an evaluation name and the cells that it means */
    const char *name, *cells_digest;
};

struct store_new_run {
    const char *name, *experiment, *model, *loss, *pair_key;
    int64_t seed, max_epochs, priority;
    const char *data_digest, *split_digest, *class_digest;
    uint64_t memory_bytes; /* estimate */
    int64_t n_train;       /* cells; 0: not known */
    const struct store_param *param;
    size_t n_params;
    const struct store_eval_binding *eval;
    size_t n_evals;
};

/* Queue n runs in one transaction: all or none.  needed: a run is skipped where one of
 * the same pair_key, loss and seed is queued, running, paused or succeeded.  ids (n):
 * run_id, or 0 where skipped (existing run_id in existing (n), may be NULL).
 * ERR_CONFLICT if an evaluation name is bound to other cells in the experiment: by a
 * run that is queued, running or paused, or by one that has scored them. */
MUST_CHECK enum err store_queue_add(struct store *s, const struct store_new_run *run,
                                    size_t n, bool needed, int64_t *ids,
                                    int64_t *existing, struct errbuf *eb);

/* As store_queue_add would decide, without writing. */
MUST_CHECK enum err store_queue_check(struct store *s, const struct store_new_run *run,
                                      size_t n, int64_t *existing, struct errbuf *eb);

enum store_request { REQUEST_NONE, REQUEST_CANCEL, REQUEST_PAUSE };

/* Wishes of people.  Each says in *done whether the run's state allowed it; if not, eb
 * has the reason.  cancel: queued and paused runs become cancelled at once, running
 * ones at the worker's next heartbeat.  pause likewise.  resume: paused -> queued.
 * retry: failed, cancelled (and succeeded with fresh) -> queued; fresh drops its
 * checkpoints, metrics and evaluations.  clear removes runs that are queued. */
MUST_CHECK enum err store_cancel(struct store *s, int64_t run_id, bool *done,
                                 struct errbuf *eb);
MUST_CHECK enum err store_pause(struct store *s, int64_t run_id, bool *done,
                                struct errbuf *eb);
MUST_CHECK enum err store_resume(struct store *s, int64_t run_id, bool *done,
                                 struct errbuf *eb);
MUST_CHECK enum err store_retry(struct store *s, int64_t run_id, bool fresh, bool *done,
                                struct errbuf *eb);
MUST_CHECK enum err store_set_priority(struct store *s, int64_t run_id,
                                       int64_t priority, bool *done, struct errbuf *eb);

/* Before every other run that waits: the highest priority of them at least. */
MUST_CHECK enum err store_set_first(struct store *s, int64_t run_id, bool *done,
                                    struct errbuf *eb);

/* Hold the whole queue: workers let their runs end and take no new one, but for one that
 * they were started for (only_run_id).  *done: it was not so before. */
MUST_CHECK enum err store_queue_hold(struct store *s, bool hold, bool *done,
                                     struct errbuf *eb);
MUST_CHECK enum err store_queue_is_held(struct store *s, bool *held, struct errbuf *eb);

MUST_CHECK enum err store_clear_queue(struct store *s, size_t *n_removed,
                                      struct errbuf *eb);

/* --- workers and leases (store_lease.c) --- */

struct store_process { /* names one process for ever */
    char host[STORE_TEXT], boot_id[40];
    int64_t pid;
    uint64_t start_ticks;
};

struct store_lease {
    int64_t run_id, attempt;
    struct store_process worker, child; /* child.pid = 0 until it is known */
    double heartbeat_age_s;
};

struct store_claim {
    int64_t run_id, attempt;
    uint64_t memory_bytes; /* estimate */
    int64_t threads;       /* of the spec; 0: the worker decides */
};

struct store_worker {
    struct store_process process;
    int64_t jobs, n_running;
    bool drains;  /* leaves when nothing is queued or running */
    bool leaving; /* takes no new run, leaves when those that it has have ended */
};

/* Register or refresh this worker (once a second); removes rows of dead ones.
 * *leaving: it is to leave, as it said itself or as people wish. */
MUST_CHECK enum err store_worker_beat(struct store *s, const struct store_worker *me,
                                      bool *leaving, struct errbuf *eb);

/* Wish that every worker leaves when its runs have ended; *n = workers that live. */
MUST_CHECK enum err store_workers_relieve(struct store *s, size_t *n,
                                          struct errbuf *eb);

MUST_CHECK enum err store_worker_gone(struct store *s, const struct store_process *me,
                                      struct errbuf *eb);

/* Workers that take runs, with a heartbeat younger than max_age_s. */
MUST_CHECK enum err store_count_workers(struct store *s, double max_age_s, size_t *n,
                                        struct errbuf *eb);

/* All workers that are registered, dead ones of the last minute among them.  Caller
 * frees *out. */
MUST_CHECK enum err store_workers(struct store *s, struct store_worker **out, size_t *n,
                                  struct errbuf *eb);

/* Take the next queued run (priority, then position) - or run only_run_id if not 0 -
 * with memory_bytes <= memory_free; ERR_NOTFOUND if there is none.  Runs passed over
 * for memory get the reason. */
MUST_CHECK enum err store_claim_next(struct store *s, const struct store_process *me,
                                     int64_t only_run_id, uint64_t memory_free,
                                     struct store_claim *claim, struct errbuf *eb);

/* All leases that are held.  Caller frees *leases. */
MUST_CHECK enum err store_leases(struct store *s, struct store_lease **leases,
                                 size_t *n, struct errbuf *eb);

/* Hand back the run of a lease whose owner is gone: running -> queued at the front of
 * its priority (or paused/cancelled if that was wished), attempt number spent.
 * ERR_FENCED if (run_id, attempt) holds no lease any more. */
MUST_CHECK enum err store_lease_break(struct store *s, int64_t run_id, int64_t attempt,
                                      const char *reason, struct errbuf *eb);

/* Refresh a lease; *request = what people wish.  ERR_FENCED when it is lost. */
MUST_CHECK enum err store_lease_beat(struct store *s, int64_t run_id, int64_t attempt,
                                     enum store_request *request, struct errbuf *eb);

/* Make the child known / record why the run waits (NULL: no reason). */
MUST_CHECK enum err store_lease_child(struct store *s, int64_t run_id, int64_t attempt,
                                      const struct store_process *child,
                                      struct errbuf *eb);
MUST_CHECK enum err store_lease_reason(struct store *s, int64_t run_id, int64_t attempt,
                                       const char *reason, struct errbuf *eb);

/* The child of an attempt died.  Counts deaths in a row without a new checkpoint: at
 * three the run is failed, else queued.  state out: "failed" or "queued". */
MUST_CHECK enum err store_attempt_died(struct store *s, int64_t run_id, int64_t attempt,
                                       int exit_code, int term_signal, const char *what,
                                       char state[STORE_TEXT], struct errbuf *eb);

/* --- what an attempt writes (store_attempt.c); all fenced --- */

struct store_attempt {
    int64_t run_id, attempt;
};

/* Make known how many threads train. */
MUST_CHECK enum err store_attempt_threads(struct store *s,
                                          const struct store_attempt *a,
                                          int64_t threads, struct errbuf *eb);

struct store_metric {
    const char *metric; /* name */
    int64_t step, epoch;
    double wall_s, value; /* NaN is stored as NULL with nonfinite = 1 */
};

/* Start: removes metric rows past resume_step, records the platform.  ERR_CONFLICT if
 * the run was begun on another cpu_path or blas_core and allow_other is false. */
MUST_CHECK enum err store_attempt_begin(struct store *s, const struct store_attempt *a,
                                        int64_t resume_step, const char *cpu_path,
                                        const char *blas_core, bool allow_other,
                                        struct errbuf *eb);

struct store_progress { /* into run_summary */
    int64_t step, epoch;
    double cells_per_s, eta_s;
};

/* Append metric rows, replacing equal (run, metric, step); progress may be NULL.
 * synchronous=NORMAL: the last rows may be lost in a power cut. */
MUST_CHECK enum err store_metrics_add(struct store *s, const struct store_attempt *a,
                                      const struct store_metric *m, size_t n,
                                      const struct store_progress *progress,
                                      struct errbuf *eb);

MUST_CHECK enum err store_log_add(struct store *s, int64_t run_id, int64_t attempt,
                                  const char *level, const char *text,
                                  struct errbuf *eb);

struct store_checkpoint {
    const char *kind; /* "state", "best", "last" */
    int64_t epoch, step;
    double score;               /* NaN: none */
    const char *weights_sha256; /* or NULL */
    const struct piece *piece;  /* (n_pieces) the bytes */
    size_t n_pieces;
    const int64_t *keep_epoch; /* best: epochs that stay */
    size_t n_keep;
};

/* Write in 1 MiB chunks, a completing row last (synchronous=FULL), then drop what it
 * replaces: an older state, best epochs that are not kept.  a->attempt = 0: of a run that
 * was made elsewhere, not fenced (store_weights_add). */
MUST_CHECK enum err store_checkpoint_add(struct store *s, const struct store_attempt *a,
                                         const struct store_checkpoint *cp,
                                         struct errbuf *eb);

/* The newest whole checkpoint of a kind ("best": the best score; epoch >= 0: that
 * epoch's).  ERR_NOTFOUND if there is none.  Caller frees *data. */
MUST_CHECK enum err store_checkpoint_load(struct store *s, int64_t run_id,
                                          const char *kind, int64_t epoch, void **data,
                                          size_t *size, int64_t *found_epoch,
                                          struct errbuf *eb);

struct store_f1 {
    const char *rule, *facet, *label, *class_name; /* class_name may be NULL */
    double precision, recall, f1, f1_weighted, f1_micro, accuracy; /* NaN: NULL */
    int64_t support, n_classes;
};

struct store_confusion {
    const char *true_label, *predicted_label;
    int64_t n;
    const char *relation;
};

struct store_average { /* of an imported report, beside its row of store_f1 */
    const char *rule, *facet, *label;
    const char *average;          /* "micro", "weighted" */
    double precision, recall, f1; /* NaN: NULL */
};

struct store_evaluation {
    const char *name, *cells_digest;
    const char *same_cells; /* another name that stands for these cells, or NULL */
    const char *checkpoint; /* "best", "last", "epoch N" */
    bool is_primary;
    bool is_imported; /* not scored here */
    const struct store_average *average;
    size_t n_averages;
    int64_t n_cells, n_unknown;
    const struct store_f1 *f1;
    size_t n_f1;
    const struct store_confusion *confusion;
    size_t n_confusions;
};

/* Write an evaluation in one transaction, replacing an older one of the same name and
 * checkpoint.  a->attempt = 0: of a finished run, not fenced (hcelab eval).
 * ERR_CONFLICT if one of its names is bound to other cells in the experiment. */
MUST_CHECK enum err store_evaluation_add(struct store *s, const struct store_attempt *a,
                                         const struct store_evaluation *ev,
                                         struct errbuf *eb);

struct store_importance {
    int64_t class_index, gene_index; /* in the run's labels and genes */
    int64_t rank;                    /* within the class, from 1 */
    double importance;               /* share of all genes of the class */
};

/* Write the genes that count most for each class in one transaction, replacing older
 * ones of the run. */
MUST_CHECK enum err store_importance_add(struct store *s, const struct store_attempt *a,
                                         const struct store_importance *row, size_t n,
                                         struct errbuf *eb);

/* The label set, ontology and genes of a run, stored once per digest. */
struct store_labels {
    const char *digest;
    const char *const *label, *const *term_id; /* (n) */
    size_t n;
    const uint32_t *ancestor, *descendant; /* (n_edges) strict pairs of label indices */
    size_t n_edges;
};
struct store_ontology {
    const char *digest, *source, *version;
    const char *const *term_id, *const *name; /* (n) */
    size_t n;
    const uint32_t *child, *parent; /* (n_edges) direct is_a, term indices */
    size_t n_edges;
};
struct store_genes {
    const char *digest;
    const char *const *gene_id, *const *gene_name; /* (n) */
    size_t n;
};
struct store_input_file {
    const char *path, *layer, *normalize, *decision;
    int64_t n_cells, n_kept, n_genes, n_genes_missing, n_genes_dropped;
};
struct store_inputs {
    const struct store_labels *labels;
    const struct store_ontology *ontology;
    const struct store_genes *genes;
    const struct store_input_file *file; /* NULL: those there are stay */
    size_t n_files;
    const char *const *facet; /* (n_facets) obs columns that results are grouped by;
                                 NULL: those there are stay */
    size_t n_facets;
    int64_t n_train, n_val, n_test, n_ood; /* cells; INT64_MIN: not known */
    const char *cell_order;                /* "cells", "blocks"; NULL: not known */
};
MUST_CHECK enum err store_inputs_add(struct store *s, const struct store_attempt *a,
                                     const struct store_inputs *in, struct errbuf *eb);

/* --- runs that were made elsewhere (store_import.c) --- */

struct store_source_param {          /* what a file says about the run, word for word */
    const char *file, *name, *value; /* value NULL: null */
};

struct store_source_checkpoint {
    const char *path;
    int64_t epoch; /* from 0; INT64_MIN: not known */
    double score;  /* NaN: not known */
    int64_t size_bytes;
};

/* What export wrote down of a run of ours.  NULL, INT64_MIN and NaN: nothing. */
struct store_import_facts {
    const char *origin;             /* "trained", "imported" */
    const char *state, *end_reason; /* state: one in which it has ended */
    int64_t created_us, step, epoch, best_epoch;
    double train_loss, val_loss, val_f1_macro, best_val_f1_macro, cells_per_s;
    const char *cpu_path, *blas_core, *cell_order, *split_digest, *weights_sha256,
        *best_weights_sha256;
};

struct store_import {
    const char *uuid;          /* derived from what the run is */
    const char *source_path;   /* folder or file */
    const char *source_digest; /* of all that was read */
    const struct store_new_run
        *run; /* priority, memory_bytes, split_digest, eval: not used */
    const struct store_import_facts *facts; /* NULL: none */
    int64_t n_val, n_test, n_ood;           /* cells; 0: not known */
    int64_t started_us, ended_us;           /* INT64_MIN: not known */
    const struct store_labels *labels;      /* NULL: not known, as the next two */
    const struct store_ontology *ontology;
    const struct store_genes *genes;
    const char *const *facet; /* obs columns to group by where it is scored here */
    size_t n_facets;
    const struct store_metric *metric; /* by name */
    size_t n_metrics;
    const struct store_importance *importance;
    size_t n_importance;
    const struct store_evaluation *evaluation;
    size_t n_evaluations;
    const struct store_source_param *param;
    size_t n_params;
    const struct store_source_checkpoint *checkpoint;
    size_t n_checkpoints;
};

enum store_imported {
    STORE_RUN_ADDED,
    STORE_RUN_RENEWED,
    STORE_RUN_UNCHANGED,
    STORE_RUN_OURS /* trained here, and left alone */
};

/* Store a run that was made elsewhere, all of it or nothing: state succeeded and origin
 * imported, unless the facts say otherwise.  Where there is one of this uuid it is left
 * alone if the digest is the same or if it was trained here; else what was read takes the
 * place of what there is of the same kind - parameters; each curve; of an evaluation each
 * facet under each rule, and confusions - and everything else stays.  Unchanged: nothing
 * of the run was other than before.  ERR_CONFLICT if the name of an evaluation is bound to
 * other cells in the experiment. */
MUST_CHECK enum err store_import_run(struct store *s, const struct store_import *x,
                                     enum store_imported *what, int64_t *run_id,
                                     struct errbuf *eb);

struct store_weights {                 /* of a run that was made elsewhere */
    const struct store_inputs *inputs; /* labels, ontology, genes and facets */
    const struct store_param *param;   /* the run's from now on */
    size_t n_params;
    const char *loss;                   /* NULL: the run's */
    int64_t seed;                       /* -1: the run's */
    struct store_checkpoint checkpoint; /* "best" */
};

/* Give an imported run its parameters and what their inputs and outputs stand for, in
 * place of those that it has.  *changed: it had others, or none.  The bytes are stored
 * first: whoever is interrupted does it again.  ERR_CONFLICT: it was trained here. */
MUST_CHECK enum err store_weights_add(struct store *s, int64_t run_id,
                                      const struct store_weights *w, bool *changed,
                                      struct errbuf *eb);

/* End an attempt.  state: "succeeded", "failed", "cancelled", "paused" or "queued"
 * (handed back); for the last two it is what people wish by now that counts.  On
 * success the state checkpoint goes and its space is reclaimed.  weights may be NULL. */
struct store_finish {
    const char *state, *end_reason;
    int exit_code;              /* of the child; -1: none */
    int64_t epochs, best_epoch; /* best_epoch -1: none */
    double best_score;
    const char *weights_sha256, *best_weights_sha256;
};
MUST_CHECK enum err store_attempt_finish(struct store *s, const struct store_attempt *a,
                                         const struct store_finish *f,
                                         struct errbuf *eb);

/* --- reading (store_read.c, store_results.c) --- */

struct store_run { /* a row of run_summary; texts in the arena of its list */
    int64_t run_id, seed, attempt, epoch, max_epochs, step, best_epoch, pid, exit_code,
        term_signal, priority, threads, memory_bytes, n_train;
    const char *uuid, *pair_key, *name, *experiment, *model, *loss, *state, *end_reason,
        *reason, *created_at, *started_at, *ended_at, *host, *weights_sha256,
        *best_weights_sha256, *cpu_path, *blas_core, *cell_order;
    const char *source_path; /* of a run that was imported; NULL: trained here */
    double train_loss, val_loss, val_f1_macro, best_val_f1_macro, cells_per_s, eta_s,
        duration_s, heartbeat_age_s; /* NaN: none */
    int64_t change; /* grows with every change of the run or its evaluations */
    bool touched;   /* read by the last store_runs_update */
    bool turned;    /* and in another state or attempt than before */
    /* Integers without a value are INT64_MIN; texts NULL. */
};

struct store_runs {
    struct store_run *run; /* (n) owned */
    size_t n;
    struct arena arena;

    /* For store_runs_update. */
    int64_t change;                /* newest that was seen */
    uint64_t n_opened;             /* which file it is from; 0: none yet */
    size_t n_bytes, n_bytes_whole; /* of texts in the arena: now, when all were read */
};

struct store_run_filter {
    const char *experiment, *state, *model, *loss; /* NULL: any */
    const char *pair_key;                          /* or its start; NULL: any */
    int64_t run_id;                                /* 0: any */
};

/* Runs by experiment, pair_key, loss and seed of first appearance (newest group
 * first is the view's business).  filter may be NULL. */
MUST_CHECK enum err store_runs_list(struct store *s, const struct store_run_filter *f,
                                    struct store_runs *out, struct errbuf *eb);
void store_runs_release(struct store_runs *r);

/* Bring a list of all runs up to date (zeros: read it), with one state of the store: as
 * store_runs_list(s, NULL) would give it, but that numbers which grow with the time and
 * not with a change of the run (duration_s of one that nobody works on) may be older.
 * *whole: all were read anew, and places in the list mean other runs; else rows stay where
 * they are, and those that were read say so (touched).  On an error the list is whole,
 * but some rows may be newer than others. */
MUST_CHECK enum err store_runs_update(struct store *s, struct store_runs *r,
                                      bool *whole, struct errbuf *eb);

/* Seeds are the replicates of a group: where a seed was run twice, one run stands for it,
 * the last that succeeded (as in the view counted: an older run may be imported later),
 * or the newest of all where none did.  True if a and b are of one group and seed and a
 * comes before b in that. */
bool store_run_replaces(const struct store_run *a, const struct store_run *b);

/* Epochs as people count them: that of a run that goes on, else how many are done. */
int64_t store_run_epochs(const struct store_run *r); /* INT64_MIN: none yet */

/* The run that RUN means: a run_id, a uuid prefix of four or more, or an exact name.
 * ERR_NOTFOUND; ERR_AMBIGUOUS with the candidates in eb. */
MUST_CHECK enum err store_run_find(struct store *s, const char *text, int64_t *run_id,
                                   struct errbuf *eb);

/* Parameters of a run as "name=value\n" lines in stored order (spec_read takes them). */
MUST_CHECK enum err store_run_params(struct store *s, int64_t run_id,
                                     struct strbuf *out, struct errbuf *eb);

/* Rows one at a time; a function that returns false ends the reading. */
typedef bool (*store_curve_fn)(void *ctx, int64_t step, int64_t epoch, double wall_s,
                               double value, bool nonfinite);
MUST_CHECK enum err store_curve_each(struct store *s, int64_t run_id,
                                     const char *metric, int64_t after_step,
                                     store_curve_fn fn, void *ctx, struct errbuf *eb);

typedef bool (*store_log_fn)(void *ctx, int64_t log_id, const char *time,
                             int64_t attempt, const char *level, const char *text);
MUST_CHECK enum err store_log_each(struct store *s, int64_t run_id,
                                   int64_t after_log_id, store_log_fn fn, void *ctx,
                                   struct errbuf *eb);

struct store_compare_query {
    const char *pair_key; /* one pair_key: never averaged over several */
    const char *evaluation, *rule, *facet;
    const char *label; /* NULL: rows with class NULL; else the classes of a group */
    int64_t min_support;
    const char *loss;                 /* what is compared; NULL: hce */
    const char *base_key, *base_loss; /* with what; NULL: pair_key, ce */
    const char *base_evaluation;      /* NULL: evaluation; another one of its cells */
    bool any_cells;                   /* pair what was scored on other cells too */
};

/* Pairs (newest succeeded runs of each seed of the two sides, scored on the same cells
 * unless any_cells): the signature of compare_add, ce being the baseline and hce what is
 * compared. */
typedef void (*store_pair_fn)(void *ctx, const char *label, const char *class_name,
                              int64_t seed, double ce, double hce, double support);
MUST_CHECK enum err store_compare_each(struct store *s,
                                       const struct store_compare_query *q,
                                       store_pair_fn fn, void *ctx, struct errbuf *eb);

/* The evaluations that comparisons count, seed by seed: of the newest succeeded CE and HCE
 * run, on the same cells.  Caller frees *out (n). */
struct store_pair {
    int64_t seed, ce_evaluation, hce_evaluation;
    int64_t written_us; /* the newer of them */
};
MUST_CHECK enum err store_pairs_list(struct store *s, const char *pair_key,
                                     const char *evaluation, struct store_pair **out,
                                     size_t *n, struct errbuf *eb);

/* The confusions of an evaluation, those of one true label together: the signature of
 * errors_add. */
typedef void (*store_confusion_fn)(void *ctx, const char *true_label,
                                   const char *predicted_label, const char *relation,
                                   int64_t n);
MUST_CHECK enum err store_confusion_each(struct store *s, int64_t evaluation_id,
                                         store_confusion_fn fn, void *ctx,
                                         struct errbuf *eb);

/* A pair_key with what it holds, for choosing what to compare. */
struct store_group {
    const char *pair_key, *experiment; /* "newest + older" where there are several */
    const char *model, *last_ended_at;
    int64_t n_ce, n_hce, n_pairs; /* succeeded */
    int64_t n_open;               /* queued, running, paused */
    int64_t n_failed;
    const char
        *unmatched; /* "ce: 4; hce: 2 (failed)": seeds without a partner, or "" */
    const char *evaluations, *facets; /* comma-separated names that have rows */
};
struct store_groups {
    struct store_group *group;
    size_t n;
    struct arena arena;
};
MUST_CHECK enum err store_groups_list(struct store *s, const char *experiment,
                                      struct store_groups *out, struct errbuf *eb);
void store_groups_release(struct store_groups *g);

/* Append "ce: 4; hce: 2, 3": seeds of a pair_key whose runs succeeded and were not scored
 * in this evaluation; nothing if all were. */
MUST_CHECK enum err store_unscored(struct store *s, const char *pair_key,
                                   const char *evaluation, struct strbuf *out,
                                   struct errbuf *eb);

/* --- two seed groups as the sides of a comparison (store_sides.c) --- */

enum { STORE_SIDE = 48 };

/* What to call the sides of q: "CE", "HCE"; "linear hce", "mlp hce"; "hce 9f3a21",
 * "hce 77c0de", as short as tells them apart; of other evaluations "CE+propagated", or
 * "CE in NAME".  base and g are the groups of base_key and pair_key. */
void store_side_names(const struct store_compare_query *q,
                      const struct store_group *base, const struct store_group *g,
                      char base_name[STORE_SIDE], char name[STORE_SIDE]);

/* Whether there are seeds of the two sides to pair, which need not be fair
 * (store_provenance.h).  *why NULL: yes; else the reason (the same runs, none, no seed in
 * common), which the caller frees. */
MUST_CHECK enum err store_side_check(struct store *s,
                                     const struct store_compare_query *q, char **why,
                                     struct errbuf *eb);

/* Append seeds that are in no pair: those without a partner, and those not scored in the
 * evaluation, as "linear hce: 4; mlp hce: 2 (failed), 3". */
MUST_CHECK enum err store_side_seeds(struct store *s,
                                     const struct store_compare_query *q,
                                     const char *base_name, const char *name,
                                     struct strbuf *unmatched, struct strbuf *unscored,
                                     struct errbuf *eb);

/* Append seeds of which several runs succeeded and are scored, so that only the newest
 * counts, in the same way. */
MUST_CHECK enum err store_side_repeated(struct store *s,
                                        const struct store_compare_query *q,
                                        const char *base_name, const char *name,
                                        struct strbuf *out, struct errbuf *eb);

/* The first parameters in which two pair_keys differ: "batch_size 64 / 256, ...".
 * Caller frees *text. */
MUST_CHECK enum err store_pair_diff(struct store *s, const char *pair_key_a,
                                    const char *pair_key_b, char **text,
                                    struct errbuf *eb);

/* What a run was trained on, for scoring other cells: genes, labels (digest of
 * store_labels), facets.  Lists are appended to. */
MUST_CHECK enum err store_run_genes(struct store *s, int64_t run_id,
                                    struct strlist *gene_id, struct strlist *gene_name,
                                    struct errbuf *eb);
MUST_CHECK enum err store_run_labels(struct store *s, int64_t run_id,
                                     struct strlist *label, struct strlist *term_id,
                                     uint32_t **ancestor, uint32_t **descendant,
                                     size_t *n_edges, struct errbuf *eb);
MUST_CHECK enum err store_run_facets(struct store *s, int64_t run_id,
                                     struct strlist *facet, struct errbuf *eb);

struct store_index_pairs {
    uint32_t *a, *b; /* (n) owned */
    size_t n;
};

/* The classes of a configuration and the ontology above them, as its newest run that was
 * started used them. */
struct store_hierarchy {
    int64_t label_set_id, ontology_id; /* 0: none is stored */
    char *source, *version;            /* of the ontology; owned; "" unknown */
    struct strlist label, label_term;  /* classes; label_term: term id or "" */
    struct strlist term, term_name;    /* term ids and names */
    struct store_index_pairs is_a;     /* (child, parent) of terms */
    struct store_index_pairs below;    /* (ancestor, descendant) of classes */
};

/* find sets the two ids only, so that what is known already need not be read again; read
 * fills in the rest (on an error h is empty). */
MUST_CHECK enum err store_hierarchy_find(struct store *s, const char *pair_key,
                                         struct store_hierarchy *out,
                                         struct errbuf *eb);
MUST_CHECK enum err store_hierarchy_read(struct store *s, struct store_hierarchy *h,
                                         struct errbuf *eb);
void store_hierarchy_release(struct store_hierarchy *h);

/* Any read-only query, by name (a block of store/sql) or by text: cells as text, NULL
 * for NULL.  The row function gets n_cols values and types ('i','f','t','b','n'). */
typedef bool (*store_row_fn)(void *ctx, size_t n_cols, const char *const *name,
                             const char *const *value, const char *type);
struct store_bind {
    const char *name; /* ":run_id" */
    enum { BIND_INT, BIND_TEXT, BIND_REAL } kind;
    int64_t i;
    double f;
    const char *t;
};
MUST_CHECK enum err store_query(struct store *s, const char *sql,
                                const struct store_bind *bind, size_t n_binds,
                                store_row_fn fn, void *ctx, struct errbuf *eb);

/* Append the names of the columns that a query has, whether it has rows or not. */
MUST_CHECK enum err store_query_columns(struct store *s, const char *sql,
                                        struct strlist *out, struct errbuf *eb);

/* The text of a named read-only statement of store/sql/export.sql ("export_f1",
 * "queue_list", "run_evaluations", ...).  NULL if there is none. */
const char *store_named_query(const char *name);

/* --- care of the file (store_admin.c) --- */

struct store_info {
    int64_t application_id, schema_version, page_size, size_bytes, wal_bytes;
    int64_t n_runs, n_metric_rows, n_f1_rows, n_checkpoints, checkpoint_bytes;
    char sqlite_version[STORE_TEXT], journal_mode[16];
    bool sqlite_has_wal_bug; /* 3.7.0-3.51.2 but for the fixed branches */
};
MUST_CHECK enum err store_info(struct store *s, struct store_info *out,
                               struct errbuf *eb);

/* PRAGMA integrity_check and foreign_key_check; problems are appended to *problems. */
MUST_CHECK enum err store_check(struct store *s, struct strlist *problems,
                                struct errbuf *eb);

/* A whole copy while writers go on: written beside `to`, checked, synced, renamed. */
MUST_CHECK enum err store_backup(struct store *s, const char *to, struct errbuf *eb);

/* Checkpoint the WAL under the lock: PASSIVE above 16 MiB, TRUNCATE above 256 MiB or
 * when drain. */
MUST_CHECK enum err store_wal_care(struct store *s, bool drain, struct errbuf *eb);

#endif
