/* signal_hold.c - keep signals pending for a thread that looks for them. */
#include "run/signal_hold.h"

#include <assert.h>
#include <errno.h>
#include <ucontext.h>
#include <unistd.h>

/* Runs on a thread that does not hold the signal; only system calls. */
static void
pass_on(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    int saved = errno;

    (void)info;
    sigaddset(&uc->uc_sigmask, sig); /* this thread's mask from here on */
    kill(getpid(), sig);
    errno = saved;
}

void
signal_hold_begin(struct signal_hold *h, const int *sig, size_t n)
{
    struct sigaction action = {.sa_sigaction = pass_on,
                               .sa_flags = SA_SIGINFO | SA_RESTART};

    assert(n <= SIGNAL_HOLD_MAX);
    *h = (struct signal_hold){.n = n};
    sigemptyset(&h->set);
    for (size_t i = 0; i < n; i++)
        sigaddset(&h->set, sig[i]);
    sigprocmask(SIG_BLOCK, &h->set, &h->old_mask);
    action.sa_mask = h->set;
    for (size_t i = 0; i < n; i++) {
        h->sig[i] = sig[i];
        sigaction(sig[i], &action, &h->old_action[i]);
    }
}

void
signal_hold_stops(struct signal_hold *h)
{
    static const int known[] = {SIGINT, SIGTERM, SIGHUP};
    int sig[sizeof known / sizeof *known];
    size_t n = 0;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct sigaction now;

        if (sigaction(known[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            sig[n++] = known[i];
    }
    signal_hold_begin(h, sig, n);
}

bool
signal_hold_is_pending(const struct signal_hold *h)
{
    sigset_t pending;

    sigpending(&pending);
    for (size_t i = 0; i < h->n; i++)
        if (sigismember(&pending, h->sig[i]) == 1)
            return true;
    return false;
}

void
signal_hold_end(struct signal_hold *h)
{
    if (h->n == 0)
        return;
    for (size_t i = 0; i < h->n; i++)
        sigaction(h->sig[i], &h->old_action[i], NULL);
    sigprocmask(SIG_SETMASK, &h->old_mask, NULL);
    h->n = 0;
}
