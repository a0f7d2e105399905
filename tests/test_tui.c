/* test_tui.c - the dashboard on a real terminal (tests/desk.h). */
#include "tests/support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"
#include "tests/desk.h"
#include "tui/app.h"

enum { MAX_REFRESH_BYTES = 4096 };

static void
open_desk(struct desk *d, int rows, int cols, const char *option)
{
    desk_open(d, &(struct desk_setup){.rows = rows, .cols = cols, .option = {option}});
}

static void
show_all_views(int rows, int cols)
{
    struct desk d;

    open_desk(&d, rows, cols, NULL);
    desk_expect(&d, "[1 Runs]");
    desk_expect(&d, "toy linear");
    assert_true(d.alt_screen);
    desk_type(&d, "2");
    desk_expect(&d, "[2 Curves]");
    desk_expect(&d, "train_loss");
    desk_type(&d, "m");
    desk_expect(&d, "train_f1_macro_step");
    desk_type(&d, "3");
    desk_expect(&d, "[3 Compare]");
    desk_expect(&d, "smallest sign-flip p");
    desk_type(&d, "a");
    desk_expect(&d, "Queue these runs");
    desk_type(&d, "?");
    desk_expect(&d, "[Help]");
    desk_type(&d, "q1j\tj\r");
    desk_expect(&d, "[Run]");
    desk_expect(&d, "pair_key");
    desk_type(&d, "qqq");
    desk_expect(&d, "shell: ended 0");
    desk_assert_sane(&d);
    desk_close(&d);
}

static void
test_tui__every_view_at_80x24(void **state)
{
    (void)state;
    show_all_views(24, 80);
}

static void
test_tui__every_view_at_200x60(void **state)
{
    (void)state;
    show_all_views(60, 200);
}

static void
test_tui__resizing_redraws_and_small_says_so(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d, 24, 80, NULL);
    desk_expect(&d, "toy linear");
    desk_resize(&d, 40, 150);
    desk_expect(&d, "CELLS/S"); /* a column that needs the room */
    desk_resize(&d, 11, 60);
    desk_expect(&d, "needs 40 x 12");
    desk_expect(&d, "60 x 11");
    desk_resize(&d, 24, 80);
    desk_expect(&d, "toy linear");
    desk_close(&d);
}

static void
test_tui__stop_and_continue(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d, 24, 80, NULL);
    desk_expect(&d, "toy linear");
    for (int i = 1; i <= 2; i++) {
        char said[32];
        snprintf(said, sizeof said, "shell: stop %d", i);
        desk_type(&d, "\x1a"); /* ctrl-z */
        desk_expect(&d, said);
        desk_assert_sane(&d);
        desk_type(&d, "fg\r");
        desk_expect(&d, "[1 Runs]");
        desk_expect(&d, "toy linear");
        assert_true(d.alt_screen);
    }
    desk_type(&d, "2");
    desk_expect(&d, "[2 Curves]");
    desk_close(&d);
}

static void
end_by(int number)
{
    struct desk d;

    open_desk(&d, 24, 80, NULL);
    desk_expect(&d, "toy linear");
    kill(desk_dashboard(&d), number);
    desk_expect(&d, "shell: ended 0");
    desk_assert_sane(&d);
    desk_close(&d);
}

static void
test_tui__signals_leave_the_terminal_sane(void **state)
{
    (void)state;
    end_by(SIGTERM);
    end_by(SIGHUP);
    end_by(SIGINT);
}

static void
test_tui__ctrl_c_leaves(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d, 24, 80, NULL);
    desk_expect(&d, "toy linear");
    desk_type(&d, "\x03");
    desk_expect(&d, "shell: ended 0");
    desk_assert_sane(&d);
    desk_close(&d);
}

static void
test_tui__arrow_and_escape_keys(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d, 24, 80, NULL);
    desk_expect(&d, "toy linear");
    desk_type(&d, "\x1bOB\x1bOB\x1bOC"); /* down, down, right: expands */
    desk_expect(&d, "seed 3 #7");
    desk_type(&d, "/seed 1\r");
    desk_expect(&d, "#3 linear-ce-s1");
    desk_type(&d, "2\x1b");
    desk_expect(&d, "[1 Runs]");
    desk_close(&d);
}

/* A change of the store shows by itself, and sends little. */
static void
test_tui__live_and_quiet(void **state)
{
    struct store *s = NULL;
    struct desk d;
    bool done;

    (void)state;
    open_desk(&d, 60, 200, NULL);
    desk_expect(&d, "0/2, 1 queued");
    while (desk_take(&d, 300))
        ;
    d.n_bytes = 0;
    desk_take(&d, 1000); /* four polls of a store that does not change */
    assert_int_equal(d.n_bytes, 0);
    assert_int_equal(store_open(&s, d.path, STORE_WRITE, NULL), ERR_OK);
    assert_int_equal(store_cancel(s, 11, &done, NULL), ERR_OK);
    store_close(s);
    desk_expect(&d, "0/2 cancelled");
    assert_true(d.n_bytes > 0 && d.n_bytes < MAX_REFRESH_BYTES);
    desk_close(&d);
}

static void
test_tui__ascii_sends_ascii_only(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d, 24, 80, "--ascii");
    desk_expect(&d, "toy linear");
    desk_type(&d, "2");
    desk_expect(&d, "train_loss");
    desk_type(&d, "3");
    desk_expect(&d, "B cell");
    assert_false(d.saw_high_byte);
    assert_true(d.saw_colour);
    desk_close(&d);
}

static void
test_tui__no_color_sends_no_colour(void **state)
{
    struct desk d;

    (void)state;
    desk_open(&d, &(struct desk_setup){.no_color = true});
    desk_expect(&d, "toy linear");
    desk_type(&d, "3");
    desk_expect(&d, "B cell");
    assert_false(d.saw_colour);
    desk_close(&d);
}

static void
test_tui__other_locale_gets_ascii(void **state)
{
    struct desk d;

    (void)state;
    desk_open(&d, &(struct desk_setup){.locale = "C"});
    desk_expect(&d, "toy linear");
    assert_false(d.saw_high_byte);
    desk_close(&d);
}

static void
test_app_run__without_a_terminal_is_an_error(void **state)
{
    struct app_options options = {.store_path = "none.db"};
    struct errbuf eb;
    int out = dup(STDOUT_FILENO), null = open("/dev/null", O_RDWR | O_CLOEXEC);

    (void)state;
    dup2(null, STDOUT_FILENO);
    enum err e = app_run(&options, &eb);
    dup2(out, STDOUT_FILENO);
    close(out);
    close(null);
    assert_int_equal(e, ERR_IO);
    assert_non_null(strstr(eb.text, "needs a terminal"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tui__every_view_at_80x24),
        cmocka_unit_test(test_tui__every_view_at_200x60),
        cmocka_unit_test(test_tui__resizing_redraws_and_small_says_so),
        cmocka_unit_test(test_tui__stop_and_continue),
        cmocka_unit_test(test_tui__signals_leave_the_terminal_sane),
        cmocka_unit_test(test_tui__ctrl_c_leaves),
        cmocka_unit_test(test_tui__arrow_and_escape_keys),
        cmocka_unit_test(test_tui__live_and_quiet),
        cmocka_unit_test(test_tui__ascii_sends_ascii_only),
        cmocka_unit_test(test_tui__no_color_sends_no_colour),
        cmocka_unit_test(test_tui__other_locale_gets_ascii),
        cmocka_unit_test(test_app_run__without_a_terminal_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
