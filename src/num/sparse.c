/* sparse.c - tiles of genes, and the sparse kernels spread over a pool. */
#include "num/sparse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum {
    TILE_BYTES = 224 * 1024, /* of weights: fits a second-level cache beside the rest */
    TILE_GENES_MIN = 32,
    TILES_WANTED = 16,   /* for small D: enough tasks for several threads */
    SMALL_WORK = 1 << 19 /* multiply-adds below which waking threads costs more */
};

size_t
sparse_tile_genes(size_t D, size_t N)
{
    size_t cache = TILE_BYTES / (kernels_pad(N) * sizeof(float));
    size_t share = (D + TILES_WANTED - 1) / TILES_WANTED;
    size_t genes = cache < share ? cache : share;

    return genes < TILE_GENES_MIN ? TILE_GENES_MIN : genes;
}

size_t
sparse_tiles(size_t D, size_t N)
{
    size_t genes = sparse_tile_genes(D, N);

    return (D + genes - 1) / genes;
}

/* Cells per task: depends on B only. */
static size_t
block_cells(size_t B)
{
    size_t cells = (B + 15) / 16;

    return cells < 4 ? 4 : cells > 256 ? 256 : cells;
}

static size_t
n_blocks(size_t B)
{
    return (B + block_cells(B) - 1) / block_cells(B);
}

/* The pool, or NULL if the work is too small to share. */
static struct pool *
worth(struct pool *pool, const struct sparse_batch *x, size_t ld)
{
    size_t nnz = 0;

    for (size_t b = 0; b < x->B; b++)
        nnz += x->row[b].n;
    return nnz * ld < SMALL_WORK ? NULL : pool;
}

struct job {
    const struct kernels *k;
    const struct sparse_batch *x;
    uint32_t *tile_start;
    const float *w, *bias, *dz;
    float *z, *dw, *dbias;
    size_t ld;
    bool add;
};

/* First position at or after `from` whose gene is not below g. */
static size_t
lower_bound(const struct sparse_row *row, size_t from, size_t g)
{
    size_t lo = from, hi = row->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (row->index[mid] < g)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void
tile_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    const struct sparse_batch *x = j->x;
    size_t b0 = task * block_cells(x->B), b1 = b0 + block_cells(x->B);

    (void)thread;
    for (size_t b = b0; b < b1 && b < x->B; b++) {
        uint32_t *start = j->tile_start + b * (x->n_tiles + 1);
        size_t at = 0;

        for (size_t t = 0; t < x->n_tiles; t++) {
            at = lower_bound(&x->row[b], at, t * x->tile_genes);
            start[t] = (uint32_t)at;
        }
        start[x->n_tiles] = (uint32_t)x->row[b].n;
    }
}

void
sparse_tile(struct pool *pool, const struct sparse_batch *x, uint32_t *tile_start)
{
    struct job j = {.x = x, .tile_start = tile_start};

    assert(x->tile_start == tile_start);
    pool_run(worth(pool, x, VEC), n_blocks(x->B), tile_block, &j);
}

static void
forward_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t B = j->x->B, b0 = task * block_cells(B), b1 = b0 + block_cells(B);

    (void)thread;
    j->k->sparse_forward(j->x, b0, b1 < B ? b1 : B, j->w, j->bias, j->ld, j->z);
}

void
sparse_forward(struct pool *pool, const struct kernels *k, const struct sparse_batch *x,
               const float *w, const float *bias, size_t ld, float *z)
{
    struct job j = {.k = k, .x = x, .w = w, .bias = bias, .ld = ld, .z = z};

    assert(ld % VEC == 0);
    pool_run(worth(pool, x, ld), n_blocks(x->B), forward_block, &j);
}

/* Task 0 is the bias, the others are tiles of genes. */
static void
gradient_task(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;

    (void)thread;
    if (task > 0)
        j->k->sparse_gradient(j->x, task - 1, j->dz, j->ld, j->add, j->dw);
    else if (j->dbias)
        j->k->column_sum(j->dz, j->x->B, j->ld, j->dbias);
}

void
sparse_gradient(struct pool *pool, const struct kernels *k,
                const struct sparse_batch *x, const float *dz, size_t ld, bool add,
                float *dw, float *dbias)
{
    struct job j = {
        .k = k, .x = x, .dz = dz, .ld = ld, .add = add, .dw = dw, .dbias = dbias};

    assert(ld % VEC == 0);
    pool_run(worth(pool, x, ld), x->n_tiles + 1, gradient_task, &j);
}

void
sparse_forward_ref(const struct sparse_batch *x, const float *w, const float *bias,
                   size_t ld, float *z)
{
    for (size_t b = 0; b < x->B; b++) {
        for (size_t j = 0; j < ld; j++) {
            double sum = (double)bias[j];

            for (size_t k = 0; k < x->row[b].n; k++)
                sum +=
                    (double)x->row[b].value[k] * (double)w[x->row[b].index[k] * ld + j];
            z[b * ld + j] = (float)sum;
        }
    }
}

void
sparse_gradient_ref(const struct sparse_batch *x, const float *dz, size_t ld, float *dw,
                    float *dbias)
{
    for (size_t j = 0; j < ld; j++) {
        double bias = 0;

        for (size_t b = 0; b < x->B; b++)
            bias += (double)dz[b * ld + j];
        dbias[j] = (float)bias;
    }
    double *sum = xcalloc(ld, sizeof *sum);
    for (size_t g = 0; g < x->D; g++) {
        memset(sum, 0, ld * sizeof *sum);
        for (size_t b = 0; b < x->B; b++)
            for (size_t k = 0; k < x->row[b].n; k++)
                for (size_t j = 0; x->row[b].index[k] == g && j < ld; j++)
                    sum[j] += (double)x->row[b].value[k] * (double)dz[b * ld + j];
        for (size_t j = 0; j < ld; j++)
            dw[g * ld + j] = (float)sum[j];
    }
    free(sum);
}
