/* rng.h - counter-based random numbers: Philox4x32-10.
 *
 * A stream is named by (seed, purpose, a, b); number i of a stream is a pure
 * function of these, so that draws need no state and no order.  The loss of a
 * run never enters a key.
 *
 * Threads: any thread.
 * Errors:  none.
 * Source:  Salmon et al. 2011, doi 10.1145/2063384.2063405. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* What a stream is for.  Values are part of every stored result: never reorder. */
enum rng_purpose {
    RNG_INIT = 1,    /* a = tensor index */
    RNG_ORDER = 2,   /* a = epoch */
    RNG_DROPOUT = 3, /* a = epoch, b = layer */
    RNG_AUGMENT = 4, /* a = epoch */
    RNG_SPLIT = 5,
    RNG_SIGNFLIP = 6,
    RNG_IMPORTANCE = 7,
    RNG_PACK = 8,      /* order of the cells of a packed store */
    RNG_SIMULATE = 16, /* a = sub-purpose of the simulator */
    RNG_TOY = 17       /* a = sub-purpose of the toy, b = leaf or layer */
};

struct rng {
    uint32_t key[2];
    uint32_t ctr_hi[2]; /* (purpose and a, b) mixed */
};

/* The stream (seed, purpose, a, b). */
struct rng rng_stream(uint64_t seed, enum rng_purpose purpose, uint64_t a, uint64_t b);

/* Block i of the stream: 4 x 32 random bits. */
void rng_block(const struct rng *r, uint64_t i, uint32_t out[4]);

/* 64 random bits, number i of the stream. */
uint64_t rng_u64(const struct rng *r, uint64_t i);

/* Uniform in [0, 1), 53 bits, number i of the stream. */
double rng_uniform(const struct rng *r, uint64_t i);

/* Uniform integer in [0, n), n > 0, number i of the stream (multiply-shift; the
 * bias is below n / 2^64). */
uint64_t rng_below(const struct rng *r, uint64_t i, uint64_t n);

/* Standard normal, number i of the stream (Box-Muller). */
double rng_normal(const struct rng *r, uint64_t i);

/* out[0..n) = a random permutation of 0..n-1 (Fisher-Yates on the stream). */
void rng_permutation(const struct rng *r, uint32_t *out, size_t n);

#endif
