/* packed_paths.c - unpacking bits, in plain C and with the instructions of x86-64. */
#include "data/packed_paths.h"

#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "data/packed_row.h"

static inline uint64_t
load_word(const uint8_t *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof x);
    return x;
}

static inline size_t
groups_of(size_t n)
{
    return (n < PACKED_BLOCK ? n + 7 : PACKED_BLOCK) / 8;
}

/* --- plain C --- */

/* One bit of each byte, then two, ... are put in place. */
static inline uint64_t
spread(uint64_t x, unsigned w)
{
    uint64_t mask = ((uint64_t)1 << w) - 1, out = 0;

    for (unsigned k = 0; k < 8; k++)
        out |= (x >> k * w & mask) << 8 * k;
    return out;
}

static size_t
count_generic(const uint8_t *map, size_t words)
{
    size_t n = 0;

    for (size_t w = 0; w < words; w++)
        n += (size_t)__builtin_popcountll(load_word(map + 8 * w));
    return n;
}

static size_t
bits_generic(const uint8_t *map, size_t words, uint16_t *index)
{
    uint16_t *to = index;

    for (size_t w = 0; w < words; w++)
        for (uint64_t x = load_word(map + 8 * w); x; x &= x - 1)
            *to++ = (uint16_t)(64 * w + (size_t)__builtin_ctzll(x));
    return (size_t)(to - index);
}

static uint64_t
gaps_generic(const uint8_t *width, const uint8_t *in, size_t n, uint64_t last,
             uint16_t *index)
{
    uint64_t at = last;

    for (; n > 0; n -= n < PACKED_BLOCK ? n : PACKED_BLOCK, index += PACKED_BLOCK) {
        unsigned w = *width++, low = w < 8 ? w : 8, high = w - low;
        size_t groups = groups_of(n);
        const uint8_t *more = in + groups * low;

        for (size_t g = 0; g < groups; g++) {
            uint64_t x = spread(load_word(in + g * low), low);
            uint64_t y = spread(load_word(more + g * high), high);

            for (size_t k = 8 * g; k < 8 * g + 8; k++, x >>= 8, y >>= 8) {
                at += k < n ? 1 + ((x & 255) | (y & 255) << 8) : 0;
                index[k] = (uint16_t)at;
            }
        }
        in = more + groups * high;
    }
    return at;
}

static unsigned
codes_generic(const uint8_t *width, const uint8_t *in, size_t n, uint8_t *code)
{
    unsigned most = 0;

    for (; n > 0; n -= n < PACKED_BLOCK ? n : PACKED_BLOCK, code += PACKED_BLOCK) {
        unsigned w = *width++;
        size_t groups = groups_of(n);

        for (size_t g = 0; g < groups; g++) {
            uint64_t x = spread(load_word(in + g * w), w);

            memcpy(code + 8 * g, &x, sizeof x);
        }
        for (size_t k = 0; k < 8 * groups; k++)
            most = code[k] > most ? code[k] : most;
        in += groups * w;
    }
    return most;
}

const struct packed_paths packed_generic = {"generic", count_generic, bits_generic,
                                            gaps_generic, codes_generic};

#ifdef __x86_64__

/* --- BMI2 and AVX2 --- */

#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define AVX512                                                                         \
    __attribute__((                                                                    \
        target("avx2,bmi,bmi2,popcnt,avx512f,avx512bw,avx512vbmi,avx512vbmi2")))

static const uint64_t field[9] = {0,
                                  0x0101010101010101,
                                  0x0303030303030303,
                                  0x0707070707070707,
                                  0x0f0f0f0f0f0f0f0f,
                                  0x1f1f1f1f1f1f1f1f,
                                  0x3f3f3f3f3f3f3f3f,
                                  0x7f7f7f7f7f7f7f7f,
                                  0xffffffffffffffff};

/* 8 bytes of a group as 16-bit numbers. */
AVX2 static inline __m128i
widen(uint64_t x)
{
    return _mm_cvtepu8_epi16(_mm_cvtsi64_si128((long long)x));
}

AVX2 static size_t
count_avx2(const uint8_t *map, size_t words)
{
    size_t n = 0;

    for (size_t w = 0; w < words; w++)
        n += (size_t)__builtin_popcountll(load_word(map + 8 * w));
    return n;
}

/* Each of the places of set bits of a byte, as bytes. */
AVX2 static size_t
bits_avx2(const uint8_t *map, size_t words, uint16_t *index)
{
    uint16_t *to = index;

    for (size_t b = 0; b < 8 * words; b++) {
        uint64_t byte = map[b];
        uint64_t mask = _pdep_u64(byte, field[1]) * 255;
        __m128i at = widen(_pext_u64(0x0706050403020100, mask));

        at = _mm_add_epi16(at, _mm_set1_epi16((short)(8 * b)));
        memcpy(to, &at, sizeof at);
        to += __builtin_popcountll(byte);
    }
    return (size_t)(to - index);
}

/* Running sums of 8 numbers. */
AVX2 static inline __m128i
running(__m128i x)
{
    x = _mm_add_epi16(x, _mm_slli_si128(x, 2));
    x = _mm_add_epi16(x, _mm_slli_si128(x, 4));
    return _mm_add_epi16(x, _mm_slli_si128(x, 8));
}

/* The bytes of a group of which n values, or all, are there. */
static inline uint64_t
first_bytes(uint64_t x, size_t n)
{
    return n < 8 ? x & (((uint64_t)1 << 8 * n) - 1) : x;
}

/* What stands in the padding behind the last gap is left out of the sum. */
AVX2 static uint64_t
gaps_avx2(const uint8_t *width, const uint8_t *in, size_t n, uint64_t last,
          uint16_t *index)
{
    const __m128i one = _mm_set1_epi16(1), zero = _mm_setzero_si128();
    const __m128i top = _mm_set1_epi16(0x0f0e);
    __m128i at = _mm_set1_epi16((short)last), sum = zero, high_sum = zero;
    size_t total = n;

    for (; n > 0; n -= n < PACKED_BLOCK ? n : PACKED_BLOCK, index += PACKED_BLOCK) {
        unsigned w = *width++, low = w < 8 ? w : 8, high = w - low;
        size_t groups = groups_of(n);
        const uint8_t *more = in + groups * low;

        for (size_t g = 0; g < groups; g++) {
            size_t left = n - 8 * g;
            uint64_t bytes =
                first_bytes(_pdep_u64(load_word(in + g * low), field[low]), left);
            __m128i x = widen(bytes);

            sum = _mm_add_epi64(
                sum, _mm_sad_epu8(_mm_cvtsi64_si128((long long)bytes), zero));
            if (high) {
                bytes = first_bytes(_pdep_u64(load_word(more + g * high), field[high]),
                                    left);
                x = _mm_or_si128(x, _mm_slli_epi16(widen(bytes), 8));
                high_sum = _mm_add_epi64(
                    high_sum, _mm_sad_epu8(_mm_cvtsi64_si128((long long)bytes), zero));
            }
            x = _mm_add_epi16(running(_mm_add_epi16(x, one)), at);
            memcpy(index + 8 * g, &x, sizeof x);
            at = _mm_shuffle_epi8(x, top);
        }
        in = more + groups * high;
    }
    return last + total + (uint64_t)_mm_cvtsi128_si64(sum) +
           ((uint64_t)_mm_cvtsi128_si64(high_sum) << 8);
}

AVX2 static unsigned
largest(__m128i x)
{
    uint8_t all[16];
    unsigned most = 0;

    memcpy(all, &x, sizeof all);
    for (size_t k = 0; k < sizeof all; k++)
        most = all[k] > most ? all[k] : most;
    return most;
}

AVX2 static unsigned
codes_avx2(const uint8_t *width, const uint8_t *in, size_t n, uint8_t *code)
{
    __m128i most = _mm_setzero_si128();

    for (; n > 0; n -= n < PACKED_BLOCK ? n : PACKED_BLOCK, code += PACKED_BLOCK) {
        unsigned w = *width++;
        size_t groups = groups_of(n);

        for (size_t g = 0; g < groups; g++) {
            uint64_t x = _pdep_u64(load_word(in + g * w), field[w]);

            most = _mm_max_epu8(most, _mm_cvtsi64_si128((long long)x));
            memcpy(code + 8 * g, &x, sizeof x);
        }
        in += groups * w;
    }
    return largest(most);
}

const struct packed_paths packed_avx2 = {"avx2", count_avx2, bits_avx2, gaps_avx2,
                                         codes_avx2};

/* --- AVX-512 VBMI and VBMI2 --- */

AVX512 static size_t
bits_avx512(const uint8_t *map, size_t words, uint16_t *index)
{
    static const uint16_t from0[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                       11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                       22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
    const __m512i step = _mm512_set1_epi16(32);
    uint16_t *to = index;
    __m512i at;

    memcpy(&at, from0, sizeof at);
    for (size_t w = 0; w < 2 * words; w++) {
        uint32_t x;

        memcpy(&x, map + 4 * w, sizeof x);
        __m512i found = _mm512_maskz_compress_epi16(x, at);

        memcpy(to, &found, sizeof found);
        to += __builtin_popcount(x);
        at = _mm512_add_epi16(at, step);
    }
    return (size_t)(to - index);
}

/* Values of w <= 8 bits of a whole block: w bytes go to each of 8 words, whose bits are
 * cut into bytes. */
struct cut {
    __m512i bytes, shift, mask;
};

AVX512 static inline struct cut
cut_of(unsigned w)
{
    const __m512i place = _mm512_set1_epi64(0x0706050403020100);
    const __m512i group = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    __m512i first = _mm512_mullo_epi32(group, _mm512_set1_epi64((long long)w));

    first = _mm512_shuffle_epi8(first, _mm512_set4_epi32(0x08080808, 0x08080808, 0, 0));
    return (struct cut){
        _mm512_add_epi8(first, place),
        _mm512_set1_epi64((long long)(0x0706050403020100 * (uint64_t)w)),
        _mm512_set1_epi64((long long)field[w])};
}

AVX512 static inline __m512i
cut_block(const struct cut *c, const uint8_t *in)
{
    __m512i x = _mm512_permutexvar_epi8(c->bytes, _mm512_loadu_si512(in));

    return _mm512_and_si512(_mm512_multishift_epi64_epi8(c->shift, x), c->mask);
}

/* The first n places of a block. */
static inline uint64_t
first_of(size_t n)
{
    return n < PACKED_BLOCK ? ((uint64_t)1 << n) - 1 : UINT64_MAX;
}

/* Running sums of 32 numbers. */
AVX512 static inline __m512i
running_avx512(__m512i x)
{
    const __m512i zero = _mm512_setzero_si512(), top = _mm512_set1_epi16(0x0f0e);

    x = _mm512_add_epi16(x, _mm512_bslli_epi128(x, 2));
    x = _mm512_add_epi16(x, _mm512_bslli_epi128(x, 4));
    x = _mm512_add_epi16(x, _mm512_bslli_epi128(x, 8));
    __m512i all = _mm512_shuffle_epi8(x, top); /* of each quarter */
    __m512i one = _mm512_alignr_epi64(all, zero, 6);
    __m512i two = _mm512_alignr_epi64(_mm512_add_epi16(all, one), zero, 4);

    return _mm512_add_epi16(x, _mm512_add_epi16(one, two));
}

AVX512 static uint64_t
gaps_avx512(const uint8_t *width, const uint8_t *in, size_t n, uint64_t last,
            uint16_t *index)
{
    const __m512i one = _mm512_set1_epi16(1), zero = _mm512_setzero_si512();
    const __m512i top = _mm512_set1_epi16(31);
    __m512i at = _mm512_set1_epi16((short)last), sum = zero, high_sum = zero;
    size_t total = n;

    for (; n > 0; n -= n < PACKED_BLOCK ? n : PACKED_BLOCK, index += PACKED_BLOCK) {
        unsigned w = *width++, low = w < 8 ? w : 8, high = w - low;
        size_t groups = groups_of(n);
        struct cut c = cut_of(low);
        __m512i x = _mm512_maskz_mov_epi8(first_of(n), cut_block(&c, in));
        __m512i lo = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(x));
        __m512i hi = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(x, 1));

        sum = _mm512_add_epi64(sum, _mm512_sad_epu8(x, zero));
        in += groups * low;
        if (high) {
            c = cut_of(high);
            x = _mm512_maskz_mov_epi8(first_of(n), cut_block(&c, in));
            high_sum = _mm512_add_epi64(high_sum, _mm512_sad_epu8(x, zero));
            __m512i more = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(x));
            lo = _mm512_or_si512(lo, _mm512_slli_epi16(more, 8));
            more = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(x, 1));
            hi = _mm512_or_si512(hi, _mm512_slli_epi16(more, 8));
            in += groups * high;
        }
        lo = _mm512_add_epi16(running_avx512(_mm512_add_epi16(lo, one)), at);
        at = _mm512_permutexvar_epi16(top, lo);
        hi = _mm512_add_epi16(running_avx512(_mm512_add_epi16(hi, one)), at);
        at = _mm512_permutexvar_epi16(top, hi);
        _mm512_storeu_si512(index, lo);
        _mm512_storeu_si512(index + 32, hi);
    }
    return last + total + (uint64_t)_mm512_reduce_add_epi64(sum) +
           ((uint64_t)_mm512_reduce_add_epi64(high_sum) << 8);
}

AVX512 static unsigned
codes_avx512(const uint8_t *width, const uint8_t *in, size_t n, uint8_t *code)
{
    __m512i most = _mm512_setzero_si512();

    for (; n > 0; n -= n < PACKED_BLOCK ? n : PACKED_BLOCK, code += PACKED_BLOCK) {
        unsigned w = *width++;
        struct cut c = cut_of(w);
        size_t groups = groups_of(n);
        __m512i x = _mm512_maskz_mov_epi8(first_of(8 * groups), cut_block(&c, in));

        most = _mm512_max_epu8(most, x);
        _mm512_storeu_si512(code, x);
        in += groups * w;
    }
    __m256i half = _mm256_max_epu8(_mm512_castsi512_si256(most),
                                   _mm512_extracti64x4_epi64(most, 1));

    return largest(
        _mm_max_epu8(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1)));
}

const struct packed_paths packed_avx512 = {"avx512", count_avx2, bits_avx512,
                                           gaps_avx512, codes_avx512};
#endif

/* --- choice --- */

const struct packed_paths *
packed_paths_at(size_t i)
{
    const struct packed_paths *has[4] = {&packed_generic};
    size_t n = 1;

#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")) {
        has[n++] = &packed_avx2;
        if (__builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512vbmi") &&
            __builtin_cpu_supports("avx512vbmi2"))
            has[n++] = &packed_avx512;
    }
#endif
    return i < n ? has[i] : NULL;
}

const struct packed_paths *
packed_paths_best(void)
{
    size_t i = 0;

    while (packed_paths_at(i + 1))
        i++;
    return packed_paths_at(i);
}

const char *
packed_paths_name(const struct packed_paths *p)
{
    return p->name;
}
