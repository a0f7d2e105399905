/* crc64.c - CRC-64/XZ, eight bytes at a time. */
#include "base/crc64.h"

#include <string.h>

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
    c->state = ~UINT64_C(0);
}

void
crc64_add(struct crc64 *c, const void *data, size_t n)
{
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
                   "eight bytes are read as one little-endian number");
    const uint8_t *p = data;
    uint64_t s = c->state;

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
    c->state = s;
}

uint64_t
crc64_final(const struct crc64 *c)
{
    return ~c->state;
}
