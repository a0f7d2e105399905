/* pass.c - working memory of a batch. */
#include "engine/pass.h"

#include <assert.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "engine/model.h"
#include "num/sparse.h"

enum err
pass_init(struct pass *p, const struct model *m, size_t B_max, struct pool *pool,
          const struct kernels *k, struct errbuf *eb)
{
    size_t D = m->config.D, N = m->first_width, n_tiles = sparse_tiles(D, N);
    size_t scratch = m->ops->scratch_bytes(m, B_max, pool_threads(pool));
    enum err e;

    *p = (struct pass){.pool = pool, .k = k, .B_max = B_max};
    if ((e = big_calloc(&p->row, B_max, sizeof *p->row, "cells of a batch", eb)) ||
        (e = big_calloc(&p->tile_start, B_max * (n_tiles + 1), sizeof *p->tile_start,
                        "gene tiles of a batch", eb)) ||
        (e = big_calloc(&p->tile_squares, n_tiles, sizeof *p->tile_squares,
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
    p->x = (struct sparse_batch){.D = D,
                                 .row = p->row,
                                 .tile_genes = sparse_tile_genes(D, N),
                                 .n_tiles = n_tiles,
                                 .tile_start = p->tile_start};
    return ERR_OK;
}

void
pass_release(struct pass *p)
{
    free(p->row);
    free(p->tile_start);
    free(p->tile_squares);
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

/* --- augmentation --- */

enum { AUGMENT_CELLS = 16 }; /* of a task */

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
                        sizeof *p->augment_value, "augmented cells of a batch", eb)))
        return e;
    p->augment = augment;
    return ERR_OK;
}

static struct sparse_row
row_of(const struct csr *x, size_t i)
{
    uint64_t from = x->indptr[i], to = x->indptr[i + 1];

    return (struct sparse_row){x->index + from, x->value + from, (size_t)(to - from)};
}

static void
augment_cells(void *ctx, size_t task, size_t thread)
{
    struct pass *p = ctx;
    struct rng r = rng_stream(p->seed, RNG_AUGMENT, (uint64_t)p->epoch, 0);
    size_t end = (task + 1) * AUGMENT_CELLS;

    (void)thread;
    for (size_t b = task * AUGMENT_CELLS; b < end && b < p->x.B; b++) {
        struct sparse_row *row = &p->row[b];
        uint16_t *index = p->augment_index + b * p->augment_max;
        float *value = p->augment_value + b * p->augment_max, sign;
        size_t vector;

        augment_draw(p->augment, &r, p->cell[b], &vector, &sign);
        struct sparse_row a = row_of(&p->augment->a, vector);
        size_t n = p->k->shift_row(row, &a, sign, AUGMENT_VALUE_MAX, index, value);
        assert(n + VEC <= p->augment_max);
        *row = (struct sparse_row){index, value, n};
    }
}

/* --- loading --- */

void
pass_load(struct pass *p, const struct csr *x, const int32_t *y_all,
          const uint32_t *cell, size_t B)
{
    assert(B <= p->B_max && x->n_cols == p->x.D);
    p->x.B = B;
    p->cell = cell;
    for (size_t b = 0; b < B; b++) {
        p->row[b] = row_of(x, cell[b]);
        if (y_all)
            p->y[b] = y_all[cell[b]];
    }
    if (p->training && p->augment)
        pool_run(p->pool, (B + AUGMENT_CELLS - 1) / AUGMENT_CELLS, augment_cells, p);
    sparse_tile(p->pool, &p->x, p->tile_start);
}
