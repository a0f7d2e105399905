/* cmd_queue_pause.c - set runs aside; running ones keep a checkpoint. */
#include <stdint.h>

#include "cli/cli.h"
#include "cli/run_arg.h"

static enum err
wish(struct cli *c, int64_t run_id, bool *done, struct errbuf *eb)
{
    return store_pause(c->store, run_id, done, eb);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    return run_arg_wish(c, 0, wish, "paused", eb);
}

const struct cmd cmd_queue_pause = {
    .name = "queue pause",
    .usage = "RUN...",
    .summary = "set runs aside; running ones keep a checkpoint",
    .details =
        "`queue resume` puts them back into the queue, to go on from the checkpoint.",
    .example = "hcelab queue pause 7 8",
    .min_args = 1,
    .max_args = SIZE_MAX,
    .flags = CMD_WRITES,
    .run = run,
};
