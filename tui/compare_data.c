/* compare_data.c - pairs of CE and HCE runs over the labels of a facet. */
#include "tui/compare_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "spec/spec.h"

#define FACET_ALL   "all"
#define FACET_CLASS "class"

static void
set(char **field, const char *value)
{
    char *copy = value ? xstrdup(value) : NULL;

    free(*field);
    *field = copy;
}

void
compare_data_init(struct compare_data *d, struct choice *choice)
{
    *d = (struct compare_data){.choice = choice};
    set(&d->facet, FACET_CLASS);
}

void
compare_data_release(struct compare_data *d)
{
    free(d->facet);
    free(d->label);
    free(d->pair_key);
    compare_release(&d->rows);
    compare_release(&d->overall);
    strbuf_release(&d->unscored);
    *d = (struct compare_data){0};
}

bool
compare_data_has_classes(const struct compare_data *d)
{
    return !d->label && strcmp(d->facet, FACET_ALL) != 0 &&
           strcmp(d->facet, FACET_CLASS) != 0;
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

    if (store_unscored(s, d->choice->pair_key, d->choice->evaluation, &fresh, NULL))
        return;
    strbuf_release(&d->unscored);
    d->unscored = fresh;
}

/* A facet that the configuration has; labels of another one are left. */
static void
follow_choice(struct compare_data *d)
{
    const struct choice *c = d->choice;

    if (strlist_has(&c->facets, FACET_CLASS) && !strlist_has(&c->facets, d->facet))
        set(&d->facet, FACET_CLASS);
    else if (c->facets.n && !strlist_has(&c->facets, d->facet))
        compare_data_step_facet(d, 1);
    if (d->pair_key && c->pair_key && strcmp(d->pair_key, c->pair_key) == 0)
        return;
    set(&d->pair_key, c->pair_key);
    set(&d->label, NULL);
    compare_release(&d->rows);
    compare_release(&d->overall);
}

void
compare_data_read(struct compare_data *d, struct store *s)
{
    const struct choice *c = d->choice;

    follow_choice(d);
    if (!s || !choice_group(c) || !c->evaluation)
        return;
    struct store_compare_query q = {.pair_key = c->pair_key,
                                    .evaluation = c->evaluation,
                                    .rule = c->rule,
                                    .facet = d->facet,
                                    .label = d->label};
    compute(&d->rows, s, &q);
    q.facet = FACET_ALL;
    q.label = NULL;
    compute(&d->overall, s, &q);
    read_unscored(d, s);
}

void
compare_data_step_facet(struct compare_data *d, int by)
{
    const struct strlist *facets = &d->choice->facets;

    if (strlist_has(facets, d->facet))
        set(&d->facet, choice_neighbour(facets, d->facet, by));
    else if (facets->n)
        set(&d->facet, facets->item[0]);
    set(&d->label, NULL);
}

void
compare_data_set_label(struct compare_data *d, const char *label)
{
    set(&d->label, label);
}
