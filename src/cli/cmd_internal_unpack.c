/* cmd_internal_unpack.c - unpack in a process that may die. */
#include <signal.h>

#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/pack_opts.h"
#include "data/pack.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    signal(SIGXFSZ, SIG_IGN);
    enum err e = unpack_write(c->opts.arg[1], c->opts.arg[0], eb);

    if (!e)
        out_note("%s is written", c->opts.arg[1]);
    return e;
}

const struct cmd cmd_internal_unpack = {
    .name = "internal-unpack",
    .usage = "IN OUT",
    .summary = "unpack in a process that may die",
    .example = "hcelab data unpack --help",
    .opts = unpack_opts,
    .min_args = 2,
    .max_args = 2,
    .flags = CMD_HIDDEN,
    .run = run,
};
