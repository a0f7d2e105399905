/* dense.c - affine layers on dense rows. */
#include "num/dense.h"

enum {
    BLOCK_CELLS = 256,   /* of a task of y and dx */
    BLOCK_OUTPUTS = 128, /* of a task of dW */
    BLOCK_INPUTS = 2 * VEC
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
tasks(size_t n, size_t size)
{
    return (n + size - 1) / size;
}

static void
forward_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    const struct dense *d = j->d;
    size_t b0 = task * BLOCK_CELLS, ldx = kernels_pad(d->K), ldy = kernels_pad(d->N);
    struct product_args p = {.M = part(d->B, task, BLOCK_CELLS),
                             .N = d->N,
                             .K = d->K,
                             .a = j->x + b0 * ldx,
                             .a_row = ldx,
                             .a_k = 1,
                             .b = d->w,
                             .ldb = ldx,
                             .b_transposed = true,
                             .bias = d->bias,
                             .c = j->y + b0 * ldy,
                             .ldc = ldy};

    (void)thread;
    j->k->product(&p, 0, ldy);
}

void
dense_forward(struct pool *pool, const struct kernels *k, const struct dense *d,
              const float *x, float *y)
{
    struct job j = {.k = k, .d = d, .x = x, .y = y};

    pool_run(pool, tasks(d->B, BLOCK_CELLS), forward_block, &j);
}

static void
input_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    const struct dense *d = j->d;
    size_t b0 = task * BLOCK_CELLS, ldx = kernels_pad(d->K), ldy = kernels_pad(d->N);
    struct product_args p = {.M = part(d->B, task, BLOCK_CELLS),
                             .N = d->K,
                             .K = d->N,
                             .a = j->dy + b0 * ldy,
                             .a_row = ldy,
                             .a_k = 1,
                             .b = d->w,
                             .ldb = ldx,
                             .add = j->add,
                             .c = j->dx + b0 * ldx,
                             .ldc = ldx};

    (void)thread;
    j->k->product(&p, 0, ldx);
}

void
dense_backward_input(struct pool *pool, const struct kernels *k, const struct dense *d,
                     const float *dy, bool add, float *dx)
{
    struct job j = {.k = k, .d = d, .dy = dy, .add = add, .dx = dx};

    pool_run(pool, tasks(d->B, BLOCK_CELLS), input_block, &j);
}

/* Task 0 is the bias, the others are blocks of outputs and inputs. */
static void
weight_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    const struct dense *d = j->d;
    size_t ldx = kernels_pad(d->K), ldy = kernels_pad(d->N);
    size_t n_inputs = tasks(ldx, BLOCK_INPUTS);

    (void)thread;
    if (task == 0) {
        if (j->dbias)
            j->k->column_sum(j->dy, d->B, ldy, j->dbias);
        return;
    }
    size_t row = (task - 1) / n_inputs, col = (task - 1) % n_inputs;
    struct product_args p = {.M = part(d->N, row, BLOCK_OUTPUTS),
                             .N = d->K,
                             .K = d->B,
                             .a = j->dy + row * BLOCK_OUTPUTS,
                             .a_row = 1,
                             .a_k = ldy,
                             .b = j->x,
                             .ldb = ldx,
                             .add = j->add,
                             .c = j->dw + row * BLOCK_OUTPUTS * ldx,
                             .ldc = ldx};
    size_t k0 = col * BLOCK_INPUTS;

    j->k->product(&p, k0, k0 + part(ldx, col, BLOCK_INPUTS));
}

void
dense_backward_weight(struct pool *pool, const struct kernels *k, const struct dense *d,
                      const float *x, const float *dy, bool add, float *dw,
                      float *dbias)
{
    struct job j = {
        .k = k, .d = d, .x = x, .dy = dy, .add = add, .dw = dw, .dbias = dbias};

    pool_run(pool,
             1 + tasks(d->N, BLOCK_OUTPUTS) * tasks(kernels_pad(d->K), BLOCK_INPUTS),
             weight_block, &j);
}
