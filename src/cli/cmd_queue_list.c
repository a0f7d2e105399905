/* cmd_queue_list.c - what waits, what runs, and why. */
#include "cli/cli.h"
#include "cli/query_out.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    enum err e = cli_open(c, STORE_READ, eb);

    return e ? e : query_print(c, store_named_query("queue_list"), NULL, 0, eb);
}

const struct cmd cmd_queue_list = {
    .name = "queue list",
    .usage = "",
    .summary = "the queue: order, priority, state, why a run waits",
    .example = "hcelab queue list",
    .flags = CMD_ROWS,
    .run = run,
};
