/* test_lean.c - a dataset that holds no more of each cell than is needed says the same. */
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/dataset_ids.h"
#include "data/obs_column.h"
#include "tests/dataset_trial.h"
#include "tests/h5build.h"

enum { N_SECOND = 5 };

/* A second study beside the first one. */
static void
two_files(void)
{
    char *path = xasprintf("%s/later.h5ad", trial_dir);

    h5b_atlas(path, &(struct h5b_atlas){N_SECOND, TRIAL_G, 2, "later"});
    free(path);
}

/* The same request, whole and lean. */
static void
load_both(struct trial *whole, struct trial *lean, const char *where)
{
    struct trial *t[] = {whole, lean};

    for (size_t i = 0; i < 2; i++) {
        trial_init(t[i]);
        strlist_add(&t[i]->path, trial_dir);
        if (where)
            strlist_add(&t[i]->where, where);
        t[i]->q.lean = i == 1;
        trial_must_load(t[i]);
    }
    assert_int_equal(lean->ds.n_cells, whole->ds.n_cells);
    assert_int_equal(lean->ds.cell_id.n, 0);
}

static void
expect_same_ids(const struct trial *whole, const struct trial *lean, size_t window)
{
    struct dataset_ids ids;

    dataset_ids_init(&ids, &lean->ds);
    ids.window = window;
    for (uint32_t i = 0; i < lean->ds.n_cells; i++) {
        const char *id;

        assert_int_equal(dataset_ids_get(&ids, i, &id, NULL), ERR_OK);
        assert_string_equal(id, whole->ds.cell_id.item[i]);
        assert_int_equal(dataset_file(&lean->ds, i), whole->ds.file[i]);
        assert_int_equal(dataset_row(&lean->ds, i), whole->ds.row[i]);
    }
    dataset_ids_release(&ids);
}

static void
test_lean__ids_are_those_of_the_cells(void **state)
{
    static const char *const where[] = {NULL, "donor_id=d0", "donor_id!=d1",
                                        "dataset_id=later"};

    (void)state;
    for (int files = 1; files <= 2; files++) {
        for (size_t k = 0; k < (files == 1 ? 3 : 4); k++) {
            struct trial whole, lean;

            load_both(&whole, &lean, where[k]);
            for (size_t window = 1; window < 20; window += 3)
                expect_same_ids(&whole, &lean, window);
            trial_release(&whole);
            trial_release(&lean);
        }
        two_files();
    }
}

/* Any order of asking is right, if not fast. */
static void
test_lean__ids_in_any_order(void **state)
{
    struct dataset_ids ids;
    struct trial whole, lean;
    const char *id;

    (void)state;
    two_files();
    load_both(&whole, &lean, NULL);
    dataset_ids_init(&ids, &lean.ds);
    ids.window = 4;
    for (size_t k = 0; k < whole.ds.n_cells; k++) {
        uint32_t i = (uint32_t)(k * 5 % whole.ds.n_cells);

        assert_int_equal(dataset_ids_get(&ids, i, &id, NULL), ERR_OK);
        assert_string_equal(id, whole.ds.cell_id.item[i]);
    }
    dataset_ids_release(&ids);
    trial_release(&whole);
    trial_release(&lean);
}

/* Of one file whose cells are all used, no places are kept. */
static void
test_lean__places_only_where_they_say_something(void **state)
{
    struct trial whole, lean;

    (void)state;
    load_both(&whole, &lean, NULL);
    assert_null(lean.ds.file);
    assert_null(lean.ds.row);
    trial_release(&whole);
    trial_release(&lean);
    load_both(&whole, &lean, "donor_id=d1");
    assert_null(lean.ds.file);
    assert_non_null(lean.ds.row);
    trial_release(&whole);
    trial_release(&lean);
    two_files();
    load_both(&whole, &lean, NULL);
    assert_non_null(lean.ds.file);
    trial_release(&whole);
    trial_release(&lean);
}

/* A column that nobody named is not read, and what there is can be told. */
static void
test_lean__only_columns_that_are_needed(void **state)
{
    static const char *const text[TRIAL_N] = {"a", "b", "a", "b", "a", "b",
                                              "a", "b", "a", "b", "a", "b"};
    struct trial t;
    hid_t file = h5b_edit(trial_path), obs = H5Gopen2(file, "obs", H5P_DEFAULT);

    (void)state;
    H5Adelete(obs, "column-order");
    h5b_texts(obs, "subtype_label", 0, text, TRIAL_N);
    h5b_texts(obs, "tissue", 0, text, TRIAL_N);
    H5Gclose(obs);
    H5Fclose(file);
    trial_init(&t);
    t.q.lean = true;
    trial_must_load(&t);
    assert_null(dataset_find_column(&t.ds, "subtype_label"));
    assert_non_null(dataset_find_column(&t.ds, "tissue"));
    assert_non_null(dataset_find_column(&t.ds, "cell_type"));
    assert_true(strlist_has(&t.ds.column, "subtype_label"));
    assert_true(strlist_has(&t.ds.unread, "subtype_label"));
    assert_int_equal(t.ds.unread.n, 1);
    assert_int_equal(dataset_find_column(&t.ds, "cell_type")->code.width, 1);
    trial_release(&t);
    trial_init(&t);
    t.q.lean = true;
    strlist_add(&t.need, "subtype_label");
    trial_must_load(&t);
    assert_string_equal(obs_column_text(dataset_find_column(&t.ds, "subtype_label"), 1),
                        "b");
    trial_release(&t);
}

/* A file that was replaced by another is noticed. */
static void
test_lean__a_file_that_changed(void **state)
{
    struct dataset_ids ids;
    struct errbuf eb = {""};
    struct trial t;
    const char *id;

    (void)state;
    trial_init(&t);
    t.q.lean = true;
    trial_must_load(&t);
    h5b_atlas(trial_path, &(struct h5b_atlas){TRIAL_N - 1, TRIAL_G, 3, NULL});
    dataset_ids_init(&ids, &t.ds);
    assert_int_equal(dataset_ids_get(&ids, 0, &id, &eb), ERR_FORMAT);
    trial_must_say(eb.text, "has changed while it was read");
    dataset_ids_release(&ids);
    trial_release(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lean__ids_are_those_of_the_cells,
                                        trial_set_up, trial_tear_down),
        cmocka_unit_test_setup_teardown(test_lean__ids_in_any_order, trial_set_up,
                                        trial_tear_down),
        cmocka_unit_test_setup_teardown(test_lean__places_only_where_they_say_something,
                                        trial_set_up, trial_tear_down),
        cmocka_unit_test_setup_teardown(test_lean__only_columns_that_are_needed,
                                        trial_set_up, trial_tear_down),
        cmocka_unit_test_setup_teardown(test_lean__a_file_that_changed, trial_set_up,
                                        trial_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
