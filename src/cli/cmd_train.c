/* cmd_train.c - train one run here. */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/launch.h"
#include "cli/query_out.h"
#include "cli/run_arg.h"
#include "cli/runs_table.h"
#include "cli/train_progress.h"
#include "run/worker.h"

/* Queue the one run that the options name; *run_id is it. */
static enum err
queue_one(struct cli *c, int64_t *run_id, struct errbuf *eb)
{
    struct queue_plan plan;
    enum err e = launch_plan(c, 0, true, &plan, eb);

    if (e == ERR_OK && plan.n != 1)
        e = err_set(eb, ERR_ARG,
                    "train: this makes %zu runs; train takes one, hcelab queue add "
                    "queues several",
                    plan.n);
    if (e == ERR_OK && !(e = cli_open(c, STORE_CREATE, eb)))
        e = queue_plan_add(&plan, c->store, false, eb);
    if (e == ERR_OK) {
        launch_warn(&plan);
        *run_id = launch_run_id(&plan, 0);
    }
    queue_plan_release(&plan);
    return e;
}

/* Work on the run in this process until it has ended. */
static enum err
work(struct cli *c, int64_t run_id, struct errbuf *eb)
{
    struct train_progress_line line = {.store = c->store, .id = &run_id, .n = 1};
    struct worker_options opt = {
        .store_path = c->store_path,
        .self_path = c->self_path,
        .jobs = 1,
        .only_run_id = run_id,
        .cpu = c->cpu,
        .on_tick = train_progress_tick,
        .tick_ctx = &line,
        .log = out_log(),
    };
    enum err e = worker_run(&opt, eb);

    out_progress_end();
    if (e == ERR_STOPPED)
        return err_set(eb, ERR_STOPPED,
                       "stopped; run %" PRId64 " is back in the queue and goes on from "
                       "its checkpoint (%s worker)",
                       run_id, c->called);
    return e;
}

/* Print the row of the run and its evaluations; a run that did not succeed is an
 * error with the reason. */
static enum err
report(struct cli *c, int64_t run_id, struct errbuf *eb)
{
    const struct store_bind bind = {":run_id", BIND_INT, run_id, 0, NULL};
    struct store_runs runs;
    enum err e = run_arg_get(c, run_id, &runs, eb);

    if (e)
        return e;
    const struct store_run *r = &runs.run[0];
    struct table *t = runs_table(&runs, c->format);
    out_table(c, t);
    table_free(t);
    if (strcmp(r->state, "succeeded") != 0) {
        e = err_set(eb, ERR_CHILD, "run %" PRId64 " (%s) is %s: %s", run_id, r->name,
                    r->state, r->end_reason ? r->end_reason : "no reason is stored");
    } else if (c->format == TABLE_PLAIN) {
        out_text(c, "\n");
        e = query_print(c, store_named_query("run_evaluations"), &bind, 1, eb);
    }
    store_runs_release(&runs);
    return e;
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    int64_t run_id = 0;
    enum err e;

    if ((e = queue_one(c, &run_id, eb)))
        return e;
    out_note("run %" PRId64 " in %s", run_id, c->store_path);
    e = work(c, run_id, eb);
    return e ? e : report(c, run_id, eb);
}

const struct cmd cmd_train = {
    .name = "train",
    .usage = "[SPEC]",
    .summary = "train one run here, with a progress bar",
    .details =
        "The run is queued and worked on by this process. Interrupted, it writes "
        "a\ncheckpoint and goes back to the queue.\n\nWhile the disk of the store is "
        "full the run waits, says every minute how much room it\nneeds, and goes on "
        "without a loss when there is some. After\nHCELAB_FULL_DISK_WAIT seconds, if "
        "that is set, it is interrupted: exit status 1, and\n`hcelab worker` goes on from "
        "its checkpoint.",
    .example = "hcelab train --data atlas.h5ad --loss hce --seed 1 --set max_epochs=20",
    .flags = CMD_SPEC | CMD_WRITES | CMD_ROWS | CMD_LASTING,
    .run = run,
};
