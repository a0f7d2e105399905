/* classes.c - labels of a run as classes, reachability, relations. */
#include "data/classes.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum { NO_TERM = -1 };

/* The labels in bytewise order, each once. */
static void
set_names(struct strlist *name, const struct strlist *labels)
{
    struct strlist sorted = {0};

    strlist_copy(&sorted, labels);
    strlist_sort(&sorted);
    for (size_t i = 0; i < sorted.n; i++)
        if (i == 0 || strcmp(sorted.item[i], sorted.item[i - 1]) != 0)
            strlist_add(name, sorted.item[i]);
    strlist_release(&sorted);
}

/* term[i] (C): term of class i or NO_TERM; fills term_id and unknown. */
static void
resolve_names(struct class_set *cs, const struct ontology *o, int64_t *term)
{
    for (size_t i = 0; i < cs->C; i++) {
        uint32_t t;

        if (ontology_resolve(o, cs->name.item[i], &t) == RESOLVE_NONE) {
            term[i] = NO_TERM;
            strlist_add(&cs->term_id, "");
            strlist_add(&cs->unknown, cs->name.item[i]);
        } else {
            term[i] = t;
            strlist_add(&cs->term_id, o->term[t].id);
        }
    }
}

static void
fill_reachability(struct class_set *cs, const struct ontology *o, const int64_t *term)
{
    size_t C = cs->C;
    bool *mark = xmalloc(o->n_terms, sizeof *mark);

    for (size_t i = 0; i < C; i++) {
        cs->R[i * C + i] = 1;
        if (term[i] == NO_TERM)
            continue;
        ontology_mark_descendants(o, (uint32_t)term[i], mark);
        for (size_t j = 0; j < C; j++)
            if (term[j] != NO_TERM && mark[term[j]])
                cs->R[i * C + j] = 1;
    }
    free(mark);
}

/* Count the edges and make the digest: names and R are complete. */
static void
finish(struct class_set *cs)
{
    size_t C = cs->C;
    struct digest d;

    cs->n_edges = 0;
    digest_init(&d);
    digest_addu(&d, C);
    for (size_t i = 0; i < C; i++)
        digest_adds(&d, cs->name.item[i]);
    for (size_t i = 0; i < C; i++) {
        for (size_t j = 0; j < C; j++) {
            if (i == j || !class_set_reaches(cs, i, j))
                continue;
            digest_addu(&d, i);
            digest_addu(&d, j);
            cs->n_edges++;
        }
    }
    digest_final(&d, cs->digest);
}

void
class_set_init(struct class_set *cs, const struct strlist *labels,
               const struct ontology *o)
{
    *cs = (struct class_set){0};
    set_names(&cs->name, labels);
    cs->C = cs->name.n;
    cs->R = xcalloc(cs->C * cs->C, sizeof *cs->R);
    int64_t *term = xmalloc(cs->C, sizeof *term);
    resolve_names(cs, o, term);
    fill_reachability(cs, o, term);
    free(term);
    finish(cs);
}

/* What is above and below class u leads over it, now that R is another. */
static void
close_over(struct class_set *cs, size_t u)
{
    size_t C = cs->C;

    for (size_t a = 0; a < C; a++) /* what leads to u by one step in the other R */
        for (size_t i = 0; i < C && !class_set_reaches(cs, a, u); i++)
            if (class_set_reaches(cs, a, i) && class_set_reaches(cs, i, u))
                cs->R[a * C + u] = 1;
    for (size_t j = 0; j < C; j++)
        for (size_t i = 0; i < C && !class_set_reaches(cs, u, j); i++)
            if (class_set_reaches(cs, u, i) && class_set_reaches(cs, i, j))
                cs->R[u * C + j] = 1;
    for (size_t a = 0; a < C; a++)
        for (size_t j = 0; class_set_reaches(cs, a, u) && j < C; j++)
            if (class_set_reaches(cs, u, j))
                cs->R[a * C + j] = 1;
}

void
class_set_take(struct class_set *cs, const struct strlist *name, const uint8_t *reach,
               struct strlist *other)
{
    size_t C = cs->C, k = name->n;
    struct intern *row = intern_new();
    size_t *at = xmalloc(C, sizeof *at);

    for (size_t i = 0; i < k; i++)
        intern_add(row, name->item[i]);
    for (size_t c = 0; c < C; c++) {
        at[c] = intern_find(row, cs->name.item[c]);
        if (at[c] == SIZE_MAX)
            strlist_add(other, cs->name.item[c]);
    }
    for (size_t i = 0; i < C; i++)
        for (size_t j = 0; j < C; j++)
            if (at[i] != SIZE_MAX && at[j] != SIZE_MAX)
                cs->R[i * C + j] = i == j || reach[at[i] * k + at[j]];
    for (size_t c = 0; c < C; c++)
        if (at[c] == SIZE_MAX)
            close_over(cs, c);
    strlist_release(&cs->unknown);
    for (size_t c = 0; c < C; c++)
        if (at[c] == SIZE_MAX && !*cs->term_id.item[c])
            strlist_add(&cs->unknown, cs->name.item[c]);
    intern_free(row);
    free(at);
    finish(cs);
}

void
class_set_restore(struct class_set *cs, const struct strlist *name,
                  const struct strlist *term_id, const uint32_t *ancestor,
                  const uint32_t *descendant, size_t n_edges)
{
    *cs = (struct class_set){.C = name->n};
    strlist_copy(&cs->name, name);
    strlist_copy(&cs->term_id, term_id);
    for (size_t i = 0; i < cs->C; i++)
        if (!*term_id->item[i])
            strlist_add(&cs->unknown, name->item[i]);
    cs->R = xcalloc(cs->C * cs->C, sizeof *cs->R);
    for (size_t i = 0; i < cs->C; i++)
        cs->R[i * cs->C + i] = 1;
    for (size_t k = 0; k < n_edges; k++)
        cs->R[ancestor[k] * cs->C + descendant[k]] = 1;
    finish(cs);
}

void
class_set_release(struct class_set *cs)
{
    strlist_release(&cs->name);
    strlist_release(&cs->term_id);
    strlist_release(&cs->unknown);
    free(cs->R);
    *cs = (struct class_set){0};
}

int32_t
class_set_find(const struct class_set *cs, const char *label)
{
    size_t low = 0, high = cs->C;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = strcmp(cs->name.item[mid], label);

        if (order == 0)
            return (int32_t)mid;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return -1;
}

bool
class_set_reaches(const struct class_set *cs, size_t i, size_t j)
{
    return cs->R[i * cs->C + j] > 0;
}

/* a is an ancestor of i, and not the same term under another label. */
static bool
is_above(const struct class_set *cs, size_t a, size_t i)
{
    return class_set_reaches(cs, a, i) && !class_set_reaches(cs, i, a);
}

/* No class lies strictly between a and i; above (n) lists the ancestors of i. */
static bool
is_nearest(const struct class_set *cs, size_t a, const uint32_t *above, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (is_above(cs, a, above[k]))
            return false;
    return true;
}

/* nearest (C, C): nearest[a][i] = 1 iff a is a nearest class ancestor of i. */
static void
mark_nearest(const struct class_set *cs, uint8_t *nearest)
{
    size_t C = cs->C;
    uint32_t *above = xmalloc(C, sizeof *above);

    for (size_t i = 0; i < C; i++) {
        size_t n = 0;

        for (size_t a = 0; a < C; a++)
            if (is_above(cs, a, i))
                above[n++] = (uint32_t)a;
        for (size_t k = 0; k < n; k++)
            nearest[above[k] * C + i] = is_nearest(cs, above[k], above, n);
    }
    free(above);
}

/* Every two classes with the same nearest ancestor that are nothing closer become
 * siblings. */
static void
mark_siblings(const struct class_set *cs, const uint8_t *nearest, uint8_t *out)
{
    size_t C = cs->C;
    uint32_t *child = xmalloc(C, sizeof *child);

    for (size_t a = 0; a < C; a++) {
        size_t n = 0;

        for (size_t i = 0; i < C; i++)
            if (nearest[a * C + i])
                child[n++] = (uint32_t)i;
        for (size_t k = 0; k < n; k++)
            for (size_t l = 0; l < n; l++)
                if (out[child[k] * C + child[l]] == RELATION_OTHER)
                    out[child[k] * C + child[l]] = RELATION_SIBLING;
    }
    free(child);
}

void
class_set_relations(const struct class_set *cs, uint8_t *out)
{
    size_t C = cs->C;
    uint8_t *nearest = xcalloc(C * C, 1);

    for (size_t i = 0; i < C; i++)
        for (size_t j = 0; j < C; j++)
            out[i * C + j] = i == j                        ? RELATION_SAME
                             : class_set_reaches(cs, i, j) ? RELATION_DESCENDANT
                             : class_set_reaches(cs, j, i) ? RELATION_ANCESTOR
                                                           : RELATION_OTHER;
    mark_nearest(cs, nearest);
    mark_siblings(cs, nearest, out);
    free(nearest);
}

const char *
relation_name(enum relation r)
{
    static const char *const name[RELATION_COUNT] = {
        [RELATION_SAME] = "same",         [RELATION_DESCENDANT] = "descendant",
        [RELATION_ANCESTOR] = "ancestor", [RELATION_SIBLING] = "sibling",
        [RELATION_OTHER] = "other",
    };

    return name[r];
}
