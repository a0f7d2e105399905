/* import_hparams.c - which run a published folder is: model, loss, seed, parameters. */
#include "transfer/import_hparams.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "transfer/published.h"

enum { NAME_BYTES = 128 };

/* A value of parameters.json, else of hparams.yaml, under the first of the names that has
 * one. */
static const char *
find_any(const struct import_origin *o, const char *const *name, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *v = source_params_find(o->parameters, name[i]);

        if (!v)
            v = source_params_find(o->hparams, name[i]);
        if (v)
            return v;
    }
    return NULL;
}

#define FIND_ANY(o, ...)                                                               \
    find_any(o, (const char *const[]){__VA_ARGS__},                                    \
             sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static const char *
own(const struct import_origin *o, const char *key)
{
    char name[NAME_BYTES];

    snprintf(name, sizeof name, "hcelab.%.100s", key);
    return source_params_find(o->parameters, name);
}

/* --- model and loss --- */

/* The model whose parameters hparams.yaml has. */
static const char *
model_by_params(const struct source_params *p)
{
    if (source_params_find(p, "n_d") || source_params_find(p, "lambda_sparse"))
        return "tabnet";
    if (source_params_find(p, "n_hidden") || source_params_find(p, "hidden_size"))
        return "mlp";
    return NULL;
}

static enum err
find_model(const struct import_origin *o, struct spec *spec, struct errbuf *eb)
{
    const char *said = own(o, "model"), *model = NULL;
    bool unused;

    if (!said)
        said = FIND_ANY(o, "model_name", "model_type", "model");
    if (said)
        model = published_model(said, &unused);
    if (!model)
        model = model_by_params(o->hparams);
    if (!model)
        model = published_model(o->model_folder, &unused);
    if (!model)
        return err_set(eb, ERR_FORMAT,
                       "no file says the model, and the folder '%.80s' is not called "
                       "after one",
                       o->model_folder);
    return spec_set(spec, SPEC_ID_model, model, eb);
}

static bool
is_true(const char *text)
{
    return strcasecmp(text, "true") == 0 || strcasecmp(text, "yes") == 0 ||
           strcmp(text, "1") == 0;
}

static enum err
find_loss(const struct import_origin *o, struct spec *spec, struct errbuf *eb)
{
    const char *said = own(o, "loss");
    const char *flag = FIND_ANY(o, "use_hierarchical_loss", "hierarchical_loss");
    const char *word = FIND_ANY(o, "loss", "loss_type", "loss_function");
    bool hierarchical = false;

    if (said)
        return spec_set(spec, SPEC_ID_loss, said, eb);
    if (flag)
        hierarchical = is_true(flag);
    else if (word)
        hierarchical = strcasestr(word, "hier") || strcasestr(word, "hce");
    else
        published_model(o->model_folder, &hierarchical);
    return spec_set(spec, SPEC_ID_loss, hierarchical ? "hce" : "ce", eb);
}

/* --- parameters --- */

/* Other names of parameters, where the published programs have them. */
static const struct {
    enum spec_id id;
    const char *name;
} aliases[] = {
    {SPEC_ID_learning_rate, "lr"},
    {SPEC_ID_max_epochs, "epochs"},
    {SPEC_ID_lr_scheduler_step_size, "lr_scheduler_kwargs.step_size"},
    {SPEC_ID_lr_scheduler_gamma, "lr_scheduler_kwargs.gamma"},
};

static const char *
find_param(const struct import_origin *o, enum spec_id id)
{
    const char *v = FIND_ANY(o, spec_item(id)->name);

    for (size_t i = 0; !v && i < sizeof aliases / sizeof aliases[0]; i++)
        if (aliases[i].id == id)
            v = FIND_ANY(o, aliases[i].name);
    return v;
}

static enum err
set(struct spec *spec, enum spec_id id, const char *value, struct errbuf *eb)
{
    enum err e = spec_set(spec, id, value, eb);

    return e ? err_wrap(eb, ERR_FORMAT, "%s", spec_item(id)->name) : ERR_OK;
}

/* A parameter of ours, as export wrote it; lists by number. */
static enum err
set_own(const struct import_origin *o, struct spec *spec, enum spec_id id,
        struct errbuf *eb)
{
    const char *name = spec_item(id)->name, *v;
    char key[NAME_BYTES];
    enum err e = ERR_OK;

    snprintf(key, sizeof key, "parameters.%s", name);
    if (spec_item(id)->kind != SPEC_LIST)
        return (v = own(o, key)) ? set(spec, id, v, eb) : ERR_OK;
    for (size_t i = 0; !e; i++) {
        snprintf(key, sizeof key, "parameters.%s.%zu", name, i);
        if (!(v = own(o, key)))
            break;
        e = set(spec, id, v, eb);
    }
    return e;
}

/* A published hyperparameter. */
static enum err
set_published(const struct import_origin *o, struct spec *spec, enum spec_id id,
              struct errbuf *eb)
{
    const char *v;

    if (!(spec_item(id)->flags & SPEC_HYPER) || id == SPEC_ID_class_weights ||
        !(v = find_param(o, id)))
        return ERR_OK;
    if (spec_item(id)->kind == SPEC_CHOICE && spec_choice(id, 0) &&
        strcmp(spec_choice(id, 0), "false") == 0)
        v = is_true(v) ? "true" : "false";
    return set(spec, id, v, eb);
}

static enum err
find_params(const struct import_origin *o, struct spec *spec, struct errbuf *eb)
{
    const char *weights = FIND_ANY(o, "use_class_weights");
    bool is_ours = own(o, "uuid") != NULL;
    enum err e = ERR_OK;

    for (enum spec_id id = 0; id < SPEC_COUNT && !e; id++) {
        if (id == SPEC_ID_model || id == SPEC_ID_loss || id == SPEC_ID_seed ||
            !spec_applies(id, (enum model_id)spec->model))
            continue;
        e = is_ours ? set_own(o, spec, id, eb) : set_published(o, spec, id, eb);
    }
    if (!e && !is_ours && weights && !is_true(weights))
        e = set(spec, SPEC_ID_class_weights, "none", eb);
    return e ? e : spec_resolve(spec, eb);
}

static enum err
find_seed(const struct import_origin *o, struct spec *spec, bool *is_version,
          struct errbuf *eb)
{
    const char *said = own(o, "seed");
    char number[24];

    if (!said)
        said = FIND_ANY(o, "seed", "random_seed");
    *is_version = said == NULL;
    snprintf(number, sizeof number, "%lld", (long long)o->version);
    return set(spec, SPEC_ID_seed, said ? said : number, eb);
}

/* --- facts --- */

/* The value of a letter of base64, -1: none. */
static int
base64_value(char c)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(letters, c) : NULL;

    return at ? (int)(at - letters) : -1;
}

/* A scalar of numpy's int64 as yaml has it: eight bytes, low first, in base64.  0: it is
 * none. */
static int64_t
numpy_count(const struct import_origin *o, const char *name)
{
    char key[NAME_BYTES];
    uint64_t bits = 0, x = 0;
    size_t n_bits = 0, n_bytes = 0;

    snprintf(key, sizeof key, "%.100s.1", name);
    const char *text = source_params_find(o->hparams, key);
    for (; text && *text && n_bytes < 8; text++) {
        int v = base64_value(*text);

        if (v < 0)
            continue;
        bits = bits << 6 | (uint64_t)v;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            x |= (bits >> n_bits & 0xff) << 8 * n_bytes++;
        }
    }
    return n_bytes == 8 && x <= INT64_MAX ? (int64_t)x : 0;
}

static int64_t
count_of(const struct import_origin *o, const char *name)
{
    const char *v = FIND_ANY(o, name);
    char *end;

    errno = 0;
    long long n = v ? strtoll(v, &end, 10) : 0;
    if (!v)
        return numpy_count(o, name);
    return !errno && end > v && !*end && n > 0 ? n : 0;
}

/* A digest or the like of ours that has the right form, or NULL. */
static const char *
own_hex(const struct import_origin *o, const char *key, size_t n, const char *letters)
{
    const char *v = own(o, key);

    return v && strlen(v) == n && strspn(v, letters) == n ? v : NULL;
}

static const char *
own_word(const struct import_origin *o, const char *key, const char *const *word)
{
    const char *v = own(o, key);

    for (; v && *word; word++)
        if (strcmp(v, *word) == 0)
            return *word;
    return NULL;
}

static int64_t
own_int(const struct import_origin *o, const char *key, int64_t none)
{
    const char *v = own(o, key);
    char *end;

    errno = 0;
    long long x = v ? strtoll(v, &end, 10) : 0;
    return v && !errno && end > v && !*end && x >= 0 ? x : none;
}

static double
own_real(const struct import_origin *o, const char *key)
{
    const char *v = own(o, key);
    char *end;
    double x = v ? strtod(v, &end) : (double)NAN;

    return v && end > v && !*end && isfinite(x) ? x : (double)NAN;
}

/* Times came in seconds once. */
static int64_t
own_time(const struct import_origin *o, const char *key, const char *key_s)
{
    double s = own_real(o, key_s);
    int64_t rounded = s > 0 && s < 1e11 ? (int64_t)llround(s * 1e6) : INT64_MIN;

    return own_int(o, key, own(o, "created_us") ? INT64_MIN : rounded);
}

static const char hex[] = "0123456789abcdef";

/* What export wrote of a run beside its parameters. */
static void
find_own(const struct import_origin *o, struct import_facts *f)
{
    static const char *const origins[] = {"trained", "imported", NULL},
                             *const states[] = {"succeeded", "failed", "cancelled",
                                                "paused", NULL};
    static const char *const orders[] = {"cells", "blocks", NULL};
    const char *state = own_word(o, "state", states);
    bool was_paused = state && strcmp(state, "paused") == 0;

    f->own = (struct store_import_facts){
        .origin = own_word(o, "origin", origins),
        .state = was_paused ? "cancelled" : state,
        .end_reason =
            was_paused ? "exported before it had ended" : own(o, "end_reason"),
        .created_us = own_int(o, "created_us", INT64_MIN),
        .step = own_int(o, "step", INT64_MIN),
        .epoch = own_int(o, "epoch", INT64_MIN),
        .best_epoch = own_int(o, "best_epoch", INT64_MIN),
        .train_loss = own_real(o, "train_loss"),
        .val_loss = own_real(o, "val_loss"),
        .val_f1_macro = own_real(o, "val_f1_macro"),
        .best_val_f1_macro = own_real(o, "best_val_f1_macro"),
        .cells_per_s = own_real(o, "cells_per_s"),
        .cpu_path = own(o, "cpu_path"),
        .blas_core = own(o, "blas_core"),
        .cell_order = own_word(o, "cell_order", orders),
        .split_digest = own_hex(o, "split_digest", 64, hex),
        .weights_sha256 = own_hex(o, "weights_sha256", 64, hex),
        .best_weights_sha256 = own_hex(o, "best_weights_sha256", 64, hex)};
    f->started_us = own_time(o, "started_us", "start_s");
    f->ended_us = own_time(o, "ended_us", "end_s");
    f->n_test = own_int(o, "n_test", 0);
    f->n_ood = own_int(o, "n_ood", 0);
    f->ontology =
        (struct import_ontology){.digest = own_hex(o, "ontology_digest", 64, hex),
                                 .source = own(o, "ontology_source"),
                                 .version = own(o, "ontology_version")};
}

static void
find_facts(const struct import_origin *o, struct import_facts *f)
{
    static const char uuid[] = "0123456789abcdef-";
    static const char *const rules[] = {"exact", "hierarchy", NULL};

    f->n_genes = count_of(o, "gene_dim");
    f->n_classes = count_of(o, "type_dim");
    f->n_train = count_of(o, "train_set_size");
    f->n_val = count_of(o, "val_set_size");
    f->uuid = own_hex(o, "uuid", 36, uuid);
    f->pair_key = own_hex(o, "pair_key", 64, hex);
    f->data_digest = own_hex(o, "data_digest", 64, hex);
    f->class_digest = own_hex(o, "class_digest", 64, hex);
    f->rule = own_word(o, "rule", rules);
    find_own(o, f);
}

void
import_hparams_facets(const struct source_params *parameters, struct strlist *out)
{
    char name[NAME_BYTES];
    const char *v;

    for (size_t i = 0;; i++) {
        snprintf(name, sizeof name, "hcelab.facets.%zu", i);
        if (!(v = source_params_find(parameters, name)))
            return;
        strlist_add(out, v);
    }
}

enum err
import_hparams(const struct import_origin *o, struct spec *spec,
               struct import_facts *facts, struct errbuf *eb)
{
    const char *name = own(o, "name"), *experiment = own(o, "experiment");
    enum err e;

    *facts = (struct import_facts){0};
    find_facts(o, facts);
    if ((e = find_model(o, spec, eb)) || (e = find_loss(o, spec, eb)) ||
        (e = find_params(o, spec, eb)) ||
        (e = find_seed(o, spec, &facts->seed_is_version, eb)))
        return e;
    if (name && (e = set(spec, SPEC_ID_name, name, eb)))
        return e;
    return experiment ? set(spec, SPEC_ID_experiment, experiment, eb) : ERR_OK;
}
