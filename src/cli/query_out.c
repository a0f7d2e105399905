/* query_out.c - rows of a query as a table or as CSV. */
#include "cli/query_out.h"

#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/xalloc.h"
#include "cli/cli_out.h"
#include "cli/csv_out.h"
#include "draw/table.h"

enum { REAL_DIGITS = -7 }; /* significant digits for people */

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

/* A table of the columns q->name; type (n_cols), or NULL where there is no row. */
static void
start_table(struct query_rows *q, const char *type)
{
    size_t n_cols = q->name.n;

    q->col = xcalloc(n_cols, sizeof *q->col);
    for (size_t j = 0; j < n_cols; j++)
        q->col[j] =
            (struct table_column){.name = q->name.item[j],
                                  .type = type ? column_type(type[j]) : TABLE_TEXT,
                                  .digits = REAL_DIGITS};
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

enum err
query_text(struct cli *c, const char *sql, const struct store_bind *bind,
           size_t n_binds, enum table_format format, struct strbuf *out,
           struct errbuf *eb)
{
    struct query_rows q = {0};
    enum err e = store_query(c->store, sql, bind, n_binds, add_row, &q, eb);

    if (e == ERR_OK && !q.table &&
        !(e = store_query_columns(c->store, sql, &q.name, eb)))
        start_table(&q, NULL);
    if (e == ERR_OK)
        table_print(q.table, format, out);
    table_free(q.table);
    free(q.col);
    strlist_release(&q.name);
    return e;
}

enum err
query_print(struct cli *c, const char *sql, const struct store_bind *bind,
            size_t n_binds, struct errbuf *eb)
{
    struct strbuf out = {0};

    if (c->format == TABLE_CSV)
        return query_export(c, sql, bind, n_binds, NULL, eb);
    enum err e = query_text(c, sql, bind, n_binds, c->format, &out, eb);
    if (e == ERR_OK)
        out_text(c, strbuf_str(&out));
    strbuf_release(&out);
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
