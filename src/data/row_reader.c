/* row_reader.c - rows of a file become rows of a dataset. */
#include "data/row_reader.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/row_pack.h"

enum {
    STATS_ROWS = 4096, /* rows whose sums are looked at */
    TASK_ROWS = 16
};

struct reader {
    struct csr *x;
    size_t *row;
    const struct row_source *src;
    struct value_stats *st;
    struct row_packer *packer; /* (threads) owned */
    const struct source_rows
        *rows;    /* borrowed; being packed: each at its place in those */
    size_t *kept; /* (cap_rows) owned; those that are kept, of rows */
    size_t n_kept;
    struct csr_piece *piece; /* (cap_rows) owned; of the kept ones */
    uint16_t *index;         /* (cap) owned */
    float *word;             /* (cap) owned */
    size_t cap_rows, cap;
};

/* --- checks --- */

struct named {
    size_t row;
    char *name; /* owned */
};

static void
keep_name(void *ctx, size_t cell, const char *id)
{
    struct named *n = ctx;

    if (cell == n->row && !n->name)
        n->name = xstrdup(id);
}

static char *
cell_name(const struct source *file, size_t row)
{
    struct named n = {.row = row};

    (void)!file->ops->each_id(file, keep_name, &n, NULL);
    return n.name ? n.name : xstrdup("?");
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
row_reader_not_finite(const struct source *file, const char *layer,
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

/* The error of a row in which a value is refused: the first one. */
static enum err
refused(const struct reader *rd, size_t row, const uint32_t *gene, const float *value,
        size_t n, struct errbuf *eb)
{
    const struct layer_choice *c = rd->src->choice;
    size_t i = 0;

    while (i < n && !row_is_refused(c, value[i]))
        i++;
    assert(i < n);
    if (!isfinite(value[i]))
        return bad_value(rd, row, gene[i], value[i],
                         ": it must be finite (mend the file, choose another "
                         "--layer, or leave the cell out with --where)",
                         eb);
    if (c->must_be_counts)
        return err_set(eb, ERR_CONFLICT, "%s holds no counts", c->layer);
    return bad_value(rd, row, gene[i], value[i],
                     ": negative values are only taken with --layer and "
                     "--normalize none",
                     eb);
}

/* --- rows --- */

/* Kept row k of those being packed: its values are [*at, *at + returned). */
static size_t
values_of(const struct reader *rd, size_t k, size_t *at)
{
    const uint64_t *start = rd->rows->start + rd->kept[k];

    *at = (size_t)(start[0] - rd->rows->start[0]);
    return (size_t)(start[1] - start[0]);
}

static void
pack_rows(void *ctx, size_t task, size_t thread)
{
    struct reader *rd = ctx;
    size_t end = (task + 1) * TASK_ROWS;

    for (size_t k = task * TASK_ROWS; k < end && k < rd->n_kept; k++) {
        size_t at, n = values_of(rd, k, &at);

        rd->piece[k] = row_pack(&rd->packer[thread], rd->src->choice, rd->src->to,
                                rd->rows->gene + at, rd->rows->value + at, n,
                                rd->index + at, rd->word + at);
    }
}

/* Look at what will be told of the first rows; an error if one was refused. */
static enum err
look_at_rows(struct reader *rd, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t k = 0; !e && k < rd->n_kept; k++) {
        size_t at, n = values_of(rd, k, &at);

        if (!rd->piece[k].index)
            e = refused(rd, rd->rows->first + rd->kept[k], rd->rows->gene + at,
                        rd->rows->value + at, n, eb);
        else if (!rd->src->choice->scale && rd->st->n_rows < STATS_ROWS)
            value_stats_add(rd->st, rd->rows->value + at, n);
    }
    return e;
}

static enum err
reserve(struct reader *rd, size_t n_rows, size_t n, struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (n_rows > rd->cap_rows) {
        rd->piece = grow(rd->piece, &rd->cap_rows, n_rows, sizeof *rd->piece);
        rd->kept = xrealloc(rd->kept, rd->cap_rows, sizeof *rd->kept);
    }
    if (n <= rd->cap && rd->index)
        return e;
    free(rd->index);
    free(rd->word);
    rd->index = NULL;
    rd->word = NULL;
    if (!(e = big_calloc(&rd->index, n, sizeof *rd->index, "rows", eb)))
        e = big_calloc(&rd->word, n, sizeof *rd->word, "rows", eb);
    rd->cap = e ? 0 : n;
    return e;
}

static enum err
take_rows(void *ctx, const struct source_rows *rows, struct errbuf *eb)
{
    struct reader *rd = ctx;
    size_t n = (size_t)(rows->start[rows->n] - rows->start[0]);
    enum err e = reserve(rd, rows->n, n, eb);

    if (e)
        return e;
    rd->rows = rows;
    rd->n_kept = 0;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->keep[i])
            rd->kept[rd->n_kept++] = i;
    pool_run(rd->src->pool, (rd->n_kept + TASK_ROWS - 1) / TASK_ROWS, pack_rows, rd);
    if ((e = look_at_rows(rd, eb)) == ERR_OK)
        e = csr_put(rd->x, *rd->row, rd->piece, rd->n_kept, rd->src->pool, eb);
    *rd->row += rd->n_kept;
    return e;
}

static void
reader_release(struct reader *rd)
{
    for (size_t i = 0; i < pool_threads(rd->src->pool); i++)
        row_packer_release(&rd->packer[i]);
    free(rd->packer);
    free(rd->piece);
    free(rd->kept);
    free(rd->index);
    free(rd->word);
}

enum err
row_reader_append(struct csr *x, size_t *row, const struct row_source *src,
                  struct value_stats *st, struct errbuf *eb)
{
    struct reader rd = {.x = x, .row = row, .src = src, .st = st};
    struct source_matrix m;
    enum err e = source_matrix_open(src->file, src->choice->layer, &m, eb);

    if (e)
        return e;
    rd.packer = xcalloc(pool_threads(src->pool), sizeof *rd.packer);
    m.pool = src->pool;
    if (m.n_cols != src->genes->id.n)
        e = err_set(eb, ERR_FORMAT,
                    "has changed while it was read: %s has %zu genes now and had %zu",
                    src->choice->layer, m.n_cols, src->genes->id.n);
    if (!e && !m.is_dense)
        e = csr_reserve(x, x->indptr[*row] + m.ops->count(&m, src->keep), eb);
    if (!e)
        e = m.ops->groups(&m, src->keep, take_rows, &rd, eb);
    reader_release(&rd);
    source_matrix_close(&m);
    return e && e != ERR_CONFLICT ? err_wrap(eb, e, "%s", src->file->path) : e;
}
