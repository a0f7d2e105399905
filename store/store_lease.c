/* store_lease.c - workers, claims and heartbeats. */
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"

enum { WORKER_AGE_US = 60 * 1000000, RECENT_US = 10 * 1000000, MAX_DEATHS = 3 };

/* --- workers --- */

#define BIND_PROCESS(p)                                                                \
    BT(":host", (p)->host), BT(":boot_id", (p)->boot_id), BI(":pid", (p)->pid),        \
        BI(":start_ticks", (int64_t)(p)->start_ticks)

enum err
store_worker_beat(struct store *s, const struct store_worker *me, bool *leaving,
                  struct errbuf *eb)
{
    const struct store_process *p = &me->process;
    int64_t now = clock_unix_us(), leaves = 0;
    enum err e = db_begin(s, DB_NORMAL, eb);

    *leaving = me->leaving;
    if (e)
        return e;
    e = db_int(s, SQL_worker_beat,
               BINDS(BIND_PROCESS(p), BI(":jobs", me->jobs),
                     BI(":n_running", me->n_running), BI(":drains", me->drains),
                     BI(":leaving", me->leaving), BI(":now_us", now)),
               &leaves, eb);
    if (!e)
        e = db_exec(s, SQL_worker_expire,
                    BINDS(BT(":host", p->host), BT(":boot_id", p->boot_id),
                          BI(":since_us", now - WORKER_AGE_US),
                          BI(":until_us", now + WORKER_AGE_US)),
                    eb);
    if (!(e = db_end(s, e, eb)))
        *leaving = leaves == 1;
    return e;
}

enum err
store_workers_relieve(struct store *s, size_t *n, struct errbuf *eb)
{
    int64_t now = clock_unix_us(), changed = 0;
    enum err e = db_begin(s, DB_FULL, eb);

    *n = 0;
    if (e)
        return e;
    e = db_exec(
        s, SQL_worker_relieve,
        BINDS(BI(":since_us", now - RECENT_US), BI(":until_us", now + RECENT_US)), eb);
    if (!e)
        changed = db_changes(s);
    if (!(e = db_end(s, e, eb)))
        *n = (size_t)changed;
    return e;
}

enum err
store_worker_gone(struct store *s, const struct store_process *me, struct errbuf *eb)
{
    enum err e = db_begin(s, DB_NORMAL, eb);

    if (e)
        return e;
    return db_end(s, db_exec(s, SQL_worker_gone, BINDS(BIND_PROCESS(me)), eb), eb);
}

enum err
store_count_workers(struct store *s, double max_age_s, size_t *n, struct errbuf *eb)
{
    int64_t count, now = clock_unix_us(), age = (int64_t)(max_age_s * 1e6);
    enum err e = db_int(s, SQL_worker_count,
                        BINDS(BI(":since_us", now - age), BI(":until_us", now + age)),
                        &count, eb);

    *n = e || count < 0 ? 0 : (size_t)count;
    return e;
}

enum err
store_workers(struct store *s, struct store_worker **out, size_t *n, struct errbuf *eb)
{
    sqlite3_stmt *st;
    size_t cap = 0;
    bool row;
    enum err e = db_select(s, SQL_worker_processes, NO_BINDS, &st, eb);

    *out = NULL;
    *n = 0;
    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        *out = grow(*out, &cap, *n + 1, sizeof **out);
        struct store_worker *w = &(*out)[(*n)++];

        *w = (struct store_worker){
            .process = {.pid = col_int(st, 2), .start_ticks = (uint64_t)col_int(st, 3)},
            .jobs = col_int(st, 4),
            .n_running = col_int(st, 5),
            .drains = col_int(st, 6) == 1,
            .leaving = col_int(st, 7) == 1};
        snprintf(w->process.host, sizeof w->process.host, "%s", col_text(st, 0));
        snprintf(w->process.boot_id, sizeof w->process.boot_id, "%s", col_text(st, 1));
    }
    db_finish(s, st);
    return e;
}

/* --- claims --- */

struct candidate {
    int64_t run_id, attempt;
    uint64_t memory_bytes;
    char *reason; /* owned; or NULL */
};

struct candidates {
    struct candidate *item; /* (n) owned */
    size_t n, cap;
};

static void
candidates_release(struct candidates *c)
{
    for (size_t i = 0; i < c->n; i++)
        free(c->item[i].reason);
    free(c->item);
    *c = (struct candidates){0};
}

/* The queued runs in order, up to and with the first that fits into the memory. */
static enum err
list_candidates(struct store *s, int64_t only_run_id, uint64_t memory_free,
                struct candidates *out, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row, fits = false;
    enum err e = db_select(s, SQL_queue_candidates,
                           BINDS(BI(":only_run_id", only_run_id)), &st, eb);

    if (e)
        return e;
    while (!fits && !(e = db_step(s, st, &row, eb)) && row) {
        out->item = grow(out->item, &out->cap, out->n + 1, sizeof *out->item);
        struct candidate *c = &out->item[out->n++];
        const char *reason = col_text(st, 3);

        *c = (struct candidate){col_int(st, 0), col_int(st, 1),
                                (uint64_t)col_int(st, 2), NULL};
        c->reason = reason ? xstrdup(reason) : NULL;
        fits = c->memory_bytes <= memory_free;
    }
    db_finish(s, st);
    return e;
}

static enum err
pass_over(struct store *s, const struct candidate *c, uint64_t memory_free,
          struct errbuf *eb)
{
    char reason[STORE_TEXT * 2];

    /* To a tenth of a GiB, so that it does not change all the time. */
    snprintf(reason, sizeof reason, "needs %.1f GiB of memory, %.1f GiB are free",
             (double)c->memory_bytes / 1073741824.0,
             (double)memory_free / 1073741824.0);
    if (c->reason && strcmp(c->reason, reason) == 0)
        return ERR_OK;
    return db_exec(s, SQL_run_reason,
                   BINDS(BI(":run_id", c->run_id), BT(":reason", reason)), eb);
}

static enum err
take(struct store *s, const struct store_process *me, const struct candidate *c,
     struct store_claim *claim, struct errbuf *eb)
{
    int64_t now = clock_unix_us(), attempt = c->attempt + 1, threads = 0;
    enum err e;

    if ((e = db_exec(s, SQL_run_claim,
                     BINDS(BI(":run_id", c->run_id), BI(":now_us", now)), eb)) ||
        (e = db_exec(s, SQL_attempt_insert,
                     BINDS(BI(":run_id", c->run_id), BI(":attempt", attempt),
                           BT(":host", me->host), BI(":pid", me->pid),
                           BI(":now_us", now)),
                     eb)) ||
        (e = db_exec(s, SQL_lease_insert,
                     BINDS(BIND_PROCESS(me), BI(":run_id", c->run_id),
                           BI(":attempt", attempt), BI(":now_us", now)),
                     eb)) ||
        (e = db_int(s, SQL_run_threads, BINDS(BI(":run_id", c->run_id)), &threads, eb)))
        return e;
    *claim = (struct store_claim){c->run_id, attempt, c->memory_bytes,
                                  threads > 0 ? threads : 0};
    return ERR_OK;
}

/* In a transaction.  *claim stays empty where nothing fits. */
static enum err
claim_first(struct store *s, const struct store_process *me, int64_t only_run_id,
            uint64_t memory_free, struct store_claim *claim, struct errbuf *eb)
{
    struct candidates c = {0};
    enum err e = list_candidates(s, only_run_id, memory_free, &c, eb);

    for (size_t i = 0; i < c.n && !e; i++)
        e = c.item[i].memory_bytes > memory_free
                ? pass_over(s, &c.item[i], memory_free, eb)
                : take(s, me, &c.item[i], claim, eb);
    candidates_release(&c);
    return e;
}

static enum err
nothing(int64_t only_run_id, struct errbuf *eb)
{
    if (only_run_id)
        return err_set(eb, ERR_NOTFOUND,
                       "run %lld is not queued, or does not fit into "
                       "the memory that is free",
                       (long long)only_run_id);
    return err_set(eb, ERR_NOTFOUND, "no queued run can start now");
}

enum err
store_claim_next(struct store *s, const struct store_process *me, int64_t only_run_id,
                 uint64_t memory_free, struct store_claim *claim, struct errbuf *eb)
{
    int64_t any;
    enum err e =
        db_int(s, SQL_queue_any, BINDS(BI(":only_run_id", only_run_id)), &any, eb);

    *claim = (struct store_claim){0};
    if (e)
        return e;
    if (any == DB_NONE) /* the usual case of an idle worker takes no lock */
        return nothing(only_run_id, eb);
    if ((e = db_begin(s, DB_FULL, eb)))
        return e;
    e = db_end(s, claim_first(s, me, only_run_id, memory_free, claim, eb), eb);
    if (e)
        *claim = (struct store_claim){0};
    return !e && !claim->run_id ? nothing(only_run_id, eb) : e;
}

/* --- leases --- */

static void
copy_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

static void
read_lease(sqlite3_stmt *st, int64_t now_us, struct store_lease *l)
{
    *l = (struct store_lease){.run_id = col_int(st, 0), .attempt = col_int(st, 1)};
    copy_text(l->worker.host, sizeof l->worker.host, col_text(st, 2));
    copy_text(l->worker.boot_id, sizeof l->worker.boot_id, col_text(st, 3));
    l->worker.pid = col_int(st, 4);
    l->worker.start_ticks = (uint64_t)col_int(st, 5);
    l->child = l->worker;
    l->child.pid = col_int(st, 6);
    l->child.start_ticks = (uint64_t)col_int(st, 7);
    l->heartbeat_age_s = (double)(now_us - col_int(st, 8)) / 1e6;
}

enum err
store_leases(struct store *s, struct store_lease **leases, size_t *n, struct errbuf *eb)
{
    struct store_lease *list = NULL;
    size_t count = 0, cap = 0;
    int64_t now_us = clock_unix_us();
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_lease_list, NO_BINDS, &st, eb);

    *leases = NULL;
    *n = 0;
    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        list = grow(list, &cap, count + 1, sizeof *list);
        read_lease(st, now_us, &list[count++]);
    }
    db_finish(s, st);
    if (e) {
        free(list);
        return e;
    }
    *leases = list;
    *n = count;
    return ERR_OK;
}

enum err
store_lease_beat(struct store *s, int64_t run_id, int64_t attempt,
                 enum store_request *wish, struct errbuf *eb)
{
    int64_t value = REQUEST_NONE;
    enum err e = db_begin(s, DB_NORMAL, eb);

    *wish = REQUEST_NONE;
    if (e)
        return e;
    if (!(e = db_fence(s, run_id, attempt, eb)) &&
        !(e = db_exec(s, SQL_lease_beat,
                      BINDS(BI(":run_id", run_id), BI(":now_us", clock_unix_us())),
                      eb)))
        e = db_int(s, SQL_run_wish, BINDS(BI(":run_id", run_id)), &value, eb);
    if (!(e = db_end(s, e, eb)))
        *wish = (enum store_request)value;
    return e;
}

enum err
store_lease_child(struct store *s, int64_t run_id, int64_t attempt,
                  const struct store_process *child, struct errbuf *eb)
{
    enum err e = db_begin(s, DB_NORMAL, eb);

    if (e)
        return e;
    if (!(e = db_fence(s, run_id, attempt, eb)) &&
        !(e = db_exec(s, SQL_lease_child,
                      BINDS(BI(":run_id", run_id), BI(":pid", child->pid),
                            BI(":start_ticks", (int64_t)child->start_ticks)),
                      eb)))
        e = db_exec(s, SQL_attempt_child,
                    BINDS(BI(":run_id", run_id), BI(":attempt", attempt),
                          BI(":pid", child->pid)),
                    eb);
    return db_end(s, e, eb);
}

enum err
store_lease_reason(struct store *s, int64_t run_id, int64_t attempt, const char *reason,
                   struct errbuf *eb)
{
    enum err e = db_begin(s, DB_NORMAL, eb);

    if (e)
        return e;
    if (!(e = db_fence(s, run_id, attempt, eb)))
        e = db_exec(s, SQL_run_reason,
                    BINDS(BI(":run_id", run_id), BT(":reason", reason)), eb);
    return db_end(s, e, eb);
}

/* --- the end of a lease --- */

/* What becomes of a run that is handed back: what people wished, or the queue. */
static enum err
wished_state(struct store *s, int64_t run_id, const char **state, struct errbuf *eb)
{
    int64_t wish;
    enum err e = db_int(s, SQL_run_wish, BINDS(BI(":run_id", run_id)), &wish, eb);

    *state = wish == REQUEST_CANCEL  ? "cancelled"
             : wish == REQUEST_PAUSE ? "paused"
                                     : "queued";
    return e;
}

static bool
is_end(const char *state)
{
    return strcmp(state, "queued") != 0 && strcmp(state, "paused") != 0;
}

enum err
lease_end(struct store *s, const struct lease_ending *x, struct errbuf *eb)
{
    int64_t now = clock_unix_us();
    enum err e;

    if ((e = db_exec(s, SQL_lease_delete, BINDS(BI(":run_id", x->run_id)), eb)) ||
        (e = db_exec(s, SQL_attempt_end,
                     BINDS(BI(":run_id", x->run_id), BI(":attempt", x->attempt),
                           BT(":state", x->state), BT(":reason", x->reason),
                           BI(":exit_code", x->exit_code),
                           BI(":term_signal", x->term_signal), BI(":now_us", now)),
                     eb)))
        return e;
    if (is_end(x->state))
        return db_exec(s, SQL_run_end,
                       BINDS(BI(":run_id", x->run_id), BT(":state", x->state),
                             BT(":reason", x->reason), BI(":now_us", now)),
                       eb);
    return db_exec(s, SQL_run_hand_back,
                   BINDS(BI(":run_id", x->run_id), BT(":state", x->state),
                         BT(":reason", x->reason)),
                   eb);
}

enum err
lease_hand_back(struct store *s, const struct lease_ending *x, struct errbuf *eb)
{
    struct lease_ending y = *x;
    enum err e = wished_state(s, x->run_id, &y.state, eb);

    if (!e && strcmp(y.state, "cancelled") == 0)
        y.reason = "cancelled on request";
    else if (!e && strcmp(y.state, "queued") == 0 && strcmp(x->state, "paused") == 0)
        y.reason = "paused, then resumed";
    return e ? e : lease_end(s, &y, eb);
}

enum err
store_lease_break(struct store *s, int64_t run_id, int64_t attempt, const char *reason,
                  struct errbuf *eb)
{
    struct lease_ending x = {run_id, attempt, "queued", reason, DB_NONE, DB_NONE};
    enum err e = db_begin(s, DB_FULL, eb);

    if (e)
        return e;
    if (!(e = db_fence(s, run_id, attempt, eb)))
        e = lease_hand_back(s, &x, eb);
    return db_end(s, e, eb);
}

/* In a transaction; x has what is known of the death. */
static enum err
count_death(struct store *s, struct lease_ending *x, struct errbuf *eb)
{
    char *reason = NULL;
    int64_t deaths;
    enum err e;

    if ((e = db_fence(s, x->run_id, x->attempt, eb)) ||
        (e = wished_state(s, x->run_id, &x->state, eb)) ||
        (e = db_int(s, SQL_run_death,
                    BINDS(BI(":run_id", x->run_id), BI(":exit_code", x->exit_code),
                          BI(":term_signal", x->term_signal)),
                    &deaths, eb)))
        return e;
    struct lease_ending y = *x;
    if (strcmp(x->state, "queued") == 0 && deaths >= MAX_DEATHS) {
        reason = xasprintf("%s (%lld deaths in a row without a new checkpoint)",
                           x->reason, (long long)deaths);
        y.reason = reason;
        y.state = x->state = "failed";
    }
    e = lease_end(s, &y, eb);
    free(reason);
    return e;
}

enum err
store_attempt_died(struct store *s, int64_t run_id, int64_t attempt, int exit_code,
                   int term_signal, const char *what, char state[STORE_TEXT],
                   struct errbuf *eb)
{
    struct lease_ending x = {run_id,
                             attempt,
                             "queued",
                             what,
                             exit_code < 0 ? DB_NONE : exit_code,
                             term_signal <= 0 ? DB_NONE : term_signal};
    enum err e = db_begin(s, DB_FULL, eb);

    state[0] = '\0';
    if (e)
        return e;
    if (!(e = db_end(s, count_death(s, &x, eb), eb)))
        copy_text(state, STORE_TEXT, x.state);
    return e;
}
