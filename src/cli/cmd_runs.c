/* cmd_runs.c - the runs table. */
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/matrix_out.h"
#include "cli/name_check.h"
#include "cli/runs_table.h"
#include "cli/spec_opts.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct store_run_filter filter = {
        .experiment = opts_text(&c->opts, "experiment"),
        .state = opts_text(&c->opts, "state"),
        .model = opts_text(&c->opts, "model"),
        .loss = opts_text(&c->opts, "loss"),
        .pair_key = opts_text(&c->opts, "pair-key"),
    };
    struct store_runs runs;
    enum err e;

    if (opts_has(&c->opts, "matrix")) { /* of every state, and of both losses */
        filter.loss = NULL;
        if (filter.state || opts_has(&c->opts, "groups"))
            return err_set(eb, ERR_ARG,
                           "--matrix shows every state of every seed: leave --%s out",
                           filter.state ? "state" : "groups");
    }
    if ((e = spec_check_opt(&c->opts, SPEC_ID_model, eb)) ||
        (e = spec_check_opt(&c->opts, SPEC_ID_loss, eb)) ||
        (e = cli_open(c, STORE_READ, eb)) || (e = name_check(c, eb)) ||
        (e = store_runs_list(c->store, &filter, &runs, eb)))
        return e;
    if (opts_has(&c->opts, "matrix")) {
        struct seed_matrix m;
        matrix_of_runs(&m, &runs);
        matrix_print(c, &m, opts_text(&c->opts, "loss"));
        seed_matrix_release(&m);
        store_runs_release(&runs);
        return ERR_OK;
    }
    struct table *t = opts_has(&c->opts, "groups") ? runs_group_table(&runs, c->format)
                                                   : runs_table(&runs, c->format);
    out_table(c, t);
    if (runs.n == 0)
        out_note("no runs%s; %s queue add queues some, %s demo shows how",
                 c->opts.n_values ? " that match" : "", c->called, c->called);
    table_free(t);
    store_runs_release(&runs);
    return ERR_OK;
}

static const struct opt options[] = {
    {.name = "groups",
     .letter = 'g',
     .kind = OPT_FLAG,
     .help = "one row per seed group: runs that differ in their seed only"},
    {.name = "matrix",
     .letter = 'm',
     .kind = OPT_FLAG,
     .help = "one row per configuration and loss, one column per seed: what is done, "
             "open, failed, missing; `queue missing` queues what is missing"},
    {.name = "experiment", .kind = OPT_TEXT, .value = "NAME", .help = "only this one"},
    {.name = "state",
     .kind = OPT_CHOICE,
     .value = "STATE",
     .choices = "queued|running|paused|succeeded|failed|cancelled",
     .help = "only runs in this state"},
    {.name = "model", .kind = OPT_TEXT, .value = "NAME", .help = "only this model"},
    {.name = "loss", .kind = OPT_TEXT, .value = "NAME", .help = "only this loss"},
    {.name = "pair-key",
     .kind = OPT_TEXT,
     .value = "KEY",
     .help = "only this pair_key; its first characters are enough"},
    {0}};

const struct cmd cmd_runs = {
    .name = "runs",
    .usage = "",
    .summary = "the runs table",
    .details =
        "JSON and CSV have every field of the view run_summary. cells/s is the rate of "
        "now while a run\nruns, and the mean of its training afterwards.",
    .example = "hcelab runs --state failed\nhcelab runs --groups\nhcelab runs --matrix",
    .opts = options,
    .flags = CMD_ROWS,
    .run = run,
};
