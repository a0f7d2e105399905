/* own_tables.c - what export writes beside the published files. */
#include "transfer/own_tables.h"

#include <stdlib.h>

#include "base/strbuf.h"
#include "base/strlist.h"
#include "exchange/out_file.h"
#include "exchange/report_csv.h"

static const struct {
    const char *file, *query;
    bool always; /* that there are no rows says something too */
} tables[OWN_TABLES] = {
    [OWN_EVALUATIONS] = {OWN_FOLDER "/evaluations.csv", "own_evaluations", true},
    [OWN_F1] = {OWN_FOLDER "/f1.csv", "own_f1", false},
    [OWN_AVERAGES] = {OWN_FOLDER "/f1_average.csv", "own_averages", false},
    [OWN_CONFUSIONS] = {OWN_FOLDER "/confusion.csv", "own_confusions", false},
    [OWN_CURVES] = {OWN_FOLDER "/curves.csv", "own_curves", true},
    [OWN_IMPORTANCE] = {OWN_FOLDER "/importance.csv", "own_importance", false},
    [OWN_CLASS_EDGES] = {OWN_FOLDER "/class_edges.csv", "own_class_edges", true},
    [OWN_TERMS] = {OWN_FOLDER "/ontology_terms.csv", "own_terms", false},
    [OWN_TERM_EDGES] = {OWN_FOLDER "/ontology_edges.csv", "own_term_edges", false},
    [OWN_PARAMS] = {OWN_FOLDER "/source_params.csv", "own_source_params", true},
    [OWN_CHECKPOINTS] = {OWN_FOLDER "/source_checkpoints.csv", "own_source_checkpoints",
                         false},
};

const char *
own_table_file(enum own_table t)
{
    return tables[t].file;
}

/* A table on its way: the file is made for its first row. */
struct table_work {
    const char *path;
    struct out_file out; /* fp NULL: no row yet */
    struct strbuf line;
    struct errbuf *eb;
    enum err e;
};

static void
add_line(struct table_work *w, size_t n, const char *const *field)
{
    strbuf_reset(&w->line);
    for (size_t i = 0; i < n; i++) {
        if (i)
            strbuf_addc(&w->line, ',');
        report_csv_text(&w->line, field[i] ? field[i] : "");
    }
    strbuf_addc(&w->line, '\n');
    out_file_add(&w->out, strbuf_str(&w->line), w->line.len);
}

static bool
put_row(void *ctx, size_t n, const char *const *name, const char *const *value,
        const char *type)
{
    struct table_work *w = ctx;

    (void)type;
    if (!w->out.fp) {
        if ((w->e = out_file_open(&w->out, w->path, w->eb)))
            return false;
        add_line(w, n, name);
    }
    add_line(w, n, value);
    return !out_file_failed(&w->out);
}

/* A table of no rows: its columns. */
static enum err
put_head(struct table_work *w, struct store *s, const char *query, struct errbuf *eb)
{
    struct strlist name = {0};
    enum err e = store_query_columns(s, query, &name, eb);

    if (!e && !(e = out_file_open(&w->out, w->path, eb)))
        add_line(w, name.n, (const char *const *)name.item);
    strlist_release(&name);
    return e;
}

static enum err
write_table(const struct export_run *r, enum own_table t, const char *path,
            struct errbuf *eb)
{
    const struct store_bind bind = {
        .name = ":run_id", .kind = BIND_INT, .i = r->run_id};
    struct table_work w = {.path = path, .eb = eb};
    enum err e = store_query(r->store, tables[t].query, &bind, 1, put_row, &w, eb);

    e = e ? e : w.e;
    if (!e && !w.out.fp && tables[t].always)
        e = put_head(&w, r->store, tables[t].query, eb);
    if (w.out.fp) {
        enum err closed = out_file_close(&w.out, e == ERR_OK, e ? NULL : eb);
        e = e ? e : closed;
    }
    strbuf_release(&w.line);
    return e;
}

enum err
own_tables_write(const struct export_run *r, const struct export_place *place,
                 struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (enum own_table t = 0; t < OWN_TABLES && !e; t++) {
        char *path;

        if ((e = export_place_file(place, tables[t].file, &path, eb)))
            break;
        e = write_table(r, t, path, eb);
        free(path);
    }
    return e;
}
