/* tabnet.c - TabNet: parameters, working memory, and the way through the steps. */
#include "engine/tabnet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "engine/init.h"

/* --- parameters --- */

static void
name_of(char name[128], const char *place, const char *part)
{
    snprintf(name, 128, "encoder.%s.%s", place, part);
}

static struct norm
add_norm(struct model *m, const char *place, size_t n, size_t *used, size_t *stats)
{
    struct norm x;
    char name[128];

    name_of(name, place, "weight");
    x.weight = model_add_vector(m, name, n, used);
    name_of(name, place, "bias");
    x.bias = model_add_vector(m, name, n, used);
    name_of(name, place, "running_mean");
    x.mean = model_add_statistic(m, name, n, stats);
    name_of(name, place, "running_var");
    x.var = model_add_statistic(m, name, n, stats);
    return x;
}

/* A BatchNorm of the genes. */
static struct norm
add_gene_norm(struct model *m, const char *place, size_t *used, size_t *stats)
{
    struct norm x = add_norm(m, place, m->config.D, used, stats);

    model_mark_genes(m, x.weight, 0);
    model_mark_genes(m, x.bias, 0);
    model_mark_genes(m, x.mean, 0);
    model_mark_genes(m, x.var, 0);
    return x;
}

/* W of a GLU layer.  The first layer's has genes as inputs and lies gene-major. */
static size_t
add_glu_weight(struct model *m, const char *name, bool is_first, size_t *used)
{
    size_t H = tabnet_width(&m->config), ld2 = kernels_pad(2 * H);
    struct param p = {
        .dim = {2 * H, m->config.D}, .n_dims = 2, .offset = *used, .stride = {1, ld2}};

    if (!is_first)
        return model_add_matrix(m, name, 2 * H, H, used);
    *used += m->config.D * ld2;
    return model_mark_genes(m, model_add_param(m, name, &p), 1);
}

/* The weights that all transformers share stand once, with the first of them. */
static void
declare_shared_weights(struct model *m, const char *place, struct glu *g, size_t *used)
{
    char name[160];

    for (size_t i = 0; i < m->config.n_shared; i++) {
        snprintf(name, sizeof name, "encoder.%s.shared.shared_layers.%zu.weight", place,
                 i);
        g[i].weight = add_glu_weight(m, name, i == 0, used);
    }
}

static void
declare_transformer(struct model *m, size_t t, const char *place, size_t *used,
                    size_t *stats)
{
    struct tabnet *n = m->layout;
    struct glu *g = n->glu + t * n->n_layers;
    size_t width = 2 * tabnet_width(&m->config), shared = m->config.n_shared;
    char name[160], at[96];

    if (t == 0)
        declare_shared_weights(m, place, g, used);
    for (size_t i = 0; i < n->n_layers; i++) {
        bool is_shared = i < shared;

        snprintf(at, sizeof at, "%s.%s.glu_layers.%zu.bn.bn", place,
                 is_shared ? "shared" : "specifics", is_shared ? i : i - shared);
        if (is_shared) {
            g[i].weight = n->glu[i].weight;
        } else {
            snprintf(name, sizeof name, "encoder.%s.specifics.glu_layers.%zu.fc.weight",
                     place, i - shared);
            g[i].weight = add_glu_weight(m, name, i == 0, used);
        }
        g[i].norm = add_norm(m, at, width, used, stats);
    }
}

static void
declare_attention(struct model *m, size_t s, size_t *used, size_t *stats)
{
    struct tabnet *n = m->layout;
    char name[128], at[64];

    snprintf(name, sizeof name, "encoder.att_transformers.%zu.fc.weight", s);
    n->attention[s].weight = model_mark_genes(
        m, model_add_matrix(m, name, m->config.D, m->config.n_a, used), 0);
    snprintf(at, sizeof at, "att_transformers.%zu.bn.bn", s);
    n->attention[s].norm = add_gene_norm(m, at, used, stats);
}

/* The model's own structure in one block. */
static struct tabnet *
new_layout(const struct model_config *c)
{
    size_t S = c->n_steps, L = c->n_shared + c->n_independent;
    struct tabnet *n =
        xcalloc(1, sizeof *n + S * sizeof *n->attention + (S + 1) * L * sizeof *n->glu);

    n->n_layers = L;
    n->attention = (struct attention *)(n + 1);
    n->glu = (struct glu *)(n->attention + S);
    return n;
}

static void
declare(struct model *m)
{
    struct tabnet *n = new_layout(&m->config);
    size_t used = 0, stats = 0;
    char place[64];

    m->layout = n;
    m->first_width = 2 * tabnet_width(&m->config);
    n->input = add_gene_norm(m, "initial_bn", &used, &stats);
    declare_transformer(m, 0, "initial_splitter", &used, &stats);
    for (size_t s = 0; s < m->config.n_steps; s++) {
        snprintf(place, sizeof place, "feat_transformers.%zu", s);
        declare_transformer(m, s + 1, place, &used, &stats);
    }
    for (size_t s = 0; s < m->config.n_steps; s++)
        declare_attention(m, s, &used, &stats);
    n->final =
        model_add_matrix(m, "final_mapping.weight", m->config.C, m->config.n_d, &used);
    model_place(m, used, stats);
}

static void
init_norm(struct model *m, const struct norm *n)
{
    init_constant(m, n->weight, 1);
    init_constant(m, n->bias, 0);
    init_constant(m, n->mean, 0);
    init_constant(m, n->var, 1);
}

/* The published xavier-normal variants, whose gains leave the inputs D only: GLU layers
 * sd = sqrt(2) D^-1/4, attention and final mapping D^-1/4. */
static void
init_weight(struct model *m, size_t t, uint64_t seed, double gain)
{
    init_normal(m, t, seed, gain * pow((double)m->param[t].dim[1], -0.25));
}

static void
init(struct model *m, uint64_t seed)
{
    const struct tabnet *n = tabnet_of(m);
    size_t S = m->config.n_steps;

    init_norm(m, &n->input);
    for (size_t i = 0; i < (S + 1) * n->n_layers; i++) {
        init_weight(m, n->glu[i].weight, seed, sqrt(2));
        init_norm(m, &n->glu[i].norm);
    }
    for (size_t s = 0; s < S; s++) {
        init_weight(m, n->attention[s].weight, seed, 1);
        init_norm(m, &n->attention[s].norm);
    }
    init_weight(m, n->final, seed, 1);
}

static enum err
check_batch(const struct model_config *c, size_t B, struct errbuf *eb)
{
    size_t chunk = batchnorm_chunk(B, c->virtual_batch_size);

    if (B < 2)
        return err_set(eb, ERR_ARG,
                       "a batch of %zu cell: BatchNorm of the tabnet model needs at "
                       "least 2 (batch_size, and cells to train on)",
                       B);
    if (batchnorm_last_chunk(B, chunk) < 2)
        return err_set(eb, ERR_ARG,
                       "virtual_batch_size=%zu cuts a batch of %zu cells into %zu of "
                       "%zu, the last of 1 cell: BatchNorm needs at least 2; choose "
                       "another virtual_batch_size or batch_size",
                       c->virtual_batch_size, B, batchnorm_chunks(B, chunk), chunk);
    return ERR_OK;
}

/* --- working memory --- */

static float *
take_rows(struct scratch *s, size_t B, size_t n)
{
    return scratch_take(s, B * kernels_pad(n), sizeof(float));
}

static struct glu_kept
take_glu(const struct model *m, size_t B, size_t chunks, struct scratch *s)
{
    size_t H = tabnet_width(&m->config);

    return (struct glu_kept){.pre = take_rows(s, B, 2 * H),
                             .norm = take_rows(s, B, 2 * H),
                             .out = take_rows(s, B, H),
                             .mean = take_rows(s, chunks, 2 * H),
                             .rstd = take_rows(s, chunks, 2 * H)};
}

static struct step_kept
take_step(const struct model *m, size_t B, size_t chunks, struct scratch *s)
{
    size_t D = m->config.D, tiles = m->tiles.n;
    size_t lda = kernels_pad(m->config.n_a);
    struct step_kept k = {.row = scratch_take(s, B, sizeof *k.row),
                          .tile_start =
                              scratch_take(s, B * (tiles + 1), sizeof *k.tile_start),
                          .index = scratch_take(s, B * kernels_pad(D), sizeof *k.index),
                          .masked = take_rows(s, B, D),
                          .mask = take_rows(s, B, D),
                          .hat = take_rows(s, B, D),
                          .prior = m->config.n_steps > 1 ? take_rows(s, B, D) : NULL,
                          .a = take_rows(s, B, lda),
                          .a_mean = scratch_take(s, chunks * lda, sizeof(double)),
                          .a_cov = scratch_take(s, chunks * lda * lda, sizeof(double)),
                          .mean = take_rows(s, chunks, D),
                          .rstd = take_rows(s, chunks, D)};

    k.x = (struct sparse_batch){
        .D = D, .row = k.row, .tiles = &m->tiles, .tile_start = k.tile_start};
    return k;
}

static size_t
thread_doubles(const struct model *m)
{
    size_t rows = 2 * m->tiles.widest * kernels_pad(m->config.n_a);

    return rows > kernels_pad(m->config.D) ? rows : kernels_pad(m->config.D);
}

double *
tabnet_thread_work(const struct model *m, const struct tabnet_work *w, size_t thread)
{
    return w->thread_work + thread * thread_doubles(m);
}

static void
take_attention_work(const struct model *m, size_t B, size_t chunks, size_t n_threads,
                    struct scratch *s, struct tabnet_work *w)
{
    size_t D = m->config.D, lda = kernels_pad(m->config.n_a);
    size_t lde = kernels_pad(m->config.n_a + 1);
    size_t columns = tabnet_score_genes(&m->tiles);

    w->scaled = scratch_take(s, chunks * D * lde, sizeof(float));
    w->a_one = take_rows(s, B, lde);
    w->tile = take_rows(s, n_threads * SCORE_ROWS, columns);
    w->tile_prior = take_rows(s, n_threads, columns);
    w->thread_work = scratch_take(s, n_threads * thread_doubles(m), sizeof(double));
    w->sift = scratch_take(s, B, sizeof *w->sift);
    w->row_loss = scratch_take(s, B, sizeof(double));
    w->dmask = take_rows(s, B, D);
    w->score_hat = take_rows(s, B, D);
    w->drow = scratch_take(s, B, sizeof *w->drow);
    w->dprior = m->config.n_steps > 1 ? take_rows(s, B, D) : NULL;
    w->mean_d = take_rows(s, chunks, D);
    w->mean_dx = take_rows(s, chunks, D);
    w->h = scratch_take(s, chunks * lda, sizeof(double));
    w->Q = scratch_take(s, chunks * lda * lda, sizeof(double));
}

static void
take_rest(const struct model *m, size_t B, struct scratch *s, struct tabnet_work *w)
{
    size_t D = m->config.D, H = tabnet_width(&m->config), ld2 = kernels_pad(2 * H);

    w->input_mean = take_rows(s, 1, D);
    w->input_rstd = take_rows(s, 1, D);
    w->folded = scratch_take(s, D * ld2, sizeof(float));
    w->folded_bias = take_rows(s, 1, 2 * H);
    w->tile_bias = scratch_take(s, m->tiles.n * ld2, sizeof(double));
    w->dinput = scratch_take(s, 2 * kernels_pad(D), sizeof(double));
    w->sum = take_rows(s, B, m->config.n_d);
    w->dsum = take_rows(s, B, m->config.n_d);
    w->da = take_rows(s, B, m->config.n_a);
    w->dout = take_rows(s, B, H);
    w->dpre = take_rows(s, B, 2 * H);
    w->zero_bias = take_rows(s, 1, 2 * H);
    w->column = take_rows(s, 1, 2 * H);
}

struct tabnet_work
tabnet_work_take(const struct model *m, size_t B, size_t n_threads, struct scratch *s)
{
    size_t S = m->config.n_steps, n_glu = (S + 1) * tabnet_of(m)->n_layers;
    size_t v = m->config.virtual_batch_size, chunks = v > 0 && B / v > 1 ? B / v : 1;
    struct tabnet_work w = {.glu = scratch_take(s, n_glu, sizeof *w.glu),
                            .step = scratch_take(s, S, sizeof *w.step)};

    for (size_t i = 0; i < n_glu; i++) {
        struct glu_kept k = take_glu(m, B, chunks, s);

        if (w.glu)
            w.glu[i] = k;
    }
    for (size_t i = 0; i < S; i++) {
        struct step_kept k = take_step(m, B, chunks, s);

        if (w.step)
            w.step[i] = k;
    }
    take_attention_work(m, B, chunks, n_threads, s, &w);
    take_rest(m, B, s, &w);
    return w;
}

static size_t
scratch_bytes(const struct model *m, size_t B, size_t n_threads)
{
    struct scratch s = {0};

    tabnet_work_take(m, B, n_threads, &s);
    return s.used;
}

struct tabnet_work
tabnet_work_of(const struct model *m, const struct pass *pass)
{
    struct scratch s = {.base = pass->scratch};
    struct tabnet_work w =
        tabnet_work_take(m, pass->B_max, pool_threads(pass->pool), &s);

    for (size_t i = 0; i < m->config.n_steps; i++)
        w.step[i].x.B = pass->x.B;
    return w;
}

size_t
tabnet_chunk(const struct model *m, const struct pass *pass)
{
    return pass->training ? batchnorm_chunk(pass->x.B, m->config.virtual_batch_size)
                          : pass->x.B;
}

struct batchnorm_args
tabnet_norm(const struct model *m, const struct pass *pass, const struct norm *n,
            size_t ld, const float *x, float *mean, float *rstd)
{
    return (struct batchnorm_args){.B = pass->x.B,
                                   .ld = ld,
                                   .chunk = tabnet_chunk(m, pass),
                                   .x = x,
                                   .weight = tabnet_tensor(m, n->weight),
                                   .bias = tabnet_tensor(m, n->bias),
                                   .running_mean = tabnet_tensor(m, n->mean),
                                   .running_var = tabnet_tensor(m, n->var),
                                   .mean = mean,
                                   .rstd = rstd,
                                   .momentum = m->config.momentum,
                                   .eps = 1e-5};
}

/* --- the way through the steps --- */

static const float *
output_of(const struct model *m, const struct tabnet_work *w, size_t t)
{
    size_t L = tabnet_of(m)->n_layers;

    return w->glu[t * L + L - 1].out;
}

/* a = the attention part of transformer t's output. */
static void
take_attention(const struct model *m, const struct pass *pass,
               const struct tabnet_work *w, size_t t, float *a)
{
    size_t n_d = m->config.n_d, n_a = m->config.n_a;
    size_t ldH = kernels_pad(n_d + n_a), lda = kernels_pad(n_a);
    const float *out = output_of(m, w, t);

    for (size_t b = 0; b < pass->x.B; b++)
        memcpy(a + b * lda, out + b * ldH + n_d, n_a * sizeof *a);
}

/* sum += ReLU of the decision part of transformer t's output. */
static void
add_decision(const struct model *m, const struct pass *pass,
             const struct tabnet_work *w, size_t t)
{
    size_t n_d = m->config.n_d, ldd = kernels_pad(n_d);
    size_t ldH = kernels_pad(n_d + m->config.n_a);
    const float *out = output_of(m, w, t);

    for (size_t b = 0; b < pass->x.B; b++)
        for (size_t j = 0; j < n_d; j++)
            w->sum[b * ldd + j] += out[b * ldH + j] > 0 ? out[b * ldH + j] : 0;
}

static struct dense
final_mapping(const struct model *m, const struct pass *pass)
{
    return (struct dense){.B = pass->x.B,
                          .K = m->config.n_d,
                          .N = m->config.C,
                          .w = tabnet_tensor(m, tabnet_of(m)->final)};
}

static void
forward_step(const struct model *m, struct pass *pass, const struct tabnet_work *w,
             size_t s, double *entropy)
{
    const struct tabnet *n = tabnet_of(m);
    size_t t = s + 1, ld2 = kernels_pad(m->first_width);
    const struct step_kept *k = &w->step[s];

    take_attention(m, pass, w, s, k->a);
    *entropy += tabnet_mask_forward(m, pass, w, s);
    sparse_forward(pass->pool, pass->k, &k->x,
                   tabnet_tensor(m, n->glu[t * n->n_layers].weight), w->zero_bias, ld2,
                   w->glu[t * n->n_layers].pre);
    tabnet_feature_forward(m, pass, w, t);
    add_decision(m, pass, w, t);
}

static void
forward(const struct model *m, struct pass *pass)
{
    const struct tabnet *n = tabnet_of(m);
    struct tabnet_work w = tabnet_work_of(m, pass);
    struct dense d = final_mapping(m, pass);
    double entropy = 0;

    if (!tabnet_is_settled(pass)) {
        tabnet_input_stats(m, pass, &w);
        tabnet_input_fold(m, pass, &w, n->glu[0].weight);
    }
    sparse_forward(pass->pool, pass->k, &pass->x, w.folded, w.folded_bias,
                   kernels_pad(m->first_width), w.glu[0].pre);
    tabnet_feature_forward(m, pass, &w, 0);
    memset(w.sum, 0, pass->x.B * kernels_pad(m->config.n_d) * sizeof *w.sum);
    for (size_t s = 0; s < m->config.n_steps; s++)
        forward_step(m, pass, &w, s, &entropy);
    dense_forward(pass->pool, pass->k, &d, w.sum, pass->z);
    pass->extra_loss = -m->config.lambda_sparse * entropy /
                       ((double)m->config.n_steps * (double)pass->x.B);
}

/* dout = gradient of transformer t's output: of its decision part from dsum (NULL: the
 * output has no decision part in use), of its attention part from da. */
static void
join_output(const struct model *m, const struct pass *pass, const struct tabnet_work *w,
            size_t t, bool has_decision, bool has_attention)
{
    size_t n_d = m->config.n_d, n_a = m->config.n_a;
    size_t ldH = kernels_pad(n_d + n_a), ldd = kernels_pad(n_d), lda = kernels_pad(n_a);
    const float *out = output_of(m, w, t);

    for (size_t b = 0; b < pass->x.B; b++) {
        float *dout = w->dout + b * ldH;

        for (size_t j = 0; j < n_d; j++)
            dout[j] = has_decision && out[b * ldH + j] > 0 ? w->dsum[b * ldd + j] : 0;
        for (size_t j = 0; j < n_a; j++)
            dout[n_d + j] = has_attention ? w->da[b * lda + j] : 0;
    }
}

/* The input's weight and bias got their gradients from several places. */
static void
finish_input(const struct model *m, const struct tabnet_work *w, float *grad)
{
    const struct tabnet *n = tabnet_of(m);
    size_t ldD = kernels_pad(m->config.D);
    float *dweight = tabnet_grad(m, grad, n->input.weight);
    float *dbias = tabnet_grad(m, grad, n->input.bias);

    for (size_t g = 0; g < m->config.D; g++) {
        dweight[g] = (float)w->dinput[g];
        dbias[g] = (float)w->dinput[ldD + g];
    }
}

static void
backward(const struct model *m, struct pass *pass, float *grad)
{
    const struct tabnet *n = tabnet_of(m);
    struct tabnet_work w = tabnet_work_of(m, pass);
    struct dense d = final_mapping(m, pass);
    size_t S = m->config.n_steps;

    memset(grad, 0, m->n_trained * sizeof *grad); /* shared weights are added to */
    memset(w.dinput, 0, 2 * kernels_pad(m->config.D) * sizeof *w.dinput);
    dense_backward_weight(pass->pool, pass->k, &d, w.sum, pass->dz, false,
                          tabnet_grad(m, grad, n->final), NULL);
    dense_backward_input(pass->pool, pass->k, &d, pass->dz, false, w.dsum);
    for (size_t s = S; s-- > 0;) {
        join_output(m, pass, &w, s + 1, true, s + 1 < S);
        tabnet_feature_backward(m, pass, &w, s + 1, grad);
        tabnet_mask_backward(m, pass, &w, s, grad);
    }
    join_output(m, pass, &w, 0, false, true);
    tabnet_feature_backward(m, pass, &w, 0, grad);
    tabnet_input_backward(m, pass, &w, n->glu[0].weight, grad);
    finish_input(m, &w, grad);
}

/* --- what the model knows of cells and genes --- */

static size_t
embedding_width(const struct model_config *config)
{
    return config->n_d;
}

/* The embedding is what the final mapping reads. */
static void
embedding(const struct model *m, const struct pass *pass, float *out)
{
    struct tabnet_work w = tabnet_work_of(m, pass);
    size_t n_d = m->config.n_d;

    for (size_t b = 0; b < pass->x.B; b++)
        memcpy(out + b * n_d, w.sum + b * kernels_pad(n_d), n_d * sizeof *out);
}

/* A mask counts as much as its step's decision: sum of ReLU(d_s). */
static double
step_weight(const struct model *m, const struct tabnet_work *w, size_t s, size_t b)
{
    size_t n_d = m->config.n_d;
    const float *out = output_of(m, w, s + 1) + b * kernels_pad(n_d + m->config.n_a);
    double sum = 0;

    for (size_t j = 0; j < n_d; j++)
        sum += out[j] > 0 ? (double)out[j] : 0;
    return sum;
}

static void
importance(const struct model *m, const struct pass *pass, const int32_t *class_of,
           double *sum)
{
    struct tabnet_work w = tabnet_work_of(m, pass);
    size_t D = m->config.D, ldD = kernels_pad(D);

    for (size_t s = 0; s < m->config.n_steps; s++) {
        const struct step_kept *k = &w.step[s];

        for (size_t b = 0; b < pass->x.B; b++) {
            double *sum_c = sum + (size_t)class_of[b] * D;
            double weight = step_weight(m, &w, s, b);

            for (size_t i = 0; i < k->row[b].n; i++)
                sum_c[gene_at(&m->order, k->row[b].index[i])] +=
                    weight * (double)k->mask[b * ldD + i];
        }
    }
}

const struct model_ops model_tabnet = {
    .name = "tabnet",
    .reads_rows = true,
    .declare = declare,
    .check_batch = check_batch,
    .init = init,
    .scratch_bytes = scratch_bytes,
    .forward = forward,
    .backward = backward,
    .embedding_width = embedding_width,
    .embedding = embedding,
    .importance = importance,
};
