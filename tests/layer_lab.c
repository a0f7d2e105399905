/* layer_lab.c - matrices for the tests of layers. */
#include "tests/layer_lab.h"

#include "tests/support.h"

#include <math.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "num/kernels.h"

double *
layer_normals(size_t n, double sd, uint64_t seed)
{
    struct rng r = rng_stream(seed, RNG_SIMULATE, 2, 0);
    double *x = xmalloc(n, sizeof *x);

    for (size_t i = 0; i < n; i++)
        x[i] = sd * rng_normal(&r, i);
    return x;
}

float *
layer_padded(double *x, size_t rows, size_t cols)
{
    size_t ld = kernels_pad(cols);
    float *f;

    assert_int_equal(big_calloc(&f, rows * ld, sizeof *f, "test", NULL), ERR_OK);
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j++) {
            f[i * ld + j] = (float)x[i * cols + j];
            x[i * cols + j] = (double)f[i * ld + j];
        }
    }
    return f;
}

float *
layer_output(size_t rows, size_t cols)
{
    size_t ld = kernels_pad(cols);
    float *f;

    assert_int_equal(big_calloc(&f, rows * ld, sizeof *f, "test", NULL), ERR_OK);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            f[i * ld + j] = NAN;
    return f;
}
