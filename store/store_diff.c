/* store_diff.c - specs of runs side by side. */
#include "store/store_diff.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/db.h"

void
store_diff_release(struct store_diff *d)
{
    free(d->row);
    arena_release(&d->arena);
    *d = (struct store_diff){0};
}

/* The row of a key; a new one goes behind those of its part. */
static struct store_diff_row *
row_of(struct store_diff *d, int part, const char *key)
{
    size_t at = d->n;

    for (size_t i = 0; i < d->n; i++)
        if (strcmp(d->row[i].key, key) == 0)
            return &d->row[i];
    while (at > 0 && d->row[at - 1].part > part)
        at--;
    d->row = grow(d->row, &d->cap, d->n + 1, sizeof *d->row);
    memmove(d->row + at + 1, d->row + at, (d->n - at) * sizeof *d->row);
    d->n++;
    d->row[at] = (struct store_diff_row){
        .key = arena_strdup(&d->arena, key),
        .value = arena_alloc(&d->arena, d->n_runs, sizeof(char *)),
        .part = part,
    };
    return &d->row[at];
}

static bool
same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

static void
compare_values(struct store_diff_row *r, size_t n_runs)
{
    r->differs = false;
    for (size_t i = 1; i < n_runs; i++)
        r->differs = r->differs || !same(r->value[0], r->value[i]);
}

void
store_diff_set(struct store_diff *d, size_t row, size_t run, const char *value)
{
    d->row[row].value[run] = arena_strdup(&d->arena, value);
    compare_values(&d->row[row], d->n_runs);
}

static enum err
read_run(struct store *s, int64_t run_id, size_t run, struct store_diff *d,
         struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row, any = false;
    enum err e = db_select(s, SQL_run_config, BINDS(BI(":run_id", run_id)), &st, eb);

    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        struct store_diff_row *r = row_of(d, (int)col_int(st, 0), col_text(st, 1));
        r->value[run] = col_dup(st, 2, &d->arena);
        any = true;
    }
    db_finish(s, st);
    if (e == ERR_OK && !any)
        e = err_set(eb, ERR_NOTFOUND, "run %" PRId64 " is not in the store", run_id);
    return e;
}

enum err
store_runs_diff(struct store *s, const int64_t *run_id, size_t n,
                struct store_diff *out, struct errbuf *eb)
{
    struct store_diff d = {.n_runs = n};
    enum err e = ERR_OK;

    for (size_t i = 0; i < n && e == ERR_OK; i++)
        e = read_run(s, run_id[i], i, &d, eb);
    for (size_t i = 0; i < d.n; i++)
        compare_values(&d.row[i], n);
    if (e)
        store_diff_release(&d);
    *out = d;
    return e;
}
