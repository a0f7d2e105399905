/* row_reader.c - rows of a file become rows of a dataset. */
#include "data/row_reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum { STATS_ROWS = 4096 }; /* rows whose sums are looked at */

static const double TARGET_SUM = 1e4, INTEGER_TOLERANCE = 1e-6;

struct entry {
    uint32_t gene; /* of the dataset */
    uint32_t at;   /* place in the row of the file */
    float value;
};

struct reader {
    struct csr *x;
    size_t *row;
    uint64_t *cap;
    const struct row_source *src;
    struct value_stats *st;
    struct entry *entry; /* (cap_entry) owned */
    size_t cap_entry;
};

enum err
csr_init(struct csr *x, size_t n_rows, size_t n_cols, uint64_t nnz, struct errbuf *eb)
{
    *x = (struct csr){.n_rows = n_rows, .n_cols = n_cols};
    enum err e = big_calloc(&x->indptr, n_rows + 1, sizeof *x->indptr, "cells", eb);

    if (!e)
        e = big_calloc(&x->index, nnz, sizeof *x->index, "expression values", eb);
    if (!e)
        e = big_calloc(&x->value, nnz, sizeof *x->value, "expression values", eb);
    return e;
}

enum err
csr_reserve(struct csr *x, uint64_t *cap, uint64_t need, struct errbuf *eb)
{
    if (need <= *cap)
        return ERR_OK;
    uint64_t want = need + need / 2 + 1024;
    uint16_t *index = realloc(x->index, want * sizeof *index);

    if (index)
        x->index = index;
    float *value = realloc(x->value, want * sizeof *value);

    if (value)
        x->value = value;
    if (!index || !value)
        return err_set(eb, ERR_NOMEM, "not enough memory for %llu expression values",
                       (unsigned long long)want);
    *cap = want;
    return ERR_OK;
}

void
csr_trim(struct csr *x)
{
    uint64_t nnz = x->indptr[x->n_rows];
    uint16_t *index = realloc(x->index, (nnz ? nnz : 1) * sizeof *index);
    float *value = realloc(x->value, (nnz ? nnz : 1) * sizeof *value);

    if (index)
        x->index = index;
    if (value)
        x->value = value;
}

/* --- checks --- */

static char *
cell_name(const struct h5ad *file, size_t row)
{
    struct strlist id = {0};
    char *name = NULL;

    if (h5frame_texts(&file->obs, NULL, &id, NULL) == ERR_OK && row < id.n)
        name = xstrdup(id.item[row]);
    strlist_release(&id);
    return name ? name : xstrdup("?");
}

static enum err
bad_value(const struct reader *rd, size_t row, uint32_t gene, float v, const char *hint,
          struct errbuf *eb)
{
    char *cell = cell_name(rd->src->file, row);
    enum err e =
        err_set(eb, ERR_FORMAT, "%s has the value %g in cell %zu (%s), gene %s%s",
                rd->src->choice->layer, (double)v, row, cell,
                rd->src->genes->id.item[gene], hint);

    free(cell);
    return e;
}

enum err
row_reader_not_finite(const struct h5ad *file, const char *layer,
                      const struct gene_axis *genes, const struct value_stats *st,
                      struct errbuf *eb)
{
    char *cell = cell_name(file, st->bad_row);
    bool knows_gene = st->bad_gene < genes->id.n;
    enum err e = err_set(
        eb, ERR_FORMAT,
        "%s: %s holds NaN or infinite values, first seen in cell %zu (%s)%s%s: mend the "
        "file, choose another --layer, or leave such cells out with --where",
        file->path, layer, st->bad_row, cell, knows_gene ? ", gene " : "",
        knows_gene ? genes->id.item[st->bad_gene] : "");

    free(cell);
    return e;
}

static enum err
check_values(const struct reader *rd, size_t row, const uint32_t *gene,
             const float *value, size_t n, struct errbuf *eb)
{
    const struct layer_choice *c = rd->src->choice;

    for (size_t i = 0; i < n; i++) {
        float v = value[i];

        if (!isfinite(v))
            return bad_value(rd, row, gene[i], v,
                             ": it must be finite (mend the file, choose another "
                             "--layer, or leave the cell out with --where)",
                             eb);
        if (c->must_be_counts &&
            (v < 0 || fabs((double)v - nearbyint((double)v)) > INTEGER_TOLERANCE))
            return err_set(eb, ERR_CONFLICT, "%s holds no counts", c->layer);
        if (v < 0 && !c->may_be_negative)
            return bad_value(rd, row, gene[i], v,
                             ": negative values are only taken with --layer and "
                             "--normalize none",
                             eb);
    }
    return ERR_OK;
}

/* --- one row --- */

static int
compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->gene != y->gene)
        return x->gene > y->gene ? 1 : -1;
    return (x->at > y->at) - (x->at < y->at);
}

/* Map the genes; returns the entries, ascending unless *sorted is false. */
static size_t
map_row(struct reader *rd, const uint32_t *gene, const float *value, size_t n,
        bool *sorted)
{
    size_t k = 0;

    rd->entry = grow(rd->entry, &rd->cap_entry, n, sizeof *rd->entry);
    *sorted = true;
    for (size_t i = 0; i < n; i++) {
        int32_t to = rd->src->to[gene[i]];

        if (to < 0)
            continue;
        if (k && rd->entry[k - 1].gene >= (uint32_t)to)
            *sorted = false;
        rd->entry[k++] = (struct entry){(uint32_t)to, (uint32_t)i, value[i]};
    }
    return k;
}

/* Entries of one gene add up, in the order of the file. */
static size_t
sum_repeats(struct entry *entry, size_t n)
{
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        if (k && entry[k - 1].gene == entry[i].gene)
            entry[k - 1].value += entry[i].value;
        else
            entry[k++] = entry[i];
    }
    return k;
}

static double
scale_of(const struct entry *entry, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)entry[i].value;
    return sum > 0 ? TARGET_SUM / sum : 0;
}

static enum err
take_row(void *ctx, size_t row, const uint32_t *gene, const float *value, size_t n,
         struct errbuf *eb)
{
    struct reader *rd = ctx;
    struct csr *x = rd->x;
    bool sorted;
    enum err e = check_values(rd, row, gene, value, n, eb);

    if (e)
        return e;
    if (rd->st->n_rows < STATS_ROWS)
        value_stats_add(rd->st, value, n);
    size_t k = map_row(rd, gene, value, n, &sorted);

    if (!sorted) {
        qsort(rd->entry, k, sizeof *rd->entry, compare_entries);
        k = sum_repeats(rd->entry, k);
    }
    uint64_t at = x->indptr[*rd->row];
    double scale = rd->src->choice->scale ? scale_of(rd->entry, k) : 0;

    e = csr_reserve(x, rd->cap, at + k, eb);
    for (size_t i = 0; !e && i < k; i++) {
        float v = rd->entry[i].value;

        if (rd->src->choice->scale)
            v = (float)log1p((double)v * scale);
        if (v == 0)
            continue;
        x->index[at] = (uint16_t)rd->entry[i].gene;
        x->value[at++] = v;
    }
    x->indptr[++*rd->row] = at;
    return e;
}

enum err
row_reader_append(struct csr *x, size_t *row, uint64_t *cap,
                  const struct row_source *src, struct value_stats *st,
                  struct errbuf *eb)
{
    struct reader rd = {.x = x, .row = row, .cap = cap, .src = src, .st = st};
    struct h5matrix m = {0};
    enum err e = h5ad_matrix(src->file, src->choice->layer, &m, eb);

    if (e)
        return e;
    if (m.kind != MATRIX_DENSE)
        e = csr_reserve(x, cap, x->indptr[*row] + h5matrix_count(&m, src->keep), eb);
    if (!e)
        e = h5matrix_rows(&m, src->keep, take_row, &rd, eb);
    free(rd.entry);
    h5matrix_close(&m);
    return e && e != ERR_CONFLICT ? err_wrap(eb, e, "%s", src->file->path) : e;
}
