/* export_hparams.c - what a run is, as hparams.yaml and parameters.json. */
#include "transfer/export_hparams.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "exchange/out_file.h"
#include "exchange/yaml_write.h"
#include "spec/spec.h"

static bool
is_hierarchical(const struct export_run *r)
{
    return strcmp(export_run_text(r, "loss"), "hce") == 0;
}

/* --- hparams.yaml --- */

/* Where the value of a name comes from. */
enum source { FACT, PARAM, TEXT, LOSS, OPEN, CLOSE };

/* In the order of names, as PyYAML writes them. */
static const struct {
    const char *name;
    enum source source;
    const char *key; /* of the fact or parameter, or the text */
} hparams[] = {
    {"augment_training_data", PARAM, "augment_training_data"},
    {"batch_size", PARAM, "batch_size"},
    {"dropout", PARAM, "dropout"},
    {"epsilon", PARAM, "epsilon"},
    {"gamma", PARAM, "gamma"},
    {"gene_dim", FACT, "n_genes"},
    {"hidden_size", PARAM, "hidden_size"},
    {"lambda_sparse", PARAM, "lambda_sparse"},
    {"learning_rate", PARAM, "learning_rate"},
    {"lr_scheduler", TEXT, "torch.optim.lr_scheduler.StepLR"},
    {"lr_scheduler_kwargs", OPEN, NULL},
    {"gamma", PARAM, "lr_scheduler_gamma"},
    {"step_size", PARAM, "lr_scheduler_step_size"},
    {"", CLOSE, NULL},
    {"mask_type", PARAM, "mask_type"},
    {"momentum", PARAM, "momentum"},
    {"n_a", PARAM, "n_a"},
    {"n_d", PARAM, "n_d"},
    {"n_hidden", PARAM, "n_hidden"},
    {"n_independent", PARAM, "n_independent"},
    {"n_shared", PARAM, "n_shared"},
    {"n_steps", PARAM, "n_steps"},
    {"optimizer", TEXT, "torch.optim.adamw.AdamW"},
    {"train_set_size", FACT, "n_train"},
    {"type_dim", FACT, "n_classes"},
    {"use_hierarchical_loss", LOSS, NULL},
    {"val_set_size", FACT, "n_val"},
    {"virtual_batch_size", PARAM, "virtual_batch_size"},
    {"weight_decay", PARAM, "weight_decay"},
};
enum { N_HPARAMS = sizeof hparams / sizeof hparams[0] };

static bool
is_truth(const char *text)
{
    return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
}

static enum yaml_kind
kind_of_param(const char *name, const char *value)
{
    enum spec_id id = spec_find(name);

    if (id == SPEC_COUNT)
        return YAML_TEXT;
    switch (spec_item(id)->kind) {
    case SPEC_INT: return YAML_WORD;
    case SPEC_REAL: return YAML_REAL;
    case SPEC_CHOICE: return is_truth(value) ? YAML_WORD : YAML_TEXT;
    case SPEC_TEXT:
    case SPEC_LIST: break;
    }
    return YAML_TEXT;
}

/* The entry of row i; false where the run has no such value. */
static bool
make_entry(const struct export_run *r, size_t i, struct yaml_entry *out)
{
    const char *key = hparams[i].key;

    *out = (struct yaml_entry){.name = hparams[i].name, .text = key};
    switch (hparams[i].source) {
    case TEXT: out->kind = YAML_TEXT; break;
    case OPEN: out->kind = YAML_OPEN; return true;
    case CLOSE: out->kind = YAML_CLOSE; return true;
    case LOSS:
        out->kind = YAML_WORD;
        out->text = is_hierarchical(r) ? "true" : "false";
        break;
    case FACT:
        out->kind = YAML_WORD;
        out->text = export_pairs_find(&r->fact, key);
        break;
    case PARAM:
        out->text = export_pairs_find(&r->param, key);
        out->kind = out->text ? kind_of_param(key, out->text) : YAML_TEXT;
        break;
    }
    return out->text != NULL;
}

enum err
export_hparams_yaml(const struct export_run *r, const char *path, struct errbuf *eb)
{
    struct yaml_entry entry[N_HPARAMS];
    struct strbuf text = {0};
    size_t n = 0;

    for (size_t i = 0; i < N_HPARAMS; i++)
        n += make_entry(r, i, &entry[n]);
    enum err e = yaml_write(&text, entry, n, eb);
    if (e == ERR_OK)
        e = out_file_text(path, &text, eb);
    strbuf_release(&text);
    return e;
}

/* --- parameters.json --- */

/* Text of the store, made valid UTF-8 where it is not. */
static json_t *
json_text(const char *text)
{
    json_t *plain = json_string(text);

    if (plain)
        return plain;
    struct strbuf quoted = {0};
    strbuf_add_json(&quoted, text);
    plain = json_loads(strbuf_str(&quoted), JSON_DECODE_ANY, NULL);
    strbuf_release(&quoted);
    return plain;
}

static json_t *
json_param(const char *name, const char *value)
{
    switch (kind_of_param(name, value)) {
    case YAML_WORD:
        return is_truth(value) ? json_boolean(strcmp(value, "true") == 0)
                               : json_integer(strtoll(value, NULL, 10));
    case YAML_REAL: return json_real(strtod(value, NULL));
    case YAML_TEXT:
    case YAML_OPEN:
    case YAML_CLOSE: break;
    }
    return json_text(value);
}

/* Values of a name that takes several stand in an array. */
static void
put_param(json_t *root, const char *name, const char *value)
{
    enum spec_id id = spec_find(name);

    if (id == SPEC_COUNT || spec_item(id)->kind != SPEC_LIST) {
        json_object_set_new(root, name, json_param(name, value));
        return;
    }
    if (!json_object_get(root, name))
        json_object_set_new(root, name, json_array());
    json_array_append_new(json_object_get(root, name), json_text(value));
}

static json_t *
make_facts(const struct export_run *r)
{
    json_t *root = json_object();

    for (size_t i = 0; i < r->fact.name.n; i++) {
        const char *value = r->fact.value.item[i];
        char type = strbuf_str(&r->fact.type)[i];

        json_object_set_new(root, r->fact.name.item[i],
                            type == 'i'   ? json_integer(strtoll(value, NULL, 10))
                            : type == 'f' ? json_real(strtod(value, NULL))
                                          : json_text(value));
    }
    return root;
}

static json_t *
make_params(const struct export_run *r)
{
    json_t *root = json_object();

    for (size_t i = 0; i < r->param.name.n; i++)
        put_param(root, r->param.name.item[i], r->param.value.item[i]);
    return root;
}

static json_t *
make_list(const struct strlist *l)
{
    json_t *list = json_array();

    for (size_t i = 0; i < l->n; i++)
        json_array_append_new(list, json_text(l->item[i]));
    return list;
}

/* The published script's arguments: hyperparameters have their names. */
static void
put_arguments(json_t *root, const struct export_run *r)
{
    const char *data = export_pairs_find(&r->param, "data");
    double seed = export_run_number(r, "seed");

    if (data)
        json_object_set_new(root, "data_path", json_text(data));
    for (size_t i = 0; i < r->param.name.n; i++) {
        enum spec_id id = spec_find(r->param.name.item[i]);

        if (id != SPEC_COUNT && spec_item(id)->flags & SPEC_HYPER)
            put_param(root, r->param.name.item[i], r->param.value.item[i]);
    }
    json_object_set_new(root, "use_hierarchical_loss",
                        json_boolean(is_hierarchical(r)));
    if (!isnan(seed))
        json_object_set_new(root, "seed", json_integer((json_int_t)seed));
    json_object_set_new(root, "log_dir", json_string("tb_logs"));
    json_object_set_new(root, "model_name", json_text(export_run_text(r, "model")));
}

enum err
export_hparams_json(const struct export_run *r, const char *rule,
                    const struct strlist *files, const char *path, struct errbuf *eb)
{
    json_t *root = json_object(), *own = make_facts(r);
    struct strbuf text = {0};
    enum err e;

    put_arguments(root, r);
    json_object_set_new(own, "rule", json_string(rule));
    json_object_set_new(own, "parameters", make_params(r));
    json_object_set_new(own, "facets", make_list(&r->facet));
    json_object_set_new(own, "files", make_list(files));
    json_object_set_new(root, "hcelab", own);
    char *dump = json_dumps(root, JSON_INDENT(4) | JSON_REAL_PRECISION(17));
    json_decref(root);
    if (!dump)
        return err_set(eb, ERR_NOMEM, "no memory for %s", path);
    strbuf_adds(&text, dump);
    strbuf_addc(&text, '\n');
    free(dump);
    e = out_file_text(path, &text, eb);
    strbuf_release(&text);
    return e;
}
