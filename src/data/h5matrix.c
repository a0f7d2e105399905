/* h5matrix.c - an expression matrix of an .h5ad file, row by row.
 *
 * csr: rows are read in groups of about SLAB values, together with rows between them
 * that are not kept.  dense: in blocks of whole
 * chunks, because a chunk that a block cuts would be unpacked once per block.  csc:
 * a counting transposition over bands of rows, each as large as m->band allows;
 * the file is read once to count and once per band. */
#include "data/h5matrix.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/h5chunks.h"
#include "data/h5lib.h"

enum {
    SLAB = 1 << 18, /* stored values per read and thread: they stay in the cache */
    SLAB_MOST = 1 << 20,
    GAP = 1 << 15, /* stored values to read although no row of them is kept */
    TASK_ROWS = 16,
    SAMPLE_BANDS = 16,
    SAMPLE_ROWS = 16,     /* rows of a band */
    SAMPLE_VALUES = 65536 /* stored values of a band, column-wise */
};

/* --- stored values --- */

/* A buffer of stored values [from, from + n). */
struct stored {
    uint32_t *gene; /* (cap) owned; of the minor axis; too large: out of range */
    float *value;   /* (cap) owned */
    size_t cap;
    int64_t *index; /* (cap_index) owned; the same as libhdf5 has it */
    size_t cap_index;
    bool is_narrow; /* gene is there; else index */
};

static void
stored_release(struct stored *s)
{
    free(s->index);
    free(s->gene);
    free(s->value);
    *s = (struct stored){0};
}

static enum err
stored_reserve(struct stored *s, size_t n, const char *name, struct errbuf *eb)
{
    if (n <= s->cap && s->value)
        return ERR_OK;
    stored_release(s);
    enum err e = big_calloc(&s->gene, n, sizeof *s->gene, name, eb);

    if (!e)
        e = big_calloc(&s->value, n, sizeof *s->value, name, eb);
    s->cap = e ? 0 : n;
    return e;
}

/* index = that of values [from, from + n). */
static enum err
stored_index(struct stored *s, const struct h5matrix *m, uint64_t from, size_t n,
             struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (n > s->cap_index || !s->index) {
        free(s->index);
        e = big_calloc(&s->index, n, sizeof *s->index, m->name, eb);
        s->cap_index = e ? 0 : n;
    }
    return e ? e : h5_read_ints(m->indices, "indices", from, n, s->index, eb);
}

/* Entry of the major axis that stored value k belongs to. */
static size_t
owner_of(const struct h5matrix *m, uint64_t k)
{
    size_t lo = 0, hi = h5matrix_major(m);

    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;

        if (m->indptr[mid] <= k)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

static enum err
out_of_range(const struct h5matrix *m, uint64_t k, int64_t index, struct errbuf *eb)
{
    bool csc = m->kind == MATRIX_CSC;

    return err_set(
        eb, ERR_FORMAT,
        "%s/indices: value %llu, in %s %zu, is at %s %lld, but there are %zu", m->name,
        (unsigned long long)k, csc ? "gene" : "cell", owner_of(m, k),
        csc ? "cell" : "gene", (long long)index, h5matrix_minor(m));
}

static bool
read_chunks(struct stored *s, const struct h5matrix *m, uint64_t from, size_t n,
            bool with_values)
{
    const struct h5chunks_part part[] = {
        {.c = &m->chunks[0], .small = s->gene},
        {.c = &m->chunks[1], .floats = s->value, .rounded = m->rounded}};

    return h5chunks_read(part, with_values ? 2 : 1, (size_t)from, n, m->pool);
}

/* Values [from, from + n) as the file has them. */
static enum err
stored_fetch(struct stored *s, const struct h5matrix *m, uint64_t from, size_t n,
             bool with_values, struct errbuf *eb)
{
    enum err e = stored_reserve(s, n, m->name, eb);

    s->is_narrow = !e && m->chunks && read_chunks(s, m, from, n, with_values);
    if (e || s->is_narrow)
        return e;
    e = stored_index(s, m, from, n, eb);
    if (!e && with_values)
        e = h5_read_floats(m->data, "data", from, n, s->value, eb);
    if (!e && with_values)
        e = h5_count_rounded(m->data, "data", from, n, 1, m->rounded, eb);
    return e ? err_wrap(eb, e, "%s", m->name) : ERR_OK;
}

/* The gene of values [from, to), or false if one of them is out of range. */
static bool
narrow(struct stored *s, size_t minor, size_t from, size_t to)
{
    uint64_t most = 0;

    for (size_t i = from; !s->is_narrow && i < to; i++) {
        most = (uint64_t)s->index[i] > most ? (uint64_t)s->index[i] : most;
        s->gene[i] = (uint32_t)s->index[i];
    }
    for (size_t i = from; s->is_narrow && i < to; i++)
        most = s->gene[i] > most ? s->gene[i] : most;
    return from == to || most < minor;
}

/* Of values [from, to), counted from value `base` on. */
static enum err
first_out_of_range(struct stored *s, const struct h5matrix *m, uint64_t base,
                   size_t from, size_t to, struct errbuf *eb)
{
    size_t i = 0, n = to - from;
    enum err e = stored_index(s, m, base + from, n, eb);

    while (!e && i < n && (uint64_t)s->index[i] < h5matrix_minor(m))
        i++;
    return e       ? err_wrap(eb, e, "%s", m->name)
           : i < n ? out_of_range(m, base + from + i, s->index[i], eb)
                   : ERR_OK;
}

static enum err
stored_read(struct stored *s, const struct h5matrix *m, uint64_t from, size_t n,
            bool with_values, struct errbuf *eb)
{
    enum err e = stored_fetch(s, m, from, n, with_values, eb);

    if (!e && !narrow(s, h5matrix_minor(m), 0, n))
        e = first_out_of_range(s, m, from, 0, n, eb);
    return e;
}

/* --- rows of a csr matrix --- */

static size_t
slab_of(const struct h5matrix *m)
{
    size_t threads = m->pool ? pool_threads(m->pool) : 1;

    return threads < SLAB_MOST / SLAB ? threads * SLAB : SLAB_MOST;
}

/* Rows [from, end): the first is kept, their values fill about a slab, and what lies
 * between kept ones is not worth a new reading. */
static size_t
group_end(const struct h5matrix *m, const bool *keep, size_t from)
{
    size_t end = from + 1, slab = slab_of(m);

    for (size_t r = from + 1; r < m->n_rows; r++) {
        if (m->indptr[r + 1] - m->indptr[from] > slab ||
            m->indptr[r] - m->indptr[end] > GAP)
            break;
        if (keep[r])
            end = r + 1;
    }
    return end;
}

struct group {
    const struct h5matrix *m;
    struct stored *s;
    const bool *keep;
    size_t from, end;
    atomic_bool out_of_range;
};

static void
narrow_rows(void *ctx, size_t task, size_t thread)
{
    struct group *g = ctx;
    const uint64_t *at = g->m->indptr;
    size_t r = g->from + task * TASK_ROWS, end = r + TASK_ROWS;

    (void)thread;
    for (; r < end && r < g->end; r++)
        if (g->keep[r] &&
            !narrow(g->s, h5matrix_minor(g->m), (size_t)(at[r] - at[g->from]),
                    (size_t)(at[r + 1] - at[g->from])))
            atomic_store(&g->out_of_range, true);
}

static enum err
csr_group(struct group *g, source_rows_fn fn, void *ctx, struct errbuf *eb)
{
    const struct h5matrix *m = g->m;
    const uint64_t *at = m->indptr;
    uint64_t base = at[g->from];
    enum err e = stored_fetch(g->s, m, base, (size_t)(at[g->end] - base), true, eb);

    if (e)
        return e;
    pool_run(m->pool, (g->end - g->from + TASK_ROWS - 1) / TASK_ROWS, narrow_rows, g);
    for (size_t r = g->from; !e && atomic_load(&g->out_of_range) && r < g->end; r++)
        if (g->keep[r])
            e = first_out_of_range(g->s, m, base, (size_t)(at[r] - base),
                                   (size_t)(at[r + 1] - base), eb);
    struct source_rows rows = {.first = g->from,
                               .n = g->end - g->from,
                               .keep = g->keep + g->from,
                               .start = at + g->from,
                               .gene = g->s->gene,
                               .value = g->s->value};

    return e ? e : fn(ctx, &rows, eb);
}

static enum err
csr_groups(const struct h5matrix *m, const bool *keep, source_rows_fn fn, void *ctx,
           struct errbuf *eb)
{
    struct stored s = {0};
    enum err e = ERR_OK;

    for (size_t r = 0; !e && r < m->n_rows;) {
        if (!keep[r]) {
            r++;
            continue;
        }
        struct group g = {
            .m = m, .s = &s, .keep = keep, .from = r, .end = group_end(m, keep, r)};

        e = csr_group(&g, fn, ctx, eb);
        r = g.end;
    }
    stored_release(&s);
    return e;
}

/* --- rows of a dense matrix --- */

struct dense_row {
    uint32_t *gene; /* (n_cols) owned */
    float *value;   /* (n_cols) owned */
};

static enum err
emit_dense(const struct h5matrix *m, struct dense_row *row, const float *x, size_t r,
           source_row_fn fn, void *ctx, struct errbuf *eb)
{
    size_t n = 0;

    for (size_t g = 0; g < m->n_cols; g++)
        if (x[g] != 0) {
            row->gene[n] = (uint32_t)g;
            row->value[n++] = x[g];
        }
    return fn(ctx, r, row->gene, row->value, n, eb);
}

static bool
any_kept(const bool *keep, size_t n)
{
    return n && memchr(keep, 1, n) != NULL;
}

static enum err
dense_rows(const struct h5matrix *m, const bool *keep, source_row_fn fn, void *ctx,
           struct errbuf *eb)
{
    size_t block = m->block_rows;
    struct dense_row row = {0};
    float *x = NULL;

    if (block > m->n_rows)
        block = m->n_rows ? m->n_rows : 1;
    enum err e = big_calloc(&x, block * m->n_cols, sizeof *x, m->name, eb);

    row.gene = xcalloc(m->n_cols, sizeof *row.gene);
    row.value = xcalloc(m->n_cols, sizeof *row.value);
    for (size_t at = 0; !e && at < m->n_rows; at += block) {
        size_t n = m->n_rows - at < block ? m->n_rows - at : block;

        if (!any_kept(keep + at, n))
            continue;
        e = h5_read_rows(m->data, m->name, at, n, m->n_cols, x, eb);
        if (!e)
            e = h5_count_rounded(m->data, m->name, at, n, m->n_cols, m->rounded, eb);
        for (size_t i = 0; !e && i < n; i++)
            if (keep[at + i])
                e = emit_dense(m, &row, x + i * m->n_cols, at + i, fn, ctx, eb);
    }
    free(row.value);
    free(row.gene);
    free(x);
    return e;
}

/* --- rows of a csc matrix --- */

/* A band of rows [from, end) being transposed. */
struct band {
    size_t from, end;
    uint64_t *at;   /* (end - from + 1) owned; next free place of each row */
    uint32_t *gene; /* (cap) owned */
    float *value;   /* (cap) owned */
};

/* count[r] = stored values of each kept row, 0 for the others. */
static enum err
count_rows(const struct h5matrix *m, const bool *keep, uint64_t *count,
           struct errbuf *eb)
{
    struct stored s = {0};
    enum err e = ERR_OK;

    for (uint64_t k = 0; !e && k < m->nnz; k += SLAB) {
        size_t n = m->nnz - k < SLAB ? (size_t)(m->nnz - k) : SLAB;

        e = stored_read(&s, m, k, n, false, eb);
        for (size_t i = 0; !e && i < n; i++)
            count[s.gene[i]] += keep[s.gene[i]];
    }
    stored_release(&s);
    return e;
}

static enum err
fill_band(const struct h5matrix *m, const bool *keep, struct band *b, struct errbuf *eb)
{
    struct stored s = {0};
    enum err e = ERR_OK;
    size_t col = 0;

    for (uint64_t k = 0; !e && k < m->nnz; k += SLAB) {
        size_t n = m->nnz - k < SLAB ? (size_t)(m->nnz - k) : SLAB;

        e = stored_read(&s, m, k, n, true, eb);
        for (size_t i = 0; !e && i < n; i++) {
            size_t r = s.gene[i];

            while (m->indptr[col + 1] <= k + i)
                col++;
            if (!keep[r] || r < b->from || r >= b->end)
                continue;
            uint64_t to = b->at[r - b->from]++;

            b->gene[to] = (uint32_t)col;
            b->value[to] = s.value[i];
        }
    }
    stored_release(&s);
    return e;
}

static enum err
emit_band(const struct h5matrix *m, const bool *keep, const uint64_t *count,
          struct band *b, uint64_t total, source_row_fn fn, void *ctx,
          struct errbuf *eb)
{
    uint64_t at = 0;
    enum err e = big_calloc(&b->at, b->end - b->from, sizeof *b->at, m->name, eb);

    if (!e)
        e = big_calloc(&b->gene, (size_t)total, sizeof *b->gene, m->name, eb);
    if (!e)
        e = big_calloc(&b->value, (size_t)total, sizeof *b->value, m->name, eb);
    for (size_t r = b->from; !e && r < b->end; r++) {
        b->at[r - b->from] = at;
        at += count[r];
    }
    if (!e)
        e = fill_band(m, keep, b, eb);
    at = 0;
    for (size_t r = b->from; !e && r < b->end; r++) {
        if (keep[r])
            e = fn(ctx, r, b->gene + at, b->value + at, (size_t)count[r], eb);
        at += count[r];
    }
    free(b->at);
    free(b->gene);
    free(b->value);
    return e;
}

static enum err
csc_rows(const struct h5matrix *m, const bool *keep, source_row_fn fn, void *ctx,
         struct errbuf *eb)
{
    uint64_t *count = NULL;
    enum err e = big_calloc(&count, m->n_rows, sizeof *count, m->name, eb);

    if (!e)
        e = count_rows(m, keep, count, eb);
    for (size_t from = 0; !e && from < m->n_rows;) {
        size_t end = from;
        uint64_t total = 0;

        while (end < m->n_rows && (end == from || total + count[end] <= m->band))
            total += count[end++];
        struct band b = {.from = from, .end = end};

        e = emit_band(m, keep, count, &b, total, fn, ctx, eb);
        from = end;
    }
    free(count);
    return e;
}

/* --- rows and groups of rows --- */

/* One of the two, for a matrix that has the other. */
struct each {
    source_row_fn row;
    source_rows_fn rows;
    void *ctx;
};

static enum err
each_of_group(void *ctx, const struct source_rows *g, struct errbuf *eb)
{
    const struct each *each = ctx;
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < g->n; i++) {
        size_t at = (size_t)(g->start[i] - g->start[0]);

        if (g->keep[i])
            e = each->row(each->ctx, g->first + i, g->gene + at, g->value + at,
                          (size_t)(g->start[i + 1] - g->start[i]), eb);
    }
    return e;
}

static enum err
group_of_one(void *ctx, size_t row, const uint32_t *gene, const float *value, size_t n,
             struct errbuf *eb)
{
    const struct each *each = ctx;
    const uint64_t start[] = {0, n};
    const bool keep = true;
    struct source_rows g = {row, 1, &keep, start, gene, value};

    return each->rows(each->ctx, &g, eb);
}

enum err
h5matrix_rows(const struct h5matrix *m, const bool *keep, source_row_fn fn, void *ctx,
              struct errbuf *eb)
{
    struct each each = {.row = fn, .ctx = ctx};

    switch (m->kind) {
    case MATRIX_CSR: return csr_groups(m, keep, each_of_group, &each, eb);
    case MATRIX_CSC: return csc_rows(m, keep, fn, ctx, eb);
    case MATRIX_DENSE: break;
    }
    return dense_rows(m, keep, fn, ctx, eb);
}

enum err
h5matrix_groups(const struct h5matrix *m, const bool *keep, source_rows_fn fn,
                void *ctx, struct errbuf *eb)
{
    struct each each = {.rows = fn, .ctx = ctx};

    if (m->kind == MATRIX_CSR)
        return csr_groups(m, keep, fn, ctx, eb);
    return h5matrix_rows(m, keep, group_of_one, &each, eb);
}

uint64_t
h5matrix_count(const struct h5matrix *m, const bool *keep)
{
    uint64_t n = 0, n_kept = 0;

    for (size_t r = 0; r < m->n_rows; r++) {
        n_kept += keep[r];
        if (keep[r] && m->kind == MATRIX_CSR)
            n += m->indptr[r + 1] - m->indptr[r];
    }
    if (m->kind == MATRIX_DENSE)
        return n_kept * m->n_cols;
    if (m->kind == MATRIX_CSC && m->n_rows)
        return (uint64_t)((double)m->nnz * (double)n_kept / (double)m->n_rows);
    return n;
}

/* --- samples --- */

/* Leave the first n stored values of kept rows only; returns how many. */
static size_t
drop_others(struct stored *s, size_t n, const bool *keep)
{
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        if (keep && !keep[s->gene[i]])
            continue;
        s->gene[k] = s->gene[i];
        s->value[k++] = s->value[i];
    }
    return k;
}

/* *n_shown = values handed to fn. */
static enum err
sample_stored(const struct h5matrix *m, const bool *keep, source_row_fn fn, void *ctx,
              size_t *n_shown, struct errbuf *eb)
{
    struct stored s = {0};
    enum err e = ERR_OK;
    uint64_t step = m->nnz / SAMPLE_BANDS + 1;

    for (uint64_t k = 0; !e && k < m->nnz; k += step) {
        uint64_t n = m->nnz - k;

        n = n < SAMPLE_VALUES ? n : SAMPLE_VALUES;
        n = n < step ? n : step;
        if ((e = stored_read(&s, m, k, (size_t)n, true, eb)))
            break;
        size_t n_kept = drop_others(&s, (size_t)n, keep);

        *n_shown += n_kept;
        e = fn(ctx, owner_of(m, k), s.gene, s.value, n_kept, eb);
    }
    stored_release(&s);
    return e;
}

static enum err
sample_columns(const struct h5matrix *m, const bool *keep, source_row_fn fn, void *ctx,
               struct errbuf *eb)
{
    size_t n_shown = 0;
    enum err e = sample_stored(m, keep, fn, ctx, &n_shown, eb);

    return e || n_shown ? e : sample_stored(m, NULL, fn, ctx, &n_shown, eb);
}

/* Bands of kept rows: shown[r] = row r is one of them. */
static void
choose_rows(const struct h5matrix *m, const bool *keep, bool *shown)
{
    size_t n = 0, k = 0;

    for (size_t r = 0; r < m->n_rows; r++)
        n += !keep || keep[r];
    size_t step = n / SAMPLE_BANDS + 1;

    for (size_t r = 0; r < m->n_rows; r++)
        if (!keep || keep[r])
            shown[r] = k++ % step < SAMPLE_ROWS;
}

enum err
h5matrix_sample(const struct h5matrix *m, const bool *keep, source_row_fn fn, void *ctx,
                bool *whole_rows, struct errbuf *eb)
{
    *whole_rows = m->kind != MATRIX_CSC;
    if (m->kind == MATRIX_CSC)
        return sample_columns(m, keep, fn, ctx, eb);
    bool *shown = NULL;
    enum err e = big_calloc(&shown, m->n_rows, sizeof *shown, m->name, eb);

    if (!e) {
        choose_rows(m, keep, shown);
        e = h5matrix_rows(m, shown, fn, ctx, eb);
    }
    free(shown);
    return e;
}
