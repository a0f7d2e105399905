/* linear.c - the linear model: z = x W^T + bias.
 *
 * W lies gene-major, (D, ld), followed by the bias (ld). */
#include <math.h>

#include "engine/init.h"
#include "engine/model.h"
#include "num/sparse.h"

enum { WEIGHT, BIAS };

static void
declare(struct model *m)
{
    size_t D = m->config.D, C = m->config.C;
    struct param weight = {.dim = {C, D}, .n_dims = 2, .stride = {1, m->ld}};
    struct param bias = {
        .dim = {C, 1}, .n_dims = 1, .offset = D * m->ld, .stride = {1, 0}};

    model_mark_genes(m, model_add_param(m, "weight", &weight), 1);
    model_add_param(m, "bias", &bias);
    m->first_width = C;
    m->n_trained = m->n_values = (D + 1) * m->ld;
}

static void
init(struct model *m, uint64_t seed)
{
    for (size_t t = 0; t < m->n_params; t++)
        init_uniform(m, t, seed, 1 / sqrt((double)m->config.D));
}

static size_t
scratch_bytes(const struct model *m, size_t B, size_t n_threads)
{
    (void)m;
    (void)B;
    (void)n_threads;
    return 0;
}

static void
forward(const struct model *m, struct pass *pass)
{
    const float *w = m->value + m->param[WEIGHT].offset;
    const float *bias = m->value + m->param[BIAS].offset;

    sparse_forward(pass->pool, pass->k, &pass->x, w, bias, m->ld, pass->z);
    pass->extra_loss = 0;
}

static void
backward(const struct model *m, struct pass *pass, float *grad)
{
    pass_first_gradient(pass, pass->dz, m->ld, grad, m->param[WEIGHT].offset,
                        grad + m->param[BIAS].offset);
}

const struct model_ops model_linear = {
    .name = "linear",
    .declare = declare,
    .init = init,
    .scratch_bytes = scratch_bytes,
    .forward = forward,
    .backward = backward,
};
