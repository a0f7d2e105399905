/* store_attempt.c - what an attempt writes: its start, metrics, log and end. */
#include "store/db.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* --- start --- */

struct platform {
    const char *cpu_path, *blas_core;
};

static bool
differs(const char *was, const char *is)
{
    return was && is && strcmp(was, is) != 0;
}

static enum err
check_platform(struct store *s, int64_t run_id, const struct platform *p,
               struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_run_platform, BINDS(BI(":run_id", run_id)), &st, eb);

    if (e)
        return e;
    if (!(e = db_step(s, st, &row, eb)) && row &&
        (differs(col_text(st, 0), p->cpu_path) ||
         differs(col_text(st, 1), p->blas_core)))
        e = err_set(
            eb, ERR_CONFLICT,
            "run %lld was begun with kernels %s and BLAS core %s, here are %s and "
            "%s: the same bits cannot be promised (--allow-other-cpu goes on "
            "all the same)",
            (long long)run_id, col_text(st, 0), col_text(st, 1), p->cpu_path,
            p->blas_core);
    db_finish(s, st);
    return e;
}

static enum err
begin(struct store *s, const struct store_attempt *a, int64_t step,
      const struct platform *p, struct errbuf *eb)
{
    enum err e;

    if ((e = db_exec(s, SQL_metric_trim,
                     BINDS(BI(":run_id", a->run_id), BI(":step", step)), eb)) ||
        (e = db_exec(s, SQL_checkpoint_trim,
                     BINDS(BI(":run_id", a->run_id), BI(":step", step)), eb)) ||
        (e = db_exec(s, SQL_attempt_begin,
                     BINDS(BI(":run_id", a->run_id), BI(":attempt", a->attempt),
                           BI(":step", step)),
                     eb)))
        return e;
    return db_exec(s, SQL_run_begin,
                   BINDS(BI(":run_id", a->run_id), BI(":step", step),
                         BT(":cpu_path", p->cpu_path), BT(":blas_core", p->blas_core)),
                   eb);
}

enum err
store_attempt_begin(struct store *s, const struct store_attempt *a, int64_t resume_step,
                    const char *cpu_path, const char *blas_core, bool allow_other,
                    struct errbuf *eb)
{
    struct platform p = {cpu_path, blas_core};
    enum err e = db_begin(s, DB_FULL, eb);

    if (e)
        return e;
    if (!(e = db_fence(s, a->run_id, a->attempt, eb)) && resume_step > 0 &&
        !allow_other)
        e = check_platform(s, a->run_id, &p, eb);
    if (!e)
        e = begin(s, a, resume_step, &p, eb);
    return db_end(s, e, eb);
}

/* --- metrics --- */

/* The values of a batch that run_summary shows. */
struct latest {
    double train_loss, val_loss, val_f1_macro, best; /* NaN: none in the batch */
    int64_t best_epoch, step, epoch;
};

static void
latest_see(struct latest *l, const struct store_metric *m)
{
    if (m->step >= l->step || l->step == DB_NONE) {
        l->step = m->step;
        l->epoch = m->epoch;
    }
    if (strcmp(m->metric, "train_loss") == 0)
        l->train_loss = m->value;
    else if (strcmp(m->metric, "val_loss") == 0)
        l->val_loss = m->value;
    else if (strcmp(m->metric, "val_f1_macro") == 0) {
        l->val_f1_macro = m->value;
        if (isfinite(m->value) && !(m->value <= l->best)) {
            l->best = m->value;
            l->best_epoch = m->epoch;
        }
    }
}

static enum err
put_latest(struct store *s, int64_t run_id, const struct latest *l,
           const struct store_progress *p, struct errbuf *eb)
{
    return db_exec(s, SQL_run_latest,
                   BINDS(BI(":run_id", run_id), BI(":step", p ? p->step : l->step),
                         BI(":epoch", p ? p->epoch : l->epoch),
                         BF(":cells_per_s", p ? p->cells_per_s : (double)NAN),
                         BI(":has_progress", p != NULL),
                         BF(":eta_s", p ? p->eta_s : (double)NAN),
                         BF(":train_loss", l->train_loss), BF(":val_loss", l->val_loss),
                         BF(":val_f1_macro", l->val_f1_macro), BF(":best", l->best),
                         BI(":best_epoch", l->best_epoch)),
                   eb);
}

/* The id of a metric name, made if it is new. */
static enum err
metric_id(struct store *s, const char *name, int64_t *id, struct errbuf *eb)
{
    enum err e = db_int(s, SQL_metric_name_find, BINDS(BT(":name", name)), id, eb);

    if (e || *id != DB_NONE)
        return e;
    if ((e = db_exec(s, SQL_metric_name_add, BINDS(BT(":name", name)), eb)))
        return e;
    return db_int(s, SQL_metric_name_find, BINDS(BT(":name", name)), id, eb);
}

static enum err
put_metric(struct store *s, int64_t run_id, int64_t id, const struct store_metric *m,
           struct errbuf *eb)
{
    return db_exec(s, SQL_metric_put,
                   BINDS(BI(":run_id", run_id), BI(":metric_id", id),
                         BI(":step", m->step), BI(":epoch", m->epoch),
                         BF(":wall_s", m->wall_s), BF(":value", m->value),
                         BI(":nonfinite", !isfinite(m->value))),
                   eb);
}

enum err
run_metrics_put(struct store *s, int64_t run_id, const struct store_metric *m, size_t n,
                const struct store_progress *progress, struct errbuf *eb)
{
    struct latest l = {(double)NAN, (double)NAN, (double)NAN, (double)NAN,
                       DB_NONE,     DB_NONE,     DB_NONE};
    int64_t id = DB_NONE;
    enum err e = ERR_OK;

    for (size_t i = 0; i < n && !e; i++) {
        latest_see(&l, &m[i]);
        if (i == 0 || strcmp(m[i].metric, m[i - 1].metric) != 0)
            e = metric_id(s, m[i].metric, &id, eb);
        if (!e)
            e = put_metric(s, run_id, id, &m[i], eb);
    }
    return e ? e : put_latest(s, run_id, &l, progress, eb);
}

enum err
store_attempt_threads(struct store *s, const struct store_attempt *a, int64_t threads,
                      struct errbuf *eb)
{
    enum err e = db_begin(s, DB_NORMAL, eb);

    if (e)
        return e;
    if (!(e = db_fence(s, a->run_id, a->attempt, eb)))
        e = db_exec(s, SQL_attempt_threads,
                    BINDS(BI(":run_id", a->run_id), BI(":attempt", a->attempt),
                          BI(":threads", threads)),
                    eb);
    return db_end(s, e, eb);
}

enum err
store_metrics_add(struct store *s, const struct store_attempt *a,
                  const struct store_metric *m, size_t n,
                  const struct store_progress *progress, struct errbuf *eb)
{
    enum err e = db_begin(s, DB_NORMAL, eb);

    if (e)
        return e;
    if (!(e = db_fence(s, a->run_id, a->attempt, eb)))
        e = run_metrics_put(s, a->run_id, m, n, progress, eb);
    return db_end(s, e, eb);
}

/* --- log --- */

enum err
store_log_add(struct store *s, int64_t run_id, int64_t attempt, const char *level,
              const char *text, struct errbuf *eb)
{
    enum err e = db_begin(s, DB_NORMAL, eb);

    if (e)
        return e;
    if (run_id && attempt)
        e = db_fence(s, run_id, attempt, eb);
    if (!e)
        e = db_exec(s, SQL_log_insert,
                    BINDS(BI(":run_id", run_id ? run_id : DB_NONE),
                          BI(":attempt", attempt ? attempt : DB_NONE),
                          BI(":now_us", clock_unix_us()), BT(":level", level),
                          BT(":text", text)),
                    eb);
    return db_end(s, e, eb);
}

/* --- end --- */

static enum err
put_result(struct store *s, const struct store_attempt *a, const struct store_finish *f,
           struct errbuf *eb)
{
    return db_exec(s, SQL_attempt_result,
                   BINDS(BI(":run_id", a->run_id),
                         BI(":exit_code", f->exit_code < 0 ? DB_NONE : f->exit_code),
                         BI(":epoch", f->epochs > 0 ? f->epochs - 1 : DB_NONE),
                         BI(":best_epoch", f->best_epoch < 0 ? DB_NONE : f->best_epoch),
                         BF(":best_score", f->best_score),
                         BT(":weights", f->weights_sha256),
                         BT(":best_weights", f->best_weights_sha256)),
                   eb);
}

static enum err
succeed(struct store *s, int64_t run_id, struct errbuf *eb)
{
    enum err e = db_exec(s, SQL_run_survived, BINDS(BI(":run_id", run_id)), eb);

    return e ? e
             : db_exec(s, SQL_checkpoint_state_delete, BINDS(BI(":run_id", run_id)),
                       eb);
}

static enum err
finish(struct store *s, const struct store_attempt *a, const struct store_finish *f,
       struct errbuf *eb)
{
    struct lease_ending x = {a->run_id,
                             a->attempt,
                             f->state,
                             f->end_reason,
                             f->exit_code < 0 ? DB_NONE : f->exit_code,
                             DB_NONE};
    enum err e;

    if ((e = db_fence(s, a->run_id, a->attempt, eb)) || (e = put_result(s, a, f, eb)))
        return e;
    if (strcmp(f->state, "queued") == 0 || strcmp(f->state, "paused") == 0)
        return lease_hand_back(s, &x, eb);
    if (strcmp(f->state, "succeeded") == 0 && (e = succeed(s, a->run_id, eb)))
        return e;
    return lease_end(s, &x, eb);
}

enum err
store_attempt_finish(struct store *s, const struct store_attempt *a,
                     const struct store_finish *f, struct errbuf *eb)
{
    enum err e = db_begin(s, DB_FULL, eb);

    if (e)
        return e;
    e = db_end(s, finish(s, a, f, eb), eb);
    if (!e && strcmp(f->state, "succeeded") == 0)
        db_reclaim(s);
    return e;
}
