/* signal_hold.h - keep signals pending for a thread that looks for them.
 *
 * Blocking a signal in one's own thread is not enough: OpenBLAS starts threads before
 * main() that block nothing, and the kernel gives a signal to any thread that takes it.
 * A handler that finds itself there blocks the signal for that thread too and sends it
 * to the process again, until it stays pending for signalfd or sigpending.
 *
 * Threads: begin and end in the same thread.
 * Errors:  none. */
#ifndef RUN_SIGNAL_HOLD_H
#define RUN_SIGNAL_HOLD_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

enum { SIGNAL_HOLD_MAX = 4 };

struct signal_hold {
    int sig[SIGNAL_HOLD_MAX];
    size_t n;
    sigset_t set, old_mask; /* held; the mask before */
    struct sigaction old_action[SIGNAL_HOLD_MAX];
};

/* n <= SIGNAL_HOLD_MAX. */
void signal_hold_begin(struct signal_hold *h, const int *sig, size_t n);

/* Hold SIGINT, SIGTERM and SIGHUP, but those that are ignored (nohup) stay ignored. */
void signal_hold_stops(struct signal_hold *h);

/* Whether one that is held has come. */
bool signal_hold_is_pending(const struct signal_hold *h);

/* Everything as before; what is still pending takes effect now. */
void signal_hold_end(struct signal_hold *h);

#endif
