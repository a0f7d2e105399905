/* store_merge.c - another store's runs into this one.
 *
 * A merge is a join: of two states of a run the further one, of two sets of evaluations
 * and checkpoints of the same state the union.  Both are taken by orders that depend on
 * nothing but the rows, so that any order of merges ends at the same contents, and a
 * merge that was cut short is completed by doing it again.
 *
 * A run comes in one transaction, but for its checkpoints: they may be large, and other
 * writers are not to wait for them.  They come as an attempt writes them, a few chunks a
 * transaction, and count when the last one marks them complete. */
#include "store/merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/merge_rows.h"
#include "store/merge_source.h"

enum { CHUNKS_PER_COMMIT = 8 };

/* A merge on its way: of one run at a time. */
struct merging {
    struct merge m;
    const struct merge_options *options;
    struct merge_report *report;
    int64_t there, here; /* run_id */
};

void
merge_report_release(struct merge_report *r)
{
    strlist_release(&r->busy);
    *r = (struct merge_report){0};
}

/* --- which side is further --- */

enum verdict { RUN_NEW, RUN_FURTHER, RUN_SAME, RUN_BEHIND, RUN_BUSY };

/* Compare with the run here; sets here, to 0 where there is none. */
static enum err
judge(struct merging *g, const char *uuid, sqlite3_stmt *there, enum verdict *v,
      struct errbuf *eb)
{
    struct store *s = g->m.here;
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(
        s, SQL_merge_judge,
        BINDS(BT(":uuid", uuid), BI(":succeeded", col_int(there, 2)),
              BI(":attempt", col_int(there, 3)), BI(":ended", col_int(there, 4)),
              BI(":step", col_int(there, 5)), BI(":epoch", col_int(there, 6)),
              BI(":ended_us", col_int(there, 7)), BI(":attempt_us", col_int(there, 8)),
              BI(":attempt_end_us", col_int(there, 9)),
              BT(":weights", col_text(there, 10))),
        &st, eb);

    if (e)
        return e;
    *v = RUN_NEW;
    g->here = 0;
    if (!(e = db_step(s, st, &row, eb)) && row) {
        int64_t further = col_int(st, 1);

        g->here = col_int(st, 0);
        *v = further < 0                       ? RUN_BEHIND
             : further == 0                    ? RUN_SAME
             : col_int(st, 2) /* it is busy */ ? RUN_BUSY
                                               : RUN_FURTHER;
    }
    db_finish(s, st);
    return e;
}

/* --- evaluations --- */

struct other_evaluation { /* of the run there */
    int64_t id, is_primary, created_us, n_cells, n_unknown;
    char *name, *checkpoint, *cells_digest; /* owned */
};

static void
free_evaluations(struct other_evaluation *ev, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(ev[i].name);
        free(ev[i].checkpoint);
        free(ev[i].cells_digest);
    }
    free(ev);
}

static char *
dup_text(sqlite3_stmt *st, int col)
{
    return xstrdup(col_text(st, col) ? col_text(st, col) : "");
}

static enum err
list_evaluations(struct merging *g, struct other_evaluation **out, size_t *n,
                 struct errbuf *eb)
{
    size_t cap = 0;
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(g->m.there, SQL_merge_list_evaluations,
                           BINDS(BI(":run_id", g->there)), &st, eb);

    *out = NULL;
    *n = 0;
    if (e)
        return e;
    while (!(e = db_step(g->m.there, st, &row, eb)) && row) {
        *out = grow(*out, &cap, *n + 1, sizeof **out);
        (*out)[(*n)++] = (struct other_evaluation){.id = col_int(st, 0),
                                                   .is_primary = col_int(st, 1),
                                                   .created_us = col_int(st, 2),
                                                   .n_cells = col_int(st, 3),
                                                   .n_unknown = col_int(st, 4),
                                                   .name = dup_text(st, 5),
                                                   .checkpoint = dup_text(st, 6),
                                                   .cells_digest = dup_text(st, 7)};
    }
    db_finish(g->m.there, st);
    return e;
}

/* *newer as merge_judge_evaluation says it; 1 where there is none here. */
static enum err
judge_evaluation(struct merging *g, const struct other_evaluation *ev, int64_t *newer,
                 struct errbuf *eb)
{
    struct store *s = g->m.here;
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(
        s, SQL_merge_judge_evaluation,
        BINDS(BI(":run_id", g->here), BT(":name", ev->name),
              BT(":checkpoint", ev->checkpoint), BI(":created_us", ev->created_us),
              BI(":n_cells", ev->n_cells), BI(":n_unknown", ev->n_unknown),
              BT(":cells_digest", ev->cells_digest)),
        &st, eb);

    *newer = 1;
    if (e)
        return e;
    if (!(e = db_step(s, st, &row, eb)) && row)
        *newer = col_int(st, 1);
    db_finish(s, st);
    return e;
}

static enum err
put_evaluation(struct merging *g, const struct other_evaluation *ev, struct errbuf *eb)
{
    static const enum merge_table part[] = {MERGE_evaluation_facet, MERGE_score,
                                            MERGE_confusion_count};
    struct store *s = g->m.here;
    enum err e = db_exec(s, SQL_evaluation_delete,
                         BINDS(BI(":run_id", g->here), BT(":name", ev->name),
                               BT(":checkpoint", ev->checkpoint)),
                         eb);

    if (!e)
        e = merge_rows(&g->m, MERGE_evaluation, ev->id, g->here, NULL, eb);
    int64_t id = db_last_id(s);
    for (size_t i = 0; i < sizeof part / sizeof *part && !e; i++)
        e = merge_rows(&g->m, part[i], ev->id, id, NULL, eb);
    return e ? e
             : db_exec(s, SQL_run_evaluation_insert,
                       BINDS(BI(":run_id", g->here), BT(":name", ev->name),
                             BT(":cells_digest", ev->cells_digest)),
                       eb);
}

/* An evaluation that counts there does here too, unless a newer one does. */
static enum err
promote(struct merging *g, const struct other_evaluation *ev, struct errbuf *eb)
{
    enum err e = db_exec(g->m.here, SQL_merge_demote,
                         BINDS(BI(":run_id", g->here), BT(":name", ev->name),
                               BI(":created_us", ev->created_us),
                               BT(":checkpoint", ev->checkpoint)),
                         eb);

    return e ? e
             : db_exec(g->m.here, SQL_merge_promote,
                       BINDS(BI(":run_id", g->here), BT(":name", ev->name),
                             BT(":checkpoint", ev->checkpoint)),
                       eb);
}

/* *n is increased by those that came. */
static enum err
unite_evaluations(struct merging *g, size_t *n, struct errbuf *eb)
{
    struct other_evaluation *ev;
    size_t n_there;
    enum err e = list_evaluations(g, &ev, &n_there, eb);

    for (size_t i = 0; i < n_there && !e; i++) {
        int64_t newer;

        if ((e = judge_evaluation(g, &ev[i], &newer, eb)) || newer < 0)
            continue;
        if (newer > 0 && !(e = put_evaluation(g, &ev[i], eb)))
            ++*n;
        if (!e && ev[i].is_primary)
            e = promote(g, &ev[i], eb);
    }
    free_evaluations(ev, n_there);
    return e;
}

/* --- a run --- */

/* Everything that hangs on the run here. */
static enum err
drop_parts(struct merging *g, struct errbuf *eb)
{
    static const enum sql_id drop[] = {
        SQL_merge_drop_run_param,   SQL_merge_drop_run_evaluation,
        SQL_run_facets_delete,      SQL_input_files_delete,
        SQL_merge_drop_attempt,     SQL_run_metrics_delete,
        SQL_merge_drop_log,         SQL_importance_delete,
        SQL_run_checkpoints_delete, SQL_run_evaluations_delete};
    enum err e = ERR_OK;

    for (size_t i = 0; i < sizeof drop / sizeof *drop && !e; i++)
        e = db_exec(g->m.here, drop[i], BINDS(BI(":run_id", g->here)), eb);
    return e;
}

/* Put the run of there here, with all but its checkpoints. */
static enum err
put_run(struct merging *g, struct errbuf *eb)
{
    static const enum merge_table part[] = {
        MERGE_run_param, MERGE_run_evaluation, MERGE_run_facet, MERGE_input_file,
        MERGE_attempt,   MERGE_metric,         MERGE_log,       MERGE_importance};
    size_t n_evaluations = 0; /* that of runs that are the same is reported */
    enum err e = ERR_OK;

    if (g->here)
        e = drop_parts(g, eb);
    if (!e)
        e = merge_rows(&g->m, MERGE_run, g->there, 0, NULL, eb);
    if (!g->here)
        g->here = db_last_id(g->m.here);
    for (size_t i = 0; i < sizeof part / sizeof *part && !e; i++)
        e = merge_rows(&g->m, part[i], g->there, g->here, NULL, eb);
    return e ? e : unite_evaluations(g, &n_evaluations, eb);
}

static void
count_run(struct merging *g, enum verdict v)
{
    struct merge_report *r = g->report;

    switch (v) {
    case RUN_NEW: r->n_new++; break;
    case RUN_FURTHER: r->n_further++; break;
    case RUN_SAME: r->n_same++; break;
    case RUN_BEHIND: r->n_behind++; break;
    case RUN_BUSY:
        r->n_busy++;
        strlist_add(&r->busy, g->m.run);
        break;
    }
}

/* The transaction of a run. */
static enum err
take_run(struct merging *g, const char *uuid, sqlite3_stmt *there, enum verdict *v,
         struct errbuf *eb)
{
    size_t n_evaluations = 0;
    enum err e = db_begin(g->m.here, DB_NORMAL, eb);

    if (e)
        return e;
    if (!(e = judge(g, uuid, there, v, eb))) {
        if (*v == RUN_NEW || *v == RUN_FURTHER)
            e = (e = merge_words(&g->m, eb)) ? e : put_run(g, eb);
        else if (*v == RUN_SAME)
            e = unite_evaluations(g, &n_evaluations, eb);
    }
    e = db_end(g->m.here, e, eb);
    if (!e) {
        g->report->n_evaluations += n_evaluations;
        count_run(g, *v);
    }
    return e;
}

/* --- checkpoints --- */

struct other_checkpoint { /* of the run there */
    int64_t id, epoch, step, size_bytes, created_us;
    char kind[16];
};

static enum err
list_checkpoints(struct merging *g, struct other_checkpoint **out, size_t *n,
                 struct errbuf *eb)
{
    size_t cap = 0;
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(g->m.there, SQL_merge_list_checkpoints,
                           BINDS(BI(":run_id", g->there)), &st, eb);

    *out = NULL;
    *n = 0;
    if (e)
        return e;
    while (!(e = db_step(g->m.there, st, &row, eb)) && row) {
        *out = grow(*out, &cap, *n + 1, sizeof **out);
        struct other_checkpoint *cp = &(*out)[(*n)++];
        *cp = (struct other_checkpoint){.id = col_int(st, 0),
                                        .epoch = col_int(st, 1),
                                        .step = col_int(st, 2),
                                        .size_bytes = col_int(st, 3),
                                        .created_us = col_int(st, 4)};
        snprintf(cp->kind, sizeof cp->kind, "%s",
                 col_text(st, 5) ? col_text(st, 5) : "");
    }
    db_finish(g->m.there, st);
    return e;
}

static enum err
checkpoint_broken(struct merging *g, const struct other_checkpoint *cp,
                  struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT,
                   "store %s is damaged: checkpoint '%s' of run %s has not its %lld "
                   "bytes (without checkpoints: --no-checkpoints)",
                   g->m.there->path, cp->kind, g->m.run, (long long)cp->size_bytes);
}

/* Somebody may have taken the run meanwhile. */
static enum err
check_open(struct merging *g, int64_t id, struct errbuf *eb)
{
    int64_t is_open;
    enum err e = db_int(g->m.here, SQL_merge_checkpoint_open,
                        BINDS(BI(":checkpoint_id", id)), &is_open, eb);

    if (!e && is_open != 1)
        e = err_set(eb, ERR_BUSY,
                    "run %s was taken by a worker while its checkpoints came from %s: "
                    "import it again when that has ended",
                    g->m.run, g->m.there->path);
    return e;
}

/* Chunks of a transaction; *at: the next, *size: bytes so far. */
static enum err
copy_chunks(struct merging *g, const struct other_checkpoint *cp, sqlite3_stmt *get,
            sqlite3_stmt *put, int64_t *at, int64_t *size, bool *more,
            struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (int i = 0; i < CHUNKS_PER_COMMIT && !e && *more; i++) {
        if ((e = db_step(g->m.there, get, more, eb)) || !*more)
            break;
        if (col_int(get, 0) != (*at)++)
            return checkpoint_broken(g, cp, eb);
        e = merge_row(&g->m, MERGE_checkpoint_chunk, get, put, eb);
        *size += sqlite3_column_bytes(get, 1);
    }
    return e;
}

/* In the transaction of the last chunks. */
static enum err
complete(struct merging *g, const struct other_checkpoint *cp, int64_t id, int64_t size,
         struct errbuf *eb)
{
    if (size != cp->size_bytes)
        return checkpoint_broken(g, cp, eb);
    enum err e = db_exec(g->m.here, SQL_checkpoint_complete,
                         BINDS(BI(":checkpoint_id", id)), eb);
    return e ? e
             : db_exec(g->m.here, SQL_checkpoint_replace,
                       BINDS(BI(":run_id", g->here), BT(":kind", cp->kind),
                             BI(":checkpoint_id", id), BI(":epoch", cp->epoch)),
                       eb);
}

static enum err
put_chunks(struct merging *g, const struct other_checkpoint *cp, int64_t id,
           struct errbuf *eb)
{
    struct store *s = g->m.here;
    sqlite3_stmt *get, *put;
    int64_t at = 0, size = 0;
    bool more = true;
    enum err e =
        merge_rows_begin(&g->m, MERGE_checkpoint_chunk, cp->id, id, &get, &put, eb);

    if (e)
        return e;
    while (!e && more) {
        if ((e = db_begin(s, DB_NORMAL, eb)))
            break;
        if (!(e = check_open(g, id, eb)))
            e = copy_chunks(g, cp, get, put, &at, &size, &more, eb);
        if (!e && !more)
            e = complete(g, cp, id, size, eb);
        e = db_end(s, e, eb);
    }
    db_finish(s, put);
    db_finish(g->m.there, get);
    return e;
}

/* Remove what earlier merges or a failure left; the failure itself is what is told. */
static enum err
drop_partial(struct merging *g, struct errbuf *eb)
{
    enum err e = db_begin(g->m.here, DB_NORMAL, eb);

    if (e)
        return e;
    e = db_exec(g->m.here, SQL_merge_checkpoint_partial, BINDS(BI(":run_id", g->here)),
                eb);
    return db_end(g->m.here, e, eb);
}

static enum err
put_checkpoint(struct merging *g, const struct other_checkpoint *cp, struct errbuf *eb)
{
    enum err e = drop_partial(g, eb);

    if (e || (e = db_begin(g->m.here, DB_NORMAL, eb)))
        return e;
    e = merge_rows(&g->m, MERGE_checkpoint, cp->id, g->here, NULL, eb);
    int64_t id = db_last_id(g->m.here);
    if (!(e = db_end(g->m.here, e, eb)) && (e = put_chunks(g, cp, id, eb)))
        (void)!drop_partial(g, NULL);
    if (!e)
        g->report->n_checkpoints++;
    return e;
}

/* Bring those that are not here. */
static enum err
unite_checkpoints(struct merging *g, struct errbuf *eb)
{
    struct other_checkpoint *cp;
    size_t n;
    enum err e = list_checkpoints(g, &cp, &n, eb);

    for (size_t i = 0; i < n && !e; i++) {
        int64_t known;

        e = db_int(g->m.here, SQL_merge_checkpoint_known,
                   BINDS(BI(":run_id", g->here), BT(":kind", cp[i].kind),
                         BI(":epoch", cp[i].epoch), BI(":step", cp[i].step),
                         BI(":created_us", cp[i].created_us)),
                   &known, eb);
        if (!e && known == DB_NONE)
            e = put_checkpoint(g, &cp[i], eb);
    }
    free(cp);
    return e;
}

/* --- all of them --- */

/* In a snapshot of the other store; `there` stands on the run's row of merge_progress. */
static enum err
merge_run(struct merging *g, const char *uuid, sqlite3_stmt *there, struct errbuf *eb)
{
    enum verdict v = RUN_BEHIND;
    char *name = dup_text(there, 1);

    g->there = col_int(there, 0);
    g->m.run = name;
    enum err e = take_run(g, uuid, there, &v, eb);
    bool wanted = v == RUN_NEW || v == RUN_FURTHER || v == RUN_SAME;
    if (!e && wanted && !g->options->no_checkpoints)
        e = unite_checkpoints(g, eb);
    g->m.run = NULL;
    free(name);
    return e;
}

static enum err
merge_uuid(struct merging *g, const char *uuid, struct errbuf *eb)
{
    struct store *other = g->m.there;
    uint64_t n_opened = other->n_opened;
    sqlite3_stmt *st;
    bool row;
    enum err e = db_snapshot(other, eb);

    if (e)
        return e;
    if (other->n_opened != n_opened)
        merge_source_renewed(&g->m);
    if (!(e = db_select(other, SQL_merge_progress, BINDS(BT(":uuid", uuid)), &st,
                        eb))) {
        if (!(e = db_step(other, st, &row, eb)) && row)
            e = merge_run(g, uuid, st, eb);
        db_finish(other, st);
    }
    db_snapshot_end(other);
    return e;
}

static enum err
list_runs(struct merging *g, struct strlist *uuid, struct errbuf *eb)
{
    struct store *other = g->m.there;
    sqlite3_stmt *st;
    int64_t waiting;
    bool row;
    enum err e = db_int(other, SQL_merge_list_waiting, NO_BINDS, &waiting, eb);

    if (e || (e = db_select(other, SQL_merge_list, NO_BINDS, &st, eb)))
        return e;
    g->report->n_waiting = (size_t)waiting;
    while (!(e = db_step(other, st, &row, eb)) && row)
        if (col_text(st, 0))
            strlist_add(uuid, col_text(st, 0));
    db_finish(other, st);
    return e;
}

static enum err
merge_all(struct merging *g, struct errbuf *eb)
{
    const struct merge_options *o = g->options;
    struct strlist uuid = {0};
    enum err e = list_runs(g, &uuid, eb);

    for (size_t i = 0; i < uuid.n && !e; i++) {
        if (o->progress)
            o->progress(o->ctx, i, uuid.n);
        e = merge_uuid(g, uuid.item[i], eb);
    }
    if (o->progress && !e)
        o->progress(o->ctx, uuid.n, uuid.n);
    strlist_release(&uuid);
    return e;
}

/* Make what came last through a power cut: whoever is told that it came may remove the
 * other store. */
static enum err
settle(struct store *s, struct errbuf *eb)
{
    if (s->network) /* every transaction did */
        return ERR_OK;
    enum err e = writer_lock_take(s->lock, s->wait_ms, eb);
    if (e)
        return e;
    e = db_wal_checkpoint(s, false, eb);
    writer_lock_drop(s->lock);
    return e == ERR_BUSY ? ERR_OK : e;
}

static bool
wrote(const struct merge_report *r)
{
    return r->n_new || r->n_further || r->n_evaluations || r->n_checkpoints;
}

enum err
store_merge(struct store *s, const char *path, const struct merge_options *options,
            struct merge_report *report, struct errbuf *eb)
{
    static const struct merge_options none = {0};
    struct merging g = {.options = options ? options : &none, .report = report};
    struct store *other;

    *report = (struct merge_report){0};
    enum err e = merge_source_open(&other, path, s, !g.options->no_checkpoints,
                                   &report->is_itself, eb);
    if (e || report->is_itself)
        return e;
    g.m.here = s;
    g.m.there = other;
    e = merge_all(&g, eb);
    if (!e && wrote(report))
        e = settle(s, eb);
    merge_release(&g.m);
    store_close(other);
    return e;
}
