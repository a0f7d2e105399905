/* sctab_matrix.c - the matrix of an scTab store.
 *
 * Row groups are decoded side by side, as many as there are threads, and handed out in
 * order; one that is too large to be kept whole is read in pieces by one thread. */
#include <stdlib.h>

#include "base/pool.h"
#include "base/xalloc.h"
#include "data/parquet_lists.h"
#include "data/sctab.h"

enum {
    WHOLE_NUMBERS = 64 << 20, /* of a row group that is decoded whole */
    PIECE_ROWS = 1024,        /* of one that is not */
    SAMPLE_BANDS = 24,
    SAMPLE_ROWS = 64 /* of a band */
};

/* A row group some of whose rows are wanted. */
struct wanted {
    size_t part, group, first; /* first: its first cell */
};

struct task {
    const struct wanted *w;
    struct parquet_lists *lists; /* owned */
    struct parquet_rows rows;
    enum err e;
    struct errbuf eb;
};

struct reading {
    const struct sctab *t;
    struct wanted *wanted; /* (n) owned */
    size_t n;
    struct task *task; /* (n_tasks) owned */
    size_t n_tasks;
};

static struct parquet *
file_of(const struct reading *r, const struct wanted *w)
{
    return &r->t->part[w->part].f;
}

static size_t
rows_of(const struct reading *r, const struct wanted *w)
{
    return parquet_group_rows(file_of(r, w), w->group);
}

static bool
is_wanted(const bool *keep, size_t first, size_t n)
{
    bool any = !keep && n;

    for (size_t i = 0; i < n && keep && !any; i++)
        any = keep[first + i];
    return any;
}

static void
list_wanted(struct reading *r, const bool *keep)
{
    size_t cap = 0;

    for (size_t p = 0; p < r->t->n_parts; p++) {
        const struct sctab_part *part = &r->t->part[p];

        for (size_t g = 0; g < part->f.n_groups; g++) {
            size_t first = part->first + part->f.first[g];

            if (!is_wanted(keep, first, parquet_group_rows(&part->f, g)))
                continue;
            r->wanted = grow(r->wanted, &cap, r->n + 1, sizeof *r->wanted);
            r->wanted[r->n++] = (struct wanted){p, g, first};
        }
    }
}

static void
start(struct reading *r, const struct source_matrix *m, const bool *keep,
      size_t n_tasks)
{
    *r = (struct reading){.t = m->source->impl, .n_tasks = n_tasks};
    list_wanted(r, keep);
    r->task = xcalloc(n_tasks, sizeof *r->task);
    for (size_t i = 0; i < n_tasks; i++) {
        r->task[i].lists = xcalloc(1, sizeof *r->task[i].lists);
        r->task[i].lists->rounded = m->rounded;
    }
}

static void
stop(struct reading *r)
{
    for (size_t i = 0; i < r->n_tasks; i++) {
        parquet_lists_release(r->task[i].lists);
        free(r->task[i].lists);
        parquet_rows_release(&r->task[i].rows);
    }
    free(r->task);
    free(r->wanted);
}

static enum err
open_group(const struct reading *r, struct task *k, struct errbuf *eb)
{
    const struct sctab_part *part = &r->t->part[k->w->part];

    return parquet_lists_open(k->lists, &part->f, k->w->group, part->x, r->t->n_genes,
                              eb);
}

static void
decode(void *ctx, size_t task, size_t thread)
{
    struct reading *r = ctx;
    struct task *k = &r->task[task];

    (void)thread;
    k->e = open_group(r, k, &k->eb);
    if (!k->e)
        k->e = parquet_lists_next(k->lists, rows_of(r, k->w) + 1, &k->rows, &k->eb);
}

static enum err
hand_out(const struct parquet_rows *rows, size_t first, const bool *keep,
         source_rows_fn fn, void *ctx, struct errbuf *eb)
{
    struct source_rows out = {.first = first,
                              .n = rows->n,
                              .keep = keep + first,
                              .start = rows->start,
                              .gene = rows->gene,
                              .value = rows->value};

    return rows->n ? fn(ctx, &out, eb) : ERR_OK;
}

/* A large row group, by the caller's thread. */
static enum err
read_pieces(struct reading *r, const struct wanted *w, const bool *keep,
            source_rows_fn fn, void *ctx, struct errbuf *eb)
{
    struct task *k = &r->task[0];
    size_t first = w->first;

    k->w = w;
    enum err e = parquet_unpark(file_of(r, w), eb);

    if (!e)
        e = open_group(r, k, eb);
    do {
        if (!e)
            e = parquet_lists_next(k->lists, PIECE_ROWS, &k->rows, eb);
        if (!e)
            e = hand_out(&k->rows, first, keep, fn, ctx, eb);
        first += k->rows.n;
    } while (!e && k->rows.n == PIECE_ROWS);
    parquet_park(file_of(r, w));
    return e;
}

static bool
is_large(const struct reading *r, const struct wanted *w)
{
    return rows_of(r, w) * r->t->n_genes > WHOLE_NUMBERS;
}

/* As many of the row groups from w on as can be decoded side by side. */
static size_t
wave_length(const struct reading *r, const struct wanted *w)
{
    size_t n = 0, left = r->n - (size_t)(w - r->wanted);

    while (n < left && n < r->n_tasks && !is_large(r, w + n))
        n++;
    return n;
}

static enum err
read_wave(struct reading *r, const struct wanted *w, size_t n,
          const struct source_matrix *m, const bool *keep, source_rows_fn fn, void *ctx,
          struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < n && !e; i++) {
        r->task[i].w = w + i;
        e = parquet_unpark(file_of(r, w + i), eb);
    }
    if (!e)
        pool_run(m->pool, n, decode, r);
    for (size_t i = 0; i < n; i++)
        parquet_park(file_of(r, w + i));
    for (size_t i = 0; i < n && !e; i++) {
        const struct task *k = &r->task[i];

        e = k->e ? err_set(eb, k->e, "%s", k->eb.text)
                 : hand_out(&k->rows, w[i].first, keep, fn, ctx, eb);
    }
    return e;
}

static enum err
groups(const struct source_matrix *m, const bool *keep, source_rows_fn fn, void *ctx,
       struct errbuf *eb)
{
    struct reading r;
    enum err e = ERR_OK;

    start(&r, m, keep, pool_threads(m->pool));
    for (size_t i = 0; i < r.n && !e;) {
        size_t n = wave_length(&r, &r.wanted[i]);

        e = n ? read_wave(&r, &r.wanted[i], n, m, keep, fn, ctx, eb)
              : read_pieces(&r, &r.wanted[i], keep, fn, ctx, eb);
        i += n ? n : 1;
    }
    stop(&r);
    return e;
}

/* --- samples --- */

/* The first rows of a row group that are kept. */
static enum err
sample_group(struct reading *r, const struct wanted *w, const bool *keep,
             source_row_fn fn, void *ctx, struct errbuf *eb)
{
    struct task *k = &r->task[0];
    size_t first = w->first, n_seen = 0;

    k->w = w;
    enum err e = parquet_unpark(file_of(r, w), eb);

    if (!e)
        e = open_group(r, k, eb);
    do {
        if (!e)
            e = parquet_lists_next(k->lists, SAMPLE_ROWS, &k->rows, eb);
        for (size_t i = 0; i < k->rows.n && !e; i++) {
            uint64_t at = k->rows.start[i], n = k->rows.start[i + 1] - at;

            if (keep && !keep[first + i])
                continue;
            e = fn(ctx, first + i, k->rows.gene + at, k->rows.value + at, (size_t)n,
                   eb);
            n_seen++;
        }
        first += k->rows.n;
    } while (!e && !n_seen && k->rows.n);
    parquet_park(file_of(r, w));
    return e;
}

static enum err
sample(const struct source_matrix *m, const bool *keep, source_row_fn fn, void *ctx,
       bool *whole_rows, struct errbuf *eb)
{
    struct reading r;
    enum err e = ERR_OK;

    *whole_rows = true;
    start(&r, m, keep, 1);
    size_t n = r.n < SAMPLE_BANDS ? r.n : SAMPLE_BANDS;

    for (size_t i = 0; i < n && !e; i++)
        e = sample_group(&r, &r.wanted[i * r.n / n], keep, fn, ctx, eb);
    stop(&r);
    return e;
}

static uint64_t
count(const struct source_matrix *m, const bool *keep)
{
    uint64_t n = 0;

    for (size_t i = 0; i < m->n_rows; i++)
        n += !keep || keep[i];
    return n * m->n_cols;
}

static void
close_matrix(struct source_matrix *m)
{
    (void)m;
}

static const struct source_matrix_ops matrix_ops = {.groups = groups,
                                                    .sample = sample,
                                                    .count = count,
                                                    .close = close_matrix};

void
sctab_matrix(const struct source *s, struct source_matrix *m)
{
    const struct sctab *t = s->impl;

    *m = (struct source_matrix){.ops = &matrix_ops,
                                .source = s,
                                .name = xstrdup("X"),
                                .n_rows = t->n_cells,
                                .n_cols = t->n_genes,
                                .is_dense = true,
                                .is_blocked = true};
}
