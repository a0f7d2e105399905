/* worker_slot.h - one claimed run and its child process, seen from the worker.
 *
 * Life: started -> (asked to leave) -> ended -> settled.  Settling says in the store
 * what became of the run; it is repeated until the store takes it.
 *
 * Threads: owner thread only.
 * Errors:  those of the store and of spawn. */
#ifndef RUN_WORKER_SLOT_H
#define RUN_WORKER_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "run/run_child.h"
#include "store/store.h"

/* Why a child was asked to leave; a later wish may only be a stronger one. */
enum slot_wish {
    SLOT_WISH_NONE,
    SLOT_WISH_HAND_BACK, /* -> queued */
    SLOT_WISH_PAUSE,     /* -> paused */
    SLOT_WISH_CANCEL     /* -> cancelled */
};

/* How the run stood after its child was settled. */
enum slot_verdict {
    SLOT_VERDICT_NONE, /* it goes on, here or elsewhere, or people stopped it */
    SLOT_VERDICT_SUCCEEDED,
    SLOT_VERDICT_FAILED
};

struct worker_slot {
    struct store_claim claim;
    struct spawn child;
    struct strbuf out, err; /* what the child said, the newest part */
    enum slot_wish wish;
    double kill_at_s; /* clock_mono_s at which SIGKILL follows; 0: not asked to leave */
    bool killed;      /* SIGKILL was sent by us */
    bool lost;        /* the lease is someone else's: nothing more is written */
    bool ended;       /* status is valid */
    int status;       /* as of waitpid */
    enum slot_verdict verdict; /* once it is settled */
    char *reason;              /* owned; why the child waits, NULL: it does not */
    bool reason_is_new;        /* not yet in the store */
    bool has_called;           /* people were told that it waits */
};

/* Start `self internal-run ...` for a claim and make the child known.  Where no process
 * can be made, the slot is that of a child that ended with the reason. */
void worker_slot_start(struct worker_slot *slot, const char *self,
                       const struct run_child_options *opt,
                       const struct store_claim *claim, struct store *s);
void worker_slot_release(struct worker_slot *slot);

/* Ask the child to leave; it is killed if it has not left in time. */
void worker_slot_ask(struct worker_slot *slot, enum slot_wish wish);
void worker_slot_kill(struct worker_slot *slot);

/* Read what the child said, kill it if its time is up, notice its end. */
void worker_slot_poll(struct worker_slot *slot, const struct log *log);

/* True if the child has left because the disk of the store was full for too long. */
bool worker_slot_gave_up(const struct worker_slot *slot);

/* Refresh the lease and obey requests. */
MUST_CHECK enum err worker_slot_beat(struct worker_slot *slot, struct store *s,
                                     const struct log *log, struct errbuf *eb);

/* Write down what became of the run of an ended child. */
MUST_CHECK enum err worker_slot_settle(struct worker_slot *slot, struct store *s,
                                       const struct log *log, struct errbuf *eb);

#endif
