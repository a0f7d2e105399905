/* store_weights.c - parameters of runs that were made elsewhere. */
#include "store/db.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What the run has by now. */
struct has {
    bool is_imported, has_best;
    int64_t best_epoch, seed;
    char sha256[STORE_TEXT + 1], loss[STORE_TEXT];
    int64_t n_cells[4]; /* train, val, test, ood; DB_NONE: not known */
};

static enum err
find(struct store *s, int64_t run_id, struct has *h, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_weights_find, BINDS(BI(":run_id", run_id)), &st, eb);

    *h = (struct has){0};
    if (e)
        return e;
    if (!(e = db_step(s, st, &row, eb)) && !row)
        e = err_set(eb, ERR_NOTFOUND, "there is no run %" PRId64, run_id);
    if (!e) {
        const char *sha256 = col_text(st, 1);

        h->is_imported = strcmp(col_text(st, 0), "imported") == 0;
        h->has_best = col_int(st, 6) > 0;
        h->best_epoch = col_int(st, 7);
        h->seed = col_int(st, 9);
        snprintf(h->loss, sizeof h->loss, "%s", col_text(st, 8));
        for (int i = 0; i < 4; i++)
            h->n_cells[i] = col_int(st, 2 + i);
        if (sha256 && strlen(sha256) < sizeof h->sha256)
            strcpy(h->sha256, sha256);
    }
    db_finish(s, st);
    return e;
}

/* Whether the weights are the run's already, and what is said of it. */
static bool
is_same(const struct has *h, const struct store_weights *w)
{
    return h->has_best && h->best_epoch != DB_NONE &&
           strcmp(h->sha256, w->checkpoint.weights_sha256) == 0 &&
           (!w->loss || strcmp(h->loss, w->loss) == 0) &&
           (w->seed < 0 || h->seed == w->seed);
}

/* Everything but the bytes, in one transaction. */
static enum err
put(struct store *s, int64_t run_id, const struct store_weights *w, const struct has *h,
    struct errbuf *eb)
{
    struct store_inputs in = *w->inputs;
    const struct store_checkpoint *cp = &w->checkpoint;
    enum err e = db_begin(s, DB_FULL, eb);

    if (e)
        return e;
    in.n_train = h->n_cells[0];
    in.n_val = h->n_cells[1];
    in.n_test = h->n_cells[2];
    in.n_ood = h->n_cells[3];
    if (!(e = db_exec(s, SQL_import_params_delete, BINDS(BI(":run_id", run_id)), eb)) &&
        !(e = run_params_put(s, run_id, w->param, w->n_params, eb)) &&
        !(e = run_inputs_put(s, run_id, &in, eb)))
        e = db_exec(s, SQL_weights_run,
                    BINDS(BI(":run_id", run_id), BT(":sha256", cp->weights_sha256),
                          BI(":epoch", cp->epoch), BF(":score", cp->score),
                          BT(":loss", w->loss),
                          BI(":seed", w->seed < 0 ? DB_NONE : w->seed)),
                    eb);
    return db_end(s, e, eb);
}

enum err
store_weights_add(struct store *s, int64_t run_id, const struct store_weights *w,
                  bool *changed, struct errbuf *eb)
{
    const struct store_attempt none = {.run_id = run_id};
    struct has h;
    enum err e = find(s, run_id, &h, eb);

    *changed = false;
    if (e)
        return e;
    if (!h.is_imported)
        return err_set(eb, ERR_CONFLICT,
                       "run %" PRId64 " was trained here: it keeps its own weights",
                       run_id);
    if (is_same(&h, w))
        return ERR_OK;
    *changed = true;
    e = store_checkpoint_add(s, &none, &w->checkpoint, eb);
    return e ? e : put(s, run_id, w, &h, eb);
}
