/* eval_run.c - score one checkpoint of a run on named cells. */
#include "cli/eval_run.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/cli_out.h"
#include "cli/predictions.h"
#include "cli/run_arg.h"
#include "data/run_data.h"
#include "engine/train.h"
#include "run/run_sink.h"
#include "spec/spec.h"

/* Everything that scoring needs; released as a whole. */
struct eval_work {
    struct spec spec;
    struct strlist gene_id, gene_name, facets;
    struct class_set classes;
    struct classifier *classifier;
    char checkpoint[32]; /* "best", "last", "epoch N" */
    bool is_primary;
    struct run_data rd;          /* the run's own cells, or empty */
    struct eval_cells cells;     /* other cells, or empty */
    const struct eval_cells *ec; /* the ones to score: in rd, or cells */
    int32_t *predicted;          /* (ec->n) owned */
};

static void
work_release(struct eval_work *w)
{
    spec_release(&w->spec);
    strlist_release(&w->gene_id);
    strlist_release(&w->gene_name);
    strlist_release(&w->facets);
    class_set_release(&w->classes);
    classifier_free(w->classifier);
    eval_cells_release(&w->cells);
    run_data_release(&w->rd);
    free(w->predicted);
}

static enum err
load_spec(struct cli *c, const struct eval_request *q, struct eval_work *w,
          struct errbuf *eb)
{
    struct strbuf text = {0};
    enum err e;

    spec_init(&w->spec);
    if (!(e = store_run_params(c->store, q->run_id, &text, eb)) &&
        !(e = spec_read(&w->spec, strbuf_str(&text), eb)))
        e = spec_resolve(&w->spec, eb);
    strbuf_release(&text);
    if (e == ERR_OK && q->layer)
        e = spec_set(&w->spec, SPEC_ID_layer, q->layer, eb);
    if (e == ERR_OK && q->label)
        e = spec_set(&w->spec, SPEC_ID_label, q->label, eb);
    return e;
}

static enum err
load_classes(struct cli *c, const struct eval_request *q, struct eval_work *w,
             struct errbuf *eb)
{
    struct strlist label = {0}, term_id = {0};
    uint32_t *ancestor = NULL, *descendant = NULL;
    size_t n_edges = 0;
    enum err e = store_run_labels(c->store, q->run_id, &label, &term_id, &ancestor,
                                  &descendant, &n_edges, eb);

    if (e == ERR_OK && label.n == 0)
        e = err_set(eb, ERR_NOTFOUND,
                    "run %" PRId64 " has not started: its classes are not known yet",
                    q->run_id);
    if (e == ERR_OK)
        class_set_restore(&w->classes, &label, &term_id, ancestor, descendant, n_edges);
    free(ancestor);
    free(descendant);
    strlist_release(&label);
    strlist_release(&term_id);
    return e;
}

/* "epoch 3" or "3" -> 3; best and last -> -1. */
static enum err
parse_checkpoint(const char *text, const char **kind, int64_t *epoch, struct errbuf *eb)
{
    const char *digits = strncmp(text, "epoch ", 6) == 0 ? text + 6 : text;
    char *end;

    *epoch = -1;
    *kind = text;
    if (strcmp(text, "best") == 0 || strcmp(text, "last") == 0)
        return ERR_OK;
    errno = 0;
    *epoch = strtoll(digits, &end, 10);
    *kind = "best";
    if (errno || end == digits || *end || *epoch < 0)
        return err_set(eb, ERR_ARG,
                       "--checkpoint %s: must be best, last or the number of an epoch",
                       text);
    return ERR_OK;
}

/* The primary checkpoint of a run: the best, or the last where nothing was
 * validated. */
static enum err
primary_checkpoint(struct cli *c, int64_t run_id, const char **kind, struct errbuf *eb)
{
    struct store_runs runs;
    enum err e = run_arg_get(c, run_id, &runs, eb);

    if (e)
        return e;
    *kind = runs.run[0].best_epoch == INT64_MIN || runs.run[0].best_epoch < 0 ? "last"
                                                                              : "best";
    store_runs_release(&runs);
    return ERR_OK;
}

static enum err
load_classifier(struct cli *c, const struct eval_request *q, struct eval_work *w,
                struct errbuf *eb)
{
    const char *primary, *kind;
    int64_t epoch = -1, found;
    void *data = NULL;
    size_t size = 0;
    enum err e = primary_checkpoint(c, q->run_id, &primary, eb);

    kind = primary;
    if (e == ERR_OK && q->checkpoint)
        e = parse_checkpoint(q->checkpoint, &kind, &epoch, eb);
    if (e)
        return e;
    e = store_checkpoint_load(c->store, q->run_id, kind, epoch, &data, &size, &found,
                              eb);
    if (e == ERR_OK)
        e = classifier_load(&w->classifier, data, size, eb);
    free(data);
    if (epoch >= 0)
        snprintf(w->checkpoint, sizeof w->checkpoint, "epoch %" PRId64, epoch);
    else
        snprintf(w->checkpoint, sizeof w->checkpoint, "%s", kind);
    w->is_primary = strcmp(w->checkpoint, primary) == 0;
    return e;
}

/* The run's own cells of that name, from the files it was trained on. */
static enum err
load_own_cells(struct cli *c, const struct eval_request *q, struct eval_work *w,
               struct errbuf *eb)
{
    struct strbuf names = {0};
    enum err e = run_data_load(&w->rd, &w->spec, RUN_DATA_FULL, &c->log, eb);

    if (e)
        return e;
    if (strcmp(w->rd.classes.digest, w->classes.digest) != 0)
        return err_set(eb, ERR_CONFLICT,
                       "the data have changed since run %" PRId64
                       " was trained: their labels differ",
                       q->run_id);
    for (size_t i = 0; i < w->rd.n_evals; i++) {
        strbuf_addf(&names, "%s%s", i ? ", " : "", w->rd.eval[i].name);
        if (strcmp(w->rd.eval[i].name, q->name) == 0)
            w->ec = &w->rd.eval[i];
    }
    if (!w->ec)
        e = err_set(
            eb, ERR_NOTFOUND,
            "--name %s: run %" PRId64
            " has no such evaluation of its own (it has: %s); --data PATH names "
            "other cells",
            q->name, q->run_id, names.len ? strbuf_str(&names) : "none");
    strbuf_release(&names);
    return e;
}

static enum err
load_cells(struct cli *c, const struct eval_request *q, struct eval_work *w,
           struct errbuf *eb)
{
    enum err e;

    if (!q->data) {
        e = load_own_cells(c, q, w, eb);
    } else {
        e = eval_cells_load(&w->cells, q->name, q->data, &w->spec, &w->gene_id,
                            &w->gene_name, &w->classes, &c->log, eb);
        w->ec = &w->cells;
    }
    if (e)
        return e;
    if (w->ec->ds->gene_id.n != classifier_genes(w->classifier))
        return err_set(eb, ERR_CONFLICT,
                       "the data have changed since run %" PRId64
                       " was trained: %zu genes, the model has %zu",
                       q->run_id, w->ec->ds->gene_id.n,
                       classifier_genes(w->classifier));
    if (w->ec->n == 0)
        return err_set(eb, ERR_ARG,
                       "evaluation %s has no cell whose label is a class of the model",
                       q->name);
    return ERR_OK;
}

static void
note_unknown(const struct eval_cells *ec)
{
    if (!ec->n_unknown)
        return;
    char *list = strlist_join(&ec->unknown, ", ");

    out_note("evaluation %s: %zu cells left out, their labels are no class of the "
             "model: %s",
             ec->name, ec->n_unknown, list);
    free(list);
}

struct eval_target {
    struct store *store;     /* borrowed; NULL: the result is not stored */
    struct store_attempt at; /* attempt 0: of a run that has ended */
};

static enum err
put_result(void *ctx, const struct evaluation_result *r, struct errbuf *eb)
{
    const struct eval_target *t = ctx;

    return t->store ? run_sink_put_evaluation(t->store, &t->at, r, eb) : ERR_OK;
}

/* Score, and store the result unless the command line says --read-only. */
static enum err
score(struct cli *c, const struct eval_request *q, struct eval_work *w,
      struct errbuf *eb)
{
    struct eval_target target = {.store = c->read_only ? NULL : c->store,
                                 .at = {.run_id = q->run_id}};
    const struct sink sink = {.ctx = &target, .evaluation = put_result, .log = c->log};

    w->predicted = xcalloc(w->ec->n, sizeof *w->predicted);
    return evaluate(w->classifier, w->ec, &w->classes, &w->facets, w->checkpoint,
                    w->is_primary, q->threads, &sink, w->predicted, eb);
}

enum err
eval_run(struct cli *c, const struct eval_request *q, struct errbuf *eb)
{
    struct eval_work w = {0};
    enum err e;

    if ((e = cli_open(c, c->read_only ? STORE_READ : STORE_WRITE, eb)))
        return e;
    if ((e = load_spec(c, q, &w, eb)) || (e = load_classes(c, q, &w, eb)) ||
        (e = store_run_genes(c->store, q->run_id, &w.gene_id, &w.gene_name, eb)) ||
        (e = store_run_facets(c->store, q->run_id, &w.facets, eb)) ||
        (e = load_classifier(c, q, &w, eb)) || (e = load_cells(c, q, &w, eb)))
        goto out;
    note_unknown(w.ec);
    if ((e = score(c, q, &w, eb)))
        goto out;
    if (q->predictions)
        e = predictions_write(c, q->predictions, w.classifier, w.ec, &w.classes,
                              &w.facets, w.predicted, q->threads, eb);
out:
    work_release(&w);
    return e;
}
