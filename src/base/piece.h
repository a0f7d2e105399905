/* piece.h - bytes that lie in several places, one piece after the other.
 *
 * Large blocks go from their owner to the store as they lie, without a copy of the whole.
 *
 * Threads: any thread. */
#ifndef BASE_PIECE_H
#define BASE_PIECE_H

#include <stddef.h>

struct piece {
    const void *data; /* borrowed */
    size_t size;      /* bytes */
};

/* A list of one piece; lives as long as the block around it. */
#define PIECE(data_, size_) (&(const struct piece){(data_), (size_)})

/* Bytes of all pieces. */
size_t pieces_size(const struct piece *p, size_t n);

/* size bytes from byte `at` of all on: where they lie, if in one piece, else copied to
 * scratch (size), which is returned.  at + size <= pieces_size. */
const void *pieces_at(const struct piece *p, size_t n, size_t at, void *scratch,
                      size_t size);

#endif
