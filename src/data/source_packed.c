/* source_packed.c - a packed store as a source of cells: its rows are the matrix "X". */
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "base/xalloc.h"
#include "data/packed.h"
#include "data/packed_chunks.h"
#include "data/source.h"

enum {
    GROUP_CHUNKS = 64, /* chunks that are unpacked together */
    SAMPLE_CHUNKS = 64 /* at most, of those with a cell that is used */
};

/* --- rows --- */

/* Memory of one thread. */
struct unpacker {
    uint8_t *buf, *code;
    uint16_t *place;
    float *dict, *at; /* at: (G) value of a gene */
    uint64_t *has;    /* a bit per gene; 0 between rows */
};

/* Some chunks, unpacked: genes in their original order, values as they are. */
struct reading {
    const struct packed *p;
    const bool *keep; /* (cells) NULL: all */
    size_t first, n;  /* chunks */
    struct unpacker *un;
    size_t n_un;
    enum err *e;       /* (GROUP_CHUNKS) of each chunk */
    struct errbuf *eb; /* the same */
    bool *kept;        /* (rows) */
    uint64_t *start;   /* (rows + 1) */
    uint32_t *gene;    /* (cap) */
    float *value;
    size_t cap;
};

static bool
is_kept(const struct reading *rd, size_t cell)
{
    return !rd->keep || rd->keep[cell];
}

static void
reading_release(struct reading *rd)
{
    for (size_t i = 0; i < rd->n_un; i++) {
        free(rd->un[i].buf);
        free(rd->un[i].code);
        free(rd->un[i].place);
        free(rd->un[i].dict);
        free(rd->un[i].at);
        free(rd->un[i].has);
    }
    free(rd->un);
    free(rd->e);
    free(rd->eb);
    free(rd->kept);
    free(rd->start);
    free(rd->gene);
    free(rd->value);
}

static enum err
reading_init(struct reading *rd, const struct packed *p, const bool *keep,
             size_t threads, struct errbuf *eb)
{
    size_t most = p->shape.G + PACKED_SLACK;
    enum err e = ERR_OK;

    *rd = (struct reading){.p = p, .keep = keep, .n_un = threads};
    rd->un = xcalloc(threads, sizeof *rd->un);
    rd->e = xcalloc(GROUP_CHUNKS, sizeof *rd->e);
    rd->eb = xcalloc(GROUP_CHUNKS, sizeof *rd->eb);
    rd->kept = xcalloc(GROUP_CHUNKS * PACKED_CHUNK, sizeof *rd->kept);
    rd->start = xcalloc(GROUP_CHUNKS * PACKED_CHUNK + 1, sizeof *rd->start);
    for (size_t i = 0; !e && i < threads; i++) {
        struct unpacker *u = &rd->un[i];

        u->code = xcalloc(most, sizeof *u->code);
        u->place = xcalloc(most, sizeof *u->place);
        u->dict = xcalloc(most, sizeof *u->dict);
        u->at = xcalloc(most, sizeof *u->at);
        u->has = xcalloc(most / 64 + 1, sizeof *u->has);
        e = big_calloc(&u->buf, p->longest_chunk + PACKED_SLACK, 1, "a chunk", eb);
    }
    return e;
}

/* Places ascend in the file; those who read want genes that do. */
static void
put_row(const struct reading *rd, const struct unpacker *u, size_t n, size_t d,
        uint32_t *gene, float *value)
{
    const uint16_t *gene_at = rd->p->order.gene;

    for (size_t k = 0; k < n; k++) {
        size_t g = gene_at[u->place[k]];

        u->has[g / 64] |= (uint64_t)1 << g % 64;
        u->at[g] = d ? u->dict[u->code[k]] : u->dict[k];
    }
    for (size_t w = 0; w <= rd->p->shape.G / 64; w++) {
        for (uint64_t bits = u->has[w]; bits; bits &= bits - 1) {
            *gene = (uint32_t)(64 * w + (size_t)__builtin_ctzll(bits));
            *value++ = u->at[*gene++];
        }
        u->has[w] = 0;
    }
}

static enum err
unpack_chunk(struct reading *rd, size_t k, struct unpacker *u, struct errbuf *eb)
{
    struct packed_chunk c;
    enum err e = packed_chunk_read(rd->p, rd->first + k, u->buf, &c, eb);

    for (size_t i = 0; !e && i < c.n; i++) {
        size_t row = k * PACKED_CHUNK + i, d = packed_row_dict(&c.row[i]);
        size_t at = (size_t)rd->start[row];

        if (!rd->kept[row])
            continue;
        if (rd->start[row + 1] - rd->start[row] != c.row[i].n)
            return err_set(eb, ERR_IO, "%s changed while it was read", rd->p->path);
        e = packed_chunk_row(rd->p, &c, i, false, u->place, u->code, u->dict, eb);
        if (!e)
            put_row(rd, u, c.row[i].n, d, rd->gene + at, rd->value + at);
    }
    return e;
}

static void
unpack_task(void *ctx, size_t task, size_t thread)
{
    struct reading *rd = ctx;

    rd->e[task] = ERR_OK;
    for (size_t i = 0; i < PACKED_CHUNK; i++)
        if (rd->kept[task * PACKED_CHUNK + i]) {
            rd->e[task] = unpack_chunk(rd, task, &rd->un[thread], &rd->eb[task]);
            return;
        }
}

/* Where each row goes: this needs the lengths, which stand in the chunks' heads. */
static enum err
place_rows(struct reading *rd, struct errbuf *eb)
{
    uint64_t at = 0;

    for (size_t k = 0; k < rd->n; k++) {
        uint16_t n[PACKED_CHUNK];
        enum err e = packed_chunk_lengths(rd->p, rd->first + k, n, eb);

        if (e)
            return e;
        for (size_t i = 0; i < PACKED_CHUNK; i++) {
            size_t row = k * PACKED_CHUNK + i, cell = rd->first * PACKED_CHUNK + row;

            rd->kept[row] = cell < rd->p->n_cells && is_kept(rd, cell);
            rd->start[row] = at;
            at += rd->kept[row] ? n[i] : 0;
            rd->start[row + 1] = at;
        }
    }
    if (at <= rd->cap && rd->gene)
        return ERR_OK;
    free(rd->gene);
    free(rd->value);
    rd->gene = NULL;
    rd->value = NULL;
    rd->cap = (size_t)(at + at / 4);
    enum err e = big_calloc(&rd->gene, rd->cap, sizeof *rd->gene, "rows", eb);
    return e ? e : big_calloc(&rd->value, rd->cap, sizeof *rd->value, "rows", eb);
}

static enum err
unpack(struct reading *rd, struct pool *pool, size_t first, size_t n, struct errbuf *eb)
{
    rd->first = first;
    rd->n = n;
    enum err e = place_rows(rd, eb);

    if (e)
        return e;
    pool_run(pool, n, unpack_task, rd);
    for (size_t k = 0; k < n; k++)
        if (rd->e[k])
            return err_set(eb, rd->e[k], "%s", rd->eb[k].text);
    return ERR_OK;
}

static bool
any_kept(const struct reading *rd, size_t chunk)
{
    size_t from = chunk * PACKED_CHUNK, to = from + PACKED_CHUNK;

    for (size_t i = from; i < to && i < rd->p->n_cells; i++)
        if (is_kept(rd, i))
            return true;
    return false;
}

static enum err
groups(const struct source_matrix *m, const bool *keep, source_rows_fn fn, void *ctx,
       struct errbuf *eb)
{
    const struct packed *p = m->impl;
    struct reading rd;
    enum err e = reading_init(&rd, p, keep, pool_threads(m->pool), eb);

    for (size_t k = 0; !e && k < p->n_chunks; k += GROUP_CHUNKS) {
        size_t n = p->n_chunks - k < GROUP_CHUNKS ? p->n_chunks - k : GROUP_CHUNKS;
        size_t first = k * PACKED_CHUNK, last = first + n * PACKED_CHUNK;
        bool any = false;

        for (size_t i = 0; i < n && !any; i++)
            any = any_kept(&rd, k + i);
        if (!any)
            continue;
        e = unpack(&rd, m->pool, k, n, eb);
        last = last < p->n_cells ? last : p->n_cells;
        struct source_rows rows = {first,    last - first, rd.kept,
                                   rd.start, rd.gene,      rd.value};
        if (!e)
            e = fn(ctx, &rows, eb);
    }
    reading_release(&rd);
    return e;
}

static enum err
sample_chunk(struct reading *rd, size_t k, source_row_fn fn, void *ctx,
             struct errbuf *eb)
{
    enum err e = unpack(rd, NULL, k, 1, eb);

    for (size_t i = 0; !e && i < PACKED_CHUNK; i++)
        if (rd->kept[i])
            e = fn(ctx, k * PACKED_CHUNK + i, rd->gene + rd->start[i],
                   rd->value + rd->start[i], (size_t)(rd->start[i + 1] - rd->start[i]),
                   eb);
    return e;
}

static enum err
sample(const struct source_matrix *m, const bool *keep, source_row_fn fn, void *ctx,
       bool *whole_rows, struct errbuf *eb)
{
    const struct packed *p = m->impl;
    struct reading rd;
    enum err e = reading_init(&rd, p, keep, 1, eb);
    size_t n = 0, seen = 0;

    for (size_t k = 0; k < p->n_chunks; k++)
        n += any_kept(&rd, k);
    size_t step = n > SAMPLE_CHUNKS ? n / SAMPLE_CHUNKS : 1;

    for (size_t k = 0; !e && k < p->n_chunks; k++)
        if (any_kept(&rd, k) && seen++ % step == 0)
            e = sample_chunk(&rd, k, fn, ctx, eb);
    *whole_rows = true;
    reading_release(&rd);
    return e;
}

/* The lengths of rows stand in their chunks: of a part, its share is the guess. */
static uint64_t
count(const struct source_matrix *m, const bool *keep)
{
    const struct packed *p = m->impl;
    size_t n = 0;

    for (size_t i = 0; i < p->n_cells; i++)
        n += keep[i];
    return n == p->n_cells
               ? p->n_values
               : (uint64_t)((double)p->n_values * (double)n / (double)p->n_cells);
}

static void
matrix_close(struct source_matrix *m)
{
    (void)m; /* the rows are the source's */
}

static const struct source_matrix_ops matrix_ops = {.groups = groups,
                                                    .sample = sample,
                                                    .count = count,
                                                    .close = matrix_close};

static enum err
matrix(const struct source *s, const char *name, struct source_matrix *m,
       struct errbuf *eb)
{
    struct packed *p = s->impl;

    (void)eb; /* there is no other than X */
    *m = (struct source_matrix){.ops = &matrix_ops,
                                .source = s,
                                .name = xstrdup(name),
                                .n_rows = p->n_cells,
                                .n_cols = p->shape.G,
                                .impl = p};
    return ERR_OK;
}

static enum err
genes(const struct source *s, const struct source_matrix *m, struct gene_axis *g,
      const struct notes *notes, struct errbuf *eb)
{
    const struct packed *p = s->impl;

    (void)m;
    (void)notes;
    (void)eb;
    *g = (struct gene_axis){0};
    strlist_copy(&g->id, &p->gene_id);
    strlist_copy(&g->name, &p->gene_name);
    g->skip = xcalloc(p->shape.G, sizeof *g->skip);
    return ERR_OK;
}

/* --- cells --- */

static size_t
find_column(const struct source *s, const char *name)
{
    size_t i = 0;

    while (i < s->column.n && strcmp(s->column.item[i], name) != 0)
        i++;
    return i;
}

static enum column_kind
column_kind(const struct source *s, const char *column)
{
    size_t i = find_column(s, column);

    return i < s->column.n ? packed_column_kind(s->impl, i) : COLUMN_UNKNOWN;
}

static enum err
column(const struct source *s, const char *name, struct obs_column *out,
       size_t *n_merged, struct errbuf *eb)
{
    size_t i = find_column(s, name);

    if (n_merged)
        *n_merged = 0;
    if (i == s->column.n)
        return err_set(eb, ERR_NOTFOUND, "there is no obs column \"%s\"", name);
    return packed_column(s->impl, i, out, eb);
}

static enum err
each_id(const struct source *s, source_id_fn fn, void *ctx, struct errbuf *eb)
{
    return packed_each_id(s->impl, fn, ctx, eb);
}

/* --- the file --- */

static enum err
open_file(struct source *s, struct errbuf *eb)
{
    struct packed *p = s->impl;
    enum err e = packed_open(p, s->path, eb);

    if (e)
        return e;
    s->n_cells = p->n_cells;
    strlist_copy(&s->column, &p->column);
    strlist_add(&s->matrix, "X");
    return ERR_OK;
}

static void
close_file(struct source *s)
{
    packed_close(s->impl);
}

static enum err
chunks(const struct source *s, const struct source_matrix *m, bool scale, bool counts,
       struct row_chunks *c, struct errbuf *eb)
{
    char digest[DIGEST_HEX];

    (void)m;
    packed_digest(s->impl, digest);
    return packed_chunks_open(c, s->path, digest, scale, counts, eb);
}

static void
places(const struct source *s, const struct source_matrix *m,
       const struct gene_order **order, const uint64_t **detected)
{
    const struct packed *p = s->impl;

    (void)m;
    *order = &p->order;
    *detected = p->detected;
}

static void
about(const struct source *s, struct packed_about *a)
{
    packed_about_read(a, s->impl);
}

static enum err
own(const struct source *s, struct source_own *o, bool with_digest, struct errbuf *eb)
{
    (void)with_digest; /* it takes no time */
    return packed_own(s->impl, o, eb);
}

const struct source_ops source_packed = {.kind = "packed store",
                                         .suffix = PACKED_SUFFIX,
                                         .is_kind = packed_is,
                                         .impl_bytes = sizeof(struct packed),
                                         .open = open_file,
                                         .close = close_file,
                                         .column_kind = column_kind,
                                         .column = column,
                                         .each_id = each_id,
                                         .matrix = matrix,
                                         .genes = genes,
                                         .chunks = chunks,
                                         .places = places,
                                         .about = about,
                                         .own = own};
