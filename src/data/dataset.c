/* dataset.c - cells in memory: release and look-up. */
#include "data/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "data/row_stream.h"
#include "data/row_windows.h"
#include "data/source.h"

static void
columns_release(struct dataset *ds)
{
    for (size_t i = 0; i < ds->n_cols; i++) {
        free(ds->col[i].name);
        codes_release(&ds->col[i].code);
        strlist_release(&ds->col[i].levels);
    }
    free(ds->col);
}

static void
reports_release(struct dataset *ds)
{
    for (size_t i = 0; i < ds->n_files; i++) {
        free(ds->report[i].path);
        free(ds->report[i].layer);
        free(ds->report[i].normalize);
        free(ds->report[i].decision);
        packed_about_release(&ds->report[i].packed);
    }
    free(ds->report);
}

void
dataset_report_rows(struct file_report *r, const struct csr *x, size_t from, size_t to)
{
    r->nnz = x->indptr[to] - x->indptr[from];
    r->nnz_is_estimate = false;
    r->matrix_bytes = csr_bytes(x, from, to);
}

void
dataset_release(struct dataset *ds)
{
    row_stream_free(ds->stream);
    row_windows_free(ds->windows);
    csr_release(&ds->x);
    strlist_release(&ds->gene_id);
    strlist_release(&ds->gene_name);
    strlist_release(&ds->cell_id);
    columns_release(ds);
    strlist_release(&ds->column);
    strlist_release(&ds->unread);
    free(ds->file);
    free(ds->row);
    reports_release(ds);
    if (ds->own)
        source_own_release(ds->own);
    free(ds->own);
    *ds = (struct dataset){0};
}

const struct obs_column *
dataset_find_column(const struct dataset *ds, const char *name)
{
    for (size_t i = 0; i < ds->n_cols; i++)
        if (strcmp(ds->col[i].name, name) == 0)
            return &ds->col[i];
    return NULL;
}
