/* tabnet_attention.c - the scores of the masks and their BatchNorm, without a matrix of
 * cells x genes.
 *
 * With A = W a, chunk by chunk of cells (a^ = mean of a, K = its covariance, n cells):
 *
 *   mean_g = W_g a^,   var_g = W_g K W_g
 *   y_bg   = [s_g W_g, bias_g] [a_b - a^, 1],   s_g = weight_g rstd_g
 *
 * so one product with a scaled W gives the normalised scores; it runs over tiles of genes
 * that stay in the cache, and all that is kept of a tile are a row's candidates for the
 * support.  In training a is centred in place, so that nothing has to cancel; in
 * evaluation the running mean goes into the shift: bias_g - s_g mean_g.
 *
 * Going back dy lives on the support only.  BatchNorm's gradient
 *
 *   dA_bg = s_g (dy_bg - c_g - A^_bg e_g),  c = mean of dy, e = mean of dy A^
 *
 * is sparse but for two terms of low rank: with t = s c, r = s e rstd (both per gene),
 *
 *   dW_g = sum_b s_g dy_bg (a_b - a^) - n r_g K W_g
 *   da_b = sum_g s_g dy_bg W_g - h - Q (a_b - a^),   h = sum_g t_g W_g,
 *                                                    Q = sum_g r_g W_g W_g^T
 *
 * K, h and Q are summed in double.  Work is cut into chunks, tiles of genes, or blocks of
 * cells within a chunk; every sum is one task's. */
#include <math.h>
#include <string.h>

#include "engine/tabnet.h"
#include "num/blas.h"
#include "num/entmax.h"

/* Genes of a tile of scores, about: the scores of SCORE_ROWS cells stay in the cache. */
enum { SCORE_GENES = 1024 };

struct job {
    const struct model *m;
    struct pass *pass;
    const struct tabnet_work *w;
    size_t s;
    const struct step_kept *k;
    size_t chunk, n_chunks, lda, lde, ldD;
    const float *W; /* (D, lda) */
    struct batchnorm_args bn;
    float *dW;
    enum entmax_kind kind;
};

/* Behind the last tile that makes one tile of scores with `first`. */
static size_t
score_end(const struct sparse_tiles *tiles, size_t first)
{
    size_t t = first + 1;

    while (t < tiles->n && tiles->gene[t + 1] - tiles->gene[first] <= SCORE_GENES)
        t++;
    return t;
}

size_t
tabnet_score_genes(const struct sparse_tiles *tiles)
{
    return tiles->widest > SCORE_GENES ? tiles->widest : SCORE_GENES;
}

static struct job
job_of(const struct model *m, struct pass *pass, const struct tabnet_work *w, size_t s)
{
    const struct attention *p = &tabnet_of(m)->attention[s];
    const struct step_kept *k = &w->step[s];
    struct job j = {.m = m,
                    .pass = pass,
                    .w = w,
                    .s = s,
                    .k = k,
                    .chunk = tabnet_chunk(m, pass),
                    .lda = kernels_pad(m->config.n_a),
                    .lde = kernels_pad(m->config.n_a + 1),
                    .ldD = kernels_pad(m->config.D),
                    .W = tabnet_tensor(m, p->weight)};

    j.n_chunks = batchnorm_chunks(pass->x.B, j.chunk);
    j.kind = m->config.mask_type == MASK_ENTMAX ? ENTMAX_15 : ENTMAX_SPARSEMAX;
    j.bn = tabnet_norm(m, pass, &p->norm, j.ldD, NULL, k->mean, k->rstd);
    return j;
}

/* Cells [*b0, returned) of a chunk. */
static size_t
chunk_cells(const struct job *j, size_t c, size_t *b0)
{
    *b0 = c * j->chunk;
    return *b0 + j->chunk < j->pass->x.B ? *b0 + j->chunk : j->pass->x.B;
}

/* Genes [*g0, returned) of a tile of the sparse batch. */
static size_t
tile_genes(const struct job *j, size_t tile, size_t *g0)
{
    *g0 = j->m->tiles.gene[tile];
    return j->m->tiles.gene[tile + 1];
}

/* --- statistics --- */

/* Mean and covariance of a in a chunk. */
static void
moments_task(void *ctx, size_t c, size_t thread)
{
    const struct job *j = ctx;
    size_t lda = j->lda, b0, b1 = chunk_cells(j, c, &b0);
    double *mean = j->k->a_mean + c * lda, *cov = j->k->a_cov + c * lda * lda;
    double *d = tabnet_thread_work(j->m, j->w, thread);

    memset(mean, 0, lda * sizeof *mean);
    memset(cov, 0, lda * lda * sizeof *cov);
    for (size_t b = b0; b < b1; b++)
        for (size_t i = 0; i < lda; i++)
            mean[i] += (double)j->k->a[b * lda + i];
    for (size_t i = 0; i < lda; i++)
        mean[i] /= (double)(b1 - b0);
    for (size_t b = b0; b < b1; b++) {
        for (size_t i = 0; i < lda; i++)
            d[i] = (double)j->k->a[b * lda + i] - mean[i];
        for (size_t i = 0; i < lda; i++)
            for (size_t l = 0; l < lda; l++)
                cov[i * lda + l] += d[i] * d[l];
    }
    for (size_t i = 0; i < lda * lda; i++)
        cov[i] /= (double)(b1 - b0);
}

/* A thread's W of some genes in double and, behind it, room for as much. */
static double *
double_rows(const struct job *j, size_t thread, size_t g0, size_t g1)
{
    double *W = tabnet_thread_work(j->m, j->w, thread);

    for (size_t i = 0; i < (g1 - g0) * j->lda; i++)
        W[i] = (double)j->W[g0 * j->lda + i];
    return W;
}

/* KW (n, lda) = W K of chunk c for n genes. */
static void
times_covariance(const struct job *j, size_t c, const double *W, size_t n, double *KW)
{
    blasint lda = blas_int(j->lda);

    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, blas_int(n), lda, lda, 1, W,
                lda, j->k->a_cov + c * j->lda * j->lda, lda, 0, KW, lda);
}

/* Statistics of gene g in chunk c, and the running ones; W, KW: its rows. */
static void
gene_stats(const struct job *j, size_t c, size_t g, const double *W, const double *KW)
{
    const double *a_mean = j->k->a_mean + c * j->lda;
    const struct batchnorm_args *bn = &j->bn;
    size_t b0, n = chunk_cells(j, c, &b0) - b0;
    double mean = 0, var = 0;

    for (size_t i = 0; i < j->lda; i++) {
        mean += W[i] * a_mean[i];
        var += W[i] * KW[i];
    }
    var = var > 0 || isnan(var) ? var : 0;
    j->k->mean[c * j->ldD + g] = (float)mean;
    j->k->rstd[c * j->ldD + g] = (float)(1 / sqrt(var + bn->eps));
    bn->running_mean[g] =
        (float)((1 - bn->momentum) * (double)bn->running_mean[g] + bn->momentum * mean);
    bn->running_var[g] = (float)((1 - bn->momentum) * (double)bn->running_var[g] +
                                 bn->momentum * var * (double)n / (double)(n - 1));
}

static void
scale_gene(const struct job *j, size_t c, size_t g)
{
    const float *W = j->W + g * j->lda;
    float *out = j->w->scaled + (c * j->m->config.D + g) * j->lde;
    size_t at = c * j->ldD + g, n_a = j->m->config.n_a;
    float scale = j->bn.weight[g] * j->k->rstd[at];

    for (size_t i = 0; i < n_a; i++)
        out[i] = scale * W[i];
    double mean = j->pass->training ? 0 : (double)j->k->mean[at];
    out[n_a] = (float)((double)j->bn.bias[g] - mean * (double)scale);
}

static void
stats_tile(void *ctx, size_t tile, size_t thread)
{
    const struct job *j = ctx;
    size_t lda = j->lda, g0, g1 = tile_genes(j, tile, &g0), n = g1 - g0;
    double *W = j->pass->training ? double_rows(j, thread, g0, g1) : NULL;
    double *KW = W ? W + n * lda : NULL;

    for (size_t c = 0; c < j->n_chunks; c++) {
        if (W)
            times_covariance(j, c, W, n, KW);
        for (size_t g = 0; g < n; g++) {
            if (W)
                gene_stats(j, c, g0 + g, W + g * lda, KW + g * lda);
            scale_gene(j, c, g0 + g);
        }
    }
}

/* --- candidates --- */

/* The tile's columns times the prior of cell b: the product over the steps before of
 * gamma - M; first, last: tiles of the sparse batch. */
static void
apply_prior(const struct job *j, size_t b, size_t first, size_t last, size_t n,
            float *z, float *prior)
{
    float gamma = (float)j->m->config.gamma;
    size_t g0 = j->m->tiles.gene[first];

    for (size_t i = 0; i < n; i++)
        prior[i] = 1;
    for (size_t t = 0; t < j->s; t++) {
        const struct step_kept *k = &j->w->step[t];
        size_t from = sparse_start(&k->x, b, first), end = sparse_start(&k->x, b, last);
        const uint16_t *index = k->index + b * j->ldD;
        const float *mask = k->mask + b * j->ldD;

        /* Support first, by what it was before the others take gamma. */
        for (size_t i = from; i < end; i++)
            prior[index[i] - g0] *= (gamma - mask[i]) / gamma;
        for (size_t i = 0; i < n; i++)
            prior[i] *= gamma;
    }
    for (size_t i = 0; i < n; i++)
        z[i] *= prior[i];
}

/* What may be in the support of cell b among n scores z of genes g0 .. */
static void
collect(const struct job *j, size_t b, size_t g0, size_t n, const float *z,
        size_t thread)
{
    size_t at = b * j->ldD;

    entmax_sift_add(&j->w->sift[b], j->pass->k, z, n, g0,
                    tabnet_thread_work(j->m, j->w, thread), j->k->index + at,
                    j->k->mask + at);
}

/* Scores of up to SCORE_ROWS cells of one chunk, tile by tile. */
static void
score_block(const struct job *j, size_t c, size_t b0, size_t b1, size_t thread)
{
    const struct sparse_tiles *tiles = &j->m->tiles;
    size_t D = j->m->config.D, lde = j->lde,
           ld = kernels_pad(tabnet_score_genes(tiles));
    float *z = j->w->tile + thread * SCORE_ROWS * ld;

    for (size_t first = 0, last; first < tiles->n; first = last) {
        last = score_end(tiles, first);
        size_t g0 = tiles->gene[first], n = tiles->gene[last] - g0;

        struct product_args p = {.M = b1 - b0,
                                 .N = n,
                                 .K = j->m->config.n_a + 1,
                                 .a = j->w->a_one + b0 * lde,
                                 .a_row = lde,
                                 .a_k = 1,
                                 .b = j->w->scaled + (c * D + g0) * lde,
                                 .ldb = lde,
                                 .b_transposed = true,
                                 .c = z,
                                 .ldc = ld};

        j->pass->k->product(&p, 0, kernels_pad(n));
        for (size_t b = b0; b < b1; b++) {
            float *z_b = z + (b - b0) * ld;

            if (j->s > 0)
                apply_prior(j, b, first, last, n, z_b, j->w->tile_prior + thread * ld);
            collect(j, b, g0, n, z_b, thread);
        }
    }
}

static size_t
blocks_of_chunk(const struct job *j)
{
    return (j->chunk + SCORE_ROWS - 1) / SCORE_ROWS;
}

static void
score_task(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t c = task / blocks_of_chunk(j), b0, end = chunk_cells(j, c, &b0);

    b0 += task % blocks_of_chunk(j) * SCORE_ROWS;
    if (b0 < end)
        score_block(j, c, b0, b0 + SCORE_ROWS < end ? b0 + SCORE_ROWS : end, thread);
}

/* a - a^ of cell b. */
static void
centre(const struct job *j, size_t b, float *a)
{
    const double *mean = j->k->a_mean + b / j->chunk * j->lda;

    for (size_t i = 0; i < j->lda; i++)
        a[i] = (float)((double)a[i] - mean[i]);
}

static void
start_rows(const struct job *j)
{
    size_t n_a = j->m->config.n_a;

    for (size_t b = 0; b < j->pass->x.B; b++) {
        float *one = j->w->a_one + b * j->lde, *a = j->k->a + b * j->lda;

        if (j->pass->training)
            centre(j, b, a);
        memcpy(one, a, n_a * sizeof *one);
        one[n_a] = 1;
        entmax_sift_init(&j->w->sift[b], j->kind);
    }
}

void
tabnet_attention_forward(const struct model *m, struct pass *pass,
                         const struct tabnet_work *w, size_t s)
{
    struct job j = job_of(m, pass, w, s);

    if (pass->training)
        pool_run(pass->pool, j.n_chunks, moments_task, &j);
    else
        batchnorm_use_running(&j.bn);
    /* Several steps share the place of the scaled W. */
    if (!tabnet_is_settled(pass) || m->config.n_steps > 1)
        pool_run(pass->pool, j.m->tiles.n, stats_tile, &j);
    start_rows(&j);
    pool_run(pass->pool, j.n_chunks * blocks_of_chunk(&j), score_task, &j);
}

/* --- going back --- */

void
tabnet_attention_hat(const struct model *m, const struct pass *pass,
                     const struct tabnet_work *w, size_t s, size_t b, size_t n)
{
    const struct step_kept *k = &w->step[s];
    size_t lda = kernels_pad(m->config.n_a), ldD = kernels_pad(m->config.D);
    size_t at = b * ldD, c = b / tabnet_chunk(m, pass) * ldD;
    float *hat = w->score_hat + at;

    pass->k->sparse_dot(k->index + at, n,
                        tabnet_tensor(m, tabnet_of(m)->attention[s].weight), lda,
                        k->a + b * lda, hat);
    for (size_t i = 0; i < n; i++) {
        size_t g = k->index[at + i];

        hat[i] *= k->rstd[c + g];
    }
}

/* Sums over the cells of chunk c of dy and dy A^ for the genes of a tile. */
static void
sum_tile(const struct job *j, size_t c, size_t tile, size_t g0, double *sum,
         double *sum_hat)
{
    const struct sparse_batch *x = &j->k->x;
    size_t b0, b1 = chunk_cells(j, c, &b0);

    for (size_t b = b0; b < b1; b++) {
        size_t at = b * j->ldD, end = sparse_start(x, b, tile + 1);

        for (size_t i = sparse_start(x, b, tile); i < end; i++) {
            size_t g = j->k->index[at + i] - g0;
            double d = (double)j->w->dmask[at + i];

            sum[g] += d;
            sum_hat[g] += d * (double)j->w->score_hat[at + i];
        }
    }
}

/* t and r of a tile's genes in every chunk; BatchNorm's gradients. */
static void
mean_tile(void *ctx, size_t tile, size_t thread)
{
    const struct job *j = ctx;
    size_t g0, g1 = tile_genes(j, tile, &g0), n_genes = g1 - g0;
    double *sum = tabnet_thread_work(j->m, j->w, thread), *sum_hat = sum + n_genes;

    for (size_t g = g0; g < g1; g++)
        j->bn.dweight[g] = j->bn.dbias[g] = 0;
    for (size_t c = 0; c < j->n_chunks; c++) {
        size_t b0, n = chunk_cells(j, c, &b0) - b0;

        memset(sum, 0, 2 * n_genes * sizeof *sum);
        sum_tile(j, c, tile, g0, sum, sum_hat);
        for (size_t g = g0; g < g1; g++) {
            size_t at = c * j->ldD + g;
            double rstd = (double)j->k->rstd[at];
            double scale = (double)j->bn.weight[g] * rstd / (double)n;

            j->w->mean_d[at] = (float)(scale * sum[g - g0]);
            j->w->mean_dx[at] = (float)(scale * rstd * sum_hat[g - g0]);
            j->bn.dbias[g] += (float)sum[g - g0];
            j->bn.dweight[g] += (float)sum_hat[g - g0];
        }
    }
}

/* Q += sum of r W W^T over n genes: rows (n, lda) W, and room for r W behind them. */
static void
add_squares(const struct job *j, const double *W, const double *rW, size_t n, double *Q)
{
    blasint lda = blas_int(j->lda);

    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, lda, lda, blas_int(n), 1, rW,
                lda, W, lda, 1, Q, lda);
}

/* h and Q of a chunk: genes that have a t or r, some at a time. */
static void
low_rank_task(void *ctx, size_t c, size_t thread)
{
    const struct job *j = ctx;
    size_t lda = j->lda, room = j->m->tiles.widest, n = 0;
    double *h = j->w->h + c * lda, *Q = j->w->Q + c * lda * lda;
    double *W = tabnet_thread_work(j->m, j->w, thread), *rW = W + room * lda;

    memset(h, 0, lda * sizeof *h);
    memset(Q, 0, lda * lda * sizeof *Q);
    for (size_t g = 0; g < j->m->config.D; g++) {
        double t = (double)j->w->mean_d[c * j->ldD + g];
        double r = (double)j->w->mean_dx[c * j->ldD + g];

        if (t == 0 && r == 0)
            continue;
        for (size_t i = 0; i < lda; i++) {
            W[n * lda + i] = (double)j->W[g * lda + i];
            rW[n * lda + i] = r * W[n * lda + i];
            h[i] += t * W[n * lda + i];
        }
        if (++n == room) {
            add_squares(j, W, rW, n, Q);
            n = 0;
        }
    }
    if (n > 0)
        add_squares(j, W, rW, n, Q);
}

/* The gradient of the scores along the support as rows: s dy. */
static void
scale_rows(const struct job *j, size_t c)
{
    size_t b0, b1 = chunk_cells(j, c, &b0);

    for (size_t b = b0; b < b1; b++) {
        size_t n = j->k->row[b].n, at = b * j->ldD;
        float *d = j->w->dmask + at;

        for (size_t i = 0; i < n; i++) {
            size_t g = j->k->index[at + i];

            d[i] *= j->bn.weight[g] * j->k->rstd[c * j->ldD + g];
        }
        j->w->drow[b] =
            (struct sparse_row){.index = j->k->index + at, .value = d, .n = n};
    }
}

static void
scale_task(void *ctx, size_t c, size_t thread)
{
    (void)thread;
    scale_rows(ctx, c);
}

/* dW_g -= n r_g K W_g for a tile's genes, chunk by chunk. */
static void
weight_tile(void *ctx, size_t tile, size_t thread)
{
    const struct job *j = ctx;
    size_t lda = j->lda, g0, g1 = tile_genes(j, tile, &g0);
    double *W = double_rows(j, thread, g0, g1), *KW = W + (g1 - g0) * lda;

    for (size_t c = 0; c < j->n_chunks; c++) {
        size_t b0, n = chunk_cells(j, c, &b0) - b0;

        times_covariance(j, c, W, g1 - g0, KW);
        for (size_t g = g0; g < g1; g++) {
            double r = (double)j->w->mean_dx[c * j->ldD + g] * (double)n;

            for (size_t i = 0; r != 0 && i < lda; i++)
                j->dW[g * lda + i] -= (float)(r * KW[(g - g0) * lda + i]);
        }
    }
}

/* da_b -= h + Q (a_b - a^) for the cells of a chunk. */
static void
input_task(void *ctx, size_t c, size_t thread)
{
    const struct job *j = ctx;
    size_t lda = j->lda, b0, b1 = chunk_cells(j, c, &b0);
    const double *h = j->w->h + c * lda, *Q = j->w->Q + c * lda * lda;
    double *q = tabnet_thread_work(j->m, j->w, thread);

    for (size_t b = b0; b < b1; b++) {
        memcpy(q, h, lda * sizeof *q);
        for (size_t l = 0; l < lda; l++) {
            double d = (double)j->k->a[b * lda + l];

            for (size_t i = 0; i < lda; i++)
                q[i] += d * Q[l * lda + i];
        }
        for (size_t i = 0; i < lda; i++)
            j->w->da[b * lda + i] -= (float)q[i];
    }
}

void
tabnet_attention_backward(const struct model *m, struct pass *pass,
                          const struct tabnet_work *w, size_t s, float *grad)
{
    const struct attention *p = &tabnet_of(m)->attention[s];
    struct job j = job_of(m, pass, w, s);
    struct sparse_batch d = j.k->x;

    d.row = w->drow;
    j.dW = tabnet_grad(m, grad, p->weight);
    j.bn.dweight = tabnet_grad(m, grad, p->norm.weight);
    j.bn.dbias = tabnet_grad(m, grad, p->norm.bias);
    pool_run(pass->pool, m->tiles.n, mean_tile, &j);
    pool_run(pass->pool, j.n_chunks, low_rank_task, &j);
    pool_run(pass->pool, j.n_chunks, scale_task, &j);
    sparse_gradient(pass->pool, pass->k, &d, &pass->sparse, j.k->a, j.lda, false, j.dW,
                    NULL, NULL);
    pool_run(pass->pool, m->tiles.n, weight_tile, &j);
    sparse_forward(pass->pool, pass->k, &d, j.W, w->zero_bias, j.lda, w->da);
    pool_run(pass->pool, j.n_chunks, input_task, &j);
}
