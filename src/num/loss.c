/* loss.c - losses over blocks of cells, and their twins in double. */
#include "num/loss.h"

#include <assert.h>
#include <math.h>

enum { BLOCK_CELLS = 64 };

struct job {
    const struct kernels *k;
    struct loss_args *a;
    enum loss_kind kind;
    float *z, *p;
    int32_t *predicted;
    size_t B, C, ld;
};

static size_t
n_blocks(size_t B)
{
    return (B + BLOCK_CELLS - 1) / BLOCK_CELLS;
}

static void
loss_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t b0 = task * BLOCK_CELLS, b1 = b0 + BLOCK_CELLS;

    (void)thread;
    if (b1 > j->B)
        b1 = j->B;
    if (j->kind == LOSS_KIND_CE)
        j->k->loss_ce(j->a, b0, b1);
    else
        j->k->loss_hce(j->a, b0, b1);
}

double
loss_batch(struct pool *pool, const struct kernels *k, enum loss_kind kind,
           struct loss_args *a)
{
    struct job j = {.k = k, .a = a, .kind = kind, .B = a->B};
    double sum = 0;

    assert(a->ld % VEC == 0 && a->C <= a->ld);
    a->weight_sum = 0;
    for (size_t b = 0; b < a->B; b++)
        a->weight_sum += a->weight ? (double)a->weight[a->y[b]] : 1.0;
    pool_run(n_blocks(a->B) > 4 ? pool : NULL, n_blocks(a->B), loss_block, &j);
    for (size_t b = 0; b < a->B; b++)
        sum += (a->weight ? (double)a->weight[a->y[b]] : 1.0) * a->loss[b];
    return sum / a->weight_sum;
}

static void
softmax_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t b0 = task * BLOCK_CELLS, b1 = b0 + BLOCK_CELLS;

    (void)thread;
    j->k->softmax(j->z, b0, b1 < j->B ? b1 : j->B, j->C, j->ld, j->p, j->predicted);
}

void
loss_softmax(struct pool *pool, const struct kernels *k, float *z, size_t B, size_t C,
             size_t ld, float *p, int32_t *predicted)
{
    struct job j = {
        .k = k, .z = z, .p = p, .predicted = predicted, .B = B, .C = C, .ld = ld};

    assert(ld % VEC == 0 && C <= ld);
    pool_run(n_blocks(B) > 4 ? pool : NULL, n_blocks(B), softmax_block, &j);
}

/* p (C) = softmax(z). */
static void
softmax_ref(const double *z, size_t C, double *p)
{
    double top = z[0], sum = 0;

    for (size_t j = 1; j < C; j++)
        top = fmax(top, z[j]);
    for (size_t j = 0; j < C; j++)
        sum += p[j] = exp(z[j] - top);
    for (size_t j = 0; j < C; j++)
        p[j] /= sum;
}

/* dz holds p on entry and the gradient of l on return. */
static double
cell_ref(enum loss_kind kind, size_t y, const float *R_y, size_t C, double *dz)
{
    static const double eps = 1e-6;
    double q = 0, l;

    if (kind == LOSS_KIND_CE) {
        l = -log(dz[y]);
        dz[y] -= 1;
        return l;
    }
    for (size_t j = 0; j < C; j++)
        q += (double)R_y[j] * dz[j];
    l = -log(q + eps);
    for (size_t j = 0; j < C; j++)
        dz[j] *= -((double)R_y[j] - q) / (q + eps);
    return l;
}

double
loss_batch_ref(enum loss_kind kind, const double *z, const int32_t *y, const float *R,
               const float *weight, size_t B, size_t C, double *dz)
{
    double sum = 0, weights = 0;

    for (size_t b = 0; b < B; b++)
        weights += weight ? (double)weight[y[b]] : 1.0;
    for (size_t b = 0; b < B; b++) {
        size_t y_b = (size_t)y[b];
        double scale = (weight ? (double)weight[y_b] : 1.0) / weights;

        softmax_ref(z + b * C, C, dz + b * C);
        sum += scale * cell_ref(kind, y_b, R + y_b * C, C, dz + b * C);
        for (size_t j = 0; j < C; j++)
            dz[b * C + j] *= scale;
    }
    return sum;
}
