/* worker_stop.c - the workers of a store on this host, and their orderly end. */
#include "run/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn.h"
#include "run/takeover.h"

enum { LOOK_MS = 100 };

/* A pid may be another process by now; its start tells. */
static bool
lives(const struct store_process *p)
{
    return p->start_ticks && spawn_start_ticks((pid_t)p->pid) == p->start_ticks;
}

enum err
worker_list_here(struct store *s, struct store_worker **out, size_t *n,
                 struct errbuf *eb)
{
    struct store_process me;
    size_t n_all, k = 0;
    enum err e = store_workers(s, out, &n_all, eb);

    takeover_process(&me, getpid());
    for (size_t i = 0; i < n_all && !e; i++) {
        const struct store_process *p = &(*out)[i].process;

        if (strcmp(p->host, me.host) == 0 && strcmp(p->boot_id, me.boot_id) == 0 &&
            p->pid != me.pid && lives(p))
            (*out)[k++] = (*out)[i];
    }
    *n = k;
    return e;
}

static enum err
ask_to_stop(const struct store_process *p, struct errbuf *eb)
{
    if (!lives(p) || kill((pid_t)p->pid, SIGTERM) == 0 || errno == ESRCH)
        return ERR_OK;
    return err_errno(eb, "cannot stop worker %lld", (long long)p->pid);
}

static enum err
await_end(const struct store_process *p, double until_s, struct errbuf *eb)
{
    while (lives(p)) {
        if (clock_mono_s() > until_s)
            return err_set(
                eb, ERR_BUSY,
                "worker %lld was told to stop and is not done yet: it writes "
                "checkpoints; another hcelab worker --stop ends it at once",
                (long long)p->pid);
        clock_sleep_ms(LOOK_MS);
    }
    return ERR_OK;
}

enum err
worker_stop_here(struct store *s, double wait_s, size_t *n_stopped, struct errbuf *eb)
{
    struct store_worker *w = NULL;
    size_t n = 0;
    enum err e = worker_list_here(s, &w, &n, eb);

    *n_stopped = 0;
    for (size_t i = 0; i < n && !e; i++)
        e = ask_to_stop(&w[i].process, eb);
    double until_s = clock_mono_s() + wait_s;
    for (size_t i = 0; i < n && !e; i++) {
        e = await_end(&w[i].process, until_s, eb);
        *n_stopped += !e;
    }
    free(w);
    return e;
}
