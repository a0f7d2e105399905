/* test_sctab_large.c - the digest of an scTab store of more than 2 GiB, which is not read
 * whole.  Its file has a hole between its pages and its footer, and takes no room. */
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "data/sctab.h"

enum { TAIL = 8 }; /* bytes at the end of a Parquet file: length of the footer, PAR1 */
static const long HOLE = (2L << 30) + 12345;

static char *dir, *part;

static char *
read_file(const char *name, size_t *n)
{
    const char *src = getenv("srcdir");
    char *path = xasprintf("%s/tests/parquet/%s", src ? src : ".", name);
    char *data = calloc(1, 16384);
    FILE *fp = fopen(path, "rb");

    assert_non_null(fp);
    *n = fread(data, 1, 16384, fp);
    fclose(fp);
    free(path);
    return data;
}

static void
put_at(FILE *fp, long at, const void *data, size_t n)
{
    assert_int_equal(fseek(fp, at, SEEK_SET), 0);
    assert_int_equal(fwrite(data, 1, n, fp), n);
}

/* The file `from` with `hole` bytes before its footer. */
static void
write_stretched(const char *from, const char *to, long hole)
{
    size_t n;
    char *data = read_file(from, &n);
    uint32_t footer;
    FILE *fp = fopen(to, "wb");

    assert_non_null(fp);
    memcpy(&footer, data + n - TAIL, sizeof footer);
    size_t pages = n - TAIL - footer;

    put_at(fp, 0, data, pages);
    put_at(fp, (long)pages + hole, data + pages, n - pages);
    assert_int_equal(fclose(fp), 0);
    free(data);
}

static void
in_folder(const char *name, const char *from)
{
    char *path = xasprintf("%s/%s", dir, name);

    if (from)
        write_stretched(from, path, 0);
    else
        assert_int_equal(mkdir(path, 0777), 0);
    free(path);
}

static int
set_up(void **state)
{
    (void)state;
    dir = support_tmpdir();
    part = xasprintf("%s/train/part.0.parquet", dir);
    in_folder("train", NULL);
    in_folder("val", NULL);
    in_folder("categorical_lookup", NULL);
    write_stretched("wasm-v1-plain-none.parquet", part, HOLE);
    in_folder("val/part.0.parquet", "duckdb-gzip.parquet");
    in_folder("var.parquet", "store-var.parquet");
    in_folder("categorical_lookup/cell_type.parquet", "store-cell_type.parquet");
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    free(part);
    support_rmtree(dir);
    return 0;
}

static void
digest_now(char hex[DIGEST_HEX])
{
    struct source s;
    struct source_own own;
    struct errbuf eb = {""};

    if (source_open(&s, dir, &eb) || s.ops->own(&s, &own, true, &eb))
        fail_msg("%s", eb.text);
    memcpy(hex, own.digest, DIGEST_HEX);
    source_own_release(&own);
    source_close(&s);
}

/* Change a byte of the large part, and change it back: whether the digest moved. */
static bool
moves(uint64_t at)
{
    char before[DIGEST_HEX], after[DIGEST_HEX], again[DIGEST_HEX];
    FILE *fp = fopen(part, "r+b");
    int c;

    assert_non_null(fp);
    digest_now(before);
    assert_int_equal(fseek(fp, (long)at, SEEK_SET), 0);
    c = fgetc(fp);
    put_at(fp, (long)at, &(char){(char)(c ^ 1)}, 1);
    fflush(fp);
    digest_now(after);
    put_at(fp, (long)at, &(char){(char)c}, 1);
    assert_int_equal(fclose(fp), 0);
    digest_now(again);
    assert_string_equal(before, again);
    return strcmp(before, after) != 0;
}

/* First bytes, middle and last of every column of every row group. */
static void
test_large__pages_are_in_the_digest(void **state)
{
    struct parquet f;
    size_t n = 0;

    (void)state;
    assert_int_equal(parquet_open(&f, part, NULL, NULL), ERR_OK);
    assert_true(f.size > (uint64_t)HOLE);
    for (size_t i = 0; i < f.n_groups * f.n_columns; i++) {
        const struct parquet_chunk *c = &f.chunk[i];

        if (!c->n_values)
            continue;
        assert_true(moves(c->begin));
        assert_true(moves(c->begin + c->size / 2));
        assert_true(moves(c->begin + c->size - 1));
        n++;
    }
    assert_true(n > 3);
    parquet_close(&f);
}

/* Bytes that belong to nothing say nothing; that there are more of them does. */
static void
test_large__the_hole_counts_by_its_size(void **state)
{
    char a[DIGEST_HEX], b[DIGEST_HEX];

    (void)state;
    assert_false(moves((uint64_t)HOLE / 2 + 10000));
    digest_now(a);
    write_stretched("wasm-v1-plain-none.parquet", part, HOLE + 1);
    digest_now(b);
    assert_string_not_equal(a, b);
}

static void
test_large__other_files_and_names_count(void **state)
{
    char a[DIGEST_HEX], b[DIGEST_HEX];
    char *lookup = xasprintf("%s/categorical_lookup/cell_type.parquet", dir);
    char *other = xasprintf("%s/val/part.1.parquet", dir);

    (void)state;
    digest_now(a);
    write_stretched("store-cell_type.parquet", lookup, 1);
    digest_now(b);
    assert_string_not_equal(a, b);
    write_stretched("store-cell_type.parquet", lookup, 0);
    digest_now(b);
    assert_string_equal(a, b);
    write_stretched("duckdb-gzip.parquet", other, 0);
    digest_now(b);
    assert_string_not_equal(a, b);
    free(other);
    free(lookup);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_large__pages_are_in_the_digest, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_large__the_hole_counts_by_its_size, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_large__other_files_and_names_count, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
