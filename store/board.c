/* board.c - the queue as people look at it: reading. */
#include "store/board.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "store/db.h"

static const double silent_s = 10; /* a worker beats once a second */

void
board_release(struct board *b)
{
    free(b->run);
    free(b->worker);
    free(b->past);
    arena_release(&b->arena);
    *b = (struct board){0};
}

/* A text that is never NULL. */
static const char *
text(sqlite3_stmt *st, int col, struct arena *a)
{
    const char *s = col_dup(st, col, a);

    return s ? s : "";
}

static void
read_process(sqlite3_stmt *st, int col, struct store_process *p)
{
    const char *host = col_text(st, col), *boot_id = col_text(st, col + 1);

    *p = (struct store_process){0};
    if (!host)
        return;
    snprintf(p->host, sizeof p->host, "%s", host);
    snprintf(p->boot_id, sizeof p->boot_id, "%s", boot_id ? boot_id : "");
    p->pid = col_int(st, col + 2);
    p->start_ticks = (uint64_t)col_int(st, col + 3);
}

/* Columns of board_runs, in its order. */
enum {
    RUN_ID,
    SEED,
    PRIORITY,
    ATTEMPT,
    EPOCH,
    MAX_EPOCHS,
    N_TRAIN,
    MEMORY,
    REQUEST,
    NAME,
    EXPERIMENT,
    MODEL,
    LOSS,
    PAIR_KEY,
    STATE,
    REASON,
    ETA,
    WORKED,
    LEASE_PROCESS,
    LEASE_AGE = LEASE_PROCESS + 4,
    CHILD_PID
};

static void
read_run(sqlite3_stmt *st, struct arena *a, struct board_run *r)
{
    int64_t memory = col_int(st, MEMORY);

    *r = (struct board_run){
        .run_id = col_int(st, RUN_ID),
        .seed = col_int(st, SEED),
        .priority = col_int(st, PRIORITY),
        .attempt = col_int(st, ATTEMPT),
        .epoch = col_int(st, EPOCH),
        .max_epochs = col_int(st, MAX_EPOCHS),
        .n_train = col_int(st, N_TRAIN),
        .memory_bytes = memory > 0 ? (uint64_t)memory : 0,
        .request = (enum store_request)col_int(st, REQUEST),
        .name = text(st, NAME, a),
        .experiment = text(st, EXPERIMENT, a),
        .model = text(st, MODEL, a),
        .loss = text(st, LOSS, a),
        .pair_key = text(st, PAIR_KEY, a),
        .state = text(st, STATE, a),
        .reason = col_dup(st, REASON, a),
        .eta_s = col_real(st, ETA),
        .worked_s = col_real(st, WORKED),
        .heartbeat_age_s = col_real(st, LEASE_AGE),
        .child_pid = col_int(st, CHILD_PID),
        .why = "",
    };
    read_process(st, LEASE_PROCESS, &r->worker);
}

static enum err
read_runs(struct board *b, struct store *s, bool ended, struct errbuf *eb)
{
    size_t cap = 0;
    sqlite3_stmt *st;
    bool row;
    enum err e =
        db_select(s, SQL_board_runs,
                  BINDS(BI(":now_us", clock_unix_us()), BI(":ended", ended)), &st, eb);

    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        b->run = grow(b->run, &cap, b->n + 1, sizeof *b->run);
        read_run(st, &b->arena, &b->run[b->n++]);
    }
    db_finish(s, st);
    return e;
}

static enum err
read_workers(struct board *b, struct store *s, struct errbuf *eb)
{
    size_t cap = 0;
    sqlite3_stmt *st;
    bool row;
    enum err e =
        db_select(s, SQL_board_workers, BINDS(BI(":now_us", clock_unix_us())), &st, eb);

    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        b->worker = grow(b->worker, &cap, b->n_workers + 1, sizeof *b->worker);
        struct board_worker *w = &b->worker[b->n_workers++];
        *w = (struct board_worker){.jobs = col_int(st, 4),
                                   .n_running = col_int(st, 5),
                                   .drains = col_int(st, 6) == 1,
                                   .leaving = col_int(st, 7) == 1,
                                   .heartbeat_age_s = col_real(st, 8),
                                   .runs = text(st, 9, &b->arena)};
        read_process(st, 0, &w->process);
    }
    db_finish(s, st);
    return e;
}

static enum err
read_past(struct board *b, struct store *s, struct errbuf *eb)
{
    size_t cap = 0;
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_board_past, NO_BINDS, &st, eb);

    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        b->past = grow(b->past, &cap, b->n_past + 1, sizeof *b->past);
        b->past[b->n_past++] = (struct board_past){.pair_key = text(st, 0, &b->arena),
                                                   .model = text(st, 1, &b->arena),
                                                   .n_train = col_int(st, 2),
                                                   .max_epochs = col_int(st, 3),
                                                   .n = col_int(st, 4),
                                                   .work_s = col_real(st, 5)};
    }
    db_finish(s, st);
    return e;
}

/* --- who lives --- */

struct here {
    char host[STORE_TEXT], boot_id[40];
};

/* A process of this host that does not exist any more, or of an earlier boot whose
 * heartbeat is old (another machine may have the same name). */
static bool
is_dead(const struct here *h, const struct store_process *p, double age_s)
{
    if (strcmp(h->host, p->host) != 0)
        return false;
    if (strcmp(h->boot_id, p->boot_id) != 0)
        return age_s > silent_s;
    return spawn_start_ticks((pid_t)p->pid) != p->start_ticks;
}

static enum board_life
life_of(const struct here *h, const struct board_worker *w)
{
    if (is_dead(h, &w->process, w->heartbeat_age_s))
        return BOARD_GONE;
    if (fabs(w->heartbeat_age_s) > silent_s)
        return BOARD_SILENT;
    if (w->leaving)
        return BOARD_LEAVES;
    return w->n_running > 0 ? BOARD_WORKS : BOARD_IDLE;
}

/* A worker says how many it has at its next heartbeat; its leases say it now. */
static int64_t
count_leases(const struct board *b, const struct store_process *p)
{
    int64_t n = 0;

    for (size_t i = 0; i < b->n; i++)
        n += board_same_process(&b->run[i].worker, p);
    return n;
}

static void
judge(struct board *b)
{
    struct here h = {{0}, {0}};

    if (gethostname(h.host, sizeof h.host - 1))
        snprintf(h.host, sizeof h.host, "localhost");
    spawn_boot_id(h.boot_id);
    for (size_t i = 0; i < b->n_workers; i++) {
        b->worker[i].n_running = count_leases(b, &b->worker[i].process);
        b->worker[i].life = life_of(&h, &b->worker[i]);
    }
    for (size_t i = 0; i < b->n; i++) {
        struct board_run *r = &b->run[i];
        r->worker_gone =
            r->worker.pid > 0 && (is_dead(&h, &r->worker, r->heartbeat_age_s) ||
                                  fabs(r->heartbeat_age_s) > silent_s);
    }
}

static enum err
read_all(struct board *b, struct store *s, bool ended, struct errbuf *eb)
{
    enum err e;

    if ((e = read_runs(b, s, ended, eb)) || (e = read_workers(b, s, eb)) ||
        (e = read_past(b, s, eb)))
        return e;
    return store_queue_is_held(s, &b->held, eb);
}

enum err
board_read(struct board *b, struct store *s, bool ended, struct errbuf *eb)
{
    enum err e = db_snapshot(s, eb);

    *b = (struct board){0};
    if (e)
        return e;
    e = read_all(b, s, ended, eb);
    db_snapshot_end(s);
    if (e) {
        board_release(b);
        return e;
    }
    judge(b);
    board_outlook(b);
    return ERR_OK;
}
