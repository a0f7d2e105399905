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
    const struct row_source *src;
    struct value_stats *st;

    /* The row: entries, genes, values, their codes, what is kept; (cap) owned. */
    struct entry *entry;
    uint16_t *index;
    float *value, *word;
    uint8_t *code;
    size_t cap;
    struct row_coder coder;
};

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

static void
reserve(struct reader *rd, size_t n)
{
    if (n <= rd->cap)
        return;
    rd->entry = grow(rd->entry, &rd->cap, n, sizeof *rd->entry);
    rd->index = xrealloc(rd->index, rd->cap, sizeof *rd->index);
    rd->value = xrealloc(rd->value, rd->cap, sizeof *rd->value);
    rd->word = xrealloc(rd->word, rd->cap, sizeof *rd->word);
    rd->code = xrealloc(rd->code, rd->cap, sizeof *rd->code);
}

/* Map the genes; returns the entries, ascending unless *sorted is false. */
static size_t
map_row(struct reader *rd, const uint32_t *gene, const float *value, size_t n,
        bool *sorted)
{
    size_t k = 0;

    reserve(rd, n);
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

/* The values that are kept, in x: of the row, or of its dictionary.  False if one is 0
 * or they do not ascend strictly where they should. */
static bool
normalise(float *x, size_t n, double scale, bool ascends)
{
    bool sound = true;

    for (size_t i = 0; i < n; i++) {
        x[i] = (float)log1p((double)x[i] * scale);
        sound &= x[i] != 0 && (!ascends || i == 0 || x[i] > x[i - 1]);
    }
    return sound;
}

/* Leave out entries that are 0. */
static size_t
drop_zeros(uint16_t *index, float *value, size_t n)
{
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        index[k] = index[i];
        value[k] = value[i];
        k += value[i] != 0;
    }
    return k;
}

/* Split the entries. */
static size_t
split_entries(struct reader *rd, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        rd->index[i] = (uint16_t)rd->entry[i].gene;
        rd->value[i] = rd->entry[i].value;
    }
    return drop_zeros(rd->index, rd->value, n);
}

/* Scaled values of a row with few distinct ones: the logarithm is taken once of each.
 * False if that cannot be done. */
static bool
code_scaled(struct reader *rd, size_t n, double scale, size_t *n_dict)
{
    struct row_coder *c = &rd->coder;

    if (!row_code(c, rd->value, n, rd->code) || csr_words(n, c->n) >= n ||
        !normalise(c->value, c->n, scale, true))
        return false;
    *n_dict = csr_pack(c, rd->code, n, rd->word);
    return true;
}

static enum err
take_row(void *ctx, size_t row, const uint32_t *gene, const float *value, size_t n,
         struct errbuf *eb)
{
    struct reader *rd = ctx;
    bool sorted;
    size_t n_dict = 0;
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
    double scale = rd->src->choice->scale ? scale_of(rd->entry, k) : 0;

    k = split_entries(rd, k);
    if (!rd->src->choice->scale) {
        n_dict = csr_encode(&rd->coder, rd->value, k, rd->code, rd->word);
    } else if (!code_scaled(rd, k, scale, &n_dict)) {
        if (!normalise(rd->value, k, scale, false))
            k = drop_zeros(rd->index, rd->value, k);
        n_dict = csr_encode(&rd->coder, rd->value, k, rd->code, rd->word);
    }
    return csr_put(rd->x, (*rd->row)++, rd->index, k, rd->word, n_dict, eb);
}

enum err
row_reader_append(struct csr *x, size_t *row, const struct row_source *src,
                  struct value_stats *st, struct errbuf *eb)
{
    struct reader rd = {.x = x, .row = row, .src = src, .st = st};
    struct h5matrix m = {0};
    enum err e = h5ad_matrix(src->file, src->choice->layer, &m, eb);

    if (e)
        return e;
    if (m.kind != MATRIX_DENSE)
        e = csr_reserve(x, x->indptr[*row] + h5matrix_count(&m, src->keep), eb);
    if (!e)
        e = h5matrix_rows(&m, src->keep, take_row, &rd, eb);
    free(rd.entry);
    free(rd.index);
    free(rd.value);
    free(rd.code);
    free(rd.word);
    h5matrix_close(&m);
    return e && e != ERR_CONFLICT ? err_wrap(eb, e, "%s", src->file->path) : e;
}
