/* cmd_internal_eval.c - score one run in a process that may die. */
#include <stdlib.h>

#include "base/pool.h"
#include "cli/cli.h"
#include "cli/eval_opts.h"
#include "cli/eval_run.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    const struct opts *o = &c->opts;
    size_t threads = (size_t)opts_int(o, "threads");
    struct eval_request q = {
        .run_id = strtoll(o->arg[0], NULL, 10),
        .name = opts_text(o, "name"),
        .data = opts_text(o, "data"),
        .part = opts_text(o, "part"),
        .memory = opts_text(o, "memory"),
        .layer = opts_text(o, "layer"),
        .label = opts_text(o, "label"),
        .checkpoint = opts_text(o, "checkpoint"),
        .decode = opts_text(o, "decode"),
        .predictions = opts_text(o, "predictions"),
        .details = opts_text(o, "details"),
        .threads = threads ? threads : pool_cores(),
    };

    return eval_run(c, &q, eb);
}

const struct cmd cmd_internal_eval = {
    .name = "internal-eval",
    .usage = "RUN_ID",
    .summary = "score one run in a process that may die",
    .example = "hcelab eval --help",
    .opts = eval_opts,
    .min_args = 1,
    .max_args = 1,
    .flags = CMD_HIDDEN | CMD_LASTING,
    .run = run,
};
