/* board_out.c - the queue and its workers as rows. */
#include "cli/board_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/cli_out.h"
#include "store/board.h"

static void
cell_int(struct table *t, int64_t x)
{
    if (x == INT64_MIN)
        table_null(t);
    else
        table_int(t, x);
}

static void
cell_time(struct table *t, double s)
{
    char text[32];

    clock_duration(s, text, sizeof text);
    table_text(t, isnan(s) ? "?" : text);
}

/* --- runs --- */

static const struct table_column people[] = {
    {.name = "position", .title = "#", .type = TABLE_INT, .rank = 4},
    {.name = "run_id", .title = "id", .type = TABLE_INT},
    {.name = "experiment", .type = TABLE_TEXT, .rank = 5},
    {.name = "model", .type = TABLE_TEXT, .rank = 2},
    {.name = "loss", .type = TABLE_TEXT},
    {.name = "seed", .type = TABLE_INT},
    {.name = "priority", .title = "prio", .type = TABLE_INT, .rank = 6},
    {.name = "state", .type = TABLE_TEXT},
    {.name = "progress", .title = "done", .type = TABLE_TEXT, .rank = 3},
    {.name = "start_s", .title = "starts in", .type = TABLE_TEXT, .rank = 1},
    {.name = "end_s", .title = "ends in", .type = TABLE_TEXT},
    {.name = "memory", .type = TABLE_TEXT, .rank = 7},
    {.name = "worker", .type = TABLE_TEXT, .rank = 8},
    {.name = "reason", .title = "why", .type = TABLE_TEXT},
};

static void
add_for_people(struct table *t, const struct board_run *r)
{
    bool waits = strcmp(r->state, "queued") == 0,
         runs = strcmp(r->state, "running") == 0;
    char text[STORE_TEXT + 32] = "";

    cell_int(t, r->position ? r->position : INT64_MIN);
    table_int(t, r->run_id);
    table_text(t, r->experiment);
    table_text(t, r->model);
    table_text(t, r->loss);
    table_int(t, r->seed);
    table_int(t, r->priority);
    table_text(t, r->state);
    snprintf(text, sizeof text, "%.0f %%", 100 * r->progress);
    table_text(t, r->attempt ? text : NULL);
    if (waits)
        cell_time(t, r->start_s);
    else
        table_null(t);
    if (waits || runs)
        cell_time(t, r->end_s);
    else
        table_null(t);
    snprintf(text, sizeof text, "%.1f GiB", (double)r->memory_bytes / 1073741824.0);
    table_text(t, text);
    snprintf(text, sizeof text, "%s:%" PRId64, r->worker.host, r->worker.pid);
    table_text(t, r->worker.pid ? text : NULL);
    table_text(t, *r->why ? r->why : NULL);
}

static const struct table_column programs[] = {
    {.name = "run_id", .type = TABLE_INT},
    {.name = "position", .type = TABLE_INT},
    {.name = "priority", .type = TABLE_INT},
    {.name = "state", .type = TABLE_TEXT},
    {.name = "reason", .type = TABLE_TEXT},
    {.name = "attempt", .type = TABLE_INT},
    {.name = "lease_host", .type = TABLE_TEXT},
    {.name = "lease_pid", .type = TABLE_INT},
    {.name = "heartbeat_age_s", .type = TABLE_REAL},
    {.name = "name", .type = TABLE_TEXT},
    {.name = "experiment", .type = TABLE_TEXT},
    {.name = "model", .type = TABLE_TEXT},
    {.name = "loss", .type = TABLE_TEXT},
    {.name = "seed", .type = TABLE_INT},
    {.name = "requested", .type = TABLE_TEXT},
    {.name = "worker_pid", .type = TABLE_INT},
    {.name = "worker_gone", .type = TABLE_INT},
    {.name = "progress", .type = TABLE_REAL},
    {.name = "whole_s", .type = TABLE_REAL},
    {.name = "start_s", .type = TABLE_REAL},
    {.name = "end_s", .type = TABLE_REAL},
    {.name = "memory_bytes", .type = TABLE_INT},
};

static void
add_for_programs(struct table *t, const struct board_run *r)
{
    static const char *const request[] = {
        [REQUEST_NONE] = NULL, [REQUEST_CANCEL] = "cancel", [REQUEST_PAUSE] = "pause"};
    bool leased = r->worker.pid != 0;

    table_int(t, r->run_id);
    cell_int(t, r->position ? r->position : INT64_MIN);
    table_int(t, r->priority);
    table_text(t, r->state);
    table_text(t, *r->why ? r->why : NULL);
    table_int(t, r->attempt);
    table_text(t, leased ? r->worker.host : NULL);
    cell_int(t, !leased                     ? INT64_MIN
                : r->child_pid != INT64_MIN ? r->child_pid
                                            : r->worker.pid);
    table_real(t, r->heartbeat_age_s);
    table_text(t, r->name);
    table_text(t, r->experiment);
    table_text(t, r->model);
    table_text(t, r->loss);
    table_int(t, r->seed);
    table_text(t, request[r->request]);
    cell_int(t, leased ? r->worker.pid : INT64_MIN);
    table_int(t, r->worker_gone);
    table_real(t, r->progress);
    table_real(t, r->whole_s);
    table_real(t, r->start_s);
    table_real(t, r->end_s);
    table_int(t, (int64_t)r->memory_bytes);
}

/* What stands below the rows. */
static void
say_whole(const struct board *b)
{
    size_t n = 0, slots = board_slots(b);
    double last = 0;
    char text[32];

    for (size_t i = 0; i < b->n; i++) {
        bool open = strcmp(b->run[i].state, "queued") == 0 ||
                    strcmp(b->run[i].state, "running") == 0;
        n += open;
        if (open)
            last = isnan(last) || isnan(b->run[i].end_s) ? (double)NAN
                                                         : fmax(last, b->run[i].end_s);
    }
    clock_duration(last, text, sizeof text);
    if (b->held)
        out_note("the queue is held: `queue release` lets workers take runs again");
    if (n && slots == 0)
        out_note("no worker takes runs: `worker --detach` starts one");
    else if (n && isnan(last))
        out_note("%zu jobs; when all is done is not known", slots);
    else if (n)
        out_note("%zu job%s; all is done in about %s, as past runs tell", slots,
                 slots == 1 ? "" : "s", text);
}

enum err
board_out_runs(struct cli *c, bool ended, struct errbuf *eb)
{
    bool plain = c->format == TABLE_PLAIN || c->format == TABLE_MARKDOWN;
    struct board b;
    enum err e = board_read(&b, c->store, ended, eb);

    if (e)
        return e;
    struct table *t = plain ? table_new(people, sizeof people / sizeof people[0])
                            : table_new(programs, sizeof programs / sizeof programs[0]);
    for (size_t i = 0; i < b.n; i++) {
        if (plain)
            add_for_people(t, &b.run[i]);
        else
            add_for_programs(t, &b.run[i]);
    }
    out_table(c, t);
    table_free(t);
    if (plain)
        say_whole(&b);
    board_release(&b);
    return ERR_OK;
}

/* --- workers --- */

static const struct table_column workers[] = {
    {.name = "host", .type = TABLE_TEXT},
    {.name = "pid", .type = TABLE_INT},
    {.name = "jobs", .type = TABLE_INT},
    {.name = "n_running", .title = "running", .type = TABLE_INT},
    {.name = "runs", .type = TABLE_TEXT},
    {.name = "life", .title = "state", .type = TABLE_TEXT},
    {.name = "drains", .type = TABLE_INT, .rank = 1},
    {.name = "heartbeat_age_s",
     .title = "heartbeat s",
     .type = TABLE_REAL,
     .digits = 1},
};

enum err
board_out_workers(struct cli *c, struct errbuf *eb)
{
    struct board b;
    enum err e = board_read(&b, c->store, false, eb);

    if (e)
        return e;
    struct table *t = table_new(workers, sizeof workers / sizeof workers[0]);
    for (size_t i = 0; i < b.n_workers; i++) {
        const struct board_worker *w = &b.worker[i];

        table_text(t, w->process.host);
        table_int(t, w->process.pid);
        table_int(t, w->jobs);
        table_int(t, w->n_running);
        table_text(t, *w->runs ? w->runs : NULL);
        table_text(t, board_life_name(w->life));
        table_int(t, w->drains);
        table_real(t, w->heartbeat_age_s);
    }
    out_table(c, t);
    table_free(t);
    board_release(&b);
    return ERR_OK;
}
