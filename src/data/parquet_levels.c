/* parquet_levels.c - runs of small integers: levels and dictionary indices. */
#include "data/parquet_levels.h"

#include <assert.h>
#include <string.h>

enum { HEADER_BYTES_MAX = 5, GROUP = 8, BYTES_AT_ONCE = 256 };

unsigned
rle_width(unsigned max)
{
    unsigned width = 0;

    while (width < RLE_WIDTH_MAX && max >> width)
        width++;
    return width;
}

void
rle_init(struct rle *r, const uint8_t *data, size_t n, unsigned width)
{
    assert(width <= RLE_WIDTH_MAX);
    *r = (struct rle){.at = data, .end = data + n, .width = width};
    if (!width)
        r->left = SIZE_MAX;
}

static bool
take_header(struct rle *r, uint64_t *out)
{
    uint64_t x = 0;

    for (unsigned i = 0; i < HEADER_BYTES_MAX && r->at < r->end; i++) {
        uint8_t byte = *r->at++;

        x |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (!(byte & 0x80)) {
            *out = x;
            return true;
        }
    }
    r->fault = r->at < r->end ? "a run longer than there can be" : "too few of them";
    return false;
}

/* The last group of a page may be cut off where its values end. */
static void
start_packed(struct rle *r, uint64_t groups)
{
    size_t bytes = (size_t)(r->end - r->at);
    bool is_cut = groups * r->width > bytes;

    r->is_packed = true;
    r->packed = r->at;
    r->bit = 0;
    r->left = is_cut ? bytes * 8 / r->width : (size_t)groups * GROUP;
    r->at = is_cut ? r->end : r->at + groups * r->width;
    if (!r->left)
        r->fault = "too few of them";
}

static void
start_same(struct rle *r, uint64_t n)
{
    size_t bytes = (r->width + 7) / 8;
    uint32_t value = 0;

    if ((size_t)(r->end - r->at) < bytes) {
        r->fault = "too few of them";
        return;
    }
    for (size_t i = 0; i < bytes; i++)
        value |= (uint32_t)r->at[i] << (8 * i);
    r->at += bytes;
    r->is_packed = false;
    r->value = value;
    r->left = (size_t)n;
    if (r->width < RLE_WIDTH_MAX && value >> r->width)
        r->fault = "a value that does not fit its bits";
}

/* There is a run with values left, or a fault. */
static bool
need_run(struct rle *r)
{
    uint64_t header;

    if (r->fault || r->left)
        return !r->fault;
    if (!take_header(r, &header))
        return false;
    if (!(header >> 1))
        r->fault = "a run of nothing";
    else if (header & 1)
        start_packed(r, header >> 1);
    else
        start_same(r, header >> 1);
    return !r->fault;
}

size_t
rle_same(struct rle *r, size_t most, uint32_t *value)
{
    if (!need_run(r) || r->is_packed)
        return 0;
    size_t n = r->left < most ? r->left : most;

    *value = r->value;
    if (r->width)
        r->left -= n;
    return n;
}

static uint64_t
load64(const uint8_t *p)
{
    uint64_t x = 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&x, p, sizeof x);
#else
    for (unsigned i = 0; i < sizeof x; i++)
        x |= (uint64_t)p[i] << (8 * i);
#endif
    return x;
}

size_t
rle_packed(struct rle *r, size_t most, uint32_t *out)
{
    if (!need_run(r) || !r->is_packed)
        return 0;
    size_t n = r->left < most ? r->left : most;
    uint64_t mask = (UINT64_C(1) << r->width) - 1;

    for (size_t i = 0, bit = r->bit; i < n; i++, bit += r->width)
        out[i] = (uint32_t)(load64(r->packed + bit / 8) >> (bit % 8) & mask);
    r->bit += n * r->width;
    r->left -= n;
    return n;
}

bool
rle_words(struct rle *r, uint32_t *out, size_t n)
{
    while (n) {
        uint32_t value = 0;
        size_t got = rle_same(r, n, &value);

        for (size_t i = 0; i < got; i++)
            out[i] = value;
        if (!got && !(got = rle_packed(r, n, out)))
            return false;
        out += got;
        n -= got;
    }
    return true;
}

bool
rle_bytes(struct rle *r, uint8_t *out, size_t n)
{
    assert(r->width <= 8);
    while (n) {
        uint32_t value = 0, word[BYTES_AT_ONCE];
        size_t got = rle_same(r, n, &value);

        if (got) {
            memset(out, (int)value, got);
        } else {
            got = rle_packed(r, n < BYTES_AT_ONCE ? n : BYTES_AT_ONCE, word);
            if (!got)
                return false;
            for (size_t i = 0; i < got; i++)
                out[i] = (uint8_t)word[i];
        }
        out += got;
        n -= got;
    }
    return true;
}
