/* arena.h - many small allocations that are freed at once.
 *
 * Threads: one thread per object.
 * Errors:  aborts when memory is exhausted. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *head; /* owned; NULL when empty */
};

/* Zeroed memory for n elements of size bytes, 16-byte aligned; borrowed until
 * arena_release.  `struct arena a = {0}` is an empty arena. */
void *arena_alloc(struct arena *a, size_t n, size_t size);

/* A copy of s in the arena; NULL gives NULL. */
char *arena_strdup(struct arena *a, const char *s);

void arena_release(struct arena *a);

#endif
