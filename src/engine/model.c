/* model.c - the table of models, and what all of them share: the block of parameters. */
#include "engine/model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "num/sparse.h"

static const struct model_ops *const table[MODEL_COUNT] = {
#define MODEL(id, help) [MODEL_##id] = &model_##id,
#include "spec/models.def"
#undef MODEL
};

const struct model_ops *
model_ops(enum model_id id)
{
    assert((int)id >= 0 && id < MODEL_COUNT);
    return table[id];
}

void
model_config_init(struct model_config *config, const struct spec *spec, size_t D,
                  size_t C)
{
    *config = (struct model_config){.id = (enum model_id)spec->model, .D = D, .C = C};
#define ARCH(kind, id_) config->id_ = (ARCH_##kind)spec->id_;
#include "engine/arch.def"
#undef ARCH
}

static bool
is_in_range(enum spec_id id, enum model_id model, double x)
{
    const struct spec_item *item = spec_item(id);

    return !spec_applies(id, model) || item->kind == SPEC_CHOICE ||
           (x >= item->min && x <= item->max);
}

bool
model_config_is_possible(const struct model_config *config)
{
    bool ok = !spec_applies(SPEC_ID_n_shared, config->id) ||
              config->n_shared + config->n_independent > 0;

#define ARCH(kind, id_)                                                                \
    ok &= is_in_range(SPEC_ID_##id_, config->id, (double)config->id_);
#include "engine/arch.def"
#undef ARCH
    return ok;
}

struct model *
model_declare(const struct model_config *config)
{
    struct model *m = xcalloc(1, sizeof *m);

    m->ops = model_ops(config->id);
    m->config = *config;
    gene_order_copy(&m->order, config->order);
    m->config.order = &m->order;
    m->ld = kernels_pad(config->C);
    m->ops->declare(m);
    sparse_tiles_init(&m->tiles, config->D, m->first_width, m->order.rate);
    assert(m->n_trained % VEC == 0 && m->n_trained <= m->n_values);
    return m;
}

/* Weights, gradient, two moments and the best epoch; weights and moments of a state that
 * is read.  Checkpoints are exported into the gradient if it has room. */
enum { COPIES_OF_PARAMETERS = 8, COPIES_OF_LOGITS = 2, THREADS_ASSUMED = 8 };

uint64_t
model_training_bytes(const struct model_config *config, size_t B, uint64_t mean)
{
    struct model *m = model_declare(config);
    size_t exported = model_exported(m);
    uint64_t floats = COPIES_OF_PARAMETERS * (uint64_t)m->n_values +
                      (exported > m->n_trained ? exported : 0) +
                      COPIES_OF_LOGITS * (uint64_t)B * m->ld;
    uint64_t bytes = sizeof(float) * floats +
                     m->ops->scratch_bytes(m, B, THREADS_ASSUMED) +
                     pass_bytes(m, B, mean, THREADS_ASSUMED);

    model_free(m);
    return bytes;
}

enum err
model_allocate(struct model *m, struct errbuf *eb)
{
    assert(!m->value);
    return big_calloc(&m->value, m->n_values, sizeof *m->value, "parameters", eb);
}

enum err
model_new(struct model **out, const struct model_config *config, struct errbuf *eb)
{
    struct model *m = model_declare(config);
    enum err e = model_allocate(m, eb);

    *out = NULL;
    if (e) {
        model_free(m);
        return e;
    }
    *out = m;
    return ERR_OK;
}

void
model_free(struct model *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n_params; i++)
        free(m->param[i].name);
    free(m->param);
    free(m->layout);
    gene_order_release(&m->order);
    sparse_tiles_release(&m->tiles);
    free(m->value);
    free(m);
}

size_t
model_add_param(struct model *m, const char *name, const struct param *p)
{
    m->param = xrealloc(m->param, m->n_params + 1, sizeof *m->param);
    m->param[m->n_params] = *p;
    m->param[m->n_params].name = xstrdup(name);
    return m->n_params++;
}

size_t
model_mark_genes(struct model *m, size_t t, size_t dim)
{
    assert(m->param[t].dim[dim] == m->config.D);
    m->param[t].place[dim] = &m->order;
    return t;
}

size_t
model_add_matrix(struct model *m, const char *name, size_t rows, size_t cols,
                 size_t *used)
{
    struct param p = {.dim = {rows, cols},
                      .n_dims = 2,
                      .offset = *used,
                      .stride = {kernels_pad(cols), 1}};

    *used += rows * kernels_pad(cols);
    return model_add_param(m, name, &p);
}

size_t
model_add_vector(struct model *m, const char *name, size_t n, size_t *used)
{
    struct param p = {.dim = {n, 1}, .n_dims = 1, .offset = *used, .stride = {1, 0}};

    *used += kernels_pad(n);
    return model_add_param(m, name, &p);
}

size_t
model_add_statistic(struct model *m, const char *name, size_t n, size_t *stats)
{
    size_t t = model_add_vector(m, name, n, stats);

    m->param[t].is_statistic = true;
    return t;
}

void
model_place(struct model *m, size_t used, size_t stats)
{
    for (size_t t = 0; t < m->n_params; t++)
        if (m->param[t].is_statistic)
            m->param[t].offset += used;
    m->n_trained = used;
    m->n_values = used + stats;
}

const struct param *
model_find_param(const struct model *m, const char *name)
{
    for (size_t i = 0; i < m->n_params; i++)
        if (strcmp(m->param[i].name, name) == 0)
            return &m->param[i];
    return NULL;
}

size_t
model_exported(const struct model *m)
{
    size_t n = 0;

    for (size_t i = 0; i < m->n_params; i++)
        n += m->param[i].dim[0] * m->param[i].dim[1];
    return n;
}

void
param_export(const struct param *p, const float *block, float *out)
{
    for (size_t i = 0; i < p->dim[0]; i++)
        for (size_t j = 0; j < p->dim[1]; j++)
            *out++ = block[param_at(p, i, j)];
}

void
param_import(const struct param *p, float *block, const float *in)
{
    for (size_t i = 0; i < p->dim[0]; i++)
        for (size_t j = 0; j < p->dim[1]; j++)
            block[param_at(p, i, j)] = *in++;
}

void
model_export(const struct model *m, float *out)
{
    model_export_from(m, m->value, out);
}

void
model_export_from(const struct model *m, const float *value, float *out)
{
    for (const struct param *p = m->param; p < m->param + m->n_params; p++) {
        param_export(p, value, out);
        out += p->dim[0] * p->dim[1];
    }
}

void
model_import(struct model *m, const float *in)
{
    for (const struct param *p = m->param; p < m->param + m->n_params; p++) {
        param_import(p, m->value, in);
        in += p->dim[0] * p->dim[1];
    }
}

void
model_digest(const struct model *m, const float *exported, char hex[DIGEST_HEX])
{
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
                   "digests are over little-endian floats");
    struct digest d;

    digest_init(&d);
    digest_add(&d, exported, model_exported(m) * sizeof *exported);
    digest_final(&d, hex);
}
