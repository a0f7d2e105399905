/* board_outlook.c - the queue as people look at it: what follows from it. */
#include "store/board.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static const char *const life_name[BOARD_LIFE_COUNT] = {
    [BOARD_IDLE] = "idle",     [BOARD_WORKS] = "works", [BOARD_LEAVES] = "leaves",
    [BOARD_SILENT] = "silent", [BOARD_GONE] = "gone",
};

const char *
board_life_name(enum board_life life)
{
    return life_name[life];
}

static bool
takes_runs(const struct board_worker *w)
{
    return w->life == BOARD_IDLE || w->life == BOARD_WORKS;
}

static bool
is(const struct board_run *r, const char *state)
{
    return strcmp(r->state, state) == 0;
}

/* --- how long --- */

/* What runs of the pair_key took. */
static double
like_its_pair(const struct board *b, const char *pair_key)
{
    double sum = 0;
    int64_t n = 0;

    for (size_t i = 0; i < b->n_past; i++) {
        if (strcmp(b->past[i].pair_key, pair_key) != 0)
            continue;
        sum += (double)b->past[i].n * b->past[i].work_s;
        n += b->past[i].n;
    }
    return n ? sum / (double)n : (double)NAN;
}

double
board_estimate(const struct board *b, const char *pair_key, const char *model,
               int64_t n_train, int64_t max_epochs)
{
    double pair = like_its_pair(b, pair_key), work_s = 0, work = 0;

    if (!isnan(pair) || n_train <= 0 || max_epochs <= 0)
        return pair;
    for (size_t i = 0; i < b->n_past; i++) {
        const struct board_past *p = &b->past[i];
        if (strcmp(p->model, model) != 0 || p->n_train <= 0)
            continue;
        work_s += (double)p->n * p->work_s;
        work += (double)p->n * (double)p->n_train * (double)p->max_epochs;
    }
    return work > 0 ? work_s / work * (double)n_train * (double)max_epochs
                    : (double)NAN;
}

static void
measure(const struct board *b, struct board_run *r)
{
    double done = r->epoch > 0 ? (double)r->epoch : 0;

    r->progress = r->max_epochs > 0 ? fmin(done / (double)r->max_epochs, 1) : 0;
    r->whole_s = board_estimate(b, r->pair_key, r->model, r->n_train, r->max_epochs);
    r->start_s = r->end_s = NAN;
}

/* Seconds that a run needs yet. */
static double
left(const struct board_run *r)
{
    if (is(r, "running") && isfinite(r->eta_s))
        return r->eta_s;
    if (is(r, "running") && !r->worker_gone && r->attempt == 1)
        return fmax(r->whole_s - r->worked_s, 0);
    return r->whole_s * (1 - r->progress);
}

/* --- from when to when --- */

struct slots {
    double *free_s; /* (n) owned; when the job comes free; NaN: not known */
    size_t n;
};

size_t
board_slots(const struct board *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n_workers; i++)
        if (takes_runs(&b->worker[i]) && b->worker[i].jobs > 0)
            n += (size_t)b->worker[i].jobs;
    return n;
}

bool
board_same_process(const struct store_process *a, const struct store_process *b)
{
    return a->pid == b->pid && a->start_ticks == b->start_ticks &&
           strcmp(a->host, b->host) == 0 && strcmp(a->boot_id, b->boot_id) == 0;
}

/* The jobs of a worker: those that are taken come free when their runs end. */
static void
add_slots(const struct board *b, const struct board_worker *w, struct slots *s)
{
    size_t first = s->n, jobs = w->jobs > 0 ? (size_t)w->jobs : 0, used = 0;

    for (size_t i = 0; i < b->n && used < jobs; i++)
        if (is(&b->run[i], "running") &&
            board_same_process(&b->run[i].worker, &w->process))
            s->free_s[first + used++] = b->run[i].end_s;
    while (used < jobs)
        s->free_s[first + used++] = 0;
    s->n += jobs;
}

/* The job that comes free first, or s->n: it is not known. */
static size_t
first_free(const struct slots *s)
{
    size_t best = 0;

    for (size_t i = 0; i < s->n; i++) {
        if (isnan(s->free_s[i]))
            return s->n;
        if (s->free_s[i] < s->free_s[best])
            best = i;
    }
    return best;
}

static bool
lacks_memory(const struct board_run *r)
{
    return r->reason && strncmp(r->reason, "needs ", 6) == 0;
}

static void
give_slot(struct slots *s, struct board_run *r)
{
    size_t at = first_free(s);

    if (at == s->n || lacks_memory(r))
        return;
    r->start_s = s->free_s[at];
    r->end_s = s->free_s[at] = r->start_s + left(r);
}

/* Runs of workers that are gone go back to the front. */
static void
schedule(struct board *b)
{
    struct slots s = {.free_s = xcalloc(board_slots(b) + 1, sizeof *s.free_s)};

    for (size_t i = 0; i < b->n; i++)
        if (is(&b->run[i], "running") && !b->run[i].worker_gone)
            b->run[i].end_s = left(&b->run[i]);
    for (size_t i = 0; i < b->n_workers; i++)
        if (takes_runs(&b->worker[i]))
            add_slots(b, &b->worker[i], &s);
    for (size_t i = 0; i < b->n && !b->held; i++)
        if (is(&b->run[i], "running") && b->run[i].worker_gone)
            give_slot(&s, &b->run[i]);
    for (size_t i = 0; i < b->n && !b->held; i++)
        if (is(&b->run[i], "queued"))
            give_slot(&s, &b->run[i]);
    free(s.free_s);
}

/* --- why --- */

static const char *
why_running(struct board *b, const struct board_run *r, bool alone)
{
    char text[192];

    if (r->worker_gone) {
        snprintf(text, sizeof text, "worker %" PRId64 " on %s is gone%s", r->worker.pid,
                 r->worker.host, alone ? ": waits for a worker" : "");
        return arena_strdup(&b->arena, text);
    }
    if (r->request == REQUEST_CANCEL)
        return "is being cancelled";
    if (r->request == REQUEST_PAUSE)
        return "is being paused";
    return r->reason ? r->reason : "";
}

/* What is the matter where nobody takes runs. */
static const char *
nobody(const struct board *b)
{
    for (size_t i = 0; i < b->n_workers; i++)
        if (b->worker[i].life == BOARD_LEAVES)
            return "all workers leave";
    return "no worker lives";
}

static const char *
why_queued(struct board *b, const struct board_run *r, bool alone)
{
    char text[256];

    if (b->held)
        return "queue is held";
    if (lacks_memory(r))
        return r->reason;
    if (!r->reason)
        return alone ? nobody(b) : "waits its turn";
    if (!alone)
        return r->reason;
    snprintf(text, sizeof text, "%s; %s", nobody(b), r->reason);
    return arena_strdup(&b->arena, text);
}

static void
explain(struct board *b, struct board_run *r, bool alone)
{
    if (is(r, "running"))
        r->why = why_running(b, r, alone);
    else if (is(r, "queued"))
        r->why = why_queued(b, r, alone);
    else
        r->why = r->reason ? r->reason : "";
}

void
board_outlook(struct board *b)
{
    bool alone = board_slots(b) == 0;
    int64_t position = 0;

    for (size_t i = 0; i < b->n; i++) {
        struct board_run *r = &b->run[i];

        measure(b, r);
        r->position = is(r, "queued") ? ++position : 0;
        explain(b, r, alone);
    }
    schedule(b);
}
