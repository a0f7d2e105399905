/* mlp.c - hidden layers of affine, BatchNorm, SiLU and dropout, then an affine one.
 *
 *   h_0 = x,   h_l = dropout(silu(batchnorm(W_l h_{l-1} + b_l))),   z = W h_n + b
 *
 * The first layer reads sparse cells, its W lies gene-major (D, ld) like the linear
 * model's; all others lie as in PyTorch.  Names are those of the
 * published implementation: encoder.4l is layer l's affine part, encoder.4l+1 its
 * BatchNorm.
 *
 * Letters: H hidden size, ldh = H padded. */
#include <math.h>
#include <stdio.h>

#include "base/xalloc.h"
#include "engine/init.h"
#include "engine/model.h"
#include "engine/scratch.h"
#include "num/dense.h"
#include "num/hidden.h"
#include "num/sparse.h"

static const double bn_eps = 1e-5, bn_momentum = 0.1;

/* Indices of parameters. */
struct hidden {
    size_t weight, bias, bn_weight, bn_bias, bn_mean, bn_var;
};

struct layout {
    size_t weight, bias; /* of the last layer */
    struct hidden hidden[];
};

/* What forward leaves for backward, per hidden layer: (B, ldh) where nothing else is
 * said. */
struct kept {
    float *a;           /* W h + b */
    float *h;           /* the layer's output */
    uint16_t *kept;     /* (B, ldh / VEC) what dropout kept: bits */
    float *mean, *rstd; /* (ldh) */
};

struct work {
    float *dh; /* (B, ldh) gradient on its way down */
    struct kept *kept;
};

static const struct layout *
layout_of(const struct model *m)
{
    return m->layout;
}

static const float *
tensor(const struct model *m, size_t t)
{
    return m->value + m->param[t].offset;
}

/* --- parameters --- */

static void
name_of(char name[64], size_t module, const char *part)
{
    snprintf(name, 64, "encoder.%zu.%s", module, part);
}

/* The first layer's weight: gene-major. */
static size_t
add_first_weight(struct model *m, const char *name, size_t *used)
{
    size_t D = m->config.D, H = m->config.hidden_size, ldh = kernels_pad(H);
    struct param p = {.dim = {H, D}, .n_dims = 2, .offset = *used, .stride = {1, ldh}};

    *used += D * ldh;
    return model_mark_genes(m, model_add_param(m, name, &p), 1);
}

static void
declare_hidden(struct model *m, size_t l, struct hidden *h, size_t *used, size_t *stats)
{
    size_t H = m->config.hidden_size;
    char name[64];

    name_of(name, 4 * l, "weight");
    h->weight = l == 0 ? add_first_weight(m, name, used)
                       : model_add_matrix(m, name, H, H, used);
    name_of(name, 4 * l, "bias");
    h->bias = model_add_vector(m, name, H, used);
    name_of(name, 4 * l + 1, "weight");
    h->bn_weight = model_add_vector(m, name, H, used);
    name_of(name, 4 * l + 1, "bias");
    h->bn_bias = model_add_vector(m, name, H, used);
    name_of(name, 4 * l + 1, "running_mean");
    h->bn_mean = model_add_statistic(m, name, H, stats);
    name_of(name, 4 * l + 1, "running_var");
    h->bn_var = model_add_statistic(m, name, H, stats);
}

static void
declare(struct model *m)
{
    size_t n = m->config.n_hidden, used = 0, stats = 0;
    struct layout *lay = xcalloc(1, sizeof *lay + n * sizeof lay->hidden[0]);

    m->layout = lay;
    m->first_width = m->config.hidden_size;
    for (size_t l = 0; l < n; l++)
        declare_hidden(m, l, &lay->hidden[l], &used, &stats);
    lay->weight =
        model_add_matrix(m, "linear.weight", m->config.C, m->config.hidden_size, &used);
    lay->bias = model_add_vector(m, "linear.bias", m->config.C, &used);
    model_place(m, used, stats);
}

/* PyTorch's: affine layers U(-1/sqrt(inputs), 1/sqrt(inputs)). */
static void
init(struct model *m, uint64_t seed)
{
    const struct layout *lay = layout_of(m);
    double inputs = (double)m->config.D;

    for (size_t l = 0; l < m->config.n_hidden; l++) {
        const struct hidden *h = &lay->hidden[l];

        init_uniform(m, h->weight, seed, 1 / sqrt(inputs));
        init_uniform(m, h->bias, seed, 1 / sqrt(inputs));
        init_constant(m, h->bn_weight, 1);
        init_constant(m, h->bn_bias, 0);
        init_constant(m, h->bn_mean, 0);
        init_constant(m, h->bn_var, 1);
        inputs = (double)m->config.hidden_size;
    }
    init_uniform(m, lay->weight, seed, 1 / sqrt(inputs));
    init_uniform(m, lay->bias, seed, 1 / sqrt(inputs));
}

static enum err
check_batch(const struct model_config *config, size_t B, struct errbuf *eb)
{
    (void)config;
    if (B < 2)
        return err_set(eb, ERR_ARG,
                       "a batch of %zu cell: BatchNorm of the mlp model needs at least "
                       "2 (batch_size, and cells to train on)",
                       B);
    return ERR_OK;
}

/* --- working memory --- */

static struct work
take_work(const struct model *m, size_t B, struct scratch *s)
{
    size_t n = m->config.n_hidden, ldh = kernels_pad(m->config.hidden_size);
    struct work w = {.dh = scratch_take(s, B * ldh, sizeof(float)),
                     .kept = scratch_take(s, n, sizeof *w.kept)};

    for (size_t l = 0; l < n; l++) {
        struct kept k = {.a = scratch_take(s, B * ldh, sizeof(float)),
                         .h = scratch_take(s, B * ldh, sizeof(float)),
                         .kept = scratch_take(s, B * (ldh / VEC), sizeof(uint16_t)),
                         .mean = scratch_take(s, ldh, sizeof(float)),
                         .rstd = scratch_take(s, ldh, sizeof(float))};

        if (w.kept)
            w.kept[l] = k;
    }
    return w;
}

static size_t
scratch_bytes(const struct model *m, size_t B, size_t n_threads)
{
    struct scratch s = {0};

    (void)n_threads;
    take_work(m, B, &s);
    return s.used;
}

static struct work
work_of(const struct model *m, const struct pass *pass)
{
    struct scratch s = {.base = pass->scratch};

    return take_work(m, pass->B_max, &s);
}

static struct dense
affine(const struct model *m, const struct pass *pass, size_t weight, size_t bias)
{
    return (struct dense){.B = pass->x.B,
                          .K = m->param[weight].dim[1],
                          .N = m->param[weight].dim[0],
                          .w = tensor(m, weight),
                          .bias = tensor(m, bias)};
}

static struct hidden_args
hidden(const struct model *m, const struct pass *pass, const struct hidden *h,
       const struct kept *k, const struct rng *r)
{
    return (struct hidden_args){
        .bn = {.B = pass->x.B,
               .ld = kernels_pad(m->config.hidden_size),
               .chunk = pass->x.B,
               .x = k->a,
               .weight = tensor(m, h->bn_weight),
               .bias = tensor(m, h->bn_bias),
               .running_mean = m->value + m->param[h->bn_mean].offset,
               .running_var = m->value + m->param[h->bn_var].offset,
               .mean = k->mean,
               .rstd = k->rstd,
               .momentum = bn_momentum,
               .eps = bn_eps},
        .h = k->h,
        .H = m->config.hidden_size,
        .dropout = m->config.dropout,
        .r = r,
        .cell = pass->cells.cell,
        .kept = k->kept};
}

/* --- forward and backward --- */

/* k->a = W h + b; h is the layer below's output, NULL for the cells themselves. */
static void
forward_affine(const struct model *m, struct pass *pass, const struct hidden *p,
               const float *h, const struct kept *k)
{
    struct dense d = affine(m, pass, p->weight, p->bias);

    if (h)
        dense_forward(pass->pool, pass->k, &d, h, k->a);
    else
        sparse_forward(pass->pool, pass->k, &pass->x, d.w, d.bias, kernels_pad(d.N),
                       k->a);
}

static void
forward_hidden(const struct model *m, struct pass *pass, size_t l, const float *h,
               const struct kept *k)
{
    const struct hidden *p = &layout_of(m)->hidden[l];
    struct rng r = rng_stream(pass->seed, RNG_DROPOUT, (uint64_t)pass->epoch, l);
    struct hidden_args args = hidden(m, pass, p, k, &r);

    forward_affine(m, pass, p, h, k);
    hidden_forward(pass->pool, pass->k, pass->training, &args);
}

static void
forward(const struct model *m, struct pass *pass)
{
    const struct layout *lay = layout_of(m);
    struct work w = work_of(m, pass);
    const float *h = NULL;

    for (size_t l = 0; l < m->config.n_hidden; l++) {
        forward_hidden(m, pass, l, h, &w.kept[l]);
        h = w.kept[l].h;
    }
    struct dense d = affine(m, pass, lay->weight, lay->bias);
    dense_forward(pass->pool, pass->k, &d, h, pass->z);
    pass->extra_loss = 0;
}

/* dh: the gradient of k->h becomes that of k->a; gradients of BatchNorm. */
static void
backward_activation(const struct model *m, struct pass *pass, size_t l,
                    const struct kept *k, float *dh, float *grad)
{
    const struct hidden *p = &layout_of(m)->hidden[l];
    struct hidden_args args = hidden(m, pass, p, k, NULL);

    args.bn.dy = args.bn.dx = dh;
    args.bn.dweight = grad + m->param[p->bn_weight].offset;
    args.bn.dbias = grad + m->param[p->bn_bias].offset;
    hidden_backward(pass->pool, pass->k, &args);
}

/* Gradients of W and b for da; da becomes the gradient of h, the layer below's output. */
static void
backward_affine(const struct model *m, struct pass *pass, const struct hidden *p,
                const float *h, float *da, float *next, float *grad)
{
    struct dense d = affine(m, pass, p->weight, p->bias);
    float *dw = grad + m->param[p->weight].offset;
    float *dbias = grad + m->param[p->bias].offset;

    if (!h) {
        pass_first_gradient(pass, da, kernels_pad(d.N), grad,
                            m->param[p->weight].offset, dbias);
        return;
    }
    dense_backward_weight(pass->pool, pass->k, &d, h, da, false, dw, dbias);
    dense_backward_input(pass->pool, pass->k, &d, da, false, next);
}

static void
backward(const struct model *m, struct pass *pass, float *grad)
{
    const struct layout *lay = layout_of(m);
    struct work w = work_of(m, pass);
    size_t n = m->config.n_hidden;
    struct dense d = affine(m, pass, lay->weight, lay->bias);
    float *dh = w.dh;

    dense_backward_weight(pass->pool, pass->k, &d, w.kept[n - 1].h, pass->dz, false,
                          grad + m->param[lay->weight].offset,
                          grad + m->param[lay->bias].offset);
    dense_backward_input(pass->pool, pass->k, &d, pass->dz, false, dh);
    for (size_t l = n; l-- > 0;) {
        const struct kept *k = &w.kept[l];

        backward_activation(m, pass, l, k, dh, grad);
        /* k->h has done its service: its place takes the next gradient. */
        backward_affine(m, pass, &lay->hidden[l], l ? w.kept[l - 1].h : NULL, dh, k->h,
                        grad);
        dh = k->h;
    }
}

const struct model_ops model_mlp = {
    .name = "mlp",
    .declare = declare,
    .check_batch = check_batch,
    .init = init,
    .scratch_bytes = scratch_bytes,
    .forward = forward,
    .backward = backward,
};
