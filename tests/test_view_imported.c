/* test_view_imported.c - runs that were trained elsewhere, beside own ones, in every view:
 * how they are marked, and what is said where they lack something. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tests/support.h"
#include "tests/tui_lab.h"
#include "tui/key.h"
#include "tui/list.h"

#define KEY_T "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3"

static void
good(enum err e, const struct errbuf *eb)
{
    if (e)
        fail_msg("%s: %s", err_text(e), eb->text);
}

/* What a published run may hold, and may lack. */
struct published {
    const char *experiment, *loss;
    int64_t seed;
    bool with_curve, with_exact, with_tissue, with_confusions;
};

static size_t
fill_scores(const struct published *p, struct store_f1 out[8])
{
    static const struct store_f1 empty = {.precision = .5,
                                          .recall = .5,
                                          .f1_weighted = (double)NAN,
                                          .f1_micro = (double)NAN,
                                          .accuracy = (double)NAN,
                                          .support = 40,
                                          .n_classes = 2};
    static const struct {
        const char *rule, *facet, *label;
    } rows[] = {{"hierarchy", "all", "all"},      {"hierarchy", "class", "B cell"},
                {"hierarchy", "class", "T cell"}, {"exact", "all", "all"},
                {"exact", "class", "B cell"},     {"hierarchy", "tissue", "lung"}};
    size_t n = 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if ((!p->with_exact && strcmp(rows[i].rule, "exact") == 0) ||
            (!p->with_tissue && strcmp(rows[i].facet, "tissue") == 0))
            continue;
        out[n] = empty;
        out[n].rule = rows[i].rule;
        out[n].facet = rows[i].facet;
        out[n].label = rows[i].label;
        out[n++].f1 = .5 + .01 * (double)(p->seed + (int64_t)i) +
                      (strcmp(p->loss, "hce") == 0 ? .1 : 0);
    }
    return n;
}

static void
import_as(struct store *s, const struct published *p, char which)
{
    static const struct store_confusion confusion = {"B cell", "T cell", 4, "other"};
    static const struct store_metric metric[] = {{"train_loss", 1, 0, 1, 2},
                                                 {"train_loss", 2, 0, 2, 1}};
    static const struct store_param param = {"batch_size", "64", 0};
    struct store_f1 f1[8];
    const struct store_evaluation ev = {.name = "ood",
                                        .cells_digest = "published",
                                        .checkpoint = "best",
                                        .is_primary = true,
                                        .is_imported = true,
                                        .n_cells = 40,
                                        .f1 = f1,
                                        .n_f1 = fill_scores(p, f1),
                                        .confusion = &confusion,
                                        .n_confusions = p->with_confusions};
    char uuid[64], path[96];
    const struct store_new_run run = {.name = "published",
                                      .experiment = p->experiment,
                                      .model = "linear",
                                      .loss = p->loss,
                                      .pair_key = KEY_T,
                                      .seed = p->seed,
                                      .max_epochs = 2,
                                      .class_digest = "class",
                                      .param = &param,
                                      .n_params = 1};
    const struct store_import x = {.uuid = uuid,
                                   .source_path = path,
                                   .source_digest = "files",
                                   .run = &run,
                                   .started_us = INT64_MIN,
                                   .ended_us = INT64_MIN,
                                   .metric = metric,
                                   .n_metrics = p->with_curve ? 2 : 0,
                                   .evaluation = &ev,
                                   .n_evaluations = 1};
    enum store_imported what;
    struct errbuf eb;
    int64_t id;

    snprintf(uuid, sizeof uuid, "8f14e45f-ceea-467f-%ca8f-%12.12s", p->loss[0],
             "a2f71f0bbd3e5");
    uuid[35] = which;
    snprintf(path, sizeof path, "/archive/tb_logs/linear/default/version_%d",
             (int)p->seed);
    good(store_import_run(s, &x, &what, &id, &eb), &eb);
    assert_int_equal(what, STORE_RUN_ADDED);
}

static void
import(struct store *s, const struct published *p)
{
    import_as(s, p, (char)('0' + p->seed));
}

/* CE lacks curves, the exact rule, tissues and confusions; HCE has them. */
static void
import_tree(struct store *s)
{
    for (int64_t seed = 0; seed < 2; seed++) {
        import(s, &(struct published){"tree", "ce", seed, false, false, false, false});
        import(s, &(struct published){"tree", "hce", seed, true, true, true, true});
    }
}

static void
open_lab(struct tui_lab *lab)
{
    struct store *s = NULL;
    struct errbuf eb;

    tui_lab_open(lab, true);
    good(store_open(&s, lab->path, STORE_WRITE, &eb), &eb);
    import_tree(s);
    store_close(s);
    lab->ui.model.stale = true;
    ui_tick(&lab->ui);
}

static int
setup(void **state)
{
    static struct tui_lab lab;

    open_lab(&lab);
    *state = &lab;
    return 0;
}

static int
teardown(void **state)
{
    tui_lab_close(*state);
    return 0;
}

static void
expect_absent(struct tui_lab *lab, const char *text)
{
    struct strbuf screen = {0};

    tui_lab_screen(lab, 24, 80, &screen);
    if (strstr(strbuf_str(&screen), text))
        fail_msg("\"%s\" in\n%s", text, strbuf_str(&screen));
    strbuf_release(&screen);
}

/* --- screens --- */

static void
assert_screen(const char *name, const char *keys, int rows, int cols, bool ascii)
{
    struct tui_lab lab;
    struct strbuf screen = {0};
    char file[128];

    open_lab(&lab);
    lab.ui.ascii = ascii;
    lab.ui.model.stale = true;
    ui_tick(&lab.ui);
    tui_lab_keys(&lab, keys);
    tui_lab_screen(&lab, rows, cols, &screen);
    snprintf(file, sizeof file, "tui_%s_%dx%d.txt", name, cols, rows);
    support_golden(strbuf_str(&screen), file);
    strbuf_release(&screen);
    tui_lab_close(&lab);
}

static void
test_runs__imported_ones_are_marked(void **state)
{
    (void)state;
    assert_screen("imported_runs", "g\tj", 24, 80, false);
    assert_screen("imported_runs", "g\tj", 40, 120, false);
    assert_screen("imported_runs", "g\tj", 12, 40, false);
    assert_screen("imported_runs_ascii", "g\tj", 24, 80, true);
}

static void
test_compare__with_a_baseline_that_was_imported(void **state)
{
    (void)state;
    assert_screen("imported_baseline", "3MB/c3c3\n\r", 24, 80, false);
    assert_screen("imported_baseline", "3MB/c3c3\n\r", 40, 120, false);
}

/* --- what is said --- */

static void
test_runs__origin_is_a_name_for_filters(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "forigin = imported\ng");
    tui_lab_expect(lab, "[2/6]");
    tui_lab_expect(lab, "import ");
    expect_absent(lab, "toy linear");
    tui_lab_keys(lab, "\tj");
    tui_lab_expect(lab, "imported from /archive/tb_logs/linear/default/version_0");
    tui_lab_keys(lab, "\n");
    tui_lab_expect(lab, "imported from           /archive/tb_logs");
}

static void
test_help__explains_the_mark(void **state)
{
    struct tui_lab *lab = *state;
    struct strbuf screen = {0};

    tui_lab_keys(lab, "?");
    tui_lab_screen(lab, 60, 200, &screen);
    assert_non_null(strstr(strbuf_str(&screen), "In DONE, short import: the run was"));
    strbuf_release(&screen);
}

static void
test_compare__names_the_rule_that_one_side_lacks(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "3");
    tui_lab_expect(lab, "tree linear imported");
    tui_lab_expect(lab, "2 pairs of seeds");
    tui_lab_keys(lab, "r");
    tui_lab_expect(lab, "CE has no seed scored by rule exact, HCE has 2 seeds.");
    tui_lab_expect(lab, "was imported, and no file of it has it.");
    tui_lab_expect(lab, "r: the other rule has both");
    tui_lab_keys(lab, "rt");
    tui_lab_expect(lab, "CE has no seed scored by tissue, HCE has 2 seeds.");
    tui_lab_expect(lab, "t: another facet");
}

static void
test_errors__names_the_side_without_confusions(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "5");
    tui_lab_expect(lab, "CE has no seed with confusions in evaluation ood, HCE has 2");
    tui_lab_expect(lab, "seeds. CE was imported");
    tui_lab_keys(lab, "m");
    tui_lab_keys(lab, "m");
    tui_lab_expect(lab, "all cells");
}

static void
test_ontology__names_the_rule_that_one_side_lacks(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "4r");
    tui_lab_expect(lab, "CE has no seed scored by rule exact, HCE has 2 seeds.");
}

static void
test_curves__of_runs_without_curves_say_so(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "2");
    tui_lab_expect(lab, "2 imported without"); /* CE, beside HCE */
    tui_lab_keys(lab, "1g\tj 2");              /* one of CE is marked */
    tui_lab_expect(lab, "This run has no train_loss: it was imported");
    tui_lab_expect(lab, "m: another metric; 1, then space: mark other runs");
    tui_lab_keys(lab, "1gU 2"); /* all of CE */
    tui_lab_expect(lab, "These runs have no train_loss: they were imported");
}

/* Runs of two experiments have one pair_key; those of the newer one are in no pair. */
static void
test_choice__title_names_whose_runs_are_paired(void **state)
{
    struct tui_lab *lab = *state;
    struct store *s = NULL;
    struct errbuf eb;

    good(store_open(&s, lab->path, STORE_WRITE, &eb), &eb);
    import(s, &(struct published){"later", "ce", 7, false, true, true, true});
    store_close(s);
    lab->ui.model.stale = true;
    ui_tick(&lab->ui);
    tui_lab_keys(lab, "3");
    tui_lab_expect(lab, " tree linear imported c3c3c3c3");
    tui_lab_keys(lab, "4");
    tui_lab_expect(lab, " tree linear imported c3c3c3c3");
    tui_lab_keys(lab, "5");
    tui_lab_expect(lab, " tree linear imported c3c3c3c3");
    tui_lab_keys(lab, "m");
    expect_absent(lab, "imported");
}

/* A seed that was imported twice: the newer run counts, and that is said. */
static void
test_compare__tells_seeds_with_several_runs(void **state)
{
    struct tui_lab *lab = *state;
    struct store *s = NULL;
    struct errbuf eb;

    good(store_open(&s, lab->path, STORE_WRITE, &eb), &eb);
    import_as(s, &(struct published){"later", "ce", 1, false, true, true, true}, '9');
    store_close(s);
    lab->ui.model.stale = true;
    ui_tick(&lab->ui);
    tui_lab_keys(lab, "3");
    tui_lab_expect(lab, "of several runs the newest counts: CE: 1");
    struct strbuf screen = {0};
    tui_lab_screen(lab, 40, 120, &screen);
    assert_non_null(
        strstr(strbuf_str(&screen), " later + tree / tree linear imported"));
    strbuf_release(&screen);
}

/* --- keys --- */

static void
test_footer__q_quits_only_at_the_top(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_expect(lab, "q quit");
    tui_lab_keys(lab, "3");
    tui_lab_expect(lab, "q back");
    tui_lab_keys(lab, "q");
    tui_lab_expect(lab, "q quit");
    assert_false(lab->ui.quit);
    tui_lab_keys(lab, "q");
    assert_true(lab->ui.quit);
}

static void
test_footer__ontology_finds_at_80_columns(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "4");
    tui_lab_expect(lab, "/ find");
    tui_lab_expect(lab, "E evaluation");
}

static void
cancel(struct tui_lab *lab, int64_t run_id)
{
    struct store *s = NULL;
    struct errbuf eb;
    bool done;

    good(store_open(&s, lab->path, STORE_WRITE, &eb), &eb);
    good(store_cancel(s, run_id, &done, &eb), &eb);
    assert_true(done);
    store_close(s);
    lab->ui.model.stale = true;
    ui_tick(&lab->ui);
}

/* Runs 9 and 10 run, 11 waits: it goes while the cursor is on it. */
static void
test_queue__a_key_is_not_for_the_row_that_came_instead(void **state)
{
    struct tui_lab *lab = *state;

    lab->options.self_path = "/bin/false";
    tui_lab_keys(lab, "6jj");
    cancel(lab, 11);
    tui_lab_expect(lab, "2 running, 0 queued"); /* the view has read it */
    tui_lab_keys(lab, "p");
    tui_lab_expect(lab, "the row has gone meanwhile; p again is for this one");
    assert_false(jobs_busy(&lab->ui.jobs));
    tui_lab_keys(lab, "p");
    assert_true(jobs_busy(&lab->ui.jobs));
}

#define LAB(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs__imported_ones_are_marked),
        cmocka_unit_test(test_compare__with_a_baseline_that_was_imported),
        LAB(test_runs__origin_is_a_name_for_filters),
        LAB(test_help__explains_the_mark),
        LAB(test_compare__names_the_rule_that_one_side_lacks),
        LAB(test_errors__names_the_side_without_confusions),
        LAB(test_ontology__names_the_rule_that_one_side_lacks),
        LAB(test_curves__of_runs_without_curves_say_so),
        LAB(test_choice__title_names_whose_runs_are_paired),
        LAB(test_compare__tells_seeds_with_several_runs),
        LAB(test_footer__q_quits_only_at_the_top),
        LAB(test_footer__ontology_finds_at_80_columns),
        LAB(test_queue__a_key_is_not_for_the_row_that_came_instead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
