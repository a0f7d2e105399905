/* diff_what.c - from marks to runs whose specs are put side by side. */
#include "tui/diff_what.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/utf8.h"

enum { MAX_NAME = 40 }; /* columns */

/* Bytes of a name that a heading has room for. */
static int
fit(const char *name)
{
    return (int)utf8_fit(name, MAX_NAME);
}

static void
add_group(struct diff_item *out, const struct model *m, const struct run_group *g)
{
    size_t n = 0;

    out->run_id = group_run(m, g, 0)->run_id;
    out->n_seeds = g->n;
    for (size_t i = 0; i < g->n && n < sizeof out->seeds; i++)
        n += (size_t)snprintf(out->seeds + n, sizeof out->seeds - n, "%s%" PRId64,
                              i ? ", " : "", group_run(m, g, i)->seed);
    snprintf(out->title, sizeof out->title, "%.*s %s %s", fit(g->experiment),
             g->experiment, g->model, g->loss);
}

static void
add(struct diff_what *w, const struct model *m, uint64_t key)
{
    const struct run_group *g = model_group(m, key);
    const struct store_run *r = g ? NULL : model_run(m, (int64_t)key);
    struct diff_item *out = &w->item[w->n];

    *out = (struct diff_item){.n_seeds = 1};
    if (g) {
        add_group(out, m, g);
    } else if (r) {
        out->run_id = r->run_id;
        snprintf(out->title, sizeof out->title, "#%" PRId64 " %.*s", r->run_id,
                 r->name ? fit(r->name) : 0, r->name ? r->name : "");
    }
    w->n += g || r;
}

bool
diff_what_choose(struct diff_what *w, const struct model *m,
                 const struct keyset *marked, uint64_t current)
{
    struct diff_what fresh = {0};

    if (marked->n == 0 || marked->n > DIFF_MAX)
        return false;
    for (size_t i = 0; i < marked->n; i++)
        add(&fresh, m, marked->key[i]);
    if (fresh.n == 1 && !keyset_has(marked, current))
        add(&fresh, m, current);
    if (fresh.n < 2)
        return false;
    *w = fresh;
    return true;
}

void
diff_what_title(const struct diff_item *item, char *out, size_t size)
{
    if (item->n_seeds > 1)
        snprintf(out, size, "%s (%zu seeds)", item->title, item->n_seeds);
    else
        snprintf(out, size, "%s", item->title);
}
