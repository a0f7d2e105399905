/* unpack.c - a packed store to .h5ad: genes and cells in their original order.
 *
 * Some chunks of rows, or one column, are in memory at a time. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/h5ad_write.h"
#include "data/obs_column.h"
#include "data/pack.h"
#include "data/source.h"

/* The .h5ad is larger than the packed store, by less than this. */
enum { SIZE_FACTOR = 3 };

/* --- values --- */

static enum err
take_rows(void *ctx, const struct source_rows *rows, struct errbuf *eb)
{
    return h5ad_cells_put(ctx, rows->start, rows->n, rows->gene, rows->value, eb);
}

/* Some chunks at a time. */
static enum err
write_values(struct h5ad_writer *w, const struct source *s, struct source_matrix *m,
             struct errbuf *eb)
{
    struct h5ad_cells *cells = NULL;
    bool *all = NULL;
    enum err e = big_calloc(&all, s->n_cells, sizeof *all, "cells", eb);

    if (!e) {
        memset(all, 1, s->n_cells * sizeof *all);
        e = h5ad_cells_begin(&cells, w, s->n_cells, m->n_cols, m->ops->count(m, all),
                             eb);
    }
    if (!e)
        e = m->ops->groups(m, all, take_rows, cells, eb);
    enum err ended = h5ad_cells_end(cells, e ? NULL : eb);

    free(all);
    return e ? e : ended;
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
write_column(struct h5ad_writer *w, const struct source *s, const char *name,
             struct errbuf *eb)
{
    struct made_column m = {0};
    size_t n_merged;
    enum err e = s->ops->column(s, name, &m.text, &n_merged, eb);

    if (e)
        return e;
    e = make_column(&m, s->ops->column_kind(s, name), s->n_cells, eb);
    if (!e)
        e = h5ad_frame_put(w, "obs", &m.col, s->n_cells, eb);
    obs_column_release(&m.text);
    free(m.code);
    free(m.flag);
    free(m.real);
    free(m.integer);
    return e;
}

static enum err
write_obs(struct h5ad_writer *w, const struct source *s, struct errbuf *eb)
{
    struct strlist id = {0};
    enum err e = source_cell_ids(s, &id, eb);

    if (!e)
        e = h5ad_frame_begin(w, "obs", &id, (const char *const *)s->column.item,
                             s->column.n, eb);
    strlist_release(&id);
    for (size_t i = 0; !e && i < s->column.n; i++)
        e = write_column(w, s, s->column.item[i], eb);
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
    if (!s.ops->about)
        e = err_set(eb, ERR_ARG,
                    "%s is no packed store, but an %s: there is nothing to unpack",
                    path, s.ops->kind);
    if (!e && !(e = source_matrix_open(&s, "X", &m, eb)) &&
        !(e = h5ad_writer_open_disk(&w, out, SIZE_FACTOR * source_bytes(path), eb)) &&
        !(e = write_obs(w, &s, eb)) && !(e = write_var(w, &s, &m, eb)) &&
        !(e = write_values(w, &s, &m, eb))) {
        e = h5ad_writer_close(w, eb);
        w = NULL;
    }
    h5ad_writer_abandon(w);
    source_matrix_close(&m);
    source_close(&s);
    return e;
}
