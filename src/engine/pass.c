/* pass.c - working memory of a batch. */
#include "engine/pass.h"

#include <assert.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "engine/model.h"
#include "engine/platform.h"
#include "num/sparse.h"

enum { TASK_CELLS = 16 };

enum err
pass_init(struct pass *p, const struct model *m, size_t B_max, struct pool *pool,
          const struct kernels *k, struct errbuf *eb)
{
    size_t n_tiles = m->tiles.n;
    size_t scratch = m->ops->scratch_bytes(m, B_max, pool_threads(pool));
    enum err e;

    *p = (struct pass){
        .pool = pool, .k = k, .B_max = B_max, .reads_rows = m->ops->reads_rows};
    if ((e = big_calloc(&p->row, B_max, sizeof *p->row, "cells of a batch", eb)) ||
        (e = big_calloc(&p->tile_start, B_max * (n_tiles + 1), sizeof *p->tile_start,
                        "gene tiles of a batch", eb)) ||
        (e = big_calloc(&p->from, B_max, sizeof *p->from, "cells of a batch", eb)) ||
        (k->hot && m->tiles.hot &&
         (e = hot_init(&p->hot, k, &m->tiles, B_max, m->first_width, pool_threads(pool),
                       eb))) ||
        (e = sparse_work_init(&p->sparse, &m->tiles, pool_threads(pool), eb)) ||
        (e = big_calloc(&p->squares, sparse_parts_max(&m->tiles), sizeof *p->squares,
                        "gene tiles of a batch", eb)) ||
        (e = big_calloc(&p->y, B_max, sizeof *p->y, "classes of a batch", eb)) ||
        (e = big_calloc(&p->z, B_max * m->ld, sizeof *p->z, "logits of a batch", eb)) ||
        (e = big_calloc(&p->dz, B_max * m->ld, sizeof *p->dz, "gradient of logits",
                        eb)) ||
        (e = big_calloc(&p->loss, B_max, sizeof *p->loss, "losses of a batch", eb)) ||
        (e = big_calloc(&p->predicted, B_max, sizeof *p->predicted, "predictions",
                        eb)) ||
        (scratch > 0 && (e = big_calloc(&p->scratch, scratch, 1,
                                        "working memory of the model", eb)))) {
        pass_release(p);
        return e;
    }
    p->x = (struct sparse_batch){.D = m->config.D,
                                 .row = p->row,
                                 .tiles = &m->tiles,
                                 .tile_start = p->tile_start};
    return ERR_OK;
}

void
pass_release(struct pass *p)
{
    free(p->row);
    free(p->tile_start);
    sparse_work_release(&p->sparse);
    sparse_packed_release(&p->packed);
    hot_release(&p->hot);
    free(p->value);
    free(p->from);
    free(p->plain_value);
    free(p->squares);
    free(p->augment_index);
    free(p->augment_value);
    free(p->y);
    free(p->z);
    free(p->dz);
    free(p->loss);
    free(p->predicted);
    free(p->scratch);
    *p = (struct pass){0};
}

uint64_t
pass_bytes(const struct model *m, size_t B, uint64_t mean, size_t n_threads)
{
    size_t D = m->config.D;
    uint64_t values = B * (4 * mean < D ? 4 * mean : D);
    /* Before the genes are ordered nobody knows how many are often detected. */
    struct sparse_tiles tiles = {.hot = (size_t)(mean < D ? mean : D)};
    uint64_t bytes = B * (m->tiles.n + 1) * 2 * sizeof(uint32_t) + /* tile_start, at */
                     values * (sizeof(uint16_t) + sizeof(float)) +
                     sparse_work_bytes(&m->tiles, n_threads);

    if (m->ops->reads_rows)
        bytes += values * sizeof(float);
    if (platform_kernels()->hot)
        bytes += hot_bytes(&tiles, B, m->first_width, n_threads);
    return bytes;
}

/* Room for packing that many non-zeros. */
static enum err
make_room(struct pass *p, uint64_t values, struct errbuf *eb)
{
    if (values <= p->packed.room)
        return ERR_OK;
    sparse_packed_release(&p->packed);
    return sparse_packed_init(&p->packed, p->x.tiles, p->B_max, values, eb);
}

enum err
pass_expect(struct pass *p, const struct csr *x, const uint32_t *cell, size_t n,
            struct errbuf *eb)
{
    uint64_t most = csr_most(x, cell, n, p->B_max);
    bool coded = !p->reads_rows && csr_dictionary(x, cell, n) < HOT_CODES;
    enum err e = make_room(p, most, eb);

    if (!e && p->hot.ops)
        e = hot_expect(&p->hot, p->B_max, coded, eb);
    if (e || x->value || !p->reads_rows || most <= p->values_max)
        return e;
    free(p->value);
    e = big_calloc(&p->value, most, sizeof *p->value, "values of a batch", eb);
    p->values_max = e ? 0 : most;
    return e;
}

/* --- augmentation --- */

enum err
pass_augment(struct pass *p, const struct augment *augment, size_t longest,
             struct errbuf *eb)
{
    size_t max = longest + augment->longest;
    enum err e;

    assert(augment->a.n_cols == p->x.D && !p->augment);
    p->augment_max = (max < p->x.D ? max : p->x.D) + VEC;
    if ((e = big_calloc(&p->augment_index, p->B_max * p->augment_max,
                        sizeof *p->augment_index, "augmented cells of a batch", eb)) ||
        (e = big_calloc(&p->augment_value, p->B_max * p->augment_max,
                        sizeof *p->augment_value, "augmented cells of a batch", eb)) ||
        (e = big_calloc(&p->plain_value, pool_threads(p->pool) * longest,
                        sizeof *p->plain_value, "cells to be augmented", eb)) ||
        (e = make_room(p, p->B_max * p->augment_max, eb)) ||
        (p->hot.ops && (e = hot_expect(&p->hot, p->B_max, false, eb))))
        return e;
    p->plain_max = longest;
    p->augment = augment;
    return ERR_OK;
}

/* A row that is not coded. */
static struct sparse_row
row_of(const struct csr *x, size_t i)
{
    struct csr_row r = csr_row(x, i);

    assert(!r.code);
    return (struct sparse_row){.index = r.index, .value = r.value, .n = r.n};
}

static void
augment_cells(void *ctx, size_t task, size_t thread)
{
    struct pass *p = ctx;
    struct rng r = rng_stream(p->seed, RNG_AUGMENT, (uint64_t)p->epoch, 0);
    size_t end = (task + 1) * TASK_CELLS;
    float *plain = p->plain_value + thread * p->plain_max;

    for (size_t b = task * TASK_CELLS; b < end && b < p->x.B; b++) {
        struct csr_row row = csr_row(p->cells, p->cell[b]);
        uint16_t *index = p->augment_index + b * p->augment_max;
        float *value = p->augment_value + b * p->augment_max, sign;
        size_t vector;

        if (row.code) {
            assert(row.n <= p->plain_max);
            p->k->decode(row.code, row.n, row.value, row.n_dict, plain);
        }
        augment_draw(p->augment, &r, p->cell[b], &vector, &sign);
        struct sparse_row cell = {
            .index = row.index, .value = row.code ? plain : row.value, .n = row.n};
        struct sparse_row a = row_of(&p->augment->a, vector);
        size_t n = p->k->shift_row(&cell, &a, sign, AUGMENT_VALUE_MAX, index, value);
        assert(n + VEC <= p->augment_max);
        p->row[b] = (struct sparse_row){.index = index, .value = value, .n = n};
    }
}

/* --- loading --- */

/* Rows as they are; decoded, where the model reads them itself. */
static void
load_cells(void *ctx, size_t task, size_t thread)
{
    struct pass *p = ctx;
    size_t end = (task + 1) * TASK_CELLS;

    (void)thread;
    for (size_t b = task * TASK_CELLS; b < end && b < p->x.B; b++) {
        struct csr_row row = csr_row(p->cells, p->cell[b]);

        p->row[b] = (struct sparse_row){.index = row.index,
                                        .value = row.value,
                                        .n = row.n,
                                        .code = row.code,
                                        .n_dict = row.n_dict};
        if (!row.code || !p->reads_rows)
            continue;
        p->k->decode(row.code, row.n, row.value, row.n_dict, p->value + p->from[b]);
        p->row[b].value = p->value + p->from[b];
        p->row[b].code = NULL;
    }
}

/* Room for the decoded cells of a batch. */
static void
place_cells(struct pass *p)
{
    uint64_t at = 0;

    for (size_t b = 0; b < p->x.B; b++) {
        struct csr_row row = csr_row(p->cells, p->cell[b]);

        p->from[b] = at;
        at += row.code ? row.n : 0;
    }
    assert(at <= p->values_max);
}

static uint64_t
batch_values(const struct pass *p)
{
    uint64_t n = 0;

    for (size_t b = 0; b < p->x.B; b++)
        n += p->row[b].n;
    return n;
}

/* From rows to what the kernels of the first layer walk through. */
static void
lay_out(struct pass *p)
{
    bool hot = hot_takes(&p->hot, &p->x);

    p->x.hot = NULL;
    p->x.packed = NULL;
    sparse_tile(p->pool, p->k, &p->x,
                hot && !p->reads_rows ? p->x.tiles->hot_tiles : 0, p->tile_start);
    if (hot)
        hot_load(p->pool, &p->hot, &p->x);
    if (p->packed.at) {
        assert(p->packed.room >= batch_values(p));
        sparse_pack(p->pool, p->k, &p->x, &p->packed);
    }
}

void
pass_load(struct pass *p, const struct csr *x, const int32_t *y_all,
          const uint32_t *cell, size_t B)
{
    assert(B <= p->B_max && x->n_cols == p->x.D);
    bool augmented = p->training && p->augment;

    step_times_begin(p->times);
    p->x.B = B;
    p->cell = cell;
    p->cells = x;
    for (size_t b = 0; y_all && b < B; b++)
        p->y[b] = y_all[cell[b]];
    if (p->reads_rows && !augmented)
        place_cells(p);
    if (!augmented)
        pool_run(p->pool, (B + TASK_CELLS - 1) / TASK_CELLS, load_cells, p);
    step_times_lap(p->times, STEP_DECODE);
    if (augmented)
        pool_run(p->pool, (B + TASK_CELLS - 1) / TASK_CELLS, augment_cells, p);
    step_times_lap(p->times, STEP_AUGMENT);
    lay_out(p);
    step_times_lap(p->times, STEP_TILE);
}

void
pass_first_gradient(struct pass *p, const float *dz, size_t ld, float *grad,
                    size_t offset, float *dbias)
{
    sparse_gradient(p->pool, p->k, &p->x, &p->sparse, dz, ld, false, grad + offset,
                    dbias, p->squares);
    p->known = (struct optim_known){.from = offset,
                                    .to = offset + p->x.D * ld,
                                    .sum = p->squares,
                                    .n = sparse_parts(&p->x)};
}
