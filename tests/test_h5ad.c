/* test_h5ad.c - matrices in every encoding, broken ones, whole files. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/h5ad.h"
#include "data/h5filter.h"
#include "data/h5lib.h"
#include "tests/h5build.h"

enum { ROWS = 7, COLS = 5 };

static char *dir, *path;
static double dense[ROWS * COLS];

static int
set_up(void **state)
{
    (void)state;
    h5_init();
    dir = support_tmpdir();
    path = xasprintf("%s/a.h5ad", dir);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COLS; j++)
            dense[i * COLS + j] = i == 3 ? 0 : h5b_atlas_count(i, j);
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

/* Rows as they come, summed into a dense matrix. */
struct sums {
    double *x;
    size_t cols, n_rows, last;
};

static enum err
add_row(void *ctx, size_t row, const uint32_t *gene, const float *value, size_t n,
        struct errbuf *eb)
{
    struct sums *s = ctx;

    (void)eb;
    assert_true(s->n_rows == 0 || row > s->last);
    s->last = row;
    s->n_rows++;
    for (size_t i = 0; i < n; i++) {
        assert_true(gene[i] < s->cols);
        s->x[row * s->cols + gene[i]] += (double)value[i];
    }
    return ERR_OK;
}

static void
expect_matrix(hid_t file, const char *name, enum matrix_kind kind, const bool *keep,
              uint64_t band)
{
    struct h5matrix m;
    struct errbuf eb = {""};
    double got[ROWS * COLS] = {0};
    struct sums s = {got, COLS, 0, 0};
    size_t n_keep = 0;

    if (h5matrix_open(&m, file, name, &eb))
        fail_msg("%s", eb.text);
    assert_int_equal(m.kind, kind);
    assert_int_equal(m.n_rows, ROWS);
    assert_int_equal(m.n_cols, COLS);
    m.band = band;
    if (h5matrix_rows(&m, keep, add_row, &s, &eb))
        fail_msg("%s", eb.text);
    for (size_t i = 0; i < ROWS; i++) {
        n_keep += keep[i];
        for (size_t j = 0; j < COLS; j++)
            assert_true(got[i * COLS + j] == (keep[i] ? dense[i * COLS + j] : 0));
    }
    assert_int_equal(s.n_rows, n_keep);
    h5matrix_close(&m);
}

static const bool all[ROWS] = {1, 1, 1, 1, 1, 1, 1}, some[ROWS] = {0, 1, 0, 1, 1, 0, 1};

static void
test_rows__sparse(void **state)
{
    (void)state;
    hid_t file = h5b_create(path);

    h5b_sparse_of(file, "csr", "csr_matrix", dense, ROWS, COLS);
    h5b_sparse_of(file, "csc", "csc_matrix", dense, ROWS, COLS);
    expect_matrix(file, "csr", MATRIX_CSR, all, 100);
    expect_matrix(file, "csr", MATRIX_CSR, some, 100);
    expect_matrix(file, "csc", MATRIX_CSC, all, 100);
    expect_matrix(file, "csc", MATRIX_CSC, some, 100);
    expect_matrix(file, "csc", MATRIX_CSC, all, 4); /* several bands */
    expect_matrix(file, "csc", MATRIX_CSC, some, 1);
    H5Fclose(file);
}

static void
test_rows__dense(void **state)
{
    (void)state;
    static const int filter[] = {0, H5Z_FILTER_DEFLATE, H5FILTER_LZF, H5FILTER_ZSTD};
    hid_t file = h5b_create(path);

    h5b_dense(file, "whole", H5T_IEEE_F32LE, dense, ROWS, COLS, 0, 0, 0);
    expect_matrix(file, "whole", MATRIX_DENSE, all, 0);
    for (size_t i = 0; i < 4; i++) {
        char name[] = "chunks0";

        name[6] = (char)('0' + i);
        h5b_dense(file, name, H5T_STD_U16LE, dense, ROWS, COLS, 3, 2, filter[i]);
        expect_matrix(file, name, MATRIX_DENSE, all, 0);
        expect_matrix(file, name, MATRIX_DENSE, some, 0);
    }
    H5Fclose(file);
}

static void
test_rows__types(void **state)
{
    (void)state;
    const hid_t value[] = {H5T_IEEE_F64LE, H5T_STD_I32LE, H5T_STD_I64LE, H5T_STD_U8LE,
                           H5T_STD_U16BE};
    const hid_t index[] = {H5T_STD_I64LE, H5T_STD_U32LE, H5T_STD_U64LE, H5T_STD_U16LE,
                           H5T_STD_U8LE};
    /* unsorted, repeated, with a stored 0 */
    const double data[] = {2, 1, 3, 0, 4};
    const int64_t indices[] = {2, 0, 2, 1, 1}, indptr[] = {0, 3, 3, 5};
    const double want[] = {1, 0, 5, 0, 0, 0, 0, 4, 0};
    const bool keep[] = {1, 1, 1};

    for (size_t i = 0; i < 5; i++) {
        hid_t file = h5b_create(path);
        struct h5matrix m;
        double got[9] = {0};
        struct sums s = {got, 3, 0, 0};

        h5b_sparse(file, "X",
                   &(struct h5b_sparse){"csr_matrix", 3, 3, data, indices, indptr, 5, 4,
                                        value[i], index[i]});
        assert_int_equal(h5matrix_open(&m, file, "X", NULL), ERR_OK);
        assert_int_equal(m.nnz, 5);
        assert_int_equal(h5matrix_count(&m, keep), 5);
        assert_int_equal(h5matrix_rows(&m, keep, add_row, &s, NULL), ERR_OK);
        for (size_t k = 0; k < 9; k++)
            assert_true(got[k] == want[k]);
        h5matrix_close(&m);
        H5Fclose(file);
    }
}

static void
test_rows__boolean_and_half_precision(void **state)
{
    (void)state;
    hid_t file = h5b_create(path), bool_type = h5b_bool_type();
    hid_t half = H5Tcopy(H5T_IEEE_F32LE);
    const double data[] = {1, 0, 1};
    const int64_t indices[] = {0, 1, 2}, indptr[] = {0, 3};
    const bool keep[] = {1};

    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_size(half, 2);
    H5Tset_ebias(half, 15);
    for (int i = 0; i < 2; i++) {
        struct h5matrix m;
        double got[3] = {0};
        struct sums s = {got, 3, 0, 0};
        const char *name = i ? "half" : "bool";

        h5b_sparse(file, name,
                   &(struct h5b_sparse){"csr_matrix", 1, 3, data, indices, indptr, 3, 2,
                                        i ? half : bool_type, 0});
        assert_int_equal(h5matrix_open(&m, file, name, NULL), ERR_OK);
        assert_int_equal(h5matrix_rows(&m, keep, add_row, &s, NULL), ERR_OK);
        assert_true(got[0] == 1 && got[1] == 0 && got[2] == 1);
        h5matrix_close(&m);
    }
    H5Tclose(half);
    H5Tclose(bool_type);
    H5Fclose(file);
}

static void
test_rows__old_attributes_and_nothing_stored(void **state)
{
    (void)state;
    const int64_t shape[] = {2, 3}, indptr[] = {0, 0, 0};
    const bool keep[] = {1, 1};
    hid_t file = h5b_create(path), group = h5b_group(file, "X");
    hid_t type = h5b_text_type(3, H5T_CSET_ASCII, H5T_STR_NULLPAD);
    struct h5matrix m;
    double got[6] = {0};
    struct sums s = {got, 3, 0, 0};

    h5b_attr_as(group, "h5sparse_format", "csr", type, 0);
    h5b_attr_ints(group, "h5sparse_shape", H5T_STD_I32LE, shape, 2);
    h5b_reals(group, "data", H5T_IEEE_F32LE, NULL, 0);
    h5b_ints(group, "indices", H5T_STD_I32LE, NULL, 0);
    h5b_ints(group, "indptr", H5T_STD_I32LE, indptr, 3);
    H5Gclose(group);
    assert_int_equal(h5matrix_open(&m, file, "X", NULL), ERR_OK);
    assert_int_equal(h5matrix_rows(&m, keep, add_row, &s, NULL), ERR_OK);
    assert_int_equal(s.n_rows, 2);
    h5matrix_close(&m);
    H5Tclose(type);
    H5Fclose(file);
}

/* More values than are read at a time. */
static void
test_rows__many(void **state)
{
    (void)state;
    enum { R = 2600, G = 500 };
    double *x = calloc(R * G, sizeof *x), *got = calloc(R * G, sizeof *got);
    bool *keep = calloc(R, sizeof *keep);
    hid_t file = h5b_create(path);

    for (size_t i = 0; i < R * G; i++)
        x[i] = i % 11 ? (double)(i % 97) : 0;
    for (size_t i = 0; i < R; i++)
        keep[i] = true;
    h5b_sparse_of(file, "csr", "csr_matrix", x, R, G);
    h5b_sparse_of(file, "csc", "csc_matrix", x, R, G);
    for (int i = 0; i < 2; i++) {
        struct h5matrix m;
        struct sums s = {got, G, 0, 0};

        memset(got, 0, R * G * sizeof *got);
        assert_int_equal(h5matrix_open(&m, file, i ? "csc" : "csr", NULL), ERR_OK);
        assert_int_equal(h5matrix_rows(&m, keep, add_row, &s, NULL), ERR_OK);
        assert_memory_equal(got, x, R * G * sizeof *got);
        h5matrix_close(&m);
    }
    H5Fclose(file);
    free(keep);
    free(got);
    free(x);
}

static enum err
count_rows(void *ctx, size_t row, const uint32_t *gene, const float *value, size_t n,
           struct errbuf *eb)
{
    (void)row;
    (void)gene;
    (void)value;
    (void)n;
    (void)eb;
    ++*(size_t *)ctx;
    return ERR_OK;
}

/* A filter that changes nothing and counts how often chunks are unpacked. */
static size_t n_unpacked;

static size_t
count_filter(unsigned flags, size_t n_cd, const unsigned cd[], size_t n,
             size_t *buf_size, void **buf)
{
    (void)n_cd;
    (void)cd;
    (void)buf_size;
    (void)buf;
    n_unpacked += (flags & H5Z_FLAG_REVERSE) != 0;
    return n;
}

enum { COUNT_FILTER = 300, WIDE_ROWS = 64, WIDE_COLS = 8192 };

/* group/name = x as one chunk. */
static void
put_one_chunk(hid_t group, const char *name, hid_t type, const int32_t *x, hsize_t n)
{
    hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, &n, NULL);

    assert_true(H5Pset_chunk(dcpl, 1, &n) >= 0);
    assert_true(H5Pset_filter(dcpl, COUNT_FILTER, 0, 0, NULL) >= 0);
    h5b_delete(group, name);
    hid_t dset = H5Dcreate2(group, name, type, space, H5P_DEFAULT, dcpl, H5P_DEFAULT);

    assert_true(H5Dwrite(dset, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >=
                0);
    H5Dclose(dset);
    H5Sclose(space);
    H5Pclose(dcpl);
}

/* Every second row of a matrix that is stored as one chunk of 2 MiB. */
static void
test_rows__unpack_a_large_chunk_once(void **state)
{
    (void)state;
    const H5Z_class2_t class = {H5Z_CLASS_T_VERS, COUNT_FILTER, 1,    1,
                                "count",          NULL,         NULL, count_filter};
    size_t n = (size_t)WIDE_ROWS * WIDE_COLS;
    double *x = calloc(n, sizeof *x), *got = calloc(n, sizeof *got);
    int32_t *one = calloc(n, sizeof *one), *index = calloc(n, sizeof *index);
    bool keep[WIDE_ROWS];
    struct sums s = {got, WIDE_COLS, 0, 0};
    struct h5matrix m;
    struct errbuf eb = {""};
    hid_t file = h5b_create(path);

    for (size_t i = 0; i < n; i++) {
        x[i] = one[i] = 1;
        index[i] = (int32_t)(i % WIDE_COLS);
    }
    for (size_t r = 0; r < WIDE_ROWS; r++)
        keep[r] = r % 2;
    assert_true(H5Zregister(&class) >= 0);
    h5b_sparse_of(file, "X", "csr_matrix", x, WIDE_ROWS, WIDE_COLS);
    hid_t group = H5Gopen2(file, "X", H5P_DEFAULT);
    put_one_chunk(group, "data", H5T_IEEE_F32LE, one, n);
    put_one_chunk(group, "indices", H5T_STD_I32LE, index, n);
    H5Gclose(group);
    n_unpacked = 0;
    assert_int_equal(h5matrix_open(&m, file, "X", &eb), ERR_OK);
    assert_int_equal(h5matrix_rows(&m, keep, add_row, &s, &eb), ERR_OK);
    assert_int_equal(s.n_rows, WIDE_ROWS / 2);
    assert_in_range(n_unpacked, 1, 2);
    h5matrix_close(&m);
    H5Fclose(file);
    free(index);
    free(one);
    free(got);
    free(x);
}

static void
test_sample__looks_at_part_of_it(void **state)
{
    (void)state;
    enum { R = 5000 };
    double *x = calloc(R * COLS, sizeof *x);
    hid_t file = h5b_create(path);

    for (size_t i = 0; i < R * COLS; i++)
        x[i] = 1;
    h5b_sparse_of(file, "csr", "csr_matrix", x, R, COLS);
    h5b_sparse_of(file, "csc", "csc_matrix", x, R, COLS);
    h5b_dense(file, "dense", H5T_IEEE_F32LE, x, R, COLS, 100, 2, H5Z_FILTER_DEFLATE);
    for (int i = 0; i < 3; i++) {
        static const char *const name[] = {"csr", "csc", "dense"};
        struct h5matrix m;
        size_t n = 0;
        bool whole;

        assert_int_equal(h5matrix_open(&m, file, name[i], NULL), ERR_OK);
        assert_int_equal(h5matrix_sample(&m, NULL, count_rows, &n, &whole, NULL),
                         ERR_OK);
        assert_int_equal(whole, i != 1);
        assert_true(n > 10 && n < R / 4);
        h5matrix_close(&m);
    }
    H5Fclose(file);
    free(x);
}

/* Fails on a value that only rows without keep have. */
static enum err
refuse_twos(void *ctx, size_t row, const uint32_t *gene, const float *value, size_t n,
            struct errbuf *eb)
{
    (void)row;
    (void)gene;
    (void)eb;
    for (size_t i = 0; i < n; i++)
        assert_false(value[i] == 2);
    *(size_t *)ctx += n;
    return ERR_OK;
}

static void
test_sample__looks_at_kept_rows_only(void **state)
{
    (void)state;
    static const char *const name[] = {"csr", "csc", "dense"};
    hid_t file = h5b_create(path);
    double x[ROWS * COLS];

    for (size_t i = 0; i < (size_t)ROWS * COLS; i++)
        x[i] = some[i / COLS] ? 1 : 2;
    h5b_sparse_of(file, "csr", "csr_matrix", x, ROWS, COLS);
    h5b_sparse_of(file, "csc", "csc_matrix", x, ROWS, COLS);
    h5b_dense(file, "dense", H5T_IEEE_F32LE, x, ROWS, COLS, 2, 2, 0);
    for (int i = 0; i < 3; i++) {
        struct h5matrix m;
        size_t n = 0;
        bool whole;

        assert_int_equal(h5matrix_open(&m, file, name[i], NULL), ERR_OK);
        assert_int_equal(h5matrix_sample(&m, some, refuse_twos, &n, &whole, NULL),
                         ERR_OK);
        assert_int_equal(n, 4 * COLS);
        h5matrix_close(&m);
    }
    H5Fclose(file);
}

/* --- damage --- */

struct damage {
    const char *text; /* part of the message */
    int64_t indptr[4], indices[4];
    size_t n_indptr, n_indices;
};

static void
test_open__broken_sparse(void **state)
{
    (void)state;
    static const struct damage c[] = {
        {"must start at 0", {1, 2, 4}, {0, 1, 0, 1}, 3, 4},
        {"goes from 3 to 2", {0, 3, 2, 4}, {0, 1, 0, 1}, 4, 4},
        {"overflow", {0, 3, -2147483647, 4}, {0, 1, 0, 1}, 4, 4},
        {"ends at 3, but there are 4", {0, 2, 3}, {0, 1, 0, 1}, 3, 4},
        {"ends at 5, but there are 4", {0, 2, 5}, {0, 1, 0, 1}, 3, 4},
        {"entries instead of 3", {0, 4}, {0, 1, 0, 1}, 2, 4},
        {"value 2, in cell 1, is at gene 2, but there are 2",
         {0, 2, 4},
         {0, 1, 2, 1},
         3,
         4},
        {"at gene -1", {0, 2, 4}, {0, -1, 0, 1}, 3, 4},
        {"indices has 3", {0, 2, 4}, {0, 1, 0}, 3, 3},
    };
    const double data[4] = {1, 1, 1, 1};
    const bool keep[3] = {1, 1, 1};

    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        hid_t file = h5b_create(path), group = h5b_group(file, "X");
        int64_t shape[2] = {c[i].n_indptr == 4 ? 3 : 2, 2};
        struct errbuf eb = {""};
        struct h5matrix m;
        size_t n = 0;

        h5b_attr(group, "encoding-type", "csr_matrix");
        h5b_attr_ints(group, "shape", H5T_STD_I64LE, shape, 2);
        h5b_reals(group, "data", H5T_IEEE_F32LE, data, 4);
        h5b_ints(group, "indices", H5T_STD_I32LE, c[i].indices, c[i].n_indices);
        h5b_ints(group, "indptr", H5T_STD_I32LE, c[i].indptr, c[i].n_indptr);
        H5Gclose(group);
        enum err e = h5matrix_open(&m, file, "X", &eb);

        if (!e)
            e = h5matrix_rows(&m, keep, count_rows, &n, &eb);
        assert_int_equal(e, ERR_FORMAT);
        if (!strstr(eb.text, c[i].text) || !strstr(eb.text, "X"))
            fail_msg("\"%s\" lacks \"%s\"", eb.text, c[i].text);
        h5matrix_close(&m);
        H5Fclose(file);
    }
}

static void
expect_no_matrix(hid_t file, const char *name, const char *part)
{
    struct errbuf eb = {""};
    struct h5matrix m;

    assert_int_not_equal(h5matrix_open(&m, file, name, &eb), ERR_OK);
    if (!strstr(eb.text, part))
        fail_msg("\"%s\" lacks \"%s\"", eb.text, part);
}

/* A small file may state any shape: rows of many gigabytes are not asked for. */
static void
test_open__wider_than_memory(void **state)
{
    (void)state;
    const hsize_t dim[2] = {ROWS, 4000000000}, chunk[2] = {1, 1000};
    hid_t file = h5b_create(path), space = H5Screate_simple(2, dim, NULL);
    hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE);
    struct h5matrix m;
    struct errbuf eb = {""};

    H5Pset_chunk(dcpl, 2, chunk);
    H5Dclose(
        H5Dcreate2(file, "X", H5T_IEEE_F32LE, space, H5P_DEFAULT, dcpl, H5P_DEFAULT));
    H5Pclose(dcpl);
    H5Sclose(space);
    assert_int_equal(h5matrix_open(&m, file, "X", &eb), ERR_UNSUPPORTED);
    assert_non_null(strstr(eb.text, "4000000000 columns"));
    H5Fclose(file);
}

static void
test_open__not_a_matrix(void **state)
{
    (void)state;
    const int64_t shape[2] = {2, -2}, x[8] = {0};
    const hsize_t dim[3] = {2, 2, 2};
    hid_t file = h5b_create(path), group = h5b_group(file, "coo");
    hid_t space = H5Screate_simple(3, dim, NULL);

    h5b_attr(group, "encoding-type", "coo_matrix");
    H5Gclose(group);
    group = h5b_group(file, "shapeless");
    h5b_attr(group, "encoding-type", "csr_matrix");
    H5Gclose(group);
    group = h5b_group(file, "negative");
    h5b_attr(group, "encoding-type", "csr_matrix");
    h5b_attr_ints(group, "shape", H5T_STD_I64LE, shape, 2);
    H5Gclose(group);
    h5b_ints(file, "line", H5T_STD_I32LE, x, 8);
    H5Dclose(H5Dcreate2(file, "cube", H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT,
                        H5P_DEFAULT));
    expect_no_matrix(file, "coo", "encoding \"coo_matrix\"");
    expect_no_matrix(file, "shapeless", "has no shape");
    expect_no_matrix(file, "negative", "2 x -2");
    expect_no_matrix(file, "line", "1 dimensions instead of 2");
    expect_no_matrix(file, "cube", "3 dimensions instead of 2");
    expect_no_matrix(file, "absent", "there is no absent");
    H5Sclose(space);
    H5Fclose(file);
}

/* --- files --- */

static void
test_file__matrices_in_the_order_of_counts(void **state)
{
    (void)state;
    struct h5ad f;
    struct h5matrix m;

    h5b_atlas(path, &(struct h5b_atlas){ROWS, COLS, 2, NULL});
    hid_t file = h5b_edit(path), group = h5b_group(file, "layers");

    h5b_sparse_of(group, "spliced", "csr_matrix", dense, ROWS, COLS);
    h5b_sparse_of(group, "raw", "csr_matrix", dense, ROWS, COLS);
    h5b_sparse_of(group, "counts", "csc_matrix", dense, ROWS, COLS);
    H5Gclose(group);
    group = h5b_group(file, "raw");
    h5b_sparse_of(group, "X", "csr_matrix", dense, ROWS, COLS);
    H5Gclose(group);
    H5Fclose(file);
    assert_int_equal(h5ad_open(&f, path, NULL), ERR_OK);
    char *names = strlist_join(&f.matrix, " ");

    assert_string_equal(names, "raw/X layers/counts layers/raw layers/spliced X");
    free(names);
    assert_int_equal(h5ad_matrix(&f, "layers/counts", &m, NULL), ERR_OK);
    assert_int_equal(m.kind, MATRIX_CSC);
    h5matrix_close(&m);
    h5ad_close(&f);
}

static void
expect_bad_file(const char *name, const char *part)
{
    struct errbuf eb = {""};
    struct h5ad f;
    struct h5matrix m = {0};
    enum err e = h5ad_open(&f, path, &eb);

    if (e)
        assert_non_null(strstr(eb.text, path));
    else
        e = h5ad_matrix(&f, name, &m, &eb);
    assert_int_not_equal(e, ERR_OK);
    if (!strstr(eb.text, part))
        fail_msg("\"%s\" lacks \"%s\"", eb.text, part);
    h5matrix_close(&m);
    h5ad_close(&f);
}

static void
test_file__that_does_not_fit_together(void **state)
{
    (void)state;
    h5b_atlas(path, &(struct h5b_atlas){ROWS, COLS, 2, NULL});
    hid_t file = h5b_edit(path);

    h5b_delete(file, "X");
    h5b_sparse_of(file, "X", "csr_matrix", dense, COLS, ROWS);
    H5Fclose(file);
    expect_bad_file("X", "cells and genes swapped");
    file = h5b_edit(path);
    h5b_delete(file, "obs");
    H5Fclose(file);
    expect_bad_file("X", "no obs");
    h5b_atlas(path, &(struct h5b_atlas){ROWS, COLS, 2, NULL});
    file = h5b_edit(path);
    h5b_sparse_of(file, "raw.X", "csr_matrix", dense, ROWS, COLS);
    hid_t group = h5b_group(file, "raw");

    h5b_sparse_of(group, "X", "csr_matrix", dense, ROWS, COLS);
    H5Gclose(group);
    H5Fclose(file);
    expect_bad_file("X", "both raw.X and raw/X");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows__sparse),
        cmocka_unit_test(test_rows__dense),
        cmocka_unit_test(test_rows__types),
        cmocka_unit_test(test_rows__boolean_and_half_precision),
        cmocka_unit_test(test_rows__old_attributes_and_nothing_stored),
        cmocka_unit_test(test_rows__many),
        cmocka_unit_test(test_rows__unpack_a_large_chunk_once),
        cmocka_unit_test(test_sample__looks_at_part_of_it),
        cmocka_unit_test(test_sample__looks_at_kept_rows_only),
        cmocka_unit_test(test_open__broken_sparse),
        cmocka_unit_test(test_open__wider_than_memory),
        cmocka_unit_test(test_open__not_a_matrix),
        cmocka_unit_test(test_file__matrices_in_the_order_of_counts),
        cmocka_unit_test(test_file__that_does_not_fit_together),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
