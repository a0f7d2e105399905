/* pass_load.c - from the cells of a batch to what the first layer's kernels walk through.
 *
 * Two rounds over the cells.  The first finds their rows and how much room each needs.
 * The second takes block after block through all that is left while its rows are in the
 * cache: decode or augment, put often detected genes into the dense block, cut the others
 * into tiles, pack. */
#include "engine/pass.h"

#include <assert.h>

#include "base/rng.h"
#include "num/sparse.h"

/* What is done with the cells of this batch. */
struct job {
    struct pass *p;
    bool augmented;
    bool hot;   /* the dense block takes genes */
    bool shift; /* and vectors are added to them there */
};

static size_t
block_end(const struct pass *p, size_t block)
{
    size_t end = (block + 1) * PACK_CELLS;

    return end < p->x.B ? end : p->x.B;
}

/* --- first round --- */

static struct sparse_row
row_of(struct csr_row r)
{
    return (struct sparse_row){.index = r.index,
                               .value = r.value,
                               .n = r.n,
                               .code = r.code,
                               .n_dict = r.n_dict};
}

static struct rng
augment_stream(const struct pass *p)
{
    return rng_stream(p->seed, RNG_AUGMENT, (uint64_t)p->epoch, 0);
}

/* Values that are packed of a row at most. */
static size_t
to_pack(const struct pass *p, const struct sparse_row *row)
{
    return row->n - (p->hot.ops ? hot_count(&p->hot, row) : 0);
}

static void
find_rows(void *ctx, size_t block, size_t thread)
{
    const struct job *j = ctx;
    struct pass *p = j->p;
    struct rng r = augment_stream(p);
    size_t room = 0, decoded = 0;

    (void)thread;
    for (size_t b = block * PACK_CELLS; b < block_end(p, block); b++) {
        p->row[b] = row_of(row_batch_at(&p->cells, b));
        room += to_pack(p, &p->row[b]);
        p->from[b] = decoded;
        decoded += p->row[b].n;
        if (!j->augmented)
            continue;
        size_t vector;
        float sign;

        augment_draw(p->augment, &r, p->cells.cell[b], &vector, &sign);
        struct sparse_row a = row_of(csr_row(&p->augment->a, vector));
        room += to_pack(p, &a);
    }
    p->block_room[block] = room;
    p->block_values[block] = decoded;
}

/* Where each block's share of what they fill together begins; the longest dictionary,
 * SIZE_MAX if a row is not coded. */
static size_t
place_blocks(struct pass *p)
{
    size_t room = 0, values = 0, n_dict = 0;

    for (size_t block = 0; block < sparse_blocks(p->x.B); block++) {
        if (p->packed.at)
            p->packed.from[block] = room;
        room += p->block_room[block];
        size_t n = p->block_values[block];
        p->block_values[block] = values;
        values += n;
    }
    for (size_t b = 0; b < p->x.B; b++) {
        size_t n = p->row[b].code ? p->row[b].n_dict : p->row[b].n > 0 ? SIZE_MAX : 0;

        n_dict = n > n_dict ? n : n_dict;
    }
    assert(p->packed.at ? room <= p->packed.room : n_dict == 0 || n_dict == SIZE_MAX);
    assert(!p->reads_rows || n_dict == SIZE_MAX || values <= p->values_max ||
           p->augment);
    return n_dict;
}

/* --- second round --- */

/* The values of a row; decoded into room + at, if they are coded. */
static void
plain(const struct pass *p, struct sparse_row *row, float *room, size_t at)
{
    if (!row->code)
        return;
    p->k->decode(row->code, row->n, row->value, row->n_dict, room + at);
    row->value = room + at;
    row->code = NULL;
}

/* Where an augmented row stands: for the model, or until its block is packed. */
static size_t
augmented_place(const struct pass *p, size_t b, size_t thread)
{
    size_t i = p->reads_rows ? b : thread * PACK_CELLS + b % PACK_CELLS;

    return i * p->augment_max;
}

static void
augment_row(const struct job *j, size_t b, size_t thread)
{
    struct pass *p = j->p;
    struct rng r = augment_stream(p);
    struct sparse_row row = p->row[b];
    size_t at = augmented_place(p, b, thread), vector;
    float sign;

    assert(row.n <= p->plain_max);
    plain(p, &row, p->plain_value, thread * p->plain_max);
    augment_draw(p->augment, &r, p->cells.cell[b], &vector, &sign);
    struct sparse_row a = row_of(csr_row(&p->augment->a, vector));

    if (j->shift)
        hot_shift(&p->hot, b, &row, &a, sign, AUGMENT_VALUE_MAX);
    size_t n = p->k->shift_row(&row, &a, sign, AUGMENT_VALUE_MAX, p->augment_index + at,
                               p->augment_value + at);
    assert(n + VEC <= p->augment_max);
    p->row[b] = (struct sparse_row){
        .index = p->augment_index + at, .value = p->augment_value + at, .n = n};
}

static void
load_block(void *ctx, size_t block, size_t thread)
{
    const struct job *j = ctx;
    struct pass *p = j->p;
    const struct sparse_tiles *tiles = p->x.tiles;
    size_t t0 = j->hot ? tiles->hot_tiles : 0, first = p->reads_rows ? 0 : t0;

    for (size_t b = block * PACK_CELLS; b < block_end(p, block); b++) {
        struct sparse_row *row = &p->row[b];

        if (j->augmented)
            augment_row(j, b, thread);
        else if (p->reads_rows)
            plain(p, row, p->value, p->block_values[block] + p->from[b]);
        if (j->hot && !j->shift)
            hot_put(&p->hot, b, row, hot_count(&p->hot, row));
        p->k->sparse_start(row, tiles, first, p->tile_start + b * (tiles->n + 1));
    }
    if (p->packed.at)
        sparse_pack_block(p->k, &p->x, block, t0, &p->packed);
}

void
pass_load(struct pass *p, const struct row_batch *cells, const int32_t *y_all)
{
    size_t B = cells->n;

    assert(B <= p->B_max && (!cells->x || cells->x->n_cols == p->x.D));
    struct job j = {.p = p, .augmented = p->training && p->augment};

    step_times_begin(p->times);
    p->x.B = B;
    p->cells = *cells;
    for (size_t b = 0; y_all && b < B; b++)
        p->y[b] = y_all[cells->cell[b]];
    pool_run(p->pool, sparse_blocks(B), find_rows, &j);
    size_t n_dict = place_blocks(p);
    j.hot = p->hot.ops &&
            hot_begin(&p->hot, B, j.augmented || p->reads_rows ? SIZE_MAX : n_dict);
    j.shift = j.hot && j.augmented && !p->reads_rows;
    step_times_lap(p->times, STEP_FIND);
    pool_run(p->pool, sparse_blocks(B), load_block, &j);
    p->x.hot = j.hot ? &p->hot : NULL;
    p->x.packed = p->packed.at ? &p->packed : NULL;
    step_times_lap(p->times, STEP_LOAD);
}
