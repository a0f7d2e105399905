/* store_queue.c - runs in the queue, and what people wish of them. */
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/xalloc.h"

/* A random UUID, version 4. */
static enum err
new_uuid(char out[STORE_UUID], struct errbuf *eb)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char b[16];
    size_t at = 0;

    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b)
        return err_errno(eb, "cannot read random bytes");
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof b; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        out[at++] = hex[b[i] >> 4];
        out[at++] = hex[b[i] & 0x0f];
    }
    out[at] = '\0';
    return ERR_OK;
}

/* --- adding --- */

static enum err
check_bindings(struct store *s, const struct store_new_run *r, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < r->n_evals && !e; i++)
        e = binding_check(s,
                          &(struct binding){.experiment = r->experiment,
                                            .name = r->eval[i].name,
                                            .cells_digest = r->eval[i].cells_digest,
                                            .param = r->param,
                                            .n_params = r->n_params},
                          eb);
    return e;
}

/* *existing = the run that makes r needless, or 0. */
static enum err
find_existing(struct store *s, const struct store_new_run *r, int64_t *existing,
              struct errbuf *eb)
{
    enum err e = db_int(
        s, SQL_run_existing,
        BINDS(BT(":pair_key", r->pair_key), BT(":loss", r->loss), BI(":seed", r->seed)),
        existing, eb);

    if (*existing == DB_NONE)
        *existing = 0;
    return e;
}

static enum err
insert_run(struct store *s, const struct store_new_run *r, int64_t *run_id,
           struct errbuf *eb)
{
    char uuid[STORE_UUID];
    enum err e = new_uuid(uuid, eb);

    if (!e)
        e = db_exec(s, SQL_run_insert,
                    BINDS(BT(":uuid", uuid), BT(":pair_key", r->pair_key),
                          BT(":name", r->name), BT(":experiment", r->experiment),
                          BT(":model", r->model), BT(":loss", r->loss),
                          BI(":seed", r->seed), BI(":max_epochs", r->max_epochs),
                          BT(":data_digest", r->data_digest),
                          BT(":split_digest", r->split_digest),
                          BT(":class_digest", r->class_digest),
                          BI(":memory_bytes", (int64_t)r->memory_bytes),
                          BI(":n_train", r->n_train > 0 ? r->n_train : DB_NONE),
                          BI(":priority", r->priority), BI(":now_us", clock_unix_us())),
                    eb);
    *run_id = e ? 0 : db_last_id(s);
    return e;
}

enum err
run_params_put(struct store *s, int64_t run_id, const struct store_param *param,
               size_t n, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < n && !e; i++)
        e = db_exec(s, SQL_run_param_insert,
                    BINDS(BI(":run_id", run_id), BI(":ordinal", (int64_t)i),
                          BT(":name", param[i].name),
                          BI(":position", param[i].position),
                          BT(":value", param[i].value)),
                    eb);
    return e;
}

static enum err
insert_params(struct store *s, const struct store_new_run *r, int64_t run_id,
              struct errbuf *eb)
{
    enum err e = run_params_put(s, run_id, r->param, r->n_params, eb);

    for (size_t i = 0; i < r->n_evals && !e; i++)
        e = db_exec(s, SQL_run_evaluation_insert,
                    BINDS(BI(":run_id", run_id), BT(":name", r->eval[i].name),
                          BT(":cells_digest", r->eval[i].cells_digest)),
                    eb);
    return e;
}

static enum err
add_one(struct store *s, const struct store_new_run *r, bool needed, int64_t *id,
        int64_t *existing, struct errbuf *eb)
{
    enum err e = find_existing(s, r, existing, eb);

    *id = 0;
    if (e || (needed && *existing))
        return e;
    if (!(e = check_bindings(s, r, eb)) && !(e = insert_run(s, r, id, eb)))
        e = insert_params(s, r, *id, eb);
    return e;
}

enum err
store_queue_add(struct store *s, const struct store_new_run *run, size_t n, bool needed,
                int64_t *ids, int64_t *existing, struct errbuf *eb)
{
    enum err e = db_begin(s, DB_FULL, eb);

    if (e)
        return e;
    for (size_t i = 0; i < n && !e; i++) {
        int64_t other;

        e = add_one(s, &run[i], needed, &ids[i], &other, eb);
        if (existing)
            existing[i] = other;
    }
    if ((e = db_end(s, e, eb)) && n > 0)
        memset(ids, 0, n * sizeof *ids);
    return e;
}

/* Conflicts among the runs of the list itself. */
static enum err
check_among(const struct store_new_run *a, const struct store_new_run *b,
            struct errbuf *eb)
{
    if (strcmp(a->experiment, b->experiment) != 0)
        return ERR_OK;
    for (size_t i = 0; i < a->n_evals; i++)
        for (size_t j = 0; j < b->n_evals; j++)
            if (strcmp(a->eval[i].name, b->eval[j].name) == 0 &&
                strcmp(a->eval[i].cells_digest, b->eval[j].cells_digest) != 0)
                return err_set(eb, ERR_CONFLICT,
                               "evaluation '%s' stands for different cells in runs of "
                               "experiment '%s': give it another name, or choose "
                               "another --experiment",
                               a->eval[i].name, a->experiment);
    return ERR_OK;
}

enum err
store_queue_check(struct store *s, const struct store_new_run *run, size_t n,
                  int64_t *existing, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < n && !e; i++) {
        if (!(e = find_existing(s, &run[i], &existing[i], eb)))
            e = check_bindings(s, &run[i], eb);
        if (!e && i > 0)
            e = check_among(&run[i - 1], &run[i], eb);
    }
    return e;
}

/* --- wishes --- */

struct run_state {
    char state[STORE_TEXT], name[STORE_TEXT];
    int64_t attempt, request;
    bool is_imported;
};

static enum err
get_state(struct store *s, int64_t run_id, struct run_state *out, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_run_state, BINDS(BI(":run_id", run_id)), &st, eb);

    if (e)
        return e;
    if (!(e = db_step(s, st, &row, eb)) && !row) {
        e = err_set(eb, ERR_NOTFOUND, "there is no run %lld", (long long)run_id);
    } else if (!e) {
        snprintf(out->state, sizeof out->state, "%s", col_text(st, 0));
        snprintf(out->name, sizeof out->name, "%s", col_text(st, 3));
        out->attempt = col_int(st, 1);
        out->request = col_int(st, 2);
        out->is_imported = col_int(st, 4) == 1;
    }
    db_finish(s, st);
    return e;
}

/* Says in eb why nothing was done, which is no error. */
static enum err
refuse(const struct run_state *rs, int64_t run_id, const char *why, struct errbuf *eb)
{
    err_set(eb, ERR_OK, "run %lld is %s: %s", (long long)run_id, rs->state, why);
    return ERR_OK;
}

static enum err
request(struct store *s, int64_t run_id, enum store_request what, struct errbuf *eb)
{
    return db_exec(s, SQL_run_request,
                   BINDS(BI(":run_id", run_id), BI(":request", what)), eb);
}

/* A wish in the transaction of run_wish: *done says whether the state allowed it. */
typedef enum err (*wish_fn)(struct store *s, int64_t run_id, const struct run_state *rs,
                            int64_t arg, bool *done, struct errbuf *eb);

static enum err
run_wish(struct store *s, int64_t run_id, wish_fn fn, int64_t arg, bool *done,
         struct errbuf *eb)
{
    struct run_state rs;
    enum err e = db_begin(s, DB_FULL, eb);

    *done = false;
    if (e)
        return e;
    if (!(e = get_state(s, run_id, &rs, eb)))
        e = fn(s, run_id, &rs, arg, done, eb);
    if ((e = db_end(s, e, eb)))
        *done = false;
    return e;
}

static bool
is(const struct run_state *rs, const char *state)
{
    return strcmp(rs->state, state) == 0;
}

static enum err
wish_cancel(struct store *s, int64_t run_id, const struct run_state *rs, int64_t arg,
            bool *done, struct errbuf *eb)
{
    (void)arg;
    *done = true;
    if (is(rs, "running"))
        return request(s, run_id, REQUEST_CANCEL, eb);
    if (is(rs, "queued") || is(rs, "paused"))
        return db_exec(s, SQL_run_cancel,
                       BINDS(BI(":run_id", run_id), BI(":now_us", clock_unix_us())),
                       eb);
    *done = false;
    return refuse(rs, run_id, "only queued, running and paused runs can be cancelled",
                  eb);
}

static enum err
wish_pause(struct store *s, int64_t run_id, const struct run_state *rs, int64_t arg,
           bool *done, struct errbuf *eb)
{
    (void)arg;
    *done = true;
    if (is(rs, "running") && rs->request != REQUEST_CANCEL)
        return request(s, run_id, REQUEST_PAUSE, eb);
    if (is(rs, "queued"))
        return db_exec(s, SQL_run_pause, BINDS(BI(":run_id", run_id)), eb);
    *done = false;
    return refuse(rs, run_id,
                  is(rs, "running") ? "it is being cancelled"
                                    : "only queued and running runs can be paused",
                  eb);
}

static enum err
wish_resume(struct store *s, int64_t run_id, const struct run_state *rs, int64_t arg,
            bool *done, struct errbuf *eb)
{
    (void)arg;
    *done = true;
    if (is(rs, "running") && rs->request == REQUEST_PAUSE)
        return request(s, run_id, REQUEST_NONE, eb);
    if (is(rs, "paused"))
        return db_exec(s, SQL_run_requeue, BINDS(BI(":run_id", run_id)), eb);
    *done = false;
    return refuse(rs, run_id, "only paused runs can be resumed", eb);
}

static enum err
forget(struct store *s, int64_t run_id, struct errbuf *eb)
{
    static const enum sql_id id[] = {SQL_run_forget, SQL_run_metrics_delete,
                                     SQL_run_checkpoints_delete,
                                     SQL_run_evaluations_delete, SQL_importance_delete};
    enum err e = ERR_OK;

    for (size_t i = 0; i < sizeof id / sizeof *id && !e; i++)
        e = db_exec(s, id[i], BINDS(BI(":run_id", run_id)), eb);
    return e;
}

static enum err
wish_retry(struct store *s, int64_t run_id, const struct run_state *rs, int64_t fresh,
           bool *done, struct errbuf *eb)
{
    enum err e = ERR_OK;

    *done = false;
    if (rs->is_imported)
        return refuse(rs, run_id, "it was imported, and cannot be trained here", eb);
    *done = is(rs, "failed") || is(rs, "cancelled") || (is(rs, "succeeded") && fresh);
    if (!*done && is(rs, "succeeded"))
        return refuse(rs, run_id,
                      "there is nothing left to do (--fresh trains it anew)", eb);
    if (!*done)
        return refuse(rs, run_id, "only runs that have ended can be retried", eb);
    if ((e = binding_check_run(s, run_id, eb)))
        return e;
    if (fresh)
        e = forget(s, run_id, eb);
    return e ? e : db_exec(s, SQL_run_requeue, BINDS(BI(":run_id", run_id)), eb);
}

static enum err
wish_priority(struct store *s, int64_t run_id, const struct run_state *rs, int64_t arg,
              bool *done, struct errbuf *eb)
{
    *done = is(rs, "queued") || is(rs, "running") || is(rs, "paused");
    if (!*done)
        return refuse(rs, run_id, "only runs that have not ended have a priority", eb);
    return db_exec(s, SQL_run_priority,
                   BINDS(BI(":run_id", run_id), BI(":priority", arg)), eb);
}

static enum err
wish_first(struct store *s, int64_t run_id, const struct run_state *rs, int64_t arg,
           bool *done, struct errbuf *eb)
{
    (void)arg;
    *done = is(rs, "queued") || is(rs, "paused");
    if (!*done)
        return refuse(rs, run_id, "only runs that wait can be put first", eb);
    return db_exec(s, SQL_run_first, BINDS(BI(":run_id", run_id)), eb);
}

enum err
store_cancel(struct store *s, int64_t run_id, bool *done, struct errbuf *eb)
{
    return run_wish(s, run_id, wish_cancel, 0, done, eb);
}

enum err
store_pause(struct store *s, int64_t run_id, bool *done, struct errbuf *eb)
{
    return run_wish(s, run_id, wish_pause, 0, done, eb);
}

enum err
store_resume(struct store *s, int64_t run_id, bool *done, struct errbuf *eb)
{
    return run_wish(s, run_id, wish_resume, 0, done, eb);
}

enum err
store_retry(struct store *s, int64_t run_id, bool fresh, bool *done, struct errbuf *eb)
{
    enum err e = run_wish(s, run_id, wish_retry, fresh, done, eb);

    if (!e && *done && fresh)
        db_reclaim(s);
    return e;
}

enum err
store_set_priority(struct store *s, int64_t run_id, int64_t priority, bool *done,
                   struct errbuf *eb)
{
    return run_wish(s, run_id, wish_priority, priority, done, eb);
}

enum err
store_set_first(struct store *s, int64_t run_id, bool *done, struct errbuf *eb)
{
    return run_wish(s, run_id, wish_first, 0, done, eb);
}

enum err
store_queue_hold(struct store *s, bool hold, bool *done, struct errbuf *eb)
{
    enum err e = db_begin(s, DB_FULL, eb);
    int64_t n = 0;

    *done = false;
    if (e)
        return e;
    if (hold)
        e = db_exec(s, SQL_queue_hold, BINDS(BI(":now_us", clock_unix_us())), eb);
    else
        e = db_exec(s, SQL_queue_release, NO_BINDS, eb);
    if (!e)
        n = db_changes(s);
    if (!(e = db_end(s, e, eb)))
        *done = n > 0;
    return e;
}

enum err
store_queue_is_held(struct store *s, bool *held, struct errbuf *eb)
{
    int64_t since_us;
    enum err e = db_int(s, SQL_queue_held, NO_BINDS, &since_us, eb);

    *held = !e && since_us != DB_NONE;
    return e;
}

enum err
store_clear_queue(struct store *s, size_t *n_removed, struct errbuf *eb)
{
    enum err e = db_begin(s, DB_FULL, eb);
    int64_t n = 0;

    *n_removed = 0;
    if (e)
        return e;
    if (!(e = db_exec(s, SQL_queue_delete, NO_BINDS, eb))) {
        n = db_changes(s);
        e = db_exec(s, SQL_queue_cancel, BINDS(BI(":now_us", clock_unix_us())), eb);
    }
    if (!e)
        n += db_changes(s);
    if (!(e = db_end(s, e, eb)))
        *n_removed = (size_t)n;
    return e;
}
