/* hidden.c - hidden layers spread over a pool: forward by cells, backward by columns. */
#include "num/hidden.h"

#include <assert.h>

#include "num/batchnorm.h"

enum { BLOCK_CELLS = 64 };

struct job {
    const struct kernels *k;
    const struct hidden_args *a;
};

static void
forward_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t B = j->a->bn.B, b0 = task * BLOCK_CELLS, b1 = b0 + BLOCK_CELLS;

    (void)thread;
    j->k->hidden_forward(j->a, b0, b1 < B ? b1 : B);
}

void
hidden_forward(struct pool *pool, const struct kernels *k, bool training,
               struct hidden_args *a)
{
    struct job j = {k, a};

    a->bn.chunk = a->bn.B;
    if (training) {
        batchnorm_stats(pool, k, &a->bn);
    } else {
        batchnorm_use_running(&a->bn);
        a->dropout = 0;
    }
    pool_run(pool, (a->bn.B + BLOCK_CELLS - 1) / BLOCK_CELLS, forward_block, &j);
}

static void
backward_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;

    (void)thread;
    j->k->hidden_backward(j->a, task * VEC, (task + 1) * VEC);
}

void
hidden_backward(struct pool *pool, const struct kernels *k, const struct hidden_args *a)
{
    struct job j = {k, a};

    assert(a->bn.chunk == a->bn.B);
    pool_run(pool, a->bn.ld / VEC, backward_block, &j);
}
