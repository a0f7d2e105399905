/* optim.c - the optimiser over fixed blocks of parameters. */
#include "num/optim.h"

#include <assert.h>
#include <math.h>

enum { BLOCK = 16384 }; /* floats */

void
optim_init(struct optim *o, double lr, double decay, double clip)
{
    *o = (struct optim){.lr = lr,
                        .decay = decay,
                        .beta1 = 0.9,
                        .beta2 = 0.999,
                        .eps = 1e-8,
                        .clip = clip};
}

static size_t
n_blocks(size_t n)
{
    return (n + BLOCK - 1) / BLOCK;
}

/* One more than n_blocks: what is known may cut a block in two. */
size_t
optim_norm_blocks(size_t n)
{
    return n_blocks(n) + 1;
}

struct job {
    const struct kernels *k;
    const float *grad;
    const struct adamw_args *a;
    double *block;
    size_t n;
    struct optim_known known;
};

/* Floats of block number `task` of n. */
static size_t
block_size(size_t n, size_t task)
{
    size_t left = n - task * BLOCK;

    return left < BLOCK ? left : BLOCK;
}

/* The blocks before what is known, then those behind it. */
static void
norm_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t n_before = n_blocks(j->known.from), first = 0, n = j->known.from, i = task;

    (void)thread;
    if (task >= n_before) {
        first = j->known.to;
        n = j->n - first;
        i = task - n_before;
    }
    j->block[task] = j->k->sum_squares(j->grad + first + i * BLOCK, block_size(n, i));
}

/* The pool, unless the blocks are so few that waking threads costs more. */
static struct pool *
worth(struct pool *pool, size_t n)
{
    return n_blocks(n) > 4 ? pool : NULL;
}

static double
sum_of(const double *x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

double
optim_norm(struct pool *pool, const struct kernels *k, const float *grad, size_t n,
           const struct optim_known *known, double *block)
{
    struct job j = {.k = k, .grad = grad, .block = block, .n = n};

    if (known)
        j.known = *known;
    assert(n % VEC == 0 && j.known.from % VEC == 0 && j.known.to % VEC == 0);
    assert(j.known.from <= j.known.to && j.known.to <= n);
    size_t n_before = n_blocks(j.known.from), n_behind = n_blocks(n - j.known.to);
    pool_run(worth(pool, (n_before + n_behind) * BLOCK), n_before + n_behind,
             norm_block, &j);
    double before = sum_of(block, n_before), in = sum_of(j.known.sum, j.known.n);
    return sqrt(before + in + sum_of(block + n_before, n_behind));
}

/* x^n by repeated squaring: the same bits on every machine, unlike pow. */
static double
power(double x, int64_t n)
{
    double r = 1;

    for (; n > 0; n /= 2) {
        if (n % 2)
            r *= x;
        x *= x;
    }
    return r;
}

static double
clip_scale(const struct optim *o, double norm)
{
    double scale = o->clip > 0 ? o->clip / (norm + 1e-6) : 1;

    return scale < 1 ? scale : 1;
}

static void
step_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;

    (void)thread;
    j->k->adamw(j->a, task * BLOCK, block_size(j->n, task));
}

void
optim_step(struct pool *pool, const struct kernels *k, struct optim *o, float *value,
           float *m, float *v, const float *grad, size_t n, double norm)
{
    assert(n % VEC == 0);
    o->step++;
    struct adamw_args a = {
        .value = value,
        .m = m,
        .v = v,
        .grad = grad,
        .scale = (float)clip_scale(o, norm),
        .keep = (float)(1 - o->lr * o->decay),
        .beta1 = (float)o->beta1,
        .beta2 = (float)o->beta2,
        .rest1 = (float)(1 - o->beta1),
        .rest2 = (float)(1 - o->beta2),
        .step_size = (float)(o->lr / (1 - power(o->beta1, o->step))),
        .inv_sqrt_bias2 = (float)(1 / sqrt(1 - power(o->beta2, o->step))),
        .eps = (float)o->eps,
    };
    struct job j = {.k = k, .a = &a, .n = n};

    pool_run(worth(pool, n), n_blocks(n), step_block, &j);
}

void
optim_step_ref(struct optim *o, float *value, float *m, float *v, const float *grad,
               size_t n, double norm)
{
    double scale = clip_scale(o, norm);

    o->step++;
    double bias1 = 1 - power(o->beta1, o->step), bias2 = 1 - power(o->beta2, o->step);
    for (size_t i = 0; i < n; i++) {
        double g = (double)grad[i] * scale;
        double m_i = o->beta1 * (double)m[i] + (1 - o->beta1) * g;
        double v_i = o->beta2 * (double)v[i] + (1 - o->beta2) * g * g;

        value[i] = (float)((double)value[i] * (1 - o->lr * o->decay) -
                           o->lr / bias1 * m_i / (sqrt(v_i) / sqrt(bias2) + o->eps));
        m[i] = (float)m_i;
        v[i] = (float)v_i;
    }
}
