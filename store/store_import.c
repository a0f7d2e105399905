/* store_import.c - runs that were made elsewhere. */
#include "store/db.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"

/* Whether there is a run of the uuid, and what is to become of it: one that was trained
 * here, or was read from just this, stays as it is. */
static enum err
find(struct store *s, const struct store_import *x, int64_t *run_id,
     enum store_imported *what, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_import_find, BINDS(BT(":uuid", x->uuid)), &st, eb);

    *run_id = DB_NONE;
    *what = STORE_RUN_ADDED;
    if (e)
        return e;
    if (!(e = db_step(s, st, &row, eb)) && row) {
        const char *digest = col_text(st, 2);

        *run_id = col_int(st, 0);
        *what = col_int(st, 1) > 0 || !digest           ? STORE_RUN_OURS
                : strcmp(digest, x->source_digest) == 0 ? STORE_RUN_UNCHANGED
                                                        : STORE_RUN_RENEWED;
    }
    db_finish(s, st);
    return e;
}

static int64_t
known(int64_t n)
{
    return n > 0 ? n : DB_NONE;
}

static enum err
insert(struct store *s, const struct store_import *x, int64_t *run_id,
       struct errbuf *eb)
{
    const struct store_new_run *r = x->run;
    enum err e = db_exec(
        s, SQL_import_run_insert,
        BINDS(BT(":uuid", x->uuid), BT(":pair_key", r->pair_key), BT(":name", r->name),
              BT(":experiment", r->experiment), BT(":model", r->model),
              BT(":loss", r->loss), BI(":seed", r->seed),
              BI(":max_epochs", r->max_epochs), BT(":data_digest", r->data_digest),
              BT(":class_digest", r->class_digest), BI(":n_train", known(r->n_train)),
              BI(":n_val", known(x->n_val)), BI(":now_us", clock_unix_us()),
              BI(":started_us", x->started_us), BI(":ended_us", x->ended_us),
              BT(":source_path", x->source_path),
              BT(":source_digest", x->source_digest)),
        eb);

    *run_id = e ? 0 : db_last_id(s);
    return e;
}

/* Make room for the curves that were read anew. */
static enum err
drop_metrics(struct store *s, const struct store_import *x, int64_t run_id,
             struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (x->n_metrics)
        e = db_exec(s, SQL_import_run_rewind, BINDS(BI(":run_id", run_id)), eb);
    for (size_t i = 0; i < x->n_metrics && !e; i++)
        if (i == 0 || strcmp(x->metric[i].metric, x->metric[i - 1].metric) != 0)
            e = db_exec(s, SQL_import_metric_delete,
                        BINDS(BI(":run_id", run_id), BT(":name", x->metric[i].metric)),
                        eb);
    return e;
}

/* Make room for what was read anew; the rest stays. */
static enum err
renew(struct store *s, const struct store_import *x, int64_t run_id, struct errbuf *eb)
{
    const struct store_new_run *r = x->run;
    enum err e = db_exec(s, SQL_import_params_delete, BINDS(BI(":run_id", run_id)), eb);

    if (!e && x->n_params)
        e = db_exec(s, SQL_import_source_params_delete, BINDS(BI(":run_id", run_id)),
                    eb);
    if (e || (e = drop_metrics(s, x, run_id, eb)))
        return e;
    return db_exec(
        s, SQL_import_run_renew,
        BINDS(BI(":run_id", run_id), BT(":pair_key", r->pair_key),
              BI(":max_epochs", r->max_epochs), BT(":data_digest", r->data_digest),
              BT(":class_digest", r->class_digest), BI(":n_train", known(r->n_train)),
              BI(":n_val", known(x->n_val)), BI(":started_us", x->started_us),
              BI(":ended_us", x->ended_us), BT(":source_path", x->source_path),
              BT(":source_digest", x->source_digest)),
        eb);
}

static enum err
put_sources(struct store *s, const struct store_import *x, int64_t run_id,
            struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < x->n_params && !e; i++)
        e = db_exec(s, SQL_import_source_param_insert,
                    BINDS(BI(":run_id", run_id), BI(":ordinal", (int64_t)i),
                          BT(":file", x->param[i].file), BT(":name", x->param[i].name),
                          BT(":value", x->param[i].value)),
                    eb);
    for (size_t i = 0; i < x->n_checkpoints && !e; i++)
        e = db_exec(s, SQL_import_source_checkpoint_insert,
                    BINDS(BI(":run_id", run_id), BT(":path", x->checkpoint[i].path),
                          BI(":epoch", x->checkpoint[i].epoch),
                          BF(":score", x->checkpoint[i].score),
                          BI(":size_bytes", x->checkpoint[i].size_bytes)),
                    eb);
    return e;
}

static enum err
put_facts(struct store *s, const struct store_import_facts *f, int64_t run_id,
          struct errbuf *eb)
{
    return db_exec(
        s, SQL_import_run_facts,
        BINDS(BI(":run_id", run_id), BT(":origin", f->origin), BT(":state", f->state),
              BT(":end_reason", f->end_reason), BI(":created_us", f->created_us),
              BI(":step", f->step), BI(":epoch", f->epoch),
              BF(":train_loss", f->train_loss), BF(":val_loss", f->val_loss),
              BF(":val_f1_macro", f->val_f1_macro), BI(":best_epoch", f->best_epoch),
              BF(":best_val_f1_macro", f->best_val_f1_macro),
              BF(":cells_per_s", f->cells_per_s), BT(":cpu_path", f->cpu_path),
              BT(":blas_core", f->blas_core), BT(":split_digest", f->split_digest),
              BT(":weights_sha256", f->weights_sha256),
              BT(":best_weights_sha256", f->best_weights_sha256)),
        eb);
}

static enum err
put(struct store *s, const struct store_import *x, int64_t run_id, struct errbuf *eb)
{
    const struct store_new_run *r = x->run;
    struct store_inputs in = {.labels = x->labels,
                              .ontology = x->ontology,
                              .genes = x->genes,
                              .facet = x->facet,
                              .n_facets = x->n_facets,
                              .n_train = known(r->n_train),
                              .n_val = known(x->n_val),
                              .n_test = known(x->n_test),
                              .n_ood = known(x->n_ood),
                              .cell_order = x->facts ? x->facts->cell_order : NULL};
    enum err e;

    if ((e = run_params_put(s, run_id, r->param, r->n_params, eb)) ||
        (e = put_sources(s, x, run_id, eb)) ||
        (e = run_inputs_put(s, run_id, &in, eb)) ||
        (e = run_metrics_put(s, run_id, x->metric, x->n_metrics, NULL, eb)) ||
        (x->facts && (e = put_facts(s, x->facts, run_id, eb))) ||
        (x->n_importance &&
         (e = run_importance_put(s, run_id, x->importance, x->n_importance, eb))))
        return e;
    for (size_t i = 0; i < x->n_evaluations && !e; i++)
        e = run_evaluation_renew(s, run_id, &x->evaluation[i], eb);
    return e;
}

/* --- whether anything has changed --- */

static enum err
digest_rows(struct store *s, enum sql_id id, int64_t run_id, struct digest *d,
            struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, id, BINDS(BI(":run_id", run_id)), &st, eb);

    if (e)
        return e;
    digest_addu(d, (uint64_t)id);
    while (!(e = db_step(s, st, &row, eb)) && row)
        for (int c = 0; c < sqlite3_column_count(st); c++) {
            double x;

            digest_addu(d, (uint64_t)sqlite3_column_type(st, c));
            switch (sqlite3_column_type(st, c)) {
            case SQLITE_INTEGER: digest_addu(d, (uint64_t)col_int(st, c)); break;
            case SQLITE_FLOAT:
                x = sqlite3_column_double(st, c);
                digest_add(d, &x, sizeof x);
                break;
            case SQLITE_NULL: break;
            default: digest_adds(d, col_text(st, c));
            }
        }
    db_finish(s, st);
    return e;
}

/* hex = of all that is known of a run. */
static enum err
digest_run(struct store *s, int64_t run_id, char hex[DIGEST_HEX], struct errbuf *eb)
{
    static const enum sql_id part[] = {
        SQL_import_state_run,
        SQL_import_state_params,
        SQL_import_state_facets,
        SQL_import_state_source_params,
        SQL_import_state_source_checkpoints,
        SQL_import_state_metrics,
        SQL_import_state_importance,
        SQL_import_state_evaluations,
        SQL_import_state_scores,
        SQL_import_state_averages,
        SQL_import_state_confusions,
    };
    enum err e = ERR_OK;
    struct digest d;

    digest_init(&d);
    for (size_t i = 0; i < sizeof part / sizeof part[0] && !e; i++)
        e = digest_rows(s, part[i], run_id, &d, eb);
    digest_final(&d, hex);
    return e;
}

/* Read a run anew that is there; *same: nothing of it has changed. */
static enum err
put_again(struct store *s, const struct store_import *x, int64_t run_id, bool *same,
          struct errbuf *eb)
{
    char before[DIGEST_HEX], after[DIGEST_HEX];
    enum err e;

    if ((e = digest_run(s, run_id, before, eb)) || (e = renew(s, x, run_id, eb)) ||
        (e = put(s, x, run_id, eb)) || (e = digest_run(s, run_id, after, eb)))
        return e;
    *same = strcmp(before, after) == 0;
    return ERR_OK;
}

/* In a transaction. */
static enum err
import(struct store *s, const struct store_import *x, enum store_imported *what,
       int64_t *run_id, struct errbuf *eb)
{
    bool same = false;
    enum err e = find(s, x, run_id, what, eb);

    if (!e && *what == STORE_RUN_ADDED && !(e = insert(s, x, run_id, eb)))
        e = put(s, x, *run_id, eb);
    else if (!e && *what == STORE_RUN_RENEWED)
        e = put_again(s, x, *run_id, &same, eb);
    if (same)
        *what = STORE_RUN_UNCHANGED;
    return e;
}

enum err
store_import_run(struct store *s, const struct store_import *x,
                 enum store_imported *what, int64_t *run_id, struct errbuf *eb)
{
    enum err e = db_begin(s, DB_FULL, eb);

    if (e)
        return e;
    e = import(s, x, what, run_id, eb);
    if (e || *what == STORE_RUN_ADDED || *what == STORE_RUN_RENEWED)
        return db_end(s, e, eb);
    e = db_end(s, ERR_CONFLICT, NULL); /* takes back what changes nothing */
    return e == ERR_CONFLICT ? ERR_OK : e;
}
