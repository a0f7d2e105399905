/* test_csr.c - coded rows hold what was put in, whatever it is; permuted rows equal
 * rows that were sorted. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "data/csr.h"

enum { N = 200, G = 1500 };

/* What the values of a row are drawn from: n of them, or any if 0. */
static size_t
n_choices(size_t row)
{
    static const size_t n[] = {1, 3, 40, 255, 256, 257, 400, 0};

    return n[row % (sizeof n / sizeof *n)];
}

static float
draw(const struct rng *r, size_t row, size_t gene)
{
    size_t n = n_choices(row);
    double u = rng_uniform(r, 2 * (row * G + gene));
    double x = n ? log1p(1 + (double)(size_t)(u * (double)n)) : u + 1e-6;

    return (float)(row % 3 == 2 ? -x : x); /* some rows are negative */
}

/* Row 0 is empty, the last one full. */
static void
make(struct csr *x)
{
    struct rng r = rng_stream(1, RNG_SIMULATE, 0, 0);
    uint64_t at = 0;

    assert_int_equal(csr_init(x, N, G, (uint64_t)N * G, NULL), ERR_OK);
    for (size_t i = 0; i < N; i++) {
        double density = (double)(i * i) / ((N - 1.0) * (N - 1.0));

        for (size_t g = 0; g < G; g++)
            if (i && (i == N - 1 || rng_uniform(&r, 2 * (i * G + g) + 1) < density)) {
                x->index[at] = (uint16_t)g;
                x->value[at++] = draw(&r, i, g);
            }
        x->indptr[i + 1] = at;
    }
}

static void
same_rows(const struct csr *a, const struct csr *b)
{
    float *out = xcalloc(G, sizeof *out);

    assert_int_equal(a->n_rows, b->n_rows);
    assert_int_equal(a->n_cols, b->n_cols);
    for (size_t i = 0; i < a->n_rows; i++) {
        struct csr_row p = csr_row(a, i), q = csr_row(b, i);

        assert_int_equal(p.n, q.n);
        csr_decode(&p, out);
        for (size_t k = 0; k < p.n; k++) {
            assert_int_equal(p.index[k], q.index[k]);
            assert_true(out[k] == csr_value(&q, k));
        }
    }
    free(out);
}

static size_t
distinct(const struct csr_row *r)
{
    size_t n = 0;

    for (size_t k = 0; k < r->n; k++) {
        size_t j = 0;

        while (j < k && r->value[j] != r->value[k])
            j++;
        n += j == k;
    }
    return n;
}

static void
test_csr_code__is_exact_and_takes_the_smaller_form(void **state)
{
    struct csr x, coded;
    size_t n_coded = 0;

    (void)state;
    make(&x);
    assert_int_equal(csr_code(&coded, &x, NULL), ERR_OK);
    same_rows(&coded, &x);
    for (size_t i = 0; i < N; i++) {
        struct csr_row plain = csr_row(&x, i), r = csr_row(&coded, i);
        size_t d = distinct(&plain), words = d + (plain.n + 3) / 4;

        assert_int_equal(r.n_dict, d <= 256 && words < plain.n ? d : 0);
        assert_int_equal(r.code != NULL, r.n_dict > 0);
        for (size_t k = 1; k < r.n_dict; k++)
            assert_true(r.value[k - 1] < r.value[k]);
        assert_int_equal(csr_bytes(&coded, i, i + 1),
                         2 * plain.n + 4 * (r.n_dict ? words : plain.n));
        n_coded += r.code != NULL;
    }
    assert_true(n_coded > N / 2 && n_coded < N);
    assert_true(csr_bytes(&coded, 0, N) < csr_bytes(&x, 0, N));
    assert_int_equal(csr_bytes(&x, 0, N), 6 * x.indptr[N]);
    csr_release(&coded);
    csr_release(&x);
}

static void
test_csr_code__counts_take_little(void **state)
{
    enum { VALUES = 1400 };
    struct csr x, coded;
    struct rng r = rng_stream(2, RNG_SIMULATE, 0, 0);

    (void)state;
    assert_int_equal(csr_init(&x, 10, G, 10 * VALUES, NULL), ERR_OK);
    for (uint64_t i = 0; i < 10; i++) {
        for (uint64_t k = 0; k < VALUES; k++) {
            x.index[i * VALUES + k] = (uint16_t)k;
            x.value[i * VALUES + k] =
                (float)(1 + floor(-8 * log(rng_uniform(&r, i * VALUES + k) + 1e-9)));
        }
        x.indptr[i + 1] = (i + 1) * VALUES;
    }
    assert_int_equal(csr_code(&coded, &x, NULL), ERR_OK);
    assert_true((double)csr_bytes(&coded, 0, 10) <= 3.3 * 10 * VALUES);
    csr_release(&coded);
    csr_release(&x);
}

static void
test_csr_longest__and_most(void **state)
{
    struct csr x;
    const uint32_t some[] = {0, 5, 199, 100, 3};

    (void)state;
    make(&x);
    assert_int_equal(csr_longest(&x, NULL, N), G);
    assert_int_equal(csr_longest(&x, NULL, 1), 0);
    assert_int_equal(csr_longest(&x, some + 3, 2), x.indptr[101] - x.indptr[100]);
    assert_int_equal(csr_most(&x, NULL, N, N, 0), x.indptr[N]);
    assert_int_equal(csr_most(&x, NULL, N, N + 7, 0), x.indptr[N]);
    assert_int_equal(csr_most(&x, some, 5, 2, 0), G + x.indptr[101] - x.indptr[100]);
    assert_int_equal(csr_most(&x, some, 0, 2, 0), 0);
    csr_release(&x);
}

/* --- permutation --- */

struct pair {
    uint16_t gene;
    float value;
};

static int
compare_pairs(const void *a, const void *b)
{
    return ((const struct pair *)a)->gene - ((const struct pair *)b)->gene;
}

/* *out = x with its genes renumbered, by sorting. */
static void
permute_plainly(struct csr *out, const struct csr *x, const uint16_t *rank)
{
    struct pair *pair = xcalloc(G, sizeof *pair);

    assert_int_equal(csr_init(out, N, G, x->indptr[N], NULL), ERR_OK);
    for (size_t i = 0; i < N; i++) {
        struct csr_row r = csr_row(x, i);

        for (size_t k = 0; k < r.n; k++)
            pair[k] = (struct pair){rank[r.index[k]], csr_value(&r, k)};
        qsort(pair, r.n, sizeof *pair, compare_pairs);
        for (size_t k = 0; k < r.n; k++) {
            out->index[x->indptr[i] + k] = pair[k].gene;
            out->value[x->indptr[i] + k] = pair[k].value;
        }
        out->indptr[i + 1] = x->indptr[i + 1];
    }
    free(pair);
}

static void
shuffle(uint16_t *rank)
{
    struct rng r = rng_stream(3, RNG_SIMULATE, 0, 0);

    for (size_t g = 0; g < G; g++)
        rank[g] = (uint16_t)g;
    for (size_t g = G; g-- > 1;) {
        size_t k = (size_t)rng_below(&r, g, g + 1);
        uint16_t t = rank[g];

        rank[g] = rank[k];
        rank[k] = t;
    }
}

static void
test_csr_permute__equals_sorting(void **state)
{
    uint16_t rank[G];

    (void)state;
    shuffle(rank);
    for (size_t threads = 1; threads <= 3; threads++) {
        struct pool *pool = threads > 1 ? pool_new(threads) : NULL;
        struct csr x, coded, want;

        make(&x);
        assert_int_equal(csr_code(&coded, &x, NULL), ERR_OK);
        permute_plainly(&want, &x, rank);
        assert_int_equal(csr_permute(&x, rank, pool, NULL), ERR_OK);
        assert_int_equal(csr_permute(&coded, rank, pool, NULL), ERR_OK);
        same_rows(&x, &want);
        same_rows(&coded, &want);
        csr_release(&x);
        csr_release(&coded);
        csr_release(&want);
        pool_free(pool);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csr_code__is_exact_and_takes_the_smaller_form),
        cmocka_unit_test(test_csr_code__counts_take_little),
        cmocka_unit_test(test_csr_longest__and_most),
        cmocka_unit_test(test_csr_permute__equals_sorting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
