/* dataset_trial.c - loading a small file, for the tests of datasets. */
#include "tests/dataset_trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/h5lib.h"
#include "tests/h5build.h"
#include "tests/support.h"

char *trial_dir, *trial_path;

int
trial_set_up(void **state)
{
    (void)state;
    h5_init();
    trial_dir = support_tmpdir();
    trial_path = xasprintf("%s/study.h5ad", trial_dir);
    h5b_atlas(trial_path, &(struct h5b_atlas){TRIAL_N, TRIAL_G, 3, NULL});
    return 0;
}

int
trial_tear_down(void **state)
{
    (void)state;
    free(trial_path);
    support_rmtree(trial_dir);
    return 0;
}

void
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

enum err
trial_load(struct trial *t)
{
    struct notes notes = {.warnings = &t->warnings};

    if (!t->path.n)
        strlist_add(&t->path, trial_path);
    return dataset_load(&t->ds, &t->q, &notes, &t->eb);
}

void
trial_release(struct trial *t)
{
    dataset_release(&t->ds);
    strlist_release(&t->path);
    strlist_release(&t->where);
    strlist_release(&t->need);
    strlist_release(&t->warnings);
}

void
trial_must_load(struct trial *t)
{
    if (trial_load(t))
        fail_msg("%s", t->eb.text);
}

void
trial_must_say(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" lacks \"%s\"", text, part);
}

void
trial_must_fail(struct trial *t, const char *part)
{
    assert_int_not_equal(trial_load(t), ERR_OK);
    trial_must_say(t->eb.text, part);
    assert_int_equal(t->ds.n_cells, 0);
    assert_null(t->ds.x.indptr);
    trial_release(t);
}

bool
trial_is_warned(const struct trial *t, const char *part)
{
    for (size_t i = 0; i < t->warnings.n; i++)
        if (strstr(t->warnings.item[i], part))
            return true;
    return false;
}

double
trial_value(const struct dataset *ds, size_t cell, size_t gene)
{
    struct csr_row row = csr_row(&ds->x, cell);

    for (size_t k = 0; k < row.n; k++)
        if (row.index[k] == gene)
            return (double)csr_value(&row, k);
    return 0;
}

/* The invariants of struct csr. */
void
trial_expect_sound(const struct dataset *ds)
{
    const struct csr *x = &ds->x;

    assert_int_equal(x->n_rows, ds->n_cells);
    assert_int_equal(x->n_cols, ds->gene_id.n);
    assert_int_equal(ds->gene_name.n, ds->gene_id.n);
    assert_int_equal(ds->cell_id.n, ds->n_cells);
    assert_int_equal(x->indptr[0], 0);
    for (size_t i = 0; i < x->n_rows; i++) {
        struct csr_row row = csr_row(x, i);

        assert_true(!row.code || row.n_dict + row.n / 4 < row.n);
        for (size_t k = 1; k < row.n_dict; k++)
            assert_true(row.value[k] > row.value[k - 1]);
        for (size_t k = 0; k < row.n; k++) {
            assert_true(row.index[k] < x->n_cols);
            assert_true(k == 0 || row.index[k] > row.index[k - 1]);
            assert_true(!row.code || row.code[k] < row.n_dict);
            assert_true(csr_value(&row, k) != 0);
        }
    }
}

double
trial_log_norm(size_t cell, size_t gene, size_t n_genes)
{
    double sum = 0;

    for (size_t j = 0; j < n_genes; j++)
        sum += h5b_atlas_count(cell, j);
    return sum > 0 ? log1p(h5b_atlas_count(cell, gene) * 1e4 / sum) : 0;
}

/* Replace a matrix of the file by rows x TRIAL_G values. */
void
trial_put_matrix(const char *group, const char *name, const double *x, const char *kind)
{
    hid_t file = h5b_edit(trial_path), loc = file;

    if (*group)
        loc = h5_exists(file, group) ? H5Gopen2(file, group, H5P_DEFAULT)
                                     : h5b_group(file, group);
    if (h5_exists(loc, name))
        h5b_delete(loc, name);
    if (strcmp(kind, "dense") == 0)
        h5b_dense(loc, name, H5T_IEEE_F64LE, x, TRIAL_N, TRIAL_G, 0, 0, 0);
    else
        h5b_sparse_of(loc, name, kind, x, TRIAL_N, TRIAL_G);
    if (loc != file)
        H5Gclose(loc);
    H5Fclose(file);
}

void
trial_fill(double *x, double scale, double shift)
{
    for (size_t i = 0; i < TRIAL_N; i++)
        for (size_t j = 0; j < TRIAL_G; j++)
            x[i * TRIAL_G + j] = h5b_atlas_count(i, j) * scale + shift;
}
