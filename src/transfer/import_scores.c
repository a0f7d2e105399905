/* import_scores.c - the tables beside a run as evaluations. */
#include "transfer/import_scores.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strlist.h"
#include "base/xalloc.h"
#include "exchange/report_table.h"
#include "exchange/whole_file.h"
#include "spec/decode.h"
#include "spec/spec.h"
#include "transfer/import_details.h"
#include "transfer/import_places.h"
#include "transfer/published.h"

/* What is gathered for one evaluation. */
struct gather {
    const struct import_scores_wish *wish;
    struct import_report *report;
    struct digest *digest, *content; /* of the folder; of its results alone */
    const char *folder;
    struct strlist file; /* names in the folder */
    struct arena *arena; /* of what outlives this */
    struct store_f1 *f1; /* owned until handed over */
    size_t n_f1, f1_cap;
    struct store_average *average;
    size_t n_averages, average_cap;
    bool has_all, has_class; /* a table has such rows already */
    struct strlist has;      /* facets of groups likewise */
    size_t n_files;
};

/* --- rows --- */

static struct store_f1 *
add_row(struct gather *g, const char *facet, const char *label)
{
    g->f1 = grow(g->f1, &g->f1_cap, g->n_f1 + 1, sizeof *g->f1);
    g->f1[g->n_f1] = (struct store_f1){.facet = facet,
                                       .label = label,
                                       .precision = (double)NAN,
                                       .recall = (double)NAN,
                                       .f1 = (double)NAN,
                                       .f1_weighted = (double)NAN,
                                       .f1_micro = (double)NAN,
                                       .accuracy = (double)NAN};
    return &g->f1[g->n_f1++];
}

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
add_average(struct gather *g, const struct store_f1 *f, const char *average,
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
put_average(struct gather *g, struct store_f1 *f, const struct report_table_row *r)
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
class_label(const struct gather *g, const char *name, const char **label,
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
put_class(struct gather *g, const char *facet, const char *group,
          const struct report_table_row *r, struct errbuf *eb)
{
    const char *label;
    enum err e = class_label(g, r->name, &label, eb);

    if (e)
        return e;
    struct store_f1 *f = add_row(g, group ? facet : "class", group ? group : label);
    f->class_name = group ? label : NULL;
    f->n_classes = 1;
    set_scores(f, r);
    return ERR_OK;
}

static enum err
put_rows(struct gather *g, const struct published_table *kind,
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
            add_row(g, facet, gs->text[k]);
        }
        put_average(g, &g->f1[gs->row[k]], r);
    }
    return e;
}

/* What the rows of a table are about, and what an earlier one had. */
static enum err
check_rows(struct gather *g, const struct published_table *kind,
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
take_table(struct gather *g, const struct published_table *kind,
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
digest_table(struct gather *g, const char *name, const char *path)
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
read_table(struct gather *g, const struct published_table *kind, const char *name)
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

/* --- files --- */

static bool
ends_in(const char *name, const char *suffix)
{
    size_t n = strlen(name), k = strlen(suffix);

    return n > k && strcmp(name + n - k, suffix) == 0;
}

static void
list_files(struct strlist *out, const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *d;

    while (dir && (d = readdir(dir)))
        strlist_add(out, d->d_name);
    if (dir)
        closedir(dir);
    strlist_sort(out);
}

/* The file with that suffix, one that starts with the model before others; NULL: none. */
static const char *
find_file(const struct gather *g, const char *suffix)
{
    const char *found = NULL;
    size_t n = strlen(g->wish->model);

    for (size_t i = 0; i < g->file.n; i++) {
        const char *name = g->file.item[i];
        bool by_model = strncmp(name, g->wish->model, n) == 0;

        if (!ends_in(name, suffix))
            continue;
        if (found && (strncmp(found, g->wish->model, n) == 0 || !by_model)) {
            import_report_add(g->report, IMPORT_NOT_TAKEN, "file", name, NULL,
                              "%s in %s is taken", found, g->folder);
            continue;
        }
        found = name;
    }
    return found;
}

static bool
is_known(const char *name)
{
    const struct published_table *kind;

    for (size_t k = 0; (kind = published_table(k)); k++)
        if (ends_in(name, kind->suffix))
            return true;
    return !ends_in(name, "_metrics.csv");
}

/* Tables by another column: MODEL_per_COLUMN_metrics.csv. */
static void
read_others_by_column(struct gather *g)
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

static void
read_tables(struct gather *g)
{
    const struct published_table *kind;

    for (size_t i = 0; (kind = published_table(i)); i++) {
        const char *name = find_file(g, kind->suffix);

        if (name)
            read_table(g, kind, name);
    }
    read_others_by_column(g);
}

/* --- predictions --- */

static bool
same(double a, double b)
{
    return fabs(a - b) <= 1e-9;
}

static const struct store_f1 *
find_all(const struct store_f1 *f, size_t n, const char *rule)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(f[i].facet, "all") == 0 && (!rule || strcmp(f[i].rule, rule) == 0))
            return &f[i];
    return NULL;
}

/* The rule whose numbers the tables have. */
static const char *
rule_of(const struct gather *g, const struct import_details *d)
{
    const struct store_f1 *table = find_all(g->f1, g->n_f1, NULL),
                          *exact = find_all(d->f1, d->n_f1, "exact"),
                          *hierarchy = find_all(d->f1, d->n_f1, "hierarchy");

    if (g->wish->rule)
        return g->wish->rule;
    if (table && exact && hierarchy && same(table->accuracy, exact->accuracy) &&
        !same(table->accuracy, hierarchy->accuracy))
        return "exact";
    return "hierarchy";
}

static void
row_key(struct strbuf *key, const struct store_f1 *f)
{
    strbuf_reset(key);
    strbuf_adds(key, f->rule);
    strbuf_addc(key, '\x1f');
    strbuf_adds(key, f->facet);
    strbuf_addc(key, '\x1f');
    strbuf_adds(key, f->label);
    strbuf_addc(key, '\x1f');
    if (f->class_name)
        strbuf_adds(key, f->class_name);
}

static void
fill(double *to, double from)
{
    if (isnan(*to))
        *to = from;
}

/* What a table leaves out of a row that it has. */
static void
fill_row(struct store_f1 *to, const struct store_f1 *from)
{
    fill(&to->precision, from->precision);
    fill(&to->recall, from->recall);
    fill(&to->f1, from->f1);
    fill(&to->f1_weighted, from->f1_weighted);
    fill(&to->f1_micro, from->f1_micro);
    fill(&to->accuracy, from->accuracy);
}

/* Add the rows and numbers that the tables lack. */
static void
add_details(struct gather *g, const struct import_details *d)
{
    struct intern *have = intern_new();
    struct strbuf key = {0};

    for (size_t i = 0; i < g->n_f1; i++) {
        row_key(&key, &g->f1[i]);
        intern_add(have, strbuf_str(&key));
    }
    for (size_t i = 0; i < d->n_f1; i++) {
        row_key(&key, &d->f1[i]);
        size_t at = intern_find(have, strbuf_str(&key));
        if (at != SIZE_MAX) {
            fill_row(&g->f1[at], &d->f1[i]);
            continue;
        }
        struct store_f1 *f = add_row(g, NULL, NULL);
        *f = d->f1[i];
        f->facet = arena_strdup(g->arena, f->facet);
        f->label = arena_strdup(g->arena, f->label);
        f->class_name = arena_strdup(g->arena, f->class_name);
    }
    strbuf_release(&key);
    intern_free(have);
}

static struct store_confusion *
copy_confusions(struct gather *g, const struct import_details *d)
{
    struct store_confusion *out = xcalloc(d->n_confusions, sizeof *out);

    for (size_t i = 0; i < d->n_confusions; i++) {
        out[i] = d->confusion[i];
        out[i].true_label = arena_strdup(g->arena, out[i].true_label);
        out[i].predicted_label = arena_strdup(g->arena, out[i].predicted_label);
    }
    return out;
}

/* A row's group and class, whatever the rule: supports do not depend on it. */
static void
cells_key(struct strbuf *key, const struct store_f1 *f)
{
    strbuf_reset(key);
    strbuf_addf(key, "%s\x1f%s\x1f%s", f->facet, f->label,
                f->class_name ? f->class_name : "");
}

/* The first row of the tables that counts other cells than the predictions, of which
 * those of no class may be counted or not; *n: cells of the predictions.  NULL: none. */
static const struct store_f1 *
find_other_cells(const struct gather *g, const struct import_details *d, int64_t *n)
{
    struct intern *have = intern_new();
    int64_t *support = xcalloc(d->n_f1 + 1, sizeof *support);
    struct strbuf key = {0};
    const struct store_f1 *other = NULL;

    for (size_t i = 0; i < d->n_f1; i++) {
        cells_key(&key, &d->f1[i]);
        support[intern_add(have, strbuf_str(&key))] = d->f1[i].support;
    }
    for (size_t i = 0; i < g->n_f1 && !other; i++) {
        const struct store_f1 *f = &g->f1[i];

        cells_key(&key, f);
        size_t at = intern_find(have, strbuf_str(&key));
        bool is_known = at != SIZE_MAX || strcmp(f->facet, "class") == 0;
        *n = at == SIZE_MAX ? 0 : support[at];
        if (is_known && f->support > 0 &&
            (f->support < *n || f->support - *n > d->n_unknown))
            other = f;
    }
    strbuf_release(&key);
    free(support);
    intern_free(have);
    return other;
}

/* Numbers of other cells do not become one evaluation: the tables stand. */
static bool
refuse_other_cells(struct gather *g, const struct import_details *d, const char *path)
{
    int64_t n;
    const struct store_f1 *f = find_other_cells(g, d, &n);

    if (f)
        import_report_add(g->report, IMPORT_NOT_TAKEN, "file", path, NULL,
                          "predictions of other cells than the tables beside it: %s "
                          "'%.60s' has %lld here and a support of %lld there",
                          f->facet, f->label, (long long)n, (long long)f->support);
    return f != NULL;
}

/* What cells of each class were taken for. */
static void
digest_details(struct gather *g, const struct import_details *d)
{
    digest_addu(g->content, (uint64_t)d->n_cells);
    digest_addu(g->content, (uint64_t)d->n_unknown);
    for (size_t i = 0; i < d->n_confusions; i++) {
        digest_adds(g->content, d->confusion[i].true_label);
        digest_adds(g->content, d->confusion[i].predicted_label);
        digest_addu(g->content, (uint64_t)d->confusion[i].n);
    }
}

static void
read_details(struct gather *g, struct import_details *d)
{
    const char *name = find_file(g, PUBLISHED_DETAILS);
    struct errbuf eb = {""};

    *d = (struct import_details){0};
    if (!name)
        return;
    char *path = xasprintf("%s/%s", g->folder, name);
    digest_adds(g->digest, name);
    if (!g->wish->classes)
        import_report_add(g->report, IMPORT_NOT_TAKEN, "file", path, NULL,
                          "the labels of the classes are not known");
    else if (import_details_read(d, path, g->wish->classes, g->digest, &eb))
        import_report_add(g->report, IMPORT_UNREADABLE, "file", path, NULL, "%s",
                          eb.text);
    else if (refuse_other_cells(g, d, path))
        import_details_release(d);
    else
        import_report_add(g->report, IMPORT_ADDED, "file", path, NULL,
                          "%lld cells, %lld of no class left out",
                          (long long)d->n_cells, (long long)d->n_unknown);
    g->n_files += d->n_f1 > 0;
    digest_details(g, d);
    free(path);
}

/* --- an evaluation --- */

/* The rows of classes of which a row of averages is made: a key for both. */
static void
average_key(struct strbuf *key, const struct store_f1 *f, bool is_class)
{
    bool in_group = f->class_name || !is_class;

    strbuf_reset(key);
    strbuf_adds(key, f->rule);
    strbuf_addc(key, '\x1f');
    strbuf_adds(key, in_group ? f->facet : "all");
    strbuf_addc(key, '\x1f');
    strbuf_adds(key, in_group ? f->label : "all");
}

static bool
is_class_row(const struct store_f1 *f)
{
    return f->class_name || strcmp(f->facet, "class") == 0;
}

/* Whether two rows are of classes within one group, as far as can be seen at once. */
static bool
same_group(const struct store_f1 *a, const struct store_f1 *b)
{
    return a->class_name && b->class_name && a->rule == b->rule &&
           a->facet == b->facet && a->label == b->label;
}

enum { SUMS_MAX = 3 }; /* that are said of an evaluation */

/* A note where the classes of a group have more or fewer cells than it says itself. */
static void
check_sum(const struct gather *g, const struct store_f1 *f, int64_t sum,
          int64_t n_unknown, size_t *n_said)
{
    int64_t less = f->support - sum;

    if (f->support <= 0 || sum <= 0 || less == 0 || less == n_unknown)
        return;
    if (++*n_said <= SUMS_MAX)
        import_report_add(g->report, IMPORT_NOT_TAKEN, "sum", g->folder, NULL,
                          "%s '%.60s': the supports of its classes add up to %lld, its "
                          "own is %lld; both stand as they are",
                          f->facet, f->label, (long long)sum, (long long)f->support);
}

static void
add_support(int64_t *sum, int64_t support)
{
    if (__builtin_add_overflow(*sum, support, sum))
        *sum = INT64_MAX;
}

/* Classes averaged: as many as have rows; 0 where nothing says it. */
static void
count_classes(struct gather *g, int64_t n_unknown)
{
    struct intern *average = intern_new();
    struct strbuf key = {0};

    for (size_t i = 0; i < g->n_f1; i++)
        if (!is_class_row(&g->f1[i])) {
            average_key(&key, &g->f1[i], false);
            intern_add(average, strbuf_str(&key));
        }
    size_t n = intern_count(average), k = SIZE_MAX;
    size_t *row = xcalloc(n + 1, sizeof *row);
    int64_t *count = xcalloc(n + 1, sizeof *count);
    int64_t *sum = xcalloc(n + 1, sizeof *sum);
    size_t n_said = 0;
    for (size_t i = 0; i < g->n_f1; i++) {
        bool is_class = is_class_row(&g->f1[i]);
        if (i == 0 || !is_class || !same_group(&g->f1[i], &g->f1[i - 1])) {
            average_key(&key, &g->f1[i], is_class);
            k = intern_find(average, strbuf_str(&key));
        }
        if (k != SIZE_MAX && is_class) {
            count[k]++;
            add_support(&sum[k], g->f1[i].support);
        } else if (k != SIZE_MAX)
            row[k] = i + 1;
    }
    for (size_t j = 0; j < n; j++) {
        struct store_f1 *f = row[j] ? &g->f1[row[j] - 1] : NULL;

        if (f)
            check_sum(g, f, sum[j], n_unknown, &n_said);
        if (f && f->n_classes == 0)
            f->n_classes = count[j];
    }
    if (n_said > SUMS_MAX)
        import_report_add(g->report, IMPORT_NOT_TAKEN, "sum", g->folder, NULL,
                          "and %zu more whose classes do not add up",
                          n_said - SUMS_MAX);
    free(sum);
    free(row);
    free(count);
    strbuf_release(&key);
    intern_free(average);
}

static int64_t
count_cells(const struct gather *g, const struct import_details *d)
{
    const struct store_f1 *all = find_all(g->f1, g->n_f1, NULL);
    int64_t n = 0;

    if (all && all->support > 0)
        return all->support;
    for (size_t i = 0; i < g->n_f1; i++)
        if (strcmp(g->f1[i].facet, "class") == 0)
            n += g->f1[i].support;
    return n ? n : d->n_cells;
}

/* Tables do not say which cells they are about: an evaluation of that name on as many
 * cells is taken for one on the same cells. */
static const char *
cells_digest(struct gather *g, const char *name, int64_t n)
{
    char *hex = arena_alloc(g->arena, DIGEST_HEX, 1);
    struct digest d;

    digest_init(&d);
    digest_adds(&d, "hcelab imported cells");
    digest_adds(&d, name);
    digest_addu(&d, (uint64_t)n);
    digest_final(&d, hex);
    return hex;
}

static void
own(struct import_scores *s, void *rows)
{
    s->owned = grow(s->owned, &s->owned_cap, s->n_owned + 1, sizeof *s->owned);
    s->owned[s->n_owned++] = rows;
}

static void
hand_over(struct import_scores *s, struct gather *g, const char *name,
          const struct import_details *d)
{
    const char *rule = d->n_f1 || g->wish->rule ? rule_of(g, d) : "hierarchy";
    int64_t n_cells = count_cells(g, d);

    for (size_t i = 0; i < g->n_f1; i++)
        g->f1[i].rule = rule;
    for (size_t i = 0; i < g->n_averages; i++)
        g->average[i].rule = rule;
    add_details(g, d);
    count_classes(g, d->n_unknown);
    struct store_confusion *confusion = copy_confusions(g, d);
    own(s, g->f1);
    own(s, g->average);
    own(s, confusion);
    s->evaluation = grow(s->evaluation, &s->cap, s->n + 1, sizeof *s->evaluation);
    s->evaluation[s->n++] =
        (struct store_evaluation){.name = name,
                                  .cells_digest = cells_digest(g, name, n_cells),
                                  .checkpoint = "best",
                                  .is_primary = true,
                                  .is_imported = true,
                                  .n_cells = n_cells,
                                  .n_unknown = d->n_unknown,
                                  .f1 = g->f1,
                                  .n_f1 = g->n_f1,
                                  .average = g->average,
                                  .n_averages = g->n_averages,
                                  .confusion = confusion,
                                  .n_confusions = d->n_confusions};
}

static void
read_evaluation(struct import_scores *s, const char *name, struct gather *g)
{
    struct import_details d = {0};

    digest_adds(g->content, name);
    list_files(&g->file, g->folder);
    read_tables(g);
    read_details(g, &d);
    s->n_files += g->n_files;
    if (g->n_f1 || d.n_f1) {
        hand_over(s, g, name, &d);
    } else {
        free(g->f1);
        free(g->average);
    }
    import_details_release(&d);
    strlist_release(&g->file);
    strlist_release(&g->has);
}

/* One evaluation in its folder `below` that of the run. */
static void
read_below(struct import_scores *s, const struct gather *how, const char *folder,
           const char *name, const char *below)
{
    if (how->wish->known && strlist_has(how->wish->known, name))
        return;
    char *path = import_places_find(folder, below, how->report);
    struct gather g = *how;

    g.folder = path;
    g.arena = &s->arena;
    read_evaluation(s, arena_strdup(&s->arena, name), &g);
    free(path);
}

/* How classes were told from probabilities is said behind the name. */
static enum err
check_name(const char *name, struct errbuf *eb)
{
    size_t n;

    return decode_of_evaluation(name, &n) == DECODE_argmax || n == 0
               ? spec_check_evaluation("folder", name, eb)
               : ERR_OK;
}

/* Evaluations of other names, which export wrote. */
static void
read_others(struct import_scores *s, const struct gather *how, const char *folder)
{
    char *all = xasprintf("%s/%s", folder, PUBLISHED_OTHERS);
    struct strlist below = {0};

    list_files(&below, all);
    for (size_t i = 0; i < below.n; i++) {
        if (*below.item[i] == '.')
            continue;
        char *path = xasprintf("%s/%s", PUBLISHED_OTHERS, below.item[i]);
        char *name = published_name(below.item[i]);
        struct errbuf eb = {""};

        if (check_name(name, &eb))
            import_report_add(how->report, IMPORT_UNREADABLE, "folder", path, NULL,
                              "%s", eb.text);
        else
            read_below(s, how, folder, name, path);
        free(name);
        free(path);
    }
    strlist_release(&below);
    free(all);
}

void
import_scores_read(struct import_scores *s, const char *folder,
                   const struct import_scores_wish *wish, struct digest *digest,
                   struct import_report *report)
{
    struct digest content;
    struct gather how = {
        .wish = wish, .report = report, .digest = digest, .content = &content};
    const char *name, *below;

    *s = (struct import_scores){0};
    digest_init(&content);
    for (size_t i = 0; (name = published_evaluation(i, &below)); i++)
        read_below(s, &how, folder, name, below);
    read_others(s, &how, folder);
    digest_final(&content, s->content);
}

void
import_scores_release(struct import_scores *s)
{
    for (size_t i = 0; i < s->n_owned; i++)
        free(s->owned[i]);
    free(s->owned);
    free(s->evaluation);
    arena_release(&s->arena);
    *s = (struct import_scores){0};
}
