/* test_augment.c - augmentation vectors: from files, from cells, added to cells. */
#include "tests/support.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/augment_compute.h"
#include "data/obs_column.h"
#include "data/row_reader.h"
#include "data/run_data.h"

/* --- cells to compute from --- */

struct atlas {
    struct csr x;
    int32_t *y;
    uint8_t *part;
    struct obs_column study, donor;
    struct augment_request q;
};

static int32_t
code_of(const struct obs_column *c, size_t cell)
{
    return codes_get(&c->code, cell);
}

static void
set_code(struct obs_column *c, size_t cell, int32_t code)
{
    codes_set(&c->code, cell, code);
}

static void
column_init(struct obs_column *c, const char *name, size_t n_cells, size_t n_levels)
{
    *c = (struct obs_column){.name = xstrdup(name)};
    codes_take(&c->code, xcalloc(n_cells, sizeof(int32_t)));
    for (size_t k = 0; k < n_levels; k++) {
        char *text = xasprintf("%s_%03zu", name, k);

        strlist_add(&c->levels, text);
        free(text);
    }
}

/* n cells whose class, study, donor and part a test then fills. */
static void
atlas_init(struct atlas *a, size_t n, size_t C, size_t studies, size_t donors)
{
    *a = (struct atlas){.y = xcalloc(n, sizeof *a->y),
                        .part = xcalloc(n, sizeof *a->part)};
    column_init(&a->study, "study", n, studies);
    column_init(&a->donor, "donor", n, donors);
    a->q = (struct augment_request){.n_cells = n,
                                    .C = C,
                                    .y = a->y,
                                    .part = a->part,
                                    .study = &a->study,
                                    .donor = &a->donor,
                                    .seed = 5};
}

static void
atlas_release(struct atlas *a)
{
    csr_release(&a->x);
    free(a->y);
    free(a->part);
    obs_column_release(&a->study);
    obs_column_release(&a->donor);
}

static void
put_row(struct csr *x, size_t row, const float *dense)
{
    assert_int_equal(augment_append(x, row, dense, NULL), ERR_OK);
}

/* --- computed vectors against plain loops --- */

enum { N = 400, G = 30, C = 4, STUDIES = 3, DONORS = 4 };

/* Expression that depends on class, study and donor, far enough for clipping. */
static float
expression(const struct atlas *a, const struct rng *r, size_t i, size_t g)
{
    uint64_t k = (uint64_t)(((a->y[i] * STUDIES + code_of(&a->study, i) + 1) * 7 +
                             code_of(&a->donor, i) + 1) *
                                G +
                            (int)g);
    double level = 4 * rng_uniform(r, 1000000 + k);

    if (rng_uniform(r, i * G + g) < 0.4)
        return 0;
    return (float)(level + rng_uniform(r, 2000000 + i * G + g));
}

static void
small_atlas(struct atlas *a)
{
    struct rng r = rng_stream(3, RNG_SIMULATE, 1, 0);
    float dense[G];

    atlas_init(a, N, C, STUDIES, DONORS);
    assert_int_equal(csr_init(&a->x, N, G, G, NULL), ERR_OK);
    for (size_t i = 0; i < N; i++) {
        uint32_t w[4];

        rng_block(&r, 9000000 + i, w);
        a->y[i] = (int32_t)(w[0] % C);
        set_code(&a->study, i, (int32_t)(w[1] % (STUDIES + 1)) - 1); /* -1: missing */
        set_code(&a->donor, i, (int32_t)(w[2] % (DONORS + 1)) - 1);
        a->part[i] = (uint8_t)(w[3] % 3 ? PART_TRAIN : PART_VAL);
        if (a->y[i] == 2) { /* one group only */
            set_code(&a->study, i, 1);
            set_code(&a->donor, i, 1);
        }
        for (size_t g = 0; g < G; g++)
            dense[g] = expression(a, &r, i, g);
        put_row(&a->x, i, dense);
    }
}

/* Mean of the training cells of a group, or false if it has none. */
static bool
plain_mean(const struct atlas *a, int32_t y, int32_t study, int32_t donor, double *mean)
{
    size_t n = 0;

    memset(mean, 0, G * sizeof *mean);
    for (size_t i = 0; i < N; i++) {
        if (a->part[i] != PART_TRAIN || a->y[i] != y ||
            code_of(&a->study, i) != study || code_of(&a->donor, i) != donor)
            continue;
        for (uint64_t k = a->x.indptr[i]; k < a->x.indptr[i + 1]; k++)
            mean[a->x.index[k]] += (double)a->x.value[k];
        n++;
    }
    for (size_t g = 0; n && g < G; g++)
        mean[g] /= (double)n;
    return n > 0;
}

static double
plain_value(double d)
{
    return fabs(d) <= 0.25 ? 0 : d > 1.5 ? 1.5 : d < -1.5 ? -1.5 : d;
}

/* Vector `row` of aug is the plain difference of the two groups. */
static void
expect_difference(const struct augment *aug, size_t row, const double *a,
                  const double *b)
{
    uint64_t k = aug->a.indptr[row];

    for (size_t g = 0; g < G; g++) {
        double want = plain_value(a[g] - b[g]), got = 0;

        if (k < aug->a.indptr[row + 1] && aug->a.index[k] == g) {
            got = (double)aug->a.value[k++];
            assert_true(got != 0);
        }
        support_near(got, want, 1e-6);
    }
    assert_int_equal(k, aug->a.indptr[row + 1]);
}

/* All pairs of groups, since no class has more than 300. */
static size_t
expect_all_pairs(const struct atlas *a, const struct augment *aug)
{
    double one[G], other[G];
    size_t row = 0;

    for (int32_t y = 0; y < C; y++)
        for (int32_t i = 0; i < STUDIES * DONORS; i++)
            for (int32_t j = i + 1; j < STUDIES * DONORS; j++) {
                if (!plain_mean(a, y, i / DONORS, i % DONORS, one) ||
                    !plain_mean(a, y, j / DONORS, j % DONORS, other))
                    continue;
                assert_true(row < aug->a.n_rows);
                expect_difference(aug, row++, one, other);
            }
    return row;
}

static void
test_compute__is_the_plain_difference_of_means(void **state)
{
    struct atlas a;
    struct augment_plan p;
    struct augment aug;

    (void)state;
    small_atlas(&a);
    assert_int_equal(augment_plan_make(&p, &a.q, NULL), ERR_OK);
    assert_int_equal(p.n_classes, C - 1);
    assert_int_equal(p.n_found, p.n_pairs);
    assert_int_equal(augment_compute(&aug, &p, &(struct dataset){.x = a.x}, NULL, NULL),
                     ERR_OK);
    assert_int_equal(aug.a.n_rows, p.n_pairs);
    assert_int_equal(expect_all_pairs(&a, &aug), p.n_pairs);
    assert_true(p.n_pairs > 150);
    augment_release(&aug);
    augment_plan_release(&p);
    atlas_release(&a);
}

static void
test_compute__same_bits_for_any_number_of_threads(void **state)
{
    struct atlas a;
    struct augment_plan p;
    struct augment one, aug;

    (void)state;
    small_atlas(&a);
    assert_int_equal(augment_plan_make(&p, &a.q, NULL), ERR_OK);
    assert_int_equal(augment_compute(&one, &p, &(struct dataset){.x = a.x}, NULL, NULL),
                     ERR_OK);
    for (size_t threads = 1; threads <= 4; threads++) {
        struct pool *pool = pool_new(threads);

        assert_int_equal(
            augment_compute(&aug, &p, &(struct dataset){.x = a.x}, pool, NULL), ERR_OK);
        assert_string_equal(aug.digest, one.digest);
        assert_int_equal(aug.longest, one.longest);
        augment_release(&aug);
        pool_free(pool);
    }
    a.x.value[a.x.indptr[p.cell[0]]] += 3; /* the digest sees what is in the vectors */
    assert_int_equal(augment_compute(&aug, &p, &(struct dataset){.x = a.x}, NULL, NULL),
                     ERR_OK);
    assert_string_not_equal(aug.digest, one.digest);
    augment_release(&aug);
    augment_release(&one);
    augment_plan_release(&p);
    atlas_release(&a);
}

/* --- choices --- */

/* No cell twice, all of training, every group in a pair, and of one key. */
static void
expect_sound(const struct atlas *a, const struct augment_plan *p)
{
    bool *seen = xcalloc(a->q.n_cells, sizeof *seen);
    bool *paired = xcalloc(p->n_groups, sizeof *paired);

    for (size_t i = 0; i < p->n_pairs; i++) {
        assert_true(p->pair[i].first < p->pair[i].second);
        assert_int_equal(p->group[p->pair[i].first].y, p->group[p->pair[i].second].y);
        paired[p->pair[i].first] = paired[p->pair[i].second] = true;
    }
    for (size_t g = 0; g < p->n_groups; g++) {
        const struct augment_group *group = &p->group[g];
        uint32_t first = p->cell[group->begin];

        assert_true(paired[g] && group->begin < group->end);
        for (uint32_t k = group->begin; k < group->end; k++) {
            uint32_t i = p->cell[k];

            assert_true(!seen[i] && a->part[i] == PART_TRAIN);
            seen[i] = true;
            assert_int_equal(a->y[i], group->y);
            assert_int_equal(code_of(&a->study, i), code_of(&a->study, first));
            assert_int_equal(code_of(&a->donor, i), code_of(&a->donor, first));
            assert_true(k == group->begin || p->cell[k - 1] < i);
        }
    }
    free(paired);
    free(seen);
}

static size_t
cells_of_class(const struct augment_plan *p, int32_t y)
{
    size_t n = 0;

    for (size_t g = 0; g < p->n_groups; g++)
        if (p->group[g].y == y)
            n += p->group[g].end - p->group[g].begin;
    return n;
}

static void
test_plan__cells_are_balanced_over_classes(void **state)
{
    enum { RARE = 10, MIDDLE = 200000, ALL = 700000 };
    struct atlas a;
    struct augment_plan p;

    (void)state;
    atlas_init(&a, ALL, 3, 2, 1);
    for (size_t i = 0; i < ALL; i++) {
        a.y[i] = i < RARE ? 2 : i < RARE + MIDDLE ? 0 : 1;
        set_code(&a.study, i, (int32_t)(i % 2));
    }
    assert_int_equal(augment_plan_make(&p, &a.q, NULL), ERR_OK);
    expect_sound(&a, &p);
    assert_int_equal(cells_of_class(&p, 2), RARE);
    assert_int_equal(cells_of_class(&p, 0), MIDDLE);
    assert_int_equal(cells_of_class(&p, 1), AUGMENT_CELLS_MAX - RARE - MIDDLE);
    assert_int_equal(p.n_pairs, 3);

    /* A choice without favourites: as many of the first half of the class. */
    size_t early = 0;
    for (size_t i = 0; i < p.n_cells; i++)
        early += a.y[p.cell[i]] == 1 &&
                 p.cell[i] < RARE + MIDDLE + (ALL - RARE - MIDDLE) / 2;
    support_near((double)early, 149995, 2000);
    augment_plan_release(&p);
    atlas_release(&a);
}

static void
many_groups(struct atlas *a, size_t classes, size_t groups)
{
    atlas_init(a, classes * groups, classes, 1, groups);
    for (size_t i = 0; i < classes * groups; i++) {
        a->y[i] = (int32_t)(i / groups);
        set_code(&a->donor, i, (int32_t)(i % groups));
    }
}

static bool
same_pairs(const struct augment_plan *a, const struct augment_plan *b)
{
    return a->n_pairs == b->n_pairs && a->n_groups == b->n_groups &&
           memcmp(a->pair, b->pair, a->n_pairs * sizeof *a->pair) == 0 &&
           memcmp(a->cell, b->cell, a->n_cells * sizeof *a->cell) == 0;
}

static void
expect_different_pairs(const struct augment_plan *p)
{
    for (size_t i = 1; i < p->n_pairs; i++)
        assert_true(p->pair[i - 1].first < p->pair[i].first ||
                    (p->pair[i - 1].first == p->pair[i].first &&
                     p->pair[i - 1].second < p->pair[i].second));
}

static void
test_plan__at_most_300_pairs_of_a_class(void **state)
{
    struct atlas a;
    struct augment_plan p, again, other;

    (void)state;
    many_groups(&a, 2, 60); /* 1,770 pairs each */
    assert_int_equal(augment_plan_make(&p, &a.q, NULL), ERR_OK);
    assert_int_equal(p.n_pairs, 2 * AUGMENT_PAIRS_MAX);
    assert_int_equal(p.n_found, p.n_pairs);
    expect_sound(&a, &p);
    expect_different_pairs(&p);
    assert_int_equal(augment_plan_make(&again, &a.q, NULL), ERR_OK);
    assert_true(same_pairs(&p, &again));
    a.q.seed++;
    assert_int_equal(augment_plan_make(&other, &a.q, NULL), ERR_OK);
    assert_false(same_pairs(&p, &other));
    augment_plan_release(&other);
    augment_plan_release(&again);
    augment_plan_release(&p);
    atlas_release(&a);
}

static void
test_plan__at_most_5000_vectors(void **state)
{
    struct atlas a;
    struct augment_plan p;
    size_t of[20] = {0};

    (void)state;
    many_groups(&a, 20, 40); /* 780 pairs each, of which 300 */
    assert_int_equal(augment_plan_make(&p, &a.q, NULL), ERR_OK);
    assert_int_equal(p.n_found, 20 * AUGMENT_PAIRS_MAX);
    assert_int_equal(p.n_pairs, AUGMENT_VECTORS_MAX);
    expect_sound(&a, &p);
    expect_different_pairs(&p);
    for (size_t i = 0; i < p.n_pairs; i++)
        of[p.group[p.pair[i].first].y]++;
    for (size_t c = 0; c < 20; c++)
        support_near((double)of[c], 250, 40);
    augment_plan_release(&p);
    atlas_release(&a);
}

static void
test_plan__no_two_groups_no_pairs(void **state)
{
    struct atlas a;
    struct augment_plan p;

    (void)state;
    many_groups(&a, 3, 2);
    for (size_t i = 0; i < 6;
         i++) /* one donor each, the others missing or not trained */
        if (i % 2)
            set_code(&a.donor, i, i == 1 ? -1 : code_of(&a.donor, i));
    a.part[3] = PART_OOD;
    set_code(&a.donor, 5, 0);
    assert_int_equal(augment_plan_make(&p, &a.q, NULL), ERR_OK);
    assert_int_equal(p.n_pairs, 0);
    assert_int_equal(p.n_groups, 0);
    assert_int_equal(p.n_cells, 0);
    augment_plan_release(&p);
    atlas_release(&a);
}

/* --- added to cells --- */

/* Random rows, some of them empty, full or with equal and opposite values. */
static void
random_row(const struct rng *r, size_t row, size_t n_genes, double density,
           float *dense)
{
    for (size_t g = 0; g < n_genes; g++) {
        uint64_t k = 4 * (row * n_genes + g);
        double v = rng_uniform(r, k + 1);

        dense[g] = 0;
        if (rng_uniform(r, k) < density)
            dense[g] = rng_uniform(r, k + 2) < 0.2 ? 0.5f : (float)(12 * v);
        if (density < 0.5 && rng_uniform(r, k + 3) < 0.5)
            dense[g] = -dense[g];
    }
}

static void
expect_like_dense(const struct augment *aug, const float *x, const float *a, float sign,
                  size_t vector)
{
    uint16_t index[2 * G], out_index[G];
    float value[2 * G], out_value[G];
    size_t n = 0, k = 0;

    for (size_t g = 0; g < G; g++)
        if (x[g] != 0) {
            index[n] = (uint16_t)g;
            value[n++] = x[g];
        }
    size_t m = augment_cell(aug, vector, sign, index, value, n, out_index, out_value);

    for (size_t g = 0; g < G; g++) {
        float want = fminf(fmaxf(x[g] + sign * a[g], 0), 9), got = 0;

        if (k < m && out_index[k] == g) {
            got = out_value[k++];
            assert_true(got != 0);
        }
        assert_true(got == want);
    }
    assert_int_equal(k, m);
}

static void
test_cell__like_the_dense_sum(void **state)
{
    static const double density[] = {0, 0.1, 0.6, 1};
    struct rng r = rng_stream(11, RNG_SIMULATE, 2, 0);
    struct csr a;
    struct augment aug;
    float vector[40][G], x[G];

    (void)state;
    assert_int_equal(csr_init(&a, 40, G, 0, NULL), ERR_OK);
    for (size_t i = 0; i < 40; i++) {
        random_row(&r, i, G, i % 5 ? 0.3 : 0, vector[i]);
        put_row(&a, i, vector[i]);
    }
    augment_init(&aug, &a);
    for (size_t i = 0; i < 400; i++) {
        random_row(&r, 100 + i, G, density[i % 4], x);
        for (size_t g = 0; g < G; g++)
            x[g] = fabsf(x[g]);
        expect_like_dense(&aug, x, vector[i % 40], i % 3 ? 1.0f : -1.0f, i % 40);
    }
    augment_release(&aug);
}

static void
test_draw__every_vector_and_both_signs_evenly(void **state)
{
    enum { VECTORS = 7, CELLS = 28000 };
    struct augment aug = {.a = {.n_rows = VECTORS}};
    struct rng r = rng_stream(1, RNG_AUGMENT, 4, 0),
               next = rng_stream(1, RNG_AUGMENT, 5, 0);
    size_t count[VECTORS][2] = {{0}}, same = 0;

    (void)state;
    for (uint64_t i = 0; i < CELLS; i++) {
        size_t v, w;
        float sign, other;

        augment_draw(&aug, &r, i, &v, &sign);
        assert_true(v < VECTORS && fabsf(sign) == 1);
        count[v][sign > 0]++;
        augment_draw(&aug, &next, i, &w, &other);
        same += v == w && sign == other;
    }
    for (size_t v = 0; v < VECTORS; v++)
        for (size_t s = 0; s < 2; s++)
            support_near((double)count[v][s], 2000, 200);
    support_near((double)same, 2000, 200); /* epochs differ */
}

/* --- files --- */

static char *dir, *path;

static int
set_up(void **state)
{
    (void)state;
    dir = support_tmpdir();
    path = xasprintf("%s/a.npy", dir);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    free(path);
    support_rmtree(dir);
    return 0;
}

/* A file of rows x cols values of 4 or 8 bytes. */
static void
write_npy(size_t rows, size_t cols, const double *x, size_t width)
{
    FILE *fp = fopen(path, "wb");
    char *header =
        xasprintf("{'descr': '<f%zu', 'fortran_order': False, 'shape': (%zu, "
                  "%zu), }\n",
                  width, rows, cols);
    unsigned char head[10] = "\x93NUMPY\1";

    head[8] = (unsigned char)strlen(header);
    fwrite(head, 1, sizeof head, fp);
    fputs(header, fp);
    for (size_t i = 0; i < rows * cols; i++) {
        float f = (float)x[i];

        fwrite(width == 4 ? (const void *)&f : (const void *)&x[i], width, 1, fp);
    }
    assert_int_equal(fclose(fp), 0);
    free(header);
}

static void
test_load__keeps_the_non_zeros(void **state)
{
    static const double x[] = {0, 0.5, 0, -1.5, 0, 0, 0, 0, 0.25, 0, 0, 1};
    struct augment aug;
    char digest[DIGEST_HEX];

    (void)state;
    write_npy(3, 4, x, 8);
    assert_int_equal(augment_load(&aug, path, 4, NULL), ERR_OK);
    assert_int_equal(aug.a.n_rows, 3);
    assert_int_equal(aug.a.n_cols, 4);
    assert_int_equal(aug.longest, 2);
    assert_int_equal(aug.a.indptr[1], 2);
    assert_int_equal(aug.a.indptr[2], 2);
    assert_int_equal(aug.a.indptr[3], 4);
    assert_int_equal(aug.a.index[1], 3);
    assert_true(aug.a.value[1] == -1.5f && aug.a.index[2] == 0 &&
                aug.a.value[2] == 0.25f);
    memcpy(digest, aug.digest, sizeof digest);
    augment_release(&aug);

    write_npy(3, 4, x, 4); /* the same numbers in another dtype */
    assert_int_equal(augment_load(&aug, path, 4, NULL), ERR_OK);
    assert_string_equal(aug.digest, digest);
    augment_release(&aug);
}

static void
load_must_fail(size_t n_genes, const char *part)
{
    struct augment aug;
    struct errbuf eb = {""};

    assert_int_not_equal(augment_load(&aug, path, n_genes, &eb), ERR_OK);
    if (!strstr(eb.text, part) || !strstr(eb.text, path))
        fail_msg("\"%s\" lacks \"%s\"", eb.text, part);
    assert_null(aug.a.indptr);
}

static void
test_load__refuses_what_cannot_be_meant(void **state)
{
    double x[] = {0, 0.5, 0, -1.5, 0, 0, 0, 0, 0.25, 0, 0, 1};

    (void)state;
    write_npy(3, 4, x, 8);
    load_must_fail(5, "vectors of 4 genes, but the data have 5 genes");
    load_must_fail(3, "vectors of 4 genes (the file may be transposed)");
    x[6] = (double)NAN;
    write_npy(3, 4, x, 8);
    load_must_fail(4, "vector 1 has the value nan at gene 2");
    x[6] = -1e39; /* more than a float32 holds */
    write_npy(3, 4, x, 8);
    load_must_fail(4, "vector 1 has the value -inf at gene 2");
    write_npy(0, 4, x, 8);
    load_must_fail(4, "holds no vectors");
    support_write(path, "no matrix");
    load_must_fail(4, "is no .npy file");
    assert_int_equal(remove(path), 0);
    load_must_fail(4, "No such file");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compute__is_the_plain_difference_of_means),
        cmocka_unit_test(test_compute__same_bits_for_any_number_of_threads),
        cmocka_unit_test(test_plan__cells_are_balanced_over_classes),
        cmocka_unit_test(test_plan__at_most_300_pairs_of_a_class),
        cmocka_unit_test(test_plan__at_most_5000_vectors),
        cmocka_unit_test(test_plan__no_two_groups_no_pairs),
        cmocka_unit_test(test_cell__like_the_dense_sum),
        cmocka_unit_test(test_draw__every_vector_and_both_signs_evenly),
        cmocka_unit_test(test_load__keeps_the_non_zeros),
        cmocka_unit_test(test_load__refuses_what_cannot_be_meant),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
