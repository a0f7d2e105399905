/* cell_order.c - the order in which an epoch uses the training cells. */
#include "data/cell_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"

/* Streams of RNG_ORDER within an epoch: all cells at random have 0. */
enum { STREAM_CELLS, STREAM_BLOCKS, STREAM_POOL };

/* --- blocks --- */

static bool
are_neighbours(const struct dataset *ds, uint32_t a, uint32_t b)
{
    if (ds->file && ds->file[a] != ds->file[b])
        return false;
    return dataset_row(ds, a) / BLOCK_CELLS == dataset_row(ds, b) / BLOCK_CELLS;
}

static enum err
cut_blocks(struct cell_order *o, const struct dataset *ds, struct errbuf *eb)
{
    size_t n = 0;

    for (size_t i = 0; i < o->n; i++)
        n += i == 0 || !are_neighbours(ds, o->cell[i - 1], o->cell[i]);
    enum err e = big_calloc(&o->block, n + 1, sizeof *o->block, "blocks of cells", eb);

    if (!e)
        e = big_calloc(&o->drawn, n, sizeof *o->drawn, "blocks of cells", eb);
    if (!e)
        e = big_calloc(&o->place, POOL_CELLS + BLOCK_CELLS, sizeof *o->place,
                       "a pool of cells", eb);
    if (!e)
        e = big_calloc(&o->cut, o->n / POOL_CELLS + 1, sizeof *o->cut, "pools of cells",
                       eb);
    if (e)
        return e;
    for (size_t i = 0; i < o->n; i++)
        if (i == 0 || !are_neighbours(ds, o->cell[i - 1], o->cell[i]))
            o->block[o->n_blocks++] = (uint32_t)i;
    o->block[n] = (uint32_t)o->n;
    return ERR_OK;
}

/* --- life --- */

enum err
cell_order_init(struct cell_order *o, const struct dataset *ds, const uint32_t *cell,
                size_t n, bool in_blocks, struct errbuf *eb)
{
    *o = (struct cell_order){.cell = cell, .n = n};
    enum err e = in_blocks ? cut_blocks(o, ds, eb) : ERR_OK;

    if (e)
        cell_order_release(o);
    return e;
}

void
cell_order_release(struct cell_order *o)
{
    free(o->block);
    free(o->drawn);
    free(o->place);
    free(o->cut);
    *o = (struct cell_order){0};
}

/* --- an epoch --- */

/* out = the cells of the blocks from `from` on that make a pool; *end is the block after
 * them.  Returns how many cells. */
static size_t
take_pool(const struct cell_order *o, size_t from, size_t *end, uint32_t *out)
{
    size_t n = 0, i = from;

    for (; i < o->n_blocks && n < POOL_CELLS; i++) {
        const uint32_t *block = o->block + o->drawn[i];

        for (uint32_t k = block[0]; k < block[1]; k++)
            out[n++] = o->cell[k];
    }
    *end = i;
    return n;
}

/* Permute the n cells of a pool where they stand. */
static void
mix_pool(const struct cell_order *o, const struct rng *r, uint32_t *cell, size_t n)
{
    uint32_t before[POOL_CELLS + BLOCK_CELLS];

    memcpy(before, cell, n * sizeof *cell);
    rng_permutation(r, o->place, n);
    for (size_t i = 0; i < n; i++)
        cell[i] = before[o->place[i]];
}

static void
order_blocks(struct cell_order *o, uint64_t seed, uint64_t epoch, uint32_t *out)
{
    struct rng r = rng_stream(seed, RNG_ORDER, epoch, STREAM_BLOCKS);
    size_t at = 0;

    rng_permutation(&r, o->drawn, o->n_blocks);
    o->n_cuts = 0;
    for (size_t i = 0; i < o->n_blocks;) {
        size_t n = take_pool(o, i, &i, out + at);

        r = rng_stream(seed, RNG_ORDER, epoch, STREAM_POOL + o->n_cuts);
        mix_pool(o, &r, out + at, n);
        at += n;
        o->cut[o->n_cuts++] = (uint32_t)at;
    }
}

void
cell_order_epoch(struct cell_order *o, uint64_t seed, uint64_t epoch, uint32_t *out)
{
    struct rng r = rng_stream(seed, RNG_ORDER, epoch, STREAM_CELLS);

    if (o->block) {
        order_blocks(o, seed, epoch, out);
        return;
    }
    rng_permutation(&r, out, o->n);
    for (size_t i = 0; i < o->n; i++)
        out[i] = o->cell[out[i]];
}
