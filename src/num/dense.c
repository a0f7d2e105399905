/* dense.c - affine layers on dense rows. */
#include "num/dense.h"

#include <string.h>

#include "num/blas.h"

enum {
    BLOCK_CELLS = 128,
    BLOCK_OUTPUTS = 64, /* at least, in a task of dW */
    OUTPUT_TASKS = 32   /* at most */
};

struct job {
    const struct kernels *k;
    const struct dense *d;
    const float *x, *dy;
    float *y, *dx, *dw, *dbias;
    bool add;
};

/* The part of n that task number `task` of `size` each has. */
static size_t
part(size_t n, size_t task, size_t size)
{
    return n - task * size < size ? n - task * size : size;
}

static size_t
cell_tasks(const struct dense *d)
{
    return (d->B + BLOCK_CELLS - 1) / BLOCK_CELLS;
}

static void
forward_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    const struct dense *d = j->d;
    size_t b0 = task * BLOCK_CELLS, n = part(d->B, task, BLOCK_CELLS);
    size_t ldx = kernels_pad(d->K), ldy = kernels_pad(d->N);
    float *y = j->y + b0 * ldy;

    (void)thread;
    for (size_t b = 0; d->bias && b < n; b++)
        memcpy(y + b * ldy, d->bias, d->N * sizeof *y);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, blas_int(n), blas_int(d->N),
                blas_int(d->K), 1, j->x + b0 * ldx, blas_int(ldx), d->w, blas_int(ldx),
                d->bias ? 1 : 0, y, blas_int(ldy));
}

void
dense_forward(struct pool *pool, const struct dense *d, const float *x, float *y)
{
    struct job j = {.d = d, .x = x, .y = y};

    pool_run(pool, cell_tasks(d), forward_block, &j);
}

static void
input_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    const struct dense *d = j->d;
    size_t b0 = task * BLOCK_CELLS, n = part(d->B, task, BLOCK_CELLS);
    size_t ldx = kernels_pad(d->K), ldy = kernels_pad(d->N);

    (void)thread;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, blas_int(n), blas_int(d->K),
                blas_int(d->N), 1, j->dy + b0 * ldy, blas_int(ldy), d->w, blas_int(ldx),
                j->add ? 1 : 0, j->dx + b0 * ldx, blas_int(ldx));
}

void
dense_backward_input(struct pool *pool, const struct dense *d, const float *dy,
                     bool add, float *dx)
{
    struct job j = {.d = d, .dy = dy, .add = add, .dx = dx};

    pool_run(pool, cell_tasks(d), input_block, &j);
}

/* Outputs of a task of dW: a multiple of VEC. */
static size_t
block_outputs(const struct dense *d)
{
    size_t n = kernels_pad((d->N + OUTPUT_TASKS - 1) / OUTPUT_TASKS);

    return n > BLOCK_OUTPUTS ? n : BLOCK_OUTPUTS;
}

/* Task 0 is the bias, the others are blocks of outputs. */
static void
weight_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    const struct dense *d = j->d;
    size_t ldx = kernels_pad(d->K), ldy = kernels_pad(d->N), size = block_outputs(d);

    (void)thread;
    if (task == 0) {
        if (j->dbias)
            j->k->column_sum(j->dy, d->B, ldy, j->dbias);
        return;
    }
    size_t n0 = (task - 1) * size, n = part(d->N, task - 1, size);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, blas_int(n), blas_int(d->K),
                blas_int(d->B), 1, j->dy + n0, blas_int(ldy), j->x, blas_int(ldx),
                j->add ? 1 : 0, j->dw + n0 * ldx, blas_int(ldx));
}

void
dense_backward_weight(struct pool *pool, const struct kernels *k, const struct dense *d,
                      const float *x, const float *dy, bool add, float *dw,
                      float *dbias)
{
    struct job j = {
        .k = k, .d = d, .x = x, .dy = dy, .add = add, .dw = dw, .dbias = dbias};
    size_t size = block_outputs(d);

    pool_run(pool, 1 + (d->N + size - 1) / size, weight_block, &j);
}
