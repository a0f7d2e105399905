/* test_kernels.c - each kernel on each path against its plain twin. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "num/optim.h"
#include "num/sparse.h"

/* Shapes: one vector, exactly full registers of a path, one more, tiles with a rest. */
static const struct {
    size_t B, D, N;
    double density;
} shapes[] = {
    {1, 1, 1, 1.0},      {3, 33, 16, 0.5},    {7, 40, 17, 0.0},     {64, 96, 12, 0.3},
    {20, 700, 48, 0.1},  {130, 300, 96, 0.2}, {33, 2000, 164, 0.1}, {9, 257, 192, 0.2},
    {10, 100, 200, 0.3}, {5, 60, 1000, 0.2},  {70, 256, 20, 12.0}, /* all detected */
};

enum { THREADS = 3 };

struct cells {
    struct sparse_batch x;
    struct sparse_row *row;
    uint16_t *index;
    float *value;
    uint32_t *tile_start;
    struct sparse_tiles tiles;
    struct sparse_work work;
    struct sparse_packed packed;
    struct hot_block hot;
};

static float *
floats(size_t n, double fill)
{
    float *f;

    assert_int_equal(big_calloc(&f, n, sizeof *f, "test", NULL), ERR_OK);
    for (size_t i = 0; i < n; i++)
        f[i] = (float)fill;
    return f;
}

/* Uniform in -1..1, padding columns 0. */
static float *
random_matrix(size_t rows, size_t cols, uint64_t seed)
{
    size_t ld = kernels_pad(cols);
    float *f = floats(rows * ld, 0);
    struct rng r = rng_stream(seed, RNG_SIMULATE, 0, 0);

    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            f[i * ld + j] = (float)(2 * rng_uniform(&r, i * cols + j) - 1);
    return f;
}

/* Shares of cells that detect each gene: falling from five times the density, at most
 * all, to a little.  Caller frees. */
static float *
rates(size_t D, double density)
{
    float *rate = xcalloc(D, sizeof *rate);

    for (size_t g = 0; g < D; g++) {
        double at = (double)g / (double)D, r = 5 * density * exp(-5 * at);

        rate[g] = (float)(r < 1 ? r : 1);
    }
    return rate;
}

static void
cells_init(struct cells *c, size_t B, size_t D, size_t N, const float *rate)
{
    struct rng r = rng_stream(5, RNG_SIMULATE, 1, 0);
    size_t at = 0;

    *c = (struct cells){0};
    c->row = xcalloc(B, sizeof *c->row);
    c->index = xcalloc(B * D, sizeof *c->index);
    c->value = xcalloc(B * D, sizeof *c->value);
    for (size_t b = 0; b < B; b++) {
        c->row[b] = (struct sparse_row){.index = c->index + at, .value = c->value + at};
        for (size_t g = 0; g < D; g++) {
            if (rng_uniform(&r, 2 * (b * D + g)) >= (rate ? (double)rate[g] : 0.1))
                continue;
            c->index[at] = (uint16_t)g;
            c->value[at++] = (float)(9 * rng_uniform(&r, 2 * (b * D + g) + 1));
            c->row[b].n++;
        }
    }
    sparse_tiles_init(&c->tiles, D, N, rate);
    assert_int_equal(sparse_work_init(&c->work, &c->tiles, THREADS, NULL), ERR_OK);
    c->tile_start = xcalloc(B * (c->tiles.n + 1), sizeof *c->tile_start);
    c->x = (struct sparse_batch){
        .B = B, .D = D, .row = c->row, .tiles = &c->tiles, .tile_start = c->tile_start};
    sparse_tile(NULL, kernels_best(), &c->x, 0, c->tile_start);
}

static void
cells_release(struct cells *c)
{
    free(c->row);
    free(c->index);
    free(c->value);
    free(c->tile_start);
    sparse_tiles_release(&c->tiles);
    sparse_work_release(&c->work);
    sparse_packed_release(&c->packed);
    hot_release(&c->hot);
}

/* Largest |a - b|, relative to the largest |b|. */
static double
distance(const float *a, const float *b, size_t n)
{
    double diff = 0, top = 1e-30;

    for (size_t i = 0; i < n; i++) {
        if (!isfinite(a[i]))
            return INFINITY;
        diff = fmax(diff, fabs((double)a[i] - (double)b[i]));
        top = fmax(top, fabs((double)b[i]));
    }
    return diff / top;
}

/* The layer on the rows as they are, packed, or with its often detected genes dense. */
enum layout { ROWS, PACKED, DENSE, LAYOUTS };

static void
put_hot(struct cells *c)
{
    size_t n_dict = c->row[0].code ? c->row[0].n_dict : SIZE_MAX;

    assert_true(hot_begin(&c->hot, c->x.B, n_dict));
    for (size_t b = 0; b < c->x.B; b++)
        hot_put(&c->hot, b, &c->row[b], hot_count(&c->hot, &c->row[b]));
    c->x.hot = &c->hot;
}

static void
lay_out(struct cells *c, const struct kernels *k, size_t N, enum layout layout)
{
    size_t nnz = 0;

    for (size_t b = 0; b < c->x.B; b++)
        nnz += c->row[b].n;
    if (layout == DENSE && k->hot && c->tiles.hot) {
        assert_int_equal(hot_init(&c->hot, k, &c->tiles, c->x.B, N, THREADS, NULL),
                         ERR_OK);
        bool coded = c->row[0].code && c->row[0].n_dict < HOT_CODES;

        assert_int_equal(hot_expect(&c->hot, c->x.B, coded, NULL), ERR_OK);
        put_hot(c);
    }
    if (layout >= PACKED) {
        assert_int_equal(sparse_packed_init(&c->packed, &c->tiles, c->x.B, nnz, NULL),
                         ERR_OK);
        sparse_pack(k, &c->x, &c->packed);
    }
}

static void
check_sparse(const struct kernels *k, size_t s, enum layout layout, struct pool *pool)
{
    size_t B = shapes[s].B, D = shapes[s].D, N = shapes[s].N, ld = kernels_pad(N);
    float *rate = rates(D, shapes[s].density);
    struct cells c;
    float *w = random_matrix(D, N, 1), *bias = random_matrix(1, N, 2);
    float *dz = random_matrix(B, N, 3);
    float *z = floats(B * ld, (double)NAN), *z_ref = floats(B * ld, 0);
    float *dw = floats(D * ld, (double)NAN), *dw_ref = floats(D * ld, 0);
    float *db = floats(ld, (double)NAN), *db_ref = floats(ld, 0);

    cells_init(&c, B, D, N, layout == ROWS ? NULL : rate);
    lay_out(&c, k, N, layout);
    sparse_forward(pool, k, &c.x, w, bias, ld, z);
    sparse_forward_ref(&c.x, w, bias, ld, z_ref);
    assert_true(distance(z, z_ref, B * ld) < 2e-6);
    sparse_gradient(pool, k, &c.x, &c.work, dz, ld, false, dw, db, NULL);
    sparse_gradient_ref(&c.x, dz, ld, dw_ref, db_ref);
    assert_true(distance(dw, dw_ref, D * ld) < 2e-6);
    assert_true(distance(db, db_ref, ld) < 2e-6);
    sparse_gradient(pool, k, &c.x, &c.work, dz, ld, true, dw, db, NULL);
    for (size_t i = 0; i < D * ld; i++)
        dw_ref[i] *= 2;
    assert_true(distance(dw, dw_ref, D * ld) < 2e-6);
    cells_release(&c);
    free(rate);
    free(w);
    free(bias);
    free(dz);
    free(z);
    free(z_ref);
    free(dw);
    free(dw_ref);
    free(db);
    free(db_ref);
}

static void
test_kernels__sparse_layer_equals_its_twin(void **state)
{
    const struct kernels *k;

    (void)state;
    for (size_t i = 0; (k = kernels_path(i)); i++)
        for (size_t s = 0; kernels_supported(k) && s < sizeof shapes / sizeof shapes[0];
             s++)
            for (enum layout l = 0; l < LAYOUTS; l++)
                check_sparse(k, s, l, NULL);
}

/* A weight that is not finite shows in every cell that has its gene, and weights near the
 * end of float32 lose no more than its smallest normal numbers. */
static void
check_extremes(const struct kernels *k)
{
    enum { B = 33, D = 300, N = 20, GENE = 3, LD = 32 };
    static const float broken[] = {INFINITY, -INFINITY, NAN};
    float *rate = rates(D, 1), *w = random_matrix(D, N, 1), *bias = floats(LD, 0);
    float *z = floats(B * LD, 0), *z_ref = floats(B * LD, 0);
    struct cells c;

    cells_init(&c, B, D, N, rate);
    lay_out(&c, k, N, DENSE);
    assert_true(c.tiles.hot > GENE && rate[GENE] == 1);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        w[GENE * LD + 1] = broken[i];
        sparse_forward(NULL, k, &c.x, w, bias, LD, z);
        for (size_t b = 0; b < B; b++)
            assert_true(!isfinite(z[b * LD + 1]) && isfinite(z[b * LD]));
    }
    w[GENE * LD + 1] = 1;
    for (size_t i = 0; i < D * LD; i++)
        w[i] *= 1e-33f;
    sparse_forward(NULL, k, &c.x, w, bias, LD, z);
    sparse_forward_ref(&c.x, w, bias, LD, z_ref);
    for (size_t i = 0; i < B * LD; i++)
        support_near((double)z[i], (double)z_ref[i], D * 9 * 0x1p-126);
    cells_release(&c);
    free(rate);
    free(w);
    free(bias);
    free(z);
    free(z_ref);
}

static void
test_kernels__weights_at_the_ends_of_float32(void **state)
{
    const struct kernels *k;

    (void)state;
    for (size_t i = 0; (k = kernels_path(i)); i++)
        if (kernels_supported(k))
            check_extremes(k);
}

/* --- coded rows --- */

/* The values of c become some of n_dict; code (nnz) and dictionary say which. */
static void
draw_codes(struct cells *c, size_t n_dict, uint8_t *code, float *dict)
{
    struct rng r = rng_stream(6, RNG_SIMULATE, n_dict, 0);

    for (size_t i = 0; i < n_dict; i++)
        dict[i] = (float)log1p(0.37 * (double)(i + 1));
    for (size_t b = 0; b < c->x.B; b++) {
        size_t first = (size_t)(c->row[b].index - c->index);

        for (size_t k = first; k < first + c->row[b].n; k++) {
            code[k] = (uint8_t)rng_below(&r, k, n_dict);
            c->value[k] = dict[code[k]];
        }
    }
}

static void
use_codes(struct cells *c, size_t n_dict, const uint8_t *code, const float *dict)
{
    for (size_t b = 0; b < c->x.B; b++) {
        c->row[b].code = code + (c->row[b].index - c->index);
        c->row[b].value = dict;
        c->row[b].n_dict = n_dict;
    }
}

/* The layer on coded rows has the bits of the layer on the values themselves. */
static void
check_codes(const struct kernels *k, size_t n_dict)
{
    enum { B = 70, D = 900, N = 40 };
    size_t ld = kernels_pad(N);
    float *rate = rates(D, 0.15), *w = random_matrix(D, N, 1),
          *dz = random_matrix(B, N, 3);
    float *bias = random_matrix(1, N, 2), *z[2], *dw[2], dict[256];
    uint8_t *code = xcalloc(B * D, 1);

    for (size_t i = 0; i < 2; i++) {
        struct cells c;

        cells_init(&c, B, D, N, rate);
        draw_codes(&c, n_dict, code, dict);
        if (i == 1)
            use_codes(&c, n_dict, code, dict);
        lay_out(&c, k, N, DENSE);
        assert_true(!k->hot ||
                    (c.x.hot && !c.x.hot->args.code == (i == 0 || n_dict > 127)));
        z[i] = floats(B * ld, 0);
        dw[i] = floats(D * ld, 0);
        sparse_forward(NULL, k, &c.x, w, bias, ld, z[i]);
        sparse_gradient(NULL, k, &c.x, &c.work, dz, ld, false, dw[i], NULL, NULL);
        cells_release(&c);
    }
    assert_memory_equal(z[0], z[1], B * ld * sizeof *z[0]);
    assert_memory_equal(dw[0], dw[1], D * ld * sizeof *dw[0]);
    for (size_t i = 0; i < 2; i++) {
        free(z[i]);
        free(dw[i]);
    }
    free(rate);
    free(w);
    free(dz);
    free(bias);
    free(code);
}

static void
test_kernels__coded_rows_give_the_same_bits(void **state)
{
    static const size_t n_dict[] = {1, 30, 31, 32, 63, 64, 65, 127, 128, 256};
    const struct kernels *k;

    (void)state;
    for (size_t i = 0; (k = kernels_path(i)); i++)
        for (size_t j = 0; kernels_supported(k) && j < sizeof n_dict / sizeof n_dict[0];
             j++)
            check_codes(k, n_dict[j]);
}

/* Enough work that the pool is used; any number of threads gives the same bits. */
static void
check_threads(const struct kernels *k)
{
    enum { B = 400, D = 1500, N = 164 };
    size_t ld = kernels_pad(N), n = D * ld;
    struct cells c;
    float *w = random_matrix(D, N, 1), *bias = random_matrix(1, N, 2);
    float *dz = random_matrix(B, N, 3), *db = floats(ld, 0);
    float *z[2], *dw[2];
    double norm[2], block[64];

    assert_true(optim_norm_blocks(n) <= 64);
    float *rate = rates(D, 0.1);

    cells_init(&c, B, D, N, rate);
    lay_out(&c, k, N, DENSE);
    for (size_t i = 0; i < 2; i++) {
        struct pool *pool = pool_new(1 + 2 * i);

        z[i] = floats(B * ld, (double)NAN);
        dw[i] = floats(D * ld, (double)NAN);
        sparse_tile(pool, k, &c.x, 0, c.tile_start);
        sparse_pack(k, &c.x, &c.packed);
        sparse_forward(pool, k, &c.x, w, bias, ld, z[i]);
        sparse_gradient(pool, k, &c.x, &c.work, dz, ld, false, dw[i], db, NULL);
        norm[i] = optim_norm(pool, k, dw[i], n, NULL, block);
        pool_free(pool);
    }
    assert_memory_equal(z[0], z[1], B * ld * sizeof(float));
    assert_memory_equal(dw[0], dw[1], n * sizeof(float));
    assert_memory_equal(&norm[0], &norm[1], sizeof norm[0]);
    for (size_t i = 0; i < 2; i++) {
        free(z[i]);
        free(dw[i]);
    }
    cells_release(&c);
    free(rate);
    free(w);
    free(bias);
    free(dz);
    free(db);
}

static void
test_kernels__same_bits_for_any_number_of_threads(void **state)
{
    const struct kernels *k;

    (void)state;
    for (size_t i = 0; (k = kernels_path(i)); i++)
        if (kernels_supported(k))
            check_threads(k);
}

static void
check_adamw(const struct kernels *k, double clip)
{
    enum { N = 40000 };
    struct optim o, o_ref;
    struct pool *pool = pool_new(2);
    float *x = random_matrix(1, N, 1), *x_ref = random_matrix(1, N, 1);
    float *m = floats(N, 0), *m_ref = floats(N, 0), *v = floats(N, 0),
          *v_ref = floats(N, 0);
    double block[4], norm = 0;

    optim_init(&o, 1e-2, 0.05, clip);
    optim_init(&o_ref, 1e-2, 0.05, clip);
    for (uint64_t step = 0; step < 5; step++) {
        float *g = random_matrix(1, N, 10 + step);
        double squares = 0;

        for (size_t i = 0; i < N; i++)
            squares += (double)g[i] * (double)g[i];
        norm = optim_norm(pool, k, g, N, NULL, block);
        support_near(norm / sqrt(squares), 1, 1e-7);
        optim_step(pool, k, &o, x, m, v, g, N, norm);
        optim_step_ref(&o_ref, x_ref, m_ref, v_ref, g, N, norm);
        free(g);
    }
    assert_int_equal(o.step, 5);
    assert_true(distance(x, x_ref, N) < 1e-6);
    assert_true(distance(m, m_ref, N) < 1e-6);
    assert_true(distance(v, v_ref, N) < 1e-6);
    pool_free(pool);
    free(x);
    free(x_ref);
    free(m);
    free(m_ref);
    free(v);
    free(v_ref);
}

static void
test_kernels__adamw_equals_its_twin(void **state)
{
    const struct kernels *k;

    (void)state;
    for (size_t i = 0; (k = kernels_path(i)); i++) {
        if (!kernels_supported(k))
            continue;
        check_adamw(k, 0);
        check_adamw(k, 1);
        check_adamw(k, 1e6);
    }
}

/* One step by hand: with m = v = 0 every parameter moves by lr against its sign. */
/* The norm with parts of the squares given, which need not be true: 1, 2 and 4. */
static void
test_kernels__norm_takes_known_squares_in_their_place(void **state)
{
    enum { N = 16384 * 3 + 48 };
    static const size_t ranges[][2] = {{0, 0},         {0, N},     {16, 32},
                                       {0, 16384},     {16384, N}, {40000, N - 16},
                                       {7 * 16, 32768}};
    static const double part[] = {1, 2, 4};
    float *g = random_matrix(1, N, 9);
    double block[8];
    struct pool *pool = pool_new(2);

    (void)state;
    assert_true(optim_norm_blocks(N) <= 8);
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        struct optim_known known = {ranges[i][0], ranges[i][1], part, i ? 3 : 0};
        double sum = i ? 7 : 0, norm[2];

        for (size_t j = 0; j < N; j++)
            if (j < known.from || j >= known.to)
                sum += (double)g[j] * (double)g[j];
        for (size_t t = 0; t < 2; t++)
            norm[t] = optim_norm(t ? pool : NULL, kernels_best(), g, N, &known, block);
        support_near(norm[0] / sqrt(sum), 1, 1e-6);
        assert_memory_equal(&norm[0], &norm[1], sizeof norm[0]);
    }
    pool_free(pool);
    free(g);
}

static void
test_kernels__first_adamw_step_is_lr_times_sign(void **state)
{
    float *x = floats(VEC, 2), *m = floats(VEC, 0), *v = floats(VEC, 0);
    float *g = floats(VEC, 0.25);
    struct optim o;

    (void)state;
    g[1] = -3;
    g[2] = 0;
    optim_init(&o, 0.1, 0.5, 0);
    optim_step(NULL, kernels_best(), &o, x, m, v, g, VEC, 1);
    support_near((double)x[0], 2 * (1 - 0.05) - 0.1, 1e-6);
    support_near((double)x[1], 2 * (1 - 0.05) + 0.1, 1e-6);
    support_near((double)x[2], 2 * (1 - 0.05), 1e-6);
    free(x);
    free(m);
    free(v);
    free(g);
}

/* Dictionaries of every way to hold one, and rows that end anywhere in a vector. */
static void
test_kernels__decoded_rows_are_exact(void **state)
{
    enum { MOST = 100 };
    const struct kernels *k;
    float dict[256], out[MOST + 1];
    uint8_t code[MOST];

    (void)state;
    for (size_t i = 0; i < 256; i++)
        dict[i] = (float)sqrt((double)i);
    for (size_t i = 0; (k = kernels_path(i)); i++)
        for (size_t n_dict = 1; kernels_supported(k) && n_dict <= 256; n_dict++)
            for (size_t n = 0; n <= MOST; n += 1 + n_dict % 5) {
                for (size_t j = 0; j < n; j++)
                    code[j] = (uint8_t)((n_dict - 1 + 37 * j) % n_dict);
                out[n] = -1;
                k->decode(code, n, dict, n_dict, out);
                for (size_t j = 0; j < n; j++)
                    assert_true(out[j] == dict[code[j]]);
                assert_true(out[n] == -1);
            }
}

/* --- shifted rows --- */

enum { SHIFT_D = 5000, SHIFT_MAX = 9 };

/* A random row with about that share of the genes, and always those of `some`. */
static void
shift_random(struct rng r, double density, const uint16_t *some, size_t n_some,
             uint16_t *index, float *value, struct sparse_row *out)
{
    size_t n = 0;

    for (size_t g = 0; g < SHIFT_D; g++) {
        bool is_in = rng_uniform(&r, 4 * g) < density;
        double v = 12 * rng_uniform(&r, 4 * g + 1) - (n_some ? 6 : 0);

        for (size_t i = 0; i < n_some; i++)
            is_in |= some[i] == g;
        if (!is_in)
            continue;
        index[n] = (uint16_t)g;
        value[n++] = rng_uniform(&r, 4 * g + 2) < 0.2 ? 0.5f : (float)(v == 0 ? 1 : v);
    }
    *out = (struct sparse_row){.index = index, .value = value, .n = n};
}

static void
shift_expect(const struct kernels *k, const struct sparse_row *x,
             const struct sparse_row *a, float sign)
{
    float dense[SHIFT_D] = {0}, *value = floats(SHIFT_D + VEC + 1, NAN);
    uint16_t index[SHIFT_D + VEC + 1];
    size_t n = 0, room = x->n + a->n < SHIFT_D ? x->n + a->n : SHIFT_D;

    index[room + VEC] = 77;
    for (size_t i = 0; i < x->n; i++)
        dense[x->index[i]] = x->value[i];
    for (size_t i = 0; i < a->n; i++)
        dense[a->index[i]] += sign * a->value[i];
    size_t got = k->shift_row(x, a, sign, SHIFT_MAX, index, value);
    for (size_t g = 0; g < SHIFT_D; g++) {
        if (!(dense[g] > 0))
            continue;
        assert_true(n < got && index[n] == g);
        assert_true(value[n] == (dense[g] < SHIFT_MAX ? dense[g] : SHIFT_MAX));
        n++;
    }
    assert_int_equal(n, got);
    assert_true(index[room + VEC] == 77 && isnan(value[room + VEC]));
    free(value);
}

/* Rows that are empty, sparse and full, and genes beside the ends of strips. */
static void
test_kernels__shifted_row_equals_the_dense_sum(void **state)
{
    static const double density[] = {0, 0.001, 0.1, 0.5, 1};
    static const uint16_t ends[] = {0, 7, 8, 2047, 2048, 4095, 4096, SHIFT_D - 1};
    const struct kernels *k;
    static uint16_t index[2][SHIFT_D];
    static float value[2][SHIFT_D];
    struct sparse_row x, a, none = {.index = index[0], .value = value[0]};

    (void)state;
    for (size_t path = 0; (k = kernels_path(path)); path++) {
        for (size_t i = 0; kernels_supported(k) && i < 25; i++) {
            shift_random(rng_stream(3, RNG_SIMULATE, 2, i), density[i % 5], NULL, 0,
                         index[0], value[0], &x);
            shift_random(rng_stream(3, RNG_SIMULATE, 3, i), density[i / 5], ends,
                         sizeof ends / sizeof ends[0], index[1], value[1], &a);
            shift_expect(k, &x, &a, 1);
            shift_expect(k, &x, &a, -1);
            shift_expect(k, &x, &none, 1);
            shift_expect(k, &none, &a, -1);
        }
        if (kernels_supported(k))
            shift_expect(k, &none, &none, 1);
    }
}

static void
test_kernels__every_path_is_whole(void **state)
{
    const struct kernels *k;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; (k = kernels_path(i)); i++, n++)
        assert_true(k->name && k->sparse_forward && k->sparse_gradient &&
                    k->column_sum && k->loss_ce && k->loss_hce && k->softmax &&
                    k->sum_squares && k->adamw && k->decode && k->shift_row);
    assert_string_equal(kernels_path(n - 1)->name, "generic");
    assert_true(kernels_supported(kernels_path(n - 1)));
    assert_true(kernels_supported(kernels_best()));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels__sparse_layer_equals_its_twin),
        cmocka_unit_test(test_kernels__weights_at_the_ends_of_float32),
        cmocka_unit_test(test_kernels__coded_rows_give_the_same_bits),
        cmocka_unit_test(test_kernels__same_bits_for_any_number_of_threads),
        cmocka_unit_test(test_kernels__adamw_equals_its_twin),
        cmocka_unit_test(test_kernels__norm_takes_known_squares_in_their_place),
        cmocka_unit_test(test_kernels__first_adamw_step_is_lr_times_sign),
        cmocka_unit_test(test_kernels__decoded_rows_are_exact),
        cmocka_unit_test(test_kernels__shifted_row_equals_the_dense_sum),
        cmocka_unit_test(test_kernels__every_path_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
