/* model.c - the table of models, and what all of them share: the block of parameters. */
#include "engine/model.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"

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

enum err
model_new(struct model **out, const struct model_config *config, struct errbuf *eb)
{
    struct model *m = xcalloc(1, sizeof *m);
    enum err e;

    *out = NULL;
    m->ops = model_ops(config->id);
    m->config = *config;
    m->ld = kernels_pad(config->C);
    m->ops->declare(m);
    assert(m->n_trained % VEC == 0 && m->n_trained <= m->n_values);
    e = big_calloc(&m->value, m->n_values, sizeof *m->value, "parameters", eb);
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
    free(m->param);
    free(m->value);
    free(m);
}

struct param *
model_add_param(struct model *m, const char *name, size_t rows, size_t cols,
                size_t n_dims)
{
    m->param = xrealloc(m->param, m->n_params + 1, sizeof *m->param);
    struct param *p = &m->param[m->n_params++];

    *p = (struct param){.name = name, .dim = {rows, cols}, .n_dims = n_dims};
    return p;
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
model_export(const struct model *m, const float *block, float *out)
{
    for (const struct param *p = m->param; p < m->param + m->n_params; p++)
        for (size_t i = 0; i < p->dim[0]; i++)
            for (size_t j = 0; j < p->dim[1]; j++)
                *out++ = block[p->offset + i * p->stride[0] + j * p->stride[1]];
}

void
model_import(struct model *m, const float *in)
{
    for (const struct param *p = m->param; p < m->param + m->n_params; p++)
        for (size_t i = 0; i < p->dim[0]; i++)
            for (size_t j = 0; j < p->dim[1]; j++)
                m->value[p->offset + i * p->stride[0] + j * p->stride[1]] = *in++;
}

void
model_digest(const struct model *m, float *scratch, char hex[DIGEST_HEX])
{
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
                   "digests are over little-endian floats");
    struct digest d;

    model_export(m, m->value, scratch);
    digest_init(&d);
    digest_add(&d, scratch, model_exported(m) * sizeof *scratch);
    digest_final(&d, hex);
}
