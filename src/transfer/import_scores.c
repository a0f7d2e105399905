/* import_scores.c - what is beside a run as evaluations. */
#include "transfer/import_scores.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strlist.h"
#include "base/xalloc.h"
#include "spec/decode.h"
#include "spec/spec.h"
#include "transfer/import_places.h"
#include "transfer/import_predictions.h"
#include "transfer/import_tables.h"
#include "transfer/published.h"

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
check_sum(const struct import_gather *g, const struct store_f1 *f, int64_t sum,
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
count_classes(struct import_gather *g, int64_t n_unknown)
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
count_cells(const struct import_gather *g, const struct import_details *d)
{
    const struct store_f1 *all = import_gather_all(g->f1, g->n_f1, NULL);
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
cells_digest(struct import_gather *g, const char *name, int64_t n)
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
hand_over(struct import_scores *s, struct import_gather *g, const char *name,
          const struct import_details *d)
{
    const char *rule =
        d->n_f1 || g->wish->rule ? import_predictions_rule(g, d) : "hierarchy";
    int64_t n_cells = count_cells(g, d);

    for (size_t i = 0; i < g->n_f1; i++)
        g->f1[i].rule = rule;
    for (size_t i = 0; i < g->n_averages; i++)
        g->average[i].rule = rule;
    import_predictions_add(g, d);
    count_classes(g, d->n_unknown);
    struct store_confusion *confusion = import_predictions_confusions(g, d);
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
read_evaluation(struct import_scores *s, const char *name, struct import_gather *g)
{
    struct import_details d = {0};

    digest_adds(g->content, name);
    import_gather_list(&g->file, g->folder);
    import_tables_read(g);
    import_predictions_read(g, &d);
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
read_below(struct import_scores *s, const struct import_gather *how, const char *folder,
           const char *name, const char *below)
{
    if (how->wish->known && strlist_has(how->wish->known, name))
        return;
    char *path = import_places_find(folder, below, how->report);
    struct import_gather g = *how;

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
read_others(struct import_scores *s, const struct import_gather *how,
            const char *folder)
{
    char *all = xasprintf("%s/%s", folder, PUBLISHED_OTHERS);
    struct strlist below = {0};

    import_gather_list(&below, all);
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
    struct import_gather how = {
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
