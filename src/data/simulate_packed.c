/* simulate_packed.c - a simulated atlas straight into a packed store. */
#include "data/simulate_packed.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "data/packed_write.h"
#include "data/simulate_counts.h"
#include "data/simulate_obs.h"

enum {
    SLICE = 4096,       /* cells that are drawn and packed at a time */
    SAMPLE_CELLS = 4096 /* from all over the atlas, by which genes are ordered */
};

/* The order of the genes by a sample of the cells. */
static enum err
order_genes(struct gene_order *o, const struct sim_plan *p, struct sim_drawer *d,
            struct errbuf *eb)
{
    size_t step = (p->n_cells + SAMPLE_CELLS - 1) / SAMPLE_CELLS;
    struct csr x;

    *o = (struct gene_order){0};
    enum err e = sim_drawer_draw(d, 0, (p->n_cells + step - 1) / step, step, &x, eb);

    if (!e)
        gene_order_count(o, &x, NULL, x.n_rows);
    csr_release(&x);
    return e;
}

/* Draw and put the cells [first, first + n). */
static enum err
put_slice(struct packed_writer *w, struct sim_drawer *d, size_t first, size_t n,
          uint64_t *nnz, struct errbuf *eb)
{
    struct strlist id = {0};
    struct csr x;
    enum err e = sim_drawer_draw(d, first, n, 1, &x, eb);

    if (!e) {
        struct csr_piece *row = xcalloc(n, sizeof *row);

        for (size_t i = 0; i < n; i++)
            row[i] = (struct csr_piece){.index = x.index + x.indptr[i],
                                        .word = x.value + x.indptr[i],
                                        .n = (size_t)(x.indptr[i + 1] - x.indptr[i])};
        sim_cell_ids(first, n, &id);
        e = packed_writer_put(w, row, (const char *const *)id.item, n,
                              sim_drawer_pool(d), eb);
        *nnz += x.indptr[n];
        free(row);
    }
    strlist_release(&id);
    csr_release(&x);
    return e;
}

/* obs, and the end of the file; w is gone afterwards. */
static enum err
finish(struct packed_writer *w, const struct sim_plan *p, const struct sim_packed *q,
       struct errbuf *eb)
{
    struct strlist yes = {0};
    struct sim_obs obs;
    int32_t *primary = xcalloc(p->n_cells, sizeof *primary); /* all the first level */

    strlist_add(&yes, "True");
    sim_obs_init(&obs, p);
    struct packed_obs *col = xcalloc(obs.n_cols + 1, sizeof *col);

    for (size_t k = 0; k < obs.n_cols; k++)
        col[k] = (struct packed_obs){.name = obs.col[k].name,
                                     .kind = COLUMN_TEXT,
                                     .code = {obs.col[k].code, sizeof(int32_t)},
                                     .levels = &obs.col[k].levels};
    col[obs.n_cols] = (struct packed_obs){.name = "is_primary_data",
                                          .kind = COLUMN_BOOL,
                                          .code = {primary, sizeof *primary},
                                          .levels = &yes};
    enum err e = packed_writer_finish(w, col, obs.n_cols + 1, NULL, q->fact, eb);

    free(col);
    sim_obs_release(&obs);
    strlist_release(&yes);
    free(primary);
    return e;
}

static enum err
write_cells(const struct sim_plan *p, const struct sim_packed *q, struct sim_drawer *d,
            const struct gene_order *order, const char *path, uint64_t *nnz,
            struct errbuf *eb)
{
    const struct packed_genes genes = {q->gene_id, q->gene_name, order};
    struct packed_writer *w;
    enum err e = packed_writer_open(&w, path, &genes, eb);

    if (e)
        return e;
    for (size_t at = 0; !e && at < p->n_cells; at += SLICE)
        e = put_slice(w, d, at, p->n_cells - at < SLICE ? p->n_cells - at : SLICE, nnz,
                      eb);
    if (!e)
        return finish(w, p, q, eb);
    packed_writer_abandon(w);
    return e;
}

enum err
sim_packed_write(const struct sim_plan *p, const struct sim_packed *q, const char *path,
                 uint64_t *nnz, struct errbuf *eb)
{
    struct gene_order order = {0};
    struct sim_drawer *d;
    enum err e = sim_drawer_open(&d, p, eb);

    *nnz = 0;
    if (!e)
        e = order_genes(&order, p, d, eb);
    if (!e)
        e = write_cells(p, q, d, &order, path, nnz, eb);
    gene_order_release(&order);
    sim_drawer_close(d);
    return e;
}
