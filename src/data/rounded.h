/* rounded.h - counting the numbers that become other ones as float32, in which all values
 * are kept: whoever promises to keep them exactly wants to know.
 *
 * Threads: any thread.
 * Errors:  none.
 * Tests:   tests/test_rounded.c */
#ifndef DATA_ROUNDED_H
#define DATA_ROUNDED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rounded {
    atomic_uint_least64_t n; /* numbers; one that is read twice counts twice */
};

/* What is stored: bytes of a number (1, 2, 4, 8), and 'i' integers, 'u' without sign, 'f'
 * floating point, as the processor has them. */
struct rounded_type {
    size_t size;
    char kind;
};

/* Whether numbers of the type can differ from float32 at all. */
bool rounded_can(struct rounded_type type);

/* Count those of n numbers; r may be NULL. */
void rounded_count(struct rounded *r, struct rounded_type type, const void *data,
                   size_t n);

#endif
