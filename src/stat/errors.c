/* errors.c - confusions by class, loss and seed. */
#include "stat/errors.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/xalloc.h"

/* Of one true class: by predicted class, 1 + the confusion, 0 where there is none. */
struct errors_index {
    uint32_t *at; /* (n) owned */
    size_t n;
};

void
errors_init(struct errors *e, const int64_t *seed, size_t S)
{
    *e = (struct errors){.S = S, .label = intern_new(), .last_from = UINT32_MAX};
    e->seed = xmalloc(S, sizeof *e->seed);
    if (S)
        memcpy(e->seed, seed, S * sizeof *seed);
}

void
errors_release(struct errors *e)
{
    for (size_t c = 0; c < e->cap_classes; c++)
        free(e->index[c].at);
    free(e->index);
    free(e->seed);
    free(e->confusion);
    free(e->count);
    intern_free(e->label);
    *e = (struct errors){0};
}

void
errors_begin_run(struct errors *e, size_t pair, enum error_side side)
{
    assert(pair < e->S);
    e->pair = pair;
    e->side = side;
    e->last_from = UINT32_MAX;
}

/* --- adding --- */

/* The class of a label.  Rows of one true label follow each other. */
static uint32_t
true_class(struct errors *e, const char *label)
{
    if (e->last_from == UINT32_MAX ||
        strcmp(intern_text(e->label, e->last_from), label) != 0)
        e->last_from = (uint32_t)intern_add(e->label, label);
    return e->last_from;
}

/* Where the confusion of two classes stands in the index. */
static uint32_t *
index_slot(struct errors *e, uint32_t from, uint32_t to)
{
    size_t had = e->cap_classes;

    if (from >= had) {
        e->index = grow(e->index, &e->cap_classes, (size_t)from + 1, sizeof *e->index);
        memset(e->index + had, 0, (e->cap_classes - had) * sizeof *e->index);
    }
    struct errors_index *x = &e->index[from];
    had = x->n;
    if (to >= had) {
        x->at = grow(x->at, &x->n, (size_t)to + 1, sizeof *x->at);
        memset(x->at + had, 0, (x->n - had) * sizeof *x->at);
    }
    return &x->at[to];
}

static size_t
add_confusion(struct errors *e, struct confusion c)
{
    size_t cap = e->cap, runs = ERROR_SIDES * e->S;

    e->confusion = grow(e->confusion, &e->cap, e->n + 1, sizeof *e->confusion);
    if (e->cap != cap)
        e->count = xrealloc(e->count, e->cap * runs, sizeof *e->count);
    memset(e->count + e->n * runs, 0, runs * sizeof *e->count);
    e->confusion[e->n] = c;
    return e->n++;
}

void
errors_add(void *ctx, const char *true_label, const char *predicted_label,
           const char *relation, int64_t n)
{
    struct errors *e = ctx;
    uint32_t from = true_class(e, true_label);
    uint32_t to = (uint32_t)intern_add(e->label, predicted_label);
    uint32_t *slot = index_slot(e, from, to);

    if (*slot == 0) {
        enum error_kind kind = error_kind_find(relation);
        struct confusion c = {from, to, kind < ERROR_WRONG ? kind : ERROR_OTHER};
        *slot = (uint32_t)add_confusion(e, c) + 1;
    }
    size_t run = (size_t)e->side * e->S + e->pair;
    e->count[(*slot - 1) * ERROR_SIDES * e->S + run] += n;
}

/* --- looking --- */

size_t
errors_classes(const struct errors *e)
{
    return e->label ? intern_count(e->label) : 0;
}

const char *
errors_label(const struct errors *e, size_t c)
{
    return intern_text(e->label, c);
}

size_t
errors_find(const struct errors *e, const char *label)
{
    return e->label ? intern_find(e->label, label) : SIZE_MAX;
}

const int64_t *
errors_counts(const struct errors *e, size_t i, enum error_side side)
{
    return e->count + (i * ERROR_SIDES + (size_t)side) * e->S;
}

bool
errors_has_run(const struct errors *e, size_t pair, enum error_side side)
{
    size_t i = 0;

    while (i < e->n && errors_counts(e, i, side)[pair] == 0)
        i++;
    return i < e->n;
}

static const char *const names[ERROR_KINDS] = {
    [ERROR_SAME] = "same",         [ERROR_DESCENDANT] = "descendant",
    [ERROR_ANCESTOR] = "ancestor", [ERROR_SIBLING] = "sibling",
    [ERROR_OTHER] = "other",       [ERROR_WRONG] = "wrong",
};

const char *
error_kind_name(enum error_kind kind)
{
    assert(kind < ERROR_KINDS);
    return names[kind];
}

enum error_kind
error_kind_find(const char *name)
{
    int kind = 0;

    while (kind < ERROR_KINDS && strcmp(names[kind], name) != 0)
        kind++;
    return (enum error_kind)kind;
}
