/* cmd_store_check.c - the full integrity check. */
#include "base/strlist.h"
#include "cli/cli.h"
#include "cli/cli_out.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct strlist problems = {0};
    struct store_info info;
    enum err e;

    if ((e = cli_open(c, STORE_READ, eb)) || (e = store_info(c->store, &info, eb)))
        return e;
    out_textf(
        c, "SQLite %s%s\n", info.sqlite_version,
        info.sqlite_has_wal_bug
            ? ": two processes that write in WAL mode can damage a file; hcelab's "
              "writers take turns under a lock, do not write with other programs"
            : "");
    e = store_check(c->store, &problems, eb);
    for (size_t i = 0; i < problems.n; i++)
        out_textf(c, "%s\n", problems.item[i]);
    if (e == ERR_OK && problems.n)
        e = err_set(eb, ERR_DB,
                    "%s: %zu problem%s; restore a backup (hcelab store "
                    "backup makes one)",
                    c->store_path, problems.n, problems.n == 1 ? "" : "s");
    else if (e == ERR_OK)
        out_textf(c, "%s: ok\n", c->store_path);
    strlist_release(&problems);
    return e;
}

const struct cmd cmd_store_check = {
    .name = "store check",
    .usage = "",
    .summary = "check the whole file: integrity, foreign keys",
    .example = "hcelab store check",
    .run = run,
};
