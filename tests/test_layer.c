/* test_layer.c - which matrix is used, and what becomes of its values. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/dataset_trial.h"
#include "tests/h5build.h"

static void
test_layer__counts_in_x_are_normalised(void **state)
{
    (void)state;
    struct trial t;

    trial_init(&t);
    trial_must_load(&t);
    trial_expect_sound(&t.ds);
    assert_int_equal(t.ds.n_cells, TRIAL_N);
    for (size_t i = 0; i < TRIAL_N; i++)
        for (size_t j = 0; j < TRIAL_G; j++)
            support_near(trial_value(&t.ds, i, j), trial_log_norm(i, j, TRIAL_G), 1e-6);
    assert_string_equal(t.ds.report[0].layer, "X");
    assert_string_equal(t.ds.report[0].normalize, "sf-log1p");
    trial_must_say(t.ds.report[0].decision, "holds counts");
    assert_int_equal(t.ds.report[0].nnz, t.ds.x.indptr[TRIAL_N]);
    assert_int_equal(t.warnings.n, 0);
    trial_release(&t);
}

static void
add_raw_var(void)
{
    static const char *const id[TRIAL_G] = {"R0", "R1", "R2", "R3", "R4", "R5"};
    hid_t file = h5b_edit(trial_path), raw = H5Gopen2(file, "raw", H5P_DEFAULT);

    h5b_frame_end(h5b_frame(raw, "var", id, TRIAL_G), NULL, 0);
    H5Gclose(raw);
    H5Fclose(file);
}

static void
test_layer__raw_counts_come_first_with_their_genes(void **state)
{
    (void)state;
    struct trial t;
    double x[TRIAL_N * TRIAL_G];

    trial_fill(x, 2, 0);
    trial_put_matrix("layers", "counts", x, "csr_matrix");
    trial_fill(x, 1, 0);
    trial_put_matrix("raw", "X", x, "csc_matrix");
    add_raw_var();
    trial_init(&t);
    trial_must_load(&t);
    assert_string_equal(t.ds.report[0].layer, "raw/X");
    assert_string_equal(t.ds.gene_id.item[0], "R0");
    support_near(trial_value(&t.ds, 4, 1), trial_log_norm(4, 1, TRIAL_G), 1e-6);
    trial_release(&t);
    /* fractions in raw/X: the layer is next */
    trial_fill(x, .5, 0);
    trial_put_matrix("raw", "X", x, "csc_matrix");
    trial_init(&t);
    trial_must_load(&t);
    assert_string_equal(t.ds.report[0].layer, "layers/counts");
    assert_string_equal(t.ds.gene_id.item[0], "ENSG00000000000");
    trial_release(&t);
}

static void
test_layer__cells_left_out_do_not_matter(void **state)
{
    (void)state;
    static const char *const kind[] = {"dense", "csr_matrix", "csc_matrix"};
    double x[TRIAL_N * TRIAL_G];

    trial_fill(x, 1, 0);
    x[1 * TRIAL_G + 2] = (double)NAN; /* of a B cell */
    for (size_t k = 0; k < 3; k++)
        for (int with_matrix = 0; with_matrix < 2; with_matrix++) {
            struct trial t;

            trial_put_matrix("", "X", x, kind[k]);
            trial_init(&t);
            t.q.with_matrix = with_matrix;
            strlist_add(&t.where, "cell_type!=B cell");
            trial_must_load(&t);
            assert_string_equal(t.ds.report[0].normalize, "sf-log1p");
            trial_release(&t);
        }
}

static void
test_layer__values_without_negatives_stay(void **state)
{
    (void)state;
    struct trial t;
    double x[TRIAL_N * TRIAL_G];

    trial_fill(x, .25, 0);
    trial_put_matrix("", "X", x, "dense");
    trial_init(&t);
    trial_must_load(&t);
    trial_expect_sound(&t.ds);
    assert_string_equal(t.ds.report[0].normalize, "none");
    support_near(trial_value(&t.ds, 4, 1), h5b_atlas_count(4, 1) / 4, 1e-7);
    assert_true(trial_is_warned(&t, "does not look like log1p of 10,000"));
    trial_release(&t);
    /* log-normalised as we would: no warning */
    for (size_t i = 0; i < TRIAL_N; i++)
        for (size_t j = 0; j < TRIAL_G; j++)
            x[i * TRIAL_G + j] = trial_log_norm(i, j, TRIAL_G);
    trial_put_matrix("", "X", x, "csr_matrix");
    trial_init(&t);
    trial_must_load(&t);
    assert_int_equal(t.warnings.n, 0);
    trial_release(&t);
}

static void
test_layer__scaled_values_are_refused(void **state)
{
    (void)state;
    struct trial t;
    double x[TRIAL_N * TRIAL_G];

    trial_fill(x, .25, -.1);
    trial_put_matrix("", "X", x, "dense");
    trial_init(&t);
    trial_must_fail(&t, "X has negative values");
    trial_init(&t);
    trial_must_fail(&t, "right as they are: --layer X --normalize none");
    trial_init(&t);
    t.q.layer = "X";
    trial_must_fail(&t, "negative values");
    trial_init(&t);
    t.q.layer = "X";
    t.q.normalize = NORMALIZE_SF_LOG1P;
    trial_must_fail(&t, "negative values");
    trial_init(&t);
    t.q.layer = "X";
    t.q.normalize = NORMALIZE_NONE;
    trial_must_load(&t);
    support_near(trial_value(&t.ds, 4, 1), h5b_atlas_count(4, 1) / 4 - .1, 1e-7);
    assert_true(trial_is_warned(&t, "negative values"));
    trial_release(&t);
}

static void
test_layer__named(void **state)
{
    (void)state;
    struct trial t;
    double x[TRIAL_N * TRIAL_G];

    trial_fill(x, 3, 0);
    trial_put_matrix("layers", "mine", x, "csr_matrix");
    trial_init(&t);
    t.q.layer = "layers/mine";
    t.q.normalize = NORMALIZE_NONE;
    trial_must_load(&t);
    support_near(trial_value(&t.ds, 4, 1), h5b_atlas_count(4, 1) * 3, 0);
    trial_release(&t);
    trial_init(&t);
    t.q.layer = "mine";
    trial_must_load(&t);
    assert_string_equal(t.ds.report[0].layer, "layers/mine");
    assert_string_equal(t.ds.report[0].normalize, "sf-log1p");
    trial_release(&t);
    trial_init(&t);
    t.q.layer = "raw/X";
    trial_must_fail(&t, "\"layers/mine\", \"X\"");
}

/* A large matrix whose sample looks like counts, but which has a fraction elsewhere:
 * it is found while reading, and the values are then used as they are. */
static void
test_layer__wrong_sample_is_found_out(void **state)
{
    (void)state;
    enum { R = 2000 };
    struct trial t;
    double *x = calloc(R * TRIAL_G, sizeof *x);

    h5b_atlas(trial_path, &(struct h5b_atlas){R, TRIAL_G, 2, NULL});
    for (size_t i = 0; i < R; i++)
        for (size_t j = 0; j < TRIAL_G; j++)
            x[i * TRIAL_G + j] = h5b_atlas_count(i, j);
    x[100 * TRIAL_G + 2] = 1.5;
    hid_t file = h5b_edit(trial_path);

    h5b_delete(file, "X");
    h5b_sparse_of(file, "X", "csr_matrix", x, R, TRIAL_G);
    H5Fclose(file);
    trial_init(&t);
    trial_must_load(&t);
    assert_string_equal(t.ds.report[0].normalize, "none");
    support_near(trial_value(&t.ds, 100, 2), 1.5, 0);
    support_near(trial_value(&t.ds, 4, 1), h5b_atlas_count(4, 1), 0);
    trial_release(&t);
    trial_init(&t);
    t.q.with_matrix = false;
    trial_must_load(&t);
    assert_string_equal(t.ds.report[0].normalize, "sf-log1p");
    trial_release(&t);
    free(x);
}

static void
test_values__that_are_no_numbers(void **state)
{
    (void)state;
    static const double bad[] = {(double)NAN, (double)INFINITY, 1e300};
    struct trial t;
    double x[TRIAL_N * TRIAL_G];

    for (size_t i = 0; i < 3; i++) {
        trial_fill(x, 1, 0);
        x[5 * TRIAL_G + 2] = bad[i];
        trial_put_matrix("", "X", x, i == 1 ? "csr_matrix" : "dense");
        trial_init(&t);
        trial_must_fail(&t, "in cell 5 (c5), gene ENSG00000000002");
        trial_init(&t);
        t.q.with_matrix = false;
        trial_must_fail(&t, "NaN or infinite values, first seen in cell 5 (c5), gene "
                            "ENSG00000000002: mend the file");
    }
}

static void
test_values__that_are_no_numbers_in_columns(void **state)
{
    (void)state;
    struct trial t;
    double x[TRIAL_N * TRIAL_G];

    trial_fill(x, 1, 0);
    x[5 * TRIAL_G + 2] = (double)NAN;
    trial_put_matrix("", "X", x, "csc_matrix");
    trial_init(&t);
    t.q.with_matrix = false;
    trial_must_fail(&t, "NaN or infinite values, first seen in cell 5 (c5): mend");
}

static void
test_values__repeats_are_summed_and_zeros_dropped(void **state)
{
    (void)state;
    const double data[] = {2, 1, 3, 0, 4, 1};
    const int64_t indices[] = {2, 0, 2, 1, 1, 0};
    int64_t indptr[TRIAL_N + 1] = {0, 4};
    struct trial t;
    hid_t file = h5b_edit(trial_path);

    for (size_t i = 2; i <= TRIAL_N; i++)
        indptr[i] = 6;
    h5b_delete(file, "X");
    h5b_sparse(file, "X",
               &(struct h5b_sparse){"csr_matrix", TRIAL_N, TRIAL_G, data, indices,
                                    indptr, 6, TRIAL_N + 1, 0, 0});
    H5Fclose(file);
    trial_init(&t);
    t.q.normalize = NORMALIZE_NONE;
    trial_must_load(&t);
    trial_expect_sound(&t.ds);
    assert_int_equal(t.ds.x.indptr[TRIAL_N], 4);
    support_near(trial_value(&t.ds, 0, 2), 5, 0);
    support_near(trial_value(&t.ds, 0, 0), 1, 0);
    support_near(trial_value(&t.ds, 1, 0), 1, 0);
    trial_release(&t);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, trial_set_up, trial_tear_down)
    const struct CMUnitTest tests[] = {
        T(test_layer__counts_in_x_are_normalised),
        T(test_layer__raw_counts_come_first_with_their_genes),
        T(test_layer__cells_left_out_do_not_matter),
        T(test_layer__values_without_negatives_stay),
        T(test_layer__scaled_values_are_refused),
        T(test_layer__named),
        T(test_layer__wrong_sample_is_found_out),
        T(test_values__that_are_no_numbers),
        T(test_values__that_are_no_numbers_in_columns),
        T(test_values__repeats_are_summed_and_zeros_dropped),
    };
#undef T

    return cmocka_run_group_tests(tests, NULL, NULL);
}
