/* test_views.c - every view as text at both sizes, and what keys do to it. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "tests/tui_lab.h"
#include "tui/key.h"
#include "tui/launch_form.h"
#include "tui/pager.h"

static const struct {
    int rows, cols;
} sizes[] = {{24, 80}, {60, 200}};

/* Press keys on a filled store, then compare with tests/golden/tui_<name>_<size>. */
static void
assert_screens(const char *name, const char *keys, bool filled, bool ascii)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct tui_lab lab;
        struct strbuf screen = {0};
        char file[128];

        tui_lab_open(&lab, filled);
        lab.ui.ascii = ascii;
        lab.ui.model.stale = true; /* rows are made again */
        ui_tick(&lab.ui);
        tui_lab_keys(&lab, keys);
        tui_lab_screen(&lab, sizes[i].rows, sizes[i].cols, &screen);
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
assert_golden(const char *name, const char *keys, bool filled)
{
    assert_screens(name, keys, filled, false);
}

static void
test_view_runs__groups_by_seed(void **state)
{
    (void)state;
    assert_golden("runs", "jjj\tj", true);
}

static void
test_view_curves__means_of_groups(void **state)
{
    (void)state;
    assert_golden("curves", "2", true);
}

static void
test_view_curves__marked_runs_smoothed_with_cursor(void **state)
{
    (void)state;
    assert_golden("curves_marked", "jjj j\tj 2ssyxc", true);
}

static void
test_view_compare__classes(void **state)
{
    (void)state;
    assert_golden("compare", "3", true);
}

static void
test_view_runs__in_ascii(void **state)
{
    (void)state;
    assert_screens("runs_ascii", "jjj\tj", true, true);
}

static void
test_view_compare__in_ascii(void **state)
{
    (void)state;
    assert_screens("compare_ascii", "3", true, true);
}

static void
test_view_curves__in_ascii(void **state)
{
    (void)state;
    assert_screens("curves_ascii", "2c", true, true);
}

static void
test_ui__filter_that_is_wrong(void **state)
{
    (void)state;
    assert_golden("filter", "3fdelta < 0 and (cells > x", true);
}

static void
test_view_compare__drills_to_classes_of_a_tissue(void **state)
{
    (void)state;
    assert_golden("compare_tissue", "3tj\n", true);
}

static void
test_view_compare__drills_to_seeds(void **state)
{
    (void)state;
    assert_golden("compare_seeds", "3\n", true);
}

static void
test_view_launch__filled_from_the_newest_run(void **state)
{
    (void)state;
    assert_golden("launch", "a", true);
}

static void
test_view_detail__facts_and_log(void **state)
{
    (void)state;
    assert_golden("run", "jj\tj\n", true);
}

static void
test_view_detail__log(void **state)
{
    (void)state;
    assert_golden("run_log", "jj\tjL", true);
}

static void
test_view_help__lists_the_keys_of_the_view(void **state)
{
    (void)state;
    assert_golden("help", "?", true);
}

static void
test_empty__says_what_to_do_next(void **state)
{
    (void)state;
    assert_golden("empty", "", false);
}

/* --- what keys do --- */

static int
setup(void **state)
{
    struct tui_lab *lab = calloc(1, sizeof *lab);

    tui_lab_open(lab, true);
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

static void
test_ui__too_small_says_so_and_recovers(void **state)
{
    struct strbuf screen = {0};

    tui_lab_screen(*state, 11, 39, &screen);
    assert_non_null(strstr(strbuf_str(&screen), "needs 40 x 12"));
    assert_non_null(strstr(strbuf_str(&screen), "this is 39 x 11"));
    strbuf_reset(&screen);
    tui_lab_screen(*state, 3, 15, &screen);
    assert_string_equal(strbuf_str(&screen), "needs 40 x 12\nthis is 15 x 3\n"
                                             "q quits\n");
    strbuf_reset(&screen);
    tui_lab_screen(*state, 1, 3, &screen); /* must not write outside */
    strbuf_release(&screen);
    tui_lab_expect(*state, "[1 Runs]");
}

static void
test_ui__back_ends_at_the_first_view(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "23\x1b");
    tui_lab_expect(lab, "[1 Runs]");
    tui_lab_keys(lab, "\x1b"); /* esc stays at the top */
    assert_false(lab->ui.quit);
    tui_lab_keys(lab, "?q");
    assert_false(lab->ui.quit);
    tui_lab_keys(lab, "q");
    assert_true(lab->ui.quit);
}

static void
test_ui__view_option_opens_a_view_over_runs(void **state)
{
    struct tui_lab *lab = *state;
    struct ui ui;
    struct app_options options = {.store_path = lab->path, .view = "compare"};

    ui_init(&ui, &options, false);
    assert_int_equal(ui.depth, 2);
    assert_int_equal(ui.stack[1], VIEW_compare);
    ui_release(&ui);
    options.view = "nope";
    ui_init(&ui, &options, false);
    assert_int_equal(ui.depth, 1);
    assert_non_null(strstr(ui.message, "nope"));
    ui_release(&ui);
}

static void
test_ui__cancel_asks_names_the_target_and_defaults_to_no(void **state)
{
    struct tui_lab *lab = *state;

    lab->options.self_path = "/bin/false";
    tui_lab_keys(lab, "K");
    tui_lab_expect(
        lab, "cancel live linear ce, all seeds (2 runs)?  y: yes, any other key: no\n");
    tui_lab_keys(lab, "\n");
    tui_lab_expect(lab, "nothing done");
    assert_false(jobs_busy(&lab->ui.jobs));
    tui_lab_keys(lab, "Kx");
    assert_false(jobs_busy(&lab->ui.jobs));
}

/* A program that writes its arguments to a file. */
static char *
recorder(const struct tui_lab *lab, char **record)
{
    char *path = xasprintf("%s/self", lab->dir);
    *record = xasprintf("%s/args", lab->dir);
    char *script =
        xasprintf("#!/bin/sh\nshift 2\necho \"$@\" >>'%s'\necho said so\n", *record);

    support_write(path, script);
    chmod(path, 0755);
    free(script);
    return path;
}

static void
test_ui__wishes_become_commands(void **state)
{
    static const struct {
        const char *keys, *args;
    } cases[] = {
        {"Ky", "queue cancel 9 10\n"},      {"p", "queue pause 9 10\n"},
        {"j>", "queue priority -- 1 11\n"}, {"<", "queue priority -- -1 11\n"},
        {"R", "queue retry 12\n"},
    };
    struct tui_lab *lab = *state;
    char *record, *self = recorder(lab, &record), *all = xstrdup("");

    lab->options.self_path = self;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tui_lab_keys(lab, cases[i].keys);
        tui_lab_wait(lab, "said so");
        char *more = xasprintf("%s%s", all, cases[i].args);
        free(all);
        all = more;
        char *got = support_slurp(record);
        assert_string_equal(got, all);
        free(got);
    }
    free(all);
    free(record);
    free(self);
}

static void
test_ui__failing_command_shows_its_words(void **state)
{
    struct tui_lab *lab = *state;
    char *self = xasprintf("%s/self", lab->dir);

    support_write(self, "#!/bin/sh\necho first >&2\necho 'run 9: it is gone' >&2\n"
                        "exit 1\n");
    chmod(self, 0755);
    lab->options.self_path = self;
    tui_lab_keys(lab, "p");
    tui_lab_wait(lab, "run 9: it is gone");
    free(self);
}

static void
test_ui__read_only_refuses_what_would_write(void **state)
{
    struct tui_lab *lab = *state;

    lab->options.read_only = true;
    lab->options.self_path = "/bin/false";
    static const char *const keys[] = {"K", "p", "e", "aQ"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        tui_lab_keys(lab, keys[i]);
        tui_lab_expect(lab, "read-only: ");
        tui_lab_expect(lab, "would write");
        assert_false(jobs_busy(&lab->ui.jobs) && keys[i][0] != 'a');
    }
}

static void
test_ui__export_never_overwrites(void **state)
{
    struct tui_lab *lab = *state;
    char *before = getcwd(NULL, 0);

    assert_int_equal(chdir(lab->dir), 0);
    tui_lab_keys(lab, "e");
    tui_lab_expect(lab, "write (.csv .json .md): runs.csv");
    tui_lab_keys(lab, "\n");
    tui_lab_expect(lab, "wrote runs.csv");
    tui_lab_keys(lab, "e\n");
    tui_lab_expect(lab, "wrote runs-2.csv");
    tui_lab_keys(lab, "e\x15runs.csv\n");
    tui_lab_expect(lab, "runs.csv exists: give another name");
    tui_lab_keys(lab, "\x1b:export runs.csv\n");
    tui_lab_expect(lab, "runs.csv exists: give another name");
    char *csv = support_slurp("runs-2.csv");
    assert_int_equal(strncmp(csv, "name,loss,state,progress", 24), 0);
    assert_non_null(strstr(csv, "\"live linear\"") ? csv : strstr(csv, "live linear"));
    free(csv);
    assert_int_equal(chdir(before), 0);
    free(before);
}

static void
test_ui__command_line(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, ":sort best_val_f1_macro\n");
    tui_lab_expect(lab, "sorted by BEST VAL F1, largest first");
    tui_lab_keys(lab, ":filter toy\n");
    tui_lab_expect(lab, "[2/4] filter: toy");
    tui_lab_keys(lab, ":filter nope > 3\n");
    tui_lab_expect(lab, "no column nope");
    tui_lab_keys(lab, ":wobble\n");
    tui_lab_expect(lab, "no command wobble");
    tui_lab_keys(lab, ":compare\n");
    tui_lab_expect(lab, "[3 Compare]");
    tui_lab_keys(lab, ":q\n");
    assert_true(lab->ui.quit);
}

static void
test_ui__filter_shows_names_count_and_the_wrong_place(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "f");
    tui_lab_expect(lab, "such as: loss = hce and seed <= 3");
    tui_lab_expect(lab, " names: runs, loss, state, done, eta, train_loss, last");
    tui_lab_expect(lab, "[4/4]");
    tui_lab_keys(lab, "loss = hce");
    tui_lab_expect(lab, "[2/4]");
    tui_lab_keys(lab, " and");
    tui_lab_expect(lab, "^ a text or NAME = VALUE is missing");
    tui_lab_expect(lab, "[2/4]"); /* rows stay */
    tui_lab_keys(lab, " sead = 2");
    tui_lab_expect(lab, " filter: loss = hce and sead = 2");
    tui_lab_expect(lab, "\n                        ^ no column sead\n");
    tui_lab_keys(lab, "\n"); /* it does not go */
    tui_lab_expect(lab, "^ no column sead");
    tui_lab_keys(lab, "\x15loss = hce and state in (failed, cancelled)\n");
    tui_lab_expect(lab, "[2/4] filter: loss = hce and state in");
    tui_lab_keys(lab, "fx\x1b"); /* forgets what was typed, not the filter */
    tui_lab_expect(lab, "[2/4] filter: loss = hce and state in");
    tui_lab_keys(lab, "f\x15 and\x1b");
    tui_lab_keys(lab, "f\x15\n");
    tui_lab_expect(lab, "live linear");
}

static void
test_ui__filter_knows_headings_in_compare(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "3fdel");
    tui_lab_expect(lab, "[4/4]"); /* a name on its way */
    tui_lab_expect(lab, " enter accept");
    tui_lab_keys(lab, "ta < 0 and CELLS >= 100 and holm < .05\n");
    tui_lab_expect(lab, "[1/4] filter: delta < 0");
    tui_lab_expect(lab, "CD8-positi…alpha-beta T cell");
    tui_lab_keys(lab, "f\x15label = T cell or CE < .51 and v = v\n");
    tui_lab_expect(lab, "[2/4] filter");
}

static void
test_ui__queue_without_a_worker_is_said(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_expect(lab, "2r 1q NO WORKER");
    tui_lab_expect(lab, "no worker takes these runs: hcelab worker --detach\n");
    lab->ui.model.n_workers = 1;
    tui_lab_expect(lab, "2 run 1 queued");
    tui_lab_keys(lab, "Z");
    lab->ui.model.n_workers = 0;
    tui_lab_expect(lab, "FROZEN");
}

static void
test_view_runs__names_what_differs(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "d");
    tui_lab_expect(lab, "diff: mark one row");
    tui_lab_keys(lab, "g d"); /* live ce is marked, the cursor is on live hce */
    tui_lab_expect(lab, "[Diff]");
    tui_lab_expect(lab, "3 of 15 keys differ");
    tui_lab_expect(lab, "\n  loss         ce ");
    tui_lab_keys(lab, "A");
    tui_lab_expect(lab, "\n  batch_size   64             ");
    tui_lab_keys(lab, "qGd");
    tui_lab_expect(lab, "\n  experiment   live                             toy");
}

static void
test_ui__find_goes_to_the_match_while_typing(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "3/T ce");
    tui_lab_expect(lab, "T cell  (3 pairs, 400 cells)");
    tui_lab_keys(lab, "\nn");
    tui_lab_expect(lab, "CD8-positive, alpha-beta T cell  (3 pairs");
    tui_lab_keys(lab, "/zebra\n");
    tui_lab_expect(lab, "no match");
}

static void
test_view_curves__says_its_band_and_reads_whole_epochs(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "2ssy ");
    tui_lab_expect(lab, "train_loss nats  mean, band 95 % t, n 2  smooth 0.9  log y");
    tui_lab_keys(lab, "xc");
    tui_lab_expect(lab, "epoch 9  ");
    tui_lab_keys(lab, "h");
    tui_lab_expect(lab, "epoch 8  ");
    tui_lab_keys(lab, "hl");
    tui_lab_expect(lab, "epoch 8  ");
    tui_lab_keys(lab, "b");
    tui_lab_expect(lab, "mean, n 2");
    tui_lab_keys(lab, "i");
    tui_lab_expect(lab, "single runs");
}

static void
test_ui__nothing_changes_while_frozen(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "Z");
    tui_lab_expect(lab, "FROZEN");
    struct store *s = NULL;
    bool done;
    assert_int_equal(store_open(&s, lab->path, STORE_WRITE, NULL), ERR_OK);
    assert_int_equal(store_cancel(s, 11, &done, NULL), ERR_OK);
    store_close(s);
    ui_tick(&lab->ui);
    tui_lab_expect(lab, "0/2, 1 queued");
    tui_lab_keys(lab, "Z");
    tui_lab_wait(lab, "0/2 cancelled");
}

static void
test_model__reads_only_when_the_store_changed(void **state)
{
    struct tui_lab *lab = *state;

    ui_tick(&lab->ui);
    unsigned before = lab->ui.model.generation;
    for (int i = 0; i < 5; i++)
        ui_tick(&lab->ui);
    assert_int_equal(lab->ui.model.generation, before);
}

/* Of four seeds one is done, two run and one waits. */
static void
spread_states(struct store_runs *runs)
{
    static const char *const state[] = {"succeeded", "running", "running", "queued"};

    for (size_t i = 0; i < runs->n; i++) {
        struct store_run *r = &runs->run[i];
        size_t k = (size_t)r->seed % 4;
        r->state = state[k];
        r->eta_s = k == 1 ? 10 : k == 2 ? 30 : (double)NAN;
        r->duration_s = k == 0 ? 100 : 5;
    }
}

static void
test_model__group_ends_when_its_last_run_does(void **state)
{
    struct tui_lab *lab = *state;
    struct model *m = &lab->ui.model;

    m->adjust = spread_states;
    m->stale = true;
    ui_tick(&lab->ui);
    for (size_t i = 0; i < m->n_groups; i++) {
        if (strcmp(m->group[i].experiment, "toy") != 0) {
            assert_true(m->group[i].n == 2); /* seeds 0 and 1: one done, one running */
            support_near(m->group[i].eta_s, 10, 0);
            continue;
        }
        support_near(m->group[i].eta_s, (10 + 30 + 100) / 2.0, 1e-9);
    }
}

static void
test_model__store_that_appears_is_picked_up(void **state)
{
    struct tui_lab lab;

    (void)state;
    tui_lab_open(&lab, false);
    tui_lab_expect(&lab, "There is no store here yet.");
    tui_lab_fill(lab.path);
    tui_lab_wait(&lab, "live linear");
    tui_lab_close(&lab);
}

static void
test_model__store_that_was_removed_is_said(void **state)
{
    struct tui_lab lab;
    char *aside;

    (void)state;
    tui_lab_open(&lab, true);
    aside = xasprintf("%s.aside", lab.path);
    assert_int_equal(rename(lab.path, aside), 0);
    ui_tick(&lab.ui);
    tui_lab_expect(&lab, "was removed: this is what was last read");
    tui_lab_expect(&lab, "toy");
    assert_int_equal(rename(aside, lab.path), 0);
    ui_tick(&lab.ui);
    assert_string_equal(lab.ui.model.problem.text, "");
    free(aside);
    tui_lab_close(&lab);
}

static void
test_model__file_that_is_no_store_is_said(void **state)
{
    struct tui_lab lab;

    (void)state;
    tui_lab_open(&lab, false);
    support_write(lab.path, "this is not a database, and long enough to be read so\n");
    tui_lab_wait(&lab, "is not a hcelab store");
    tui_lab_close(&lab);
}

static void
test_pager__drops_its_oldest_lines(void **state)
{
    struct pager p = {.top = 6};

    (void)state;
    for (int i = 0; i < 10; i++)
        pager_add(&p, STYLE_TEXT, "line %d", i);
    pager_drop(&p, 4);
    assert_int_equal(p.n, 6);
    assert_int_equal(p.top, 2);
    assert_string_equal(p.line[0].text, "line 4");
    assert_string_equal(p.line[5].text, "line 9");
    pager_drop(&p, 6);
    assert_int_equal(p.n, 0);
    assert_int_equal(p.top, 0);
    pager_release(&p);
}

/* Lines that are too long go on below, and the page counts what is seen. */
static void
test_pager__wraps_and_scrolls_by_rows(void **state)
{
    struct pager p = {0};
    struct canvas cv;
    struct strbuf text = {0};

    (void)state;
    pager_field(&p, STYLE_TEXT, "name", "one two three four");
    pager_add(&p, STYLE_TEXT, "short");
    pager_add(&p, STYLE_TEXT, "abcdefghijklmnop");
    canvas_init(&cv, 3, 16, false);
    pager_draw(&p, &cv, 0, 3, 16, 5);
    canvas_dump(&cv, &text);
    assert_string_equal(strbuf_str(&text), "  name one two\n       three\n"
                                           "       four\n");
    pager_act(&p, ACT_DOWN);
    pager_act(&p, ACT_DOWN);
    canvas_reset(&cv);
    strbuf_reset(&text);
    pager_draw(&p, &cv, 0, 3, 16, 5);
    canvas_dump(&cv, &text);
    assert_string_equal(strbuf_str(&text), "       four\n short\n abcdefghijklmno\n");
    p.follow = true;
    canvas_reset(&cv);
    strbuf_reset(&text);
    pager_draw(&p, &cv, 0, 3, 16, 5);
    canvas_dump(&cv, &text);
    assert_string_equal(strbuf_str(&text), " short\n abcdefghijklmno\n p\n");
    pager_drop(&p, 1); /* its three rows */
    assert_int_equal(p.top, 0);
    strbuf_release(&text);
    canvas_release(&cv);
    pager_release(&p);
}

/* The log view keeps what was written last, however long the log is. */
static void
test_view_detail__long_log_ends_with_its_newest_line(void **state)
{
    struct tui_lab *lab = *state;
    struct errbuf eb = {""};
    struct store *s = NULL;
    char line[32];

    assert_int_equal(store_open(&s, lab->path, STORE_WRITE, &eb), ERR_OK);
    for (int i = 0; i < 5010; i++) {
        snprintf(line, sizeof line, "number %d", i);
        assert_int_equal(store_log_add(s, 1, 0, "info", line, &eb), ERR_OK);
    }
    store_close(s);
    ui_tick(&lab->ui);
    lab->ui.run_id = 1;
    lab->ui.want_log = true;
    ui_open(&lab->ui, VIEW_detail);
    tui_lab_expect(lab, "number 5009");
}

static void
test_launch__shows_an_error_at_the_field_while_typing(void **state)
{
    struct tui_lab *lab = *state;

    lab->options.self_path = "/bin/false";
    tui_lab_keys(lab, "ajjj\n\x15"
                      "0-x");
    tui_lab_expect(lab, "! ");
    tui_lab_keys(lab, "\x1b");
    tui_lab_expect(lab, "4 runs = 1 model x 2 losses x 2 seeds"); /* as before */
    tui_lab_keys(lab, "Q\n");
}

/* Whether the command of the form names a parameter. */
static void
assert_argv(const struct tui_lab *lab, const char *name, bool is_there)
{
    struct strlist argv = {0};

    launch_form_argv(lab->ui.state[VIEW_launch], &argv); /* its state begins with it */
    char *all = strlist_join(&argv, " ");
    assert_int_equal(strstr(all, name) != NULL, is_there);
    free(all);
    strlist_release(&argv);
}

/* Only what the models of the form have, with their defaults. */
static void
test_launch__shows_the_parameters_of_its_models(void **state)
{
    struct tui_lab *lab = *state;

    lab->options.self_path = NULL;
    tui_lab_keys(lab, "aj");
    tui_lab_expect(lab, "of 32");
    tui_lab_expect(lab, "model: the classifier; several: with , between (linear, mlp");
    tui_lab_keys(lab, "\n\x15mlp\n");
    tui_lab_expect(lab, "of 37");
    tui_lab_keys(lab, "Gk");
    tui_lab_expect(lab, "  dropout");
    tui_lab_keys(lab, "\n0.3\ngj\n\x15linear, mlp\n");
    tui_lab_expect(lab, "8 runs = 2 models x 2 losses x 2 seeds");
    tui_lab_expect(lab, "0.0005 linear, 0.002 mlp");
    tui_lab_keys(lab, "gj\n\x15linear\n");
    tui_lab_expect(lab, "of 32");
    tui_lab_expect(lab, "4 runs = 1 model x 2 losses x 2 seeds");
    assert_argv(lab, "dropout", false); /* a value that fits no model waits */
    tui_lab_keys(lab, "gj\n\x15mlp\nGk");
    tui_lab_expect(lab, "▶ dropout                  0.3");
    assert_argv(lab, "dropout", true);
}

/* A semicolon in a value survives the form. */
static void
test_launch__lists_keep_semicolons(void **state)
{
    struct launch_form f;
    struct strlist argv = {0};
    size_t data = 0, where = 0;

    (void)state;
    launch_form_init(&f);
    for (size_t i = 0; i < SPEC_COUNT; i++) {
        data = f.field[i].id == SPEC_ID_data ? i : data;
        where = f.field[i].id == SPEC_ID_where ? i : where;
    }
    launch_form_set(&f, data, "/a\\;b.h5ad ; /c\\\\d\\e");
    launch_form_set(&f, where, "tissue=x");
    launch_form_argv(&f, &argv);
    assert_string_equal(argv.item[0], "--data=/a;b.h5ad");
    assert_string_equal(argv.item[1], "--data=/c\\d\\e");
    strlist_release(&argv);
    launch_form_release(&f);
}

static void
test_launch__is_filled_with_semicolons(void **state)
{
    struct tui_lab *lab = *state;
    struct store *s = NULL;
    struct launch_form f;
    struct strlist argv = {0};
    static const struct store_param param[] = {{"data", "/data/atlas.h5ad", 0},
                                               {"where", "tissue=a;b", 0},
                                               {"where", "donor=c\\", 1}};
    struct store_new_run run = {.name = "x",
                                .experiment = "semi",
                                .model = "linear",
                                .loss = "ce",
                                .pair_key = "c3",
                                .max_epochs = 1,
                                .data_digest = "data",
                                .split_digest = "split",
                                .class_digest = "class",
                                .param = param,
                                .n_params = 3};
    struct errbuf eb = {""};
    int64_t id;

    assert_int_equal(store_open(&s, lab->path, STORE_WRITE, &eb), ERR_OK);
    assert_int_equal(store_queue_add(s, &run, 1, false, &id, NULL, &eb), ERR_OK);
    store_close(s);
    ui_tick(&lab->ui);
    launch_form_init(&f);
    launch_form_fill(&f, &lab->ui.model);
    launch_form_argv(&f, &argv);
    assert_true(strlist_has(&argv, "--where=tissue=a;b"));
    assert_true(strlist_has(&argv, "--where=donor=c\\"));
    strlist_release(&argv);
    launch_form_release(&f);
}

static void
test_launch__has_nothing_to_do_where_all_exists(void **state)
{
    struct tui_lab *lab = *state;
    char *self = xasprintf("%s/self", lab->dir);

    support_write(self, "#!/bin/sh\necho '{\"n_new\": 0, \"n_existing\": 4}'\n");
    chmod(self, 0755);
    lab->options.self_path = self;
    tui_lab_keys(lab, "a");
    tui_lab_wait(lab, "nothing to queue: every run exists");
    free(self);
}

static void
test_launch__shows_the_end_of_a_path(void **state)
{
    struct tui_lab *lab = *state;

    lab->options.self_path = NULL;
    tui_lab_keys(lab, "a\n\x15/home/somebody/atlases/lung_2024.h5ad\n");
    tui_lab_expect(lab, "/home/someb…ng_2024.h5ad");
}

static void
test_launch__goes_by_pages_and_to_the_ends(void **state)
{
    struct tui_lab *lab = *state;

    lab->options.self_path = NULL;
    tui_lab_keys(lab, "a");
    tui_lab_expect(lab, "▶ data");
    ui_key(&lab->ui, KEY_PAGE_DOWN);
    tui_lab_expect(lab, "▶ ");
    ui_key(&lab->ui, KEY_PAGE_UP);
    tui_lab_expect(lab, "▶ data");
    ui_key(&lab->ui, KEY_LAST);
    tui_lab_expect(lab, "▶ [ Queue these runs ]");
    ui_key(&lab->ui, KEY_FIRST);
    tui_lab_expect(lab, "▶ data");
    for (int i = 0; i < 10; i++)
        ui_key(&lab->ui, KEY_PAGE_DOWN);
    tui_lab_expect(lab, "▶ [ Queue these runs ]");
}

static void
test_launch__queues_and_starts_a_worker(void **state)
{
    struct tui_lab *lab = *state;
    char *self = xasprintf("%s/self", lab->dir),
         *record = xasprintf("%s/args", lab->dir);
    char *script =
        xasprintf("#!/bin/sh\nshift 2\necho \"$@\" >>'%s'\n"
                  "echo '{\"n_new\": 2, \"n_existing\": 6, \"dry_run\": false,'\n"
                  "echo ' \"runs\": [], \"warnings\": [], \"error\": null}'\n",
                  record);

    support_write(self, script);
    chmod(self, 0755);
    lab->options.self_path = self;
    tui_lab_keys(lab, "a");
    tui_lab_wait(lab, "2 new, 6 exist already");
    tui_lab_keys(lab, "Q");
    tui_lab_wait(lab, "queued 2 runs; 6 existed already; a worker was started");
    tui_lab_expect(lab, "[1 Runs]");
    while (jobs_busy(&lab->ui.jobs))
        ui_tick(&lab->ui);
    char *got = support_slurp(record);
    assert_non_null(strstr(got, "--dry-run --needed --json\n"));
    assert_non_null(strstr(got, "queue add --data=/data/atlas.h5ad --model=linear"));
    assert_non_null(strstr(got, "--ood=dataset_id=s7"));
    assert_non_null(strstr(got, "--set=batch_size=64"));
    assert_non_null(strstr(got, "worker --detach\n"));
    free(got);
    free(script);
    free(record);
    free(self);
}

#define LAB_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_view_runs__groups_by_seed),
        cmocka_unit_test(test_view_curves__means_of_groups),
        cmocka_unit_test(test_view_curves__marked_runs_smoothed_with_cursor),
        cmocka_unit_test(test_view_compare__classes),
        cmocka_unit_test(test_view_runs__in_ascii),
        cmocka_unit_test(test_view_compare__in_ascii),
        cmocka_unit_test(test_view_curves__in_ascii),
        cmocka_unit_test(test_ui__filter_that_is_wrong),
        cmocka_unit_test(test_view_compare__drills_to_classes_of_a_tissue),
        cmocka_unit_test(test_view_compare__drills_to_seeds),
        cmocka_unit_test(test_view_launch__filled_from_the_newest_run),
        cmocka_unit_test(test_view_detail__facts_and_log),
        cmocka_unit_test(test_view_detail__log),
        cmocka_unit_test(test_view_help__lists_the_keys_of_the_view),
        cmocka_unit_test(test_empty__says_what_to_do_next),
        LAB_TEST(test_ui__too_small_says_so_and_recovers),
        LAB_TEST(test_ui__back_ends_at_the_first_view),
        LAB_TEST(test_ui__view_option_opens_a_view_over_runs),
        LAB_TEST(test_ui__cancel_asks_names_the_target_and_defaults_to_no),
        LAB_TEST(test_ui__wishes_become_commands),
        LAB_TEST(test_ui__failing_command_shows_its_words),
        LAB_TEST(test_ui__read_only_refuses_what_would_write),
        LAB_TEST(test_ui__export_never_overwrites),
        LAB_TEST(test_ui__command_line),
        LAB_TEST(test_ui__filter_shows_names_count_and_the_wrong_place),
        LAB_TEST(test_ui__filter_knows_headings_in_compare),
        LAB_TEST(test_ui__queue_without_a_worker_is_said),
        LAB_TEST(test_view_runs__names_what_differs),
        LAB_TEST(test_ui__find_goes_to_the_match_while_typing),
        LAB_TEST(test_view_curves__says_its_band_and_reads_whole_epochs),
        LAB_TEST(test_ui__nothing_changes_while_frozen),
        LAB_TEST(test_model__reads_only_when_the_store_changed),
        LAB_TEST(test_model__group_ends_when_its_last_run_does),
        cmocka_unit_test(test_model__store_that_appears_is_picked_up),
        cmocka_unit_test(test_model__store_that_was_removed_is_said),
        cmocka_unit_test(test_model__file_that_is_no_store_is_said),
        cmocka_unit_test(test_pager__drops_its_oldest_lines),
        cmocka_unit_test(test_pager__wraps_and_scrolls_by_rows),
        LAB_TEST(test_view_detail__long_log_ends_with_its_newest_line),
        LAB_TEST(test_launch__shows_an_error_at_the_field_while_typing),
        LAB_TEST(test_launch__shows_the_parameters_of_its_models),
        cmocka_unit_test(test_launch__lists_keep_semicolons),
        LAB_TEST(test_launch__is_filled_with_semicolons),
        LAB_TEST(test_launch__has_nothing_to_do_where_all_exists),
        LAB_TEST(test_launch__shows_the_end_of_a_path),
        LAB_TEST(test_launch__goes_by_pages_and_to_the_ends),
        LAB_TEST(test_launch__queues_and_starts_a_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
