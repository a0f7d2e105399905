/* cmd_worker.c - take runs from the queue. */
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#include "cli/board_out.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "run/worker.h"

static const double stop_wait_s = 120;

/* Say which workers are there already. */
static enum err
note_others(struct cli *c, struct errbuf *eb)
{
    struct store_worker *w = NULL;
    size_t n = 0;
    enum err e = worker_list_here(c->store, &w, &n, eb);

    for (size_t i = 0; i < n; i++)
        out_note("worker %" PRId64 " takes runs from this store already (%" PRId64
                 " at a time); %s --store %s worker --stop ends it",
                 w[i].process.pid, w[i].jobs, c->called, c->store_path);
    free(w);
    return e;
}

static enum err
start_detached(const struct cli *c, const struct worker_options *opt, struct errbuf *eb)
{
    struct errbuf notice = {""};
    enum err e = worker_start_detached(opt, &notice, eb);

    if (*notice.text)
        out_note("%s", notice.text);
    if (e == ERR_OK && opt->idle_exit_s > 0)
        out_note(
            "a worker is running in the background; it leaves after %.0f s without "
            "a run, or with %s --store %s worker --stop",
            opt->idle_exit_s, c->called, c->store_path);
    else if (e == ERR_OK)
        out_note(
            "a worker is running in the background; %s --store %s worker --stop ends it",
            c->called, c->store_path);
    return e;
}

static enum err
list(struct cli *c, struct errbuf *eb)
{
    enum err e = cli_open(c, STORE_READ, eb);

    return e ? e : board_out_workers(c, eb);
}

static enum err
relieve(struct cli *c, struct errbuf *eb)
{
    size_t n = 0;
    enum err e = cli_open(c, STORE_WRITE, eb);

    if (e == ERR_OK)
        e = store_workers_relieve(c->store, &n, eb);
    if (e == ERR_OK && n == 0)
        out_note("no worker of this store lives");
    else if (e == ERR_OK)
        out_note("%zu worker%s told to leave when %s runs have ended", n,
                 n == 1 ? " was" : "s were", n == 1 ? "its" : "their");
    return e;
}

static enum err
stop(struct cli *c, struct errbuf *eb)
{
    size_t n = 0;
    enum err e = cli_open(c, STORE_READ, eb);

    if (e == ERR_OK)
        e = worker_stop_here(c->store, stop_wait_s, &n, eb);
    if (e == ERR_OK && n == 0)
        out_note("no worker of this store runs on this host");
    else if (e == ERR_OK)
        out_note("%zu worker%s stopped; unfinished runs are back in the queue", n,
                 n == 1 ? "" : "s");
    return e;
}

static double
idle_exit(const struct cli *c)
{
    if (opts_has(&c->opts, "idle-exit"))
        return (double)opts_int(&c->opts, "idle-exit");
    return opts_has(&c->opts, "detach") ? WORKER_IDLE_EXIT_S : 0;
}

static enum err
check_together(const struct cli *c, struct errbuf *eb)
{
    bool is_list = opts_has(&c->opts, "list");

    if (is_list && opts_has(&c->opts, "stop"))
        return err_set(eb, ERR_ARG, "--list and --stop together: give one of them");
    if (opts_has(&c->opts, "finish") && (is_list || opts_has(&c->opts, "stop")))
        return err_set(eb, ERR_ARG, "--finish and --%s together: give one of them",
                       is_list ? "list" : "stop");
    if (!is_list && c->format != TABLE_PLAIN)
        return err_set(eb, ERR_ARG, "worker: only --list prints rows");
    return ERR_OK;
}

/* A drained worker answers for the runs that it took. */
static enum err
answer_for(const struct cli *c, const struct worker_tally *t, struct errbuf *eb)
{
    if (t->n_failed == 0)
        return ERR_OK;
    return err_set(eb, ERR_CHILD,
                   "%zu of the %zu runs that this worker took failed: %s log RUN has "
                   "the rest, %s queue retry RUN tries again",
                   t->n_failed, t->n_ended, c->called, c->called);
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
        .idle_exit_s = idle_exit(c),
        .allow_other_cpu = opts_has(&c->opts, "allow-other-cpu"),
        .cpu = c->cpu,
        .tally = &tally,
        .log = out_log_all(),
    };
    enum err e = check_together(c, eb);

    if (e == ERR_OK && opts_has(&c->opts, "list"))
        return list(c, eb);
    if (e == ERR_OK && opts_has(&c->opts, "stop"))
        return stop(c, eb);
    if (e == ERR_OK && opts_has(&c->opts, "finish"))
        return relieve(c, eb);
    if (e || (e = cli_open(c, STORE_CREATE, eb)))
        return e;
    bool detach = opts_has(&c->opts, "detach");
    if (detach)
        e = note_others(c, eb);
    cli_close(c);
    if (e || detach)
        return e ? e : start_detached(c, &opt, eb);
    e = worker_run(&opt, eb);
    if (e == ERR_STOPPED) {
        out_note("stopped; unfinished runs are back in the queue");
        return ERR_OK;
    }
    return e ? e : answer_for(c, &tally, eb);
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
    {.name = "idle-exit",
     .kind = OPT_INT,
     .value = "SECONDS",
     .max = 1e9,
     .help =
         "leave after so long without a run; 0: never; else 600 with --detach, never "
         "without"},
    {.name = "list", .kind = OPT_FLAG, .help = "print the workers of the store"},
    {.name = "finish",
     .kind = OPT_FLAG,
     .help =
         "let the workers of the store, on any host, take no new run and leave when "
         "those that they have have ended"},
    {.name = "stop",
     .kind = OPT_FLAG,
     .help =
         "end the workers of the store on this host, and wait until they have left"},
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
        "queue.\nA second one: leave now.\nA disk of the store that stays full for "
        "HCELAB_FULL_DISK_WAIT seconds, if that is set, is like a\nsignal, with exit status 1.\n\nWith --drain the exit status is 1 if a run "
        "that this worker took failed; the reason is\nprinted when it fails.",
    .example = "hcelab worker --jobs 2 --drain\nhcelab worker --detach --jobs 4\n"
               "hcelab worker --finish\nhcelab worker --stop",
    .opts = options,
    .flags = CMD_WRITES | CMD_LASTING | CMD_ROWS,
    .run = run,
};
