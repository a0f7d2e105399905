/* cmd_diff.c - in what runs differ. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/run_arg.h"
#include "store/store_diff.h"

enum { MAX_RUNS = 1000 };

/* The key, then one column for each run: its name in the table, its id elsewhere. */
static struct table_column *
make_columns(const struct store_diff *d, const int64_t *ids, struct arena *a)
{
    struct table_column *col = arena_alloc(a, d->n_runs + 1, sizeof *col);

    col[0] = (struct table_column){.name = "key", .type = TABLE_TEXT};
    for (size_t i = 0; i < d->n_runs; i++) {
        char *name = xasprintf("run_%" PRId64, ids[i]);
        char *title = xasprintf("run %" PRId64, ids[i]);
        col[i + 1] = (struct table_column){.name = arena_strdup(a, name),
                                           .title = arena_strdup(a, title),
                                           .type = TABLE_TEXT};
        free(name);
        free(title);
    }
    return col;
}

static void
print(const struct cli *c, const struct store_diff *d, const int64_t *ids)
{
    bool all = opts_has(&c->opts, "all");
    struct arena a = {0};
    struct table *t = table_new(make_columns(d, ids, &a), d->n_runs + 1);
    bool for_people = c->format == TABLE_PLAIN || c->format == TABLE_MARKDOWN;

    for (size_t i = 0; i < d->n; i++) {
        if (!all && !d->row[i].differs)
            continue;
        table_text(t, d->row[i].key);
        for (size_t k = 0; k < d->n_runs; k++)
            table_text(t, d->row[i].value[k] || !for_people ? d->row[i].value[k] : "-");
    }
    if (table_rows(t) == 0 && c->format == TABLE_PLAIN)
        out_note("they differ in nothing");
    else
        out_table(c, t);
    table_free(t);
    arena_release(&a);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct store_diff d;
    int64_t *ids = NULL;
    size_t n = 0;
    enum err e;

    if ((e = cli_open(c, STORE_READ, eb)) || (e = run_arg_ids(c, 0, &ids, &n, eb)))
        return e;
    e = store_runs_diff(c->store, ids, n, &d, eb);
    if (e == ERR_OK) {
        print(c, &d, ids);
        store_diff_release(&d);
    }
    free(ids);
    return e;
}

static const struct opt options[] = {{.name = "all",
                                      .letter = 'a',
                                      .kind = OPT_FLAG,
                                      .help = "every key, not only those that differ"},
                                     {0}};

const struct cmd cmd_diff = {
    .name = "diff",
    .usage = "RUN RUN...",
    .summary = "in what runs differ: the keys of their specs, and the values",
    .details =
        "One row for each key that differs, one column for each run.  Keys are "
        "the parameters,\nthen digests of data, split, classes and genes, the version "
        "of the ontology, the code that\ntrained, whether it was trained here "
        "or imported, and cell_order: what --shuffle auto came\nto, blocks or cells.  A run that does not have a key shows -.",
    .example = "hcelab diff 1 2\nhcelab diff 1 2 3 --all --csv",
    .opts = options,
    .min_args = 2,
    .max_args = MAX_RUNS,
    .flags = CMD_ROWS,
    .run = run,
};
