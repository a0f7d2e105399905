/* board.h - the queue as people look at it: what runs and what waits, why, from when to
 * when as past runs tell, and who works on it.  The dashboard's Queue, its Launch form
 * and `queue list` print the same board.
 *
 * board_read asks the store; what follows from it (board_outlook, board_estimate) is
 * computed from the board alone.  Times are seconds from now; NaN: not known.
 *
 * Threads: one thread per object.
 * Errors:  those of the store. */
#ifndef STORE_BOARD_H
#define STORE_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/store.h"

enum board_life {
    BOARD_IDLE,
    BOARD_WORKS,
    BOARD_LEAVES, /* takes no new run */
    BOARD_SILENT, /* no heartbeat for a while: it may be dead, or its host is */
    BOARD_GONE,   /* its process is dead */
    BOARD_LIFE_COUNT
};

struct board_worker {
    struct store_process process;
    int64_t jobs, n_running;
    bool drains, leaving;
    double heartbeat_age_s;
    const char *runs; /* "3, 7": what it has; "" for nothing */
    enum board_life life;
};

struct board_run {
    int64_t run_id, seed, priority, attempt, max_epochs;
    int64_t epoch, n_train; /* INT64_MIN: not known */
    uint64_t memory_bytes;  /* estimate */
    enum store_request request;
    const char *name, *experiment, *model, *loss, *pair_key, *state;
    const char *reason;          /* as stored; NULL: none */
    double eta_s;                /* of the training, as the run itself says */
    double worked_s;             /* of this attempt, or the last */
    struct store_process worker; /* pid 0: none */
    int64_t child_pid;           /* INT64_MIN: not known */
    double heartbeat_age_s;      /* of the lease */

    /* What follows: board_outlook. */
    int64_t position; /* from 1 among those that wait; 0: it does not */
    double progress;  /* 0..1 */
    double whole_s;   /* that such a run takes */
    double start_s, end_s;
    bool worker_gone; /* it says running, and nobody works on it */
    const char *why;  /* what it waits for, or why it ended; "" */
};

/* Runs that succeeded, of one pair_key. */
struct board_past {
    const char *pair_key, *model;
    int64_t n_train, max_epochs; /* n_train INT64_MIN: not known */
    int64_t n;                   /* runs */
    double work_s;               /* mean of what they took */
};

struct board {
    struct board_run *run; /* (n) owned; running, queued in order, paused, ended */
    size_t n;
    struct board_worker *worker; /* (n_workers) owned */
    size_t n_workers;
    struct board_past *past; /* (n_past) owned */
    size_t n_past;
    bool held; /* workers take no new run */
    struct arena arena;
};

/* ended: with runs that failed or were cancelled. */
MUST_CHECK enum err board_read(struct board *b, struct store *s, bool ended,
                               struct errbuf *eb);
void board_release(struct board *b);

/* Fill what follows from the rest.  Workers take waiting runs in order, as many at a time
 * as they have jobs; a run takes what runs of the same pair_key took, or else what runs
 * of its model took, by cells and epochs.  Once it is not known when a job comes free
 * nothing is known about the runs behind it. */
void board_outlook(struct board *b);

/* Seconds that a run takes, from past ones; n_train, max_epochs 0: not known. */
double board_estimate(const struct board *b, const char *pair_key, const char *model,
                      int64_t n_train, int64_t max_epochs);

/* Runs that the workers that take new ones have side by side. */
size_t board_slots(const struct board *b);

/* True if both are one and the same process. */
bool board_same_process(const struct store_process *a, const struct store_process *b);

/* "works", "idle", ... static storage. */
const char *board_life_name(enum board_life life);

#endif
