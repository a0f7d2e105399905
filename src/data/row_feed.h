/* row_feed.h - the rows of cells, batch after batch, in the order in which they are used.
 *
 * Whoever works through cells says which ones and in which order, and takes batches; where
 * the rows come from is not its matter: in memory nothing is copied, else they are read
 * from files in time.
 *
 * Letters: B cells of a batch.
 *
 * Threads: one thread per object.
 * Errors:  those of row_stream.h; none for cells in memory.
 * Tests:   tests/test_row_stream.c */
#ifndef DATA_ROW_FEED_H
#define DATA_ROW_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "data/dataset.h"
#include "data/row_stream.h"

/* Some cells with their rows, borrowed until the next batch is taken. */
struct row_batch {
    const uint32_t *cell; /* (n) number of each in the data set: what its class and its
                             random numbers go by */
    const struct csr *x;  /* row[i] of it has the values of cell[i]; NULL: rows has */
    const uint32_t *row;  /* (n) */
    const struct csr_row *rows; /* (n) where x is NULL */
    size_t n;
};

struct row_feed {
    const struct dataset *ds; /* borrowed */
    struct row_list list;     /* from: the first cell of the next batch */
    size_t B;
    struct pool *pool;    /* borrowed */
    struct csr_row *rows; /* (B) owned; NULL: cells are in memory */
};

/* The cells of the list, which are of ds, B at a time; the last batch may have fewer.  Both
 * are borrowed until the close.  pool (or NULL) is used within row_feed_next.  A data set
 * that is not in memory has one feed at a time. */
MUST_CHECK enum err row_feed_open(struct row_feed *f, const struct dataset *ds,
                                  const struct row_list *list, size_t B,
                                  struct pool *pool, struct errbuf *eb);
void row_feed_close(struct row_feed *f);

/* The next batch; n = 0 after the last one. */
MUST_CHECK enum err row_feed_next(struct row_feed *f, struct row_batch *out,
                                  struct errbuf *eb);

/* Cells whose numbers are their rows of x. */
static inline struct row_batch
row_batch_of(const struct csr *x, const uint32_t *cell, size_t n)
{
    return (struct row_batch){.cell = cell, .x = x, .row = cell, .n = n};
}

/* The row of cell i of a batch. */
static inline struct csr_row
row_batch_at(const struct row_batch *b, size_t i)
{
    return b->x ? csr_row(b->x, b->row[i]) : b->rows[i];
}

#endif
