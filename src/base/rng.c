/* rng.c - Philox4x32-10. */
#include "base/rng.h"

#include <assert.h>
#include <math.h>

static uint64_t
mix64(uint64_t x)
{
    /* The finaliser of SplitMix64: a bijection that spreads every bit. */
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

struct rng
rng_stream(uint64_t seed, enum rng_purpose purpose, uint64_t a, uint64_t b)
{
    uint64_t k = mix64(seed + UINT64_C(0x9e3779b97f4a7c15));
    uint64_t s = mix64(mix64(mix64((uint64_t)purpose) + a) + b);

    return (struct rng){{(uint32_t)k, (uint32_t)(k >> 32)},
                        {(uint32_t)s, (uint32_t)(s >> 32)}};
}

void
rng_block(const struct rng *r, uint64_t i, uint32_t out[4])
{
    uint32_t c0 = (uint32_t)i, c1 = (uint32_t)(i >> 32);
    uint32_t c2 = r->ctr_hi[0], c3 = r->ctr_hi[1];
    uint32_t k0 = r->key[0], k1 = r->key[1];

    for (int round = 0; round < 10; round++) {
        uint64_t p0 = UINT64_C(0xD2511F53) * c0;
        uint64_t p1 = UINT64_C(0xCD9E8D57) * c2;

        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

uint64_t
rng_u64(const struct rng *r, uint64_t i)
{
    uint32_t w[4];

    rng_block(r, i / 2, w);
    return i % 2 ? (uint64_t)w[3] << 32 | w[2] : (uint64_t)w[1] << 32 | w[0];
}

double
rng_uniform(const struct rng *r, uint64_t i)
{
    return (double)(rng_u64(r, i) >> 11) * 0x1p-53;
}

uint64_t
rng_below(const struct rng *r, uint64_t i, uint64_t n)
{
    __extension__ typedef unsigned __int128 u128;

    assert(n > 0);
    return (uint64_t)(((u128)rng_u64(r, i) * n) >> 64);
}

double
rng_normal(const struct rng *r, uint64_t i)
{
    double u = (double)((rng_u64(r, 2 * i) >> 11) + 1) * 0x1p-53; /* (0, 1] */
    double v = rng_uniform(r, 2 * i + 1);

    return sqrt(-2.0 * log(u)) * cos(2.0 * 3.14159265358979323846 * v);
}

void
rng_permutation(const struct rng *r, uint32_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint32_t)i;
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)rng_below(r, i, i);
        uint32_t t = out[i - 1];

        out[i - 1] = out[j];
        out[j] = t;
    }
}
