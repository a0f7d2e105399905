/* test_train.c - the training loop: same bits for threads and resumes, stopping. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/augment_compute.h"
#include "data/obs_column.h"
#include "engine/f1.h"
#include "engine/trainer.h"
#include "engine/wire.h"
#include "tests/toy_run.h"

enum { CELLS = 700, VAL = 120, TEST = 100, CLASSES = 7 };

static const char *const usual[] = {"batch_size=64",
                                    "max_epochs=6",
                                    "learning_rate=0.01",
                                    "log_every_n_steps=3",
                                    "save_top_k=2",
                                    "early_stopping_patience=0",
                                    NULL};

static void
test_train__learns_the_toy(void **state)
{
    static const char *const losses[] = {"ce", "hce"};
    struct run_data rd;
    struct spec s;
    struct toy_sink ts;
    struct train_result r;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    for (size_t i = 0; i < 2; i++) {
        toy_spec_init(&s, losses[i], usual);
        toy_train(&s, &rd, 1, &ts, &r);
        assert_int_equal(r.epochs, 6);
        assert_int_equal(r.steps, 6 * 7); /* 480 training cells: 7 whole batches */
        assert_string_equal(r.end_reason, "max_epochs");
        assert_true(r.best_score > 0.7);
        assert_true(ts.last && ts.best && ts.state_step == r.steps);
        toy_sink_release(&ts);
        spec_release(&s);
    }
    toy_run_release(&rd);
}

static void
same_result(const struct train_result *a, const struct train_result *b)
{
    assert_int_equal(a->epochs, b->epochs);
    assert_int_equal(a->steps, b->steps);
    assert_int_equal(a->best_epoch, b->best_epoch);
    assert_memory_equal(&a->best_score, &b->best_score, sizeof a->best_score);
    assert_string_equal(a->end_reason, b->end_reason);
    assert_string_equal(a->weights_sha256, b->weights_sha256);
    assert_string_equal(a->best_weights_sha256, b->best_weights_sha256);
}

/* fn for every path that this machine has. */
static void
on_each_path(void (*fn)(const struct run_data *rd))
{
    static const char *const paths[] = {"amx", "avx512", "avx2", "generic", "auto"};
    struct run_data rd;

    toy_run_init(&rd, CELLS, VAL, TEST);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (train_set_cpu(paths[i], NULL) == ERR_OK)
            fn(&rd);
    toy_run_release(&rd);
}

/* Batches large enough that the kernels do share them among threads. */
static void
test_train__same_bits_for_any_number_of_threads(void **state)
{
    static const char *const large[] = {"batch_size=1500", "max_epochs=3",
                                        "learning_rate=0.01", "log_every_n_steps=1",
                                        NULL};
    static const char *const paths[] = {"amx", "avx512", "avx2", "generic", "auto"};
    struct run_data rd;
    struct spec s;
    struct toy_sink one, many;
    struct train_result r1, r;

    (void)state;
    toy_run_init(&rd, 4000, 400, 400);
    toy_spec_init(&s, "hce", large);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (train_set_cpu(paths[i], NULL) != ERR_OK)
            continue;
        toy_train(&s, &rd, 1, &one, &r1);
        for (size_t threads = 2; threads <= 3; threads++) {
            toy_train(&s, &rd, threads, &many, &r);
            same_result(&r1, &r);
            toy_sink_same_rows(&one, &many);
            toy_sink_release(&many);
        }
        toy_sink_release(&one);
    }
    spec_release(&s);
    toy_run_release(&rd);
}

static void
check_resumes(const struct run_data *rd)
{
    static const int64_t stops[] = {1, 2, 5, 7, 8, 14, 20, 30, 41};
    struct spec s;
    struct toy_sink whole, cut;
    struct train_result r1, r;

    toy_spec_init(&s, "hce", usual);
    toy_train(&s, rd, 1, &whole, &r1);
    for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++) {
        toy_train_interrupted(&s, rd, stops[i], 2, &cut, &r);
        same_result(&r1, &r);
        toy_sink_same_rows(&whole, &cut);
        toy_sink_release(&cut);
    }
    toy_sink_release(&whole);
    spec_release(&s);
}

static void
test_train__same_rows_and_bits_after_resume(void **state)
{
    (void)state;
    on_each_path(check_resumes);
}

static void
test_train__a_finished_state_returns_the_result_at_once(void **state)
{
    struct run_data rd;
    struct spec s;
    struct toy_sink ts;
    struct train_result r1, r;
    struct trainer *t;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    toy_spec_init(&s, "ce", usual);
    toy_train(&s, &rd, 1, &ts, &r1);
    size_t n_points = ts.n_points;
    assert_int_equal(trainer_new(&t, &s, &rd, 1, NULL), ERR_OK);
    assert_int_equal(trainer_resume(t, ts.state, ts.state_size, NULL), ERR_OK);
    assert_int_equal(trainer_run(t, &ts.sink, &r, NULL), ERR_OK);
    same_result(&r1, &r);
    assert_int_equal(ts.n_points, n_points);
    trainer_free(t);
    toy_sink_release(&ts);
    spec_release(&s);
    toy_run_release(&rd);
}

static void
refused(const struct spec *s, const struct run_data *rd, const void *data, size_t size,
        const char *why)
{
    struct trainer *t;
    struct errbuf eb;

    assert_int_equal(trainer_new(&t, s, rd, 1, &eb), ERR_OK);
    assert_int_equal(trainer_resume(t, data, size, &eb), ERR_FORMAT);
    if (!strstr(eb.text, why))
        fail_msg("'%s' does not say '%s'", eb.text, why);
    trainer_free(t);
}

static void
test_train__foreign_and_broken_states_are_refused(void **state)
{
    struct run_data rd;
    struct spec s;
    struct toy_sink ts;
    struct train_result r;
    uint8_t *bytes;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    toy_spec_init(&s, "ce", usual);
    toy_train(&s, &rd, 1, &ts, &r);
    bytes = ts.state;
    refused(&s, &rd, bytes, 10, "no state checkpoint");
    refused(&s, &rd, bytes, ts.state_size - 1, "not whole");
    refused(&s, &rd, ts.last, ts.last_size, "no state checkpoint");
    bytes[ts.state_size / 2] ^= 1;
    refused(&s, &rd, bytes, ts.state_size, "damaged");
    bytes[ts.state_size / 2] ^= 1;
    s.seed = 1;
    refused(&s, &rd, bytes, ts.state_size, "another run");
    s.seed = 0;
    s.loss = LOSS_hce;
    refused(&s, &rd, bytes, ts.state_size, "another run");
    s.loss = LOSS_ce;
    rd.data_digest[0] = 'f';
    refused(&s, &rd, bytes, ts.state_size, "another run");
    toy_sink_release(&ts);
    spec_release(&s);
    toy_run_release(&rd);
}

static void
test_train__ce_and_hce_start_alike(void **state)
{
    static const char *const losses[] = {"ce", "hce"};
    struct run_data rd;
    struct trainer *t[2];
    struct toy_sink ts[2];
    struct spec s[2];
    struct train_result r;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    for (size_t i = 0; i < 2; i++) {
        toy_spec_init(&s[i], losses[i], usual);
        toy_sink_init(&ts[i]);
        ts[i].stop_at = 1;
        assert_int_equal(trainer_new(&t[i], &s[i], &rd, 1, NULL), ERR_OK);
    }
    const struct model *ce = t[0]->learner.model, *hce = t[1]->learner.model;
    assert_memory_equal(ce->value, hce->value, ce->n_values * sizeof *ce->value);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(trainer_run(t[i], &ts[i].sink, &r, NULL), ERR_STOPPED);
    assert_memory_equal(t[0]->order, t[1]->order,
                        t[0]->batch_size * sizeof *t[0]->order);
    assert_memory_equal(t[0]->learner.pass.z, t[1]->learner.pass.z,
                        t[0]->batch_size * CLASSES * sizeof(float));
    assert_memory_not_equal(ce->value, hce->value, ce->n_values * sizeof *ce->value);
    for (size_t i = 0; i < 2; i++) {
        trainer_free(t[i]);
        toy_sink_release(&ts[i]);
        spec_release(&s[i]);
    }
    toy_run_release(&rd);
}

static void
test_train__non_finite_loss_names_the_step(void **state)
{
    struct run_data rd;
    struct spec s;
    struct toy_sink ts;
    struct train_result r;
    struct trainer *t;
    struct errbuf eb;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    toy_spec_init(&s, "ce", usual);
    rd.ds.x.value[rd.ds.x.indptr[200]] = (float)NAN;
    toy_sink_init(&ts);
    assert_int_equal(trainer_new(&t, &s, &rd, 1, &eb), ERR_OK);
    assert_int_equal(trainer_run(t, &ts.sink, &r, &eb), ERR_NONFINITE);
    int64_t step = trainer_step(t) + 1;
    char expected[64];
    snprintf(expected, sizeof expected, "at step %lld (epoch 0)", (long long)step);
    assert_non_null(strstr(eb.text, expected));
    assert_int_equal(ts.point[ts.n_points - 1].step, step);
    trainer_free(t);
    toy_sink_release(&ts);
    spec_release(&s);
    toy_run_release(&rd);
}

/* Row `nth` of a metric. */
static double
row_of(const struct toy_sink *ts, enum metric_id metric, size_t nth)
{
    for (size_t i = 0; i < ts->n_points; i++)
        if (ts->point[i].metric == metric && nth-- == 0)
            return ts->point[i].value;
    fail_msg("no such row");
    return 0;
}

/* Train `stop` steps; ts is initialised here. */
static void
train_steps(const struct spec *s, const struct run_data *rd, int64_t stop,
            struct toy_sink *ts)
{
    struct trainer *t;
    struct train_result r;

    toy_sink_init(ts);
    ts->stop_at = stop;
    assert_int_equal(trainer_new(&t, s, rd, 1, NULL), ERR_OK);
    assert_int_equal(trainer_run(t, &ts->sink, &r, NULL), ERR_STOPPED);
    trainer_free(t);
}

/* The tensors of a state are under its seal, the first and the last byte of them. */
static void
test_train__damaged_tensors_are_noticed(void **state)
{
    struct run_data rd;
    struct spec s;
    struct toy_sink ts;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    toy_spec_init(&s, "ce", usual);
    train_steps(&s, &rd, 2, &ts);
    uint8_t *bytes = ts.state;

    for (size_t i = 0; i < 8; i++) {
        size_t at = ts.state_size - 1 - i * (ts.state_size / 8);

        bytes[at] ^= 0x40;
        refused(&s, &rd, bytes, ts.state_size, "damaged");
        bytes[at] ^= 0x40;
    }
    toy_sink_release(&ts);
    spec_release(&s);
    toy_run_release(&rd);
}

/* Version 2: the same fields under a sha256. */
static void
test_train__states_of_format_2_are_read(void **state)
{
    enum { CRC = 8, SHA = 64 };
    struct run_data rd;
    struct spec s;
    struct toy_sink ts;
    struct trainer *t;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    toy_spec_init(&s, "ce", usual);
    train_steps(&s, &rd, 2, &ts);
    size_t size = ts.state_size + SHA - CRC;
    uint8_t *old = xmalloc(size, 1);
    struct wire_out version = {.p = old, .n = WIRE_MAGIC, .cap = size};
    struct wire_out all = {
        .p = old, .n = ts.state_size - CRC, .cap = size, .version = 2};

    memcpy(old, ts.state, ts.state_size - CRC);
    wire_put_i64(&version, 2);
    wire_seal(&all);
    assert_int_equal(all.n, size);
    assert_int_equal(trainer_new(&t, &s, &rd, 1, NULL), ERR_OK);
    assert_int_equal(trainer_resume(t, old, size, NULL), ERR_OK);
    assert_int_equal(trainer_step(t), 2);
    trainer_free(t);
    free(old);
    toy_sink_release(&ts);
    spec_release(&s);
    toy_run_release(&rd);
}

/* What is beaten before the next state is not stored; what is not, before it. */
static void
test_train__the_best_is_stored_before_a_state(void **state)
{
    static const char *const one[] = {"batch_size=64", "max_epochs=6",
                                      "learning_rate=0.01", "save_top_k=1", NULL};
    struct run_data rd;
    struct spec s;
    struct toy_sink ts;
    struct train_result r;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    toy_spec_init(&s, "ce", one);
    toy_train(&s, &rd, 1, &ts, &r);
    assert_true(r.best_epoch > 0); /* so that there was something to beat */
    assert_true(ts.n_best > 0 && ts.n_best < ts.n_states);
    assert_int_equal(ts.best_epoch, r.best_epoch);
    assert_int_equal(ts.best_step, (r.best_epoch + 1) * 7);
    assert_string_equal(ts.best_sha256, r.best_weights_sha256);
    toy_sink_release(&ts);
    for (int64_t stop = 7; stop <= 14; stop += 7) {
        train_steps(&s, &rd, stop, &ts);
        assert_int_equal(ts.n_best, 1);
        assert_int_equal(ts.best_step, stop);
        assert_true(ts.best_before_state);
        toy_sink_release(&ts);
    }
    spec_release(&s);
    toy_run_release(&rd);
}

/* Blocks have an order of their own, which a resume in the middle of an epoch finds. */
static void
test_train__blocks_resume_in_mid_epoch(void **state)
{
    struct run_data rd;
    struct spec s;
    struct toy_sink cells, blocks, ts;
    struct train_result r, r_blocks, r_resumed;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    toy_spec_init(&s, "ce", usual);
    toy_train(&s, &rd, 2, &cells, &r);
    rd.ds.is_packed = true; /* auto */
    toy_train(&s, &rd, 2, &blocks, &r_blocks);
    assert_string_not_equal(r.weights_sha256, r_blocks.weights_sha256);
    rd.ds.is_packed = false;
    assert_int_equal(spec_set(&s, SPEC_ID_shuffle, "blocks", NULL), ERR_OK);
    for (int64_t stop = 1; stop < r.steps; stop += 2) {
        toy_train_interrupted(&s, &rd, stop, 2, &ts, &r_resumed);
        assert_string_equal(r_resumed.weights_sha256, r_blocks.weights_sha256);
        toy_sink_same_rows(&ts, &blocks);
        toy_sink_release(&ts);
    }
    toy_sink_release(&cells);
    toy_sink_release(&blocks);
    spec_release(&s);
    toy_run_release(&rd);
}

static void
test_train__patience_counts_epochs_without_a_better_one(void **state)
{
    /* Steps too small to change a prediction: every epoch ties with the first. */
    static const char *const still[] = {"batch_size=64",
                                        "max_epochs=9",
                                        "learning_rate=1e-12",
                                        "save_top_k=3",
                                        "early_stopping_patience=2",
                                        NULL};
    struct run_data rd;
    struct spec s;
    struct toy_sink ts;
    struct train_result r;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    toy_spec_init(&s, "ce", still);
    toy_train(&s, &rd, 1, &ts, &r);
    assert_string_equal(r.end_reason, "early_stopping");
    assert_int_equal(r.epochs, 3);
    assert_int_equal(r.best_epoch, 0);
    assert_int_equal(ts.n_best, 3);
    assert_int_equal(ts.n_keep, 3);
    for (int64_t i = 0; i < 3; i++)
        assert_int_equal(ts.keep[i], i);
    toy_sink_release(&ts);
    spec_release(&s);
    toy_run_release(&rd);
}

static void
test_train__best_is_the_highest_validation_score(void **state)
{
    struct run_data rd;
    struct spec s;
    struct toy_sink ts;
    struct train_result r;
    int64_t best = 0;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    toy_spec_init(&s, "hce", usual);
    toy_train(&s, &rd, 1, &ts, &r);
    for (int64_t e = 1; e < r.epochs; e++)
        if (row_of(&ts, METRIC_val_f1_macro, (size_t)e) >
            row_of(&ts, METRIC_val_f1_macro, (size_t)best))
            best = e;
    assert_int_equal(r.best_epoch, best);
    assert_int_equal(ts.keep[0], best);
    assert_int_equal(ts.n_keep, 2);
    toy_sink_release(&ts);
    spec_release(&s);
    toy_run_release(&rd);
}

static void
test_train__learning_rate_falls_by_steps(void **state)
{
    static const char *const hyper[] = {
        "batch_size=1000",        "max_epochs=5",       "lr_scheduler_step_size=2",
        "lr_scheduler_gamma=0.5", "learning_rate=0.25", NULL};
    static const double expected[] = {.25, .25, .125, .125, .0625};
    struct run_data rd;
    struct spec s;
    struct toy_sink ts;
    struct train_result r;

    (void)state;
    toy_run_init(&rd, CELLS, 0, TEST);
    toy_spec_init(&s, "ce", hyper);
    toy_train(&s, &rd, 1, &ts, &r);
    assert_int_equal(r.steps, 5); /* fewer cells than batch_size: one batch holds all */
    for (size_t i = 0; i < 5; i++)
        assert_true(row_of(&ts, METRIC_lr, i) == expected[i]);
    assert_int_equal(r.best_epoch, -1); /* nothing was validated */
    assert_true(isnan(r.best_score) && !*r.best_weights_sha256 && !ts.best);
    toy_sink_release(&ts);
    spec_release(&s);
    toy_run_release(&rd);
}

/* The digest is over the parameters as PyTorch would hold them: weight (C, D), bias. */
static void
test_train__the_last_checkpoint_scores_like_the_last_validation(void **state)
{
    enum { N = VAL };
    struct run_data rd;
    struct spec s;
    struct toy_sink ts;
    struct train_result r;
    struct classifier *c;
    uint32_t cell[N];
    int32_t predicted[N];
    float prob[N * CLASSES];
    struct f1_counts f;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    toy_spec_init(&s, "hce", usual);
    toy_train(&s, &rd, 1, &ts, &r);
    assert_int_equal(classifier_load(&c, ts.last, ts.last_size, NULL), ERR_OK);
    assert_int_equal(classifier_classes(c), CLASSES);
    for (uint32_t i = 0; i < N; i++)
        cell[i] = CELLS - N + i;
    assert_int_equal(classifier_predict(c, &rd.ds, cell, N, 2, predicted, prob, NULL),
                     ERR_OK);
    f1_counts_init(&f, CLASSES);
    trainer_count(&rd.classes, &f, rd.y, cell, predicted, N);
    assert_true(f1_average(&f).macro.f1 == row_of(&ts, METRIC_val_f1_macro, 5));
    for (size_t i = 0; i < N; i++) {
        double sum = 0;

        for (size_t j = 0; j < CLASSES; j++) {
            sum += (double)prob[i * CLASSES + j];
            assert_true(prob[i * CLASSES + j] <=
                        prob[i * CLASSES + (size_t)predicted[i]]);
        }
        support_near(sum, 1, 1e-6);
    }

    size_t n = (classifier_genes(c) + 1) * CLASSES * sizeof(float);
    char hex[DIGEST_HEX];
    struct digest d;
    digest_init(&d);
    digest_add(&d, (char *)ts.last + ts.last_size - sizeof(uint64_t) - n, n);
    digest_final(&d, hex);
    assert_string_equal(hex, r.weights_sha256);
    f1_counts_release(&f);
    classifier_free(c);
    toy_sink_release(&ts);
    spec_release(&s);
    toy_run_release(&rd);
}

static void
test_train__unknown_paths_are_refused(void **state)
{
    struct errbuf eb;
    struct train_platform p;

    (void)state;
    assert_int_equal(train_set_cpu("sse9", &eb), ERR_ARG);
    assert_non_null(strstr(eb.text, "generic"));
    assert_int_equal(train_set_cpu("generic", &eb), ERR_OK);
    train_platform(&p);
    assert_string_equal(p.cpu_path, "generic");
    assert_true(p.blas_core && *p.blas_core);
    assert_int_equal(train_set_cpu("auto", &eb), ERR_OK);
}

static void
test_train__unusable_data_are_refused(void **state)
{
    struct run_data rd;
    struct spec s;
    struct trainer *t;
    struct errbuf eb;

    (void)state;
    toy_run_init(&rd, CELLS, CELLS - TEST, TEST);
    toy_spec_init(&s, "ce", usual);
    assert_int_equal(trainer_new(&t, &s, &rd, 1, &eb), ERR_ARG);
    assert_non_null(strstr(eb.text, "no cells to train on"));
    assert_null(t);
    spec_release(&s);
    toy_run_release(&rd);
}

/* --- augmentation --- */

/* Vectors of the toy's training cells, which are of one study. */
static void
toy_augment(struct run_data *rd)
{
    struct augment_plan p;
    struct obs_column study = {
        .code = {xcalloc(rd->ds.n_cells, sizeof(int32_t)), sizeof(int32_t)}};
    struct augment_request q = {.n_cells = rd->ds.n_cells,
                                .C = rd->classes.C,
                                .y = rd->y,
                                .part = rd->part,
                                .study = &study,
                                .donor = dataset_find_column(&rd->ds, "donor_id")};

    rd->augment = xcalloc(1, sizeof *rd->augment);
    assert_int_equal(augment_plan_make(&p, &q, NULL), ERR_OK);
    assert_int_equal(augment_compute(rd->augment, &p, &rd->ds, NULL, NULL), ERR_OK);
    augment_plan_release(&p);
    obs_column_release(&study);
}

static void
toy_unaugment(struct run_data *rd)
{
    augment_release(rd->augment);
    free(rd->augment);
    rd->augment = NULL;
}

/* Also when vectors are computed again for the attempt that goes on. */
static void
test_train__augmented_runs_keep_their_bits(void **state)
{
    struct run_data rd;
    struct spec s;
    struct toy_sink one, other;
    struct train_result r1, r;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    toy_augment(&rd);
    toy_spec_init(&s, "hce", usual);
    assert_int_equal(spec_set(&s, SPEC_ID_model, "mlp", NULL), ERR_OK);
    assert_int_equal(spec_set_hyper(&s, "n_hidden=2", NULL), ERR_OK);
    assert_int_equal(spec_resolve(&s, NULL), ERR_OK);
    toy_train(&s, &rd, 1, &one, &r1);
    for (size_t threads = 2; threads <= 3; threads++) {
        toy_train(&s, &rd, threads, &other, &r);
        same_result(&r1, &r);
        toy_sink_same_rows(&one, &other);
        toy_sink_release(&other);
    }
    for (int64_t stop = 1; stop <= 16; stop += 5) {
        toy_unaugment(&rd);
        toy_augment(&rd);
        toy_train_interrupted(&s, &rd, stop, 2, &other, &r);
        same_result(&r1, &r);
        toy_sink_same_rows(&one, &other);
        toy_sink_release(&other);
    }
    toy_unaugment(&rd);
    toy_train(&s, &rd, 1, &other, &r); /* and they matter */
    assert_string_not_equal(r.weights_sha256, r1.weights_sha256);
    toy_sink_release(&other);
    toy_sink_release(&one);
    spec_release(&s);
    toy_run_release(&rd);
}

/* Coded cells give the bits of plain ones, also when some of them stay plain. */
static void
test_train__coded_cells_are_the_same_cells(void **state)
{
    static const char *const model[] = {"linear", "mlp"};
    struct run_data rd;
    struct csr plain, coded;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    toy_augment(&rd);
    plain = rd.ds.x;
    for (uint64_t k = 0; k < plain.indptr[plain.n_rows / 2]; k++)
        plain.value[k] = 0.5f + 0.25f * (float)(k % 3);
    assert_int_equal(csr_code(&coded, &plain, NULL), ERR_OK);
    assert_true(csr_row(&coded, 1).code && !csr_row(&coded, plain.n_rows - 1).code);
    for (size_t i = 0; i < 2; i++) {
        struct toy_sink a, b;
        struct train_result r, want;
        struct spec s;

        toy_spec_init(&s, "hce", usual);
        assert_int_equal(spec_set(&s, SPEC_ID_model, model[i], NULL), ERR_OK);
        assert_int_equal(spec_resolve(&s, NULL), ERR_OK);
        rd.ds.x = plain;
        toy_train(&s, &rd, 1, &a, &want);
        rd.ds.x = coded;
        toy_train(&s, &rd, 2, &b, &r);
        same_result(&want, &r);
        toy_sink_same_rows(&a, &b);
        toy_sink_release(&a);
        toy_sink_release(&b);
        spec_release(&s);
    }
    rd.ds.x = plain;
    csr_release(&coded);
    toy_unaugment(&rd);
    toy_run_release(&rd);
}

/* What a pass holds: other cells every epoch, the data's own where it does not train. */
static void
test_train__only_training_cells_are_augmented(void **state)
{
    struct run_data rd;
    struct spec s;
    struct toy_sink ts;
    struct train_result r;
    struct trainer *t;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    toy_augment(&rd);
    toy_spec_init(&s, "ce", usual);
    toy_sink_init(&ts);
    ts.stop_at = 1;
    assert_int_equal(trainer_new(&t, &s, &rd, 2, NULL), ERR_OK);
    assert_int_equal(trainer_run(t, &ts.sink, &r, NULL), ERR_STOPPED);
    struct pass *p = &t->learner.pass;
    struct csr *x = &rd.ds.x;

    assert_true(p->training);
    for (size_t b = 0; b < p->x.B; b++) {
        const struct sparse_row *row = &p->row[b];

        assert_true(row->index < x->index || row->index >= x->index + x->indptr[CELLS]);
        for (size_t k = 0; k < row->n; k++)
            assert_true(row->value[k] > 0 && row->value[k] <= 9 &&
                        (k == 0 || row->index[k - 1] < row->index[k]));
    }
    p->training = false;
    struct row_batch cells = row_batch_of(x, t->train_cell, p->B_max);

    pass_load(p, &cells, rd.y);
    for (size_t b = 0; b < p->x.B; b++) {
        assert_ptr_equal(p->row[b].index, x->index + x->indptr[t->train_cell[b]]);
        assert_ptr_equal(p->row[b].value, x->value + x->indptr[t->train_cell[b]]);
    }
    trainer_free(t);
    toy_sink_release(&ts);
    spec_release(&s);
    toy_unaugment(&rd);
    toy_run_release(&rd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train__learns_the_toy),
        cmocka_unit_test(test_train__same_bits_for_any_number_of_threads),
        cmocka_unit_test(test_train__same_rows_and_bits_after_resume),
        cmocka_unit_test(test_train__a_finished_state_returns_the_result_at_once),
        cmocka_unit_test(test_train__foreign_and_broken_states_are_refused),
        cmocka_unit_test(test_train__damaged_tensors_are_noticed),
        cmocka_unit_test(test_train__states_of_format_2_are_read),
        cmocka_unit_test(test_train__the_best_is_stored_before_a_state),
        cmocka_unit_test(test_train__ce_and_hce_start_alike),
        cmocka_unit_test(test_train__non_finite_loss_names_the_step),
        cmocka_unit_test(test_train__blocks_resume_in_mid_epoch),
        cmocka_unit_test(test_train__patience_counts_epochs_without_a_better_one),
        cmocka_unit_test(test_train__best_is_the_highest_validation_score),
        cmocka_unit_test(test_train__learning_rate_falls_by_steps),
        cmocka_unit_test(
            test_train__the_last_checkpoint_scores_like_the_last_validation),
        cmocka_unit_test(test_train__augmented_runs_keep_their_bits),
        cmocka_unit_test(test_train__coded_cells_are_the_same_cells),
        cmocka_unit_test(test_train__only_training_cells_are_augmented),
        cmocka_unit_test(test_train__unknown_paths_are_refused),
        cmocka_unit_test(test_train__unusable_data_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
