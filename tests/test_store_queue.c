/* test_store_queue.c - the queue, claims, leases, and the states of a run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/store_support.h"

static const char *
state_of(struct store_box *b, int64_t run_id)
{
    static char text[STORE_TEXT];
    struct store_run_filter f = {.run_id = run_id};
    struct store_runs runs;

    store_ok(store_runs_list(b->s, &f, &runs, &b->eb), &b->eb);
    assert_int_equal(runs.n, 1);
    snprintf(text, sizeof text, "%s", runs.run[0].state);
    store_runs_release(&runs);
    return text;
}

/* --- adding --- */

static void
test_add__writes_every_field(void **state)
{
    struct store_box *b = *state;
    struct store_run_filter f = {.run_id = store_queued(b, "hce", 7)};
    struct store_runs runs;

    store_ok(store_runs_list(b->s, &f, &runs, &b->eb), &b->eb);
    const struct store_run *r = &runs.run[0];
    assert_string_equal(r->experiment, "toy");
    assert_string_equal(r->loss, "hce");
    assert_string_equal(r->pair_key, "pair-a");
    assert_int_equal(r->seed, 7);
    assert_int_equal(r->max_epochs, 5);
    assert_string_equal(r->state, "queued");
    assert_int_equal(strlen(r->uuid), 36);
    assert_int_equal(r->uuid[14], '4');
    assert_int_equal(strlen(r->created_at), strlen("2026-01-02T03:04:05.678Z"));
    assert_null(r->started_at);
    assert_true(isnan(r->train_loss) && isnan(r->duration_s));
    assert_true(r->step == INT64_MIN && r->pid == INT64_MIN);
    store_runs_release(&runs);
}

static void
test_add__needed_skips_what_exists(void **state)
{
    struct store_box *b = *state;
    int64_t first = store_queued(b, "ce", 0), ids[3], existing[3];
    struct store_new_run runs[3] = {store_a_run("ce", 0), store_a_run("hce", 0),
                                    store_a_run("hce", 0)};

    store_ok(store_queue_check(b->s, runs, 3, existing, &b->eb), &b->eb);
    assert_true(existing[0] == first && existing[1] == 0);
    store_ok(store_queue_add(b->s, runs, 3, true, ids, existing, &b->eb), &b->eb);
    assert_true(ids[0] == 0 && existing[0] == first);
    assert_true(ids[1] > 0 && existing[1] == 0);
    assert_true(ids[2] == 0 && existing[2] == ids[1]);
}

static void
test_add__needed_queues_again_what_failed(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    struct store_new_run r = store_a_run("ce", 0);
    int64_t id;

    store_finished(b, a, "failed");
    store_ok(store_queue_add(b->s, &r, 1, true, &id, NULL, &b->eb), &b->eb);
    assert_true(id > a.run_id);
}

static void
test_add__a_name_bound_to_other_cells_adds_nothing(void **state)
{
    struct store_box *b = *state;
    struct store_eval_binding other = {"ood", "other cells"};
    struct store_new_run runs[2] = {store_a_run("ce", 1), store_a_run("ce", 2)};
    int64_t ids[2] = {9, 9}, existing[2];

    store_queued(b, "ce", 0);
    runs[1].eval = &other;
    runs[1].n_evals = 1;
    assert_int_equal(store_queue_check(b->s, runs, 2, existing, &b->eb), ERR_CONFLICT);
    assert_int_equal(store_queue_add(b->s, runs, 2, false, ids, NULL, &b->eb),
                     ERR_CONFLICT);
    assert_non_null(strstr(b->eb.text, "'ood'"));
    assert_non_null(strstr(b->eb.text, "'toy'"));
    assert_true(ids[0] == 0 && ids[1] == 0);
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM run"), "1");
    runs[1].experiment = "other experiment";
    store_ok(store_queue_add(b->s, runs, 2, false, ids, NULL, &b->eb), &b->eb);
}

/* A run whose `ood` means other cells, since its label is another one. */
static struct store_new_run
other_label(void)
{
    static const struct store_param param[] = {
        {"label", "tissue", 0}, {"data", "atlas.h5ad", 0}, {"data", "more.h5ad", 1}};
    static const struct store_eval_binding eval = {"ood", "labelled otherwise"};
    struct store_new_run r = store_a_run("ce", 1);

    r.param = param;
    r.n_params = 3;
    r.eval = &eval;
    r.n_evals = 1;
    return r;
}

static void
test_add__says_how_the_cells_differ(void **state)
{
    struct store_box *b = *state;
    struct store_new_run r = other_label(), moved = store_a_run("ce", 2);
    struct store_eval_binding others = {"extra", "here"}, extra = {"extra", "there"};
    int64_t id = store_queued(b, "ce", 0), ids[2];

    assert_int_equal(store_queue_add(b->s, &r, 1, false, ids, NULL, &b->eb),
                     ERR_CONFLICT);
    store_says(b, "other labels in run 1");
    store_says(b, "label is '' there and 'tissue' here");
    store_says(b, "--experiment NAME, or cancel that run (hcelab queue cancel 1)");

    moved.eval = &others;
    moved.n_evals = 1;
    store_ok(store_queue_add(b->s, &moved, 1, false, ids, NULL, &b->eb), &b->eb);
    moved.eval = &extra;
    assert_int_equal(store_queue_add(b->s, &moved, 1, false, ids, NULL, &b->eb),
                     ERR_CONFLICT);
    store_says(b, "other cells in run 2");
    store_says(b, "the data files have changed since");
    store_says(b, "give the evaluation another name");
    assert_int_equal(id, 1);
}

static void
test_add__a_run_that_ended_unscored_binds_no_name(void **state)
{
    struct store_box *b = *state;
    struct store_new_run r = other_label(), first = store_a_run("ce", 0);
    int64_t old = store_queued(b, "ce", 0), id, ids[2];
    bool done;

    store_ok(store_cancel(b->s, old, &done, &b->eb), &b->eb);
    assert_true(done);
    store_ok(store_queue_add(b->s, &r, 1, false, &id, NULL, &b->eb), &b->eb);
    assert_true(id > old);

    /* Now the other one holds the name. */
    assert_int_equal(store_retry(b->s, old, false, &done, &b->eb), ERR_CONFLICT);
    assert_false(done);
    store_says(b, "label is 'tissue' there and '' here");
    assert_string_equal(state_of(b, old), "cancelled");
    assert_int_equal(store_queue_add(b->s, &first, 1, false, ids, NULL, &b->eb),
                     ERR_CONFLICT);
    store_ok(store_cancel(b->s, id, &done, &b->eb), &b->eb);
    store_ok(store_retry(b->s, old, false, &done, &b->eb), &b->eb);
    assert_true(done);
}

static void
test_add__a_run_that_failed_after_scoring_binds_the_name(void **state)
{
    struct store_box *b = *state;
    struct store_new_run r = other_label();
    struct store_attempt a = store_running(b, "ce", 0);
    struct store_evaluation ev = {
        .name = "ood", .cells_digest = "cells-ood", .checkpoint = "last"};
    int64_t id;

    store_ok(store_evaluation_add(b->s, &a, &ev, &b->eb), &b->eb);
    store_finished(b, a, "failed");
    assert_int_equal(store_queue_add(b->s, &r, 1, false, &id, NULL, &b->eb),
                     ERR_CONFLICT);
    assert_null(strstr(b->eb.text, "cancel"));
}

static void
test_params__come_back_in_order(void **state)
{
    struct store_box *b = *state;
    struct store_param param = {"label", "tab\tnew\nline \\ 'quote' \"\x1b[31m", 0};
    struct store_new_run r = store_a_run("ce", 0);
    struct strbuf out = {0};
    int64_t id = store_queued(b, "ce", 1);

    store_ok(store_run_params(b->s, id, &out, &b->eb), &b->eb);
    assert_string_equal(strbuf_str(&out), "data=atlas.h5ad\ndata=more.h5ad\n"
                                          "batch_size=64\nthreads=3\n");
    strbuf_reset(&out);
    r.param = &param;
    r.n_params = 1;
    store_ok(store_queue_add(b->s, &r, 1, false, &id, NULL, &b->eb), &b->eb);
    store_ok(store_run_params(b->s, id, &out, &b->eb), &b->eb);
    assert_string_equal(strbuf_str(&out),
                        "label=tab\tnew\\nline \\\\ 'quote' \"\x1b[31m\n");
    strbuf_release(&out);
    assert_int_equal(store_run_params(b->s, 999, &out, &b->eb), ERR_NOTFOUND);
}

/* --- claims --- */

static void
test_claim__takes_priority_then_order_once_each(void **state)
{
    struct store_box *b = *state;
    struct store_process me = store_me();
    int64_t first = store_queued(b, "ce", 0), second = store_queued(b, "ce", 1),
            urgent = store_queued(b, "ce", 2);
    struct store_claim c;
    bool done;

    store_ok(store_set_priority(b->s, urgent, 5, &done, &b->eb), &b->eb);
    assert_true(done);
    assert_int_equal(store_claimed(b).run_id, urgent);
    store_ok(store_claim_next(b->s, &me, 0, UINT64_MAX, &c, &b->eb), &b->eb);
    assert_int_equal(c.run_id, first);
    assert_int_equal(c.attempt, 1);
    assert_int_equal(c.threads, 3);
    assert_int_equal(c.memory_bytes, 1000);
    assert_int_equal(store_claimed(b).run_id, second);
    assert_int_equal(store_claim_next(b->s, &me, 0, UINT64_MAX, &c, &b->eb),
                     ERR_NOTFOUND);
    assert_string_equal(state_of(b, first), "running");
}

static void
test_claim__waits_for_memory_with_a_reason(void **state)
{
    struct store_box *b = *state;
    struct store_process me = store_me();
    struct store_new_run big = store_a_run("ce", 0);
    struct store_claim c;
    int64_t id;

    big.memory_bytes = (uint64_t)8 << 30;
    store_ok(store_queue_add(b->s, &big, 1, false, &id, NULL, &b->eb), &b->eb);
    int64_t small = store_queued(b, "ce", 1);
    store_ok(store_claim_next(b->s, &me, 0, (uint64_t)2 << 30, &c, &b->eb), &b->eb);
    assert_int_equal(c.run_id, small);
    assert_string_equal(
        store_cell(b, "SELECT reason FROM queue WHERE state = 'queued'"),
        "needs 8.0 GiB of memory, 2.0 GiB are free");
    assert_int_equal(store_claim_next(b->s, &me, id, (uint64_t)2 << 30, &c, &b->eb),
                     ERR_NOTFOUND);
    store_ok(store_claim_next(b->s, &me, id, (uint64_t)9 << 30, &c, &b->eb), &b->eb);
    assert_string_equal(store_cell(b, "SELECT reason FROM queue WHERE run_id = 1"),
                        "NULL");
}

static void
test_lease__says_who_holds_it(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    struct store_process me = store_me(), child = me;
    struct store_lease *leases;
    enum store_request wish;
    size_t n;

    child.pid = 4242;
    child.start_ticks = 99;
    store_ok(store_lease_child(b->s, a.run_id, a.attempt, &child, &b->eb), &b->eb);
    store_ok(store_lease_beat(b->s, a.run_id, a.attempt, &wish, &b->eb), &b->eb);
    assert_int_equal(wish, REQUEST_NONE);
    store_ok(store_leases(b->s, &leases, &n, &b->eb), &b->eb);
    assert_int_equal(n, 1);
    assert_string_equal(leases[0].worker.host, me.host);
    assert_string_equal(leases[0].worker.boot_id, "boot");
    assert_int_equal(leases[0].worker.pid, me.pid);
    assert_int_equal(leases[0].child.pid, 4242);
    assert_int_equal(leases[0].child.start_ticks, 99);
    assert_true(leases[0].heartbeat_age_s >= 0 && leases[0].heartbeat_age_s < 60);
    free(leases);
    assert_string_equal(store_cell(b, "SELECT pid FROM run_summary"), "4242");
}

static void
test_lease__broken_puts_the_run_in_front(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);

    store_queued(b, "ce", 1);
    store_ok(store_lease_break(b->s, a.run_id, a.attempt, "its worker died", &b->eb),
             &b->eb);
    assert_string_equal(state_of(b, a.run_id), "queued");
    assert_int_equal(store_lease_break(b->s, a.run_id, a.attempt, "again", &b->eb),
                     ERR_FENCED);
    struct store_attempt next = store_claimed(b);
    assert_int_equal(next.run_id, a.run_id);
    assert_int_equal(next.attempt, 2);
}

/* --- wishes --- */

static void
test_cancel__at_once_or_at_the_next_beat(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    int64_t waiting = store_queued(b, "ce", 1);
    enum store_request wish;
    bool done;

    store_ok(store_cancel(b->s, waiting, &done, &b->eb), &b->eb);
    assert_true(done);
    assert_string_equal(state_of(b, waiting), "cancelled");
    store_ok(store_cancel(b->s, a.run_id, &done, &b->eb), &b->eb);
    assert_true(done);
    assert_string_equal(state_of(b, a.run_id), "running");
    store_ok(store_lease_beat(b->s, a.run_id, a.attempt, &wish, &b->eb), &b->eb);
    assert_int_equal(wish, REQUEST_CANCEL);
    store_finished(b, a, "queued");
    assert_string_equal(state_of(b, a.run_id), "cancelled");
    store_ok(store_cancel(b->s, a.run_id, &done, &b->eb), &b->eb);
    assert_false(done);
    assert_non_null(strstr(b->eb.text, "is cancelled"));
    assert_int_equal(store_cancel(b->s, 999, &done, &b->eb), ERR_NOTFOUND);
}

static void
test_pause__and_resume(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    int64_t waiting = store_queued(b, "ce", 1);
    bool done;

    store_ok(store_pause(b->s, waiting, &done, &b->eb), &b->eb);
    assert_true(done);
    assert_string_equal(state_of(b, waiting), "paused");
    store_ok(store_pause(b->s, a.run_id, &done, &b->eb), &b->eb);
    store_ok(store_lease_break(b->s, a.run_id, a.attempt, NULL, &b->eb), &b->eb);
    assert_string_equal(state_of(b, a.run_id), "paused");
    store_ok(store_resume(b->s, a.run_id, &done, &b->eb), &b->eb);
    assert_true(done);
    assert_string_equal(state_of(b, a.run_id), "queued");
    store_ok(store_resume(b->s, a.run_id, &done, &b->eb), &b->eb);
    assert_false(done);
}

/* A worker that was told to pause settles later; what people wish by then counts. */
static void
test_pause__taken_back_or_outdone_before_it_happened(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    bool done;

    store_ok(store_pause(b->s, a.run_id, &done, &b->eb), &b->eb);
    store_ok(store_resume(b->s, a.run_id, &done, &b->eb), &b->eb);
    assert_true(done);
    store_finished(b, a, "paused");
    assert_string_equal(state_of(b, a.run_id), "queued");
    a = store_claimed(b);
    store_ok(store_pause(b->s, a.run_id, &done, &b->eb), &b->eb);
    store_ok(store_cancel(b->s, a.run_id, &done, &b->eb), &b->eb);
    assert_true(done);
    store_finished(b, a, "paused");
    assert_string_equal(state_of(b, a.run_id), "cancelled");
}

static void
test_retry__keeps_or_drops_what_was_reached(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    struct store_metric m = {"train_loss", 1, 0, .5, 2.0};
    bool done;

    store_ok(store_retry(b->s, a.run_id, false, &done, &b->eb), &b->eb);
    assert_false(done);
    store_ok(store_metrics_add(b->s, &a, &m, 1, NULL, &b->eb), &b->eb);
    store_finished(b, a, "failed");
    assert_string_equal(store_cell(b, "SELECT end_reason FROM run_summary"), "test");
    store_ok(store_retry(b->s, a.run_id, false, &done, &b->eb), &b->eb);
    assert_true(done);
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM curve"), "1");
    a = store_claimed(b);
    assert_int_equal(a.attempt, 2);
    store_finished(b, a, "succeeded");
    store_ok(store_retry(b->s, a.run_id, false, &done, &b->eb), &b->eb);
    assert_false(done);
    store_ok(store_retry(b->s, a.run_id, true, &done, &b->eb), &b->eb);
    assert_true(done);
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM curve"), "0");
    assert_string_equal(store_cell(b, "SELECT step FROM run_summary"), "NULL");
}

static void
test_clear__keeps_runs_that_were_begun(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    size_t n;

    store_queued(b, "ce", 1);
    store_queued(b, "ce", 2);
    store_finished(b, a, "queued");
    store_ok(store_clear_queue(b->s, &n, &b->eb), &b->eb);
    assert_int_equal(n, 3);
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM run"), "1");
    assert_string_equal(state_of(b, a.run_id), "cancelled");
}

/* --- deaths --- */

static void
die(struct store_box *b, struct store_attempt a, const char *want)
{
    char now[STORE_TEXT];

    store_ok(store_attempt_died(b->s, a.run_id, a.attempt, -1, 9, "killed by signal 9",
                                now, &b->eb),
             &b->eb);
    assert_string_equal(now, want);
    assert_string_equal(state_of(b, a.run_id), want);
}

static void
test_deaths__three_in_a_row_fail(void **state)
{
    struct store_box *b = *state;

    store_queued(b, "ce", 0);
    die(b, store_claimed(b), "queued");
    die(b, store_claimed(b), "queued");
    die(b, store_claimed(b), "failed");
    assert_string_equal(store_cell(b, "SELECT term_signal FROM run_summary"), "9");
    assert_string_equal(
        store_cell(b, "SELECT end_reason FROM run_summary"),
        "killed by signal 9 (3 deaths in a row without a new checkpoint)");
}

static void
test_deaths__a_long_reason_keeps_the_count(void **state)
{
    struct store_box *b = *state;
    char what[401], now[STORE_TEXT];

    memset(what, 'x', sizeof what - 1);
    what[sizeof what - 1] = '\0';
    store_queued(b, "ce", 0);
    for (int i = 0; i < 3; i++) {
        struct store_attempt a = store_claimed(b);

        store_ok(store_attempt_died(b->s, a.run_id, a.attempt, 1, 0, what, now, &b->eb),
                 &b->eb);
    }
    assert_string_equal(now, "failed");
    const char *why = store_cell(b, "SELECT end_reason FROM run_summary");
    assert_non_null(strstr(why, what));
    assert_non_null(strstr(why, "3 deaths in a row"));
}

static void
test_deaths__a_checkpoint_starts_the_count_anew(void **state)
{
    struct store_box *b = *state;
    struct store_checkpoint cp = {
        .kind = "state", .score = (double)NAN, .piece = PIECE("x", 1), .n_pieces = 1};

    store_queued(b, "ce", 0);
    die(b, store_claimed(b), "queued");
    die(b, store_claimed(b), "queued");
    struct store_attempt a = store_claimed(b);
    store_ok(store_checkpoint_add(b->s, &a, &cp, &b->eb), &b->eb);
    die(b, a, "queued");
    die(b, store_claimed(b), "queued");
    die(b, store_claimed(b), "failed");
}

static void
test_deaths__a_cancelled_run_stays_cancelled(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    bool done;

    store_ok(store_cancel(b->s, a.run_id, &done, &b->eb), &b->eb);
    die(b, a, "cancelled");
}

/* --- the queue as a whole --- */

static void
test_hold__nothing_is_claimed_but_what_is_asked_for(void **state)
{
    struct store_box *b = *state;
    struct store_process me = store_me();
    struct store_claim c;
    int64_t first = store_queued(b, "ce", 0), second = store_queued(b, "hce", 0);
    bool done, held;

    store_ok(store_queue_is_held(b->s, &held, &b->eb), &b->eb);
    assert_false(held);
    store_ok(store_queue_hold(b->s, true, &done, &b->eb), &b->eb);
    assert_true(done);
    store_ok(store_queue_hold(b->s, true, &done, &b->eb), &b->eb);
    assert_false(done);
    store_ok(store_queue_is_held(b->s, &held, &b->eb), &b->eb);
    assert_true(held);
    assert_int_equal(store_claim_next(b->s, &me, 0, UINT64_MAX, &c, &b->eb),
                     ERR_NOTFOUND);
    assert_string_equal(state_of(b, first), "queued");
    assert_string_equal(store_cell(b, "SELECT DISTINCT reason FROM queue"),
                        "queue is held");
    store_ok(store_claim_next(b->s, &me, second, UINT64_MAX, &c, &b->eb), &b->eb);
    assert_int_equal(c.run_id, second);
    store_ok(store_queue_hold(b->s, false, &done, &b->eb), &b->eb);
    assert_true(done);
    store_ok(store_claim_next(b->s, &me, 0, UINT64_MAX, &c, &b->eb), &b->eb);
    assert_int_equal(c.run_id, first);
}

static void
test_first__goes_before_higher_priorities(void **state)
{
    struct store_box *b = *state;
    int64_t a = store_queued(b, "ce", 0), high = store_queued(b, "ce", 1),
            last = store_queued(b, "ce", 2);
    bool done;

    store_ok(store_set_priority(b->s, high, 7, &done, &b->eb), &b->eb);
    store_ok(store_set_first(b->s, last, &done, &b->eb), &b->eb);
    assert_true(done);
    assert_int_equal(store_claimed(b).run_id, last);
    assert_int_equal(store_claimed(b).run_id, high);
    assert_int_equal(store_claimed(b).run_id, a);
    store_ok(store_set_first(b->s, a, &done, &b->eb), &b->eb);
    assert_false(done);
    store_says(b, "only runs that wait");
}

/* --- what ended runs show --- */

/* 10 steps at 100 cells/s and 30 at 300: 40 steps of 10 cells in 1 + 1 s = 200. */
static void
test_end__the_rate_is_the_mean_of_the_training(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    struct store_metric m[] = {{"cells_per_s", 10, 0, 1, 100},
                               {"cells_per_s", 40, 1, 2, 300}};
    struct store_progress p = {40, 1, 300, 5};

    store_ok(store_metrics_add(b->s, &a, m, 2, &p, &b->eb), &b->eb);
    assert_string_equal(store_cell(b, "SELECT cells_per_s FROM run_summary"), "300.0");
    store_finished(b, a, "failed");
    assert_string_equal(store_cell(b, "SELECT cells_per_s FROM run_summary"), "200.0");
}

static void
test_end__epochs_are_those_that_are_done(void **state)
{
    (void)state;
    assert_int_equal(
        store_run_epochs(&(struct store_run){.state = "running", .epoch = 0}), 1);
    assert_int_equal(
        store_run_epochs(&(struct store_run){.state = "succeeded", .epoch = 4}), 5);
    assert_int_equal(
        store_run_epochs(&(struct store_run){.state = "failed", .epoch = 0}), 0);
    assert_true(store_run_epochs(&(struct store_run){.state = "failed",
                                                     .epoch = INT64_MIN}) == INT64_MIN);
}

static void
test_attempt__says_its_threads(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);

    assert_string_equal(store_cell(b, "SELECT threads FROM run_summary"), "NULL");
    store_ok(store_attempt_threads(b->s, &a, 3, &b->eb), &b->eb);
    assert_string_equal(store_cell(b, "SELECT threads FROM run_summary"), "3");
    a.attempt++;
    assert_int_equal(store_attempt_threads(b->s, &a, 4, &b->eb), ERR_FENCED);
}

/* --- workers --- */

static struct store_worker
a_worker(void)
{
    return (struct store_worker){.process = store_me(), .jobs = 2};
}

static void
test_workers__are_counted_by_their_heartbeat(void **state)
{
    struct store_box *b = *state;
    struct store_worker me = a_worker(), before = me;
    bool leaving;
    size_t n;

    strcpy(before.process.boot_id, "boot before");
    store_ok(store_worker_beat(b->s, &before, &leaving, &b->eb), &b->eb);
    me.n_running = 1;
    store_ok(store_worker_beat(b->s, &me, &leaving, &b->eb), &b->eb);
    me.n_running = 0;
    store_ok(store_worker_beat(b->s, &me, &leaving, &b->eb), &b->eb);
    assert_false(leaving);
    store_ok(store_count_workers(b->s, 60, &n, &b->eb), &b->eb);
    assert_int_equal(n, 1); /* that of the earlier boot is gone */
    store_foreign(b->path,
                  "UPDATE worker SET heartbeat_us = heartbeat_us + 3600000000");
    store_ok(store_count_workers(b->s, 60, &n, &b->eb), &b->eb);
    assert_int_equal(n, 0); /* the clock was set back, and it has not beaten since */
    store_ok(store_worker_beat(b->s, &me, &leaving, &b->eb), &b->eb);
    store_ok(store_worker_gone(b->s, &me.process, &b->eb), &b->eb);
    store_ok(store_count_workers(b->s, 60, &n, &b->eb), &b->eb);
    assert_int_equal(n, 0);
}

static void
test_workers__leave_when_people_wish_it(void **state)
{
    struct store_box *b = *state;
    struct store_worker me = a_worker();
    bool leaving;
    size_t n;

    store_ok(store_workers_relieve(b->s, &n, &b->eb), &b->eb);
    assert_int_equal(n, 0);
    store_ok(store_worker_beat(b->s, &me, &leaving, &b->eb), &b->eb);
    store_ok(store_workers_relieve(b->s, &n, &b->eb), &b->eb);
    assert_int_equal(n, 1);
    store_ok(store_count_workers(b->s, 60, &n, &b->eb), &b->eb);
    assert_int_equal(n, 0); /* it takes no run any more */
    store_ok(store_worker_beat(b->s, &me, &leaving, &b->eb), &b->eb);
    assert_true(leaving);
    store_ok(store_worker_beat(b->s, &me, &leaving, &b->eb), &b->eb);
    assert_true(leaving); /* it stays told */
}

/* --- fencing --- */

static void
test_fence__an_overtaken_attempt_writes_nothing(void **state)
{
    struct store_box *b = *state;
    struct store_attempt old = store_running(b, "ce", 0);
    struct store_metric m = {"train_loss", 1, 0, .5, 2.0};
    struct store_checkpoint cp = {
        .kind = "state", .score = (double)NAN, .piece = PIECE("x", 1), .n_pieces = 1};
    struct store_finish f = {.state = "succeeded", .exit_code = 0, .best_epoch = -1};
    struct store_evaluation ev = {
        .name = "id", .cells_digest = "cells-id", .checkpoint = "last"};
    struct store_inputs in = {0};
    enum store_request wish;
    char now[STORE_TEXT];

    store_ok(store_lease_break(b->s, old.run_id, old.attempt, "stopped", &b->eb),
             &b->eb);
    struct store_attempt now_on = store_claimed(b);
    assert_int_equal(now_on.run_id, old.run_id);
    assert_int_equal(store_attempt_begin(b->s, &old, 0, "avx2", "Zen", false, &b->eb),
                     ERR_FENCED);
    assert_int_equal(store_metrics_add(b->s, &old, &m, 1, NULL, &b->eb), ERR_FENCED);
    assert_int_equal(store_checkpoint_add(b->s, &old, &cp, &b->eb), ERR_FENCED);
    assert_int_equal(store_log_add(b->s, old.run_id, old.attempt, "info", "x", &b->eb),
                     ERR_FENCED);
    assert_int_equal(store_evaluation_add(b->s, &old, &ev, &b->eb), ERR_FENCED);
    assert_int_equal(store_inputs_add(b->s, &old, &in, &b->eb), ERR_FENCED);
    assert_int_equal(store_attempt_finish(b->s, &old, &f, &b->eb), ERR_FENCED);
    assert_int_equal(
        store_attempt_died(b->s, old.run_id, old.attempt, 1, 0, "x", now, &b->eb),
        ERR_FENCED);
    assert_int_equal(store_lease_beat(b->s, old.run_id, old.attempt, &wish, &b->eb),
                     ERR_FENCED);
    assert_int_equal(store_lease_reason(b->s, old.run_id, old.attempt, "x", &b->eb),
                     ERR_FENCED);
    assert_string_equal(store_cell(b, "SELECT reason FROM run"), "NULL");
    assert_string_equal(
        store_cell(b,
                   "SELECT (SELECT COUNT(*) FROM metric) + (SELECT COUNT(*) FROM log) +"
                   " (SELECT COUNT(*) FROM checkpoint) +"
                   " (SELECT COUNT(*) FROM evaluation)"),
        "0");
    store_ok(store_metrics_add(b->s, &now_on, &m, 1, NULL, &b->eb), &b->eb);
    store_finished(b, now_on, "succeeded");
    assert_int_equal(store_metrics_add(b->s, &now_on, &m, 1, NULL, &b->eb), ERR_FENCED);
}

/* --- names --- */

static void
test_find__takes_ids_uuids_and_names(void **state)
{
    struct store_box *b = *state;
    int64_t first = store_queued(b, "ce", 0), found;
    char uuid[STORE_TEXT];

    snprintf(uuid, sizeof uuid, "%s", store_cell(b, "SELECT uuid FROM run"));
    store_ok(store_run_find(b->s, "1", &found, &b->eb), &b->eb);
    assert_int_equal(found, first);
    store_ok(store_run_find(b->s, uuid, &found, &b->eb), &b->eb);
    uuid[9] = '\0';
    store_ok(store_run_find(b->s, uuid, &found, &b->eb), &b->eb);
    uuid[3] = '\0';
    found = 5;
    assert_int_equal(store_run_find(b->s, uuid, &found, &b->eb), ERR_NOTFOUND);
    assert_int_equal(found, 0);
    store_ok(store_run_find(b->s, "linear", &found, &b->eb), &b->eb);
    store_queued(b, "hce", 0);
    assert_int_equal(store_run_find(b->s, "linear", &found, &b->eb), ERR_AMBIGUOUS);
    assert_non_null(strstr(b->eb.text, "1 ("));
    assert_non_null(strstr(b->eb.text, "2 ("));
    assert_int_equal(store_run_find(b->s, "lin%", &found, &b->eb), ERR_NOTFOUND);
    assert_int_equal(store_run_find(b->s, "' OR 1 --", &found, &b->eb), ERR_NOTFOUND);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, store_box_setup, store_box_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_add__writes_every_field),
        CASE(test_add__needed_skips_what_exists),
        CASE(test_add__needed_queues_again_what_failed),
        CASE(test_add__a_name_bound_to_other_cells_adds_nothing),
        CASE(test_add__says_how_the_cells_differ),
        CASE(test_add__a_run_that_ended_unscored_binds_no_name),
        CASE(test_add__a_run_that_failed_after_scoring_binds_the_name),
        CASE(test_params__come_back_in_order),
        CASE(test_claim__takes_priority_then_order_once_each),
        CASE(test_claim__waits_for_memory_with_a_reason),
        CASE(test_lease__says_who_holds_it),
        CASE(test_lease__broken_puts_the_run_in_front),
        CASE(test_cancel__at_once_or_at_the_next_beat),
        CASE(test_pause__and_resume),
        CASE(test_pause__taken_back_or_outdone_before_it_happened),
        CASE(test_retry__keeps_or_drops_what_was_reached),
        CASE(test_clear__keeps_runs_that_were_begun),
        CASE(test_deaths__three_in_a_row_fail),
        CASE(test_deaths__a_long_reason_keeps_the_count),
        CASE(test_deaths__a_checkpoint_starts_the_count_anew),
        CASE(test_deaths__a_cancelled_run_stays_cancelled),
        CASE(test_hold__nothing_is_claimed_but_what_is_asked_for),
        CASE(test_first__goes_before_higher_priorities),
        CASE(test_end__the_rate_is_the_mean_of_the_training),
        CASE(test_end__epochs_are_those_that_are_done),
        CASE(test_attempt__says_its_threads),
        CASE(test_workers__leave_when_people_wish_it),
        CASE(test_workers__are_counted_by_their_heartbeat),
        CASE(test_fence__an_overtaken_attempt_writes_nothing),
        CASE(test_find__takes_ids_uuids_and_names),
    };

    return cmocka_run_group_tests_name("store_queue", tests, NULL, NULL);
}
