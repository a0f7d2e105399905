/* gene_order.c - genes in order of detection. */
#include "data/gene_order.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/csr.h"

struct counted {
    uint64_t n; /* cells that detect it */
    uint16_t gene;
};

/* The most detected first, then by gene. */
static int
compare_counted(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;

    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return (x->gene > y->gene) - (x->gene < y->gene);
}

static void
allocate(struct gene_order *o, size_t D)
{
    *o = (struct gene_order){.D = D};
    o->gene = xcalloc(D, sizeof *o->gene);
    o->place = xcalloc(D, sizeof *o->place);
    o->rate = xcalloc(D, sizeof *o->rate);
}

static void
invert(struct gene_order *o)
{
    for (size_t p = 0; p < o->D; p++)
        o->place[o->gene[p]] = (uint16_t)p;
}

void
gene_order_rank(struct gene_order *o, size_t D, const uint64_t *detected, uint64_t n)
{
    struct counted *c = xcalloc(D, sizeof *c);

    allocate(o, D);
    for (size_t g = 0; g < D; g++)
        c[g] = (struct counted){detected[g], (uint16_t)g};
    qsort(c, D, sizeof *c, compare_counted);
    for (size_t p = 0; p < D; p++) {
        o->gene[p] = c[p].gene;
        o->rate[p] = n ? (float)((double)c[p].n / (double)n) : 0;
    }
    invert(o);
    free(c);
}

void
gene_order_count(struct gene_order *o, const struct csr *x, const uint32_t *cell,
                 size_t n)
{
    uint64_t *detected = xcalloc(x->n_cols, sizeof *detected);

    for (size_t i = 0; i < n; i++) {
        size_t row = cell ? cell[i] : i;

        for (uint64_t k = x->indptr[row]; k < x->indptr[row + 1]; k++)
            detected[x->index[k]]++;
    }
    gene_order_rank(o, x->n_cols, detected, n);
    free(detected);
}

void
gene_order_set(struct gene_order *o, size_t D, const uint16_t *gene, const float *rate)
{
    allocate(o, D);
    memcpy(o->gene, gene, D * sizeof *gene);
    memcpy(o->rate, rate, D * sizeof *rate);
    invert(o);
}

void
gene_order_copy(struct gene_order *o, const struct gene_order *from)
{
    *o = (struct gene_order){0};
    if (from && from->D)
        gene_order_set(o, from->D, from->gene, from->rate);
}

void
gene_order_release(struct gene_order *o)
{
    free(o->gene);
    free(o->place);
    free(o->rate);
    *o = (struct gene_order){0};
}

bool
gene_order_equal(const struct gene_order *a, const struct gene_order *b)
{
    return a->D == b->D &&
           (a->D == 0 || (memcmp(a->gene, b->gene, a->D * sizeof *a->gene) == 0 &&
                          memcmp(a->rate, b->rate, a->D * sizeof *a->rate) == 0));
}

enum err
gene_order_apply(const struct gene_order *o, struct csr *x, struct pool *pool,
                 struct errbuf *eb)
{
    assert(o->D == x->n_cols && x->order.D == 0);
    enum err e = csr_permute(x, o->place, pool, eb);

    if (!e)
        gene_order_copy(&x->order, o);
    return e;
}

enum err
gene_order_own(struct csr *x, size_t n_threads, struct errbuf *eb)
{
    struct pool *pool = pool_new(n_threads ? n_threads : pool_cores());
    struct gene_order o;

    gene_order_count(&o, x, NULL, x->n_rows < ORDER_CELLS ? x->n_rows : ORDER_CELLS);
    enum err e = gene_order_apply(&o, x, pool, eb);
    gene_order_release(&o);
    pool_free(pool);
    return e;
}
