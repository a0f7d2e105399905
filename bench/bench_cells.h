/* bench_cells.h - made-up cells of the published atlas's shape.
 *
 * Detection rates are logit-normal, fitted to the atlas: mean density 10.1 %, the 2,048
 * most detected of 19,331 genes hold 58 % of the non-zeros.  Values are log1p of scaled
 * small counts.  Genes lie in random order, as in the atlas.
 *
 * Threads: any thread once made.
 * Errors:  allocation aborts. */
#ifndef BENCH_CELLS_H
#define BENCH_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "data/augment.h"
#include "data/dataset.h"

enum {
    ATLAS_GENES = 19331,
    ATLAS_CLASSES = 164,
    ATLAS_VECTORS = 5000 /* of augmentation */
};

struct bench_cells {
    struct csr x;        /* (n, D) coded, as after loading */
    int32_t *y;          /* (n) owned */
    float *R;            /* (C, C) owned: a forest with about three classes a tree */
    float *weight;       /* (C) owned; all 1 */
    struct augment augment;
};

void bench_cells_make(struct bench_cells *b, size_t n, size_t D, size_t C,
                      uint64_t seed);
/* Values of a matrix that are not 0, and the bytes that it takes in memory. */
uint64_t bench_csr_values(const struct csr *x);
uint64_t bench_csr_bytes(const struct csr *x);

void bench_cells_release(struct bench_cells *b);

/* Write a (rows, cols) float32 or (rows) int32 matrix as .npy; exits on failure. */
void bench_write_f32(const char *path, const float *x, size_t rows, size_t cols);
void bench_write_i32(const char *path, const int32_t *x, size_t rows);

#endif
