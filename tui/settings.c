/* settings.c - fields of a state as lines of the config file, and back. */
#include "tui/settings.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tui/list.h"
#include "tui/list_filter.h"

enum { KEY_SIZE = 96 };

static const char no_column[] = "none"; /* the order in which rows came */

/* What a list keeps, below its key. */
static const struct {
    const char *part, *values, *help;
} list_parts[] = {
    {"sort", "COLUMN|none", "column of the order"},
    {"order", "ascending|descending", "its direction"},
    {"filter", "FILTER", "rows that are shown"},
    {"columns", "COLUMN, ...", "columns that are shown, in order"},
};

/* "compare.seeds.sort", "compare.facet", "theme". */
static const char *
full_key(char out[KEY_SIZE], const char *view, const char *key, const char *part)
{
    snprintf(out, KEY_SIZE, "%s%s%s%s%s", view, *view && *key ? "." : "", key,
             part ? "." : "", part ? part : "");
    return out;
}

static void *
field(const struct setting *s, void *state)
{
    return (char *)state + s->offset;
}

static const void *
const_field(const struct setting *s, const void *state)
{
    return (const char *)state + s->offset;
}

int
setting_find(const struct setting *s, const char *name)
{
    const char *known;

    for (size_t i = 0; (known = s->choice(i)); i++)
        if (strcmp(known, name) == 0)
            return (int)i;
    return -1;
}

/* --- reading --- */

static void
load_sort(struct config *c, const char *view, const char *name, struct list *l)
{
    char key[KEY_SIZE];
    const char *sort = config_get(c, full_key(key, view, name, "sort"));
    size_t col = sort ? list_find_column(l, sort, strlen(sort)) : SIZE_MAX;

    if (col != SIZE_MAX)
        l->sort = (int)col;
    else if (sort && strcmp(sort, no_column) == 0)
        l->sort = -1;
    else if (sort)
        config_bad(c, "%s: no column %s", key, sort);
    const char *order = config_get(c, full_key(key, view, name, "order"));
    if (order && strcmp(order, "ascending") != 0 && strcmp(order, "descending") != 0)
        config_bad(c, "%s: %s is neither ascending nor descending", key, order);
    else if (order)
        l->reverse = *order == 'd';
}

static void
load_list(struct config *c, const char *view, const char *name, struct list *l)
{
    char key[KEY_SIZE];
    struct errbuf eb;

    load_sort(c, view, name, l);
    const char *text = config_get(c, full_key(key, view, name, "filter"));
    if (text && list_filter(l, text, false, NULL, &eb))
        config_bad(c, "%s: %s", key, eb.text);
    text = config_get(c, full_key(key, view, name, "columns"));
    if (text && list_choose(l, text, false, NULL, &eb))
        config_bad(c, "%s: %s", key, eb.text);
    list_end(l);
}

static void
load_int(struct config *c, const char *key, const char *text, const struct setting *s,
         int *out)
{
    char *end;
    long x = strtol(text, &end, 10);

    if (*end || end == text || x < s->min || x > s->max)
        config_bad(c, "%s: %s is no number from %d to %d", key, text, s->min, s->max);
    else
        *out = (int)x;
}

static void
load_choice(struct config *c, const char *key, const char *text,
            const struct setting *s, void *out)
{
    int i = setting_find(s, text);

    if (i < 0)
        config_bad(c, "%s: there is no %s", key, text);
    else
        memcpy(out, &i, sizeof i);
}

static void
load_bool(struct config *c, const char *key, const char *text, bool *out)
{
    if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        config_bad(c, "%s: %s is neither yes nor no", key, text);
    else
        *out = *text == 'y';
}

static void
load_text(struct config *c, const char *key, const char *text, const struct setting *s,
          char **out)
{
    if (s->choice && setting_find(s, text) < 0) {
        config_bad(c, "%s: there is no %s", key, text);
        return;
    }
    free(*out);
    *out = xstrdup(text);
}

static void
load(struct config *c, const char *view, const struct setting *s, void *state)
{
    char key[KEY_SIZE];
    void *out = field(s, state);

    if (s->type == SETTING_LIST) {
        load_list(c, view, s->key, out);
        return;
    }
    const char *text = config_get(c, full_key(key, view, s->key, NULL));
    if (!text)
        return;
    if (s->type == SETTING_TEXT)
        load_text(c, key, text, s, out);
    else if (s->type == SETTING_CHOICE)
        load_choice(c, key, text, s, out);
    else if (s->type == SETTING_BOOL)
        load_bool(c, key, text, out);
    else
        load_int(c, key, text, s, out);
}

void
settings_load(struct config *c, const char *view, const struct setting *s, size_t n,
              void *state)
{
    for (size_t i = 0; i < n; i++)
        load(c, view, &s[i], state);
}

/* --- writing --- */

static void
save_list(struct config *c, const char *view, const char *name, const struct list *l)
{
    char key[KEY_SIZE];
    struct strbuf columns = {0};

    if (l->n_chosen)
        list_chosen_text(l, &columns);
    config_set(c, full_key(key, view, name, "sort"),
               l->sort < 0 ? no_column : l->column[l->sort].name);
    config_set(c, full_key(key, view, name, "order"),
               l->reverse ? "descending" : "ascending");
    config_set(c, full_key(key, view, name, "filter"), l->filter);
    config_set(c, full_key(key, view, name, "columns"), strbuf_str(&columns));
    strbuf_release(&columns);
}

static void
save(struct config *c, const char *view, const struct setting *s, const void *state)
{
    const void *in = const_field(s, state);
    char key[KEY_SIZE], number[16];
    int i = 0;

    if (s->type == SETTING_LIST) {
        save_list(c, view, s->key, in);
        return;
    }
    full_key(key, view, s->key, NULL);
    if (s->type == SETTING_CHOICE || s->type == SETTING_INT)
        memcpy(&i, in, sizeof i);
    snprintf(number, sizeof number, "%d", i);
    config_set(c, key,
               s->type == SETTING_TEXT     ? *(char *const *)in
               : s->type == SETTING_CHOICE ? s->choice((size_t)i)
               : s->type == SETTING_BOOL   ? (*(const bool *)in ? "yes" : "no")
                                           : number);
}

void
settings_save(struct config *c, const char *view, const struct setting *s, size_t n,
              const void *state)
{
    for (size_t i = 0; i < n; i++)
        save(c, view, &s[i], state);
}

/* --- for people --- */

static void
describe_values(const struct setting *s, struct strbuf *out)
{
    const char *name;

    if (s->type == SETTING_BOOL)
        strbuf_adds(out, "yes|no");
    else if (s->type == SETTING_INT)
        strbuf_addf(out, "%d to %d", s->min, s->max);
    else if (!s->choice)
        strbuf_adds(out, "TEXT");
    for (size_t i = 0; s->choice && (name = s->choice(i)); i++)
        strbuf_addf(out, "%s%s", i ? "|" : "", name);
}

void
settings_describe(const char *view, const struct setting *s, size_t n,
                  struct strbuf *out)
{
    char key[KEY_SIZE];

    for (size_t i = 0; i < n; i++) {
        if (s[i].type != SETTING_LIST) {
            strbuf_addf(out, "%s\t", full_key(key, view, s[i].key, NULL));
            describe_values(&s[i], out);
            strbuf_addf(out, "\t%s\n", s[i].help);
            continue;
        }
        for (size_t k = 0; k < sizeof list_parts / sizeof list_parts[0]; k++)
            strbuf_addf(out, "%s\t%s\t%s\n",
                        full_key(key, view, s[i].key, list_parts[k].part),
                        list_parts[k].values, list_parts[k].help);
    }
}
