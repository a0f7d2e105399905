/* cmd_internal_simulate.c - simulate in a process that may be stopped. */
#include <signal.h>

#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/spec_opts.h"
#include "data/simulate.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct log log = out_log_all();
    const char *out = c->opts.arg[0];
    struct sim_spec sim;
    enum err e;

    signal(SIGXFSZ, SIG_IGN);
    sim_spec_init(&sim);
    if ((e = sim_from_opts(&sim, &c->opts, eb)) ||
        (e = simulate_write(&sim, out, &log, eb)))
        return e;
    out_note("%s is written", out);
    return ERR_OK;
}

const struct cmd cmd_internal_simulate = {
    .name = "internal-simulate",
    .usage = "OUT",
    .summary = "simulate in a process that may be stopped",
    .example = "hcelab data simulate --help",
    .min_args = 1,
    .max_args = 1,
    .flags = CMD_SIM | CMD_HIDDEN,
    .run = run,
};
