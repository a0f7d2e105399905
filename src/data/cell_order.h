/* cell_order.h - the order in which an epoch uses the training cells.
 *
 * At random, or in blocks: the cells are cut into blocks of neighbours in their files, the
 * blocks are permuted, and cells are permuted within pools of blocks.  A block is what a
 * packed store keeps as one chunk, so that an epoch reads each chunk once, and a pool is
 * what must be in memory at once.  Either way the order follows from seed and epoch alone.
 *
 * Letters: n cells.
 *
 * Threads: one thread per object.
 * Errors:  ERR_NOMEM names what.
 * Source:  definition; pools of blocks as in Fischer et al. 2024, doi
 *          10.1038/s41467-024-51059-5 (scTab).
 * Tests:   tests/test_cell_order.c */
#ifndef DATA_CELL_ORDER_H
#define DATA_CELL_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/dataset.h"

enum {
    BLOCK_CELLS = 16, /* neighbours in a file: numbers with the same quotient */
    POOL_CELLS = 4096 /* of a pool at least, but for the last one */
};

struct cell_order {
    const uint32_t *cell; /* (n) borrowed; ascending */
    size_t n;
    uint32_t *block; /* (n_blocks + 1) owned; first cell of each, as index into cell;
                        NULL: no blocks */
    size_t n_blocks;
    uint32_t *drawn; /* (n_blocks) owned; blocks in the order of the epoch */
    uint32_t *place; /* (most cells of a pool) owned; permutation within a pool */
    uint32_t *cut;   /* (n_cuts) owned; of the last epoch made: where each pool ends */
    size_t n_cuts;
};

/* cell (n) ascends and is borrowed until the release. */
MUST_CHECK enum err cell_order_init(struct cell_order *o, const struct dataset *ds,
                                    const uint32_t *cell, size_t n, bool in_blocks,
                                    struct errbuf *eb);
void cell_order_release(struct cell_order *o);

/* out (n) = the cells in the order of that epoch. */
void cell_order_epoch(struct cell_order *o, uint64_t seed, uint64_t epoch,
                      uint32_t *out);

#endif
