/* test_models.c - what holds for every model: names, places, threads, resume, bytes. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "engine/classifier.h"
#include "engine/learner.h"
#include "engine/trainer.h"
#include "engine/wire.h"
#include "tests/toy_run.h"

enum { CELLS = 700, VAL = 120, TEST = 100 };

/* Small models whose widths are no multiples of a vector. */
static const char *const small[MODEL_COUNT][8] = {
    [MODEL_linear] = {NULL},
    [MODEL_mlp] = {"hidden_size=21", "n_hidden=3", "dropout=0.2", NULL},
    [MODEL_tabnet] = {"n_d=9", "n_a=5", "n_steps=2", "n_shared=2", "n_independent=1",
                      "virtual_batch_size=30", "lambda_sparse=0.01", NULL},
};
static const char *const usual[] = {"batch_size=64", "max_epochs=3",
                                    "learning_rate=0.01", "log_every_n_steps=2", NULL};

static void
spec_of(struct spec *s, enum model_id id, const char *loss, const char *const *hyper)
{
    struct errbuf eb;

    spec_init(s);
    assert_int_equal(spec_set(s, SPEC_ID_model, model_name(id), &eb), ERR_OK);
    assert_int_equal(spec_set(s, SPEC_ID_loss, loss, &eb), ERR_OK);
    for (size_t i = 0; small[id][i]; i++)
        assert_int_equal(spec_set_hyper(s, small[id][i], &eb), ERR_OK);
    for (; *hyper; hyper++)
        assert_int_equal(spec_set_hyper(s, *hyper, &eb), ERR_OK);
    assert_int_equal(spec_resolve(s, &eb), ERR_OK);
}

static struct model *
model_of(enum model_id id, size_t D, size_t C)
{
    struct model_config config;
    struct model *m;
    struct spec s;

    spec_of(&s, id, "ce", usual);
    model_config_init(&config, &s, D, C);
    assert_int_equal(model_new(&m, &config, NULL), ERR_OK);
    spec_release(&s);
    return m;
}

/* --- parameters --- */

static void
has(const struct model *m, size_t t, const char *name, size_t rows, size_t cols)
{
    assert_true(t < m->n_params);
    assert_string_equal(m->param[t].name, name);
    assert_int_equal(m->param[t].dim[0], rows);
    assert_int_equal(m->param[t].dim[1], cols);
}

static void
test_models__mlp_is_named_as_in_pytorch(void **state)
{
    struct model *m = model_of(MODEL_mlp, 40, 7);

    (void)state;
    assert_int_equal(m->n_params, 3 * 6 + 2);
    has(m, 0, "encoder.0.weight", 21, 40);
    has(m, 1, "encoder.0.bias", 21, 1);
    has(m, 4, "encoder.1.running_mean", 21, 1);
    has(m, 6, "encoder.4.weight", 21, 21);
    has(m, 18, "linear.weight", 7, 21);
    has(m, 19, "linear.bias", 7, 1);
    assert_true(m->param[4].is_statistic && !m->param[6].is_statistic);
    model_free(m);
}

static void
test_models__tabnet_names_shared_layers_once(void **state)
{
    struct model *m = model_of(MODEL_tabnet, 40, 7);

    (void)state;
    /* 4 of the input, 2 shared W, per transformer 3 BatchNorms and 1 own W, per step 1
     * W and 1 BatchNorm, the final mapping. */
    assert_int_equal(m->n_params, 4 + 2 + 3 * (3 * 4 + 1) + 2 * 5 + 1);
    has(m, 0, "encoder.initial_bn.weight", 40, 1);
    has(m, 4, "encoder.initial_splitter.shared.shared_layers.0.weight", 28, 40);
    has(m, 5, "encoder.initial_splitter.shared.shared_layers.1.weight", 28, 14);
    has(m, 6, "encoder.initial_splitter.shared.glu_layers.0.bn.bn.weight", 28, 1);
    has(m, 14, "encoder.initial_splitter.specifics.glu_layers.0.fc.weight", 28, 14);
    assert_non_null(model_find_param(
        m, "encoder.feat_transformers.1.specifics.glu_layers.0.bn.bn.running_var"));
    assert_null(model_find_param(
        m, "encoder.feat_transformers.1.shared.shared_layers.0.weight"));
    has(m, m->n_params - 6, "encoder.att_transformers.1.fc.weight", 40, 5);
    has(m, m->n_params - 1, "final_mapping.weight", 7, 9);
    model_free(m);
}

static void
test_models__export_is_the_inverse_of_import(void **state)
{
    (void)state;
    for (enum model_id id = 0; id < MODEL_COUNT; id++) {
        struct model *m = model_of(id, 40, 7);
        size_t n = model_exported(m);
        float *in = xcalloc(n, sizeof *in), *out = xcalloc(n, sizeof *out);

        for (size_t i = 0; i < n; i++)
            in[i] = (float)i + 1;
        model_import(m, in);
        model_export(m, out);
        assert_memory_equal(in, out, n * sizeof *in);
        free(in);
        free(out);
        model_free(m);
    }
}

static double
sd_of(const struct model *m, const char *name)
{
    const struct param *p = model_find_param(m, name);
    size_t n = p->dim[0] * p->dim[1];
    float *x = xcalloc(n, sizeof *x);
    double sum = 0, squares = 0;

    param_export(p, m->value, x);
    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i];
        squares += (double)x[i] * (double)x[i];
    }
    free(x);
    return sqrt(squares / (double)n - sum / (double)n * (sum / (double)n));
}

/* DESIGN section 2; a standard deviation from n draws is good to 4 / sqrt(2n). */
static void
test_models__initial_spreads_are_the_published_ones(void **state)
{
    struct model *mlp = model_of(MODEL_mlp, 400, 7),
                 *t = model_of(MODEL_tabnet, 400, 7);

    (void)state;
    mlp->ops->init(mlp, 5);
    t->ops->init(t, 5);
    support_near(sd_of(mlp, "encoder.0.weight") * sqrt(400), 1 / sqrt(3), .02);
    support_near(sd_of(mlp, "encoder.4.weight") * sqrt(21), 1 / sqrt(3), .05);
    support_near(sd_of(t, "encoder.initial_splitter.shared.shared_layers.0.weight") *
                     pow(400, .25),
                 sqrt(2), .04);
    support_near(sd_of(t, "encoder.att_transformers.0.fc.weight") * pow(5, .25), 1,
                 .07);
    support_near(sd_of(t, "encoder.initial_bn.weight"), 0, 0);
    assert_true(
        t->value[model_find_param(t, "encoder.initial_bn.running_var")->offset] == 1);
    model_free(mlp);
    model_free(t);
}

/* --- training --- */

static void
check_same_bits(const struct spec *s, const struct run_data *rd)
{
    struct toy_sink one, other;
    struct train_result r1, r;

    toy_train(s, rd, 1, &one, &r1);
    toy_train(s, rd, 2, &other, &r);
    assert_string_equal(r1.weights_sha256, r.weights_sha256);
    toy_sink_same_rows(&one, &other);
    toy_sink_release(&other);
    for (int64_t stop = 3; stop <= 13; stop += 5) {
        toy_train_interrupted(s, rd, stop, 3, &other, &r);
        assert_string_equal(r1.weights_sha256, r.weights_sha256);
        assert_string_equal(r1.best_weights_sha256, r.best_weights_sha256);
        toy_sink_same_rows(&one, &other);
        toy_sink_release(&other);
    }
    toy_sink_release(&one);
}

/* Genes in another order, most of them so often detected that a path with matrix units
 * takes them dense. */
static void
reverse_genes(struct csr *x)
{
    size_t D = x->n_cols;
    uint16_t *gene = xcalloc(D, sizeof *gene);
    float *rate = xcalloc(D, sizeof *rate);
    struct gene_order o;

    for (size_t p = 0; p < D; p++) {
        gene[p] = (uint16_t)(D - 1 - p);
        rate[p] = p + 10 < D ? 0.4f : 0.01f;
    }
    gene_order_set(&o, D, gene, rate);
    assert_int_equal(gene_order_apply(&o, x, NULL, NULL), ERR_OK);
    gene_order_release(&o);
    free(gene);
    free(rate);
}

static void
test_models__same_bits_for_threads_and_resumes(void **state)
{
    static const char *const paths[] = {"amx", "avx512", "avx2", "generic", "auto"};
    struct run_data rd;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    reverse_genes(&rd.ds.x);
    for (enum model_id id = 0; id < MODEL_COUNT; id++) {
        for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
            struct spec s;

            if (train_set_cpu(paths[i], NULL) != ERR_OK)
                continue;
            spec_of(&s, id, i % 2 ? "ce" : "hce", usual);
            check_same_bits(&s, &rd);
            spec_release(&s);
        }
    }
    toy_run_release(&rd);
}

/* A checkpoint carries what shapes its model, and predicts as the trainer did. */
static void
test_models__a_checkpoint_makes_the_same_model(void **state)
{
    struct run_data rd;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    for (enum model_id id = 0; id < MODEL_COUNT; id++) {
        struct toy_sink ts;
        struct train_result r;
        struct classifier *c;
        struct spec s;
        uint32_t cell[VAL];
        int32_t predicted[VAL];
        size_t hits = 0;

        spec_of(&s, id, "hce",
                (const char *const[]){"batch_size=64", "max_epochs=12",
                                      "learning_rate=0.02", NULL});
        toy_train(&s, &rd, 2, &ts, &r);
        assert_int_equal(classifier_load(&c, ts.last, ts.last_size, NULL), ERR_OK);
        for (uint32_t i = 0; i < VAL; i++)
            cell[i] = CELLS - VAL + i;
        assert_int_equal(
            classifier_predict(c, &rd.ds, cell, VAL, 2, predicted, NULL, NULL), ERR_OK);
        for (size_t i = 0; i < VAL; i++)
            hits +=
                rd.classes
                    .R[(size_t)rd.y[cell[i]] * rd.classes.C + (size_t)predicted[i]] > 0;
        if (hits < VAL / 2) /* by chance a fifth would be */
            fail_msg("%s: %zu of %d cells are right", model_name(id), hits, VAL);
        classifier_free(c);
        toy_sink_release(&ts);
        spec_release(&s);
    }
    toy_run_release(&rd);
}

static void
test_models__padding_stays_zero(void **state)
{
    struct run_data rd;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    for (enum model_id id = 0; id < MODEL_COUNT; id++) {
        struct spec s;
        struct trainer *t;
        struct toy_sink ts;
        struct train_result r;

        spec_of(&s, id, "hce", usual);
        toy_sink_init(&ts);
        assert_int_equal(trainer_new(&t, &s, &rd, 1, NULL), ERR_OK);
        assert_int_equal(trainer_run(t, &ts.sink, &r, NULL), ERR_OK);
        struct model *m = t->learner.model;
        /* Zero what the tensors hold: nothing may be left among the trained floats. */
        float *zero = xcalloc(model_exported(m), sizeof *zero);
        model_import(m, zero);
        for (size_t i = 0; i < m->n_trained; i++)
            assert_true(m->value[i] == 0);
        free(zero);
        trainer_free(t);
        toy_sink_release(&ts);
        spec_release(&s);
    }
    toy_run_release(&rd);
}

enum { BATCH = 64 };

/* The logits of BATCH cells from `first` into z. */
static void
logits_of(struct learner *l, const struct run_data *rd, uint32_t first, bool settled,
          float *z)
{
    uint32_t cell[BATCH];

    for (uint32_t i = 0; i < BATCH; i++)
        cell[i] = first + i;
    l->pass.training = false;
    l->pass.settled = settled;
    struct row_batch cells = row_batch_of(&rd->ds.x, cell, BATCH);

    pass_load(&l->pass, &cells, NULL);
    l->model->ops->forward(l->model, &l->pass);
    memcpy(z, l->pass.z, BATCH * l->model->ld * sizeof *z);
}

/* What a settled pass keeps of its parameters changes no bit, for one step and more. */
static void
test_models__settled_passes_change_no_bit(void **state)
{
    static const char *const steps[] = {"n_steps=1", "n_steps=3"};
    struct run_data rd;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    for (size_t i = 0; i < 2; i++) {
        struct spec s;
        struct trainer *t;
        float *z;

        spec_of(&s, MODEL_tabnet, "hce",
                (const char *const[]){"batch_size=64", steps[i], NULL});
        assert_int_equal(trainer_new(&t, &s, &rd, 2, NULL), ERR_OK);
        struct model *m = t->learner.model;
        size_t n = BATCH * m->ld;
        assert_true(BATCH <= t->learner.pass.B_max);
        m->ops->init(m, 3);
        z = xcalloc(3 * n, sizeof *z);
        logits_of(&t->learner, &rd, BATCH, false, z);
        logits_of(&t->learner, &rd, 0, false, z);
        logits_of(&t->learner, &rd, BATCH, true, z + n);
        logits_of(&t->learner, &rd, 0, true, z + 2 * n);
        assert_memory_equal(z, z + 2 * n, n * sizeof *z);
        assert_memory_not_equal(z, z + n, n * sizeof *z);
        logits_of(&t->learner, &rd, BATCH, false, z);
        assert_memory_equal(z, z + n, n * sizeof *z);
        free(z);
        trainer_free(t);
        spec_release(&s);
    }
    toy_run_release(&rd);
}

/* Train with or without clocks; the digest of the weights. */
static void
train_timed(const struct spec *s, const struct run_data *rd, struct step_times *times,
            char sha256[DIGEST_HEX])
{
    struct trainer *t;
    struct toy_sink ts;
    struct train_result r;

    toy_sink_init(&ts);
    assert_int_equal(trainer_new(&t, s, rd, 2, NULL), ERR_OK);
    t->learner.pass.times = times;
    assert_int_equal(trainer_run(t, &ts.sink, &r, NULL), ERR_OK);
    memcpy(sha256, r.weights_sha256, DIGEST_HEX);
    trainer_free(t);
    toy_sink_release(&ts);
}

static void
test_models__clocks_change_no_bit(void **state)
{
    struct run_data rd;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    for (enum model_id id = 0; id < MODEL_COUNT; id++) {
        struct step_times times = {0};
        char plain[DIGEST_HEX], timed[DIGEST_HEX];
        struct spec s;

        spec_of(&s, id, "ce", usual);
        train_timed(&s, &rd, NULL, plain);
        train_timed(&s, &rd, &times, timed);
        assert_string_equal(timed, plain);
        for (size_t part = 0; part < STEP_PART_COUNT; part++)
            if (!(times.s[part] > 0))
                fail_msg("%s: part %zu took no time", model_name(id), part);
        spec_release(&s);
    }
    toy_run_release(&rd);
}

/* --- what cannot be trained --- */

static void
refuses(enum model_id id, const char *const *hyper, size_t n_train, const char *want)
{
    struct errbuf eb = {""};
    struct spec s;

    spec_of(&s, id, "ce", hyper);
    assert_int_equal(trainer_check(&s, n_train, &eb), ERR_ARG);
    if (!strstr(eb.text, want))
        fail_msg("%s does not contain %s", eb.text, want);
    spec_release(&s);
}

static void
test_models__batches_too_small_for_batchnorm_are_refused(void **state)
{
    (void)state;
    refuses(MODEL_mlp, usual, 1, "a batch of 1 cell: BatchNorm of the mlp model");
    refuses(MODEL_tabnet, usual, 1, "a batch of 1 cell: BatchNorm of the tabnet model");
    refuses(MODEL_tabnet,
            (const char *const[]){"batch_size=7", "virtual_batch_size=2", NULL}, 100,
            "cuts a batch of 7 cells into 3 of 3, the last of 1 cell");
}

/* Vectors and augmented cells are counted with the data (augment_bytes). */
static void
test_models__augmented_cells_are_counted_once(void **state)
{
    uint64_t bytes[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct spec s;

        spec_of(&s, MODEL_mlp, "ce",
                (const char *const[]){i ? "augment_training_data=true"
                                        : "augment_training_data=false",
                                      NULL});
        bytes[i] = trainer_memory_bytes(&s, 5000, 19331, 20, 0);
        spec_release(&s);
    }
    assert_int_equal(bytes[0], bytes[1]);
}

/* Batches of full cells count, and no cell has more values than there are genes. */
static void
test_models__memory_grows_with_values_up_to_the_genes(void **state)
{
    static const uint64_t mean[] = {1, 100, 4833, 19331, 40000};
    uint64_t bytes[5];

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct spec s;

        spec_of(&s, MODEL_linear, "ce", (const char *const[]){"batch_size=1000", NULL});
        bytes[i] = trainer_memory_bytes(&s, 5000, 19331, 20, mean[i] * 5000);
        spec_release(&s);
    }
    assert_true(bytes[1] > bytes[0] + 1000 * 4 * 99 * 6 - 1);
    assert_true(bytes[2] > bytes[1]);
    assert_true(bytes[3] >= bytes[2]);
    assert_true(bytes[4] == bytes[3]);
}

static void
does_not_resolve(enum model_id id, const char *const *hyper, const char *want)
{
    struct errbuf eb = {""};
    struct spec s;

    spec_init(&s);
    assert_int_equal(spec_set(&s, SPEC_ID_model, model_name(id), &eb), ERR_OK);
    for (; *hyper; hyper++)
        assert_int_equal(spec_set_hyper(&s, *hyper, &eb), ERR_OK);
    assert_int_equal(spec_resolve(&s, &eb), ERR_ARG);
    if (!strstr(eb.text, want))
        fail_msg("%s does not contain %s", eb.text, want);
    spec_release(&s);
}

static void
test_models__parameters_must_go_together(void **state)
{
    (void)state;
    does_not_resolve(MODEL_linear, (const char *const[]){"hidden_size=64", NULL},
                     "--set hidden_size=64: the linear model has no such parameter; "
                     "models that have it: mlp");
    does_not_resolve(MODEL_mlp, (const char *const[]){"batch_size=1", NULL},
                     "--set batch_size=1: BatchNorm of mlp needs at least 2");
    does_not_resolve(
        MODEL_tabnet,
        (const char *const[]){"batch_size=64", "virtual_batch_size=65", NULL},
        "--set virtual_batch_size=65: larger than a batch (batch_size=64)");
    does_not_resolve(MODEL_tabnet,
                     (const char *const[]){"n_shared=0", "n_independent=0", NULL},
                     "leave no layer");
}

static void
test_models__a_checkpoint_of_another_model_is_refused(void **state)
{
    struct run_data rd;
    struct spec mlp, tabnet;
    struct toy_sink ts;
    struct train_result r;
    struct trainer *t;
    struct errbuf eb = {""};

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    spec_of(&mlp, MODEL_mlp, "ce", usual);
    spec_of(&tabnet, MODEL_tabnet, "ce", usual);
    toy_train(&mlp, &rd, 1, &ts, &r);
    assert_int_equal(trainer_new(&t, &tabnet, &rd, 1, &eb), ERR_OK);
    assert_int_equal(trainer_resume(t, ts.state, ts.state_size, &eb), ERR_FORMAT);
    assert_non_null(strstr(eb.text, "belongs to another run: model"));
    trainer_free(t);
    toy_sink_release(&ts);
    spec_release(&mlp);
    spec_release(&tabnet);
    toy_run_release(&rd);
}

/* A state whose seal holds but whose position lies past the epoch's end. */
static void
test_models__a_state_that_stands_nowhere_is_refused(void **state)
{
    enum { SEAL = 8, BATCH_AT = 24 + 8 + DIGEST_HEX - 1 + 8, VERSION = 3 };
    struct run_data rd;
    struct spec s;
    struct toy_sink ts;
    struct train_result r;
    struct trainer *t;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    spec_of(&s, MODEL_mlp, "ce", usual);
    toy_train(&s, &rd, 1, &ts, &r);
    assert_int_equal(trainer_new(&t, &s, &rd, 1, NULL), ERR_OK);
    for (int64_t batch = -1; batch <= 1000; batch += 1001) {
        struct wire_out at = {.p = ts.state, .n = BATCH_AT, .cap = ts.state_size};
        struct wire_out all = {.p = ts.state,
                               .n = ts.state_size - SEAL,
                               .cap = ts.state_size,
                               .version = VERSION};

        wire_put_i64(&at, batch);
        wire_seal(&all);
        assert_int_equal(trainer_resume(t, ts.state, ts.state_size, NULL), ERR_FORMAT);
    }
    trainer_free(t);
    toy_sink_release(&ts);
    spec_release(&s);
    toy_run_release(&rd);
}

static void
does_not_load(const void *bytes, size_t size, const char *want)
{
    struct errbuf eb = {""};
    struct classifier *c;

    assert_int_equal(classifier_load(&c, bytes, size, &eb), ERR_FORMAT);
    if (!strstr(eb.text, want))
        fail_msg("%s does not contain %s", eb.text, want);
}

/* Whole and sealed, but of a model that no spec describes. */
static void
refuses_shape(const struct model_config *config)
{
    struct model *m;

    assert_int_equal(model_new(&m, config, NULL), ERR_OK);
    float *scratch = xcalloc(model_exported(m), sizeof *scratch);
    size_t size = classifier_bytes(m);
    void *bytes = xcalloc(size, 1);

    classifier_write(m, scratch, bytes);
    does_not_load(bytes, size, "impossible hyperparameters");
    free(bytes);
    free(scratch);
    model_free(m);
}

static void
test_models__checkpoints_of_impossible_shapes_are_refused(void **state)
{
    const struct model_config mlp = {
        .id = MODEL_mlp, .D = 20, .C = 3, .hidden_size = 8, .n_hidden = 1};
    const struct model_config tabnet = {.id = MODEL_tabnet,
                                        .D = 20,
                                        .C = 3,
                                        .n_d = 4,
                                        .n_a = 4,
                                        .n_steps = 1,
                                        .n_shared = 1,
                                        .gamma = 1,
                                        .virtual_batch_size = 8,
                                        .momentum = 0.1,
                                        .epsilon = 1e-15};
    struct model_config bad = mlp;

    (void)state;
    bad.n_hidden = 0;
    refuses_shape(&bad);
    bad = tabnet;
    bad.n_shared = 0;
    refuses_shape(&bad);
    bad = tabnet;
    bad.n_steps = 0;
    refuses_shape(&bad);
    bad = tabnet;
    bad.gamma = 0;
    refuses_shape(&bad);
}

/* A few bytes that promise 100 GB: not for want of memory. */
static void
test_models__a_checkpoint_is_measured_before_it_is_unpacked(void **state)
{
    uint8_t bytes[512] = {0};
    struct wire_out w = {.p = bytes, .cap = sizeof bytes};

    (void)state;
    wire_open(&w, "HCELABPM", 2);
    wire_put_text(&w, "mlp");
    wire_put_i64(&w, 20); /* genes */
    wire_put_i64(&w, 3);  /* classes */
    wire_put_i64(&w, 2);  /* hyperparameters */
    wire_put_f64(&w, 16384);
    wire_put_f64(&w, 100);
    wire_put_i64(&w, 602); /* tensors */
    wire_seal(&w);
    does_not_load(bytes, w.n, "holds other tensors than mlp has");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models__mlp_is_named_as_in_pytorch),
        cmocka_unit_test(test_models__tabnet_names_shared_layers_once),
        cmocka_unit_test(test_models__export_is_the_inverse_of_import),
        cmocka_unit_test(test_models__initial_spreads_are_the_published_ones),
        cmocka_unit_test(test_models__same_bits_for_threads_and_resumes),
        cmocka_unit_test(test_models__a_checkpoint_makes_the_same_model),
        cmocka_unit_test(test_models__padding_stays_zero),
        cmocka_unit_test(test_models__settled_passes_change_no_bit),
        cmocka_unit_test(test_models__clocks_change_no_bit),
        cmocka_unit_test(test_models__batches_too_small_for_batchnorm_are_refused),
        cmocka_unit_test(test_models__augmented_cells_are_counted_once),
        cmocka_unit_test(test_models__memory_grows_with_values_up_to_the_genes),
        cmocka_unit_test(test_models__parameters_must_go_together),
        cmocka_unit_test(test_models__a_checkpoint_of_another_model_is_refused),
        cmocka_unit_test(test_models__a_state_that_stands_nowhere_is_refused),
        cmocka_unit_test(test_models__checkpoints_of_impossible_shapes_are_refused),
        cmocka_unit_test(test_models__a_checkpoint_is_measured_before_it_is_unpacked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
