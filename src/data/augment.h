/* augment.h - augmentation vectors, and their use: x' = clamp(x + s a, 0, 9).
 *
 * A vector a is the difference between two donors' mean expression of one class, so
 * that x + a looks like the cell in another donor.  Vectors and cells are sparse and
 * stay so.  They come from a file (augment_load) or from the training cells
 * (augment_compute.h).
 *
 * Letters: G genes.
 *
 * Threads: any thread once made (const).
 * Errors:  those of npy.h; ERR_ARG names both widths, ERR_FORMAT the value.
 * Source:  Fischer et al. 2024, doi 10.1038/s41467-024-51059-5 (scTab).
 * Tests:   tests/test_augment.c, tests/test_golden.c */
#ifndef DATA_AUGMENT_H
#define DATA_AUGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/rng.h"
#include "data/dataset.h"

enum { AUGMENT_VALUE_MAX = 9 }; /* of a cell that was shifted */

struct augment {
    struct csr a;            /* vectors x genes; at least one vector */
    size_t longest;          /* values of the longest vector */
    char digest[DIGEST_HEX]; /* of shape and values */
};

/* Take over the rows: a is empty then.  Fills longest and digest. */
void augment_init(struct augment *aug, struct csr *a);
void augment_release(struct augment *aug);

/* Append the non-zeros of dense (G) as row `row` of a, which csr_init made and whose
 * earlier rows are there. */
MUST_CHECK enum err augment_append(struct csr *a, size_t row, const float *dense,
                                   struct errbuf *eb);

/* Vectors from a .npy file of vectors x G genes. */
MUST_CHECK enum err augment_load(struct augment *aug, const char *path, size_t G,
                                 struct errbuf *eb);

/* The vector and the sign (+1 or -1) of a cell: number `cell` of the stream r, which is
 * rng_stream(seed of the run, RNG_AUGMENT, epoch, 0). */
void augment_draw(const struct augment *aug, const struct rng *r, uint64_t cell,
                  size_t *vector, float *sign);

/* out = clamp(x + sign a, 0, 9), a = that vector.  x has n values: genes index[0..n)
 * ascending.  out_index, out_value: room for min(G, n + values of the vector), distinct
 * from x.  Returns how many values out has: genes ascend, none is 0.  The plain form: the
 * engine has a faster one (shift_row of num/kernels.h). */
size_t augment_cell(const struct augment *aug, size_t vector, float sign,
                    const uint16_t *index, const float *value, size_t n,
                    uint16_t *out_index, float *out_value);

#endif
