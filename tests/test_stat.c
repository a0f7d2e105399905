/* test_stat.c - paired statistics against SciPy and statsmodels, and their edges. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>

#include "base/rng.h"
#include "stat/compare.h"
#include "stat/paired.h"

/* Made with SciPy 1.10 and NumPy 1.24, a and b as listed, d = b - a:
 *
 *   t = scipy.stats.ttest_rel(b, a); ci = t.confidence_interval(0.95)
 *   f = scipy.stats.permutation_test((b, a), lambda x, y, axis: (x - y).mean(axis),
 *           permutation_type='samples', vectorized=True, n_resamples=numpy.inf,
 *           batch=2**14)
 *   d.mean(), d.std(ddof=1), t.statistic, t.pvalue, ci.low, ci.high, f.pvalue
 *
 * The flips of "lattice" and "twenty", which have ties, were also counted in
 * integers. */
struct scipy_case {
    const char *name;
    size_t n;
    double a[20], b[20];
    double d_mean, d_sd, t, p, ci_low, ci_high, p_flip;
};

/* clang-format off */
static const struct scipy_case scipy_cases[] = {
    {"four", 4,
     {0.704, 0.711, 0.698, 0.707},
     {0.827, 0.829, 0.823, 0.831},
     0.1225, 0.00310912635102961, 78.8002713105779, 4.50438889506068e-06,
     0.117552686165752, 0.127447313834248, 0.125},
    {"mixed", 6,
     {0.51, 0.62, 0.33, 0.48, 0.57, 0.44},
     {0.53, 0.61, 0.39, 0.47, 0.6, 0.52},
     0.0283333333333333, 0.0365604522218567, 1.8982864040551, 0.11611837774506,
     -0.0100345082536011, 0.0667011749202678, 0.15625},
    {"lattice", 7,
     {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5},
     {0.6, 0.4, 0.6, 0.5, 0.7, 0.6, 0.5},
     0.0571428571428571, 0.0975900072948533, 1.54919333848297, 0.1723082967304,
     -0.0331128460953122, 0.147398560381026, 0.3125},
    {"losing", 5,
     {0.91, 0.88, 0.93, 0.9, 0.89},
     {0.9, 0.84, 0.93, 0.86, 0.88},
     -0.02, 0.0187082869338697, -2.39045721866879, 0.0751304546252298,
     -0.043229406353852, 0.00322940635385195, 0.125},
    {"two", 2,
     {0.3, 0.4},
     {0.35, 0.47},
     0.06, 0.0141421356237309, 6.00000000000001, 0.105136913422507,
     -0.0670620473643208, 0.187062047364321, 0.5},
    {"twenty", 20,
     {0.675, 0.838, 0.765, 0.435, 0.48, 0.824, 0.303, 0.793, 0.778, 0.581,
      0.482, 0.467, 0.453, 0.567, 0.603, 0.632, 0.897, 0.776, 0.673, 0.893},
     {0.632, 0.843, 0.739, 0.455, 0.497, 0.83, 0.239, 0.789, 0.789, 0.596,
      0.448, 0.465, 0.436, 0.555, 0.647, 0.62, 0.908, 0.815, 0.667, 0.902},
     -0.00215, 0.0262303058954413, -0.366564246012859, 0.717994425300107,
     -0.0144261610438676, 0.0101261610438676, 0.7264404296875},
};
/* clang-format on */

enum { N_CASES = sizeof scipy_cases / sizeof *scipy_cases };

static void
test_paired__equals_scipy(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CASES; i++) {
        const struct scipy_case *c = &scipy_cases[i];
        struct paired r = paired_compare(c->a, c->b, c->n);

        print_message("# %s\n", c->name);
        support_near(r.d_mean, c->d_mean, 1e-14);
        support_near(r.d_sd, c->d_sd, 1e-14);
        support_near(r.t, c->t, 1e-10 * fabs(c->t));
        support_near(r.p, c->p, 1e-10);
        support_near(r.ci_low, c->ci_low, 1e-9); /* GSL's quantile is that exact */
        support_near(r.ci_high, c->ci_high, 1e-9);
        support_near(r.p_flip, c->p_flip, 0);
        assert_string_equal(r.why, "");
        assert_int_equal(r.wins + r.ties + r.losses, c->n);
    }
}

/* statsmodels 0.13: multipletests(p, method='holm')[1] of the p without the NaNs. */
static void
test_paired__holm_equals_statsmodels(void **state)
{
    const double p[] = {.01, .04, NAN, .03, .005, .9, .03, .6, NAN};
    const double want[] = {.06, .15, NAN, .15, .035, 1, .15, 1, NAN};
    double got[9];

    (void)state;
    assert_int_equal(paired_holm(got, p, 9), 7);
    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(isnan(got[i]), isnan(want[i]));
        if (!isnan(want[i]))
            support_near(got[i], want[i], 1e-14);
    }
    assert_int_equal(paired_holm(got, p, 0), 0);
}

static void
test_paired__one_pair_is_not_testable(void **state)
{
    struct paired r = paired_compare((double[]){.5}, (double[]){.6}, 1);

    (void)state;
    support_near(r.d_mean, .1, 1e-15);
    assert_true(isnan(r.d_sd) && isnan(r.a_sd) && isnan(r.b_sd));
    assert_true(isnan(r.t) && isnan(r.p) && isnan(r.ci_low) && isnan(r.ci_high));
    assert_string_equal(r.why, "n=1");
    assert_int_equal(r.wins, 1);
    support_near(r.p_flip, 1, 0);
    support_near(r.p_flip_min, 1, 0);
}

static void
test_paired__no_pair_is_nan(void **state)
{
    struct paired r = paired_compare(NULL, NULL, 0);

    (void)state;
    assert_string_equal(r.why, "n=0");
    assert_true(isnan(r.d_mean) && isnan(r.p) && isnan(r.p_flip));
    assert_true(isnan(r.p_flip_min));
}

static void
test_paired__equal_differences_have_no_spread(void **state)
{
    /* The differences are .1 up to rounding, not exactly. */
    struct paired r =
        paired_compare((double[]){.7, .8, .3, .6}, (double[]){.8, .9, .4, .7}, 4);

    (void)state;
    assert_string_equal(r.why, "no spread");
    assert_true(isnan(r.t) && isnan(r.p) && isnan(r.ci_low));
    assert_int_equal(r.wins, 4);
    support_near(r.p_flip, .125, 0);

    r = paired_compare((double[]){.7, .8, .3}, (double[]){.7, .8, .3}, 3);
    assert_string_equal(r.why, "no spread");
    assert_int_equal(r.ties, 3);
    support_near(r.p_flip, 1, 0);
}

/* Every way to flip signs, one by one, as the definition says. */
static double
flip_p_by_definition(const double *d, size_t n)
{
    double all = 0;
    size_t hits = 0;

    for (size_t i = 0; i < n; i++)
        all += d[i];
    for (size_t flips = 0; flips < (size_t)1 << n; flips++) {
        double sum = 0;

        for (size_t i = 0; i < n; i++)
            sum += flips >> i & 1 ? -d[i] : d[i];
        hits += fabs(sum) >= fabs(all) - 1e-12;
    }
    return (double)hits / (double)((size_t)1 << n);
}

static void
test_paired__flips_equal_the_definition(void **state)
{
    struct rng r = rng_stream(3, RNG_SIMULATE, 0, 0);
    double d[13];

    (void)state;
    for (size_t n = 1; n <= 13; n++) {
        for (size_t i = 0; i < n; i++) /* hundredths: many sums are equal */
            d[i] = floor(rng_normal(&r, 100 * n + i) * 5 + 2) / 100;
        support_near(paired_flip_p(d, n), flip_p_by_definition(d, n), 0);
    }
}

static void
test_paired__smallest_flip_p_is_reached(void **state)
{
    double d[PAIRED_EXACT];

    (void)state;
    for (size_t n = 1; n <= PAIRED_EXACT; n++) {
        d[n - 1] = .01 * (double)n;
        support_near(paired_flip_p(d, n), paired_flip_p_min(n), 0);
        support_near(paired_flip_p_min(n), 2 / pow(2, (double)n), 0);
    }
}

static void
test_paired__many_pairs_are_drawn(void **state)
{
    double d[70];

    (void)state;
    for (size_t i = 0; i < 70; i++)
        d[i] = i % 2 ? 1 : -1;
    d[0] = 1; /* the sum of the first 24 is 2 */
    double p = paired_flip_p(d, 24);
    /* P(|S| >= 2) = 1 - C(24, 12) / 2^24; 5 standard errors of 1e6 draws. */
    support_near(p, 1 - 2704156.0 / 16777216, 5 * sqrt(.839 * .161 / 1e6));
    support_near(paired_flip_p(d, 24), p, 0);
    /* Beyond one word of bits: sum 2 of 70; P = 1 - C(70, 35) / 2^70. */
    support_near(paired_flip_p(d, 70), 1 - 0.0950254, 5 * sqrt(.905 * .095 / 1e6));
    for (size_t i = 0; i < 70; i++)
        d[i] = 1;
    support_near(paired_flip_p(d, 70), paired_flip_p_min(70), 0);
}

static void
add_case(struct comparison *c, const struct scipy_case *k)
{
    for (size_t i = k->n; i-- > 0;) /* backwards: the order must not matter */
        compare_add(c, k->name, NULL, (int64_t)i, k->a[i], k->b[i], 100 + (double)i);
}

/* statsmodels: multipletests(p, method='holm')[1] over the p of scipy_cases. */
static void
test_compare__tests_rows_as_a_family(void **state)
{
    const double holm[N_CASES] = {2.702633337036405e-05, 0.42054765369002683,
                                  0.42054765369002683,   0.3756522731261488,
                                  0.42054765369002683,   0.7179944253001069};
    struct comparison c = {0};

    (void)state;
    compare_add(&c, "single", NULL, 0, .5, .6, 7);
    for (size_t i = 0; i < N_CASES; i++)
        add_case(&c, &scipy_cases[i]);
    compare_finish(&c);
    assert_int_equal(c.n_rows, N_CASES + 1);
    assert_int_equal(c.family, N_CASES);
    assert_string_equal(c.row[0].why, "n=1");
    assert_true(isnan(c.row[0].p_holm));
    assert_int_equal(c.row[0].verdict, ' ');
    for (size_t i = 0; i < N_CASES; i++) {
        const struct compare_row *r = &c.row[i + 1];

        assert_string_equal(r->label, scipy_cases[i].name);
        support_near(r->p, scipy_cases[i].p, 1e-10);
        support_near(r->p_holm, holm[i], 1e-10);
        support_near(r->support, 100 + (double)(r->n - 1) / 2, 1e-12);
        assert_int_equal(r->seed[0], 0);
        support_near(r->hce[1], scipy_cases[i].b[1], 0);
    }
    assert_int_equal(c.row[1].verdict, 'v');
    assert_int_equal(c.row[2].verdict, ' ');
    compare_release(&c);
}

static void
test_compare__worse_is_said(void **state)
{
    struct comparison c = {0};

    (void)state;
    for (int i = 0; i < 6; i++)
        compare_add(&c, "T cell", NULL, i, .9 + .001 * i, .8 + .0013 * i, 10);
    compare_finish(&c);
    assert_int_equal(c.row[0].verdict, '*');
    assert_int_equal(c.row[0].losses, 6);
    compare_release(&c);
}

static void
test_compare__missing_sides_are_listed(void **state)
{
    struct comparison c = {0};

    (void)state;
    compare_add(&c, "lung", "B cell", 0, .5, NAN, 10);
    compare_add(&c, "lung", "B cell", 1, NAN, NAN, 20);
    compare_add(&c, "lung", NULL, 0, .5, .6, 100);
    compare_add(&c, "lung", "B cell", 2, .4, .6, 30);
    compare_add(&c, "lung", "B cell", 3, .5, .6, NAN);
    compare_add(&c, "lungB", " cell", 0, NAN, .1, 5);
    compare_finish(&c);
    assert_int_equal(c.n_rows, 3);
    const struct compare_row *r = &c.row[0];
    assert_string_equal(r->class_name, "B cell");
    assert_int_equal(r->n, 2);
    assert_int_equal(r->n_dropped, 2);
    assert_int_equal(r->dropped[0], 0);
    assert_int_equal(r->dropped[1], 1);
    support_near(r->delta_mean, .15, 1e-15);
    assert_null(c.row[1].class_name);
    assert_int_equal(c.row[2].n, 0);
    assert_string_equal(c.row[2].why, "n=0");
    assert_true(isnan(c.row[2].ce_mean));
    assert_int_equal(c.family, 1);
    compare_release(&c);
}

/* What a view shows at once is what the whole computation gives, but for drawn flips. */
static void
test_compare__flips_may_come_later(void **state)
{
    struct comparison quick = {0}, whole = {0};

    (void)state;
    for (int64_t seed = 0; seed < PAIRED_EXACT + 1; seed++)
        for (int few = seed < 3 ? 1 : 0; few >= 0; few--) {
            double hce = .1 + .01 * (double)(seed % 4);

            compare_add(&quick, few ? "few" : "many", NULL, seed, .1, hce, 1);
            compare_add(&whole, few ? "few" : "many", NULL, seed, .1, hce, 1);
        }
    compare_summarize(&quick);
    compare_finish(&whole);
    for (size_t i = 0; i < 2; i++) {
        bool is_drawn = quick.row[i].n > (size_t)PAIRED_EXACT;

        assert_true((isnan(quick.row[i].p_flip) != 0) == is_drawn);
        support_near(quick.row[i].p_holm, whole.row[i].p_holm, 0);
        assert_true(!isnan(whole.row[i].p_flip));
    }
    compare_draw_flips(&quick);
    for (size_t i = 0; i < 2; i++)
        support_near(quick.row[i].p_flip, whole.row[i].p_flip, 0);
    compare_release(&quick);
    compare_release(&whole);
}

static void
test_compare__grows(void **state)
{
    struct comparison c = {0};

    (void)state;
    for (int64_t seed = 0; seed < 100; seed++)
        compare_add(&c, "x", NULL, 99 - seed, (double)seed, 2.0 * (double)seed, 1);
    compare_finish(&c);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(c.row[0].seed[i], i);
        support_near(c.row[0].ce[i], 99 - (double)i, 0);
        support_near(c.row[0].hce[i], 2 * (99 - (double)i), 0);
    }
    compare_release(&c);
    compare_finish(&c); /* empty */
    assert_int_equal(c.family, 0);
}

/* Without an effect, p < .05 in 2 to 9 % of 200 comparisons; sign flips are
 * exact, hence at most 5 % on average. */
static void
test_paired__null_is_rarely_rejected(void **state)
{
    struct rng r = rng_stream(11, RNG_SIMULATE, 1, 0);
    size_t by_t = 0, by_flip = 0;

    (void)state;
    for (uint64_t k = 0; k < 200; k++) {
        double a[8], b[8];

        for (uint64_t i = 0; i < 8; i++) {
            a[i] = .7 + .02 * rng_normal(&r, 16 * k + 2 * i);
            b[i] = .7 + .02 * rng_normal(&r, 16 * k + 2 * i + 1);
        }
        struct paired s = paired_compare(a, b, 8);
        by_t += s.p < .05;
        by_flip += s.p_flip < .05;
    }
    print_message("# p < .05 in %zu (t) and %zu (flips) of 200\n", by_t, by_flip);
    assert_in_range(by_t, 4, 18);
    assert_in_range(by_flip, 2, 18);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paired__equals_scipy),
        cmocka_unit_test(test_paired__holm_equals_statsmodels),
        cmocka_unit_test(test_paired__one_pair_is_not_testable),
        cmocka_unit_test(test_paired__no_pair_is_nan),
        cmocka_unit_test(test_paired__equal_differences_have_no_spread),
        cmocka_unit_test(test_paired__flips_equal_the_definition),
        cmocka_unit_test(test_paired__smallest_flip_p_is_reached),
        cmocka_unit_test(test_paired__many_pairs_are_drawn),
        cmocka_unit_test(test_compare__tests_rows_as_a_family),
        cmocka_unit_test(test_compare__worse_is_said),
        cmocka_unit_test(test_compare__missing_sides_are_listed),
        cmocka_unit_test(test_compare__flips_may_come_later),
        cmocka_unit_test(test_compare__grows),
        cmocka_unit_test(test_paired__null_is_rarely_rejected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
