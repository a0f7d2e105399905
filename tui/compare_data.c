/* compare_data.c - configurations, and pairs of CE and HCE runs over labels. */
#include "tui/compare_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "spec/spec.h"

#define RULE_HIERARCHY "hierarchy"
#define RULE_EXACT     "exact"
#define FACET_ALL      "all"
#define FACET_CLASS    "class"
#define EVALUATION_OOD "ood"

static void
set(char **field, const char *value)
{
    char *copy = value ? xstrdup(value) : NULL;

    free(*field);
    *field = copy;
}

void
compare_data_init(struct compare_data *d)
{
    *d = (struct compare_data){0};
    set(&d->rule, RULE_HIERARCHY);
    set(&d->facet, FACET_CLASS);
}

void
compare_data_release(struct compare_data *d)
{
    store_groups_release(&d->groups);
    free(d->pair_key);
    free(d->evaluation);
    free(d->rule);
    free(d->facet);
    free(d->label);
    strlist_release(&d->evaluations);
    strlist_release(&d->facets);
    compare_release(&d->rows);
    compare_release(&d->overall);
    strbuf_release(&d->unscored);
    *d = (struct compare_data){0};
}

const struct store_group *
compare_data_group(const struct compare_data *d)
{
    return d->group < d->groups.n ? &d->groups.group[d->group] : NULL;
}

bool
compare_data_has_classes(const struct compare_data *d)
{
    return !d->label && strcmp(d->facet, FACET_ALL) != 0 &&
           strcmp(d->facet, FACET_CLASS) != 0;
}

/* --- choosing --- */

static bool
ended_later(const struct store_group *a, const struct store_group *b)
{
    if ((a->n_pairs > 0) != (b->n_pairs > 0))
        return a->n_pairs > 0;
    return strcmp(a->last_ended_at ? a->last_ended_at : "",
                  b->last_ended_at ? b->last_ended_at : "") > 0;
}

static void
choose_group(struct compare_data *d)
{
    size_t best = 0;

    for (size_t i = 0; i < d->groups.n; i++) {
        const struct store_group *g = &d->groups.group[i];
        if (d->pair_key && strcmp(g->pair_key, d->pair_key) == 0) {
            d->group = i;
            return;
        }
        if (ended_later(g, &d->groups.group[best]))
            best = i;
    }
    d->group = best;
}

/* Names in the order of the table of facets, then the others. */
static void
order_facets(struct strlist *facets)
{
    struct strlist out = {0};
    const char *name;

    for (size_t i = 0; (name = facet_name(i)); i++)
        if (strlist_has(facets, name))
            strlist_add(&out, name);
    for (size_t i = 0; i < facets->n; i++)
        if (!strlist_has(&out, facets->item[i]))
            strlist_add(&out, facets->item[i]);
    strlist_release(facets);
    *facets = out;
}

static void
choose_names(struct compare_data *d, const struct store_group *g)
{
    strlist_release(&d->evaluations);
    strlist_release(&d->facets);
    strlist_split(&d->evaluations, g->evaluations ? g->evaluations : "", ',');
    strlist_split(&d->facets, g->facets ? g->facets : "", ',');
    order_facets(&d->facets);
    if (!d->evaluation || !strlist_has(&d->evaluations, d->evaluation))
        set(&d->evaluation, strlist_has(&d->evaluations, EVALUATION_OOD)
                                ? EVALUATION_OOD
                            : d->evaluations.n ? d->evaluations.item[0]
                                               : NULL);
    if (d->facets.n && !strlist_has(&d->facets, d->facet))
        set(&d->facet, d->facets.item[0]);
}

/* --- reading --- */

static void
compute(struct comparison *c, struct store *s, const struct store_compare_query *q)
{
    struct comparison fresh = {0};

    if (store_compare_each(s, q, compare_add, &fresh, NULL)) {
        compare_release(&fresh);
        return;
    }
    compare_finish(&fresh);
    compare_release(c);
    *c = fresh;
}

static void
read_unscored(struct compare_data *d, struct store *s)
{
    struct strbuf fresh = {0};

    if (store_unscored(s, d->pair_key, d->evaluation, &fresh, NULL))
        return;
    strbuf_release(&d->unscored);
    d->unscored = fresh;
}

static void
use_group(struct compare_data *d)
{
    const struct store_group *g = compare_data_group(d);

    if (!g)
        return;
    set(&d->pair_key, g->pair_key);
    choose_names(d, g);
}

void
compare_data_read_groups(struct compare_data *d, struct store *s)
{
    struct store_groups groups = {0};

    if (!s || store_groups_list(s, NULL, &groups, NULL))
        return;
    store_groups_release(&d->groups);
    d->groups = groups;
    choose_group(d);
    use_group(d);
}

void
compare_data_read(struct compare_data *d, struct store *s)
{
    if (!s || !compare_data_group(d) || !d->evaluation)
        return;
    struct store_compare_query q = {.pair_key = d->pair_key,
                                    .evaluation = d->evaluation,
                                    .rule = d->rule,
                                    .facet = d->facet,
                                    .label = d->label};
    compute(&d->rows, s, &q);
    q.facet = FACET_ALL;
    q.label = NULL;
    compute(&d->overall, s, &q);
    read_unscored(d, s);
}

/* --- stepping --- */

static const char *
neighbour(const struct strlist *l, const char *now, int by)
{
    size_t i = 0;

    while (i < l->n && strcmp(l->item[i], now ? now : "") != 0)
        i++;
    return l->n ? l->item[(i + l->n + (size_t)(by + (int)l->n)) % l->n] : now;
}

void
compare_data_step_group(struct compare_data *d, int by)
{
    size_t n = d->groups.n;

    if (n == 0)
        return;
    d->group = (d->group + n + (by > 0 ? 1 : n - 1)) % n;
    use_group(d);
    set(&d->label, NULL);
    compare_release(&d->rows);
    compare_release(&d->overall);
}

void
compare_data_step_facet(struct compare_data *d, int by)
{
    set(&d->facet, neighbour(&d->facets, d->facet, by));
    set(&d->label, NULL);
}

void
compare_data_step_evaluation(struct compare_data *d)
{
    set(&d->evaluation, neighbour(&d->evaluations, d->evaluation, 1));
}

void
compare_data_step_rule(struct compare_data *d)
{
    bool exact = strcmp(d->rule, RULE_EXACT) == 0;

    set(&d->rule, exact ? RULE_HIERARCHY : RULE_EXACT);
}

void
compare_data_set_label(struct compare_data *d, const char *label)
{
    set(&d->label, label);
}
