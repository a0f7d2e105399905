/* reference_augment.c - group augment: x_out = clamp(x + sign vector, 0, 9) of the first
 * cells of x_train. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/augment.h"
#include "tests/reference.h"

/* Row i of x with that vector, dense (D) out. */
static void
augment_row(const struct augment *aug, const struct csr *x, size_t i, size_t vector,
            float sign, float *out)
{
    size_t D = x->n_cols, at = x->indptr[i], n = x->indptr[i + 1] - at;
    uint16_t *index = xcalloc(D, sizeof *index);
    float *value = xcalloc(D, sizeof *value);

    n = augment_cell(aug, vector, sign, x->index + at, x->value + at, n, index, value);
    memset(out, 0, D * sizeof *out);
    for (size_t k = 0; k < n; k++)
        out[index[k]] = value[k];
    free(index);
    free(value);
}

/* Values are compared as parameters are, their zeros exactly. */
static void
compare(struct reference *r, const float *got, const float *expected, size_t n)
{
    size_t zeros = 0;

    for (size_t i = 0; i < n; i++)
        zeros += (got[i] == 0) != (expected[i] == 0);
    reference_line(r, "x_out", reference_distance(got, expected, n), REFERENCE_NORM);
    reference_line(r, "x_out, zeros", (double)zeros, 0);
}

static bool
is_usable(const struct reference *r, const int32_t *vector, size_t n, size_t n_vectors)
{
    for (size_t i = 0; i < n; i++)
        if (vector[i] < 0 || (size_t)vector[i] >= n_vectors)
            return false;
    return n > 0 && n <= r->x_train.n_rows;
}

void
reference_augment(struct reference *r)
{
    size_t D = r->D, n = reference_count(r, "index");
    size_t n_vectors = reference_count(r, "vectors") / D;
    int32_t *vector = reference_ints(r, "index", n);
    float *sign = reference_floats(r, "sign", n);
    float *dense = reference_floats(r, "vectors", n_vectors * D);
    float *expected = reference_floats(r, "x_out", n * D);
    float *got = xcalloc(n * D, sizeof *got);
    struct csr a = reference_csr(dense, n_vectors, D);
    struct augment aug;

    augment_init(&aug, &a);
    if (is_usable(r, vector, n, n_vectors)) {
        for (size_t i = 0; i < n; i++)
            augment_row(&aug, &r->x_train, i, (size_t)vector[i], sign[i], got + i * D);
        compare(r, got, expected, n * D);
    } else {
        reference_fail(r, "index", "names a vector or a cell that is not there");
    }
    augment_release(&aug);
    free(vector);
    free(sign);
    free(dense);
    free(expected);
    free(got);
}
