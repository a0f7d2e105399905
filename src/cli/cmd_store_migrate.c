/* cmd_store_migrate.c - bring an older store up to date. */
#include <inttypes.h>

#include "cli/cli.h"
#include "cli/cli_out.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct store_info info;
    enum err e;

    if ((e = cli_open(c, STORE_WRITE, eb)) || (e = store_info(c->store, &info, eb)))
        return e;
    out_note("%s has schema version %" PRId64, c->store_path, info.schema_version);
    return ERR_OK;
}

const struct cmd cmd_store_migrate = {
    .name = "store migrate",
    .usage = "",
    .summary = "bring a store of an older version up to date",
    .details = "Every command that writes does so too; make a backup first.",
    .example = "hcelab store backup before.db && hcelab store migrate",
    .flags = CMD_WRITES,
    .run = run,
};
