/* tabnet_mask.c - which genes of a cell a step reads, and the gradients behind that.
 *
 *   y = batchnorm(W a),   M = entmax(prior y),   the step reads M x^
 *
 * tabnet_attention.c finds the candidates of each row of prior y; everything here lies
 * along the support.  A gene of it has the gradients (d: of the step's reading, m = M,
 * x^ = hat weight + bias)
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

enum { ROWS_PER_TASK = 64 };

struct job {
    const struct model *m;
    struct pass *pass;
    const struct tabnet_work *w;
    size_t s;
    const struct step_kept *k;
    size_t ldD;
    enum entmax_kind kind;
};

static struct job
job_of(const struct model *m, struct pass *pass, const struct tabnet_work *w, size_t s)
{
    struct job j = {.m = m,
                    .pass = pass,
                    .w = w,
                    .s = s,
                    .k = &w->step[s],
                    .ldD = kernels_pad(m->config.D)};

    j.kind = m->config.mask_type == MASK_ENTMAX ? ENTMAX_15 : ENTMAX_SPARSEMAX;
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

/* --- forward --- */

/* The prior of cell b along its support: both it and earlier supports ascend. */
static void
keep_prior(const struct job *j, size_t b, size_t n)
{
    size_t at = b * j->ldD;
    float gamma = (float)j->m->config.gamma;

    for (size_t i = 0; i < n; i++)
        j->k->prior[at + i] = 1;
    for (size_t t = 0; t < j->s; t++) {
        const struct step_kept *k = &j->w->step[t];
        size_t l = 0;

        for (size_t i = 0; i < n; i++) {
            while (l < k->row[b].n && k->index[at + l] < j->k->index[at + i])
                l++;
            bool read = l < k->row[b].n && k->index[at + l] == j->k->index[at + i];
            j->k->prior[at + i] *= gamma - (read ? k->mask[at + l] : 0);
        }
    }
}

/* hat and M x^ along the support of cell b: both it and the cell's genes ascend. */
static void
read_row(const struct job *j, size_t b, size_t n)
{
    const struct norm *in = &tabnet_of(j->m)->input;
    const float *weight = tabnet_tensor(j->m, in->weight);
    const float *bias = tabnet_tensor(j->m, in->bias);
    const struct sparse_row *x = &j->pass->x.row[b];
    size_t at = b * j->ldD, k = 0;

    for (size_t i = 0; i < n; i++) {
        size_t g = j->k->index[at + i];

        while (k < x->n && x->index[k] < g)
            k++;
        float value = k < x->n && x->index[k] == g ? x->value[k] : 0;
        float hat = (value - j->w->input_mean[g]) * j->w->input_rstd[g];

        j->k->hat[at + i] = hat;
        j->k->masked[at + i] = j->k->mask[at + i] * (hat * weight[g] + bias[g]);
    }
    j->k->row[b] = (struct sparse_row){
        .index = j->k->index + at, .value = j->k->masked + at, .n = n};
}

static double
entropy_of(const struct job *j, size_t b, size_t n)
{
    const float *mask = j->k->mask + b * j->ldD;
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)mask[i] * log((double)mask[i] + j->m->config.epsilon);
    return sum;
}

static void
mask_task(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;

    for (size_t b = task * ROWS_PER_TASK; b < task_end(j->pass, task); b++) {
        size_t at = b * j->ldD;
        size_t n =
            entmax_sift_solve(&j->w->sift[b], tabnet_thread_work(j->m, j->w, thread),
                              j->k->index + at, j->k->mask + at, NULL);

        if (j->k->prior)
            keep_prior(j, b, n);
        read_row(j, b, n);
        j->w->row_loss[b] = entropy_of(j, b, n);
    }
}

double
tabnet_mask_forward(const struct model *m, struct pass *pass,
                    const struct tabnet_work *w, size_t s)
{
    struct job j = job_of(m, pass, w, s);
    double sum = 0;

    tabnet_attention_forward(m, pass, w, s);
    pool_run(pass->pool, n_tasks(pass), mask_task, &j);
    for (size_t b = 0; b < pass->x.B; b++)
        sum += w->row_loss[b];
    sparse_tile(pass->pool, pass->k, &j.k->x, 0, j.k->tile_start);
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
    size_t at = b * j->ldD;

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
    size_t at = b * j->ldD;

    for (size_t i = 0; i < n; i++)
        j->w->dmask[at + i] -=
            j->w->dprior[at + j->k->index[at + i]] * j->k->prior[at + i];
}

/* dprior of cell b becomes that of this step's prior; dmask holds dz. */
static void
backward_prior(const struct job *j, size_t b, size_t n)
{
    const struct norm *norm = &tabnet_of(j->m)->attention[j->s].norm;
    const float *weight = tabnet_tensor(j->m, norm->weight);
    const float *bias = tabnet_tensor(j->m, norm->bias);
    size_t at = b * j->ldD;
    float gamma = (float)j->m->config.gamma, *dprior = j->w->dprior + at;

    /* Support first, by what it was before the others take gamma. */
    for (size_t i = 0; i < n; i++)
        dprior[j->k->index[at + i]] *= (gamma - j->k->mask[at + i]) / gamma;
    for (size_t g = 0; g < j->ldD; g++)
        dprior[g] *= gamma;
    for (size_t i = 0; i < n; i++) {
        size_t g = j->k->index[at + i];
        float y = j->w->score_hat[at + i] * weight[g] + bias[g];

        dprior[g] += j->w->dmask[at + i] * y;
    }
}

/* dmask of a block's cells: from the gradient of the first layer's product to that of
 * the normalised scores. */
static void
backward_task(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t ld2 = kernels_pad(j->m->first_width), L = tabnet_of(j->m)->n_layers;
    const float *W = tabnet_tensor(j->m, tabnet_of(j->m)->glu[(j->s + 1) * L].weight);
    bool has_prior = j->m->config.n_steps > 1;

    (void)thread;
    for (size_t b = task * ROWS_PER_TASK; b < task_end(j->pass, task); b++) {
        size_t n = j->k->row[b].n, at = b * j->ldD;
        float *dmask = j->w->dmask + at;

        j->pass->k->sparse_dot(j->k->index + at, n, W, ld2, j->w->dpre + b * ld2,
                               dmask);
        tabnet_attention_hat(j->m, j->pass, j->w, j->s, b, n);
        backward_reading(j, b, n);
        if (has_prior)
            backward_prior_next(j, b, n);
        entmax_row_backward(j->kind, j->k->mask + at, dmask, n, dmask);
        if (has_prior)
            backward_prior(j, b, n);
        for (size_t i = 0; has_prior && i < n; i++)
            dmask[i] *= j->k->prior[at + i];
    }
}

/* Gradients of the input's weight and bias through the masked cells: masked now holds
 * dx^. */
static void
input_tile(void *ctx, size_t tile, size_t thread)
{
    const struct job *j = ctx;
    const struct sparse_batch *x = &j->k->x;
    double *dweight = j->w->dinput, *dbias = j->w->dinput + j->ldD;

    (void)thread;
    for (size_t b = 0; b < x->B; b++) {
        size_t end = sparse_start(x, b, tile + 1);

        for (size_t k = sparse_start(x, b, tile); k < end; k++) {
            size_t g = x->row[b].index[k];
            double d = (double)x->row[b].value[k];

            dweight[g] += d * (double)j->k->hat[b * j->ldD + k];
            dbias[g] += d;
        }
    }
}

void
tabnet_mask_backward(const struct model *m, struct pass *pass,
                     const struct tabnet_work *w, size_t s, float *grad)
{
    struct job j = job_of(m, pass, w, s);
    size_t first = tabnet_of(m)->glu[(s + 1) * tabnet_of(m)->n_layers].weight;

    if (w->dprior && s + 1 == m->config.n_steps)
        memset(w->dprior, 0, pass->x.B * j.ldD * sizeof *w->dprior);
    sparse_gradient(pass->pool, pass->k, &j.k->x, &pass->sparse, w->dpre,
                    kernels_pad(m->first_width), true, tabnet_grad(m, grad, first),
                    NULL, NULL);
    pool_run(pass->pool, n_tasks(pass), backward_task, &j);
    pool_run(pass->pool, j.k->x.tiles->n, input_tile, &j);
    tabnet_attention_backward(m, pass, w, s, grad);
}
