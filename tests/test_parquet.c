/* test_parquet.c - Parquet files of other writers, whole and broken.
 *
 * The files in tests/parquet hold one table, which table.csv has too
 * (tests/parquet/make_parquet.mjs). */
#include "tests/support.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "data/parquet.h"
#include "data/parquet_flat.h"
#include "data/parquet_lists.h"

enum { ROWS = 40, GENES = 29, FIELDS = 6 };

struct row {
    int64_t id, cell_type;
    bool is_primary, has_score;
    char tissue[32]; /* "": missing */
    double score;
    float x[GENES];
};

static struct row table[ROWS];

static char *
file_of(const char *name)
{
    const char *src = getenv("srcdir");

    return xasprintf("%s/tests/parquet/%s", src ? src : ".", name);
}

static void
read_row(char *line, struct row *r)
{
    char *field[FIELDS + GENES];

    for (size_t i = 0; i < FIELDS + GENES; i++)
        field[i] = strsep(&line, ",\n");
    r->id = strtoll(field[1], NULL, 10);
    r->is_primary = *field[2] == '1';
    r->cell_type = strtoll(field[3], NULL, 10);
    snprintf(r->tissue, sizeof r->tissue, "%s", field[4]);
    r->has_score = *field[5];
    r->score = strtod(field[5], NULL);
    for (size_t g = 0; g < GENES; g++)
        r->x[g] = strtof(field[FIELDS + g], NULL);
}

static int
read_table(void **state)
{
    char *path = file_of("table.csv"), line[4096];
    FILE *fp = fopen(path, "r");

    (void)state;
    if (!fp)
        return -1;
    for (size_t i = 0; i < ROWS; i++) {
        if (!fgets(line, sizeof line, fp))
            return -1;
        read_row(line, &table[i]);
    }
    fclose(fp);
    free(path);
    return 0;
}

/* --- whole files --- */

/* X of the file is that of the table, read `most` rows at a time. */
static void
expect_matrix(const struct parquet *f, size_t most)
{
    struct parquet_lists l = {0};
    struct parquet_rows out = {0};
    struct errbuf eb = {""};
    size_t column = parquet_lists_find(f, "X"), row = 0, n_nonzero = 0, n_seen = 0;

    assert_int_not_equal(column, SIZE_MAX);
    for (size_t g = 0; g < f->n_groups; g++) {
        if (parquet_lists_open(&l, f, g, column, GENES, &eb))
            fail_msg("%s", eb.text);
        do {
            if (parquet_lists_next(&l, most, &out, &eb))
                fail_msg("%s", eb.text);
            assert_true(out.n <= most);
            for (size_t i = 0; i < out.n; i++, row++)
                for (uint64_t k = out.start[i]; k < out.start[i + 1]; k++, n_seen++)
                    assert_true(out.value[k] == table[row].x[out.gene[k]] &&
                                out.value[k] != 0);
        } while (out.n == most);
    }
    for (size_t i = 0; i < ROWS * GENES; i++)
        n_nonzero += table[i / GENES].x[i % GENES] != 0;
    assert_int_equal(row, ROWS);
    assert_int_equal(n_seen, n_nonzero);
    parquet_lists_release(&l);
    parquet_rows_release(&out);
}

static void
expect_cell(const struct parquet_flat *v, size_t i, const struct row *r,
             const char *name, const struct intern *text)
{
    if (strcmp(name, "tissue") == 0) {
        assert_int_equal(v->is_missing[i], !*r->tissue);
        if (*r->tissue)
            assert_string_equal(intern_text(text, (size_t)v->t[i]), r->tissue);
        else
            assert_int_equal(v->t[i], -1);
    } else if (strcmp(name, "score") == 0) {
        assert_int_equal(v->is_missing[i], !r->has_score);
        assert_true(v->d[i] == (r->has_score ? r->score : 0));
    } else {
        int64_t want = strcmp(name, "soma_joinid") == 0       ? r->id
                       : strcmp(name, "is_primary_data") == 0 ? r->is_primary
                       : strcmp(name, "cell_type") == 0       ? r->cell_type
                                                              : 5;

        assert_false(v->is_missing[i]);
        assert_true(v->i[i] == want);
    }
}

static void
expect_column(const struct parquet *f, const char *name)
{
    struct parquet_pages p = {0};
    struct parquet_flat v = {0};
    struct intern *text = intern_new();
    struct errbuf eb = {""};
    size_t column = parquet_find(f, name);

    assert_int_not_equal(column, SIZE_MAX);
    for (size_t g = 0; g < f->n_groups; g++) {
        if (parquet_flat_read(&v, &p, f, g, column, text, &eb))
            fail_msg("%s", eb.text);
        assert_int_equal(v.n, parquet_group_rows(f, g));
        for (size_t i = 0; i < v.n; i++)
            expect_cell(&v, i, &table[f->first[g] + i], name, text);
    }
    parquet_flat_release(&v);
    parquet_pages_release(&p);
    intern_free(text);
}

static void
expect_table(const char *path)
{
    static const char *const flat[] = {"soma_joinid", "is_primary_data", "cell_type",
                                       "tissue",      "score",           "one"};
    struct parquet f;
    struct errbuf eb = {""};

    if (parquet_open(&f, path, NULL, &eb))
        fail_msg("%s", eb.text);
    assert_int_equal(f.n_rows, ROWS);
    for (size_t i = 0; i < sizeof flat / sizeof *flat; i++)
        expect_column(&f, flat[i]);
    expect_matrix(&f, 1000);
    expect_matrix(&f, 3);
    expect_matrix(&f, 1);
    parquet_park(&f);
    assert_int_equal(parquet_unpark(&f, &eb), ERR_OK);
    expect_matrix(&f, 16);
    parquet_close(&f);
    parquet_close(&f);
}

static const char *const files[] = {
    "duckdb-gzip",         "duckdb-plain",       "duckdb-snappy",
    "duckdb-uncompressed", "duckdb-zstd",        "wasm-v1-dict-none",
    "wasm-v1-dict-snappy", "wasm-v1-mixed-zstd", "wasm-v1-pages-snappy",
    "wasm-v1-plain-gzip",  "wasm-v1-plain-none", "wasm-v2-dict-snappy",
    "wasm-v2-dict-zstd",   "wasm-v2-pages-gzip", "wasm-v2-plain-none",
};
enum { N_FILES = sizeof files / sizeof *files };

static void
test_parquet__files_of_other_writers_are_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_FILES; i++) {
        char *name = xasprintf("%s.parquet", files[i]), *path = file_of(name);

        expect_table(path);
        free(path);
        free(name);
    }
}

static void
test_parquet__a_codec_that_is_not_read_is_named(void **state)
{
    char *path = file_of("wasm-v1-dict-lz4raw.parquet");
    struct parquet f;
    struct parquet_pages p = {0};
    struct parquet_flat v = {0};
    struct errbuf eb = {""};

    (void)state;
    assert_int_equal(parquet_open(&f, path, "a", &eb), ERR_OK);
    assert_int_equal(
        parquet_flat_read(&v, &p, &f, 0, parquet_find(&f, "cell_type"), NULL, &eb),
        ERR_UNSUPPORTED);
    assert_non_null(strstr(eb.text, "a: column cell_type, row group 0, offset "));
    assert_non_null(strstr(eb.text, "LZ4"));
    parquet_flat_release(&v);
    parquet_pages_release(&p);
    parquet_close(&f);
    free(path);
}

/* --- broken files --- */

struct bytes {
    char *data; /* owned */
    size_t n;
};

static struct bytes
slurp(const char *file)
{
    char *name = xasprintf("%s.parquet", file), *path = file_of(name);
    FILE *fp = fopen(path, "rb");
    struct bytes b = {xmalloc(1 << 20, 1), 0};

    assert_non_null(fp);
    b.n = fread(b.data, 1, 1 << 20, fp);
    fclose(fp);
    free(path);
    free(name);
    return b;
}

static void
write_bytes(const char *path, const char *data, size_t n)
{
    FILE *fp = fopen(path, "wb");

    assert_non_null(fp);
    assert_int_equal(fwrite(data, 1, n, fp), n);
    fclose(fp);
}

/* Read everything; whatever the file is, it ends with OK or with an error that names it. */
static enum err
read_all(const char *path)
{
    struct parquet f;
    struct parquet_pages p = {0};
    struct parquet_flat v = {0};
    struct parquet_lists *l = xcalloc(1, sizeof *l);
    struct parquet_rows rows = {0};
    struct errbuf eb = {""};
    struct intern *text = intern_new();
    enum err e = parquet_open(&f, path, "broken", &eb);

    for (size_t i = 0; !e && i < f.n_groups * f.n_columns; i++) {
        size_t group = i / f.n_columns, c = i % f.n_columns;

        if (parquet_flat_kind(&f.column[c]) != FLAT_NONE) {
            e = parquet_flat_read(&v, &p, &f, group, c, text, &eb);
            continue;
        }
        e = parquet_lists_open(l, &f, group, c, GENES, &eb);
        do {
            if (!e)
                e = parquet_lists_next(l, 7, &rows, &eb);
        } while (!e && rows.n);
    }
    if (e)
        assert_true(strncmp(eb.text, "broken", 6) == 0 ||
                    strstr(eb.text, "not enough memory") || strstr(eb.text, "cannot"));
    parquet_close(&f);
    parquet_pages_release(&p);
    parquet_flat_release(&v);
    parquet_lists_release(l);
    parquet_rows_release(&rows);
    intern_free(text);
    free(l);
    return e;
}

static void
test_parquet__a_file_that_is_cut_off_is_refused(void **state)
{
    char *dir = support_tmpdir(), *path = xasprintf("%s/a.parquet", dir);
    struct bytes b = slurp("wasm-v1-pages-snappy");

    (void)state;
    for (size_t n = 0; n < b.n; n += 1 + b.n / 300) {
        write_bytes(path, b.data, n);
        assert_int_not_equal(read_all(path), ERR_OK);
    }
    write_bytes(path, b.data, b.n);
    assert_int_equal(read_all(path), ERR_OK);
    free(b.data);
    free(path);
    support_rmtree(dir);
}

/* A flipped bit of a value cannot be known; all others must end well. */
static void
test_parquet__flipped_bits_do_no_harm(void **state)
{
    char *dir = support_tmpdir(), *path = xasprintf("%s/a.parquet", dir);
    struct rng rng = rng_stream(1, RNG_SPLIT, 0, 0);
    size_t n_refused = 0;

    (void)state;
    for (size_t i = 0; i < N_FILES; i++) {
        struct bytes b = slurp(files[i]);

        for (size_t k = 0; k < 60; k++) {
            size_t at = (size_t)rng_below(&rng, i * 1000 + k, b.n * 8);
            char bit = (char)(1 << (at % 8));

            b.data[at / 8] ^= bit;
            write_bytes(path, b.data, b.n);
            n_refused += read_all(path) != ERR_OK;
            b.data[at / 8] ^= bit;
        }
        free(b.data);
    }
    assert_true(n_refused > 0);
    free(path);
    support_rmtree(dir);
}

static void
test_parquet__other_files_are_told_apart(void **state)
{
    char *dir = support_tmpdir(), *path = xasprintf("%s/a.parquet", dir);
    struct parquet f;
    struct errbuf eb = {""};

    (void)state;
    assert_int_equal(parquet_open(&f, path, NULL, &eb), ERR_NOTFOUND);
    assert_int_equal(parquet_open(&f, dir, NULL, &eb), ERR_FORMAT);
    write_bytes(path, "PAR1", 4);
    assert_true(parquet_is(path));
    assert_int_equal(parquet_open(&f, path, NULL, &eb), ERR_FORMAT);
    write_bytes(path, "PARE\0\0\0\0\0\0\0\0PARE", 16);
    assert_int_equal(parquet_open(&f, path, NULL, &eb), ERR_UNSUPPORTED);
    write_bytes(path, "\x89HDF\r\n and so on and on", 22);
    assert_false(parquet_is(path));
    assert_int_equal(parquet_open(&f, path, NULL, &eb), ERR_FORMAT);
    free(path);
    support_rmtree(dir);
}

/* --- runs --- */

static void
test_rle__runs_of_both_kinds(void **state)
{
    /* 5 times 3; then a group of 8 of 3 bits: 0 .. 7 (the example of the format) */
    static const uint8_t data[] = {5 << 1, 3, 1 << 1 | 1, 0x88, 0xc6, 0xfa, 0,
                                   0,      0, 0,          0,    0,    0,    0};
    static const uint8_t want[] = {3, 3, 3, 3, 3, 0, 1, 2, 3, 4, 5, 6, 7};
    uint8_t out[13];
    struct rle r;

    (void)state;
    rle_init(&r, data, 6, 3);
    assert_true(rle_bytes(&r, out, 2));
    assert_true(rle_bytes(&r, out + 2, 11));
    assert_memory_equal(out, want, 13);
    assert_false(rle_bytes(&r, out, 1));
    assert_non_null(r.fault);
}

static void
test_rle__no_bits_no_data(void **state)
{
    static const uint8_t none[RLE_PAD];
    uint8_t out[3] = {9, 9, 9};
    struct rle r;

    (void)state;
    rle_init(&r, none, 0, 0);
    assert_true(rle_bytes(&r, out, 3));
    assert_int_equal(out[0] | out[1] | out[2], 0);
    rle_init(&r, none, 1, 1); /* a run of nothing */
    assert_false(rle_bytes(&r, out, 1));
    assert_int_equal(rle_width(0), 0);
    assert_int_equal(rle_width(1), 1);
    assert_int_equal(rle_width(3), 2);
    assert_int_equal(rle_width(4), 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parquet__files_of_other_writers_are_the_table),
        cmocka_unit_test(test_parquet__a_codec_that_is_not_read_is_named),
        cmocka_unit_test(test_parquet__a_file_that_is_cut_off_is_refused),
        cmocka_unit_test(test_parquet__flipped_bits_do_no_harm),
        cmocka_unit_test(test_parquet__other_files_are_told_apart),
        cmocka_unit_test(test_rle__runs_of_both_kinds),
        cmocka_unit_test(test_rle__no_bits_no_data),
    };

    return cmocka_run_group_tests(tests, read_table, NULL);
}
