/* test_dataset.c - files become a dataset: cells, columns, genes, several files. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/filter.h"
#include "data/h5lib.h"
#include "data/obs_column.h"
#include "tests/dataset_trial.h"
#include "tests/h5build.h"

/* --- cells --- */

/* Replace or add a text column of obs. */
static void
put_column(const char *name, const char *const *text)
{
    hid_t file = h5b_edit(trial_path), obs = H5Gopen2(file, "obs", H5P_DEFAULT);

    if (h5_exists(obs, name))
        h5b_delete(obs, name);
    if (H5Aexists(obs, "column-order") > 0)
        H5Adelete(obs, "column-order");
    h5b_texts(obs, name, 0, text, TRIAL_N);
    H5Gclose(obs);
    H5Fclose(file);
}

static void
test_cells__missing_labels_are_left_out(void **state)
{
    (void)state;
    static const char *const label[TRIAL_N] = {
        "B cell", "",        "nan",     "NA",     "na",   "unknown",
        "T cell", "Unknown", "B cell ", "T cell", "none", "B cell"};
    struct trial t;

    put_column("cell_type", label);
    trial_init(&t);
    trial_must_load(&t);
    assert_int_equal(t.ds.n_cells, 6);
    assert_int_equal(t.ds.report[0].n_no_label, 6);
    assert_string_equal(t.ds.cell_id.item[1], "c6");
    const struct obs_column *c = dataset_find_column(&t.ds, "cell_type");

    assert_int_equal(c->levels.n, 4);
    assert_string_equal(c->levels.item[0], "B cell");
    assert_string_equal(c->levels.item[1], "B cell ");
    trial_release(&t);
    trial_init(&t);
    t.q.label = NULL;
    trial_must_load(&t);
    assert_int_equal(t.ds.n_cells, TRIAL_N);
    trial_release(&t);
    trial_init(&t);
    t.q.label = "celltype";
    trial_must_fail(&t, "try --label cell_type");
}

static void
where(const char *a, const char *b, size_t want, const char *warned)
{
    struct trial t;

    trial_init(&t);
    strlist_add(&t.where, a);
    if (b)
        strlist_add(&t.where, b);
    trial_must_load(&t);
    assert_int_equal(t.ds.n_cells, want);
    assert_int_equal(t.ds.report[0].n_kept, want);
    if (warned && !trial_is_warned(&t, warned))
        fail_msg("no warning holds \"%s\"", warned);
    if (!warned)
        assert_int_equal(t.warnings.n, 0);
    trial_release(&t);
}

static void
where_fails(const char *text, const char *part)
{
    struct trial t;

    trial_init(&t);
    strlist_add(&t.where, text);
    trial_must_fail(&t, part);
}

static void
test_where__filters(void **state)
{
    (void)state;
    static const char *const comma[TRIAL_N] = {"a, b", "a", "b", "a, b", "c", "c",
                                               "c",    "c", "c", "c",    "c", "c"};

    where("donor_id=d0", NULL, 4, NULL);
    where("donor_id=d0,d2", NULL, 8, NULL);
    where("donor_id!=d0", NULL, 8, NULL);
    where("donor_id!=d0,d1", "cell_type=B cell,T cell", 2, NULL);
    where("donor_id=d0,d7", NULL, 4,
          "no cell has \"d7\"; donor_id has: \"d0\", \"d1\"");
    where("dataset_id=study", NULL, TRIAL_N, NULL);
    put_column("comma", comma);
    where("comma=a, b", NULL, 2, NULL);
    where("comma=a, b,c", NULL, 10, NULL);
    where("comma=b,a", NULL, 2, NULL);
    where_fails("tissue=lung", "\"cell_type\"");
    where_fails("donor_id=d7", "no cells are left of 12");
    where_fails("donor_id=d7", "donor_id has: \"d0\"");
    where_fails("donor_id", "write COLUMN=VALUE");
    where_fails("=x", "write COLUMN=VALUE");
}

/* A list of a thousand names of donors: looking for each part of it among all levels
 * one by one would take 10^9 steps. */
static void
test_where__a_long_list(void **state)
{
    (void)state;
    enum { LEVELS = 2000 };
    struct obs_column c = {0};
    struct filter f = {0};
    struct strlist unknown = {0};
    struct strbuf text = {0};
    bool hit[LEVELS];

    strbuf_adds(&text, "donor_id=");
    for (int i = 0; i < LEVELS; i++) {
        char *level = xasprintf("d%04d", i);

        strlist_add(&c.levels, level);
        if (i % 2)
            strbuf_addf(&text, "%s,", level);
        free(level);
    }
    strbuf_adds(&text, "d,d00010");
    assert_int_equal(filter_parse(&f, "", strbuf_str(&text), NULL), ERR_OK);
    filter_levels(&f, &c, hit, &unknown);
    for (int i = 0; i < LEVELS; i++)
        assert_int_equal(hit[i], i % 2);
    assert_int_equal(unknown.n, 2);
    strlist_release(&unknown);
    strlist_release(&c.levels);
    filter_release(&f);
    strbuf_release(&text);
}

static void
test_where__numbers_and_primary_data(void **state)
{
    (void)state;
    const double score[TRIAL_N] = {.5, 1, 2, .5, 1, 2, .5, 1, 2, .5, 1, 2};
    const int64_t primary[TRIAL_N] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0};
    hid_t bool_type = h5b_bool_type(), file = h5b_edit(trial_path);
    hid_t obs = H5Gopen2(file, "obs", H5P_DEFAULT);
    struct trial t;

    H5Adelete(obs, "column-order");
    h5b_reals(obs, "score", H5T_IEEE_F32LE, score, TRIAL_N);
    h5b_ints(obs, "is_primary_data", bool_type, primary, TRIAL_N);
    H5Gclose(obs);
    H5Fclose(file);
    H5Tclose(bool_type);
    where("score=0.5", NULL, 3, NULL);
    where("score=0.5,1", NULL, 6, NULL);
    where("is_primary_data=false", NULL, 3, NULL);
    where("is_primary_data!=0", "score=2", 3, NULL);
    trial_init(&t);
    trial_must_load(&t);
    assert_int_equal(t.ds.n_cells, 9);
    assert_int_equal(t.ds.report[0].n_not_primary, 3);
    assert_null(dataset_find_column(&t.ds, "score")); /* nobody asked for it */
    trial_release(&t);
    trial_init(&t);
    strlist_add(&t.need, "score");
    trial_must_load(&t);
    assert_non_null(dataset_find_column(&t.ds, "score"));
    trial_release(&t);
}

static void
test_columns__broken_ones_only_matter_where_needed(void **state)
{
    (void)state;
    static const char *const cat[] = {"a"};
    const int64_t code[TRIAL_N] = {5};
    hid_t file = h5b_edit(trial_path), obs = H5Gopen2(file, "obs", H5P_DEFAULT);
    struct trial t;

    H5Adelete(obs, "column-order");
    h5b_categorical(obs, "broken", H5T_STD_I8LE, code, TRIAL_N, cat, 1);
    H5Gclose(h5b_group(obs, "strange"));
    H5Gclose(obs);
    H5Fclose(file);
    trial_init(&t);
    trial_must_load(&t);
    assert_true(trial_is_warned(&t, "obs/broken is left out"));
    assert_true(trial_is_warned(&t, "obs/strange is left out"));
    trial_release(&t);
    trial_init(&t);
    t.q.label = "broken";
    trial_must_fail(&t, "row 0 has code 5");
}

/* --- several files --- */

static char *
second_file(const char *name, const struct h5b_atlas *a)
{
    char *p = xasprintf("%s/%s", trial_dir, name);

    h5b_atlas(p, a);
    return p;
}

static void
test_files__a_folder_in_order_of_names(void **state)
{
    (void)state;
    struct trial t;
    char *a = second_file("a.h5ad", &(struct h5b_atlas){3, TRIAL_G + 2, 1, "named"});
    char *hidden = second_file(".b.h5ad", &(struct h5b_atlas){3, TRIAL_G, 1, NULL});
    char *under = second_file("_c.h5ad", &(struct h5b_atlas){3, TRIAL_G, 1, NULL});
    char *text = xasprintf("%s/notes.txt", trial_dir);

    support_write(text, "x");
    trial_init(&t);
    strlist_add(&t.path, trial_dir);
    trial_must_load(&t);
    trial_expect_sound(&t.ds);
    assert_int_equal(t.ds.n_files, 2);
    assert_int_equal(t.ds.n_cells, 3 + TRIAL_N);
    assert_int_equal(t.ds.gene_id.n, TRIAL_G + 2);
    assert_int_equal(t.ds.report[1].n_genes_missing, 2);
    assert_string_equal(t.ds.report[0].path, a);
    assert_int_equal(t.ds.file[2], 0);
    assert_int_equal(t.ds.file[3], 1);
    const struct obs_column *c = dataset_find_column(&t.ds, "dataset_id");

    assert_string_equal(obs_column_text(c, 0), "named");
    assert_string_equal(obs_column_text(c, 3), "study");
    support_near(trial_value(&t.ds, 3 + 4, 1), trial_log_norm(4, 1, TRIAL_G), 1e-6);
    trial_release(&t);
    /* the order in which they are given does not matter; a repeat counts once */
    trial_init(&t);
    strlist_add(&t.path, trial_path);
    strlist_add(&t.path, a);
    strlist_add(&t.path, trial_dir);
    trial_must_load(&t);
    assert_int_equal(t.ds.n_files, 2);
    assert_string_equal(t.ds.report[0].path, a);
    assert_true(trial_is_warned(&t, "counts once"));
    trial_release(&t);
    free(text);
    free(under);
    free(hidden);
    free(a);
}

static void
test_files__that_are_not_there(void **state)
{
    (void)state;
    struct trial t;
    char *empty = xasprintf("%s/empty", trial_dir);

    assert_int_equal(mkdir(empty, 0700), 0);
    trial_init(&t);
    strlist_add(&t.path, empty);
    trial_must_fail(&t, "has no file of a dataset");
    trial_init(&t);
    strlist_add(&t.path, "/nowhere/x.h5ad");
    trial_must_fail(&t, "/nowhere/x.h5ad");
    trial_init(&t);
    strlist_add(&t.path, "");
    trial_must_fail(&t, "--data is empty");
    free(empty);
}

static void
test_files__columns_are_joined_by_name(void **state)
{
    (void)state;
    static const char *const extra[TRIAL_N] = {"z", "y", "x", "z", "y", "x",
                                               "z", "y", "x", "z", "y", "x"};
    struct trial t;
    char *a = second_file("a.h5ad", &(struct h5b_atlas){3, TRIAL_G, 1, NULL});

    put_column("extra", extra);
    trial_init(&t);
    strlist_add(&t.path, trial_dir);
    trial_must_load(&t);
    const struct obs_column *c = dataset_find_column(&t.ds, "extra");

    assert_int_equal(c->levels.n, 3);
    assert_string_equal(c->levels.item[0], "x");
    assert_null(obs_column_text(c, 0));
    assert_string_equal(obs_column_text(c, 3), "z");
    trial_release(&t);
    free(a);
}

static void
test_genes__of_a_model(void **state)
{
    (void)state;
    struct strlist id = {0}, name = {0};
    struct trial t;

    strlist_add(&id, "ENSG00000000004"); /* by id */
    strlist_add(&name, "");
    strlist_add(&id, "G1"); /* by name */
    strlist_add(&name, "G1");
    strlist_add(&id, "ENSG999"); /* missing */
    strlist_add(&name, "none");
    trial_init(&t);
    t.q.gene_id = &id;
    t.q.gene_name = &name;
    trial_must_load(&t);
    trial_expect_sound(&t.ds);
    assert_int_equal(t.ds.gene_id.n, 3);
    assert_int_equal(t.ds.report[0].n_genes_missing, 1);
    assert_int_equal(t.ds.report[0].n_genes_dropped, TRIAL_G - 2);
    for (size_t i = 0; i < TRIAL_N; i++) {
        double a = h5b_atlas_count(i, 4), b = h5b_atlas_count(i, 1), s = a + b;

        support_near(trial_value(&t.ds, i, 0), s > 0 ? log1p(a * 1e4 / s) : 0, 1e-6);
        support_near(trial_value(&t.ds, i, 1), s > 0 ? log1p(b * 1e4 / s) : 0, 1e-6);
        support_near(trial_value(&t.ds, i, 2), 0, 0);
    }
    trial_release(&t);
    strlist_release(&id);
    strlist_release(&name);
    strlist_add(&id, "ENSMUSG1");
    strlist_add(&name, "Tp53");
    trial_init(&t);
    t.q.gene_id = &id;
    t.q.gene_name = &name;
    trial_must_fail(&t, "none of its 6 genes");
    strlist_release(&id);
    strlist_release(&name);
}

static void
test_genes__too_many(void **state)
{
    (void)state;
    struct trial t;

    h5b_atlas(trial_path, &(struct h5b_atlas){3, 65535, 1, NULL});
    trial_init(&t);
    trial_must_load(&t);
    assert_int_equal(t.ds.gene_id.n, 65535);
    trial_release(&t);
    h5b_atlas(trial_path, &(struct h5b_atlas){3, 65536, 1, NULL});
    trial_init(&t);
    trial_must_fail(&t, "65536 genes; at most 65535");
}

static void
test_obs_only__estimates(void **state)
{
    (void)state;
    struct trial t;

    trial_init(&t);
    trial_must_load(&t);
    uint64_t nnz = t.ds.report[0].nnz;

    assert_false(t.ds.report[0].nnz_is_estimate);
    trial_release(&t);
    for (int i = 0; i < 3; i++) {
        static const char *const kind[] = {"csr_matrix", "csc_matrix", "dense"};
        double x[TRIAL_N * TRIAL_G];

        trial_fill(x, 1, 0);
        trial_put_matrix("", "X", x, kind[i]);
        trial_init(&t);
        t.q.with_matrix = false;
        trial_must_load(&t);
        assert_null(t.ds.x.indptr);
        assert_int_equal(t.ds.report[0].nnz, nnz);
        assert_true(t.ds.report[0].nnz_is_estimate == (i == 2));
        trial_release(&t);
    }
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, trial_set_up, trial_tear_down)
    const struct CMUnitTest tests[] = {
        T(test_cells__missing_labels_are_left_out),
        T(test_where__filters),
        T(test_where__a_long_list),
        T(test_where__numbers_and_primary_data),
        T(test_columns__broken_ones_only_matter_where_needed),
        T(test_files__a_folder_in_order_of_names),
        T(test_files__that_are_not_there),
        T(test_files__columns_are_joined_by_name),
        T(test_genes__of_a_model),
        T(test_genes__too_many),
        T(test_obs_only__estimates),
    };
#undef T

    return cmocka_run_group_tests(tests, NULL, NULL);
}
