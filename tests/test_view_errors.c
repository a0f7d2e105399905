/* test_view_errors.c - the errors view as text at four sizes, and what keys do to it. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/store.h"
#include "tests/tui_lab.h"
#include "tui/errors_data.h"

static const struct {
    int rows, cols;
} sizes[] = {{24, 80}, {40, 120}, {60, 200}, {12, 40}};

/* Press keys on a filled store, then compare with tests/golden/tui_<name>_<size>. */
static void
assert_screens(const char *name, const char *keys, bool ascii)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct tui_lab lab;
        struct strbuf screen = {0};
        char file[128];

        tui_lab_open(&lab, true);
        lab.ui.ascii = ascii;
        for (const char *key = keys; *key; key++) {
            char one[] = {*key, '\0'};
            tui_lab_keys(&lab, one);
            strbuf_reset(&screen); /* confusions are read while a screen is drawn */
            tui_lab_screen(&lab, sizes[i].rows, sizes[i].cols, &screen);
        }
        snprintf(file, sizeof file, "tui_%s_%dx%d.txt", name, sizes[i].cols,
                 sizes[i].rows);
        support_golden(strbuf_str(&screen), file);
        for (const char *p = strbuf_str(&screen); ascii && *p; p++)
            assert_true((unsigned char)*p < 0x80);
        strbuf_release(&screen);
        tui_lab_close(&lab);
    }
}

static void
test_view_errors__classes(void **state)
{
    (void)state;
    assert_screens("errors", "5", false);
}

static void
test_view_errors__in_ascii(void **state)
{
    (void)state;
    assert_screens("errors_ascii", "5%", true);
}

static void
test_view_errors__one_relation_by_the_exact_rule(void **state)
{
    (void)state;
    assert_screens("errors_exact_descendants", "5rt", false);
}

static void
test_view_errors__shares_of_the_wrong_ones(void **state)
{
    (void)state;
    assert_screens("errors_of_wrong", "5%tttj", false);
}

static void
test_view_errors__confusions_of_a_class(void **state)
{
    (void)state;
    assert_screens("errors_confusions", "5/CD8\r\rj", false);
}

static void
test_view_errors__what_was_called_a_class(void **state)
{
    (void)state;
    assert_screens("errors_called", "5w/CD8\r\rj", false);
}

static void
test_view_errors__confusions_of_all_cells(void **state)
{
    (void)state;
    assert_screens("errors_all", "5\r", false);
}

static void
test_view_errors__seeds_of_a_confusion(void **state)
{
    (void)state;
    assert_screens("errors_seeds", "5/CD8\r\rj\r", false);
}

/* --- keys --- */

static int
setup(void **state)
{
    struct tui_lab *lab = test_malloc(sizeof *lab);

    tui_lab_open(lab, true);
    tui_lab_keys(lab, "5");
    *state = lab;
    return 0;
}

static int
teardown(void **state)
{
    tui_lab_close(*state);
    test_free(*state);
    return 0;
}

/* Of 1000 cells of a seed: what the view must say, counted here from the store. */
static bool
take_share(void *ctx, size_t n_cols, const char *const *name, const char *const *value,
           const char *type)
{
    (void)n_cols;
    (void)name;
    (void)type;
    snprintf(ctx, 32, "%s", value[0]);
    return true;
}

static void
test_view_errors__numbers_are_those_of_the_store(void **state)
{
    struct tui_lab *lab = *state;
    char want[32] = "";
    struct errbuf eb;
    /* Seed 2 of HCE failed: seeds 0, 1 and 3 are pairs. */
    static const char sql[] =
        "SELECT printf('%.3f', AVG(share)) FROM (SELECT "
        "1.0 * SUM(c.n * (c.relation IN ('ancestor', 'sibling', 'other'))) / SUM(c.n) "
        "AS share FROM confusion AS c JOIN run_summary AS r ON r.run_id = c.run_id "
        "WHERE c.evaluation = 'ood' AND r.loss = 'hce' AND r.experiment = 'toy' "
        "AND r.seed IN (0, 1, 3) GROUP BY r.run_id)";

    assert_int_equal(
        store_query(lab->ui.model.store, sql, NULL, 0, take_share, want, &eb), ERR_OK);
    assert_int_equal(strlen(want), 5);
    tui_lab_expect(lab, "all cells");
    tui_lab_expect(lab, want);
    tui_lab_expect(lab, "3 pairs of seeds; paired t, Holm over 4 tested");
    tui_lab_expect(lab, "without a partner: hce: 2 (failed)");
}

static void
test_view_errors__keys_ask_another_question(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_expect(lab, "wrong predictions by true class; shares of the class's cells");
    tui_lab_expect(lab, "descendants are right");
    tui_lab_keys(lab, "r");
    tui_lab_expect(lab, "descendants are wrong");
    tui_lab_expect(lab, "rule exact");
    tui_lab_keys(lab, "t");
    tui_lab_expect(lab, "descendant predictions");
    tui_lab_keys(lab, "TT");
    tui_lab_expect(lab, "same predictions");
    tui_lab_keys(lab, "w");
    tui_lab_expect(lab, "by predicted class; shares of the cells called so");
    tui_lab_keys(lab, "%");
    tui_lab_expect(lab, "shares of the wrong ones");
    tui_lab_keys(lab, "%wt");
    tui_lab_expect(lab, "evaluation ood");
    tui_lab_keys(lab, "E");
    tui_lab_expect(lab, "evaluation id");
    tui_lab_expect(lab, "3 pairs of seeds");
    tui_lab_keys(lab, "m"); /* the configuration without pairs */
    tui_lab_expect(lab, "CE has no seed that succeeded, HCE has no seed.");
    tui_lab_keys(lab, "M");
    tui_lab_expect(lab, "3 pairs of seeds");
}

static void
test_view_errors__levels_and_back(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_expect(lab, "all cells");
    tui_lab_keys(lab, "/T cell\rjk\r");
    tui_lab_expect(lab, ": where its cells went");
    tui_lab_keys(lab, "w");
    tui_lab_expect(lab, ": what was called it");
    tui_lab_keys(lab, "w\r");
    tui_lab_expect(lab, "by seed");
    tui_lab_keys(lab, "\r"); /* there is nothing deeper */
    tui_lab_expect(lab, "by seed");
    tui_lab_keys(lab, "q");
    tui_lab_expect(lab, ": where its cells went");
    tui_lab_keys(lab, "\x1b");
    tui_lab_expect(lab, "wrong predictions by true class");
    tui_lab_keys(lab, "g\r");
    tui_lab_expect(lab, "all cells: the largest confusions; shares of all cells");
    tui_lab_keys(lab, "q");
    assert_false(lab->ui.quit);
}

static void
test_view_errors__all_cells_stay_first(void **state)
{
    struct tui_lab *lab = *state;
    struct strbuf screen = {0};

    tui_lab_expect(lab, "all cells");
    tui_lab_keys(lab, "o[o]]g");
    tui_lab_screen(lab, 24, 80, &screen);
    const char *all = strstr(strbuf_str(&screen), "all cells");
    const char *b = strstr(strbuf_str(&screen), "B cell");
    assert_non_null(all);
    assert_non_null(b);
    assert_true(all < b);
    strbuf_release(&screen);
    tui_lab_keys(lab, "fcells > 250\r");
    tui_lab_expect(lab, "[3/5] filter");
}

/* Confusions that are written again are read again; nothing else is. */
static void
test_errors_data__reads_what_changed(void **state)
{
    struct tui_lab *lab = *state;
    struct store *s = lab->ui.model.store;
    struct choice choice;
    struct errors_data d;

    choice_init(&choice);
    choice_read(&choice, s);
    errors_data_init(&d, &choice);
    errors_data_look(&d, s);
    assert_true(d.reading);
    assert_false(errors_data_read(&d, s, clock_mono_s() - 1)); /* no time */
    assert_int_equal(d.n_read, 0);
    d.run_s = 0;
    assert_false(errors_data_read(&d, s, clock_mono_s() + 1e-5)); /* for one of six */
    assert_in_range(d.n_read, 0, 2);
    assert_true(errors_data_read(&d, s, INFINITY));
    assert_int_equal(d.errors.S, 3);
    assert_true(d.current);
    errors_data_look(&d, s);
    assert_false(d.reading);
    choice_step_evaluation(&choice);
    errors_data_look(&d, s);
    assert_true(d.reading);
    assert_false(d.current);
    choice_step_evaluation(&choice);
    errors_data_look(&d, s); /* back before it was read */
    assert_true(errors_data_read(&d, s, INFINITY));
    assert_string_equal(d.evaluation, "ood");
    errors_data_release(&d);
    choice_release(&choice);
}

static void
test_view_errors__without_anything(void **state)
{
    struct tui_lab lab;

    (void)state;
    tui_lab_open(&lab, false);
    tui_lab_keys(&lab, "5\rwt%r/x\r\r");
    tui_lab_expect(&lab, "There is no store here yet.");
    tui_lab_close(&lab);
}

/* The export has every number of the row, and says what it is about. */
static void
test_view_errors__exports_the_table(void **state)
{
    struct tui_lab *lab = *state;
    char *before = getcwd(NULL, 0);

    tui_lab_expect(lab, "all cells");
    assert_int_equal(chdir(lab->dir), 0);
    tui_lab_keys(lab, "te\r");
    char *text = support_slurp("errors.csv");
    assert_int_equal(chdir(before), 0);
    assert_non_null(strstr(text, "label,cells,ce_mean,hce_mean,delta_mean,interval"));
    assert_non_null(strstr(text, "\nall cells,1000,"));
    assert_non_null(strstr(text, ",descendant,3,"));
    free(text);
    free(before);
}

#define LAB_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_view_errors__classes),
        cmocka_unit_test(test_view_errors__in_ascii),
        cmocka_unit_test(test_view_errors__one_relation_by_the_exact_rule),
        cmocka_unit_test(test_view_errors__shares_of_the_wrong_ones),
        cmocka_unit_test(test_view_errors__confusions_of_a_class),
        cmocka_unit_test(test_view_errors__what_was_called_a_class),
        cmocka_unit_test(test_view_errors__confusions_of_all_cells),
        cmocka_unit_test(test_view_errors__seeds_of_a_confusion),
        LAB_TEST(test_view_errors__numbers_are_those_of_the_store),
        LAB_TEST(test_view_errors__keys_ask_another_question),
        LAB_TEST(test_view_errors__levels_and_back),
        LAB_TEST(test_view_errors__all_cells_stay_first),
        LAB_TEST(test_errors_data__reads_what_changed),
        cmocka_unit_test(test_view_errors__without_anything),
        LAB_TEST(test_view_errors__exports_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
