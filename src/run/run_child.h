/* run_child.h - one attempt of one run, in a process of its own.
 *
 * The worker starts `hcelab internal-run WORD...` (run_child_argv makes the words);
 * the command calls run_child_command.  The process may die at any instant: all that
 * counts is in the store, written under the fence of (run, attempt).
 *
 * SIGTERM and SIGINT ask it to write a state checkpoint and leave with
 * RUN_CHILD_HANDED_BACK; the worker then says what becomes of the run.
 *
 * Threads: owner thread only; the engine starts a pool of its own.
 * Errors:  everything that ends the run is stored as its end_reason; see
 *          enum run_child_exit. */
#ifndef RUN_RUN_CHILD_H
#define RUN_RUN_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"

/* Exit status of the process.  The statuses of shells and of execv stay clear. */
enum run_child_exit {
    RUN_CHILD_ENDED = 0,        /* the child ended the run as succeeded */
    RUN_CHILD_FAILED = 1,       /* the child ended the run as failed */
    RUN_CHILD_USAGE = 2,        /* wrong words */
    RUN_CHILD_HANDED_BACK = 10, /* stopped on request; the lease still stands */
    RUN_CHILD_FENCED = 11,      /* the lease was lost; nothing more was written */
    RUN_CHILD_STORE = 12,       /* the store gave an error that no wait cures */
    RUN_CHILD_FULL = 13         /* its disk was full for too long; the lease stands */
};

struct run_child_options {
    const char *store_path;
    int64_t run_id, attempt;
    size_t threads;       /* >= 1 */
    const char *cpu;      /* "auto" or a path of train_set_cpu */
    bool allow_other_cpu; /* resume what another CPU path began */
};

/* Append the words after "internal-run" for these options. */
void run_child_argv(const struct run_child_options *o, struct strlist *argv);

/* Train, evaluate, end the attempt.  Returns an enum run_child_exit; eb has the
 * reason where that is not RUN_CHILD_ENDED.  Holds SIGTERM and SIGINT for good. */
int run_child_main(const struct run_child_options *o, struct errbuf *eb);

/* The body of the hidden command: words as run_child_argv made them. */
int run_child_command(size_t n, char *const word[], struct errbuf *eb);

#endif
