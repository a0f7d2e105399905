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

static void
test_room__that_runs_out_is_an_error_and_no_crash(void **state)
{
    struct box *b = *state;
    int status;

    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        run_out_of_room(b);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(n_files(b), 0);
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
        CASE(test_uns__lists_texts),
        CASE(test_abandon__leaves_what_was_there),
        CASE(test_room__is_asked_for_before_anything_is_written),
        CASE(test_room__that_runs_out_is_an_error_and_no_crash),
        CASE(test_open__names_what_cannot_be_made),
    };

    return cmocka_run_group_tests_name("h5ad_write", tests, NULL, NULL);
}
