/* test_follow.c - a model that follows a store is like one that reads it anew. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "tests/store_support.h"
#include "tui/screen_model.h"

enum { ROUNDS = 300, MAX_CHANGES = 4, MAX_LIVE = 64, POINTS = 7 };

/* Somebody who changes a store at random. */
struct hand {
    struct store_box box;
    struct rng rng;
    uint64_t draws;
    struct store_attempt live[MAX_LIVE];
    int64_t step[MAX_LIVE]; /* that it has reported */
    size_t n_live;
    int64_t newest;             /* run_id */
    size_t n_done[16], n_tried; /* by kind: how often the store said yes */
};

static size_t
draw(struct hand *h, size_t n)
{
    return (size_t)rng_below(&h->rng, h->draws++, n);
}

/* --- changes --- */

static bool
queue_some(struct hand *h)
{
    static const char *const experiment[] = {"toy", "atlas", "lung"};
    static const char *const pair[] = {"pair-a", "pair-b", "pair-c", "pair-d"};
    int64_t id;

    for (size_t i = draw(h, 4) + 1; i-- > 0;) {
        struct store_new_run r =
            store_a_run(draw(h, 2) ? "ce" : "hce", (int64_t)draw(h, 5));
        r.experiment = experiment[draw(h, 3)];
        r.pair_key = pair[draw(h, 4)];
        r.n_evals = 0;
        store_ok(store_queue_add(h->box.s, &r, 1, false, &id, NULL, &h->box.eb),
                 &h->box.eb);
        h->newest = id;
    }
    return true;
}

static bool
claim(struct hand *h)
{
    struct store_process me = store_me();
    struct store_claim c;

    if (h->n_live == MAX_LIVE ||
        store_claim_next(h->box.s, &me, 0, UINT64_MAX, &c, NULL) != ERR_OK)
        return false;
    struct store_attempt a = {c.run_id, c.attempt};
    store_ok(store_attempt_begin(h->box.s, &a, 0, "avx2", "Haswell", true, &h->box.eb),
             &h->box.eb);
    h->step[h->n_live] = 0;
    h->live[h->n_live++] = a;
    return true;
}

static bool
report(struct hand *h)
{
    struct store_metric m[POINTS + 1];
    size_t i = h->n_live ? draw(h, h->n_live) : 0, n = 0;

    if (h->n_live == 0)
        return false;
    for (; n < POINTS; n++) {
        bool bad = draw(h, 20) == 0;
        m[n] =
            (struct store_metric){"train_loss", h->step[i] += 1 + (int64_t)draw(h, 90),
                                  0, 1, bad ? (double)NAN : (double)draw(h, 1000)};
    }
    m[n++] = (struct store_metric){"val_f1_macro", h->step[i], 0, 1,
                                   (double)draw(h, 1000) / 1000};
    struct store_progress p = {h->step[i], 0, 1000, 60};
    store_ok(store_metrics_add(h->box.s, &h->live[i], m, n, &p, &h->box.eb),
             &h->box.eb);
    return true;
}

static bool
finish(struct hand *h)
{
    static const char *const state[] = {"succeeded", "succeeded", "failed", "queued"};
    size_t i = h->n_live ? draw(h, h->n_live) : 0;

    if (h->n_live == 0)
        return false;
    store_finished(&h->box, h->live[i], state[draw(h, 4)]);
    h->n_live--;
    h->live[i] = h->live[h->n_live];
    h->step[i] = h->step[h->n_live];
    return true;
}

static bool
die(struct hand *h)
{
    char state[STORE_TEXT];
    size_t i = h->n_live ? draw(h, h->n_live) : 0;

    if (h->n_live == 0)
        return false;
    store_ok(store_attempt_died(h->box.s, h->live[i].run_id, h->live[i].attempt, -1, 9,
                                "killed", state, &h->box.eb),
             &h->box.eb);
    h->n_live--;
    h->live[i] = h->live[h->n_live];
    h->step[i] = h->step[h->n_live];
    return true;
}

/* A run that there is or was. */
static int64_t
any_run(struct hand *h)
{
    return h->newest ? 1 + (int64_t)draw(h, (size_t)h->newest) : 1;
}

static bool
wish(struct hand *h)
{
    bool done = false;
    int64_t id = any_run(h);
    enum err e;

    switch (draw(h, 5)) {
    case 0: e = store_cancel(h->box.s, id, &done, NULL); break;
    case 1: e = store_pause(h->box.s, id, &done, NULL); break;
    case 2: e = store_resume(h->box.s, id, &done, NULL); break;
    case 3:
        e = store_set_priority(h->box.s, id, (int64_t)draw(h, 9), &done, NULL);
        break;
    default: e = store_retry(h->box.s, id, draw(h, 2), &done, NULL); break;
    }
    return e == ERR_OK && done;
}

static bool
score(struct hand *h)
{
    const struct store_f1 f1 = {.rule = "exact",
                                .facet = "all",
                                .label = "all",
                                .f1 = .5,
                                .support = 10,
                                .n_classes = 2};
    struct store_attempt a = {any_run(h), 0};
    struct store_evaluation ev = {.name = draw(h, 2) ? "id" : "ood",
                                  .cells_digest = "cells",
                                  .checkpoint = "best",
                                  .is_primary = true,
                                  .n_cells = 10,
                                  .f1 = &f1,
                                  .n_f1 = 1};

    return store_evaluation_add(h->box.s, &a, &ev, NULL) == ERR_OK;
}

static bool
clear(struct hand *h)
{
    size_t n = 0;

    if (draw(h, 8)) /* or nothing would ever wait */
        return false;
    store_ok(store_clear_queue(h->box.s, &n, &h->box.eb), &h->box.eb);
    return n > 0;
}

static bool (*const change[])(struct hand *) = {queue_some, claim,  claim,  report,
                                                report,     report, finish, die,
                                                wish,       wish,   score,  clear};
enum { N_KINDS = sizeof change / sizeof change[0] };

static void
change_something(struct hand *h)
{
    size_t kind = draw(h, N_KINDS);

    h->n_done[kind] += change[kind](h);
}

/* --- the same? --- */

static void
same_text(const char *what, const char *a, const char *b)
{
    if (a != b && (!a || !b || strcmp(a, b) != 0))
        fail_msg("%s: %s, read anew: %s", what, a ? a : "NULL", b ? b : "NULL");
}

static void
same_number(const char *what, double a, double b)
{
    if (isnan(a) != isnan(b) || a < b || a > b)
        fail_msg("%s: %.17g, read anew: %.17g", what, a, b);
}

#define TEXT(field)   same_text(#field, a->field, b->field)
#define NUMBER(field) same_number(#field, (double)a->field, (double)b->field)

static void
same_run(const struct store_run *a, const struct store_run *b)
{
    TEXT(uuid);
    TEXT(pair_key);
    TEXT(name);
    TEXT(experiment);
    TEXT(model);
    TEXT(loss);
    TEXT(state);
    TEXT(end_reason);
    TEXT(reason);
    TEXT(created_at);
    TEXT(started_at);
    TEXT(ended_at);
    TEXT(host);
    TEXT(weights_sha256);
    TEXT(cpu_path);
    NUMBER(run_id);
    NUMBER(seed);
    NUMBER(attempt);
    NUMBER(epoch);
    NUMBER(step);
    NUMBER(best_epoch);
    NUMBER(pid);
    NUMBER(exit_code);
    NUMBER(term_signal);
    NUMBER(priority);
    NUMBER(train_loss);
    NUMBER(val_f1_macro);
    NUMBER(best_val_f1_macro);
    NUMBER(cells_per_s);
    NUMBER(eta_s);
    NUMBER(change);
    if (strcmp(a->state, "running") != 0) /* else it grows */
        NUMBER(duration_s);
}

static void
same_group(const struct run_group *a, const struct run_group *b)
{
    TEXT(experiment);
    TEXT(pair_key);
    TEXT(loss);
    NUMBER(n);
    NUMBER(newest);
    NUMBER(state);
    NUMBER(is_ambiguous);
    NUMBER(progress);
    NUMBER(loss_mean);
    NUMBER(last_mean);
    NUMBER(best_mean);
    NUMBER(best_sd);
    NUMBER(best_epoch);
    NUMBER(n_best);
    NUMBER(cells_per_s);
    for (size_t i = 0; i < RUN_STATE_COUNT; i++)
        NUMBER(count[i]);
    for (size_t i = 0; i < a->n; i++)
        NUMBER(run[i]);
}

static void
same_curve(struct model *x, struct model *y, size_t i)
{
    const struct store_run *r = &x->runs.run[i];
    const struct curve *a = model_curve(x, r, METRIC_train_loss);
    const struct curve *b = model_curve(y, &y->runs.run[i], METRIC_train_loss);
    const struct spark *p = model_spark(x, r, METRIC_train_loss);
    const struct spark *q = model_spark(y, &y->runs.run[i], METRIC_train_loss);

    NUMBER(n);
    for (size_t k = 0; k < a->n; k++) {
        NUMBER(step[k]);
        NUMBER(value[k]);
    }
    assert_int_equal(p->width, q->width);
    assert_memory_equal(p->n, q->n, sizeof p->n);
    assert_memory_equal(p->bad, q->bad, sizeof p->bad);
    for (size_t k = 0; k < SPARK_BINS; k++)
        same_number("sum", p->sum[k], q->sum[k]);
}

static void
same_models(struct model *a, struct model *b)
{
    NUMBER(runs.n);
    NUMBER(n_groups);
    for (size_t i = 0; i < a->runs.n; i++) {
        same_run(&a->runs.run[i], &b->runs.run[i]);
        same_curve(a, b, i);
    }
    for (size_t i = 0; i < a->n_groups; i++)
        same_group(&a->group[i], &b->group[i]);
}

static void
test_model__follows_whatever_changes(void **state)
{
    struct hand h = {.rng = rng_stream(5, RNG_SIMULATE, 1, 1)};
    struct model m, fresh;
    unsigned last_whole = 0;
    size_t n_whole = 0;

    (void)state;
    store_box_open(&h.box);
    model_init(&m, h.box.path);
    for (size_t i = 0; i < ROUNDS; i++) {
        for (size_t k = 1 + draw(&h, MAX_CHANGES); k-- > 0;)
            change_something(&h);
        model_refresh(&m);
        model_init(&fresh, h.box.path);
        assert_true(model_refresh(&fresh));
        same_models(&m, &fresh);
        model_release(&fresh);
        n_whole += m.whole != last_whole;
        last_whole = m.whole;
    }
    for (size_t k = 0; k < N_KINDS; k++) /* each of them came to pass */
        assert_true(h.n_done[k] > 0);
    assert_true(n_whole > 10 && n_whole < ROUNDS - 50); /* and both ways of reading */
    model_release(&m);
    store_box_close(&h.box);
}

/* --- what a change means --- */

static void
test_model__says_when_results_may_be_others(void **state)
{
    struct store_box b;
    struct model m;
    const struct store_metric point = {"train_loss", 1, 0, 1, .5};

    (void)state;
    store_box_open(&b);
    struct store_attempt a = store_running(&b, "ce", 1);
    model_init(&m, b.path);
    assert_true(model_refresh(&m));
    unsigned before = m.results;
    store_ok(store_metrics_add(b.s, &a, &point, 1, NULL, &b.eb), &b.eb);
    assert_true(model_refresh(&m));
    assert_int_equal(m.results, before);
    store_finished(&b, a, "succeeded");
    assert_true(model_refresh(&m));
    assert_true(m.results > before);
    before = m.results;
    struct store_attempt later = {a.run_id, 0};
    struct store_evaluation ev = {.name = "id",
                                  .cells_digest = "cells-id",
                                  .checkpoint = "best",
                                  .is_primary = true,
                                  .n_cells = 1};
    store_ok(store_evaluation_add(b.s, &later, &ev, &b.eb), &b.eb);
    assert_true(model_refresh(&m));
    assert_true(m.results > before);
    model_release(&m);
    store_box_close(&b);
}

/* --- curves that do not fit --- */

/* Many curves of 2,000 points each are thinned out; what stands out stays. */
static void
test_curves__keep_extremes_where_they_do_not_fit(void **state)
{
    enum { RUNS = 400, N = 2000 };
    static struct store_metric point[N];
    struct store_box b;
    struct model m;
    double y_min = (double)INFINITY, y_max = -(double)INFINITY;
    size_t n_points = 0;

    (void)state;
    store_box_open(&b);
    for (size_t i = 0; i < N; i++)
        point[i] = (struct store_metric){"train_loss", (int64_t)i + 1, 0, 1,
                                         (double)(i * 7919 % 1000)};
    point[777].value = 5000;
    point[1234].value = -5000;
    point[1500].value = (double)NAN;
    for (int64_t i = 0; i < RUNS; i++) {
        struct store_attempt a = store_running(&b, "ce", i);
        store_ok(store_metrics_add(b.s, &a, point, i % 40 ? 1000 : N, NULL, &b.eb),
                 &b.eb);
    }
    model_init(&m, b.path);
    assert_true(model_refresh(&m));
    for (int frame = 0; frame < 3; frame++) {
        model_begin_frame(&m, (double)INFINITY);
        for (size_t i = 0; i < m.runs.n; i++)
            (void)model_curve(&m, &m.runs.run[i], METRIC_train_loss);
    }
    for (size_t i = 0; i < m.curves.curve.n; i++)
        n_points += ((const struct curve *)m.curves.curve.item[i])->n;
    assert_true(n_points <= CURVES_POINTS);
    const struct curve *c = model_curve(&m, &m.runs.run[0], METRIC_train_loss);
    assert_true(c->n <= N / 2 + 2 && c->average != NULL);
    size_t n_bad = 0;
    double sum = 0;
    for (size_t i = 0; i < c->n; i++) {
        assert_true(i == 0 || c->step[i] > c->step[i - 1]);
        y_min = fmin(y_min, c->value[i]);
        y_max = fmax(y_max, c->value[i]);
        n_bad += isnan(c->value[i]) ? 1 : 0;
        sum += isfinite(c->average[i]) ? c->average[i] : 0;
    }
    same_number("smallest", y_min, -5000);
    same_number("largest", y_max, 5000);
    assert_int_equal(n_bad, 1);
    support_near(sum / (double)c->n, 499.5, 5); /* the mean of the values */
    model_release(&m);
    store_box_close(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model__follows_whatever_changes),
        cmocka_unit_test(test_model__says_when_results_may_be_others),
        cmocka_unit_test(test_curves__keep_extremes_where_they_do_not_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
