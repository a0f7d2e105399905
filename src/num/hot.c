/* hot.c - the dense block of often detected genes of a batch. */
#include "num/hot.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"

enum { PARTS = 3, TILE = 16 * HOT_K };

static size_t
w_parts(size_t H, size_t ld)
{
    return H / HOT_K * (ld / 16) * PARTS * TILE;
}

static size_t
dz_parts(size_t B, size_t ld)
{
    return (B + HOT_K - 1) / HOT_K * (ld / 16) * PARTS * TILE;
}

enum { WORK_PARTS = HOT_GENES / 16 * (HOT_CELLS / HOT_K) * PARTS * TILE };

/* The last cells that go forward, or two tiles of sums per tile of outputs. */
static size_t
rest_floats(size_t ld)
{
    return (HOT_ROWS > 2 * 16 ? HOT_ROWS : 2 * 16) * ld;
}

static enum err
init_work(struct hot_block *h, size_t ld, struct errbuf *eb)
{
    enum err e = ERR_OK;

    h->work = xcalloc(h->n_threads, sizeof *h->work);
    for (size_t i = 0; !e && i < h->n_threads; i++)
        if (!(e = big_calloc(&h->work[i].part, WORK_PARTS, sizeof(uint16_t),
                             "parts of a batch", eb)) &&
            !(e = big_calloc(&h->work[i].sum, HOT_GENES * ld, sizeof(float),
                             "gradients of a batch", eb)))
            e = big_calloc(&h->work[i].rest, rest_floats(ld), sizeof(float),
                           "cells of a batch", eb);
    return e;
}

enum err
hot_init(struct hot_block *h, const struct kernels *k, const struct sparse_tiles *tiles,
         size_t B_max, size_t N, size_t n_threads, struct errbuf *eb)
{
    size_t H = tiles->hot, ld = kernels_pad(N);
    enum err e;

    assert(k->hot && H > 0);
    *h = (struct hot_block){.ops = k->hot, .n_threads = n_threads, .ld_max = ld};
    if ((e = big_calloc(&h->w_part, w_parts(H, ld), sizeof *h->w_part,
                        "parts of weights", eb)) ||
        (e = big_calloc(&h->dz_part, dz_parts(B_max, ld), sizeof *h->dz_part,
                        "parts of gradients", eb)) ||
        (e = init_work(h, ld, eb))) {
        hot_release(h);
        return e;
    }
    h->args = (struct hot_args){.H = H, .w_part = h->w_part, .dz_part = h->dz_part};
    return ERR_OK;
}

enum err
hot_expect(struct hot_block *h, size_t B_max, bool coded, struct errbuf *eb)
{
    size_t n = B_max * h->args.H;
    enum err e = ERR_OK;

    if (!coded && !h->x)
        e = big_calloc(&h->x, n, sizeof *h->x, "cells of a batch", eb);
    if (coded && !h->code)
        e = big_calloc(&h->code, n, sizeof *h->code, "cells of a batch", eb);
    if (!e && coded && !h->part)
        e = big_calloc(&h->part, B_max * PARTS * HOT_CODES, sizeof *h->part,
                       "dictionaries of a batch", eb);
    return e;
}

bool
hot_begin(struct hot_block *h, size_t B, size_t n_dict)
{
    bool coded = h->part && n_dict < HOT_CODES;

    h->args.B = B;
    h->args.x = coded ? NULL : h->x;
    h->args.code = coded ? h->code : NULL;
    h->args.part = h->part;
    h->args.n_codes = coded ? n_dict + 1 : 0;
    return h->args.x || h->args.code;
}

void
hot_put(const struct hot_block *h, size_t b, const struct sparse_row *row, size_t n)
{
    h->ops->scatter(&h->args, row, n, b);
}

void
hot_release(struct hot_block *h)
{
    for (size_t i = 0; h->work && i < h->n_threads; i++) {
        free(h->work[i].part);
        free(h->work[i].sum);
        free(h->work[i].rest);
    }
    free(h->work);
    free(h->x);
    free(h->code);
    free(h->part);
    free(h->w_part);
    free(h->dz_part);
    *h = (struct hot_block){0};
}

uint64_t
hot_bytes(const struct sparse_tiles *tiles, size_t B_max, size_t N, size_t n_threads)
{
    size_t ld = kernels_pad(N);

    return B_max * tiles->hot * sizeof(float) +
           (w_parts(tiles->hot, ld) + dz_parts(B_max, ld)) * sizeof(uint16_t) +
           n_threads * (WORK_PARTS * sizeof(uint16_t) + HOT_GENES * ld * sizeof(float));
}

struct job {
    const struct hot_block *h;
    const float *in;
    size_t ld;
};

size_t
hot_count(const struct hot_block *h, const struct sparse_row *row)
{
    size_t low = 0, high = row->n, H = h->args.H;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (row->index[mid] < H)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void
drop(struct sparse_row *row, size_t n)
{
    row->index += n;
    row->value += n;
    row->n -= n;
}

void
hot_shift(const struct hot_block *h, size_t b, struct sparse_row *x,
          struct sparse_row *a, float sign, float max)
{
    size_t nx = hot_count(h, x), na = hot_count(h, a);

    h->ops->shift(&h->args, b, x, nx, a, na, sign, max);
    drop(x, nx);
    drop(a, na);
}

static void
weight_block(void *ctx, size_t block, size_t thread)
{
    const struct job *j = ctx;

    (void)thread;
    j->h->ops->weights(j->in, j->ld, block, j->h->w_part);
}

void
hot_take_weights(struct pool *pool, const struct hot_block *h, const float *w,
                 size_t ld)
{
    struct job j = {.h = h, .in = w, .ld = ld};

    assert(ld <= h->ld_max);
    pool_run(pool, h->args.H / HOT_K, weight_block, &j);
}

void
hot_forward(const struct hot_block *h, size_t b0, size_t b1, size_t thread, size_t ld,
            float *z)
{
    struct hot_args args = h->args;

    args.ld = ld;
    h->ops->forward(&args, b0, b1, h->work[thread].rest, z);
}

static void
gradient_block(void *ctx, size_t block, size_t thread)
{
    const struct job *j = ctx;

    (void)thread;
    j->h->ops->gradients(j->in, j->h->args.B, j->ld, block, j->h->dz_part);
}

void
hot_take_gradients(struct pool *pool, const struct hot_block *h, const float *dz,
                   size_t ld)
{
    struct job j = {.h = h, .in = dz, .ld = ld};

    assert(ld <= h->ld_max);
    pool_run(pool, (h->args.B + HOT_K - 1) / HOT_K, gradient_block, &j);
}

size_t
hot_tasks(const struct hot_block *h)
{
    return h->args.H / HOT_GENES;
}

void
hot_gradient(const struct hot_block *h, size_t task, size_t thread, size_t ld, bool add,
             float *dw)
{
    struct hot_args args = h->args;

    args.ld = ld;
    h->ops->gradient(&args, task, &h->work[thread], add, dw);
}
