/* export_scores.c - the scores of an evaluation as the published tables. */
#include "transfer/export_scores.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "exchange/out_file.h"
#include "exchange/report_csv.h"
#include "transfer/export_subset.h"
#include "transfer/published.h"

/* A row of tree_scores without its facet. */
struct score {
    char *label;      /* owned; "all", the class, or the group */
    char *class_name; /* owned; NULL: of the label as a whole */
    size_t index; /* of the class that it is about; SIZE_MAX: none, or not the run's */
    double precision, recall, f1, f1_weighted, f1_micro, accuracy, support;
    /* Of a report that was imported; NaN: to be computed. */
    double micro_precision, weighted_precision, weighted_recall;
};

struct facet {
    char *name;          /* owned */
    struct score *score; /* (n) owned, by label and class */
    size_t n, cap;
    bool has_classes; /* of groups */
};

struct scores_work {
    const struct export_run *run;
    const struct export_evaluation *ev;
    const struct export_place *place;
    const struct log *log;
    struct facet *facet; /* (n) owned, by name */
    size_t n, cap;
};

/* --- rows of the store --- */

static double
number(const char *text)
{
    return text ? strtod(text, NULL) : (double)NAN;
}

static struct facet *
facet_for(struct scores_work *w, const char *name)
{
    if (w->n == 0 || strcmp(w->facet[w->n - 1].name, name) != 0) {
        w->facet = grow(w->facet, &w->cap, w->n + 1, sizeof *w->facet);
        w->facet[w->n++] = (struct facet){.name = xstrdup(name)};
    }
    return &w->facet[w->n - 1];
}

/* Facet, label and class; then the numbers in the order of struct score. */
static bool
take_score(void *ctx, size_t n, const char *const *name, const char *const *value,
           const char *type)
{
    struct scores_work *w = ctx;
    struct facet *f = facet_for(w, value[0]);
    const char *class_name = value[2];

    (void)n;
    (void)name;
    (void)type;
    f->has_classes |= class_name != NULL;
    f->score = grow(f->score, &f->cap, f->n + 1, sizeof *f->score);
    f->score[f->n++] = (struct score){
        .label = xstrdup(value[1]),
        .class_name = class_name ? xstrdup(class_name) : NULL,
        .index = intern_find(w->run->class_index, class_name ? class_name : value[1]),
        .precision = number(value[3]),
        .recall = number(value[4]),
        .f1 = number(value[5]),
        .f1_weighted = number(value[6]),
        .f1_micro = number(value[7]),
        .accuracy = number(value[8]),
        .support = number(value[9]),
        .micro_precision = number(value[10]),
        .weighted_precision = number(value[11]),
        .weighted_recall = number(value[12]),
    };
    return true;
}

static int
by_index(const void *a, const void *b)
{
    const struct score *x = a, *y = b;

    return x->index != y->index ? (x->index > y->index) - (x->index < y->index)
                                : strcmp(x->label, y->label);
}

static void
work_release(struct scores_work *w)
{
    for (size_t i = 0; i < w->n; i++) {
        for (size_t j = 0; j < w->facet[i].n; j++) {
            free(w->facet[i].score[j].label);
            free(w->facet[i].score[j].class_name);
        }
        free(w->facet[i].score);
        free(w->facet[i].name);
    }
    free(w->facet);
}

static const struct facet *
find_facet(const struct scores_work *w, const char *name)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->facet[i].name, name) == 0)
            return &w->facet[i];
    return NULL;
}

/* --- tables --- */

/* {model}_<what>_metrics.csv in the folder of the evaluation. */
static enum err
write_table(const struct scores_work *w, const char *what, const struct strbuf *text,
            struct errbuf *eb)
{
    struct strbuf name = {0};
    char *path;

    strbuf_addf(&name, "%s/", w->ev->folder);
    export_safe_name(&name, export_run_text(w->run, "model"));
    strbuf_addf(&name, "_%s_metrics.csv", what);
    enum err e = export_place_file(w->place, strbuf_str(&name), &path, eb);
    if (e == ERR_OK)
        e = out_file_text(path, text, eb);
    if (e == ERR_OK)
        free(path);
    strbuf_release(&name);
    return e;
}

static struct report_class
class_of(const struct score *s)
{
    return (struct report_class){.precision = s->precision,
                                 .recall = s->recall,
                                 .f1 = s->f1,
                                 .support = s->support,
                                 .predicted = (double)NAN};
}

/* Precision and recall over all cells from what the store has of them: F1 and accuracy.
 * Both come from counts, which are found again. */
static void
set_micro(const struct score *s, struct report_averages *a)
{
    double hits = round(s->accuracy * s->support);
    double predicted =
        s->f1_micro > 0 ? round(2 * hits / s->f1_micro) - s->support : s->support;

    a->is_accuracy = predicted == s->support || !(predicted > 0);
    a->micro_recall = s->accuracy;
    a->micro_f1 = s->f1_micro;
    a->micro_precision = a->is_accuracy ? s->accuracy : hits / predicted;
    if (isnan(s->micro_precision))
        return;
    a->is_accuracy = false;
    a->micro_precision = s->micro_precision;
}

/* The averages of a row of the store; classes: those that it is over, or NULL. */
static void
average(const struct score *s, const struct facet *classes, struct report_averages *a)
{
    size_t n = classes ? classes->n : 0;
    struct report_class *c = xcalloc(n + 1, sizeof *c);

    for (size_t i = 0; i < n; i++)
        c[i] = class_of(&classes->score[i]);
    report_csv_average(c, n, a);
    free(c);
    a->macro_precision = s->precision;
    a->macro_recall = s->recall;
    a->macro_f1 = s->f1;
    a->weighted_f1 = s->f1_weighted;
    a->support = s->support;
    if (!classes || !isnan(s->weighted_precision)) {
        a->weighted_precision = s->weighted_precision;
        a->weighted_recall = s->weighted_recall;
    }
    set_micro(s, a);
}

static enum err
write_averages(const struct scores_work *w, const char *what,
               const struct report_averages *a, struct errbuf *eb)
{
    struct strbuf text = {0};

    report_csv_header(&text);
    report_csv_averages(&text, a);
    enum err e = write_table(w, what, &text, eb);
    strbuf_release(&text);
    return e;
}

/* What a class is called in the tables: its number. */
static void
add_class(struct strbuf *text, const struct score *s, const char *name)
{
    if (s->index == SIZE_MAX)
        report_csv_text(text, name);
    else
        strbuf_addf(text, "%zu", s->index);
}

static enum err
write_classes(const struct scores_work *w, const struct facet *f, struct errbuf *eb)
{
    struct strbuf text = {0}, row = {0};

    qsort(f->score, f->n, sizeof *f->score, by_index);
    report_csv_header(&text);
    for (size_t i = 0; i < f->n; i++) {
        const struct score *s = &f->score[i];
        const struct report_class c = class_of(s);

        add_class(&row, s, s->label);
        report_csv_class(&text, strbuf_str(&row), &c);
        strbuf_reset(&row);
    }
    enum err e = write_table(w, "per_class", &text, eb);
    strbuf_release(&text);
    strbuf_release(&row);
    return e;
}

static void
add_group(struct strbuf *text, const struct facet *f, const struct score *s)
{
    const double value[] = {s->precision,   s->recall,   s->f1,      s->support,
                            s->f1_weighted, s->f1_micro, s->accuracy};

    report_csv_text(text, s->label);
    if (f->has_classes)
        strbuf_addc(text, ',');
    if (s->class_name)
        add_class(text, s, s->class_name);
    else if (f->has_classes) /* numbers beside empty fields would be read as floats */
        strbuf_adds(text, "macro avg");
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
        strbuf_addc(text, ',');
        report_csv_number(text, value[i]);
    }
    strbuf_addc(text, '\n');
}

static enum err
write_groups(const struct scores_work *w, const struct facet *f, struct errbuf *eb)
{
    const char *short_name = strcmp(f->name, "dataset_id") == 0 ? "dataset" : f->name;
    struct strbuf text = {0}, what = {0};

    report_csv_text(&text, f->name);
    strbuf_addf(&text,
                "%s,precision,recall,f1-score,support,f1_weighted,f1_micro,accuracy\n",
                f->has_classes ? ",class" : "");
    for (size_t i = 0; i < f->n; i++)
        add_group(&text, f, &f->score[i]);
    strbuf_adds(&what, "per_");
    export_safe_name(&what, short_name);
    enum err e = write_table(w, strbuf_str(&what), &text, eb);
    strbuf_release(&text);
    strbuf_release(&what);
    return e;
}

/* --- the subset --- */

/* From the counts of a run's own evaluation, or what an imported one's tables tell. */
static enum err
count_subset(const struct scores_work *w, const struct facet *classes,
             struct report_averages *a, struct errbuf *eb)
{
    size_t C = w->run->label.n;
    struct report_class *c = xcalloc(C + 1, sizeof *c);

    for (size_t i = 0; i < classes->n; i++)
        if (classes->score[i].index < C)
            c[classes->score[i].index] = class_of(&classes->score[i]);
    enum err e = export_subset_count(w->run, w->ev, c, eb);
    if (e == ERR_OK)
        export_subset_average(c, a);
    free(c);
    return e;
}

static enum err
write_subset(const struct scores_work *w, const struct facet *classes,
             struct errbuf *eb)
{
    const struct facet *imported = find_facet(w, PUBLISHED_SUBSET);
    struct report_averages a;
    enum err e = ERR_OK;

    if (imported)
        average(&imported->score[0], NULL, &a);
    else if (strcmp(w->ev->name, "id") != 0 || !classes)
        return ERR_OK;
    else if (export_subset_fits(w->run))
        e = count_subset(w, classes, &a, eb);
    else
        a.micro_precision = (double)NAN;
    if (!e && !isnan(a.micro_precision))
        return write_averages(w, "subset", &a, eb);
    log_line(
        w->log, LOG_INFO,
        "no subset_metrics.csv where the classes are not the 164 published ones, or "
        "where it is not known how often each was said");
    return e;
}

static enum err
write_facet(const struct scores_work *w, const struct facet *f, struct errbuf *eb)
{
    struct report_averages a;

    if (strcmp(f->name, PUBLISHED_SUBSET) == 0)
        return ERR_OK; /* write_subset */
    if (strcmp(f->name, "class") == 0)
        return write_classes(w, f, eb);
    if (strcmp(f->name, "all") != 0)
        return write_groups(w, f, eb);
    average(&f->score[0], find_facet(w, "class"), &a);
    return write_averages(w, "overall", &a, eb);
}

static enum err
write_tables(const struct scores_work *w, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < w->n && e == ERR_OK; i++)
        e = write_facet(w, &w->facet[i], eb);
    return e ? e : write_subset(w, find_facet(w, "class"), eb);
}

enum err
export_scores(const struct export_run *r, const struct export_evaluation *ev,
              const struct export_place *place, const struct log *log,
              struct errbuf *eb)
{
    struct scores_work w = {.run = r, .ev = ev, .place = place, .log = log};
    const struct store_bind bind[] = {
        {.name = ":evaluation_id", .kind = BIND_INT, .i = ev->evaluation_id},
        {.name = ":rule", .kind = BIND_TEXT, .t = ev->rule}};
    enum err e = store_query(r->store, "tree_scores", bind, 2, take_score, &w, eb);

    if (e == ERR_OK && w.n == 0)
        log_line(log, LOG_WARN, "run %s: evaluation %s has no scores under the rule %s",
                 export_run_text(r, "name"), ev->name, ev->rule);
    if (e == ERR_OK)
        e = write_tables(&w, eb);
    work_release(&w);
    return e;
}
