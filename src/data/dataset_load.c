/* dataset_load.c - files become one dataset; the third pass over the files: values. */
#include "data/dataset_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/dataset_loader.h"
#include "data/row_reader.h"
#include "data/row_stream.h"
#include "data/row_windows.h"
#include "data/source.h"

static enum err
read_file(struct loader *ld, size_t i, size_t *row, struct errbuf *eb)
{
    struct file_plan *p = &ld->plan[i];
    struct value_stats st = {0};
    struct source f;
    size_t before = *row;
    enum err e = source_open(&f, ld->file.item[i], eb);

    if (e)
        return e;
    struct row_source src = {
        &f, &p->choice, &p->genes, p->to, ld->keep + ld->first[i], ld->pool};

    e = dataset_check_file(ld, i, &f, eb);
    if (!e)
        e = row_reader_append(&ld->ds->x, row, &src, &st, eb);
    if (!e)
        layer_warn_sums(&p->choice, &st, f.path, ld->notes);
    if (!e)
        dataset_report_rows(&ld->ds->report[i], &ld->ds->x, before, *row);
    source_close(&f);
    return e;
}

/* The sample of file i looked like counts, but the matrix is none. */
static void
demote_layer(struct loader *ld, size_t i)
{
    const char *layer = ld->plan[i].choice.layer;

    note_info(ld->notes, "%s: %s holds other values than counts further on",
              ld->file.item[i], layer);
    strlist_add(&ld->plan[i].not_counts, layer);
}

static enum err
read_files(struct loader *ld, size_t *bad, struct errbuf *eb)
{
    struct dataset *ds = ld->ds;
    uint64_t nnz = 0;
    size_t row = 0;

    for (size_t i = 0; i < ld->file.n; i++)
        nnz += ld->plan[i].nnz;
    enum err e = csr_init_coded(&ds->x, ds->n_cells, ds->gene_id.n, nnz, eb);

    for (size_t i = 0; i < ld->file.n && !e; i++) {
        *bad = i;
        if (ds->report[i].n_kept)
            e = read_file(ld, i, &row, eb);
    }
    if (!e)
        csr_trim(&ds->x);
    return e;
}

/* --- windows --- */

/* Hand what is known of the files over to ds->windows. */
static enum err
open_windows(struct loader *ld, struct errbuf *eb)
{
    struct dataset *ds = ld->ds;
    struct windows_file *file = xcalloc(ld->file.n, sizeof *file);
    enum err e = ERR_OK;

    for (size_t i = 0; i < ld->file.n; i++) {
        struct file_plan *p = &ld->plan[i];

        if (!ds->report[i].n_kept)
            continue;
        if (p->choice.whole_rows)
            layer_warn_sums(&p->choice, &p->choice.sample, ld->file.item[i], ld->notes);
        file[i] =
            (struct windows_file){ds->report[i].n_cells, p->choice, p->genes, p->to};
        p->choice = (struct layer_choice){0};
        p->genes = (struct gene_axis){0};
        p->to = NULL;
    }
    ds->x.n_cols = ds->gene_id.n;
    ds->windows = row_windows_new(ds, file, ld->q->memory_max / 2);
    struct gene_order order = {0};

    if (ld->q->order)
        gene_order_copy(&order, ld->q->order);
    else
        e = row_windows_order(ds->windows, &order, ld->pool, eb);
    ds->x.order = order;
    return e;
}

/* Whether the cells, which are used in order, take more than they may. */
static bool
is_too_much(const struct loader *ld)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < ld->file.n; i++)
        bytes += ld->ds->report[i].matrix_bytes;
    bool too_much = ld->q->in_order && ld->q->memory_max && bytes > ld->q->memory_max;

    if (too_much)
        note_info(
            ld->notes,
            "the cells would take %.1f GB, more than half of the memory: some are "
            "read at a time",
            (double)bytes / 1e9);
    return too_much;
}

static void
drop_values(struct dataset *ds)
{
    row_stream_free(ds->stream);
    ds->stream = NULL;
    csr_release(&ds->x);
}

static enum err
load_values(struct loader *ld, struct errbuf *eb)
{
    size_t bad = 0;
    enum err e;

    while ((e = dataset_plan_files(ld, eb)) == ERR_OK && ld->q->with_matrix) {
        e = ld->ds->is_packed ? dataset_packed_read(ld, &bad, eb)
            : is_too_much(ld) ? open_windows(ld, eb)
                              : read_files(ld, &bad, eb);
        if (e != ERR_CONFLICT)
            return e;
        demote_layer(ld, bad);
        drop_values(ld->ds);
    }
    return e;
}

static void
loader_release(struct loader *ld)
{
    dataset_plan_release(ld);
    pool_free(ld->pool);
    free(ld->first);
    free(ld->keep);
    strlist_release(&ld->file);
    strlist_release(&ld->need);
    strlist_release(&ld->cell_id);
}

enum err
dataset_load(struct dataset *ds, const struct dataset_request *q,
             const struct notes *notes, struct errbuf *eb)
{
    struct loader ld = {.q = q, .notes = notes, .ds = ds};

    *ds = (struct dataset){.in_order = q->in_order};
    enum err e = dataset_expand(q->path, &ld.file, notes, eb);

    if (!e)
        e = dataset_obs_read(&ld, eb);
    if (!e && q->with_matrix)
        ld.pool = pool_new(q->threads ? q->threads : pool_cores());
    if (!e)
        e = load_values(&ld, eb);
    loader_release(&ld);
    if (e)
        dataset_release(ds);
    return e;
}
