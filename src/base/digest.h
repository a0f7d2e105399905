/* digest.h - sha256 over labelled fields.
 *
 * Threads: one thread per object.
 * Errors:  file errors are reported. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <nettle/sha2.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { DIGEST_HEX = 65 }; /* bytes of a hexadecimal digest with its terminator */

struct digest {
    struct sha256_ctx ctx;
};

void digest_init(struct digest *d);

/* Raw bytes. */
void digest_add(struct digest *d, const void *data, size_t n);

/* A string with its length, so that neighbouring fields cannot run together. */
void digest_adds(struct digest *d, const char *s);

/* An integer as 8 little-endian bytes. */
void digest_addu(struct digest *d, uint64_t x);

/* hex = the digest in lower case; d must be initialised again afterwards. */
void digest_final(struct digest *d, char hex[DIGEST_HEX]);

/* Add the bytes of a regular file.  ERR_NOTFOUND, ERR_IO, ERR_FORMAT (a pipe, a folder)
 * name the path. */
MUST_CHECK enum err digest_add_file(struct digest *d, const char *path,
                                    struct errbuf *eb);

#endif
