/* cmd_worker.c - take runs from the queue. */
#include <stdint.h>

#include "cli/cli.h"
#include "cli/cli_out.h"
#include "run/worker.h"

static enum err
start_detached(const struct worker_options *opt, struct errbuf *eb)
{
    struct errbuf notice = {""};
    enum err e = worker_start_detached(opt, &notice, eb);

    if (*notice.text)
        out_note("%s", notice.text);
    if (e == ERR_OK)
        out_note("a worker is running in the background");
    return e;
}

/* A drained worker answers for the runs that it took. */
static enum err
answer_for(const struct worker_tally *t, struct errbuf *eb)
{
    if (t->n_failed == 0)
        return ERR_OK;
    return err_set(eb, ERR_CHILD,
                   "%zu of the %zu runs that this worker took failed: hcelab log RUN "
                   "has the rest, hcelab queue retry RUN tries again",
                   t->n_failed, t->n_ended);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct worker_tally tally;
    struct worker_options opt = {
        .store_path = c->store_path,
        .self_path = c->self_path,
        .jobs = (size_t)opts_int(&c->opts, "jobs"),
        .threads = (size_t)opts_int(&c->opts, "threads"),
        .drain = opts_has(&c->opts, "drain"),
        .allow_other_cpu = opts_has(&c->opts, "allow-other-cpu"),
        .cpu = c->cpu,
        .tally = &tally,
        .log = out_log_all(),
    };
    enum err e = cli_open(c, STORE_CREATE, eb);

    if (e)
        return e;
    cli_close(c);
    if (opts_has(&c->opts, "detach"))
        return start_detached(&opt, eb);
    e = worker_run(&opt, eb);
    if (e == ERR_STOPPED) {
        out_note("stopped; unfinished runs are back in the queue");
        return ERR_OK;
    }
    return e ? e : answer_for(&tally, eb);
}

static const struct opt options[] = {
    {.name = "jobs",
     .letter = 'j',
     .kind = OPT_INT,
     .value = "N",
     .def = "1",
     .min = 1,
     .max = 1024,
     .help = "runs at a time"},
    {.name = "threads",
     .kind = OPT_INT,
     .value = "N",
     .def = "0",
     .max = 1024,
     .help = "threads per run; 0: cores / jobs; a run's own --threads goes first"},
    {.name = "drain",
     .kind = OPT_FLAG,
     .help = "leave when nothing is queued or running any more"},
    {.name = "detach",
     .kind = OPT_FLAG,
     .help = "in the background: outlives the terminal, logs into the store"},
    {.name = "allow-other-cpu",
     .kind = OPT_FLAG,
     .help = "resume what was begun on another kind of CPU; bits may differ"},
    {0}};

const struct cmd cmd_worker = {
    .name = "worker",
    .usage = "",
    .summary = "take runs from the queue; many workers may share a store",
    .details =
        "SIGINT or SIGTERM: unfinished runs write a checkpoint and go back to the "
        "queue.\nA second one: leave now.\n\nWith --drain the exit status is 1 if a run "
        "that this worker took failed; the reason is\nprinted when it fails.",
    .example = "hcelab worker --jobs 2 --drain\nhcelab worker --detach",
    .opts = options,
    .flags = CMD_WRITES | CMD_LASTING,
    .run = run,
};
