/* test_store_attempt.c - what an attempt writes: curves, checkpoints, its end. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tests/store_support.h"

/* --- metrics --- */

struct points {
    size_t n, stop_after;
    int64_t step[16];
    double value[16];
    bool nonfinite[16];
};

static bool
keep_point(void *ctx, int64_t step, int64_t epoch, double wall_s, double value,
           bool nonfinite)
{
    struct points *p = ctx;

    (void)epoch;
    assert_true(wall_s >= 0);
    p->step[p->n] = step;
    p->value[p->n] = value;
    p->nonfinite[p->n] = nonfinite;
    return ++p->n != p->stop_after;
}

static struct points
curve_of(struct store_box *b, int64_t run_id, const char *metric, int64_t after)
{
    struct points p = {0};

    store_ok(store_curve_each(b->s, run_id, metric, after, keep_point, &p, &b->eb),
             &b->eb);
    return p;
}

static void
add_points(struct store_box *b, struct store_attempt a, const struct store_metric *m,
           size_t n)
{
    store_ok(store_metrics_add(b->s, &a, m, n, NULL, &b->eb), &b->eb);
}

static void
test_metrics__come_back_in_order_of_step(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    const struct store_metric m[] = {{"train_loss", 20, 0, 2, .25},
                                     {"train_loss", 10, 0, 1, .5},
                                     {"lr", 10, 0, 1, 1e-3}};

    add_points(b, a, m, 3);
    struct points p = curve_of(b, a.run_id, "train_loss", 0);
    assert_int_equal(p.n, 2);
    assert_true(p.step[0] == 10 && p.step[1] == 20);
    assert_true(p.value[0] == .5 && p.value[1] == .25);
    assert_int_equal(curve_of(b, a.run_id, "train_loss", 10).n, 1);
    assert_int_equal(curve_of(b, a.run_id, "no such metric", 0).n, 0);
    assert_int_equal(curve_of(b, a.run_id + 1, "train_loss", 0).n, 0);
    p = (struct points){.stop_after = 1};
    store_ok(store_curve_each(b->s, a.run_id, "train_loss", 0, keep_point, &p, &b->eb),
             &b->eb);
    assert_int_equal(p.n, 1);
}

static void
test_metrics__replace_equal_steps(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);

    add_points(b, a, &(struct store_metric){"train_loss", 10, 0, 1, .5}, 1);
    add_points(b, a, &(struct store_metric){"train_loss", 10, 0, 1, .125}, 1);
    struct points p = curve_of(b, a.run_id, "train_loss", 0);
    assert_int_equal(p.n, 1);
    assert_true(p.value[0] == .125);
}

static void
test_metrics__nan_is_null_with_a_flag(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    const struct store_metric m[] = {{"train_loss", 1, 0, 1, (double)NAN},
                                     {"train_loss", 2, 0, 2, (double)INFINITY},
                                     {"train_loss", 3, 0, 3, 1}};

    add_points(b, a, m, 3);
    struct points p = curve_of(b, a.run_id, "train_loss", 0);
    assert_true(isnan(p.value[0]) && p.nonfinite[0]);
    assert_true(isinf(p.value[1]) && p.nonfinite[1]);
    assert_true(p.value[2] == 1 && !p.nonfinite[2]);
    assert_string_equal(
        store_cell(
            b, "SELECT group_concat((value IS NULL) || ':' || nonfinite) FROM curve"),
        "1:1,0:1,0:0");
}

static void
test_metrics__keep_the_summary_up_to_date(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    const struct store_metric m[] = {
        {"train_loss", 10, 0, 1, .5},   {"val_loss", 10, 0, 1, .4},
        {"val_f1_macro", 10, 0, 1, .8}, {"val_f1_macro", 20, 1, 2, .8},
        {"val_f1_macro", 30, 2, 3, .7},
    };
    struct store_progress progress = {31, 3, 1000, 60};

    add_points(b, a, m, 5);
    assert_string_equal(store_cell(b,
                                   "SELECT step || ' ' || epoch || ' ' || train_loss ||"
                                   " ' ' || val_loss || ' ' || val_f1_macro || ' ' ||"
                                   " best_val_f1_macro || ' ' || best_epoch"
                                   " FROM run_summary"),
                        "30 2 0.5 0.4 0.7 0.8 0");
    store_ok(store_metrics_add(b->s, &a, NULL, 0, &progress, &b->eb), &b->eb);
    assert_string_equal(
        store_cell(b, "SELECT step || ' ' || epoch || ' ' || cells_per_s ||"
                      " ' ' || eta_s || ' ' || train_loss"
                      " FROM run_summary"),
        "31 3 1000.0 60.0 0.5");
    add_points(b, a, &(struct store_metric){"val_f1_macro", 40, 3, 4, .9}, 1);
    assert_string_equal(store_cell(b, "SELECT best_epoch FROM run_summary"), "3");
    store_finished(b, a, "succeeded");
    assert_string_equal(store_cell(b, "SELECT eta_s FROM run_summary"), "NULL");
}

/* --- starting again --- */

static void
test_begin__drops_what_lies_past_the_step(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    const struct store_metric m[] = {
        {"train_loss", 10, 0, 1, .5},   {"train_loss", 20, 1, 2, .25},
        {"val_f1_macro", 10, 0, 1, .6}, {"val_f1_macro", 20, 1, 2, .9},
        {"train_loss", 30, 2, 3, .125},
    };
    struct store_checkpoint late = {.kind = "best",
                                    .epoch = 1,
                                    .step = 20,
                                    .score = .9,
                                    .piece = PIECE("x", 1),
                                    .n_pieces = 1};

    store_ok(store_attempt_begin(b->s, &a, 0, "avx2", "Haswell", false, &b->eb),
             &b->eb);
    add_points(b, a, m, 5);
    store_ok(store_checkpoint_add(b->s, &a, &late, &b->eb), &b->eb);
    store_ok(store_lease_break(b->s, a.run_id, a.attempt, NULL, &b->eb), &b->eb);
    a = store_claimed(b);
    store_ok(store_attempt_begin(b->s, &a, 15, "avx2", "Haswell", false, &b->eb),
             &b->eb);
    assert_int_equal(curve_of(b, a.run_id, "train_loss", 0).n, 1);
    assert_int_equal(curve_of(b, a.run_id, "val_f1_macro", 0).n, 1);
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM checkpoint"), "0");
    assert_string_equal(store_cell(b,
                                   "SELECT step || ' ' || epoch || ' ' || train_loss ||"
                                   " ' ' || best_val_f1_macro || ' ' || best_epoch"
                                   " FROM run_summary"),
                        "15 0 0.5 0.6 0");
    assert_string_equal(
        store_cell(b, "SELECT resume_step FROM attempt WHERE attempt = 2"), "15");
}

static void
test_begin__refuses_another_cpu_only_to_go_on(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);

    store_ok(store_attempt_begin(b->s, &a, 0, "avx512", "Zen", false, &b->eb), &b->eb);
    assert_int_equal(store_attempt_begin(b->s, &a, 5, "avx2", "Zen", false, &b->eb),
                     ERR_CONFLICT);
    assert_non_null(strstr(b->eb.text, "--allow-other-cpu"));
    assert_int_equal(
        store_attempt_begin(b->s, &a, 5, "avx512", "Haswell", false, &b->eb),
        ERR_CONFLICT);
    store_ok(store_attempt_begin(b->s, &a, 5, "avx512", "Zen", false, &b->eb), &b->eb);
    store_ok(store_attempt_begin(b->s, &a, 0, "avx2", "Zen", false, &b->eb), &b->eb);
    store_ok(store_attempt_begin(b->s, &a, 5, "scalar", "Zen", true, &b->eb), &b->eb);
    assert_string_equal(store_cell(b, "SELECT cpu_path FROM run_summary"), "scalar");
}

/* --- checkpoints --- */

static void
save(struct store_box *b, struct store_attempt a, const char *kind, int64_t epoch,
     double score, const int64_t *keep, size_t n_keep)
{
    char data[32];
    struct store_checkpoint cp = {.kind = kind,
                                  .epoch = epoch,
                                  .step = epoch * 10,
                                  .score = score,
                                  .n_pieces = 1,
                                  .keep_epoch = keep,
                                  .n_keep = n_keep};

    cp.piece =
        PIECE(data, (size_t)snprintf(data, sizeof data, "%s %d", kind, (int)epoch));
    store_ok(store_checkpoint_add(b->s, &a, &cp, &b->eb), &b->eb);
}

static void
assert_loads(struct store_box *b, int64_t run_id, const char *kind, int64_t epoch,
             const char *want)
{
    int64_t found;
    void *data;
    size_t size;

    store_ok(
        store_checkpoint_load(b->s, run_id, kind, epoch, &data, &size, &found, &b->eb),
        &b->eb);
    assert_int_equal(size, strlen(want));
    assert_memory_equal(data, want, size);
    free(data);
}

static void
test_checkpoint__many_chunks_round_trip(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    const size_t sizes[] = {0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 20000003};

    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        unsigned char *data = xmalloc(sizes[k] + 1, 1);
        struct store_checkpoint cp = {.kind = "state",
                                      .step = (int64_t)k,
                                      .score = (double)NAN,
                                      .piece = PIECE(data, sizes[k]),
                                      .n_pieces = 1};
        void *back;
        size_t size;

        for (size_t i = 0; i < sizes[k]; i++)
            data[i] = (unsigned char)(i * 2654435761u >> 24);
        store_ok(store_checkpoint_add(b->s, &a, &cp, &b->eb), &b->eb);
        store_ok(store_checkpoint_load(b->s, a.run_id, "state", -1, &back, &size, NULL,
                                       &b->eb),
                 &b->eb);
        assert_int_equal(size, sizes[k]);
        assert_memory_equal(back, data, size);
        free(back);
        free(data);
    }
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM checkpoint"), "1");
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM checkpoint_chunk"), "20");
}

/* Chunks end inside pieces and pieces inside chunks. */
static void
test_checkpoint__pieces_become_one(void **state)
{
    enum { SIZE = 5000000 };
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    unsigned char *data = xmalloc(SIZE, 1);
    const struct piece piece[] = {
        {data, 100}, {data + 100, 0}, {data + 100, 3000000}, {data + 3000100, 1999900}};
    struct store_checkpoint cp = {
        .kind = "state", .score = (double)NAN, .piece = piece, .n_pieces = 4};
    void *back;
    size_t size;

    for (size_t i = 0; i < SIZE; i++)
        data[i] = (unsigned char)(i * 2654435761u >> 24);
    store_ok(store_checkpoint_add(b->s, &a, &cp, &b->eb), &b->eb);
    store_ok(
        store_checkpoint_load(b->s, a.run_id, "state", -1, &back, &size, NULL, &b->eb),
        &b->eb);
    assert_int_equal(size, SIZE);
    assert_memory_equal(back, data, SIZE);
    free(back);
    free(data);
}

static void
test_checkpoint__best_k_stay(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    int64_t found;
    void *data;
    size_t size;

    save(b, a, "best", 0, .5, (const int64_t[]){0}, 1);
    save(b, a, "best", 1, .7, (const int64_t[]){0, 1}, 2);
    save(b, a, "best", 2, .6, (const int64_t[]){2, 1}, 2);
    assert_string_equal(store_cell(b, "SELECT group_concat(epoch) FROM checkpoint"),
                        "1,2");
    assert_loads(b, a.run_id, "best", -1, "best 1");
    assert_loads(b, a.run_id, "best", 2, "best 2");
    assert_int_equal(
        store_checkpoint_load(b->s, a.run_id, "best", 0, &data, &size, &found, &b->eb),
        ERR_NOTFOUND);
    assert_null(data);
    assert_non_null(strstr(b->eb.text, "no checkpoint 'best' of epoch 0"));
    save(b, a, "best", 3, .7, (const int64_t[]){1, 3}, 2);
    assert_loads(b, a.run_id, "best", -1, "best 1"); /* a tie keeps the earlier epoch */
}

static void
test_checkpoint__incomplete_ones_do_not_count(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);

    save(b, a, "state", 1, (double)NAN, NULL, 0);
    store_foreign(
        b->path,
        "INSERT INTO checkpoint (run_id, attempt, kind, epoch, step, size_bytes,"
        " complete, created_us) VALUES (1, 1, 'state', 2, 20, 5, 0, 0)");
    assert_loads(b, a.run_id, "state", -1, "state 1");
    store_ok(store_attempt_begin(b->s, &a, 10, "avx2", "Zen", false, &b->eb), &b->eb);
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM checkpoint"), "1");
    store_foreign(b->path, "DELETE FROM checkpoint_chunk");
    void *data;
    size_t size;
    assert_int_equal(
        store_checkpoint_load(b->s, a.run_id, "state", -1, &data, &size, NULL, &b->eb),
        ERR_DB);
    assert_null(data);
}

static void
test_finish__success_keeps_weights_and_gives_space_back(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    size_t size = (size_t)12 << 20;
    char *data = xcalloc(size, 1);
    struct store_checkpoint cp = {.kind = "state",
                                  .epoch = 3,
                                  .step = 30,
                                  .score = (double)NAN,
                                  .piece = PIECE(data, size),
                                  .n_pieces = 1};
    struct store_finish f = {"succeeded", "max_epochs reached", 0, 5, 2, .75, "aaaa",
                             "bbbb"};
    struct store_info before, after;

    store_ok(store_checkpoint_add(b->s, &a, &cp, &b->eb), &b->eb);
    save(b, a, "best", 2, .75, (const int64_t[]){2}, 1);
    save(b, a, "last", 4, (double)NAN, NULL, 0);
    store_ok(store_wal_care(b->s, true, &b->eb), &b->eb);
    store_ok(store_info(b->s, &before, &b->eb), &b->eb);
    store_ok(store_attempt_finish(b->s, &a, &f, &b->eb), &b->eb);
    store_ok(store_wal_care(b->s, true, &b->eb), &b->eb);
    store_ok(store_info(b->s, &after, &b->eb), &b->eb);
    assert_true(before.size_bytes > (12 << 20));
    assert_true(after.size_bytes < (2 << 20));
    assert_string_equal(store_cell(b, "SELECT group_concat(kind) FROM checkpoint"),
                        "best,last");
    assert_string_equal(store_cell(b,
                                   "SELECT state || ' ' || end_reason || ' ' ||"
                                   " weights_sha256 || ' ' || best_weights_sha256 ||"
                                   " ' ' || best_epoch || ' ' || exit_code ||"
                                   " ' ' || (ended_at >= started_at) FROM run_summary"),
                        "succeeded max_epochs reached aaaa bbbb 2 0 1");
    free(data);
}

static void
test_finish__handed_back_keeps_its_state(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);

    save(b, a, "state", 3, (double)NAN, NULL, 0);
    store_finished(b, a, "queued");
    assert_string_equal(store_cell(b, "SELECT state || ' ' || position FROM queue"),
                        "queued 1");
    assert_string_equal(store_cell(b, "SELECT COALESCE(ended_at, 'not ended')"
                                      " FROM run_summary"),
                        "not ended");
    assert_loads(b, a.run_id, "state", -1, "state 3");
}

/* --- log --- */

struct lines {
    size_t n;
    char text[8][64];
    int64_t id[8], attempt[8];
};

static bool
keep_line(void *ctx, int64_t log_id, const char *time, int64_t attempt,
          const char *level, const char *text)
{
    struct lines *l = ctx;

    assert_int_equal(strlen(time), strlen("2026-01-02T03:04:05.678Z"));
    l->id[l->n] = log_id;
    l->attempt[l->n] = attempt;
    snprintf(l->text[l->n++], sizeof l->text[0], "%s: %s", level, text);
    return true;
}

static void
test_log__keeps_text_as_it_is(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    struct lines l = {0};

    store_ok(store_log_add(b->s, a.run_id, a.attempt, "info", "it's \"x\"\n\x1b[31m%s",
                           &b->eb),
             &b->eb);
    store_ok(store_log_add(b->s, a.run_id, 0, "error", "of the worker", &b->eb),
             &b->eb);
    store_ok(store_log_add(b->s, 0, 0, "warning", "of no run", &b->eb), &b->eb);
    store_ok(store_log_each(b->s, a.run_id, 0, keep_line, &l, &b->eb), &b->eb);
    assert_int_equal(l.n, 2);
    assert_string_equal(l.text[0], "info: it's \"x\"\n\x1b[31m%s");
    assert_true(l.attempt[0] == 1 && l.attempt[1] == 0);
    int64_t last = l.id[0];
    l.n = 0;
    store_ok(store_log_each(b->s, a.run_id, last, keep_line, &l, &b->eb), &b->eb);
    assert_int_equal(l.n, 1);
    l.n = 0;
    store_ok(store_log_each(b->s, 0, 0, keep_line, &l, &b->eb), &b->eb);
    assert_int_equal(l.n, 1);
    assert_string_equal(l.text[0], "warning: of no run");
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, store_box_setup, store_box_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_metrics__come_back_in_order_of_step),
        CASE(test_metrics__replace_equal_steps),
        CASE(test_metrics__nan_is_null_with_a_flag),
        CASE(test_metrics__keep_the_summary_up_to_date),
        CASE(test_begin__drops_what_lies_past_the_step),
        CASE(test_begin__refuses_another_cpu_only_to_go_on),
        CASE(test_checkpoint__many_chunks_round_trip),
        CASE(test_checkpoint__pieces_become_one),
        CASE(test_checkpoint__best_k_stay),
        CASE(test_checkpoint__incomplete_ones_do_not_count),
        CASE(test_finish__success_keeps_weights_and_gives_space_back),
        CASE(test_finish__handed_back_keeps_its_state),
        CASE(test_log__keeps_text_as_it_is),
    };

    return cmocka_run_group_tests_name("store_attempt", tests, NULL, NULL);
}
