/* parquet_table.c - a small Parquet file as a table. */
#include "data/parquet_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static const char index_column[] = "__index_level_0__";

bool
parquet_table_has(const struct parquet *f, const char *column, enum flat_kind kind)
{
    size_t c = parquet_find(f, column);

    return c != SIZE_MAX && parquet_flat_kind(&f->column[c]) == kind;
}

/* Read every row group; take (ctx, values) each. */
static enum err
read_column(const struct parquet *f, const char *column, enum flat_kind kind,
            void (*take)(void *ctx, const struct parquet_flat *v,
                         const struct intern *text),
            void *ctx, bool *any_missing, struct errbuf *eb)
{
    struct parquet_pages p = {0};
    struct parquet_flat v = {0};
    struct intern *text = intern_new();
    enum err e = ERR_OK;

    *any_missing = false;
    if (!parquet_table_has(f, column, kind))
        e = err_set(eb, ERR_FORMAT, "%s: has no column %s of %s", f->name, column,
                    kind == FLAT_INTS ? "integers" : "texts");
    for (size_t g = 0; g < f->n_groups && !e; g++) {
        e = parquet_flat_read(&v, &p, f, g, parquet_find(f, column), text, eb);
        for (size_t i = 0; i < v.n && !e; i++)
            *any_missing |= v.is_missing[i];
        if (!e)
            take(ctx, &v, text);
    }
    parquet_flat_release(&v);
    parquet_pages_release(&p);
    intern_free(text);
    return e;
}

static void
take_texts(void *ctx, const struct parquet_flat *v, const struct intern *text)
{
    for (size_t i = 0; i < v->n; i++)
        strlist_add(ctx, v->t[i] < 0 ? "" : intern_text(text, (size_t)v->t[i]));
}

enum err
parquet_table_texts(const struct parquet *f, const char *column, struct strlist *out,
                    struct errbuf *eb)
{
    bool any_missing;

    return read_column(f, column, FLAT_TEXTS, take_texts, out, &any_missing, eb);
}

static void
take_ints(void *ctx, const struct parquet_flat *v, const struct intern *text)
{
    int64_t **at = ctx;

    (void)text;
    if (v->n)
        memcpy(*at, v->i, v->n * sizeof **at);
    *at += v->n;
}

enum err
parquet_table_ints(const struct parquet *f, const char *column, int64_t **out,
                   struct errbuf *eb)
{
    bool any_missing = false;
    enum err e = big_calloc(out, f->n_rows, sizeof **out, "a column", eb);
    int64_t *at = *out;

    if (!e)
        e = read_column(f, column, FLAT_INTS, take_ints, &at, &any_missing, eb);
    if (!e && any_missing)
        e = err_set(eb, ERR_FORMAT, "%s: column %s has missing values", f->name,
                    column);
    if (e) {
        free(*out);
        *out = NULL;
    }
    return e;
}

/* --- lookups --- */

/* The only column of that kind but for `but`, NULL: none, or several. */
static const char *
only_column(const struct parquet *f, enum flat_kind kind, const char *but)
{
    const char *found = NULL;
    size_t n = 0;

    for (size_t i = 0; i < f->n_columns; i++)
        if (parquet_flat_kind(&f->column[i]) == kind &&
            strcmp(f->column[i].name, but) != 0) {
            found = f->column[i].name;
            n++;
        }
    return n == 1 ? found : NULL;
}

static enum err
order_by_code(const struct parquet *f, const int64_t *code, const struct strlist *text,
              struct strlist *out, struct errbuf *eb)
{
    const char **label = xcalloc(text->n, sizeof *label);
    enum err e = ERR_OK;

    for (size_t i = 0; i < text->n && !e; i++) {
        if (code[i] < 0 || (uint64_t)code[i] >= text->n || label[code[i]])
            e = err_set(eb, ERR_FORMAT,
                        "%s: the code %lld (row %zu) is not one of 0 to %zu, or is "
                        "there twice",
                        f->name, (long long)code[i], i, text->n - 1);
        else
            label[code[i]] = text->item[i];
    }
    for (size_t i = 0; i < text->n && !e; i++)
        strlist_add(out, label[i]);
    free(label);
    return e;
}

static enum err
read_lookup(const struct parquet *f, struct strlist *out, struct errbuf *eb)
{
    bool has_label = parquet_table_has(f, "label", FLAT_TEXTS);
    const char *label = has_label ? "label" : only_column(f, FLAT_TEXTS, index_column);
    const char *index = parquet_table_has(f, index_column, FLAT_INTS)
                            ? index_column
                            : only_column(f, FLAT_INTS, "");
    struct strlist text = {0};
    int64_t *code = NULL;

    if (!label)
        return err_set(eb, ERR_FORMAT, "%s: has no column label of texts", f->name);
    enum err e = parquet_table_texts(f, label, index ? &text : out, eb);

    if (!e && index)
        e = parquet_table_ints(f, index, &code, eb);
    if (!e && index)
        e = order_by_code(f, code, &text, out, eb);
    free(code);
    strlist_release(&text);
    return e;
}

enum err
parquet_table_lookup(const char *path, const char *name, struct strlist *out,
                     struct errbuf *eb)
{
    struct parquet f;
    enum err e = parquet_open(&f, path, name, eb);

    if (e)
        return e;
    e = read_lookup(&f, out, eb);
    parquet_close(&f);
    return e;
}
