/* torch_model.c - a model of ours with the values of a file of PyTorch or safetensors. */
#include "transfer/torch_model.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/classes.h"
#include "transfer/torch_names.h"

struct loading {
    struct torch_model *t;
    const struct tensor_file *f;
    const char *prefix;
    size_t D, C;
    const struct tensor **source; /* (n_params) owned; the tensor of each parameter */
    struct errbuf *eb;
};

/* The tensor prefix + name, printed, or NULL. */
static const struct tensor *PRINTF_LIKE(2, 3)
    find(const struct loading *l, const char *fmt, ...)
{
    char name[256], full[320];
    va_list args;

    va_start(args, fmt);
    vsnprintf(name, sizeof name, fmt, args);
    va_end(args);
    snprintf(full, sizeof full, "%s%s", l->prefix, name);
    return tensor_file_find(l->f, full);
}

/* Dimension i of a tensor, 0: it has none, or there is no tensor. */
static uint64_t
dim(const struct tensor *t, size_t i)
{
    return t && i < t->n_dims ? t->dim[i] : 0;
}

/* --- how large it is --- */

static enum err
set_size(struct loading *l, enum spec_id id, uint64_t value)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRIu64, value);
    enum err e = spec_set(&l->t->spec, id, text, l->eb);
    return e ? err_wrap(l->eb, ERR_FORMAT, "%s: by the shapes of its tensors",
                        l->f->file.path)
             : ERR_OK;
}

static enum err
size_linear(struct loading *l)
{
    const struct tensor *w = find(l, "weight");

    l->C = (size_t)dim(w, 0);
    l->D = (size_t)dim(w, 1);
    return ERR_OK;
}

static enum err
size_mlp(struct loading *l)
{
    const struct tensor *first = find(l, "encoder.0.weight");
    uint64_t n = 0;
    enum err e;

    while (find(l, "encoder.%" PRIu64 ".weight", 4 * n))
        n++;
    l->D = (size_t)dim(first, 1);
    l->C = (size_t)dim(find(l, "linear.weight"), 0);
    if ((e = set_size(l, SPEC_ID_hidden_size, dim(first, 0))))
        return e;
    return set_size(l, SPEC_ID_n_hidden, n);
}

static enum err
size_tabnet(struct loading *l)
{
    static const char place[] = "encoder.initial_splitter";
    const struct tensor *final = find(l, "final_mapping.weight");
    uint64_t steps = 0, shared = 0, own = 0;
    enum err e;

    while (find(l, "encoder.att_transformers.%" PRIu64 ".fc.weight", steps))
        steps++;
    while (find(l, "%s.shared.glu_layers.%" PRIu64 ".bn.bn.weight", place, shared))
        shared++;
    while (find(l, "%s.specifics.glu_layers.%" PRIu64 ".bn.bn.weight", place, own))
        own++;
    l->D = (size_t)dim(find(l, "encoder.initial_bn.weight"), 0);
    l->C = (size_t)dim(final, 0);
    if ((e = set_size(l, SPEC_ID_n_d, dim(final, 1))) ||
        (e = set_size(l, SPEC_ID_n_a,
                      dim(find(l, "encoder.att_transformers.0.fc.weight"), 1))) ||
        (e = set_size(l, SPEC_ID_n_steps, steps)) ||
        (e = set_size(l, SPEC_ID_n_shared, shared)))
        return e;
    return set_size(l, SPEC_ID_n_independent, own);
}

/* --- what the file says of the training --- */

/* What the file says about an item of the spec, or NULL. */
static const char *
said(const struct tensor_file *f, const char *name)
{
    static const struct {
        const char *name, *key;
    } elsewhere[] = {
        {"lr_scheduler_step_size", "lr_scheduler_kwargs.step_size"},
        {"lr_scheduler_gamma", "lr_scheduler_kwargs.gamma"},
    };
    const char *value;
    char *key = xasprintf("hyper_parameters.%s", name);

    value = tensor_file_says(f, key);
    free(key);
    for (size_t i = 0; !value && i < sizeof elsewhere / sizeof elsewhere[0]; i++)
        if (strcmp(elsewhere[i].name, name) == 0) {
            key = xasprintf("hyper_parameters.%s", elsewhere[i].key);
            value = tensor_file_says(f, key);
            free(key);
        }
    return value ? value : tensor_file_says(f, name);
}

/* PyTorch's text of a truth value is "True". */
static const char *
as_spec(const char *value)
{
    return strcmp(value, "True") == 0    ? "true"
           : strcmp(value, "False") == 0 ? "false"
                                         : value;
}

/* Whether the model's outputs depend on an item that no shape shows. */
static bool
matters(const struct spec *s, enum spec_id id)
{
    return s->model == MODEL_tabnet &&
           (id == SPEC_ID_mask_type || (id == SPEC_ID_gamma && s->n_steps > 1));
}

static void
take_hyper(struct loading *l, enum spec_id id)
{
    const struct spec_item *item = spec_item(id);
    struct spec *s = &l->t->spec;
    const char *value = said(l->f, item->name);

    if (!(item->flags & SPEC_HYPER) || s->is_set[id] ||
        !spec_applies(id, (enum model_id)s->model))
        return;
    if (value && spec_set(s, id, as_spec(value), NULL) == ERR_OK)
        return;
    char *text = value ? xasprintf("%s=%s", item->name, value) : NULL;

    if (text)
        strlist_add(&l->t->refused, text);
    else if (matters(s, id))
        strlist_add(&l->t->assumed, item->name);
    free(text);
}

/* "class_weights" is a buffer of the module and no choice. */
static void
take_hypers(struct loading *l)
{
    for (enum spec_id id = 0; id < SPEC_COUNT; id++)
        if (id != SPEC_ID_class_weights)
            take_hyper(l, id);
}

static enum err
read_spec(struct loading *l)
{
    static enum err (*const size[MODEL_COUNT])(struct loading * l) = {
        [MODEL_linear] = size_linear,
        [MODEL_mlp] = size_mlp,
        [MODEL_tabnet] = size_tabnet,
    };
    struct spec *s = &l->t->spec;
    enum model_id id = torch_names_model(l->f, &l->prefix);
    enum err e;

    if (id == MODEL_COUNT && l->f->n == 0)
        return err_set(l->eb, ERR_UNSUPPORTED, "%s: no tensors in it%s",
                       l->f->file.path,
                       l->f->unread.n ? " whose type is read here" : "");
    if (id == MODEL_COUNT)
        return err_set(l->eb, ERR_UNSUPPORTED,
                       "%s: its tensors ('%s', ...) are those of none of the models "
                       "linear, mlp and tabnet",
                       l->f->file.path, l->f->tensor[0].name);
    if ((e = spec_set(s, SPEC_ID_model, model_name(id), l->eb)) || (e = size[id](l)))
        return e;
    take_hypers(l);
    e = spec_resolve(s, l->eb);
    return e ? err_wrap(l->eb, ERR_FORMAT, "%s", l->f->file.path) : ERR_OK;
}

static enum err
declare(struct loading *l)
{
    struct model_config config;

    if (l->D < 1 || l->D > GENES_MAX || l->C < 1 || l->C > CLASSES_MAX)
        return err_set(
            l->eb, ERR_FORMAT,
            "%s: a model of %zu genes and %zu classes: must be 1 to %d and 1 "
            "to %d",
            l->f->file.path, l->D, l->C, GENES_MAX, CLASSES_MAX);
    model_config_init(&config, &l->t->spec, l->D, l->C);
    if (!model_config_is_possible(&config))
        return err_set(l->eb, ERR_FORMAT, "%s: impossible hyperparameters",
                       l->f->file.path);
    l->t->model = model_declare(&config);
    l->source = xcalloc(l->t->model->n_params, sizeof *l->source);
    return ERR_OK;
}

/* --- which tensor is which parameter --- */

/* Both as floats, equal bit for bit? */
static enum err
are_equal(const struct loading *l, const struct tensor *a, const struct tensor *b,
          bool *out)
{
    float *x = NULL, *y = NULL;
    enum err e = ERR_OK;

    *out = tensor_is_alias(a, b);
    if (*out || a->n != b->n)
        return ERR_OK;
    if (!(e = big_calloc(&x, (size_t)a->n, sizeof *x, "a tensor", l->eb)) &&
        !(e = big_calloc(&y, (size_t)b->n, sizeof *y, "a tensor", l->eb)) &&
        !(e = tensor_file_read(l->f, a, x, l->eb)))
        e = tensor_file_read(l->f, b, y, l->eb);
    *out = !e && memcmp(x, y, (size_t)a->n * sizeof *x) == 0;
    free(x);
    free(y);
    return e;
}

/* A second tensor for a parameter: it must be the first again. */
static enum err
check_shared(const struct loading *l, const struct tensor *a, const struct tensor *b)
{
    bool equal;
    enum err e = are_equal(l, a, b, &equal);

    if (!e && !equal)
        e = err_set(l->eb, ERR_UNSUPPORTED,
                    "%s: '%s' and '%s' are one weight in TabNet, but differ here",
                    l->f->file.path, a->name, b->name);
    return e;
}

static enum err
place_tensor(struct loading *l, const struct tensor *t)
{
    size_t n = strlen(l->prefix);
    bool has_prefix = strncmp(t->name, l->prefix, n) == 0;
    char *own = has_prefix ? torch_names_own(t->name + n) : NULL;
    const struct param *p = own ? model_find_param(l->t->model, own) : NULL;
    const char *tail = strrchr(t->name, '.');

    free(own);
    if (!p) {
        if (!torch_names_is_known(t->name) &&
            !torch_names_is_known(tail ? tail + 1 : ""))
            strlist_add(&l->t->unknown, t->name);
        return ERR_OK;
    }
    const struct tensor **to = &l->source[p - l->t->model->param];
    if (*to)
        return check_shared(l, *to, t);
    *to = t;
    return ERR_OK;
}

/* Of types that are not read: no loss unless a parameter is one of them. */
static void
list_unread(struct loading *l)
{
    const struct tensor_file *f = l->f;

    for (size_t i = 0; i < f->unread.n; i++) {
        char *text =
            xasprintf("%s (of type %s)", f->unread.item[i], f->unread_dtype.item[i]);

        if (!torch_names_is_known(f->unread.item[i]))
            strlist_add(&l->t->unknown, text);
        free(text);
    }
}

/* The type of a parameter's tensor that is not read; NULL: there is none. */
static const char *
unread_type(const struct loading *l, const struct param *p)
{
    const char *type = NULL;
    size_t n = strlen(l->prefix);

    for (size_t i = 0; i < l->f->unread.n && !type; i++) {
        const char *name = l->f->unread.item[i];
        char *own = strncmp(name, l->prefix, n) == 0 ? torch_names_own(name + n) : NULL;

        if (own && strcmp(own, p->name) == 0)
            type = l->f->unread_dtype.item[i];
        free(own);
    }
    return type;
}

static bool
has_shape(const struct param *p, const struct tensor *t)
{
    return t->n_dims == p->n_dims && dim(t, 0) == p->dim[0] &&
           (p->n_dims == 1 || dim(t, 1) == p->dim[1]);
}

static void
add_wanted(const struct param *p, struct strbuf *out)
{
    strbuf_addf(out, p->n_dims == 1 ? "(%zu,)" : "(%zu, %zu)", p->dim[0], p->dim[1]);
}

enum { NAMED_MAX = 8 };

/* Parameters of one piece of storage would be many bytes of a few. */
static enum err
check_bytes(const struct loading *l)
{
    uint64_t want = 0, have = 0;

    for (size_t i = 0; i < l->t->model->n_params; i++)
        want += l->source[i]->n * tensor_type_bytes(l->source[i]->type);
    for (size_t i = 0; i < l->f->n_places; i++)
        have += l->f->place[i].bytes;
    return want > have
               ? err_set(l->eb, ERR_FORMAT,
                         "%s: its tensors share storage that no %s model shares",
                         l->f->file.path, l->t->model->ops->name)
               : ERR_OK;
}

/* Every parameter has its tensor, and that its shape. */
static enum err
check_sources(const struct loading *l)
{
    struct strbuf what = {0};
    size_t n = 0;

    for (size_t i = 0; i < l->t->model->n_params; i++) {
        const struct param *p = &l->t->model->param[i];

        if ((l->source[i] && has_shape(p, l->source[i])) || n++ >= NAMED_MAX)
            continue;
        strbuf_addf(&what, "%s%s%s ", n > 1 ? "; " : "", l->prefix, p->name);
        if (l->source[i]) {
            strbuf_adds(&what, "is ");
            tensor_add_shape(l->source[i], &what);
            strbuf_adds(&what, ", must be ");
            add_wanted(p, &what);
        } else {
            const char *type = unread_type(l, p);

            if (type)
                strbuf_addf(&what, "is of type %s, which is not read", type);
            else
                strbuf_adds(&what, "is missing");
        }
    }
    if (n > NAMED_MAX)
        strbuf_addf(&what, "; and %zu more", n - NAMED_MAX);
    enum err e = n ? err_set(l->eb, ERR_FORMAT, "%s: no whole %s model: %s",
                             l->f->file.path, l->t->model->ops->name, strbuf_str(&what))
                   : ERR_OK;
    strbuf_release(&what);
    return e ? e : check_bytes(l);
}

/* --- values --- */

static enum err
read_param(struct loading *l, size_t i)
{
    const struct tensor *t = l->source[i];
    float *x;
    enum err e = big_calloc(&x, (size_t)t->n, sizeof *x, "a tensor", l->eb);

    if (e)
        return e;
    e = tensor_file_read(l->f, t, x, l->eb);
    for (size_t k = 0; k < t->n && !e; k++)
        if (!isfinite(x[k]))
            e = err_set(l->eb, ERR_FORMAT,
                        "%s: '%s' has values that are not finite: the training that "
                        "wrote it had failed",
                        l->f->file.path, t->name);
    if (!e)
        param_import(&l->t->model->param[i], l->t->model->value, x);
    free(x);
    return e;
}

static enum err
load(struct loading *l)
{
    enum err e;

    if ((e = read_spec(l)) || (e = declare(l)))
        return e;
    for (size_t i = 0; i < l->f->n; i++)
        if ((e = place_tensor(l, &l->f->tensor[i])))
            return e;
    list_unread(l);
    if ((e = check_sources(l)) || (e = model_allocate(l->t->model, l->eb)))
        return e;
    for (size_t i = 0; i < l->t->model->n_params; i++)
        if ((e = read_param(l, i)))
            return e;
    return ERR_OK;
}

enum err
torch_model_load(struct torch_model *t, const struct tensor_file *f, struct errbuf *eb)
{
    struct loading l = {.t = t, .f = f, .prefix = "", .eb = eb};
    enum err e;

    *t = (struct torch_model){0};
    spec_init(&t->spec);
    e = load(&l);
    free(l.source);
    if (e)
        torch_model_release(t);
    return e;
}

void
torch_model_release(struct torch_model *t)
{
    model_free(t->model);
    spec_release(&t->spec);
    strlist_release(&t->unknown);
    strlist_release(&t->assumed);
    strlist_release(&t->refused);
    *t = (struct torch_model){0};
}

/* --- order of classes --- */

/* Rows of the last layer, whose first dimension counts classes. */
static bool
counts_classes(const struct param *p)
{
    static const char *const last[] = {"weight", "bias", "linear.weight", "linear.bias",
                                       "final_mapping.weight"};

    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++)
        if (strcmp(p->name, last[i]) == 0)
            return true;
    return false;
}

void
torch_model_permute(struct torch_model *t, const uint32_t *place)
{
    struct model *m = t->model;

    for (size_t i = 0; i < m->n_params; i++) {
        const struct param *p = &m->param[i];
        size_t rows = p->dim[0], cols = p->dim[1];

        if (!counts_classes(p))
            continue;
        assert(rows == m->config.C);
        float *from = xcalloc(rows * cols, sizeof *from);
        float *to = xcalloc(rows * cols, sizeof *to);

        param_export(p, m->value, from);
        for (size_t r = 0; r < rows; r++)
            memcpy(to + place[r] * cols, from + r * cols, cols * sizeof *to);
        param_import(p, m->value, to);
        free(from);
        free(to);
    }
}
