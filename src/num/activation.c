/* activation.c - GLU spread over a pool, by blocks of cells. */
#include "num/activation.h"

enum { BLOCK_CELLS = 64 };

struct job {
    const struct kernels *k;
    size_t B, H, ld; /* ld: floats of a row of y */
    const float *x, *below;
    float scale, *y, *dy, *dx;
};

static size_t
tasks(size_t B)
{
    return (B + BLOCK_CELLS - 1) / BLOCK_CELLS;
}

/* Cells [*b0, returned) of a task. */
static size_t
cells_of(const struct job *j, size_t task, size_t *b0)
{
    *b0 = task * BLOCK_CELLS;
    return *b0 + BLOCK_CELLS < j->B ? *b0 + BLOCK_CELLS : j->B;
}

static void
glu_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t b0, b1 = cells_of(j, task, &b0), ld2 = kernels_pad(2 * j->H);

    (void)thread;
    for (size_t b = b0; b < b1; b++)
        j->k->glu(j->x + b * ld2, j->H, j->below ? j->below + b * j->ld : NULL,
                  j->y + b * j->ld);
}

void
glu_forward(struct pool *pool, const struct kernels *k, size_t B, size_t H,
            const float *x, const float *below, float *y)
{
    struct job j = {.k = k,
                    .B = B,
                    .H = H,
                    .ld = kernels_pad(H),
                    .x = x,
                    .below = below,
                    .y = y};

    pool_run(pool, tasks(B), glu_block, &j);
}

static void
glu_back_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t b0, b1 = cells_of(j, task, &b0), ld2 = kernels_pad(2 * j->H);

    (void)thread;
    for (size_t b = b0; b < b1; b++)
        j->k->glu_backward(j->x + b * ld2, j->H, j->scale, j->dy + b * j->ld,
                           j->dx + b * ld2);
}

void
glu_backward(struct pool *pool, const struct kernels *k, size_t B, size_t H,
             const float *x, float scale, float *dy, float *dx)
{
    struct job j = {.k = k,
                    .B = B,
                    .H = H,
                    .ld = kernels_pad(H),
                    .x = x,
                    .scale = scale,
                    .dy = dy,
                    .dx = dx};

    pool_run(pool, tasks(B), glu_back_block, &j);
}
