/* model_axes.c - what the inputs and outputs of a model stand for, from a file. */
#include "transfer/model_axes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "data/dataset_load.h"
#include "data/obs_column.h"
#include "data/ontology.h"
#include "data/parquet.h"
#include "data/parquet_table.h"
#include "data/source.h"
#include "exchange/input_file.h"

enum { TEXT_MAX = 64 << 20 };

/* --- texts --- */

static bool
is_head(const char *first)
{
    static const char *const heads[] = {"gene_id",    "feature_id", "gene",
                                        "id",         "label",      "cell_type",
                                        "ensembl_id", "gene_ids",   "soma_joinid"};

    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        if (strcmp(first, heads[i]) == 0)
            return true;
    return false;
}

/* Cut the line at its tabs: *second = what stands between the first and the next, or "". */
static void
cut(char *line, const char **second)
{
    char *tab = strchr(line, '\t');

    line[strcspn(line, "\r")] = '\0';
    *second = "";
    if (!tab)
        return;
    *tab = '\0';
    *second = tab + 1;
    tab[1 + strcspn(tab + 1, "\t")] = '\0';
}

/* Append first and second column of the lines; b may be NULL. */
static void
add_lines(char *text, struct strlist *a, struct strlist *b)
{
    bool is_first = true;

    for (char *line = text, *next; line && *line; line = next) {
        const char *second;

        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        cut(line, &second);
        if (*line && !(is_first && is_head(line))) {
            strlist_add(a, line);
            if (b)
                strlist_add(b, second);
        }
        is_first = false;
    }
}

static enum err
read_lines(const char *path, struct strlist *a, struct strlist *b, struct errbuf *eb)
{
    struct input_file f;
    char *text = NULL;
    enum err e = input_file_open(&f, path, eb);

    if (e)
        return e;
    if (f.size > TEXT_MAX)
        e = err_set(eb, ERR_FORMAT, "%s: %llu bytes are no list of genes or classes",
                    path, (unsigned long long)f.size);
    if (!e) {
        text = xcalloc((size_t)f.size + 1, 1);
        e = input_file_read(&f, 0, text, (size_t)f.size, eb);
    }
    if (!e && (strlen(text) != f.size || !utf8_valid(text, (size_t)f.size)))
        e = err_set(eb, ERR_FORMAT,
                    "%s: neither a dataset, nor Parquet, nor a text in UTF-8", path);
    if (!e)
        add_lines(text, a, b);
    free(text);
    input_file_close(&f);
    return e;
}

/* --- genes --- */

static enum err
take_axis(struct model_axes *x, const struct gene_axis *g, const char *path,
          struct errbuf *eb)
{
    for (size_t i = 0; i < g->id.n; i++) {
        if (g->skip[i])
            return err_set(eb, ERR_FORMAT, "%s: gene %zu, '%s', is there twice or none",
                           path, i, g->id.item[i]);
        strlist_add(&x->gene_id, g->id.item[i]);
        strlist_add(&x->gene_name, g->name.item[i]);
    }
    return ERR_OK;
}

static bool
var_has_text(const void *table, const char *name)
{
    return parquet_table_has(table, name, FLAT_TEXTS);
}

static enum err
var_texts(const void *table, const char *name, struct strlist *out, struct errbuf *eb)
{
    static const char index[] = "__index_level_0__";

    return parquet_table_texts(table, name ? name : index, out, eb);
}

/* var.parquet of a store. */
static enum err
genes_of_parquet(struct model_axes *x, const char *path, struct errbuf *eb)
{
    struct parquet f = {0};
    struct gene_axis g = {0};
    struct notes none = {0};
    enum err e = parquet_open(&f, path, NULL, eb);

    if (e)
        return e;
    struct gene_table var = {.table = &f,
                             .name = "the table",
                             .n = f.n_rows,
                             .has_text = var_has_text,
                             .texts = var_texts};

    if (!(e = gene_axis_read(&g, &var, path, &none, eb)))
        e = take_axis(x, &g, path, eb);
    gene_axis_release(&g);
    parquet_close(&f);
    return e;
}

static enum err
genes_of_source(struct model_axes *x, const char *path, struct errbuf *eb)
{
    struct source s;
    struct source_matrix m = {0};
    struct gene_axis g = {0};
    struct notes none = {0};
    enum err e = source_open(&s, path, eb);

    if (e)
        return e;
    if (s.matrix.n == 0)
        e = err_set(eb, ERR_FORMAT, "%s: has no matrix, and so no genes", path);
    else
        e = source_matrix_open(&s, s.matrix.item[s.matrix.n - 1], &m, eb);
    if (!e) {
        if (!(e = s.ops->genes(&s, &m, &g, &none, eb)))
            e = take_axis(x, &g, path, eb);
        source_matrix_close(&m);
    }
    gene_axis_release(&g);
    source_close(&s);
    return e;
}

/* One Parquet file is a store of one part, unless it has no X. */
static bool
is_table(const char *path)
{
    struct parquet f = {0};
    bool yes = parquet_is(path) && parquet_open(&f, path, NULL, NULL) == ERR_OK &&
               parquet_find(&f, "X") == SIZE_MAX;

    parquet_close(&f);
    return yes;
}

static enum err
check_count(const char *path, const char *what, size_t has, size_t n, struct errbuf *eb)
{
    return has == n ? ERR_OK
                    : err_set(eb, ERR_CONFLICT, "%s has %zu %s, the model has %zu",
                              path, has, what, n);
}

enum err
model_axes_genes(struct model_axes *x, const char *path, size_t n, struct errbuf *eb)
{
    enum err e;

    if (is_table(path))
        e = genes_of_parquet(x, path, eb);
    else if (source_kind(path))
        e = genes_of_source(x, path, eb);
    else
        e = read_lines(path, &x->gene_id, &x->gene_name, eb);
    return e ? e : check_count(path, "genes", x->gene_id.n, n, eb);
}

/* --- classes --- */

static enum err
labels_of_column(struct model_axes *x, const struct source *s, struct errbuf *eb)
{
    struct obs_column col = {0};
    size_t n_merged;
    enum err e = s->ops->column(s, "cell_type", &col, &n_merged, eb);

    for (size_t i = 0; i < col.levels.n && !e; i++)
        if (!dataset_is_missing_label(col.levels.item[i]))
            strlist_add(&x->label, col.levels.item[i]);
    obs_column_release(&col);
    return e;
}

static enum err
labels_of_own(struct model_axes *x, const struct source *s, size_t n, struct errbuf *eb)
{
    struct source_own own = {0};
    enum err e = s->ops->own ? s->ops->own(s, &own, false, eb) : ERR_OK;

    for (size_t i = 0; !e && own.classes.n == n && i < n; i++)
        strlist_add(&x->label, own.classes.item[i]);
    source_own_release(&own);
    return e;
}

static enum err
labels_of_source(struct model_axes *x, const char *path, size_t n, struct errbuf *eb)
{
    struct source s;
    enum err e = source_open(&s, path, eb);

    if (e)
        return e;
    e = labels_of_own(x, &s, n, eb);
    if (!e && x->label.n == 0)
        e = labels_of_column(x, &s, eb);
    source_close(&s);
    return e;
}

/* The lookup table of a store that is a folder; NULL: it has none.  Caller frees. */
static char *
lookup_of(const char *path)
{
    char *table = xasprintf("%s/categorical_lookup/cell_type.parquet", path);
    struct stat st;

    if (stat(table, &st) == 0)
        return table;
    free(table);
    return NULL;
}

enum err
model_axes_labels(struct model_axes *x, const char *path, size_t n, struct errbuf *eb)
{
    char *table = lookup_of(path);
    enum err e;

    if (table || is_table(path))
        e = parquet_table_lookup(table ? table : path, table ? table : path, &x->label,
                                 eb);
    else if (source_kind(path))
        e = labels_of_source(x, path, n, eb);
    else
        e = read_lines(path, &x->label, NULL, eb);
    free(table);
    return e ? e : check_count(path, "classes", x->label.n, n, eb);
}

bool
model_axes_builtin_labels(struct model_axes *x, size_t n)
{
    struct ontology o;
    bool ok;

    ontology_load_builtin(&o);
    ok = o.n_terms == n;
    for (size_t i = 0; ok && i < n; i++)
        strlist_add(&x->label, o.term[i].name);
    if (ok)
        strlist_sort(&x->label);
    ontology_release(&o);
    return ok;
}

/* --- both --- */

static enum err
check_once(const struct strlist *l, const char *what, struct errbuf *eb)
{
    struct intern *seen = intern_new();
    enum err e = ERR_OK;

    for (size_t i = 0; i < l->n && !e; i++) {
        if (!*l->item[i])
            e = err_set(eb, ERR_FORMAT, "%s %zu has no name", what, i);
        else if (intern_add(seen, l->item[i]) != i)
            e = err_set(eb, ERR_FORMAT, "%s '%s' is there twice", what, l->item[i]);
    }
    intern_free(seen);
    return e;
}

enum err
model_axes_check(const struct model_axes *x, struct errbuf *eb)
{
    enum err e = check_once(&x->gene_id, "gene", eb);

    return e ? e : check_once(&x->label, "class", eb);
}

void
model_axes_release(struct model_axes *x)
{
    strlist_release(&x->gene_id);
    strlist_release(&x->gene_name);
    strlist_release(&x->label);
    *x = (struct model_axes){0};
}
