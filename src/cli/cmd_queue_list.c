/* cmd_queue_list.c - what waits, what runs, why, and until when. */
#include "cli/board_out.h"
#include "cli/cli.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    enum err e = cli_open(c, STORE_READ, eb);

    return e ? e : board_out_runs(c, opts_has(&c->opts, "ended"), eb);
}

static const struct opt options[] = {
    {.name = "ended",
     .kind = OPT_FLAG,
     .help = "and what failed or was cancelled, which `queue retry` queues again"},
    {0}};

const struct cmd cmd_queue_list = {
    .name = "queue list",
    .usage = "",
    .summary = "the queue: order, state, why a run waits, when it starts and ends",
    .details =
        "Times are estimates: what runs of the same configuration took, or else runs of "
        "the same\nmodel, by cells and epochs; `?` where there are none. JSON and CSV have "
        "start_s and end_s\nin seconds from now.",
    .example = "hcelab queue list\nhcelab queue list --ended",
    .opts = options,
    .flags = CMD_ROWS,
    .run = run,
};
