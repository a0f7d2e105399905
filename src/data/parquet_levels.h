/* parquet_levels.h - runs of small integers: levels and dictionary indices.
 *
 * The RLE/bit-packed hybrid: a header, then either one value and how often it comes, or
 * groups of 8 values of `width` bits, the lowest bits first.
 *
 * Data must be followed by RLE_PAD bytes that may be read.
 *
 * Threads: one thread per object.
 * Errors:  none; a call that gets no values says so, and fault says why.
 * Source:  Apache Parquet, Encodings.md.
 * Tests:   tests/test_parquet.c */
#ifndef DATA_PARQUET_LEVELS_H
#define DATA_PARQUET_LEVELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RLE_PAD = 8, RLE_WIDTH_MAX = 32 };

struct rle {
    const uint8_t *at, *end; /* borrowed */
    unsigned width;          /* bits of a value; 0: all are 0 and nothing is stored */
    bool is_packed;          /* the current run is bit-packed */
    size_t left;             /* values left in it */
    uint32_t value;          /* of a run that is not packed */
    const uint8_t *packed;   /* of a packed run */
    size_t bit;              /* next one, from packed on */
    const char *fault;       /* static; NULL: none so far */
};

void rle_init(struct rle *r, const uint8_t *data, size_t n, unsigned width);

/* Take what is left of a run of equal values, at most `most` (> 0): how many, and which
 * one.  0: the next values are bit-packed, or there is a fault. */
size_t rle_same(struct rle *r, size_t most, uint32_t *value);

/* Take at most `most` values of a bit-packed run.  0: as above, the other way round. */
size_t rle_packed(struct rle *r, size_t most, uint32_t *out);

/* Take n values, of either kind.  False: there are not so many. */
bool rle_words(struct rle *r, uint32_t *out, size_t n);

/* The same where width <= 8. */
bool rle_bytes(struct rle *r, uint8_t *out, size_t n);

/* Bits that hold numbers up to max. */
unsigned rle_width(unsigned max);

#endif
