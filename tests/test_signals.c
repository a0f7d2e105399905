/* test_signals.c - the dashboard on a real terminal: signals leave it sane, choices
 * survive, and little is sent. */
#include "tests/desk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "store/store.h"

enum { MAX_REFRESH_BYTES = 4096 };

static void
test_signals__storm_of_sizes(void **state)
{
    static const int sizes[][2] = {{12, 40}, {60, 200}, {5, 10}, {24, 80}, {40, 41}};
    struct desk_setup setup = {0};
    struct desk d;

    (void)state;
    desk_open(&d, &setup);
    desk_expect(&d, "toy linear");
    pid_t pid = desk_dashboard(&d);
    for (int i = 0; i < 300; i++) {
        const int *size = sizes[i % 5];
        desk_resize(&d, size[0], size[1]);
        kill(pid, SIGWINCH);
        while (desk_take(&d, 0))
            ;
    }
    desk_resize(&d, 24, 80);
    desk_type(&d, "3");
    desk_expect(&d, "[3 Compare]");
    desk_expect(&d, "CD8-positi");
    desk_type(&d, "q1q");
    desk_expect(&d, "shell: ended 0");
    desk_assert_sane(&d);
    desk_close(&d);
}

/* Stopped from outside and continued, and continued without having been stopped. */
static void
test_signals__stop_and_continue_from_outside(void **state)
{
    struct desk_setup setup = {0};
    struct desk d;

    (void)state;
    desk_open(&d, &setup);
    desk_expect(&d, "toy linear");
    pid_t pid = desk_dashboard(&d);
    kill(pid, SIGTSTP);
    desk_expect(&d, "shell: stop 1");
    desk_assert_sane(&d);
    desk_type(&d, "fg\r");
    desk_expect(&d, "toy linear");
    assert_true(d.alt_screen);
    kill(pid, SIGCONT);
    desk_type(&d, "3");
    desk_expect(&d, "[3 Compare]");
    desk_close(&d);
}

/* While something is typed or asked, a signal ends it all the same. */
static void
end_by(int number, const char *keys, const char *shown)
{
    struct desk_setup setup = {0};
    struct desk d;

    desk_open(&d, &setup);
    desk_expect(&d, "toy linear");
    desk_type(&d, keys);
    desk_expect(&d, shown);
    kill(desk_dashboard(&d), number);
    desk_expect(&d, "shell: ended 0");
    desk_assert_sane(&d);
    char *file = xasprintf("%s/hcelab/dashboard.conf", d.dir);
    char *kept = support_slurp(file);
    assert_non_null(strstr(kept, "view = compare\n"));
    assert_non_null(strstr(kept, "compare.sort = support\n"));
    free(kept);
    free(file);
    desk_close(&d);
}

static void
test_signals__end_keeps_what_was_chosen(void **state)
{
    (void)state;
    end_by(SIGTERM, "3:sort support\r", "sorted by CELLS");
    end_by(SIGHUP, "3:sort support\rfxyz", "filter: xyz");
    end_by(SIGINT, "3:sort support\r:quit", ":quit");
}

static void
test_theme__changes_what_is_sent(void **state)
{
    struct desk_setup setup = {.no_color = true};
    struct desk d;

    (void)state;
    desk_open(&d, &setup);
    desk_expect(&d, "toy linear");
    assert_false(d.saw_colour);
    desk_type(&d, ":theme dark\r"); /* a wish counts more than NO_COLOR */
    desk_expect(&d, "theme dark");
    while (desk_take(&d, 200))
        ;
    assert_true(d.saw_colour);
    desk_type(&d, ":theme mono\r");
    desk_expect(&d, "theme mono");
    while (desk_take(&d, 200))
        ;
    d.saw_colour = false;
    desk_type(&d, "3");
    desk_expect(&d, "[3 Compare]");
    assert_false(d.saw_colour);
    desk_close(&d);
}

static void
test_glyphs__of_the_command_line(void **state)
{
    struct desk_setup setup = {.option = {"--glyphs", "ascii", "--refresh", "100"}};
    struct desk d;

    (void)state;
    desk_open(&d, &setup);
    desk_expect(&d, "toy linear");
    desk_type(&d, "2");
    desk_expect(&d, "train_loss");
    assert_false(d.saw_high_byte);
    desk_close(&d);
}

/* Idle nothing is sent; one more point of a live curve costs little. */
static void
test_refresh__of_live_curves_sends_little(void **state)
{
    struct desk_setup setup = {.rows = 60, .cols = 200};
    struct store_attempt a = {9, 1}; /* a run of tui_lab that goes on */
    struct store_progress progress = {
        .step = 51, .epoch = 5, .cells_per_s = 12345, .eta_s = 41};
    struct store_metric m = {"train_loss", 51, 5, 25.5, 1.0};
    struct store *s = NULL;
    struct errbuf eb = {""};
    struct desk d;

    (void)state;
    desk_open(&d, &setup);
    desk_expect(&d, "toy linear");
    desk_type(&d, "2");
    desk_expect(&d, "train_loss nats");
    while (desk_take(&d, 400))
        ;
    d.n_bytes = 0;
    desk_take(&d, 1000);
    assert_int_equal(d.n_bytes, 0);
    assert_int_equal(store_open(&s, d.path, STORE_WRITE, &eb), ERR_OK);
    for (int i = 0; i < 3; i++) {
        m.step = progress.step = 51 + i;
        if (store_metrics_add(s, &a, &m, 1, &progress, &eb))
            fail_msg("%s", eb.text);
        d.n_bytes = 0;
        double deadline = clock_mono_s() + 10;
        while (d.n_bytes == 0 && clock_mono_s() < deadline)
            desk_take(&d, 100);
        while (desk_take(&d, 400))
            ;
        assert_true(d.n_bytes > 0 && d.n_bytes <= MAX_REFRESH_BYTES);
    }
    store_close(s);
    desk_close(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signals__storm_of_sizes),
        cmocka_unit_test(test_signals__stop_and_continue_from_outside),
        cmocka_unit_test(test_signals__end_keeps_what_was_chosen),
        cmocka_unit_test(test_theme__changes_what_is_sent),
        cmocka_unit_test(test_glyphs__of_the_command_line),
        cmocka_unit_test(test_refresh__of_live_curves_sends_little),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
