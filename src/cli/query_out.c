/* query_out.c - rows of a query as a table or as CSV. */
#include "cli/query_out.h"

#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/xalloc.h"
#include "cli/cli_out.h"
#include "cli/csv_out.h"
#include "draw/table.h"

enum { REAL_DIGITS = -7 }; /* significant digits for people, where nothing is known */

/* Columns that are known by name: decimals, and the rank in which they make room. */
static const struct {
    const char *name;
    int digits, rank;
} known[] = {
    {"heartbeat_age_s", 1, 9}, {"lease_host", 0, 8},      {"lease_pid", 0, 7},
    {"requested", 0, 6},       {"position", 0, 5},        {"priority", 0, 2},
    {"n_classes", 0, 9},       {"support", 0, 8},         {"is_primary", 0, 7},
    {"n_unknown", 0, 6},       {"precision", 4, 5},       {"recall", 4, 5},
    {"f1_micro", 4, 4},        {"f1_weighted", 4, 3},     {"accuracy", 4, 2},
    {"f1_macro", 4, 0},        {"n_genes_dropped", 0, 4}, {"n_genes_missing", 0, 3},
    {"duration_s", 1, 3},      {"end_reason", 0, 0},      {"weights_sha256", 0, 5},
    {"created_at", 0, 6},      {"started_at", 0, 4},      {"host", 0, 5},
    {"worker_pid", 0, 6},      {"child_pid", 0, 7},       {"ended_at", 0, 3},
    {"exit_code", 0, 2},       {"term_signal", 0, 2},     {"n_genes", 0, 2},
    {"n_kept", 0, 1},          {"normalize", 0, 1},
};

struct query_rows {
    struct strlist name;      /* of the columns */
    struct table_column *col; /* (name.n) owned */
    struct table *table;      /* owned; NULL until the first row */
};

static enum table_type
column_type(char type)
{
    return type == 'i' ? TABLE_INT : type == 'f' ? TABLE_REAL : TABLE_TEXT;
}

static struct table_column
column_of(const char *name, enum table_type type)
{
    struct table_column c = {.name = name, .type = type, .digits = REAL_DIGITS};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, name) == 0) {
            c.digits = known[i].digits;
            c.rank = known[i].rank;
        }
    return c;
}

/* A table of the columns q->name; type (n_cols), or NULL where there is no row. */
static void
start_table(struct query_rows *q, const char *type)
{
    size_t n_cols = q->name.n;

    q->col = xcalloc(n_cols, sizeof *q->col);
    for (size_t j = 0; j < n_cols; j++)
        q->col[j] =
            column_of(q->name.item[j], type ? column_type(type[j]) : TABLE_TEXT);
    q->table = table_new(q->col, n_cols);
}

/* A blob comes as hexadecimal digits; people and files get its size. */
static char *
blob_size(const char *hex)
{
    return xasprintf("%zu bytes", strlen(hex) / 2);
}

static void
add_cell(struct table *t, const char *value, char type)
{
    if (type == 'i') {
        table_int(t, strtoll(value, NULL, 10));
    } else if (type == 'f') {
        table_real(t, strtod(value, NULL));
    } else if (type == 'b') {
        char *size = blob_size(value);

        table_text(t, size);
        free(size);
    } else {
        table_text(t, value);
    }
}

static bool
add_row(void *ctx, size_t n_cols, const char *const *name, const char *const *value,
        const char *type)
{
    struct query_rows *q = ctx;

    if (!q->table) {
        for (size_t j = 0; j < n_cols; j++)
            strlist_add(&q->name, name[j]);
        start_table(q, type);
    }
    for (size_t j = 0; j < n_cols; j++) {
        if (!value[j])
            table_null(q->table);
        else
            add_cell(q->table, value[j], type[j]);
    }
    return true;
}

/* A row to CSV, blobs as their size. */
static bool
export_row(void *ctx, size_t n_cols, const char *const *name, const char *const *value,
           const char *type)
{
    const char **shown = xcalloc(n_cols, sizeof *shown);
    char **size = xcalloc(n_cols, sizeof *size);

    for (size_t j = 0; j < n_cols; j++) {
        if (value[j] && type[j] == 'b')
            size[j] = blob_size(value[j]);
        shown[j] = size[j] ? size[j] : value[j];
    }
    csv_out_row(ctx, n_cols, name, shown, type);
    for (size_t j = 0; j < n_cols; j++)
        free(size[j]);
    free(size);
    free(shown);
    return true;
}

static enum err
load(struct cli *c, const char *sql, const struct store_bind *bind, size_t n_binds,
     struct query_rows *q, struct errbuf *eb)
{
    enum err e = store_query(c->store, sql, bind, n_binds, add_row, q, eb);

    if (e == ERR_OK && !q->table &&
        !(e = store_query_columns(c->store, sql, &q->name, eb)))
        start_table(q, NULL);
    return e;
}

static void
rows_release(struct query_rows *q)
{
    table_free(q->table);
    free(q->col);
    strlist_release(&q->name);
}

enum err
query_text(struct cli *c, const char *sql, const struct store_bind *bind,
           size_t n_binds, enum table_format format, struct strbuf *out,
           struct errbuf *eb)
{
    struct query_rows q = {0};
    enum err e = load(c, sql, bind, n_binds, &q, eb);

    if (e == ERR_OK)
        table_print(q.table, format, out);
    rows_release(&q);
    return e;
}

enum err
query_print(struct cli *c, const char *sql, const struct store_bind *bind,
            size_t n_binds, struct errbuf *eb)
{
    struct query_rows q = {0};

    if (c->format == TABLE_CSV)
        return query_export(c, sql, bind, n_binds, NULL, eb);
    enum err e = load(c, sql, bind, n_binds, &q, eb);
    if (e == ERR_OK)
        out_table(c, q.table);
    rows_release(&q);
    return e;
}

/* The header of a query without rows. */
static enum err
export_header(struct cli *c, const char *sql, struct csv_out *out, struct errbuf *eb)
{
    struct strlist name = {0};
    enum err e = store_query_columns(c->store, sql, &name, eb);

    if (e == ERR_OK)
        csv_out_header(out, name.n, (const char *const *)name.item);
    strlist_release(&name);
    return e;
}

enum err
query_export(struct cli *c, const char *sql, const struct store_bind *bind,
             size_t n_binds, const char *path, struct errbuf *eb)
{
    struct csv_out out;
    enum err e = csv_out_open(&out, c, path, eb);

    if (e)
        return e;
    e = store_query(c->store, sql, bind, n_binds, export_row, &out, eb);
    if (e == ERR_OK && !out.has_header)
        e = export_header(c, sql, &out, eb);
    enum err closed = csv_out_close(&out, e == ERR_OK, e ? NULL : eb);
    return e ? e : closed;
}
