/* digest_blocks.h - whole blocks of sha256, by instructions of the processor where it has
 * them: several times as fast as without.
 *
 * Threads: any thread.
 * Errors:  none.
 * Source:  FIPS 180-4, section 6.2.2.
 * Tests:   tests/test_base.c */
#ifndef BASE_DIGEST_BLOCKS_H
#define BASE_DIGEST_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* state = the hash after n blocks of 64 bytes more.  False, and nothing is done, where the
 * processor cannot; asking takes a microsecond. */
bool digest_blocks(uint32_t state[8], const uint8_t *data, size_t n);

#endif
