/* test_rounded.c - numbers that float32 does not hold are counted, whatever their type, and
 * whoever reads them. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "base/xalloc.h"
#include "data/pack.h"
#include "data/rounded.h"
#include "data/source.h"
#include "tests/dataset_trial.h"
#include "tests/h5build.h"

static uint64_t
counted(struct rounded_type type, const void *x, size_t n)
{
    struct rounded r = {0};

    rounded_count(&r, type, x, n);
    return atomic_load(&r.n);
}

static void
test_rounded__of_each_type(void **state)
{
    const double real[] = {0, 1, .5, .1, 0x1p-149, 0x1p-150, 16777217, 1e300, NAN, -.1};
    const int32_t whole[] = {0, 16777216, 16777217, -16777217, INT32_MIN, INT32_MAX};
    const uint32_t plain[] = {16777218, 16777219, UINT32_MAX, 1u << 31};
    const int64_t wide[] = {INT64_MIN, INT64_MAX, 1LL << 40, (1LL << 40) + 1, -3};
    const uint64_t widest[] = {UINT64_MAX, UINT64_MAX << 40, UINT64_MAX << 39};
    const float same[] = {.1f};

    (void)state;
    assert_int_equal(counted((struct rounded_type){8, 'f'}, real, 10), 5);
    assert_int_equal(counted((struct rounded_type){4, 'i'}, whole, 6), 3);
    assert_int_equal(counted((struct rounded_type){4, 'u'}, plain, 4), 2);
    assert_int_equal(counted((struct rounded_type){8, 'i'}, wide, 5), 2);
    assert_int_equal(counted((struct rounded_type){8, 'u'}, widest, 3), 2);
    assert_int_equal(counted((struct rounded_type){4, 'f'}, same, 1), 0);
    assert_false(rounded_can((struct rounded_type){2, 'u'}));
}

static enum err
take(void *ctx, const struct source_rows *rows, struct errbuf *eb)
{
    (void)rows;
    (void)eb;
    ++*(size_t *)ctx;
    return ERR_OK;
}

/* Of X as it is in the file, read by a pool or not. */
static uint64_t
read_all(struct pool *pool)
{
    struct rounded r = {0};
    struct source s;
    struct source_matrix m;
    bool keep[TRIAL_N];
    size_t n = 0;

    for (size_t i = 0; i < TRIAL_N; i++)
        keep[i] = true;
    assert_int_equal(source_open(&s, trial_path, NULL), ERR_OK);
    assert_int_equal(source_matrix_open(&s, "X", &m, NULL), ERR_OK);
    m.pool = pool;
    m.rounded = &r;
    assert_int_equal(m.ops->groups(&m, keep, take, &n, NULL), ERR_OK);
    assert_true(n > 0);
    source_matrix_close(&m);
    source_close(&s);
    return atomic_load(&r.n);
}

static void
put_x(const char *kind, hid_t type, double scale)
{
    double x[TRIAL_N * TRIAL_G];
    hid_t file = h5b_edit(trial_path);

    trial_fill(x, scale, 0);
    h5b_delete(file, "X");
    if (strcmp(kind, "dense") == 0)
        h5b_dense(file, "X", type, x, TRIAL_N, TRIAL_G, 0, 0, 0);
    else {
        double data[TRIAL_N * TRIAL_G];
        int64_t index[TRIAL_N * TRIAL_G], start[TRIAL_N + 1] = {0};
        size_t n = 0;

        for (size_t i = 0; i < TRIAL_N * TRIAL_G; i++) {
            if (x[i] != 0) {
                data[n] = x[i];
                index[n++] = (int64_t)(i % TRIAL_G);
            }
            start[i / TRIAL_G + 1] = (int64_t)n;
        }
        h5b_sparse(file, "X",
                   &(struct h5b_sparse){.kind = "csr_matrix",
                                        .rows = TRIAL_N,
                                        .cols = TRIAL_G,
                                        .data = data,
                                        .indices = index,
                                        .indptr = start,
                                        .nnz = n,
                                        .n_indptr = TRIAL_N + 1,
                                        .data_type = type});
    }
    H5Fclose(file);
}

static uint64_t
expected(double scale)
{
    double x[TRIAL_N * TRIAL_G];
    uint64_t n = 0;

    trial_fill(x, scale, 0);
    for (size_t i = 0; i < TRIAL_N * TRIAL_G; i++)
        n += (double)(float)x[i] != x[i];
    return n;
}

static void
test_rounded__of_a_matrix(void **state)
{
    static const char *const kind[] = {"dense", "csr_matrix"};
    const double tenth = .1, large = 16777217;
    struct pool *pool = pool_new(2);

    (void)state;
    assert_true(expected(tenth) > 5);
    for (size_t k = 0; k < 2; k++) {
        put_x(kind[k], H5T_IEEE_F64LE, tenth);
        assert_int_equal(read_all(NULL), expected(tenth));
        assert_int_equal(read_all(pool), expected(tenth));
        put_x(kind[k], H5T_IEEE_F64BE, tenth);
        assert_int_equal(read_all(pool), expected(tenth));
        put_x(kind[k], H5T_STD_I64LE, large);
        assert_int_equal(read_all(NULL), expected(large));
        assert_int_equal(read_all(pool), expected(large));
        put_x(kind[k], H5T_STD_I32LE, 1);
        assert_int_equal(read_all(pool), 0);
        put_x(kind[k], H5T_IEEE_F32LE, tenth);
        assert_int_equal(read_all(pool), 0);
    }
    pool_free(pool);
}

/* Packing says it once, and of nothing else. */
static void
expect_warning(hid_t type, const char *text)
{
    struct strlist path = {0}, where = {0}, warnings = {0};
    struct notes notes = {.warnings = &warnings};
    char *out = xasprintf("%s/x.hcp", trial_dir);
    struct pack_request q = {
        .path = &path, .where = &where, .layer = "auto", .threads = 1};
    size_t n = 0;

    put_x("csr_matrix", type, .1);
    strlist_add(&path, trial_path);
    assert_int_equal(pack_write(out, &q, &notes, NULL), ERR_OK);
    for (size_t i = 0; i < warnings.n; i++)
        n += strstr(warnings.item[i], "32-bit floating point") != NULL;
    assert_int_equal(n, text != NULL);
    for (size_t i = 0; text && i < warnings.n && n; i++)
        n -= strstr(warnings.item[i], text) != NULL;
    assert_int_equal(n, 0);
    strlist_release(&path);
    strlist_release(&where);
    strlist_release(&warnings);
    free(out);
}

static void
test_rounded__is_said_by_packing(void **state)
{
    char *text = xasprintf("study.h5ad: X has %d numbers that 32-bit floating point",
                           (int)expected(.1));

    (void)state;
    expect_warning(H5T_IEEE_F64LE, text);
    expect_warning(H5T_IEEE_F32LE, NULL);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounded__of_each_type),
        cmocka_unit_test_setup_teardown(test_rounded__is_said_by_packing, trial_set_up,
                                        trial_tear_down),
        cmocka_unit_test_setup_teardown(test_rounded__of_a_matrix, trial_set_up,
                                        trial_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
