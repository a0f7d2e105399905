/* ontology_data.c - the tree of classes, and their pairs of CE and HCE runs. */
#include "tui/ontology_data.h"

#include <string.h>

#define FACET_CLASS "class"

void
ontology_data_init(struct ontology_data *d, struct choice *choice)
{
    *d = (struct ontology_data){.is_stale = true};
    compare_data_init(&d->pairs, choice);
}

void
ontology_data_release(struct ontology_data *d)
{
    compare_data_release(&d->pairs);
    store_hierarchy_release(&d->h);
    class_tree_release(&d->tree);
    *d = (struct ontology_data){0};
}

static const char *const *
items(const struct strlist *l)
{
    return (const char *const *)l->item;
}

static void
make_tree(struct ontology_data *d)
{
    const struct store_hierarchy *h = &d->h;
    const struct class_tree_source source = {.label = items(&h->label),
                                             .label_term = items(&h->label_term),
                                             .n_classes = h->label.n,
                                             .term = items(&h->term),
                                             .term_name = items(&h->term_name),
                                             .n_terms = h->term.n,
                                             .child = h->is_a.a,
                                             .parent = h->is_a.b,
                                             .n_edges = h->is_a.n,
                                             .ancestor = h->below.a,
                                             .descendant = h->below.b,
                                             .n_pairs = h->below.n,
                                             .classes = &d->pairs.rows};

    class_tree_release(&d->tree);
    class_tree_init(&d->tree, &source, d->all_terms);
    d->made++;
    d->is_stale = h->label.n == 0; /* made of the rows: these may be others next time */
}

/* The hierarchy of the chosen configuration, read again where it is another one. */
static void
read_hierarchy(struct ontology_data *d, struct store *s)
{
    struct store_hierarchy fresh;

    if (store_hierarchy_find(s, d->pairs.choice->pair_key, &fresh, NULL))
        return;
    if (fresh.label_set_id == d->h.label_set_id &&
        fresh.ontology_id == d->h.ontology_id && !d->is_stale)
        return;
    if (store_hierarchy_read(s, &fresh, NULL))
        return;
    store_hierarchy_release(&d->h);
    d->h = fresh;
    d->is_stale = true;
}

void
ontology_data_read(struct ontology_data *d, struct store *s)
{
    static const struct comparison none;

    compare_data_read(&d->pairs, s);
    if (!s || !choice_group(d->pairs.choice))
        return;
    read_hierarchy(d, s);
    if (d->is_stale)
        make_tree(d);
    class_tree_test(&d->tree,
                    strcmp(d->pairs.facet, FACET_CLASS) == 0 ? &d->pairs.rows : &none);
}

void
ontology_data_set_all(struct ontology_data *d, bool all_terms)
{
    d->all_terms = all_terms;
    d->is_stale = true;
}
