/* cmd_data_simulate.c - write a simulated atlas. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/out_path.h"
#include "cli/reader_child.h"
#include "cli/spec_opts.h"
#include "data/simulate.h"

static const struct opt options[] = {OUT_PATH_FORCE, {0}};

/* The process that writes cleans up nothing when it is stopped: we do. */
static enum err
run(struct cli *c, struct errbuf *eb)
{
    const char *out = c->opts.arg[0];
    const struct out_path file = {
        .path = out, .force = opts_has(&c->opts, "force"), .is_written_into = true};
    struct sim_spec sim;
    enum err e;

    sim_spec_init(&sim);
    if ((e = out_path_check(&file, eb)) || (e = sim_from_opts(&sim, &c->opts, eb)))
        return e;
    char *doing = xasprintf("simulating %s", out);

    e = reader_child_run(c, "internal-simulate", sim_opts_table(&c->arena), -1, doing,
                         out, eb);
    free(doing);
    return e;
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
        "memory. Any\nother OUT is an .h5ad file. It is there when it is whole, or not "
        "at all.",
    .example = "hcelab data simulate atlas.h5ad --seed 1\n"
               "hcelab data simulate large.hcp --cells 2000000 --genes 19331\n"
               "hcelab data simulate control.h5ad --granularity none",
    .opts = options,
    .min_args = 1,
    .max_args = 1,
    .flags = CMD_SIM,
    .run = run,
};
