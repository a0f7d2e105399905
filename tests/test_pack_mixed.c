/* test_pack_mixed.c - packing files that do not say the same of a column, and files that
 * others replace meanwhile. */
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "data/obs_column.h"
#include "data/pack.h"
#include "data/source.h"
#include "tests/dataset_trial.h"
#include "tests/h5build.h"

enum { N = 12, G = 6 };

static const char *const word[N] = {"unknown", "12", "7", "maybe", "True", "x",
                                    "y",       "z",  "1", "2",     "3",    "4"};

static char *a, *b, *out; /* two inputs in their order, and the store */

/* The columns of both files, which h5b_atlas makes, and those of the test. */
static void
name_columns(hid_t obs)
{
    static const char *const column[] = {"cell_type", "donor_id", "dataset_id", "age",
                                         "flag"};

    H5Adelete(obs, "column-order");
    h5b_attr_texts(obs, "column-order", column, 5);
}

static void
add_numbers(const char *path)
{
    double age[N];
    int64_t flag[N];
    hid_t file = h5b_edit(path), obs = H5Gopen2(file, "obs", H5P_DEFAULT);
    hid_t boolean = h5b_bool_type();

    for (size_t i = 0; i < N; i++) {
        age[i] = 1.5 * (double)i;
        flag[i] = i % 2;
    }
    h5b_reals(obs, "age", H5T_IEEE_F64LE, age, N);
    h5b_ints(obs, "flag", boolean, flag, N);
    name_columns(obs);
    H5Tclose(boolean);
    H5Gclose(obs);
    H5Fclose(file);
}

static void
add_words(const char *path)
{
    int64_t code[N];
    hid_t file = h5b_edit(path), obs = H5Gopen2(file, "obs", H5P_DEFAULT);

    for (size_t i = 0; i < N; i++)
        code[i] = (int64_t)i;
    h5b_categorical(obs, "age", H5T_STD_I8LE, code, N, word, N);
    h5b_categorical(obs, "flag", H5T_STD_I8LE, code, N, word, N);
    name_columns(obs);
    H5Gclose(obs);
    H5Fclose(file);
}

static int
set_up(void **state)
{
    const struct h5b_atlas atlas = {N, G, 3, "study"};

    trial_set_up(state);
    a = xasprintf("%s/a.h5ad", trial_dir);
    b = xasprintf("%s/b.h5ad", trial_dir);
    out = xasprintf("%s/out.hcp", trial_dir);
    h5b_atlas(a, &atlas);
    h5b_atlas(b, &atlas);
    return 0;
}

static int
tear_down(void **state)
{
    free(a);
    free(b);
    free(out);
    return trial_tear_down(state);
}

static enum err
pack(void (*progress)(void *ctx, size_t done, size_t n), struct errbuf *eb)
{
    struct strlist path = {0}, where = {0};
    const struct notes silent = {0};
    const struct pack_request q = {
        .path = &path, .where = &where, .layer = "auto", .progress = progress};

    strlist_add(&path, a);
    strlist_add(&path, b);
    enum err e = pack_write(out, &q, &silent, eb);

    strlist_release(&path);
    return e;
}

/* --- columns --- */

static void
expect_text(const struct obs_column *c, size_t cell, const char *want)
{
    int32_t code = codes_get(&c->code, cell);

    assert_true(code >= 0);
    assert_string_equal(c->levels.item[code], want);
}

/* Both columns of a file say what their files said, as texts. */
static void
expect_columns(const char *path)
{
    struct source s;
    struct obs_column age, flag;
    struct errbuf eb = {""};

    if (source_open(&s, path, &eb))
        fail_msg("%s", eb.text);
    assert_int_equal(s.ops->column_kind(&s, "age"), COLUMN_TEXT);
    assert_int_equal(s.ops->column_kind(&s, "flag"), COLUMN_TEXT);
    assert_int_equal(s.ops->column(&s, "age", &age, NULL, &eb), ERR_OK);
    assert_int_equal(s.ops->column(&s, "flag", &flag, NULL, &eb), ERR_OK);
    for (size_t i = 0; i < N; i++) {
        char *number = xasprintf("%g", 1.5 * (double)i);

        expect_text(&age, i, number);
        expect_text(&flag, i, i % 2 ? "True" : "False");
        expect_text(&age, N + i, word[i]);
        expect_text(&flag, N + i, word[i]);
        free(number);
    }
    obs_column_release(&age);
    obs_column_release(&flag);
    source_close(&s);
}

static void
test_columns__of_two_kinds_are_texts(void **state)
{
    struct errbuf eb = {""};
    char *back = xasprintf("%s/back.h5ad", trial_dir);

    (void)state;
    add_numbers(a);
    add_words(b);
    if (pack(NULL, &eb) || unpack_write(back, out, &eb))
        fail_msg("%s", eb.text);
    expect_columns(out);
    expect_columns(back);
    free(back);
}

/* --- files that change --- */

static char *next; /* takes the place of b when the cells of a are packed */

static void
replace_b(void *ctx, size_t done, size_t n)
{
    (void)ctx;
    (void)n;
    if (done == N)
        assert_int_equal(rename(next, b), 0);
}

static void
must_see(size_t n, size_t g)
{
    struct errbuf eb = {""};

    next = xasprintf("%s/next", trial_dir);
    h5b_atlas(b, &(struct h5b_atlas){N, G, 3, "study"});
    h5b_atlas(next, &(struct h5b_atlas){n, g, 3, "study"});
    assert_int_equal(pack(replace_b, &eb), ERR_FORMAT);
    trial_must_say(eb.text, b);
    trial_must_say(eb.text, "has changed while it was");
    assert_int_not_equal(access(out, F_OK), 0);
    free(next);
}

static void
test_files__that_change_are_refused(void **state)
{
    (void)state;
    must_see(5000, G);
    must_see(3, G);
    must_see(N, 500);
    must_see(N, 2);
    must_see(N, G);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {CASE(test_columns__of_two_kinds_are_texts),
                                       CASE(test_files__that_change_are_refused)};

    return cmocka_run_group_tests_name("pack_mixed", tests, NULL, NULL);
}
