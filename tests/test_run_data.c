/* test_run_data.c - classes, splits, evaluations, digests; the real files. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/dataset_ids.h"
#include "data/dataset_load.h"
#include "data/h5lib.h"
#include "data/obs_column.h"
#include "data/run_data.h"
#include "tests/h5build.h"

enum { N = 240, G = 8, DONORS = 20 };

static char *dir, *path;

struct trial {
    struct spec spec;
    struct run_data rd;
    struct errbuf eb;
};

static int
set_up(void **state)
{
    (void)state;
    h5_init();
    dir = support_tmpdir();
    path = xasprintf("%s/study.h5ad", dir);
    h5b_atlas(path, &(struct h5b_atlas){N, G, DONORS, NULL});
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
set(struct trial *t, const char *name, const char *value)
{
    if (spec_set(&t->spec, spec_find(name), value, &t->eb))
        fail_msg("%s", t->eb.text);
}

static void
trial_init(struct trial *t)
{
    *t = (struct trial){0};
    spec_init(&t->spec);
}

static void
trial_release(struct trial *t)
{
    run_data_release(&t->rd);
    spec_release(&t->spec);
}

static enum err
load(struct trial *t, enum run_data_depth depth)
{
    if (!t->spec.data.n)
        set(t, "data", path);
    return run_data_load(&t->rd, &t->spec, depth, NULL, &t->eb);
}

static void
must_load(struct trial *t, enum run_data_depth depth)
{
    if (load(t, depth))
        fail_msg("%s", t->eb.text);
}

static void
must_fail(struct trial *t, const char *part)
{
    assert_int_not_equal(load(t, RUN_DATA_OBS), ERR_OK);
    if (!strstr(t->eb.text, part))
        fail_msg("\"%s\" lacks \"%s\"", t->eb.text, part);
    assert_int_equal(t->rd.ds.n_cells, 0);
    trial_release(t);
}

static bool
is_warned(const struct trial *t, const char *part)
{
    for (size_t i = 0; i < t->rd.warnings.n; i++)
        if (strstr(t->rd.warnings.item[i], part))
            return true;
    return false;
}

/* Units of a column in a part; cells of one unit must be in one part. */
static size_t
units_in(const struct run_data *rd, const char *column, enum part part)
{
    const struct obs_column *c = dataset_find_column(&rd->ds, column);
    int *of = calloc(c->levels.n, sizeof *of);
    size_t n = 0;

    for (size_t i = 0; i < rd->ds.n_cells; i++) {
        int *p = &of[codes_get(&c->code, i)];

        assert_true(*p == 0 || *p == rd->part[i] + 1);
        *p = rd->part[i] + 1;
    }
    for (size_t k = 0; k < c->levels.n; k++)
        n += of[k] == (int)part + 1;
    free(of);
    return n;
}

/* --- classes --- */

static void
test_classes__are_labels_in_bytewise_order(void **state)
{
    (void)state;
    struct trial t;

    trial_init(&t);
    must_load(&t, RUN_DATA_FULL);
    assert_int_equal(t.rd.classes.C, 3);
    assert_string_equal(t.rd.classes.name.item[0], "B cell");
    assert_string_equal(t.rd.classes.name.item[1], "T cell");
    assert_string_equal(t.rd.classes.name.item[2], "monocyte");
    for (size_t i = 0; i < N; i++) /* the file has T cell, B cell, monocyte in turn */
        assert_int_equal(t.rd.y[i], i % 3 == 0 ? 1 : i % 3 == 1 ? 0 : 2);
    assert_int_equal(t.rd.nnz, t.rd.ds.x.indptr[N]);
    assert_true(memory_need_total(&t.rd.memory) > csr_bytes(&t.rd.ds.x, 0, N));
    assert_int_equal(t.rd.ds.report[0].matrix_bytes, csr_bytes(&t.rd.ds.x, 0, N));
    assert_true(is_warned(&t, "no class is an ancestor of another"));
    trial_release(&t);
}

static void
put_labels(const char *const *label, size_t n, const int64_t *code)
{
    hid_t file = h5b_edit(path), obs = H5Gopen2(file, "obs", H5P_DEFAULT);

    h5b_delete(obs, "cell_type");
    h5b_categorical(obs, "cell_type", H5T_STD_I8LE, code, N, label, n);
    H5Gclose(obs);
    H5Fclose(file);
}

static void
test_classes__what_people_are_warned_of(void **state)
{
    (void)state;
    static const char *const label[] = {"T cell", "my cells", "rare", "lymphocyte"};
    int64_t code[N] = {2};
    struct trial t;

    for (size_t i = 1; i < N; i++)
        code[i] = i < 100 ? 0 : i < 200 ? 3 : 1;
    put_labels(label, 4, code);
    trial_init(&t);
    set(&t, "ood", "cell_type=my cells");
    must_load(&t, RUN_DATA_OBS);
    assert_true(is_warned(&t, "1 of 4 classes has only one cell: \"rare\"; leave "
                              "them out with --where 'cell_type!=rare,...'"));
    assert_true(is_warned(&t, "no cell to train on"));
    assert_true(is_warned(&t, "unknown to the ontology (built-in)"));
    assert_true(is_warned(&t, "\"my cells\""));
    assert_int_equal(t.rd.classes.n_edges, 1); /* lymphocyte above T cell */
    trial_release(&t);
}

static void
test_classes__a_column_that_is_no_label(void **state)
{
    (void)state;
    struct trial t;
    static const char *const number[] = {"5012", "88", "1.5e3"};
    int64_t code[N];

    /* 20 donors: each has some cells, so that nothing looks odd but the ontology. */
    trial_init(&t);
    set(&t, "label", "donor_id");
    must_load(&t, RUN_DATA_OBS);
    assert_false(is_warned(&t, "looks like no label"));
    trial_release(&t);

    for (size_t i = 0; i < N; i++)
        code[i] = (int64_t)(i % 3);
    put_labels(number, 3, code);
    trial_init(&t);
    must_load(&t, RUN_DATA_OBS);
    assert_true(is_warned(&t, "--label cell_type looks like no label: all its 3 values "
                              "are numbers; columns that may be one: none by"));
    trial_release(&t);

    h5b_atlas(path, &(struct h5b_atlas){60, 2, 60, NULL}); /* a donor per cell */
    trial_init(&t);
    set(&t, "label", "donor_id");
    set(&t, "split_by", "cell");
    must_load(&t, RUN_DATA_OBS);
    assert_true(is_warned(&t,
                          "--label donor_id looks like no label: 60 of its 60 values "
                          "have only one cell; columns that may be one: cell_type"));
    assert_false(is_warned(&t, "leave them out with"));
    trial_release(&t);
}

static void
test_classes__obsolete_labels_name_their_heirs(void **state)
{
    (void)state;
    static const char *const label[] = {"X:1", "X:9", "thing"};
    static const char obo[] = "[Term]\nid: X:1\nname: one\n\n"
                              "[Term]\nid: X:2\nname: two\n\n"
                              "[Term]\nid: X:9\nname: old\nis_obsolete: true\n"
                              "consider: X:1\nconsider: X:2\n";
    char *file = xasprintf("%s/x.obo", dir);
    int64_t code[N];
    struct trial t;
    FILE *fp = fopen(file, "w");

    fputs(obo, fp);
    fclose(fp);
    for (size_t i = 0; i < N; i++)
        code[i] = (int64_t)(i % 3);
    put_labels(label, 3, code);
    trial_init(&t);
    set(&t, "ontology", file);
    must_load(&t, RUN_DATA_OBS);
    assert_true(is_warned(&t, "stand alone: \"X:9\" (obsolete; consider X:1 'one', X:2 "
                              "'two'), \"thing\""));
    trial_release(&t);
    free(file);
}

static void
test_classes__a_column_that_names_cells(void **state)
{
    (void)state;
    enum { MANY = CLASSES_MAX + 1 };
    struct trial t;

    h5b_atlas(path, &(struct h5b_atlas){MANY, 2, MANY, NULL}); /* a donor per cell */
    trial_init(&t);
    set(&t, "label", "donor_id");
    must_fail(&t, "16385 labels (\"d0\", ...)");
}

/* --- splits --- */

static void
test_split__shares_of_units(void **state)
{
    (void)state;
    struct trial t;

    trial_init(&t);
    must_load(&t, RUN_DATA_OBS);
    assert_int_equal(units_in(&t.rd, "donor_id", PART_VAL), 3);
    assert_int_equal(units_in(&t.rd, "donor_id", PART_TEST), 3);
    assert_int_equal(units_in(&t.rd, "donor_id", PART_TRAIN), 14);
    assert_int_equal(t.rd.n_part[PART_TRAIN], 14 * N / DONORS);
    assert_int_equal(t.rd.n_evals, 1);
    assert_string_equal(t.rd.eval[0].name, "id");
    assert_int_equal(t.rd.eval[0].n, t.rd.n_part[PART_TEST]);
    for (size_t i = 0; i < t.rd.eval[0].n; i++)
        assert_int_equal(t.rd.part[t.rd.eval[0].cell[i]], PART_TEST);
    trial_release(&t);
    trial_init(&t);
    set(&t, "val_fraction", "0.01"); /* rounds to none, but is above 0 */
    set(&t, "test_fraction", "0");
    must_load(&t, RUN_DATA_OBS);
    assert_int_equal(units_in(&t.rd, "donor_id", PART_VAL), 1);
    assert_int_equal(t.rd.n_part[PART_TEST], 0);
    assert_int_equal(t.rd.n_evals, 0);
    trial_release(&t);
}

static void
test_split__nothing_with_both_shares_0(void **state)
{
    (void)state;
    struct trial t;

    trial_init(&t);
    set(&t, "val_fraction", "0");
    set(&t, "test_fraction", "0");
    set(&t, "split_by", "no_such_column");
    must_fail(&t, "--split-by: there is no obs column \"no_such_column\"");
    trial_init(&t);
    set(&t, "val_fraction", "0");
    set(&t, "test_fraction", "0");
    must_load(&t, RUN_DATA_OBS);
    assert_int_equal(t.rd.n_part[PART_TRAIN], N);
    trial_release(&t);
}

static void
test_split__seed_decides(void **state)
{
    (void)state;
    struct trial a, b, c;

    trial_init(&a);
    trial_init(&b);
    trial_init(&c);
    set(&c, "split_seed", "1");
    must_load(&a, RUN_DATA_OBS);
    must_load(&b, RUN_DATA_FULL);
    must_load(&c, RUN_DATA_OBS);
    assert_memory_equal(a.rd.part, b.rd.part, N);
    assert_string_equal(a.rd.split_digest, b.rd.split_digest);
    assert_string_equal(a.rd.data_digest, b.rd.data_digest);
    assert_string_equal(a.rd.eval[0].digest, b.rd.eval[0].digest);
    assert_string_not_equal(a.rd.split_digest, c.rd.split_digest);
    assert_string_not_equal(a.rd.eval[0].digest, c.rd.eval[0].digest);
    assert_string_equal(a.rd.data_digest, c.rd.data_digest);
    trial_release(&a);
    trial_release(&b);
    trial_release(&c);
}

/* The part of a donor depends on its own name and on which others there are, not on
 * the order of cells and files. */
static void
test_split__order_does_not_matter(void **state)
{
    (void)state;
    struct trial a, b;
    char *other = xasprintf("%s/another.h5ad", dir);

    h5b_atlas(other, &(struct h5b_atlas){60, G, 5, "study2"});
    for (int k = 0; k < 2; k++) {
        trial_init(&a);
        trial_init(&b);
        set(&a, "split_by", k ? "cell" : "dataset_id,donor_id");
        set(&b, "split_by", k ? "cell" : "dataset_id,donor_id");
        set(&a, "data", path);
        set(&a, "data", other);
        must_load(&a, RUN_DATA_OBS);
        char *last = xasprintf("%s/zzz.h5ad", dir); /* now it comes after the first */

        assert_int_equal(rename(other, last), 0);
        set(&b, "data", path);
        set(&b, "data", last);
        must_load(&b, RUN_DATA_OBS);
        for (size_t i = 0; i < 60; i++)
            assert_int_equal(a.rd.part[i], b.rd.part[N + i]);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(a.rd.part[60 + i], b.rd.part[i]);
        assert_int_equal(rename(last, other), 0);
        free(last);
        trial_release(&a);
        trial_release(&b);
    }
    free(other);
}

static void
test_split__by_cell(void **state)
{
    (void)state;
    struct trial t;

    trial_init(&t);
    set(&t, "split_by", "cell");
    set(&t, "val_fraction", "0.1");
    set(&t, "test_fraction", "0.25");
    must_load(&t, RUN_DATA_OBS);
    assert_int_equal(t.rd.n_part[PART_VAL], 24);
    assert_int_equal(t.rd.n_part[PART_TEST], 60);
    trial_release(&t);
}

static void
test_split__too_few_units(void **state)
{
    (void)state;
    struct trial t;

    trial_init(&t);
    set(&t, "ood", "donor_id!=d0,d1");
    must_fail(&t, "2 units of dataset_id,donor_id cannot fill 3 parts");
    trial_init(&t);
    set(&t, "ood", "donor_id!=d0,d1");
    must_fail(&t, "--split-by cell");
    trial_init(&t);
    set(&t, "split_by", "batch");
    must_fail(&t, "--split-by cell");
    trial_init(&t);
    set(&t, "ood", "donor_id!=d0,d1,d2"); /* 1 and 1 of 3, one is left */
    set(&t, "val_fraction", "0.45");
    set(&t, "test_fraction", "0.5");
    must_load(&t, RUN_DATA_OBS);
    assert_int_equal(units_in(&t.rd, "donor_id", PART_TRAIN), 1);
    assert_int_equal(units_in(&t.rd, "donor_id", PART_VAL), 1);
    assert_int_equal(units_in(&t.rd, "donor_id", PART_TEST), 1);
    trial_release(&t);
}

static void
test_split__pooled_donors(void **state)
{
    (void)state;
    static const char *const donor[] = {"pooled", "unknown", "a", "b", "c", "d"};
    int64_t code[N];
    struct trial t;

    for (size_t i = 0; i < N; i++)
        code[i] = (int64_t)(i % 7) - 1;
    hid_t file = h5b_edit(path), obs = H5Gopen2(file, "obs", H5P_DEFAULT);

    h5b_delete(obs, "donor_id");
    h5b_categorical(obs, "donor_id", H5T_STD_I8LE, code, N, donor, 6);
    H5Gclose(obs);
    H5Fclose(file);
    trial_init(&t);
    must_load(&t, RUN_DATA_OBS);
    assert_true(is_warned(&t, "104 cells have no single donor_id"));
    trial_release(&t);
}

static void
test_ood__union_and_errors(void **state)
{
    (void)state;
    struct trial t;

    trial_init(&t);
    set(&t, "ood", "donor_id=d3,d4");
    set(&t, "ood", "cell_type=monocyte");
    must_load(&t, RUN_DATA_OBS);
    assert_int_equal(t.rd.n_part[PART_OOD], 2 * 12 + (N - 24) / 3);
    assert_string_equal(t.rd.eval[1].name, "ood");
    assert_int_equal(t.rd.eval[1].n, t.rd.n_part[PART_OOD]);
    assert_true(is_warned(&t, "has no cell to train on: \"monocyte\""));
    trial_release(&t);
    trial_init(&t);
    set(&t, "ood", "donor_id=d3,d99");
    must_fail(&t, "no cell has donor_id \"d99\"; there are: \"d0\"");
    trial_init(&t);
    set(&t, "ood", "study=x");
    must_fail(&t, "no obs column \"study\"");
    trial_init(&t);
    set(&t, "ood", "dataset_id=study");
    must_fail(&t, "holds out all 240 cells");
}

/* --- evaluations and facets --- */

static void
test_eval__other_file(void **state)
{
    (void)state;
    static const char *const label[] = {"T cell", "neuron", "B cell"};
    int64_t code[30];
    struct trial t;
    char *other = xasprintf("%s/other.h5ad", dir), *arg = xasprintf("far=%s", other);

    h5b_atlas(other, &(struct h5b_atlas){30, G, 3, NULL});
    for (size_t i = 0; i < 30; i++)
        code[i] = (int64_t)(i % 3);
    hid_t file = h5b_edit(other), obs = H5Gopen2(file, "obs", H5P_DEFAULT);

    h5b_delete(obs, "cell_type");
    h5b_categorical(obs, "cell_type", H5T_STD_I8LE, code, 30, label, 3);
    H5Gclose(obs);
    H5Fclose(file);
    for (int depth = RUN_DATA_OBS; depth <= RUN_DATA_FULL; depth++) {
        trial_init(&t);
        set(&t, "eval", arg);
        must_load(&t, (enum run_data_depth)depth);
        const struct eval_cells *ec = &t.rd.eval[1];

        assert_string_equal(ec->name, "far");
        assert_int_equal(ec->n, 20);
        assert_int_equal(ec->n_unknown, 10);
        assert_string_equal(ec->unknown.item[0], "neuron");
        assert_int_equal(ec->cell[1], 2);
        assert_int_equal(ec->y[0], 1);
        assert_int_equal(ec->y[1], 0);
        assert_int_equal(ec->ds->x.indptr != NULL, depth == RUN_DATA_FULL);
        assert_true(is_warned(&t, "10 of 30 cells are left out"));
        trial_release(&t);
    }
    trial_init(&t);
    set(&t, "eval", arg);
    set(&t, "where", "cell_type!=T cell,B cell"); /* classes: monocyte */
    must_fail(&t, "evaluation far");
    free(arg);
    free(other);
}

static void
test_eval_cells_load__aligns_genes_and_classes(void **state)
{
    (void)state;
    struct trial t;
    struct eval_cells ec;
    struct strlist id = {0}, name = {0};

    trial_init(&t);
    must_load(&t, RUN_DATA_FULL);
    for (size_t j = G; j-- > 2;) {
        strlist_add(&id, t.rd.ds.gene_id.item[j]);
        strlist_add(&name, t.rd.ds.gene_name.item[j]);
    }
    assert_int_equal(eval_cells_load(&ec, "again", path, NULL, &t.spec, &id, &name,
                                     &t.rd.classes, NULL, &t.eb),
                     ERR_OK);
    assert_int_equal(ec.n, N);
    assert_memory_equal(ec.y, t.rd.y, N * sizeof *ec.y);
    assert_int_equal(ec.ds->x.n_cols, G - 2);
    for (uint64_t k = ec.ds->x.indptr[4]; k < ec.ds->x.indptr[5]; k++)
        assert_true(h5b_atlas_count(
                        4, G - 1u - gene_at(&ec.ds->x.order, ec.ds->x.index[k])) > 0);
    eval_cells_release(&ec);
    assert_int_equal(eval_cells_load(&ec, "gone", "/nowhere", NULL, &t.spec, &id, &name,
                                     &t.rd.classes, NULL, &t.eb),
                     ERR_NOTFOUND);
    strlist_release(&id);
    strlist_release(&name);
    trial_release(&t);
}

static void
test_facets__standard_and_named(void **state)
{
    (void)state;
    struct trial t;

    trial_init(&t);
    set(&t, "facet", "cell_type");
    must_load(&t, RUN_DATA_OBS);
    char *facets = strlist_join(&t.rd.facets, " ");

    assert_string_equal(facets, "dataset_id donor_id cell_type");
    free(facets);
    trial_release(&t);
    trial_init(&t);
    set(&t, "facet", "batch");
    must_fail(&t, "--facet: there is no obs column \"batch\"");
}

static void
test_digest__follows_the_bytes(void **state)
{
    (void)state;
    struct trial a, b;

    trial_init(&a);
    trial_init(&b);
    must_load(&a, RUN_DATA_OBS);
    h5b_atlas(path, &(struct h5b_atlas){N, G + 1, DONORS, NULL});
    must_load(&b, RUN_DATA_OBS);
    assert_string_not_equal(a.rd.data_digest, b.rd.data_digest);
    assert_string_equal(a.rd.split_digest, b.rd.split_digest);
    trial_release(&a);
    trial_release(&b);
}

/* --- augmentation --- */

static void
use_mlp(struct trial *t)
{
    trial_init(t);
    set(t, "model", "mlp");
    if (spec_resolve(&t->spec, &t->eb))
        fail_msg("%s", t->eb.text);
}

static void
set_hyper(struct trial *t, const char *assignment)
{
    assert_int_equal(spec_set_hyper(&t->spec, assignment, NULL), ERR_OK);
}

/* A file of n vectors of n_genes whose last value is given.  Caller frees the name. */
static char *
vectors_file(size_t n, size_t n_genes, float last)
{
    char *file = xasprintf("%s/v.npy", dir);
    char *header = xasprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, "
                             "%zu)}\n",
                             n, n_genes);
    FILE *fp = fopen(file, "wb");

    assert_non_null(fp);
    fprintf(fp, "\x93NUMPY\1%c%c%c%s", 0, (int)strlen(header), 0, header);
    for (size_t i = 0; i < n * n_genes; i++) {
        float v = i + 1 == n * n_genes ? last : i % 3 ? 0 : 0.5f;

        fwrite(&v, sizeof v, 1, fp);
    }
    fclose(fp);
    free(header);
    return file;
}

/* Seed and loss of a run do not matter. */
static void
test_augment__computed_from_training_cells(void **state)
{
    struct trial t, again, obs;

    (void)state;
    use_mlp(&t);
    must_load(&t, RUN_DATA_FULL);
    assert_non_null(t.rd.augment);
    assert_int_equal(t.rd.augment->a.n_cols, G);
    assert_false(is_warned(&t, "augment"));
    use_mlp(&again);
    set(&again, "seed", "7");
    set(&again, "loss", "hce");
    must_load(&again, RUN_DATA_FULL);
    assert_string_equal(t.rd.augment->digest, again.rd.augment->digest);
    use_mlp(&obs);
    must_load(&obs, RUN_DATA_OBS);
    assert_null(obs.rd.augment);
    assert_int_equal(obs.rd.augment_bytes, t.rd.augment_bytes);
    assert_true(obs.rd.augment_bytes > 0);
    trial_release(&obs);
    trial_release(&again);
    trial_release(&t);
}

static void
test_augment__only_where_it_is_wanted(void **state)
{
    struct trial linear, none;

    (void)state;
    trial_init(&linear);
    must_load(&linear, RUN_DATA_FULL);
    assert_null(linear.rd.augment);
    assert_int_equal(linear.rd.augment_bytes, 0);
    use_mlp(&none);
    set_hyper(&none, "augment_training_data=false");
    must_load(&none, RUN_DATA_FULL);
    assert_null(none.rd.augment);
    assert_int_equal(none.rd.augment_bytes, 0);
    assert_false(is_warned(&linear, "augment") || is_warned(&none, "augment"));
    trial_release(&none);
    trial_release(&linear);
}

/* --where leaves one donor: said at queue time too. */
static void
test_augment__warns_where_nothing_can_be_compared(void **state)
{
    (void)state;
    for (int depth = RUN_DATA_OBS; depth <= RUN_DATA_FULL; depth++) {
        struct trial t;

        use_mlp(&t);
        set(&t, "where", "donor_id=d3");
        set(&t, "split_by", "cell");
        must_load(&t, (enum run_data_depth)depth);
        assert_null(t.rd.augment);
        assert_int_equal(t.rd.augment_bytes, 0);
        assert_true(is_warned(&t, "not augmented: no class has training cells of two"));
        trial_release(&t);
    }
}

static void
test_augment__a_file_enters_the_data_digest(void **state)
{
    static const struct {
        float last;
        enum run_data_depth depth;
        bool is_same; /* as the case before */
    } cases[] = {{0.5f, RUN_DATA_OBS, false},
                 {0.5f, RUN_DATA_FULL, true},
                 {0.75f, RUN_DATA_OBS, false}};
    char digest[DIGEST_HEX];
    struct trial t;

    (void)state;
    trial_init(&t);
    must_load(&t, RUN_DATA_OBS);
    memcpy(digest, t.rd.data_digest, sizeof digest);
    trial_release(&t);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *file = vectors_file(3, G, cases[i].last);

        use_mlp(&t);
        set(&t, "augmentations", file);
        must_load(&t, cases[i].depth);
        assert_true((t.rd.augment != NULL) == (cases[i].depth == RUN_DATA_FULL));
        assert_true((strcmp(digest, t.rd.data_digest) == 0) == cases[i].is_same);
        memcpy(digest, t.rd.data_digest, sizeof digest);
        trial_release(&t);
        free(file);
    }
}

/* Models with and without vectors of a file are scored on the same cells. */
static void
test_augment__a_file_leaves_the_evaluations_alone(void **state)
{
    char *file = vectors_file(3, G, 0.5f);
    struct trial t, with;

    (void)state;
    use_mlp(&t);
    must_load(&t, RUN_DATA_OBS);
    use_mlp(&with);
    set(&with, "augmentations", file);
    must_load(&with, RUN_DATA_OBS);
    assert_true(t.rd.n_evals > 0);
    assert_int_equal(with.rd.n_evals, t.rd.n_evals);
    for (size_t i = 0; i < t.rd.n_evals; i++)
        assert_string_equal(with.rd.eval[i].digest, t.rd.eval[i].digest);
    assert_string_not_equal(with.rd.data_digest, t.rd.data_digest);
    trial_release(&with);
    trial_release(&t);
    free(file);
}

static void
test_augment__bad_files_are_named_at_queue_time(void **state)
{
    static const struct {
        size_t n_genes;
        float last;
        const char *part;
    } bad[] = {
        {G + 1, 0, "vectors of 9 genes, but the data have 8 genes"},
        {G, HUGE_VALF, "vector 2 has the value inf at gene 7"},
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char *file = vectors_file(3, bad[i].n_genes, bad[i].last);
        struct trial t;

        use_mlp(&t);
        set(&t, "augmentations", file);
        must_fail(&t, bad[i].part);
        assert_non_null(strstr(t.eb.text, "--augmentations: "));
        assert_non_null(strstr(t.eb.text, file));
        free(file);
    }
}

static void
test_augment__a_file_that_is_not_wanted(void **state)
{
    struct trial t;

    (void)state;
    use_mlp(&t);
    set(&t, "augmentations", "/nowhere/v.npy");
    set_hyper(&t, "augment_training_data=false");
    must_load(&t, RUN_DATA_OBS);
    assert_true(is_warned(&t, "--augmentations /nowhere/v.npy is not used"));
    trial_release(&t);
}

/* --- real files --- */

static void
test_real__pbmc_10x(void **state)
{
    (void)state;
    const char *shared = support_shared("data/pbmc_10x.h5ad");
    struct trial t;

    if (!shared)
        skip();
    trial_init(&t);
    set(&t, "data", shared);
    set(&t, "ood", "dataset_id=pbmc_5p");
    set(&t, "val_fraction", "0");
    set(&t, "test_fraction", "0");
    must_load(&t, RUN_DATA_FULL);
    assert_int_equal(t.rd.ds.n_cells, 1200);
    assert_int_equal(t.rd.ds.gene_id.n, 1767);
    assert_int_equal(t.rd.nnz, 245676);
    assert_int_equal(t.rd.n_part[PART_TRAIN], 770);
    assert_int_equal(t.rd.n_part[PART_OOD], 430);
    assert_int_equal(t.rd.classes.C, 11);
    assert_string_equal(t.rd.ds.report[0].layer, "X");
    assert_string_equal(t.rd.ds.report[0].normalize, "none");
    assert_string_equal(t.rd.ds.gene_id.item[0], "LYZ");
    struct csr_row row = csr_row(&t.rd.ds.x, 0);
    size_t first = SIZE_MAX;

    for (size_t k = 0; k < row.n; k++) {
        size_t g = gene_at(&t.rd.ds.x.order, row.index[k]);

        first = g < first ? g : first;
        if (g == 1)
            support_near((double)csr_value(&row, k), 2.1516209, 1e-6); /* by AnnData */
    }
    assert_int_equal(first, 1);
    char *facets = strlist_join(&t.rd.facets, " ");

    assert_string_equal(facets,
                        "tissue tissue_general disease assay dataset_id donor_id");
    free(facets);
    trial_release(&t);
}

static void
load_pbmc68k(struct trial *t, const char *name, const char *layer)
{
    trial_init(t);
    set(t, "data", support_shared(name));
    set(t, "label", "bulk_labels");
    set(t, "layer", layer);
    set(t, "split_by", "louvain");
}

static void
expect_same_ids(const struct dataset *a, const struct dataset *b)
{
    struct dataset_ids of_a, of_b;
    const char *x, *y;

    dataset_ids_init(&of_a, a);
    dataset_ids_init(&of_b, b);
    assert_int_equal(a->n_cells, b->n_cells);
    for (uint32_t i = 0; i < a->n_cells; i++) {
        assert_int_equal(dataset_ids_get(&of_a, i, &x, NULL), ERR_OK);
        assert_int_equal(dataset_ids_get(&of_b, i, &y, NULL), ERR_OK);
        assert_string_equal(x, y);
    }
    dataset_ids_release(&of_a);
    dataset_ids_release(&of_b);
}

static void
test_real__old_and_new_layout_are_the_same(void **state)
{
    (void)state;
    static const char *const file[] = {"data/pbmc68k_reduced.h5ad",
                                       "data/pbmc68k_reduced_legacy.h5ad"};
    struct trial a, b;

    if (!support_shared(file[0]) || !support_shared(file[1]))
        skip();
    load_pbmc68k(&a, file[0], "raw/X");
    load_pbmc68k(&b, file[1], "raw/X");
    must_load(&a, RUN_DATA_FULL);
    must_load(&b, RUN_DATA_FULL);
    const struct csr *x = &a.rd.ds.x, *y = &b.rd.ds.x;

    assert_int_equal(a.rd.nnz, 174400);
    assert_memory_equal(x->indptr, y->indptr, 701 * sizeof *x->indptr);
    assert_memory_equal(x->index, y->index, 174400 * sizeof *x->index);
    assert_memory_equal(x->n_dict, y->n_dict, 700 * sizeof *x->n_dict);
    assert_memory_equal(x->piece, y->piece, 701 * sizeof *x->piece);
    assert_memory_equal(x->word, y->word, x->piece[700] * sizeof *x->word);
    assert_memory_equal(a.rd.y, b.rd.y, 700 * sizeof *a.rd.y);
    assert_memory_equal(a.rd.part, b.rd.part, 700);
    assert_string_equal(a.rd.classes.digest, b.rd.classes.digest);
    expect_same_ids(&a.rd.ds, &b.rd.ds);
    for (size_t i = 0; i < 765; i++)
        assert_string_equal(a.rd.ds.gene_id.item[i], b.rd.ds.gene_id.item[i]);
    trial_release(&a);
    trial_release(&b);
    for (int i = 0; i < 2; i++) {
        load_pbmc68k(&a, file[i], "auto");
        must_fail(&a, "raw/X has no negative values, X has negative values");
    }
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_classes__are_labels_in_bytewise_order),
        T(test_classes__what_people_are_warned_of),
        T(test_classes__a_column_that_is_no_label),
        T(test_classes__obsolete_labels_name_their_heirs),
        T(test_classes__a_column_that_names_cells),
        T(test_split__shares_of_units),
        T(test_split__nothing_with_both_shares_0),
        T(test_split__seed_decides),
        T(test_split__order_does_not_matter),
        T(test_split__by_cell),
        T(test_split__too_few_units),
        T(test_split__pooled_donors),
        T(test_ood__union_and_errors),
        T(test_eval__other_file),
        T(test_eval_cells_load__aligns_genes_and_classes),
        T(test_facets__standard_and_named),
        T(test_digest__follows_the_bytes),
        T(test_augment__computed_from_training_cells),
        T(test_augment__only_where_it_is_wanted),
        T(test_augment__warns_where_nothing_can_be_compared),
        T(test_augment__a_file_enters_the_data_digest),
        T(test_augment__a_file_leaves_the_evaluations_alone),
        T(test_augment__bad_files_are_named_at_queue_time),
        T(test_augment__a_file_that_is_not_wanted),
        T(test_real__pbmc_10x),
        T(test_real__old_and_new_layout_are_the_same),
    };
#undef T

    return cmocka_run_group_tests(tests, NULL, NULL);
}
