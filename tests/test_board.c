/* test_board.c - why runs wait, and from when to when they will run. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/spawn.h"
#include "store/board.h"
#include "tests/store_support.h"

enum { MAX_RUNS = 8, MAX_WORKERS = 3, MAX_PAST = 4 };

/* A board made by hand. */
struct by_hand {
    struct board_run run[MAX_RUNS];
    struct board_worker worker[MAX_WORKERS];
    struct board_past past[MAX_PAST];
    struct board b;
};

static void
look(struct by_hand *h)
{
    h->b.run = h->run;
    h->b.worker = h->worker;
    h->b.past = h->past;
    board_outlook(&h->b);
}

static struct board_run *
add_run(struct by_hand *h, const char *state, const char *pair_key)
{
    struct board_run *r = &h->run[h->b.n++];

    *r = (struct board_run){.run_id = (int64_t)h->b.n,
                            .state = state,
                            .pair_key = pair_key,
                            .model = "linear",
                            .max_epochs = 10,
                            .epoch = INT64_MIN,
                            .n_train = INT64_MIN,
                            .eta_s = (double)NAN,
                            .worked_s = (double)NAN};
    return r;
}

static struct board_worker *
add_worker(struct by_hand *h, int64_t jobs)
{
    struct board_worker *w = &h->worker[h->b.n_workers++];

    *w = (struct board_worker){
        .process = {.host = "node7", .boot_id = "boot", .start_ticks = 1},
        .jobs = jobs,
        .runs = ""};
    w->process.pid = 100 + (int64_t)h->b.n_workers;
    return w;
}

static void
add_past(struct by_hand *h, const char *pair_key, const char *model, int64_t n,
         int64_t n_train, int64_t max_epochs, double work_s)
{
    h->past[h->b.n_past++] =
        (struct board_past){pair_key, model, n_train, max_epochs, n, work_s};
}

/* A run on a worker that has eta_s left. */
static struct board_run *
add_running(struct by_hand *h, const struct board_worker *w, double eta_s)
{
    struct board_run *r = add_run(h, "running", "p");

    r->worker = w->process;
    r->attempt = 1;
    r->eta_s = eta_s;
    return r;
}

static void
assert_near(double x, double want)
{
    if (!(fabs(x - want) < 1e-9))
        fail_msg("%g is not %g", x, want);
}

/* --- how long --- */

static void
test_estimate__of_the_pair_is_the_mean_of_its_runs(void **state)
{
    struct by_hand h = {0};

    (void)state;
    add_past(&h, "p", "linear", 3, 100, 10, 20);
    add_past(&h, "p", "linear", 1, 100, 10, 60);
    add_past(&h, "q", "linear", 9, 100, 10, 5000);
    h.b.past = h.past;
    assert_near(board_estimate(&h.b, "p", "linear", 0, 0), 30); /* (3 x 20 + 60) / 4 */
}

static void
test_estimate__of_the_model_goes_by_cells_and_epochs(void **state)
{
    struct by_hand h = {0};

    (void)state;
    add_past(&h, "p", "linear", 2, 1000, 10, 20);  /* .002 s per cell and epoch */
    add_past(&h, "q", "linear", 1, 3000, 20, 160); /* together 200 s for 80,000 */
    add_past(&h, "m", "mlp", 5, 10, 10, 9999);
    add_past(&h, "old", "linear", 7, INT64_MIN, 10, 9999); /* cells unknown */
    h.b.past = h.past;
    assert_near(board_estimate(&h.b, "new", "linear", 2000, 5), 25);
    assert_true(isnan(board_estimate(&h.b, "new", "linear", INT64_MIN, 5)));
    assert_true(isnan(board_estimate(&h.b, "new", "tabnet", 2000, 5)));
}

/* --- from when to when --- */

static void
test_outlook__runs_go_to_the_job_that_comes_free_first(void **state)
{
    struct by_hand h = {0};
    struct board_worker *a = add_worker(&h, 1), *b = add_worker(&h, 2);
    struct board_run *r[6];

    (void)state;
    add_past(&h, "p", "linear", 1, 100, 10, 30);
    r[0] = add_running(&h, a, 12);
    r[1] = add_running(&h, b, 5);
    for (size_t i = 2; i < 6; i++)
        r[i] = add_run(&h, "queued", "p");
    look(&h);
    assert_int_equal(board_slots(&h.b), 3);
    assert_near(r[0]->end_s, 12);
    assert_near(r[2]->start_s, 0); /* the second job of b is free */
    assert_near(r[2]->end_s, 30);
    assert_near(r[3]->start_s, 5);
    assert_near(r[3]->end_s, 35);
    assert_near(r[4]->start_s, 12);
    assert_near(r[4]->end_s, 42);
    assert_near(r[5]->start_s, 30);
    assert_near(r[5]->end_s, 60);
    assert_int_equal(r[2]->position, 1);
    assert_int_equal(r[5]->position, 4);
    assert_int_equal(r[0]->position, 0);
    assert_string_equal(r[5]->why, "waits its turn");
}

static void
test_outlook__a_run_that_began_needs_only_the_rest(void **state)
{
    struct by_hand h = {0};
    struct board_run *r;

    (void)state;
    add_worker(&h, 1);
    add_past(&h, "p", "linear", 1, 100, 10, 30);
    r = add_run(&h, "queued", "p");
    r->attempt = 2;
    r->epoch = 4; /* of ten are done */
    look(&h);
    assert_near(r->progress, .4);
    assert_near(r->end_s, 18);
}

static void
test_outlook__a_running_run_without_a_forecast_goes_by_past_ones(void **state)
{
    struct by_hand h = {0};
    struct board_worker *w = add_worker(&h, 1);
    struct board_run *r = add_running(&h, w, (double)NAN);

    (void)state;
    add_past(&h, "p", "linear", 1, 100, 10, 30);
    r->worked_s = 10;
    look(&h);
    assert_near(r->end_s, 20);
    r->worked_s = 40; /* longer than any before */
    look(&h);
    assert_near(r->end_s, 0);
}

static void
test_outlook__nothing_is_known_behind_what_is_not_known(void **state)
{
    struct by_hand h = {0};
    struct board_run *r[3];

    (void)state;
    add_worker(&h, 1);
    add_past(&h, "p", "linear", 1, 100, 10, 30);
    r[0] = add_run(&h, "queued", "p");
    r[1] = add_run(&h, "queued", "unheard of");
    r[2] = add_run(&h, "queued", "p");
    look(&h);
    assert_near(r[0]->end_s, 30);
    assert_near(r[1]->start_s, 30);
    assert_true(isnan(r[1]->end_s));
    assert_true(isnan(r[2]->start_s) && isnan(r[2]->end_s));
}

static void
test_outlook__what_lacks_memory_holds_nobody_up(void **state)
{
    struct by_hand h = {0};
    struct board_run *big, *next;

    (void)state;
    add_worker(&h, 1);
    add_past(&h, "p", "linear", 1, 100, 10, 30);
    big = add_run(&h, "queued", "p");
    big->reason = "needs 90.0 GiB of memory, 3.0 GiB are free";
    next = add_run(&h, "queued", "p");
    look(&h);
    assert_true(isnan(big->start_s));
    assert_string_equal(big->why, big->reason);
    assert_near(next->start_s, 0);
}

static void
test_outlook__a_held_queue_starts_nothing(void **state)
{
    struct by_hand h = {.b = {.held = true}};
    struct board_worker *w = add_worker(&h, 2);
    struct board_run *a = add_running(&h, w, 7), *q = add_run(&h, "queued", "p");

    (void)state;
    add_past(&h, "p", "linear", 1, 100, 10, 30);
    look(&h);
    assert_near(a->end_s, 7);
    assert_true(isnan(q->start_s));
    assert_string_equal(q->why, "queue is held");
}

static void
test_outlook__says_why_nobody_comes(void **state)
{
    struct by_hand h = {0};
    struct board_run *q = add_run(&h, "queued", "p"),
                     *back = add_run(&h, "queued", "p");

    (void)state;
    back->reason = "its worker was told to stop";
    look(&h);
    assert_true(isnan(q->start_s));
    assert_string_equal(q->why, "no worker lives");
    assert_string_equal(back->why, "no worker lives; its worker was told to stop");
    add_worker(&h, 4)->life = BOARD_LEAVES;
    look(&h);
    assert_int_equal(board_slots(&h.b), 0);
    assert_string_equal(q->why, "all workers leave");
    add_worker(&h, 1);
    look(&h);
    assert_string_equal(q->why, "waits its turn");
    assert_string_equal(back->why, "its worker was told to stop");
    arena_release(&h.b.arena);
}

static void
test_outlook__runs_of_a_dead_worker_come_first_again(void **state)
{
    struct by_hand h = {0};
    struct board_worker dead = {.process = {.host = "node8", .pid = 9}};
    struct board_run *lost = add_running(&h, &dead, 3), *q = add_run(&h, "queued", "p");

    (void)state;
    add_past(&h, "p", "linear", 1, 100, 10, 30);
    lost->worker_gone = true;
    lost->eta_s = (double)NAN;
    look(&h);
    assert_string_equal(lost->why, "worker 9 on node8 is gone: waits for a worker");
    add_worker(&h, 1);
    look(&h);
    assert_string_equal(lost->why, "worker 9 on node8 is gone");
    assert_near(lost->start_s, 0);
    assert_near(q->start_s, 30);
    arena_release(&h.b.arena);
}

static void
test_outlook__wishes_and_troubles_of_running_runs(void **state)
{
    struct by_hand h = {0};
    struct board_worker *w = add_worker(&h, 3);
    struct board_run *a = add_running(&h, w, 1), *b = add_running(&h, w, 1),
                     *c = add_running(&h, w, 1);

    (void)state;
    a->request = REQUEST_PAUSE;
    b->request = REQUEST_CANCEL;
    c->reason = "the disk of the store is full";
    look(&h);
    assert_string_equal(a->why, "is being paused");
    assert_string_equal(b->why, "is being cancelled");
    assert_string_equal(c->why, "the disk of the store is full");
}

/* --- reading --- */

/* One run of each kind, as a store has them. */
static void
test_read__gives_runs_in_the_order_of_workers(void **state)
{
    struct store_box *b = *state;
    struct store_attempt running = store_running(b, "ce", 0);
    int64_t low = store_queued(b, "ce", 1), high = store_queued(b, "ce", 2),
            aside = store_queued(b, "ce", 3), gone = store_queued(b, "ce", 4);
    struct board board;
    bool done;

    store_ok(store_set_priority(b->s, high, 3, &done, &b->eb), &b->eb);
    store_ok(store_pause(b->s, aside, &done, &b->eb), &b->eb);
    store_ok(store_cancel(b->s, gone, &done, &b->eb), &b->eb);
    store_ok(board_read(&board, b->s, true, &b->eb), &b->eb);
    assert_int_equal(board.n, 5);
    assert_int_equal(board.run[0].run_id, running.run_id);
    assert_int_equal(board.run[1].run_id, high);
    assert_int_equal(board.run[1].position, 1);
    assert_int_equal(board.run[2].run_id, low);
    assert_int_equal(board.run[3].run_id, aside);
    assert_int_equal(board.run[4].run_id, gone);
    assert_string_equal(board.run[4].why, "cancelled on request");
    board_release(&board);
    store_ok(board_read(&board, b->s, false, &b->eb), &b->eb);
    assert_int_equal(board.n, 4);
    board_release(&board);
}

/* This test's own process holds a lease and lives; then its start is another one. */
static void
test_read__sees_whose_worker_is_dead(void **state)
{
    struct store_box *b = *state;
    struct store_worker me = {.process = store_me(), .jobs = 2};
    struct store_claim c;
    struct board board;
    bool leaving;

    spawn_boot_id(me.process.boot_id);
    me.process.start_ticks = spawn_start_ticks((pid_t)me.process.pid);
    store_queued(b, "ce", 0);
    store_ok(store_worker_beat(b->s, &me, &leaving, &b->eb), &b->eb);
    store_ok(store_claim_next(b->s, &me.process, 0, UINT64_MAX, &c, &b->eb), &b->eb);
    store_ok(board_read(&board, b->s, false, &b->eb), &b->eb);
    assert_int_equal(board.n_workers, 1);
    assert_int_equal(board.worker[0].life, BOARD_WORKS);
    assert_int_equal(board.worker[0].n_running, 1);
    assert_string_equal(board.worker[0].runs, "1");
    assert_false(board.run[0].worker_gone);
    board_release(&board);

    store_foreign(b->path, "UPDATE worker SET start_ticks = start_ticks + 1;"
                           "UPDATE lease SET worker_ticks = worker_ticks + 1");
    store_ok(board_read(&board, b->s, false, &b->eb), &b->eb);
    assert_int_equal(board.worker[0].life, BOARD_GONE);
    assert_true(board.run[0].worker_gone);
    board_release(&board);

    store_foreign(b->path, "UPDATE worker SET host = 'elsewhere',"
                           " heartbeat_us = heartbeat_us - 30000000");
    store_ok(board_read(&board, b->s, false, &b->eb), &b->eb);
    assert_int_equal(board.worker[0].life, BOARD_SILENT);
    board_release(&board);
}

/* Pauses between attempts are no work: 2 s and 3 s with an hour between make 5 s. */
static void
test_read__past_runs_count_what_was_worked(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    struct board board;

    store_finished(b, a, "queued");
    store_finished(b, store_claimed(b), "succeeded");
    store_foreign(b->path, "UPDATE attempt SET started_us = 3600000000 * attempt,"
                           " ended_us = 3600000000 * attempt + 1000000 * (attempt + 1);"
                           "UPDATE run SET n_train = 200");
    store_queued(b, "hce", 0);
    store_ok(board_read(&board, b->s, false, &b->eb), &b->eb);
    assert_int_equal(board.n_past, 1);
    assert_near(board.past[0].work_s, 5);
    assert_int_equal(board.past[0].n_train, 200);
    assert_near(board.run[0].whole_s, 5); /* the loss makes no difference */
    board_release(&board);
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
#define CASE(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, store_box_setup, store_box_teardown)
    const struct CMUnitTest tests[] = {
        T(test_estimate__of_the_pair_is_the_mean_of_its_runs),
        T(test_estimate__of_the_model_goes_by_cells_and_epochs),
        T(test_outlook__runs_go_to_the_job_that_comes_free_first),
        T(test_outlook__a_run_that_began_needs_only_the_rest),
        T(test_outlook__a_running_run_without_a_forecast_goes_by_past_ones),
        T(test_outlook__nothing_is_known_behind_what_is_not_known),
        T(test_outlook__what_lacks_memory_holds_nobody_up),
        T(test_outlook__a_held_queue_starts_nothing),
        T(test_outlook__says_why_nobody_comes),
        T(test_outlook__runs_of_a_dead_worker_come_first_again),
        T(test_outlook__wishes_and_troubles_of_running_runs),
        CASE(test_read__gives_runs_in_the_order_of_workers),
        CASE(test_read__sees_whose_worker_is_dead),
        CASE(test_read__past_runs_count_what_was_worked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
