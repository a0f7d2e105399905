/* choice.c - configurations, evaluations and rules to choose from. */
#include "tui/choice.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "spec/spec.h"

#define RULE_HIERARCHY "hierarchy"
#define RULE_EXACT     "exact"
#define EVALUATION_OOD "ood"

static void
set(char **field, const char *value)
{
    char *copy = value ? xstrdup(value) : NULL;

    free(*field);
    *field = copy;
}

void
choice_init(struct choice *c)
{
    *c = (struct choice){0};
    set(&c->rule, RULE_HIERARCHY);
}

void
choice_release(struct choice *c)
{
    store_groups_release(&c->groups);
    free(c->pair_key);
    free(c->evaluation);
    free(c->rule);
    strlist_release(&c->evaluations);
    strlist_release(&c->facets);
    store_who_release(&c->ce);
    store_who_release(&c->hce);
    *c = (struct choice){0};
}

const struct store_group *
choice_group(const struct choice *c)
{
    return c->group < c->groups.n ? &c->groups.group[c->group] : NULL;
}

static bool
ended_later(const struct store_group *a, const struct store_group *b)
{
    if ((a->n_pairs > 0) != (b->n_pairs > 0))
        return a->n_pairs > 0;
    return strcmp(a->last_ended_at ? a->last_ended_at : "",
                  b->last_ended_at ? b->last_ended_at : "") > 0;
}

static void
choose_group(struct choice *c)
{
    size_t best = 0;

    for (size_t i = 0; i < c->groups.n; i++) {
        const struct store_group *g = &c->groups.group[i];
        if (c->pair_key && strcmp(g->pair_key, c->pair_key) == 0) {
            c->group = i;
            return;
        }
        if (ended_later(g, &c->groups.group[best]))
            best = i;
    }
    c->group = best;
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
choose_names(struct choice *c, const struct store_group *g)
{
    strlist_release(&c->evaluations);
    strlist_release(&c->facets);
    strlist_split(&c->evaluations, g->evaluations ? g->evaluations : "", ',');
    strlist_split(&c->facets, g->facets ? g->facets : "", ',');
    order_facets(&c->facets);
    if (!c->evaluation || !strlist_has(&c->evaluations, c->evaluation))
        set(&c->evaluation, strlist_has(&c->evaluations, EVALUATION_OOD)
                                ? EVALUATION_OOD
                            : c->evaluations.n ? c->evaluations.item[0]
                                               : NULL);
}

static void
use_group(struct choice *c)
{
    const struct store_group *g = choice_group(c);

    if (!g)
        return;
    set(&c->pair_key, g->pair_key);
    choose_names(c, g);
}

bool
choice_read(struct choice *c, struct store *s)
{
    struct store_groups groups = {0};

    if (!s || store_groups_list(s, NULL, &groups, NULL))
        return false;
    store_groups_release(&c->groups);
    c->groups = groups;
    choose_group(c);
    use_group(c);
    return true;
}

void
choice_read_who(struct choice *c, struct store *s)
{
    const struct store_compare_query q = {.pair_key = c->pair_key,
                                          .evaluation = c->evaluation};
    struct store_who ce, hce;

    if (!s || !c->pair_key || store_who_read(s, &q, &ce, &hce, NULL))
        return;
    store_who_release(&c->ce);
    store_who_release(&c->hce);
    c->ce = ce;
    c->hce = hce;
}

/* --- stepping --- */

const char *
choice_neighbour(const struct strlist *l, const char *now, int by)
{
    size_t i = 0;

    while (i < l->n && strcmp(l->item[i], now ? now : "") != 0)
        i++;
    return l->n ? l->item[(i + l->n + (size_t)(by + (int)l->n)) % l->n] : now;
}

void
choice_step_group(struct choice *c, int by)
{
    size_t n = c->groups.n;

    if (n == 0)
        return;
    c->group = (c->group + n + (by > 0 ? 1 : n - 1)) % n;
    use_group(c);
}

void
choice_step_evaluation(struct choice *c)
{
    set(&c->evaluation, choice_neighbour(&c->evaluations, c->evaluation, 1));
}

void
choice_step_rule(struct choice *c)
{
    bool exact = strcmp(c->rule, RULE_EXACT) == 0;

    set(&c->rule, exact ? RULE_HIERARCHY : RULE_EXACT);
}
