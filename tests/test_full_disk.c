/* test_full_disk.c - a run whose store's disk is full: it waits where people see it, goes
 * on without a loss, and can be stopped.
 *
 * A limit on the size of files is as good as a full disk, needs no rights, and can be
 * put on a process that runs and taken from it again. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* prlimit */
#endif
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "run/run_wait.h"
#include "tests/run_lab.h"
#include "tests/support.h"

enum { EPOCHS = 300, TRIES = 20 };
static const char spec[] = "split_by=cell\nmax_epochs=300\nbatch_size=32\n"
                           "lr_scheduler_gamma=1\nearly_stopping_patience=0\n"
                           "log_every_n_steps=10\n";

static struct run_lab lab;
static char *undisturbed; /* run_lab_result */

static int
setup(void **state)
{
    (void)state;
    unsetenv("HCELAB_FULL_DISK_WAIT");
    run_lab_open(&lab);
    run_lab_new_store(&lab);
    int64_t id = run_lab_queue(&lab, spec, 1);

    assert_int_equal(run_lab_wait(run_lab_worker(&lab, 1, true, 1)), 0);
    undisturbed = run_lab_result(&lab, id);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    free(undisturbed);
    run_lab_close(&lab);
    return 0;
}

static void
limit_files(pid_t pid, rlim_t bytes)
{
    struct rlimit limit;

    assert_true(pid > 0);
    assert_int_equal(prlimit(pid, RLIMIT_FSIZE, NULL, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(prlimit(pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

/* Stop the child of run id: true if it has yet to write, however long that took. */
static bool
stop_child(int64_t id, pid_t *child)
{
    *child = (pid_t)run_lab_child(&lab, id).pid;
    if (*child <= 0 || kill(*child, SIGSTOP) != 0)
        return false; /* it has ended */
    return strcmp(run_lab_get(&lab, id, "state"), "running") == 0 &&
           atoi(run_lab_get(&lab, id, "epoch")) < EPOCHS - 1;
}

/* A run that is in the midst of its training; its worker, and its child, which is stopped:
 * the caller lets it go on. */
static int64_t
begin(pid_t *worker, pid_t *child)
{
    for (int k = 0; k < TRIES; k++) {
        run_lab_new_store(&lab);
        int64_t id = run_lab_queue(&lab, spec, 1);

        *worker = run_lab_worker(&lab, 1, true, 1);
        (void)run_lab_await_step(&lab, id, 20, 120);
        if (stop_child(id, child))
            return id;
        if (*child > 0)
            kill(*child, SIGCONT);
        assert_int_equal(run_lab_wait(*worker), 0);
    }
    fail_msg("%d runs had ended before they could be stopped", TRIES);
    return 0;
}

static void
assert_undisturbed(int64_t id)
{
    char *got = run_lab_result(&lab, id);

    assert_string_equal(got, undisturbed);
    free(got);
    assert_string_equal(run_lab_sql(&lab, "PRAGMA integrity_check"), "ok");
}

static void
go_on_and_compare(int64_t id)
{
    assert_int_equal(run_lab_wait(run_lab_worker(&lab, 1, true, 1)), 0);
    assert_undisturbed(id);
}

/* Only the child has no room: the worker says so in the store. */
static void
await_reason(double max_s)
{
    double end_s = clock_mono_s() + max_s;
    const char *sql = "SELECT count(*) FROM queue WHERE reason LIKE 'the disk of the "
                      "store is full: about % MB are needed, % MB are free%'";

    while (strcmp(run_lab_sql(&lab, sql), "1") != 0) {
        if (clock_mono_s() > end_s)
            fail_msg("no reason after %g s: %s", max_s,
                     run_lab_sql(&lab, "SELECT reason FROM queue"));
        clock_sleep_ms(20);
    }
}

static void
test_full_disk__says_what_it_waits_for_and_goes_on(void **state)
{
    pid_t worker, child;

    (void)state;
    int64_t id = begin(&worker, &child);
    limit_files(child, 0);
    kill(child, SIGCONT);
    await_reason(60);
    limit_files(child, RLIM_INFINITY);
    assert_int_equal(run_lab_wait(worker), 0);
    assert_undisturbed(id);
    assert_string_equal(run_lab_get(&lab, id, "attempt"), "1");
}

static void
test_full_disk__of_worker_and_child_loses_nothing(void **state)
{
    pid_t worker, child;

    (void)state;
    int64_t id = begin(&worker, &child);
    limit_files(worker, 0);
    limit_files(child, 0);
    kill(child, SIGCONT);
    clock_sleep_ms(2500); /* the worker beats once a second */
    assert_int_equal(waitpid(worker, NULL, WNOHANG), 0);
    limit_files(child, RLIM_INFINITY);
    limit_files(worker, RLIM_INFINITY);
    assert_int_equal(run_lab_wait(worker), 0);
    assert_undisturbed(id);
    assert_string_equal(run_lab_get(&lab, id, "attempt"), "1");
}

static void
test_full_disk__a_signal_ends_the_wait_at_once(void **state)
{
    pid_t worker, child;

    (void)state;
    int64_t id = begin(&worker, &child);
    limit_files(child, 0);
    kill(child, SIGCONT);
    await_reason(60);
    limit_files(worker, 0);
    double start_s = clock_mono_s();
    kill(worker, SIGINT);
    int status = run_lab_wait(worker);
    assert_true(clock_mono_s() - start_s < 4); /* the patience with locks is 5 + 10 s */
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3); /* ERR_STOPPED */
    go_on_and_compare(id);
}

/* The worker can still write down why the run was given up. */
static void
test_full_disk__for_too_long_interrupts_the_run(void **state)
{
    pid_t worker, child;

    (void)state;
    setenv("HCELAB_FULL_DISK_WAIT", "1", 1);
    int64_t id = begin(&worker, &child);
    limit_files(child, 0);
    kill(child, SIGCONT);
    int status = run_lab_wait(worker);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1); /* ERR_FULL */
    assert_string_equal(run_lab_get(&lab, id, "state"), "queued");
    assert_string_equal(run_lab_sql(&lab, "SELECT reason FROM queue"),
                        "interrupted: the disk of the store was full for too long");
    unsetenv("HCELAB_FULL_DISK_WAIT");
    go_on_and_compare(id);
}

static void
test_full_disk__for_too_long_ends_a_worker_that_cannot_write(void **state)
{
    pid_t worker, child;

    (void)state;
    setenv("HCELAB_FULL_DISK_WAIT", "1", 1);
    int64_t id = begin(&worker, &child);
    limit_files(worker, 0);
    limit_files(child, 0);
    kill(child, SIGCONT);
    int status = run_lab_wait(worker);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    unsetenv("HCELAB_FULL_DISK_WAIT");
    go_on_and_compare(id);
}

/* --- run_wait --- */

static void
test_run_wait__speaks_when_it_begins_lasts_and_ends(void **state)
{
    struct run_wait w = {0};

    (void)state;
    setenv("HCELAB_FULL_DISK_WAIT", "0.4", 1);
    assert_false(run_wait_note(&w, ERR_OK));
    assert_false(run_wait_note(&w, ERR_CONFLICT));
    assert_true(run_wait_note(&w, ERR_FULL));
    assert_false(run_wait_note(&w, ERR_FULL));
    assert_false(run_wait_is_over(&w));
    clock_sleep_ms(110);
    assert_true(run_wait_note(&w, ERR_FULL));
    clock_sleep_ms(310);
    assert_true(run_wait_is_over(&w));
    assert_true(run_wait_note(&w, ERR_BUSY)); /* another wait */
    assert_false(run_wait_is_over(&w));
    clock_sleep_ms(410);
    assert_false(run_wait_is_over(&w)); /* locks are waited for */
    assert_true(run_wait_note(&w, ERR_OK));
    assert_false(run_wait_note(&w, ERR_OK));
    unsetenv("HCELAB_FULL_DISK_WAIT");
}

static void
test_run_wait__text_names_room_and_times(void **state)
{
    struct run_wait w = {.need_bytes = UINT64_C(5400000000000000)};
    struct strbuf text = {0};

    (void)state;
    (void)run_wait_note(&w, ERR_FULL);
    w.since_s -= 180;
    run_wait_text(&w, "/", &text);
    assert_non_null(strstr(strbuf_str(&text), "waiting for 3m00s"));
    assert_null(strstr(strbuf_str(&text), "stops after"));
    strbuf_reset(&text);
    setenv("HCELAB_FULL_DISK_WAIT", "3600", 1);
    run_wait_text(&w, "/", &text);
    unsetenv("HCELAB_FULL_DISK_WAIT");
    assert_non_null(
        strstr(strbuf_str(&text),
               "the disk of the store is full: about 5400000000.0 MB are needed, "));
    assert_non_null(
        strstr(strbuf_str(&text), "waiting for 3m00s, the run stops after 1h00m"));
    strbuf_reset(&text);
    run_wait_text(&w, "/no/such/place", &text);
    assert_null(strstr(strbuf_str(&text), "free"));
    strbuf_release(&text);
}

static void
test_run_wait__has_no_end_unless_a_number_says_one(void **state)
{
    static const struct {
        const char *text;
        double s;
    } cases[] = {{"60", 60},
                 {"0", 0},
                 {"1e3", 1000},
                 {"", (double)INFINITY},
                 {"1h", (double)INFINITY},
                 {"-5", (double)INFINITY},
                 {"inf", (double)INFINITY},
                 {"nan", (double)INFINITY}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setenv("HCELAB_FULL_DISK_WAIT", cases[i].text, 1);
        assert_true(run_wait_limit_s() == cases[i].s);
    }
    unsetenv("HCELAB_FULL_DISK_WAIT");
    assert_true(run_wait_limit_s() == (double)INFINITY);
}

int
main(int argc, char **argv)
{
    int status;
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_wait__speaks_when_it_begins_lasts_and_ends),
        cmocka_unit_test(test_run_wait__text_names_room_and_times),
        cmocka_unit_test(test_run_wait__has_no_end_unless_a_number_says_one),
        cmocka_unit_test(test_full_disk__says_what_it_waits_for_and_goes_on),
        cmocka_unit_test(test_full_disk__of_worker_and_child_loses_nothing),
        cmocka_unit_test(test_full_disk__a_signal_ends_the_wait_at_once),
        cmocka_unit_test(test_full_disk__for_too_long_interrupts_the_run),
        cmocka_unit_test(test_full_disk__for_too_long_ends_a_worker_that_cannot_write),
    };

    if (run_lab_command(argc, argv, &status))
        return status;
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("full_disk", tests, setup, teardown);
}
