/* packed_spool.h - records that come in one order and are wanted in another, when they do
 * not fit into memory.
 *
 * A record is some bytes with a place of its own among n.  Neighbouring places are a
 * bucket of SPOOL_BUCKET records; what is put goes to a file without a name, in pieces of
 * one bucket each, and comes back bucket by bucket.  In memory are a piece of each bucket,
 * at most 4 bytes for each record of all, and the bucket that is read.
 *
 * Threads: owner thread only.
 * Errors:  ERR_IO, ERR_FULL, ERR_NOTFOUND name the path beside which the file lies;
 *          ERR_NOMEM.
 * Tests:   tests/test_packed_spool.c */
#ifndef DATA_PACKED_SPOOL_H
#define DATA_PACKED_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { SPOOL_BUCKET = 16384 };

struct spool_record {
    const uint8_t *bytes; /* borrowed until the next bucket is taken */
    size_t n;
};

struct packed_spool;

/* Room for n records, in the folder of path. */
MUST_CHECK enum err packed_spool_open(struct packed_spool **s, const char *path,
                                      size_t n, struct errbuf *eb);

/* The record of a place, each of which is put once: n_head and n_body bytes. */
MUST_CHECK enum err packed_spool_put(struct packed_spool *s, size_t place,
                                     const void *head, size_t n_head, const void *body,
                                     size_t n_body, struct errbuf *eb);

/* How many buckets there are: records SPOOL_BUCKET b, ... are in bucket b. */
size_t packed_spool_buckets(const struct packed_spool *s);

/* *record (n), in their order = those of a bucket. */
MUST_CHECK enum err packed_spool_take(struct packed_spool *s, size_t bucket,
                                      const struct spool_record **record, size_t *n,
                                      struct errbuf *eb);

/* NULL is fine. */
void packed_spool_free(struct packed_spool *s);

#endif
