/* test_golden.c - the engine against numbers of the published implementation.
 *
 * tests/golden/reference.h5: inputs, initial parameters, three optimiser steps and the
 * outputs after them.  Tolerances, relative: losses 1e-5; gradients and final
 * parameters 1e-4 of their norm; probabilities 1e-5 absolute. */
#include "tests/support.h"

#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/augment.h"
#include "engine/learner.h"
#include "num/loss.h"

static hid_t
golden_open(void)
{
    hid_t file = H5Fopen(support_source("tests/golden/reference.h5"), H5F_ACC_RDONLY,
                         H5P_DEFAULT);

    assert_true(file >= 0);
    return file;
}

/* A whole data set as `type`; *n (may be NULL) = elements.  Caller frees. */
static void *
read_any(hid_t file, const char *path, hid_t type, size_t *n)
{
    hid_t ds = H5Dopen2(file, path, H5P_DEFAULT), space;

    if (ds < 0)
        fail_msg("reference.h5 has no %s", path);
    space = H5Dget_space(ds);
    size_t count = (size_t)H5Sget_simple_extent_npoints(space);
    void *out = xcalloc(count, H5Tget_size(type));

    assert_true(H5Dread(ds, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0);
    H5Sclose(space);
    H5Dclose(ds);
    if (n)
        *n = count;
    return out;
}

static double *
read_doubles(hid_t file, const char *path, size_t *n)
{
    return read_any(file, path, H5T_NATIVE_DOUBLE, n);
}

static float *
read_floats(hid_t file, const char *path, size_t *n)
{
    return read_any(file, path, H5T_NATIVE_FLOAT, n);
}

static int32_t *
read_ints(hid_t file, const char *path, size_t *n)
{
    return read_any(file, path, H5T_NATIVE_INT32, n);
}

static double
read_attribute(hid_t file, const char *group, const char *name)
{
    hid_t a = H5Aopen_by_name(file, group, name, H5P_DEFAULT, H5P_DEFAULT);
    double x;

    assert_true(a >= 0);
    assert_true(H5Aread(a, H5T_NATIVE_DOUBLE, &x) >= 0);
    H5Aclose(a);
    return x;
}

/* group/name in one static text. */
static const char *
in_group(const char *group, const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", group, name);
    return path;
}

/* Dense rows as CSR. */
static struct csr
csr_of(const float *dense, size_t n, size_t D)
{
    struct csr x = {.n_rows = n, .n_cols = D};
    size_t at = 0;

    x.indptr = xcalloc(n + 1, sizeof *x.indptr);
    x.index = xcalloc(n * D, sizeof *x.index);
    x.value = xcalloc(n * D, sizeof *x.value);
    for (size_t i = 0; i < n; i++) {
        for (size_t g = 0; g < D; g++) {
            if (dense[i * D + g] == 0)
                continue;
            x.index[at] = (uint16_t)g;
            x.value[at++] = dense[i * D + g];
        }
        x.indptr[i + 1] = at;
    }
    return x;
}

static void
csr_free(struct csr *x)
{
    free(x->indptr);
    free(x->index);
    free(x->value);
}

/* |a - b| / |b| <= tolerance, as vectors. */
static void
near_in_norm(const float *a, const float *b, size_t n, double tolerance,
             const char *what)
{
    double diff = 0, norm = 0;

    for (size_t i = 0; i < n; i++) {
        diff += pow((double)a[i] - (double)b[i], 2);
        norm += pow((double)b[i], 2);
    }
    if (!(sqrt(diff) <= tolerance * sqrt(norm)))
        fail_msg("%s: relative distance %g, allowed %g", what, sqrt(diff / norm),
                 tolerance);
}

static void
near_relative(double a, double b, double tolerance, const char *what)
{
    if (!(fabs(a - b) <= tolerance * fabs(b)))
        fail_msg("%s: %.9g, expected %.9g", what, a, b);
}

/* The published data, and a learner with one group's settings. */
struct golden {
    hid_t file;
    const char *group;
    size_t B, C, D, n_steps;
    struct csr x;
    int32_t *y;
    float *R, *weight;
    struct learner learner;
    struct pool *pool;
};

/* Weight then bias below group/part, as exported by the model. */
static float *
read_parameters(const struct golden *g, const char *part)
{
    char name[64];
    size_t n_w, n_b;

    snprintf(name, sizeof name, "%s/weight", part);
    float *w = read_floats(g->file, in_group(g->group, name), &n_w);
    snprintf(name, sizeof name, "%s/bias", part);
    float *b = read_floats(g->file, in_group(g->group, name), &n_b);
    assert_int_equal(n_w, g->C * g->D);
    assert_int_equal(n_b, g->C);
    w = xrealloc(w, n_w + n_b, sizeof *w);
    memcpy(w + n_w, b, n_b * sizeof *w);
    free(b);
    return w;
}

static void
golden_init(struct golden *g, const char *group, enum loss_kind loss,
            const struct kernels *k, size_t threads)
{
    struct errbuf eb;
    hid_t f = golden_open();

    *g = (struct golden){.file = f, .group = group};
    g->B = (size_t)read_attribute(f, "/", "batch_size");
    g->n_steps = (size_t)read_attribute(f, "/", "n_steps");
    g->C = (size_t)read_attribute(f, "/", "n_classes");
    g->D = (size_t)read_attribute(f, "/", "n_genes");
    float *dense = read_floats(f, "x_train", NULL);
    g->x = csr_of(dense, g->B * g->n_steps, g->D);
    free(dense);
    g->y = read_ints(f, "y_train", NULL);
    g->R = read_floats(f, "child_matrix", NULL);
    g->weight = read_floats(f, "class_weights", NULL);
    g->pool = pool_new(threads);
    struct learner_config config = {.model = {.id = MODEL_linear, .D = g->D, .C = g->C},
                                    .loss = loss,
                                    .R = g->R,
                                    .weight = g->weight,
                                    .learning_rate = read_attribute(f, group, "lr"),
                                    .weight_decay =
                                        read_attribute(f, group, "weight_decay"),
                                    .clip = read_attribute(f, group, "clip"),
                                    .B_max = g->B};

    assert_int_equal(learner_init(&g->learner, &config, g->pool, k, &eb), ERR_OK);
    float *init = read_parameters(g, "init");
    model_import(g->learner.model, init);
    free(init);
}

static void
golden_release(struct golden *g)
{
    learner_release(&g->learner);
    pool_free(g->pool);
    csr_free(&g->x);
    free(g->y);
    free(g->R);
    free(g->weight);
    H5Fclose(g->file);
}

static void
check_gradient(struct golden *g)
{
    const struct model *m = g->learner.model;
    float *expected = read_parameters(g, "grad_step0");
    float *grad = xcalloc(model_exported(m), sizeof *grad);

    param_export(&m->param[0], g->learner.grad, grad);
    param_export(&m->param[1], g->learner.grad, grad + g->C * g->D);
    near_in_norm(grad, expected, g->C * g->D, 1e-4, "grad_step0/weight");
    near_in_norm(grad + g->C * g->D, expected + g->C * g->D, g->C, 1e-4,
                 "grad_step0/bias");
    free(expected);
    free(grad);
}

/* Predictions of one batch with predicted descendants made the target. */
static void
check_corrected(const struct golden *g, const int32_t *y, const int32_t *predicted,
                size_t n, const char *name)
{
    size_t count;
    int32_t *expected = read_ints(g->file, in_group(g->group, name), &count);

    assert_int_equal(count, n);
    for (size_t i = 0; i < n; i++) {
        size_t at = (size_t)y[i] * g->C + (size_t)predicted[i];

        assert_int_equal(g->R[at] > 0 ? y[i] : predicted[i], expected[i]);
    }
    free(expected);
}

static void
check_training(struct golden *g)
{
    double lr = read_attribute(g->file, g->group, "lr");
    double *loss = read_doubles(g->file, in_group(g->group, "train_loss"), NULL);
    double *norm = read_doubles(g->file, in_group(g->group, "grad_norm"), NULL);
    uint32_t *cell = xcalloc(g->B, sizeof *cell);
    char name[64];

    for (size_t step = 0; step < g->n_steps; step++) {
        struct learner_result r;

        for (size_t b = 0; b < g->B; b++)
            cell[b] = (uint32_t)(step * g->B + b);
        assert_true(learner_step(&g->learner, &g->x, g->y, cell, g->B, 0, lr, &r));
        near_relative(r.loss, loss[step], 1e-5, "train_loss");
        near_relative(r.grad_norm, norm[step], 1e-4, "grad_norm");
        snprintf(name, sizeof name, "train_pred_corrected/%zu", step);
        check_corrected(g, g->y + step * g->B, g->learner.pass.predicted, g->B, name);
        if (step == 0)
            check_gradient(g);
    }
    free(loss);
    free(norm);
    free(cell);
}

static void
check_final(struct golden *g)
{
    const struct model *m = g->learner.model;
    float *expected = read_parameters(g, "final");
    float *value = xcalloc(model_exported(m), sizeof *value);

    model_export(m, value);
    near_in_norm(value, expected, g->C * g->D, 1e-4, "final/weight");
    near_in_norm(value + g->C * g->D, expected + g->C * g->D, g->C, 1e-4, "final/bias");
    free(expected);
    free(value);
}

/* Logits and probabilities through the model, not through the classifier. */
static void
check_outputs(struct golden *g, const struct csr *x, const uint32_t *cell, size_t n)
{
    float *logits = read_floats(g->file, in_group(g->group, "val_logits"), NULL);
    float *prob = read_floats(g->file, in_group(g->group, "val_prob"), NULL);
    struct pass *p = &g->learner.pass;
    const struct model *m = g->learner.model;

    assert_true(n <= p->B_max);
    p->training = false;
    pass_load(p, x, NULL, cell, n);
    m->ops->forward(m, p);
    for (size_t b = 0; b < n; b++)
        near_in_norm(p->z + b * m->ld, logits + b * g->C, g->C, 1e-5, "val_logits");
    loss_softmax(p->pool, p->k, p->z, n, g->C, m->ld, p->dz, p->predicted);
    for (size_t b = 0; b < n; b++)
        for (size_t c = 0; c < g->C; c++)
            support_near((double)p->dz[b * m->ld + c], (double)prob[b * g->C + c],
                         1e-5);
    free(logits);
    free(prob);
}

static void
check_validation(struct golden *g)
{
    size_t n;
    int32_t *y = read_ints(g->file, "y_val", &n);
    float *dense = read_floats(g->file, "x_val", NULL);
    struct csr x = csr_of(dense, n, g->D);
    uint32_t *cell = xcalloc(n, sizeof *cell);
    int32_t *predicted = xcalloc(n, sizeof *predicted);
    double *expected = read_doubles(g->file, in_group(g->group, "val_loss"), NULL);

    for (size_t i = 0; i < n; i++)
        cell[i] = (uint32_t)i;
    check_outputs(g, &x, cell, n);
    double loss = learner_validate(&g->learner, &x, y, cell, n, predicted);
    near_relative(loss, expected[0], 1e-5, "val_loss");
    check_corrected(g, y, predicted, n, "val_pred_corrected");
    csr_free(&x);
    free(y);
    free(dense);
    free(cell);
    free(predicted);
    free(expected);
}

/* Every path of this machine, on one and two threads. */
static void
check_linear(const char *group, enum loss_kind loss)
{
    const struct kernels *k;

    for (size_t i = 0; (k = kernels_path(i)); i++) {
        for (size_t threads = 1; kernels_supported(k) && threads <= 2; threads++) {
            struct golden g;

            golden_init(&g, group, loss, k, threads);
            check_training(&g);
            check_final(&g);
            check_validation(&g);
            golden_release(&g);
        }
    }
}

static void
test_golden__linear_ce(void **state)
{
    (void)state;
    check_linear("linear_ce", LOSS_KIND_CE);
}

static void
test_golden__linear_hce(void **state)
{
    (void)state;
    check_linear("linear_hce", LOSS_KIND_HCE);
}

/* One of the float64 groups. */
struct loss_case {
    size_t B, C;
    double *z;         /* (B, C) */
    int32_t *y;        /* (B) */
    float *R;          /* (C, C) */
    float *weight;     /* (C) or NULL */
    double *loss, *dz; /* expected */
};

static void
loss_case_init(struct loss_case *c, const char *group, bool weighted)
{
    hid_t f = golden_open();

    c->C = (size_t)read_attribute(f, "/", "n_classes");
    c->z = read_doubles(f, "loss_logits", NULL);
    c->y = read_ints(f, "loss_targets", &c->B);
    c->R = read_floats(f, "child_matrix", NULL);
    c->weight = weighted ? read_floats(f, "class_weights", NULL) : NULL;
    c->loss = read_doubles(f, in_group(group, "loss"), NULL);
    c->dz = read_doubles(f, in_group(group, "dlogits"), NULL);
    H5Fclose(f);
}

static void
loss_case_release(struct loss_case *c)
{
    free(c->z);
    free(c->y);
    free(c->R);
    free(c->weight);
    free(c->loss);
    free(c->dz);
}

/* The twin in double.  The file keeps class weights as float32 only, hence 1e-7 for the
 * weighted groups. */
static void
check_loss_twin(const struct loss_case *c, enum loss_kind kind, const char *group)
{
    double *dz = xcalloc(c->B * c->C, sizeof *dz), tolerance = c->weight ? 1e-7 : 1e-12;
    double loss = loss_batch_ref(kind, c->z, c->y, c->R, c->weight, c->B, c->C, dz);

    near_relative(loss, c->loss[0], tolerance, group);
    for (size_t i = 0; i < c->B * c->C; i++)
        support_near(dz[i], c->dz[i], tolerance);
    free(dz);
}

static float *
padded(const float *from, size_t rows, size_t cols)
{
    size_t ld = kernels_pad(cols);
    float *out;

    assert_int_equal(big_calloc(&out, rows * ld, sizeof *out, "padded", NULL), ERR_OK);
    for (size_t i = 0; from && i < rows; i++)
        memcpy(out + i * ld, from + i * cols, cols * sizeof *out);
    return out;
}

/* The kernels in float32. */
static void
check_loss_kernel(const struct loss_case *c, enum loss_kind kind, const char *group,
                  const struct kernels *k)
{
    size_t B = c->B, C = c->C, ld = kernels_pad(C);
    float *z = xcalloc(B * C, sizeof *z), *R = padded(c->R, C, C);

    for (size_t i = 0; i < B * C; i++)
        z[i] = (float)c->z[i];
    struct loss_args a = {.B = B,
                          .C = C,
                          .ld = ld,
                          .z = padded(z, B, C),
                          .y = c->y,
                          .R = R,
                          .weight = c->weight,
                          .dz = padded(NULL, B, C),
                          .loss = xcalloc(B, sizeof *a.loss),
                          .predicted = xcalloc(B, sizeof *a.predicted)};

    near_relative(loss_batch(NULL, k, kind, &a), c->loss[0], 1e-5, group);
    for (size_t b = 0; b < B; b++)
        for (size_t j = 0; j < C; j++)
            support_near((double)a.dz[b * ld + j], c->dz[b * C + j], 1e-7);
    free(a.z);
    free(a.dz);
    free(a.loss);
    free(a.predicted);
    free(R);
    free(z);
}

static void
check_loss(const char *group, enum loss_kind kind, bool weighted)
{
    struct loss_case c;
    const struct kernels *k;

    loss_case_init(&c, group, weighted);
    check_loss_twin(&c, kind, group);
    for (size_t i = 0; (k = kernels_path(i)); i++)
        if (kernels_supported(k))
            check_loss_kernel(&c, kind, group, k);
    loss_case_release(&c);
}

static void
test_golden__losses(void **state)
{
    (void)state;
    check_loss("loss_ce_none", LOSS_KIND_CE, false);
    check_loss("loss_ce_weighted", LOSS_KIND_CE, true);
    check_loss("loss_hce_none", LOSS_KIND_HCE, false);
    check_loss("loss_hce_weighted", LOSS_KIND_HCE, true);
}

/* --- augmentation --- */

/* x_out of the first cells from x_train, vectors, index and sign.  Its vectors were
 * rounded when they were stored: 20 of 1,920 values differ in the last bit. */
static void
test_golden__augment(void **state)
{
    hid_t file = golden_open();
    size_t n, n_vectors, n_x;
    int32_t *vector = read_ints(file, "augment/index", &n);
    float *sign = read_floats(file, "augment/sign", NULL);
    float *want = read_floats(file, "augment/x_out", &n_x);
    float *dense_a = read_floats(file, "augment/vectors", &n_vectors);
    float *dense_x = read_floats(file, "x_train", NULL);
    size_t D = n_x / n, n_out;
    struct csr a = csr_of(dense_a, n_vectors / D, D), x = csr_of(dense_x, n, D);
    uint16_t *index = xcalloc(D, sizeof *index);
    float *value = xcalloc(D, sizeof *value), *got = xcalloc(n_x, sizeof *got);
    struct augment aug;

    (void)state;
    augment_init(&aug, &a);
    for (size_t i = 0; i < n; i++) {
        uint64_t at = x.indptr[i];

        n_out = augment_cell(&aug, (size_t)vector[i], sign[i], x.index + at,
                             x.value + at, x.indptr[i + 1] - at, index, value);
        for (size_t k = 0; k < n_out; k++)
            got[i * D + index[k]] = value[k];
    }
    for (size_t i = 0; i < n_x; i++) {
        support_near((double)got[i], (double)want[i], 1e-6);
        assert_int_equal(got[i] == 0, want[i] == 0);
    }
    augment_release(&aug);
    csr_free(&x);
    free(vector);
    free(sign);
    free(want);
    free(dense_a);
    free(dense_x);
    free(index);
    free(value);
    free(got);
    H5Fclose(file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden__linear_ce),
        cmocka_unit_test(test_golden__linear_hce),
        cmocka_unit_test(test_golden__losses),
        cmocka_unit_test(test_golden__augment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
