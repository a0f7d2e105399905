/* gene_look.h - the order that genes get: by how often they are detected in some thousand
 * cells from all over the data.
 *
 * Packing can look at no more cells without reading everything twice, and data in memory
 * take the same ones, so that training on a file and on the packed store made of it sums
 * in the same order and gives the same bits.  The cells of a file are cut into bands of
 * neighbours, and every step-th band is looked at; up to some 2,000 cells that is all.
 *
 * Orders differ where a packed store was made of other cells than the run uses (--where),
 * where stores that were packed apart are used together, and of scTab stores with more
 * cells, where packing takes rows at which it can begin to read.
 *
 * Threads: any thread.
 * Errors:  none; memory aborts.
 * Tests:   tests/test_stream.sh, tests/test_pack_inputs.sh */
#ifndef DATA_GENE_LOOK_H
#define DATA_GENE_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "data/gene_order.h"

struct dataset;

/* Of n_cells in all files, every so many-th band is looked at. */
size_t gene_look_step(size_t n_cells);

/* Whether the k-th of the cells used of a file is looked at. */
bool gene_look_takes(size_t k, size_t step);

/* The order of the genes of ds, whose rows are in memory in the order of the data.  The
 * rates are those of all its cells, as in a packed store. */
void gene_look_order(struct gene_order *o, const struct dataset *ds);

#endif
