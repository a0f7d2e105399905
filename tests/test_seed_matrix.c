/* test_seed_matrix.c - which runs are done and which are missing. */
#include <string.h>

#include "base/strbuf.h"
#include "store/seed_matrix.h"
#include "tests/support.h"

static const char *const losses[] = {"ce", "hce"};

static struct store_run
a_run(int64_t run_id, const char *experiment, const char *model, const char *key,
      const char *loss, int64_t seed, const char *state)
{
    return (struct store_run){.run_id = run_id,
                              .experiment = experiment,
                              .model = model,
                              .pair_key = key,
                              .loss = loss,
                              .seed = seed,
                              .state = state};
}

static void
make(struct seed_matrix *m, struct store_run *run, size_t n)
{
    const struct store_runs runs = {.run = run, .n = n};

    seed_matrix_make(m, &runs, losses, 2);
}

/* The states of a row as signs. */
static void
assert_row(const struct seed_matrix *m, size_t row, const char *loss, const char *signs)
{
    char text[64] = "";

    assert_string_equal(m->row[row].loss, loss);
    for (size_t s = 0; s < m->n_seeds; s++)
        text[s] = seed_state_sign(m->row[row].place[s].state);
    assert_string_equal(text, signs);
}

static void
test_matrix__expects_the_seeds_of_the_other_loss(void **state)
{
    struct store_run run[] = {
        a_run(1, "e", "linear", "k", "ce", 7, "succeeded"),
        a_run(2, "e", "linear", "k", "ce", 0, "failed"),
        a_run(3, "e", "linear", "k", "ce", 2, "queued"),
        a_run(4, "e", "linear", "k", "hce", 0, "running"),
        a_run(5, "e", "linear", "k", "hce", 4, "cancelled"),
    };
    struct seed_matrix m;
    struct strbuf sb = {0};

    (void)state;
    make(&m, run, 5);
    assert_int_equal(m.n_seeds, 4); /* 0 2 4 7 */
    assert_int_equal(m.seed[3], 7);
    assert_int_equal(m.n_rows, 2);
    assert_row(&m, 0, "ce", "xo.#");
    assert_row(&m, 1, "hce", ">./.");
    assert_int_equal(m.row[0].count[SEED_MISSING], 1);
    assert_int_equal(m.row[1].count[SEED_MISSING], 2);
    assert_int_equal(m.row[1].like_run_id, 5); /* the newest, whatever its loss */
    assert_int_equal(m.row[0].place[0].run_id, 2);
    seed_row_seeds(&m, &m.row[1], SEED_MISSING, &sb);
    assert_string_equal(strbuf_str(&sb), "2,7");
    strbuf_release(&sb);
    seed_matrix_release(&m);
}

static void
test_matrix__families_do_not_mix(void **state)
{
    struct store_run run[] = {
        a_run(1, "e", "linear", "k", "ce", 0, "succeeded"),
        a_run(2, "e", "mlp", "m", "ce", 1, "succeeded"),
        a_run(3, "f", "linear", "k", "ce", 2, "succeeded"),
    };
    struct seed_matrix m;

    (void)state;
    make(&m, run, 3);
    assert_int_equal(m.n_rows, 6);
    assert_row(&m, 0, "ce", "#  ");
    assert_row(&m, 1, "hce", ".  ");
    assert_row(&m, 2, "ce", " # ");
    assert_row(&m, 5, "hce", "  .");
    assert_false(m.row[0].is_ambiguous);
    seed_matrix_release(&m);
}

static void
test_matrix__configurations_of_a_model_share_seeds(void **state)
{
    struct store_run run[] = {
        a_run(1, "e", "linear", "k", "ce", 0, "succeeded"),
        a_run(2, "e", "linear", "k", "ce", 1, "succeeded"),
        a_run(3, "e", "linear", "other", "hce", 1, "paused"),
    };
    struct seed_matrix m;

    (void)state;
    make(&m, run, 3);
    assert_row(&m, 0, "ce", "##");
    assert_row(&m, 1, "hce", "..");
    assert_row(&m, 2, "ce", "..");
    assert_row(&m, 3, "hce", ".=");
    assert_true(m.row[0].is_ambiguous);
    assert_int_equal(m.row[2].like_run_id, 3);
    seed_matrix_release(&m);
}

static void
test_matrix__of_several_runs_the_most_alive_counts(void **state)
{
    struct store_run run[] = {
        a_run(1, "e", "linear", "k", "ce", 0, "succeeded"),
        a_run(2, "e", "linear", "k", "ce", 0, "failed"),
        a_run(3, "e", "linear", "k", "ce", 1, "failed"),
        a_run(4, "e", "linear", "k", "ce", 1, "queued"),
        a_run(5, "e", "linear", "k", "ce", 2, "failed"),
        a_run(6, "e", "linear", "k", "ce", 2, "failed"),
    };
    struct seed_matrix m;

    (void)state;
    make(&m, run, 6);
    assert_row(&m, 0, "ce", "#ox");
    assert_int_equal(m.row[0].place[0].run_id, 1);
    assert_int_equal(m.row[0].place[2].run_id, 6);
    seed_matrix_release(&m);
}

static void
test_matrix__of_nothing_is_empty(void **state)
{
    struct seed_matrix m;

    (void)state;
    make(&m, NULL, 0);
    assert_int_equal(m.n_rows, 0);
    assert_int_equal(m.n_seeds, 0);
    seed_matrix_release(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix__expects_the_seeds_of_the_other_loss),
        cmocka_unit_test(test_matrix__families_do_not_mix),
        cmocka_unit_test(test_matrix__configurations_of_a_model_share_seeds),
        cmocka_unit_test(test_matrix__of_several_runs_the_most_alive_counts),
        cmocka_unit_test(test_matrix__of_nothing_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
