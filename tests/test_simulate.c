/* test_simulate.c - the simulated atlas: options, plan, counts, file. */
#include "tests/support.h"

#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <hdf5.h>

#include "base/digest.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/builtin.h"
#include "data/run_data.h"
#include "data/simulate.h"
#include "data/simulate_counts.h"
#include "data/simulate_plan.h"

static void
set(struct sim_spec *s, const char *name, const char *value)
{
    struct errbuf eb = {""};

    if (sim_spec_set(s, name, value, &eb))
        fail_msg("%s", eb.text);
}

/* 300 cells x 50 genes. */
static struct sim_spec
small(void)
{
    struct sim_spec s;

    sim_spec_init(&s);
    set(&s, "cells", "300");
    set(&s, "genes", "50");
    return s;
}

static void
plan(struct sim_plan *p, const struct sim_spec *s)
{
    struct errbuf eb = {""};

    if (sim_plan_init(p, s, &eb))
        fail_msg("%s", eb.text);
}

/* sha256 of the file the options give. */
static void
file_digest(const struct sim_spec *s, char hex[DIGEST_HEX])
{
    char *dir = support_tmpdir(), *path = xasprintf("%s/a.h5ad", dir);
    struct errbuf eb = {""};
    struct digest d;

    if (simulate_write(s, path, NULL, &eb))
        fail_msg("%s", eb.text);
    digest_init(&d);
    assert_int_equal(digest_add_file(&d, path, NULL), ERR_OK);
    digest_final(&d, hex);
    free(path);
    support_rmtree(dir);
}

static void
expect_refused(const char *name, const char *value, const char *text)
{
    struct sim_spec s = small();
    struct errbuf eb;

    assert_int_equal(sim_spec_set(&s, name, value, &eb), ERR_ARG);
    assert_string_equal(eb.text, text);
}

static void
test_sim_spec__wrong_values_are_named(void **state)
{
    struct sim_spec s = small();
    struct errbuf eb;

    (void)state;
    expect_refused("cells", "0",
                   "--cells '0': give a whole number from 1 to 100000000");
    expect_refused("cells", "3.5",
                   "--cells '3.5': give a whole number from 1 to 100000000");
    expect_refused("skew", "nan", "--skew 'nan': give a number from 0 to 5");
    expect_refused("skew", "1x", "--skew '1x': give a number from 0 to 5");
    expect_refused("skew", "", "--skew '': give a number from 0 to 5");
    expect_refused("granularity", "fine",
                   "--granularity 'fine': give one of mixed|none");
    assert_int_equal(sim_spec_set(&s, "cels", "1", &eb), ERR_ARG);
    assert_non_null(strstr(eb.text, "--cels is no option of the simulator"));
    set(&s, "study-effect", "0.25");
    support_near(s.study_effect, 0.25, 0);
    for (size_t i = 0; sim_item(i); i++)
        assert_true(*sim_item(i)->help);
}

static void
test_sim_spec__limits_are_those_of_the_tables(void **state)
{
    struct sim_spec s = small();
    struct sim_plan p;

    (void)state;
    for (size_t i = 0; sim_item(i); i++)
        if (strcmp(sim_item(i)->name, "genes") == 0)
            assert_int_equal(sim_item(i)->max, builtin_gene_count());
    set(&s, "types", "118");
    set(&s, "tissues", "56");
    plan(&p, &s);
    assert_int_equal(p.n_types, 118);
    assert_true(p.tissue.n <= 56);
    sim_plan_release(&p);
}

static void
test_sim_spec__options_that_contradict_are_refused(void **state)
{
    struct sim_spec s = small();
    struct sim_plan p;
    struct errbuf eb;

    (void)state;
    set(&s, "heldout", "8");
    assert_int_equal(sim_plan_init(&p, &s, &eb), ERR_ARG);
    assert_string_equal(eb.text,
                        "--heldout 8 leaves no study to train on: --studies is 8");
    s = small();
    set(&s, "some_chance", "0.8");
    assert_int_equal(sim_plan_init(&p, &s, &eb), ERR_ARG);
}

static void
test_sim_heldout__names_are_predictable(void **state)
{
    struct sim_spec s = small();
    char *names = sim_heldout_names(&s);
    struct sim_plan p;

    (void)state;
    assert_string_equal(names, "heldout_1,heldout_2");
    free(names);
    plan(&p, &s);
    assert_string_equal(p.study[0].name, "study_01");
    assert_string_equal(p.study[7].name, "heldout_2");
    assert_true(p.study[7].heldout && !p.study[5].heldout);
    sim_plan_release(&p);
    set(&s, "heldout", "0");
    names = sim_heldout_names(&s);
    assert_string_equal(names, "");
    free(names);
}

/* term is a strict ancestor of the type. */
static bool
is_ancestor(const struct sim_type *t, uint32_t term)
{
    for (size_t k = 0; k < t->n_ancestors; k++)
        if (t->ancestor[k] == term)
            return true;
    return false;
}

static void
test_sim_plan__types_live_in_tissues_of_the_table(void **state)
{
    struct sim_spec s = small();
    struct sim_plan p;

    (void)state;
    set(&s, "cells", "3000");
    plan(&p, &s);
    for (size_t i = 0; i < p.n_cells; i++) {
        const char *tissue = p.tissue.item[p.cell[i].tissue];
        uint32_t term = p.type[p.cell[i].type].term;
        bool found = false;

        for (size_t k = 0; k < builtin_tissue_count() && !found; k++)
            found = builtin_tissue(k)->type == term &&
                    strcmp(builtin_tissue(k)->tissue, tissue) == 0;
        assert_true(found);
    }
    sim_plan_release(&p);
}

static void
test_sim_plan__granularity_none_gives_finest_labels(void **state)
{
    struct sim_spec s = small();
    struct sim_plan p;

    (void)state;
    set(&s, "granularity", "none");
    plan(&p, &s);
    for (size_t i = 0; i < p.n_cells; i++)
        assert_int_equal(p.cell[i].label, p.type[p.cell[i].type].term);
    sim_plan_release(&p);
}

/* One study, many cells: for each type no, 30 % or 80 % of the cells carry the name of
 * one ancestor. */
static void
test_sim_plan__a_study_has_one_habit_per_type(void **state)
{
    enum { CELLS = 60000 };
    struct sim_spec s = small();
    struct sim_plan p;
    size_t kinds[3] = {0};

    (void)state;
    set(&s, "studies", "1");
    set(&s, "heldout", "0");
    set(&s, "skew", "0");
    set(&s, "composition", "0");
    set(&s, "cells", "60000");
    plan(&p, &s);
    assert_int_equal(p.n_cells, CELLS);
    for (size_t t = 0; t < p.n_types; t++) {
        double n = 0, coarse = 0;
        uint32_t name = UINT32_MAX;

        for (size_t i = 0; i < p.n_cells; i++) {
            const struct sim_cell *c = &p.cell[i];

            if (c->type != t)
                continue;
            n++;
            if (c->label == p.type[t].term)
                continue;
            assert_true(is_ancestor(&p.type[t], c->label));
            assert_true(name == UINT32_MAX || name == c->label);
            name = c->label;
            coarse++;
        }
        double share = coarse / n;
        size_t kind = share == 0 ? 0 : share < 0.55 ? 1 : 2;
        kinds[kind]++;
        support_near(share, kind == 0 ? 0 : kind == 1 ? 0.3 : 0.8, 0.05);
    }
    assert_true(kinds[0] > 0 && kinds[1] > 0 && kinds[2] > 0);
    sim_plan_release(&p);
}

/* Mean, variance and chance of zero of the inverted distribution. */
static void
test_sim_negative_binomial__moments(void **state)
{
    enum { N = 200000 };
    static const double cases[][2] = {{0.01, 0.5}, {1, 0.5}, {7, 2}, {300, 0.02}};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double mean = cases[c][0], disp = cases[c][1], sum = 0, sum2 = 0, zero = 0;

        for (size_t i = 0; i < N; i++) {
            double k = sim_negative_binomial(mean, disp, ((double)i + 0.5) / N);

            sum += k;
            sum2 += k * k;
            zero += k == 0;
        }
        sum /= N;
        support_near(sum, mean, 0.002 * mean);
        support_near(sum2 / N - sum * sum, mean + disp * mean * mean,
                     0.01 * (mean + disp * mean * mean));
        support_near(zero / N, pow(1 + disp * mean, -1 / disp), 1e-5);
    }
    assert_true(sim_negative_binomial(0, 0.5, 0.999) == 0);
    assert_true(isfinite(sim_negative_binomial(5, 0.5, nextafter(1, 0))));
}

/* How many gene programs belong to one of the two types only. */
static size_t
programs_apart(const struct sim_type *a, const struct sim_type *b)
{
    size_t shared = 0;

    for (size_t k = 0; k < a->n_ancestors; k++)
        shared += is_ancestor(b, a->ancestor[k]);
    return a->n_ancestors + b->n_ancestors - 2 * shared + 2;
}

/* Counts of each type summed over its cells: (n_types, G), caller frees. */
static double *
sum_by_type(const struct sim_plan *p, const struct csr *x)
{
    double *sum = xcalloc(p->n_types * x->n_cols, sizeof *sum);

    for (size_t i = 0; i < x->n_rows; i++) {
        assert_true(x->indptr[i + 1] > x->indptr[i]); /* no empty cell */
        for (uint64_t k = x->indptr[i]; k < x->indptr[i + 1]; k++) {
            assert_true(k == x->indptr[i] || x->index[k] > x->index[k - 1]);
            assert_true(x->value[k] >= 1 && x->value[k] == floorf(x->value[k]));
            sum[p->cell[i].type * x->n_cols + x->index[k]] += (double)x->value[k];
        }
    }
    return sum;
}

/* Variance over genes of the log ratio of two profiles: library sizes cancel. */
static double
distance(const double *a, const double *b, size_t G)
{
    double sum = 0, sum2 = 0;

    for (size_t g = 0; g < G; g++) {
        double d = log((a[g] + 1) / (b[g] + 1));

        sum += d;
        sum2 += d * d;
    }
    return sum2 / (double)G - sum / (double)G * (sum / (double)G);
}

/* Descendants inherit the programs above them: the distance between two types grows
 * with the number of programs that they do not share. */
static void
test_sim_counts__descendants_inherit_programs(void **state)
{
    struct sim_spec s = small();
    struct sim_plan p;
    struct csr x;
    double n = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;

    (void)state;
    set(&s, "cells", "6000");
    set(&s, "genes", "400");
    set(&s, "skew", "0");
    set(&s, "gene_spread", "0.5");
    set(&s, "program-share", "0.3");
    plan(&p, &s);
    assert_int_equal(sim_counts(&p, &x, NULL), ERR_OK);
    double *profile = sum_by_type(&p, &x);
    for (size_t a = 0; a < p.n_types; a++) {
        for (size_t b = 0; b < a; b++) {
            double apart = (double)programs_apart(&p.type[a], &p.type[b]);
            double d =
                distance(profile + a * x.n_cols, profile + b * x.n_cols, x.n_cols);

            n++;
            sx += apart, sxx += apart * apart;
            sy += d, syy += d * d;
            sxy += apart * d;
        }
    }
    double r = (n * sxy - sx * sy) / sqrt((n * sxx - sx * sx) * (n * syy - sy * sy));
    print_message("# correlation of distance and programs not shared: %.3f\n", r);
    assert_true(r > 0.8);
    free(profile);
    csr_release(&x);
    sim_plan_release(&p);
}

/* The strongest effects that the options take are shapes, not overflows: cells keep
 * their library sizes. */
static void
test_sim_counts__strongest_effects(void **state)
{
    static const char *const strongest[] = {
        "program_effect", "study_effect",  "heldout_factor", "assay_effect",
        "donor_effect",   "tissue_effect", "disease_effect"};
    struct sim_spec s = small();
    struct sim_plan p;
    struct csr x;
    double sum = 0;

    (void)state;
    set(&s, "cells", "200");
    set(&s, "genes", "300");
    set(&s, "program_share", "1");
    for (size_t i = 0; i < sizeof strongest / sizeof *strongest; i++)
        set(&s, strongest[i], "10");
    plan(&p, &s);
    assert_int_equal(sim_counts(&p, &x, NULL), ERR_OK);
    for (size_t i = (size_t)p.study[6].first_cell; i < x.n_rows; i++) /* held out */
        for (uint64_t k = x.indptr[i]; k < x.indptr[i + 1]; k++)
            sum += (double)x.value[k];
    assert_true(sum > 300 * (double)(p.study[6].n_cells + p.study[7].n_cells));
    csr_release(&x);
    sim_plan_release(&p);
}

static void
test_simulate_write__seed_decides_every_byte(void **state)
{
    struct sim_spec s = small();
    char a[DIGEST_HEX], b[DIGEST_HEX], other[DIGEST_HEX];

    (void)state;
    file_digest(&s, a);
    file_digest(&s, b);
    assert_string_equal(a, b);
    set(&s, "seed", "1");
    file_digest(&s, other);
    assert_string_not_equal(a, other);
}

static void
test_simulate_write__threads_do_not_matter(void **state)
{
    struct sim_spec s = small();
    char many[DIGEST_HEX], one[DIGEST_HEX];
    cpu_set_t all, single;

    (void)state;
    file_digest(&s, many);
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    CPU_ZERO(&single);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&single) == 0; cpu++)
        if (CPU_ISSET(cpu, &all))
            CPU_SET(cpu, &single);
    assert_int_equal(sched_setaffinity(0, sizeof single, &single), 0);
    file_digest(&s, one);
    sched_setaffinity(0, sizeof all, &all);
    assert_string_equal(many, one);
}

static hsize_t
length_of(hid_t file, const char *name)
{
    hid_t d = H5Dopen2(file, name, H5P_DEFAULT);
    assert_true(d >= 0);
    hid_t space = H5Dget_space(d);
    hsize_t n = (hsize_t)H5Sget_simple_extent_npoints(space);

    H5Sclose(space);
    H5Dclose(d);
    return n;
}

static void
test_simulate_write__file_has_the_parts_of_an_h5ad(void **state)
{
    struct sim_spec s = small();
    char *dir = support_tmpdir(), *path = xasprintf("%s/a.h5ad", dir);

    (void)state;
    support_write(path, "what was there before");
    assert_int_equal(simulate_write(&s, path, NULL, NULL), ERR_OK);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    assert_int_equal(length_of(file, "X/indptr"), 301);
    assert_int_equal(length_of(file, "X/data"), length_of(file, "X/indices"));
    assert_int_equal(length_of(file, "obs/_index"), 300);
    assert_int_equal(length_of(file, "obs/cell_type/codes"), 300);
    assert_int_equal(length_of(file, "obs/is_primary_data"), 300);
    assert_int_equal(length_of(file, "var/feature_name"), 50);
    assert_int_equal(length_of(file, "uns/simulator/seed"), 1);
    H5Fclose(file);
    free(path);
    support_rmtree(dir);
}

/* What the reader makes of the file is what was drawn. */
static void
test_simulate_write__reader_finds_what_was_drawn(void **state)
{
    struct sim_spec s = small();
    char *dir = support_tmpdir(), *path = xasprintf("%s/a.h5ad", dir);
    struct errbuf eb = {""};
    struct sim_plan p;
    struct csr x;
    struct spec spec;
    struct run_data rd;

    (void)state;
    assert_int_equal(simulate_write(&s, path, NULL, NULL), ERR_OK);
    plan(&p, &s);
    assert_int_equal(sim_counts(&p, &x, NULL), ERR_OK);
    spec_init(&spec);
    assert_int_equal(spec_set(&spec, SPEC_ID_data, path, NULL), ERR_OK);
    assert_int_equal(spec_set(&spec, SPEC_ID_normalize, "none", NULL), ERR_OK);
    assert_int_equal(
        spec_set(&spec, SPEC_ID_ood, "dataset_id=heldout_1,heldout_2", NULL), ERR_OK);
    if (run_data_load(&rd, &spec, RUN_DATA_FULL, NULL, &eb))
        fail_msg("%s", eb.text);
    assert_int_equal(rd.ds.n_cells, 300);
    assert_string_equal(rd.ds.gene_id.item[0], "ENSG00000000003");
    assert_string_equal(rd.ds.gene_name.item[0], "TSPAN6");
    assert_int_equal(rd.classes.unknown.n, 0);
    assert_int_equal(rd.n_part[PART_OOD], p.study[6].n_cells + p.study[7].n_cells);
    assert_int_equal(gene_order_apply(&rd.ds.x.order, &x, NULL, NULL), ERR_OK);
    assert_memory_equal(rd.ds.x.indptr, x.indptr, 301 * sizeof *x.indptr);
    assert_memory_equal(rd.ds.x.index, x.index, x.indptr[300] * sizeof *x.index);
    for (size_t i = 0; i < 300; i++) {
        struct csr_row got = csr_row(&rd.ds.x, i), want = csr_row(&x, i);

        for (size_t k = 0; k < want.n; k++)
            assert_true(csr_value(&got, k) == want.value[k]);
    }
    for (size_t i = 0; i < 300; i++)
        assert_string_equal(rd.classes.name.item[rd.y[i]],
                            p.onto.term[p.cell[i].label].name);
    run_data_release(&rd);
    spec_release(&spec);
    csr_release(&x);
    sim_plan_release(&p);
    free(path);
    support_rmtree(dir);
}

static void
test_simulate_write__a_missing_folder_is_named(void **state)
{
    struct sim_spec s = small();
    struct errbuf eb;

    (void)state;
    assert_int_equal(simulate_write(&s, "/nonexistent/a.h5ad", NULL, &eb),
                     ERR_NOTFOUND);
    assert_string_equal(eb.text,
                        "cannot create /nonexistent/a.h5ad: No such file or directory");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sim_spec__wrong_values_are_named),
        cmocka_unit_test(test_sim_spec__limits_are_those_of_the_tables),
        cmocka_unit_test(test_sim_spec__options_that_contradict_are_refused),
        cmocka_unit_test(test_sim_heldout__names_are_predictable),
        cmocka_unit_test(test_sim_plan__types_live_in_tissues_of_the_table),
        cmocka_unit_test(test_sim_plan__granularity_none_gives_finest_labels),
        cmocka_unit_test(test_sim_plan__a_study_has_one_habit_per_type),
        cmocka_unit_test(test_sim_negative_binomial__moments),
        cmocka_unit_test(test_sim_counts__descendants_inherit_programs),
        cmocka_unit_test(test_sim_counts__strongest_effects),
        cmocka_unit_test(test_simulate_write__seed_decides_every_byte),
        cmocka_unit_test(test_simulate_write__threads_do_not_matter),
        cmocka_unit_test(test_simulate_write__file_has_the_parts_of_an_h5ad),
        cmocka_unit_test(test_simulate_write__reader_finds_what_was_drawn),
        cmocka_unit_test(test_simulate_write__a_missing_folder_is_named),
    };

    return cmocka_run_group_tests_name("simulate", tests, NULL, NULL);
}
