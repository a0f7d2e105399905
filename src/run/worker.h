/* worker.h - takes runs from the queue and keeps a child process for each.
 *
 * A worker registers and beats once a second, breaks the leases of dead workers,
 * claims runs while it has jobs and memory free, starts an exec'd child for each
 * (run_child.h) and settles what becomes of the run when the child ends.
 *
 * Signals while worker_run runs: SIGINT and SIGTERM (and SIGHUP unless detached):
 * children write a checkpoint, runs go back to the queue, worker_run returns
 * ERR_STOPPED; a second one kills the children and returns at once.  A store that cannot
 * be written then is not waited for, or a few seconds: the next worker breaks the leases.
 * A disk of the store that stays full (run_wait.h) is like a signal: ERR_FULL.
 *
 * Threads: the main thread of the process only: a child dies with the thread that
 *          started it (PR_SET_PDEATHSIG).
 * Errors:  ERR_STOPPED after a signal; ERR_FULL; errors of the store; what goes wrong with one
 *          run is that run's business and ends up in its row and its log. */
#ifndef RUN_WORKER_H
#define RUN_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "store/store.h"

enum {
    WORKER_IDLE_EXIT_S = 600
}; /* of detached workers, unless people say otherwise */

struct worker_tally {
    size_t n_ended;  /* attempts of ours after which the run was succeeded or failed */
    size_t n_failed; /* of them: failed */
};

struct worker_options {
    const char *store_path; /* opened by the worker; must exist */
    const char *self_path;  /* this program; NULL: /proc/self/exe */
    size_t jobs;            /* runs at a time; 0: 1 */
    size_t threads;         /* per run; 0: cores / jobs; a run's own spec goes first */
    bool drain;             /* return when nothing is queued or running */
    double idle_exit_s;     /* return after so long without a run; 0: never */
    bool detached;          /* no terminal: SIGHUP is ignored */
    bool allow_other_cpu;   /* resume what another CPU path began */
    int64_t only_run_id;    /* not 0: this run only; return when it has ended, whoever
                               ran it */
    const char *cpu;        /* NULL: "auto" */
    struct worker_tally *tally; /* NULL, or out: what became of the runs taken */
    void (*on_tick)(void *ctx); /* about four times a second; may be NULL */
    void *tick_ctx;
    struct log log; /* one line per event; calls from the worker's thread */
};

MUST_CHECK enum err worker_run(const struct worker_options *opt, struct errbuf *eb);

/* Start a worker in a session of its own, without a terminal, that outlives the
 * caller (through systemd-run where logind would end it), and wait until it has
 * registered in the store.  Its log goes into the store.  Of opt only store_path,
 * self_path, jobs, threads, drain, idle_exit_s, allow_other_cpu and cpu count.
 * notice (may be NULL): a sentence to tell the user, or empty.  ERR_CHILD with the
 * reason if it ended at once. */
MUST_CHECK enum err worker_start_detached(const struct worker_options *opt,
                                          struct errbuf *notice, struct errbuf *eb);

/* The body of the hidden command `internal-worker` that worker_start_detached
 * starts.  Returns an exit status: 0, 1, or 2 for wrong words. */
int worker_command(size_t n, char *const word[], struct errbuf *eb);

/* The workers of the store whose processes live on this host.  Caller frees *out. */
MUST_CHECK enum err worker_list_here(struct store *s, struct store_worker **out,
                                     size_t *n, struct errbuf *eb);

/* SIGTERM to each of them, then wait until they have left, wait_s at most: ERR_BUSY
 * names one that has not.  *n_stopped = how many left. */
MUST_CHECK enum err worker_stop_here(struct store *s, double wait_s, size_t *n_stopped,
                                     struct errbuf *eb);

/* True in *alive if some worker beat within the last 10 s. */
MUST_CHECK enum err worker_alive(struct store *s, bool *alive, struct errbuf *eb);

#endif
