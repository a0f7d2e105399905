/* cmd_internal_run.c - one attempt of one run, started by a worker. */
#include <stdint.h>

#include "cli/cli.h"
#include "run/run_child.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct opts *o = &c->opts;

    c->status = run_child_command(o->n_args, o->arg, eb);
    return ERR_OK;
}

const struct cmd cmd_internal_run = {
    .name = "internal-run",
    .usage = "WORD...",
    .summary = "one attempt of one run, started by a worker",
    .example = "hcelab internal-run",
    .max_args = SIZE_MAX,
    .flags = CMD_HIDDEN | CMD_RAW | CMD_LASTING,
    .run = run,
};
