/* source_h5ad.c - an .h5ad file as a source of cells. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "data/h5ad.h"
#include "data/h5lib.h"
#include "data/source.h"

/* --- matrices --- */

static enum err
groups(const struct source_matrix *m, const bool *keep, source_rows_fn fn, void *ctx,
       struct errbuf *eb)
{
    struct h5matrix *h = m->impl;

    if (m->pool)
        h5matrix_share(h, m->pool);
    h->rounded = m->rounded;
    return h5matrix_groups(h, keep, fn, ctx, eb);
}

static enum err
sample(const struct source_matrix *m, const bool *keep, source_row_fn fn, void *ctx,
       bool *whole_rows, struct errbuf *eb)
{
    return h5matrix_sample(m->impl, keep, fn, ctx, whole_rows, eb);
}

static uint64_t
count(const struct source_matrix *m, const bool *keep)
{
    return h5matrix_count(m->impl, keep);
}

static void
matrix_close(struct source_matrix *m)
{
    h5matrix_close(m->impl);
    free(m->impl);
}

static const struct source_matrix_ops matrix_ops = {.groups = groups,
                                                    .sample = sample,
                                                    .count = count,
                                                    .close = matrix_close};

static enum err
matrix(const struct source *s, const char *name, struct source_matrix *m,
       struct errbuf *eb)
{
    struct h5matrix *h = xcalloc(1, sizeof *h);
    enum err e = h5ad_matrix(s->impl, name, h, eb);

    if (e) {
        free(h);
        return e;
    }
    *m = (struct source_matrix){.ops = &matrix_ops,
                                .source = s,
                                .name = xstrdup(name),
                                .n_rows = h->n_rows,
                                .n_cols = h->n_cols,
                                .is_dense = h->kind == MATRIX_DENSE,
                                .impl = h};
    return ERR_OK;
}

static enum err
genes(const struct source *s, const struct source_matrix *m, struct gene_axis *g,
      const struct notes *notes, struct errbuf *eb)
{
    return h5ad_genes(s->impl, m->impl, g, notes, eb);
}

/* --- cells --- */

static enum column_kind
column_kind(const struct source *s, const char *column)
{
    const struct h5ad *f = s->impl;

    return h5frame_kind(&f->obs, column);
}

static enum err
column(const struct source *s, const char *name, struct obs_column *out,
       size_t *n_merged, struct errbuf *eb)
{
    const struct h5ad *f = s->impl;

    return h5frame_read(&f->obs, name, out, n_merged, eb);
}

static enum err
each_id(const struct source *s, source_id_fn fn, void *ctx, struct errbuf *eb)
{
    const struct h5ad *f = s->impl;

    return h5frame_each(&f->obs, NULL, fn, ctx, eb);
}

/* --- the file --- */

static void
others(const struct source *s, struct strlist *out)
{
    h5ad_others(s->impl, out);
}

static enum err
open_file(struct source *s, struct errbuf *eb)
{
    struct h5ad *f = s->impl;
    enum err e = h5ad_open(f, s->path, eb);

    if (e)
        return e;
    s->n_cells = f->obs.n;
    strlist_copy(&s->column, &f->obs.column);
    strlist_copy(&s->matrix, &f->matrix);
    return ERR_OK;
}

static void
close_file(struct source *s)
{
    h5ad_close(s->impl);
}

const struct source_ops source_h5ad = {.kind = "h5ad file",
                                       .suffix = ".h5ad",
                                       .is_kind = h5_is_file,
                                       .impl_bytes = sizeof(struct h5ad),
                                       .open = open_file,
                                       .close = close_file,
                                       .column_kind = column_kind,
                                       .column = column,
                                       .each_id = each_id,
                                       .matrix = matrix,
                                       .genes = genes,
                                       .others = others};
