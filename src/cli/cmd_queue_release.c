/* cmd_queue_release.c - let workers take runs again. */
#include "cli/cli.h"
#include "cli/cli_out.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    bool done = false;
    enum err e = cli_open(c, STORE_WRITE, eb);

    if (e == ERR_OK)
        e = store_queue_hold(c->store, false, &done, eb);
    if (e == ERR_OK)
        out_note(done ? "the queue is released: workers take runs again"
                      : "the queue was not held");
    return e;
}

const struct cmd cmd_queue_release = {
    .name = "queue release",
    .usage = "",
    .summary = "let workers take runs again after `queue hold`",
    .example = "hcelab queue release",
    .flags = CMD_WRITES,
    .run = run,
};
