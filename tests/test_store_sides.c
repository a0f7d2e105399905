/* test_store_sides.c - two seed groups compared: their names, and when they may be. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "tests/store_support.h"

static const struct store_compare_query other = {.pair_key = "pair-b",
                                                 .evaluation = "ood",
                                                 .rule = "hierarchy",
                                                 .facet = "all",
                                                 .loss = "hce",
                                                 .base_key = "pair-a",
                                                 .base_loss = "hce"};

/* A succeeded run of a pair_key, scored on the cells with this F1. */
static void
trained(struct store_box *b, const char *key, const char *loss, int64_t seed, double f1)
{
    struct store_new_run r = store_a_run(loss, seed);
    struct store_process me = store_me();
    struct store_claim c;
    int64_t id;
    const struct store_f1 row = {"hierarchy", "all", "all", NULL, .5, .5,
                                 f1,          .5,    .5,    .5,   10, 2};
    struct store_evaluation ev = {.name = "ood",
                                  .cells_digest = "cells",
                                  .checkpoint = "best",
                                  .is_primary = true,
                                  .f1 = &row,
                                  .n_f1 = 1};

    r.pair_key = key;
    r.experiment = key;
    r.n_evals = 0;
    store_ok(store_queue_add(b->s, &r, 1, false, &id, NULL, &b->eb), &b->eb);
    store_ok(store_claim_next(b->s, &me, id, UINT64_MAX, &c, &b->eb), &b->eb);
    struct store_attempt a = {c.run_id, c.attempt};
    store_ok(store_evaluation_add(b->s, &a, &ev, &b->eb), &b->eb);
    store_finished(b, a, "succeeded");
}

static void
expect_why(struct store_box *b, const struct store_compare_query *q, const char *part)
{
    char *why;

    store_ok(store_side_check(b->s, q, &why, &b->eb), &b->eb);
    if (part) {
        assert_non_null(why);
        assert_non_null(strstr(why, part));
    } else {
        assert_null(why);
    }
    free(why);
}

static void
keep_pair(void *ctx, const char *label, const char *class_name, int64_t seed, double ce,
          double hce, double support)
{
    (void)class_name;
    strbuf_addf(ctx, "%s %d %g %g %g;", label, (int)seed, ce, hce, support);
}

static void
test_sides__pair_by_seed_across_keys(void **state)
{
    struct store_box *b = *state;
    struct strbuf text = {0}, unmatched = {0}, unscored = {0};

    trained(b, "pair-a", "ce", 0, .1);
    trained(b, "pair-a", "hce", 0, .5);
    trained(b, "pair-a", "hce", 1, .25);
    trained(b, "pair-a", "hce", 3, .25);
    trained(b, "pair-b", "hce", 0, .75);
    trained(b, "pair-b", "hce", 1, .375);
    trained(b, "pair-b", "ce", 3, .2);
    expect_why(b, &other, NULL);
    store_ok(store_compare_each(b->s, &other, keep_pair, &text, &b->eb), &b->eb);
    assert_string_equal(strbuf_str(&text), "all 0 0.5 0.75 10;all 1 0.25 0.375 10;");
    store_ok(store_side_seeds(b->s, &other, "A", "B", &unmatched, &unscored, &b->eb),
             &b->eb);
    assert_string_equal(strbuf_str(&unmatched), "B: 3");
    assert_string_equal(strbuf_str(&unscored), "");
    strbuf_release(&text);
    strbuf_release(&unmatched);
    strbuf_release(&unscored);
}

static void
test_sides__refuse_what_has_no_pairs(void **state)
{
    struct store_box *b = *state;
    struct store_compare_query q = other;

    trained(b, "pair-a", "hce", 0, .5);
    expect_why(b, &other, "not both have HCE runs");
    trained(b, "pair-b", "hce", 1, .5);
    expect_why(b, &other, "no seed of both is scored in evaluation ood");
    trained(b, "pair-b", "hce", 0, .5);
    expect_why(b, &other, NULL);
    q.evaluation = "id";
    expect_why(b, &q, "in evaluation id");
    q = other;
    q.base_evaluation = "ood+propagated";
    expect_why(b, &q, "in evaluation ood+propagated and ood");
    q = other;
    q.base_key = q.pair_key;
    expect_why(b, &q, "same seed group");
    q.base_evaluation = "id"; /* of the same runs, but not the same numbers */
    expect_why(b, &q, "in evaluation id and ood");
}

/* What is not fair is told by store_provenance.h, and compared when it is asked for. */
static void
test_sides__other_cells_are_paired_when_asked_for(void **state)
{
    struct store_box *b = *state;
    struct store_compare_query q = other;
    struct strbuf text = {0};

    trained(b, "pair-a", "hce", 0, .5);
    trained(b, "pair-b", "hce", 0, .75);
    store_foreign(b->path,
                  "UPDATE evaluation SET cells_digest = 'more' WHERE run_id = 2");
    expect_why(b, &q, NULL);
    store_ok(store_compare_each(b->s, &q, keep_pair, &text, &b->eb), &b->eb);
    assert_string_equal(strbuf_str(&text), "");
    q.any_cells = true;
    store_ok(store_compare_each(b->s, &q, keep_pair, &text, &b->eb), &b->eb);
    assert_string_equal(strbuf_str(&text), "all 0 0.5 0.75 10;");
    strbuf_release(&text);
}

/* The base side decoded otherwise: another evaluation of the same cells. */
static void
test_sides__each_may_have_its_evaluation(void **state)
{
    struct store_box *b = *state;
    struct store_compare_query q = {.pair_key = "pair-a",
                                    .evaluation = "ood",
                                    .rule = "hierarchy",
                                    .facet = "all",
                                    .base_evaluation = "ood+propagated"};
    struct strbuf text = {0}, unmatched = {0}, unscored = {0};

    trained(b, "pair-a", "ce", 0, .25);
    trained(b, "pair-a", "ce", 1, .25);
    trained(b, "pair-a", "hce", 0, .75);
    trained(b, "pair-a", "hce", 1, .625);
    store_foreign(b->path,
                  "INSERT INTO evaluation (evaluation_id, run_id, name, checkpoint,"
                  " is_primary, cells_digest, n_cells, n_unknown, created_us)"
                  " SELECT 9, run_id, name || '+propagated', checkpoint, is_primary,"
                  " cells_digest, n_cells, n_unknown, created_us FROM evaluation"
                  " WHERE run_id = 1");
    store_foreign(b->path,
                  "INSERT INTO score SELECT 9, facet_id, rule_id, label_id, class_id, "
                  "precision, recall, .375, f1_weighted, f1_micro, accuracy, support, "
                  "n_classes FROM score WHERE evaluation_id = 1");
    expect_why(b, &q, NULL);
    store_ok(store_compare_each(b->s, &q, keep_pair, &text, &b->eb), &b->eb);
    assert_string_equal(strbuf_str(&text), "all 0 0.375 0.75 10;");
    store_ok(store_side_seeds(b->s, &q, "A", "B", &unmatched, &unscored, &b->eb),
             &b->eb);
    assert_string_equal(strbuf_str(&unmatched), "");
    assert_string_equal(strbuf_str(&unscored), "A: 1");
    strbuf_release(&text);
    strbuf_release(&unmatched);
    strbuf_release(&unscored);
}

static void
test_sides__seeds_with_several_runs_are_listed(void **state)
{
    struct store_box *b = *state;
    struct store_compare_query within = {
        .pair_key = "pair-b", .evaluation = "ood", .rule = "hierarchy", .facet = "all"};
    struct strbuf repeated = {0};

    trained(b, "pair-b", "ce", 0, .5);
    trained(b, "pair-b", "hce", 0, .5);
    store_ok(store_side_repeated(b->s, &within, "CE", "HCE", &repeated, &b->eb),
             &b->eb);
    assert_string_equal(strbuf_str(&repeated), "");
    trained(b, "pair-b", "hce", 0, .75);
    trained(b, "pair-b", "hce", 1, .5);
    trained(b, "pair-b", "ce", 2, .5);
    trained(b, "pair-b", "ce", 2, .5);
    trained(b, "pair-a", "ce", 0, .5); /* of another key */
    store_ok(store_side_repeated(b->s, &within, "CE", "HCE", &repeated, &b->eb),
             &b->eb);
    assert_string_equal(strbuf_str(&repeated), "CE: 2; HCE: 0");
    strbuf_release(&repeated);
}

static void
test_sides__names_are_as_short_as_tells_them_apart(void **state)
{
    const struct store_group linear = {.pair_key = "pair-a", .model = "linear"},
                             mlp = {.pair_key = "pair-b", .model = "mlp"};
    struct store_compare_query q = {.pair_key = "pair-b"};
    char base[STORE_SIDE], name[STORE_SIDE];

    (void)state;
    store_side_names(&q, &mlp, &mlp, base, name);
    assert_string_equal(base, "CE");
    assert_string_equal(name, "HCE");
    store_side_names(&other, &linear, &mlp, base, name);
    assert_string_equal(base, "linear HCE");
    assert_string_equal(name, "mlp HCE");
    store_side_names(&other, &mlp, &mlp, base, name);
    assert_string_equal(base, "HCE pair-a");
    assert_string_equal(name, "HCE pair-b");
}

static void
test_sides__names_say_which_evaluation_where_they_differ(void **state)
{
    const struct store_group g = {.pair_key = "pair-b", .model = "mlp"};
    struct store_compare_query q = {
        .pair_key = "pair-b", .evaluation = "ood", .base_evaluation = "ood"};
    char base[STORE_SIDE], name[STORE_SIDE];

    (void)state;
    store_side_names(&q, &g, &g, base, name);
    assert_string_equal(base, "CE");
    q.base_evaluation = "ood+propagated";
    store_side_names(&q, &g, &g, base, name);
    assert_string_equal(base, "CE+propagated");
    assert_string_equal(name, "HCE");
    q.evaluation = "ood+propagated";
    q.base_evaluation = "ood";
    store_side_names(&q, &g, &g, base, name);
    assert_string_equal(base, "CE");
    assert_string_equal(name, "HCE+propagated");
    q.base_evaluation = "oo"; /* the start of a name, but no + after it */
    store_side_names(&q, &g, &g, base, name);
    assert_string_equal(base, "CE in oo");
    assert_string_equal(name, "HCE in ood+propagated");
    /* Names come from files: no control characters, and cut between characters. */
    q.evaluation = "a\033[2J";
    q.base_evaluation = "\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303"
                        "\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244"
                        "\303\244\303\244\303\244\303\244\303\244\303\244\303\244";
    store_side_names(&q, &g, &g, base, name);
    assert_string_equal(name, "HCE in a\357\277\275[2J");
    assert_int_equal(strlen(base), 46); /* 20 of 22 */
    assert_string_equal(base + 44, "\303\244");
}

/* A seed that was run twice counts once: what succeeded before what did not, then the
 * newer one; other seeds, losses and pair_keys have nothing to do with it. */
static void
test_store_run__one_stands_for_its_seed(void **state)
{
    const struct store_run old = {
        .run_id = 1, .seed = 3, .loss = "ce", .pair_key = "a", .state = "succeeded"};
    struct store_run twin = old;

    (void)state;
    assert_false(store_run_replaces(&old, &old));
    twin.run_id = 2;
    assert_true(store_run_replaces(&twin, &old));
    assert_false(store_run_replaces(&old, &twin));
    struct store_run earlier = twin, later = old; /* imported after the other */
    earlier.ended_at = "2023-11-14T22:13:22.000Z";
    later.ended_at = "2023-11-14T22:13:22.001Z";
    assert_true(store_run_replaces(&later, &earlier));
    assert_false(store_run_replaces(&earlier, &later));
    later.ended_at = earlier.ended_at;
    assert_true(store_run_replaces(&earlier, &later));
    twin.state = "running";
    assert_false(store_run_replaces(&twin, &old));
    assert_true(store_run_replaces(&old, &twin));
    twin = old;
    twin.run_id = 2;
    twin.seed = 4;
    assert_false(store_run_replaces(&twin, &old));
    twin.seed = 3;
    twin.loss = "hce";
    assert_false(store_run_replaces(&twin, &old));
    twin.loss = "ce";
    twin.pair_key = "b";
    assert_false(store_run_replaces(&twin, &old));
}

int
main(void)
{
#define TEST(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, store_box_setup, store_box_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_sides__pair_by_seed_across_keys),
        TEST(test_sides__refuse_what_has_no_pairs),
        TEST(test_sides__other_cells_are_paired_when_asked_for),
        TEST(test_sides__each_may_have_its_evaluation),
        TEST(test_sides__seeds_with_several_runs_are_listed),
        TEST(test_sides__names_are_as_short_as_tells_them_apart),
        cmocka_unit_test(test_sides__names_say_which_evaluation_where_they_differ),
        cmocka_unit_test(test_store_run__one_stands_for_its_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
