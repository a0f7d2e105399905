/* sparse.c - tiles of genes, and the sparse kernels spread over a pool. */
#include "num/sparse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum {
    NEAR_BYTES = 32 * 1024, /* of weights or dz: most of a first-level cache */
    SPAN_BYTES = 768,       /* of a row that kernels work on at a time, at most */
    TILE_MAX = 1024,        /* genes */
    TILE_NONZEROS = 15,  /* of a cell in a tile, about: below, the tile's cost shows */
    GROUP_TILES = 4,     /* of often detected genes */
    GROUP_NONZEROS = 40, /* of a cell in a group */
    LIST_NONZEROS = 12,  /* of a gene in a block of cells */
    CELLS_MAX = 512,     /* of a block */
    TASKS_WANTED = 16,   /* for small D: enough for several threads */
    SMALL_WORK = 1 << 19 /* multiply-adds below which waking threads costs more */
};
static const float RATE_UNKNOWN = 0.1f, RATE_HOT = 0.35f;

/* --- tiles and groups --- */

static size_t
clamp(double x, size_t low, size_t high)
{
    return x < (double)low ? low : x > (double)high ? high : (size_t)x;
}

/* Rows of N outputs that stay in the nearest cache together. */
static size_t
near_rows(size_t N)
{
    size_t bytes = kernels_pad(N) * sizeof(float);

    return NEAR_BYTES / (bytes < SPAN_BYTES ? bytes : SPAN_BYTES);
}

/* The share of cells that detect gene g and the less detected ones behind it: not so
 * little that no width would do. */
static double
rate_of(const float *rate, size_t g)
{
    float r = rate ? rate[g] : RATE_UNKNOWN;

    return r > 1e-4f ? (double)r : 1e-4;
}

/* Genes that enough cells detect to be better off dense, where that can be done. */
static size_t
hot_genes(const float *rate, size_t D)
{
    size_t n = 0;

    while (rate && n < D && rate[n] >= RATE_HOT)
        n++;
    return n / HOT_GENES * HOT_GENES;
}

static void
cut_tiles(struct sparse_tiles *tiles, size_t D, size_t N, const float *rate)
{
    size_t share = (D + TASKS_WANTED - 1) / TASKS_WANTED, g = 0;

    tiles->gene = xcalloc(D + 1, sizeof *tiles->gene);
    while (g < D) {
        size_t n = clamp(TILE_NONZEROS / rate_of(rate, g), near_rows(N), TILE_MAX);
        size_t left = g < tiles->hot ? tiles->hot - g : D - g;

        n = n < share ? n : share;
        n = n < left ? n : left;
        tiles->widest = n > tiles->widest ? n : tiles->widest;
        g += n;
        tiles->gene[++tiles->n] = (uint32_t)g;
        if (g == tiles->hot)
            tiles->hot_tiles = tiles->n;
    }
}

static void
cut_groups(struct sparse_tiles *tiles, size_t D, size_t N, const float *rate)
{
    size_t share = (D + TASKS_WANTED - 1) / TASKS_WANTED, near = near_rows(N), t = 0;

    tiles->group = xcalloc(tiles->n, sizeof *tiles->group);
    while (t < tiles->n) {
        struct sparse_group *group = &tiles->group[tiles->n_groups++];
        size_t g = tiles->gene[t], left = g < tiles->hot ? tiles->hot - g : D - g;
        double r = rate_of(rate, g);
        size_t want = clamp(GROUP_NONZEROS / r, GROUP_TILES * near, TILE_MAX);

        want = want < share ? want : share;
        want = want < left ? want : left;
        *group = (struct sparse_group){
            .first = (uint32_t)t,
            .cells = (uint32_t)clamp(LIST_NONZEROS / r, near, CELLS_MAX)};
        do
            t++;
        while (t < tiles->n && tiles->gene[t + 1] - g <= want);
        group->end = (uint32_t)t;
        if (tiles->gene[t] == tiles->hot)
            tiles->hot_groups = tiles->n_groups;
    }
}

void
sparse_tiles_init(struct sparse_tiles *tiles, size_t D, size_t N, const float *rate)
{
    *tiles = (struct sparse_tiles){.hot = hot_genes(rate, D)};
    cut_tiles(tiles, D, N, rate);
    cut_groups(tiles, D, N, rate);
}

void
sparse_tiles_release(struct sparse_tiles *tiles)
{
    free(tiles->gene);
    free(tiles->group);
    *tiles = (struct sparse_tiles){0};
}

/* --- working memory --- */

static size_t
group_genes(const struct sparse_tiles *tiles, const struct sparse_group *group)
{
    return tiles->gene[group->end] - tiles->gene[group->first];
}

/* Genes and entries of the largest lists of a group. */
static void
most(const struct sparse_tiles *tiles, size_t *genes, size_t *entries)
{
    *genes = *entries = 0;
    for (size_t i = 0; i < tiles->n_groups; i++) {
        size_t g = group_genes(tiles, &tiles->group[i]);
        size_t e = g * sparse_stride(tiles->group[i].cells);

        *genes = g > *genes ? g : *genes;
        *entries = e > *entries ? e : *entries;
    }
}

enum err
sparse_work_init(struct sparse_work *work, const struct sparse_tiles *tiles,
                 size_t n_threads, struct errbuf *eb)
{
    size_t genes, entries;
    enum err e = ERR_OK;

    most(tiles, &genes, &entries);
    *work = (struct sparse_work){.n_threads = n_threads};
    work->lists = xcalloc(n_threads, sizeof *work->lists);
    for (size_t i = 0; !e && i < n_threads; i++) {
        struct sparse_lists *l = &work->lists[i];

        l->end = xcalloc(genes, sizeof *l->end);
        e = big_calloc(&l->entry, entries, sizeof *l->entry, "non-zeros of a batch",
                       eb);
    }
    if (e)
        sparse_work_release(work);
    return e;
}

void
sparse_work_release(struct sparse_work *work)
{
    for (size_t i = 0; work->lists && i < work->n_threads; i++) {
        free(work->lists[i].entry);
        free(work->lists[i].end);
    }
    free(work->lists);
    *work = (struct sparse_work){0};
}

uint64_t
sparse_work_bytes(const struct sparse_tiles *tiles, size_t n_threads)
{
    size_t genes, entries;

    most(tiles, &genes, &entries);
    return n_threads * (genes * sizeof(struct sparse_entry *) +
                        entries * sizeof(struct sparse_entry));
}

/* --- packing --- */

size_t
sparse_blocks(size_t B)
{
    return (B + PACK_CELLS - 1) / PACK_CELLS;
}

enum err
sparse_packed_init(struct sparse_packed *p, const struct sparse_tiles *tiles,
                   size_t B_max, size_t room, struct errbuf *eb)
{
    size_t n = sparse_blocks(B_max);
    enum err e;

    *p = (struct sparse_packed){.room = room};
    if ((e = big_calloc(&p->index, room, sizeof *p->index, "cells of a batch", eb)) ||
        (e = big_calloc(&p->value, room, sizeof *p->value, "cells of a batch", eb)) ||
        (e = big_calloc(&p->at, n * tiles->n * (PACK_CELLS + 1), sizeof *p->at,
                        "gene tiles of a batch", eb))) {
        sparse_packed_release(p);
        return e;
    }
    p->from = xcalloc(n, sizeof *p->from);
    return ERR_OK;
}

void
sparse_packed_release(struct sparse_packed *p)
{
    free(p->index);
    free(p->value);
    free(p->at);
    free(p->from);
    *p = (struct sparse_packed){0};
}

/* Where the pieces of cells [b0, b1) will lie; returns how many non-zeros they have. */
static size_t
place_pieces(const struct sparse_batch *x, size_t b0, size_t b1, size_t t0,
             struct sparse_packed *p)
{
    uint32_t *at = p->at + b0 / PACK_CELLS * x->tiles->n * (PACK_CELLS + 1), n = 0;

    for (size_t t = t0; t < x->tiles->n; t++) {
        uint32_t *at_t = at + t * (PACK_CELLS + 1);

        for (size_t b = b0; b < b1; b++) {
            *at_t++ = n;
            n += (uint32_t)(sparse_start(x, b, t + 1) - sparse_start(x, b, t));
        }
        *at_t = n;
    }
    return n;
}

void
sparse_pack_block(const struct kernels *k, const struct sparse_batch *x, size_t block,
                  size_t t0, struct sparse_packed *p)
{
    size_t b0 = block * PACK_CELLS,
           b1 = b0 + PACK_CELLS < x->B ? b0 + PACK_CELLS : x->B;
    size_t n = place_pieces(x, b0, b1, t0, p);

    assert(p->from[block] + n <= p->room);
    (void)n;
    k->sparse_pack(x, b0, b1, t0, p);
}

/* The first tile whose genes are sparse. */
static size_t
first_tile(const struct sparse_batch *x)
{
    return x->hot ? x->tiles->hot_tiles : 0;
}

void
sparse_pack(const struct kernels *k, struct sparse_batch *x, struct sparse_packed *p)
{
    size_t n = 0;

    for (size_t b = 0; b < x->B; b++) {
        if (b % PACK_CELLS == 0)
            p->from[b / PACK_CELLS] = n;
        n += x->row[b].n - (size_t)sparse_start(x, b, first_tile(x));
    }
    for (size_t block = 0; block < sparse_blocks(x->B); block++)
        sparse_pack_block(k, x, block, first_tile(x), p);
    x->packed = p;
}

/* --- kernels over a pool --- */

/* Cells per task: many, for each task reads all weights; no output depends on it. */
static size_t
block_cells(const struct pool *pool, size_t B)
{
    size_t tasks = 2 * pool_threads(pool), cells = (B + tasks - 1) / tasks;

    cells = cells > CELLS_MAX ? CELLS_MAX : cells;
    return (cells + HOT_ROWS - 1) / HOT_ROWS * HOT_ROWS;
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
    const struct sparse_work *work;
    uint32_t *tile_start;
    const float *w, *bias, *dz;
    float *z, *dw, *dbias;
    double *squares;
    size_t ld, block, t0;
    bool add;
};

/* Run fn on blocks of cells. */
static void
over_cells(struct pool *pool, struct job *j, size_t ld, pool_fn fn)
{
    struct pool *used = worth(pool, j->x, ld);

    j->block = block_cells(used, j->x->B);
    pool_run(used, (j->x->B + j->block - 1) / j->block, fn, j);
}

static size_t
block_end(const struct job *j, size_t task)
{
    size_t end = (task + 1) * j->block;

    return end < j->x->B ? end : j->x->B;
}

static void
tile_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    const struct sparse_batch *x = j->x;

    (void)thread;
    for (size_t b = task * j->block; b < block_end(j, task); b++)
        j->k->sparse_start(&x->row[b], x->tiles, j->t0,
                           j->tile_start + b * (x->tiles->n + 1));
}

void
sparse_tile(struct pool *pool, const struct kernels *k, const struct sparse_batch *x,
            size_t t0, uint32_t *tile_start)
{
    struct job j = {.k = k, .x = x, .t0 = t0, .tile_start = tile_start};

    assert(x->tile_start == tile_start);
    over_cells(pool, &j, VEC, tile_block);
}

static void
forward_block(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    size_t b0 = task * j->block, b1 = block_end(j, task);

    for (size_t b = b0; b < b1; b++)
        memcpy(j->z + b * j->ld, j->bias, j->ld * sizeof *j->z);
    if (j->x->hot)
        hot_forward(j->x->hot, b0, b1, thread, j->ld, j->z);
    j->k->sparse_forward(j->x, b0, b1, first_tile(j->x), j->w, j->ld, j->z);
}

void
sparse_forward(struct pool *pool, const struct kernels *k, const struct sparse_batch *x,
               const float *w, const float *bias, size_t ld, float *z)
{
    struct job j = {.k = k, .x = x, .w = w, .bias = bias, .ld = ld, .z = z};

    assert(ld % VEC == 0);
    if (x->hot)
        hot_take_weights(pool, x->hot, w, ld);
    over_cells(pool, &j, ld, forward_block);
}

/* First the dense block, then groups of tiles, last the bias. */
static void
gradient_task(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    const struct sparse_tiles *tiles = j->x->tiles;
    size_t n_hot = j->x->hot ? hot_tasks(j->x->hot) : 0;
    size_t group = task - n_hot + (j->x->hot ? tiles->hot_groups : 0), g0, g1;

    if (task == sparse_parts(j->x)) {
        if (j->dbias)
            j->k->column_sum(j->dz, j->x->B, j->ld, j->dbias);
        return;
    }
    if (task < n_hot) {
        hot_gradient(j->x->hot, task, thread, j->ld, j->add, j->dw);
        g0 = task * HOT_GENES;
        g1 = g0 + HOT_GENES;
    } else {
        j->k->sparse_gradient(j->x, group, j->dz, j->ld, j->add,
                              &j->work->lists[thread], j->dw);
        g0 = tiles->gene[tiles->group[group].first];
        g1 = tiles->gene[tiles->group[group].end];
    }
    if (j->squares)
        j->squares[task] = j->k->sum_squares(j->dw + g0 * j->ld, (g1 - g0) * j->ld);
}

size_t
sparse_parts(const struct sparse_batch *x)
{
    return x->tiles->n_groups + (x->hot ? hot_tasks(x->hot) - x->tiles->hot_groups : 0);
}

size_t
sparse_parts_max(const struct sparse_tiles *tiles)
{
    return tiles->n_groups + tiles->hot / HOT_GENES;
}

void
sparse_gradient(struct pool *pool, const struct kernels *k,
                const struct sparse_batch *x, const struct sparse_work *work,
                const float *dz, size_t ld, bool add, float *dw, float *dbias,
                double *squares)
{
    struct job j = {.k = k,
                    .x = x,
                    .work = work,
                    .dz = dz,
                    .ld = ld,
                    .add = add,
                    .dw = dw,
                    .dbias = dbias,
                    .squares = squares};

    assert(ld % VEC == 0 && pool_threads(pool) <= work->n_threads);
    if (x->hot)
        hot_take_gradients(pool, x->hot, dz, ld);
    pool_run(worth(pool, x, ld), sparse_parts(x) + 1, gradient_task, &j);
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
