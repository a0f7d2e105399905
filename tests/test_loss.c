/* test_loss.c - losses: kernels against twins in double, twins against differences. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "num/loss.h"

/* A batch in double for the twins, and the same padded for the kernels. */
struct batch {
    size_t B, C, ld;
    double *z;
    int32_t *y;
    float *R, *weight, *R_padded;
    struct loss_args a;
};

static float *
floats(size_t n, double fill)
{
    float *f;

    assert_int_equal(big_calloc(&f, n, sizeof *f, "test", NULL), ERR_OK);
    for (size_t i = 0; i < n; i++)
        f[i] = (float)fill;
    return f;
}

/* Class c reaches c, 2c + 1, 2c + 2 and what they reach; every fifth is isolated. */
static void
fill_R(float *R, size_t C)
{
    for (size_t i = C; i-- > 0;) {
        R[i * C + i] = 1;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < C; child++)
            for (size_t j = 0; child % 5 != 0 && j < C; j++)
                if (R[child * C + j] > 0)
                    R[i * C + j] = 1;
    }
}

static void
batch_init(struct batch *t, size_t B, size_t C, double spread)
{
    struct rng r = rng_stream(11, RNG_SIMULATE, B, C);
    size_t ld = kernels_pad(C);

    *t = (struct batch){.B = B, .C = C, .ld = ld};
    t->z = xcalloc(B * C, sizeof *t->z);
    t->y = xcalloc(B, sizeof *t->y);
    t->R = xcalloc(C * C, sizeof *t->R);
    t->weight = xcalloc(C, sizeof *t->weight);
    t->R_padded = floats(C * ld, 0);
    fill_R(t->R, C);
    for (size_t c = 0; c < C; c++) {
        t->weight[c] = (float)(0.1 + 3 * rng_uniform(&r, c));
        memcpy(t->R_padded + c * ld, t->R + c * C, C * sizeof *t->R);
    }
    t->a = (struct loss_args){.B = B,
                              .C = C,
                              .ld = ld,
                              .z = floats(B * ld, 0),
                              .y = t->y,
                              .R = t->R_padded,
                              .weight = t->weight,
                              .dz = floats(B * ld, (double)NAN),
                              .loss = xcalloc(B, sizeof *t->a.loss),
                              .predicted = xcalloc(B, sizeof *t->a.predicted)};
    for (size_t b = 0; b < B; b++) {
        t->y[b] = (int32_t)rng_below(&r, 1000 + b, C);
        for (size_t j = 0; j < C; j++) {
            float z = (float)(spread * rng_normal(&r, 5000 + b * C + j));

            t->a.z[b * ld + j] = z;
            t->z[b * C + j] = (double)z;
        }
    }
}

static void
batch_release(struct batch *t)
{
    free(t->z);
    free(t->y);
    free(t->R);
    free(t->weight);
    free(t->R_padded);
    free(t->a.z);
    free(t->a.dz);
    free(t->a.loss);
    free(t->a.predicted);
}

/* Relative to the largest entry of the gradient. */
static void
near_gradient(const struct batch *t, const double *expected, double tolerance)
{
    double top = 0;

    for (size_t i = 0; i < t->B * t->C; i++)
        top = fmax(top, fabs(expected[i]));
    for (size_t b = 0; b < t->B; b++) {
        for (size_t j = 0; j < t->C; j++)
            support_near((double)t->a.dz[b * t->ld + j], expected[b * t->C + j],
                         tolerance * top);
        for (size_t j = t->C; j < t->ld; j++)
            assert_true(t->a.dz[b * t->ld + j] == 0);
    }
}

static void
check_kernel(const struct kernels *k, enum loss_kind kind, size_t B, size_t C,
             double spread, bool weighted)
{
    struct batch t;

    batch_init(&t, B, C, spread);
    double *dz = xcalloc(B * C, sizeof *dz);
    const float *weight = weighted ? t.weight : NULL;
    double want = loss_batch_ref(kind, t.z, t.y, t.R, weight, B, C, dz);

    t.a.weight = weight;
    double got = loss_batch(NULL, k, kind, &t.a);
    support_near(got, want, 2e-6 * fabs(want) + 1e-9);
    near_gradient(&t, dz, 2e-6);
    for (size_t b = 0; b < B; b++)
        for (size_t j = 0; j < C; j++)
            assert_true(t.z[b * C + j] <= t.z[b * C + (size_t)t.a.predicted[b]]);
    free(dz);
    batch_release(&t);
}

static void
test_loss__kernels_equal_their_twins(void **state)
{
    static const size_t C[] = {2, 15, 16, 17, 164, 300};
    const struct kernels *k;

    (void)state;
    for (size_t i = 0; (k = kernels_path(i)); i++) {
        for (size_t c = 0; kernels_supported(k) && c < sizeof C / sizeof C[0]; c++) {
            check_kernel(k, LOSS_KIND_CE, 70, C[c], 3, true);
            check_kernel(k, LOSS_KIND_HCE, 70, C[c], 3, true);
            check_kernel(k, LOSS_KIND_CE, 1, C[c], 0.1, false);
            check_kernel(k, LOSS_KIND_HCE, 5, C[c], 15, false);
        }
    }
}

static void
check_differences(enum loss_kind kind)
{
    enum { B = 6, C = 17 };
    struct batch t;
    double *dz = xcalloc(B * C, sizeof *dz), *unused = xcalloc(B * C, sizeof *unused);

    batch_init(&t, B, C, 2);
    loss_batch_ref(kind, t.z, t.y, t.R, t.weight, B, C, dz);
    for (size_t i = 0; i < B * C; i++) {
        double z = t.z[i], h = 1e-5;

        t.z[i] = z + h;
        double up = loss_batch_ref(kind, t.z, t.y, t.R, t.weight, B, C, unused);
        t.z[i] = z - h;
        double down = loss_batch_ref(kind, t.z, t.y, t.R, t.weight, B, C, unused);
        t.z[i] = z;
        support_near((up - down) / (2 * h), dz[i], 1e-9);
    }
    free(dz);
    free(unused);
    batch_release(&t);
}

static void
test_loss__gradients_equal_finite_differences(void **state)
{
    (void)state;
    check_differences(LOSS_KIND_CE);
    check_differences(LOSS_KIND_HCE);
}

/* Without a strict descendant HCE is CE, but for its eps. */
static void
test_loss__hce_without_hierarchy_is_ce(void **state)
{
    enum { B = 20, C = 9 };
    struct batch t;
    double *ce = xcalloc(B * C, sizeof *ce), *hce = xcalloc(B * C, sizeof *hce);

    (void)state;
    batch_init(&t, B, C, 1);
    for (size_t i = 0; i < C * C; i++)
        t.R[i] = i % (C + 1) == 0;
    double l_ce = loss_batch_ref(LOSS_KIND_CE, t.z, t.y, t.R, t.weight, B, C, ce);
    double l_hce = loss_batch_ref(LOSS_KIND_HCE, t.z, t.y, t.R, t.weight, B, C, hce);
    support_near(l_hce, l_ce, 2e-4);
    for (size_t i = 0; i < B * C; i++)
        support_near(hce[i], ce[i], 2e-4);
    free(ce);
    free(hce);
    batch_release(&t);
}

/* A predicted descendant becomes the target: as if it had been the label. */
static void
test_loss__corrected_targets_follow_the_prediction(void **state)
{
    enum { B = 80, C = 17 };
    struct batch t;
    double *unused = xcalloc(B * C, sizeof *unused);
    size_t n_changed = 0;

    (void)state;
    for (enum loss_kind kind = LOSS_KIND_CE; kind <= LOSS_KIND_HCE; kind++) {
        batch_init(&t, B, C, 2);
        for (size_t b = 0; b < B; b++)
            t.y[b] %= 3; /* classes near the root */
        t.a.corrected = true;
        t.a.weight = NULL;
        double got = loss_batch(NULL, kernels_best(), kind, &t.a);
        for (size_t b = 0; b < B; b++) {
            size_t p = (size_t)t.a.predicted[b];

            if (t.R[(size_t)t.y[b] * C + p] > 0 && t.y[b] != (int32_t)p) {
                t.y[b] = (int32_t)p;
                n_changed++;
            }
        }
        double want = loss_batch_ref(kind, t.z, t.y, t.R, NULL, B, C, unused);
        support_near(got, want, 1e-6 * want);
        batch_release(&t);
    }
    assert_true(n_changed > 0);
    free(unused);
}

static void
test_loss__extreme_logits(void **state)
{
    enum { B = 1, C = 3 };
    const struct kernels *k;

    (void)state;
    for (size_t i = 0; (k = kernels_path(i)); i++) {
        struct batch t;

        if (!kernels_supported(k))
            continue;
        batch_init(&t, B, C, 1);
        t.y[0] = 1;
        t.a.z[0] = 1e30f; /* the true class has no mass: CE large, HCE -log(eps) */
        t.a.z[1] = -1e4f;
        t.a.z[2] = 0;
        support_near(loss_batch(NULL, k, LOSS_KIND_CE, &t.a), 1e30, 1e23);
        assert_int_equal(t.a.predicted[0], 0);
        support_near(loss_batch(NULL, k, LOSS_KIND_HCE, &t.a), -log(1e-6), 1e-9);
        t.a.z[2] = (float)NAN;
        assert_true(isnan(loss_batch(NULL, k, LOSS_KIND_CE, &t.a)));
        t.a.z[0] = t.a.z[1] = t.a.z[2] = 2; /* ties: the lowest class */
        loss_batch(NULL, k, LOSS_KIND_CE, &t.a);
        assert_int_equal(t.a.predicted[0], 0);
        batch_release(&t);
    }
}

/* Enough cells that the pool is used. */
static void
test_loss__same_bits_for_any_number_of_threads(void **state)
{
    enum { B = 700, C = 40 };
    struct batch one, many;
    struct pool *pool = pool_new(3);

    (void)state;
    batch_init(&one, B, C, 2);
    batch_init(&many, B, C, 2);
    double a = loss_batch(NULL, kernels_best(), LOSS_KIND_HCE, &one.a);
    double b = loss_batch(pool, kernels_best(), LOSS_KIND_HCE, &many.a);
    assert_memory_equal(&a, &b, sizeof a);
    assert_memory_equal(one.a.dz, many.a.dz, B * one.ld * sizeof(float));
    pool_free(pool);
    batch_release(&one);
    batch_release(&many);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loss__kernels_equal_their_twins),
        cmocka_unit_test(test_loss__gradients_equal_finite_differences),
        cmocka_unit_test(test_loss__hce_without_hierarchy_is_ce),
        cmocka_unit_test(test_loss__corrected_targets_follow_the_prediction),
        cmocka_unit_test(test_loss__extreme_logits),
        cmocka_unit_test(test_loss__same_bits_for_any_number_of_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
