/* train.h - one training from data to last checkpoint, and scoring of cells.
 *
 * Determinism: same binary, --cpu path, data, spec and seed give the same bits for
 * any number of threads, and whether or not the training was interrupted at a state
 * checkpoint and resumed.
 *
 * Threads: one thread per object; the trainer starts a pool of its own.
 * Errors:  ERR_NONFINITE names the step; ERR_ARG what is wrong with spec and data;
 *          errors of the sink are passed on. */
#ifndef ENGINE_TRAIN_H
#define ENGINE_TRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "data/run_data.h"
#include "engine/sink.h"
#include "spec/spec.h"

/* Where address space is limited (ulimit -v), start this program again, in the same
 * process and with the same words, without OpenBLAS's own threads.  It starts one per
 * core when it is loaded; we never use them, but there they may wait for memory for ever,
 * and every fork and the end of the process for them.  Returns where that is no matter or
 * cannot be done.  Call first of all.  Tests: test_limits.sh */
void train_start_alone(char *const *argv);

/* Names of what the bits depend on besides spec and data; static storage. */
struct train_platform {
    const char *cpu_path;  /* "amx", "avx512", "avx2", "generic" */
    const char *blas_core; /* OpenBLAS's name of the core it was built for */
};
void train_platform(struct train_platform *p);

/* Force a path for this process: name as above, or "auto".  Call before any trainer
 * exists.  ERR_ARG names what this machine has. */
MUST_CHECK enum err train_set_cpu(const char *name, struct errbuf *eb);

/* Path i of those that this machine has, fastest first; NULL past the end. */
const char *train_cpu_name(size_t i);

struct trainer;

/* What a finished training leaves behind. */
struct train_result {
    int64_t epochs;       /* completed */
    int64_t steps;
    int64_t best_epoch;   /* -1 if nothing was validated */
    double best_score;    /* val_f1_macro, NaN likewise */
    const char *end_reason; /* "max_epochs", "early_stopping"; static storage */
    char weights_sha256[DIGEST_HEX];      /* after the last step */
    char best_weights_sha256[DIGEST_HEX]; /* "" if nothing was validated */
};

/* Whether a resolved spec can be trained on n_train cells: what its batches must be. */
MUST_CHECK enum err trainer_check(const struct spec *spec, size_t n_train,
                                  struct errbuf *eb);

/* Estimate of what the training of a resolved spec needs at its peak beside the cells:
 * parameters in all their copies, batches, the model's working memory.  nnz: values of
 * all cells; a batch may have cells of four times as many values as the mean. */
uint64_t trainer_memory_bytes(const struct spec *spec, size_t n_train, size_t n_genes,
                              size_t n_classes, uint64_t nnz);

/* What --shuffle comes to for these cells: true, blocks of neighbours (cell_order.h);
 * false, at random. */
bool train_in_blocks(const struct spec *spec, const struct dataset *ds);

/* spec and rd are borrowed until trainer_free.  threads >= 1. */
MUST_CHECK enum err trainer_new(struct trainer **out, const struct spec *spec,
                                const struct run_data *rd, size_t threads,
                                struct errbuf *eb);
void trainer_free(struct trainer *t);

/* Go on from a CHECKPOINT_STATE of the same spec and data.  ERR_FORMAT if the bytes
 * are not whole or belong to other data, model or spec. */
MUST_CHECK enum err trainer_resume(struct trainer *t, const void *data, size_t size,
                                   struct errbuf *eb);

/* Steps done so far: 0, or those of the resumed state. */
int64_t trainer_step(const struct trainer *t);

/* Train to the end (or to the sink's stop).  After a resume at the end of the last
 * epoch it returns at once with the result. */
MUST_CHECK enum err trainer_run(struct trainer *t, const struct sink *sink,
                                struct train_result *result, struct errbuf *eb);

/* A trained model for scoring: parameters only. */
struct classifier;

/* From the bytes of a BEST or LAST checkpoint; no run_data needed: the checkpoint
 * carries model, genes' count, classes' count and parameters. */
MUST_CHECK enum err classifier_load(struct classifier **out, const void *data,
                                    size_t size, struct errbuf *eb);
void classifier_free(struct classifier *c);

/* Put the parameters into the order of x's genes once, instead of for each call that
 * scores cells of x. */
MUST_CHECK enum err classifier_adapt(struct classifier *c, const struct csr *x,
                                     struct errbuf *eb);
size_t classifier_genes(const struct classifier *c);
size_t classifier_classes(const struct classifier *c);

/* ERR_FORMAT unless it is the spec's model, on D genes and C classes as a run's lists
 * say. */
MUST_CHECK enum err classifier_check(const struct classifier *c, const struct spec *spec,
                                     size_t D, size_t C, struct errbuf *eb);

/* Numbers of a cell's embedding; 0: the model has none. */
size_t classifier_embedding_width(const struct classifier *c);

/* Whether the model says how much each gene counted. */
bool classifier_has_importance(const struct classifier *c);

/* From now on the class of a cell is the one of propagate.h, by the hierarchy of
 * `classes`, which are the model's: done once, before anything is predicted. */
void classifier_propagate(struct classifier *c, const struct class_set *classes);
bool classifier_propagates(const struct classifier *c);

/* What speaks for the class that was predicted of a cell with probabilities prob (C): its
 * probability, after classifier_propagate with those of its descendants. */
double classifier_probability(const struct classifier *c, const float *prob,
                              int32_t predicted);

/* predicted[i] = arg max class of cell[i] of ds (lowest index on ties), for n cells, or
 * its class after classifier_propagate; prob (n, C) row-major, or NULL: softmax.
 * ERR_NONFINITE names the first cell that has no probabilities. */
MUST_CHECK enum err classifier_predict(const struct classifier *c, const struct dataset *ds,
                                       const uint32_t *cell, size_t n, size_t threads,
                                       int32_t *predicted, float *prob,
                                       struct errbuf *eb);

/* The same, with embedding (n, width) row-major, or NULL.  ERR_UNSUPPORTED if the model
 * has none. */
MUST_CHECK enum err classifier_embed(const struct classifier *c, const struct dataset *ds,
                                     const uint32_t *cell, size_t n, size_t threads,
                                     int32_t *predicted, float *prob, float *embedding,
                                     struct errbuf *eb);

/* top (k) = the k <= C classes of highest prob (C), the highest first: first the
 * predicted one (logits can differ where probabilities are equal; -1: none), then of
 * equal ones the lower index. */
void classifier_top(const float *prob, size_t C, int32_t predicted, size_t k,
                    int32_t *top);

/* out (C, D) row-major = how much each gene counts for each class: the mean over the
 * cells with class_of[i] = the class, of mask x weight of the step, scaled to sum 1; 0
 * for a class without cells.  ERR_UNSUPPORTED if the model has none. */
MUST_CHECK enum err classifier_importance(const struct classifier *c,
                                          const struct dataset *ds, const uint32_t *cell,
                                          const int32_t *class_of, size_t n,
                                          size_t threads, double *out,
                                          struct errbuf *eb);

/* Importances of a run, from at most IMPORTANCE_CELLS of the training cells of each
 * class, drawn by keyed random numbers of the seed: the IMPORTANCE_GENES genes that
 * count most for each class go to sink->importance in one call, by class and rank; genes
 * that count nothing are left out.  Nothing is done where the model or the sink has
 * none. */
enum { IMPORTANCE_CELLS = 200, IMPORTANCE_GENES = 100 };
MUST_CHECK enum err importance_report(const struct classifier *c,
                                      const struct run_data *rd, uint64_t seed,
                                      size_t threads, const struct sink *sink,
                                      struct errbuf *eb);

/* Score cells under both rules over all facets and hand the result to
 * sink->evaluation.  predicted (ec->n), or NULL, receives the predictions. */
MUST_CHECK enum err evaluate(const struct classifier *c, const struct eval_cells *ec,
                             const struct class_set *classes,
                             const struct strlist *facets, const char *checkpoint,
                             int is_primary, size_t threads, const struct sink *sink,
                             int32_t *predicted, struct errbuf *eb);

/* The same of predictions that are there already: predicted (ec->n), classes in range. */
MUST_CHECK enum err evaluate_given(const struct eval_cells *ec,
                                   const struct class_set *classes,
                                   const struct strlist *facets,
                                   const int32_t *predicted, const char *checkpoint,
                                   int is_primary, const struct sink *sink,
                                   struct errbuf *eb);

#endif
