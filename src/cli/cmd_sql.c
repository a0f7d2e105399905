/* cmd_sql.c - a read-only query on the store, and what its views mean. */
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/query_out.h"
#include "store/catalog.h"

static enum err
read_stdin(struct strbuf *out, struct errbuf *eb)
{
    char buf[4096];
    size_t n;

    while ((n = fread(buf, 1, sizeof buf, stdin)) > 0)
        strbuf_add(out, buf, n);
    if (ferror(stdin))
        return err_errno(eb, "cannot read the query from stdin");
    if (strspn(strbuf_str(out), " \t\r\n;") == out->len)
        return err_set(eb, ERR_ARG, "sql: the query is empty; usage: hcelab sql QUERY");
    return ERR_OK;
}

static void
add_columns(struct table *t, const struct catalog_view *v)
{
    const struct catalog_column *c;

    for (size_t i = 0; (c = catalog_column(v, i)); i++) {
        table_text(t, v->name);
        table_text(t, c->name);
        table_text(t, c->type);
        table_text(t, c->unit);
        table_text(t, *c->null_when ? c->null_when : "never");
        table_text(t, c->meaning);
    }
}

/* The columns of one view, or of all. */
static enum err
print_columns(const struct cli *c, const char *name, struct errbuf *eb)
{
    static const struct table_column col[] = {
        {.name = "view", .type = TABLE_TEXT},
        {.name = "column", .type = TABLE_TEXT},
        {.name = "type", .type = TABLE_TEXT},
        {.name = "unit", .type = TABLE_TEXT},
        {.name = "null_when", .title = "NULL when", .type = TABLE_TEXT},
        {.name = "meaning", .type = TABLE_TEXT}};
    const struct catalog_view *v = name ? catalog_find(name) : NULL;

    if (name && !v) {
        struct strbuf all = {0};

        for (size_t i = 0; (v = catalog_view(i)); i++)
            strbuf_addf(&all, "%s%s", i ? ", " : "", v->name);
        err_set(eb, ERR_ARG, "--columns %s: must be one of: %s", name,
                strbuf_str(&all));
        strbuf_release(&all);
        return ERR_ARG;
    }
    struct table *t = table_new(col, sizeof col / sizeof col[0]);
    if (v)
        add_columns(t, v);
    else
        for (size_t i = 0; (v = catalog_view(i)); i++)
            add_columns(t, v);
    out_table(c, t);
    table_free(t);
    return ERR_OK;
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    const char *query = c->opts.n_args ? c->opts.arg[0] : NULL;
    struct strbuf sql = {0};
    enum err e = ERR_OK;

    if (opts_has(&c->opts, "columns"))
        return print_columns(c, query, eb);
    if (query && strcmp(query, "-") != 0)
        strbuf_adds(&sql, query);
    else
        e = read_stdin(&sql, eb);
    if (!e && !(e = cli_open(c, STORE_READ, eb)))
        e = query_print(c, strbuf_str(&sql), NULL, 0, eb);
    strbuf_release(&sql);
    return e;
}

static const struct opt options[] = {
    {.name = "columns",
     .kind = OPT_FLAG,
     .help = "print what the columns of the public views mean, or with a word those of "
             "that view; reads no store"},
    {0}};

const struct cmd cmd_sql = {
    .name = "sql",
    .usage = "[QUERY]",
    .summary = "read-only query on the store; without QUERY it is read from stdin",
    .details =
        "The views that --columns lists are public: their columns only ever grow. "
        "The tables below them may change.",
    .example = "hcelab sql \"SELECT loss, avg(f1) FROM f1_overall GROUP BY loss\"\n"
               "hcelab sql --columns comparison\n"
               "hcelab sql --csv < share/sql/best_runs.sql",
    .opts = options,
    .max_args = 1,
    .flags = CMD_ROWS,
    .run = run,
};
