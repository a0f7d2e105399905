/* test_layers_ref.c - the plain twins of the layers against finite differences. */
#include "tests/support.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "num/layers_ref.h"
#include "tests/layer_lab.h"

/* A layer as a function of its inputs: sum of its outputs times fixed numbers. */
struct layer {
    double (*value)(void *ctx);
    void *ctx;
};

/* grad (n) = derivative of the layer by x (n), relative to the largest. */
static void
check_difference(const struct layer *l, double *x, size_t n, const double *grad,
                 const char *what)
{
    const double h = 1e-5;
    double diff = 0, top = 0;

    for (size_t i = 0; i < n; i++) {
        double x_i = x[i];

        x[i] = x_i + h;
        double up = l->value(l->ctx);
        x[i] = x_i - h;
        double down = l->value(l->ctx);
        x[i] = x_i;
        diff = fmax(diff, fabs((up - down) / (2 * h) - grad[i]));
        top = fmax(top, fabs(grad[i]));
    }
    if (!(top > 0 && diff <= 1e-6 * top))
        fail_msg("%s: gradient off by %g of %g", what, diff, top);
}

static double
dot(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

struct affine_case {
    size_t B, K, N;
    double *x, *w, *bias, *c, *y;
};

static double
affine_value(void *ctx)
{
    struct affine_case *a = ctx;

    ref_affine(a->B, a->K, a->N, a->x, a->w, a->bias, a->y);
    return dot(a->c, a->y, a->B * a->N);
}

static void
test_layers_ref__affine(void **state)
{
    enum { B = 5, K = 4, N = 3 };
    double y[B * N], dx[B * K], dw[N * K], db[N];
    struct affine_case a = {B,
                            K,
                            N,
                            layer_normals(B * K, 1, 1),
                            layer_normals(N * K, 1, 2),
                            layer_normals(N, 1, 3),
                            layer_normals(B * N, 1, 4),
                            y};
    struct layer l = {affine_value, &a};

    (void)state;
    ref_affine_backward(B, K, N, a.x, a.w, a.c, dx, dw, db);
    check_difference(&l, a.x, B * K, dx, "affine x");
    check_difference(&l, a.w, N * K, dw, "affine w");
    check_difference(&l, a.bias, N, db, "affine bias");
    free(a.x);
    free(a.w);
    free(a.bias);
    free(a.c);
}

struct norm_case {
    struct ref_batchnorm a;
    double *c, *y;
};

static double
norm_value(void *ctx)
{
    struct norm_case *n = ctx;

    ref_batchnorm(&n->a, n->y);
    return dot(n->c, n->y, n->a.B * n->a.H);
}

static void
check_norm_difference(size_t B, size_t chunk)
{
    enum { H = 3 };
    double *x = layer_normals(B * H, 2, 1), *weight = layer_normals(H, 1, 2);
    double *bias = layer_normals(H, 1, 3), *c = layer_normals(B * H, 1, 4);
    double *y = xcalloc(B * H, sizeof *y), *dx = xcalloc(B * H, sizeof *dx);
    double dweight[H], dbias[H], mean[H] = {0}, var[H] = {1, 1, 1};
    struct norm_case n = {{B, H, chunk, x, weight, bias, mean, var, 0.1, 1e-5}, c, y};
    struct layer l = {norm_value, &n};

    ref_batchnorm_backward(&n.a, c, dx, dweight, dbias);
    check_difference(&l, x, B * H, dx, "batchnorm x");
    check_difference(&l, weight, H, dweight, "batchnorm weight");
    check_difference(&l, bias, H, dbias, "batchnorm bias");
    free(x);
    free(weight);
    free(bias);
    free(c);
    free(y);
    free(dx);
}

static void
test_layers_ref__batchnorm(void **state)
{
    (void)state;
    check_norm_difference(7, 7);
    check_norm_difference(8, 3); /* 3, 3, 2 */
}

/* By hand: cells 1 and 3 have mean 2, variance 1 and unbiased variance 2. */
static void
test_layers_ref__batchnorm_statistics(void **state)
{
    double x[] = {1, 3}, weight[] = {2}, bias[] = {5}, mean[] = {10}, var[] = {4}, y[2];
    struct ref_batchnorm a = {2, 1, 2, x, weight, bias, mean, var, 0.25, 0};

    (void)state;
    ref_batchnorm(&a, y);
    support_near(y[0], 3, 1e-12);
    support_near(y[1], 7, 1e-12);
    support_near(mean[0], 8, 1e-12);
    support_near(var[0], 3.5, 1e-12);
    ref_batchnorm_eval(&a, y);
    support_near(y[1], (3 - 8) / sqrt(3.5) * 2 + 5, 1e-12);
}

/* Layers of one input x (n) and outputs (m). */
enum unary { SILU, GLU, DROPOUT, RELU, ENTMAX15, SPARSEMAX, UNARY_COUNT };

struct unary_case {
    enum unary kind;
    size_t n, m;
    double *x, *c, *y;
    const double *keep;
};

static double
unary_value(void *ctx)
{
    struct unary_case *u = ctx;

    switch (u->kind) {
    case SILU: ref_silu(u->n, u->x, u->y); break;
    case GLU: ref_glu(3, u->m / 3, u->x, u->y); break;
    case DROPOUT: ref_dropout(u->n, u->x, u->keep, u->y); break;
    case RELU: ref_relu(u->n, u->x, u->y); break;
    case ENTMAX15: ref_entmax15(u->n, u->x, u->y); break;
    case SPARSEMAX: ref_sparsemax(u->n, u->x, u->y); break;
    case UNARY_COUNT: break;
    }
    return dot(u->c, u->y, u->m);
}

static void
unary_backward(struct unary_case *u, double *dx)
{
    unary_value(u);
    switch (u->kind) {
    case SILU: ref_silu_backward(u->n, u->x, u->c, dx); break;
    case GLU: ref_glu_backward(3, u->m / 3, u->x, u->c, dx); break;
    case DROPOUT: ref_dropout_backward(u->n, u->keep, u->c, dx); break;
    case RELU: ref_relu_backward(u->n, u->x, u->c, dx); break;
    case ENTMAX15: ref_entmax15_backward(u->n, u->y, u->c, dx); break;
    case SPARSEMAX: ref_sparsemax_backward(u->n, u->y, u->c, dx); break;
    case UNARY_COUNT: break;
    }
}

static void
test_layers_ref__activations_and_masks(void **state)
{
    enum { N = 24 };
    static const char *const name[] = {"silu", "glu",      "dropout",
                                       "relu", "entmax15", "sparsemax"};
    double keep[N], y[N], dx[N];

    (void)state;
    for (size_t i = 0; i < N; i++)
        keep[i] = i % 3 ? 1.5 : 0;
    for (enum unary kind = 0; kind < UNARY_COUNT; kind++) {
        for (uint64_t seed = 0; seed < 5; seed++) {
            struct unary_case u = {kind,
                                   N,
                                   kind == GLU ? N / 2 : N,
                                   layer_normals(N, 1, seed),
                                   layer_normals(N, 1, seed + 100),
                                   y,
                                   keep};
            struct layer l = {unary_value, &u};

            unary_backward(&u, dx);
            check_difference(&l, u.x, N, dx, name[kind]);
            free(u.x);
            free(u.c);
        }
    }
}

/* Layers of two inputs a, b (n): b is a mask in some. */
enum binary { RESIDUAL, PRODUCT, PRIOR, SPARSITY, BINARY_COUNT };

enum { PAIRS = 24 };

struct binary_case {
    enum binary kind;
    double *a, *b, *c;
    double y[PAIRS], da[PAIRS], db[PAIRS];
};

static const double gamma_of_prior = 1.3, eps_of_sparsity = 0.01;

/* SPARSITY is of masks alone: its a counts by itself. */
static double
binary_value(void *ctx)
{
    struct binary_case *u = ctx;

    switch (u->kind) {
    case RESIDUAL: ref_residual(PAIRS, u->a, u->b, u->y); break;
    case PRODUCT: ref_product(PAIRS, u->a, u->b, u->y); break;
    case PRIOR: ref_prior(PAIRS, gamma_of_prior, u->a, u->b, u->y); break;
    case SPARSITY:
        return dot(u->a, u->c, PAIRS) -
               2 * ref_sparsity(4, PAIRS / 4, eps_of_sparsity, u->b);
    case BINARY_COUNT: break;
    }
    return dot(u->c, u->y, PAIRS);
}

static void
binary_backward(struct binary_case *u)
{
    switch (u->kind) {
    case RESIDUAL:
        ref_residual_backward(PAIRS, u->c, u->da);
        ref_residual_backward(PAIRS, u->c, u->db);
        break;
    case PRODUCT: ref_product_backward(PAIRS, u->a, u->b, u->c, u->da, u->db); break;
    case PRIOR:
        ref_prior_backward(PAIRS, gamma_of_prior, u->a, u->b, u->c, u->da, u->db);
        break;
    case SPARSITY:
        memcpy(u->da, u->c, sizeof u->da);
        ref_sparsity_backward(4, PAIRS / 4, eps_of_sparsity, u->b, -2, u->db);
        break;
    case BINARY_COUNT: break;
    }
}

static void
test_layers_ref__layers_of_two_inputs(void **state)
{
    static const char *const name[] = {"residual", "product", "prior", "sparsity"};

    (void)state;
    for (enum binary kind = 0; kind < BINARY_COUNT; kind++) {
        struct binary_case u = {kind,
                                layer_normals(PAIRS, 1, 1),
                                layer_normals(PAIRS, 1, 2),
                                layer_normals(PAIRS, 1, 3),
                                {0},
                                {0},
                                {0}};
        struct layer l = {binary_value, &u};

        for (size_t i = 0; i < PAIRS; i++)
            u.b[i] = fabs(u.b[i]);
        binary_backward(&u);
        check_difference(&l, u.a, PAIRS, u.da, name[kind]);
        check_difference(&l, u.b, PAIRS, u.db, name[kind]);
        free(u.a);
        free(u.b);
        free(u.c);
    }
}

/* By hand: a cell that reads one gene adds nothing, one that reads two log 1/2; a gene
 * that is not read must not make the sum NaN. */
static void
test_layers_ref__sparsity_is_the_mean_entropy(void **state)
{
    double m[] = {1, 0, 0, 0.5, 0.5, 0}, dm[6];

    (void)state;
    support_near(ref_sparsity(2, 3, 1e-15, m), log(0.5) / 2, 1e-12);
    ref_sparsity_backward(2, 3, 1e-15, m, 1, dm);
    support_near(dm[0], 0.5, 1e-12);
    support_near(dm[1], log(1e-15) / 2, 1e-12);
    support_near(dm[3], (log(0.5) + 1) / 2, 1e-12);
}

/* The twins themselves: their p sums to 1, and a case by hand. */
static void
test_layers_ref__masks_sum_to_one(void **state)
{
    double z[64], p[64], sum15 = 0, sum = 0;
    struct rng r = rng_stream(13, RNG_SIMULATE, 6, 0);

    (void)state;
    for (size_t i = 0; i < 64; i++)
        z[i] = rng_normal(&r, i);
    ref_entmax15(64, z, p);
    for (size_t i = 0; i < 64; i++)
        sum15 += p[i];
    ref_sparsemax(64, z, p);
    for (size_t i = 0; i < 64; i++)
        sum += p[i];
    support_near(sum15, 1, 1e-12);
    support_near(sum, 1, 1e-12);
    /* Two equal ones and one far below: each has 1/2. */
    double tie[] = {5, -20, 5};
    support_near(ref_entmax15(3, tie, p), -sqrt(0.5), 1e-12);
    support_near(p[0], 0.5, 1e-12);
    support_near(p[1], 0, 0);
    support_near(ref_sparsemax(3, tie, p), -0.5, 1e-12);
    support_near(p[2], 0.5, 1e-12);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers_ref__affine),
        cmocka_unit_test(test_layers_ref__batchnorm),
        cmocka_unit_test(test_layers_ref__batchnorm_statistics),
        cmocka_unit_test(test_layers_ref__activations_and_masks),
        cmocka_unit_test(test_layers_ref__layers_of_two_inputs),
        cmocka_unit_test(test_layers_ref__sparsity_is_the_mean_entropy),
        cmocka_unit_test(test_layers_ref__masks_sum_to_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
