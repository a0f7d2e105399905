/* eval_run.c - score one checkpoint of a run on named cells. */
#include "cli/eval_run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/cli_out.h"
#include "cli/details.h"
#include "cli/predictions.h"
#include "cli/run_model.h"
#include "data/run_data.h"
#include "engine/train.h"
#include "run/run_sink.h"
#include "spec/decode.h"
#include "spec/spec.h"

/* Everything that scoring needs; released as a whole. */
struct eval_work {
    struct run_model m;
    struct strlist facets;
    struct run_data rd;          /* the run's own cells, or empty */
    struct eval_cells cells;     /* other cells, or empty */
    const struct eval_cells *ec; /* the ones to score: in rd, or cells */
    int32_t *predicted;          /* (ec->n) owned */
};

static void
work_release(struct eval_work *w)
{
    run_model_release(&w->m);
    strlist_release(&w->facets);
    eval_cells_release(&w->cells);
    run_data_release(&w->rd);
    free(w->predicted);
}

/* What the command line says instead of the run. */
static enum err
change_spec(const struct eval_request *q, struct spec *spec, struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (q->layer)
        e = spec_set(spec, SPEC_ID_layer, q->layer, eb);
    if (e == ERR_OK && q->label)
        e = spec_set(spec, SPEC_ID_label, q->label, eb);
    if (e == ERR_OK && q->memory)
        e = spec_set(spec, SPEC_ID_memory, q->memory, eb);
    if (e == ERR_OK && q->memory)
        e = spec_resolve(spec, eb);
    return e;
}

/* Detailed results have columns that are not read otherwise.  A run's own data are asked
 * first: --facet names what must be there. */
static enum err
want_details(struct cli *c, const struct eval_request *q, struct spec *spec,
             struct errbuf *eb)
{
    struct run_data rd = {0};
    const struct log quiet = {0};
    const char *name;
    enum err e = q->data ? ERR_OK : run_data_load(&rd, spec, RUN_DATA_OBS, &quiet, eb);

    (void)c;
    for (size_t i = 0; !e && (name = details_column(i)); i++)
        if ((q->data || strlist_has(&rd.ds.column, name)) &&
            !strlist_has(&spec->facet, name))
            e = spec_set(spec, SPEC_ID_facet, name, eb);
    run_data_release(&rd);
    return e;
}

/* The run's own cells of that name, from the files it was trained on. */
static enum err
load_own_cells(struct cli *c, const struct eval_request *q, struct eval_work *w,
               struct errbuf *eb)
{
    struct strbuf names = {0};
    enum err e = run_data_load(&w->rd, &w->m.spec, RUN_DATA_FULL, &c->log, eb);

    if (e)
        return e;
    if (strcmp(w->rd.classes.digest, w->m.classes.digest) != 0)
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
        e = eval_cells_load(&w->cells, q->name, q->data, q->part ? q->part : "",
                            &w->m.spec, &w->m.gene_id, &w->m.gene_name, &w->m.classes,
                            &c->log, eb);
        w->ec = &w->cells;
    }
    if (e)
        return e;
    if (w->ec->ds->gene_id.n != classifier_genes(w->m.classifier))
        return err_set(eb, ERR_CONFLICT,
                       "the data have changed since run %" PRId64
                       " was trained: %zu genes, the model has %zu",
                       q->run_id, w->ec->ds->gene_id.n,
                       classifier_genes(w->m.classifier));
    if (w->ec->n == 0)
        return err_set(eb, ERR_ARG,
                       "evaluation %s has no cell whose label is a class of the model",
                       q->name);
    return classifier_adapt(w->m.classifier, &w->ec->ds->x, eb);
}

/* Which cells of data with a split of their own are scored. */
static void
note_part(const struct eval_request *q, const struct eval_cells *ec)
{
    if (ec->ds_own && ec->ds->part)
        out_note("evaluation %s: the %s part of %s%s", ec->name, ec->ds->part, q->data,
                 q->part ? "" : " (--part all: all cells)");
}

struct eval_target {
    struct store *store;     /* borrowed; NULL: the result is not stored */
    struct store_attempt at; /* attempt 0: of a run that has ended */
    const char *name;        /* that the result is stored under */
    const char *twin;        /* of these cells decoded otherwise */
};

static enum err
put_result(void *ctx, const struct evaluation_result *r, struct errbuf *eb)
{
    const struct eval_target *t = ctx;
    struct evaluation_result named = *r;

    named.name = t->name;
    named.same_cells = t->twin;
    return t->store ? run_sink_put_evaluation(t->store, &t->at, &named, eb) : ERR_OK;
}

/* Score, and store the result unless the command line says --read-only. */
static enum err
score(struct cli *c, const struct eval_request *q, struct eval_work *w,
      struct errbuf *eb)
{
    bool propagates = classifier_propagates(w->m.classifier);
    char *propagated = decode_evaluation(DECODE_propagated, w->ec->name);
    struct eval_target target = {.store = c->read_only ? NULL : c->store,
                                 .at = {.run_id = q->run_id},
                                 .name = propagates ? propagated : w->ec->name,
                                 .twin = propagates ? w->ec->name : propagated};
    const struct sink sink = {.ctx = &target, .evaluation = put_result, .log = c->log};

    w->predicted = xcalloc(w->ec->n, sizeof *w->predicted);
    enum err e =
        evaluate(w->m.classifier, w->ec, &w->m.classes, &w->facets, w->m.checkpoint,
                 w->m.is_primary, q->threads, &sink, w->predicted, eb);

    free(propagated);
    return e;
}

enum err
eval_run(struct cli *c, const struct eval_request *q, struct errbuf *eb)
{
    struct eval_work w = {0};
    enum err e;

    if ((e = cli_open(c, c->read_only ? STORE_READ : STORE_WRITE, eb)))
        return e;
    if ((e = run_model_load(&w.m, c, q->run_id, q->checkpoint, eb)) ||
        (e = run_model_decode(&w.m, q->decode, eb)) ||
        (e = change_spec(q, &w.m.spec, eb)) ||
        (q->details && (e = want_details(c, q, &w.m.spec, eb))) ||
        (e = store_run_facets(c->store, q->run_id, &w.facets, eb)) ||
        (e = load_cells(c, q, &w, eb)))
        goto out;
    note_part(q, w.ec);
    if (q->data)
        run_model_note_genes(w.ec->ds);
    if ((e = score(c, q, &w, eb)))
        goto out;
    if (q->predictions)
        e = predictions_write(c, q->predictions, w.m.classifier, w.ec, &w.m.classes,
                              &w.facets, w.predicted, q->threads, eb);
    if (!e && q->details)
        e = details_write(c, q->details, w.m.classifier, w.ec, &w.m.classes,
                          w.predicted, q->threads, eb);
out:
    work_release(&w);
    return e;
}
