/* test_queue_views.c - the Queue and the Matrix as text at every size, and what keys do. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "store/board.h"
#include "tests/support.h"
#include "tests/tui_lab.h"
#include "tui/key.h"

static const struct {
    int rows, cols;
} sizes[] = {{24, 80}, {40, 120}, {60, 200}, {12, 40}};

/* --- a laboratory with workers --- */

static void
good(enum err e, const struct errbuf *eb)
{
    if (e)
        fail_msg("%s: %s", err_text(e), eb->text);
}

/* What depends on when a test runs. */
static void
fix_board(struct board *b)
{
    for (size_t i = 0; i < b->n_past; i++) {
        b->past[i].work_s = 75;
        b->past[i].n_train = 1000;
    }
    for (size_t i = 0; i < b->n_workers; i++)
        b->worker[i].heartbeat_age_s = 1;
    for (size_t i = 0; i < b->n; i++) {
        b->run[i].n_train = 1000;
        b->run[i].worked_s = 30;
        b->run[i].memory_bytes = 322122547; /* .3 GiB */
    }
    board_outlook(b);
}

/* The worker of the running runs, which has two jobs, one that is idle and one that
 * leaves; more runs that wait. */
static void
add_workers(const char *path)
{
    struct store_worker w[] = {
        {.process = {"node7", "boot", 4242, 7}, .jobs = 2, .n_running = 2},
        {.process = {"node8", "boot", 77, 7}, .jobs = 1, .drains = true},
        {.process = {"node9", "boot", 78, 7}, .jobs = 4, .leaving = true},
    };
    struct store *s = NULL;
    struct errbuf eb;
    bool flag;

    good(store_open(&s, path, STORE_WRITE, &eb), &eb);
    for (size_t i = 0; i < 3; i++)
        good(store_worker_beat(s, &w[i], &flag, &eb), &eb);
    store_close(s);
}

static void
hold(const char *path)
{
    struct store *s = NULL;
    struct errbuf eb;
    bool done;

    good(store_open(&s, path, STORE_WRITE, &eb), &eb);
    good(store_queue_hold(s, true, &done, &eb), &eb);
    store_close(s);
}

static void
open_lab(struct tui_lab *lab, bool workers, bool ascii)
{
    tui_lab_open(lab, true);
    if (workers)
        add_workers(lab->path);
    lab->ui.ascii = ascii;
    lab->ui.model.adjust_board = fix_board;
    lab->ui.model.stale = true; /* rows are made again */
    lab->ui.model.workers_due_s = 0;
    ui_tick(&lab->ui);
}

static int
setup(void **state)
{
    static struct tui_lab lab;

    open_lab(&lab, true, false);
    *state = &lab;
    return 0;
}

static int
teardown(void **state)
{
    tui_lab_close(*state);
    return 0;
}

/* --- screens --- */

static void
assert_screens(const char *name, const char *keys, bool workers, bool ascii)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct tui_lab lab;
        struct strbuf screen = {0};
        char file[128];

        open_lab(&lab, workers, ascii);
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
test_view_queue__runs_and_workers(void **state)
{
    (void)state;
    assert_screens("queue", "6j", true, false);
}

static void
test_view_queue__in_ascii(void **state)
{
    (void)state;
    assert_screens("queue_ascii", "6t", true, true);
}

static void
test_view_queue__nobody_lives(void **state)
{
    (void)state;
    assert_screens("queue_alone", "6jj", false, false);
}

static void
test_view_matrix__of_both_experiments(void **state)
{
    (void)state;
    assert_screens("matrix", "vj", true, false);
}

static void
test_view_matrix__in_ascii(void **state)
{
    (void)state;
    assert_screens("matrix_ascii", "vjj", true, true);
}

static void
test_view_queue__a_held_queue_says_so(void **state)
{
    struct tui_lab *lab = *state;

    hold(lab->path);
    ui_tick(&lab->ui);
    tui_lab_keys(lab, "6");
    tui_lab_expect(lab, "HELD: no run is taken");
    tui_lab_expect(lab, "queue is held");
}

static void
test_view_queue__of_an_empty_store(void **state)
{
    struct tui_lab lab;

    (void)state;
    tui_lab_open(&lab, false);
    lab.options.self_path = "/bin/false";
    tui_lab_keys(&lab, "6K>!Wt");
    tui_lab_keys(&lab, "1vQR");
    ui_tick(&lab.ui);
    tui_lab_close(&lab);
}

/* --- keys --- */

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

struct press {
    const char *keys, *args;
};

static void
assert_commands(struct tui_lab *lab, const struct press *press, size_t n)
{
    char *record, *self = recorder(lab, &record);
    struct strbuf all = {0};

    lab->options.self_path = self;
    for (size_t i = 0; i < n; i++) {
        tui_lab_keys(lab, press[i].keys);
        tui_lab_wait(lab, "said so");
        strbuf_adds(&all, press[i].args);
        char *got = support_slurp(record);
        assert_string_equal(got, strbuf_str(&all));
        free(got);
    }
    strbuf_release(&all);
    free(record);
    free(self);
}

/* Runs 9 and 10 run, 11 waits; 12 is cancelled, 6 failed. */
static void
test_view_queue__wishes_become_commands(void **state)
{
    static const struct press press[] = {
        {"6Ky", "queue cancel 9\n"},
        {"jp", "queue pause 10\n"},
        {"j>", "queue priority -- 1 11\n"},
        {"<", "queue priority -- -1 11\n"},
        {"!", "queue priority first 11\n"},
        {"H", "queue hold\n"},
        {"Wy", "worker --finish\n"},
        {"tGR", "queue retry 6\n"},
        {"gjjjR", "queue retry 12\n"},
        {"Ug  Ky", "queue cancel 9 10\n"}, /* both are marked */
    };

    assert_commands(*state, press, sizeof press / sizeof press[0]);
}

static void
test_view_queue__held_is_released_by_the_same_key(void **state)
{
    static const struct press press[] = {{"6H", "queue release\n"}};
    struct tui_lab *lab = *state;

    hold(lab->path);
    ui_tick(&lab->ui);
    assert_commands(lab, press, 1);
}

static void
test_view_queue__asks_and_defaults_to_no(void **state)
{
    struct tui_lab *lab = *state;

    lab->options.self_path = "/bin/false";
    tui_lab_keys(lab, "6K");
    tui_lab_expect(lab, "cancel run 9 live linear ce seed 0 (1 run)?");
    tui_lab_keys(lab, "\n");
    tui_lab_expect(lab, "nothing done");
    tui_lab_keys(lab, "W");
    tui_lab_expect(lab, "let 2 workers leave when their runs have ended?");
    tui_lab_keys(lab, "x");
    tui_lab_expect(lab, "nothing done");
    assert_false(jobs_busy(&lab->ui.jobs));
}

/* What is not marked is never meant where something is marked. */
static void
test_view_queue__marked_run_that_is_removed_is_not_the_one_under_the_cursor(
    void **state)
{
    struct tui_lab *lab = *state;
    struct store *s = NULL;
    struct errbuf eb;
    size_t n;

    lab->options.self_path = "/bin/false";
    tui_lab_keys(lab, "6jj ");
    good(store_open(&s, lab->path, STORE_WRITE, &eb), &eb);
    good(store_clear_queue(s, &n, &eb), &eb);
    store_close(s);
    assert_int_equal(n, 1);
    lab->ui.model.stale = true;
    ui_tick(&lab->ui);
    tui_lab_keys(lab, "gp");
    tui_lab_expect(lab, "no marked run is here any more; U removes the marks");
    assert_false(jobs_busy(&lab->ui.jobs));
    tui_lab_keys(lab, "UK");
    tui_lab_expect(lab, "cancel run 9 live linear ce seed 0 (1 run)?");
}

static void
test_view_queue__any_number_of_runs_may_be_marked(void **state)
{
    enum { N = 1100 };
    struct store_new_run *run = xcalloc(N, sizeof *run);
    int64_t *id = xcalloc(N, sizeof *id);
    struct tui_lab *lab = *state;
    struct store *s = NULL;
    struct errbuf eb;

    for (int i = 0; i < N; i++)
        run[i] = (struct store_new_run){.name = "many",
                                        .pair_key = "many",
                                        .experiment = "many",
                                        .model = "linear",
                                        .loss = "ce",
                                        .seed = i,
                                        .max_epochs = 1,
                                        .memory_bytes = 1};
    lab->options.self_path = "/bin/false";
    good(store_open(&s, lab->path, STORE_WRITE, &eb), &eb);
    good(store_queue_add(s, run, N, false, id, NULL, &eb), &eb);
    store_close(s);
    lab->ui.model.stale = true;
    ui_tick(&lab->ui);
    tui_lab_keys(lab, "6");
    for (int i = 0; i < N + 3; i++)
        tui_lab_keys(lab, " ");
    tui_lab_keys(lab, "K");
    tui_lab_expect(lab, "cancel 1103 marked runs (1103 runs)?");
    free(id);
    free(run);
}

static void
test_view_queue__read_only_refuses(void **state)
{
    struct tui_lab *lab = *state;
    static const char *const keys[] = {"6K", "p", "H", "w", "W", "G!"};

    lab->options.read_only = true;
    lab->options.self_path = "/bin/false";
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        tui_lab_keys(lab, keys[i]);
        tui_lab_expect(lab, "would write");
        assert_false(jobs_busy(&lab->ui.jobs));
    }
}

static void
test_view_queue__opens_the_run_and_its_log(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "6j\n");
    tui_lab_expect(lab, "#10 linear-ce-s1");
    tui_lab_keys(lab, "q");
    tui_lab_expect(lab, "[6 Queue]");
    tui_lab_keys(lab, "L");
    tui_lab_expect(lab, "decided: layer X");
}

static void
test_view_queue__exports_its_columns(void **state)
{
    struct tui_lab *lab = *state;
    char *path = xasprintf("%s/out.csv", lab->dir);
    char *command = xasprintf(":export %s\n", path);

    tui_lab_keys(lab, "6");
    tui_lab_keys(lab, command);
    char *got = support_slurp(path);
    assert_non_null(
        strstr(got, "position,run_id,name,loss,seed,state,progress,start_s"));
    assert_non_null(strstr(got, "\n1,11,live linear,hce,0,queued,0,0,75,0,"));
    free(got);
    free(command);
    free(path);
}

/* In `live` hce 0 waits and 1 is cancelled; in `toy` hce 2 failed: nothing is missing until
 * ce 2 of `live` is there. */
static int64_t
queue_seed(struct store *s, int64_t seed)
{
    struct store_new_run run = {
        .name = "x",
        .experiment = "live",
        .model = "linear",
        .loss = "ce",
        .pair_key = "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2",
        .seed = seed,
        .max_epochs = 20,
        .memory_bytes = 1};
    struct errbuf eb;
    int64_t id;

    good(store_queue_add(s, &run, 1, false, &id, NULL, &eb), &eb);
    return id;
}

static void
add_seed(const char *path)
{
    struct store *s = NULL;
    struct errbuf eb;

    good(store_open(&s, path, STORE_WRITE, &eb), &eb);
    assert_int_equal(queue_seed(s, 12), 13);
    store_close(s);
}

static void
test_view_matrix__queues_what_is_missing(void **state)
{
    static const struct press press[] = {
        {"Qy", "queue missing 13:hce\n"},  /* everything */
        {"GQy", "queue missing 13:hce\n"}, /* the row under the cursor */
    };
    struct tui_lab *lab = *state;

    add_seed(lab->path);
    ui_tick(&lab->ui);
    tui_lab_keys(lab, "v");
    lab->options.self_path = "/bin/false";
    tui_lab_keys(lab, "Q");
    tui_lab_expect(lab, "queue 1 run: live linear hce seed 12?");
    tui_lab_keys(lab, "\n");
    tui_lab_expect(lab, "nothing done");
    assert_false(jobs_busy(&lab->ui.jobs));
    tui_lab_keys(lab, "jQ");
    tui_lab_expect(lab, "nothing is missing here");
    tui_lab_keys(lab, "g");
    assert_commands(lab, press, 2);
}

static void
test_view_matrix__retries_what_failed(void **state)
{
    static const struct press press[] = {{"vR", "queue retry 6 12\n"},
                                         {"jjR", "queue retry 6\n"}};
    struct tui_lab *lab = *state;

    assert_commands(lab, press, 2);
    tui_lab_keys(lab, "gjR");
    tui_lab_expect(lab, "nothing failed here");
}

/* What `queue add --dry-run --json` says stands below the form. */
static void
test_view_launch__says_where_the_time_goes(void **state)
{
    struct tui_lab *lab = *state;
    char *self = xasprintf("%s/self", lab->dir);

    support_write(
        self, "#!/bin/sh\necho '{\"n_new\": 4, \"n_existing\": 2, \"dry_run\": true,'\n"
              "echo ' \"work_s\": 600.0, \"done_s\": 320.0, \"jobs\": 2,'\n"
              "echo ' \"memory_bytes\": 536870912, \"runs\": [],'\n"
              "echo ' \"warnings\": [\"seeds are few\"], \"error\": null}'\n");
    chmod(self, 0755);
    lab->options.self_path = self;
    tui_lab_keys(lab, "a");
    tui_lab_wait(lab, "4 new, 2 exist already");
    tui_lab_expect(lab, "about 10m00s of work, done in 5m20s with 2 jobs; 0.50 GiB of");
    tui_lab_expect(lab, "seeds are few");
    free(self);
}

static void
test_view_matrix__scrolls_to_seeds_that_do_not_fit(void **state)
{
    struct tui_lab *lab = *state;
    struct store *s = NULL;
    struct errbuf eb;

    good(store_open(&s, lab->path, STORE_WRITE, &eb), &eb);
    for (int64_t seed = 100; seed < 140; seed++)
        queue_seed(s, seed);
    store_close(s);
    ui_tick(&lab->ui);
    tui_lab_keys(lab, "v");
    tui_lab_expect(lab, "seeds 1-");
    for (int i = 0; i < 20; i++)
        ui_key(&lab->ui, KEY_ARROW_RIGHT);
    tui_lab_expect(lab, "-44 of 44");
    tui_lab_expect(lab, " 139\n");
    for (int i = 0; i < 20; i++)
        ui_key(&lab->ui, KEY_ARROW_LEFT);
    tui_lab_expect(lab, "seeds 1-");
}

static void
test_view_matrix__is_reached_from_runs_and_queue(void **state)
{
    struct tui_lab *lab = *state;

    tui_lab_keys(lab, "6v");
    tui_lab_expect(lab, "[Matrix]");
    tui_lab_keys(lab, "q");
    tui_lab_expect(lab, "[6 Queue]");
    tui_lab_keys(lab, "1v");
    tui_lab_expect(lab, "[Matrix]");
    ui_key(&lab->ui, KEY_ARROW_RIGHT);
    ui_key(&lab->ui, KEY_ARROW_LEFT);
    tui_lab_expect(lab, "everything");
}

int
main(void)
{
#define T(name)    cmocka_unit_test(name)
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_view_queue__runs_and_workers),
        T(test_view_queue__in_ascii),
        T(test_view_queue__nobody_lives),
        T(test_view_matrix__of_both_experiments),
        T(test_view_matrix__in_ascii),
        T(test_view_queue__of_an_empty_store),
        CASE(test_view_queue__a_held_queue_says_so),
        CASE(test_view_queue__wishes_become_commands),
        CASE(test_view_queue__held_is_released_by_the_same_key),
        CASE(test_view_queue__asks_and_defaults_to_no),
        CASE(
            test_view_queue__marked_run_that_is_removed_is_not_the_one_under_the_cursor),
        CASE(test_view_queue__any_number_of_runs_may_be_marked),
        CASE(test_view_queue__read_only_refuses),
        CASE(test_view_queue__opens_the_run_and_its_log),
        CASE(test_view_queue__exports_its_columns),
        CASE(test_view_matrix__queues_what_is_missing),
        CASE(test_view_matrix__retries_what_failed),
        CASE(test_view_launch__says_where_the_time_goes),
        CASE(test_view_matrix__scrolls_to_seeds_that_do_not_fit),
        CASE(test_view_matrix__is_reached_from_runs_and_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
