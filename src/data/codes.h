/* codes.h - small integers of many cells, in as few bytes as they need.
 *
 * A code is an index into some list, or -1 for missing, which has all bits set.
 *
 * Threads: one thread per object while it changes; any thread to read.
 * Errors:  ERR_NOMEM.
 * Tests:   tests/test_codes.c */
#ifndef DATA_CODES_H
#define DATA_CODES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct codes {
    void *at;       /* owned */
    unsigned width; /* bytes of a code: 1, 2 or 4; 0: there are none */
};

/* Bytes that a code below n_levels needs. */
unsigned codes_width(size_t n_levels);

/* n codes take over an array of int32. */
void codes_take(struct codes *c, int32_t *code);
void codes_release(struct codes *c);

/* Make room for n codes of codes 0..n_old; new ones are missing. */
MUST_CHECK enum err codes_resize(struct codes *c, size_t n_old, size_t n,
                                 struct errbuf *eb);

/* The same n codes, each of `width` bytes.  To fewer bytes: in place, never fails. */
MUST_CHECK enum err codes_widen(struct codes *c, size_t n, unsigned width,
                                struct errbuf *eb);
void codes_narrow(struct codes *c, size_t n, unsigned width);

/* The n codes as int32.  Caller frees *out. */
MUST_CHECK enum err codes_copy(const struct codes *c, size_t n, int32_t **out,
                               struct errbuf *eb);

static inline int32_t
codes_get(const struct codes *c, size_t i)
{
    if (c->width == 1) {
        uint8_t x = ((const uint8_t *)c->at)[i];

        return x == UINT8_MAX ? -1 : x;
    }
    if (c->width == 2) {
        uint16_t x = ((const uint16_t *)c->at)[i];

        return x == UINT16_MAX ? -1 : x;
    }
    return ((const int32_t *)c->at)[i];
}

/* code must fit the width. */
static inline void
codes_set(struct codes *c, size_t i, int32_t code)
{
    if (c->width == 1)
        ((uint8_t *)c->at)[i] = (uint8_t)code;
    else if (c->width == 2)
        ((uint16_t *)c->at)[i] = (uint16_t)code;
    else
        ((int32_t *)c->at)[i] = code;
}

#endif
