/* class_tree.c - the nodes that classes hang from, and their texts; class_tree_test.c
 * computes their values. */
#include "stat/class_tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/xalloc.h"

/* --- the whole graph: terms, then classes that no term stands for --- */

struct whole {
    const struct class_tree_source *src;
    size_t n;         /* T + C: class c alone is node T + c */
    uint32_t *at;     /* (C) node of a class */
    uint32_t *first;  /* (n) first class of a node, or DAG_NONE */
    struct dag graph; /* of the nodes */
    uint64_t *below;  /* (n, words) classes at or below */
    size_t words;
};

static void
seat_classes(struct whole *w)
{
    const struct class_tree_source *src = w->src;
    struct intern *terms = intern_new();

    for (size_t t = 0; t < src->n_terms; t++)
        intern_add(terms, src->term[t]);
    w->at = xmalloc(src->n_classes + 1, sizeof *w->at);
    w->first = xmalloc(w->n + 1, sizeof *w->first);
    memset(w->first, 0xff, (w->n + 1) * sizeof *w->first);
    for (size_t c = 0; c < src->n_classes; c++) {
        const char *id = src->label_term ? src->label_term[c] : NULL;
        size_t t = id && *id ? intern_find(terms, id) : SIZE_MAX;
        w->at[c] = (uint32_t)(t == SIZE_MAX ? src->n_terms + c : t);
        if (w->first[w->at[c]] == DAG_NONE)
            w->first[w->at[c]] = (uint32_t)c;
    }
    intern_free(terms);
}

static void
whole_init(struct whole *w, const struct class_tree_source *src)
{
    *w = (struct whole){.src = src,
                        .n = src->n_terms + src->n_classes,
                        .words = dag_words(src->n_classes)};
    seat_classes(w);
    if (src->n_terms)
        dag_init(&w->graph, w->n, src->child, src->parent, src->n_edges);
    else
        dag_init(&w->graph, w->n, src->descendant, src->ancestor, src->n_pairs);
    w->below = dag_below(&w->graph, w->at, src->n_classes);
}

static void
whole_release(struct whole *w)
{
    dag_release(&w->graph);
    free(w->at);
    free(w->first);
    free(w->below);
}

static const uint64_t *
whole_below(const struct whole *w, size_t i)
{
    return w->below + i * w->words;
}

/* --- which of them are nodes of the tree --- */

/* No class, and one of its children has the same classes below. */
static bool
tells_nothing(const struct whole *w, size_t i)
{
    const uint32_t *child;
    size_t n = dag_children(&w->graph, i, &child);

    if (w->first[i] != DAG_NONE)
        return false;
    for (size_t k = 0; k < n; k++)
        if (dag_set_equal(whole_below(w, i), whole_below(w, child[k]), w->words))
            return true;
    return false;
}

/* new_of[i] (n) = node of the tree, or DAG_NONE; parents first. */
static void
choose_nodes(struct class_tree *t, const struct whole *w, bool all_terms,
             uint32_t *new_of)
{
    for (size_t k = 0; k < w->n; k++) {
        uint32_t i = w->graph.order[k];
        bool in = dag_set_count(whole_below(w, i), w->words) > 0;
        bool hidden = in && !all_terms && tells_nothing(w, i);

        new_of[i] = in && !hidden ? (uint32_t)t->n++ : DAG_NONE;
        t->n_hidden += hidden;
    }
}

/* --- their edges --- */

struct edges {
    uint32_t *child, *parent; /* (n) owned */
    size_t n, child_cap, parent_cap;
};

static void
edge_add(struct edges *e, uint32_t child, uint32_t parent)
{
    e->child = grow(e->child, &e->child_cap, e->n + 1, sizeof *e->child);
    e->parent = grow(e->parent, &e->parent_cap, e->n + 1, sizeof *e->parent);
    e->child[e->n] = child;
    e->parent[e->n++] = parent;
}

static void
edges_release(struct edges *e)
{
    free(e->child);
    free(e->parent);
}

/* Edges from `child` to the nearest nodes at or above parents of term i; seen (n) holds
 * the last child that came by. */
static void
climb(const struct whole *w, size_t i, uint32_t child, const uint32_t *new_of,
      uint32_t *seen, struct edges *e)
{
    const uint32_t *parent;
    size_t n = dag_parents(&w->graph, i, &parent);

    for (size_t k = 0; k < n; k++) {
        uint32_t p = parent[k];
        if (seen[p] == child)
            continue;
        seen[p] = child;
        if (new_of[p] != DAG_NONE)
            edge_add(e, child, new_of[p]);
        else
            climb(w, p, child, new_of, seen, e);
    }
}

/* Leave out the edges to parents that lie above another parent. */
static size_t
reduce(const struct dag *g, struct edges *out)
{
    uint64_t *above = dag_above(g);
    size_t words = dag_words(g->n), dropped = 0;

    for (size_t i = 0; i < g->n; i++) {
        const uint32_t *parent;
        size_t n = dag_parents(g, i, &parent);
        for (size_t k = 0; k < n; k++) {
            bool far = false;
            for (size_t q = 0; q < n && !far; q++)
                far = dag_set_has(above + parent[q] * words, parent[k]);
            if (far)
                dropped++;
            else
                edge_add(out, (uint32_t)i, parent[k]);
        }
    }
    free(above);
    return dropped;
}

/* The graph of the nodes: is_a edges as they are where every term is there; else, and
 * for pairs of classes, those to nearest ancestors. */
static void
link_nodes(struct class_tree *t, const struct whole *w, bool all_terms,
           const uint32_t *new_of)
{
    uint32_t *seen = xmalloc(w->n + 1, sizeof *seen);
    struct edges found = {0}, near = {0};

    memset(seen, 0xff, (w->n + 1) * sizeof *seen);
    for (size_t i = 0; i < w->n; i++)
        if (new_of[i] != DAG_NONE)
            climb(w, i, new_of[i], new_of, seen, &found);
    dag_init(&t->graph, t->n, found.child, found.parent, found.n);
    if ((!all_terms || w->src->n_terms == 0) && reduce(&t->graph, &near) > 0) {
        dag_release(&t->graph);
        dag_init(&t->graph, t->n, near.child, near.parent, near.n);
    }
    edges_release(&found);
    edges_release(&near);
    free(seen);
}

/* --- nodes --- */

static struct class_node
describe(struct class_tree *t, const struct whole *w, size_t i)
{
    const struct class_tree_source *src = w->src;
    bool is_term = i < src->n_terms;
    const char *label = w->first[i] == DAG_NONE ? NULL : src->label[w->first[i]];
    const char *id = is_term ? src->term[i] : "";
    const char *name = is_term && src->term_name[i] ? src->term_name[i] : "";

    if (!*name)
        name = label ? label : id;
    return (struct class_node){.name = arena_strdup(&t->arena, name),
                               .term_id = arena_strdup(&t->arena, id),
                               .label = arena_strdup(&t->arena, label),
                               .n_classes = dag_set_count(whole_below(w, i), w->words),
                               .row = CLASS_TREE_NONE};
}

static int
by_name(const void *pa, const void *pb, void *ctx)
{
    const struct class_tree *t = ctx;
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    int d = strcasecmp(t->node[a].name, t->node[b].name);

    return d ? d : (a > b) - (a < b);
}

static const uint32_t *
sorted(struct class_tree *t, const uint32_t *list, size_t n)
{
    uint32_t *copy = arena_alloc(&t->arena, n + 1, sizeof *copy);

    if (n)
        memcpy(copy, list, n * sizeof *copy);
    qsort_r(copy, n, sizeof *copy, by_name, t);
    return copy;
}

static void
fill_nodes(struct class_tree *t, const struct whole *w, const uint32_t *new_of)
{
    t->node = arena_alloc(&t->arena, t->n + 1, sizeof *t->node);
    t->root = arena_alloc(&t->arena, t->n + 1, sizeof *t->root);
    t->below = xcalloc((t->n + 1) * w->words, sizeof *t->below);
    for (size_t i = 0; i < w->n; i++) {
        if (new_of[i] == DAG_NONE)
            continue;
        t->node[new_of[i]] = describe(t, w, i);
        memcpy(t->below + new_of[i] * w->words, whole_below(w, i),
               w->words * sizeof *t->below);
    }
    for (size_t i = 0; i < t->n; i++) {
        struct class_node *node = &t->node[i];
        const uint32_t *list;
        node->n_parents = dag_parents(&t->graph, i, &list);
        node->parent = sorted(t, list, node->n_parents);
        node->n_children = dag_children(&t->graph, i, &list);
        node->child = sorted(t, list, node->n_children);
        if (node->n_parents == 0)
            t->root[t->n_roots++] = (uint32_t)i;
    }
    qsort_r(t->root, t->n_roots, sizeof *t->root, by_name, t);
}

static void
make(struct class_tree *t, const struct class_tree_source *source, bool all_terms)
{
    struct whole w;

    *t = (struct class_tree){.n_classes = source->n_classes, .labels = intern_new()};
    for (size_t c = 0; c < source->n_classes; c++)
        intern_add(t->labels, source->label[c]);
    whole_init(&w, source);
    uint32_t *new_of = xmalloc(w.n + 1, sizeof *new_of);
    choose_nodes(t, &w, all_terms, new_of);
    link_nodes(t, &w, all_terms, new_of);
    fill_nodes(t, &w, new_of);
    free(new_of);
    whole_release(&w);
}

void
class_tree_init(struct class_tree *t, const struct class_tree_source *source,
                bool all_terms)
{
    const struct comparison *classes = source->classes;
    struct class_tree_source flat = {0};

    if (source->n_classes || !classes) {
        make(t, source, all_terms);
        return;
    }
    const char **label = xmalloc(classes->n_rows + 1, sizeof *label);
    for (size_t i = 0; i < classes->n_rows; i++)
        label[i] = classes->row[i].label;
    flat.label = label;
    flat.n_classes = classes->n_rows;
    make(t, &flat, all_terms);
    free(label);
}

void
class_tree_release(struct class_tree *t)
{
    compare_release(&t->stat);
    dag_release(&t->graph);
    free(t->below);
    intern_free(t->labels);
    arena_release(&t->arena);
    *t = (struct class_tree){0};
}

/* --- texts --- */

bool
class_tree_holds(const struct class_node *node, const char *text)
{
    return strcasestr(node->name, text) || strcasestr(node->term_id, text) ||
           (node->label && strcasestr(node->label, text));
}

static bool
is_called(const struct class_node *node, const char *text)
{
    return strcasecmp(node->name, text) == 0 || strcasecmp(node->term_id, text) == 0 ||
           (node->label && strcasecmp(node->label, text) == 0);
}

enum { MAX_NAMED = 8 };

/* The only node that is called (or holds) the text. */
static size_t
find_by(const struct class_tree *t, const char *text,
        bool (*fits)(const struct class_node *, const char *), size_t *n_found,
        struct strbuf *names)
{
    size_t found = CLASS_TREE_NONE, n = 0;

    for (size_t i = 0; i < t->n; i++) {
        if (!fits(&t->node[i], text))
            continue;
        if (names && n < MAX_NAMED)
            strbuf_addf(names, "%s%s", n ? "; " : "", t->node[i].name);
        else if (names && n == MAX_NAMED)
            strbuf_adds(names, "; ...");
        found = i;
        n++;
    }
    *n_found = n;
    return n == 1 ? found : CLASS_TREE_NONE;
}

size_t
class_tree_find(const struct class_tree *t, const char *text, size_t *n_found,
                struct strbuf *names)
{
    size_t n, node = find_by(t, text, is_called, &n, NULL);

    if (n == 0)
        node = find_by(t, text, class_tree_holds, &n, NULL);
    if (n > 1 && names)
        find_by(t, text, class_tree_holds, &n, names);
    if (n_found)
        *n_found = n;
    return node;
}

void
class_tree_parents_text(const struct class_tree *t, size_t node, size_t except,
                        struct strbuf *out)
{
    const struct class_node *x = &t->node[node];
    size_t n = 0;

    for (size_t k = 0; k < x->n_parents; k++)
        if (x->parent[k] != except)
            strbuf_addf(out, "%s%s", n++ ? "; " : "", t->node[x->parent[k]].name);
}

void
class_tree_mark(const struct class_tree *t, double min_delta, bool *keep)
{
    for (size_t i = t->n; i-- > 0;) {
        const struct compare_row *r = class_tree_row(t, i);
        keep[i] = r && fabs(r->delta_mean) >= min_delta;
        for (size_t k = 0; k < t->node[i].n_children && !keep[i]; k++)
            keep[i] = keep[t->node[i].child[k]];
    }
}
