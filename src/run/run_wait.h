/* run_wait.h - a store that cannot be written now: since when, what to tell people, and
 * when to give up.
 *
 * A full disk is waited for without end, or as long as HCELAB_FULL_DISK_WAIT says
 * (seconds); a locked store for ever: locks end with their processes.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef RUN_RUN_WAIT_H
#define RUN_RUN_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

struct run_wait {
    enum err why; /* ERR_FULL or ERR_BUSY while the store is waited for, else ERR_OK */
    double since_s;  /* clock_mono_s of the first write that failed so */
    double say_at_s; /* clock_mono_s at which people are told again */
    uint64_t
        need_bytes; /* what the next write takes, about; 0: little.  The caller's */
};

/* Take note of how a write ended.  True when people should be told: a wait begins,
 * has lasted for another minute (or a quarter of the limit, if that is less), or ended:
 * why is ERR_OK then. */
bool run_wait_note(struct run_wait *w, enum err e);

/* Append why and for how long the store at path is waited for, how much room is needed
 * and how much there is, in one line without a capital and a full stop. */
void run_wait_text(const struct run_wait *w, const char *path, struct strbuf *out);

/* True once a full disk was waited for as long as is allowed, where there is a limit. */
bool run_wait_is_over(const struct run_wait *w);

/* Seconds that a full disk is waited for; INFINITY: without end. */
double run_wait_limit_s(void);

#endif
