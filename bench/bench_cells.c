/* bench_cells.c - made-up cells of the published atlas's shape. */
#include "bench/bench_cells.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"

static const double logit_mean = -3.7644561, logit_sd = 2.3597718;
static const double vector_density = 0.11, vector_min = 0.25;

enum { STREAM_RATES = 1, STREAM_CELLS, STREAM_LABELS, STREAM_VECTORS };

/* A quick generator for the bulk of the draws: one stream per row. */
static uint64_t
next(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static double
uniform(uint64_t *state)
{
    return (double)(next(state) >> 11) * 0x1p-53;
}

static double *
detection_rates(size_t D, uint64_t seed)
{
    struct rng r = rng_stream(seed, RNG_SIMULATE, STREAM_RATES, 0);
    double *p = xcalloc(D, sizeof *p);

    for (size_t g = 0; g < D; g++)
        p[g] = 1 / (1 + exp(-(logit_mean + logit_sd * rng_normal(&r, g))));
    return p;
}

/* Room for one more row of up to D values. */
static void
reserve(struct csr *x, uint64_t *cap, uint64_t used, size_t D)
{
    if (used + D <= *cap)
        return;
    *cap = (used + D) * 3 / 2;
    x->index = xrealloc(x->index, *cap, sizeof *x->index);
    x->value = xrealloc(x->value, *cap, sizeof *x->value);
}

static void
make_matrix(struct csr *x, size_t n, size_t D, uint64_t seed)
{
    double *p = detection_rates(D, seed);
    uint64_t cap = 0, at = 0;

    *x = (struct csr){.n_rows = n, .n_cols = D};
    x->indptr = xcalloc(n + 1, sizeof *x->indptr);
    for (size_t i = 0; i < n; i++) {
        uint64_t state = seed * 1000003 + i;

        reserve(x, &cap, at, D);
        for (size_t g = 0; g < D; g++) {
            if (uniform(&state) >= p[g])
                continue;
            double count = 1 + floor(-log(1 - uniform(&state)) * 4 * p[g]);

            x->index[at] = (uint16_t)g;
            x->value[at++] = (float)log1p(count * 2.5);
        }
        x->indptr[i + 1] = at;
    }
    free(p);
}

static void
make_vectors(struct augment *a, size_t D, uint64_t seed)
{
    struct csr x = {.n_rows = ATLAS_VECTORS, .n_cols = D};
    uint64_t cap = 0, at = 0;

    x.indptr = xcalloc(ATLAS_VECTORS + 1, sizeof *x.indptr);
    for (size_t i = 0; i < ATLAS_VECTORS; i++) {
        uint64_t state = seed * 7919 + i;

        reserve(&x, &cap, at, D);
        for (size_t g = 0; g < D; g++) {
            if (uniform(&state) >= vector_density)
                continue;
            double size = vector_min + uniform(&state);

            x.index[at] = (uint16_t)g;
            x.value[at++] = (float)(next(&state) & 1 ? size : -size);
        }
        x.indptr[i + 1] = at;
    }
    augment_init(a, &x);
}

void
bench_cells_make(struct bench_cells *b, size_t n, size_t D, size_t C, uint64_t seed)
{
    struct rng r = rng_stream(seed, RNG_SIMULATE, STREAM_LABELS, 0);
    struct csr plain;
    struct errbuf eb;

    *b = (struct bench_cells){0};
    make_matrix(&plain, n, D, seed);
    if (csr_code(&b->x, &plain, NULL))
        abort();
    csr_release(&plain);
    make_vectors(&b->augment, D, seed);
    if (gene_order_own(&b->x, 0, &eb) ||
        gene_order_apply(&b->x.order, &b->augment.a, NULL, &eb)) {
        fprintf(stderr, "%s\n", eb.text);
        exit(1);
    }
    b->y = xcalloc(n, sizeof *b->y);
    b->R = xcalloc(C * C, sizeof *b->R);
    b->weight = xcalloc(C, sizeof *b->weight);
    for (size_t i = 0; i < n; i++)
        b->y[i] = (int32_t)rng_below(&r, i, C);
    for (size_t c = 0; c < C; c++) {
        b->weight[c] = 1;
        b->R[c * C + c] = b->R[c / 3 * 3 * C + c] = 1;
    }
}

uint64_t
bench_csr_values(const struct csr *x)
{
    return x->indptr[x->n_rows];
}

uint64_t
bench_csr_bytes(const struct csr *x)
{
    uint64_t per_row = sizeof *x->indptr;

    if (!x->value)
        per_row += sizeof *x->piece + sizeof *x->n_dict;
    return csr_bytes(x, 0, x->n_rows) + per_row * (x->n_rows + 1);
}

void
bench_cells_release(struct bench_cells *b)
{
    csr_release(&b->x);
    augment_release(&b->augment);
    free(b->y);
    free(b->R);
    free(b->weight);
    *b = (struct bench_cells){0};
}

static void
write_npy(const char *path, const char *type, const char *shape, const void *data,
          size_t bytes)
{
    FILE *fp = fopen(path, "wb");
    char head[118];

    /* 10 bytes, then a header padded so that the data begin at 128. */
    memset(head, ' ', sizeof head);
    int n = snprintf(head, sizeof head,
                     "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", type,
                     shape);
    head[n] = ' ';
    head[sizeof head - 1] = '\n';
    if (!fp || fwrite("\x93NUMPY\x01\x00\x76\x00", 1, 10, fp) != 10 ||
        fwrite(head, 1, sizeof head, fp) != sizeof head ||
        fwrite(data, 1, bytes, fp) != bytes || fclose(fp) != 0) {
        perror(path);
        exit(1);
    }
}

void
bench_write_f32(const char *path, const float *x, size_t rows, size_t cols)
{
    char shape[64];

    snprintf(shape, sizeof shape, "%zu, %zu", rows, cols);
    write_npy(path, "<f4", shape, x, rows * cols * sizeof *x);
}

void
bench_write_i32(const char *path, const int32_t *x, size_t rows)
{
    char shape[64];

    snprintf(shape, sizeof shape, "%zu,", rows);
    write_npy(path, "<i4", shape, x, rows * sizeof *x);
}
