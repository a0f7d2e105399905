/* layer_lab.h - matrices for the tests of layers.
 *
 * Threads: any thread.
 * Errors:  fail the test. */
#ifndef TESTS_LAYER_LAB_H
#define TESTS_LAYER_LAB_H

#include <stddef.h>
#include <stdint.h>

/* (n) from N(0, sd^2), keyed by seed.  Caller frees. */
double *layer_normals(size_t n, double sd, uint64_t seed);

/* x (rows, cols) as floats with padded rows, exactly: x is rounded to float.  Caller
 * frees. */
float *layer_padded(double *x, size_t rows, size_t cols);

/* Room for an output (rows, cols): NaN in the columns, 0 in the padding.  Caller
 * frees. */
float *layer_output(size_t rows, size_t cols);

#endif
