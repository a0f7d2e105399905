/* import_weights.c - a checkpoint of PyTorch or a safetensors file into the store. */
#include "transfer/import_weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/notes.h"
#include "data/run_data.h"
#include "engine/classifier.h"
#include "run/run_inputs.h"
#include "transfer/model_axes.h"
#include "transfer/source_run.h"
#include "transfer/torch_model.h"
#include "transfer/weights_facts.h"

enum { UUID_HEX = 32, LISTED_MAX = 5 };

/* Everything about one file; released as a whole. */
struct weights {
    struct store *s;
    const char *path;
    const struct import_wish *wish;
    int64_t run_id; /* that gets them; 0: a new one */
    bool is_own;    /* it was made of such a file, or is to be */
    struct tensor_file file;
    struct torch_model t;
    struct model_axes axes;
    struct weights_facts facts;
    struct run_data rd; /* genes, classes, ontology and facets; no cells */
    struct run_inputs inputs;
    float *value; /* owned; the parameters in PyTorch's order */
    void *bytes;  /* owned; the checkpoint */
    size_t n_bytes;
    char sha256[DIGEST_HEX], uuid[STORE_UUID], pair_key[DIGEST_HEX];
    int was_loss;              /* of a run that there is */
    int64_t was_seed;          /* likewise */
    struct store_param *param; /* (n_params) owned array, texts in text */
    size_t n_params, cap_params;
    struct strlist text;
};

static void
weights_release(struct weights *w)
{
    tensor_file_close(&w->file);
    torch_model_release(&w->t);
    model_axes_release(&w->axes);
    run_inputs_release(&w->inputs);
    run_data_release(&w->rd);
    free(w->value);
    free(w->bytes);
    free(w->param);
    strlist_release(&w->text);
}

/* --- what inputs and outputs stand for --- */

static enum err
axes_of_run(struct weights *w, size_t D, size_t C, struct errbuf *eb)
{
    struct strlist term = {0};
    uint32_t *up = NULL, *down = NULL;
    size_t n_edges;
    int64_t id;
    enum err e;

    if ((e = store_run_find(w->s, w->wish->like, &id, eb)) ||
        (e = store_run_genes(w->s, id, &w->axes.gene_id, &w->axes.gene_name, eb)) ||
        (e = store_run_labels(w->s, id, &w->axes.label, &term, &up, &down, &n_edges,
                              eb)))
        return e;
    free(up);
    free(down);
    strlist_release(&term);
    if (w->axes.gene_id.n != D || w->axes.label.n != C)
        e = err_set(
            eb, ERR_CONFLICT,
            "--like %s: the run has %zu genes and %zu classes, %s has %zu and %zu",
            w->wish->like, w->axes.gene_id.n, w->axes.label.n, w->path, D, C);
    return e;
}

static enum err
find_genes(struct weights *w, size_t D, struct errbuf *eb)
{
    const char *path = w->wish->genes ? w->wish->genes : w->wish->data;

    if (!path)
        return err_set(eb, ERR_ARG,
                       "%s does not name its %zu genes: --genes FILE (var.parquet, a "
                       "dataset, or a text with a gene a line), --data DATASET or "
                       "--like RUN",
                       w->path, D);
    return model_axes_genes(&w->axes, path, D, eb);
}

static enum err
find_labels(struct weights *w, size_t C, struct errbuf *eb)
{
    const char *path = w->wish->labels ? w->wish->labels : w->wish->data;

    if (path)
        return model_axes_labels(&w->axes, path, C, eb);
    if (model_axes_builtin_labels(&w->axes, C))
        return ERR_OK;
    return err_set(eb, ERR_ARG,
                   "%s does not name its %zu classes (164 would be those of the "
                   "published atlas): --labels FILE (a lookup table, or a text with a "
                   "class a line), --data DATASET or --like RUN",
                   w->path, C);
}

static enum err
find_axes(struct weights *w, struct errbuf *eb)
{
    size_t D = w->t.model->config.D, C = w->t.model->config.C;
    enum err e;

    if (w->wish->like)
        e = axes_of_run(w, D, C, eb);
    else if (!(e = find_genes(w, D, eb)))
        e = find_labels(w, C, eb);
    if (!e && !(e = model_axes_check(&w->axes, eb)) &&
        !(e = weights_facts_check(&w->file, "genes_sha256", "genes", &w->axes.gene_id,
                                  eb)))
        e = weights_facts_check(&w->file, "labels_sha256", "classes", &w->axes.label,
                                eb);
    return e;
}

/* --- the run --- */

/* Classes come in the order of the set; rd borrows nothing. */
static void
describe(struct weights *w)
{
    size_t C = w->axes.label.n;
    uint32_t *place = xcalloc(C, sizeof *place);

    ontology_load_builtin(&w->rd.onto);
    class_set_init(&w->rd.classes, &w->axes.label, &w->rd.onto);
    for (size_t i = 0; i < C; i++)
        place[i] = (uint32_t)class_set_find(&w->rd.classes, w->axes.label.item[i]);
    torch_model_permute(&w->t, place);
    free(place);
    strlist_copy(&w->rd.ds.gene_id, &w->axes.gene_id);
    strlist_copy(&w->rd.ds.gene_name, &w->axes.gene_name);
    for (size_t i = 0; facet_name(i); i++)
        if (strcmp(facet_name(i), "all") != 0 && strcmp(facet_name(i), "class") != 0)
            strlist_add(&w->rd.facets, facet_name(i));
    run_inputs_init(&w->inputs, &w->rd);
}

static enum err
make_bytes(struct weights *w, struct errbuf *eb)
{
    const struct model *m = w->t.model;
    enum err e;

    w->n_bytes = classifier_bytes(m);
    if ((e = big_calloc(&w->value, model_exported(m), sizeof *w->value, "parameters",
                        eb)) ||
        (e = big_calloc(&w->bytes, w->n_bytes, 1, "a checkpoint", eb)))
        return e;
    classifier_write(m, w->value, w->bytes);
    model_digest(m, w->value, w->sha256);
    return ERR_OK;
}

static enum err
set_text(struct spec *s, enum spec_id id, const char *value, struct errbuf *eb)
{
    return value && *value ? spec_set(s, id, value, eb) : ERR_OK;
}

/* As runs are called, if the file says what that needs; else its name without folder and
 * suffix.  Caller frees. */
static char *
name_of(const struct weights *w)
{
    const char *path = w->path;

    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');

    if (w->facts.knows_loss && w->facts.knows_seed)
        return xasprintf("%s-%s-s%" PRId64, model_name(w->t.model->config.id),
                         loss_name(w->facts.loss), w->facts.seed);
    return xstrndup(name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

/* The spec of a run of its own. */
static enum err
complete_spec(struct weights *w, struct errbuf *eb)
{
    struct spec *s = &w->t.spec;
    char *own = name_of(w), *seed = xasprintf("%" PRId64, w->facts.seed);
    const struct import_wish *wish = w->wish;
    enum err e;

    if (!(e = spec_set(s, SPEC_ID_loss, loss_name(w->facts.loss), eb)) &&
        !(e = spec_set(s, SPEC_ID_seed, seed, eb)) &&
        !(e = set_text(s, SPEC_ID_name, wish->name ? wish->name : own, eb)) &&
        !(e = set_text(s, SPEC_ID_experiment,
                       wish->experiment ? wish->experiment : "imported", eb)))
        e = spec_resolve(s, eb);
    free(own);
    free(seed);
    return e;
}

/* What shapes the model is as the weights have it, where their file says it. */
static enum err
copy_shape(struct spec *to, const struct spec *from, struct errbuf *eb)
{
    static const enum spec_id ids[] = {
#define ARCH(kind, id_) SPEC_ID_##id_,
#include "engine/arch.def"
#undef ARCH
    };
    enum err e = ERR_OK;

    for (size_t i = 0; i < sizeof ids / sizeof ids[0] && !e; i++) {
        struct strbuf value = {0};

        if (from->is_set[ids[i]] && spec_values(from, ids[i])) {
            spec_value(from, ids[i], 0, &value);
            e = spec_set(to, ids[i], strbuf_str(&value), eb);
        }
        strbuf_release(&value);
    }
    return e;
}

/* The spec of a run that there is: its own, but for the model's shape. */
static enum err
adopt_spec(struct weights *w, struct errbuf *eb)
{
    struct strbuf text = {0};
    struct spec s;
    enum err e = store_run_params(w->s, w->run_id, &text, eb);

    spec_init(&s);
    if (!e && !(e = spec_read(&s, strbuf_str(&text), eb)) && s.model != w->t.spec.model)
        e = err_set(eb, ERR_CONFLICT,
                    "%s is a %s model, run %" PRId64 " has a %s model", w->path,
                    model_name((enum model_id)w->t.spec.model), w->run_id,
                    model_name((enum model_id)s.model));
    if (!e && !(e = copy_shape(&s, &w->t.spec, eb)) && !(e = spec_resolve(&s, eb))) {
        spec_release(&w->t.spec);
        w->t.spec = s;
        spec_init(&s);
        w->was_loss = w->t.spec.loss;
        w->was_seed = w->t.spec.seed;
        w->facts.loss = w->wish->loss ? w->facts.loss : (enum loss_id)w->t.spec.loss;
        w->facts.seed = w->wish->has_seed ? w->facts.seed : w->t.spec.seed;
        w->t.spec.loss = (int)w->facts.loss;
        w->t.spec.seed = w->facts.seed;
        w->facts.knows_loss |= !w->is_own;
        w->facts.knows_seed |= !w->is_own;
    }
    spec_release(&s);
    strbuf_release(&text);
    return e;
}

static void
list_params(struct weights *w)
{
    const struct spec *s = &w->t.spec;

    for (enum spec_id id = 0; id < SPEC_COUNT; id++)
        for (size_t i = 0; i < spec_values(s, id); i++) {
            struct strbuf value = {0};

            spec_value(s, id, i, &value);
            strlist_add(&w->text, strbuf_str(&value));
            strbuf_release(&value);
            w->param =
                grow(w->param, &w->cap_params, w->n_params + 1, sizeof *w->param);
            w->param[w->n_params++] = (struct store_param){.name = spec_item(id)->name,
                                                           .position = (int64_t)i};
        }
    for (size_t i = 0; i < w->n_params; i++)
        w->param[i].value = w->text.item[i];
}

/* A name for what the run is; the eighth version is that of digests. */
static void
make_uuid(struct weights *w)
{
    char hex[DIGEST_HEX];
    struct digest d;

    digest_init(&d);
    digest_adds(&d, "weights");
    digest_adds(&d, w->sha256);
    digest_adds(&d, model_name(w->t.model->config.id));
    digest_adds(&d, w->rd.classes.digest);
    digest_adds(&d, w->inputs.gene_digest);
    digest_final(&d, hex);
    hex[12] = '8';
    hex[16] = "89ab"[hex[16] % 4];
    snprintf(w->uuid, sizeof w->uuid, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
             hex + 12, hex + 16, hex + 20);
}

/* The run that an earlier import of the file made, if there is one. */
static enum err
find_run(struct weights *w, struct errbuf *eb)
{
    struct errbuf why = {""};
    enum err e = store_run_find(w->s, w->uuid, &w->run_id, &why);

    w->is_own = true;
    if (e == ERR_NOTFOUND) {
        w->run_id = 0;
        return ERR_OK;
    }
    return e ? err_set(eb, e, "%s", why.text) : ERR_OK;
}

static enum err
prepare(struct weights *w, struct errbuf *eb)
{
    enum err e;

    if ((e = tensor_file_open(&w->file, w->path, eb)) ||
        (e = torch_model_load(&w->t, &w->file, eb)) ||
        (e = weights_facts_find(&w->facts, &w->file, w->wish, eb)) ||
        (e = find_axes(w, eb)))
        return e;
    describe(w);
    if ((e = make_bytes(w, eb)))
        return e;
    make_uuid(w);
    if (!w->run_id && (e = find_run(w, eb)))
        return e;
    if ((e = w->run_id ? adopt_spec(w, eb) : complete_spec(w, eb)))
        return e;
    list_params(w);
    spec_pair_key(&w->t.spec, w->inputs.gene_digest, "", w->rd.classes.digest,
                  w->pair_key);
    return ERR_OK;
}

/* --- into the store --- */

static enum err
add_run(struct weights *w, enum store_imported *what, int64_t *id, struct errbuf *eb)
{
    const struct spec *s = &w->t.spec;
    char *where = realpath(w->path, NULL);
    struct store_new_run run = {.name = s->name,
                                .experiment = s->experiment,
                                .model = model_name(w->t.model->config.id),
                                .loss = loss_name(w->facts.loss),
                                .pair_key = w->pair_key,
                                .seed = w->facts.seed,
                                .max_epochs = s->max_epochs,
                                .class_digest = w->rd.classes.digest,
                                .param = w->param,
                                .n_params = w->n_params};
    struct store_import x = {.uuid = w->uuid,
                             .source_path = where ? where : w->path,
                             .source_digest = w->sha256,
                             .run = &run,
                             .started_us = INT64_MIN,
                             .ended_us = INT64_MIN,
                             .labels = &w->inputs.labels,
                             .ontology = &w->inputs.ontology};

    enum err e = store_import_run(w->s, &x, what, id, eb);
    free(where);
    return e;
}

static enum err
add_weights(struct weights *w, int64_t id, bool *changed, struct errbuf *eb)
{
    struct piece piece = {w->bytes, w->n_bytes};
    struct store_weights sw = {.inputs = &w->inputs.in,
                               .param = w->param,
                               .n_params = w->n_params,
                               .loss = w->wish->loss,
                               .seed = w->wish->has_seed ? w->wish->seed : -1,
                               .checkpoint = {.kind = "best",
                                              .epoch = w->facts.epoch,
                                              .step = w->facts.step,
                                              .score = w->facts.score,
                                              .weights_sha256 = w->sha256,
                                              .piece = &piece,
                                              .n_pieces = 1}};

    return store_weights_add(w->s, id, &sw, changed, eb);
}

/* --- the report --- */

static void
add_list(struct strbuf *out, const char *what, const struct strlist *l)
{
    char *list = l->n ? note_list(l, LISTED_MAX) : NULL;

    if (list)
        strbuf_addf(out, "; %s: %s", what, list);
    free(list);
}

static void
report_run(const struct weights *w, enum import_outcome outcome,
           struct import_report *report)
{
    const struct model_config *c = &w->t.model->config;
    struct strbuf text = {0};

    strbuf_addf(&text, "%s %s, %zu genes, %zu classes, epoch %" PRId64,
                model_name(c->id), loss_name(w->facts.loss), c->D, c->C,
                w->facts.epoch);
    if (isfinite(w->facts.score))
        strbuf_addf(&text, ", val_f1_macro %.3f", w->facts.score);
    if (w->run_id && w->was_loss != (int)w->facts.loss)
        strbuf_addf(&text, "; the loss was %s", loss_name((enum loss_id)w->was_loss));
    if (w->run_id && w->was_seed != w->facts.seed)
        strbuf_addf(&text, "; the seed was %" PRId64, w->was_seed);
    if (!w->facts.knows_loss)
        strbuf_adds(&text, "; the loss is not known: --loss ce or hce says it");
    if (!w->facts.knows_seed)
        strbuf_adds(&text, "; the seed is not known: --seed N says it");
    add_list(&text, "tensors that are no part of the model", &w->t.unknown);
    add_list(&text, "not in the file, taken as published", &w->t.assumed);
    add_list(&text, "not understood", &w->t.refused);
    import_report_add(report, outcome, w->is_own ? "run" : "checkpoint", w->path,
                      w->t.spec.name, "%s", strbuf_str(&text));
    strbuf_release(&text);
}

static enum err
put(struct weights *w, struct import_report *report, struct errbuf *eb)
{
    enum store_imported what = STORE_RUN_UNCHANGED;
    int64_t id = w->run_id;
    bool changed;
    enum err e = id ? ERR_OK : add_run(w, &what, &id, eb);

    if (e || (e = add_weights(w, id, &changed, eb)))
        return e;
    report_run(w,
               what == STORE_RUN_ADDED ? IMPORT_ADDED
               : changed               ? IMPORT_UPDATED
                                       : IMPORT_UNCHANGED,
               report);
    return ERR_OK;
}

enum err
import_weights(struct store *s, const char *path, const struct import_wish *wish,
               struct import_report *report, struct errbuf *eb)
{
    struct weights w = {.s = s, .path = path, .wish = wish};
    enum err e = wish->run ? store_run_find(s, wish->run, &w.run_id, eb)
                           : source_run_find(s, path, true, &w.run_id, eb);

    if (!e && !(e = prepare(&w, eb)))
        e = put(&w, report, eb);
    weights_release(&w);
    return e;
}

enum err
import_weights_take(struct store *s, int64_t run_id, const char *path,
                    const struct import_wish *wish, struct import_report *report,
                    struct errbuf *eb)
{
    struct weights w = {.s = s, .path = path, .wish = wish, .run_id = run_id};
    struct errbuf why = {""};
    enum err e = prepare(&w, &why);

    if (e) {
        import_report_add(report, IMPORT_UNREADABLE, "checkpoint", path, NULL, "%s",
                          why.text);
        e = ERR_OK;
    } else {
        e = put(&w, report, eb);
    }
    weights_release(&w);
    return e;
}
