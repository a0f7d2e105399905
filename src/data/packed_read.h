/* packed_read.h - bytes of a packed store that are checked before they are used: what the
 * files of packed.h share.
 *
 * Threads: any thread.
 * Errors:  ERR_FORMAT, ERR_IO, ERR_NOMEM; texts begin with the path and name the offset.
 * Tests:   tests/test_packed.c */
#ifndef DATA_PACKED_READ_H
#define DATA_PACKED_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/packed.h"

/* ERR_FORMAT: what is wrong with the bytes at offset. */
enum err packed_damaged(const struct packed *p, uint64_t offset, const char *what,
                        struct errbuf *eb);

/* buf = n bytes of the file. */
MUST_CHECK enum err packed_read_at(const struct packed *p, uint64_t offset, void *buf,
                                   size_t n, struct errbuf *eb);

/* --- sections --- */

/* What is in a section that was read and checked, from front to end. */
struct packed_span {
    const uint8_t *at; /* borrowed */
    size_t left;       /* bytes */
};

/* NULL: there is none. */
const struct packed_section *packed_find_section(const struct packed *p,
                                                 enum packed_kind kind, size_t number);

/* Read a section and check it; caller frees *bytes, also on error.  *offset = where it
 * begins in the file. */
MUST_CHECK enum err packed_read_section(const struct packed *p, enum packed_kind kind,
                                        size_t number, uint8_t **bytes,
                                        struct packed_span *span, uint64_t *offset,
                                        struct errbuf *eb);

/* Take n bytes off the front.  False: there are not so many. */
bool packed_span_take(struct packed_span *s, void *to, uint64_t n);

/* Append a list of texts; n_max bounds their number.  False: this is none. */
bool packed_span_texts(struct packed_span *s, struct strlist *out, uint64_t n_max);

#endif
