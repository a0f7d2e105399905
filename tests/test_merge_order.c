/* test_merge_order.c - stores merged in any order, and merges that are killed. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "tests/merge_support.h"
#include "tests/store_dump.h"

/* --- any order --- */

enum { N_STORES = 10, N_ORDERS = 20 };

struct dice {
    struct rng r;
    uint64_t i;
};

static int
roll(struct dice *d, int n)
{
    return (int)rng_below(&d->r, d->i++, (uint64_t)n);
}

/* What was on its way where a store was copied stopped there. */
static void
break_leases(struct store_box *b)
{
    struct store_lease *lease;
    size_t n;

    store_ok(store_leases(b->s, &lease, &n, &b->eb), &b->eb);
    for (size_t i = 0; i < n; i++)
        store_ok(store_lease_break(b->s, lease[i].run_id, lease[i].attempt, "copied",
                                   &b->eb),
                 &b->eb);
    free(lease);
}

/* Take a run that waits and leave it in some state. */
static void
work(struct store_box *b, struct dice *d)
{
    static const char *const end[] = {"failed", "paused", "queued", "cancelled"};
    struct store_process me = store_me();
    struct store_claim c;
    int what = roll(d, 7);

    if (store_claim_next(b->s, &me, 0, UINT64_MAX, &c, &b->eb) != ERR_OK)
        return;
    struct store_attempt a = {c.run_id, c.attempt};
    int64_t from = 10 * (c.attempt - 1), n = 10 + roll(d, 3);
    train(b, a, from, n, roll(d, 3));
    if (what < 3)
        succeed(b, a, from + n, roll(d, 100));
    else if (what < 6)
        store_finished(b, a, end[roll(d, 4)]);
}

static void
wish(struct store_box *b, struct dice *d)
{
    int64_t n = atoll(store_cell(b, "SELECT COUNT(*) FROM run"));
    int64_t id = n ? 1 + roll(d, (int)n) : 0;
    bool done;

    if (id && roll(d, 2))
        store_ok(store_retry(b->s, id, roll(d, 4) == 0, &done, &b->eb), &b->eb);
    else if (id)
        store_ok(store_resume(b->s, id, &done, &b->eb), &b->eb);
}

static void
evaluate_one(struct store_box *b, struct dice *d)
{
    const char *id = store_cell(b, "SELECT run_id FROM run WHERE state = 'succeeded'"
                                   " ORDER BY random() LIMIT 1");
    char name[16];

    snprintf(name, sizeof name, "set %d", roll(d, 4));
    if (strcmp(id, "no row") != 0)
        put_evaluation(b, (struct store_attempt){atoll(id), 0}, name,
                       roll(d, 3) ? "best" : "last", 1. / (1 + roll(d, 50)), 3);
}

/* Ten stores that know of each other: some begin as copies of earlier ones. */
static void
make_stores(struct store_box *b, struct store_box *o, struct dice *d)
{
    for (int k = 0; k < N_STORES; k++) {
        char name[16];

        snprintf(name, sizeof name, "s%d.db", k);
        if (k == 0 || roll(d, 4) == 0) {
            other_open(b, &o[k], name);
        } else {
            other_copy(b, o[roll(d, k)].s, &o[k], name);
            break_leases(&o[k]);
        }
        for (int i = 0; i < 14; i++) {
            int what = roll(d, 8);

            if (what < 2)
                store_queued(&o[k], roll(d, 2) ? "ce" : "hce", roll(d, 5));
            else if (what < 5)
                work(&o[k], d);
            else if (what < 6)
                wish(&o[k], d);
            else
                evaluate_one(&o[k], d);
        }
    }
}

static char *
merge_all(struct store_box *b, const struct store_box *o, const uint32_t *order,
          int which)
{
    struct store_box t;
    char name[24];

    snprintf(name, sizeof name, "target%d.db", which);
    other_open(b, &t, name);
    for (int k = 0; k < N_STORES; k++)
        merged(&t, o[order[k]].path);
    char *once = store_dump(t.path);
    for (int k = 0; k < N_STORES && which == 0; k++) {
        struct merge_report r = merged(&t, o[k].path);
        assert_int_equal(r.n[MERGE_RUN_NEW] + r.n[MERGE_RUN_FURTHER] + r.n_evaluations +
                             r.n_checkpoints,
                         0);
    }
    char *again = store_dump(t.path);
    store_dump_equal(once, again, "all of them again");
    free(again);
    other_close(&t);
    return once;
}

static void
test_merge__any_order_gives_the_same(void **state)
{
    struct store_box *b = *state, o[N_STORES];
    const char *seed = getenv("MERGE_SEED");
    struct dice d = {
        rng_stream(seed ? strtoull(seed, NULL, 10) : 1, RNG_SIMULATE, 1, 2), 0};
    char *first = NULL;

    make_stores(b, o, &d);
    for (int i = 0; i < N_ORDERS; i++) {
        struct rng r = rng_stream(77, RNG_SIMULATE, (uint64_t)i, 3);
        uint32_t order[N_STORES];

        rng_permutation(&r, order, N_STORES);
        char *text = merge_all(b, o, order, i);
        if (first)
            store_dump_equal(first, text, "another order");
        assert_true(strlen(text) > 20000);
        if (first)
            free(text);
        else
            first = text;
    }
    free(first);
    for (int k = 0; k < N_STORES; k++)
        other_close(&o[k]);
}

/* --- killed --- */

enum { N_KILLS = 50 };

static double
merge_in_child(const char *to, const char *from, double kill_after_s)
{
    double start = clock_mono_s();
    pid_t pid = fork();

    if (pid == 0) {
        struct merge_report r;
        struct store *s;

        if (store_open(&s, to, STORE_CREATE, NULL) ||
            store_merge(s, from, NULL, &r, NULL))
            _exit(1);
        store_close(s);
        _exit(0);
    }
    assert_true(pid > 0);
    if (kill_after_s >= 0) {
        usleep((useconds_t)(kill_after_s * 1e6));
        kill(pid, SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 0);
    return clock_mono_s() - start;
}

static void
test_merge__killed_and_done_again_is_complete(void **state)
{
    struct store_box *b = *state, o;
    size_t n_partial = 0;

    other_open(b, &o, "other.db");
    for (int64_t seed = 0; seed < 8; seed++)
        whole_run(&o, "ce", seed);
    store_close(o.s);
    o.s = NULL;
    char *calm = xasprintf("%s/calm.db", b->dir);
    double whole_s = merge_in_child(calm, o.path, -1);
    char *want = store_dump(calm);
    for (int i = 0; i < N_KILLS; i++) {
        struct rng r = rng_stream(5, RNG_SIMULATE, 9, 9);
        struct store_box t = {.path = xasprintf("%s/killed%d.db", b->dir, i)};

        merge_in_child(t.path, o.path, .7 * whole_s * rng_uniform(&r, (uint64_t)i));
        store_ok(store_open(&t.s, t.path, STORE_CREATE, &t.eb), &t.eb);
        check_whole(&t);
        const char *runs =
            store_cell(&t, "SELECT COUNT(*) || ' ' || (SELECT COUNT(*)"
                           " FROM checkpoint WHERE complete = 1) FROM run");
        n_partial += strcmp(runs, "0 0") != 0 && strcmp(runs, "8 16") != 0;
        merged(&t, o.path);
        char *text = store_dump(t.path);
        store_dump_equal(want, text, "killed");
        free(text);
        other_close(&t);
    }
    print_message("# killed within the merge: %zu of %d\n", n_partial, N_KILLS);
    assert_true(n_partial > 5);
    free(want);
    free(calm);
    other_close(&o);
}

int
main(void)
{
#define MERGE_TEST(f)                                                                  \
    cmocka_unit_test_setup_teardown(f, store_box_setup, store_box_teardown)
    const struct CMUnitTest tests[] = {
        MERGE_TEST(test_merge__any_order_gives_the_same),
        MERGE_TEST(test_merge__killed_and_done_again_is_complete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
