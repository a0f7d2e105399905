/* export_weights.c - the parameters of a checkpoint as .safetensors. */
#include "transfer/export_weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "engine/classifier.h"
#include "engine/train.h"
#include "exchange/safetensors_write.h"

/* Hyperparameters that a reader needs to build the model. */
static const char *const shaping[] = {
    "hidden_size", "n_hidden", "dropout",       "n_d",      "n_a",
    "n_steps",     "gamma",    "n_independent", "n_shared", "virtual_batch_size",
    "momentum",    "epsilon",  "mask_type",
};

/* Texts of the header. */
struct texts {
    struct safetensors_text item[40];
    size_t n;
};

static void
add_text(struct texts *t, const char *key, const char *value)
{
    if (value && *value)
        t->item[t->n++] = (struct safetensors_text){key, value};
}

/* hex = sha256 of the names, each with a newline. */
static void
digest_names(const struct strlist *names, char hex[DIGEST_HEX])
{
    struct digest d;

    digest_init(&d);
    for (size_t i = 0; i < names->n; i++) {
        digest_add(&d, names->item[i], strlen(names->item[i]));
        digest_add(&d, "\n", 1);
    }
    digest_final(&d, hex);
}

static void
add_hyperparameters(struct texts *t, const struct export_run *r)
{
    for (size_t i = 0; i < sizeof shaping / sizeof *shaping; i++)
        add_text(t, shaping[i], export_pairs_find(&r->param, shaping[i]));
}

static enum err
write_tensors(const struct model *m, struct out_file *o, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < m->n_params && e == ERR_OK && !out_file_failed(o); i++) {
        const struct param *p = &m->param[i];
        size_t n = p->dim[0] * p->dim[1];
        float *value;

        if ((e = big_calloc(&value, n, sizeof *value, "a tensor", eb)))
            break;
        param_export(p, m->value, value);
        safetensors_write_values(o, value, n);
        free(value);
    }
    return e;
}

static enum err
write_model(const struct model *m, const struct texts *texts, const char *path,
            struct errbuf *eb)
{
    struct safetensors_tensor *t = xcalloc(m->n_params, sizeof *t);
    char **name = xcalloc(m->n_params, sizeof *name);
    struct out_file o;
    enum err e;

    for (size_t i = 0; i < m->n_params; i++) {
        const struct param *p = &m->param[i];

        name[i] = xasprintf("classifier.%s", p->name);
        t[i] = (struct safetensors_tensor){
            .name = name[i], .n_dims = p->n_dims, .dim = {p->dim[0], p->dim[1]}};
    }
    e = safetensors_write_open(&o, path, t, m->n_params, texts->item, texts->n, eb);
    if (e == ERR_OK) {
        e = write_tensors(m, &o, eb);
        enum err closed = out_file_close(&o, e == ERR_OK, e ? NULL : eb);
        e = e ? e : closed;
    }
    for (size_t i = 0; i < m->n_params; i++)
        free(name[i]);
    free(name);
    free(t);
    return e;
}

static enum err
digest_values(const struct model *m, char hex[DIGEST_HEX], struct errbuf *eb)
{
    float *value;
    enum err e = big_calloc(&value, model_exported(m), sizeof *value, "parameters", eb);

    if (e)
        return e;
    model_export(m, value);
    model_digest(m, value, hex);
    free(value);
    return ERR_OK;
}

static enum err
write_classifier(const struct export_run *r, const struct classifier *c,
                 const struct export_checkpoint *cp, const char *path,
                 struct errbuf *eb)
{
    char genes[DIGEST_HEX], labels[DIGEST_HEX], values[DIGEST_HEX], epoch[24], step[24];
    const struct model *m = classifier_model(c);
    struct strbuf score = {0};
    struct texts t = {0};
    enum err e = digest_values(m, values, eb);

    if (e)
        return e;
    if (!isnan(cp->score))
        strbuf_add_double(&score, cp->score);
    snprintf(step, sizeof step, "%" PRId64, cp->step);

    digest_names(&r->gene_id, genes);
    digest_names(&r->label, labels);
    snprintf(epoch, sizeof epoch, "%" PRId64, cp->epoch);
    add_text(&t, "format", "pt");
    add_text(&t, "uuid", export_run_text(r, "uuid"));
    add_text(&t, "run", export_run_text(r, "name"));
    add_text(&t, "model", export_run_text(r, "model"));
    add_text(&t, "loss", export_run_text(r, "loss"));
    add_text(&t, "seed", export_run_text(r, "seed"));
    add_text(&t, "checkpoint", cp->kind);
    add_text(&t, "epoch", epoch);
    add_text(&t, "step", step);
    add_text(&t, "score", strbuf_str(&score));
    add_text(&t, "weights_sha256", values);
    add_text(&t, "genes_sha256", genes);
    add_text(&t, "labels_sha256", labels);
    add_text(&t, "ontology_source", export_run_text(r, "ontology_source"));
    add_text(&t, "ontology_version", export_run_text(r, "ontology_version"));
    add_text(&t, "ontology_digest", export_run_text(r, "ontology_digest"));
    add_hyperparameters(&t, r);
    e = write_model(m, &t, path, eb);
    strbuf_release(&score);
    return e;
}

enum err
export_weights(const struct export_run *r, const struct export_checkpoint *cp,
               const char *path, struct errbuf *eb)
{
    struct classifier *c = NULL;
    void *data = NULL;
    size_t size = 0;
    int64_t found;
    enum err e = store_checkpoint_load(r->store, r->run_id, cp->kind, cp->epoch, &data,
                                       &size, &found, eb);

    if (e == ERR_OK)
        e = classifier_load(&c, data, size, eb);
    free(data);
    if (e == ERR_OK)
        e = write_classifier(r, c, cp, path, eb);
    classifier_free(c);
    return e;
}
