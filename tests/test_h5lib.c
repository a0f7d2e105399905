/* test_h5lib.c - opening HDF5 files, attributes, strings, filters. */
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "data/h5filter.h"
#include "data/h5lib.h"
#include "tests/h5build.h"

static char *dir, *path;

static int
set_up(void **state)
{
    (void)state;
    h5_init();
    dir = support_tmpdir();
    path = xasprintf("%s/a.h5", dir);
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

static void
expect_open(enum err want, const char *part)
{
    struct errbuf eb = {""};
    hid_t file = 77;
    enum err e = h5_open(&file, path, &eb);

    assert_int_equal(e, want);
    assert_non_null(strstr(eb.text, path));
    if (!strstr(eb.text, part))
        fail_msg("\"%s\" lacks \"%s\"", eb.text, part);
    assert_true(file < 0);
}

static void
test_open__names_what_is_wrong(void **state)
{
    (void)state;
    expect_open(ERR_NOTFOUND, "cannot open");
    support_write(path, "");
    expect_open(ERR_FORMAT, "is empty");
    support_write(path, "<html>not found</html>");
    expect_open(ERR_FORMAT, "web page");
    support_write(path, "\x1f\x8b\x08 and so on");
    expect_open(ERR_FORMAT, "gunzip");
    support_write(path, "cell,type\n1,2\n");
    expect_open(ERR_FORMAT, "not an HDF5 file");
}

/* Cut the file to n bytes; both layouts of the superblock say how long it was. */
static void
cut_and_open(H5F_libver_t version)
{
    hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
    int64_t x[1000] = {0};

    assert_true(H5Pset_libver_bounds(fapl, version, H5F_LIBVER_LATEST) >= 0);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, fapl);

    h5b_ints(file, "x", H5T_STD_I64LE, x, 1000);
    H5Fclose(file);
    H5Pclose(fapl);
    assert_int_equal(h5_open(&file, path, NULL), ERR_OK);
    h5_close(file);
    assert_int_equal(truncate(path, 3000), 0);
    expect_open(ERR_FORMAT, "shorter than its superblock says (3000 of ");
}

static void
test_open__truncated(void **state)
{
    (void)state;
    cut_and_open(H5F_LIBVER_EARLIEST);
    cut_and_open(H5F_LIBVER_LATEST);
}

static void
test_open__damaged_superblock(void **state)
{
    (void)state;
    h5b_atlas(path, &(struct h5b_atlas){6, 4, 2, NULL});
    FILE *fp = fopen(path, "r+b");

    assert_non_null(fp);
    assert_int_equal(fseek(fp, 9, SEEK_SET), 0);
    assert_int_equal(fwrite("\xff\xff\xff", 1, 3, fp), 3);
    assert_int_equal(fclose(fp), 0);
    expect_open(ERR_FORMAT, "cannot open");
}

static void
test_attr__text_of_every_flavour(void **state)
{
    (void)state;
    hid_t file = h5b_create(path);
    int k = 0;

    for (int fixed = 0; fixed < 2; fixed++)
        for (int cset = 0; cset < 2; cset++)
            for (int simple = 0; simple < 2; simple++) {
                hid_t type =
                    h5b_text_type(fixed ? 16 : 0, cset ? H5T_CSET_UTF8 : H5T_CSET_ASCII,
                                  fixed ? H5T_STR_NULLPAD : H5T_STR_NULLTERM);
                char name[8];

                snprintf(name, sizeof name, "a%d", k++);
                h5b_attr_as(file, name, "dataframe", type, simple);
                char *got = h5_attr_text(file, name);

                assert_string_equal(got, "dataframe");
                free(got);
                H5Tclose(type);
            }
    int64_t n[1] = {5};

    h5b_attr_ints(file, "n", H5T_STD_U8BE, n, 1);
    assert_null(h5_attr_text(file, "n"));
    assert_null(h5_attr_text(file, "absent"));
    n[0] = 0;
    assert_int_equal(h5_attr_ints(file, "n", n, 1), 1);
    assert_int_equal(n[0], 5);
    assert_int_equal(h5_attr_ints(file, "a0", n, 1), 0);
    H5Fclose(file);
}

static void
test_exists__whole_paths_and_dangling_links(void **state)
{
    (void)state;
    hid_t file = h5b_create(path), group = h5b_group(file, "raw");
    int64_t x[1] = {0};

    h5b_ints(group, "X", H5T_STD_I32LE, x, 1);
    H5Lcreate_soft("/nowhere", file, "dangling", H5P_DEFAULT, H5P_DEFAULT);
    assert_true(h5_exists(file, "raw/X"));
    assert_true(h5_is_dataset(file, "raw/X"));
    assert_true(h5_is_group(file, "raw"));
    assert_false(h5_is_dataset(file, "raw"));
    assert_false(h5_exists(file, "raw/Y"));
    assert_false(h5_exists(file, "cooked/X"));
    assert_false(h5_exists(file, "dangling"));
    assert_false(h5_exists(file, ""));
    H5Gclose(group);
    H5Fclose(file);
}

static void
expect_strings(hid_t file, const char *name, const char *const *want, size_t n)
{
    struct strlist got = {0};
    hid_t dset = -1;

    assert_int_equal(h5_dataset_open(&dset, file, name, NULL), ERR_OK);
    assert_int_equal(h5_read_strings(dset, name, &got, NULL), ERR_OK);
    assert_int_equal(got.n, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(got.item[i], want[i]);
    strlist_release(&got);
    h5_close(dset);
}

static void
test_strings__padding_and_length(void **state)
{
    (void)state;
    static const char *const text[] = {"", "a", "T cell", "zw\xc3\xb6lf Ze"};
    static const H5T_str_t pad[] = {H5T_STR_NULLTERM, H5T_STR_NULLPAD,
                                    H5T_STR_SPACEPAD};
    hid_t file = h5b_create(path);

    h5b_texts(file, "vlen", 0, text, 4);
    expect_strings(file, "vlen", text, 4);
    for (size_t i = 0; i < 3; i++) {
        char name[8];
        hid_t type = h5b_text_type(12, H5T_CSET_UTF8, pad[i]);

        snprintf(name, sizeof name, "f%zu", i);
        h5b_texts(file, name, type, text, 4);
        expect_strings(file, name, text, 4);
        H5Tclose(type);
    }
    h5b_texts(file, "none", 0, text, 0);
    expect_strings(file, "none", text, 0);
    H5Fclose(file);
}

static void
test_numbers__any_type_and_byte_order(void **state)
{
    (void)state;
    hid_t bool_type = h5b_bool_type();
    const hid_t type[] = {H5T_STD_I8BE,   H5T_STD_U8LE,   H5T_STD_I16BE, H5T_STD_U16LE,
                          H5T_STD_I32BE,  H5T_STD_U32LE,  H5T_STD_I64BE, H5T_STD_U64LE,
                          H5T_IEEE_F32BE, H5T_IEEE_F64LE, bool_type};
    const int64_t x[4] = {0, 1, 1, 0};
    hid_t file = h5b_create(path);

    for (size_t i = 0; i < sizeof type / sizeof *type; i++) {
        char name[8];
        hid_t dset = -1;
        int64_t k[2] = {7, 7};
        float f[2] = {7, 7};
        double d[2] = {7, 7};

        snprintf(name, sizeof name, "x%zu", i);
        h5b_ints(file, name, type[i], x, 4);
        assert_int_equal(h5_dataset_open(&dset, file, name, NULL), ERR_OK);
        assert_int_equal(h5_read_ints(dset, name, 2, 2, k, NULL), ERR_OK);
        assert_int_equal(h5_read_floats(dset, name, 2, 2, f, NULL), ERR_OK);
        assert_true(k[0] == 1 && k[1] == 0 && f[0] == 1 && f[1] == 0);
        if (type[i] != bool_type) {
            assert_int_equal(h5_read_doubles(dset, name, 2, 2, d, NULL), ERR_OK);
            assert_true(d[0] == 1 && d[1] == 0);
        }
        assert_int_equal(h5_read_ints(dset, name, 3, 2, k, NULL), ERR_FORMAT);
        h5_close(dset);
    }
    H5Tclose(bool_type);
    H5Fclose(file);
}

/* A matrix that compresses well and one that does not come back whole. */
static void
round_trip(int filter, unsigned seed)
{
    enum { ROWS = 64, COLS = 32 };
    double *x = calloc(ROWS * COLS, sizeof *x);
    float *got = calloc(ROWS * COLS, sizeof *got);
    hid_t file = h5b_create(path), dset = -1;
    struct errbuf eb = {""};

    for (size_t i = 0; i < ROWS * COLS; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = seed ? (double)(float)(seed >> 8) / 1000 : (double)(i % 3);
    }
    h5b_dense(file, "x", H5T_IEEE_F32LE, x, ROWS, COLS, 16, 16, filter);
    H5Fclose(file);
    assert_int_equal(h5_open(&file, path, NULL), ERR_OK);
    assert_int_equal(h5_dataset_open(&dset, file, "x", &eb), ERR_OK);
    assert_int_equal(h5_read_rows(dset, "x", 0, ROWS, COLS, got, &eb), ERR_OK);
    for (size_t i = 0; i < ROWS * COLS; i++)
        assert_true(got[i] == (float)x[i]);
    h5_close(dset);
    h5_close(file);
    free(got);
    free(x);
}

static uint64_t
stored_bytes(void)
{
    hid_t file = -1, dset = -1;

    assert_int_equal(h5_open(&file, path, NULL), ERR_OK);
    assert_int_equal(h5_dataset_open(&dset, file, "x", NULL), ERR_OK);
    uint64_t n = H5Dget_storage_size(dset);

    h5_close(dset);
    h5_close(file);
    return n;
}

static void
zeros(int filter)
{
    double *x = calloc(64 * 32, sizeof *x);
    hid_t file = h5b_create(path);

    h5b_dense(file, "x", H5T_IEEE_F32LE, x, 64, 32, 16, 16, filter);
    H5Fclose(file);
    assert_true(stored_bytes() < 64 * 32); /* of 8192: the filter did its work */
    free(x);
}

static void
test_filters__lzf_and_zstd(void **state)
{
    (void)state;
    static const int filter[] = {H5Z_FILTER_DEFLATE, H5FILTER_LZF, H5FILTER_ZSTD};

    for (size_t i = 0; i < 3; i++) {
        zeros(filter[i]);
        round_trip(filter[i], 0);
        round_trip(filter[i], 12345);
    }
}

static void
test_filters__missing_one_is_named(void **state)
{
    (void)state;
    static const struct {
        int id;
        const char *want;
    } missing[] = {{32001, "hdf5-filter-plugin-blosc-serial"},
                   {32008, "bitshuffle"},
                   {32766, "filter 32766"}};
    double x[4] = {0};

    for (size_t i = 0; i < 3; i++) {
        hid_t file = h5b_create(path), dset = -1;
        struct errbuf eb = {""};

        h5b_dense(file, "x", H5T_IEEE_F32LE, x, 2, 2, 2, 2, missing[i].id);
        assert_int_equal(h5_dataset_open(&dset, file, "x", &eb), ERR_UNSUPPORTED);
        assert_non_null(strstr(eb.text, missing[i].want));
        assert_true(dset < 0);
        H5Fclose(file);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open__names_what_is_wrong),
        cmocka_unit_test(test_open__truncated),
        cmocka_unit_test(test_open__damaged_superblock),
        cmocka_unit_test(test_attr__text_of_every_flavour),
        cmocka_unit_test(test_exists__whole_paths_and_dangling_links),
        cmocka_unit_test(test_strings__padding_and_length),
        cmocka_unit_test(test_numbers__any_type_and_byte_order),
        cmocka_unit_test(test_filters__lzf_and_zstd),
        cmocka_unit_test(test_filters__missing_one_is_named),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
