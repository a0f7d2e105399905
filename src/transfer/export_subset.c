/* export_subset.c - the 80 of the 164 published types. */
#include "transfer/export_subset.h"

#include <math.h>
#include <string.h>

#include "data/ontology.h"

static const unsigned char subset[] = {
#define CLASS(n) n,
#include "transfer/published_subset.def"
#undef CLASS
};
enum { N_SUBSET = sizeof subset };

bool
export_subset_fits(const struct export_run *r)
{
    struct ontology o;
    struct strlist name = {0};
    bool same = r->label.n == EXPORT_SUBSET_OF;

    if (!same)
        return false;
    ontology_load_builtin(&o);
    for (size_t i = 0; i < o.n_terms; i++)
        strlist_add(&name, o.term[i].name);
    ontology_release(&o);
    strlist_sort(&name);
    for (size_t i = 0; same && i < EXPORT_SUBSET_OF; i++)
        same = strcmp(name.item[i], r->label.item[i]) == 0;
    strlist_release(&name);
    return same;
}

struct subset_count {
    const struct export_run *run;
    bool corrects; /* the rule counts a descendant as the label */
    struct report_class *c;
    bool any;
};

static void
count_cells(void *ctx, const char *true_label, const char *predicted_label,
            const char *relation, int64_t n)
{
    struct subset_count *s = ctx;
    bool corrected = s->corrects && strcmp(relation, "descendant") == 0;
    size_t y =
        intern_find(s->run->class_index, corrected ? true_label : predicted_label);

    s->any = true;
    if (y != SIZE_MAX)
        s->c[y].predicted += (double)n;
}

/* Cells that were said to be of the class, from its scores. */
static double
predicted_by_scores(const struct report_class *c)
{
    double hits = round(c->recall * c->support);

    if (c->support == 0 && c->precision == 0)
        return (double)NAN;
    return c->precision > 0 ? round(hits / c->precision) : (double)NAN;
}

enum err
export_subset_count(const struct export_run *r, const struct export_evaluation *ev,
                    struct report_class *c, struct errbuf *eb)
{
    struct subset_count s = {
        .run = r, .corrects = strcmp(ev->rule, "hierarchy") == 0, .c = c};

    for (size_t i = 0; i < r->label.n; i++)
        c[i].predicted = 0;
    enum err e = store_confusion_each(r->store, ev->evaluation_id, count_cells, &s, eb);
    for (size_t i = 0; e == ERR_OK && !s.any && i < r->label.n; i++)
        c[i].predicted = predicted_by_scores(&c[i]);
    return e;
}

static bool
is_there(const struct report_class *c)
{
    return c->support > 0 || c->predicted > 0;
}

void
export_subset_average(const struct report_class c[EXPORT_SUBSET_OF],
                      struct report_averages *out)
{
    struct report_class some[N_SUBSET];
    size_t n_all = 0, n_some = 0;

    for (size_t i = 0; i < EXPORT_SUBSET_OF; i++)
        n_all += is_there(&c[i]);
    for (size_t i = 0; i < N_SUBSET; i++) {
        some[i] = c[subset[i]];
        n_some += is_there(&some[i]);
    }
    report_csv_average(some, N_SUBSET, out);
    out->is_accuracy = n_some == N_SUBSET && n_all == N_SUBSET;
}
