/* store_import.c - runs that were made elsewhere. */
#include "store/db.h"

#include <string.h>

#include "base/clock.h"

/* Whether there is a run of the uuid, and whether it stays as it is. */
static enum err
find(struct store *s, const struct store_import *x, int64_t *run_id, bool *stays,
     struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_import_find, BINDS(BT(":uuid", x->uuid)), &st, eb);

    *run_id = DB_NONE;
    *stays = false;
    if (e)
        return e;
    if (!(e = db_step(s, st, &row, eb)) && row) {
        const char *digest = col_text(st, 2);

        *run_id = col_int(st, 0);
        *stays = strcmp(col_text(st, 1), "imported") != 0 ||
                 (digest && strcmp(digest, x->source_digest) == 0);
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

/* Make room for what was read anew. */
static enum err
renew(struct store *s, const struct store_import *x, int64_t run_id, struct errbuf *eb)
{
    static const enum sql_id old[] = {
        SQL_import_params_delete, SQL_import_source_params_delete,
        SQL_import_source_checkpoints_delete, SQL_import_evaluations_delete,
        SQL_run_metrics_delete};
    const struct store_new_run *r = x->run;
    enum err e = ERR_OK;

    for (size_t i = 0; i < sizeof old / sizeof old[0] && !e; i++)
        e = db_exec(s, old[i], BINDS(BI(":run_id", run_id)), eb);
    return e ? e
             : db_exec(s, SQL_import_run_renew,
                       BINDS(BI(":run_id", run_id), BT(":pair_key", r->pair_key),
                             BI(":max_epochs", r->max_epochs),
                             BT(":data_digest", r->data_digest),
                             BT(":class_digest", r->class_digest),
                             BI(":n_train", known(r->n_train)),
                             BI(":n_val", known(x->n_val)),
                             BI(":started_us", x->started_us),
                             BI(":ended_us", x->ended_us),
                             BT(":source_path", x->source_path),
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
put(struct store *s, const struct store_import *x, int64_t run_id, struct errbuf *eb)
{
    const struct store_new_run *r = x->run;
    struct store_inputs in = {.labels = x->labels,
                              .ontology = x->ontology,
                              .facet = x->facet,
                              .n_facets = x->n_facets,
                              .n_train = known(r->n_train),
                              .n_val = known(x->n_val),
                              .n_test = DB_NONE,
                              .n_ood = DB_NONE};
    enum err e;

    if ((e = run_params_put(s, run_id, r->param, r->n_params, eb)) ||
        (e = put_sources(s, x, run_id, eb)) ||
        (e = run_inputs_put(s, run_id, &in, eb)) ||
        (e = run_metrics_put(s, run_id, x->metric, x->n_metrics, NULL, eb)))
        return e;
    for (size_t i = 0; i < x->n_evaluations && !e; i++)
        e = run_evaluation_put(s, run_id, &x->evaluation[i], eb);
    return e;
}

enum err
store_import_run(struct store *s, const struct store_import *x,
                 enum store_imported *what, int64_t *run_id, struct errbuf *eb)
{
    bool stays = false;
    enum err e = db_begin(s, DB_FULL, eb);

    if (e)
        return e;
    if (!(e = find(s, x, run_id, &stays, eb))) {
        *what = stays                ? STORE_RUN_UNCHANGED
                : *run_id == DB_NONE ? STORE_RUN_ADDED
                                     : STORE_RUN_RENEWED;
        if (*what == STORE_RUN_ADDED)
            e = insert(s, x, run_id, eb);
        else if (*what == STORE_RUN_RENEWED)
            e = renew(s, x, *run_id, eb);
        if (!e && !stays)
            e = put(s, x, *run_id, eb);
    }
    return db_end(s, e, eb);
}
