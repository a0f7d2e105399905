/* cmd_sql.c - a read-only query on the store. */
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/query_out.h"

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

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct strbuf sql = {0};
    enum err e = ERR_OK;

    if (c->opts.n_args && strcmp(c->opts.arg[0], "-") != 0)
        strbuf_adds(&sql, c->opts.arg[0]);
    else
        e = read_stdin(&sql, eb);
    if (!e && !(e = cli_open(c, STORE_READ, eb)))
        e = query_print(c, strbuf_str(&sql), NULL, 0, eb);
    strbuf_release(&sql);
    return e;
}

const struct cmd cmd_sql = {
    .name = "sql",
    .usage = "[QUERY]",
    .summary = "read-only query on the store; without QUERY it is read from stdin",
    .details = "The views run_summary, curve, f1, f1_overall, f1_by_class, "
               "f1_by_tissue,\nf1_by_tissue_general, f1_by_disease, f1_by_assay, "
               "f1_by_dataset, comparison,\nconfusion and queue are public: their "
               "columns only ever grow.",
    .example = "hcelab sql \"SELECT loss, avg(f1) FROM f1_overall GROUP BY loss\"\n"
               "hcelab sql --csv < share/sql/best_runs.sql",
    .max_args = 1,
    .flags = CMD_ROWS,
    .run = run,
};
