/* direct_read.h - many parts of files at once, past the system's cache.
 *
 * What is read once an epoch, from more files than memory holds, is no use in the cache of
 * a machine that others share, and passing through it costs more than the reading.  A part
 * that could not be read so says so: its reader reads it in the ordinary way.
 *
 * Threads: one thread per object.
 * Errors:  ERR_IO where the system does not say what became of parts: the text names the
 *          file and offset of one.
 * Source:  io_submit(2), open(2) O_DIRECT.
 * Tests:   tests/test_direct_read.c */
#ifndef DATA_DIRECT_READ_H
#define DATA_DIRECT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { DIRECT_ALIGN = 4096 }; /* of offsets, memory and sizes */

struct direct_part {
    int fd;          /* of direct_read_fd */
    uint64_t offset; /* multiple of DIRECT_ALIGN, as are to and size */
    uint8_t *to;     /* (size) */
    size_t size, need;
    bool ok; /* the first `need` bytes are there */
};

/* Parts that are waited for together. */
struct direct_batch {
    struct direct_part *part; /* (n) borrowed until they are there */
    size_t n, left;
};

struct direct_read;

/* For up to `most` parts at a time; NULL: not to be had here. */
struct direct_read *direct_read_new(size_t most);
void direct_read_free(struct direct_read *d); /* nothing is under way */

/* The file of fd opened again, for this; -1: it cannot be.  Caller closes it. */
int direct_read_fd(int fd);

/* Begin reading the parts of a batch; what finds no room is not ok. */
void direct_read_begin(struct direct_read *d, struct direct_batch *b);

/* Wait until all parts of the batch are there, or are not ok; *was_there: they were
 * already.  After an error nothing is under way, of any batch, and nothing can be begun:
 * all parts find no room. */
MUST_CHECK enum err direct_read_wait(struct direct_read *d, struct direct_batch *b,
                                     bool *was_there, struct errbuf *eb);

#endif
