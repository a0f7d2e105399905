/* cmd_queue_clear.c - empty the queue. */
#include <stdint.h>

#include "cli/cli.h"
#include "cli/cli_out.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    size_t n = 0;
    enum err e;

    if ((e = cli_open(c, STORE_WRITE, eb)) || (e = store_clear_queue(c->store, &n, eb)))
        return e;
    out_note("%zu run%s removed from the queue", n, n == 1 ? "" : "s");
    return ERR_OK;
}

const struct cmd cmd_queue_clear = {
    .name = "queue clear",
    .usage = "",
    .summary = "remove every run that waits in the queue",
    .details = "Runs that are running, paused or ended stay.",
    .example = "hcelab queue clear",
    .flags = CMD_WRITES,
    .run = run,
};
