/* ontology_order.c - Tarjan's strongly connected components without recursion.
 *
 * Edges run from child to parent, so components come out parents first: where each
 * has one term, the order in which they come out is the topological order.  A
 * component of more terms holds at least one cycle. */
#include "data/ontology_order.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

enum { CYCLE_TERMS_SHOWN = 12 };

struct walk {
    const struct ontology *o;
    uint32_t *index;  /* (n_terms) order of discovery from 1; 0 = not seen */
    uint32_t *low;    /* (n_terms) smallest index reachable within the component */
    uint32_t *next;   /* (n_terms) parents already followed */
    uint32_t *member; /* terms whose component is not complete */
    uint32_t *path;   /* terms being visited, root first */
    uint32_t *comp;   /* (n_terms) number of the component, once complete, from 1 */
    size_t n_member, n_path, n_order;
    uint32_t n_seen, n_comp;
};

static void
walk_init(struct walk *w, const struct ontology *o)
{
    uint32_t **array[] = {&w->index, &w->low, &w->next, &w->member, &w->path, &w->comp};

    *w = (struct walk){.o = o};
    for (size_t i = 0; i < sizeof array / sizeof *array; i++)
        *array[i] = xcalloc(o->n_terms, sizeof(uint32_t));
}

static void
walk_release(struct walk *w)
{
    free(w->index);
    free(w->low);
    free(w->next);
    free(w->member);
    free(w->path);
    free(w->comp);
}

static void
enter(struct walk *w, uint32_t t)
{
    w->index[t] = w->low[t] = ++w->n_seen;
    w->member[w->n_member++] = t;
    w->path[w->n_path++] = t;
}

/* "CL:1 'a' (line 3)" */
static void
add_term(struct strbuf *sb, const struct ontology_term *t)
{
    strbuf_adds(sb, t->id);
    if (*t->name)
        strbuf_addf(sb, " '%s'", t->name);
    if (t->line)
        strbuf_addf(sb, " (line %zu)", t->line);
}

/* The parent of t in the same component. */
static uint32_t
parent_inside(const struct walk *w, uint32_t t)
{
    const struct ontology_term *term = &w->o->term[t];

    for (size_t k = 0; k < term->n_parents; k++)
        if (w->comp[term->parent[k]] == w->comp[t])
            return term->parent[k];
    return t;
}

/* One cycle of the component of t as text: "a is_a b is_a a". */
static void
describe_cycle(const struct walk *w, uint32_t t, struct strbuf *sb)
{
    bool *seen = xcalloc(w->o->n_terms, sizeof *seen);

    for (; !seen[t]; t = parent_inside(w, t)) /* get onto a cycle */
        seen[t] = true;
    uint32_t start = t;
    size_t n = 0;
    do {
        if (n < CYCLE_TERMS_SHOWN) {
            add_term(sb, &w->o->term[t]);
            strbuf_adds(sb, " is_a ");
        }
        n++;
        t = parent_inside(w, t);
    } while (t != start);
    if (n > CYCLE_TERMS_SHOWN)
        strbuf_addf(sb, "... (%zu more) is_a ", n - CYCLE_TERMS_SHOWN);
    strbuf_adds(sb, w->o->term[start].id);
    free(seen);
}

/* t is the first term of its component: take the component off the stack.  Returns
 * its number of terms. */
static size_t
leave_component(struct walk *w, uint32_t t, uint32_t *order)
{
    size_t n = 0;
    uint32_t m;

    w->n_comp++;
    do {
        m = w->member[--w->n_member];
        w->comp[m] = w->n_comp;
        order[w->n_order++] = m;
        n++;
    } while (m != t);
    return n;
}

/* Visit everything reachable from root.  first_cycle gets the first cycle's text;
 * returns how many components hold cycles. */
static size_t
visit(struct walk *w, uint32_t root, uint32_t *order, const struct log *log,
      struct strbuf *first_cycle)
{
    size_t n_cycles = 0;

    enter(w, root);
    while (w->n_path) {
        uint32_t t = w->path[w->n_path - 1];
        const struct ontology_term *term = &w->o->term[t];

        if (w->next[t] < term->n_parents) {
            uint32_t p = term->parent[w->next[t]++];
            if (!w->index[p])
                enter(w, p);
            else if (!w->comp[p] && w->index[p] < w->low[t])
                w->low[t] = w->index[p];
            continue;
        }
        w->n_path--;
        if (w->n_path && w->low[t] < w->low[w->path[w->n_path - 1]])
            w->low[w->path[w->n_path - 1]] = w->low[t];
        if (w->low[t] == w->index[t] && leave_component(w, t, order) > 1) {
            struct strbuf sb = {0};
            describe_cycle(w, t, &sb);
            log_line(log, LOG_ERROR, "%s: cycle: %s", w->o->source, strbuf_str(&sb));
            if (!n_cycles++ && !first_cycle->len)
                strbuf_adds(first_cycle, strbuf_str(&sb));
            strbuf_release(&sb);
        }
    }
    return n_cycles;
}

enum err
ontology_order(struct ontology *o, const struct log *log, struct errbuf *eb)
{
    struct walk w;
    struct strbuf cycle = {0};
    size_t n_cycles = 0;
    enum err e = ERR_OK;

    walk_init(&w, o);
    o->topo = xcalloc(o->n_terms, sizeof *o->topo);
    for (size_t t = 0; t < o->n_terms; t++)
        if (!w.index[t])
            n_cycles += visit(&w, (uint32_t)t, o->topo, log, &cycle);
    if (n_cycles == 1)
        e = err_set(eb, ERR_FORMAT, "%s: is_a edges form a cycle: %s", o->source,
                    strbuf_str(&cycle));
    else if (n_cycles > 1)
        e = err_set(eb, ERR_FORMAT, "%s: is_a edges form %zu cycles; the first: %s",
                    o->source, n_cycles, strbuf_str(&cycle));
    strbuf_release(&cycle);
    walk_release(&w);
    return e;
}
