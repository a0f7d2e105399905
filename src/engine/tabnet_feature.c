/* tabnet_feature.c - feature transformers: GLU layers with ghost BatchNorm. */
#include "engine/tabnet.h"
#include "num/activation.h"

static const float root_half = 0.70710678118654752440f;

static struct dense
affine(const struct model *m, const struct pass *pass, const struct glu *g)
{
    size_t H = tabnet_width(&m->config);

    return (struct dense){
        .B = pass->x.B, .K = H, .N = 2 * H, .w = tabnet_tensor(m, g->weight)};
}

static struct batchnorm_args
norm_of(const struct model *m, const struct pass *pass, const struct glu *g,
        const struct glu_kept *k)
{
    struct batchnorm_args bn = tabnet_norm(
        m, pass, &g->norm, kernels_pad(m->first_width), k->pre, k->mean, k->rstd);

    bn.y = k->norm;
    return bn;
}

void
tabnet_feature_forward(const struct model *m, struct pass *pass,
                       const struct tabnet_work *w, size_t t)
{
    size_t L = tabnet_of(m)->n_layers, H = tabnet_width(&m->config);
    const struct glu *g = tabnet_of(m)->glu + t * L;
    const struct glu_kept *k = w->glu + t * L;

    for (size_t i = 0; i < L; i++) {
        struct dense d = affine(m, pass, &g[i]);
        struct batchnorm_args bn = norm_of(m, pass, &g[i], &k[i]);

        if (i > 0)
            dense_forward(pass->pool, pass->k, &d, k[i - 1].out, k[i].pre);
        if (pass->training)
            batchnorm_train(pass->pool, pass->k, &bn);
        else
            batchnorm_eval(pass->pool, pass->k, &bn);
        glu_forward(pass->pool, pass->k, d.B, H, k[i].norm,
                    i > 0 ? k[i - 1].out : NULL, k[i].out);
    }
}

/* dpre = gradient of W h for dout times scale, the gradient of the GLU's own output;
 * dout becomes that. */
static void
backward_glu(const struct model *m, struct pass *pass, const struct tabnet_work *w,
             const struct glu *g, const struct glu_kept *k, float scale, float *grad)
{
    struct batchnorm_args bn = norm_of(m, pass, g, k);

    glu_backward(pass->pool, pass->k, bn.B, tabnet_width(&m->config), k->norm, scale,
                 w->dout, w->dpre);
    bn.dy = bn.dx = w->dpre;
    bn.dweight = tabnet_grad(m, grad, g->norm.weight);
    bn.dbias = tabnet_grad(m, grad, g->norm.bias);
    batchnorm_backward(pass->pool, pass->k, &bn);
}

void
tabnet_feature_backward(const struct model *m, struct pass *pass,
                        const struct tabnet_work *w, size_t t, float *grad)
{
    size_t L = tabnet_of(m)->n_layers;
    const struct glu *g = tabnet_of(m)->glu + t * L;
    const struct glu_kept *k = w->glu + t * L;

    for (size_t i = L; i-- > 0;) {
        struct dense d = affine(m, pass, &g[i]);

        backward_glu(m, pass, w, &g[i], &k[i], i > 0 ? root_half : 1, grad);
        if (i == 0)
            break;
        dense_backward_weight(pass->pool, pass->k, &d, k[i - 1].out, w->dpre, true,
                              tabnet_grad(m, grad, g[i].weight), NULL);
        dense_backward_input(pass->pool, pass->k, &d, w->dpre, true, w->dout);
    }
}
