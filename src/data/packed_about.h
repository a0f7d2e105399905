/* packed_about.h - what a packed store says of itself: how it was made, and which data its
 * cells stand for.
 *
 * A store that holds all cells of its inputs, in their order and of the matrix that would
 * be chosen there (--layer auto), carries the digest of these inputs: its cells count as
 * theirs (hcelab-packed(5), IDENTITY).
 *
 * Threads: any thread.
 * Errors:  none.
 * Tests:   tests/test_same_cells.c, tests/test_pack_same.sh */
#ifndef DATA_PACKED_ABOUT_H
#define DATA_PACKED_ABOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/strlist.h"

/* Keys of the facts that say so. */
#define PACKED_FACT_CONTENT "content" /* digest of the inputs */
#define PACKED_FACT_CELLS   "cells"   /* primary: others were left out */

struct packed;

struct packed_about {
    size_t version;           /* of the format; 0: this is no packed store */
    uint64_t crc;             /* of the header, which has those of all the rest */
    uint64_t bytes;           /* of the file */
    uint64_t row_bytes;       /* of these, the rows */
    uint64_t n_values;        /* in the rows */
    char *values;             /* owned; "counts", "as they were"; "": not said */
    char *order;              /* owned; "shuffled, seed 3"; "": that of the inputs */
    struct strlist input;     /* paths as they were given; none: it was not packed */
    char content[DIGEST_HEX]; /* of the inputs whose cells these are; "": it is none */
    bool only_primary;        /* cells that are not primary data were left out */
};

void packed_about_read(struct packed_about *a, const struct packed *p);
void packed_about_copy(struct packed_about *to, const struct packed_about *from);
void packed_about_release(struct packed_about *a);

#endif
