/* packed_paths.h - unpacking bits: the same results in several ways.
 *
 * A group is 8 values of w bits, w <= 8, in w bytes, the first in the lowest bits.  Reads
 * and writes up to PACKED_SLACK elements behind the end.
 *
 * Threads: any thread.
 * Errors:  none.
 * Tests:   tests/test_packed_row.c */
#ifndef DATA_PACKED_PATHS_H
#define DATA_PACKED_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packed_paths {
    const char *name;

    /* Bits set in map (words of 64). */
    size_t (*count)(const uint8_t *map, size_t words);

    /* index = places of the bits set in map (words of 64); returns how many. */
    size_t (*bits)(const uint8_t *map, size_t words, uint16_t *index);

    /* index[k] = index[k - 1] + 1 + gap[k], from `last` (-1: nothing) on; width (blocks of 64) is at
     * most 16.  Returns the last one, which does not wrap where index does. */
    uint64_t (*gaps)(const uint8_t *width, const uint8_t *in, size_t n, uint64_t last,
                     uint16_t *index);

    /* code = n values of at most 8 bits; returns the largest. */
    unsigned (*codes)(const uint8_t *width, const uint8_t *in, size_t n, uint8_t *code);
};

extern const struct packed_paths packed_generic;
#ifdef __x86_64__
extern const struct packed_paths packed_avx2, packed_avx512;
#endif

#endif
