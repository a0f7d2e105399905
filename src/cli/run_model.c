/* run_model.c - the model of a run with all that it was trained on. */
#include "cli/run_model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/cli_out.h"
#include "cli/run_arg.h"
#include "spec/decode.h"

static enum err
load_spec(struct run_model *m, struct cli *c, struct errbuf *eb)
{
    struct strbuf text = {0};
    enum err e = store_run_params(c->store, m->run_id, &text, eb);

    if (e == ERR_OK)
        e = spec_read(&m->spec, strbuf_str(&text), eb);
    if (e == ERR_OK)
        e = spec_resolve(&m->spec, eb);
    strbuf_release(&text);
    return e;
}

static enum err
load_classes(struct run_model *m, struct cli *c, struct errbuf *eb)
{
    struct strlist label = {0}, term_id = {0};
    uint32_t *ancestor = NULL, *descendant = NULL;
    size_t n_edges = 0;
    enum err e = store_run_labels(c->store, m->run_id, &label, &term_id, &ancestor,
                                  &descendant, &n_edges, eb);

    if (e == ERR_OK && label.n == 0)
        e = err_set(eb, ERR_NOTFOUND,
                    "run %" PRId64 " has not started: its classes are not known yet",
                    m->run_id);
    if (e == ERR_OK)
        class_set_restore(&m->classes, &label, &term_id, ancestor, descendant, n_edges);
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

/* The checkpoint that counts. */
static const char *
primary_checkpoint(const struct store_run *r)
{
    return r->best_epoch >= 0 ? "best" : "last"; /* INT64_MIN: nothing was validated */
}

static enum err
load_classifier(struct run_model *m, struct cli *c, const char *checkpoint,
                struct errbuf *eb)
{
    const char *primary = primary_checkpoint(m->row.run), *kind = primary;
    int64_t epoch = -1, found;
    void *data = NULL;
    size_t size = 0;
    enum err e = checkpoint ? parse_checkpoint(checkpoint, &kind, &epoch, eb) : ERR_OK;

    if (e)
        return e;
    e = store_checkpoint_load(c->store, m->run_id, kind, epoch, &data, &size, &found,
                              eb);
    if (e == ERR_OK)
        e = classifier_load(&m->classifier, data, size, eb);
    if (e == ERR_OK)
        e = classifier_check(m->classifier, &m->spec, m->gene_id.n, m->classes.C, eb);
    free(data);
    if (epoch >= 0)
        snprintf(m->checkpoint, sizeof m->checkpoint, "epoch %" PRId64, epoch);
    else
        snprintf(m->checkpoint, sizeof m->checkpoint, "%s", kind);
    m->is_primary = strcmp(m->checkpoint, primary) == 0;
    return e;
}

enum err
run_model_load(struct run_model *m, struct cli *c, int64_t run_id,
               const char *checkpoint, struct errbuf *eb)
{
    enum err e;

    *m = (struct run_model){.run_id = run_id};
    spec_init(&m->spec);
    if ((e = run_arg_get(c, run_id, &m->row, eb)) || (e = load_spec(m, c, eb)) ||
        (e = load_classes(m, c, eb)) ||
        (e = store_run_genes(c->store, run_id, &m->gene_id, &m->gene_name, eb)))
        return e;
    return load_classifier(m, c, checkpoint, eb);
}

enum err
run_model_decode(struct run_model *m, const char *decode, struct errbuf *eb)
{
    enum decode_id d;

    if (!decode_find(decode, &d))
        return err_set(eb, ERR_ARG, "--decode %s: must be argmax or propagated",
                       decode);
    if (d == DECODE_argmax)
        return ERR_OK;
    if (m->classes.n_edges == 0)
        out_note("--decode %s: no class of run %" PRId64
                 " is above another one: only a class whose own probability exceeds "
                 ".5, or the argmax, is predicted",
                 decode, m->run_id);
    classifier_propagate(m->classifier, &m->classes);
    return ERR_OK;
}

void
run_model_release(struct run_model *m)
{
    store_runs_release(&m->row);
    spec_release(&m->spec);
    strlist_release(&m->gene_id);
    strlist_release(&m->gene_name);
    class_set_release(&m->classes);
    classifier_free(m->classifier);
    *m = (struct run_model){0};
}

void
run_model_note_genes(const struct dataset *ds)
{
    for (size_t i = 0; i < ds->n_files; i++)
        if (ds->report[i].n_genes_missing)
            out_note("%s: %zu of the model's %zu genes are missing and read as 0",
                     ds->report[i].path, ds->report[i].n_genes_missing, ds->gene_id.n);
}
