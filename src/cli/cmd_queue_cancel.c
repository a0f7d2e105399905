/* cmd_queue_cancel.c - cancel runs that wait or are running. */
#include <stdint.h>

#include "cli/cli.h"
#include "cli/run_arg.h"

static enum err
wish(struct cli *c, int64_t run_id, bool *done, struct errbuf *eb)
{
    return store_cancel(c->store, run_id, done, eb);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    return run_arg_wish(c, 0, wish, "cancelled", eb);
}

const struct cmd cmd_queue_cancel = {
    .name = "queue cancel",
    .usage = "RUN...",
    .summary = "cancel runs that wait or are running",
    .details =
        "A running one stops at its worker's next heartbeat; `queue retry` takes it up again.",
    .example = "hcelab queue cancel 7",
    .min_args = 1,
    .max_args = SIZE_MAX,
    .flags = CMD_WRITES,
    .run = run,
};
