/* obs_column.c - making and cutting columns of coded text. */
#include "data/obs_column.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

struct level {
    const char *text; /* borrowed */
    size_t old;
};

static int
compare_levels(const void *a, const void *b)
{
    return strcmp(((const struct level *)a)->text, ((const struct level *)b)->text);
}

/* Sort the used ones of n_old texts into levels and rewrite the codes. */
static void
canonicalise(struct strlist *levels, struct codes *code, size_t n,
             const char *const *text, size_t n_old)
{
    struct level *used = xcalloc(n_old, sizeof *used);
    int32_t *map = xcalloc(n_old, sizeof *map);
    size_t n_used = 0;

    for (size_t i = 0; i < n; i++)
        if (codes_get(code, i) >= 0)
            map[codes_get(code, i)] = 1;
    for (size_t i = 0; i < n_old; i++)
        if (map[i])
            used[n_used++] = (struct level){text[i], i};
    qsort(used, n_used, sizeof *used, compare_levels);
    for (size_t i = 0; i < n_used; i++) {
        strlist_add(levels, used[i].text);
        map[used[i].old] = (int32_t)i;
    }
    for (size_t i = 0; i < n; i++)
        if (codes_get(code, i) >= 0)
            codes_set(code, i, map[codes_get(code, i)]);
    codes_narrow(code, n, codes_width(n_used));
    free(map);
    free(used);
}

void
obs_column_make(struct obs_column *c, const char *name, struct codes *code, size_t n,
                const struct intern *text)
{
    size_t n_text = intern_count(text);
    const char **item = xcalloc(n_text, sizeof *item);

    for (size_t i = 0; i < n_text; i++)
        item[i] = intern_text(text, i);
    *c = (struct obs_column){.name = xstrdup(name), .code = *code};
    *code = (struct codes){0};
    canonicalise(&c->levels, &c->code, n, item, n_text);
    free(item);
}

void
obs_column_init(struct obs_column *c, const char *name, int32_t *code, size_t n,
                const struct intern *text)
{
    struct codes wide;

    codes_take(&wide, code);
    obs_column_make(c, name, &wide, n, text);
}

void
obs_column_release(struct obs_column *c)
{
    free(c->name);
    codes_release(&c->code);
    strlist_release(&c->levels);
    *c = (struct obs_column){0};
}

void
obs_column_cut(struct obs_column *c, const uint32_t *cell, size_t n)
{
    struct strlist old = c->levels;
    const char **item = xcalloc(old.n, sizeof *item);

    for (size_t i = 0; i < old.n; i++)
        item[i] = old.item[i];
    for (size_t i = 0; i < n; i++)
        codes_set(&c->code, i, codes_get(&c->code, cell[i]));
    (void)!codes_resize(&c->code, n, n, NULL); /* it becomes no longer */
    c->levels = (struct strlist){0};
    canonicalise(&c->levels, &c->code, n, item, old.n);
    free(item);
    strlist_release(&old);
}

const char *
obs_column_text(const struct obs_column *c, size_t cell)
{
    int32_t code = codes_get(&c->code, cell);

    return code < 0 ? NULL : c->levels.item[code];
}
