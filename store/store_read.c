/* store_read.c - runs, parameters, curves and logs. */
#include "store/db.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* --- runs --- */

/* Columns of runs_list, in its order. */
enum {
    COL_RUN_ID,
    COL_UUID,
    COL_PAIR_KEY,
    COL_NAME,
    COL_EXPERIMENT,
    COL_MODEL,
    COL_LOSS,
    COL_SEED,
    COL_STATE,
    COL_END_REASON,
    COL_REASON,
    COL_ATTEMPT,
    COL_EPOCH,
    COL_MAX_EPOCHS,
    COL_STEP,
    COL_BEST_EPOCH,
    COL_PID,
    COL_EXIT_CODE,
    COL_TERM_SIGNAL,
    COL_PRIORITY,
    COL_CREATED_AT,
    COL_STARTED_AT,
    COL_ENDED_AT,
    COL_HOST,
    COL_WEIGHTS,
    COL_BEST_WEIGHTS,
    COL_CPU_PATH,
    COL_BLAS_CORE,
    COL_TRAIN_LOSS,
    COL_VAL_LOSS,
    COL_VAL_F1,
    COL_BEST_F1,
    COL_CELLS_PER_S,
    COL_ETA_S,
    COL_DURATION_S,
    COL_HEARTBEAT_AGE_S,
    COL_THREADS,
    COL_MEMORY_BYTES,
    COL_N_TRAIN,
    COL_CHANGE,
    COL_SOURCE_PATH,
    COL_CELL_ORDER
};

/* The text of a column; the one that was there before if it is the same, since the arena
 * keeps all. */
static const char *
text_of(sqlite3_stmt *st, int col, struct store_runs *list, const char *before)
{
    const char *text = col_text(st, col);

    if (before && text && strcmp(text, before) == 0)
        return before;
    list->n_bytes += text ? strlen(text) + 1 : 0;
    return arena_strdup(&list->arena, text);
}

static void
read_run_texts(sqlite3_stmt *st, struct store_runs *list, struct store_run *r,
               const struct store_run *before)
{
    r->uuid = text_of(st, COL_UUID, list, before->uuid);
    r->pair_key = text_of(st, COL_PAIR_KEY, list, before->pair_key);
    r->name = text_of(st, COL_NAME, list, before->name);
    r->experiment = text_of(st, COL_EXPERIMENT, list, before->experiment);
    r->model = text_of(st, COL_MODEL, list, before->model);
    r->loss = text_of(st, COL_LOSS, list, before->loss);
    r->state = text_of(st, COL_STATE, list, before->state);
    r->end_reason = text_of(st, COL_END_REASON, list, before->end_reason);
    r->reason = text_of(st, COL_REASON, list, before->reason);
    r->created_at = text_of(st, COL_CREATED_AT, list, before->created_at);
    r->started_at = text_of(st, COL_STARTED_AT, list, before->started_at);
    r->ended_at = text_of(st, COL_ENDED_AT, list, before->ended_at);
    r->host = text_of(st, COL_HOST, list, before->host);
    r->weights_sha256 = text_of(st, COL_WEIGHTS, list, before->weights_sha256);
    r->best_weights_sha256 =
        text_of(st, COL_BEST_WEIGHTS, list, before->best_weights_sha256);
    r->cpu_path = text_of(st, COL_CPU_PATH, list, before->cpu_path);
    r->blas_core = text_of(st, COL_BLAS_CORE, list, before->blas_core);
    r->source_path = text_of(st, COL_SOURCE_PATH, list, before->source_path);
    r->cell_order = text_of(st, COL_CELL_ORDER, list, before->cell_order);
}

/* r in: the row as it was, or zeros. */
static void
read_run(sqlite3_stmt *st, struct store_runs *list, struct store_run *r)
{
    const struct store_run before = *r;

    *r = (struct store_run){
        .run_id = col_int(st, COL_RUN_ID),
        .seed = col_int(st, COL_SEED),
        .attempt = col_int(st, COL_ATTEMPT),
        .epoch = col_int(st, COL_EPOCH),
        .max_epochs = col_int(st, COL_MAX_EPOCHS),
        .step = col_int(st, COL_STEP),
        .best_epoch = col_int(st, COL_BEST_EPOCH),
        .pid = col_int(st, COL_PID),
        .exit_code = col_int(st, COL_EXIT_CODE),
        .term_signal = col_int(st, COL_TERM_SIGNAL),
        .priority = col_int(st, COL_PRIORITY),
        .threads = col_int(st, COL_THREADS),
        .memory_bytes = col_int(st, COL_MEMORY_BYTES),
        .n_train = col_int(st, COL_N_TRAIN),
        .train_loss = col_real(st, COL_TRAIN_LOSS),
        .val_loss = col_real(st, COL_VAL_LOSS),
        .val_f1_macro = col_real(st, COL_VAL_F1),
        .best_val_f1_macro = col_real(st, COL_BEST_F1),
        .cells_per_s = col_real(st, COL_CELLS_PER_S),
        .eta_s = col_real(st, COL_ETA_S),
        .duration_s = col_real(st, COL_DURATION_S),
        .heartbeat_age_s = col_real(st, COL_HEARTBEAT_AGE_S),
        .change = col_int(st, COL_CHANGE),
        .touched = true,
    };
    read_run_texts(st, list, r, &before);
    r->turned = !before.state || strcmp(before.state, r->state) != 0 ||
                before.attempt != r->attempt;
}

static enum err
select_runs(struct store *s, const struct store_run_filter *x, int64_t since,
            sqlite3_stmt **st, struct errbuf *eb)
{
    return db_select(s, SQL_runs_list,
                     BINDS(BT(":experiment", x->experiment), BT(":state", x->state),
                           BT(":model", x->model), BT(":loss", x->loss),
                           BT(":pair_key", x->pair_key), BI(":run_id", x->run_id),
                           BI(":since", since)),
                     st, eb);
}

enum err
store_runs_list(struct store *s, const struct store_run_filter *f,
                struct store_runs *out, struct errbuf *eb)
{
    static const struct store_run_filter any;
    size_t cap = 0;
    sqlite3_stmt *st;
    bool row;

    *out = (struct store_runs){0};
    enum err e = select_runs(s, f ? f : &any, DB_NONE, &st, eb);
    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        out->run = grow(out->run, &cap, out->n + 1, sizeof *out->run);
        out->run[out->n] = (struct store_run){0};
        read_run(st, out, &out->run[out->n++]);
    }
    db_finish(s, st);
    if (e)
        store_runs_release(out);
    return e;
}

/* --- following the store --- */

enum { WASTE_BYTES = 1 << 20 }; /* texts that nobody uses any more, at most */

static struct store_run *
find_run(struct store_runs *list, int64_t run_id)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->run[i].run_id == run_id)
            return &list->run[i];
    return NULL;
}

/* Read what changed into its places; *known is false if there is none for a run. */
static enum err
read_changed(struct store *s, struct store_runs *list, bool *known, struct errbuf *eb)
{
    static const struct store_run_filter any;
    sqlite3_stmt *st;
    bool row;
    enum err e = select_runs(s, &any, list->change, &st, eb);

    *known = true;
    if (e)
        return e;
    for (size_t i = 0; i < list->n; i++)
        list->run[i].touched = false;
    while (*known && !(e = db_step(s, st, &row, eb)) && row) {
        struct store_run *r = find_run(list, col_int(st, COL_RUN_ID));
        if (r)
            read_run(st, list, r);
        else
            *known = false;
    }
    db_finish(s, st);
    return e;
}

/* *whole: some run is new or gone, and all have to be read. */
static enum err
follow(struct store *s, struct store_runs *list, bool *whole, struct errbuf *eb)
{
    int64_t n_gone;
    bool known;
    enum err e =
        db_int(s, SQL_runs_gone, BINDS(BI(":since", list->change)), &n_gone, eb);

    if (e || (e = read_changed(s, list, &known, eb)))
        return e;
    *whole = n_gone > 0 || !known || list->n_bytes > list->n_bytes_whole + WASTE_BYTES;
    return ERR_OK;
}

static enum err
read_whole(struct store *s, struct store_runs *list, struct errbuf *eb)
{
    struct store_runs fresh;
    enum err e = store_runs_list(s, NULL, &fresh, eb);

    if (e)
        return e;
    store_runs_release(list);
    *list = fresh;
    list->n_bytes_whole = list->n_bytes;
    list->n_opened = s->n_opened;
    return ERR_OK;
}

/* In a snapshot. */
static enum err
update(struct store *s, struct store_runs *list, bool *whole, struct errbuf *eb)
{
    int64_t newest;
    enum err e = db_int(s, SQL_runs_newest_change, NO_BINDS, &newest, eb);

    *whole = list->n_opened != s->n_opened;
    if (!e && !*whole)
        e = follow(s, list, whole, eb);
    if (!e && *whole)
        e = read_whole(s, list, eb);
    if (!e)
        list->change = newest == DB_NONE ? 0 : newest;
    return e;
}

enum err
store_runs_update(struct store *s, struct store_runs *list, bool *whole,
                  struct errbuf *eb)
{
    enum err e = db_snapshot(s, eb);

    *whole = false;
    if (e)
        return e;
    e = update(s, list, whole, eb);
    db_snapshot_end(s);
    return e;
}

int64_t
store_run_epochs(const struct store_run *r)
{
    bool counts_this =
        strcmp(r->state, "running") == 0 || strcmp(r->state, "succeeded") == 0;

    return r->epoch == INT64_MIN ? INT64_MIN : r->epoch + counts_this;
}

static bool
is_done(const struct store_run *r)
{
    return strcmp(r->state, "succeeded") == 0;
}

bool
store_run_replaces(const struct store_run *a, const struct store_run *b)
{
    if (a->seed != b->seed || strcmp(a->loss, b->loss) != 0 ||
        strcmp(a->pair_key, b->pair_key) != 0)
        return false;
    if (is_done(a) != is_done(b))
        return is_done(a);
    int later = is_done(a) ? strcmp(a->ended_at ? a->ended_at : "",
                                    b->ended_at ? b->ended_at : "")
                           : 0;
    return later ? later > 0 : a->run_id > b->run_id;
}

void
store_runs_release(struct store_runs *r)
{
    free(r->run);
    arena_release(&r->arena);
    *r = (struct store_runs){0};
}

/* --- which run --- */

enum { MAX_NAMED = 8 }; /* candidates that an error text names */

static void
add_candidate(struct strbuf *sb, size_t n, sqlite3_stmt *st)
{
    if (n < MAX_NAMED)
        strbuf_addf(sb, "%s%lld (%.8s, %s)", n ? ", " : "", (long long)col_int(st, 0),
                    col_text(st, 1), col_text(st, 2));
    else if (n == MAX_NAMED)
        strbuf_adds(sb, ", ...");
}

enum err
store_run_find(struct store *s, const char *text, int64_t *run_id, struct errbuf *eb)
{
    struct strbuf names = {0};
    size_t n = 0;
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_run_find, BINDS(BT(":text", text)), &st, eb);

    *run_id = 0;
    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        add_candidate(&names, n, st);
        if (n++ == 0)
            *run_id = col_int(st, 0);
    }
    db_finish(s, st);
    if (!e && n == 0)
        e = err_set(
            eb, ERR_NOTFOUND,
            "no run is called '%s' (a run_id, four or more characters of a uuid, "
            "or an exact name)",
            text);
    else if (!e && n > 1)
        e = err_set(eb, ERR_AMBIGUOUS, "'%s' means %zu runs: %s", text, n,
                    strbuf_str(&names));
    if (e)
        *run_id = 0;
    strbuf_release(&names);
    return e;
}

static enum err
must_exist(struct store *s, int64_t run_id, struct errbuf *eb)
{
    int64_t found;
    enum err e = db_int(s, SQL_run_exists, BINDS(BI(":run_id", run_id)), &found, eb);

    if (!e && found == DB_NONE)
        e = err_set(eb, ERR_NOTFOUND, "there is no run %lld", (long long)run_id);
    return e;
}

/* Append a value with backslash and newline escaped, as spec_write does. */
static void
add_value(struct strbuf *out, const char *value)
{
    for (const char *p = value; *p; p++) {
        if (*p == '\\')
            strbuf_adds(out, "\\\\");
        else if (*p == '\n')
            strbuf_adds(out, "\\n");
        else
            strbuf_addc(out, *p);
    }
}

enum err
store_run_params(struct store *s, int64_t run_id, struct strbuf *out, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = must_exist(s, run_id, eb);

    if (e || (e = db_select(s, SQL_run_params, BINDS(BI(":run_id", run_id)), &st, eb)))
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        strbuf_addf(out, "%s=", col_text(st, 0));
        add_value(out, col_text(st, 1));
        strbuf_addc(out, '\n');
    }
    db_finish(s, st);
    return e;
}

/* --- curves and logs --- */

enum err
store_curve_each(struct store *s, int64_t run_id, const char *metric,
                 int64_t after_step, store_curve_fn fn, void *ctx, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row, more = true;
    enum err e = db_select(
        s, SQL_curve_read,
        BINDS(BI(":run_id", run_id), BT(":metric", metric), BI(":after", after_step)),
        &st, eb);

    if (e)
        return e;
    while (more && !(e = db_step(s, st, &row, eb)) && row)
        more = fn(ctx, col_int(st, 0), col_int(st, 1), col_real(st, 2), col_real(st, 3),
                  col_int(st, 4) != 0);
    db_finish(s, st);
    return e;
}

enum err
store_log_each(struct store *s, int64_t run_id, int64_t after_log_id, store_log_fn fn,
               void *ctx, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row, more = true;
    enum err e = db_select(
        s, SQL_log_read,
        BINDS(BI(":run_id", run_id ? run_id : DB_NONE), BI(":after", after_log_id)),
        &st, eb);

    if (e)
        return e;
    while (more && !(e = db_step(s, st, &row, eb)) && row) {
        int64_t attempt = col_int(st, 2);

        more = fn(ctx, col_int(st, 0), col_text(st, 1),
                  attempt == DB_NONE ? 0 : attempt, col_text(st, 3), col_text(st, 4));
    }
    db_finish(s, st);
    return e;
}
