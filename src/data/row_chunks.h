/* row_chunks.h - rows of a file in chunks of neighbours, each of which can be had alone.
 *
 * What streaming asks of a kind of file.  A chunk is read as bytes and turned into rows by
 * the same thread; rows are those that loading the file into memory would give.
 *
 * Threads: any thread; different chunks at once.
 * Errors:  ERR_IO, ERR_FORMAT: the text names file and offset. */
#ifndef DATA_ROW_CHUNKS_H
#define DATA_ROW_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/csr.h"

enum { CHUNK_ROWS = 16, CHUNK_SLACK = 64, CHUNK_KEPT = 40 };

struct row_chunks;

/* What is wanted of a chunk: row k of it if bit k of rows is set. */
struct chunk_want {
    size_t chunk; /* row / CHUNK_ROWS */
    uint16_t rows;
    const uint8_t *bytes; /* as read, and CHUNK_SLACK that may be read behind them */
    uint64_t *kept;       /* (CHUNK_KEPT) what measure leaves for decode */
};

struct row_chunks_ops {
    /* Bytes of a chunk in the file. */
    size_t (*bytes)(const struct row_chunks *c, size_t chunk);
    enum err (*read)(const struct row_chunks *c, size_t chunk, uint8_t *out,
                     struct errbuf *eb);

    /* Say that these chunks will be read soon; may be NULL. */
    void (*expect)(const struct row_chunks *c, size_t chunk);

    /* The file opened for direct_read.h, and where in it a chunk begins; NULL or -1: it
     * cannot be read so. */
    int (*direct)(const struct row_chunks *c, size_t chunk, uint64_t *offset);

    /* Check the bytes; *values and *words = room that decode needs (csr_words). */
    enum err (*measure)(const struct row_chunks *c, const struct chunk_want *w,
                        size_t *values, size_t *words, struct errbuf *eb);

    /* row[k] of each wanted row; what it points to is in index and word. */
    enum err (*decode)(const struct row_chunks *c, const struct chunk_want *w,
                       uint16_t *index, float *word, struct csr_row *row,
                       struct errbuf *eb);

    /* Whether the rows with keep[row] hold the counts that were asked for, found out
     * before any of them is used: ERR_CONFLICT: some do not.  May be NULL: decode says
     * so. */
    enum err (*check)(const struct row_chunks *c, const bool *keep, struct errbuf *eb);
    void (*close)(struct row_chunks *c);
};

struct row_chunks {
    const struct row_chunks_ops *ops; /* NULL: none */
    void *impl;                       /* owned; of the kind */
};

static inline void
row_chunks_close(struct row_chunks *c)
{
    if (c->ops)
        c->ops->close(c);
    *c = (struct row_chunks){0};
}

#endif
