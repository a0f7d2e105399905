/* takeover.c - breaking the leases of workers that are gone. */
#include "run/takeover.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/spawn.h"
#include "base/xalloc.h"

enum { ROUNDS_SILENT = 3 };        /* own heartbeats before a silent lease is broken */
static const double reboot_s = 10; /* no machine boots faster than this */

void
takeover_process(struct store_process *p, int64_t pid)
{
    *p = (struct store_process){.pid = pid};
    if (gethostname(p->host, sizeof p->host - 1))
        snprintf(p->host, sizeof p->host, "localhost");
    spawn_boot_id(p->boot_id);
    p->start_ticks = spawn_start_ticks((pid_t)pid);
}

void
takeover_init(struct takeover *t, const struct store_process *me, double timeout_s)
{
    *t = (struct takeover){.me = *me, .timeout_s = timeout_s};
}

void
takeover_release(struct takeover *t)
{
    free(t->watch);
    *t = (struct takeover){0};
}

static bool
same_host(const struct takeover *t, const struct store_process *p)
{
    return strcmp(t->me.host, p->host) == 0;
}

static bool
is_dead(const struct takeover *t, const struct store_process *p)
{
    return strcmp(t->me.boot_id, p->boot_id) != 0 ||
           spawn_start_ticks((pid_t)p->pid) != p->start_ticks;
}

enum takeover_verdict
takeover_judge(const struct takeover *t, const struct store_lease *lease)
{
    bool same_boot = strcmp(t->me.boot_id, lease->worker.boot_id) == 0;

    /* Another boot id with a young heartbeat is another machine of the same name. */
    if (same_host(t, &lease->worker) && is_dead(t, &lease->worker) &&
        (same_boot || lease->heartbeat_age_s > reboot_s))
        return TAKEOVER_DEAD;
    /* A heartbeat of a time to come: the clock was set back since. */
    return fabs(lease->heartbeat_age_s) > t->timeout_s ? TAKEOVER_SILENT
                                                       : TAKEOVER_ALIVE;
}

/* The child of a dead worker should be dead too (PR_SET_PDEATHSIG); if it is not, it
 * only burns time: its writes are fenced.  The descriptor pins the process, so that
 * no other one is hit. */
static void
kill_orphan(const struct takeover *t, const struct store_process *child)
{
    if (child->pid <= 0 || !same_host(t, child) || is_dead(t, child))
        return;
    int fd = (int)syscall(SYS_pidfd_open, (pid_t)child->pid, 0);
    if (fd < 0)
        return;
    if (!is_dead(t, child))
        syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
    close(fd);
}

/* Rounds in a row in which this lease was silent, this one included. */
static size_t
count_silent(struct takeover *t, const struct store_lease *l)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->watch[i].run_id == l->run_id && t->watch[i].attempt == l->attempt)
            return ++t->watch[i].n_seen;
    t->watch = grow(t->watch, &t->cap, t->n + 1, sizeof *t->watch);
    t->watch[t->n++] = (struct takeover_watch){l->run_id, l->attempt, 1};
    return 1;
}

static void
forget(struct takeover *t, const struct store_lease *l)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->watch[i].run_id == l->run_id) {
            t->watch[i] = t->watch[--t->n];
            return;
        }
}

/* Caller frees. */
static char *
why_broken(const struct store_lease *l, enum takeover_verdict v)
{
    char *who =
        xasprintf("worker %lld on %s", (long long)l->worker.pid, l->worker.host);
    char *why = v == TAKEOVER_DEAD ? xasprintf("%s died", who)
                : l->heartbeat_age_s < 0
                    ? xasprintf("%s was silent since the clock was set back", who)
                    : xasprintf("%s was silent for %.0f s", who, l->heartbeat_age_s);

    free(who);
    return why;
}

static enum err
break_lease(const struct store_lease *l, enum takeover_verdict v, struct store *s,
            const struct log *log, size_t *n_broken, struct errbuf *eb)
{
    char *why = why_broken(l, v);
    enum err e = store_lease_break(s, l->run_id, l->attempt, why, eb);

    if (e == ERR_OK) {
        log_line(log, LOG_WARN, "run %lld taken over: %s", (long long)l->run_id, why);
        ++*n_broken;
    }
    free(why);
    return e == ERR_FENCED ? ERR_OK : e; /* somebody else was faster */
}

static enum err
look_at(struct takeover *t, const struct store_lease *l, struct store *s,
        const struct log *log, size_t *n_broken, struct errbuf *eb)
{
    enum takeover_verdict v = takeover_judge(t, l);

    if (v == TAKEOVER_ALIVE) {
        forget(t, l);
        return ERR_OK;
    }
    if (v == TAKEOVER_SILENT && count_silent(t, l) < ROUNDS_SILENT)
        return ERR_OK;
    if (v == TAKEOVER_DEAD)
        kill_orphan(t, &l->child);
    forget(t, l);
    return break_lease(l, v, s, log, n_broken, eb);
}

enum err
takeover_round(struct takeover *t, struct store *s, const struct log *log,
               size_t *n_broken, struct errbuf *eb)
{
    struct store_lease *lease = NULL;
    size_t n = 0, broken = 0;
    enum err e = store_leases(s, &lease, &n, eb);

    for (size_t i = 0; i < n && e == ERR_OK; i++)
        if (lease[i].worker.pid != t->me.pid ||
            lease[i].worker.start_ticks != t->me.start_ticks ||
            strcmp(lease[i].worker.boot_id, t->me.boot_id) != 0)
            e = look_at(t, &lease[i], s, log, &broken, eb);
    free(lease);
    if (n_broken)
        *n_broken = broken;
    return e;
}
