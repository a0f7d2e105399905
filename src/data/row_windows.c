/* row_windows.c - rows of files that are gone through once, a window of cells at a time. */
#include "data/row_windows.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/dataset_own.h"
#include "data/row_reader.h"
#include "data/source.h"

struct row_windows {
    const struct dataset *ds;  /* borrowed */
    struct windows_file *file; /* (n_files) owned */
    size_t n_files;
    double cell_values, cell_bytes; /* of an average cell */
    uint64_t bytes_max;
    struct csr x;   /* rows of the window */
    uint32_t *cell; /* (n) owned; ascending; which they are of */
    size_t n, cap;
    bool *keep; /* (of the largest file) owned; all false between two readings */
};

struct row_windows *
row_windows_new(const struct dataset *ds, struct windows_file *file, uint64_t bytes_max)
{
    struct row_windows *w = xcalloc(1, sizeof *w);
    uint64_t nnz = 0, bytes = 0;

    *w = (struct row_windows){
        .ds = ds, .file = file, .n_files = ds->n_files, .bytes_max = bytes_max};
    for (size_t i = 0; i < ds->n_files; i++) {
        nnz += ds->report[i].nnz;
        bytes += ds->report[i].matrix_bytes;
    }
    w->cell_values = (double)nnz / (double)ds->n_cells;
    w->cell_bytes = (double)bytes / (double)ds->n_cells + 1;
    return w;
}

void
row_windows_free(struct row_windows *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->n_files; i++) {
        layer_choice_release(&w->file[i].choice);
        gene_axis_release(&w->file[i].genes);
        free(w->file[i].to);
    }
    free(w->file);
    csr_release(&w->x);
    free(w->cell);
    free(w->keep);
    free(w);
}

/* --- reading a window --- */

static enum err
no_counts(const char *path, const char *layer, struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT,
                   "%s: %s looked like counts, but holds other values further on: "
                   "choose with --layer and --normalize what its values are",
                   path, layer);
}

/* Append the cells [from, to) of the window, which are of one file. */
static enum err
append(struct row_windows *w, size_t from, size_t to, size_t *row, struct pool *pool,
       struct errbuf *eb)
{
    uint32_t number = dataset_file(w->ds, w->cell[from]);
    const struct windows_file *file = &w->file[number];
    const char *path = w->ds->report[number].path;
    struct value_stats st = {0};
    struct source s;
    enum err e = source_open(&s, path, eb);

    if (e)
        return e;
    struct row_source src = {&s, &file->choice, &file->genes, file->to, w->keep, pool};

    for (size_t i = from; i < to; i++)
        w->keep[dataset_row(w->ds, w->cell[i])] = true;
    if (!(e = dataset_own_check(&w->ds->report[number], &s, eb)))
        e = row_reader_append(&w->x, row, &src, &st, eb);
    if (e == ERR_CONFLICT)
        e = no_counts(path, file->choice.layer, eb);
    else if (!e && *row != to)
        e = err_set(eb, ERR_FORMAT, "%s: has changed while it was read", path);
    for (size_t i = from; i < to; i++)
        w->keep[dataset_row(w->ds, w->cell[i])] = false;
    source_close(&s);
    return e;
}

/* Read the rows of w->cell. */
static enum err
read_window(struct row_windows *w, struct pool *pool, struct errbuf *eb)
{
    size_t most = 0, row = 0;
    enum err e = ERR_OK;

    for (size_t i = 0; !w->keep && i < w->n_files; i++)
        most = w->file[i].n_cells > most ? w->file[i].n_cells : most;
    if (!w->keep)
        e = big_calloc(&w->keep, most, sizeof *w->keep, "cells", eb);
    csr_release(&w->x);
    if (!e)
        e = csr_init_coded(&w->x, w->n, w->ds->x.n_cols,
                           (uint64_t)(w->cell_values * (double)w->n), eb);
    for (size_t i = 0, k; i < w->n && !e; i = k) {
        for (k = i + 1; k < w->n && dataset_file(w->ds, w->cell[k]) ==
                                        dataset_file(w->ds, w->cell[i]);)
            k++;
        e = append(w, i, k, &row, pool, eb);
    }
    if (!e && w->ds->x.order.D)
        e = gene_order_apply(&w->ds->x.order, &w->x, pool, eb);
    if (e)
        w->n = 0;
    return e;
}

static void
add_cell(struct row_windows *w, uint32_t cell)
{
    w->cell = grow(w->cell, &w->cap, w->n + 1, sizeof *w->cell);
    w->cell[w->n++] = cell;
}

/* The cells of a new window: the batch, then what will probably come: the rest of the
 * list, then the cells after it. */
static void
choose(struct row_windows *w, const struct row_list *list, size_t B)
{
    double most = (double)w->bytes_max / w->cell_bytes;
    size_t W = most < (double)w->ds->n_cells ? (size_t)most : w->ds->n_cells;

    W = W < B ? B : W - W % B;
    w->n = 0;
    for (size_t i = list->from; i < list->n && w->n < W; i++)
        add_cell(w, list->cell[i]);
    for (size_t c = (size_t)list->cell[list->n - 1] + 1; c < w->ds->n_cells && w->n < W;
         c++)
        add_cell(w, (uint32_t)c);
}

/* Place of a cell in the window, SIZE_MAX: it is not there. */
static size_t
place_of(const struct row_windows *w, uint32_t cell)
{
    size_t from = 0, to = w->n;

    while (from < to) {
        size_t mid = from + (to - from) / 2;

        if (w->cell[mid] < cell)
            from = mid + 1;
        else
            to = mid;
    }
    return from < w->n && w->cell[from] == cell ? from : SIZE_MAX;
}

/* --- using it --- */

enum err
row_windows_order(struct row_windows *w, struct gene_order *o, struct pool *pool,
                  struct errbuf *eb)
{
    w->n = 0;
    for (size_t c = 0; c < w->ds->n_cells && c < ORDER_CELLS; c++)
        add_cell(w, (uint32_t)c);
    enum err e = read_window(w, pool, eb);

    if (!e)
        gene_order_count(o, &w->x, NULL, w->n);
    w->n = 0; /* its genes have the order of the data */
    return e;
}

enum err
row_windows_rows(struct row_windows *w, const struct row_list *list, size_t B,
                 struct pool *pool, struct csr_row *row, struct errbuf *eb)
{
    const uint32_t *cell = list->cell + list->from;
    bool all = true;

    for (size_t i = 0; i < B && all; i++)
        all = place_of(w, cell[i]) != SIZE_MAX;
    if (!all) {
        choose(w, list, B);
        enum err e = read_window(w, pool, eb);

        if (e)
            return e;
    }
    for (size_t i = 0; i < B; i++)
        row[i] = csr_row(&w->x, place_of(w, cell[i]));
    return ERR_OK;
}
