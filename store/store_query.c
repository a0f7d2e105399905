/* store_query.c - read-only queries by name or by text.
 *
 * A query may come from a person.  An authorizer that allows reading only looks at it
 * while it is compiled, so that it cannot attach files, start transactions or change
 * settings, which SQLite itself would count as "read-only". */
#include "store/db.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strlist.h"
#include "base/xalloc.h"

/* Pragmas that only tell. */
static const char *const telling_pragma[] = {
    "table_info",   "table_xinfo",       "table_list",      "index_list",
    "index_info",   "index_xinfo",       "database_list",   "foreign_key_list",
    "user_version", "application_id",    "compile_options", "page_count",
    "page_size",    "freelist_count",    "journal_mode",    "integrity_check",
    "quick_check",  "foreign_key_check",
};

static int
judge_pragma(const char *name, const char *argument)
{
    bool takes_argument = strstr(name, "_info") || strstr(name, "_list") ||
                          strstr(name, "_xinfo") || strstr(name, "_check");

    if (argument && !takes_argument)
        return SQLITE_DENY;
    for (size_t i = 0; i < sizeof telling_pragma / sizeof *telling_pragma; i++)
        if (sqlite3_stricmp(name, telling_pragma[i]) == 0)
            return SQLITE_OK;
    return SQLITE_DENY;
}

static int
authorize(void *ctx, int action, const char *a, const char *b, const char *database,
          const char *trigger)
{
    (void)ctx;
    (void)database;
    (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_PRAGMA: return judge_pragma(a, b);
    default: return SQLITE_DENY;
    }
}

static enum err
wrong_query(struct store *s, int rc, struct errbuf *eb)
{
    if ((rc & 0xff) == SQLITE_AUTH)
        return err_set(eb, ERR_ARG, "only queries that read are allowed here: %s",
                       sqlite3_errmsg(s->db));
    if ((rc & 0xff) == SQLITE_ERROR)
        return err_set(
            eb, ERR_ARG,
            "the query is wrong: %s (hcelab sql --columns lists the views and "
            "their columns)",
            sqlite3_errmsg(s->db));
    return db_error(s, rc, eb);
}

/* True if nothing but space, semicolons and comments follows. */
static bool
is_blank(const char *p)
{
    for (; *p; p++) {
        if (strncmp(p, "--", 2) == 0) {
            p += strcspn(p, "\n");
            if (!*p)
                return true;
        } else if (strncmp(p, "/*", 2) == 0) {
            const char *end = strstr(p + 2, "*/");
            if (!end)
                return true;
            p = end + 1;
        } else if (!strchr(" \t\r\n\f;", *p)) {
            return false;
        }
    }
    return true;
}

static enum err
compile(struct store *s, const char *text, sqlite3_stmt **st, struct errbuf *eb)
{
    const char *tail = "";

    *st = NULL;
    sqlite3_set_authorizer(s->db, authorize, NULL);
    int rc = sqlite3_prepare_v2(s->db, text, -1, st, &tail);
    sqlite3_set_authorizer(s->db, NULL, NULL);
    if (rc != SQLITE_OK)
        return wrong_query(s, rc, eb);
    if (!*st)
        return err_set(eb, ERR_ARG, "the query is empty");
    if (sqlite3_column_count(*st) == 0 || !sqlite3_stmt_readonly(*st)) /* VACUUM */
        return err_set(eb, ERR_ARG, "only queries that read are allowed here");
    if (!is_blank(tail))
        return err_set(eb, ERR_ARG,
                       "one query at a time: what follows '%.40s' is a "
                       "second one",
                       text);
    return ERR_OK;
}

/* Bind what the query knows; the rest of the list is not for it. */
static enum err
bind_known(sqlite3_stmt *st, const struct store_bind *bind, size_t n, struct errbuf *eb)
{
    for (size_t i = 0; i < n; i++) {
        if (sqlite3_bind_parameter_index(st, bind[i].name) > 0)
            db_bind(st, &bind[i], 1);
        else
            return err_set(eb, ERR_ARG, "the query has no parameter %s", bind[i].name);
    }
    return ERR_OK;
}

/* --- rows as text --- */

struct row_text {
    size_t n;
    const char **name, **value; /* (n) owned arrays; texts borrowed */
    char *type;                 /* (n) owned */
    struct strbuf *cell;        /* (n) owned: numbers and blobs as text */
};

static void
row_init(struct row_text *r, sqlite3_stmt *st)
{
    r->n = (size_t)sqlite3_column_count(st);
    r->name = xcalloc(r->n + 1, sizeof *r->name);
    r->value = xcalloc(r->n + 1, sizeof *r->value);
    r->type = xcalloc(r->n + 1, 1);
    r->cell = xcalloc(r->n + 1, sizeof *r->cell);
    for (size_t i = 0; i < r->n; i++)
        r->name[i] = sqlite3_column_name(st, (int)i);
}

static void
row_release(struct row_text *r)
{
    for (size_t i = 0; i < r->n; i++)
        strbuf_release(&r->cell[i]);
    free(r->name);
    free(r->value);
    free(r->type);
    free(r->cell);
}

static void
add_real(struct strbuf *sb, double x)
{
    if (isinf(x))
        strbuf_adds(sb, x < 0 ? "-Inf" : "Inf");
    else
        strbuf_add_double(sb, x);
}

static void
add_hex(struct strbuf *sb, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        strbuf_addf(sb, "%02x", (unsigned)p[i]);
}

static const char *
read_cell(struct row_text *r, size_t i, sqlite3_stmt *st)
{
    struct strbuf *sb = &r->cell[i];
    int col = (int)i;

    strbuf_reset(sb);
    switch (sqlite3_column_type(st, col)) {
    case SQLITE_INTEGER:
        r->type[i] = 'i';
        strbuf_addf(sb, "%lld", (long long)sqlite3_column_int64(st, col));
        return strbuf_str(sb);
    case SQLITE_FLOAT:
        r->type[i] = 'f';
        add_real(sb, sqlite3_column_double(st, col));
        return strbuf_str(sb);
    case SQLITE_TEXT: r->type[i] = 't'; return col_text(st, col);
    case SQLITE_BLOB:
        r->type[i] = 'b';
        add_hex(sb, sqlite3_column_blob(st, col),
                (size_t)sqlite3_column_bytes(st, col));
        return strbuf_str(sb);
    default: r->type[i] = 'n'; return NULL;
    }
}

static enum err
each_row(struct store *s, sqlite3_stmt *st, store_row_fn fn, void *ctx,
         struct errbuf *eb)
{
    struct row_text r;
    bool row, more = true;
    enum err e = ERR_OK;

    row_init(&r, st);
    while (more && !(e = db_step(s, st, &row, eb)) && row) {
        for (size_t i = 0; i < r.n; i++)
            r.value[i] = read_cell(&r, i, st);
        more = fn(ctx, r.n, r.name, r.value, r.type);
    }
    row_release(&r);
    return e;
}

enum err
store_query(struct store *s, const char *sql, const struct store_bind *bind,
            size_t n_binds, store_row_fn fn, void *ctx, struct errbuf *eb)
{
    const char *named = store_named_query(sql);
    sqlite3_stmt *st = NULL;
    enum err e = db_read_enter(s, eb);

    if (e)
        return e;
    if (!(e = compile(s, named ? named : sql, &st, eb)) &&
        !(e = bind_known(st, bind, n_binds, eb)))
        e = each_row(s, st, fn, ctx, eb);
    sqlite3_finalize(st);
    db_read_leave(s);
    return e;
}

enum err
store_query_columns(struct store *s, const char *sql, struct strlist *out,
                    struct errbuf *eb)
{
    const char *named = store_named_query(sql);
    sqlite3_stmt *st = NULL;
    enum err e = db_read_enter(s, eb);

    if (e)
        return e;
    e = compile(s, named ? named : sql, &st, eb);
    for (int i = 0; e == ERR_OK && i < sqlite3_column_count(st); i++)
        strlist_add(out, sqlite3_column_name(st, i));
    sqlite3_finalize(st);
    db_read_leave(s);
    return e;
}

static const enum sql_id named_query[] = {
    SQL_export_runs,
    SQL_export_curve,
    SQL_export_f1,
    SQL_export_comparison,
    SQL_queue_list,
    SQL_worker_list,
    SQL_run_evaluations,
    SQL_run_inputs_list,
    SQL_run_attempts,
    SQL_run_checkpoints,
    SQL_confusion_of_run,
    SQL_export_confusion,
    SQL_eval_results,
    SQL_names_experiment,
    SQL_names_facet,
    SQL_names_evaluation,
    SQL_names_metric,
    SQL_run_importance,
    SQL_words_run,
    SQL_words_run_id,
    SQL_words_pair_key,
    SQL_words_label,
    SQL_words_class,
    SQL_words_term,
    SQL_run_sources,
    SQL_tree_run,
    SQL_tree_runs,
    SQL_tree_params,
    SQL_tree_metrics,
    SQL_tree_curve,
    SQL_tree_evaluations,
    SQL_tree_scores,
    SQL_own_evaluations,
    SQL_own_f1,
    SQL_own_averages,
    SQL_own_confusions,
    SQL_own_curves,
    SQL_own_importance,
    SQL_own_class_edges,
    SQL_own_terms,
    SQL_own_term_edges,
    SQL_own_source_params,
    SQL_own_source_checkpoints,
};

const char *
store_named_query(const char *name)
{
    for (size_t i = 0; i < sizeof named_query / sizeof *named_query; i++)
        if (strcmp(sql_name(named_query[i]), name) == 0)
            return sql_text(named_query[i]);
    return NULL;
}
