/* tabnet_mask.c - attention: which genes of a cell a step reads.
 *
 *   y = batchnorm(W a),   M = entmax(prior y),   the step reads M x^
 *
 * The scores W a are dense, everything behind the map is sparse.  A gene of the support
 * has the gradients (d: of the step's reading, m = M, x^ = hat weight + bias)
 *
 *   dM   = d x^ - lambda' (log(m + e) + m / (m + e)) - dprior_next prior
 *   dx^  = d m
 *   dz   = entmax's of dM,  dy = dz prior,
 *   dprior = dz y + dprior_next (gamma - m)
 *
 * Cells are cut into blocks; sums over cells into tiles of genes. */
#include <math.h>
#include <string.h>

#include "engine/tabnet.h"
#include "num/entmax.h"

struct job {
    const struct model *m;
    struct pass *pass;
    const struct tabnet_work *w;
    size_t s;
    const struct step_kept *k;
    struct batchnorm_args bn; /* of the scores */
    enum entmax_kind kind;
};

static struct job
job_of(const struct model *m, struct pass *pass, const struct tabnet_work *w, size_t s)
{
    const struct step_kept *k = &w->step[s];
    struct job j = {.m = m, .pass = pass, .w = w, .s = s, .k = k};

    j.kind = m->config.mask_type == MASK_ENTMAX ? ENTMAX_15 : ENTMAX_SPARSEMAX;
    j.bn = tabnet_norm(m, pass, &tabnet_of(m)->attention[s].norm,
                       kernels_pad(m->config.D), k->score, k->mean, k->rstd);
    j.bn.y = w->dense;
    return j;
}

static size_t
n_tasks(const struct pass *pass)
{
    return (pass->x.B + ROWS_PER_TASK - 1) / ROWS_PER_TASK;
}

static size_t
task_end(const struct pass *pass, size_t task)
{
    size_t end = (task + 1) * ROWS_PER_TASK;

    return end < pass->x.B ? end : pass->x.B;
}

static struct dense
affine(const struct model *m, const struct pass *pass, size_t s)
{
    return (struct dense){.B = pass->x.B,
                          .K = m->config.n_a,
                          .N = m->config.D,
                          .w = tabnet_tensor(m, tabnet_of(m)->attention[s].weight)};
}

/* --- forward --- */

/* prior (ldD) of cell b at step s: product over the steps before of gamma - M.  mask
 * (ldD) is scratch: all 0, before and after. */
static void
prior_row(const struct job *j, size_t b, float *prior, float *mask)
{
    size_t ldD = j->bn.ld;
    float gamma = (float)j->m->config.gamma;

    for (size_t i = 0; i < ldD; i++)
        prior[i] = 1;
    for (size_t t = 0; t < j->s; t++) {
        const struct step_kept *k = &j->w->step[t];
        size_t n = k->row[b].n;

        for (size_t i = 0; i < n; i++)
            mask[k->row[b].index[i]] = k->mask[b * ldD + i];
        for (size_t i = 0; i < ldD; i++)
            prior[i] *= gamma - mask[i];
        for (size_t i = 0; i < n; i++)
            mask[k->row[b].index[i]] = 0;
    }
}

/* Scores of cell b times its prior, which is kept along the support. */
static size_t
mask_row(const struct job *j, size_t task, size_t b)
{
    size_t ldD = j->bn.ld, at = b * ldD;
    float *z = j->w->dense + at, *prior = j->w->task_row + 2 * task * ldD;

    if (j->s > 0) {
        prior_row(j, b, prior, prior + ldD);
        for (size_t i = 0; i < ldD; i++)
            z[i] *= prior[i];
    }
    size_t n =
        entmax_row(j->pass->k, j->kind, z, j->m->config.D, j->w->task_work + task * ldD,
                   j->k->index + at, j->k->mask + at, NULL);
    for (size_t i = 0; j->k->prior && i < n; i++)
        j->k->prior[at + i] = j->s > 0 ? prior[j->k->index[at + i]] : 1;
    return n;
}

/* hat and M x^ along the support of cell b: both it and the cell's genes ascend. */
static void
read_row(const struct job *j, size_t b, size_t n)
{
    const struct norm *in = &tabnet_of(j->m)->input;
    const float *weight = tabnet_tensor(j->m, in->weight);
    const float *bias = tabnet_tensor(j->m, in->bias);
    const struct sparse_row *x = &j->pass->x.row[b];
    size_t at = b * j->bn.ld, k = 0;

    for (size_t i = 0; i < n; i++) {
        size_t g = j->k->index[at + i];

        while (k < x->n && x->index[k] < g)
            k++;
        float value = k < x->n && x->index[k] == g ? x->value[k] : 0;
        float hat = (value - j->w->input_mean[g]) * j->w->input_rstd[g];

        j->k->hat[at + i] = hat;
        j->k->masked[at + i] = j->k->mask[at + i] * (hat * weight[g] + bias[g]);
    }
    j->k->row[b] = (struct sparse_row){j->k->index + at, j->k->masked + at, n};
}

static double
entropy_of(const struct job *j, size_t b, size_t n)
{
    const float *mask = j->k->mask + b * j->bn.ld;
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)mask[i] * log((double)mask[i] + j->m->config.epsilon);
    return sum;
}

static void
mask_task(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t b0 = task * ROWS_PER_TASK, b1 = task_end(j->pass, task);

    (void)thread;
    memset(j->w->task_row + 2 * task * j->bn.ld, 0, 2 * j->bn.ld * sizeof(float));
    j->pass->k->batchnorm_apply(&j->bn, b0, b1);
    for (size_t b = b0; b < b1; b++) {
        size_t n = mask_row(j, task, b);

        read_row(j, b, n);
        j->w->row_loss[b] = entropy_of(j, b, n);
    }
}

double
tabnet_mask_forward(const struct model *m, struct pass *pass,
                    const struct tabnet_work *w, size_t s)
{
    struct job j = job_of(m, pass, w, s);
    struct dense d = affine(m, pass, s);
    double sum = 0;

    dense_forward(pass->pool, &d, j.k->a, j.k->score);
    if (pass->training)
        batchnorm_stats(pass->pool, pass->k, &j.bn);
    else
        batchnorm_use_running(&j.bn);
    pool_run(pass->pool, n_tasks(pass), mask_task, &j);
    for (size_t b = 0; b < pass->x.B; b++)
        sum += w->row_loss[b];
    sparse_tile(pass->pool, &j.k->x, j.k->tile_start);
    return sum;
}

/* --- backward --- */

/* dM along the support of cell b, in dmask; masked turns into the gradient of x^. */
static void
backward_reading(const struct job *j, size_t b, size_t n)
{
    const struct norm *in = &tabnet_of(j->m)->input;
    const float *weight = tabnet_tensor(j->m, in->weight);
    const float *bias = tabnet_tensor(j->m, in->bias);
    double lambda = j->m->config.lambda_sparse /
                    ((double)j->m->config.n_steps * (double)j->pass->x.B);
    size_t at = b * j->bn.ld;

    for (size_t i = 0; i < n; i++) {
        size_t g = j->k->index[at + i];
        double m = (double)j->k->mask[at + i], e = j->m->config.epsilon;
        double d = (double)j->w->dmask[at + i];
        double x = (double)(j->k->hat[at + i] * weight[g] + bias[g]);
        double sparse = lambda * (log(m + e) + m / (m + e));

        j->w->dmask[at + i] = (float)(d * x - sparse);
        j->k->masked[at + i] = (float)(d * m);
    }
}

/* The later steps' wish: their prior falls with this mask. */
static void
backward_prior_next(const struct job *j, size_t b, size_t n)
{
    size_t at = b * j->bn.ld;

    for (size_t i = 0; i < n; i++)
        j->w->dmask[at + i] -=
            j->w->dprior[at + j->k->index[at + i]] * j->k->prior[at + i];
}

/* dprior of cell b becomes that of this step's prior; dmask holds dz. */
static void
backward_prior(const struct job *j, size_t b, size_t n)
{
    const struct batchnorm_args *bn = &j->bn;
    size_t ldD = bn->ld, at = b * ldD, c = b / bn->chunk * ldD;
    float gamma = (float)j->m->config.gamma, *dprior = j->w->dprior + at;
    float *mask = j->w->task_row + (2 * (b / ROWS_PER_TASK) + 1) * ldD;

    for (size_t i = 0; i < n; i++)
        mask[j->k->index[at + i]] = j->k->mask[at + i];
    for (size_t g = 0; g < ldD; g++)
        dprior[g] *= gamma - mask[g];
    for (size_t i = 0; i < n; i++) {
        size_t g = j->k->index[at + i];
        float y = (bn->x[at + g] - bn->mean[c + g]) * bn->rstd[c + g] * bn->weight[g] +
                  bn->bias[g];

        mask[g] = 0;
        dprior[g] += j->w->dmask[at + i] * y;
    }
}

/* The row of dy: 0 outside the support. */
static void
scatter_row(const struct job *j, size_t b, size_t n)
{
    size_t at = b * j->bn.ld;
    float *dy = j->w->dense + at;

    memset(dy, 0, j->bn.ld * sizeof *dy);
    for (size_t i = 0; i < n; i++)
        dy[j->k->index[at + i]] =
            j->w->dmask[at + i] * (j->k->prior ? j->k->prior[at + i] : 1);
}

static void
backward_task(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t ld2 = kernels_pad(j->m->first_width), L = tabnet_of(j->m)->n_layers;
    const float *W = tabnet_tensor(j->m, tabnet_of(j->m)->glu[(j->s + 1) * L].weight);
    bool has_prior = j->m->config.n_steps > 1;

    (void)thread;
    if (has_prior)
        memset(j->w->task_row + (2 * task + 1) * j->bn.ld, 0, j->bn.ld * sizeof(float));
    for (size_t b = task * ROWS_PER_TASK; b < task_end(j->pass, task); b++) {
        size_t n = j->k->row[b].n, at = b * j->bn.ld;
        float *dmask = j->w->dmask + at;

        j->pass->k->sparse_dot(j->k->index + at, n, W, ld2, j->w->dpre + b * ld2,
                               dmask);
        backward_reading(j, b, n);
        if (has_prior)
            backward_prior_next(j, b, n);
        entmax_row_backward(j->kind, j->k->mask + at, dmask, n, dmask);
        if (has_prior)
            backward_prior(j, b, n);
        scatter_row(j, b, n);
    }
}

/* Gradients of the input's weight and bias through the masked cells: masked now holds
 * dx^. */
static void
input_tile(void *ctx, size_t tile, size_t thread)
{
    const struct job *j = ctx;
    const struct sparse_batch *x = &j->k->x;
    double *dweight = j->w->dinput, *dbias = j->w->dinput + j->bn.ld;

    (void)thread;
    for (size_t b = 0; b < x->B; b++) {
        const uint32_t *start = x->tile_start + b * (x->n_tiles + 1) + tile;

        for (size_t k = start[0]; k < start[1]; k++) {
            size_t g = x->row[b].index[k];
            double d = (double)x->row[b].value[k];

            dweight[g] += d * (double)j->k->hat[b * j->bn.ld + k];
            dbias[g] += d;
        }
    }
}

/* Gradients of W and BatchNorm of the attention, and of what it reads. */
static void
backward_scores(struct job *j, float *grad)
{
    const struct attention *p = &tabnet_of(j->m)->attention[j->s];
    struct dense d = affine(j->m, j->pass, j->s);

    j->bn.dy = j->bn.dx = j->w->dense;
    j->bn.dweight = tabnet_grad(j->m, grad, p->norm.weight);
    j->bn.dbias = tabnet_grad(j->m, grad, p->norm.bias);
    batchnorm_backward(j->pass->pool, j->pass->k, &j->bn);
    dense_backward_weight(j->pass->pool, j->pass->k, &d, j->k->a, j->w->dense, false,
                          tabnet_grad(j->m, grad, p->weight), NULL);
    dense_backward_input(j->pass->pool, &d, j->w->dense, false, j->w->da);
}

void
tabnet_mask_backward(const struct model *m, struct pass *pass,
                     const struct tabnet_work *w, size_t s, float *grad)
{
    struct job j = job_of(m, pass, w, s);
    size_t first = tabnet_of(m)->glu[(s + 1) * tabnet_of(m)->n_layers].weight;

    if (w->dprior && s + 1 == m->config.n_steps)
        memset(w->dprior, 0, pass->x.B * j.bn.ld * sizeof *w->dprior);
    sparse_gradient(pass->pool, pass->k, &j.k->x, w->dpre, kernels_pad(m->first_width),
                    true, tabnet_grad(m, grad, first), NULL);
    pool_run(pass->pool, n_tasks(pass), backward_task, &j);
    pool_run(pass->pool, j.k->x.n_tiles, input_tile, &j);
    backward_scores(&j, grad);
}
