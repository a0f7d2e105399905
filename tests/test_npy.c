/* test_npy.c - reading .npy: every dtype, both orders, three versions, broken files. */
#include "tests/support.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/npy.h"

enum { ROWS = 3, COLS = 4 };

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

/* --- writing --- */

static void
write_file(const struct strbuf *sb)
{
    FILE *fp = fopen(path, "wb");

    assert_non_null(fp);
    assert_int_equal(fwrite(strbuf_str(sb), 1, sb->len, fp), sb->len);
    assert_int_equal(fclose(fp), 0);
}

static void
add_header(struct strbuf *sb, int version, const char *header)
{
    size_t n = strlen(header);

    strbuf_add(sb, "\x93NUMPY", 6);
    strbuf_addc(sb, (char)version);
    strbuf_addc(sb, 0);
    for (size_t i = 0; i < (version == 1 ? 2u : 4u); i++)
        strbuf_addc(sb, (char)(n >> (8 * i)));
    strbuf_adds(sb, header);
}

struct dtype {
    const char *descr;
    char kind;
    size_t width;
    bool is_big_endian;
    double first; /* value (r, c) is first + 10 r + c */
};

/* The value as the file's bytes, by C's own types. */
static void
add_value(struct strbuf *sb, const struct dtype *t, double v)
{
    union {
        float f4;
        double f8;
        int64_t i;
        uint64_t u;
        unsigned char byte[8];
    } x = {.u = 0};

    if (t->kind == 'f' && t->width == 4)
        x.f4 = (float)v;
    else if (t->kind == 'f')
        x.f8 = v;
    else if (t->kind == 'i')
        x.i = (int64_t)v;
    else
        x.u = (uint64_t)v;
    for (size_t i = 0; i < t->width; i++)
        strbuf_addc(sb, (char)x.byte[t->is_big_endian ? t->width - 1 - i : i]);
}

static double
value_of(const struct dtype *t, size_t r, size_t c)
{
    return t->first + 10.0 * (double)r + (double)c;
}

static void
write_matrix(const struct dtype *t, int version, bool is_fortran)
{
    struct strbuf sb = {0};
    char *header =
        xasprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%d, %d), }\n",
                  t->descr, is_fortran ? "True" : "False", ROWS, COLS);

    add_header(&sb, version, header);
    for (size_t i = 0; i < ROWS * COLS; i++)
        add_value(&sb, t,
                  is_fortran ? value_of(t, i % ROWS, i / ROWS)
                             : value_of(t, i / COLS, i % COLS));
    write_file(&sb);
    strbuf_release(&sb);
    free(header);
}

static void
expect_matrix(const struct dtype *t, size_t from, size_t n)
{
    struct npy f;
    struct errbuf eb;
    float out[ROWS * COLS];

    if (npy_open(&f, path, &eb))
        fail_msg("%s: %s", t->descr, eb.text);
    assert_int_equal(f.n_rows, ROWS);
    assert_int_equal(f.n_cols, COLS);
    for (size_t i = 0; i < ROWS * COLS; i++)
        out[i] = (float)NAN;
    assert_int_equal(npy_read(&f, from, n, out, &eb), ERR_OK);
    for (size_t i = 0; i < ROWS * COLS; i++)
        if (i < n * COLS)
            assert_true(out[i] == (float)value_of(t, from + i / COLS, i % COLS));
        else
            assert_true(isnan(out[i]));
    npy_close(&f);
}

static const struct dtype dtypes[] = {
    {"<f4", 'f', 4, false, -5.25}, {">f4", 'f', 4, true, -5.25},
    {"=f4", 'f', 4, false, 0.1},   {"<f8", 'f', 8, false, -5.1},
    {">f8", 'f', 8, true, 1e-3},   {"|i1", 'i', 1, false, -11},
    {"<i2", 'i', 2, false, -300},  {">i2", 'i', 2, true, -300},
    {"<i4", 'i', 4, false, -7e4},  {">i4", 'i', 4, true, -7e4},
    {"<i8", 'i', 8, false, -5e9},  {">i8", 'i', 8, true, -5e9},
    {"|u1", 'u', 1, false, 200},   {"<u2", 'u', 2, false, 65000},
    {">u2", 'u', 2, true, 65000},  {"<u4", 'u', 4, false, 4e9},
    {">u4", 'u', 4, true, 4e9},    {"<u8", 'u', 8, false, 1e18},
    {">u8", 'u', 8, true, 1e18},
};

static void
test_npy__every_dtype_order_and_version(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
        for (int k = 0; k < 6; k++) {
            write_matrix(&dtypes[i], 1 + k % 3, k >= 3);
            expect_matrix(&dtypes[i], 0, ROWS);
            expect_matrix(&dtypes[i], 1, 1);
            expect_matrix(&dtypes[i], 2, 1);
        }
}

static void
test_npy__truth_values_are_0_and_1(void **state)
{
    struct strbuf sb = {0};
    struct npy f;
    float out[2];

    (void)state;
    add_header(&sb, 1, "{'descr': '|b1', 'fortran_order': False, 'shape': (1, 2)}");
    strbuf_add(&sb, "\0\1", 2);
    write_file(&sb);
    assert_int_equal(npy_open(&f, path, NULL), ERR_OK);
    assert_int_equal(npy_read(&f, 0, 1, out, NULL), ERR_OK);
    assert_true(out[0] == 0 && out[1] == 1);
    npy_close(&f);
    strbuf_release(&sb);
}

/* Headers that numpy does not write today but may stand in a file. */
static void
test_npy__headers_in_other_words(void **state)
{
    static const char *const header[] = {
        "{\"shape\":(3,4),\"descr\":\"<f4\",\"fortran_order\":False}",
        "  { 'fortran_order' : False , 'shape' : ( 3L , 4L , ) , 'descr' : '<f4' , } \n",
    };
    const struct dtype *t = &dtypes[0];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct strbuf sb = {0};

        add_header(&sb, 3, header[i]);
        for (size_t k = 0; k < ROWS * COLS; k++)
            add_value(&sb, t, value_of(t, k / COLS, k % COLS));
        write_file(&sb);
        expect_matrix(t, 0, ROWS);
        strbuf_release(&sb);
    }
}

static void
test_npy__doubles_too_large_become_infinite(void **state)
{
    struct strbuf sb = {0};
    struct npy f;
    float out[2];

    (void)state;
    add_header(&sb, 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)}");
    add_value(&sb, &dtypes[3], 1e300);
    add_value(&sb, &dtypes[3], (double)NAN);
    write_file(&sb);
    assert_int_equal(npy_open(&f, path, NULL), ERR_OK);
    assert_int_equal(npy_read(&f, 0, 1, out, NULL), ERR_OK);
    assert_true(isinf(out[0]) && isnan(out[1]));
    npy_close(&f);
    strbuf_release(&sb);
}

/* --- broken files --- */

static void
expect_error(enum err code, const char *part)
{
    struct npy f;
    struct errbuf eb = {""};

    assert_int_equal(npy_open(&f, path, &eb), code);
    assert_non_null(strstr(eb.text, path));
    if (!strstr(eb.text, part))
        fail_msg("\"%s\" lacks \"%s\"", eb.text, part);
    npy_close(&f);
}

#define DICT(descr, shape)                                                             \
    "{'descr': " descr ", 'fortran_order': False, 'shape': " shape "}"

static void
test_npy__malformed_headers(void **state)
{
    static const struct {
        const char *header;
        enum err code;
        const char *part;
    } bad[] = {
        {DICT("'|O'", "(3, 4)"), ERR_UNSUPPORTED, "Python objects"},
        {DICT("[('a', '<f4')]", "(3, 4)"), ERR_UNSUPPORTED, "records"},
        {DICT("'<c8'", "(3, 4)"), ERR_UNSUPPORTED, "dtype <c8 is not read"},
        {DICT("'<f2'", "(3, 4)"), ERR_UNSUPPORTED, "astype('float32')"},
        {DICT("'<f3'", "(3, 4)"), ERR_UNSUPPORTED, "dtype <f3"},
        {DICT("'<f44'", "(3, 4)"), ERR_UNSUPPORTED, "dtype <f44"},
        {DICT("'<f4x'", "(3, 4)"), ERR_UNSUPPORTED, "dtype <f4x"},
        {DICT("'<U7'", "(3, 4)"), ERR_UNSUPPORTED, "dtype <U7"},
        {DICT("'|f4'", "(3, 4)"), ERR_UNSUPPORTED, "dtype |f4"},
        {DICT("'<'", "(3, 4)"), ERR_UNSUPPORTED, "dtype < is"},
        {DICT("''", "(3, 4)"), ERR_FORMAT, "missing"},
        {DICT("'<f4'", "(12,)"), ERR_FORMAT, "1 dimension;"},
        {DICT("'<f4'", "()"), ERR_FORMAT, "0 dimensions"},
        {DICT("'<f4'", "(3, 2, 2)"), ERR_FORMAT, "3 dimensions"},
        {DICT("'<f4'", "(3, 5)"), ERR_FORMAT, "do not fill the 48 bytes"},
        {DICT("'<f4'", "(2, 4)"), ERR_FORMAT, "do not fill"},
        {DICT("'<f8'", "(3, 4)"), ERR_FORMAT, "of 8 bytes do not fill"},
        {DICT("'<f4'", "(4294967296, 4294967299)"), ERR_FORMAT, "do not fill"},
        {DICT("'<f4'", "(3, 18446744073709551616)"), ERR_FORMAT, "too large"},
        {DICT("'<f4'", "(3, -4)"), ERR_FORMAT, "no size"},
        {DICT("'<f4'", "(3 4)"), ERR_FORMAT, "does not go on"},
        {DICT("'<f4'", "[3, 4]"), ERR_FORMAT, "no tuple"},
        {DICT("'<f4'", "(3, 4"), ERR_FORMAT, "does not go on"},
        {DICT("'<f4", "(3, 4)"), ERR_FORMAT, "no ',' between keys"},
        {DICT("'<f4'", "(3, 4), 'x': 1"), ERR_FORMAT, "unknown or repeated key"},
        {DICT("'<f4'", "(3, 4), 'shape': (3, 4)"), ERR_FORMAT, "repeated key"},
        {DICT("'<f4'", "(3, 4)") " 5", ERR_FORMAT, "more text"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (3, 4)}", ERR_FORMAT,
         "neither True nor False"},
        {"{'descr': '<f4', 'shape': (3, 4)}", ERR_FORMAT, "missing"},
        {"{'descr' '<f4'}", ERR_FORMAT, "no ':'"},
        {"{descr: '<f4'}", ERR_FORMAT, "no quoted text"},
        {"{'descr': '<f4", ERR_FORMAT, "no quoted text"},
        {"{", ERR_FORMAT, "no quoted text"},
        {"", ERR_FORMAT, "no dictionary"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct strbuf sb = {0};

        add_header(&sb, 1, bad[i].header);
        for (size_t k = 0; k < 48; k++)
            strbuf_addc(&sb, 0);
        write_file(&sb);
        expect_error(bad[i].code, bad[i].part);
        strbuf_release(&sb);
    }
}

/* Every beginning of a good file is an error, and so is one byte more. */
static void
test_npy__cut_off_anywhere(void **state)
{
    struct npy f;

    (void)state;
    write_matrix(&dtypes[0], 2, false);
    FILE *fp = fopen(path, "rb");
    char whole[512];
    size_t n = fread(whole, 1, sizeof whole, fp);

    fclose(fp);
    assert_true(n > 100 && n < sizeof whole);
    whole[n] = 0;
    for (size_t k = 0; k <= n + 1; k++) {
        struct strbuf sb = {0};

        strbuf_add(&sb, whole, k);
        write_file(&sb);
        enum err e = npy_open(&f, path, NULL);
        assert_true(k == n ? e == ERR_OK : e == ERR_FORMAT);
        npy_close(&f);
        strbuf_release(&sb);
    }
}

static void
test_npy__other_files(void **state)
{
    struct npy f;
    struct errbuf eb;
    struct strbuf sb = {0};

    (void)state;
    support_write(path, "gene,value\n1,2\n3,4\n");
    expect_error(ERR_FORMAT, "is no .npy file");
    support_write(path, "");
    expect_error(ERR_FORMAT, "is no .npy file");
    add_header(&sb, 4, "{}");
    write_file(&sb);
    expect_error(ERR_UNSUPPORTED, "version 4.0");
    strbuf_reset(&sb);
    strbuf_add(&sb, "\x93NUMPY\2\0\xff\xff\xff\x7f{}", 14);
    write_file(&sb);
    expect_error(ERR_FORMAT, "header of 2147483647 bytes");
    strbuf_release(&sb);
    assert_int_equal(npy_open(&f, dir, &eb), ERR_FORMAT);
    assert_non_null(strstr(eb.text, "no regular file"));
    assert_int_equal(remove(path), 0);
    expect_error(ERR_NOTFOUND, "cannot open");
}

static void
test_npy__lists_and_doubles(void **state)
{
    const struct dtype f8 = {"<f8", 'f', 8, false, 0.1};
    struct npy f;
    struct errbuf eb;
    double list[ROWS], part[2 * COLS];

    (void)state;
    for (int k = 0; k < 6; k++) {
        struct strbuf sb = {0};

        add_header(&sb, 1 + k % 3,
                   "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }");
        for (size_t i = 0; i < ROWS; i++)
            add_value(&sb, &f8, value_of(&f8, i, 0));
        write_file(&sb);
        strbuf_release(&sb);
        assert_int_equal(npy_open(&f, path, &eb), ERR_FORMAT);
        assert_int_equal(npy_open_list(&f, path, &eb), ERR_OK);
        assert_int_equal(f.n_rows, ROWS);
        assert_int_equal(f.n_cols, 1);
        assert_int_equal(npy_read_doubles(&f, 0, ROWS, list, &eb), ERR_OK);
        for (size_t i = 0; i < ROWS; i++)
            assert_true(list[i] == value_of(&f8, i, 0));
        npy_close(&f);

        write_matrix(&f8, 1, k >= 3);
        assert_int_equal(npy_open_list(&f, path, &eb), ERR_FORMAT);
        assert_non_null(strstr(eb.text, "a list has 1"));
        assert_int_equal(npy_open(&f, path, &eb), ERR_OK);
        assert_int_equal(npy_read_doubles(&f, 1, 2, part, &eb), ERR_OK);
        for (size_t i = 0; i < 2 * COLS; i++)
            assert_true(part[i] == value_of(&f8, 1 + i / COLS, i % COLS));
        npy_close(&f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_npy__every_dtype_order_and_version),
        cmocka_unit_test(test_npy__truth_values_are_0_and_1),
        cmocka_unit_test(test_npy__headers_in_other_words),
        cmocka_unit_test(test_npy__doubles_too_large_become_infinite),
        cmocka_unit_test(test_npy__malformed_headers),
        cmocka_unit_test(test_npy__cut_off_anywhere),
        cmocka_unit_test(test_npy__other_files),
        cmocka_unit_test(test_npy__lists_and_doubles),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
