/* cmd_queue_resume.c - put paused runs back into the queue. */
#include <stdint.h>

#include "cli/cli.h"
#include "cli/run_arg.h"

static enum err
wish(struct cli *c, int64_t run_id, bool *done, struct errbuf *eb)
{
    return store_resume(c->store, run_id, done, eb);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    return run_arg_wish(c, 0, wish, "back in the queue", eb);
}

const struct cmd cmd_queue_resume = {
    .name = "queue resume",
    .usage = "RUN...",
    .summary = "put paused runs back into the queue",
    .details = NULL,
    .example = "hcelab queue resume 7 8",
    .min_args = 1,
    .max_args = SIZE_MAX,
    .flags = CMD_WRITES,
    .run = run,
};
