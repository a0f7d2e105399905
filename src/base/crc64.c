/* crc64.c - CRC-64/XZ, eight bytes at a time, or 64 where the processor multiplies
 * polynomials.
 *
 * Bytes stand for a polynomial whose highest power is bit 0 of byte 0.  All but the last
 * 16 bytes of its remainder are found by folding: a block of 128 bits that has D bits
 * after it is hi x^(D + 64) + lo x^D, and each of these powers may be taken modulo the
 * polynomial first.  The product of two reflected 64-bit numbers lacks a factor x. */
#include "base/crc64.h"

#include <stdbool.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

static const uint64_t polynomial = 0xc96c5795d7870f42;

void
crc64_init(struct crc64 *c)
{
    for (size_t b = 0; b < 256; b++) {
        uint64_t x = b;

        for (int bit = 0; bit < 8; bit++)
            x = x >> 1 ^ (x & 1 ? polynomial : 0);
        c->table[0][b] = x;
    }
    for (size_t k = 1; k < 8; k++)
        for (size_t b = 0; b < 256; b++) {
            uint64_t x = c->table[k - 1][b];

            c->table[k][b] = x >> 8 ^ c->table[0][x & 255];
        }
    const unsigned power[4] = {575, 511, 191, 127};

    for (size_t k = 0; k < 4; k++) {
        uint64_t x = UINT64_C(1) << 63; /* x^0 */

        for (unsigned i = 0; i < power[k]; i++)
            x = x >> 1 ^ (x & 1 ? polynomial : 0);
        c->fold[k] = x;
    }
    c->state = ~UINT64_C(0);
}

static uint64_t
add_bytes(const struct crc64 *c, uint64_t s, const uint8_t *p, size_t n)
{
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
                   "eight bytes are read as one little-endian number");
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t x;

        memcpy(&x, p, sizeof x);
        x ^= s;
        s = 0;
        for (size_t k = 0; k < 8; k++)
            s ^= c->table[7 - k][x >> 8 * k & 255];
    }
    for (; n > 0; n--, p++)
        s = s >> 8 ^ c->table[0][(s ^ *p) & 255];
    return s;
}

#ifdef __x86_64__
#define TARGET __attribute__((target("pclmul,sse2")))

enum { FOLD = 64 }; /* bytes that are folded at a time */

TARGET static inline __m128i
load(const uint8_t *p)
{
    __m128i x;

    memcpy(&x, p, sizeof x);
    return x;
}

TARGET static inline __m128i
fold(__m128i x, __m128i power, __m128i next)
{
    return _mm_xor_si128(next, _mm_xor_si128(_mm_clmulepi64_si128(x, power, 0x00),
                                             _mm_clmulepi64_si128(x, power, 0x11)));
}

/* n >= FOLD */
TARGET static uint64_t
add_folding(const struct crc64 *c, uint64_t s, const uint8_t *p, size_t n)
{
    const __m128i far = _mm_set_epi64x((long long)c->fold[1], (long long)c->fold[0]);
    const __m128i near = _mm_set_epi64x((long long)c->fold[3], (long long)c->fold[2]);
    __m128i a[4];
    uint8_t rest[sizeof a[0]];

    for (size_t k = 0; k < 4; k++)
        a[k] = load(p + 16 * k);
    a[0] = _mm_xor_si128(a[0], _mm_cvtsi64_si128((long long)s));
    for (p += FOLD, n -= FOLD; n >= FOLD; p += FOLD, n -= FOLD)
        for (size_t k = 0; k < 4; k++)
            a[k] = fold(a[k], far, load(p + 16 * k));
    for (size_t k = 1; k < 4; k++)
        a[k] = fold(a[k - 1], near, a[k]);
    memcpy(rest, &a[3], sizeof rest);
    return add_bytes(c, add_bytes(c, 0, rest, sizeof rest), p, n);
}

static bool
can_fold(void)
{
    return __builtin_cpu_supports("pclmul");
}
#else
enum { FOLD = 64 };

static uint64_t
add_folding(const struct crc64 *c, uint64_t s, const uint8_t *p, size_t n)
{
    return add_bytes(c, s, p, n);
}

static bool
can_fold(void)
{
    return false;
}
#endif

static uint64_t
add(const struct crc64 *c, uint64_t s, const uint8_t *p, size_t n)
{
    return n >= 2 * FOLD && can_fold() ? add_folding(c, s, p, n)
                                       : add_bytes(c, s, p, n);
}

void
crc64_add(struct crc64 *c, const void *data, size_t n)
{
    c->state = add(c, c->state, data, n);
}

uint64_t
crc64_final(const struct crc64 *c)
{
    return ~c->state;
}

uint64_t
crc64_of(const struct crc64 *c, const void *data, size_t n)
{
    return ~add(c, ~UINT64_C(0), data, n);
}
