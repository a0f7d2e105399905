/* pass.c - working memory of a batch. */
#include "engine/pass.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "engine/model.h"
#include "engine/platform.h"
#include "num/sparse.h"

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
        (e = big_calloc(&p->block_values, sparse_blocks(B_max), sizeof *p->block_values,
                        "cells of a batch", eb)) ||
        (e = big_calloc(&p->block_room, sparse_blocks(B_max), sizeof *p->block_room,
                        "cells of a batch", eb)) ||
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
    free(p->block_values);
    free(p->block_room);
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

/* --- room for batches to come --- */

/* Room for packing that many non-zeros, which may be none. */
static enum err
make_room(struct pass *p, uint64_t values, struct errbuf *eb)
{
    if (p->packed.at && values <= p->packed.room)
        return ERR_OK;
    sparse_packed_release(&p->packed);
    return sparse_packed_init(&p->packed, p->x.tiles, p->B_max, values, eb);
}

/* Genes that the dense block has where there is one; they are not packed. */
static size_t
dense_genes(const struct pass *p)
{
    return p->hot.ops ? p->x.tiles->hot : 0;
}

/* Room for n decoded values of a batch. */
static enum err
value_room(struct pass *p, uint64_t n, struct errbuf *eb)
{
    free(p->value);
    p->values_max = 0;
    enum err e = big_calloc(&p->value, n, sizeof *p->value, "values of a batch", eb);

    p->values_max = e ? 0 : n;
    return e;
}

enum err
pass_expect(struct pass *p, const struct csr *x, const uint32_t *cell, size_t n,
            struct errbuf *eb)
{
    bool coded = !p->reads_rows && csr_dictionary(x, cell, n) < HOT_CODES;
    uint64_t most = p->reads_rows && !x->value ? csr_most(x, cell, n, p->B_max, 0) : 0;
    enum err e = make_room(p, csr_most(x, cell, n, p->B_max, dense_genes(p)), eb);

    if (!e && p->hot.ops)
        e = hot_expect(&p->hot, p->B_max, coded, eb);
    return e || most <= p->values_max ? e : value_room(p, most, eb);
}

/* What a batch needs. */
struct need {
    uint64_t values;        /* of all cells, and of the longest */
    size_t longest, n_dict; /* n_dict: as csr_dictionary */
};

static struct need
need_of(const struct row_batch *cells)
{
    struct need need = {0};

    for (size_t i = 0; i < cells->n; i++) {
        struct csr_row r = row_batch_at(cells, i);
        size_t n_dict = r.code ? r.n_dict : r.n > 0 ? SIZE_MAX : 0;

        need.values += r.n;
        need.longest = r.n > need.longest ? r.n : need.longest;
        need.n_dict = n_dict > need.n_dict ? n_dict : need.n_dict;
    }
    return need;
}

/* Batches differ little: with an eighth more than this one needs there is room for nearly
 * all. */
static uint64_t
with_slack(uint64_t n)
{
    return n + n / 8;
}

/* Values that augmentation adds to a cell at most, without those of the dense block. */
static size_t
longest_vector(const struct pass *p, const struct augment *augment)
{
    size_t n = augment->a.n_rows;

    return (size_t)csr_most(&augment->a, NULL, n, 1, dense_genes(p));
}

/* Room for augmented cells of up to `longest` values before. */
static enum err
augment_room(struct pass *p, const struct augment *augment, size_t longest,
             struct errbuf *eb)
{
    size_t max = longest + augment->longest, threads = pool_threads(p->pool);
    size_t rows = p->reads_rows ? p->B_max : threads * PACK_CELLS;
    enum err e;

    free(p->augment_index);
    free(p->augment_value);
    free(p->plain_value);
    p->augment_index = NULL;
    p->augment_value = p->plain_value = NULL;
    p->plain_max = 0;
    p->augment_max = (max < p->x.D ? max : p->x.D) + VEC;
    if ((e = big_calloc(&p->augment_index, rows * p->augment_max,
                        sizeof *p->augment_index, "augmented cells", eb)) ||
        (e = big_calloc(&p->augment_value, rows * p->augment_max,
                        sizeof *p->augment_value, "augmented cells", eb)) ||
        (e = big_calloc(&p->plain_value, threads * longest, sizeof *p->plain_value,
                        "cells to be augmented", eb)))
        return e;
    p->plain_max = longest;
    return ERR_OK;
}

enum err
pass_augment(struct pass *p, const struct augment *augment, size_t longest,
             struct errbuf *eb)
{
    uint64_t before = p->packed.at ? p->packed.room : p->B_max * longest;
    uint64_t room = before + p->B_max * longest_vector(p, augment);
    enum err e;

    assert(augment->a.n_cols == p->x.D && !p->augment);
    if ((e = augment_room(p, augment, longest, eb)) || (e = make_room(p, room, eb)) ||
        (p->hot.ops && (e = hot_expect(&p->hot, p->B_max, false, eb))))
        return e;
    p->augment = augment;
    return ERR_OK;
}

enum err
pass_make_room(struct pass *p, const struct row_batch *cells, struct errbuf *eb)
{
    struct need need = need_of(cells);
    bool augmented = p->training && p->augment;
    uint64_t added = augmented ? cells->n * p->augment->longest : 0;
    bool coded = !augmented && !p->reads_rows && need.n_dict < HOT_CODES;
    enum err e = ERR_OK;

    if (!p->packed.at || need.values + added > p->packed.room)
        e = make_room(p, with_slack(need.values + added), eb);
    if (!e && p->hot.ops)
        e = hot_expect(&p->hot, p->B_max, coded, eb);
    if (!e && p->reads_rows && !augmented && need.values > p->values_max)
        e = value_room(p, with_slack(need.values), eb);
    if (!e && augmented && need.longest > p->plain_max)
        e = augment_room(p, p->augment, with_slack(need.longest), eb);
    return e;
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
