/* linear.c - the linear model: z = x W^T + bias.
 *
 * W lies gene-major, (D, ld), followed by the bias (ld). */
#include <math.h>

#include "base/rng.h"
#include "engine/model.h"
#include "num/sparse.h"

enum { WEIGHT, BIAS };

static void
declare(struct model *m)
{
    size_t D = m->config.D, C = m->config.C;
    struct param *p = model_add_param(m, "weight", C, D, 2);

    p->stride[0] = 1;
    p->stride[1] = m->ld;
    p = model_add_param(m, "bias", C, 1, 1);
    p->offset = D * m->ld;
    p->stride[0] = 1;
    m->n_trained = m->n_values = (D + 1) * m->ld;
}

/* U(-1/sqrt(D), 1/sqrt(D)); number i of a tensor's stream belongs to its element i in
 * PyTorch's order. */
static void
init(struct model *m, uint64_t seed)
{
    double bound = 1 / sqrt((double)m->config.D);

    for (size_t t = 0; t < m->n_params; t++) {
        const struct param *p = &m->param[t];
        struct rng r = rng_stream(seed, RNG_INIT, t, 0);

        for (size_t i = 0; i < p->dim[0]; i++)
            for (size_t j = 0; j < p->dim[1]; j++)
                m->value[p->offset + i * p->stride[0] + j * p->stride[1]] =
                    (float)(bound * (2 * rng_uniform(&r, i * p->dim[1] + j) - 1));
    }
}

static size_t
scratch_bytes(const struct model *m, size_t B)
{
    (void)m;
    (void)B;
    return 0;
}

static void
forward(const struct model *m, struct pass *pass)
{
    const float *w = m->value + m->param[WEIGHT].offset;
    const float *bias = m->value + m->param[BIAS].offset;

    sparse_forward(pass->pool, pass->k, &pass->x, w, bias, m->ld, pass->z);
}

static void
backward(const struct model *m, struct pass *pass, float *grad)
{
    float *dw = grad + m->param[WEIGHT].offset, *dbias = grad + m->param[BIAS].offset;

    sparse_gradient(pass->pool, pass->k, &pass->x, pass->dz, m->ld, dw, dbias);
}

const struct model_ops model_linear = {
    .name = "linear",
    .declare = declare,
    .init = init,
    .scratch_bytes = scratch_bytes,
    .forward = forward,
    .backward = backward,
};
