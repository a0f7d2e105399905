/* keyset.c - a small set of 64-bit keys. */
#include "tui/keyset.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static size_t
keyset_index(const struct keyset *s, uint64_t key)
{
    size_t i = 0;

    while (i < s->n && s->key[i] != key)
        i++;
    return i;
}

bool
keyset_has(const struct keyset *s, uint64_t key)
{
    return keyset_index(s, key) < s->n;
}

void
keyset_set(struct keyset *s, uint64_t key, bool in)
{
    size_t i = keyset_index(s, key);

    if (in && i == s->n) {
        s->key = grow(s->key, &s->cap, s->n + 1, sizeof *s->key);
        s->key[s->n++] = key;
    } else if (!in && i < s->n) {
        memmove(s->key + i, s->key + i + 1, (s->n - i - 1) * sizeof *s->key);
        s->n--;
    }
}

void
keyset_reset(struct keyset *s)
{
    s->n = 0;
}

void
keyset_release(struct keyset *s)
{
    free(s->key);
    *s = (struct keyset){0};
}

uint64_t
keyset_hash(uint64_t h, const char *s)
{
    h = h ? h : 14695981039346656037u;
    for (; s && *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    return (h ^ 0xff) * 1099511628211u; /* "a","bc" is not "ab","c" */
}
