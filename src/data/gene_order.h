/* gene_order.h - genes in order of detection: the order in which cells and weights lie in
 * memory while a model works.
 *
 * A gene that most cells detect costs a row of weights in most cells; such genes lie
 * together so that their weights stay in the nearest cache, and a model's parameters lie
 * in the same order.  Outside nobody sees it: files, checkpoints, digests, initial values
 * and results have the order of the data (model.h).
 *
 * Letters: D genes.
 *
 * Threads: any thread once made (const).
 * Errors:  ERR_NOMEM names what.
 * Tests:   tests/test_gene_order.c */
#ifndef DATA_GENE_ORDER_H
#define DATA_GENE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"

struct csr;

/* As many cells say which genes are often detected, where an order is made for scoring:
 * so many are read beforehand of cells that are not in memory. */
enum { ORDER_CELLS = 8192 };

struct gene_order {
    size_t D;        /* 0: none, the order of the data */
    uint16_t *gene;  /* (D) owned; the gene at each place */
    uint16_t *place; /* (D) owned; the place of each gene */
    float *rate; /* (D) owned; by place: share of cells that detect it, descending */
};

/* By detection among the n cells cell[] of x (in the order of the data), NULL: the first
 * n; equal ones keep the order of the data.  n = 0: all equal. */
void gene_order_count(struct gene_order *o, const struct csr *x, const uint32_t *cell,
                      size_t n);

/* The same from the number of cells among n that detect each gene (D). */
void gene_order_rank(struct gene_order *o, size_t D, const uint64_t *detected,
                     uint64_t n);

/* The same of the first ORDER_CELLS cells of x, and x put into that order by n_threads, 0: as many as there
 * are cores. */
MUST_CHECK enum err gene_order_own(struct csr *x, size_t n_threads, struct errbuf *eb);

/* From the genes by place and their rates, (D) each. */
void gene_order_set(struct gene_order *o, size_t D, const uint16_t *gene,
                    const float *rate);

/* Another one like it; both are released with gene_order_release. */
void gene_order_copy(struct gene_order *o, const struct gene_order *from);
void gene_order_release(struct gene_order *o);
bool gene_order_equal(const struct gene_order *a, const struct gene_order *b);

/* Put the genes of x, which are in the order of the data, into this order; x->order says
 * so from then on. */
MUST_CHECK enum err gene_order_apply(const struct gene_order *o, struct csr *x,
                                     struct pool *pool, struct errbuf *eb);

/* Place of gene g, or gene at place p, of an order that may be none. */
static inline size_t
gene_place(const struct gene_order *o, size_t g)
{
    return o->D ? o->place[g] : g;
}

static inline size_t
gene_at(const struct gene_order *o, size_t p)
{
    return o->D ? o->gene[p] : p;
}

#endif
