/* row_stream.h - rows of cells that are not in memory, read shortly before they are used.
 *
 * The cells of a list are taken in groups: those up to a cut (cell_order.h: the end of a
 * pool), or 4,096.  Of two groups ahead the system is told which parts of the files will be
 * read, so that they are in its cache in time; whoever takes a batch reads the chunks of
 * its groups and turns them into rows, by all threads of its pool.  As many groups as a
 * batch needs are in memory.
 *
 * Letters: B cells of a batch.
 *
 * Threads: one thread per object; the pool's within row_stream_next.
 * Errors:  those of row_chunks.h; ERR_NOMEM.
 * Tests:   tests/test_row_stream.c */
#ifndef DATA_ROW_STREAM_H
#define DATA_ROW_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "data/csr.h"
#include "data/row_chunks.h"

struct row_stream;

/* Cells in the order in which they will be used: cell[from..n).  cut (n_cuts) ascends:
 * where, counted from cell[0], a group ends, POOL_CELLS apart and up to BLOCK_CELLS more;
 * NULL: anywhere. */
struct row_list {
    const uint32_t *cell; /* borrowed */
    size_t from, n;
    const uint32_t *cut; /* borrowed */
    size_t n_cuts;
};

/* Takes over chunks (n_files).  file (NULL: all are of file 0) and row say where each cell
 * lies; borrowed. */
struct row_stream *row_stream_new(struct row_chunks *chunks, size_t n_files,
                                  const uint32_t *file, const uint32_t *row);
void row_stream_free(struct row_stream *s);

/* Begin with a list, in batches of up to B; its arrays are borrowed until the end.  Lists
 * do not overlap. */
MUST_CHECK enum err row_stream_begin(struct row_stream *s, const struct row_list *list,
                                     size_t B, struct pool *pool, struct errbuf *eb);
void row_stream_end(struct row_stream *s);

/* row (n) = the next n <= B rows of the list; what they point to lasts until the next
 * call. */
MUST_CHECK enum err row_stream_next(struct row_stream *s, size_t n, struct csr_row *row,
                                    struct errbuf *eb);

/* Estimate of the memory that it takes for batches of B cells of `mean` values each, of
 * which each takes file_bytes in the file. */
uint64_t row_stream_bytes(size_t B, double mean, double file_bytes);

#endif
