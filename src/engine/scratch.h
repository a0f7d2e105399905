/* scratch.h - cutting a model's working memory into arrays.
 *
 * One function of a model takes its arrays from a `struct scratch`; with base = NULL it
 * only counts, so that the size and the layout cannot differ.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef ENGINE_SCRATCH_H
#define ENGINE_SCRATCH_H

#include <stddef.h>

enum { SCRATCH_ALIGN = 64 };

struct scratch {
    char *base;  /* borrowed, 64-byte aligned; NULL: only count */
    size_t used; /* bytes */
};

/* n elements of size bytes each, 64-byte aligned; NULL while counting. */
static inline void *
scratch_take(struct scratch *s, size_t n, size_t size)
{
    void *p = s->base ? s->base + s->used : NULL;

    s->used += (n * size + SCRATCH_ALIGN - 1) / SCRATCH_ALIGN * SCRATCH_ALIGN;
    return p;
}

#endif
