/* cmd_queue_hold.c - hold the whole queue. */
#include "cli/cli.h"
#include "cli/cli_out.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    bool done = false;
    enum err e = cli_open(c, STORE_WRITE, eb);

    if (e == ERR_OK)
        e = store_queue_hold(c->store, true, &done, eb);
    if (e == ERR_OK)
        out_note(done ? "the queue is held: running runs go on, none is taken"
                      : "the queue was held already");
    return e;
}

const struct cmd cmd_queue_hold = {
    .name = "queue hold",
    .usage = "",
    .summary = "hold the queue: running runs go on to their end, none is taken",
    .details =
        "It holds for every worker of the store until `queue release`. "
        "`queue pause` sets single runs\naside; `hcelab train` works on its own run "
        "all the same.",
    .example = "hcelab queue hold",
    .flags = CMD_WRITES,
    .run = run,
};
