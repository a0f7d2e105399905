/* cmd_internal_predict.c - label cells in a process that may die. */
#include <signal.h>
#include <stdlib.h>

#include "base/pool.h"
#include "cli/cli.h"
#include "cli/predict_opts.h"
#include "cli/predict_run.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    const struct opts *o = &c->opts;
    size_t threads = (size_t)opts_int(o, "threads");
    struct strlist where = {0};
    const char *item;

    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is an error like a full disk */
    for (size_t i = 0; (item = opts_item(o, "where", i)); i++)
        strlist_add(&where, item);
    struct predict_request q = {
        .run_id = strtoll(o->arg[0], NULL, 10),
        .data = opts_text(o, "data"),
        .out = opts_text(o, "out"),
        .part = opts_text(o, "part"),
        .memory = opts_text(o, "memory"),
        .layer = opts_text(o, "layer"),
        .checkpoint = opts_text(o, "checkpoint"),
        .decode = opts_text(o, "decode"),
        .where = &where,
        .top_k = (size_t)opts_int(o, "top-k"),
        .embedding = opts_has(o, "embedding"),
        .threads = threads ? threads : pool_cores(),
    };
    enum err e = predict_run(c, &q, eb);

    strlist_release(&where);
    return e;
}

const struct cmd cmd_internal_predict = {
    .name = "internal-predict",
    .usage = "RUN_ID",
    .summary = "label cells in a process that may die",
    .example = "hcelab predict --help",
    .opts = predict_opts,
    .min_args = 1,
    .max_args = 1,
    .flags = CMD_HIDDEN,
    .run = run,
};
