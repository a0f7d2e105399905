/* import_predictions.c - predictions of single cells, scored. */
#include "transfer/import_predictions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "spec/decode.h"
#include "spec/spec.h"
#include "transfer/published.h"

static bool
same(double a, double b)
{
    return fabs(a - b) <= 1e-9;
}

/* The rule whose numbers the tables have. */
const char *
import_predictions_rule(const struct import_gather *g, const struct import_details *d)
{
    const struct store_f1 *table = import_gather_all(g->f1, g->n_f1, NULL),
                          *exact = import_gather_all(d->f1, d->n_f1, "exact"),
                          *hierarchy = import_gather_all(d->f1, d->n_f1, "hierarchy");

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
void
import_predictions_add(struct import_gather *g, const struct import_details *d)
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
        struct store_f1 *f = import_gather_row(g, NULL, NULL);
        *f = d->f1[i];
        f->facet = arena_strdup(g->arena, f->facet);
        f->label = arena_strdup(g->arena, f->label);
        f->class_name = arena_strdup(g->arena, f->class_name);
    }
    strbuf_release(&key);
    intern_free(have);
}

struct store_confusion *
import_predictions_confusions(struct import_gather *g, const struct import_details *d)
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
find_other_cells(const struct import_gather *g, const struct import_details *d,
                 int64_t *n)
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
refuse_other_cells(struct import_gather *g, const struct import_details *d,
                   const char *path)
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
digest_details(struct import_gather *g, const struct import_details *d)
{
    digest_addu(g->content, (uint64_t)d->n_cells);
    digest_addu(g->content, (uint64_t)d->n_unknown);
    for (size_t i = 0; i < d->n_confusions; i++) {
        digest_adds(g->content, d->confusion[i].true_label);
        digest_adds(g->content, d->confusion[i].predicted_label);
        digest_addu(g->content, (uint64_t)d->confusion[i].n);
    }
}

void
import_predictions_read(struct import_gather *g, struct import_details *d)
{
    const char *name = import_gather_file(g, PUBLISHED_DETAILS);
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
