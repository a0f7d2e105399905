/* cmd_store_check.c - the full integrity check. */
#include "base/strlist.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "draw/table.h"

static void
say_library(const struct cli *c, const struct store_info *info)
{
    out_textf(
        c, "SQLite %s%s\n", info->sqlite_version,
        info->sqlite_has_wal_bug
            ? ": two processes that write in WAL mode can damage a file; hcelab's "
              "writers take turns under a lock, do not write with other programs"
            : "");
}

/* A line each; in the other formats a table, which is empty where all is well. */
static void
print_problems(const struct cli *c, const struct strlist *problems)
{
    static const struct table_column col[] = {{.name = "problem", .type = TABLE_TEXT}};
    struct table *t = table_new(col, 1);

    for (size_t i = 0; i < problems->n; i++)
        if (c->format == TABLE_PLAIN)
            out_line(c, "%s", problems->item[i]);
        else
            table_text(t, problems->item[i]);
    if (c->format != TABLE_PLAIN)
        out_table(c, t);
    table_free(t);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct strlist problems = {0};
    struct store_info info;
    enum err e;

    if ((e = cli_open(c, STORE_READ, eb)) || (e = store_info(c->store, &info, eb)))
        return e;
    if (c->format == TABLE_PLAIN)
        say_library(c, &info);
    e = store_check(c->store, &problems, eb);
    if (e == ERR_OK)
        print_problems(c, &problems);
    if (e == ERR_OK && problems.n)
        e = err_set(eb, ERR_DB,
                    "%s: %zu problem%s; restore a backup (hcelab store "
                    "backup makes one)",
                    c->store_path, problems.n, problems.n == 1 ? "" : "s");
    else if (e == ERR_OK && c->format == TABLE_PLAIN)
        out_textf(c, "%s: ok\n", c->store_path);
    strlist_release(&problems);
    return e;
}

const struct cmd cmd_store_check = {
    .name = "store check",
    .usage = "",
    .summary = "check the whole file: integrity, foreign keys",
    .details = "--json, --csv and --markdown print the problems as rows: none, if the "
               "store is whole.",
    .example = "hcelab store check",
    .flags = CMD_ROWS,
    .run = run,
};
