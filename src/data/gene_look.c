/* gene_look.c - genes by detection in some thousand cells. */
#include "data/gene_look.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "data/dataset.h"

enum {
    BAND = 32,        /* neighbours that are looked at */
    LOOK_PCT = 5,     /* so many of all bands, */
    BANDS_LEAST = 32, /* but at least */
    BANDS_MOST = 128
};

static size_t
bands_to_look_at(size_t bands)
{
    size_t share = bands * LOOK_PCT / 100;

    return share < BANDS_LEAST ? BANDS_LEAST : share < BANDS_MOST ? share : BANDS_MOST;
}

size_t
gene_look_step(size_t n_cells)
{
    size_t bands = n_cells / BAND, wanted = bands_to_look_at(bands);

    return bands > wanted ? bands / wanted : 1;
}

bool
gene_look_takes(size_t k, size_t step)
{
    return k / BAND % step == 0;
}

static void
count_row(const struct csr *x, size_t row, uint64_t *detected)
{
    for (uint64_t k = x->indptr[row]; k < x->indptr[row + 1]; k++)
        detected[x->index[k]]++;
}

/* Cells of a file lie together, in its order. */
static void
count_cells(const struct dataset *ds, size_t step, uint64_t *looked, size_t *n_looked,
            uint64_t *all)
{
    for (size_t i = 0, k = 0; i < ds->n_cells; i++) {
        k = i && dataset_file(ds, (uint32_t)i) != dataset_file(ds, (uint32_t)(i - 1))
                ? 0
                : k;
        count_row(&ds->x, i, all);
        if (!gene_look_takes(k++, step))
            continue;
        count_row(&ds->x, i, looked);
        ++*n_looked;
    }
}

/* Rates by place that nowhere rise: what the sample put too far back is as rare as what is
 * before it. */
static void
set_rates(struct gene_order *o, const uint64_t *detected, size_t n)
{
    float most = 1;

    for (size_t p = 0; p < o->D && n; p++) {
        float rate = (float)((double)detected[o->gene[p]] / (double)n);

        most = rate < most ? rate : most;
        o->rate[p] = most;
    }
}

void
gene_look_order(struct gene_order *o, const struct dataset *ds)
{
    size_t D = ds->x.n_cols, n_looked = 0;
    uint64_t *detected = xcalloc(2 * D, sizeof *detected);

    assert(ds->x.order.D == 0);
    count_cells(ds, gene_look_step(ds->n_cells), detected, &n_looked, detected + D);
    gene_order_rank(o, D, detected, n_looked);
    set_rates(o, detected + D, ds->n_cells);
    free(detected);
}
