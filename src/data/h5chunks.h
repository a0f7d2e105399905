/* h5chunks.h - numbers of a chunked dataset, its chunks unpacked by several threads.
 *
 * libhdf5 unpacks one chunk at a time, under a lock.  Here it only hands out the chunks
 * as they are stored; what packed them is undone beside it.  Whatever is not
 * understood (types, filters, chunks that are missing or damaged, sizes out of
 * bounds) is refused without a message: the caller reads with h5lib.h then, which
 * gives the same numbers or says what is wrong.
 *
 * Threads: owner thread only; uses a pool.
 * Errors:  none.
 * Tests:   tests/test_h5chunks.c */
#ifndef DATA_H5CHUNKS_H
#define DATA_H5CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hdf5.h>

#include "base/pool.h"
#include "data/rounded.h"

enum { CHUNK_FILTERS = 2 };

/* A one-dimensional dataset of numbers. */
struct h5chunks {
    hid_t dset;       /* borrowed */
    size_t n;         /* numbers */
    size_t per_chunk; /* numbers */
    size_t size;      /* bytes of a number */
    char kind;        /* 'i' integers, 'u' without sign, 'f' floating point */
    int n_filters;
    int filter[CHUNK_FILTERS]; /* in the order of packing */

    /* The last chunk of a reading is kept: the next one may begin in it. */
    unsigned char *kept, *next_kept; /* (per_chunk * size) owned */
    size_t kept_chunk;               /* SIZE_MAX: none */

    /* Of the dataset that comes first in readings: room to unpack, two chunks each. */
    unsigned char **scratch; /* (n_scratch) owned */
    size_t n_scratch;        /* threads */
    size_t scratch_bytes;    /* of a chunk there */
};

/* False if the dataset is not one that h5chunks_read understands; c is empty then. */
bool h5chunks_init(struct h5chunks *c, hid_t dset);
void h5chunks_release(struct h5chunks *c);

/* What to read of one dataset: one of these. */
struct h5chunks_part {
    struct h5chunks *c;
    int64_t *ints; /* (n) out, or NULL */
    uint32_t
        *small;    /* (n) out, or NULL; UINT32_MAX: less than 0, or no less than that */
    float *floats; /* (n) out, or NULL */
    struct rounded *rounded; /* of floats; may be NULL */
};

/* Numbers [from, from + n) of each dataset, the chunks of all of them side by side.
 * False if one of them must be read otherwise; the outputs then mean nothing. */
bool h5chunks_read(const struct h5chunks_part *part, size_t n_parts, size_t from,
                   size_t n, struct pool *pool);

#endif
