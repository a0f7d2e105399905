/* pack.h - datasets of any kind to a packed store, and back to .h5ad.
 *
 * Threads: owner thread only; a pool of its own.
 * Errors:  those of dataset_load and packed_write.h; ERR_ARG where the inputs do not go
 *          together.
 * Tests:   tests/test_pack.c, tests/check_packed.py */
#ifndef DATA_PACK_H
#define DATA_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/notes.h"

struct pack_request {
    const struct strlist *path;  /* inputs */
    const struct strlist *where; /* which cells */
    const char *layer;           /* "auto" or a name */
    size_t threads;              /* 0: one per core */
    bool shuffle;                /* the cells lie in a random order, */
    uint64_t seed;               /* of this seed */
    void (*progress)(void *ctx, size_t done, size_t n); /* cells; may be NULL */
    void *ctx;
};

/* Write the cells of q to out, replacing it. */
MUST_CHECK enum err pack_write(const char *out, const struct pack_request *q,
                               const struct notes *notes, struct errbuf *eb);

/* Write the packed store at path (anything else: ERR_ARG) to out, an .h5ad file, replacing
 * it. */
MUST_CHECK enum err unpack_write(const char *out, const char *path, struct errbuf *eb);

#endif
