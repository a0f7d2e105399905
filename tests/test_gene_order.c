/* test_gene_order.c - genes in order of detection, and that nobody outside sees it. */
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "data/csr.h"
#include "data/gene_order.h"
#include "engine/model.h"

enum { CELLS = 40, GENES = 12 };

/* Gene g is in every (g * 5 % GENES + 1)th cell with value g + 1. */
static void
make_cells(struct csr *x)
{
    uint64_t at = 0;

    assert_int_equal(csr_init(x, CELLS, GENES, CELLS * GENES, NULL), ERR_OK);
    for (size_t i = 0; i < CELLS; i++) {
        for (size_t g = 0; g < GENES; g++)
            if (i % (g * 5 % GENES + 1) == 0) {
                x->index[at] = (uint16_t)g;
                x->value[at++] = (float)(g + 1);
            }
        x->indptr[i + 1] = at;
    }
}

static size_t
detected(const struct csr *x, size_t g)
{
    size_t n = 0;

    for (uint64_t k = 0; k < x->indptr[CELLS]; k++)
        n += x->index[k] == g;
    return n;
}

static void
test_gene_order__falls_and_keeps_equal_genes_in_order(void **state)
{
    struct csr x;
    struct gene_order o;

    (void)state;
    make_cells(&x);
    gene_order_count(&o, &x, NULL, CELLS);
    for (size_t p = 0; p < GENES; p++) {
        size_t g = o.gene[p], n = detected(&x, g);

        assert_int_equal(o.place[g], p);
        support_near((double)o.rate[p], (double)n / CELLS, 1e-7);
        if (p > 0) {
            size_t before = detected(&x, o.gene[p - 1]);

            assert_true(before > n || (before == n && o.gene[p - 1] < g));
        }
    }
    gene_order_release(&o);
    csr_release(&x);
}

static void
test_gene_order__only_the_named_cells_count(void **state)
{
    static const uint32_t odd[] = {1, 3, 5};
    struct csr x;
    struct gene_order o;

    (void)state;
    make_cells(&x);
    gene_order_count(&o, &x, odd, 3);
    assert_int_equal(o.gene[0], 0); /* all cells have it */
    support_near((double)o.rate[0], 1, 0);
    support_near((double)o.rate[1], 1. / 3, 1e-7);
    assert_int_equal(o.gene[1], 8); /* every fifth cell has it */
    assert_int_equal(o.gene[2], 10);
    assert_true(o.rate[3] == 0);
    gene_order_release(&o);
    gene_order_count(&o, &x, NULL, 0);
    for (size_t p = 0; p < GENES; p++)
        assert_int_equal(o.gene[p], p);
    gene_order_release(&o);
    csr_release(&x);
}

static void
test_gene_order__applied_keeps_every_value(void **state)
{
    struct csr x, y;

    (void)state;
    make_cells(&x);
    make_cells(&y);
    assert_int_equal(gene_order_own(&x, 2, NULL), ERR_OK);
    assert_int_equal(x.order.D, GENES);
    for (size_t i = 0; i < CELLS; i++) {
        assert_int_equal(x.indptr[i + 1], y.indptr[i + 1]);
        for (uint64_t k = x.indptr[i]; k < x.indptr[i + 1]; k++) {
            assert_true(k == x.indptr[i] || x.index[k] > x.index[k - 1]);
            assert_true(x.value[k] == (float)(gene_at(&x.order, x.index[k]) + 1));
        }
    }
    csr_release(&x);
    csr_release(&y);
}

/* Initial values of a model as PyTorch would list them.  Caller frees. */
static float *
initial(enum model_id id, const struct gene_order *order, size_t *n)
{
    struct spec s;
    struct model_config config;
    struct model *m;

    spec_init(&s);
    assert_int_equal(spec_set(&s, SPEC_ID_model, model_name(id), NULL), ERR_OK);
    assert_int_equal(spec_resolve(&s, NULL), ERR_OK);
    model_config_init(&config, &s, GENES, 3);
    config.order = order;
    assert_int_equal(model_new(&m, &config, NULL), ERR_OK);
    m->ops->init(m, 7);
    *n = model_exported(m);
    float *out = xcalloc(*n, sizeof *out);
    model_export(m, out);
    /* Back in, and out again. */
    float *again = xcalloc(*n, sizeof *again);
    model_import(m, out);
    model_export(m, again);
    assert_memory_equal(again, out, *n * sizeof *out);
    free(again);
    model_free(m);
    spec_release(&s);
    return out;
}

static void
test_gene_order__models_start_and_export_alike(void **state)
{
    struct csr x;
    struct gene_order o;

    (void)state;
    make_cells(&x);
    gene_order_count(&o, &x, NULL, CELLS);
    for (enum model_id id = 0; id < MODEL_COUNT; id++) {
        size_t n, n_ordered;
        float *plain = initial(id, NULL, &n), *ordered = initial(id, &o, &n_ordered);

        assert_int_equal(n, n_ordered);
        assert_memory_equal(plain, ordered, n * sizeof *plain);
        free(plain);
        free(ordered);
    }
    gene_order_release(&o);
    csr_release(&x);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gene_order__falls_and_keeps_equal_genes_in_order),
        cmocka_unit_test(test_gene_order__only_the_named_cells_count),
        cmocka_unit_test(test_gene_order__applied_keeps_every_value),
        cmocka_unit_test(test_gene_order__models_start_and_export_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
