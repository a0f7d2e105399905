/* test_worker.c - workers and their children as real processes: ends, requests,
 * deaths, and the promise that nothing of this changes a bit of the result. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn.h"
#include "run/worker.h"
#include "tests/run_lab.h"
#include "tests/support.h"

static const char quick[] = "split_by=cell\nmax_epochs=2\nbatch_size=256\n";

/* Long enough to be hit while it trains; the weights keep moving. */
static const char lengthy_format[] = "split_by=cell\nmax_epochs=%d\nbatch_size=32\n"
                                     "lr_scheduler_gamma=1\nearly_stopping_patience=0\n"
                                     "log_every_n_steps=10\n";
static char lengthy[sizeof lengthy_format + 16];
static const double lengthy_s = 4.5; /* about */

static struct run_lab lab;
static char *undisturbed; /* run_lab_result of `lengthy`, one thread */

/* The number of epochs depends on how fast this build is here and now. */
static void
make_lengthy(void)
{
    int trial = 60;

    snprintf(lengthy, sizeof lengthy, lengthy_format, trial);
    run_lab_queue(&lab, lengthy, 1);
    assert_int_equal(run_lab_wait(run_lab_worker(&lab, 1, true, 1)), 0);
    double s = atof(run_lab_sql(&lab, "SELECT max(wall_s) FROM curve"));
    double epochs = s > 0 ? trial * lengthy_s / s : 2000;

    snprintf(lengthy, sizeof lengthy, lengthy_format,
             epochs < 100    ? 100
             : epochs > 2000 ? 2000
                             : (int)epochs);
}

static int
setup(void **state)
{
    (void)state;
    run_lab_open(&lab);
    make_lengthy();
    run_lab_new_store(&lab);
    int64_t id = run_lab_queue(&lab, lengthy, 1);
    double start_s = clock_mono_s();

    assert_int_equal(run_lab_wait(run_lab_worker(&lab, 1, true, 1)), 0);
    undisturbed = run_lab_result(&lab, id);
    print_message("# the undisturbed run took %.1f s, %s steps\n",
                  clock_mono_s() - start_s, run_lab_get(&lab, id, "step"));
    assert_string_equal(run_lab_get(&lab, id, "state"), "succeeded");
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
assert_undisturbed(int64_t id)
{
    char *got = run_lab_result(&lab, id);

    assert_string_equal(got, undisturbed);
    free(got);
}

/* The run goes to its end in a fresh worker. */
static void
drain(void)
{
    assert_int_equal(run_lab_wait(run_lab_worker(&lab, 1, true, 1)), 0);
}

static void
retry(int64_t id)
{
    struct store *s;
    bool done = false;

    assert_int_equal(store_open(&s, lab.store, STORE_WRITE, NULL), ERR_OK);
    assert_int_equal(store_retry(s, id, false, &done, NULL), ERR_OK);
    store_close(s);
    assert_true(done);
}

static void
test_worker__two_threads_give_the_same_bits(void **state)
{
    (void)state;
    run_lab_new_store(&lab);
    int64_t id = run_lab_queue(&lab, lengthy, 1);

    assert_int_equal(run_lab_wait(run_lab_worker(&lab, 1, true, 2)), 0);
    assert_undisturbed(id);
}

/* Another OpenBLAS core than the one that `undisturbed` was trained on, or NULL where
 * OpenBLAS has no choice. */
static const char *
other_core(void)
{
    const char *core = run_lab_sql(&lab, "SELECT blas_core FROM run LIMIT 1");

    return strcmp(core, "Haswell") == 0 ? "Sandybridge" : "Haswell";
}

static void
test_worker__two_threads_agree_on_another_core(void **state)
{
    const char *core = other_core();
    char *one;

    (void)state;
    setenv("OPENBLAS_CORETYPE", core, 1);
    run_lab_new_store(&lab);
    int64_t id = run_lab_queue(&lab, lengthy, 1);
    assert_int_equal(run_lab_wait(run_lab_worker(&lab, 1, true, 1)), 0);
    one = run_lab_result(&lab, id);
    assert_string_equal(run_lab_sql(&lab, "SELECT blas_core FROM run"), core);

    run_lab_new_store(&lab);
    id = run_lab_queue(&lab, lengthy, 1);
    assert_int_equal(run_lab_wait(run_lab_worker(&lab, 1, true, 2)), 0);
    unsetenv("OPENBLAS_CORETYPE");
    char *two = run_lab_result(&lab, id);
    assert_string_equal(one, two);
    free(one);
    free(two);
}

static void
test_worker__another_core_does_not_go_on_unasked(void **state)
{
    const char *core = other_core();

    (void)state;
    run_lab_new_store(&lab);
    int64_t id = run_lab_queue(&lab, lengthy, 1);
    pid_t w = run_lab_worker(&lab, 1, true, 1);

    assert_true(run_lab_await_step(&lab, id, 100, 120));
    kill(w, SIGTERM);
    run_lab_wait(w);
    setenv("OPENBLAS_CORETYPE", core, 1);
    drain();
    unsetenv("OPENBLAS_CORETYPE");
    assert_string_equal(run_lab_get(&lab, id, "state"), "failed");
    assert_non_null(strstr(run_lab_get(&lab, id, "end_reason"), "--allow-other-cpu"));
    retry(id);
    drain();
    assert_undisturbed(id);
}

static void
test_worker__sigterm_hands_the_run_back(void **state)
{
    (void)state;
    run_lab_new_store(&lab);
    int64_t id = run_lab_queue(&lab, lengthy, 1);
    pid_t w = run_lab_worker(&lab, 1, true, 1);

    assert_true(run_lab_await_step(&lab, id, 100, 120));
    kill(w, SIGTERM);
    int status = run_lab_wait(w);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_string_equal(run_lab_get(&lab, id, "state"), "queued");
    int64_t step = atoll(run_lab_get(&lab, id, "step"));
    assert_string_equal(
        run_lab_sql(&lab, "SELECT count(*) FROM checkpoint WHERE kind = 'state'"), "1");

    drain();
    assert_undisturbed(id);
    int64_t resumed =
        atoll(run_lab_sql(&lab, "SELECT resume_step FROM attempt WHERE attempt = 2"));
    assert_true(resumed >= step && resumed > 100);
}

static void
test_worker__pause_and_resume(void **state)
{
    struct store *s;
    bool done;

    (void)state;
    run_lab_new_store(&lab);
    int64_t id = run_lab_queue(&lab, lengthy, 1);
    pid_t w = run_lab_worker(&lab, 1, true, 1);

    assert_true(run_lab_await_step(&lab, id, 100, 120));
    assert_int_equal(store_open(&s, lab.store, STORE_WRITE, NULL), ERR_OK);
    assert_int_equal(store_pause(s, id, &done, NULL), ERR_OK);
    assert_true(done);
    assert_int_equal(run_lab_wait(w), 0); /* nothing is left for it */
    assert_string_equal(run_lab_get(&lab, id, "state"), "paused");
    assert_int_equal(store_resume(s, id, &done, NULL), ERR_OK);
    assert_true(done);
    store_close(s);

    drain();
    assert_undisturbed(id);
    assert_true(atoll(run_lab_sql(
                    &lab, "SELECT resume_step FROM attempt WHERE attempt = 2")) > 100);
}

static void
test_worker__cancel(void **state)
{
    struct store *s;
    bool done;

    (void)state;
    run_lab_new_store(&lab);
    int64_t id = run_lab_queue(&lab, lengthy, 1);
    pid_t w = run_lab_worker(&lab, 1, true, 1);

    assert_true(run_lab_await_step(&lab, id, 100, 120));
    assert_int_equal(store_open(&s, lab.store, STORE_WRITE, NULL), ERR_OK);
    assert_int_equal(store_cancel(s, id, &done, NULL), ERR_OK);
    assert_true(done);
    assert_int_equal(run_lab_wait(w), 0);
    assert_string_equal(run_lab_get(&lab, id, "state"), "cancelled");
    assert_string_equal(run_lab_get(&lab, id, "end_reason"), "cancelled on request");
    store_close(s);
    retry(id);
    drain();
    assert_undisturbed(id);
}

static uint32_t
next_random(uint32_t *x)
{
    *x = *x * 1664525u + 1013904223u;
    return *x >> 8;
}

/* kill -9 at random moments of training: the worker, the child, or both. */
static void
test_worker__killed_and_resumed_gives_the_same_bits(void **state)
{
    const char *wish = getenv("RUN_LAB_KILLS");
    int kills = wish ? atoi(wish) : 3, hit = 0;
    uint32_t rng = (uint32_t)getpid();

    (void)state;
    run_lab_new_store(&lab);
    int64_t id = run_lab_queue(&lab, lengthy, 1), step = 0;
    pid_t w = run_lab_worker(&lab, 1, true, 1);

    for (int i = 0; i < kills && run_lab_await_step(&lab, id, step, 120); i++) {
        struct store_process child = run_lab_child(&lab, id);
        unsigned what = next_random(&rng) % 3;

        clock_sleep_ms(next_random(&rng) % 150);
        if (spawn_start_ticks((pid_t)child.pid) != child.start_ticks)
            break;
        if (what != 1)
            kill((pid_t)child.pid, SIGKILL);
        if (what != 0) {
            kill(w, SIGKILL);
            run_lab_wait(w);
        }
        while (spawn_start_ticks((pid_t)child.pid) == child.start_ticks)
            clock_sleep_ms(1);
        step = atoll(run_lab_get(&lab, id, "step")); /* nobody moves it now */
        if (what != 0)
            w = run_lab_worker(&lab, 1, true, 1);
        print_message("# kill %d of %s at step %lld\n", i + 1,
                      what == 0   ? "child"
                      : what == 1 ? "worker"
                                  : "both",
                      (long long)step);
        hit++;
    }
    assert_int_equal(run_lab_wait(w), 0);
    print_message(
        "# %d kills, %s attempts, %s resumed at a step > 0\n", hit,
        run_lab_get(&lab, id, "attempt"),
        run_lab_sql(&lab, "SELECT count(*) FROM attempt WHERE resume_step > 0"));
    assert_true(hit > kills / 2); /* the run may end between two of them */
    assert_int_equal(atoi(run_lab_get(&lab, id, "attempt")), hit + 1);
    assert_int_equal(
        atoi(run_lab_sql(&lab, "SELECT count(*) FROM attempt WHERE resume_step > 0")),
        hit);
    assert_undisturbed(id);
}

static bool
lock_is_free(void)
{
    char path[PATH_MAX + 8];

    snprintf(path, sizeof path, "%s.lock", lab.store);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool is_free = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;

    if (fd >= 0)
        close(fd);
    return is_free;
}

/* Stop both, outside of a write transaction. */
static void
freeze(pid_t worker, pid_t child)
{
    for (;;) {
        kill(child, SIGSTOP);
        kill(worker, SIGSTOP);
        clock_sleep_ms(50);
        if (lock_is_free())
            return;
        kill(child, SIGCONT);
        kill(worker, SIGCONT);
        clock_sleep_ms(10);
    }
}

static void
test_worker__a_stopped_child_that_was_overtaken_writes_nothing(void **state)
{
    struct store *s, *reader;
    double end_s = clock_mono_s() + 60;

    (void)state;
    run_lab_new_store(&lab);
    int64_t id = run_lab_queue(&lab, lengthy, 1);
    pid_t w = run_lab_worker(&lab, 1, true, 1);

    assert_true(run_lab_await_step(&lab, id, 100, 120));
    struct store_process child = run_lab_child(&lab, id);
    freeze(w, (pid_t)child.pid);
    assert_int_equal(store_open(&s, lab.store, STORE_WRITE, NULL), ERR_OK);
    assert_int_equal(store_lease_break(s, id, 1, "silent", NULL), ERR_OK);
    store_close(s);
    drain();
    assert_undisturbed(id);

    assert_int_equal(store_open(&reader, lab.store, STORE_READ, NULL), ERR_OK);
    (void)store_changed(reader);
    kill((pid_t)child.pid, SIGCONT);
    while (spawn_start_ticks((pid_t)child.pid) == child.start_ticks) {
        assert_true(clock_mono_s() < end_s);
        clock_sleep_ms(20);
    }
    assert_false(store_changed(reader)); /* the child is gone and wrote nothing */
    store_close(reader);
    kill(w, SIGCONT);
    assert_int_equal(run_lab_wait(w), 0);
    assert_undisturbed(id);
}

static void
test_worker__two_workers_train_each_run_once(void **state)
{
    (void)state;
    run_lab_new_store(&lab);
    run_lab_queue(&lab, quick, 40);
    pid_t a = run_lab_worker(&lab, 2, true, 1), b = run_lab_worker(&lab, 2, true, 1);

    assert_int_equal(run_lab_wait(a), 0);
    assert_int_equal(run_lab_wait(b), 0);
    assert_string_equal(
        run_lab_sql(&lab, "SELECT count(*) FROM run_summary WHERE state = 'succeeded'"),
        "40");
    assert_string_equal(run_lab_sql(&lab, "SELECT count(*) FROM attempt"), "40");
    assert_string_equal(
        run_lab_sql(&lab, "SELECT count(DISTINCT worker_pid) FROM attempt"), "2");
    assert_string_equal(run_lab_sql(&lab, "PRAGMA integrity_check"), "ok");
}

static void
test_worker__three_deaths_end_a_run(void **state)
{
    (void)state;
    run_lab_new_store(&lab);
    int64_t id = run_lab_queue(&lab, quick, 1);

    setenv("RUN_LAB_CRASH", "1", 1);
    drain();
    unsetenv("RUN_LAB_CRASH");
    assert_string_equal(run_lab_get(&lab, id, "state"), "failed");
    assert_string_equal(run_lab_get(&lab, id, "attempt"), "3");
    assert_string_equal(run_lab_get(&lab, id, "term_signal"), "6");
    assert_non_null(strstr(run_lab_get(&lab, id, "end_reason"), "signal 6"));
}

static void
test_worker__a_missing_file_fails_the_run_with_its_path(void **state)
{
    char moved[PATH_MAX + 8];

    (void)state;
    run_lab_new_store(&lab);
    int64_t id = run_lab_queue(&lab, quick, 1);

    snprintf(moved, sizeof moved, "%s.moved", lab.data);
    assert_int_equal(rename(lab.data, moved), 0);
    drain();
    assert_int_equal(rename(moved, lab.data), 0);
    assert_string_equal(run_lab_get(&lab, id, "state"), "failed");
    assert_string_equal(run_lab_get(&lab, id, "attempt"), "1");
    assert_non_null(strstr(run_lab_get(&lab, id, "end_reason"), lab.data));
}

static void
test_worker__changed_data_fail_the_run(void **state)
{
    (void)state;
    run_lab_new_store(&lab);
    int64_t id = run_lab_queue(&lab, quick, 1);

    run_lab_simulate(&lab, "1");
    drain();
    run_lab_simulate(&lab, "0");
    assert_string_equal(run_lab_get(&lab, id, "state"), "failed");
    assert_string_equal(run_lab_get(&lab, id, "attempt"), "1");
    assert_non_null(strstr(run_lab_get(&lab, id, "end_reason"), "data changed"));
}

static void
test_worker__a_locked_store_delays_but_loses_nothing(void **state)
{
    char path[PATH_MAX + 8];

    (void)state;
    run_lab_new_store(&lab);
    int64_t id = run_lab_queue(&lab, lengthy, 1);
    pid_t w = run_lab_worker(&lab, 1, true, 1);

    assert_true(run_lab_await_step(&lab, id, 100, 120));
    snprintf(path, sizeof path, "%s.lock", lab.store);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    clock_sleep_ms(12000); /* longer than the store waits */
    close(fd);
    assert_int_equal(run_lab_wait(w), 0);
    assert_string_equal(run_lab_get(&lab, id, "attempt"), "1");
    assert_undisturbed(id);
}

/* Hold the queue, or release it. */
static void
hold(bool held)
{
    struct store *s;
    bool done = false;

    assert_int_equal(store_open(&s, lab.store, STORE_WRITE, NULL), ERR_OK);
    assert_int_equal(store_queue_hold(s, held, &done, NULL), ERR_OK);
    store_close(s);
    assert_true(done);
}

static void
test_worker__a_held_queue_lets_runs_end_and_takes_none(void **state)
{
    (void)state;
    run_lab_new_store(&lab);
    int64_t first = run_lab_queue(&lab, lengthy, 1),
            next = run_lab_queue(&lab, quick, 1);
    pid_t worker = run_lab_worker(&lab, 1, true, 1);

    assert_true(run_lab_await_step(&lab, first, 20, 60));
    hold(true);
    run_lab_await(&lab, first, "succeeded", 60);
    assert_undisturbed(first);
    for (int i = 0; i < 40; i++) { /* ten rounds of the worker */
        assert_string_equal(run_lab_get(&lab, next, "state"), "queued");
        clock_sleep_ms(50);
    }
    hold(false);
    assert_int_equal(run_lab_wait(worker), 0);
    assert_string_equal(run_lab_get(&lab, next, "state"), "succeeded");
}

static void
test_worker__told_to_leave_ends_its_run_first(void **state)
{
    struct store *s;
    size_t n = 0;

    (void)state;
    run_lab_new_store(&lab);
    int64_t first = run_lab_queue(&lab, lengthy, 1),
            next = run_lab_queue(&lab, quick, 1);
    pid_t worker = run_lab_worker(&lab, 1, false, 1);

    assert_true(run_lab_await_step(&lab, first, 20, 60));
    assert_int_equal(store_open(&s, lab.store, STORE_WRITE, NULL), ERR_OK);
    assert_int_equal(store_workers_relieve(s, &n, NULL), ERR_OK);
    store_close(s);
    assert_int_equal(n, 1);
    assert_int_equal(run_lab_wait(worker), 0);
    assert_string_equal(run_lab_get(&lab, first, "state"), "succeeded");
    assert_string_equal(run_lab_get(&lab, next, "state"), "queued");
    assert_string_equal(run_lab_sql(&lab, "SELECT COUNT(*) FROM worker"), "0");
    assert_string_equal(run_lab_get(&lab, first, "threads"), "1");
}

static void
test_worker__detached_lives_on_and_drains(void **state)
{
    struct worker_options opt = {.store_path = lab.store, .jobs = 1, .drain = true};
    struct errbuf eb = {""}, notice;
    struct store *s;
    bool alive = false;

    (void)state;
    run_lab_new_store(&lab);
    int64_t id = run_lab_queue(&lab, quick, 1);

    if (worker_start_detached(&opt, &notice, &eb))
        fail_msg("%s", eb.text);
    assert_int_equal(store_open(&s, lab.store, STORE_READ, NULL), ERR_OK);
    assert_int_equal(worker_alive(s, &alive, NULL), ERR_OK);
    store_close(s);
    assert_true(alive);
    run_lab_await(&lab, id, "succeeded", 60);
    assert_true(
        atoi(run_lab_sql(&lab, "SELECT count(*) FROM log WHERE run_id IS NULL")) > 0);
    for (int i = 0; i < 1200 && alive; i++) {
        alive = atoi(run_lab_sql(&lab, "SELECT count(*) FROM worker")) > 0;
        clock_sleep_ms(50);
    }
    assert_false(alive);
}

static void
test_worker__detached_says_why_it_cannot_start(void **state)
{
    struct worker_options opt = {.store_path = lab.data, .jobs = 1};
    struct errbuf eb;

    (void)state;
    assert_int_equal(worker_start_detached(&opt, NULL, &eb), ERR_CHILD);
    assert_non_null(strstr(eb.text, lab.data));
}

int
main(int argc, char **argv)
{
    int status;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worker__two_threads_give_the_same_bits),
        cmocka_unit_test(test_worker__two_threads_agree_on_another_core),
        cmocka_unit_test(test_worker__another_core_does_not_go_on_unasked),
        cmocka_unit_test(test_worker__sigterm_hands_the_run_back),
        cmocka_unit_test(test_worker__pause_and_resume),
        cmocka_unit_test(test_worker__cancel),
        cmocka_unit_test(test_worker__killed_and_resumed_gives_the_same_bits),
        cmocka_unit_test(
            test_worker__a_stopped_child_that_was_overtaken_writes_nothing),
        cmocka_unit_test(test_worker__two_workers_train_each_run_once),
        cmocka_unit_test(test_worker__three_deaths_end_a_run),
        cmocka_unit_test(test_worker__a_missing_file_fails_the_run_with_its_path),
        cmocka_unit_test(test_worker__changed_data_fail_the_run),
        cmocka_unit_test(test_worker__a_locked_store_delays_but_loses_nothing),
        cmocka_unit_test(test_worker__a_held_queue_lets_runs_end_and_takes_none),
        cmocka_unit_test(test_worker__told_to_leave_ends_its_run_first),
        cmocka_unit_test(test_worker__detached_lives_on_and_drains),
        cmocka_unit_test(test_worker__detached_says_why_it_cannot_start),
    };

    if (run_lab_command(argc, argv, &status))
        return status;
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("worker", tests, setup, teardown);
}
