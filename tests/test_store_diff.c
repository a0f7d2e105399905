/* test_store_diff.c - specs of runs side by side. */
#include "tests/store_support.h"

#include <string.h>

#include "store/store_diff.h"

static const struct store_diff_row *
row_of(const struct store_diff *d, const char *key)
{
    for (size_t i = 0; i < d->n; i++)
        if (strcmp(d->row[i].key, key) == 0)
            return &d->row[i];
    fail_msg("no key %s", key);
    return NULL;
}

static size_t
place_of(const struct store_diff *d, const char *key)
{
    return (size_t)(row_of(d, key) - d->row);
}

static void
test_diff__keys_that_differ_with_both_values(void **state)
{
    struct store_box *b = *state;
    const struct store_param params[] = {
        {"data", "atlas.h5ad", 0}, {"batch_size", "256", 0}, {"gamma", "2", 0}};
    struct store_new_run r = store_a_run("hce", 3);
    struct store_diff d;
    int64_t id[2];

    id[0] = store_queued(b, "ce", 0);
    r.param = params;
    r.n_params = 3;
    r.split_digest = "another split";
    store_ok(store_queue_add(b->s, &r, 1, false, &id[1], NULL, &b->eb), &b->eb);
    store_ok(store_runs_diff(b->s, id, 2, &d, &b->eb), &b->eb);
    assert_string_equal(row_of(&d, "loss")->value[0], "ce");
    assert_string_equal(row_of(&d, "loss")->value[1], "hce");
    assert_true(row_of(&d, "loss")->differs);
    assert_string_equal(row_of(&d, "seed")->value[1], "3");
    assert_string_equal(row_of(&d, "batch_size")->value[0], "64");
    assert_string_equal(row_of(&d, "data")->value[0], "atlas.h5ad; more.h5ad");
    assert_null(row_of(&d, "gamma")->value[0]); /* none is a value of its own */
    assert_true(row_of(&d, "gamma")->differs);
    assert_false(row_of(&d, "model")->differs);
    assert_true(row_of(&d, "split_digest")->differs);
    assert_false(row_of(&d, "data_digest")->differs);
    /* What only the second has stands among the parameters, before the digests. */
    assert_true(place_of(&d, "gamma") < place_of(&d, "data_digest"));
    assert_true(place_of(&d, "seed") < place_of(&d, "batch_size"));
    store_diff_set(&d, place_of(&d, "loss"), 1, "ce");
    assert_false(row_of(&d, "loss")->differs);
    store_diff_release(&d);
}

static void
test_diff__of_a_run_that_is_not_there(void **state)
{
    struct store_box *b = *state;
    int64_t id[] = {store_queued(b, "ce", 0), 999};
    struct store_diff d;

    assert_int_equal(store_runs_diff(b->s, id, 2, &d, &b->eb), ERR_NOTFOUND);
    assert_non_null(strstr(b->eb.text, "999"));
    assert_int_equal(d.n, 0);
}

static void
test_diff__of_a_run_with_itself_is_nothing(void **state)
{
    struct store_box *b = *state;
    int64_t id[3];
    struct store_diff d;

    id[0] = id[1] = id[2] = store_queued(b, "ce", 0);
    store_ok(store_runs_diff(b->s, id, 3, &d, &b->eb), &b->eb);
    assert_true(d.n > 5);
    for (size_t i = 0; i < d.n; i++)
        assert_false(d.row[i].differs);
    store_diff_release(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_diff__keys_that_differ_with_both_values,
                                        store_box_setup, store_box_teardown),
        cmocka_unit_test_setup_teardown(test_diff__of_a_run_that_is_not_there,
                                        store_box_setup, store_box_teardown),
        cmocka_unit_test_setup_teardown(test_diff__of_a_run_with_itself_is_nothing,
                                        store_box_setup, store_box_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
