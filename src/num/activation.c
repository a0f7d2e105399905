/* activation.c - activations spread over a pool, by blocks of cells. */
#include "num/activation.h"

enum { BLOCK_CELLS = 64 };

struct job {
    const struct kernels *k;
    const struct rng *r;
    const uint32_t *cell;
    size_t B, H, ld; /* ld: floats of a row of y */
    double p;
    const float *x, *dy_in;
    float *y, *dx, *keep;
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
silu_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t b0, b1 = cells_of(j, task, &b0);

    (void)thread;
    j->k->silu(j->x + b0 * j->ld, (b1 - b0) * j->ld, j->y + b0 * j->ld);
}

void
silu_forward(struct pool *pool, const struct kernels *k, size_t B, size_t ld,
             const float *x, float *y)
{
    struct job j = {.k = k, .B = B, .ld = ld, .x = x, .y = y};

    pool_run(pool, tasks(B), silu_block, &j);
}

static void
silu_back_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t b0, b1 = cells_of(j, task, &b0);

    (void)thread;
    j->k->silu_backward(j->x + b0 * j->ld, (b1 - b0) * j->ld, j->dx + b0 * j->ld);
}

void
silu_backward(struct pool *pool, const struct kernels *k, size_t B, size_t ld,
              const float *x, float *dy)
{
    struct job j = {.k = k, .B = B, .ld = ld, .x = x, .dx = dy};

    pool_run(pool, tasks(B), silu_back_block, &j);
}

static void
glu_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t b0, b1 = cells_of(j, task, &b0), ld2 = kernels_pad(2 * j->H);

    (void)thread;
    for (size_t b = b0; b < b1; b++)
        j->k->glu(j->x + b * ld2, j->H, j->y + b * j->ld);
}

void
glu_forward(struct pool *pool, const struct kernels *k, size_t B, size_t H,
            const float *x, float *y)
{
    struct job j = {.k = k, .B = B, .H = H, .ld = kernels_pad(H), .x = x, .y = y};

    pool_run(pool, tasks(B), glu_block, &j);
}

static void
glu_back_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t b0, b1 = cells_of(j, task, &b0), ld2 = kernels_pad(2 * j->H);

    (void)thread;
    for (size_t b = b0; b < b1; b++)
        j->k->glu_backward(j->x + b * ld2, j->H, j->dy_in + b * j->ld, j->dx + b * ld2);
}

void
glu_backward(struct pool *pool, const struct kernels *k, size_t B, size_t H,
             const float *x, const float *dy, float *dx)
{
    struct job j = {
        .k = k, .B = B, .H = H, .ld = kernels_pad(H), .x = x, .dy_in = dy, .dx = dx};

    pool_run(pool, tasks(B), glu_back_block, &j);
}

/* Values j of a cell use word j % 4 of the cell's block number j / 4. */
static void
dropout_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t b0, b1 = cells_of(j, task, &b0), blocks = (j->H + 3) / 4;
    uint32_t threshold = (uint32_t)(j->p * 0x1p32);
    float kept = (float)(1 / (1 - j->p));

    (void)thread;
    for (size_t b = b0; b < b1; b++) {
        for (size_t i = 0; i < j->H; i += 4) {
            uint32_t w[4];

            rng_block(j->r, j->cell[b] * (uint64_t)blocks + i / 4, w);
            for (size_t c = 0; c < 4 && i + c < j->H; c++) {
                size_t at = b * j->ld + i + c;

                j->keep[at] = w[c] < threshold ? 0 : kept;
                j->dx[at] *= j->keep[at];
            }
        }
    }
}

void
dropout_forward(struct pool *pool, const struct rng *r, const uint32_t *cell, size_t B,
                size_t H, double p, float *keep, float *x)
{
    struct job j = {.r = r,
                    .cell = cell,
                    .B = B,
                    .H = H,
                    .ld = kernels_pad(H),
                    .p = p,
                    .keep = keep,
                    .dx = x};

    pool_run(pool, tasks(B), dropout_block, &j);
}

static void
dropout_back_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t b0, b1 = cells_of(j, task, &b0);

    (void)thread;
    for (size_t i = b0 * j->ld; i < b1 * j->ld; i++)
        j->dx[i] *= j->x[i];
}

void
dropout_backward(struct pool *pool, size_t B, size_t H, const float *keep, float *dx)
{
    struct job j = {.B = B, .ld = kernels_pad(H), .x = keep, .dx = dx};

    pool_run(pool, tasks(B), dropout_back_block, &j);
}
