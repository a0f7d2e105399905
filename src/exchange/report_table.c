/* report_table.c - a published table of metrics: what its columns and rows are. */
#include "exchange/report_table.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

/* --- columns --- */

/* Names of columns, in any case of letters. */
static const struct {
    const char *name;
    enum report_metric metric; /* REPORT_METRICS: the support */
} metrics[] = {
    {"precision", REPORT_PRECISION},
    {"precision_macro", REPORT_PRECISION},
    {"macro_precision", REPORT_PRECISION},
    {"recall", REPORT_RECALL},
    {"recall_macro", REPORT_RECALL},
    {"macro_recall", REPORT_RECALL},
    {"f1-score", REPORT_F1},
    {"f1_score", REPORT_F1},
    {"f1", REPORT_F1},
    {"f1_macro", REPORT_F1},
    {"macro_f1", REPORT_F1},
    {"f1_weighted", REPORT_F1_WEIGHTED},
    {"weighted_f1", REPORT_F1_WEIGHTED},
    {"f1_micro", REPORT_F1_MICRO},
    {"micro_f1", REPORT_F1_MICRO},
    {"accuracy", REPORT_ACCURACY},
    {"support", REPORT_METRICS},
    {"n_cells", REPORT_METRICS},
    {"cells", REPORT_METRICS},
};
enum { N_METRICS = sizeof metrics / sizeof metrics[0] };

static const char *const class_names[] = {"class", "cell_type", "label"};

#define NO_COLUMN SIZE_MAX

struct columns {
    size_t value[REPORT_METRICS + 1]; /* the support last */
    size_t group, name;
    bool *is_taken; /* (columns) owned */
};

/* The place of a metric's column in value, or NO_COLUMN. */
static size_t
metric_of(const char *column)
{
    for (size_t i = 0; i < N_METRICS; i++)
        if (strcasecmp(column, metrics[i].name) == 0)
            return metrics[i].metric;
    return NO_COLUMN;
}

/* "", and what pandas makes of it when it reads and writes again. */
static bool
is_unnamed(const char *column)
{
    return !*column || strncmp(column, "Unnamed: ", 9) == 0;
}

static bool
is_class_name(const char *column)
{
    for (size_t i = 0; i < sizeof class_names / sizeof class_names[0]; i++)
        if (strcasecmp(column, class_names[i]) == 0)
            return true;
    return false;
}

/* Whether a column only counts its rows from 0, which pandas writes unless told not to. */
static bool
counts_rows(const struct csv_table *t, size_t column)
{
    char number[24];

    for (size_t i = 0; i < t->n_rows; i++) {
        snprintf(number, sizeof number, "%zu", i);
        if (strcmp(csv_table_get(t, i, column), number) != 0)
            return false;
    }
    return true;
}

static enum err
find_metrics(struct columns *c, const struct csv_table *t, const char *name,
             struct errbuf *eb)
{
    size_t n = 0;

    for (size_t i = 0; i < t->column.n; i++) {
        size_t m = metric_of(t->column.item[i]);

        if (m == NO_COLUMN)
            continue;
        if (c->value[m] != NO_COLUMN)
            return err_set(eb, ERR_FORMAT, "%s: columns '%s' and '%s' say the same",
                           name, t->column.item[c->value[m]], t->column.item[i]);
        c->value[m] = i;
        c->is_taken[i] = true;
        n += m != REPORT_METRICS;
    }
    return n ? ERR_OK : err_set(eb, ERR_FORMAT, "%s: no column of metrics", name);
}

/* The column that says the group: of its name, else "group", else the first that is
 * neither a metric nor a count of the rows. */
static void
find_group(struct columns *c, const struct csv_table *t, const char *group)
{
    const char *const names[] = {group, "group"};

    for (size_t k = 0; k < 2 && c->group == NO_COLUMN; k++)
        for (size_t i = 0; i < t->column.n && c->group == NO_COLUMN; i++)
            if (strcasecmp(t->column.item[i], names[k]) == 0)
                c->group = i;
    for (size_t i = 0; i < t->column.n && c->group == NO_COLUMN; i++)
        if (!c->is_taken[i] && is_unnamed(t->column.item[i]) && !counts_rows(t, i))
            c->group = i;
    for (size_t i = 0; i < t->column.n && c->group == NO_COLUMN; i++)
        if (!c->is_taken[i] && !is_unnamed(t->column.item[i]) &&
            !is_class_name(t->column.item[i]))
            c->group = i;
    if (c->group != NO_COLUMN)
        c->is_taken[c->group] = true;
}

/* The column that says the class or the average: the first without a name, else one that
 * is called so.  Beside a group it may be missing, and counts of rows are none. */
static void
find_name(struct columns *c, const struct csv_table *t, bool has_group)
{
    for (size_t i = 0; i < t->column.n && c->name == NO_COLUMN; i++)
        if (!c->is_taken[i] && is_unnamed(t->column.item[i])) {
            c->is_taken[i] = true; /* counts of rows are left out without a word */
            if (!has_group || !counts_rows(t, i))
                c->name = i;
        }
    for (size_t i = 0; i < t->column.n && c->name == NO_COLUMN; i++)
        if (!c->is_taken[i] && is_class_name(t->column.item[i])) {
            c->is_taken[i] = true;
            c->name = i;
        }
}

static enum err
find_columns(struct columns *c, const struct csv_table *t, const char *group,
             const char *name, struct errbuf *eb)
{
    for (size_t i = 0; i <= REPORT_METRICS; i++)
        c->value[i] = NO_COLUMN;
    c->group = c->name = NO_COLUMN;
    c->is_taken = xcalloc(t->column.n, sizeof *c->is_taken);
    enum err e = find_metrics(c, t, name, eb);

    if (e)
        return e;
    if (group)
        find_group(c, t, group);
    if (group && c->group == NO_COLUMN)
        return err_set(eb, ERR_FORMAT, "%s: no column '%s' that says the group", name,
                       group);
    find_name(c, t, group != NULL);
    if (!group && c->name == NO_COLUMN)
        return err_set(eb, ERR_FORMAT, "%s: no column that names the rows", name);
    return ERR_OK;
}

/* --- rows --- */

static const struct {
    const char *name;
    enum report_kind kind;
} averages[] = {
    {"accuracy", REPORT_OVERALL},
    {"micro avg", REPORT_MICRO},
    {"macro avg", REPORT_MACRO},
    {"weighted avg", REPORT_WEIGHTED},
};

static enum report_kind
kind_of(const char *name)
{
    for (size_t i = 0; i < sizeof averages / sizeof averages[0]; i++)
        if (strcmp(name, averages[i].name) == 0)
            return averages[i].kind;
    return *name ? REPORT_CLASS : REPORT_WHOLE;
}

static enum err
bad_field(const struct report_table *t, size_t row, size_t column, const char *file,
          const char *what, struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT, "%s: row %zu, column '%s': '%.60s' is %s", file,
                   row + 2, t->csv.column.item[column],
                   csv_table_get(&t->csv, row, column), what);
}

/* *x = the number of a field; NaN: it is empty or says so.  False: it is none. */
static bool
number_of(const char *text, double *x)
{
    char *end;

    *x = (double)NAN;
    if (!*text || strcasecmp(text, "nan") == 0)
        return true;
    if (!strchr("0123456789.+-", *text) || strpbrk(text, "xXpPnN"))
        return false; /* no hexadecimal numbers, no infinities */
    errno = 0;
    *x = strtod(text, &end);
    return *end == '\0' && isfinite(*x);
}

enum { SUPPORT_MAX = 1 << 30 }; /* thousands of cells */

static enum err
read_support(struct report_table *t, size_t row, size_t column, const char *file,
             struct errbuf *eb)
{
    struct report_table_row *r = &t->row[row];
    double x;

    r->support = -1;
    if (column == NO_COLUMN || r->kind == REPORT_OVERALL)
        return ERR_OK; /* pandas repeats the accuracy there */
    if (!number_of(csv_table_get(&t->csv, row, column), &x) || x < 0 ||
        x > 1e3 * SUPPORT_MAX || x > floor(x))
        return bad_field(t, row, column, file, "no count of cells", eb);
    if (!isnan(x))
        r->support = (int64_t)x;
    return ERR_OK;
}

static enum err
read_values(struct report_table *t, const struct columns *c, size_t row,
            const char *file, struct errbuf *eb)
{
    for (size_t m = 0; m < REPORT_METRICS; m++) {
        double *x = &t->row[row].value[m];

        *x = (double)NAN;
        if (c->value[m] == NO_COLUMN)
            continue;
        if (!number_of(csv_table_get(&t->csv, row, c->value[m]), x))
            return bad_field(t, row, c->value[m], file, "no number", eb);
        if (*x < 0 || *x > 1 + 1e-9)
            return bad_field(t, row, c->value[m], file, "not within 0 and 1", eb);
    }
    return read_support(t, row, c->value[REPORT_METRICS], file, eb);
}

static enum err
read_row(struct report_table *t, const struct columns *c, size_t row, const char *file,
         struct errbuf *eb)
{
    const char *name = c->name == NO_COLUMN ? "" : csv_table_get(&t->csv, row, c->name);
    struct report_table_row *r = &t->row[row];

    r->kind = kind_of(name);
    r->name = r->kind == REPORT_CLASS ? name : "";
    r->group = c->group == NO_COLUMN ? NULL : csv_table_get(&t->csv, row, c->group);
    if (c->group == NO_COLUMN && r->kind == REPORT_WHOLE)
        return err_set(eb, ERR_FORMAT, "%s: row %zu has no name", file, row + 2);
    return read_values(t, c, row, file, eb);
}

static enum err
check_twice(const struct report_table *t, const char *file, struct errbuf *eb)
{
    struct intern *seen = intern_new();
    struct strbuf key = {0};
    enum err e = ERR_OK;

    for (size_t i = 0; i < t->n && !e; i++) {
        const struct report_table_row *r = &t->row[i];

        strbuf_reset(&key);
        strbuf_addc(&key, (char)('0' + (int)r->kind));
        strbuf_adds(&key, r->name);
        strbuf_addc(&key, '\x1f');
        if (r->group)
            strbuf_adds(&key, r->group);
        if (intern_add(seen, strbuf_str(&key)) != i)
            e = err_set(eb, ERR_FORMAT, "%s: row %zu is about the same as one before",
                        file, i + 2);
    }
    strbuf_release(&key);
    intern_free(seen);
    return e;
}

static enum err
read_rows(struct report_table *t, const char *group, const char *file,
          struct errbuf *eb)
{
    struct columns c;
    enum err e = find_columns(&c, &t->csv, group, file, eb);

    t->row = xcalloc(t->csv.n_rows, sizeof *t->row);
    for (size_t i = 0; i < t->csv.n_rows && !e; i++, t->n++)
        e = read_row(t, &c, i, file, eb);
    for (size_t i = 0; i < t->csv.column.n && !e; i++)
        if (!c.is_taken[i])
            strlist_add(&t->unknown, t->csv.column.item[i]);
    free(c.is_taken);
    return e ? e : check_twice(t, file, eb);
}

enum err
report_table_parse(struct report_table *out, const char *group, const char *text,
                   size_t n, const char *name, struct errbuf *eb)
{
    *out = (struct report_table){0};
    enum err e = csv_table_parse(&out->csv, text, n, name, eb);

    if (!e)
        e = read_rows(out, group, name, eb);
    if (e)
        report_table_release(out);
    return e;
}

enum err
report_table_read(struct report_table *out, const char *group, const char *path,
                  struct errbuf *eb)
{
    *out = (struct report_table){0};
    enum err e = csv_table_read(&out->csv, path, eb);

    if (!e)
        e = read_rows(out, group, path, eb);
    if (e)
        report_table_release(out);
    return e;
}

void
report_table_release(struct report_table *t)
{
    csv_table_release(&t->csv);
    free(t->row);
    strlist_release(&t->unknown);
    *t = (struct report_table){0};
}
