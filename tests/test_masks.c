/* test_masks.c - entmax and sparsemax on random rows against the twins that sort. */
#include "tests/support.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "num/entmax.h"
#include "num/layers_ref.h"
#include "tests/layer_lab.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { ROWS = SANITIZED ? 600 : 10000, WIDTH_MAX = 19331 };

/* A way to draw a row; i runs over its entries. */
enum row_kind {
    ROW_NORMAL,
    ROW_NARROW, /* nearly all in the support */
    ROW_WIDE,
    ROW_TIES, /* multiples of 1/4 */
    ROW_CONSTANT,
    ROW_TWO,     /* two values, at random */
    ROW_HUGE,    /* some +-1e4 among normal ones */
    ROW_FLOOR,   /* -1e4 but for one */
    ROW_CEILING, /* most are 1e4 */
    ROW_KINDS
};

static double
draw(enum row_kind kind, const struct rng *r, uint64_t i)
{
    double x = rng_normal(r, i), u = rng_uniform(r, i + 1000000);

    switch (kind) {
    case ROW_NORMAL: return x;
    case ROW_NARROW: return 0.01 * x;
    case ROW_WIDE: return 100 * x;
    case ROW_TIES: return round(4 * x) / 4;
    case ROW_CONSTANT: return 0.37;
    case ROW_TWO: return u < 0.5 ? 1.25 : 0.75;
    case ROW_HUGE: return u < 0.05 ? 1e4 : u < 0.1 ? -1e4 : x;
    case ROW_FLOOR: return i == 0 ? 3 : -1e4;
    case ROW_CEILING: return u < 0.9 ? 1e4 : x;
    case ROW_KINDS: break;
    }
    return 0;
}

/* Widths are log-uniform from 2, and the largest now and then. */
static size_t
width_of(const struct rng *r, size_t row)
{
    double u = rng_uniform(r, row);

    return row % 100 == 0 ? WIDTH_MAX : (size_t)(2 * pow(WIDTH_MAX / 2.0, u));
}

struct mask_bench {
    double *z, *p, *dp, *dz, *dense, *work; /* (WIDTH_MAX) */
    float *z_f, *p_f, *dp_f;
    uint16_t *index;
};

/* One row on one path against the twin's threshold t and p. */
static void
check_row(struct mask_bench *m, const struct kernels *k, enum entmax_kind kind,
          size_t n, double t)
{
    double found, sum = 0, worst = 0;

    for (size_t i = 0; i < n; i++) {
        m->z_f[i] = (float)m->z[i];
        m->dense[i] = 0;
    }
    size_t size = entmax_row(k, kind, m->z_f, n, m->work, m->index, m->p_f, &found);
    assert_true(size > 0 && size <= n);
    support_near(found, t, 1e-6);
    for (size_t i = 0; i < size; i++) {
        assert_true(m->index[i] < n && (i == 0 || m->index[i - 1] < m->index[i]));
        m->dense[m->index[i]] = (double)m->p_f[i];
        m->dp_f[i] = (float)m->dp[m->index[i]];
    }
    for (size_t i = 0; i < n; i++) {
        worst = fmax(worst, fabs(m->dense[i] - m->p[i]));
        sum += m->dense[i];
    }
    support_near(worst, 0, 1e-6);
    support_near(sum, 1, 1e-5);
    /* The gradient for the p that was found: the support is a step function. */
    entmax_row_backward(kind, m->p_f, m->dp_f, size, m->dp_f);
    if (kind == ENTMAX_15)
        ref_entmax15_backward(n, m->dense, m->dp, m->dz);
    else
        ref_sparsemax_backward(n, m->dense, m->dp, m->dz);
    for (size_t i = 0; i < size; i++)
        support_near((double)m->dp_f[i], m->dz[m->index[i]], 1e-6);
}

static void
draw_row(struct mask_bench *m, size_t row, size_t n)
{
    struct rng r = rng_stream(11, RNG_SIMULATE, 4, row);

    for (size_t i = 0; i < n; i++) {
        /* The twin sees what float32 sees. */
        m->z[i] = (double)(float)draw((enum row_kind)(row % ROW_KINDS), &r, i);
        m->dp[i] = (double)(float)(2 * rng_uniform(&r, i + 2000000) - 1);
    }
}

static void
check_rows(struct mask_bench *m)
{
    struct rng widths = rng_stream(12, RNG_SIMULATE, 5, 0);
    const struct kernels *k;

    for (size_t row = 0; row < ROWS; row++) {
        size_t n = width_of(&widths, row);

        draw_row(m, row, n);
        for (int kind = 0; kind < 2; kind++) {
            double t = kind == ENTMAX_15 ? ref_entmax15(n, m->z, m->p)
                                         : ref_sparsemax(n, m->z, m->p);

            for (size_t i = 0; (k = kernels_path(i)); i++)
                if (kernels_supported(k))
                    check_row(m, k, (enum entmax_kind)kind, n, t);
        }
    }
}

static void
test_masks__equal_the_sorted_twin(void **state)
{
    size_t n = kernels_pad(WIDTH_MAX);
    struct mask_bench m = {.z = xcalloc(n, sizeof(double)),
                           .p = xcalloc(n, sizeof(double)),
                           .dp = xcalloc(n, sizeof(double)),
                           .dz = xcalloc(n, sizeof(double)),
                           .dense = xcalloc(n, sizeof(double)),
                           .work = xcalloc(n, sizeof(double)),
                           .z_f = layer_output(1, n),
                           .p_f = layer_output(1, n),
                           .dp_f = layer_output(1, n),
                           .index = xcalloc(n, sizeof(uint16_t))};

    (void)state;
    check_rows(&m);
    void *all[] = {m.z,    m.p,   m.dp,  m.dz,   m.dense,
                   m.work, m.z_f, m.p_f, m.dp_f, m.index};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

/* Rising, falling and in between, so that bounds come early or late. */
static float
piece_score(const struct rng *r, size_t row, size_t i)
{
    double x = 0.4 * rng_normal(r, i), slope = ((double)(row % 3) - 1) * 2e-4;

    return (float)(x + slope * (double)i);
}

/* A row in pieces of any whole number of vectors is the row at once, bit for bit. */
static void
test_masks__pieces_are_the_row(void **state)
{
    enum { N = 9000 };
    float *z = layer_output(1, kernels_pad(N)), *p = xcalloc(2 * N, sizeof *p);
    uint16_t *index = xcalloc(2 * N, sizeof *index);
    double *work = xcalloc(N, sizeof *work);
    const struct kernels *k;

    (void)state;
    for (size_t path = 0; (k = kernels_path(path)); path++)
        for (size_t row = 0; kernels_supported(k) && row < 60; row++) {
            struct rng r = rng_stream(13, RNG_SIMULATE, 6, row);
            enum entmax_kind kind = row % 2 ? ENTMAX_15 : ENTMAX_SPARSEMAX;
            struct entmax_sift s;

            for (size_t i = 0; i < N; i++)
                z[i] = piece_score(&r, row, i);
            size_t n = entmax_row(k, kind, z, N, work, index, p, NULL);
            entmax_sift_init(&s, kind);
            for (size_t at = 0, size; at < N; at += size) {
                size = VEC * (1 + (size_t)(60 * rng_uniform(&r, N + at)));
                size = size < N - at ? size : N - at;
                entmax_sift_add(&s, k, z + at, size, at, work, index + N, p + N);
            }
            /* Few are kept: this is what sifting is for. */
            assert_true(s.n < 10 * n + 200);
            assert_int_equal(entmax_sift_solve(&s, work, index + N, p + N, NULL), n);
            assert_memory_equal(index, index + N, n * sizeof *index);
            assert_memory_equal(p, p + N, n * sizeof *p);
        }
    free(z);
    free(p);
    free(index);
    free(work);
}

/* Wherever it stands, and also where another score is infinite. */
static void
test_masks__a_row_with_a_nan_is_one_nan(void **state)
{
    enum { N = 100 };
    float *z = layer_output(1, kernels_pad(N)), p[N];
    double work[N], t;
    uint16_t index[N];
    const struct kernels *k;

    (void)state;
    for (size_t path = 0; (k = kernels_path(path)); path++) {
        for (size_t at = 0; kernels_supported(k) && at < 2 * N; at++) {
            for (size_t i = 0; i < N; i++)
                z[i] = (float)i / N;
            z[N / 2] = at < N ? z[N / 2] : INFINITY;
            z[at % N] = NAN;
            assert_int_equal(entmax_row(k, at % 3 ? ENTMAX_15 : ENTMAX_SPARSEMAX, z, N,
                                        work, index, p, &t),
                             1);
            assert_true(isnan(p[0]) && isnan(t));
        }
    }
    free(z);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_masks__equal_the_sorted_twin),
        cmocka_unit_test(test_masks__pieces_are_the_row),
        cmocka_unit_test(test_masks__a_row_with_a_nan_is_one_nan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
