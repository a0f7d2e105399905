/* import_tables.c - tables of scores. */
#include "transfer/import_tables.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "exchange/report_table.h"
#include "exchange/whole_file.h"
#include "spec/decode.h"
#include "spec/spec.h"
#include "transfer/import_places.h"
#include "transfer/published.h"

/* --- rows --- */

static void
set_scores(struct store_f1 *f, const struct report_table_row *r)
{
    f->precision = r->value[REPORT_PRECISION];
    f->recall = r->value[REPORT_RECALL];
    f->f1 = r->value[REPORT_F1];
    if (r->support >= 0)
        f->support = r->support;
}

static void
add_average(struct import_gather *g, const struct store_f1 *f, const char *average,
            const struct report_table_row *r)
{
    g->average =
        grow(g->average, &g->average_cap, g->n_averages + 1, sizeof *g->average);
    g->average[g->n_averages++] =
        (struct store_average){.facet = f->facet,
                               .label = f->label,
                               .average = average,
                               .precision = r->value[REPORT_PRECISION],
                               .recall = r->value[REPORT_RECALL],
                               .f1 = r->value[REPORT_F1]};
}

/* What a table has a column for. */
static void
take(double *to, double from)
{
    if (!isnan(from))
        *to = from;
}

/* Put what a row says of a whole group, or of all cells, into its row of averages. */
static void
put_average(struct import_gather *g, struct store_f1 *f,
            const struct report_table_row *r)
{
    switch (r->kind) {
    case REPORT_CLASS: break;
    case REPORT_WHOLE:
    case REPORT_MACRO: /* of a group with other averages beside these, maybe */
        set_scores(f, r);
        take(&f->f1_weighted, r->value[REPORT_F1_WEIGHTED]);
        take(&f->f1_micro, r->value[REPORT_F1_MICRO]);
        take(&f->accuracy, r->value[REPORT_ACCURACY]);
        break;
    case REPORT_OVERALL: /* written where micro averages and accuracy are one number */
        f->accuracy = f->f1_micro = r->value[REPORT_F1];
        break;
    case REPORT_MICRO:
        add_average(g, f, "micro", r);
        f->f1_micro = r->value[REPORT_F1];
        f->accuracy = r->value[REPORT_RECALL]; /* over the classes of the truth */
        break;
    case REPORT_WEIGHTED:
        add_average(g, f, "weighted", r);
        f->f1_weighted = r->value[REPORT_F1];
        if (r->support >= 0)
            f->support = r->support;
        break;
    }
}

/* --- tables --- */

/* The groups of a table: texts that stay, and the row of averages of each. */
struct groups {
    struct intern *name; /* owned */
    const char **text;   /* (n) owned array */
    size_t *row;         /* (n) owned; index into f1, SIZE_MAX: none yet */
    size_t text_cap, row_cap;
};

static size_t
group_of(struct groups *gs, struct arena *a, const char *name)
{
    size_t known = intern_count(gs->name), i = intern_add(gs->name, name);

    if (i == known) {
        gs->text = grow(gs->text, &gs->text_cap, i + 1, sizeof *gs->text);
        gs->row = grow(gs->row, &gs->row_cap, i + 1, sizeof *gs->row);
        gs->text[i] = arena_strdup(a, name);
        gs->row[i] = SIZE_MAX;
    }
    return i;
}

static enum err
class_label(const struct import_gather *g, const char *name, const char **label,
            struct errbuf *eb)
{
    const struct import_classes *classes = g->wish->classes;

    *label = classes ? import_classes_label(classes, name) : NULL;
    if (!classes)
        *label = arena_strdup(g->arena, name);
    else if (!*label)
        return err_set(eb, ERR_FORMAT,
                       "class '%.60s' is none of the %zu built-in types", name,
                       classes->rd.classes.C);
    return ERR_OK;
}

static enum err
put_class(struct import_gather *g, const char *facet, const char *group,
          const struct report_table_row *r, struct errbuf *eb)
{
    const char *label;
    enum err e = class_label(g, r->name, &label, eb);

    if (e)
        return e;
    struct store_f1 *f =
        import_gather_row(g, group ? facet : "class", group ? group : label);
    f->class_name = group ? label : NULL;
    f->n_classes = 1;
    set_scores(f, r);
    return ERR_OK;
}

static enum err
put_rows(struct import_gather *g, const struct published_table *kind,
         const struct report_table *t, struct groups *gs, struct errbuf *eb)
{
    bool is_subset = strcmp(kind->facet, PUBLISHED_SUBSET) == 0;
    enum err e = ERR_OK;

    for (size_t i = 0; i < t->n && !e; i++) {
        const struct report_table_row *r = &t->row[i];
        const char *facet = kind->group || is_subset ? kind->facet : "all";
        const char *name = r->group    ? r->group
                           : is_subset ? PUBLISHED_SUBSET_LABEL
                                       : "all";
        size_t k = group_of(gs, g->arena, name);

        if (r->kind == REPORT_CLASS) {
            e = put_class(g, facet, r->group ? gs->text[k] : NULL, r, eb);
            continue;
        }
        if (gs->row[k] == SIZE_MAX) {
            gs->row[k] = g->n_f1;
            import_gather_row(g, facet, gs->text[k]);
        }
        put_average(g, &g->f1[gs->row[k]], r);
    }
    return e;
}

/* What the rows of a table are about, and what an earlier one had. */
static enum err
check_rows(struct import_gather *g, const struct published_table *kind,
           const struct report_table *t, struct errbuf *eb)
{
    bool all = false, classes = false, by_number = false, by_name = false;
    bool is_subset = strcmp(kind->facet, PUBLISHED_SUBSET) == 0;

    for (size_t i = 0; i < t->n; i++) {
        bool is_class = t->row[i].kind == REPORT_CLASS;

        all |= !is_class && !kind->group;
        classes |= is_class && !kind->group;
        by_number |= is_class && import_classes_is_number(t->row[i].name);
        by_name |= is_class && !import_classes_is_number(t->row[i].name);
    }
    if (by_number && by_name)
        return err_set(eb, ERR_FORMAT, "some classes by number and some by name");
    if (is_subset && classes)
        return err_set(eb, ERR_FORMAT, "rows of classes in a table of averages");
    if (is_subset)
        return ERR_OK;
    if ((all && g->has_all) || (classes && g->has_class) ||
        (kind->group && strlist_has(&g->has, kind->facet)))
        return err_set(eb, ERR_FORMAT, "rows that another table has already");
    g->has_all |= all;
    g->has_class |= classes;
    return ERR_OK;
}

/* Take a table whole or not at all. */
static enum err
take_table(struct import_gather *g, const struct published_table *kind,
           const struct report_table *t, struct errbuf *eb)
{
    size_t n_f1 = g->n_f1, n_averages = g->n_averages;
    bool has_all = g->has_all, has_class = g->has_class;
    struct groups gs = {.name = intern_new()};
    enum err e = check_rows(g, kind, t, eb);

    if (!e)
        e = put_rows(g, kind, t, &gs, eb);
    if (!e && kind->group)
        strlist_add(&g->has, kind->facet);
    if (e) {
        g->n_f1 = n_f1;
        g->n_averages = n_averages;
        g->has_all = has_all;
        g->has_class = has_class;
    }
    intern_free(gs.name);
    free(gs.text);
    free(gs.row);
    return e;
}

/* Contents go into the digest, whether they can be understood or not; never those of a
 * pipe or a device, which have no end. */
static void
digest_table(struct import_gather *g, const char *name, const char *path)
{
    char *text;
    size_t n;

    digest_adds(g->digest, name);
    digest_adds(g->content, name);
    if (!whole_file_read(path, CSV_TABLE_BYTES, &text, &n, NULL)) {
        digest_add(g->digest, text, n);
        digest_add(g->content, text, n);
        free(text);
    } /* else said when it is read */
}

static void
read_table(struct import_gather *g, const struct published_table *kind,
           const char *name)
{
    char *path = xasprintf("%s/%s", g->folder, name);
    struct report_table t;
    struct errbuf eb = {""};

    digest_table(g, name, path);
    enum err e = report_table_read(&t, kind->group, path, &eb);
    if (!e)
        e = take_table(g, kind, &t, &eb);
    if (e)
        import_report_add(g->report, IMPORT_UNREADABLE, "file", path, NULL, "%s",
                          eb.text);
    else if (t.n == 0)
        import_report_add(g->report, IMPORT_NOT_TAKEN, "file", path, NULL,
                          "names of columns, and no row below them");
    else
        import_report_add(g->report, IMPORT_ADDED, "file", path, NULL, "%zu rows", t.n);
    g->n_files += !e && t.n;
    for (size_t i = 0; !e && i < t.unknown.n; i++)
        import_report_add(g->report, IMPORT_NOT_TAKEN, "column", path, NULL,
                          "'%.80s' is no column that has a meaning here",
                          t.unknown.item[i]);
    report_table_release(&t);
    free(path);
}

/* --- all tables --- */

static bool
is_known(const char *name)
{
    const struct published_table *kind;

    for (size_t k = 0; (kind = published_table(k)); k++)
        if (import_gather_ends_in(name, kind->suffix))
            return true;
    return !import_gather_ends_in(name, "_metrics.csv");
}

/* Tables by another column: MODEL_per_COLUMN_metrics.csv. */
static void
read_others_by_column(struct import_gather *g)
{
    for (size_t i = 0; i < g->file.n; i++) {
        const char *name = g->file.item[i], *per = strstr(name, "_per_");

        if (is_known(name))
            continue;
        if (!per) {
            import_report_add(g->report, IMPORT_NOT_TAKEN, "file", name, NULL,
                              "a table of a kind that is not known, in %s", g->folder);
            continue;
        }
        char *part = xstrndup(per + 5, strlen(per + 5) - strlen("_metrics.csv"));
        char *column = published_name(part);
        const char *facet = arena_strdup(g->arena, column);
        read_table(g, &(struct published_table){per, facet, facet}, name);
        free(column);
        free(part);
    }
}

void
import_tables_read(struct import_gather *g)
{
    const struct published_table *kind;

    for (size_t i = 0; (kind = published_table(i)); i++) {
        const char *name = import_gather_file(g, kind->suffix);

        if (name)
            read_table(g, kind, name);
    }
    read_others_by_column(g);
}
