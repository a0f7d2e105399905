/* crc64.h - CRC-64/XZ: whether bytes are still what they were.
 *
 * Finds every damage within 64 bits in a row, and any other but one in 2^64; at more
 * than a gigabyte per second without special instructions, ten with carry-less products.  It is no defence against
 * bytes that somebody forged: that is digest.h.
 *
 * Threads: one thread per object; crc64_of: any thread. */
#ifndef BASE_CRC64_H
#define BASE_CRC64_H

#include <stddef.h>
#include <stdint.h>

struct crc64 {
    uint64_t table[8][256]; /* [k][b]: byte b with k bytes after it */
    uint64_t fold[4];       /* x^575, x^511, x^191, x^127 */
    uint64_t state;
};

void crc64_init(struct crc64 *c);
void crc64_add(struct crc64 *c, const void *data, size_t n);

/* Of all that was added.
 * Source: ECMA-182, reflected, complemented before and after, as in the .xz format.
 * Tests: test_base (check value; bit by bit). */
uint64_t crc64_final(const struct crc64 *c);

/* Of n bytes alone, whatever was added to c. */
uint64_t crc64_of(const struct crc64 *c, const void *data, size_t n);

#endif
