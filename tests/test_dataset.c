/* test_dataset.c - files become a dataset: layers, cells, genes, several files. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "data/dataset_load.h"
#include "data/h5lib.h"
#include "data/obs_column.h"
#include "tests/h5build.h"

enum { N = 12, G = 6 };

static char *dir, *path;

/* A request on one file that a test may change before it loads. */
struct trial {
    struct strlist path, where, need, warnings;
    struct dataset_request q;
    struct dataset ds;
    struct errbuf eb;
};

static int
set_up(void **state)
{
    (void)state;
    h5_init();
    dir = support_tmpdir();
    path = xasprintf("%s/study.h5ad", dir);
    h5b_atlas(path, &(struct h5b_atlas){N, G, 3, NULL});
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
trial_init(struct trial *t)
{
    *t = (struct trial){0};
    t->q = (struct dataset_request){.path = &t->path,
                                    .where = &t->where,
                                    .need = &t->need,
                                    .label = "cell_type",
                                    .layer = "auto",
                                    .normalize = NORMALIZE_AUTO,
                                    .with_matrix = true};
}

static enum err
trial_load(struct trial *t)
{
    struct notes notes = {.warnings = &t->warnings};

    if (!t->path.n)
        strlist_add(&t->path, path);
    return dataset_load(&t->ds, &t->q, &notes, &t->eb);
}

static void
trial_release(struct trial *t)
{
    dataset_release(&t->ds);
    strlist_release(&t->path);
    strlist_release(&t->where);
    strlist_release(&t->need);
    strlist_release(&t->warnings);
}

static void
must_load(struct trial *t)
{
    if (trial_load(t))
        fail_msg("%s", t->eb.text);
}

static void
must_say(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" lacks \"%s\"", text, part);
}

static void
must_fail(struct trial *t, const char *part)
{
    assert_int_not_equal(trial_load(t), ERR_OK);
    must_say(t->eb.text, part);
    assert_int_equal(t->ds.n_cells, 0);
    assert_null(t->ds.x.indptr);
    trial_release(t);
}

static bool
is_warned(const struct trial *t, const char *part)
{
    for (size_t i = 0; i < t->warnings.n; i++)
        if (strstr(t->warnings.item[i], part))
            return true;
    return false;
}

static double
value_at(const struct dataset *ds, size_t cell, size_t gene)
{
    for (uint64_t k = ds->x.indptr[cell]; k < ds->x.indptr[cell + 1]; k++)
        if (ds->x.index[k] == gene)
            return (double)ds->x.value[k];
    return 0;
}

/* The invariants of struct csr. */
static void
expect_sound(const struct dataset *ds)
{
    const struct csr *x = &ds->x;

    assert_int_equal(x->n_rows, ds->n_cells);
    assert_int_equal(x->n_cols, ds->gene_id.n);
    assert_int_equal(ds->gene_name.n, ds->gene_id.n);
    assert_int_equal(ds->cell_id.n, ds->n_cells);
    assert_int_equal(x->indptr[0], 0);
    for (size_t i = 0; i < x->n_rows; i++)
        for (uint64_t k = x->indptr[i]; k < x->indptr[i + 1]; k++) {
            assert_true(x->index[k] < x->n_cols);
            assert_true(k == x->indptr[i] || x->index[k] > x->index[k - 1]);
            assert_true(x->value[k] != 0);
        }
}

static double
log_norm(size_t cell, size_t gene, size_t n_genes)
{
    double sum = 0;

    for (size_t j = 0; j < n_genes; j++)
        sum += h5b_atlas_count(cell, j);
    return sum > 0 ? log1p(h5b_atlas_count(cell, gene) * 1e4 / sum) : 0;
}

/* --- layers and normalisation --- */

static void
test_layer__counts_in_x_are_normalised(void **state)
{
    (void)state;
    struct trial t;

    trial_init(&t);
    must_load(&t);
    expect_sound(&t.ds);
    assert_int_equal(t.ds.n_cells, N);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < G; j++)
            support_near(value_at(&t.ds, i, j), log_norm(i, j, G), 1e-6);
    assert_string_equal(t.ds.report[0].layer, "X");
    assert_string_equal(t.ds.report[0].normalize, "sf-log1p");
    must_say(t.ds.report[0].decision, "holds counts");
    assert_int_equal(t.ds.report[0].nnz, t.ds.x.indptr[N]);
    assert_int_equal(t.warnings.n, 0);
    trial_release(&t);
}

/* Replace a matrix of the file by rows x G values. */
static void
put_matrix(const char *group, const char *name, const double *x, const char *kind)
{
    hid_t file = h5b_edit(path), loc = file;

    if (*group)
        loc = h5_exists(file, group) ? H5Gopen2(file, group, H5P_DEFAULT)
                                     : h5b_group(file, group);
    if (h5_exists(loc, name))
        h5b_delete(loc, name);
    if (strcmp(kind, "dense") == 0)
        h5b_dense(loc, name, H5T_IEEE_F64LE, x, N, G, 0, 0, 0);
    else
        h5b_sparse_of(loc, name, kind, x, N, G);
    if (loc != file)
        H5Gclose(loc);
    H5Fclose(file);
}

static void
fill(double *x, double scale, double shift)
{
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < G; j++)
            x[i * G + j] = h5b_atlas_count(i, j) * scale + shift;
}

static void
add_raw_var(void)
{
    static const char *const id[G] = {"R0", "R1", "R2", "R3", "R4", "R5"};
    hid_t file = h5b_edit(path), raw = H5Gopen2(file, "raw", H5P_DEFAULT);

    h5b_frame_end(h5b_frame(raw, "var", id, G), NULL, 0);
    H5Gclose(raw);
    H5Fclose(file);
}

static void
test_layer__raw_counts_come_first_with_their_genes(void **state)
{
    (void)state;
    struct trial t;
    double x[N * G];

    fill(x, 2, 0);
    put_matrix("layers", "counts", x, "csr_matrix");
    fill(x, 1, 0);
    put_matrix("raw", "X", x, "csc_matrix");
    add_raw_var();
    trial_init(&t);
    must_load(&t);
    assert_string_equal(t.ds.report[0].layer, "raw/X");
    assert_string_equal(t.ds.gene_id.item[0], "R0");
    support_near(value_at(&t.ds, 4, 1), log_norm(4, 1, G), 1e-6);
    trial_release(&t);
    /* fractions in raw/X: the layer is next */
    fill(x, .5, 0);
    put_matrix("raw", "X", x, "csc_matrix");
    trial_init(&t);
    must_load(&t);
    assert_string_equal(t.ds.report[0].layer, "layers/counts");
    assert_string_equal(t.ds.gene_id.item[0], "ENSG00000000000");
    trial_release(&t);
}

static void
test_layer__values_without_negatives_stay(void **state)
{
    (void)state;
    struct trial t;
    double x[N * G];

    fill(x, .25, 0);
    put_matrix("", "X", x, "dense");
    trial_init(&t);
    must_load(&t);
    expect_sound(&t.ds);
    assert_string_equal(t.ds.report[0].normalize, "none");
    support_near(value_at(&t.ds, 4, 1), h5b_atlas_count(4, 1) / 4, 1e-7);
    assert_true(is_warned(&t, "does not sum to 10,000"));
    trial_release(&t);
    /* log-normalised as we would: no warning */
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < G; j++)
            x[i * G + j] = log_norm(i, j, G);
    put_matrix("", "X", x, "csr_matrix");
    trial_init(&t);
    must_load(&t);
    assert_int_equal(t.warnings.n, 0);
    trial_release(&t);
}

static void
test_layer__scaled_values_are_refused(void **state)
{
    (void)state;
    struct trial t;
    double x[N * G];

    fill(x, .25, -.1);
    put_matrix("", "X", x, "dense");
    trial_init(&t);
    must_fail(&t, "X has negative values");
    trial_init(&t);
    t.q.layer = "X";
    must_fail(&t, "negative values");
    trial_init(&t);
    t.q.layer = "X";
    t.q.normalize = NORMALIZE_SF_LOG1P;
    must_fail(&t, "negative values");
    trial_init(&t);
    t.q.layer = "X";
    t.q.normalize = NORMALIZE_NONE;
    must_load(&t);
    support_near(value_at(&t.ds, 4, 1), h5b_atlas_count(4, 1) / 4 - .1, 1e-7);
    assert_true(is_warned(&t, "negative values"));
    trial_release(&t);
}

static void
test_layer__named(void **state)
{
    (void)state;
    struct trial t;
    double x[N * G];

    fill(x, 3, 0);
    put_matrix("layers", "mine", x, "csr_matrix");
    trial_init(&t);
    t.q.layer = "layers/mine";
    t.q.normalize = NORMALIZE_NONE;
    must_load(&t);
    support_near(value_at(&t.ds, 4, 1), h5b_atlas_count(4, 1) * 3, 0);
    trial_release(&t);
    trial_init(&t);
    t.q.layer = "mine";
    must_load(&t);
    assert_string_equal(t.ds.report[0].layer, "layers/mine");
    assert_string_equal(t.ds.report[0].normalize, "sf-log1p");
    trial_release(&t);
    trial_init(&t);
    t.q.layer = "raw/X";
    must_fail(&t, "\"layers/mine\", \"X\"");
}

/* A large matrix whose sample looks like counts, but which has a fraction elsewhere:
 * it is found while reading, and the values are then used as they are. */
static void
test_layer__wrong_sample_is_found_out(void **state)
{
    (void)state;
    enum { R = 2000 };
    struct trial t;
    double *x = calloc(R * G, sizeof *x);

    h5b_atlas(path, &(struct h5b_atlas){R, G, 2, NULL});
    for (size_t i = 0; i < R; i++)
        for (size_t j = 0; j < G; j++)
            x[i * G + j] = h5b_atlas_count(i, j);
    x[100 * G + 2] = 1.5;
    hid_t file = h5b_edit(path);

    h5b_delete(file, "X");
    h5b_sparse_of(file, "X", "csr_matrix", x, R, G);
    H5Fclose(file);
    trial_init(&t);
    must_load(&t);
    assert_string_equal(t.ds.report[0].normalize, "none");
    support_near(value_at(&t.ds, 100, 2), 1.5, 0);
    support_near(value_at(&t.ds, 4, 1), h5b_atlas_count(4, 1), 0);
    trial_release(&t);
    trial_init(&t);
    t.q.with_matrix = false;
    must_load(&t);
    assert_string_equal(t.ds.report[0].normalize, "sf-log1p");
    trial_release(&t);
    free(x);
}

static void
test_values__that_are_no_numbers(void **state)
{
    (void)state;
    static const double bad[] = {(double)NAN, (double)INFINITY, 1e300};
    struct trial t;
    double x[N * G];

    for (size_t i = 0; i < 3; i++) {
        fill(x, 1, 0);
        x[5 * G + 2] = bad[i];
        put_matrix("", "X", x, i == 1 ? "csr_matrix" : "dense");
        trial_init(&t);
        must_fail(&t, "in cell 5 (c5), gene ENSG00000000002");
        trial_init(&t);
        t.q.with_matrix = false;
        must_fail(&t, "NaN or infinite");
    }
}

static void
test_values__repeats_are_summed_and_zeros_dropped(void **state)
{
    (void)state;
    const double data[] = {2, 1, 3, 0, 4, 1};
    const int64_t indices[] = {2, 0, 2, 1, 1, 0};
    int64_t indptr[N + 1] = {0, 4};
    struct trial t;
    hid_t file = h5b_edit(path);

    for (size_t i = 2; i <= N; i++)
        indptr[i] = 6;
    h5b_delete(file, "X");
    h5b_sparse(file, "X",
               &(struct h5b_sparse){"csr_matrix", N, G, data, indices, indptr, 6, N + 1,
                                    0, 0});
    H5Fclose(file);
    trial_init(&t);
    t.q.normalize = NORMALIZE_NONE;
    must_load(&t);
    expect_sound(&t.ds);
    assert_int_equal(t.ds.x.indptr[N], 4);
    support_near(value_at(&t.ds, 0, 2), 5, 0);
    support_near(value_at(&t.ds, 0, 0), 1, 0);
    support_near(value_at(&t.ds, 1, 0), 1, 0);
    trial_release(&t);
}

/* --- cells --- */

/* Replace or add a text column of obs. */
static void
put_column(const char *name, const char *const *text)
{
    hid_t file = h5b_edit(path), obs = H5Gopen2(file, "obs", H5P_DEFAULT);

    if (h5_exists(obs, name))
        h5b_delete(obs, name);
    if (H5Aexists(obs, "column-order") > 0)
        H5Adelete(obs, "column-order");
    h5b_texts(obs, name, 0, text, N);
    H5Gclose(obs);
    H5Fclose(file);
}

static void
test_cells__missing_labels_are_left_out(void **state)
{
    (void)state;
    static const char *const label[N] = {"B cell",  "",        "nan",    "NA",
                                         "na",      "unknown", "T cell", "Unknown",
                                         "B cell ", "T cell",  "none",   "B cell"};
    struct trial t;

    put_column("cell_type", label);
    trial_init(&t);
    must_load(&t);
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
    must_load(&t);
    assert_int_equal(t.ds.n_cells, N);
    trial_release(&t);
    trial_init(&t);
    t.q.label = "celltype";
    must_fail(&t, "try --label cell_type");
}

static void
where(const char *a, const char *b, size_t want, const char *warned)
{
    struct trial t;

    trial_init(&t);
    strlist_add(&t.where, a);
    if (b)
        strlist_add(&t.where, b);
    must_load(&t);
    assert_int_equal(t.ds.n_cells, want);
    assert_int_equal(t.ds.report[0].n_kept, want);
    if (warned && !is_warned(&t, warned))
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
    must_fail(&t, part);
}

static void
test_where__filters(void **state)
{
    (void)state;
    static const char *const comma[N] = {"a, b", "a", "b", "a, b", "c", "c",
                                         "c",    "c", "c", "c",    "c", "c"};

    where("donor_id=d0", NULL, 4, NULL);
    where("donor_id=d0,d2", NULL, 8, NULL);
    where("donor_id!=d0", NULL, 8, NULL);
    where("donor_id!=d0,d1", "cell_type=B cell,T cell", 2, NULL);
    where("donor_id=d0,d7", NULL, 4,
          "no cell has \"d7\"; donor_id has: \"d0\", \"d1\"");
    where("dataset_id=study", NULL, N, NULL);
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

static void
test_where__numbers_and_primary_data(void **state)
{
    (void)state;
    const double score[N] = {.5, 1, 2, .5, 1, 2, .5, 1, 2, .5, 1, 2};
    const int64_t primary[N] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0};
    hid_t bool_type = h5b_bool_type(), file = h5b_edit(path);
    hid_t obs = H5Gopen2(file, "obs", H5P_DEFAULT);
    struct trial t;

    H5Adelete(obs, "column-order");
    h5b_reals(obs, "score", H5T_IEEE_F32LE, score, N);
    h5b_ints(obs, "is_primary_data", bool_type, primary, N);
    H5Gclose(obs);
    H5Fclose(file);
    H5Tclose(bool_type);
    where("score=0.5", NULL, 3, NULL);
    where("score=0.5,1", NULL, 6, NULL);
    where("is_primary_data=false", NULL, 3, NULL);
    where("is_primary_data!=0", "score=2", 3, NULL);
    trial_init(&t);
    must_load(&t);
    assert_int_equal(t.ds.n_cells, 9);
    assert_int_equal(t.ds.report[0].n_not_primary, 3);
    assert_null(dataset_find_column(&t.ds, "score")); /* nobody asked for it */
    trial_release(&t);
    trial_init(&t);
    strlist_add(&t.need, "score");
    must_load(&t);
    assert_non_null(dataset_find_column(&t.ds, "score"));
    trial_release(&t);
}

static void
test_columns__broken_ones_only_matter_where_needed(void **state)
{
    (void)state;
    static const char *const cat[] = {"a"};
    const int64_t code[N] = {5};
    hid_t file = h5b_edit(path), obs = H5Gopen2(file, "obs", H5P_DEFAULT);
    struct trial t;

    H5Adelete(obs, "column-order");
    h5b_categorical(obs, "broken", H5T_STD_I8LE, code, N, cat, 1);
    H5Gclose(h5b_group(obs, "strange"));
    H5Gclose(obs);
    H5Fclose(file);
    trial_init(&t);
    must_load(&t);
    assert_true(is_warned(&t, "obs/broken is left out"));
    assert_true(is_warned(&t, "obs/strange is left out"));
    trial_release(&t);
    trial_init(&t);
    t.q.label = "broken";
    must_fail(&t, "row 0 has code 5");
}

/* --- several files --- */

static char *
second_file(const char *name, const struct h5b_atlas *a)
{
    char *p = xasprintf("%s/%s", dir, name);

    h5b_atlas(p, a);
    return p;
}

static void
test_files__a_folder_in_order_of_names(void **state)
{
    (void)state;
    struct trial t;
    char *a = second_file("a.h5ad", &(struct h5b_atlas){3, G + 2, 1, "named"});
    char *hidden = second_file(".b.h5ad", &(struct h5b_atlas){3, G, 1, NULL});
    char *under = second_file("_c.h5ad", &(struct h5b_atlas){3, G, 1, NULL});
    char *text = xasprintf("%s/notes.txt", dir);

    support_write(text, "x");
    trial_init(&t);
    strlist_add(&t.path, dir);
    must_load(&t);
    expect_sound(&t.ds);
    assert_int_equal(t.ds.n_files, 2);
    assert_int_equal(t.ds.n_cells, 3 + N);
    assert_int_equal(t.ds.gene_id.n, G + 2);
    assert_int_equal(t.ds.report[1].n_genes_missing, 2);
    assert_string_equal(t.ds.report[0].path, a);
    assert_int_equal(t.ds.file[2], 0);
    assert_int_equal(t.ds.file[3], 1);
    const struct obs_column *c = dataset_find_column(&t.ds, "dataset_id");

    assert_string_equal(obs_column_text(c, 0), "named");
    assert_string_equal(obs_column_text(c, 3), "study");
    support_near(value_at(&t.ds, 3 + 4, 1), log_norm(4, 1, G), 1e-6);
    trial_release(&t);
    /* the order in which they are given does not matter; a repeat counts once */
    trial_init(&t);
    strlist_add(&t.path, path);
    strlist_add(&t.path, a);
    strlist_add(&t.path, dir);
    must_load(&t);
    assert_int_equal(t.ds.n_files, 2);
    assert_string_equal(t.ds.report[0].path, a);
    assert_true(is_warned(&t, "counts once"));
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
    char *empty = xasprintf("%s/empty", dir);

    assert_int_equal(mkdir(empty, 0700), 0);
    trial_init(&t);
    strlist_add(&t.path, empty);
    must_fail(&t, "has no .h5ad file");
    trial_init(&t);
    strlist_add(&t.path, "/nowhere/x.h5ad");
    must_fail(&t, "/nowhere/x.h5ad");
    trial_init(&t);
    strlist_add(&t.path, "");
    must_fail(&t, "--data is empty");
    free(empty);
}

static void
test_files__columns_are_joined_by_name(void **state)
{
    (void)state;
    static const char *const extra[N] = {"z", "y", "x", "z", "y", "x",
                                         "z", "y", "x", "z", "y", "x"};
    struct trial t;
    char *a = second_file("a.h5ad", &(struct h5b_atlas){3, G, 1, NULL});

    put_column("extra", extra);
    trial_init(&t);
    strlist_add(&t.path, dir);
    must_load(&t);
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
    must_load(&t);
    expect_sound(&t.ds);
    assert_int_equal(t.ds.gene_id.n, 3);
    assert_int_equal(t.ds.report[0].n_genes_missing, 1);
    assert_int_equal(t.ds.report[0].n_genes_dropped, G - 2);
    for (size_t i = 0; i < N; i++) {
        double a = h5b_atlas_count(i, 4), b = h5b_atlas_count(i, 1), s = a + b;

        support_near(value_at(&t.ds, i, 0), s > 0 ? log1p(a * 1e4 / s) : 0, 1e-6);
        support_near(value_at(&t.ds, i, 1), s > 0 ? log1p(b * 1e4 / s) : 0, 1e-6);
        support_near(value_at(&t.ds, i, 2), 0, 0);
    }
    trial_release(&t);
    strlist_release(&id);
    strlist_release(&name);
    strlist_add(&id, "ENSMUSG1");
    strlist_add(&name, "Tp53");
    trial_init(&t);
    t.q.gene_id = &id;
    t.q.gene_name = &name;
    must_fail(&t, "none of its 6 genes");
    strlist_release(&id);
    strlist_release(&name);
}

static void
test_genes__too_many(void **state)
{
    (void)state;
    struct trial t;

    h5b_atlas(path, &(struct h5b_atlas){3, 65535, 1, NULL});
    trial_init(&t);
    must_load(&t);
    assert_int_equal(t.ds.gene_id.n, 65535);
    trial_release(&t);
    h5b_atlas(path, &(struct h5b_atlas){3, 65536, 1, NULL});
    trial_init(&t);
    must_fail(&t, "65536 genes; at most 65535");
}

static void
test_obs_only__estimates(void **state)
{
    (void)state;
    struct trial t;

    trial_init(&t);
    must_load(&t);
    uint64_t nnz = t.ds.report[0].nnz;

    trial_release(&t);
    for (int i = 0; i < 3; i++) {
        static const char *const kind[] = {"csr_matrix", "csc_matrix", "dense"};
        double x[N * G];

        fill(x, 1, 0);
        put_matrix("", "X", x, kind[i]);
        trial_init(&t);
        t.q.with_matrix = false;
        must_load(&t);
        assert_null(t.ds.x.indptr);
        assert_int_equal(t.ds.report[0].nnz, nnz);
        trial_release(&t);
    }
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_layer__counts_in_x_are_normalised),
        T(test_layer__raw_counts_come_first_with_their_genes),
        T(test_layer__values_without_negatives_stay),
        T(test_layer__scaled_values_are_refused),
        T(test_layer__named),
        T(test_layer__wrong_sample_is_found_out),
        T(test_values__that_are_no_numbers),
        T(test_values__repeats_are_summed_and_zeros_dropped),
        T(test_cells__missing_labels_are_left_out),
        T(test_where__filters),
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
