/* keyset.h - a small set of 64-bit keys in order of insertion.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef TUI_KEYSET_H
#define TUI_KEYSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keyset {
    uint64_t *key; /* (n) owned */
    size_t n, cap;
};

bool keyset_has(const struct keyset *s, uint64_t key);
void keyset_set(struct keyset *s, uint64_t key, bool in);
void keyset_reset(struct keyset *s);
void keyset_release(struct keyset *s);

/* A key for texts: FNV-1a over s, continued from h (0: a new one). */
uint64_t keyset_hash(uint64_t h, const char *s);

#endif
