/* test_linear.c - the linear model through the model interface. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "data/csr.h"
#include "engine/model.h"
#include "engine/train.h"
#include "engine/wire.h"
#include "num/loss.h"

static struct model *
new_model(size_t D, size_t C)
{
    struct model_config config = {.id = MODEL_linear, .D = D, .C = C};
    struct model *m;

    assert_int_equal(model_new(&m, &config, NULL), ERR_OK);
    return m;
}

static void
test_linear__every_model_has_an_entry(void **state)
{
    (void)state;
    for (enum model_id id = 0; id < MODEL_COUNT; id++) {
        const struct model_ops *ops = model_ops(id);

        assert_non_null(ops);
        assert_string_equal(ops->name, model_name(id));
        assert_true(ops->declare && ops->init && ops->scratch_bytes && ops->forward &&
                    ops->backward);
    }
}

static void
test_linear__parameters_are_named_as_in_pytorch(void **state)
{
    struct model *m = new_model(10, 3);

    (void)state;
    assert_int_equal(m->n_params, 2);
    assert_string_equal(m->param[0].name, "weight");
    assert_int_equal(m->param[0].dim[0], 3);
    assert_int_equal(m->param[0].dim[1], 10);
    assert_string_equal(m->param[1].name, "bias");
    assert_int_equal(m->param[1].dim[0], 3);
    assert_int_equal(m->param[1].n_dims, 1);
    assert_int_equal(model_exported(m), 33);
    model_free(m);
}

static void
test_linear__export_is_the_inverse_of_import(void **state)
{
    struct model *m = new_model(10, 3);
    float in[33], out[33];

    (void)state;
    for (size_t i = 0; i < 33; i++)
        in[i] = (float)i + 1;
    model_import(m, in);
    model_export(m, out);
    assert_memory_equal(in, out, sizeof in);
    /* Element (c, g) of PyTorch's weight lies at gene g, class c. */
    assert_true(m->value[4 * m->ld + 2] == in[2 * 10 + 4]);
    model_free(m);
}

static void
test_linear__init_is_uniform_and_keyed_by_element(void **state)
{
    enum { D = 400, C = 17 };
    struct model *m = new_model(D, C), *again = new_model(D, C);
    size_t n = model_exported(m);
    float *x = xcalloc(n, sizeof *x);
    double bound = 1 / sqrt((double)D), sum = 0, squares = 0;

    (void)state;
    m->ops->init(m, 3);
    again->ops->init(again, 3);
    assert_memory_equal(m->value, again->value, m->n_values * sizeof *x);
    again->ops->init(again, 4);
    assert_memory_not_equal(m->value, again->value, m->n_values * sizeof *x);
    model_export(m, x);
    for (size_t i = 0; i < n; i++) {
        assert_true(fabs((double)x[i]) <= bound);
        sum += (double)x[i];
        squares += (double)x[i] * (double)x[i];
    }
    support_near(sum / (double)n / bound, 0, 0.03); /* 4 standard errors */
    support_near(squares / (double)n / (bound * bound), 1.0 / 3, 0.015);

    struct rng r = rng_stream(3, RNG_INIT, 0, 0),
               r_bias = rng_stream(3, RNG_INIT, 1, 0);
    support_near((double)x[5 * D + 7], bound * (2 * rng_uniform(&r, 5 * D + 7) - 1),
                 1e-8);
    support_near((double)x[C * D + 2], bound * (2 * rng_uniform(&r_bias, 2) - 1), 1e-8);
    for (size_t g = 0; g <= D; g++)
        for (size_t c = C; c < m->ld; c++)
            assert_true(m->value[g * m->ld + c] == 0);
    free(x);
    model_free(m);
    model_free(again);
}

/* B coded cells of D genes, of which the first n are in every cell, others in none. */
static void
make_dense_cells(struct csr *x, size_t B, size_t D, size_t n)
{
    struct csr plain;

    assert_int_equal(csr_init(&plain, B, D, B * n, NULL), ERR_OK);
    for (size_t i = 0; i < B * n; i++) {
        plain.index[i] = (uint16_t)(i % n);
        plain.value[i] = (float)(1 + i % 7 % 3);
    }
    for (size_t b = 0; b < B; b++)
        plain.indptr[b + 1] = (b + 1) * n;
    assert_int_equal(csr_code(x, &plain, NULL), ERR_OK);
    csr_release(&plain);
    assert_int_equal(gene_order_own(x, 1, NULL), ERR_OK);
}

/* Logits (B, ld) of the cells; caller frees. */
static float *
logits_of(const struct csr *x, const struct kernels *k, size_t C)
{
    struct model_config config = {
        .id = MODEL_linear, .D = x->n_cols, .C = C, .order = &x->order};
    size_t B = x->n_rows, ld = kernels_pad(C);
    uint32_t *cell = xcalloc(B, sizeof *cell);
    float *z = xcalloc(B * ld, sizeof *z);
    struct model *m;
    struct pass p;

    for (size_t b = 0; b < B; b++)
        cell[b] = (uint32_t)b;
    assert_int_equal(model_new(&m, &config, NULL), ERR_OK);
    m->ops->init(m, 3);
    assert_int_equal(pass_init(&p, m, B, NULL, k, NULL), ERR_OK);
    assert_int_equal(pass_expect(&p, x, cell, B, NULL), ERR_OK);
    struct row_batch cells = row_batch_of(x, cell, B);

    pass_load(&p, &cells, NULL);
    m->ops->forward(m, &p);
    memcpy(z, p.z, B * ld * sizeof *z);
    pass_release(&p);
    model_free(m);
    free(cell);
    return z;
}

/* The last path. */
static const struct kernels *
generic(void)
{
    size_t i = 0;

    while (kernels_path(i + 1))
        i++;
    return kernels_path(i);
}

/* All genes are detected often, or all that are detected at all: nothing is left for the
 * sparse kernels. */
static void
test_linear__no_gene_need_be_sparse(void **state)
{
    enum { B = 40, C = 5, LD = 16 };
    static const size_t size[][2] = {{128, 128}, {256, 256}, {200, 128}, {300, 128}};
    const struct kernels *k;

    (void)state;
    for (size_t s = 0; s < sizeof size / sizeof *size; s++) {
        struct csr x;

        make_dense_cells(&x, B, size[s][0], size[s][1]);
        float *want = logits_of(&x, generic(), C);
        for (size_t i = 0; (k = kernels_path(i)); i++) {
            if (!kernels_supported(k))
                continue;
            float *z = logits_of(&x, k, C);

            for (size_t j = 0; j < B * LD; j++)
                support_near((double)z[j], (double)want[j], 1e-4);
            free(z);
        }
        free(want);
        csr_release(&x);
    }
}

/* Loss of a batch as a function of the parameters, in double by the formula. */
static double
loss_of(const struct model *m, const float *theta, const struct csr *x,
        const int32_t *y, const float *R, size_t B)
{
    size_t D = m->config.D, C = m->config.C;
    double *z = xcalloc(B * C, sizeof *z), *dz = xcalloc(B * C, sizeof *dz);

    for (size_t b = 0; b < B; b++) {
        for (size_t c = 0; c < C; c++) {
            z[b * C + c] = (double)theta[C * D + c];
            for (uint64_t k = x->indptr[b]; k < x->indptr[b + 1]; k++)
                z[b * C + c] +=
                    (double)x->value[k] * (double)theta[c * D + x->index[k]];
        }
    }
    double l = loss_batch_ref(LOSS_KIND_HCE, z, y, R, NULL, B, C, dz);
    free(z);
    free(dz);
    return l;
}

/* Forward and backward through the interface; grad (exported) out. */
static double
gradient_of(struct model *m, const struct csr *x, const int32_t *y, const float *R,
            size_t B, float *exported)
{
    struct pass p;
    uint32_t cell[8];
    size_t C = m->config.C;
    float *grad, *R_padded;

    assert_true(B <= 8);
    for (uint32_t b = 0; b < B; b++)
        cell[b] = b;
    assert_int_equal(pass_init(&p, m, B, NULL, kernels_best(), NULL), ERR_OK);
    assert_int_equal(big_calloc(&grad, m->n_trained, sizeof *grad, "grad", NULL),
                     ERR_OK);
    assert_int_equal(big_calloc(&R_padded, C * m->ld, sizeof *R_padded, "R", NULL),
                     ERR_OK);
    for (size_t c = 0; c < C; c++)
        memcpy(R_padded + c * m->ld, R + c * C, C * sizeof *R);
    struct row_batch cells = row_batch_of(x, cell, B);

    pass_load(&p, &cells, y);
    m->ops->forward(m, &p);
    struct loss_args a = {.B = B,
                          .C = C,
                          .ld = m->ld,
                          .z = p.z,
                          .y = p.y,
                          .R = R_padded,
                          .dz = p.dz,
                          .loss = p.loss,
                          .predicted = p.predicted};
    double l = loss_batch(NULL, p.k, LOSS_KIND_HCE, &a);
    m->ops->backward(m, &p, grad);
    for (size_t t = 0, at = 0; t < m->n_params; t++) {
        param_export(&m->param[t], grad, exported + at);
        at += m->param[t].dim[0] * m->param[t].dim[1];
    }
    pass_release(&p);
    free(grad);
    free(R_padded);
    return l;
}

static void
test_linear__gradient_equals_finite_differences(void **state)
{
    enum { B = 5, D = 9, C = 4, N = (D + 1) * C };
    static uint16_t index[] = {0, 3, 8, 1, 2, 3, 4, 5, 8};
    static float value[] = {1, 2, .5f, 3, .25f, 1.5f, 2, 1, 4};
    static uint64_t indptr[] = {0, 3, 3, 5, 8, 9}; /* cell 1 is empty */
    static const int32_t y[B] = {0, 1, 2, 3, 0};
    static const float R[C * C] = {1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    struct csr x = {.n_rows = B, .n_cols = D};
    struct model *m = new_model(D, C);
    float theta[N], grad[N];

    (void)state;
    x.indptr = indptr;
    x.index = index;
    x.value = value;
    m->ops->init(m, 1);
    model_export(m, theta);
    double l = gradient_of(m, &x, y, R, B, grad);
    support_near(l, loss_of(m, theta, &x, y, R, B), 1e-6);
    for (size_t i = 0; i < N; i++) {
        float keep = theta[i], h = 0x1p-10f;

        theta[i] = keep + h;
        double up = loss_of(m, theta, &x, y, R, B), above = (double)theta[i];
        theta[i] = keep - h;
        double down = loss_of(m, theta, &x, y, R, B), below = (double)theta[i];
        theta[i] = keep;
        support_near((double)grad[i], (up - down) / (above - below), 2e-6);
    }
    model_free(m);
}

/* Format 1 had no hyperparameters: name, shapes, tensors, values. */
static void
test_linear__checkpoints_of_format_1_are_read(void **state)
{
    static const float value[] = {1, 2, -1, -2, 0, 3, 0.5f, 0, 0}; /* W (3, 2), b */
    const struct csr x = {.n_rows = 2,
                          .n_cols = 2,
                          .indptr = (uint64_t[]){0, 0, 1},
                          .index = (uint16_t[]){1},
                          .value = (float[]){1}};
    const uint32_t cell[] = {0, 1};
    uint8_t bytes[512];
    struct wire_out w = {.p = bytes, .cap = sizeof bytes};
    struct classifier *c;
    int32_t said[2];

    (void)state;
    wire_open(&w, "HCELABPM", 1);
    wire_put_text(&w, "linear");
    for (size_t i = 0; i < 3; i++) /* genes, classes, tensors */
        wire_put_i64(&w, (const int64_t[]){2, 3, 2}[i]);
    wire_put_text(&w, "weight");
    wire_put_i64(&w, 3);
    wire_put_i64(&w, 2);
    wire_put_text(&w, "bias");
    wire_put_i64(&w, 3);
    wire_put_i64(&w, 1);
    wire_put(&w, value, sizeof value);
    wire_seal(&w);
    assert_int_equal(classifier_load(&c, bytes, w.n, NULL), ERR_OK);
    assert_int_equal(
        classifier_predict(c, &(struct dataset){.x = x}, cell, 2, 1, said, NULL, NULL),
        ERR_OK);
    assert_int_equal(said[0], 0);
    assert_int_equal(said[1], 2);
    classifier_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear__every_model_has_an_entry),
        cmocka_unit_test(test_linear__parameters_are_named_as_in_pytorch),
        cmocka_unit_test(test_linear__export_is_the_inverse_of_import),
        cmocka_unit_test(test_linear__init_is_uniform_and_keyed_by_element),
        cmocka_unit_test(test_linear__no_gene_need_be_sparse),
        cmocka_unit_test(test_linear__gradient_equals_finite_differences),
        cmocka_unit_test(test_linear__checkpoints_of_format_1_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
