/* worker.c - takes runs from the queue and keeps a child process for each.
 *
 * One loop, four rounds a second: hear signals, look after the children, beat (once a
 * second), claim, tell the caller.  Nothing here waits for a child; the store's calls
 * are the only ones that may take long, and they are bounded by its busy timeout. */
#include "run/worker.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/pool.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "run/run_wait.h"
#include "run/signal_hold.h"
#include "run/takeover.h"
#include "run/worker_slot.h"

enum { ROUND_MS = 250 };
static const double beat_s = 1;
static const double lease_timeout_s = 60;
static const double retry_claim_s = 5; /* memory may have come free */
static const double recent_s = 10;
static const double stop_patience_s = 10; /* for the store, once told to stop */

struct worker {
    const struct worker_options *opt; /* borrowed */
    char self[PATH_MAX];
    struct store *store;
    struct store_process me;
    struct takeover takeover;
    struct worker_slot *slot; /* (jobs) owned; the first n_running are in use */
    size_t jobs, n_running;
    int signal_fd;
    struct signal_hold hold;
    int n_signals;
    double stop_s;       /* clock_mono_s of the first one */
    double idle_since_s; /* clock_mono_s when there was last something to do */
    double next_beat_s, next_claim_s;
    bool leaving;         /* takes no new run, leaves when those here have ended */
    bool held;            /* the queue was when it was last looked at */
    bool check_end;       /* what is queued may have changed: see whether to return */
    bool gave_up;         /* the disk of the store was full for too long */
    struct run_wait wait; /* for the store */
};

/* --- signals --- */

static enum err
signals_open(struct worker *w, struct errbuf *eb)
{
    static const int sig[] = {SIGINT, SIGTERM, SIGHUP};

    signal_hold_begin(&w->hold, sig, sizeof sig / sizeof sig[0]);
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is like a full disk */
    w->signal_fd = signalfd(-1, &w->hold.set, SFD_CLOEXEC | SFD_NONBLOCK);
    return w->signal_fd < 0 ? err_errno(eb, "cannot listen for signals") : ERR_OK;
}

static void
signals_close(struct worker *w)
{
    if (w->signal_fd >= 0)
        close(w->signal_fd);
    signal_hold_end(&w->hold);
}

/* Children write checkpoints, where they can, and hand their runs back. */
static bool
is_stopping(const struct worker *w)
{
    return w->n_signals > 0 || w->gave_up;
}

static void
hear_signals(struct worker *w)
{
    struct signalfd_siginfo info;

    while (read(w->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP && w->opt->detached)
            continue;
        if (++w->n_signals > 1) {
            log_line(&w->opt->log, LOG_WARN, "stopping now");
            continue;
        }
        w->stop_s = clock_mono_s();
        log_line(&w->opt->log, LOG_INFO,
                 "stopping: runs to hand back to the queue after a checkpoint: %zu",
                 w->n_running);
    }
    for (size_t i = 0; i < w->n_running && is_stopping(w); i++) {
        if (w->n_signals > 1)
            worker_slot_kill(&w->slot[i]);
        else
            worker_slot_ask(&w->slot[i], SLOT_WISH_HAND_BACK);
    }
}

/* --- the store --- */

/* What a child says of its wait, people need not hear twice. */
static bool
child_calls(const struct worker *w)
{
    for (size_t i = 0; i < w->n_running; i++)
        if (w->slot[i].has_called)
            return true;
    return false;
}

static void
say_wait(struct worker *w)
{
    struct strbuf text = {0};

    run_wait_text(&w->wait, w->opt->store_path, &text);
    if (!w->wait.why)
        log_line(&w->opt->log, LOG_INFO, "the store can be written again");
    else if (!child_calls(w))
        log_line(&w->opt->log, LOG_WARN, "%s: %s", w->opt->store_path,
                 strbuf_str(&text));
    strbuf_release(&text);
}

/* A store that is full or locked is waited for; anything else ends the worker.  A full
 * disk may hold a WAL that can be made shorter. */
static enum err
patient(struct worker *w, enum err e)
{
    if (run_wait_note(&w->wait, e))
        say_wait(w);
    w->gave_up |= run_wait_is_over(&w->wait);
    if (e == ERR_FULL)
        (void)!store_wal_care(w->store, true, NULL);
    return w->wait.why ? ERR_OK : e;
}

static enum err
beat_all(struct worker *w, struct errbuf *eb)
{
    const struct store_worker me = {.process = w->me,
                                    .jobs = (int64_t)w->jobs,
                                    .n_running = (int64_t)w->n_running,
                                    .drains = w->opt->drain,
                                    .leaving = w->leaving || is_stopping(w)};
    bool leaving = me.leaving;
    size_t n_broken = 0;
    enum err e = store_worker_beat(w->store, &me, &leaving, eb);

    if (leaving && !me.leaving)
        log_line(&w->opt->log, LOG_INFO, "told to leave; runs to end before: %zu",
                 w->n_running);
    w->leaving = leaving;

    for (size_t i = 0; i < w->n_running && e == ERR_OK; i++)
        e = worker_slot_beat(&w->slot[i], w->store, &w->opt->log, eb);
    if (e == ERR_OK)
        e = takeover_round(&w->takeover, w->store, &w->opt->log, &n_broken, eb);
    if (n_broken)
        w->next_claim_s = 0;
    return e;
}

static enum err
beat(struct worker *w, struct errbuf *eb)
{
    double now = clock_mono_s();

    if (now < w->next_beat_s)
        return ERR_OK;
    w->next_beat_s = now + beat_s;
    w->check_end = true;
    return patient(w, beat_all(w, eb));
}

/* --- children --- */

static void
remove_slot(struct worker *w, size_t i)
{
    worker_slot_release(&w->slot[i]);
    w->slot[i] = w->slot[--w->n_running];
    w->slot[w->n_running] = (struct worker_slot){0};
    w->check_end = true;
    w->next_claim_s = 0;
}

static void
tally(struct worker *w, const struct worker_slot *slot)
{
    struct worker_tally *t = w->opt->tally;

    if (!t)
        return;
    t->n_ended += slot->verdict != SLOT_VERDICT_NONE;
    t->n_failed += slot->verdict == SLOT_VERDICT_FAILED;
}

static enum err
look_after_children(struct worker *w, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = w->n_running; i-- > 0 && e == ERR_OK;) {
        struct worker_slot *slot = &w->slot[i];

        worker_slot_poll(slot, &w->opt->log);
        if (!slot->ended)
            continue;
        w->gave_up |= worker_slot_gave_up(slot);
        enum err settled = worker_slot_settle(slot, w->store, &w->opt->log, eb);
        e = patient(w, settled);
        if (settled == ERR_OK) {
            tally(w, slot);
            remove_slot(w, i);
        }
    }
    return e;
}

/* Bytes that a further run may take: what is free now, less what the children here
 * are expected to take yet. */
static uint64_t
memory_free(const struct worker *w)
{
    uint64_t room = memory_available();

    for (size_t i = 0; i < w->n_running; i++) {
        uint64_t want = w->slot[i].claim.memory_bytes;
        uint64_t has = memory_resident(w->slot[i].child.pid);
        uint64_t more = want > has ? want - has : 0;

        room -= more < room ? more : room;
    }
    return room;
}

static size_t
threads_for(const struct worker *w, const struct store_claim *claim)
{
    size_t n = pool_cores() / w->jobs;

    if (claim->threads > 0)
        return (size_t)claim->threads;
    if (w->opt->threads > 0)
        return w->opt->threads;
    return n > 0 ? n : 1;
}

static void
start_child(struct worker *w, const struct store_claim *claim)
{
    struct run_child_options opt = {
        .store_path = w->opt->store_path,
        .run_id = claim->run_id,
        .attempt = claim->attempt,
        .threads = threads_for(w, claim),
        .cpu = w->opt->cpu,
        .allow_other_cpu = w->opt->allow_other_cpu,
    };

    worker_slot_start(&w->slot[w->n_running], w->self, &opt, claim, w->store);
    w->n_running++;
    log_line(&w->opt->log, LOG_INFO, "run %lld started, attempt %lld, %zu thread%s",
             (long long)claim->run_id, (long long)claim->attempt, opt.threads,
             opt.threads == 1 ? "" : "s");
}

/* Say once that nothing is taken because the queue is held, and that it goes on. */
static void
note_hold(struct worker *w)
{
    bool held = w->held;

    if (store_queue_is_held(w->store, &held, NULL) || held == w->held)
        return;
    w->held = held;
    log_line(&w->opt->log, LOG_INFO,
             held ? "the queue is held: no run is taken until `queue release`"
                  : "the queue is released");
}

static enum err
claim_runs(struct worker *w, struct errbuf *eb)
{
    note_hold(w);
    while (w->n_running < w->jobs) {
        struct store_claim claim = {0};
        enum err e = store_claim_next(w->store, &w->me, w->opt->only_run_id,
                                      memory_free(w), &claim, eb);

        if (e == ERR_OK)
            start_child(w, &claim);
        else
            return e == ERR_NOTFOUND ? ERR_OK : patient(w, e);
    }
    return ERR_OK;
}

static enum err
claim(struct worker *w, struct errbuf *eb)
{
    double now = clock_mono_s();
    bool changed = store_changed(w->store);

    w->check_end |= changed;
    if (is_stopping(w) || w->leaving || w->n_running == w->jobs ||
        (!changed && now < w->next_claim_s))
        return ERR_OK;
    w->next_claim_s = now + retry_claim_s;
    return claim_runs(w, eb);
}

/* --- the end --- */

static enum err
count_state(struct worker *w, const char *state, size_t *n, struct errbuf *eb)
{
    struct store_runs runs = {0};
    struct store_run_filter filter = {.state = state, .run_id = w->opt->only_run_id};
    enum err e = store_runs_list(w->store, &filter, &runs, eb);

    *n += runs.n;
    store_runs_release(&runs);
    return e;
}

/* *done: nothing is left that this worker was started for. */
static enum err
nothing_left(struct worker *w, bool *done, struct errbuf *eb)
{
    size_t n = 0;

    *done = w->leaving && w->n_running == 0;
    if (*done || w->n_running || !w->check_end ||
        !(w->opt->drain || w->opt->only_run_id))
        return ERR_OK;
    w->check_end = false;
    enum err e = count_state(w, "queued", &n, eb);
    if (e == ERR_OK)
        e = count_state(w, "running", &n, eb);
    *done = e == ERR_OK && n == 0;
    return e;
}

/* *done: there was nothing to do for so long that this worker leaves.  It signs off
 * before it looks for the last time: who queues a run later sees no worker. */
static enum err
idle_too_long(struct worker *w, bool *done, struct errbuf *eb)
{
    double now = clock_mono_s();
    size_t n = 0;

    if (w->n_running || w->idle_since_s == 0)
        w->idle_since_s = now;
    if (w->opt->idle_exit_s <= 0 || now - w->idle_since_s < w->opt->idle_exit_s)
        return ERR_OK;
    enum err e = store_worker_gone(w->store, &w->me, eb);
    if (e == ERR_OK)
        e = count_state(w, "queued", &n, eb);
    if (e || n) {
        w->idle_since_s = now;
        w->next_beat_s = 0; /* sign on again */
        return patient(w, e);
    }
    *done = true;
    log_line(&w->opt->log, LOG_INFO, "no run for %.0f s: leaving", w->opt->idle_exit_s);
    return ERR_OK;
}

/* Until the next round, or until something happens. */
static void
wait_round(struct worker *w)
{
    struct pollfd pf[2] = {{w->signal_fd, POLLIN, 0}, {-1, POLLIN, 0}};

    /* One child's end of output cuts the wait short; the others have their round. */
    if (w->n_running)
        pf[1].fd = w->slot[0].child.err_fd;
    (void)poll(pf, 2, ROUND_MS);
}

/* True once nothing is left to do here, or only a store that cannot be written is in
 * the way: the next worker then breaks the leases, since this process is dead. */
static bool
has_stopped(const struct worker *w)
{
    if (!is_stopping(w))
        return false;
    if (w->n_signals > 1 || w->n_running == 0)
        return true;
    for (size_t i = 0; i < w->n_running; i++)
        if (!w->slot[i].ended)
            return false;
    return w->wait.why == ERR_FULL ||
           (w->wait.why && clock_mono_s() - w->stop_s > stop_patience_s);
}

static enum err
say_full(const struct worker *w, struct errbuf *eb)
{
    char limit[32];

    clock_duration(run_wait_limit_s(), limit, sizeof limit);
    return err_set(eb, ERR_FULL,
                   "interrupted: the disk of the store %s was full for %s; make room, "
                   "then `hcelab worker` goes on with its runs from their checkpoints",
                   w->opt->store_path, limit);
}

static enum err
run_loop(struct worker *w, struct errbuf *eb)
{
    enum err e = ERR_OK;
    bool done = false;

    while (e == ERR_OK && !done) {
        hear_signals(w);
        e = look_after_children(w, eb);
        if (has_stopped(w))
            break;
        if (e == ERR_OK)
            e = beat(w, eb);
        if (e == ERR_OK)
            e = claim(w, eb);
        if (w->opt->on_tick)
            w->opt->on_tick(w->opt->tick_ctx);
        if (e == ERR_OK)
            e = nothing_left(w, &done, eb);
        if (e == ERR_OK && !done)
            e = idle_too_long(w, &done, eb);
        if (e == ERR_OK && !done)
            wait_round(w);
    }
    if (e == ERR_OK && w->n_signals)
        return err_set(eb, ERR_STOPPED, "stopped by a signal");
    return e == ERR_OK && w->gave_up ? say_full(w, eb) : e;
}

/* No child outlives its worker; a lease that could not be settled here is broken by
 * the next worker, since this process is dead then. */
static void
end_children(struct worker *w)
{
    for (size_t i = 0; i < w->n_running; i++)
        worker_slot_kill(&w->slot[i]);
    while (w->n_running) {
        struct worker_slot *slot = &w->slot[w->n_running - 1];

        if (!slot->ended) {
            slot->status = spawn_wait(&slot->child);
            slot->ended = true;
            slot->wish = slot->wish ? slot->wish : SLOT_WISH_HAND_BACK;
        }
        (void)!worker_slot_settle(slot, w->store, &w->opt->log, NULL);
        remove_slot(w, w->n_running - 1);
    }
}

static enum err
worker_open(struct worker *w, struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (w->opt->self_path)
        snprintf(w->self, sizeof w->self, "%s", w->opt->self_path);
    else
        e = spawn_self_path(w->self, sizeof w->self, eb);
    if (e == ERR_OK)
        e = store_open(&w->store, w->opt->store_path, STORE_WRITE, eb);
    if (e == ERR_OK)
        e = signals_open(w, eb);
    takeover_process(&w->me, getpid());
    takeover_init(&w->takeover, &w->me, lease_timeout_s);
    return e;
}

enum err
worker_run(const struct worker_options *opt, struct errbuf *eb)
{
    if (opt->tally)
        *opt->tally = (struct worker_tally){0};
    struct worker w = {.opt = opt, .jobs = opt->jobs ? opt->jobs : 1, .signal_fd = -1};
    struct errbuf local;

    if (!eb)
        eb = &local;
    w.slot = xcalloc(w.jobs, sizeof *w.slot);
    enum err e = worker_open(&w, eb);
    if (e == ERR_OK) {
        e = run_loop(&w, eb);
        end_children(&w);
        (void)!store_worker_gone(w.store, &w.me, NULL);
        (void)!store_wal_care(w.store, true, NULL);
    }
    signals_close(&w);
    takeover_release(&w.takeover);
    store_close(w.store);
    free(w.slot);
    return e;
}

enum err
worker_alive(struct store *s, bool *alive, struct errbuf *eb)
{
    size_t n = 0;
    enum err e = store_count_workers(s, recent_s, &n, eb);

    *alive = e == ERR_OK && n > 0;
    return e;
}
