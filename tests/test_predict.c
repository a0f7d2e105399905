/* test_predict.c - what a trained model says of cells and genes: probabilities in order,
 * embeddings, importances. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "engine/classifier.h"
#include "engine/platform.h"
#include "engine/train.h"
#include "tests/toy_run.h"

enum { CELLS = 2600, VAL = 300, TEST = 300, D = 150, C = 7, W = 9 };

struct lab {
    struct run_data rd;
    struct model *m;      /* a TabNet as initialised */
    struct classifier *c; /* the same */
    uint32_t cell[CELLS]; /* all of them */
};

static struct classifier *
classifier_of(const struct model *m)
{
    float *scratch = xcalloc(model_exported(m), sizeof *scratch);
    void *bytes = xmalloc(classifier_bytes(m), 1);
    struct classifier *c;

    classifier_write(m, scratch, bytes);
    assert_int_equal(classifier_load(&c, bytes, classifier_bytes(m), NULL), ERR_OK);
    free(bytes);
    free(scratch);
    return c;
}

static void
tabnet_spec(struct spec *s)
{
    static const char *const hyper[] = {"n_d=9",      "n_a=5",           "n_steps=2",
                                        "n_shared=2", "n_independent=1", NULL};

    spec_init(s);
    assert_int_equal(spec_set(s, SPEC_ID_model, "tabnet", NULL), ERR_OK);
    for (size_t i = 0; hyper[i]; i++)
        assert_int_equal(spec_set_hyper(s, hyper[i], NULL), ERR_OK);
    assert_int_equal(spec_resolve(s, NULL), ERR_OK);
}

static struct model *
tabnet(void)
{
    struct model_config config;
    struct model *m;
    struct spec s;

    tabnet_spec(&s);
    model_config_init(&config, &s, D, C);
    assert_int_equal(model_new(&m, &config, NULL), ERR_OK);
    m->ops->init(m, 5);
    spec_release(&s);
    return m;
}

static int
setup(void **state)
{
    struct lab *lab = xcalloc(1, sizeof *lab);

    toy_run_init(&lab->rd, CELLS, VAL, TEST);
    lab->m = tabnet();
    lab->c = classifier_of(lab->m);
    for (uint32_t i = 0; i < CELLS; i++)
        lab->cell[i] = i;
    *state = lab;
    return 0;
}

static int
teardown(void **state)
{
    struct lab *lab = *state;

    classifier_free(lab->c);
    model_free(lab->m);
    toy_run_release(&lab->rd);
    free(lab);
    return 0;
}

static void
is_of_another_run(const struct lab *lab, const struct spec *s, size_t genes,
                  size_t classes, const char *want)
{
    struct errbuf eb = {""};

    assert_int_equal(classifier_check(lab->c, s, genes, classes, &eb), ERR_FORMAT);
    if (!strstr(eb.text, want))
        fail_msg("%s does not contain %s", eb.text, want);
}

static void
test_check__a_checkpoint_is_the_runs_own(void **state)
{
    const struct lab *lab = *state;
    struct spec s;

    tabnet_spec(&s);
    assert_int_equal(classifier_check(lab->c, &s, D, C, NULL), ERR_OK);
    is_of_another_run(lab, &s, D + 1, C,
                      "150 genes and 7 classes, this run has 151 and 7");
    is_of_another_run(lab, &s, D, C - 1,
                      "150 genes and 7 classes, this run has 150 and 6");
    assert_int_equal(spec_set_hyper(&s, "n_steps=1", NULL), ERR_OK);
    is_of_another_run(lab, &s, D, C, "its n_steps is not this run's");
    spec_release(&s);
    spec_init(&s);
    assert_int_equal(spec_resolve(&s, NULL), ERR_OK);
    is_of_another_run(lab, &s, D, C, "a tabnet model, this run has linear");
    spec_release(&s);
}

/* --- the most probable classes --- */

static void
tops(const float *prob, int32_t predicted, size_t k, const int32_t *expected)
{
    int32_t top[6];

    memset(top, 0x55, sizeof top);
    classifier_top(prob, 5, predicted, k, top);
    for (size_t i = 0; i < k; i++)
        assert_int_equal(top[i], expected[i]);
    assert_int_equal(top[k], 0x55555555);
}

static void
test_top__orders_by_probability_then_index(void **state)
{
    static const float mixed[] = {.2F, .1F, .4F, .1F, .2F};
    static const float rising[] = {.1F, .15F, .2F, .25F, .3F};
    static const float equal[] = {.2F, .2F, .2F, .2F, .2F};

    (void)state;
    tops(mixed, 2, 5, (const int32_t[]){2, 0, 4, 1, 3});
    tops(mixed, 2, 2, (const int32_t[]){2, 0});
    tops(rising, 4, 3, (const int32_t[]){4, 3, 2});
    tops(rising, 4, 1, (const int32_t[]){4});
    tops(rising, 4, 0, NULL);
    /* Rounding made the predicted class no more probable than others. */
    tops(equal, 3, 3, (const int32_t[]){3, 0, 1});
    tops(equal, 3, 1, (const int32_t[]){3});
}

/* --- embeddings --- */

/* p = softmax(w e) for w (C, W). */
static void
map_embedding(const float *w, const float *e, double *p)
{
    double sum = 0;

    for (size_t c = 0; c < C; c++) {
        double z = 0;

        for (size_t j = 0; j < W; j++)
            z += (double)w[c * W + j] * (double)e[j];
        p[c] = exp(z);
        sum += p[c];
    }
    for (size_t c = 0; c < C; c++)
        p[c] /= sum;
}

static void
test_embed__the_final_mapping_makes_probabilities_of_it(void **state)
{
    struct lab *lab = *state;
    float w[C * W];
    float *prob = xcalloc(CELLS * C, sizeof *prob), *again = xcalloc(CELLS * C, 4);
    float *e = xcalloc(CELLS * W, sizeof *e);
    int32_t *said = xcalloc(CELLS, sizeof *said), *said_again = xcalloc(CELLS, 4);

    assert_int_equal(classifier_embedding_width(lab->c), W);
    param_export(model_find_param(lab->m, "final_mapping.weight"), lab->m->value, w);
    assert_int_equal(
        classifier_embed(lab->c, &lab->rd.ds, lab->cell, CELLS, 2, said, prob, e, NULL),
        ERR_OK);
    for (size_t i = 0; i < CELLS; i++) {
        double p[C];

        map_embedding(w, e + i * W, p);
        for (size_t c = 0; c < C; c++)
            support_near((double)prob[i * C + c], p[c], 1e-5);
    }
    assert_int_equal(classifier_predict(lab->c, &lab->rd.ds, lab->cell, CELLS, 1,
                                        said_again, again, NULL),
                     ERR_OK);
    assert_memory_equal(prob, again, CELLS * C * sizeof *prob);
    assert_memory_equal(said, said_again, CELLS * sizeof *said);
    free(prob);
    free(again);
    free(e);
    free(said);
    free(said_again);
}

/* Weights are finite, what they make of a cell is not. */
static void
test_predict__a_cell_without_probabilities_is_named(void **state)
{
    struct lab *lab = *state;
    struct model_config config = {.id = MODEL_linear, .D = D, .C = C};
    struct sink sink = {0};
    uint32_t cell[] = {7, 3, 11};
    int32_t predicted[3];
    float prob[3 * C];
    struct errbuf eb = {""};
    struct model *m;

    assert_int_equal(model_new(&m, &config, NULL), ERR_OK);
    for (size_t i = 0; i < m->n_values; i++)
        m->value[i] = 3e38f;
    struct classifier *c = classifier_of(m);
    assert_int_equal(
        classifier_predict(c, &lab->rd.ds, cell, 3, 1, predicted, prob, &eb),
        ERR_NONFINITE);
    if (!strstr(eb.text, "cell 7: the model gives it no probabilities"))
        fail_msg("%s", eb.text);
    assert_int_equal(evaluate(c, &lab->rd.eval[0], &lab->rd.classes, &lab->rd.facets,
                              "best", 1, 2, &sink, NULL, NULL),
                     ERR_NONFINITE);
    classifier_free(c);
    model_free(m);
}

static void
test_embed__a_linear_model_has_none(void **state)
{
    struct lab *lab = *state;
    struct model_config config = {.id = MODEL_linear, .D = D, .C = C};
    struct model *m;
    struct errbuf eb;
    int32_t said;
    float e[W];
    double importance[C];

    assert_int_equal(model_new(&m, &config, NULL), ERR_OK);
    struct classifier *c = classifier_of(m);
    assert_int_equal(classifier_embedding_width(c), 0);
    assert_false(classifier_has_importance(c));
    assert_true(classifier_has_importance(lab->c));
    assert_int_equal(
        classifier_embed(c, &lab->rd.ds, lab->cell, 1, 1, &said, NULL, e, &eb),
        ERR_UNSUPPORTED);
    assert_non_null(strstr(eb.text, "linear"));
    assert_int_equal(
        classifier_importance(c, &lab->rd.ds, lab->cell, &said, 1, 1, importance, &eb),
        ERR_UNSUPPORTED);
    classifier_free(c);
    model_free(m);
}

/* --- importances --- */

/* sum (D) += importances of one cell, alone in its batch. */
static void
add_alone(const struct lab *lab, struct pass *p, uint32_t cell, double *sum)
{
    const int32_t only = 0;

    struct row_batch cells = row_batch_of(&lab->rd.ds.x, &cell, 1);

    pass_load(p, &cells, NULL);
    lab->m->ops->forward(lab->m, p);
    lab->m->ops->importance(lab->m, p, &only, sum);
}

/* expected (C, D) of cells 0..n-1, cell by cell. */
static void
expect_importances(const struct lab *lab, const int32_t *y, size_t n, double *expected)
{
    struct pass p;

    assert_int_equal(pass_init(&p, lab->m, 1, NULL, platform_kernels(), NULL), ERR_OK);
    memset(expected, 0, C * D * sizeof *expected);
    for (size_t i = 0; i < n; i++)
        add_alone(lab, &p, (uint32_t)i, expected + (size_t)y[i] * D);
    pass_release(&p);
    for (size_t c = 0; c < C; c++) {
        double sum = 0;

        for (size_t g = 0; g < D; g++)
            sum += expected[c * D + g];
        for (size_t g = 0; sum > 0 && g < D; g++)
            expected[c * D + g] /= sum;
    }
}

static void
test_importance__is_the_mean_of_the_cells_scaled_to_one(void **state)
{
    enum { N = 1100, ABSENT = 3 }; /* two batches */
    struct lab *lab = *state;
    double *expected = xcalloc(C * D, sizeof *expected);
    double *out = xcalloc(C * D, sizeof *out), total = 0;
    int32_t y[N];

    for (size_t i = 0; i < N; i++)
        y[i] = lab->rd.y[i] == ABSENT ? 0 : lab->rd.y[i];
    for (size_t i = 0; i < C * D; i++)
        out[i] = (double)NAN;
    expect_importances(lab, y, N, expected);
    assert_int_equal(
        classifier_importance(lab->c, &lab->rd.ds, lab->cell, y, N, 2, out, NULL),
        ERR_OK);
    for (size_t i = 0; i < C * D; i++) {
        support_near(out[i], expected[i], 1e-6);
        assert_true(i / D != ABSENT || out[i] == 0);
        total += out[i];
    }
    support_near(total, C - 1, 1e-9);
    free(expected);
    free(out);
}

struct kept {
    struct importance_row *row; /* owned */
    size_t n, calls;
};

static enum err
keep(void *ctx, const struct importance_row *row, size_t n, struct errbuf *eb)
{
    struct kept *k = ctx;

    (void)eb;
    k->row = xmalloc(n, sizeof *row);
    memcpy(k->row, row, n * sizeof *row);
    k->n = n;
    k->calls++;
    return ERR_OK;
}

static struct kept
report(const struct lab *lab, uint64_t seed, size_t threads)
{
    struct kept k = {0};
    struct sink sink = {.ctx = &k, .importance = keep};

    assert_int_equal(importance_report(lab->c, &lab->rd, seed, threads, &sink, NULL),
                     ERR_OK);
    assert_int_equal(k.calls, 1);
    return k;
}

/* Cell i is one of the IMPORTANCE_CELLS of its class with the smallest keys. */
static bool
is_drawn(const struct run_data *rd, const struct rng *r, size_t i)
{
    size_t n_before = 0;

    if (rd->part[i] != PART_TRAIN)
        return false;
    for (size_t k = 0; k < CELLS; k++)
        n_before += rd->part[k] == PART_TRAIN && rd->y[k] == rd->y[i] &&
                    rng_u64(r, k) < rng_u64(r, i);
    return n_before < IMPORTANCE_CELLS;
}

static void
test_report__ranks_genes_over_drawn_training_cells(void **state)
{
    struct lab *lab = *state;
    struct rng r = rng_stream(4, RNG_IMPORTANCE, 0, 0);
    struct kept k = report(lab, 4, 2);
    double *all = xcalloc(C * D, sizeof *all);
    size_t n = 0, of_class = 0;
    uint32_t cell[CELLS];
    int32_t y[CELLS];

    for (uint32_t i = 0; i < CELLS; i++)
        if (is_drawn(&lab->rd, &r, i)) {
            cell[n] = i;
            y[n++] = lab->rd.y[i];
        }
    assert_true(n < lab->rd.n_part[PART_TRAIN]); /* some classes are larger */
    assert_int_equal(
        classifier_importance(lab->c, &lab->rd.ds, cell, y, n, 1, all, NULL), ERR_OK);
    for (size_t i = 0; i < k.n; i++) {
        const struct importance_row *x = &k.row[i];

        of_class =
            i > 0 && x->class_index == k.row[i - 1].class_index ? of_class + 1 : 1;
        assert_int_equal(x->rank, of_class);
        support_near(x->importance, all[x->class_index * D + x->gene_index], 1e-9);
        assert_true(of_class == 1 || x->importance <= k.row[i - 1].importance);
        assert_true(x->rank <= IMPORTANCE_GENES && x->importance > 0);
    }
    assert_int_equal(k.row[k.n - 1].class_index, C - 1);
    free(k.row);
    free(all);
}

static void
test_report__depends_on_the_seed_and_not_on_threads(void **state)
{
    struct lab *lab = *state;
    struct kept a = report(lab, 4, 1), b = report(lab, 4, 3), other = report(lab, 5, 1);

    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.row, b.row, a.n * sizeof *a.row);
    assert_true(other.n != a.n || memcmp(a.row, other.row, a.n * sizeof *a.row) != 0);
    free(a.row);
    free(b.row);
    free(other.row);
}

static void
test_report__a_sink_may_want_none(void **state)
{
    struct lab *lab = *state;
    struct sink sink = {0};

    assert_int_equal(importance_report(lab->c, &lab->rd, 4, 1, &sink, NULL), ERR_OK);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_check__a_checkpoint_is_the_runs_own),
        cmocka_unit_test(test_top__orders_by_probability_then_index),
        CASE(test_embed__the_final_mapping_makes_probabilities_of_it),
        CASE(test_predict__a_cell_without_probabilities_is_named),
        CASE(test_embed__a_linear_model_has_none),
        CASE(test_importance__is_the_mean_of_the_cells_scaled_to_one),
        CASE(test_report__ranks_genes_over_drawn_training_cells),
        CASE(test_report__depends_on_the_seed_and_not_on_threads),
        CASE(test_report__a_sink_may_want_none),
    };

    return cmocka_run_group_tests_name("predict", tests, NULL, NULL);
}
