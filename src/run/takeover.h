/* takeover.h - breaking the leases of workers that are gone.
 *
 * A worker is gone if its process is dead on this host (a zombie is dead, and so is
 * every process of an earlier boot), or if its heartbeat stood still for timeout_s
 * while this worker's own heartbeats reached the store: a store that nobody could
 * write is no proof of death.
 *
 * Threads: one thread per object.
 * Errors:  those of the store. */
#ifndef RUN_TAKEOVER_H
#define RUN_TAKEOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/log.h"
#include "store/store.h"

enum takeover_verdict { TAKEOVER_ALIVE, TAKEOVER_DEAD, TAKEOVER_SILENT };

struct takeover_watch { /* a lease whose heartbeat is too old */
    int64_t run_id, attempt;
    size_t n_seen; /* rounds in a row */
};

struct takeover {
    struct store_process me;
    double timeout_s;
    struct takeover_watch *watch; /* (n) owned */
    size_t n, cap;
};

/* The identity of a process of this host; start_ticks 0 if there is none. */
void takeover_process(struct store_process *p, int64_t pid);

void takeover_init(struct takeover *t, const struct store_process *me,
                   double timeout_s);
void takeover_release(struct takeover *t);

/* What the lease's owner looks like now, from `me`. */
enum takeover_verdict takeover_judge(const struct takeover *t,
                                     const struct store_lease *lease);

/* One round, right after an own heartbeat that succeeded: break what is gone, kill the
 * orphans of dead workers on this host.  *n_broken (may be NULL) = leases broken. */
MUST_CHECK enum err takeover_round(struct takeover *t, struct store *s,
                                   const struct log *log, size_t *n_broken,
                                   struct errbuf *eb);

#endif
