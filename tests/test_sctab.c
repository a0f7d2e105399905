/* test_sctab.c - scTab stores, made of the files in tests/parquet. */
#include "tests/support.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/pool.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/obs_column.h"
#include "data/source.h"

enum { ROWS = 40, GENES = 29, PARTS = 4, CELLS = PARTS * ROWS, TYPES = 6 };

static char *dir; /* of the store */
static float x[ROWS][GENES];
static long cell_type[ROWS];

/* --- the store --- */

static char *
file_of(const char *name)
{
    const char *src = getenv("srcdir");

    return xasprintf("%s/tests/parquet/%s", src ? src : ".", name);
}

static char *
in_store(const char *name)
{
    return xasprintf("%s/%s", dir, name);
}

static void
write_bytes(const char *name, const void *data, size_t n)
{
    char *path = in_store(name);
    FILE *fp = fopen(path, "wb");

    assert_non_null(fp);
    assert_int_equal(fwrite(data, 1, n, fp), n);
    fclose(fp);
    free(path);
}

static void
copy(const char *from, const char *to)
{
    char data[16384], *path = file_of(from);
    FILE *fp = fopen(path, "rb");

    assert_non_null(fp);
    write_bytes(to, data, fread(data, 1, sizeof data, fp));
    fclose(fp);
    free(path);
}

static void
move(const char *from, const char *to)
{
    char *a = in_store(from), *b = in_store(to);

    assert_int_equal(rename(a, b), 0);
    free(a);
    free(b);
}

static void
write_npy(const char *name, const char *shape, const double *value, size_t n)
{
    struct strbuf sb = {0};
    char *head =
        xasprintf("{'descr': '<f8', 'fortran_order': False, 'shape': %s, }\n", shape);

    strbuf_add(&sb, "\x93NUMPY\1\0", 8);
    strbuf_addc(&sb, (char)strlen(head));
    strbuf_addc(&sb, 0);
    strbuf_adds(&sb, head);
    strbuf_add(&sb, value, n * sizeof *value);
    write_bytes(name, strbuf_str(&sb), sb.len);
    strbuf_release(&sb);
    free(head);
}

/* Class 0 is above 1 and 2, 1 above 2. */
static const double child[TYPES * TYPES] = {1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0,
                                            0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0,
                                            0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1};

static void
write_hierarchy(size_t at, double value)
{
    double m[TYPES * TYPES];

    memcpy(m, child, sizeof m);
    m[at] = value;
    write_npy("cell_type_hierarchy/child_matrix.npy", "(6, 6)", m, TYPES * TYPES);
}

static void
make_folder(const char *name)
{
    char *path = in_store(name);

    assert_int_equal(mkdir(path, 0777), 0);
    free(path);
}

static int
set_up(void **state)
{
    static const double weight[TYPES] = {1, 2, 0.5, 1, 1, 1};

    (void)state;
    dir = support_tmpdir();
    make_folder("train");
    make_folder("val");
    make_folder("test");
    make_folder("categorical_lookup");
    make_folder("cell_type_hierarchy");
    copy("wasm-v1-pages-snappy.parquet", "train/part.0.parquet");
    copy("wasm-v2-dict-zstd.parquet", "train/part.1.parquet");
    copy("duckdb-gzip.parquet", "val/part.0.parquet");
    copy("wasm-v1-plain-none.parquet", "test/part.0.parquet");
    write_bytes("train/_metadata", "PAR1", 4);
    copy("store-var.parquet", "var.parquet");
    copy("store-cell_type.parquet", "categorical_lookup/cell_type.parquet");
    write_hierarchy(0, 1);
    write_npy("class_weights.npy", "(6,)", weight, TYPES);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    support_rmtree(dir);
    dir = NULL;
    return 0;
}

static int
read_table(void **state)
{
    char *path = file_of("table.csv"), line[4096];
    FILE *fp = fopen(path, "r");

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        if (!fp || !fgets(line, sizeof line, fp))
            return -1;
        char *at = line;

        for (size_t k = 0; k < 6 + GENES; k++) {
            const char *field = strsep(&at, ",\n");

            if (k == 3)
                cell_type[i] = strtol(field, NULL, 10);
            else if (k >= 6)
                x[i][k - 6] = strtof(field, NULL);
        }
    }
    fclose(fp);
    free(path);
    return 0;
}

static void
open_store(struct source *s)
{
    struct errbuf eb = {""};

    if (source_open(s, dir, &eb))
        fail_msg("%s", eb.text);
}

/* Opening `path` of the store fails and the text says `what`. */
static void
expect_refused(const char *name, const char *what)
{
    struct source s;
    struct errbuf eb = {""};
    char *path = in_store(name);

    assert_int_not_equal(source_open(&s, path, &eb), ERR_OK);
    if (!strstr(eb.text, what))
        fail_msg("%s", eb.text);
    free(path);
}

/* --- cells --- */

static void
test_sctab__cells_are_train_then_val_then_test(void **state)
{
    struct source s;
    struct obs_column split, type, primary;
    struct strlist id = {0};
    struct errbuf eb = {""};
    size_t merged = 9;

    (void)state;
    open_store(&s);
    assert_string_equal(s.ops->kind, "scTab store");
    assert_int_equal(s.n_cells, CELLS);
    assert_int_equal(s.ops->column_kind(&s, "split"), COLUMN_TEXT);
    assert_int_equal(s.ops->column_kind(&s, "cell_type"), COLUMN_TEXT);
    assert_int_equal(s.ops->column_kind(&s, "is_primary_data"), COLUMN_BOOL);
    assert_int_equal(s.ops->column_kind(&s, "soma_joinid"), COLUMN_NUMBER);
    assert_int_equal(s.ops->column_kind(&s, "X"), COLUMN_UNKNOWN);
    assert_int_equal(s.ops->column(&s, "split", &split, &merged, &eb), ERR_OK);
    assert_int_equal(s.ops->column(&s, "cell_type", &type, &merged, &eb), ERR_OK);
    assert_int_equal(s.ops->column(&s, "is_primary_data", &primary, &merged, &eb),
                     ERR_OK);
    assert_int_equal(merged, 0);
    for (size_t i = 0; i < CELLS; i++) {
        char name[] = "type a";

        name[5] = (char)('a' + cell_type[i % ROWS]);
        assert_string_equal(obs_column_text(&type, i), name);
        assert_string_equal(obs_column_text(&split, i), i < 80    ? "train"
                                                        : i < 120 ? "val"
                                                                  : "test");
    }
    assert_int_equal(source_cell_ids(&s, &id, &eb), ERR_OK);
    assert_string_equal(id.item[0], "1000000007");
    assert_string_equal(id.item[ROWS], "1000000007-1");
    assert_string_equal(id.item[3 * ROWS + 1], "2000000014-3");
    obs_column_release(&split);
    obs_column_release(&type);
    obs_column_release(&primary);
    strlist_release(&id);
    source_close(&s);
}

static void
test_sctab__a_code_without_a_name_is_refused(void **state)
{
    struct source s;
    struct obs_column c;
    struct errbuf eb = {""};
    size_t merged;

    (void)state;
    /* the lookup of a column whose every code is 5 */
    copy("store-cell_type.parquet", "categorical_lookup/one.parquet");
    copy("store-cell_type.parquet", "categorical_lookup/soma_joinid.parquet");
    open_store(&s);
    assert_int_equal(s.ops->column(&s, "one", &c, &merged, &eb), ERR_OK);
    assert_string_equal(obs_column_text(&c, 7), "type f");
    obs_column_release(&c);
    assert_int_equal(s.ops->column(&s, "soma_joinid", &c, &merged, &eb), ERR_FORMAT);
    assert_non_null(strstr(eb.text, "train/part.0.parquet: column soma_joinid has the "
                                    "code 1000000007 in cell 0;"));
    source_close(&s);
}

/* --- the matrix --- */

struct seen {
    const bool *keep;
    size_t next, n_rows;
};

static void
expect_row(size_t row, const uint32_t *gene, const float *value, size_t n)
{
    size_t n_nonzero = 0;

    for (size_t g = 0; g < GENES; g++)
        n_nonzero += x[row % ROWS][g] != 0;
    assert_int_equal(n, n_nonzero);
    for (size_t k = 0; k < n; k++)
        assert_true(gene[k] < GENES && value[k] == x[row % ROWS][gene[k]]);
}

static enum err
take_rows(void *ctx, const struct source_rows *rows, struct errbuf *eb)
{
    struct seen *seen = ctx;

    (void)eb;
    assert_true(rows->first >= seen->next);
    seen->next = rows->first + rows->n;
    for (size_t i = 0; i < rows->n; i++) {
        size_t at = (size_t)(rows->start[i] - rows->start[0]);

        if (!rows->keep[i])
            continue;
        assert_true(seen->keep[rows->first + i]);
        seen->n_rows++;
        expect_row(rows->first + i, rows->gene + at, rows->value + at,
                   (size_t)(rows->start[i + 1] - rows->start[i]));
    }
    return ERR_OK;
}

static enum err
take_row(void *ctx, size_t row, const uint32_t *gene, const float *value, size_t n,
         struct errbuf *eb)
{
    (void)eb;
    ++*(size_t *)ctx;
    expect_row(row, gene, value, n);
    return ERR_OK;
}

static void
test_sctab__rows_are_the_table_for_any_threads(void **state)
{
    struct source s;
    struct source_matrix m;
    struct errbuf eb = {""};
    bool keep[CELLS], whole = false;
    size_t n_sampled = 0;

    (void)state;
    open_store(&s);
    assert_int_equal(source_matrix_open(&s, "X", &m, &eb), ERR_OK);
    assert_int_equal(m.n_cols, GENES);
    for (size_t threads = 1; threads <= 3; threads++)
        for (size_t every = 1; every <= 50; every += 7) {
            struct seen seen = {.keep = keep};
            size_t n = 0;

            for (size_t i = 0; i < CELLS; i++)
                n += keep[i] = i % every == every - 1;
            m.pool = pool_new(threads);
            if (m.ops->groups(&m, keep, take_rows, &seen, &eb))
                fail_msg("%s", eb.text);
            pool_free(m.pool);
            assert_int_equal(seen.n_rows, n);
            assert_int_equal(m.ops->count(&m, keep), n * GENES);
        }
    assert_int_equal(m.ops->sample(&m, NULL, take_row, &n_sampled, &whole, &eb),
                     ERR_OK);
    assert_true(whole && n_sampled > 0);
    source_matrix_close(&m);
    source_close(&s);
}

static void
test_sctab__genes_are_those_of_var(void **state)
{
    struct source s;
    struct source_matrix m;
    struct gene_axis g;
    struct strlist warnings = {0};
    struct notes notes = {.warnings = &warnings};
    struct errbuf eb = {""};

    (void)state;
    open_store(&s);
    assert_int_equal(source_matrix_open(&s, "X", &m, &eb), ERR_OK);
    assert_int_equal(s.ops->genes(&s, &m, &g, &notes, &eb), ERR_OK);
    assert_int_equal(g.id.n, GENES);
    assert_string_equal(g.id.item[2], "ENSG00000000003");
    assert_string_equal(g.name.item[2], "GENE3");
    assert_int_equal(warnings.n, 0);
    gene_axis_release(&g);
    source_matrix_close(&m);
    source_close(&s);
}

/* --- what it brings with it --- */

static void
test_sctab__split_hierarchy_and_weights(void **state)
{
    struct source s;
    struct source_own own;
    struct errbuf eb = {""};

    (void)state;
    open_store(&s);
    if (s.ops->own(&s, &own, true, &eb))
        fail_msg("%s", eb.text);
    assert_string_equal(own.split_column, "split");
    assert_int_equal(own.classes.n, TYPES);
    for (size_t i = 0; i < TYPES; i++)
        assert_int_equal(own.classes.item[i][5], 'a' + i);
    for (size_t i = 0; i < TYPES * TYPES; i++)
        assert_int_equal(own.reachable[i], (int)child[i]);
    assert_true(own.class_weight[1] == 2 && own.class_weight[2] == 0.5);
    assert_int_equal(strlen(own.digest), 64);
    source_own_release(&own);
    source_close(&s);
}

static void
expect_own_refused(const char *what)
{
    struct source s;
    struct source_own own;
    struct errbuf eb = {""};

    open_store(&s);
    assert_int_not_equal(s.ops->own(&s, &own, true, &eb), ERR_OK);
    if (!strstr(eb.text, what))
        fail_msg("%s", eb.text);
    assert_null(own.reachable);
    source_close(&s);
}

static void
test_sctab__a_hierarchy_that_is_none(void **state)
{
    static const double bad[TYPES] = {1, 2, 0, 1, 1, 1};

    (void)state;
    write_hierarchy(7, 0);
    expect_own_refused("each class counts as itself");
    write_hierarchy(3, 0.5);
    expect_own_refused("row 0, column 3: is neither 0 nor 1");
    write_hierarchy(6, 1);
    expect_own_refused("below the other");
    write_hierarchy(2, 0);
    expect_own_refused("row 0, column 2: is 0, but a class between");
    write_npy("cell_type_hierarchy/child_matrix.npy", "(4, 9)", child, TYPES * TYPES);
    expect_own_refused("4 x 9");
    write_hierarchy(0, 1);
    write_npy("class_weights.npy", "(6,)", bad, TYPES);
    expect_own_refused("weight 2 (type c) is 0");
    write_npy("class_weights.npy", "(5,)", bad, TYPES - 1);
    expect_own_refused("has 5 numbers");
}

static void
digest_now(char hex[DIGEST_HEX])
{
    struct source s;
    struct source_own own;
    struct errbuf eb = {""};

    open_store(&s);
    if (s.ops->own(&s, &own, true, &eb))
        fail_msg("%s", eb.text);
    memcpy(hex, own.digest, DIGEST_HEX);
    source_own_release(&own);
    source_close(&s);
}

static void
test_sctab__the_digest_is_of_content(void **state)
{
    char a[DIGEST_HEX], b[DIGEST_HEX];

    (void)state;
    digest_now(a);
    digest_now(b);
    assert_string_equal(a, b);
    write_hierarchy(3 * TYPES + 4, 1);
    digest_now(b);
    assert_string_not_equal(a, b);
    write_hierarchy(0, 1);
    digest_now(b);
    assert_string_equal(a, b);
    copy("duckdb-zstd.parquet", "val/part.0.parquet"); /* equal cells, other bytes */
    digest_now(b);
    assert_string_not_equal(a, b);
}

/* --- what is not there --- */

static void
test_sctab__a_missing_part_is_named(void **state)
{
    (void)state;
    move("train/part.0.parquet", "train/part.2.parquet");
    expect_refused("", "part.0.parquet is missing before train/part.1.parquet");
    copy("duckdb-gzip.parquet", "train/part.0.parquet");
    move("train/part.1.parquet", "train/part.02.parquet");
    expect_refused("", "part.1.parquet is missing");
}

static void
test_sctab__part_of_a_store_can_be_read(void **state)
{
    struct source s;
    struct source_matrix m;
    struct source_own own;
    struct gene_axis g;
    struct strlist warnings = {0};
    struct notes notes = {.warnings = &warnings};
    struct errbuf eb = {""};
    char *path = in_store("train");

    (void)state;
    assert_int_equal(source_open(&s, path, &eb), ERR_OK);
    assert_int_equal(s.n_cells, 2 * ROWS);
    assert_int_equal(source_matrix_open(&s, "X", &m, &eb), ERR_OK);
    assert_int_equal(s.ops->genes(&s, &m, &g, &notes, &eb), ERR_OK);
    assert_int_equal(warnings.n, 1);
    assert_non_null(strstr(warnings.item[0], "\"val\", \"test\" missing"));
    assert_int_equal(s.ops->own(&s, &own, true, &eb), ERR_OK);
    assert_null(own.split_column);
    source_own_release(&own);
    gene_axis_release(&g);
    source_matrix_close(&m);
    source_close(&s);
    free(path);
    path = in_store("val/part.0.parquet");
    assert_int_equal(source_open(&s, path, &eb), ERR_OK);
    assert_int_equal(s.n_cells, ROWS);
    source_close(&s);
    free(path);
    strlist_release(&warnings);
    move("var.parquet", "other.parquet");
    expect_refused("val/part.0.parquet", "there is no var.parquet");
    expect_refused("", "there is no var.parquet");
}

static void
test_sctab__files_that_do_not_belong_together(void **state)
{
    (void)state;
    copy("store-cell_type.parquet", "var.parquet");
    expect_refused("", "are not 16 cells x 6 genes (var.parquet)");
    copy("store-var.parquet", "var.parquet");
    copy("store-var.parquet", "train/part.1.parquet");
    expect_refused("", "train/part.1.parquet: has no column X");
    write_bytes("train/part.1.parquet", "PAR1 and no more", 16);
    expect_refused("", "train/part.1.parquet: is cut off");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_sctab__cells_are_train_then_val_then_test),
        TEST(test_sctab__a_code_without_a_name_is_refused),
        TEST(test_sctab__rows_are_the_table_for_any_threads),
        TEST(test_sctab__genes_are_those_of_var),
        TEST(test_sctab__split_hierarchy_and_weights),
        TEST(test_sctab__a_hierarchy_that_is_none),
        TEST(test_sctab__the_digest_is_of_content),
        TEST(test_sctab__a_missing_part_is_named),
        TEST(test_sctab__part_of_a_store_can_be_read),
        TEST(test_sctab__files_that_do_not_belong_together),
    };
#undef TEST

    return cmocka_run_group_tests(tests, read_table, NULL);
}
