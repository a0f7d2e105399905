/* dataset_packed.c - loading files, third pass: rows of packed stores. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "data/cell_order.h"
#include "data/dataset_loader.h"
#include "data/dataset_own.h"
#include "data/row_feed.h"
#include "data/row_place.h"
#include "data/source.h"

/* By detection in all files together. */
static void
join_orders(const struct loader *ld, struct gene_order *o)
{
    size_t G = ld->ds->gene_id.n;
    uint64_t *detected = xcalloc(G, sizeof *detected), n = 0;

    for (size_t i = 0; i < ld->file.n; i++) {
        const struct file_plan *p = &ld->plan[i];

        n += p->n_cells;
        for (size_t g = 0; p->detected && g < p->genes.id.n; g++)
            if (p->to[g] >= 0)
                detected[p->to[g]] += p->detected[g];
    }
    gene_order_rank(o, G, detected, n);
    free(detected);
}

/* Whether the file has all genes of the dataset, in this order (NULL: in any). */
static bool
has_order(const struct loader *ld, const struct file_plan *p, const uint16_t *gene)
{
    bool same = p->order.D == ld->ds->gene_id.n;

    for (size_t k = 0; same && k < p->order.D; k++) {
        int32_t g = p->to[p->order.gene[k]];

        same = g >= 0 && (!gene || g == gene[k]);
    }
    return same;
}

/* That of the files if they have the same one, so that their rows can be taken as they
 * are; else a common one. */
static void
order_packed(const struct loader *ld, struct gene_order *o)
{
    size_t G = ld->ds->gene_id.n;
    uint16_t *gene = xcalloc(G, sizeof *gene);
    const struct file_plan *first = NULL;
    bool same = true;

    for (size_t i = 0; i < ld->file.n && same; i++) {
        const struct file_plan *p = &ld->plan[i];

        if (!p->detected)
            continue;
        same = has_order(ld, p, first ? gene : NULL);
        for (size_t k = 0; same && !first && k < G; k++)
            gene[k] = (uint16_t)p->to[p->order.gene[k]];
        first = first ? first : p;
    }
    if (same && first)
        gene_order_set(o, G, gene, first->order.rate);
    else
        join_orders(ld, o);
    free(gene);
}

/* Bring rows whose genes are by place in a file to the order of the dataset; nothing is to
 * be done where it is the same. */
static void
place_rows(const struct loader *ld, const struct file_plan *p,
           const struct gene_order *file, bool drops, struct row_chunks *c)
{
    const struct gene_order *o = &ld->ds->x.order;
    int32_t *to = xcalloc(file->D, sizeof *to);
    bool same = !drops;

    for (size_t k = 0; k < file->D; k++) {
        int32_t g = p->to[file->gene[k]];

        to[k] = g < 0 ? -1 : o->place[g];
        same &= to[k] == (int32_t)k;
    }
    if (!same)
        row_place(c, to, file->D, drops && p->choice.scale);
    free(to);
}

static enum err
open_chunks(struct loader *ld, size_t i, bool stays, struct row_chunks *c,
            struct errbuf *eb)
{
    const struct file_plan *p = &ld->plan[i];
    bool drops = ld->ds->report[i].n_genes_dropped > 0;
    const struct gene_order *order;
    const uint64_t *detected;
    struct source f;
    struct source_matrix m = {0};
    enum err e = source_open(&f, ld->file.item[i], eb);

    if (e)
        return e;
    e = dataset_own_check(&ld->ds->report[i], &f, eb);
    /* The sum of a cell is that of the genes that are used. */
    if (!e && !(e = source_matrix_open(&f, p->choice.layer, &m, eb)) &&
        !(e = f.ops->chunks(&f, &m, p->choice.scale && !drops, p->choice.must_be_counts,
                            c, eb))) {
        f.ops->places(&f, &m, &order, &detected);
        if (stays && c->ops->check) /* else it is seen when all is decoded */
            e = c->ops->check(c, ld->keep + ld->first[i], eb);
        if (!e)
            place_rows(ld, p, order, drops, c);
    }
    if (!e && p->choice.whole_rows)
        layer_warn_sums(&p->choice, &p->choice.sample, f.path, ld->notes);
    source_matrix_close(&m);
    source_close(&f);
    return e;
}

static enum err
open_stream(struct loader *ld, bool stays, size_t *bad, struct errbuf *eb)
{
    struct dataset *ds = ld->ds;
    struct row_chunks *c = xcalloc(ld->file.n, sizeof *c);
    enum err e = ERR_OK;

    ds->stream = row_stream_new(c, ld->file.n, ds->file, ds->row);
    for (size_t i = 0; i < ld->file.n && !e; i++) {
        *bad = i;
        if (ds->report[i].n_kept)
            e = open_chunks(ld, i, stays, &c[i], eb);
    }
    return e;
}

/* Rows from `at` on become rows of x. */
static enum err
put_batch(struct loader *ld, const struct row_batch *b, size_t at,
          struct csr_piece *piece, struct errbuf *eb)
{
    for (size_t i = 0; i < b->n; i++) {
        struct csr_row r = b->rows[i];

        piece[i] = (struct csr_piece){r.index, r.value, r.n, r.n_dict};
    }
    return csr_put(&ld->ds->x, at, piece, b->n, ld->pool, eb);
}

static enum err
put_rows(struct loader *ld, struct row_feed *feed, size_t *bad, struct errbuf *eb)
{
    struct csr_piece *piece = xcalloc(feed->B, sizeof *piece);
    struct row_batch b;
    size_t at = 0;
    enum err e;

    while (!(e = row_feed_next(feed, &b, eb)) && b.n &&
           !(e = put_batch(ld, &b, at, piece, eb)))
        at += b.n;
    if (e && at < ld->ds->n_cells)
        *bad = dataset_file(ld->ds, (uint32_t)at);
    free(piece);
    return e;
}

/* From the stream, which is not needed any more then, to x. */
static enum err
fill_from_stream(struct loader *ld, size_t *bad, struct errbuf *eb)
{
    struct dataset *ds = ld->ds;
    uint32_t *cell;
    struct row_feed feed;
    enum err e = big_calloc(&cell, ds->n_cells, sizeof *cell, "cells", eb);

    for (size_t i = 0; !e && i < ds->n_cells; i++)
        cell[i] = (uint32_t)i;
    if (e)
        return e;
    struct row_list list = {.cell = cell, .n = ds->n_cells};

    if (!(e = row_feed_open(&feed, ds, &list, POOL_CELLS, ld->pool, eb))) {
        e = put_rows(ld, &feed, bad, eb);
        row_feed_close(&feed);
    }
    free(cell);
    row_stream_free(ds->stream);
    ds->stream = NULL;
    if (!e)
        csr_trim(&ds->x);
    return e;
}

static void
report_packed(struct loader *ld)
{
    const struct dataset *ds = ld->ds;

    for (size_t i = 0, from = 0; i < ld->file.n; i++) {
        size_t to = from + ds->report[i].n_kept;

        dataset_report_rows(&ds->report[i], &ds->x, from, to);
        from = to;
    }
}

enum err
dataset_packed_read(struct loader *ld, size_t *bad, struct errbuf *eb)
{
    struct dataset *ds = ld->ds;
    uint64_t bytes = 0, nnz = 0;
    struct gene_order order;

    for (size_t i = 0; i < ld->file.n; i++) {
        bytes += ds->report[i].matrix_bytes;
        nnz += ld->plan[i].nnz;
    }
    bool stays = ld->q->memory_max && bytes > ld->q->memory_max;
    enum err e =
        stays ? ERR_OK : csr_init_coded(&ds->x, ds->n_cells, ds->gene_id.n, nnz, eb);

    if (e)
        return e;
    if (ld->q->order)
        gene_order_copy(&order, ld->q->order);
    else
        order_packed(ld, &order);
    ds->x.n_cols = ds->gene_id.n;
    ds->x.order = order;
    if ((e = open_stream(ld, stays, bad, eb)))
        return e;
    if (stays) {
        note_info(
            ld->notes,
            "the cells would take %.1f GB, more than half of the memory: they are "
            "read while they are needed",
            (double)bytes / 1e9);
        return ERR_OK;
    }
    if (!(e = fill_from_stream(ld, bad, eb)))
        report_packed(ld);
    return e;
}
