/* test_h5ad_write.c - files that grow on the disk, and matrices that come in blocks. */
#include "tests/support.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hdf5.h>

#include "base/xalloc.h"
#include "data/h5ad_write.h"
#include "data/h5lib.h"

enum { ROWS = 1000, COLS = 7, BLOCK = 300 };

struct box {
    char *dir, *path; /* owned */
    struct errbuf eb;
};

static int
setup(void **state)
{
    struct box *b = xcalloc(1, sizeof *b);

    b->dir = support_tmpdir();
    b->path = xasprintf("%s/out.h5ad", b->dir);
    *state = b;
    return 0;
}

static int
teardown(void **state)
{
    struct box *b = *state;

    support_rmtree(b->dir);
    free(b->path);
    free(b);
    return 0;
}

static void
ok(const struct box *b, enum err e)
{
    if (e)
        fail_msg("%s", b->eb.text);
}

/* Files in the folder. */
static size_t
n_files(const struct box *b)
{
    char *pattern = xasprintf("%s/*", b->dir);
    glob_t found;
    size_t n = glob(pattern, 0, NULL, &found) ? 0 : found.gl_pathc;

    globfree(&found);
    free(pattern);
    return n;
}

static float
value_of(size_t i, size_t j)
{
    return (float)(i * 10 + j) / 3;
}

static void
put_blocks(struct box *b, struct h5ad_writer *w, size_t rows, size_t cols)
{
    float *block = xcalloc(BLOCK * cols, sizeof *block);
    struct h5ad_rows *r;

    ok(b, h5ad_rows_begin(&r, w, "X_test", rows, cols, &b->eb));
    for (size_t first = 0; first < rows; first += BLOCK) {
        size_t n = rows - first < BLOCK ? rows - first : BLOCK;

        for (size_t i = 0; i < n * cols; i++)
            block[i] = value_of(first + i / cols, i % cols);
        ok(b, h5ad_rows_put(r, first, n, block, &b->eb));
    }
    h5ad_rows_end(r);
    free(block);
}

static void
test_rows__blocks_are_one_matrix(void **state)
{
    struct box *b = *state;
    struct h5ad_writer *w;
    float x[ROWS * COLS];
    hid_t file, set;

    ok(b, h5ad_writer_open_disk(&w, b->path, 1 << 20, &b->eb));
    put_blocks(b, w, ROWS, COLS);
    assert_int_not_equal(access(b->path, F_OK), 0); /* not before it is whole */
    ok(b, h5ad_writer_close(w, &b->eb));
    assert_int_equal(n_files(b), 1);
    ok(b, h5_open(&file, b->path, &b->eb));
    ok(b, h5_dataset_open(&set, file, "obsm/X_test", &b->eb));
    char *encoding = h5_attr_text(set, "encoding-type");
    assert_string_equal(encoding, "array");
    ok(b, h5_read_rows(set, "X_test", 0, ROWS, COLS, x, &b->eb));
    for (size_t i = 0; i < ROWS * COLS; i++)
        assert_true(x[i] == value_of(i / COLS, i % COLS));
    free(encoding);
    h5_close(set);
    h5_close(file);
}

/* --- sparse rows --- */

enum { GENES = 300, CELLS = 20000 };

/* A row of a few values, some empty. */
static size_t
make_row(size_t i, uint32_t *gene, float *value)
{
    size_t n = i % 7;

    for (size_t k = 0; k < n; k++) {
        gene[k] = (uint32_t)((i + 40 * k) % 40 + 40 * k);
        value[k] = value_of(i, k);
    }
    return n;
}

static uint64_t
count_values(size_t rows)
{
    uint64_t nnz = 0;

    for (size_t i = 0; i < rows; i++)
        nnz += i % 7;
    return nnz;
}

/* In blocks of BLOCK rows, whose values begin anywhere; stops at an error. */
static enum err
put_cells(struct box *b, struct h5ad_cells *c, size_t rows)
{
    uint64_t start[BLOCK + 1] = {1000};
    uint32_t gene[BLOCK * 7];
    float value[BLOCK * 7];
    enum err e = ERR_OK;

    for (size_t first = 0; !e && first < rows; first += BLOCK) {
        size_t n = rows - first < BLOCK ? rows - first : BLOCK;

        for (size_t i = 0; i < n; i++) {
            size_t at = (size_t)(start[i] - start[0]);

            start[i + 1] = start[i] + make_row(first + i, gene + at, value + at);
        }
        e = h5ad_cells_put(c, start, n, gene, value, &b->eb);
    }
    return e;
}

static void
read_array(hid_t file, const char *path, hid_t type, hsize_t n, void *to)
{
    hid_t set = H5Dopen2(file, path, H5P_DEFAULT), space = H5Dget_space(set);

    assert_int_equal(H5Sget_simple_extent_npoints(space), n);
    assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to) >= 0);
    H5Sclose(space);
    H5Dclose(set);
}

static void
test_cells__blocks_are_one_matrix(void **state)
{
    struct box *b = *state;
    struct h5ad_writer *w;
    struct h5ad_cells *c;
    uint64_t nnz = count_values(CELLS);
    uint64_t *indptr = xcalloc(CELLS + 1, sizeof *indptr);
    uint32_t *index = xcalloc(nnz, sizeof *index), gene[7];
    float *data = xcalloc(nnz, sizeof *data), value[7];
    hid_t file;

    ok(b, h5ad_writer_open_disk(&w, b->path, 1 << 20, &b->eb));
    ok(b, h5ad_cells_begin(&c, w, CELLS, GENES, nnz, &b->eb));
    ok(b, put_cells(b, c, CELLS));
    ok(b, h5ad_cells_end(c, &b->eb));
    ok(b, h5ad_writer_close(w, &b->eb));
    ok(b, h5_open(&file, b->path, &b->eb));
    read_array(file, "X/indptr", H5T_NATIVE_UINT64, CELLS + 1, indptr);
    read_array(file, "X/indices", H5T_NATIVE_UINT32, nnz, index);
    read_array(file, "X/data", H5T_NATIVE_FLOAT, nnz, data);
    for (size_t i = 0; i < CELLS; i++) {
        size_t n = make_row(i, gene, value);

        assert_int_equal(indptr[i + 1] - indptr[i], n);
        assert_memory_equal(index + indptr[i], gene, n * sizeof *gene);
        assert_memory_equal(data + indptr[i], value, n * sizeof *value);
    }
    assert_int_equal(indptr[0], 0);
    h5_close(file);
    free(indptr);
    free(index);
    free(data);
}

static void
test_cells__may_be_empty(void **state)
{
    struct box *b = *state;
    const uint64_t start[3] = {0};
    uint64_t indptr[3] = {9, 9, 9};
    struct h5ad_writer *w;
    struct h5ad_cells *c;
    hid_t file;

    ok(b, h5ad_writer_open_disk(&w, b->path, 1 << 20, &b->eb));
    ok(b, h5ad_cells_begin(&c, w, 2, GENES, 0, &b->eb));
    ok(b, h5ad_cells_put(c, start, 2, NULL, NULL, &b->eb));
    ok(b, h5ad_cells_end(c, &b->eb));
    ok(b, h5ad_writer_close(w, &b->eb));
    ok(b, h5_open(&file, b->path, &b->eb));
    read_array(file, "X/indptr", H5T_NATIVE_UINT64, 3, indptr);
    read_array(file, "X/data", H5T_NATIVE_FLOAT, 0, NULL);
    assert_true(!indptr[0] && !indptr[1] && !indptr[2]);
    h5_close(file);
}

static void
test_uns__lists_texts(void **state)
{
    struct box *b = *state;
    struct strlist text = {0}, back = {0};
    struct h5ad_writer *w;
    hid_t file, set;

    strlist_add(&text, "T cell");
    strlist_add(&text, "");
    strlist_add(&text, "\xc3\xa9");
    ok(b, h5ad_writer_open_disk(&w, b->path, 1 << 20, &b->eb));
    ok(b, h5ad_write_uns_texts(w, "hcelab", "classes", &text, &b->eb));
    ok(b, h5ad_write_uns_text(w, "hcelab", "model", "tabnet", &b->eb));
    ok(b, h5ad_writer_close(w, &b->eb));
    ok(b, h5_open(&file, b->path, &b->eb));
    assert_true(h5_exists(file, "uns/hcelab/model"));
    ok(b, h5_dataset_open(&set, file, "uns/hcelab/classes", &b->eb));
    ok(b, h5_read_strings(set, "classes", &back, &b->eb));
    assert_int_equal(back.n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(back.item[i], text.item[i]);
    strlist_release(&text);
    strlist_release(&back);
    h5_close(set);
    h5_close(file);
}

/* Columns whose names have slashes lie in groups, as AnnData puts them. */
static void
test_frame__takes_names_with_slashes(void **state)
{
    struct box *b = *state;
    static const double real[2] = {1.5, -2};
    static const int32_t code[2] = {1, -1};
    double back[2];
    struct strlist index = {0}, level = {0};
    struct h5ad_writer *w;
    hid_t file;

    strlist_split(&index, "c1|c2", '|');
    strlist_split(&level, "x|y", '|');
    const struct h5ad_column col[] = {
        {.name = "a/b", .kind = H5AD_REAL, .real = real},
        {.name = "a/c/d", .kind = H5AD_CATEGORICAL, .code = code, .levels = &level}};

    ok(b, h5ad_writer_open_disk(&w, b->path, 1 << 20, &b->eb));
    ok(b, h5ad_write_frame(w, "obs", &index, col, 2, &b->eb));
    ok(b, h5ad_writer_close(w, &b->eb));
    ok(b, h5_open(&file, b->path, &b->eb));
    read_array(file, "obs/a/b", H5T_NATIVE_DOUBLE, 2, back);
    assert_memory_equal(back, real, sizeof back);
    assert_true(h5_exists(file, "obs/a/c/d/categories"));
    h5_close(file);
    strlist_release(&index);
    strlist_release(&level);
}

static void
test_abandon__leaves_what_was_there(void **state)
{
    struct box *b = *state;
    struct h5ad_writer *w;

    support_write(b->path, "older");
    ok(b, h5ad_writer_open_disk(&w, b->path, 1 << 20, &b->eb));
    put_blocks(b, w, ROWS, COLS);
    assert_int_equal(n_files(b), 2);
    h5ad_writer_abandon(w);
    assert_int_equal(n_files(b), 1);
    char *text = support_slurp(b->path);
    assert_string_equal(text, "older");
    free(text);
}

static void
test_room__is_asked_for_before_anything_is_written(void **state)
{
    struct box *b = *state;
    struct rlimit before, small = {.rlim_cur = 100000};
    struct h5ad_writer *w;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum err e = h5ad_writer_open_disk(&w, b->path, 200000, &b->eb);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(e, ERR_IO);
    assert_null(w);
    assert_non_null(strstr(b->eb.text, b->path));
    assert_int_equal(n_files(b), 0);
}

/* In a process of its own: the room was estimated too small. */
static void
run_out_of_room(struct box *b)
{
    const struct rlimit small = {.rlim_cur = 500, .rlim_max = 500};
    float *x = xcalloc(ROWS * 100, sizeof *x);
    struct h5ad_writer *w;
    struct h5ad_rows *r;

    signal(SIGXFSZ, SIG_IGN);
    if (h5ad_writer_open_disk(&w, b->path, 1000, &b->eb) ||
        h5ad_rows_begin(&r, w, "X_test", ROWS, 100, &b->eb) ||
        setrlimit(RLIMIT_FSIZE, &small))
        _exit(2);
    enum err e = h5ad_rows_put(r, 0, ROWS, x, &b->eb);
    h5ad_rows_end(r);
    h5ad_writer_abandon(w);
    free(x);
    exit(e == ERR_IO && strstr(b->eb.text, "File too large") ? 0 : 1);
}

/* The same of rows whose last values are in libhdf5's cache of chunks. */
static void
run_out_of_room_for_cells(struct box *b)
{
    const struct rlimit small = {.rlim_cur = 9000, .rlim_max = 9000};
    struct h5ad_writer *w;
    struct h5ad_cells *c;

    signal(SIGXFSZ, SIG_IGN);
    if (h5ad_writer_open_disk(&w, b->path, 8000, &b->eb) ||
        h5ad_cells_begin(&c, w, CELLS, GENES, count_values(CELLS), &b->eb) ||
        setrlimit(RLIMIT_FSIZE, &small))
        _exit(2);
    enum err e = put_cells(b, c, CELLS), ended = h5ad_cells_end(c, &b->eb);

    if (!e && !ended)
        e = h5ad_writer_close(w, &b->eb);
    else
        h5ad_writer_abandon(w);
    e = e ? e : ended;
    exit(e == ERR_IO ? 0 : 1);
}

static void
test_room__that_runs_out_is_an_error_and_no_crash(void **state)
{
    struct box *b = *state;
    int status;

    fflush(NULL);
    for (size_t i = 0; i < 2; i++) {
        pid_t pid = fork();

        if (pid == 0)
            (i ? run_out_of_room_for_cells : run_out_of_room)(b);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_int_equal(n_files(b), 0);
    }
}

static void
test_open__names_what_cannot_be_made(void **state)
{
    struct box *b = *state;
    char *path = xasprintf("%s/nowhere/x.h5ad", b->dir);
    struct h5ad_writer *w;

    assert_int_equal(h5ad_writer_open_disk(&w, path, 1000, &b->eb), ERR_NOTFOUND);
    assert_non_null(strstr(b->eb.text, path));
    free(path);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_rows__blocks_are_one_matrix),
        CASE(test_cells__blocks_are_one_matrix),
        CASE(test_cells__may_be_empty),
        CASE(test_uns__lists_texts),
        CASE(test_frame__takes_names_with_slashes),
        CASE(test_abandon__leaves_what_was_there),
        CASE(test_room__is_asked_for_before_anything_is_written),
        CASE(test_room__that_runs_out_is_an_error_and_no_crash),
        CASE(test_open__names_what_cannot_be_made),
    };

    return cmocka_run_group_tests_name("h5ad_write", tests, NULL, NULL);
}
