/* cmd_data_simulate.c - write a simulated atlas. */
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/out_path.h"
#include "cli/spec_opts.h"
#include "data/simulate.h"

static const struct opt options[] = {OUT_PATH_FORCE, {0}};

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct log log = out_log_all();
    const struct out_path file = {.path = c->opts.arg[0],
                                  .force = opts_has(&c->opts, "force"),
                                  .is_written_into = true};
    struct sim_spec sim;
    enum err e;

    sim_spec_init(&sim);
    if ((e = out_path_check(&file, eb)) || (e = sim_from_opts(&sim, &c->opts, eb)) ||
        (e = simulate_write(&sim, c->opts.arg[0], &log, eb)))
        return e;
    out_note("%s is written", c->opts.arg[0]);
    return ERR_OK;
}

const struct cmd cmd_data_simulate = {
    .name = "data simulate",
    .usage = "OUT",
    .summary = "write a simulated atlas in which studies differ in granularity",
    .details =
        "Gene programs sit on nodes of the ontology and are inherited; per study "
        "and type\nsome cells carry an ancestor's name. The same options and seed "
        "give the same cells.\n\n"
        "OUT.hcp is a packed store, written as it is drawn: its size is not bounded by "
        "memory. Any\nother OUT is an .h5ad file.",
    .example = "hcelab data simulate atlas.h5ad --seed 1\n"
               "hcelab data simulate large.hcp --cells 2000000 --genes 19331\n"
               "hcelab data simulate control.h5ad --granularity none",
    .opts = options,
    .min_args = 1,
    .max_args = 1,
    .flags = CMD_SIM,
    .run = run,
};
