/* test_h5frame.c - obs and var tables in every encoding, and broken ones. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/gene_axis.h"
#include "data/h5frame.h"
#include "data/h5lib.h"
#include "data/obs_column.h"
#include "tests/h5build.h"

enum { N = 5 };

static const char *const index_names[N] = {"c0", "c1", "c2", "c3", "c4"};
static char *dir, *path;

static int
set_up(void **state)
{
    (void)state;
    h5_init();
    dir = support_tmpdir();
    path = xasprintf("%s/a.h5ad", dir);
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
expect_column(const struct h5frame *f, const char *name, enum column_kind kind,
              const char *const *want)
{
    struct obs_column c = {0};
    struct errbuf eb = {""};

    assert_int_equal(h5frame_kind(f, name), kind);
    if (h5frame_read(f, name, &c, NULL, &eb))
        fail_msg("%s: %s", name, eb.text);
    for (size_t i = 0; i < f->n; i++) {
        const char *got = obs_column_text(&c, i);

        if (!want[i])
            assert_null(got);
        else
            assert_string_equal(got ? got : "(missing)", want[i]);
    }
    for (size_t i = 1; i < c.levels.n; i++)
        assert_true(strcmp(c.levels.item[i - 1], c.levels.item[i]) < 0);
    obs_column_release(&c);
}

static void
expect_broken(const struct h5frame *f, const char *name, const char *part)
{
    struct obs_column c = {0};
    struct errbuf eb = {""};

    assert_int_not_equal(h5frame_read(f, name, &c, NULL, &eb), ERR_OK);
    if (!strstr(eb.text, part))
        fail_msg("\"%s\" lacks \"%s\"", eb.text, part);
    assert_null(c.code.at);
}

static void
expect_index(const struct h5frame *f, const char *const *want)
{
    struct strlist l = {0};

    assert_int_equal(h5frame_texts(f, NULL, &l, NULL), ERR_OK);
    assert_int_equal(l.n, f->n);
    for (size_t i = 0; i < l.n; i++)
        assert_string_equal(l.item[i], want[i]);
    strlist_release(&l);
}

static void
test_read__plain_columns(void **state)
{
    (void)state;
    static const char *const text[N] = {"x", "", "a b", "x", "\xc3\xa9"};
    static const char *const columns[] = {"vlen",  "fixed", "flag",
                                          "whole", "f32",   "f64"};
    const int64_t flag[N] = {1, 0, 0, 1, 1}, whole[N] = {3, -1, 0, 70000, 3};
    const double real[N] = {0.1, 2, -1.5, 1e-7, (double)NAN};
    hid_t file = h5b_create(path), obs = h5b_frame(file, "obs", index_names, N);
    hid_t bool_type = h5b_bool_type();
    hid_t fixed = h5b_text_type(8, H5T_CSET_ASCII, H5T_STR_NULLPAD);
    struct h5frame f;

    h5b_texts(obs, "vlen", 0, text, N);
    h5b_texts(obs, "fixed", fixed, text, N);
    h5b_ints(obs, "flag", bool_type, flag, N);
    h5b_ints(obs, "whole", H5T_STD_I32BE, whole, N);
    h5b_reals(obs, "f32", H5T_IEEE_F32LE, real, N);
    h5b_reals(obs, "f64", H5T_IEEE_F64LE, real, N);
    h5b_frame_end(obs, columns, 6);
    assert_int_equal(h5frame_open(&f, file, "obs", NULL), ERR_OK);
    assert_int_equal(f.n, N);
    assert_int_equal(f.column.n, 6);
    expect_index(&f, index_names);
    expect_column(&f, "vlen", COLUMN_TEXT, text);
    expect_column(&f, "fixed", COLUMN_TEXT, text);
    expect_column(&f, "flag", COLUMN_BOOL,
                  (const char *[]){"True", "False", "False", "True", "True"});
    expect_column(&f, "whole", COLUMN_NUMBER,
                  (const char *[]){"3", "-1", "0", "70000", "3"});
    expect_column(&f, "f32", COLUMN_NUMBER,
                  (const char *[]){"0.1", "2", "-1.5", "1e-07", NULL});
    expect_column(&f, "f64", COLUMN_NUMBER,
                  (const char *[]){"0.1", "2", "-1.5", "1e-07", NULL});
    assert_int_equal(h5frame_kind(&f, "absent"), COLUMN_UNKNOWN);
    expect_broken(&f, "absent", "absent");
    h5frame_close(&f);
    H5Tclose(fixed);
    H5Tclose(bool_type);
    H5Fclose(file);
}

/* Ids made by hashing fill all 64 bits: they stay apart. */
static void
test_read__numbers_above_int64(void **state)
{
    (void)state;
    const int64_t bits[N] = {-1, -2, 0, INT64_MIN, INT64_MAX};
    static const char *const column[] = {"donor_id"};
    hid_t file = h5b_create(path), obs = h5b_frame(file, "obs", index_names, N);
    hsize_t n = N;
    hid_t space = H5Screate_simple(1, &n, NULL);
    hid_t dset = H5Dcreate2(obs, "donor_id", H5T_STD_U64LE, space, H5P_DEFAULT,
                            H5P_DEFAULT, H5P_DEFAULT);
    struct h5frame f;

    assert_true(
        H5Dwrite(dset, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, bits) >= 0);
    H5Dclose(dset);
    H5Sclose(space);
    h5b_frame_end(obs, column, 1);
    assert_int_equal(h5frame_open(&f, file, "obs", NULL), ERR_OK);
    expect_column(&f, "donor_id", COLUMN_NUMBER,
                  (const char *[]){"18446744073709551615", "18446744073709551614", "0",
                                   "9223372036854775808", "9223372036854775807"});
    h5frame_close(&f);
    H5Fclose(file);
}

static void
test_read__categories(void **state)
{
    (void)state;
    static const char *const cat[] = {"z", "b", "unused", "b"};
    static const char *const columns[] = {"plain", "ints", "bools"};
    const int64_t code[N] = {0, 3, -1, 1, 0}, two[N] = {0, 1, 1, 0, -1};
    const int64_t number[2] = {10, 9}, yes_no[2] = {0, 1};
    hid_t file = h5b_create(path), obs = h5b_frame(file, "obs", index_names, N), group;
    hid_t bool_type = h5b_bool_type();
    struct h5frame f;
    struct obs_column c;
    size_t n_merged = 0;

    h5b_categorical(obs, "plain", H5T_STD_I16LE, code, N, cat, 4);
    group = h5b_group(obs, "ints");
    h5b_ints(group, "codes", H5T_STD_I8LE, two, N);
    h5b_ints(group, "categories", H5T_STD_I64LE, number, 2);
    H5Gclose(group);
    group = h5b_group(obs, "bools");
    h5b_ints(group, "codes", H5T_STD_I8LE, two, N);
    h5b_ints(group, "categories", bool_type, yes_no, 2);
    H5Gclose(group);
    h5b_frame_end(obs, columns, 3);
    assert_int_equal(h5frame_open(&f, file, "obs", NULL), ERR_OK);
    expect_column(&f, "plain", COLUMN_TEXT, (const char *[]){"z", "b", NULL, "b", "z"});
    expect_column(&f, "ints", COLUMN_TEXT,
                  (const char *[]){"10", "9", "9", "10", NULL});
    expect_column(&f, "bools", COLUMN_TEXT,
                  (const char *[]){"False", "True", "True", "False", NULL});
    assert_int_equal(h5frame_read(&f, "plain", &c, &n_merged, NULL), ERR_OK);
    assert_int_equal(n_merged, 1);
    assert_int_equal(c.levels.n, 2);
    obs_column_release(&c);
    h5frame_close(&f);
    H5Tclose(bool_type);
    H5Fclose(file);
}

/* AnnData 0.7: codes with a reference to obs/__categories/<column>; and the same
 * without the reference. */
static void
test_read__categories_by_reference(void **state)
{
    (void)state;
    static const char *const cat[] = {"T", "B"};
    static const char *const columns[] = {"by_ref", "by_name", "bad_ref"};
    const int64_t code[N] = {0, 1, -1, 1, 0};
    static const char *const want[N] = {"T", "B", NULL, "B", "T"};
    hid_t file = h5b_create(path), obs = h5b_frame(file, "obs", index_names, N);
    hid_t group = h5b_group(obs, "__categories"), space = H5Screate(H5S_SCALAR);
    hobj_ref_t ref = 0, zero = 0;
    struct h5frame f;

    for (size_t i = 0; i < 3; i++) {
        h5b_ints(obs, columns[i], H5T_STD_I8LE, code, N);
        h5b_texts(group, columns[i], 0, cat, 2);
    }
    assert_true(H5Rcreate(&ref, obs, "__categories/by_ref", H5R_OBJECT, -1) >= 0);
    for (size_t i = 0; i < 3; i += 2) {
        hid_t dset = H5Dopen2(obs, columns[i], H5P_DEFAULT);
        hid_t attr = H5Acreate2(dset, "categories", H5T_STD_REF_OBJ, space, H5P_DEFAULT,
                                H5P_DEFAULT);

        assert_true(H5Awrite(attr, H5T_STD_REF_OBJ, i ? &zero : &ref) >= 0);
        H5Aclose(attr);
        H5Dclose(dset);
    }
    H5Sclose(space);
    H5Gclose(group);
    h5b_frame_end(obs, NULL, 0);
    assert_int_equal(h5frame_open(&f, file, "obs", NULL), ERR_OK);
    assert_false(h5frame_has(&f, "__categories"));
    expect_column(&f, "by_ref", COLUMN_TEXT, want);
    expect_column(&f, "by_name", COLUMN_TEXT, want);
    expect_broken(&f, "bad_ref", "leads nowhere");
    h5frame_close(&f);
    H5Fclose(file);
}

static void
add_nullable(hid_t frame, const char *name, int kind)
{
    static const char *const text[N] = {"p", "q", "p", "", "r"};
    const int64_t whole[N] = {1, 2, 0, 1, 5}, mask[N] = {0, 0, 1, 0, 0};
    hid_t group = h5b_group(frame, name), bool_type = h5b_bool_type();

    if (kind == 0)
        h5b_texts(group, "values", 0, text, N);
    else
        h5b_ints(group, "values", kind == 1 ? H5T_STD_I64LE : bool_type, whole, N);
    h5b_ints(group, "mask", bool_type, mask, N);
    H5Tclose(bool_type);
    H5Gclose(group);
}

static void
test_read__nullable(void **state)
{
    (void)state;
    static const char *const columns[] = {"text", "whole", "flag"};
    hid_t file = h5b_create(path), obs = h5b_group(file, "obs");
    struct h5frame f;

    h5b_attr(obs, "_index", "rows");
    add_nullable(obs, "rows", 0);
    for (int i = 0; i < 3; i++)
        add_nullable(obs, columns[i], i);
    h5b_frame_end(obs, columns, 3);
    assert_int_equal(h5frame_open(&f, file, "obs", NULL), ERR_OK);
    assert_int_equal(f.n, N);
    expect_index(&f, (const char *[]){"p", "q", "", "", "r"});
    expect_column(&f, "text", COLUMN_TEXT, (const char *[]){"p", "q", NULL, "", "r"});
    expect_column(&f, "whole", COLUMN_NUMBER,
                  (const char *[]){"1", "2", NULL, "1", "5"});
    expect_column(&f, "flag", COLUMN_BOOL,
                  (const char *[]){"True", "True", NULL, "True", "True"});
    h5frame_close(&f);
    H5Fclose(file);
}

/* AnnData 0.6 and before: one compound dataset, categories in uns. */
struct old_row {
    char index[4];
    signed char type, phase;
    double score;
    int64_t count;
};

static void
test_read__compound(void **state)
{
    (void)state;
    static const struct old_row row[N] = {{"c0", 0, 0, .5, 7},
                                          {"c1", 1, 0, 1, 8},
                                          {"c2", -1, 0, 2, 9},
                                          {"c3", 1, 0, .25, 7},
                                          {"c4", 2, 0, 0, 7}};
    static const char *const cat[] = {"NK", "B", "T"}, *const only[] = {"G1"};
    hid_t file = h5b_create(path), uns = h5b_group(file, "uns");
    hid_t fixed = h5b_text_type(2, H5T_CSET_ASCII, H5T_STR_NULLPAD);
    hid_t name = h5b_text_type(4, H5T_CSET_ASCII, H5T_STR_NULLPAD);
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof *row), space;
    hsize_t dim[1] = {N};
    struct h5frame f;

    H5Tinsert(type, "index", HOFFSET(struct old_row, index), name);
    H5Tinsert(type, "type", HOFFSET(struct old_row, type), H5T_NATIVE_SCHAR);
    H5Tinsert(type, "phase", HOFFSET(struct old_row, phase), H5T_NATIVE_SCHAR);
    H5Tinsert(type, "score", HOFFSET(struct old_row, score), H5T_NATIVE_DOUBLE);
    H5Tinsert(type, "count", HOFFSET(struct old_row, count), H5T_NATIVE_INT64);
    space = H5Screate_simple(1, dim, NULL);
    hid_t dset =
        H5Dcreate2(file, "obs", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(dset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, row) >= 0);
    h5b_texts(uns, "type_categories", fixed, cat, 3);
    h5b_texts(uns, "phase_categories", fixed, only, 1);
    H5Dclose(dset);
    assert_int_equal(h5frame_open(&f, file, "obs", NULL), ERR_OK);
    assert_int_equal(f.n, N);
    expect_index(&f, index_names);
    expect_column(&f, "type", COLUMN_TEXT, (const char *[]){"NK", "B", NULL, "B", "T"});
    expect_column(&f, "phase", COLUMN_TEXT,
                  (const char *[]){"G1", "G1", "G1", "G1", "G1"});
    expect_column(&f, "score", COLUMN_NUMBER,
                  (const char *[]){"0.5", "1", "2", "0.25", "0"});
    expect_column(&f, "count", COLUMN_NUMBER,
                  (const char *[]){"7", "8", "9", "7", "7"});
    h5frame_close(&f);
    h5b_delete(uns, "type_categories");
    h5b_texts(uns, "type_categories", fixed, cat, 2);
    assert_int_equal(h5frame_open(&f, file, "obs", NULL), ERR_OK);
    expect_broken(&f, "type", "row 4 has code 2, but there are 2 categories");
    h5frame_close(&f);
    H5Sclose(space);
    H5Tclose(type);
    H5Tclose(name);
    H5Tclose(fixed);
    H5Gclose(uns);
    H5Fclose(file);
}

/* The same with names of variable length, as PyTables and h5py may write them; a
 * sanitizer sees that they are freed. */
static void
test_read__compound_with_long_names(void **state)
{
    (void)state;
    hid_t file = h5b_create(path), name = h5b_text_type(0, H5T_CSET_UTF8, 0);
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(char *));
    hsize_t n = N;
    hid_t space = H5Screate_simple(1, &n, NULL);
    struct h5frame f;

    H5Tinsert(type, "index", 0, name);
    hid_t dset =
        H5Dcreate2(file, "obs", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(dset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, index_names) >= 0);
    H5Dclose(dset);
    H5Sclose(space);
    H5Tclose(type);
    H5Tclose(name);
    assert_int_equal(h5frame_open(&f, file, "obs", NULL), ERR_OK);
    expect_index(&f, index_names);
    h5frame_close(&f);
    H5Fclose(file);
}

static void
test_read__broken_columns(void **state)
{
    (void)state;
    static const char *const cat[] = {"a", "b"};
    static const char *const columns[] = {"high", "low", "wide", "short", "listed"};
    const int64_t high[N] = {0, 1, 2, 0, 0}, low[N] = {0, -2, 0, 0, 0};
    const int64_t wide[N] = {0, 255, 0, 0, 0};
    hid_t file = h5b_create(path), obs = h5b_frame(file, "obs", index_names, N);
    struct h5frame f;

    h5b_categorical(obs, "high", H5T_STD_I8LE, high, N, cat, 2);
    h5b_categorical(obs, "low", H5T_STD_I8LE, low, N, cat, 2);
    h5b_categorical(obs, "wide", H5T_STD_U8LE, wide, N, cat, 2);
    h5b_categorical(obs, "short", H5T_STD_I8LE, high, N - 1, cat, 2);
    h5b_frame_end(obs, columns, 5);
    assert_int_equal(h5frame_open(&f, file, "obs", NULL), ERR_OK);
    expect_broken(&f, "high", "obs/high: row 2 has code 2, but there are 2 categories");
    expect_broken(&f, "low", "row 1 has code -2");
    expect_broken(&f, "wide", "row 1 has code 255");
    expect_broken(&f, "listed", "obs/listed");
    h5frame_close(&f);
    h5b_delete(file, "obs/high");
    h5b_delete(file, "obs/short/codes");
    hid_t group = H5Gopen2(file, "obs/short", H5P_DEFAULT);

    h5b_ints(group, "codes", H5T_STD_I8LE, wide, N - 1);
    H5Gclose(group);
    assert_int_equal(h5frame_open(&f, file, "obs", NULL), ERR_OK);
    expect_broken(&f, "short", "obs/short has 4 values, but obs has 5 rows");
    h5frame_close(&f);
    H5Fclose(file);
}

/* --- genes --- */

static void
test_genes__ids_by_the_order_of_sources(void **state)
{
    (void)state;
    static const char *const symbol[3] = {"CD3E", "LYZ", "FTL"};
    static const char *const ens[3] = {"ENSG001.4", "ENSG002", "ENSMUSG003.12"};
    static const char *const bare[3] = {"ENSG001", "ENSG002", "ENSMUSG003"};
    static const char *const number[3] = {"0", "1", "2"}, *const none[3] = {"", "", ""};
    static const struct {
        const char *const *index, *column_name;
        const char *const *column, *const *want_id, *const *want_name;
    } c[] = {
        {number, "feature_id", ens, bare, none},
        {ens, "feature_name", symbol, bare, symbol},
        {symbol, "gene_ids", ens, bare, symbol},
        {symbol, "gene", ens, bare, symbol},
        {symbol, "other", ens, symbol, symbol},
    };

    for (size_t k = 0; k < sizeof c / sizeof *c; k++) {
        hid_t file = h5b_create(path), var = h5b_frame(file, "var", c[k].index, 3);
        struct notes notes = {0};
        struct gene_axis g;
        struct h5frame f;

        h5b_texts(var, c[k].column_name, 0, c[k].column, 3);
        h5b_frame_end(var, &c[k].column_name, 1);
        assert_int_equal(h5frame_open(&f, file, "var", NULL), ERR_OK);
        struct gene_table t = h5frame_genes(&f);

        assert_int_equal(gene_axis_read(&g, &t, "x", &notes, NULL), ERR_OK);
        for (size_t i = 0; i < 3; i++) {
            assert_string_equal(g.id.item[i], c[k].want_id[i]);
            assert_string_equal(g.name.item[i], c[k].want_name[i]);
        }
        gene_axis_release(&g);
        h5frame_close(&f);
        H5Fclose(file);
    }
}

static enum err
read_genes(const char *const *index, const char *const *type, struct gene_axis *g,
           struct strlist *warnings, struct errbuf *eb)
{
    static const char *const column[] = {"feature_types"};
    hid_t file = h5b_create(path), var = h5b_frame(file, "var", index, 3);
    struct notes notes = {.warnings = warnings};
    struct h5frame f;

    if (type)
        h5b_texts(var, "feature_types", 0, type, 3);
    h5b_frame_end(var, column, type ? 1 : 0);
    assert_int_equal(h5frame_open(&f, file, "var", NULL), ERR_OK);
    struct gene_table t = h5frame_genes(&f);
    enum err e = gene_axis_read(g, &t, "x", &notes, eb);

    h5frame_close(&f);
    H5Fclose(file);
    return e;
}

static void
test_genes__repeats(void **state)
{
    (void)state;
    struct strlist w = {0};
    struct gene_axis g;
    struct errbuf eb = {""};

    assert_int_equal(read_genes((const char *[]){"A", "B", "A"}, NULL, &g, &w, &eb),
                     ERR_OK);
    assert_false(g.skip[0]);
    assert_true(g.skip[2]);
    assert_int_equal(w.n, 1);
    assert_non_null(strstr(w.item[0], "\"A\""));
    gene_axis_release(&g);
    assert_int_equal(
        read_genes((const char *[]){"ENSG1.1", "B", "ENSG1.2"}, NULL, &g, &w, &eb),
        ERR_FORMAT);
    assert_non_null(strstr(eb.text, "ENSG1 is there twice"));
    strlist_release(&w);
}

static void
test_genes__other_features_are_left_out(void **state)
{
    (void)state;
    struct strlist w = {0};
    struct gene_axis g;

    assert_int_equal(read_genes((const char *[]){"A", "CD3_prot", "B"},
                                (const char *[]){"Gene Expression", "Antibody Capture",
                                                 "Gene Expression"},
                                &g, &w, NULL),
                     ERR_OK);
    assert_true(!g.skip[0] && g.skip[1] && !g.skip[2]);
    assert_int_equal(w.n, 1);
    gene_axis_release(&g);
    strlist_release(&w);
}

static void
add_pair(struct gene_axis *g, const char *id, const char *name)
{
    strlist_add(&g->id, id);
    strlist_add(&g->name, name);
}

static void
test_space__matches_by_id_then_name(void **state)
{
    (void)state;
    struct strlist id = {0}, name = {0};
    struct gene_axis a = {0}, b = {0};
    struct gene_space s;
    int32_t to[5];

    add_pair(&a, "ENSG1", "A");
    add_pair(&a, "ENSG2", "B");
    add_pair(&a, "C", "C");
    a.skip = xcalloc(3, sizeof *a.skip);
    gene_space_init(&s, &id, &name);
    assert_int_equal(gene_space_match(&s, &a, true, to), 3);
    assert_true(to[0] == 0 && to[1] == 1 && to[2] == 2);
    add_pair(&b, "ENSG9", "B");     /* another Ensembl id is another gene */
    add_pair(&b, "B", "B");         /* by name */
    add_pair(&b, "ENSG1", "old A"); /* by id */
    add_pair(&b, "ENSG3", "C");     /* by name: the other has no Ensembl id */
    add_pair(&b, "A", "A");         /* its gene is taken by the id */
    b.skip = xcalloc(5, sizeof *b.skip);
    assert_int_equal(gene_space_match(&s, &b, false, to), 3);
    assert_true(to[0] == -1 && to[1] == 1 && to[2] == 0 && to[3] == 2 && to[4] == -1);
    assert_int_equal(gene_space_match(&s, &b, true, to), 5);
    assert_true(to[0] == 3 && to[4] == 4);
    assert_int_equal(id.n, 5);
    gene_space_release(&s);
    gene_axis_release(&a);
    gene_axis_release(&b);
    strlist_release(&id);
    strlist_release(&name);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read__plain_columns),
        cmocka_unit_test(test_read__numbers_above_int64),
        cmocka_unit_test(test_read__categories),
        cmocka_unit_test(test_read__categories_by_reference),
        cmocka_unit_test(test_read__nullable),
        cmocka_unit_test(test_read__compound),
        cmocka_unit_test(test_read__compound_with_long_names),
        cmocka_unit_test(test_read__broken_columns),
        cmocka_unit_test(test_genes__ids_by_the_order_of_sources),
        cmocka_unit_test(test_genes__repeats),
        cmocka_unit_test(test_genes__other_features_are_left_out),
        cmocka_unit_test(test_space__matches_by_id_then_name),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
