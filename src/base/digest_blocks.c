/* digest_blocks.c - whole blocks of sha256, by instructions of the processor. */
#include "base/digest_blocks.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

enum { BLOCK = 64, GROUPS = 16, SHA_BIT = 1 << 29 }; /* GROUPS of four rounds */

#define TARGET __attribute__((target("sha,sse4.1")))

static const uint32_t round_key[BLOCK] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2,
};

static bool
has_instructions(void)
{
    unsigned a, b, c, d;

    return __builtin_cpu_supports("sse4.1") &&
           __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & SHA_BIT);
}

/* The state as the instructions want it: a, b, e, f and c, d, g, h, the last one lowest. */
struct halves {
    __m128i abef, cdgh;
};

TARGET static struct halves
split(const uint32_t state[8])
{
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)state);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));

    low = _mm_shuffle_epi32(low, 0xb1);
    high = _mm_shuffle_epi32(high, 0x1b);
    return (struct halves){_mm_alignr_epi8(low, high, 8),
                           _mm_blend_epi16(high, low, 0xf0)};
}

TARGET static void
join(const struct halves *h, uint32_t state[8])
{
    __m128i feba = _mm_shuffle_epi32(h->abef, 0x1b);
    __m128i dchg = _mm_shuffle_epi32(h->cdgh, 0xb1);

    _mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* w: the last 16 words of the schedule, four to a register. */
TARGET static void
add_block(struct halves *h, const uint8_t *data)
{
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    struct halves before = *h;
    __m128i w[4];

    for (int i = 0; i < 4; i++)
        w[i] = _mm_shuffle_epi8(
            _mm_loadu_si128((const __m128i *)(const void *)(data + 16 * i)), order);
#pragma GCC unroll 16
    for (int i = 0; i < GROUPS; i++) {
        __m128i last = w[(i + 3) % 4], next = w[(i + 1) % 4];
        __m128i sum = _mm_add_epi32(
            w[i % 4],
            _mm_load_si128((const __m128i *)(const void *)(round_key + 4 * i)));

        h->cdgh = _mm_sha256rnds2_epu32(h->cdgh, h->abef, sum);
        h->abef = _mm_sha256rnds2_epu32(h->abef, h->cdgh, _mm_shuffle_epi32(sum, 0x0e));
        w[i % 4] = _mm_sha256msg2_epu32(
            _mm_add_epi32(_mm_sha256msg1_epu32(w[i % 4], next),
                          _mm_alignr_epi8(last, w[(i + 2) % 4], 4)),
            last);
    }
    h->abef = _mm_add_epi32(h->abef, before.abef);
    h->cdgh = _mm_add_epi32(h->cdgh, before.cdgh);
}

TARGET static void
add_blocks(uint32_t state[8], const uint8_t *data, size_t n)
{
    struct halves h = split(state);

    for (size_t i = 0; i < n; i++)
        add_block(&h, data + i * BLOCK);
    join(&h, state);
}

bool
digest_blocks(uint32_t state[8], const uint8_t *data, size_t n)
{
    bool can = has_instructions();

    if (can)
        add_blocks(state, data, n);
    return can;
}
#else
bool
digest_blocks(uint32_t state[8], const uint8_t *data, size_t n)
{
    (void)state;
    (void)data;
    (void)n;
    return false;
}
#endif
