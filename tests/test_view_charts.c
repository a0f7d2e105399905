/* test_view_charts.c - what Compare and Curves draw, at every size, and the baseline. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "store/store.h"
#include "tests/tui_lab.h"
#include "tui/curve_panels.h"

#define KEY_C "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3"
#define KEY_D "d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4"

/* --- more runs than the lab has --- */

static void
good(enum err e, const struct errbuf *eb)
{
    if (e)
        fail_msg("%s: %s", err_text(e), eb->text);
}

/* A succeeded run of a model `mlp`, scored on the cells of the lab's evaluation ood. */
static void
train(struct store *s, const char *key, const char *split, const char *loss,
      int64_t seed, double f1)
{
    static const struct store_param param[] = {{"batch_size", "32", 0}};
    struct store_process me = {
        .host = "node7", .boot_id = "boot", .pid = 4242, .start_ticks = 7};
    struct store_new_run run = {.name = "mlp",
                                .experiment = "other",
                                .model = "mlp",
                                .loss = loss,
                                .pair_key = key,
                                .seed = seed,
                                .max_epochs = 1,
                                .data_digest = "data",
                                .split_digest = split,
                                .class_digest = "class",
                                .memory_bytes = 1000,
                                .param = param,
                                .n_params = 1};
    const struct store_f1 row = {"hierarchy", "class", "B cell", NULL, f1,  f1,
                                 f1,          f1,      f1,       f1,   100, 4};
    struct store_evaluation ev = {.name = "ood",
                                  .cells_digest = "cells-2",
                                  .checkpoint = "best",
                                  .is_primary = true,
                                  .n_cells = 1000,
                                  .f1 = &row,
                                  .n_f1 = 1};
    struct store_finish f = {.state = "succeeded",
                             .end_reason = "max_epochs reached",
                             .epochs = 1,
                             .best_epoch = 0,
                             .best_score = 0.8};
    struct store_claim claim;
    struct errbuf eb;
    int64_t id;

    good(store_queue_add(s, &run, 1, false, &id, NULL, &eb), &eb);
    good(store_claim_next(s, &me, id, UINT64_MAX, &claim, &eb), &eb);
    struct store_attempt a = {claim.run_id, claim.attempt};
    good(store_evaluation_add(s, &a, &ev, &eb), &eb);
    good(store_attempt_finish(s, &a, &f, &eb), &eb);
}

/* Groups that can be a baseline of the lab's, and one that saw other parts. */
static void
add_groups(struct tui_lab *lab)
{
    struct store *s = NULL;
    struct errbuf eb;

    good(store_open(&s, lab->path, STORE_WRITE, &eb), &eb);
    for (int64_t seed = 0; seed < 3; seed++) {
        train(s, KEY_C, "split", "hce", seed, 0.4 + 0.01 * (double)seed);
        train(s, KEY_D, "another split", "hce", seed, 0.4);
    }
    store_close(s);
    lab->ui.model.stale = true;
    ui_tick(&lab->ui);
}

/* Press keys on the lab with these groups; compare with tests/golden/tui_<name>_<size>.
 * The lab's own configuration is the one that is shown. */
static void
assert_screen(const char *name, const char *keys, int rows, int cols, bool ascii)
{
    struct tui_lab lab;
    struct strbuf screen = {0};
    char file[128];

    tui_lab_open(&lab, true);
    lab.ui.ascii = ascii;
    add_groups(&lab);
    tui_lab_keys(&lab, keys);
    tui_lab_screen(&lab, rows, cols, &screen);
    snprintf(file, sizeof file, "tui_%s_%dx%d.txt", name, cols, rows);
    support_golden(strbuf_str(&screen), file);
    for (const char *p = strbuf_str(&screen); ascii && *p; p++)
        assert_true((unsigned char)*p < 0x80);
    strbuf_release(&screen);
    tui_lab_close(&lab);
}

/* --- Compare --- */

static void
test_compare__plot(void **state)
{
    (void)state;
    assert_screen("pairs", "3vj", 24, 80, false);
    assert_screen("pairs", "3vj", 40, 120, false);
    assert_screen("pairs", "3vj", 60, 200, false);
    assert_screen("pairs", "3vj", 12, 40, false);
    assert_screen("pairs_ascii", "3v", 24, 80, true);
}

static void
test_compare__plot_of_seeds(void **state)
{
    (void)state;
    assert_screen("pairs_seeds", "3v\n", 24, 80, false);
}

static void
test_compare__baselines_to_choose_from(void **state)
{
    (void)state;
    assert_screen("bases", "3B", 24, 80, false);
    assert_screen("bases", "3B", 60, 200, false);
    assert_screen("bases", "3B", 12, 40, false);
}

/* A baseline of another pair_key is compared with runs of its loss, seed by seed. */
static void
test_compare__another_baseline(void **state)
{
    (void)state;
    assert_screen("baseline", "3B/c3c3\n\r", 24, 80, false);
    assert_screen("baseline", "3B/c3c3\n\r", 40, 120, false);
    assert_screen("baseline_unfair", "3B/d4d4\n\r", 24, 80, false);
    assert_screen("baseline_unfair", "3B/d4d4\n\r", 12, 40, false);
}

static int
setup(void **state)
{
    struct tui_lab *lab = calloc(1, sizeof *lab);

    tui_lab_open(lab, true);
    add_groups(lab);
    *state = lab;
    return 0;
}

static int
teardown(void **state)
{
    tui_lab_close(*state);
    free(*state);
    return 0;
}

/* HCE of the lab's B cell is .62, .631 and .623 (seeds 0, 1, 3; 2 failed), CE .5, .509
 * and .503; the baseline is .40, .41, .42: pairs are seeds 0 and 1. */
static void
test_compare__baseline_numbers(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "3B/c3c3\n\r");
    tui_lab_expect(lab, "mlp HCE 0.405±.007  linear HCE 0.625±.008");
    tui_lab_expect(lab, "2 pairs of seeds");
    tui_lab_expect(lab, "linear HCE - mlp HCE");
    tui_lab_expect(lab, "without a partner: linear HCE: 2 (failed); mlp HCE: 3");
    tui_lab_keys(lab, "\n");
    tui_lab_expect(lab, "0.4100"); /* the seeds, under the same names */
    tui_lab_expect(lab, "mlp HCE");
    tui_lab_keys(lab, "\x1b"
                      "Bg/a1a1\n\r"); /* CE again */
    tui_lab_expect(lab, "3 pairs of seeds");
    tui_lab_expect(lab, "CE 0.504±.005  HCE 0.625±.006");
}

static void
test_compare__baseline_that_is_not_honest(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "3B\r"); /* the cursor is on the one in use */
    tui_lab_expect(lab, "CE 0.625±.000  HCE 0.694±.000");
    tui_lab_keys(lab, "B");
    tui_lab_expect(lab, "yes, not fair: parts");
    tui_lab_keys(lab, "/d4d4\n\r"); /* it is compared all the same */
    tui_lab_expect(lab, "2 pairs of seeds");
    tui_lab_expect(lab, "not fair: other parts; not known of both: genes, ontology");
    tui_lab_keys(lab, "B/toy linear hce\n\r");
    tui_lab_expect(lab, "3 pairs of seeds");
}

struct ids {
    int64_t id[8];
    size_t n;
};

static bool
take_id(void *ctx, size_t n_cols, const char *const *name, const char *const *value,
        const char *type)
{
    struct ids *ids = ctx;

    (void)n_cols;
    (void)name;
    (void)type;
    assert_true(ids->n < 8);
    ids->id[ids->n++] = strtoll(value[0], NULL, 10);
    return true;
}

/* Score the CE runs of the lab's own configuration by propagated probabilities too. */
static void
propagate(struct tui_lab *lab)
{
    const struct store_f1 row = {"hierarchy", "class", "B cell", NULL, .5,  .5,
                                 .25,         .5,      .5,       .5,   100, 4};
    const struct store_evaluation ev = {.name = "ood+propagated",
                                        .same_cells = "ood",
                                        .cells_digest = "cells-2",
                                        .checkpoint = "best",
                                        .is_primary = true,
                                        .n_cells = 1000,
                                        .f1 = &row,
                                        .n_f1 = 1};
    struct store *s = NULL;
    struct ids ids = {0};
    struct errbuf eb;

    good(store_open(&s, lab->path, STORE_WRITE, &eb), &eb);
    good(store_query(
             s,
             "SELECT run_id FROM run_summary WHERE experiment = 'toy'"
             " AND loss = 'ce' AND state = 'succeeded' AND pair_key LIKE 'a1a1%'",
             NULL, 0, take_id, &ids, &eb),
         &eb);
    for (size_t i = 0; i < ids.n; i++)
        good(store_evaluation_add(s, &(struct store_attempt){.run_id = ids.id[i]}, &ev,
                                  &eb),
             &eb);
    store_close(s);
    lab->ui.model.stale = true;
    ui_tick(&lab->ui);
}

/* Does training with HCE beat propagation afterwards? */
static void
test_compare__with_cells_decoded_otherwise(void **state)
{
    struct tui_lab *lab = *state;
    struct strbuf screen = {0};

    propagate(lab);
    tui_lab_keys(lab, "3B");
    tui_lab_expect(lab, "ce+propagated");
    tui_lab_screen(lab, 24, 80, &screen);
    assert_null(
        strstr(strbuf_str(&screen), "hce+propagated")); /* which is not scored */
    strbuf_release(&screen);
    tui_lab_keys(lab, "/ce+prop\n\r");
    tui_lab_expect(lab, "HCE - CE+propagated");
    tui_lab_expect(lab, "CE+propagated 0.250±.000  HCE 0.625±.006");
    tui_lab_expect(lab, "3 pairs of seeds");
    tui_lab_keys(lab, "B");
    tui_lab_expect(lab, "yes, now");
    tui_lab_keys(lab, "\x1b"
                      "E"); /* of which HCE has nothing */
    tui_lab_expect(lab, "CE cannot be the baseline: no seed of both is scored");
}

static void
test_compare__least_number_of_cells(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "3");
    tui_lab_expect(lab, "Holm over 4 tested");
    tui_lab_keys(lab, ">>>>");
    tui_lab_expect(lab, "cells >= 300");
    tui_lab_expect(lab, "Holm over 2 tested");
    tui_lab_keys(lab, "<<<<<");
    tui_lab_expect(lab, "Holm over 4 tested");
}

static char *
written(struct tui_lab *lab, const char *keys, const char *file)
{
    char *before = getcwd(NULL, 0);

    assert_int_equal(chdir(lab->dir), 0);
    tui_lab_keys(lab, keys);
    tui_lab_expect(lab, "wrote ");
    char *text = support_slurp(file);
    assert_int_equal(chdir(before), 0);
    free(before);
    return text;
}

static void
test_compare__writes_svg(void **state)
{
    char *svg = written(*state, "3S\n", "compare.svg");

    assert_int_equal(strncmp(svg, "<?xml ", 6), 0);
    assert_non_null(strstr(svg, "HCE against CE: F1 by class"));
    assert_non_null(strstr(svg, ">CD8-positive, alpha-beta T cell<"));
    assert_null(strchr(svg, '\x1b'));
    free(svg);
}

/* --- Curves --- */

static void
test_curves__at_every_size(void **state)
{
    (void)state;
    assert_screen("curves", "jjj 2", 12, 40, false);
    assert_screen("curves", "jjj 2", 40, 120, false);
}

static void
test_curves__several_metrics(void **state)
{
    (void)state;
    assert_screen("panels", "jjj 2w", 40, 120, false);
    assert_screen("panels", "jjj 2w", 24, 80, false); /* those below each other */
    assert_screen("panels", "jjj 2w", 12, 40, false); /* room for one */
}

static void
test_curves__writes_svg(void **state)
{
    tui_lab_keys(*state, "jjj 2w");
    tui_lab_expect(*state, "val_f1_macro");
    char *svg = written(*state, "S\n", "train_loss.svg");

    assert_int_equal(strncmp(svg, "<?xml ", 6), 0);
    assert_non_null(strstr(svg, ">val_f1_macro<"));
    assert_non_null(strstr(svg, "mean, band 95 % t"));
    free(svg);
}

static void
test_panels__fill_the_window(void **state)
{
    (void)state;
    for (size_t n = 1; n <= METRIC_COUNT; n++)
        for (size_t i = 0; i < n; i++) {
            struct panel_place at = curve_panels_place(i, n, 59, 200);

            assert_true(at.row >= 0 && at.row + at.rows <= 59);
            assert_true(at.col >= 0 && at.col + at.cols <= 200 && at.cols > 40);
        }
    assert_int_equal(curve_panels_room(19, 100), 1);
    assert_int_equal(curve_panels_room(39, 120), 6);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare__plot),
        cmocka_unit_test(test_compare__plot_of_seeds),
        cmocka_unit_test(test_compare__baselines_to_choose_from),
        cmocka_unit_test(test_compare__another_baseline),
        TEST(test_compare__baseline_numbers),
        TEST(test_compare__baseline_that_is_not_honest),
        TEST(test_compare__with_cells_decoded_otherwise),
        TEST(test_compare__least_number_of_cells),
        TEST(test_compare__writes_svg),
        cmocka_unit_test(test_curves__at_every_size),
        cmocka_unit_test(test_curves__several_metrics),
        TEST(test_curves__writes_svg),
        cmocka_unit_test(test_panels__fill_the_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
