/* test_layers.c - the plain twins against finite differences, and the float32 layers
 * against the twins: every path, odd sizes, uneven chunks, one and two threads. */
#include "tests/support.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "num/activation.h"
#include "num/batchnorm.h"
#include "num/blas.h"
#include "num/dense.h"
#include "num/entmax.h"
#include "num/layers_ref.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* --- random numbers --- */

/* (n) from N(0, sd^2); caller frees. */
static double *
normals(size_t n, double sd, uint64_t seed)
{
    struct rng r = rng_stream(seed, RNG_SIMULATE, 2, 0);
    double *x = xmalloc(n, sizeof *x);

    for (size_t i = 0; i < n; i++)
        x[i] = sd * rng_normal(&r, i);
    return x;
}

/* The same (rows, cols) as floats with padded rows, exactly: x is rounded to float. */
static float *
padded(double *x, size_t rows, size_t cols)
{
    size_t ld = kernels_pad(cols);
    float *f;

    assert_int_equal(big_calloc(&f, rows * ld, sizeof *f, "test", NULL), ERR_OK);
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j++) {
            f[i * ld + j] = (float)x[i * cols + j];
            x[i * cols + j] = (double)f[i * ld + j];
        }
    }
    return f;
}

/* An output: NaN in the columns, 0 in the padding. */
static float *
output(size_t rows, size_t cols)
{
    size_t ld = kernels_pad(cols);
    float *f;

    assert_int_equal(big_calloc(&f, rows * ld, sizeof *f, "test", NULL), ERR_OK);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            f[i * ld + j] = NAN;
    return f;
}

/* --- finite differences --- */

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
                            normals(B * K, 1, 1),
                            normals(N * K, 1, 2),
                            normals(N, 1, 3),
                            normals(B * N, 1, 4),
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
    double *x = normals(B * H, 2, 1), *weight = normals(H, 1, 2);
    double *bias = normals(H, 1, 3), *c = normals(B * H, 1, 4);
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
enum unary { SILU, GLU, DROPOUT, ENTMAX15, SPARSEMAX, UNARY_COUNT };

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
    case ENTMAX15: ref_entmax15_backward(u->n, u->y, u->c, dx); break;
    case SPARSEMAX: ref_sparsemax_backward(u->n, u->y, u->c, dx); break;
    case UNARY_COUNT: break;
    }
}

static void
test_layers_ref__activations_and_masks(void **state)
{
    enum { N = 24 };
    static const char *const name[] = {"silu", "glu", "dropout", "entmax15",
                                       "sparsemax"};
    double keep[N], y[N], dx[N];

    (void)state;
    for (size_t i = 0; i < N; i++)
        keep[i] = i % 3 ? 1.5 : 0;
    for (enum unary kind = 0; kind < UNARY_COUNT; kind++) {
        for (uint64_t seed = 0; seed < 5; seed++) {
            struct unary_case u = {kind,
                                   N,
                                   kind == GLU ? N / 2 : N,
                                   normals(N, 1, seed),
                                   normals(N, 1, seed + 100),
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

/* --- the float32 layers --- */

struct bench {
    const struct kernels *k;
    struct pool *pool[2]; /* none, and two threads */
};

/* For each path that this machine has. */
static void
each_path(void (*check)(const struct bench *t))
{
    struct bench t = {.pool = {NULL, pool_new(2)}};

    blas_start();
    for (size_t i = 0; (t.k = kernels_path(i)); i++)
        if (kernels_supported(t.k))
            check(&t);
    pool_free(t.pool[1]);
}

/* f (rows, ld) equals expected (rows, cols), relative to the largest or to `top` if that
 * is more; padding is 0. */
static void
near_to(const float *f, const double *expected, size_t rows, size_t cols,
        double tolerance, double top, const char *what)
{
    size_t ld = kernels_pad(cols);
    double diff = 0;

    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < ld; j++) {
            double want = j < cols ? expected[i * cols + j] : 0;
            double d = fabs((double)f[i * ld + j] - want);

            if (!isfinite(d) || (j >= cols && d > 0))
                fail_msg("%s: (%zu, %zu) of %zu columns is %g", what, i, j, cols,
                         (double)f[i * ld + j]);
            diff = fmax(diff, d);
            top = fmax(top, fabs(want));
        }
    }
    if (!(diff <= tolerance * top))
        fail_msg("%s, %zu columns: off by %g of %g", what, cols, diff, top);
}

static void
near(const float *f, const double *expected, size_t rows, size_t cols, double tolerance,
     const char *what)
{
    near_to(f, expected, rows, cols, tolerance, 1e-30, what);
}

/* Both have the same bits; the second is freed. */
static void
same(float *a, float *b, size_t n)
{
    assert_memory_equal(a, b, n * sizeof *a);
    free(b);
}

static const size_t columns[] = {1, 15, 16, 17, 130};

enum { CELLS = 150, N_COLUMNS = sizeof columns / sizeof columns[0] };

static void
check_affine(const struct bench *t, size_t K, size_t N, bool with_bias)
{
    size_t B = CELLS;
    double *x = normals(B * K, 1, 1), *w = normals(N * K, 1, 2);
    double *bias = normals(N, 1, 3), *dy = normals(B * N, 1, 4);
    float *x_f = padded(x, B, K), *w_f = padded(w, N, K), *bias_f = padded(bias, 1, N);
    float *dy_f = padded(dy, B, N), *y[2], *dx[2], *dw[2], *db[2];
    double *y_ref = xcalloc(B * N, sizeof *y_ref), *dx_ref = xcalloc(B * K, sizeof *x);
    double *dw_ref = xcalloc(N * K, sizeof *w), *db_ref = xcalloc(N, sizeof *bias);
    struct dense d = {B, K, N, w_f, with_bias ? bias_f : NULL};

    for (size_t i = 0; i < 2; i++) {
        y[i] = output(B, N);
        dx[i] = output(B, K);
        dw[i] = output(N, K);
        db[i] = output(1, kernels_pad(N));
        dense_forward(t->pool[i], &d, x_f, y[i]);
        dense_backward_input(t->pool[i], &d, dy_f, false, dx[i]);
        dense_backward_weight(t->pool[i], t->k, &d, x_f, dy_f, false, dw[i], db[i]);
    }
    same(y[0], y[1], B * kernels_pad(N));
    same(dx[0], dx[1], B * kernels_pad(K));
    same(dw[0], dw[1], N * kernels_pad(K));
    same(db[0], db[1], kernels_pad(N));
    ref_affine(B, K, N, x, w, with_bias ? bias : NULL, y_ref);
    ref_affine_backward(B, K, N, x, w, dy, dx_ref, dw_ref, db_ref);
    near(y[0], y_ref, B, N, 2e-6, "dense_forward");
    near(dx[0], dx_ref, B, K, 2e-6, "dense_backward_input");
    near(dw[0], dw_ref, N, K, 2e-6, "dense_backward_weight");
    near(db[0], db_ref, 1, N, 2e-6, "dense_backward_weight's bias");
    dense_backward_input(NULL, &d, dy_f, true, dx[0]);
    dense_backward_weight(NULL, t->k, &d, x_f, dy_f, true, dw[0], NULL);
    for (size_t i = 0; i < B * K; i++)
        dx_ref[i] *= 2;
    for (size_t i = 0; i < N * K; i++)
        dw_ref[i] *= 2;
    near(dx[0], dx_ref, B, K, 2e-6, "dense_backward_input, added");
    near(dw[0], dw_ref, N, K, 2e-6, "dense_backward_weight, added");
    void *all[] = {x,    w,     bias,  dy,    x_f,   w_f,    bias_f, dy_f,
                   y[0], dx[0], dw[0], db[0], y_ref, dx_ref, dw_ref, db_ref};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static void
check_affines(const struct bench *t)
{
    for (size_t i = 0; i < N_COLUMNS; i++)
        for (size_t j = 0; j < N_COLUMNS; j++)
            check_affine(t, columns[i], columns[j], (i + j) % 2);
}

static void
test_layers__affine_equals_its_twin(void **state)
{
    (void)state;
    each_path(check_affines);
}

/* One training step and one evaluation. */
static void
check_norm(const struct bench *t, size_t B, size_t H, size_t v)
{
    size_t chunk = batchnorm_chunk(B, v), chunks = batchnorm_chunks(B, chunk);
    size_t ld = kernels_pad(H);
    double *x = normals(B * H, 3, 1), *weight = normals(H, 1, 2);
    double *bias = normals(H, 1, 3), *dy = normals(B * H, 1, 4);
    double *mean = normals(H, 1, 5), *var = normals(H, 0, 6);
    double *y_ref = xcalloc(B * H, sizeof *x), *dx_ref = xcalloc(B * H, sizeof *x);
    double *dw_ref = xcalloc(H, sizeof *x), *db_ref = xcalloc(H, sizeof *x);
    float *x_f = padded(x, B, H), *w_f = padded(weight, 1, H),
          *b_f = padded(bias, 1, H);
    float *dy_f = padded(dy, B, H), *rm[2], *rv[2], *y[2], *e[2], *dx[2], *dw[2],
          *db[2];
    float *save = output(chunks, ld), *rstd = output(chunks, ld);
    float *eval_mean = output(2, ld);

    for (size_t j = 0; j < H; j++)
        var[j] = 1 + (double)j / 8;
    for (size_t i = 0; i < 2; i++) {
        struct batchnorm_args a = {.B = B,
                                   .ld = ld,
                                   .chunk = chunk,
                                   .x = x_f,
                                   .y = y[i] = output(B, ld),
                                   .weight = w_f,
                                   .bias = b_f,
                                   .running_mean = rm[i] = padded(mean, 1, H),
                                   .running_var = rv[i] = padded(var, 1, H),
                                   .mean = save,
                                   .rstd = rstd,
                                   .momentum = 0.1,
                                   .eps = 1e-5,
                                   .dy = dy_f,
                                   .dx = dx[i] = output(B, ld),
                                   .dweight = dw[i] = output(1, ld),
                                   .dbias = db[i] = output(1, ld)};

        batchnorm_train(t->pool[i], t->k, &a);
        batchnorm_backward(t->pool[i], t->k, &a);
        for (size_t j = H; j < ld; j++)
            rv[i][j] = 0; /* padding of a variance is nobody's */
        a.y = e[i] = output(B, ld);
        a.mean = eval_mean;
        a.rstd = eval_mean + ld;
        batchnorm_eval(t->pool[i], t->k, &a);
    }
    same(y[0], y[1], B * ld);
    same(e[0], e[1], B * ld);
    same(dx[0], dx[1], B * ld);
    same(dw[0], dw[1], ld);
    same(db[0], db[1], ld);
    same(rm[0], rm[1], ld);
    same(rv[0], rv[1], ld);
    /* With two cells that lie near each other rounding is of this size. */
    double scale = 0;
    for (size_t i = 0; i < chunks * ld; i++)
        scale = fmax(scale, fabs((double)rstd[i] * (double)w_f[i % ld]));
    struct ref_batchnorm r = {B, H, chunk, x, weight, bias, mean, var, 0.1, 1e-5};
    ref_batchnorm_backward(&r, dy, dx_ref, dw_ref, db_ref);
    ref_batchnorm(&r, y_ref);
    near(y[0], y_ref, B, H, 2e-6, "batchnorm_train");
    near(rm[0], mean, 1, H, 2e-6, "running mean");
    near(rv[0], var, 1, H, 2e-6, "running variance");
    near_to(dx[0], dx_ref, B, H, 4e-6, scale, "batchnorm_backward");
    near_to(dw[0], dw_ref, 1, H, 4e-6, scale, "batchnorm_backward's weight");
    near(db[0], db_ref, 1, H, 4e-6, "batchnorm_backward's bias");
    ref_batchnorm_eval(&r, y_ref);
    near(e[0], y_ref, B, H, 2e-6, "batchnorm_eval");
    void *all[] = {x,      weight, bias,  dy,    mean,  var,   y_ref, dx_ref,
                   dw_ref, db_ref, x_f,   w_f,   b_f,   dy_f,  save,  rstd,
                   y[0],   e[0],   dx[0], dw[0], db[0], rm[0], rv[0], eval_mean};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static void
check_norms(const struct bench *t)
{
    for (size_t i = 0; i < N_COLUMNS; i++) {
        check_norm(t, CELLS, columns[i], CELLS); /* one chunk */
        check_norm(t, CELLS, columns[i], 20);    /* 7 of 22, the last of 18 */
        check_norm(t, 64, columns[i], 20);       /* 22, 22, 20 */
        check_norm(t, 2, columns[i], 256);
    }
}

static void
test_layers__batchnorm_equals_its_twin(void **state)
{
    (void)state;
    each_path(check_norms);
}

/* The gradient may lie in the place of dy. */
static void
check_norm_in_place(const struct bench *t)
{
    enum { B = 40, H = 17 };
    size_t ld = kernels_pad(H);
    double *x = normals(B * H, 1, 1), *w = normals(H, 1, 2), *dy = normals(B * H, 1, 3);
    float *x_f = padded(x, B, H), *w_f = padded(w, 1, H), *dy_f = padded(dy, B, H);
    float *y = output(B, H), *dx = output(B, H), *sum = output(6, ld);
    struct batchnorm_args a = {.B = B,
                               .ld = ld,
                               .chunk = 13,
                               .x = x_f,
                               .y = y,
                               .weight = w_f,
                               .bias = w_f,
                               .running_mean = padded(w, 1, H),
                               .running_var = padded(w, 1, H),
                               .mean = output(4, ld),
                               .rstd = output(4, ld),
                               .momentum = 0.1,
                               .eps = 1e-5,
                               .dy = dy_f,
                               .dx = dx,
                               .dweight = sum,
                               .dbias = sum + ld};

    batchnorm_train(NULL, t->k, &a);
    batchnorm_backward(NULL, t->k, &a);
    a.dx = dy_f;
    batchnorm_backward(t->pool[1], t->k, &a);
    assert_memory_equal(dx, dy_f, B * ld * sizeof *dx);
    void *all[] = {
        x,      w,     dy, x_f, w_f, dy_f, y, dx, sum, a.running_mean, a.running_var,
        a.mean, a.rstd};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static void
test_layers__batchnorm_backward_works_in_place(void **state)
{
    (void)state;
    each_path(check_norm_in_place);
}

static void
check_silu(const struct bench *t, size_t H, double sd)
{
    size_t n = CELLS * H, ld = kernels_pad(H);
    double *x = normals(n, sd, 1), *dy = normals(n, 1, 2), *ref = xcalloc(n, sizeof *x);
    float *x_f = padded(x, CELLS, H), *y[2], *d[2];

    for (size_t i = 0; i < 2; i++) {
        y[i] = output(CELLS, ld);
        d[i] = padded(dy, CELLS, H);
        silu_forward(t->pool[i], t->k, CELLS, ld, x_f, y[i]);
        silu_backward(t->pool[i], t->k, CELLS, ld, x_f, d[i]);
    }
    same(y[0], y[1], CELLS * ld);
    same(d[0], d[1], CELLS * ld);
    ref_silu(n, x, ref);
    near(y[0], ref, CELLS, H, 1e-6, "silu_forward");
    ref_silu_backward(n, x, dy, ref);
    near(d[0], ref, CELLS, H, 1e-6, "silu_backward");
    free(x);
    free(dy);
    free(ref);
    free(x_f);
    free(y[0]);
    free(d[0]);
}

static void
check_glu(const struct bench *t, size_t H, double sd)
{
    size_t n = CELLS * H, ld = kernels_pad(H), ld2 = kernels_pad(2 * H);
    double *x = normals(2 * n, sd, 1), *dy = normals(n, 1, 2);
    double *ref = xcalloc(2 * n, sizeof *x);
    float *x_f = padded(x, CELLS, 2 * H), *dy_f = padded(dy, CELLS, H), *y[2], *dx[2];

    for (size_t i = 0; i < 2; i++) {
        y[i] = output(CELLS, H);
        dx[i] = output(CELLS, 2 * H);
        glu_forward(t->pool[i], t->k, CELLS, H, x_f, y[i]);
        glu_backward(t->pool[i], t->k, CELLS, H, x_f, dy_f, dx[i]);
    }
    same(y[0], y[1], CELLS * ld);
    same(dx[0], dx[1], CELLS * ld2);
    ref_glu(CELLS, H, x, ref);
    near(y[0], ref, CELLS, H, 1e-6, "glu_forward");
    ref_glu_backward(CELLS, H, x, dy, ref);
    near(dx[0], ref, CELLS, 2 * H, 1e-6, "glu_backward");
    free(x);
    free(dy);
    free(ref);
    free(x_f);
    free(dy_f);
    free(y[0]);
    free(dx[0]);
}

static void
check_activations(const struct bench *t)
{
    static const double sd[] = {1, 30, 1000}; /* the last beyond what exp can take */

    for (size_t i = 0; i < N_COLUMNS; i++) {
        for (size_t s = 0; s < 3; s++) {
            check_silu(t, columns[i], sd[s]);
            check_glu(t, columns[i], sd[s]);
        }
    }
}

static void
test_layers__activations_equal_their_twins(void **state)
{
    (void)state;
    each_path(check_activations);
}

/* keep and x after dropout of cells first, first + 1, ...; x was all 1. */
static void
drop(struct pool *pool, uint32_t first, size_t H, double p, float *keep, float *x)
{
    struct rng r = rng_stream(7, RNG_DROPOUT, 3, 1);
    uint32_t cell[CELLS];

    for (uint32_t b = 0; b < CELLS; b++)
        cell[b] = first + b;
    dropout_forward(pool, &r, cell, CELLS, H, p, keep, x);
}

static void
check_dropout(const struct bench *t, size_t H, double p)
{
    size_t n = CELLS * H, ld = kernels_pad(H), zeros = 0;
    double *x = normals(n, 1, 1), *keep = xcalloc(n, sizeof *x);
    double *ref = xcalloc(n, sizeof *x);
    float *x_f[2], *keep_f[2], *shifted = output(CELLS, H), *d = padded(x, CELLS, H);

    for (size_t i = 0; i < 2; i++) {
        x_f[i] = padded(x, CELLS, H);
        keep_f[i] = output(CELLS, H);
        drop(t->pool[i], 1000, H, p, keep_f[i], x_f[i]);
    }
    same(x_f[0], x_f[1], CELLS * ld);
    same(keep_f[0], keep_f[1], CELLS * ld);
    for (size_t i = 0; i < n; i++) {
        keep[i] = (double)keep_f[0][i / H * ld + i % H];
        assert_true(keep[i] == 0 || fabs(keep[i] - 1 / (1 - p)) < 1e-6);
        zeros += keep[i] == 0;
    }
    /* Within 5 standard deviations of the share asked for. */
    support_near((double)zeros / (double)n, p, 5 * sqrt(p * (1 - p) / (double)n));
    ref_dropout(n, x, keep, ref);
    near(x_f[0], ref, CELLS, H, 1e-7, "dropout_forward");
    dropout_backward(t->pool[1], CELLS, H, keep_f[0], d);
    ref_dropout_backward(n, keep, x, ref);
    near(d, ref, CELLS, H, 1e-7, "dropout_backward");
    /* The same cells in other places have the same factors. */
    drop(NULL, 1001, H, p, shifted, d);
    assert_memory_equal(shifted, keep_f[0] + ld, (CELLS - 1) * ld * sizeof(float));
    void *all[] = {x, keep, ref, x_f[0], keep_f[0], shifted, d};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static void
check_dropouts(const struct bench *t)
{
    for (size_t i = 0; i < N_COLUMNS; i++) {
        check_dropout(t, columns[i], 0.1);
        check_dropout(t, columns[i], 0.75);
    }
}

static void
test_layers__dropout_equals_its_twin(void **state)
{
    (void)state;
    each_path(check_dropouts);
}

/* --- masks: random rows against the twin that sorts --- */

enum { ROWS = SANITIZED ? 600 : 10000, WIDTH_MAX = 19331 };

/* A way to draw a row; i runs over its entries. */
enum row_kind {
    ROW_NORMAL,
    ROW_NARROW, /* nearly all in the support */
    ROW_WIDE,
    ROW_TIES, /* multiples of 1/4 */
    ROW_CONSTANT,
    ROW_TWO,     /* two values, at random */
    ROW_HUGE,    /* some +-1e4 among normal ones */
    ROW_FLOOR,   /* -1e4 but for one */
    ROW_CEILING, /* most are 1e4 */
    ROW_KINDS
};

static double
draw(enum row_kind kind, const struct rng *r, uint64_t i)
{
    double x = rng_normal(r, i), u = rng_uniform(r, i + 1000000);

    switch (kind) {
    case ROW_NORMAL: return x;
    case ROW_NARROW: return 0.01 * x;
    case ROW_WIDE: return 100 * x;
    case ROW_TIES: return round(4 * x) / 4;
    case ROW_CONSTANT: return 0.37;
    case ROW_TWO: return u < 0.5 ? 1.25 : 0.75;
    case ROW_HUGE: return u < 0.05 ? 1e4 : u < 0.1 ? -1e4 : x;
    case ROW_FLOOR: return i == 0 ? 3 : -1e4;
    case ROW_CEILING: return u < 0.9 ? 1e4 : x;
    case ROW_KINDS: break;
    }
    return 0;
}

/* Widths are log-uniform from 2, and the largest now and then. */
static size_t
width_of(const struct rng *r, size_t row)
{
    double u = rng_uniform(r, row);

    return row % 100 == 0 ? WIDTH_MAX : (size_t)(2 * pow(WIDTH_MAX / 2.0, u));
}

struct mask_bench {
    double *z, *p, *dp, *dz, *dense, *work; /* (WIDTH_MAX) */
    float *z_f, *p_f, *dp_f;
    uint16_t *index;
};

/* One row on one path against the twin's threshold t and p. */
static void
check_row(struct mask_bench *m, const struct kernels *k, enum entmax_kind kind,
          size_t n, double t)
{
    double found, sum = 0, worst = 0;

    for (size_t i = 0; i < n; i++) {
        m->z_f[i] = (float)m->z[i];
        m->dense[i] = 0;
    }
    size_t size = entmax_row(k, kind, m->z_f, n, m->work, m->index, m->p_f, &found);
    assert_true(size > 0 && size <= n);
    support_near(found, t, 1e-6);
    for (size_t i = 0; i < size; i++) {
        assert_true(m->index[i] < n && (i == 0 || m->index[i - 1] < m->index[i]));
        m->dense[m->index[i]] = (double)m->p_f[i];
        m->dp_f[i] = (float)m->dp[m->index[i]];
    }
    for (size_t i = 0; i < n; i++) {
        worst = fmax(worst, fabs(m->dense[i] - m->p[i]));
        sum += m->dense[i];
    }
    support_near(worst, 0, 1e-6);
    support_near(sum, 1, 1e-5);
    /* The gradient for the p that was found: the support is a step function. */
    entmax_row_backward(kind, m->p_f, m->dp_f, size, m->dp_f);
    if (kind == ENTMAX_15)
        ref_entmax15_backward(n, m->dense, m->dp, m->dz);
    else
        ref_sparsemax_backward(n, m->dense, m->dp, m->dz);
    for (size_t i = 0; i < size; i++)
        support_near((double)m->dp_f[i], m->dz[m->index[i]], 1e-6);
}

static void
draw_row(struct mask_bench *m, size_t row, size_t n)
{
    struct rng r = rng_stream(11, RNG_SIMULATE, 4, row);

    for (size_t i = 0; i < n; i++) {
        /* The twin sees what float32 sees. */
        m->z[i] = (double)(float)draw((enum row_kind)(row % ROW_KINDS), &r, i);
        m->dp[i] = (double)(float)(2 * rng_uniform(&r, i + 2000000) - 1);
    }
}

static void
check_rows(struct mask_bench *m)
{
    struct rng widths = rng_stream(12, RNG_SIMULATE, 5, 0);
    const struct kernels *k;

    for (size_t row = 0; row < ROWS; row++) {
        size_t n = width_of(&widths, row);

        draw_row(m, row, n);
        for (int kind = 0; kind < 2; kind++) {
            double t = kind == ENTMAX_15 ? ref_entmax15(n, m->z, m->p)
                                         : ref_sparsemax(n, m->z, m->p);

            for (size_t i = 0; (k = kernels_path(i)); i++)
                if (kernels_supported(k))
                    check_row(m, k, (enum entmax_kind)kind, n, t);
        }
    }
}

static void
test_layers__masks_equal_the_sorted_twin(void **state)
{
    size_t n = kernels_pad(WIDTH_MAX);
    struct mask_bench m = {.z = xcalloc(n, sizeof(double)),
                           .p = xcalloc(n, sizeof(double)),
                           .dp = xcalloc(n, sizeof(double)),
                           .dz = xcalloc(n, sizeof(double)),
                           .dense = xcalloc(n, sizeof(double)),
                           .work = xcalloc(n, sizeof(double)),
                           .z_f = output(1, n),
                           .p_f = output(1, n),
                           .dp_f = output(1, n),
                           .index = xcalloc(n, sizeof(uint16_t))};

    (void)state;
    check_rows(&m);
    void *all[] = {m.z,    m.p,   m.dp,  m.dz,   m.dense,
                   m.work, m.z_f, m.p_f, m.dp_f, m.index};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
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
        cmocka_unit_test(test_layers_ref__masks_sum_to_one),
        cmocka_unit_test(test_layers__affine_equals_its_twin),
        cmocka_unit_test(test_layers__batchnorm_equals_its_twin),
        cmocka_unit_test(test_layers__batchnorm_backward_works_in_place),
        cmocka_unit_test(test_layers__activations_equal_their_twins),
        cmocka_unit_test(test_layers__dropout_equals_its_twin),
        cmocka_unit_test(test_layers__masks_equal_the_sorted_twin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
