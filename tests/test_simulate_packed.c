/* test_simulate_packed.c - a simulated atlas as a packed store is that of the .h5ad. */
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "data/dataset_load.h"
#include "data/obs_column.h"
#include "data/simulate.h"

enum { GENES = 300 };

static void
load(struct dataset *ds, const char *path)
{
    struct strlist data = {0}, none = {0};
    struct notes silent = {0};
    struct errbuf eb = {""};
    const struct dataset_request q = {.path = &data,
                                      .where = &none,
                                      .label = "cell_type",
                                      .layer = "auto",
                                      .normalize = NORMALIZE_AUTO,
                                      .with_matrix = true};

    strlist_add(&data, path);
    if (dataset_load(ds, &q, &silent, &eb))
        fail_msg("%s", eb.text);
    strlist_release(&data);
}

static void
expect_same_texts(const struct strlist *a, const struct strlist *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++)
        assert_string_equal(a->item[i], b->item[i]);
}

/* value (GENES) = a cell by gene, in whatever order the genes lie. */
static void
spread(const struct dataset *ds, size_t i, float *value)
{
    struct csr_row r = csr_row(&ds->x, i);

    memset(value, 0, GENES * sizeof *value);
    for (size_t k = 0; k < r.n; k++)
        value[gene_at(&ds->x.order, r.index[k])] = csr_value(&r, k);
}

static void
expect_same_row(const struct dataset *a, const struct dataset *b, size_t i)
{
    float x[GENES], y[GENES];

    spread(a, i, x);
    spread(b, i, y);
    assert_memory_equal(x, y, sizeof x);
}

/* More cells than are drawn at a time, a chunk that is not full at the end. */
static void
test_simulate__packed_is_the_same_atlas(void **state)
{
    (void)state;
    char *dir = support_tmpdir(), *plain = xasprintf("%s/a.h5ad", dir);
    char *packed = xasprintf("%s/a.hcp", dir);
    struct sim_spec s;
    struct errbuf eb = {""};
    struct dataset a, b;

    sim_spec_init(&s);
    assert_int_equal(sim_spec_set(&s, "cells", "4501", NULL), ERR_OK);
    assert_int_equal(sim_spec_set(&s, "genes", "300", NULL), ERR_OK);
    if (simulate_write(&s, plain, NULL, &eb) || simulate_write(&s, packed, NULL, &eb))
        fail_msg("%s", eb.text);
    load(&a, plain);
    load(&b, packed);
    assert_int_equal(b.n_cells, 4501);
    expect_same_texts(&a.gene_id, &b.gene_id);
    expect_same_texts(&a.gene_name, &b.gene_name);
    expect_same_texts(&a.cell_id, &b.cell_id);
    assert_int_equal(a.n_cols, b.n_cols);
    for (size_t k = 0; k < a.n_cols; k++) {
        const struct obs_column *c = dataset_find_column(&b, a.col[k].name);

        assert_non_null(c);
        expect_same_texts(&a.col[k].levels, &c->levels);
        assert_int_equal(a.col[k].code.width, c->code.width);
        assert_memory_equal(a.col[k].code.at, c->code.at, a.n_cells * c->code.width);
    }
    assert_non_null(dataset_find_column(&b, "is_primary_data"));
    for (size_t i = 0; i < a.n_cells; i++)
        expect_same_row(&a, &b, i);
    dataset_release(&a);
    dataset_release(&b);
    free(plain);
    free(packed);
    support_rmtree(dir);
}

/* The folder is not there, and nothing is left behind. */
static void
test_simulate__packed_that_cannot_be_written(void **state)
{
    (void)state;
    struct sim_spec s;
    struct errbuf eb = {""};

    sim_spec_init(&s);
    assert_int_equal(sim_spec_set(&s, "cells", "100", NULL), ERR_OK);
    assert_int_equal(sim_spec_set(&s, "genes", "50", NULL), ERR_OK);
    assert_int_equal(simulate_write(&s, "/nowhere/a.hcp", NULL, &eb), ERR_NOTFOUND);
    assert_non_null(strstr(eb.text, "/nowhere/a.hcp"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simulate__packed_is_the_same_atlas),
        cmocka_unit_test(test_simulate__packed_that_cannot_be_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
