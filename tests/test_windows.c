/* test_windows.c - rows that are read a window at a time are those of everything in
 * memory. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/gene_order.h"
#include "data/row_feed.h"
#include "tests/dataset_trial.h"
#include "tests/h5build.h"

enum { CELLS_MAX = 64 };

/* Files beside study.h5ad, which has three donors; their genes are fewer or more. */
static void
more_files(void)
{
    static const struct h5b_atlas atlas[] = {
        {5, TRIAL_G, 2, "b"}, {31, TRIAL_G + 1, 3, "c"}, {2, TRIAL_G - 1, 1, "a"}};

    for (size_t i = 0; i < sizeof atlas / sizeof *atlas; i++) {
        char *path = xasprintf("%s/%c.h5ad", trial_dir, "zat"[i]);

        h5b_atlas(path, &atlas[i]);
        free(path);
    }
}

/* The same request in memory (order of its own genes) and in windows of about `cells`. */
static void
load_both(struct trial *whole, struct trial *some, const char *where, double cells)
{
    struct trial *t[] = {whole, some};
    struct pool *pool = pool_new(2);

    for (size_t i = 0; i < 2; i++) {
        trial_init(t[i]);
        strlist_add(&t[i]->path, trial_dir);
        if (where)
            strlist_add(&t[i]->where, where);
        t[i]->q.lean = t[i]->q.in_order = i == 1;
        if (i == 1) {
            double bytes = (double)csr_bytes(&whole->ds.x, 0, whole->ds.n_cells);

            t[i]->q.memory_max =
                (uint64_t)(2 * bytes / (double)whole->ds.n_cells * cells) + 1;
        }
        trial_must_load(t[i]);
    }
    assert_int_equal(gene_order_own(&whole->ds.x, 2, NULL), ERR_OK);
    assert_int_equal(some->ds.n_cells, whole->ds.n_cells);
    pool_free(pool);
}

static void
expect_same_row(const struct csr_row *a, const struct csr_row *b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->n_dict, b->n_dict);
    assert_memory_equal(a->index, b->index, a->n * sizeof *a->index);
    for (size_t k = 0; k < a->n; k++) {
        float x = csr_value(a, k), y = csr_value(b, k);

        assert_memory_equal(&x, &y, sizeof x);
    }
}

/* All cells but every step-th, B at a time. */
static void
expect_same(const struct trial *whole, const struct trial *some, size_t step, size_t B)
{
    uint32_t cell[CELLS_MAX];
    struct row_list list = {.cell = cell};
    struct row_feed feed;
    struct row_batch b;
    struct errbuf eb = {""};
    size_t n = 0;

    for (size_t i = 0; i < whole->ds.n_cells; i++)
        if (step == 0 || i % step != 0)
            cell[list.n++] = (uint32_t)i;
    assert_true(gene_order_equal(&whole->ds.x.order, &some->ds.x.order));
    assert_int_equal(row_feed_open(&feed, &some->ds, &list, B, NULL, NULL), ERR_OK);
    for (;;) {
        if (row_feed_next(&feed, &b, &eb))
            fail_msg("%s", eb.text);
        if (!b.n)
            break;
        assert_null(b.x);
        for (size_t i = 0; i < b.n; i++) {
            struct csr_row want = csr_row(&whole->ds.x, cell[n]);

            assert_int_equal(b.cell[i], cell[n++]);
            expect_same_row(&b.rows[i], &want);
        }
    }
    assert_int_equal(n, list.n);
    row_feed_close(&feed);
}

static void
compare(const char *where, double cells)
{
    struct trial whole, some;

    load_both(&whole, &some, where, cells);
    if (!some.ds.windows)
        fail_msg("all is in memory");
    assert_null(some.ds.x.indptr);
    for (size_t B = 1; B < 10; B += 4)
        for (size_t step = 0; step < 8; step += 7)
            expect_same(&whole, &some, step, B);
    trial_release(&whole);
    trial_release(&some);
}

static void
test_windows__rows_are_those_in_memory(void **state)
{
    (void)state;
    compare(NULL, 3);
    more_files();
    for (double cells = 0.5; cells < 20; cells *= 2.1) {
        compare(NULL, cells);
        compare("donor_id!=d1", cells);
    }
}

/* Dense, by columns, and by rows; logarithms as they are, and counts. */
static void
test_windows__of_every_layout(void **state)
{
    static const char *const kind[] = {"dense", "csc_matrix", "csr_matrix"};
    double x[TRIAL_N * TRIAL_G];

    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (int logs = 0; logs < 2; logs++) {
            trial_fill(x, logs ? 0.25 : 1, 0);
            trial_put_matrix("", "X", x, kind[i]);
            compare(NULL, 2.5);
        }
}

/* Lists one after another, as a command takes them, do not read everything again. */
static void
test_windows__list_after_list(void **state)
{
    struct trial whole, some;
    uint32_t cell[CELLS_MAX];
    char *first = xasprintf("%s/a.h5ad", trial_dir);
    char *away = xasprintf("%s/away", trial_dir);

    (void)state;
    more_files();
    load_both(&whole, &some, NULL, 20);
    for (size_t i = 0; i < whole.ds.n_cells; i++)
        cell[i] = (uint32_t)i;
    for (size_t from = 0; from < whole.ds.n_cells; from += 4) {
        size_t left = whole.ds.n_cells - from;
        struct row_list list = {.cell = cell + from, .n = left < 4 ? left : 4};
        struct row_feed feed;
        struct row_batch b;

        if (from == 4) /* the first window is in memory */
            assert_int_equal(rename(first, away), 0);
        if (from == 12)
            assert_int_equal(rename(away, first), 0);
        assert_int_equal(row_feed_open(&feed, &some.ds, &list, 4, NULL, NULL), ERR_OK);
        assert_int_equal(row_feed_next(&feed, &b, NULL), ERR_OK);
        for (size_t i = 0; i < b.n; i++) {
            struct csr_row want = csr_row(&whole.ds.x, cell[from + i]);

            expect_same_row(&b.rows[i], &want);
        }
        row_feed_close(&feed);
    }
    free(first);
    free(away);
    trial_release(&whole);
    trial_release(&some);
}

/* What fits is loaded as ever, and who asks in any order has all of it. */
static void
test_windows__only_where_it_does_not_fit(void **state)
{
    struct trial t;

    (void)state;
    trial_init(&t);
    t.q.in_order = true;
    t.q.memory_max = 1 << 20;
    trial_must_load(&t);
    assert_null(t.ds.windows);
    assert_int_equal(t.ds.x.n_rows, TRIAL_N);
    trial_release(&t);
    trial_init(&t);
    t.q.memory_max = 1;
    trial_must_load(&t);
    assert_null(t.ds.windows);
    trial_release(&t);
}

/* Take the first batch of all cells. */
static enum err
take_batch(struct trial *t, struct errbuf *eb)
{
    uint32_t cell[CELLS_MAX];
    struct row_list list = {.cell = cell, .n = t->ds.n_cells};
    struct row_feed feed;
    struct row_batch b;

    for (size_t i = 0; i < t->ds.n_cells; i++)
        cell[i] = (uint32_t)i;
    assert_int_equal(row_feed_open(&feed, &t->ds, &list, 4, NULL, NULL), ERR_OK);
    enum err e = row_feed_next(&feed, &b, eb);

    row_feed_close(&feed);
    return e;
}

static void
test_windows__a_file_that_changed(void **state)
{
    struct errbuf eb = {""};
    struct trial t;

    (void)state;
    trial_init(&t);
    t.q.in_order = true;
    t.q.memory_max = 1;
    trial_must_load(&t);
    h5b_atlas(trial_path, &(struct h5b_atlas){TRIAL_N + 1, TRIAL_G, 3, NULL});
    assert_int_equal(take_batch(&t, &eb), ERR_FORMAT);
    trial_must_say(eb.text, "has changed while it was read");
    trial_must_say(eb.text, trial_path);
    assert_int_equal(remove(trial_path), 0);
    assert_int_equal(take_batch(&t, &eb), ERR_NOTFOUND);
    trial_release(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_windows__rows_are_those_in_memory,
                                        trial_set_up, trial_tear_down),
        cmocka_unit_test_setup_teardown(test_windows__of_every_layout, trial_set_up,
                                        trial_tear_down),
        cmocka_unit_test_setup_teardown(test_windows__list_after_list, trial_set_up,
                                        trial_tear_down),
        cmocka_unit_test_setup_teardown(test_windows__only_where_it_does_not_fit,
                                        trial_set_up, trial_tear_down),
        cmocka_unit_test_setup_teardown(test_windows__a_file_that_changed, trial_set_up,
                                        trial_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
