/* unpack.c - a packed store to .h5ad: genes and cells in their original order. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/h5ad_write.h"
#include "data/obs_column.h"
#include "data/pack.h"
#include "data/source.h"

/* --- values --- */

static enum err
take_rows(void *ctx, const struct source_rows *rows, struct errbuf *eb)
{
    struct csr *x = ctx;

    (void)eb;
    for (size_t i = 0; i < rows->n; i++) {
        size_t row = rows->first + i, at = (size_t)x->indptr[row];
        size_t from = (size_t)(rows->start[i] - rows->start[0]);
        size_t n = (size_t)(rows->start[i + 1] - rows->start[i]);

        for (size_t k = 0; k < n; k++) {
            x->index[at + k] = (uint16_t)rows->gene[from + k];
            x->value[at + k] = rows->value[from + k];
        }
        x->indptr[row + 1] = at + n;
    }
    return ERR_OK;
}

static enum err
write_values(struct h5ad_writer *w, const struct source *s, struct source_matrix *m,
             struct errbuf *eb)
{
    struct csr x = {0};
    bool *all = NULL;
    enum err e = big_calloc(&all, s->n_cells, sizeof *all, "cells", eb);

    if (!e) {
        memset(all, 1, s->n_cells * sizeof *all);
        e = csr_init(&x, s->n_cells, m->n_cols, m->ops->count(m, all), eb);
    }
    if (!e)
        e = m->ops->groups(m, all, take_rows, &x, eb);
    if (!e)
        e = h5ad_write_x(w, &x, eb);
    csr_release(&x);
    free(all);
    return e;
}

/* --- obs --- */

/* A column in the kind that it had where no cell lacks it; else as categories, or as
 * numbers with NaN. */
struct made_column {
    struct obs_column text;
    struct h5ad_column col;
    int32_t *code;
    uint8_t *flag;
    double *real;
    int64_t *integer;
};

static bool
has_missing(const struct obs_column *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (codes_get(&c->code, i) < 0)
            return true;
    return false;
}

static bool
all_integers(const struct strlist *level)
{
    for (size_t i = 0; i < level->n; i++) {
        const char *text = level->item[i] + (*level->item[i] == '-');

        if (!*text || strlen(text) > 18 || text[strspn(text, "0123456789")])
            return false;
    }
    return true;
}

static void
make_numbers(struct made_column *m, size_t n, bool whole)
{
    const struct obs_column *c = &m->text;
    double *real = xcalloc(c->levels.n, sizeof *real);

    for (size_t i = 0; i < c->levels.n; i++)
        real[i] = strtod(c->levels.item[i], NULL);
    m->real = xcalloc(whole ? 0 : n, sizeof *m->real);
    m->integer = xcalloc(whole ? n : 0, sizeof *m->integer);
    for (size_t i = 0; i < n; i++)
        if (whole)
            m->integer[i] = strtoll(c->levels.item[codes_get(&c->code, i)], NULL, 10);
        else
            m->real[i] =
                codes_get(&c->code, i) < 0 ? (double)NAN : real[codes_get(&c->code, i)];
    m->col.kind = whole ? H5AD_INT : H5AD_REAL;
    m->col.real = m->real;
    m->col.integer = m->integer;
    free(real);
}

static enum err
make_column(struct made_column *m, enum column_kind kind, size_t n, struct errbuf *eb)
{
    const struct obs_column *c = &m->text;
    bool missing = has_missing(c, n);
    enum err e = codes_copy(&c->code, n, &m->code, eb);

    if (e)
        return e;
    m->col = (struct h5ad_column){.name = c->name,
                                  .kind = H5AD_CATEGORICAL,
                                  .code = m->code,
                                  .levels = &c->levels};
    if (kind == COLUMN_NUMBER) {
        make_numbers(m, n, !missing && all_integers(&c->levels));
    } else if (kind == COLUMN_BOOL && !missing) {
        m->flag = xcalloc(n, sizeof *m->flag);
        for (size_t i = 0; i < n; i++)
            m->flag[i] = strcmp(c->levels.item[codes_get(&c->code, i)], "True") == 0;
        m->col.kind = H5AD_BOOL;
        m->col.flag = m->flag;
    }
    return ERR_OK;
}

static enum err
write_obs(struct h5ad_writer *w, const struct source *s, struct errbuf *eb)
{
    size_t n_cols = s->column.n;
    struct made_column *m = xcalloc(n_cols, sizeof *m);
    struct h5ad_column *col = xcalloc(n_cols, sizeof *col);
    struct strlist id = {0};
    enum err e = source_cell_ids(s, &id, eb);

    for (size_t i = 0; !e && i < n_cols; i++) {
        size_t n_merged;

        e = s->ops->column(s, s->column.item[i], &m[i].text, &n_merged, eb);
        if (!e)
            e = make_column(&m[i], s->ops->column_kind(s, s->column.item[i]),
                            s->n_cells, eb);
        col[i] = m[i].col;
    }
    if (!e)
        e = h5ad_write_frame(w, "obs", &id, col, n_cols, eb);
    for (size_t i = 0; i < n_cols; i++) {
        obs_column_release(&m[i].text);
        free(m[i].code);
        free(m[i].flag);
        free(m[i].real);
        free(m[i].integer);
    }
    strlist_release(&id);
    free(col);
    free(m);
    return e;
}

static enum err
write_var(struct h5ad_writer *w, const struct source *s, struct source_matrix *m,
          struct errbuf *eb)
{
    struct gene_axis g = {0};
    struct notes silent = {0};
    enum err e = s->ops->genes(s, m, &g, &silent, eb);
    struct h5ad_column name = {
        .name = "feature_name", .kind = H5AD_TEXT, .text = &g.name};

    if (!e)
        e = h5ad_write_frame(w, "var", &g.id, &name, 1, eb);
    gene_axis_release(&g);
    return e;
}

enum err
unpack_write(const char *out, const char *path, struct errbuf *eb)
{
    struct source s;
    struct source_matrix m = {0};
    struct h5ad_writer *w = NULL;
    enum err e = source_open(&s, path, eb);

    if (e)
        return e;
    if (!(e = source_matrix_open(&s, "X", &m, eb)) &&
        !(e = h5ad_writer_open(&w, out, eb)) && !(e = write_obs(w, &s, eb)) &&
        !(e = write_var(w, &s, &m, eb)) && !(e = write_values(w, &s, &m, eb))) {
        e = h5ad_writer_close(w, eb);
        w = NULL;
    }
    h5ad_writer_abandon(w);
    source_matrix_close(&m);
    source_close(&s);
    return e;
}
