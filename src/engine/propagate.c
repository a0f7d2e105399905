/* propagate.c - classes from probabilities that are propagated up the hierarchy. */
#include "engine/propagate.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static void
list_below(struct propagate *g, const struct class_set *cs)
{
    size_t n = 0;

    g->at = xcalloc(g->C + 1, sizeof *g->at);
    g->below = xmalloc(cs->n_edges + g->C + 1, sizeof *g->below);
    for (size_t c = 0; c < g->C; c++) {
        for (size_t j = 0; j < g->C; j++)
            if (class_set_reaches(cs, c, j))
                g->below[n++] = (uint32_t)j;
        g->at[c + 1] = n;
    }
}

/* Classes that reach more stand above: those of one number of descendants cannot be
 * strictly above each other, since R is transitive. */
struct reach {
    size_t n; /* descendants, itself among them */
    uint32_t c;
};

static int
by_reach(const void *pa, const void *pb)
{
    const struct reach *a = pa, *b = pb;

    if (a->n != b->n)
        return a->n < b->n ? 1 : -1;
    return (a->c > b->c) - (a->c < b->c);
}

/* From the top down, each class hands what is strictly below it one more than its own. */
static void
find_depths(struct propagate *g, const struct class_set *cs)
{
    struct reach *r = xmalloc(g->C + 1, sizeof *r);

    g->depth = xcalloc(g->C + 1, sizeof *g->depth);
    for (size_t c = 0; c < g->C; c++)
        r[c] = (struct reach){g->at[c + 1] - g->at[c], (uint32_t)c};
    qsort(r, g->C, sizeof *r, by_reach);
    for (size_t i = 0; i < g->C; i++) {
        uint32_t c = r[i].c;

        for (size_t k = g->at[c]; k < g->at[c + 1]; k++) {
            uint32_t j = g->below[k];

            if (!class_set_reaches(cs, j, c) && g->depth[j] <= g->depth[c])
                g->depth[j] = g->depth[c] + 1;
        }
    }
    free(r);
}

/* Deepest first: a place for each class after those deeper, and before it of its own. */
static void
find_order(struct propagate *g)
{
    size_t *place = xcalloc(g->C + 2, sizeof *place);

    g->order = xmalloc(g->C + 1, sizeof *g->order);
    for (size_t c = 0; c < g->C; c++)
        place[g->C - g->depth[c]]++;
    for (size_t d = 1; d <= g->C; d++)
        place[d] += place[d - 1];
    for (size_t c = 0; c < g->C; c++)
        g->order[place[g->C - g->depth[c] - 1]++] = (uint32_t)c;
    free(place);
}

void
propagate_init(struct propagate *g, const struct class_set *cs)
{
    *g = (struct propagate){.C = cs->C};
    list_below(g, cs);
    find_depths(g, cs);
    find_order(g);
}

void
propagate_release(struct propagate *g)
{
    free(g->depth);
    free(g->order);
    free(g->at);
    free(g->below);
    *g = (struct propagate){0};
}

double
propagate_q(const struct propagate *g, const float *p, size_t c)
{
    double q = 0;

    for (size_t k = g->at[c]; k < g->at[c + 1]; k++)
        q += (double)p[g->below[k]];
    return q;
}

int32_t
propagate_choose(const struct propagate *g, const float *p, int32_t arg_max)
{
    int32_t best = -1;
    double best_q = 0;

    for (size_t i = 0; i < g->C; i++) {
        uint32_t c = g->order[i];

        if (best >= 0 && g->depth[c] < g->depth[best])
            break;
        double q = propagate_q(g, p, c);
        if (q > .5 && (q > best_q || (q >= best_q && p[c] > p[best]))) {
            best = (int32_t)c;
            best_q = q;
        }
    }
    return best < 0 ? arg_max : best;
}
