/* test_probe.c - foreign files read by a child that may die, and plans for the queue. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "run/queue_plan.h"
#include "tests/run_lab.h"
#include "tests/support.h"

static struct run_lab lab;

static int
setup(void **state)
{
    (void)state;
    run_lab_open(&lab);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    run_lab_close(&lab);
    return 0;
}

static void
spec_of(struct spec *s, const char *text, const char *path)
{
    struct errbuf eb = {""};

    spec_init(s);
    if (spec_read(s, text, &eb) || spec_set(s, SPEC_ID_data, path, &eb) ||
        spec_resolve(s, &eb))
        fail_msg("%s", eb.text);
}

static enum err
probe_path(const char *path, enum probe_mode mode, struct probe_result *r,
           struct errbuf *eb)
{
    struct spec s;

    spec_of(&s, "split_by=cell\n", path);
    enum err e = probe_run(NULL, &s, mode, r, eb);
    spec_release(&s);
    return e;
}

static void
test_probe__tells_what_is_there(void **state)
{
    struct probe_result r;
    struct errbuf eb = {""};
    size_t sum = 0, labels = 0;

    (void)state;
    if (probe_path(lab.data, PROBE_INFO, &r, &eb))
        fail_msg("%s", eb.text);
    for (size_t i = 0; i < PART_COUNT; i++)
        sum += r.n_part[i];
    for (size_t i = 0; i < r.n_labels; i++)
        labels += r.label[i].n;
    assert_true(r.n_cells > 0);
    assert_int_equal(sum, r.n_cells);
    assert_int_equal(labels, r.n_cells);
    assert_int_equal(r.n_labels, r.n_classes);
    assert_true(r.n_facets > 0 && r.memory_bytes > 0 && r.nnz > 0);
    assert_int_equal(r.n_files, 1);
    assert_string_equal(r.file[0].path, lab.data);
    assert_int_equal(strlen(r.data_digest), DIGEST_HEX - 1);
    assert_string_equal(r.eval[0].name, "id");
    for (size_t i = 1; i < r.n_labels; i++)
        assert_true(r.label[i - 1].n >= r.label[i].n);
    probe_result_release(&r);
}

static void
test_probe__says_the_same_to_the_queue(void **state)
{
    struct probe_result a, b;

    (void)state;
    assert_int_equal(probe_path(lab.data, PROBE_INFO, &a, NULL), ERR_OK);
    assert_int_equal(probe_path(lab.data, PROBE_QUEUE, &b, NULL), ERR_OK);
    assert_string_equal(a.data_digest, b.data_digest);
    assert_string_equal(a.split_digest, b.split_digest);
    assert_string_equal(a.class_digest, b.class_digest);
    assert_string_equal(a.eval[0].digest, b.eval[0].digest);
    assert_int_equal(b.n_facets, 0);
    probe_result_release(&a);
    probe_result_release(&b);
}

static void
test_probe__passes_errors_on(void **state)
{
    char path[PATH_MAX + 16];
    struct probe_result r;
    struct errbuf eb = {""};

    (void)state;
    snprintf(path, sizeof path, "%s.absent", lab.data);
    assert_int_equal(probe_path(path, PROBE_INFO, &r, &eb), ERR_NOTFOUND);
    assert_non_null(strstr(eb.text, path));
    snprintf(path, sizeof path, "%s/text.h5ad", lab.dir);
    support_write(path, "no HDF5 at all\n");
    assert_int_equal(probe_path(path, PROBE_INFO, &r, &eb), ERR_FORMAT);
    assert_non_null(strstr(eb.text, path));
}

static void
test_probe__survives_a_crash_of_the_reader(void **state)
{
    struct probe_result r;
    struct errbuf eb = {""};

    (void)state;
    setenv("RUN_LAB_CRASH", "1", 1);
    assert_int_equal(probe_path(lab.data, PROBE_QUEUE, &r, &eb), ERR_CHILD);
    unsetenv("RUN_LAB_CRASH");
    assert_non_null(strstr(eb.text, "signal 6"));
    assert_non_null(strstr(eb.text, lab.data));
    assert_int_equal(r.n_evals, 0);
}

static const char *
param(const struct store_new_run *run, const char *name)
{
    for (size_t i = 0; i < run->n_params; i++)
        if (strcmp(run->param[i].name, name) == 0)
            return run->param[i].value;
    return NULL;
}

static void
make_plan(struct queue_plan *p, const char *text, const char *path,
          const struct queue_axes *axes)
{
    struct spec s;
    struct errbuf eb = {""};

    spec_of(&s, text, path);
    if (queue_plan_make(p, NULL, &s, axes, &eb))
        fail_msg("%s", eb.text);
    spec_release(&s);
}

static void
test_plan__is_the_cross_product(void **state)
{
    static const enum loss_id loss[] = {LOSS_ce, LOSS_hce};
    static const uint32_t seed[] = {0, 7, 2};
    struct queue_axes axes = {
        .loss = loss, .n_losses = 2, .seed = seed, .n_seeds = 3, .priority = 5};
    struct queue_plan p;

    (void)state;
    make_plan(&p, "split_by=cell\n", lab.data, &axes);
    assert_int_equal(p.n, 6);
    assert_string_equal(p.run[0].name, "linear-ce-s0");
    assert_string_equal(p.run[3].name, "linear-hce-s7");
    for (size_t i = 0; i < p.n; i++) {
        assert_string_equal(p.run[i].experiment, "atlas");
        assert_string_equal(p.run[i].pair_key, p.run[0].pair_key);
        assert_int_equal(p.run[i].priority, 5);
        assert_string_equal(param(&p.run[i], "experiment"), "atlas");
        assert_string_equal(param(&p.run[i], "data"), lab.data);
        assert_string_equal(param(&p.run[i], "loss"), p.run[i].loss);
        assert_true(p.run[i].memory_bytes > 0 && p.run[i].n_evals == 1);
    }
    assert_int_equal(atoi(param(&p.run[4], "seed")), 2);
    queue_plan_release(&p);
}

static void
test_plan__makes_paths_absolute(void **state)
{
    struct queue_axes none = {0};
    struct queue_plan p;
    char cwd[PATH_MAX], link[PATH_MAX + 16];

    (void)state;
    snprintf(link, sizeof link, "%s/link.h5ad", lab.dir);
    assert_int_equal(symlink("atlas.h5ad", link), 0);
    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_int_equal(chdir(lab.dir), 0);
    make_plan(&p, "split_by=cell\nname=mine\nexperiment=e\nloss=hce\nseed=3\n",
              "./link.h5ad", &none);
    assert_int_equal(chdir(cwd), 0);
    assert_int_equal(p.n, 1);
    assert_string_equal(param(&p.run[0], "data"), lab.data);
    assert_string_equal(p.run[0].name, "mine");
    assert_string_equal(p.run[0].experiment, "e");
    assert_string_equal(p.run[0].loss, "hce");
    assert_int_equal(p.run[0].seed, 3);
    queue_plan_release(&p);
}

static void
test_probe__has_a_limit_of_computing(void **state)
{
    struct rlimit was, is;
    struct spec s;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_CPU, &was), 0);
    spec_init(&s);
    assert_int_equal(spec_set(&s, SPEC_ID_data, lab.data, NULL), ERR_OK);
    uint64_t limit = probe_limit_cpu(&s);
    assert_int_equal(getrlimit(RLIMIT_CPU, &is), 0);
    assert_int_equal(setrlimit(RLIMIT_CPU, &was), 0);
    assert_true(limit >= 30 && limit < 120);
    assert_int_equal(is.rlim_cur, limit);
    spec_release(&s);
}

static void
test_plan__warns_where_hce_equals_ce(void **state)
{
    static const enum loss_id loss[] = {LOSS_ce, LOSS_hce};
    struct queue_axes ce = {.loss = loss, .n_losses = 1},
                      both = {.loss = loss, .n_losses = 2};
    struct queue_plan p;

    (void)state;
    /* Assays are no cell types: no class is an ancestor of another. */
    make_plan(&p, "split_by=cell\nlabel=assay\n", lab.data, &ce);
    size_t n_ce = p.warnings.n;
    queue_plan_release(&p);
    make_plan(&p, "split_by=cell\nlabel=assay\n", lab.data, &both);
    assert_int_equal(p.warnings.n, n_ce); /* said once, for all */
    size_t n_said = 0;
    for (size_t i = 0; i < p.warnings.n; i++)
        n_said += strstr(p.warnings.item[i], "HCE equals CE") != NULL;
    assert_int_equal(n_said, 1);
    queue_plan_release(&p);
}

static void
test_plan__needs_data_that_exist(void **state)
{
    struct queue_axes none = {0};
    struct queue_plan p;
    struct spec s;
    struct errbuf eb = {""};

    (void)state;
    spec_init(&s);
    assert_int_equal(queue_plan_make(&p, NULL, &s, &none, &eb), ERR_ARG);
    assert_non_null(strstr(eb.text, "--data"));
    assert_int_equal(spec_set(&s, SPEC_ID_data, "/nowhere/x.h5ad", NULL), ERR_OK);
    assert_int_equal(queue_plan_make(&p, NULL, &s, &none, &eb), ERR_NOTFOUND);
    assert_non_null(strstr(eb.text, "/nowhere/x.h5ad"));
    assert_int_equal(p.n, 0);
    spec_release(&s);
}

static void
test_plan__queues_all_or_what_is_needed(void **state)
{
    static const uint32_t seed[] = {0, 1, 2};
    struct queue_axes two = {.seed = seed, .n_seeds = 2},
                      three = {.seed = seed, .n_seeds = 3};
    struct queue_plan p;
    struct store *s;

    (void)state;
    run_lab_new_store(&lab);
    assert_int_equal(store_open(&s, lab.store, STORE_CREATE, NULL), ERR_OK);
    make_plan(&p, "split_by=cell\n", lab.data, &two);
    assert_int_equal(queue_plan_add(&p, s, false, NULL), ERR_OK);
    int64_t first = p.id[0];
    queue_plan_release(&p);

    make_plan(&p, "split_by=cell\n", lab.data, &three);
    assert_int_equal(queue_plan_check(&p, s, NULL), ERR_OK);
    assert_int_equal(p.existing[0], first);
    assert_int_equal(p.existing[2], 0);
    assert_int_equal(queue_plan_add(&p, s, true, NULL), ERR_OK);
    assert_int_equal(p.id[0], 0);
    assert_int_equal(p.id[1], 0);
    assert_true(p.id[2] > first);
    queue_plan_release(&p);
    store_close(s);
    assert_string_equal(run_lab_sql(&lab, "SELECT count(*) FROM run_summary"), "3");
}

int
main(int argc, char **argv)
{
    int status;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probe__tells_what_is_there),
        cmocka_unit_test(test_probe__says_the_same_to_the_queue),
        cmocka_unit_test(test_probe__passes_errors_on),
        cmocka_unit_test(test_probe__survives_a_crash_of_the_reader),
        cmocka_unit_test(test_plan__is_the_cross_product),
        cmocka_unit_test(test_plan__makes_paths_absolute),
        cmocka_unit_test(test_probe__has_a_limit_of_computing),
        cmocka_unit_test(test_plan__warns_where_hce_equals_ce),
        cmocka_unit_test(test_plan__needs_data_that_exist),
        cmocka_unit_test(test_plan__queues_all_or_what_is_needed),
    };

    if (run_lab_command(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("probe", tests, setup, teardown);
}
