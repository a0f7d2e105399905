/* test_store_confusion.c - which confusions of which runs are compared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "tests/store_support.h"

#define NASTY "it's \"x\";\n\tDROP TABLE run; -- \x1b[31m\xc3\xa9\xe7\xb4\xb0"

/* A run that calls n of ten T cells something else. */
static void
trained(struct store_box *b, const char *loss, int64_t seed, int64_t n,
        const char *state)
{
    struct store_attempt a = store_running(b, loss, seed);
    const struct store_confusion c[] = {{"T cell", NASTY, n, "descendant"},
                                        {"B cell", "T cell", 1, "sibling"},
                                        {"T cell", "T cell", 10 - n, "same"}};
    struct store_evaluation ev = {.name = "ood",
                                  .cells_digest = "cells-ood",
                                  .checkpoint = "best",
                                  .is_primary = true,
                                  .n_cells = 11,
                                  .confusion = c,
                                  .n_confusions = 3};

    store_ok(store_evaluation_add(b->s, &a, &ev, &b->eb), &b->eb);
    store_finished(b, a, state);
}

static const char *
key_of(struct store_box *b)
{
    static char key[128];

    snprintf(key, sizeof key, "%s", store_cell(b, "SELECT pair_key FROM run_summary"));
    return key;
}

static void
add_row(void *ctx, const char *true_label, const char *predicted_label,
        const char *relation, int64_t n)
{
    strbuf_addf(ctx, "%s>%s %s %lld|", true_label, predicted_label, relation,
                (long long)n);
}

static void
assert_rows(struct store_box *b, int64_t evaluation, const char *want)
{
    struct strbuf rows = {0};

    store_ok(store_confusion_each(b->s, evaluation, add_row, &rows, &b->eb), &b->eb);
    assert_string_equal(strbuf_str(&rows), want);
    strbuf_release(&rows);
}

static void
test_pairs__newest_succeeded_runs_of_both_losses(void **state)
{
    struct store_box *b = *state;
    struct store_pair *pair = NULL;
    size_t n = 0;

    trained(b, "hce", 3, 1, "succeeded");
    trained(b, "ce", 3, 2, "succeeded");
    trained(b, "ce", 3, 3, "succeeded"); /* the newer one counts */
    trained(b, "ce", 3, 4, "failed");
    trained(b, "ce", 1, 5, "succeeded");
    trained(b, "hce", 1, 6, "succeeded");
    trained(b, "ce", 7, 7, "succeeded"); /* has no partner */
    trained(b, "hce", 8, 8, "failed");
    trained(b, "ce", 8, 8, "succeeded");
    store_ok(store_pairs_list(b->s, key_of(b), "ood", &pair, &n, &b->eb), &b->eb);
    assert_int_equal(n, 2);
    assert_int_equal(pair[0].seed, 1);
    assert_int_equal(pair[1].seed, 3);
    assert_true(pair[0].written_us > 0);
    assert_rows(b, pair[1].ce_evaluation,
                "T cell>T cell same 7|T cell>" NASTY " descendant 3|"
                "B cell>T cell sibling 1|");
    assert_rows(b, pair[0].hce_evaluation,
                "T cell>T cell same 4|T cell>" NASTY " descendant 6|"
                "B cell>T cell sibling 1|");
    free(pair);
    store_ok(store_pairs_list(b->s, key_of(b), "id", &pair, &n, &b->eb), &b->eb);
    assert_int_equal(n, 0);
    assert_null(pair);
}

static void
test_pairs__only_on_the_same_cells(void **state)
{
    struct store_box *b = *state;
    struct store_pair *pair = NULL;
    size_t n = 0;

    trained(b, "ce", 0, 1, "succeeded");
    trained(b, "hce", 0, 2, "succeeded");
    store_foreign(b->path, "UPDATE evaluation SET cells_digest = 'others'"
                           " WHERE evaluation_id = 1");
    store_ok(store_pairs_list(b->s, key_of(b), "ood", &pair, &n, &b->eb), &b->eb);
    assert_int_equal(n, 0);
    free(pair);
}

static void
test_confusion_each__says_what_is_damaged(void **state)
{
    struct store_box *b = *state;
    struct strbuf rows = {0};

    trained(b, "ce", 0, 1, "succeeded");
    store_foreign(b->path, "UPDATE confusion_count SET predicted_id = 4000000000"
                           " WHERE n = 9");
    assert_int_equal(store_confusion_each(b->s, 1, add_row, &rows, &b->eb), ERR_DB);
    store_says(b, "word 4000000000");
    strbuf_release(&rows);
    assert_rows(b, 99, ""); /* an evaluation that is not there has none */
}

#define BOX(f) cmocka_unit_test_setup_teardown(f, store_box_setup, store_box_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        BOX(test_pairs__newest_succeeded_runs_of_both_losses),
        BOX(test_pairs__only_on_the_same_cells),
        BOX(test_confusion_each__says_what_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
