/* file_digest.h - a digest of large files by several threads.
 *
 * sha256 over, for each file, its length and the sha256 of each PIECE of its bytes:
 * the same for any number of threads.
 *
 * Threads: owner thread; it starts threads of its own and ends them.
 * Errors:  ERR_NOTFOUND, ERR_IO name the path.
 * Tests:   tests/test_file_digest.c */
#ifndef DATA_FILE_DIGEST_H
#define DATA_FILE_DIGEST_H

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"

enum { FILE_DIGEST_PIECE = 8 << 20 }; /* bytes */

/* n_threads 0: as many as there are cores. */
MUST_CHECK enum err file_digest(const struct strlist *path, size_t n_threads,
                                char hex[DIGEST_HEX], struct errbuf *eb);

/* The same where some contents are known: known has for each file a digest that stands
 * for its bytes, or "". */
MUST_CHECK enum err file_digest_known(const struct strlist *path,
                                      const struct strlist *known, size_t n_threads,
                                      char hex[DIGEST_HEX], struct errbuf *eb);

#endif
