/* classifier.c - a trained model from its checkpoint, and its predictions. */
#include "engine/classifier.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "engine/platform.h"
#include "engine/propagate.h"
#include "engine/train.h"
#include "num/loss.h"

static const char magic[WIRE_MAGIC] = "HCELABPM";
/* Version 1 had no hyperparameters: its only model was the linear one.  Version 2 had
 * another seal. */
enum { VERSION = 3, PREDICT_CELLS = 1024, NAME_BYTES = 256 };

#define ARCH(kind, id_) +1
enum {
    N_ARCH = 0
#include "engine/arch.def"
};
#undef ARCH

struct classifier {
    struct model *model;         /* owned */
    struct propagate *propagate; /* owned; NULL: a cell's class is the arg max */
};

static void
put_head(struct wire_out *w, const struct model *m)
{
    wire_open(w, magic, VERSION);
    wire_put_text(w, m->ops->name);
    wire_put_i64(w, (int64_t)m->config.D);
    wire_put_i64(w, (int64_t)m->config.C);
    wire_put_i64(w, N_ARCH);
#define ARCH(kind, id_) wire_put_f64(w, (double)m->config.id_);
#include "engine/arch.def"
#undef ARCH
    wire_put_i64(w, (int64_t)m->n_params);
    for (size_t i = 0; i < m->n_params; i++) {
        wire_put_text(w, m->param[i].name);
        wire_put_i64(w, (int64_t)m->param[i].dim[0]);
        wire_put_i64(w, (int64_t)m->param[i].dim[1]);
    }
}

void
classifier_put(struct wire_out *w, const struct model *m, const float *exported)
{
    put_head(w, m);
    wire_lend(w, exported, model_exported(m) * sizeof *exported);
    wire_seal(w);
}

size_t
classifier_bytes(const struct model *m)
{
    struct wire_out w = {0};

    classifier_put(&w, m, NULL);
    return w.n;
}

void
classifier_write(const struct model *m, float *scratch, void *out)
{
    struct wire_out w = {.p = out, .cap = classifier_bytes(m)};

    model_export(m, scratch);
    classifier_put(&w, m, scratch);
    assert(w.n == w.cap);
}

/* Value i of the hyperparameters, 0 where an older build knew none. */
static double
get_arch(struct wire_in *w, int64_t i, int64_t n, enum spec_id id)
{
    double x = i < n ? wire_get_f64(w) : 0;
    bool is_choice = spec_item(id)->kind == SPEC_CHOICE;

    w->bad |= !(x >= 0) || (is_choice ? x > INT_MAX || !spec_choice(id, (size_t)x)
                                      : x > spec_item(id)->max);
    return w->bad ? 0 : x;
}

static enum err
get_archs(struct wire_in *w, struct model_config *config, struct errbuf *eb)
{
    int64_t n = w->version >= 2 ? wire_get_i64(w) : 0, i = 0;

    w->bad |= n < 0 || n > N_ARCH;
#define ARCH(kind, id_) config->id_ = (ARCH_##kind)get_arch(w, i++, n, SPEC_ID_##id_);
#include "engine/arch.def"
#undef ARCH
    if (w->bad || !model_config_is_possible(config))
        return err_set(eb, ERR_FORMAT,
                       "model checkpoint has impossible hyperparameters");
    return ERR_OK;
}

static enum err
get_config(struct wire_in *w, struct model_config *config, struct errbuf *eb)
{
    char name[NAME_BYTES];

    wire_get_text(w, name, sizeof name);
    int64_t D = wire_get_i64(w), C = wire_get_i64(w);

    if (w->bad || D < 1 || D > GENES_MAX || C < 1 || C > INT32_MAX / GENES_MAX)
        return err_set(eb, ERR_FORMAT,
                       "model checkpoint has impossible shapes: %lld genes, "
                       "%lld classes",
                       (long long)D, (long long)C);
    for (enum model_id id = 0; id < MODEL_COUNT; id++) {
        if (strcmp(model_ops(id)->name, name) == 0) {
            *config = (struct model_config){.id = id, .D = (size_t)D, .C = (size_t)C};
            return get_archs(w, config, eb);
        }
    }
    return err_set(eb, ERR_FORMAT,
                   "model checkpoint is of a model that this build does not "
                   "know: '%s'",
                   name);
}

/* The list of tensors must be the one that this build would write. */
static enum err
check_params(struct wire_in *w, const struct model *m, struct errbuf *eb)
{
    int64_t n = wire_get_i64(w);
    bool same = n == (int64_t)m->n_params;
    char name[NAME_BYTES];

    for (size_t i = 0; same && i < m->n_params; i++) {
        const struct param *p = &m->param[i];

        wire_get_text(w, name, sizeof name);
        same = strcmp(name, p->name) == 0 && wire_get_i64(w) == (int64_t)p->dim[0] &&
               wire_get_i64(w) == (int64_t)p->dim[1];
    }
    if (!same || w->bad || w->n - w->at != model_exported(m) * sizeof(float))
        return err_set(eb, ERR_FORMAT,
                       "model checkpoint holds other tensors than %s has",
                       m->ops->name);
    return ERR_OK;
}

static enum err
get_values(struct wire_in *w, struct model *m, struct errbuf *eb)
{
    size_t n = model_exported(m);
    float *in;
    enum err e = big_calloc(&in, n, sizeof *in, "parameters", eb);

    if (e)
        return e;
    wire_get(w, in, n * sizeof *in);
    model_import(m, in);
    free(in);
    return ERR_OK;
}

enum err
classifier_load(struct classifier **out, const void *data, size_t size,
                struct errbuf *eb)
{
    struct model_config config;
    struct model *m;
    struct wire_in w;
    enum err e;

    *out = NULL;
    if ((e = wire_check(&w, data, size, magic, VERSION, "model checkpoint", eb)) ||
        (e = get_config(&w, &config, eb)))
        return e;
    /* No memory for tensors that the bytes do not hold. */
    m = model_declare(&config);
    if ((e = check_params(&w, m, eb)) || (e = model_allocate(m, eb)) ||
        (e = get_values(&w, m, eb))) {
        model_free(m);
        return e;
    }
    *out = xcalloc(1, sizeof **out);
    (*out)->model = m;
    return ERR_OK;
}

void
classifier_free(struct classifier *c)
{
    if (!c)
        return;
    model_free(c->model);
    if (c->propagate)
        propagate_release(c->propagate);
    free(c->propagate);
    free(c);
}

void
classifier_propagate(struct classifier *c, const struct class_set *classes)
{
    assert(classes->C == c->model->config.C && !c->propagate);
    c->propagate = xcalloc(1, sizeof *c->propagate);
    propagate_init(c->propagate, classes);
}

bool
classifier_propagates(const struct classifier *c)
{
    return c->propagate != NULL;
}

double
classifier_probability(const struct classifier *c, const float *prob, int32_t predicted)
{
    size_t said = (size_t)predicted;

    return c->propagate ? propagate_q(c->propagate, prob, said) : (double)prob[said];
}

const struct model *
classifier_model(const struct classifier *c)
{
    return c->model;
}

size_t
classifier_genes(const struct classifier *c)
{
    return c->model->config.D;
}

size_t
classifier_classes(const struct classifier *c)
{
    return c->model->config.C;
}

/* The first hyperparameter in which they differ, or NULL. */
static const char *
arch_difference(const struct model_config *a, const struct model_config *b)
{
#define ARCH(kind, id_)                                                                \
    if (a->id_ != b->id_)                                                              \
        return #id_;
#include "engine/arch.def"
#undef ARCH
    return NULL;
}

enum err
classifier_check(const struct classifier *c, const struct spec *spec, size_t D,
                 size_t C, struct errbuf *eb)
{
    const struct model_config *has = &c->model->config;
    struct model_config want;

    model_config_init(&want, spec, D, C);
    const char *arch = arch_difference(has, &want);
    if (has->id != want.id)
        return err_set(
            eb, ERR_FORMAT,
            "model checkpoint is of another run: a %s model, this run has %s",
            model_name(has->id), model_name(want.id));
    if (has->D != D || has->C != C)
        return err_set(eb, ERR_FORMAT,
                       "model checkpoint is of another run: %zu genes and %zu classes, "
                       "this run has %zu and %zu",
                       has->D, has->C, D, C);
    if (arch)
        return err_set(eb, ERR_FORMAT,
                       "model checkpoint is of another run: its %s is not this run's",
                       arch);
    return ERR_OK;
}

size_t
classifier_embedding_width(const struct classifier *c)
{
    const struct model_ops *ops = c->model->ops;

    return ops->embedding_width ? ops->embedding_width(&c->model->config) : 0;
}

bool
classifier_has_importance(const struct classifier *c)
{
    return c->model->ops->importance != NULL;
}

/* --- batches --- */

/* What is done with a batch whose forward was just done: its first cell is number i. */
typedef void (*batch_fn)(const struct model *m, struct pass *p, size_t i, void *ctx);

static enum err
check_genes(const struct model *m, const struct csr *x, struct errbuf *eb)
{
    if (x->n_cols == m->config.D)
        return ERR_OK;
    return err_set(eb, ERR_ARG, "the cells have %zu genes, the model %zu", x->n_cols,
                   m->config.D);
}

/* *out = m with its parameters in the order of x's genes, made anew. */
static enum err
reorder(struct model **out, const struct model *m, const struct csr *x,
        struct errbuf *eb)
{
    struct model_config config = m->config;
    float *values;
    enum err e;

    config.order = &x->order;
    if ((e = model_new(out, &config, eb)))
        return e;
    if ((e = big_calloc(&values, model_exported(m), sizeof *values, "parameters",
                        eb))) {
        model_free(*out);
        *out = NULL;
        return e;
    }
    model_export(m, values);
    model_import(*out, values);
    free(values);
    return ERR_OK;
}

enum err
classifier_adapt(struct classifier *c, const struct csr *x, struct errbuf *eb)
{
    struct model *m;
    enum err e = check_genes(c->model, x, eb);

    if (e || gene_order_equal(&c->model->order, &x->order))
        return e;
    if ((e = reorder(&m, c->model, x, eb)))
        return e;
    model_free(c->model);
    c->model = m;
    return ERR_OK;
}

/* Take all that a feed has through the model, by the threads of the pool. */
static enum err
run_feed(const struct model *m, struct row_feed *feed, struct pool *pool, batch_fn fn,
         void *ctx, struct errbuf *eb)
{
    const struct csr *x = &feed->ds->x;
    struct pass p = {0};
    struct row_batch b;
    size_t i = 0;
    enum err e = pass_init(&p, m, feed->B, pool, platform_kernels(), eb);

    if (!e && x->n_rows)
        e = pass_expect(&p, x, feed->list.cell, feed->list.n, eb);
    while (!e && !(e = row_feed_next(feed, &b, eb)) && b.n) {
        if (!b.x && (e = pass_make_room(&p, &b, eb)))
            break;
        pass_load(&p, &b, NULL);
        p.settled = i > 0;
        m->ops->forward(m, &p);
        fn(m, &p, i, ctx);
        i += b.n;
    }
    pass_release(&p);
    return e;
}

/* Send n cells, whose genes have the model's order, through it in batches. */
static enum err
run_batches(const struct model *m, const struct dataset *ds, const uint32_t *cell,
            size_t n, size_t threads, batch_fn fn, void *ctx, struct errbuf *eb)
{
    struct row_list list = {.cell = cell, .n = n};
    struct row_feed feed;
    struct pool *pool = pool_new(threads);
    enum err e = row_feed_open(&feed, ds, &list, n < PREDICT_CELLS ? n : PREDICT_CELLS,
                               pool, eb);

    if (!e) {
        e = run_feed(m, &feed, pool, fn, ctx, eb);
        row_feed_close(&feed);
    }
    pool_free(pool);
    return e;
}

/* Send n cells through the model in batches. */
static enum err
each_batch(const struct model *m, const struct dataset *ds, const uint32_t *cell,
           size_t n, size_t threads, batch_fn fn, void *ctx, struct errbuf *eb)
{
    struct model *own = NULL;
    enum err e = check_genes(m, &ds->x, eb);

    if (e || n == 0)
        return e;
    if (!gene_order_equal(&m->order, &ds->x.order))
        e = reorder(&own, m, &ds->x, eb);
    if (!e)
        e = run_batches(own ? own : m, ds, cell, n, threads, fn, ctx, eb);
    model_free(own);
    return e;
}

/* --- predictions --- */

struct prediction {
    const struct propagate *propagate; /* or NULL */
    int32_t *predicted;
    float *prob, *embedding; /* either may be NULL */
    size_t overflown;        /* the first cell whose logits are not finite; SIZE_MAX */
};

/* The probabilities p (B, ld) of a batch whose arg maxes are in predicted (B). */
struct propagate_job {
    const struct propagate *g;
    const float *p;
    size_t B, ld;
    int32_t *predicted;
};

enum { PROPAGATE_CELLS = 64 }; /* of a task */

static void
propagate_task(void *ctx, size_t task, size_t thread)
{
    const struct propagate_job *j = ctx;
    size_t b = task * PROPAGATE_CELLS, end = b + PROPAGATE_CELLS;

    (void)thread;
    for (; b < end && b < j->B; b++)
        j->predicted[b] = propagate_choose(j->g, j->p + b * j->ld, j->predicted[b]);
}

static void
propagate_batch(const struct propagate *g, const struct model *m, struct pass *p)
{
    struct propagate_job j = {g, p->dz, p->x.B, m->ld, p->predicted};

    pool_run(p->pool, (j.B + PROPAGATE_CELLS - 1) / PROPAGATE_CELLS, propagate_task,
             &j);
}

/* The first of B rows of z (B, ld) with a value that is not finite; B: none. */
static size_t
find_overflown(const float *z, size_t B, size_t C, size_t ld)
{
    for (size_t b = 0; b < B; b++)
        for (size_t c = 0; c < C; c++)
            if (!isfinite(z[b * ld + c]))
                return b;
    return B;
}

static void
predict_batch(const struct model *m, struct pass *p, size_t i, void *ctx)
{
    struct prediction *out = ctx;
    size_t B = p->x.B, C = m->config.C, bad = find_overflown(p->z, B, C, m->ld);

    if (bad < B && out->overflown == SIZE_MAX)
        out->overflown = i + bad;
    if (out->embedding)
        m->ops->embedding(m, p,
                          out->embedding + i * m->ops->embedding_width(&m->config));
    loss_softmax(p->pool, p->k, p->z, B, C, m->ld, p->dz, p->predicted);
    if (out->propagate)
        propagate_batch(out->propagate, m, p);
    memcpy(out->predicted + i, p->predicted, B * sizeof *p->predicted);
    for (size_t b = 0; out->prob && b < B; b++)
        memcpy(out->prob + (i + b) * C, p->dz + b * m->ld, C * sizeof *p->dz);
}

enum err
classifier_predict(const struct classifier *c, const struct dataset *ds,
                   const uint32_t *cell, size_t n, size_t threads, int32_t *predicted,
                   float *prob, struct errbuf *eb)
{
    return classifier_embed(c, ds, cell, n, threads, predicted, prob, NULL, eb);
}

enum err
classifier_embed(const struct classifier *c, const struct dataset *ds,
                 const uint32_t *cell, size_t n, size_t threads, int32_t *predicted,
                 float *prob, float *embedding, struct errbuf *eb)
{
    struct prediction out = {c->propagate, predicted, prob, embedding, SIZE_MAX};
    enum err e;

    if (embedding && !classifier_embedding_width(c))
        return err_set(eb, ERR_UNSUPPORTED, "a %s model has no embedding",
                       c->model->ops->name);
    if ((e = each_batch(c->model, ds, cell, n, threads, predict_batch, &out, eb)) ||
        out.overflown == SIZE_MAX)
        return e;
    return err_set(
        eb, ERR_NONFINITE,
        "cell %zu: the model gives it no probabilities, its logits are not "
        "finite: the model's parameters, or the cell's values, are too large "
        "for float32",
        (size_t)cell[out.overflown]);
}

/* Whether class a stands before b, which is the lower index. */
static bool
is_before(const float *prob, int32_t predicted, size_t a, size_t b)
{
    if (a == (size_t)predicted || b == (size_t)predicted)
        return a == (size_t)predicted;
    return prob[a] > prob[b];
}

void
classifier_top(const float *prob, size_t C, int32_t predicted, size_t k, int32_t *top)
{
    assert(k <= C);
    for (size_t n = 0; n < C; n++) {
        size_t at = n < k ? n : k; /* the place of class n among the best so far */

        while (at > 0 && is_before(prob, predicted, n, (size_t)top[at - 1]))
            at--;
        if (at == k)
            continue;
        memmove(top + at + 1, top + at, ((n < k ? n : k - 1) - at) * sizeof *top);
        top[at] = (int32_t)n;
    }
}

/* --- importances --- */

struct importance_sum {
    const int32_t *class_of; /* (n) */
    double *sum;             /* (C, D) */
};

static void
add_importance(const struct model *m, struct pass *p, size_t i, void *ctx)
{
    const struct importance_sum *s = ctx;

    m->ops->importance(m, p, s->class_of + i, s->sum);
}

/* Mean over cells and scale go out together: each row sums to 1, or is 0. */
static void
normalise_rows(double *x, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
        double sum = 0;

        for (size_t j = 0; j < cols; j++)
            sum += x[r * cols + j];
        for (size_t j = 0; sum > 0 && j < cols; j++)
            x[r * cols + j] /= sum;
    }
}

enum err
classifier_importance(const struct classifier *c, const struct dataset *ds,
                      const uint32_t *cell, const int32_t *class_of, size_t n,
                      size_t threads, double *out, struct errbuf *eb)
{
    const struct model *m = c->model;
    size_t C = m->config.C, D = m->config.D;
    struct importance_sum s = {class_of, out};

    if (!m->ops->importance)
        return err_set(eb, ERR_UNSUPPORTED, "a %s model has no gene importances",
                       m->ops->name);
    memset(out, 0, C * D * sizeof *out);
    enum err e = each_batch(m, ds, cell, n, threads, add_importance, &s, eb);

    if (e == ERR_OK)
        normalise_rows(out, C, D);
    return e;
}
