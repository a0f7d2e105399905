/* tabnet_input.c - BatchNorm of sparse cells without touching the cells.
 *
 *   x^_g = (x_g - mean_g) rstd_g weight_g + bias_g = scale_g x_g + shift_g
 *
 * so x^ W^T = x (scale W)^T + W shift: the scale goes into a copy of W, the shift into a
 * bias.  Backward needs the sums over cells of x^ before weight and bias, times dpre:
 * rstd (x^T dpre - mean colsum(dpre)), again from the sparse cells.
 *
 * dpre comes out of a BatchNorm: colsum(dpre) is 0 but for rounding.  So the input's bias
 * has no gradient on this way, and is given none: AdamW would make steps of rounding.
 * Only where a gene's own mean must cancel is the rounded sum taken along.
 *
 * Work is cut into tiles of genes. */
#include <math.h>
#include <string.h>

#include "engine/tabnet.h"

static const double eps = 1e-5, momentum = 0.01;

struct job {
    const struct model *m;
    struct pass *pass;
    const struct tabnet_work *w;
    size_t weight; /* index of the first W */
    float *grad;
};

static size_t
tile_end(const struct sparse_batch *x, size_t tile)
{
    return x->tiles->gene[tile + 1];
}

/* --- statistics --- */

/* Non-zeros of cell b in a tile: positions [*k, returned). */
static size_t
piece(const struct sparse_batch *x, size_t b, size_t tile, size_t *k)
{
    *k = sparse_start(x, b, tile);
    return sparse_start(x, b, tile + 1);
}

static void
tile_means(const struct sparse_batch *x, size_t tile, double *mean)
{
    size_t g0 = x->tiles->gene[tile], g1 = tile_end(x, tile), k;

    memset(mean, 0, (g1 - g0) * sizeof *mean);
    for (size_t b = 0; b < x->B; b++)
        for (size_t end = piece(x, b, tile, &k); k < end; k++)
            mean[x->row[b].index[k] - g0] += (double)x->row[b].value[k];
    for (size_t g = g0; g < g1; g++)
        mean[g - g0] /= (double)x->B;
}

/* Sums of squares around the mean: of the zeros all at once, then the non-zeros put
 * right. */
static void
tile_squares(const struct sparse_batch *x, size_t tile, const double *mean, double *sum)
{
    size_t g0 = x->tiles->gene[tile], g1 = tile_end(x, tile), k;

    for (size_t g = g0; g < g1; g++)
        sum[g - g0] = (double)x->B * mean[g - g0] * mean[g - g0];
    for (size_t b = 0; b < x->B; b++)
        for (size_t end = piece(x, b, tile, &k); k < end; k++) {
            size_t i = x->row[b].index[k] - g0;
            double v = (double)x->row[b].value[k];

            sum[i] += v * (v - 2 * mean[i]);
        }
}

static void
run(const struct model *m, size_t g, double mean, double unbiased)
{
    const struct norm *n = &tabnet_of(m)->input;
    float *r_mean = tabnet_tensor(m, n->mean) + g,
          *r_var = tabnet_tensor(m, n->var) + g;

    *r_mean = (float)((1 - momentum) * (double)*r_mean + momentum * mean);
    *r_var = (float)((1 - momentum) * (double)*r_var + momentum * unbiased);
}

/* dinput is free while going forward: it holds a tile's sums. */
static void
stats_tile(void *ctx, size_t tile, size_t thread)
{
    const struct job *j = ctx;
    const struct sparse_batch *x = &j->pass->x;
    size_t g0 = x->tiles->gene[tile], g1 = tile_end(x, tile);
    double *mean = j->w->dinput + g0;
    double *squares = j->w->dinput + kernels_pad(x->D) + g0;

    (void)thread;
    tile_means(x, tile, mean);
    tile_squares(x, tile, mean, squares);
    for (size_t g = g0; g < g1; g++) {
        double sum = squares[g - g0] > 0 ? squares[g - g0] : 0;

        j->w->input_mean[g] = (float)mean[g - g0];
        j->w->input_rstd[g] = (float)(1 / sqrt(sum / (double)x->B + eps));
        run(j->m, g, mean[g - g0], sum / (double)(x->B - 1));
    }
}

static void
use_running(const struct model *m, const struct tabnet_work *w)
{
    const struct norm *n = &tabnet_of(m)->input;
    const float *mean = tabnet_tensor(m, n->mean), *var = tabnet_tensor(m, n->var);

    for (size_t g = 0; g < m->config.D; g++) {
        w->input_mean[g] = mean[g];
        w->input_rstd[g] = (float)(1 / sqrt((double)var[g] + eps));
    }
}

void
tabnet_input_stats(const struct model *m, struct pass *pass,
                   const struct tabnet_work *w)
{
    struct job j = {.m = m, .pass = pass, .w = w};

    if (pass->training)
        pool_run(pass->pool, pass->x.tiles->n, stats_tile, &j);
    else
        use_running(m, w);
}

/* --- folding --- */

static void
fold_tile(void *ctx, size_t tile, size_t thread)
{
    const struct job *j = ctx;
    const struct norm *n = &tabnet_of(j->m)->input;
    const float *weight = tabnet_tensor(j->m, n->weight);
    const float *bias = tabnet_tensor(j->m, n->bias);
    size_t ld2 = kernels_pad(j->m->first_width);
    const float *W = tabnet_tensor(j->m, j->weight);
    double *sum = j->w->tile_bias + tile * ld2;

    (void)thread;
    memset(sum, 0, ld2 * sizeof *sum);
    for (size_t g = j->pass->x.tiles->gene[tile]; g < tile_end(&j->pass->x, tile);
         g++) {
        float scale = weight[g] * j->w->input_rstd[g];
        double shift = (double)bias[g] - (double)j->w->input_mean[g] * (double)scale;

        for (size_t i = 0; i < ld2; i++) {
            j->w->folded[g * ld2 + i] = scale * W[g * ld2 + i];
            sum[i] += shift * (double)W[g * ld2 + i];
        }
    }
}

void
tabnet_input_fold(const struct model *m, struct pass *pass, const struct tabnet_work *w,
                  size_t weight)
{
    struct job j = {.m = m, .pass = pass, .w = w, .weight = weight};
    size_t ld2 = kernels_pad(m->first_width);

    pool_run(pass->pool, pass->x.tiles->n, fold_tile, &j);
    for (size_t i = 0; i < ld2; i++) {
        double sum = 0;

        for (size_t t = 0; t < pass->x.tiles->n; t++)
            sum += w->tile_bias[t * ld2 + i];
        w->folded_bias[i] = (float)sum;
    }
}

/* --- gradients --- */

/* One gene: q = x^T dpre of the gene, c = colsum(dpre), h = the gene's sum of the
 * normalised x times dpre. */
static void
backward_gene(const struct job *j, size_t g)
{
    const struct norm *n = &tabnet_of(j->m)->input;
    size_t ld2 = kernels_pad(j->m->first_width);
    const float *W = tabnet_tensor(j->m, j->weight) + g * ld2;
    const float *q = j->w->folded + g * ld2, *c = j->w->column;
    float *dW = tabnet_grad(j->m, j->grad, j->weight) + g * ld2;
    float weight = tabnet_tensor(j->m, n->weight)[g];
    double dweight = 0;

    for (size_t i = 0; i < ld2; i++) {
        float h = (q[i] - j->w->input_mean[g] * c[i]) * j->w->input_rstd[g];

        dW[i] += weight * h;
        dweight += (double)W[i] * (double)h;
    }
    j->w->dinput[g] += dweight;
}

static void
backward_tile(void *ctx, size_t tile, size_t thread)
{
    const struct job *j = ctx;

    (void)thread;
    for (size_t g = j->pass->x.tiles->gene[tile]; g < tile_end(&j->pass->x, tile); g++)
        backward_gene(j, g);
}

void
tabnet_input_backward(const struct model *m, struct pass *pass,
                      const struct tabnet_work *w, size_t weight, float *grad)
{
    struct job j = {.m = m, .pass = pass, .w = w, .weight = weight, .grad = grad};

    /* The folded W has done its service: its place takes x^T dpre. */
    sparse_gradient(pass->pool, pass->k, &pass->x, &pass->sparse, w->dpre,
                    kernels_pad(m->first_width), false, w->folded, w->column, NULL);
    pool_run(pass->pool, pass->x.tiles->n, backward_tile, &j);
}
