/* cmd_data_pack.c - datasets to a packed store. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/out_path.h"
#include "cli/pack_opts.h"
#include "cli/reader_child.h"
#include "cli/reader_opts.h"
#include "data/packed.h"
#include "spec/spec.h"

const struct opt pack_opts[] = {
    {.name = "where",
     .kind = OPT_LIST,
     .value = "COLUMN=V[,V]",
     .help = "only these cells; repeat for several, COLUMN!=V excludes"},
    {.name = "layer",
     .kind = OPT_TEXT,
     .value = "LAYER",
     .def = "auto",
     .help = "expression matrix; auto: counts where there are any, else X"},
    {.name = "shuffle", .kind = OPT_FLAG, .help = "put the cells in a random order"},
    {.name = "seed",
     .kind = OPT_INT,
     .value = "N",
     .def = "0",
     .max = UINT32_MAX,
     .help = "of the random order; the same inputs and seed give the same file"},
    OUT_PATH_FORCE,
    READER_OPT_THREADS,
    {0}};

static enum err
check_out(const struct cli *c, const char *out, struct errbuf *eb)
{
    const struct out_path file = {.path = out,
                                  .input = c->opts.arg,
                                  .n_inputs = c->opts.n_args - 1,
                                  .force = opts_has(&c->opts, "force")};

    if (!packed_is_named(out))
        return err_set(eb, ERR_ARG,
                       "data pack: OUT must end in " PACKED_SUFFIX ", not be %s", out);
    return out_path_check(&file, eb);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    const char *out = c->opts.arg[c->opts.n_args - 1];
    enum err e = check_out(c, out, eb);

    if (!e && opts_has(&c->opts, "seed") && !opts_has(&c->opts, "shuffle"))
        e = err_set(eb, ERR_ARG, "data pack: --seed is the order's of --shuffle");
    if (e)
        return e;
    char *doing = xasprintf("packing %s", c->opts.arg[0]);

    e = reader_child_run(c, "internal-pack", pack_opts, -1, doing, out, eb);
    free(doing);
    return e;
}

const struct cmd cmd_data_pack = {
    .name = "data pack",
    .usage = "IN... OUT",
    .summary =
        "put datasets into one packed store (.hcp): small, fast to read, checked",
    .details =
        "IN is " SPEC_DATA_KINDS "; OUT.hcp is used like any other dataset. Values are "
        "kept exactly, as 32-bit floating-point numbers (a warning says where others are "
        "rounded); all obs columns are kept, other matrices and obsm, obsp, uns, varm, varp are "
        "not. A split, a hierarchy and class weights "
        "that all inputs bring alike stay with the cells; a warning says what does not. "
        "As everywhere, cells whose is_primary_data is false are left out (--where "
        "is_primary_data=true,false keeps them). OUT is there when it is whole, or not "
        "at all. The format is described in hcelab-packed(5), and what order --shuffle "
        "makes.\n\nRuns take the cells of packed stores in blocks of 16 neighbours, drawn from "
        "pools of 4,096 cells, unless --shuffle cells is said to train or queue add: cells "
        "that lie in an order (by donor, by type) should be packed with --shuffle, then. "
        "hcelab show says which order a run used.",
    .example = "hcelab data pack atlas.h5ad atlas.hcp\n"
               "hcelab data pack lung.h5ad blood.h5ad both.hcp --where disease=normal\n"
               "hcelab data pack scTab/ sctab.hcp --shuffle --seed 1",
    .opts = pack_opts,
    .min_args = 2,
    .max_args = SIZE_MAX,
    .run = run,
};
