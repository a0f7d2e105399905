/* test_layers.c - the float32 layers against their plain twins: every path, odd sizes,
 * uneven chunks, one and two threads. */
#include "tests/support.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "num/activation.h"
#include "num/batchnorm.h"
#include "num/dense.h"
#include "num/hidden.h"
#include "num/layers_ref.h"
#include "tests/layer_lab.h"

struct bench {
    const struct kernels *k;
    struct pool *pool[2]; /* none, and two threads */
};

/* For each path that this machine has. */
static void
each_path(void (*check)(const struct bench *t))
{
    struct bench t = {.pool = {NULL, pool_new(2)}};

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
    double *x = layer_normals(B * K, 1, 1), *w = layer_normals(N * K, 1, 2);
    double *bias = layer_normals(N, 1, 3), *dy = layer_normals(B * N, 1, 4);
    float *x_f = layer_padded(x, B, K), *w_f = layer_padded(w, N, K),
          *bias_f = layer_padded(bias, 1, N);
    float *dy_f = layer_padded(dy, B, N), *y[2], *dx[2], *dw[2], *db[2];
    double *y_ref = xcalloc(B * N, sizeof *y_ref), *dx_ref = xcalloc(B * K, sizeof *x);
    double *dw_ref = xcalloc(N * K, sizeof *w), *db_ref = xcalloc(N, sizeof *bias);
    struct dense d = {B, K, N, w_f, with_bias ? bias_f : NULL};

    for (size_t i = 0; i < 2; i++) {
        y[i] = layer_output(B, N);
        dx[i] = layer_output(B, K);
        dw[i] = layer_output(N, K);
        db[i] = layer_output(1, kernels_pad(N));
        dense_forward(t->pool[i], t->k, &d, x_f, y[i]);
        dense_backward_input(t->pool[i], t->k, &d, dy_f, false, dx[i]);
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
    dense_backward_input(NULL, t->k, &d, dy_f, true, dx[0]);
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
    double *x = layer_normals(B * H, 3, 1), *weight = layer_normals(H, 1, 2);
    double *bias = layer_normals(H, 1, 3), *dy = layer_normals(B * H, 1, 4);
    double *mean = layer_normals(H, 1, 5), *var = layer_normals(H, 0, 6);
    double *y_ref = xcalloc(B * H, sizeof *x), *dx_ref = xcalloc(B * H, sizeof *x);
    double *dw_ref = xcalloc(H, sizeof *x), *db_ref = xcalloc(H, sizeof *x);
    float *x_f = layer_padded(x, B, H), *w_f = layer_padded(weight, 1, H),
          *b_f = layer_padded(bias, 1, H);
    float *dy_f = layer_padded(dy, B, H), *rm[2], *rv[2], *y[2], *e[2], *dx[2], *dw[2],
          *db[2];
    float *save = layer_output(chunks, ld), *rstd = layer_output(chunks, ld);
    float *eval_mean = layer_output(2, ld);

    for (size_t j = 0; j < H; j++)
        var[j] = 1 + (double)j / 8;
    for (size_t i = 0; i < 2; i++) {
        struct batchnorm_args a = {.B = B,
                                   .ld = ld,
                                   .chunk = chunk,
                                   .x = x_f,
                                   .y = y[i] = layer_output(B, ld),
                                   .weight = w_f,
                                   .bias = b_f,
                                   .running_mean = rm[i] = layer_padded(mean, 1, H),
                                   .running_var = rv[i] = layer_padded(var, 1, H),
                                   .mean = save,
                                   .rstd = rstd,
                                   .momentum = 0.1,
                                   .eps = 1e-5,
                                   .dy = dy_f,
                                   .dx = dx[i] = layer_output(B, ld),
                                   .dweight = dw[i] = layer_output(1, ld),
                                   .dbias = db[i] = layer_output(1, ld)};

        batchnorm_train(t->pool[i], t->k, &a);
        batchnorm_backward(t->pool[i], t->k, &a);
        for (size_t j = H; j < ld; j++)
            rv[i][j] = 0; /* padding of a variance is nobody's */
        a.y = e[i] = layer_output(B, ld);
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
    double *x = layer_normals(B * H, 1, 1), *w = layer_normals(H, 1, 2),
           *dy = layer_normals(B * H, 1, 3);
    float *x_f = layer_padded(x, B, H), *w_f = layer_padded(w, 1, H),
          *dy_f = layer_padded(dy, B, H);
    float *y = layer_output(B, H), *dx = layer_output(B, H), *sum = layer_output(6, ld);
    struct batchnorm_args a = {.B = B,
                               .ld = ld,
                               .chunk = 13,
                               .x = x_f,
                               .y = y,
                               .weight = w_f,
                               .bias = w_f,
                               .running_mean = layer_padded(w, 1, H),
                               .running_var = layer_padded(w, 1, H),
                               .mean = layer_output(4, ld),
                               .rstd = layer_output(4, ld),
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
check_glu(const struct bench *t, size_t H, double sd)
{
    size_t n = CELLS * H, ld = kernels_pad(H), ld2 = kernels_pad(2 * H);
    double *x = layer_normals(2 * n, sd, 1), *dy = layer_normals(n, 1, 2);
    double *ref = xcalloc(2 * n, sizeof *x);
    float *x_f = layer_padded(x, CELLS, 2 * H), *dy_f = layer_padded(dy, CELLS, H),
          *y[2], *dx[2];

    for (size_t i = 0; i < 2; i++) {
        y[i] = layer_output(CELLS, H);
        dx[i] = layer_output(CELLS, 2 * H);
        glu_forward(t->pool[i], t->k, CELLS, H, x_f, NULL, y[i]);
        glu_backward(t->pool[i], t->k, CELLS, H, x_f, 1, dy_f, dx[i]);
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

/* With something below, and a scale. */
static void
check_glu_on(const struct bench *t, size_t H)
{
    size_t n = CELLS * H;
    double *x = layer_normals(2 * n, 1, 1), *dy = layer_normals(n, 1, 2);
    double *below = layer_normals(n, 1, 3), *ref = xcalloc(2 * n, sizeof *x);
    float *x_f = layer_padded(x, CELLS, 2 * H), *dy_f = layer_padded(dy, CELLS, H);
    float *below_f = layer_padded(below, CELLS, H), *y = layer_output(CELLS, H);
    float *dx = layer_output(CELLS, 2 * H);

    glu_forward(t->pool[1], t->k, CELLS, H, x_f, below_f, y);
    ref_glu(CELLS, H, x, ref);
    for (size_t i = 0; i < n; i++) {
        ref[i] = (ref[i] + below[i]) * sqrt(0.5);
        dy[i] *= 0.25;
    }
    near(y, ref, CELLS, H, 1e-6, "glu_forward below");
    glu_backward(t->pool[1], t->k, CELLS, H, x_f, 0.25f, dy_f, dx);
    near(dy_f, dy, CELLS, H, 1e-6, "glu_backward scale");
    ref_glu_backward(CELLS, H, x, dy, ref);
    near(dx, ref, CELLS, 2 * H, 1e-6, "glu_backward of scaled");
    void *all[] = {x, dy, below, ref, x_f, dy_f, below_f, y, dx};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static void
check_glus(const struct bench *t)
{
    static const double sd[] = {1, 30, 1000}; /* the last beyond what exp can take */

    for (size_t i = 0; i < N_COLUMNS; i++) {
        for (size_t s = 0; s < 3; s++)
            check_glu(t, columns[i], sd[s]);
        check_glu_on(t, columns[i]);
    }
}

static void
test_layers__glu_equals_its_twin(void **state)
{
    (void)state;
    each_path(check_glus);
}

/* --- hidden layers --- */

/* One layer of CELLS cells and H columns with its twin's numbers. */
struct hidden_lab {
    size_t H, ld;
    struct rng r;
    uint32_t cell[CELLS];
    double *x, *weight, *bias, *mean, *var, *dy; /* in */
    double *y, *silu, *keep, *h, *dx, *dw, *db;  /* the twin's */
    float *x_f, *weight_f, *bias_f, *dy_f;       /* in */
    float *running_mean, *running_var, *mean_f, *rstd_f, *h_f, *dx_f, *dw_f, *db_f;
    uint16_t *kept;
};

static void
lab_init(struct hidden_lab *l, size_t H, double sd, uint32_t first)
{
    size_t n = CELLS * H;

    *l = (struct hidden_lab){.H = H, .ld = kernels_pad(H)};
    l->r = rng_stream(7, RNG_DROPOUT, 3, 1);
    for (uint32_t b = 0; b < CELLS; b++)
        l->cell[b] = first + b;
    l->x = layer_normals(n, 3, 1);
    l->weight = layer_normals(H, sd, 2);
    l->bias = layer_normals(H, sd, 3);
    l->mean = layer_normals(H, 1, 5);
    l->var = layer_normals(H, 0, 6);
    l->dy = layer_normals(n, 1, 4);
    for (size_t j = 0; j < H; j++)
        l->var[j] = 1 + (double)j / 8;
    double **ref[] = {&l->y, &l->silu, &l->keep, &l->h, &l->dx, &l->dw, &l->db};
    for (size_t i = 0; i < sizeof ref / sizeof ref[0]; i++)
        *ref[i] = xcalloc(n, sizeof(double));
    l->x_f = layer_padded(l->x, CELLS, H);
    l->weight_f = layer_padded(l->weight, 1, H);
    l->bias_f = layer_padded(l->bias, 1, H);
    l->dy_f = layer_padded(l->dy, CELLS, H);
    l->running_mean = layer_padded(l->mean, 1, H);
    l->running_var = layer_padded(l->var, 1, H);
    float **out[] = {&l->mean_f, &l->rstd_f, &l->dw_f, &l->db_f};
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++)
        *out[i] = layer_output(1, l->ld);
    l->h_f = layer_output(CELLS, l->ld);
    l->dx_f = layer_output(CELLS, l->ld);
    l->kept = xmalloc(CELLS * l->ld / VEC, sizeof *l->kept);
}

static void
lab_release(struct hidden_lab *l)
{
    void *all[] = {l->x,      l->weight, l->bias, l->mean,         l->var,
                   l->dy,     l->y,      l->silu, l->keep,         l->h,
                   l->dx,     l->dw,     l->db,   l->x_f,          l->weight_f,
                   l->bias_f, l->dy_f,   l->kept, l->running_mean, l->running_var,
                   l->mean_f, l->rstd_f, l->h_f,  l->dx_f,         l->dw_f,
                   l->db_f};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static struct hidden_args
lab_args(const struct hidden_lab *l, double p)
{
    return (struct hidden_args){.bn = {.B = CELLS,
                                       .ld = l->ld,
                                       .chunk = CELLS,
                                       .x = l->x_f,
                                       .weight = l->weight_f,
                                       .bias = l->bias_f,
                                       .running_mean = l->running_mean,
                                       .running_var = l->running_var,
                                       .mean = l->mean_f,
                                       .rstd = l->rstd_f,
                                       .momentum = 0.1,
                                       .eps = 1e-5,
                                       .dy = l->dy_f,
                                       .dx = l->dx_f,
                                       .dweight = l->dw_f,
                                       .dbias = l->db_f},
                                .h = l->h_f,
                                .H = l->H,
                                .dropout = p,
                                .r = &l->r,
                                .cell = l->cell,
                                .kept = l->kept};
}

/* The factors of dropout by their definition in hidden.h, and that the kept bits say the
 * same. */
static void
lab_keep(struct hidden_lab *l, double p)
{
    for (size_t b = 0; b < CELLS; b++) {
        for (size_t j = 0; j < l->H; j++) {
            uint32_t w[4], bits = l->kept[b * l->ld / VEC + j / VEC];

            rng_block(&l->r, l->cell[b] * (uint64_t)((l->H + 3) / 4) + j / 4, w);
            bool stays = (double)w[j % 4] >= floor(p * 0x1p32);
            l->keep[b * l->H + j] = stays ? (double)(float)(1 / (1 - p)) : 0;
            if (p > 0)
                assert_int_equal(bits >> j % VEC & 1, stays);
        }
    }
}

static void
lab_twin(struct hidden_lab *l, double p)
{
    size_t n = CELLS * l->H;
    struct ref_batchnorm r = {CELLS,   l->H,    CELLS,  l->x, l->weight,
                              l->bias, l->mean, l->var, 0.1,  1e-5};
    double *dh = xcalloc(n, sizeof *dh), *dsilu = xcalloc(n, sizeof *dsilu);

    lab_keep(l, p);
    ref_batchnorm(&r, l->y);
    ref_silu(n, l->y, l->silu);
    ref_dropout(n, l->silu, l->keep, l->h);
    ref_dropout_backward(n, l->keep, l->dy, dsilu);
    ref_silu_backward(n, l->y, dsilu, dh);
    ref_batchnorm_backward(&r, dh, l->dx, l->dw, l->db);
    free(dh);
    free(dsilu);
}

static void
check_hidden(const struct bench *t, size_t H, double p, double sd)
{
    struct hidden_lab l[2];
    double scale = 0, loose = sd > 10 ? sd / 10 : 1; /* y is off by 1e-7 sd */

    for (size_t i = 0; i < 2; i++) {
        lab_init(&l[i], H, sd, 1000);
        struct hidden_args a = lab_args(&l[i], p);
        hidden_forward(t->pool[i], t->k, true, &a);
        hidden_backward(t->pool[i], t->k, &a);
    }
    lab_twin(&l[0], p);
    size_t n = CELLS * l->ld * sizeof(float);
    assert_memory_equal(l[0].h_f, l[1].h_f, n);
    assert_memory_equal(l[0].dx_f, l[1].dx_f, n);
    assert_memory_equal(l[0].dw_f, l[1].dw_f, l->ld * sizeof(float));
    assert_memory_equal(l[0].db_f, l[1].db_f, l->ld * sizeof(float));
    for (size_t j = 0; j < H; j++)
        scale = fmax(scale, fabs((double)l->rstd_f[j] * l->weight[j]));
    near(l->h_f, l->h, CELLS, H, 2e-6, "hidden_forward");
    near(l->running_mean, l->mean, 1, H, 2e-6, "running mean");
    near_to(l->dx_f, l->dx, CELLS, H, 4e-6 * loose, scale, "hidden_backward");
    near_to(l->dw_f, l->dw, 1, H, 4e-6 * loose, 1, "hidden_backward's weight");
    near_to(l->db_f, l->db, 1, H, 4e-6 * loose, 1, "hidden_backward's bias");
    /* In the place of dy. */
    struct hidden_args a = lab_args(&l[1], p);
    a.bn.dx = l[1].dy_f;
    hidden_backward(NULL, t->k, &a);
    assert_memory_equal(l[0].dx_f, l[1].dy_f, n);
    lab_release(&l[0]);
    lab_release(&l[1]);
}

/* Evaluation: running statistics, and nothing is dropped. */
static void
check_hidden_eval(const struct bench *t, size_t H)
{
    struct hidden_lab l;

    lab_init(&l, H, 1, 0);
    struct hidden_args a = lab_args(&l, 0.5);
    struct ref_batchnorm r = {CELLS,  H,      CELLS, l.x, l.weight,
                              l.bias, l.mean, l.var, 0.1, 1e-5};
    hidden_forward(t->pool[1], t->k, false, &a);
    ref_batchnorm_eval(&r, l.y);
    ref_silu(CELLS * H, l.y, l.h);
    near(l.h_f, l.h, CELLS, H, 2e-6, "hidden_forward in evaluation");
    lab_release(&l);
}

/* The same cells in other places have the same factors. */
static void
check_places(const struct bench *t, size_t H)
{
    struct hidden_lab l[2];

    for (uint32_t i = 0; i < 2; i++) {
        lab_init(&l[i], H, 1, UINT32_MAX / 2 + i);
        struct hidden_args a = lab_args(&l[i], 0.5);
        hidden_forward(NULL, t->k, true, &a);
    }
    for (size_t b = 1; b < CELLS; b++)
        for (size_t j = 0; j < H; j++)
            assert_int_equal(l[0].kept[b * l->ld / VEC + j / VEC] >> j % VEC & 1,
                             l[1].kept[(b - 1) * l->ld / VEC + j / VEC] >> j % VEC & 1);
    lab_release(&l[0]);
    lab_release(&l[1]);
}

static void
check_hiddens(const struct bench *t)
{
    for (size_t i = 0; i < N_COLUMNS; i++) {
        check_hidden(t, columns[i], 0, 1);
        check_hidden(t, columns[i], 0.1, 1);
        check_hidden(t, columns[i], 0.75, 30);
        check_hidden(t, columns[i], 0.1, 1000); /* beyond what exp can take */
        check_hidden_eval(t, columns[i]);
        check_places(t, columns[i]);
    }
}

static void
test_layers__hidden_layer_equals_its_twin(void **state)
{
    (void)state;
    each_path(check_hiddens);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers__affine_equals_its_twin),
        cmocka_unit_test(test_layers__batchnorm_equals_its_twin),
        cmocka_unit_test(test_layers__batchnorm_backward_works_in_place),
        cmocka_unit_test(test_layers__glu_equals_its_twin),
        cmocka_unit_test(test_layers__hidden_layer_equals_its_twin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
