/* dag.c - links, an order with parents first, and sets along it. */
#include "stat/dag.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum { WORD = 64 };

struct edge {
    uint32_t child, parent;
};

/* --- links --- */

static size_t
neighbours(const struct dag_links *l, size_t i, const uint32_t **to)
{
    *to = l->to + l->at[i];
    return l->at[i + 1] - l->at[i];
}

size_t
dag_parents(const struct dag *g, size_t i, const uint32_t **to)
{
    return neighbours(&g->up, i, to);
}

size_t
dag_children(const struct dag *g, size_t i, const uint32_t **to)
{
    return neighbours(&g->down, i, to);
}

/* The links of edges (e) that are sorted: up to parents, or down to children. */
static void
link_edges(struct dag_links *l, size_t n, const struct edge *edge, size_t e, bool up)
{
    uint32_t *fill = xcalloc(n + 1, sizeof *fill);

    *l = (struct dag_links){.at = xcalloc(n + 1, sizeof *l->at),
                            .to = xmalloc(e + 1, sizeof *l->to)};
    for (size_t k = 0; k < e; k++)
        l->at[(up ? edge[k].child : edge[k].parent) + 1]++;
    for (size_t i = 0; i < n; i++)
        l->at[i + 1] += l->at[i];
    for (size_t k = 0; k < e; k++) {
        uint32_t from = up ? edge[k].child : edge[k].parent;
        l->to[l->at[from] + fill[from]++] = up ? edge[k].parent : edge[k].child;
    }
    free(fill);
}

static void
links_release(struct dag_links *l)
{
    free(l->at);
    free(l->to);
    *l = (struct dag_links){0};
}

static void
link_both(struct dag *g, const struct edge *edge, size_t e)
{
    link_edges(&g->up, g->n, edge, e, true);
    link_edges(&g->down, g->n, edge, e, false);
}

/* --- edges --- */

static int
by_child(const void *pa, const void *pb)
{
    const struct edge *a = pa, *b = pb;

    if (a->child != b->child)
        return a->child < b->child ? -1 : 1;
    return (a->parent > b->parent) - (a->parent < b->parent);
}

/* Edges between two nodes in *out, sorted, each once; returns how many.  Caller frees. */
static size_t
clean_edges(size_t n, const uint32_t *child, const uint32_t *parent, size_t e,
            struct edge **out)
{
    struct edge *edge = xmalloc(e + 1, sizeof *edge);
    size_t kept = 0, last = 0;

    for (size_t k = 0; k < e; k++)
        if (child[k] < n && parent[k] < n && child[k] != parent[k])
            edge[kept++] = (struct edge){child[k], parent[k]};
    *out = edge;
    if (kept == 0)
        return 0;
    qsort(edge, kept, sizeof *edge, by_child);
    for (size_t k = 1; k < kept; k++)
        if (by_child(&edge[last], &edge[k]) != 0)
            edge[++last] = edge[k];
    return last + 1;
}

/* --- order --- */

struct ordering {
    uint32_t *waits; /* (n) parents of a node that are not placed yet */
    bool *done;      /* (n) it is placed */
    size_t placed;
};

static void
place(struct dag *g, struct ordering *o, uint32_t i)
{
    const uint32_t *child;
    size_t n = dag_children(g, i, &child);

    o->done[i] = true;
    g->order[o->placed++] = i;
    for (size_t k = 0; k < n; k++)
        o->waits[child[k]]--;
}

static uint32_t
lowest_left(const struct ordering *o)
{
    uint32_t i = 0;

    while (o->done[i])
        i++;
    return i;
}

/* Whoever waits for nobody comes next.  Where all that are left wait for each other they
 * run in circles: the lowest goes first. */
static void
find_order(struct dag *g)
{
    struct ordering o = {.waits = xcalloc(g->n + 1, sizeof *o.waits),
                         .done = xcalloc(g->n + 1, sizeof *o.done)};

    g->order = xmalloc(g->n + 1, sizeof *g->order);
    for (size_t i = 0; i < g->n; i++)
        o.waits[i] = g->up.at[i + 1] - g->up.at[i];
    for (size_t i = 0; i < g->n; i++)
        if (g->up.at[i + 1] == g->up.at[i])
            place(g, &o, (uint32_t)i);
    for (size_t looked = 0; o.placed < g->n || looked < o.placed; looked++) {
        const uint32_t *child;

        if (looked == o.placed)
            place(g, &o, lowest_left(&o));
        size_t n = dag_children(g, g->order[looked], &child);
        for (size_t k = 0; k < n; k++)
            if (!o.done[child[k]] && o.waits[child[k]] == 0)
                place(g, &o, child[k]);
    }
    free(o.waits);
    free(o.done);
}

/* Keep the edges (e) that go down in the order; returns how many. */
static size_t
drop_upward(const struct dag *g, struct edge *edge, size_t e)
{
    uint32_t *rank = xmalloc(g->n + 1, sizeof *rank);
    size_t kept = 0;

    for (size_t i = 0; i < g->n; i++)
        rank[g->order[i]] = (uint32_t)i;
    for (size_t k = 0; k < e; k++)
        if (rank[edge[k].parent] < rank[edge[k].child])
            edge[kept++] = edge[k];
    free(rank);
    return kept;
}

void
dag_init(struct dag *g, size_t n, const uint32_t *child, const uint32_t *parent,
         size_t e)
{
    struct edge *edge;

    *g = (struct dag){.n = n};
    e = clean_edges(n, child, parent, e, &edge);
    link_both(g, edge, e);
    find_order(g);
    size_t kept = drop_upward(g, edge, e);
    if (kept < e) {
        links_release(&g->up);
        links_release(&g->down);
        link_both(g, edge, kept);
    }
    free(edge);
}

void
dag_release(struct dag *g)
{
    links_release(&g->up);
    links_release(&g->down);
    free(g->order);
    *g = (struct dag){0};
}

/* --- sets --- */

size_t
dag_words(size_t m)
{
    return m ? (m + WORD - 1) / WORD : 1;
}

bool
dag_set_has(const uint64_t *set, size_t member)
{
    return set[member / WORD] >> (member % WORD) & 1;
}

void
dag_set_add(uint64_t *set, size_t member)
{
    set[member / WORD] |= (uint64_t)1 << (member % WORD);
}

size_t
dag_set_count(const uint64_t *set, size_t words)
{
    size_t n = 0;

    for (size_t w = 0; w < words; w++)
        n += (size_t)__builtin_popcountll(set[w]);
    return n;
}

bool
dag_set_equal(const uint64_t *a, const uint64_t *b, size_t words)
{
    return memcmp(a, b, words * sizeof *a) == 0;
}

static void
add_all(uint64_t *set, const uint64_t *other, size_t words)
{
    for (size_t w = 0; w < words; w++)
        set[w] |= other[w];
}

uint64_t *
dag_below(const struct dag *g, const uint32_t *at, size_t m)
{
    size_t words = dag_words(m);
    uint64_t *set = xcalloc((g->n + 1) * words, sizeof *set);

    for (size_t k = 0; k < m; k++)
        if (at[k] < g->n)
            dag_set_add(set + at[k] * words, k);
    for (size_t i = g->n; i-- > 0;) {
        const uint32_t *parent;
        size_t n = dag_parents(g, g->order[i], &parent);
        for (size_t k = 0; k < n; k++)
            add_all(set + parent[k] * words, set + g->order[i] * words, words);
    }
    return set;
}

uint64_t *
dag_above(const struct dag *g)
{
    size_t words = dag_words(g->n);
    uint64_t *set = xcalloc((g->n + 1) * words, sizeof *set);

    for (size_t i = 0; i < g->n; i++) {
        uint64_t *mine = set + g->order[i] * words;
        const uint32_t *parent;
        size_t n = dag_parents(g, g->order[i], &parent);
        for (size_t k = 0; k < n; k++) {
            add_all(mine, set + parent[k] * words, words);
            dag_set_add(mine, parent[k]);
        }
    }
    return set;
}
