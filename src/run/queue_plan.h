/* queue_plan.h - from a spec and lists of models, losses and seeds to queued runs.
 *
 * Threads: one thread per object.
 * Errors:  ERR_NOTFOUND names a path that is absent; those of probe_run and
 *          store_queue_add. */
#ifndef RUN_QUEUE_PLAN_H
#define RUN_QUEUE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strlist.h"
#include "run/probe.h"
#include "spec/spec.h"
#include "store/store.h"

struct queue_axes { /* the cross product; an empty list means the base's own value */
    const enum model_id *model;
    size_t n_models;
    const enum loss_id *loss;
    size_t n_losses;
    const uint32_t *seed;
    size_t n_seeds;
    int64_t priority;
};

struct queue_plan {
    struct store_new_run
        *run; /* (n) owned; model, then seed, then loss; texts in arena */
    size_t n;
    int64_t *id;       /* (n) owned; after queue_plan_add: run_id, 0 where skipped */
    int64_t *existing; /* (n) owned; after add or check: the run that exists, or 0 */
    struct strlist warnings;    /* to tell the user, each once */
    struct probe_result *probe; /* (n_probes) owned; one per model */
    size_t n_probes;
    struct arena arena;
};

/* Look at the data once per model (probe_run) and write down every run: absolute
 * paths, parameters with their defaults, pair_key, bindings of evaluations,
 * experiment (name of the first data path without suffix) and name
 * (model-loss-sSEED) where the spec has none. */
MUST_CHECK enum err queue_plan_make(struct queue_plan *p, const char *self_path,
                                    const struct spec *base,
                                    const struct queue_axes *axes, struct errbuf *eb);
void queue_plan_release(struct queue_plan *p);

/* Queue them, all or none; needed: skip runs that exist.  Fills id and existing. */
MUST_CHECK enum err queue_plan_add(struct queue_plan *p, struct store *s, bool needed,
                                   struct errbuf *eb);

/* What queue_plan_add would skip or refuse, without writing.  Fills existing. */
MUST_CHECK enum err queue_plan_check(struct queue_plan *p, struct store *s,
                                     struct errbuf *eb);

#endif
