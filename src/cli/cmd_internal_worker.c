/* cmd_internal_worker.c - a worker in the background. */
#include <stdint.h>

#include "cli/cli.h"
#include "run/worker.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct opts *o = &c->opts;

    c->status = worker_command(o->n_args, o->arg, eb);
    return ERR_OK;
}

const struct cmd cmd_internal_worker = {
    .name = "internal-worker",
    .usage = "WORD...",
    .summary = "a worker in the background",
    .example = "hcelab internal-worker",
    .max_args = SIZE_MAX,
    .flags = CMD_HIDDEN | CMD_RAW | CMD_LASTING,
    .run = run,
};
