/* test_tui_signals.c - signals in every state of the dashboard: the terminal is as it
 * was, nobody is left behind, the store is whole. */
#include "tests/support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strlist.h"
#include "store/store.h"
#include "tests/desk.h"

/* Sizes as a window that is dragged makes them, from 1 x 1 to 300 x 100. */
static void
storm(struct desk *d, unsigned seed)
{
    uint32_t x = seed * 2654435761u + 1;

    for (int i = 0; i < 100; i++) {
        x = x * 1664525u + 1013904223u;
        desk_resize(d, 1 + (int)(x >> 8) % 100, 1 + (int)(x >> 16) % 300);
        kill(desk_dashboard(d), SIGWINCH);
        if (i % 10 == 0)
            desk_take(d, 0);
    }
}

/* No process of the dashboard's group is there, not even a dead one. */
static void
assert_gone(struct desk *d, pid_t dashboard)
{
    double deadline = clock_mono_s() + DESK_DEADLINE_S;

    while (kill(-dashboard, 0) == 0 && clock_mono_s() < deadline)
        desk_take(d, 5);
    assert_int_equal(kill(-dashboard, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void
assert_store_is_whole(const char *path)
{
    struct store *s = NULL;
    struct strlist problems = {0};

    assert_int_equal(store_open(&s, path, STORE_READ, NULL), ERR_OK);
    assert_int_equal(store_check(s, &problems, NULL), ERR_OK);
    assert_int_equal(problems.n, 0);
    strlist_release(&problems);
    store_close(s);
}

/* What the terminal was before is what it is after, whatever came between. */
static void
end_in(const char *keys, const char *shows, int number, bool in_storm)
{
    struct desk d;
    struct termios before, after;

    desk_open(&d, &(struct desk_setup){0});
    assert_int_equal(tcgetattr(d.master, &before), 0);
    before.c_lflag |= ECHO | ICANON; /* curses may have begun */
    desk_expect(&d, "toy linear");
    desk_type(&d, keys);
    desk_expect(&d, shows);
    pid_t dashboard = desk_dashboard(&d);
    if (in_storm)
        storm(&d, (unsigned)number);
    kill(dashboard, number);
    if (in_storm)
        storm(&d, (unsigned)number + 1);
    desk_resize(&d, 24, 80);
    assert_gone(&d, dashboard);
    desk_type(&d, "\r"); /* in a window of a few columns it was said in pieces */
    desk_expect(&d, "shell: ended 0");
    desk_assert_sane(&d);
    assert_int_equal(tcgetattr(d.master, &after), 0);
    assert_int_equal(after.c_cc[VINTR], before.c_cc[VINTR]);
    assert_store_is_whole(d.path);
    desk_close(&d);
}

static const int endings[] = {SIGHUP, SIGTERM, SIGINT, SIGQUIT};
enum { N_ENDINGS = sizeof endings / sizeof endings[0] };

static void
test_signals__end_it_in_a_view(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ENDINGS; i++)
        end_in("2", "[2 Curves]", endings[i], false);
}

static void
test_signals__end_it_while_typing(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ENDINGS; i++)
        end_in("/lin", "find: lin", endings[i], false);
}

static void
test_signals__end_it_in_a_storm_of_sizes(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ENDINGS; i++)
        end_in("3", "[3 Compare]", endings[i], true);
}

static void
test_signals__end_it_while_it_is_stopped(void **state)
{
    struct desk d;

    (void)state;
    for (size_t i = 0; i < N_ENDINGS; i++) {
        desk_open(&d, &(struct desk_setup){0});
        desk_expect(&d, "toy linear");
        pid_t dashboard = desk_dashboard(&d); /* the shell has the terminal after it */
        kill(dashboard, SIGTSTP);
        desk_expect(&d, "shell: stop 1");
        desk_assert_sane(&d);
        kill(dashboard, endings[i]);
        desk_type(&d, "fg\r");
        desk_expect(&d, "shell: ended 0");
        desk_assert_sane(&d);
        desk_close(&d);
    }
}

static void
test_signals__storms_end_in_the_right_size(void **state)
{
    struct desk d;

    (void)state;
    desk_open(&d, &(struct desk_setup){0});
    desk_expect(&d, "toy linear");
    for (unsigned i = 0; i < 5; i++) {
        storm(&d, i);
        desk_resize(&d, 40, 150);
        desk_expect(&d, "CELLS/S");
        storm(&d, i + 10);
        desk_resize(&d, 11, 60);
        desk_expect(&d, "this is 60 x 11");
        storm(&d, i + 20);
        desk_resize(&d, 24, 80);
        desk_expect(&d, "toy linear");
    }
    desk_type(&d, "q");
    desk_expect(&d, "shell: ended 0");
    desk_assert_sane(&d);
    desk_close(&d);
}

/* Stops and continues without pause; how many stops the shell sees is its affair. */
static void
test_signals__stops_and_sizes_mixed(void **state)
{
    struct desk d;
    char said[32];

    (void)state;
    desk_open(&d, &(struct desk_setup){0});
    desk_expect(&d, "toy linear");
    for (int i = 1; i <= 5; i++) {
        storm(&d, (unsigned)i);
        kill(desk_dashboard(&d), SIGTSTP);
        snprintf(said, sizeof said, "shell: stop %d", i);
        desk_resize(&d, 24, 80);
        desk_expect(&d, said);
        desk_assert_sane(&d);
        desk_resize(&d, 30 + i, 100);
        desk_type(&d, "fg\r");
        desk_expect(&d, "toy linear");
        assert_true(d.alt_screen);
    }
    desk_type(&d, "q");
    desk_expect(&d, "shell: ended 0");
    desk_assert_sane(&d);
    desk_close(&d);
}

/* Programs that it started are taken note of: no dead child stays. */
static void
test_signals__no_dead_child_stays(void **state)
{
    struct desk d;
    char path[96], children[256] = "x";
    double deadline = clock_mono_s() + DESK_DEADLINE_S;

    (void)state;
    desk_open(&d, &(struct desk_setup){0});
    desk_expect(&d, "toy linear");
    pid_t pid = desk_dashboard(&d);
    desk_type(&d, "j>");
    desk_expect(&d, "run 11 moved");
    desk_type(&d, "a");
    desk_expect(&d, "Queue these runs");
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    while (children[0] && clock_mono_s() < deadline) {
        FILE *fp = fopen(path, "r");
        if (!fp)
            skip(); /* a kernel without the file */
        if (!fgets(children, sizeof children, fp))
            children[0] = '\0';
        fclose(fp);
        desk_take(&d, 10);
    }
    assert_string_equal(children, "");
    desk_close(&d);
}

/* The terminal goes away, as when a connection breaks. */
static void
test_signals__a_terminal_that_vanishes_ends_it(void **state)
{
    struct desk d;
    double deadline = clock_mono_s() + DESK_DEADLINE_S;

    (void)state;
    desk_open(&d, &(struct desk_setup){0});
    desk_expect(&d, "toy linear");
    pid_t dashboard = desk_dashboard(&d);
    int master = d.master;
    d.master = dup(open("/dev/null", O_RDWR | O_CLOEXEC)); /* close_desk wants one */
    close(master);
    while (kill(dashboard, 0) == 0 && clock_mono_s() < deadline)
        clock_sleep_ms(5);
    assert_int_equal(kill(dashboard, 0), -1);
    assert_store_is_whole(d.path);
    desk_close(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signals__end_it_in_a_view),
        cmocka_unit_test(test_signals__end_it_while_typing),
        cmocka_unit_test(test_signals__end_it_in_a_storm_of_sizes),
        cmocka_unit_test(test_signals__end_it_while_it_is_stopped),
        cmocka_unit_test(test_signals__storms_end_in_the_right_size),
        cmocka_unit_test(test_signals__stops_and_sizes_mixed),
        cmocka_unit_test(test_signals__no_dead_child_stays),
        cmocka_unit_test(test_signals__a_terminal_that_vanishes_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
