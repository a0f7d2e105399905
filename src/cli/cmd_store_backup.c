/* cmd_store_backup.c - a whole copy of the store. */
#include "cli/cli.h"
#include "cli/cli_out.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    enum err e;

    if ((e = cli_open(c, STORE_READ, eb)) ||
        (e = store_backup(c->store, c->opts.arg[0], eb)))
        return e;
    out_note("%s is a checked copy of %s", c->opts.arg[0], c->store_path);
    return ERR_OK;
}

const struct cmd cmd_store_backup = {
    .name = "store backup",
    .usage = "TO",
    .summary = "copy the store while writers go on; the copy is checked",
    .details = "Never copy the file by other means while it is in use.",
    .example = "hcelab store backup hcelab-monday.db",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
