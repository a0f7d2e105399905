/* cmd_queue_retry.c - put ended runs back into the queue. */
#include <stdint.h>

#include "cli/cli.h"
#include "cli/run_arg.h"

static enum err
wish(struct cli *c, int64_t run_id, bool *done, struct errbuf *eb)
{
    return store_retry(c->store, run_id, opts_has(&c->opts, "fresh"), done, eb);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    return run_arg_wish(c, 0, wish, "back in the queue", eb);
}

static const struct opt options[] = {
    {.name = "fresh",
     .kind = OPT_FLAG,
     .help = "start again: drop its checkpoints, metrics and evaluations"},
    {0}};

const struct cmd cmd_queue_retry = {
    .name = "queue retry",
    .usage = "RUN...",
    .summary = "put failed or cancelled runs back into the queue",
    .details = "They go on from their last checkpoint.",
    .example = "hcelab queue retry 7\nhcelab queue retry --fresh linear-hce-s3",
    .opts = options,
    .min_args = 1,
    .max_args = SIZE_MAX,
    .flags = CMD_WRITES,
    .run = run,
};
