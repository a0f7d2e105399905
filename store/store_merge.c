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

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/merge_checkpoint.h"
#include "store/merge_rows.h"
#include "store/merge_source.h"

/* A merge on its way: of one run at a time. */
struct merging {
    struct merge m;
    const struct merge_options *options;
    struct merge_report *report;
    struct merge_run run; /* what is told of it */
    int64_t there, here;  /* run_id */
    bool imported;        /* the run was, on both sides, and its weights are the same */
};

/* --- which side is further --- */

/* Compare with the run here; sets here, to 0 where there is none. */
static enum err
judge(struct merging *g, sqlite3_stmt *there, struct errbuf *eb)
{
    struct store *s = g->m.here;
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(
        s, SQL_merge_judge,
        BINDS(BT(":uuid", g->run.uuid), BI(":succeeded", col_int(there, 2)),
              BI(":attempt", col_int(there, 3)), BI(":ended", col_int(there, 4)),
              BI(":step", col_int(there, 5)), BI(":epoch", col_int(there, 6)),
              BI(":ended_us", col_int(there, 7)), BI(":attempt_us", col_int(there, 8)),
              BI(":attempt_end_us", col_int(there, 9)),
              BT(":weights", col_text(there, 10)), BT(":source", col_text(there, 11)),
              BT(":best", col_text(there, 12)), BT(":said", col_text(there, 13))),
        &st, eb);

    if (e)
        return e;
    g->run.verdict = MERGE_RUN_NEW;
    g->here = 0;
    g->imported = false;
    if (!(e = db_step(s, st, &row, eb)) && row) {
        int64_t further = col_int(st, 1);

        g->here = col_int(st, 0);
        g->imported = col_int(st, 3);
        g->run.verdict = further < 0                       ? MERGE_RUN_BEHIND
                         : further == 0                    ? MERGE_RUN_SAME
                         : col_int(st, 2) /* it is busy */ ? MERGE_RUN_BUSY
                                                           : MERGE_RUN_FURTHER;
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
list_evaluations(struct merging *g, bool scored_only, struct other_evaluation **out,
                 size_t *n, struct errbuf *eb)
{
    size_t cap = 0;
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(
        g->m.there, SQL_merge_list_evaluations,
        BINDS(BI(":run_id", g->there), BI(":scored_only", scored_only)), &st, eb);

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

/* *newer as merge_judge_evaluation says it; 1 where there is none here.  Counts those of
 * other cells. */
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
    if (!(e = db_step(s, st, &row, eb)) && row) {
        *newer = col_int(st, 1);
        g->run.n_other_cells += col_int(st, 2) != 0;
    }
    db_finish(s, st);
    return e;
}

static enum err
put_evaluation(struct merging *g, const struct other_evaluation *ev, struct errbuf *eb)
{
    static const enum merge_table part[] = {MERGE_evaluation_facet, MERGE_score,
                                            MERGE_score_average, MERGE_confusion_count};
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

/* *n is increased by those that came.  scored_only: of cells, not of tables. */
static enum err
unite_evaluations(struct merging *g, bool scored_only, size_t *n, struct errbuf *eb)
{
    struct other_evaluation *ev;
    size_t n_there;
    enum err e = list_evaluations(g, scored_only, &ev, &n_there, eb);

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

/* Everything that hangs on the run here.  Of an imported run, what was made of its
 * weights stays: they are the same, whatever was read beside them. */
static enum err
drop_parts(struct merging *g, struct errbuf *eb)
{
    static const enum sql_id drop[] = {SQL_import_params_delete,
                                       SQL_run_facets_delete,
                                       SQL_input_files_delete,
                                       SQL_merge_drop_attempt,
                                       SQL_run_metrics_delete,
                                       SQL_merge_drop_log,
                                       SQL_importance_delete,
                                       SQL_import_source_params_delete,
                                       SQL_import_source_checkpoints_delete,
                                       SQL_import_evaluations_delete,
                                       SQL_merge_drop_run_evaluation,
                                       SQL_run_evaluations_delete,
                                       SQL_run_checkpoints_delete};
    enum { N_DROP = sizeof drop / sizeof *drop, N_MADE = 3 };
    enum err e = ERR_OK;

    for (size_t i = 0; i < (g->imported ? N_DROP - N_MADE : N_DROP) && !e; i++)
        e = db_exec(g->m.here, drop[i], BINDS(BI(":run_id", g->here)), eb);
    return e;
}

/* Put the run of there here, with all but its checkpoints. */
static enum err
put_run(struct merging *g, struct errbuf *eb)
{
    static const enum merge_table part[] = {
        MERGE_run_param,    MERGE_run_evaluation,   MERGE_run_facet, MERGE_input_file,
        MERGE_attempt,      MERGE_metric,           MERGE_log,       MERGE_importance,
        MERGE_source_param, MERGE_source_checkpoint};
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
    return e ? e : unite_evaluations(g, false, &n_evaluations, eb);
}

static void
count_run(struct merging *g)
{
    struct merge_report *r = g->report;

    r->n[g->run.verdict]++;
    r->n_evaluations += g->run.n_evaluations;
    r->n_checkpoints += g->run.n_checkpoints;
    if (g->options->told)
        g->options->told(g->options->ctx, &g->run);
}

/* In the transaction of a run. */
static enum err
take_judged(struct merging *g, struct errbuf *eb)
{
    switch (g->run.verdict) {
    case MERGE_RUN_NEW:
    case MERGE_RUN_FURTHER: {
        enum err e = merge_words(&g->m, eb);
        return e ? e : put_run(g, eb);
    }
    case MERGE_RUN_SAME: return unite_evaluations(g, false, &g->run.n_evaluations, eb);
    case MERGE_RUN_BEHIND:
        return g->imported ? unite_evaluations(g, true, &g->run.n_evaluations, eb)
                           : ERR_OK;
    case MERGE_RUN_BUSY:
    case MERGE_VERDICTS: break;
    }
    return ERR_OK;
}

/* The transaction of a run; `there` is its row of merge_progress. */
static enum err
take_run(struct merging *g, sqlite3_stmt *there, struct errbuf *eb)
{
    enum err e = db_begin(g->m.here, DB_NORMAL, eb);

    if (e)
        return e;
    if (!(e = judge(g, there, eb)))
        e = take_judged(g, eb);
    return db_end(g->m.here, e, eb);
}

/* --- all of them --- */

static bool
has_checkpoints(const struct merging *g)
{
    enum merge_verdict v = g->run.verdict;

    return !g->options->no_checkpoints &&
           (v == MERGE_RUN_NEW || v == MERGE_RUN_FURTHER || v == MERGE_RUN_SAME);
}

/* In a snapshot of the other store. */
static enum err
merge_run(struct merging *g, sqlite3_stmt *there, struct errbuf *eb)
{
    char *name = dup_text(there, 1);

    g->there = col_int(there, 0);
    g->run.name = g->m.run = name;
    enum err e = take_run(g, there, eb);
    if (!e && has_checkpoints(g))
        e = merge_checkpoints(&g->m, g->there, g->here, &g->run.n_checkpoints, eb);
    if (!e)
        count_run(g);
    g->run.name = g->m.run = NULL;
    free(name);
    return e;
}

static enum err
merge_uuid(struct merging *g, struct errbuf *eb)
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
    if (!(e = db_select(other, SQL_merge_progress, BINDS(BT(":uuid", g->run.uuid)), &st,
                        eb))) {
        if (!(e = db_step(other, st, &row, eb)) && row)
            e = merge_run(g, st, eb);
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
    struct strlist uuid = {0};
    enum err e = list_runs(g, &uuid, eb);

    for (size_t i = 0; i < uuid.n && !e; i++) {
        g->run =
            (struct merge_run){.uuid = uuid.item[i], .number = i + 1, .n_runs = uuid.n};
        e = merge_uuid(g, eb);
    }
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
    return r->n[MERGE_RUN_NEW] || r->n[MERGE_RUN_FURTHER] || r->n_evaluations ||
           r->n_checkpoints;
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
