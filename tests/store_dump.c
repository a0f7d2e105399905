/* store_dump.c - all facts of a store as text, with numbers resolved, for comparing. */
#include "tests/store_dump.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc64.h"
#include "base/strbuf.h"
#include "base/strlist.h"
#include "tests/support.h"

/* What a number in a column stands for; t is the table's row. */
static const struct {
    const char *column, *expression;
} meaning[] = {
    {"run_id", "(SELECT uuid FROM run WHERE run_id = t.run_id)"},
    {"evaluation_id",
     "(SELECT r.uuid || '/' || e.name || '/' || e.checkpoint FROM evaluation AS e"
     " JOIN run AS r USING (run_id) WHERE e.evaluation_id = t.evaluation_id)"},
    {"checkpoint_id",
     "(SELECT r.uuid || '/' || c.kind || '/' || c.epoch FROM checkpoint AS c"
     " JOIN run AS r USING (run_id) WHERE c.checkpoint_id = t.checkpoint_id)"},
    {"label_set_id",
     "(SELECT digest FROM label_set WHERE label_set_id = t.label_set_id)"},
    {"ontology_id", "(SELECT digest FROM ontology WHERE ontology_id = t.ontology_id)"},
    {"gene_set_id", "(SELECT digest FROM gene_set WHERE gene_set_id = t.gene_set_id)"},
    {"metric_id", "(SELECT name FROM metric_name WHERE metric_id = t.metric_id)"},
    {"facet_id", "(SELECT text FROM word WHERE word_id = t.facet_id)"},
    {"rule_id", "(SELECT text FROM word WHERE word_id = t.rule_id)"},
    {"label_id", "(SELECT text FROM word WHERE word_id = t.label_id)"},
    {"class_id", "(SELECT text FROM word WHERE word_id = t.class_id)"},
    {"true_id", "(SELECT text FROM word WHERE word_id = t.true_id)"},
    {"predicted_id", "(SELECT text FROM word WHERE word_id = t.predicted_id)"},
    {"relation_id", "(SELECT text FROM word WHERE word_id = t.relation_id)"},
    {"average_id", "(SELECT text FROM word WHERE word_id = t.average_id)"},
    {"log_id", "''"},
    {"chunk_id", "''"},
};

static const char tables_sql[] =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    " AND name NOT IN ('meta', 'lease', 'worker', 'run_change', 'word', 'metric_name')"
    " ORDER BY name";

static sqlite3_stmt *
prepared(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st;

    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    return st;
}

static void
add_expression(struct strbuf *sql, const char *column, const char *type)
{
    size_t n = sizeof meaning / sizeof *meaning, i = 0;

    while (i < n && strcmp(meaning[i].column, column) != 0)
        i++;
    if (i < n)
        strbuf_adds(sql, meaning[i].expression);
    else if (strcmp(type, "INTEGER") == 0 && strlen(column) > 3 &&
             strcmp(column + strlen(column) - 3, "_id") == 0)
        fail_msg("what does a number in column %s stand for?", column);
    else
        strbuf_addf(sql, "t.\"%s\"", column);
}

/* SELECT of a table with its numbers resolved.  Caller frees. */
static char *
select_of(sqlite3 *db, const char *table)
{
    static const char *const set[] = {"label_set_id", "ontology_id", "gene_set_id"};
    struct strbuf sql = {0}, info = {0};
    const char *where = NULL;

    strbuf_addf(&info, "SELECT name, type FROM pragma_table_info('%s')", table);
    sqlite3_stmt *st = prepared(db, strbuf_str(&info));
    strbuf_addf(&sql, "SELECT '%s'", table);
    while (sqlite3_step(st) == SQLITE_ROW) {
        const char *column = (const char *)sqlite3_column_text(st, 0);

        strbuf_adds(&sql, ", ");
        add_expression(&sql, column, (const char *)sqlite3_column_text(st, 1));
        for (size_t i = 0; i < 3; i++)
            if (strcmp(set[i], column) == 0 && strcmp(table, "run") != 0)
                where = set[i];
    }
    sqlite3_finalize(st);
    strbuf_addf(&sql, " FROM \"%s\" AS t", table);
    if (where)
        strbuf_addf(&sql, " WHERE t.%s IN (SELECT %s FROM run)", where, where);
    strbuf_release(&info);
    return strbuf_detach(&sql);
}

static size_t n_sums;

static void
add_cell(struct strbuf *line, sqlite3_stmt *st, int col)
{
    switch (sqlite3_column_type(st, col)) {
    case SQLITE_NULL: strbuf_adds(line, "NULL"); break;
    case SQLITE_FLOAT:
        strbuf_addf(line, "%.17g", sqlite3_column_double(st, col));
        break;
    case SQLITE_BLOB: {
        size_t n = (size_t)sqlite3_column_bytes(st, col);
        static struct crc64 sum;

        if (n_sums++ == 0)
            crc64_init(&sum);
        uint64_t crc = crc64_of(&sum, sqlite3_column_blob(st, col), n);
        strbuf_addf(line, "%zu bytes %016" PRIx64, n, crc);
        break;
    }
    default: strbuf_adds(line, (const char *)sqlite3_column_text(st, col));
    }
}

static void
add_rows(sqlite3 *db, const char *sql, struct strlist *out)
{
    sqlite3_stmt *st = prepared(db, sql);
    struct strbuf line = {0};
    int rc;

    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        strbuf_reset(&line);
        for (int c = 0; c < sqlite3_column_count(st); c++) {
            strbuf_adds(&line, c ? "|" : "");
            add_cell(&line, st, c);
        }
        strlist_add(out, strbuf_str(&line));
    }
    assert_int_equal(rc, SQLITE_DONE);
    strbuf_release(&line);
    sqlite3_finalize(st);
}

char *
store_dump(const char *path)
{
    struct strlist line = {0};
    sqlite3 *db;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_stmt *st = prepared(db, tables_sql);
    while (sqlite3_step(st) == SQLITE_ROW) {
        char *sql = select_of(db, (const char *)sqlite3_column_text(st, 0));

        add_rows(db, sql, &line);
        free(sql);
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    strlist_sort(&line);
    char *text = strlist_join(&line, "\n");
    strlist_release(&line);
    return text;
}

void
store_dump_equal(const char *a, const char *b, const char *what)
{
    while (*a && *b) {
        size_t na = strcspn(a, "\n"), nb = strcspn(b, "\n");

        if (na != nb || memcmp(a, b, na) != 0)
            break;
        a += na + (a[na] == '\n');
        b += nb + (b[nb] == '\n');
    }
    if (*a || *b)
        fail_msg("%s:\n  %.600s\n  %.600s", what, a, b);
}
