/* batchnorm.c - BatchNorm spread over a pool: statistics by columns, values by cells. */
#include "num/batchnorm.h"

#include <math.h>

enum { BLOCK_COLUMNS = VEC, BLOCK_CELLS = 64 };

size_t
batchnorm_chunk(size_t B, size_t v)
{
    size_t n = v > 0 && B / v > 1 ? B / v : 1;

    return (B + n - 1) / n;
}

size_t
batchnorm_chunks(size_t B, size_t chunk)
{
    return (B + chunk - 1) / chunk;
}

size_t
batchnorm_last_chunk(size_t B, size_t chunk)
{
    return B - (batchnorm_chunks(B, chunk) - 1) * chunk;
}

struct job {
    const struct kernels *k;
    const struct batchnorm_args *a;
};

static size_t
column_tasks(const struct batchnorm_args *a)
{
    return (a->ld + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS;
}

static size_t
end_of(size_t task, size_t size, size_t n)
{
    return (task + 1) * size < n ? (task + 1) * size : n;
}

static void
stats_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;

    (void)thread;
    j->k->batchnorm_stats(j->a, task * BLOCK_COLUMNS,
                          end_of(task, BLOCK_COLUMNS, j->a->ld));
}

static void
apply_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;

    (void)thread;
    j->k->batchnorm_apply(j->a, task * BLOCK_CELLS, end_of(task, BLOCK_CELLS, j->a->B));
}

static void
backward_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;

    (void)thread;
    j->k->batchnorm_backward(j->a, task * BLOCK_COLUMNS,
                             end_of(task, BLOCK_COLUMNS, j->a->ld));
}

void
batchnorm_stats(struct pool *pool, const struct kernels *k,
                const struct batchnorm_args *a)
{
    struct job j = {k, a};

    pool_run(pool, column_tasks(a), stats_block, &j);
}

static void
apply(struct pool *pool, const struct kernels *k, const struct batchnorm_args *a)
{
    struct job j = {k, a};

    pool_run(pool, (a->B + BLOCK_CELLS - 1) / BLOCK_CELLS, apply_block, &j);
}

void
batchnorm_train(struct pool *pool, const struct kernels *k,
                const struct batchnorm_args *a)
{
    batchnorm_stats(pool, k, a);
    apply(pool, k, a);
}

void
batchnorm_use_running(const struct batchnorm_args *a)
{
    for (size_t j = 0; j < a->ld; j++) {
        a->mean[j] = a->running_mean[j];
        a->rstd[j] = (float)(1 / sqrt((double)a->running_var[j] + a->eps));
    }
}

void
batchnorm_eval(struct pool *pool, const struct kernels *k, struct batchnorm_args *a)
{
    a->chunk = a->B;
    batchnorm_use_running(a);
    apply(pool, k, a);
}

void
batchnorm_backward(struct pool *pool, const struct kernels *k,
                   const struct batchnorm_args *a)
{
    struct job j = {k, a};

    pool_run(pool, column_tasks(a), backward_block, &j);
}
