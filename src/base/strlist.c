/* strlist.c - lists of strings, and interning on uthash. */
#include "base/strlist.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

void
strlist_addn(struct strlist *l, const char *s, size_t n)
{
    l->item = grow(l->item, &l->cap, l->n + 1, sizeof *l->item);
    l->item[l->n++] = xstrndup(s, n);
}

void
strlist_add(struct strlist *l, const char *s)
{
    strlist_addn(l, s, strlen(s));
}

void
strlist_split(struct strlist *l, const char *s, char sep)
{
    if (!*s)
        return;
    for (const char *end; (end = strchr(s, sep)); s = end + 1)
        strlist_addn(l, s, (size_t)(end - s));
    strlist_add(l, s);
}

bool
strlist_has(const struct strlist *l, const char *s)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->item[i], s) == 0)
            return true;
    return false;
}

void
strlist_copy(struct strlist *dst, const struct strlist *src)
{
    for (size_t i = 0; i < src->n; i++)
        strlist_add(dst, src->item[i]);
}

static int
compare_items(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void
strlist_sort(struct strlist *l)
{
    if (l->n)
        qsort(l->item, l->n, sizeof *l->item, compare_items);
}

char *
strlist_join(const struct strlist *l, const char *sep)
{
    struct strbuf sb = {0};

    for (size_t i = 0; i < l->n; i++) {
        if (i)
            strbuf_adds(&sb, sep);
        strbuf_adds(&sb, l->item[i]);
    }
    return strbuf_detach(&sb);
}

void
strlist_release(struct strlist *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->item[i]);
    free(l->item);
    *l = (struct strlist){0};
}

struct intern_entry {
    UT_hash_handle hh;
    size_t index;
    char text[];
};

struct intern {
    struct intern_entry *table;  /* owned, by text */
    struct intern_entry **entry; /* (n) owned array, by index */
    size_t n, cap;
};

struct intern *
intern_new(void)
{
    return xcalloc(1, sizeof(struct intern));
}

void
intern_free(struct intern *in)
{
    if (!in)
        return;
    HASH_CLEAR(hh, in->table);
    for (size_t i = 0; i < in->n; i++)
        free(in->entry[i]);
    free(in->entry);
    free(in);
}

size_t
intern_find(const struct intern *in, const char *s)
{
    struct intern_entry *e = NULL;

    HASH_FIND(hh, in->table, s, strlen(s), e);
    return e ? e->index : SIZE_MAX;
}

size_t
intern_add(struct intern *in, const char *s)
{
    size_t found = intern_find(in, s), len = strlen(s);

    if (found != SIZE_MAX)
        return found;
    struct intern_entry *e = xcalloc(1, sizeof *e + len + 1);

    memcpy(e->text, s, len);
    e->index = in->n;
    HASH_ADD(hh, in->table, text[0], (unsigned)len, e);
    in->entry = grow(in->entry, &in->cap, in->n + 1, sizeof(struct intern_entry *));
    in->entry[in->n++] = e;
    return e->index;
}

size_t
intern_count(const struct intern *in)
{
    return in->n;
}

const char *
intern_text(const struct intern *in, size_t i)
{
    return in->entry[i]->text;
}
