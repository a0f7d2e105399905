/* pickle_tree.c - the tree that a pickle is: its shape, and looking at it. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "exchange/pickle.h"

static bool
has_items(const struct pickle_value *v)
{
    return v->kind >= PICKLE_TUPLE;
}

/* --- no cycles, no depths --- */

enum { NEW, OPEN, DONE };

static const char too_deep[] = "values nested deeper than 256";

struct walk {
    uint8_t *state;  /* (n) owned; NEW, OPEN: on the way, DONE */
    uint16_t *depth; /* (n) owned; of what is DONE */
    uint32_t way[PICKLE_DEPTH_MAX], next[PICKLE_DEPTH_MAX]; /* value, its next item */
    size_t n;
};

/* Step into a value that is no part of the way yet. */
static const char *
step_into(struct walk *w, uint32_t v)
{
    if (w->n == PICKLE_DEPTH_MAX)
        return too_deep;
    w->state[v] = OPEN;
    w->way[w->n] = v;
    w->next[w->n++] = 0;
    return NULL;
}

/* Leave the last value of the way: all its items are DONE. */
static const char *
step_out(const struct pickle *p, struct walk *w)
{
    uint32_t v = w->way[--w->n];
    const struct pickle_value *x = &p->value[v];
    size_t deepest = 0;

    for (size_t i = 0; has_items(x) && i < x->n_items; i++)
        if (w->depth[x->item[i]] > deepest)
            deepest = w->depth[x->item[i]];
    if (deepest + 1 > PICKLE_DEPTH_MAX)
        return too_deep;
    w->depth[v] = (uint16_t)(deepest + 1);
    w->state[v] = DONE;
    return NULL;
}

static const char *
walk_on(const struct pickle *p, struct walk *w)
{
    const struct pickle_value *x = &p->value[w->way[w->n - 1]];
    uint32_t i = w->next[w->n - 1]++;

    if (!has_items(x) || i >= x->n_items)
        return step_out(p, w);
    if (w->state[x->item[i]] == OPEN)
        return "a value that contains itself";
    return w->state[x->item[i]] == NEW ? step_into(w, x->item[i]) : NULL;
}

const char *
pickle_check_tree(const struct pickle *p, uint32_t root)
{
    struct walk *w = xcalloc(1, sizeof *w);

    w->state = xcalloc(p->n, sizeof *w->state);
    w->depth = xcalloc(p->n, sizeof *w->depth);
    const char *why = step_into(w, root);

    while (!why && w->n)
        why = walk_on(p, w);
    free(w->state);
    free(w->depth);
    free(w);
    return why;
}

void
pickle_release(struct pickle *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (has_items(&p->value[i]))
            free(p->value[i].item);
    free(p->value);
    *p = (struct pickle){0};
}

/* --- looking at it --- */

const struct pickle_value *
pickle_item(const struct pickle *p, const struct pickle_value *v, size_t i)
{
    return v && has_items(v) && i < v->n_items ? &p->value[v->item[i]] : NULL;
}

const struct pickle_value *
pickle_get(const struct pickle *p, const struct pickle_value *v, const char *key)
{
    if (!v || v->kind != PICKLE_DICT)
        return NULL;
    for (size_t i = v->n_items; i >= 2; i -= 2)
        if (pickle_is_text(pickle_item(p, v, i - 2), key))
            return pickle_item(p, v, i - 1);
    return NULL;
}

bool
pickle_is_text(const struct pickle_value *v, const char *text)
{
    size_t n = strlen(text);

    return v && v->kind == PICKLE_TEXT && v->text.n == n &&
           memcmp(v->text.s, text, n) == 0;
}

bool
pickle_is_name(const struct pickle *p, const struct pickle_value *v, const char *module,
               const char *name)
{
    return v && v->kind == PICKLE_NAME &&
           pickle_is_text(pickle_item(p, v, 0), module) &&
           pickle_is_text(pickle_item(p, v, 1), name);
}
