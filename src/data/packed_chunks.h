/* packed_chunks.h - the rows of a packed store in chunks, for streaming.
 *
 * Threads: any thread.
 * Errors:  those of packed.h; ERR_CONFLICT: values that must be counts are none.
 * Tests:   tests/test_packed_chunks.c */
#ifndef DATA_PACKED_CHUNKS_H
#define DATA_PACKED_CHUNKS_H

#include <stdbool.h>

#include "base/err.h"
#include "data/row_chunks.h"

/* *c = the rows of the store at path, genes by place; scale and counts as
 * source_ops.chunks has them.  digest (packed_digest) is of the store whose cells are
 * known: another one is refused (ERR_FORMAT). */
MUST_CHECK enum err packed_chunks_open(struct row_chunks *c, const char *path,
                                       const char *digest, bool scale, bool counts,
                                       struct errbuf *eb);

#endif
