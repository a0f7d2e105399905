/* cmd_internal_probe.c - read foreign files in a process that may die. */
#include <stdint.h>
#include <stdio.h>

#include "cli/cli.h"
#include "run/probe.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct opts *o = &c->opts;

    c->status = probe_command(o->n_args, o->arg, stdin, stdout, eb);
    return ERR_OK;
}

const struct cmd cmd_internal_probe = {
    .name = "internal-probe",
    .usage = "WORD...",
    .summary = "read foreign files in a process that may die",
    .example = "hcelab internal-probe",
    .max_args = SIZE_MAX,
    .flags = CMD_HIDDEN | CMD_RAW | CMD_LASTING,
    .run = run,
};
