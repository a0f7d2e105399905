/* test_h5chunks.c - chunks unpacked by several threads give the numbers that libhdf5
 * gives, and what is not understood is refused. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "data/dataset_load.h"
#include "data/h5chunks.h"
#include "data/h5filter.h"
#include "data/h5lib.h"
#include "tests/h5build.h"

enum { N = 10007 };

static char *dir, *path;

static int
setup(void **state)
{
    (void)state;
    h5_init();
    dir = support_tmpdir();
    path = xasprintf("%s/a.h5ad", dir);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    free(path);
    support_rmtree(dir);
    return 0;
}

struct stored {
    hid_t type;
    size_t chunk; /* 0: contiguous */
    int shuffle, packer, checksum;
};

/* N numbers of any bits that the type allows; runs of zeros, so that they pack. */
static void
write_numbers(hid_t file, const char *name, const struct stored *how)
{
    size_t size = H5Tget_size(how->type);
    unsigned char *x = xcalloc(N, size);
    struct rng r = rng_stream(5, RNG_SIMULATE, size, 0);
    hsize_t n = N, chunk = how->chunk;
    hid_t space = H5Screate_simple(1, &n, NULL), dcpl = H5Pcreate(H5P_DATASET_CREATE);

    for (size_t i = 0; i < N * size; i++)
        x[i] = i / 50 % 3 ? (unsigned char)rng_below(&r, i, 256) : 0;
    if (chunk)
        H5Pset_chunk(dcpl, 1, &chunk);
    if (how->shuffle)
        H5Pset_shuffle(dcpl);
    if (how->packer)
        H5Pset_filter(dcpl, how->packer, H5Z_FLAG_OPTIONAL, 1, (unsigned[]){3});
    if (how->checksum)
        H5Pset_fletcher32(dcpl);
    hid_t dset =
        H5Dcreate2(file, name, how->type, space, H5P_DEFAULT, dcpl, H5P_DEFAULT);

    assert_true(dset >= 0);
    assert_true(H5Dwrite(dset, how->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0);
    H5Dclose(dset);
    H5Pclose(dcpl);
    H5Sclose(space);
    free(x);
}

static void
same_bits(const void *a, const void *b, size_t bytes, const char *what, size_t from)
{
    if (memcmp(a, b, bytes) != 0)
        fail_msg("%s from %zu", what, from);
}

/* Pieces that begin and end anywhere, one after the other and again from the front. */
static void
compare(hid_t dset, bool is_float, struct pool *pool)
{
    static const size_t piece[][2] = {{0, 1},       {1, 4999}, {5000, 1}, {5001, 4000},
                                      {9001, 1006}, {0, N},    {3, 1500}, {N - 1, 1}};
    struct h5chunks c;
    int64_t *k = xcalloc(N, sizeof *k), *k_ref = xcalloc(N, sizeof *k);
    uint32_t *s = xcalloc(N, sizeof *s);
    float *f = xcalloc(N, sizeof *f), *f_ref = xcalloc(N, sizeof *f);

    assert_true(h5chunks_init(&c, dset));
    for (size_t i = 0; i < sizeof piece / sizeof *piece; i++) {
        size_t from = piece[i][0], n = piece[i][1];
        struct h5chunks_part floats = {.c = &c, .floats = f},
                             ints = {.c = &c, .ints = k};

        assert_true(h5chunks_read(&floats, 1, from, n, pool));
        assert_int_equal(h5_read_floats(dset, "x", from, n, f_ref, NULL), ERR_OK);
        same_bits(f, f_ref, n * sizeof *f, "floats", from);
        bool wide = c.kind == 'u' && c.size == 8;

        assert_int_equal(h5chunks_read(&ints, 1, from, n, pool), !is_float && !wide);
        if (is_float || wide)
            continue;
        assert_int_equal(h5_read_ints(dset, "x", from, n, k_ref, NULL), ERR_OK);
        same_bits(k, k_ref, n * sizeof *k, "ints", from);
        struct h5chunks_part small = {.c = &c, .small = s};

        assert_true(h5chunks_read(&small, 1, from, n, pool));
        for (size_t j = 0; j < n; j++)
            assert_true(s[j] ==
                        (k[j] >= 0 && k[j] < UINT32_MAX ? (uint32_t)k[j] : UINT32_MAX));
    }
    assert_false(
        h5chunks_read(&(struct h5chunks_part){.c = &c, .floats = f}, 1, N, 1, pool));
    h5chunks_release(&c);
    free(k);
    free(k_ref);
    free(s);
    free(f);
    free(f_ref);
}

static void
test_h5chunks__equal_libhdf5(void **state)
{
    const hid_t type[] = {H5T_NATIVE_SCHAR,  H5T_NATIVE_UCHAR,  H5T_NATIVE_SHORT,
                          H5T_NATIVE_USHORT, H5T_NATIVE_INT,    H5T_NATIVE_UINT,
                          H5T_NATIVE_LLONG,  H5T_NATIVE_ULLONG, H5T_NATIVE_FLOAT,
                          H5T_NATIVE_DOUBLE};
    const int packer[] = {H5Z_FILTER_DEFLATE, H5FILTER_LZF, H5FILTER_ZSTD};
    const size_t chunk[] = {1024, 3000, N};
    struct pool *pool = pool_new(3);

    (void)state;
    for (size_t t = 0; t < sizeof type / sizeof *type; t++)
        for (size_t i = 0; i < 18; i++) {
            struct stored how = {.type = type[t],
                                 .chunk = chunk[i / 6],
                                 .shuffle = i / 3 % 2 == 1,
                                 .packer = packer[i % 3]};
            hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

            write_numbers(file, "x", &how);
            hid_t dset = H5Dopen2(file, "x", H5P_DEFAULT);

            compare(dset, t >= 8, i % 2 ? pool : NULL);
            H5Dclose(dset);
            H5Fclose(file);
        }
    pool_free(pool);
}

static void
test_h5chunks__refuse_what_they_do_not_know(void **state)
{
    const struct stored how[] = {
        {H5T_NATIVE_INT, 0, 0, 0, 0},
        {H5T_NATIVE_INT, 2000, 0, 0, 0},
        {H5T_NATIVE_INT, 2000, 1, 0, 0},
        {H5T_NATIVE_INT, 100, 0, H5Z_FILTER_DEFLATE, 0},
        {H5T_NATIVE_INT, 2000, 0, H5Z_FILTER_DEFLATE, 1},
        {H5T_STD_I32BE, 2000, 0, H5Z_FILTER_DEFLATE, 0},
        {H5T_IEEE_F32BE, 2000, 1, H5Z_FILTER_DEFLATE, 0},
        {H5T_NATIVE_LDOUBLE, 2000, 0, H5Z_FILTER_DEFLATE, 0},
    };
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

    (void)state;
    for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
        char *name = xasprintf("x%zu", i);
        struct h5chunks c;

        write_numbers(file, name, &how[i]);
        hid_t dset = H5Dopen2(file, name, H5P_DEFAULT);

        assert_false(h5chunks_init(&c, dset));
        H5Dclose(dset);
        free(name);
    }
    H5Fclose(file);
}

/* Chunk 2 gets these bytes, or is missing. */
static void
refuses_chunk(const void *bytes, size_t n)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hsize_t dim = N, chunk = 2000, at = 4000;
    hid_t space = H5Screate_simple(1, &dim, NULL), dcpl = H5Pcreate(H5P_DATASET_CREATE);
    int32_t x[2000] = {1, 2, 3};
    float out[100];
    struct h5chunks c;

    H5Pset_chunk(dcpl, 1, &chunk);
    H5Pset_deflate(dcpl, 1);
    hid_t dset =
        H5Dcreate2(file, "x", H5T_NATIVE_INT, space, H5P_DEFAULT, dcpl, H5P_DEFAULT);
    hid_t mem = H5Screate_simple(1, &chunk, NULL);

    H5Sselect_hyperslab(space, H5S_SELECT_SET, (hsize_t[]){0}, NULL, &chunk, NULL);
    assert_true(H5Dwrite(dset, H5T_NATIVE_INT, mem, space, H5P_DEFAULT, x) >= 0);
    if (n)
        assert_true(H5Dwrite_chunk(dset, H5P_DEFAULT, 0, &at, n, bytes) >= 0);
    H5Fflush(file, H5F_SCOPE_LOCAL);
    assert_true(h5chunks_init(&c, dset));
    struct h5chunks_part part = {.c = &c, .floats = out};

    assert_true(h5chunks_read(&part, 1, 0, 3, NULL));
    assert_true(out[0] == 1 && out[2] == 3);
    assert_false(h5chunks_read(&part, 1, 4100, 10, NULL));
    assert_true(h5chunks_read(&part, 1, 1, 1, NULL));
    assert_true(out[0] == 2);
    h5chunks_release(&c);
    H5Dclose(dset);
    H5Sclose(mem);
    H5Sclose(space);
    H5Pclose(dcpl);
    H5Fclose(file);
}

static void
test_h5chunks__refuse_damage(void **state)
{
    /* 100 zeros, packed: a sound stream, but no chunk. */
    static const unsigned char shorter[] = {0x78, 0x9c, 0x63, 0x60, 0xa0, 0x3d,
                                            0x00, 0x00, 0x00, 0x64, 0x00, 0x01};

    (void)state;
    refuses_chunk(NULL, 0);
    refuses_chunk("no stream of zlib's", 19);
    refuses_chunk(shorter, sizeof shorter);
}

/* --- whole files --- */

enum { CELLS = 3000, GENES = 900 };

/* Cells whose stored values are packed in chunks. */
static void
write_cells(int packer, int shuffle)
{
    struct h5b_atlas a = {CELLS, GENES, 3, "s"};

    h5b_atlas(path, &a);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    static const char *const name[] = {"X/data", "X/indices"};

    for (size_t i = 0; i < 2; i++) {
        hid_t dset = H5Dopen2(file, name[i], H5P_DEFAULT), type = H5Dget_type(dset);
        hsize_t n = 0, chunk = 7000;
        hid_t space = H5Dget_space(dset), dcpl = H5Pcreate(H5P_DATASET_CREATE);

        H5Sget_simple_extent_dims(space, &n, NULL);
        void *x = xcalloc((size_t)n, H5Tget_size(type));

        assert_true(H5Dread(dset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0);
        H5Dclose(dset);
        h5b_delete(file, name[i]);
        H5Pset_chunk(dcpl, 1, &chunk);
        if (shuffle)
            H5Pset_shuffle(dcpl);
        H5Pset_filter(dcpl, packer, H5Z_FLAG_MANDATORY, 1, (unsigned[]){3});
        dset = H5Dcreate2(file, name[i], type, space, H5P_DEFAULT, dcpl, H5P_DEFAULT);
        assert_true(H5Dwrite(dset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0);
        free(x);
        H5Dclose(dset);
        H5Pclose(dcpl);
        H5Sclose(space);
        H5Tclose(type);
    }
    H5Fclose(file);
}

static void
load(struct dataset *ds, size_t threads, const char *where)
{
    struct strlist data = {0}, filters = {0};
    struct notes notes = {0};
    struct errbuf eb = {""};
    struct dataset_request q = {.path = &data,
                                .where = &filters,
                                .layer = "auto",
                                .with_matrix = true,
                                .threads = threads};

    strlist_add(&data, path);
    if (where)
        strlist_add(&filters, where);
    if (dataset_load(ds, &q, &notes, &eb))
        fail_msg("%s", eb.text);
    strlist_release(&data);
    strlist_release(&filters);
}

static void
same_cells(const struct csr *a, const struct csr *b)
{
    size_t n = a->n_rows, nnz = (size_t)a->indptr[n];

    assert_int_equal(n, b->n_rows);
    assert_memory_equal(a->indptr, b->indptr, (n + 1) * sizeof *a->indptr);
    assert_memory_equal(a->piece, b->piece, (n + 1) * sizeof *a->piece);
    assert_memory_equal(a->n_dict, b->n_dict, n * sizeof *a->n_dict);
    assert_memory_equal(a->index, b->index, nnz * sizeof *a->index);
    assert_memory_equal(a->word, b->word, (size_t)a->piece[n] * sizeof *a->word);
}

static void
test_dataset_load__same_cells_for_any_number_of_threads(void **state)
{
    static const char *const where[] = {NULL, "cell_type=B cell", "donor_id!=d1"};
    struct dataset one, many;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        write_cells(i < 3 ? H5Z_FILTER_DEFLATE : H5FILTER_ZSTD, i < 3);
        load(&one, 1, where[i % 3]);
        load(&many, 3, where[i % 3]);
        assert_true(one.x.indptr[one.x.n_rows] > 50000);
        same_cells(&one.x, &many.x);
        dataset_release(&one);
        dataset_release(&many);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_h5chunks__equal_libhdf5),
        cmocka_unit_test(test_h5chunks__refuse_what_they_do_not_know),
        cmocka_unit_test(test_h5chunks__refuse_damage),
        cmocka_unit_test(test_dataset_load__same_cells_for_any_number_of_threads),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
