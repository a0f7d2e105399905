/* cmd_data_unpack.c - a packed store back to .h5ad. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/out_path.h"
#include "cli/pack_opts.h"
#include "cli/reader_child.h"

const struct opt unpack_opts[] = {OUT_PATH_FORCE, {0}};

static enum err
run(struct cli *c, struct errbuf *eb)
{
    const char *in = c->opts.arg[0], *out = c->opts.arg[1];
    size_t n = strlen(out);
    const struct out_path file = {.path = out,
                                  .input = c->opts.arg,
                                  .n_inputs = 1,
                                  .force = opts_has(&c->opts, "force")};
    enum err e;

    if (n < 6 || strcmp(out + n - 5, ".h5ad") != 0)
        return err_set(eb, ERR_ARG, "data unpack: OUT must end in .h5ad, not be %s",
                       out);
    if ((e = out_path_check(&file, eb)))
        return e;
    char *doing = xasprintf("unpacking %s", in);

    e = reader_child_run(c, "internal-unpack", unpack_opts, -1, doing, out, eb);

    free(doing);
    return e;
}

const struct cmd cmd_data_unpack = {
    .name = "data unpack",
    .usage = "IN OUT",
    .summary = "write the cells of a packed store to an .h5ad file",
    .details =
        "Cells, genes and obs columns are in the order of the store, values are the same "
        "to the bit.\nWhat was not packed is not there: other matrices, columns of var but "
        "the names, obsm, obsp,\nuns, varm, varp.\nThe file is written piece by piece: "
        "memory holds some cells at a time, and what is known of all.",
    .example = "hcelab data unpack atlas.hcp atlas.h5ad",
    .opts = unpack_opts,
    .min_args = 2,
    .max_args = 2,
    .run = run,
};
