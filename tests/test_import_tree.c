/* test_import_tree.c - the tree of tests/import/tree, written by PyYAML, pandas,
 * scikit-learn and others, is imported: every number of expected_*.csv is found, and
 * nothing else. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "exchange/csv_table.h"
#include "tests/support.h"
#include "transfer/import_tree.h"

static const double close_enough = 1e-12;   /* sums in another order */
static const double clock_tolerance = 1e-5; /* s; differences of times since 1970 */

struct lab {
    char *dir, *tree; /* owned */
    struct store *s;
    struct import_report report;
    struct errbuf eb;
};

static char *
tree_path(const char *below)
{
    const char *srcdir = getenv("srcdir");

    return xasprintf("%s/tests/import/tree/%s", srcdir ? srcdir : ".", below);
}

static void
import(struct lab *l, const char *path)
{
    import_report_release(&l->report);
    if (import_tree(l->s, path, &(struct import_wish){0}, &l->report, &l->eb))
        fail_msg("%s", l->eb.text);
}

static int
open_lab(void **state)
{
    struct lab *l = xcalloc(1, sizeof *l);

    l->dir = support_tmpdir();
    char *path = xasprintf("%s/store.db", l->dir);
    if (store_open(&l->s, path, STORE_CREATE, &l->eb))
        fail_msg("%s", l->eb.text);
    free(path);
    l->tree = tree_path("tb_logs");
    *state = l;
    return 0;
}

static int
close_lab(void **state)
{
    struct lab *l = *state;

    store_close(l->s);
    import_report_release(&l->report);
    support_rmtree(l->dir);
    free(l->tree);
    free(l);
    return 0;
}

/* --- comparing rows of a query with rows of a file --- */

struct comparison {
    struct csv_table want;
    size_t n_keys;      /* first columns, which tell rows apart */
    struct intern *key; /* of want */
    bool *found;
    double tolerance;
    size_t n;
};

static void
join_key(struct strbuf *sb, size_t n, const char *const *value)
{
    strbuf_reset(sb);
    for (size_t i = 0; i < n; i++)
        strbuf_addf(sb, "%s\x1f", value[i] ? value[i] : "");
}

static double
number(const char *text)
{
    return text && *text ? strtod(text, NULL) : (double)NAN;
}

static bool
compare_row(void *ctx, size_t n, const char *const *name, const char *const *value,
            const char *type)
{
    struct comparison *c = ctx;
    struct strbuf key = {0};

    (void)type;
    assert_int_equal(n, c->want.column.n);
    join_key(&key, c->n_keys, value);
    size_t at = intern_find(c->key, strbuf_str(&key));
    if (at == SIZE_MAX || c->found[at])
        fail_msg("row %s: %s", strbuf_str(&key),
                 at == SIZE_MAX ? "not expected" : "twice");
    c->found[at] = true;
    for (size_t i = c->n_keys; i < n; i++) {
        const char *text = csv_table_get(&c->want, at, i);
        double a = number(value[i]), b = number(text);

        double tolerance =
            strcmp(name[i], "wall_s") == 0 ? clock_tolerance : c->tolerance;
        if (isnan(a) ? !isnan(b) : !(fabs(a - b) <= tolerance))
            fail_msg("row %s: %s is %s, not %s", strbuf_str(&key), name[i],
                     value[i] ? value[i] : "NULL", text);
    }
    strbuf_release(&key);
    c->n++;
    return true;
}

static void
read_keys(struct comparison *c)
{
    struct strbuf key = {0};
    const char *value[32];

    c->key = intern_new();
    c->found = xcalloc(c->want.n_rows, sizeof *c->found);
    for (size_t row = 0; row < c->want.n_rows; row++) {
        for (size_t i = 0; i < c->n_keys; i++)
            value[i] = csv_table_get(&c->want, row, i);
        join_key(&key, c->n_keys, value);
        assert_int_equal(intern_add(c->key, strbuf_str(&key)), row);
    }
    strbuf_release(&key);
}

/* The rows of sql are those of a file, which has n_keys columns that tell rows apart. */
static void
expect(struct lab *l, const char *sql, const char *file, size_t n_keys,
       double tolerance)
{
    struct comparison c = {.n_keys = n_keys, .tolerance = tolerance};
    char *path = tree_path(file);

    if (csv_table_read(&c.want, path, &l->eb))
        fail_msg("%s", l->eb.text);
    read_keys(&c);
    if (store_query(l->s, sql, NULL, 0, compare_row, &c, &l->eb))
        fail_msg("%s", l->eb.text);
    for (size_t i = 0; i < c.want.n_rows; i++)
        if (!c.found[i])
            fail_msg("%s: row %zu is not there: %s", file, i + 2,
                     intern_text(c.key, i));
    assert_true(c.n > 5);
    csv_table_release(&c.want);
    intern_free(c.key);
    free(c.found);
    free(path);
}

/* --- everything is there --- */

static void
test_import__every_number_is_found(void **state)
{
    struct lab *l = *state;

    import(l, l->tree);
    expect(l,
           "SELECT r.name, f.evaluation, f.rule, f.facet, f.label,"
           " COALESCE(f.class, ''), f.precision, f.recall, f.f1, f.f1_weighted,"
           " f.f1_micro, f.accuracy, f.support, f.n_classes"
           " FROM f1 AS f JOIN run_summary AS r ON r.run_id = f.run_id",
           "expected_f1.csv", 6, close_enough);
    expect(l,
           "SELECT r.name, a.evaluation, a.rule, a.facet, a.label, a.average,"
           " a.precision, a.recall, a.f1"
           " FROM f1_average AS a JOIN run_summary AS r ON r.run_id = a.run_id",
           "expected_averages.csv", 6, 0);
    expect(l,
           "SELECT r.name, c.evaluation, c.true_label, c.predicted_label, c.n"
           " FROM confusion AS c JOIN run_summary AS r ON r.run_id = c.run_id",
           "expected_confusions.csv", 4, 0);
    expect(l,
           "SELECT r.name, c.metric, c.step, c.epoch, c.wall_s, c.value"
           " FROM curve AS c JOIN run_summary AS r ON r.run_id = c.run_id",
           "expected_curves.csv", 4, 0);
    expect(l,
           "SELECT r.name, r.model, r.loss, r.seed, r.n_train, r.n_val, r.best_epoch,"
           " r.step, CAST(p.value AS REAL), r.max_epochs"
           " FROM run_summary AS r JOIN run_source_param AS p ON p.run_id = r.run_id"
           " AND p.name = 'learning_rate'",
           "expected_runs.csv", 4, 0);
}

static bool
take_text(void *ctx, size_t n, const char *const *name, const char *const *value,
          const char *type)
{
    (void)n;
    (void)name;
    (void)type;
    free(*(char **)ctx);
    *(char **)ctx = xstrdup(value[0] ? value[0] : "NULL");
    return true;
}

/* The last row's first column.  Caller frees. */
static char *
cell(struct lab *l, const char *sql)
{
    char *text = xstrdup("no row");

    if (store_query(l->s, sql, NULL, 0, take_text, &text, &l->eb))
        fail_msg("%s: %s", sql, l->eb.text);
    return text;
}

static void
cell_is(struct lab *l, const char *sql, const char *want)
{
    char *text = cell(l, sql);

    assert_string_equal(text, want);
    free(text);
}

static void
test_import__says_what_it_is(void **state)
{
    struct lab *l = *state;

    import(l, l->tree);
    cell_is(l, "SELECT COUNT(*) FROM curve WHERE nonfinite = 1", "7");
    cell_is(l,
            "SELECT COUNT(*) FROM run_summary WHERE origin = 'imported'"
            " AND state = 'succeeded' AND source_path LIKE '%/default/version_%'",
            "7");
    cell_is(l, "SELECT DISTINCT origin FROM f1", "imported");
    cell_is(l, "SELECT DISTINCT averages_over FROM curve WHERE metric = 'val_f1_macro'",
            "truth or predicted");
    cell_is(l, "SELECT value FROM run_source_param WHERE name = 'optimizer' LIMIT 1",
            "torch.optim.adamw.AdamW");
    cell_is(l,
            "SELECT COUNT(DISTINCT run_id) FROM run_source_checkpoint"
            " WHERE score > 0.5 AND epoch BETWEEN 3 AND 4",
            "7");
    cell_is(l, "SELECT COUNT(*) FROM run_label WHERE run_id = 1", "164");
    /* CE and HCE of a model with the same settings are one pair: seeds 3 and 4. */
    cell_is(l,
            "SELECT n_pairs FROM comparison WHERE model = 'linear'"
            " AND evaluation = 'ood' AND rule = 'hierarchy' AND facet = 'all'",
            "2");
    cell_is(l, "SELECT COUNT(DISTINCT pair_key) FROM run_summary", "3");
}

/* --- twice, elsewhere, grown, broken --- */

static size_t
count_runs(const struct lab *l, enum import_outcome o)
{
    return import_report_count(&l->report, o, "run");
}

static void
copy_tree(const struct lab *l, const char *to)
{
    char *command = xasprintf("cp -r '%s' '%s' && chmod -R u+w '%s'", l->tree, to, to);

    assert_int_equal(system(command), 0);
    free(command);
}

static void
test_import__twice_changes_nothing(void **state)
{
    struct lab *l = *state;
    char *elsewhere = xasprintf("%s/other name", l->dir);

    import(l, l->tree);
    assert_int_equal(count_runs(l, IMPORT_ADDED), 7);
    char *change = cell(l, "SELECT COUNT(*) || ' ' || group_concat(uuid)"
                           " FROM (SELECT uuid FROM run_summary ORDER BY run_id)");
    import(l, l->tree);
    assert_int_equal(count_runs(l, IMPORT_UNCHANGED), 7);
    assert_int_equal(count_runs(l, IMPORT_ADDED), 0);
    copy_tree(l, elsewhere);
    import(l, elsewhere);
    assert_int_equal(count_runs(l, IMPORT_UNCHANGED), 7);
    cell_is(l,
            "SELECT COUNT(*) || ' ' || group_concat(uuid)"
            " FROM (SELECT uuid FROM run_summary ORDER BY run_id)",
            change);
    free(change);
    free(elsewhere);
}

/* A folder of linear/default/version_0 without its event files.  Caller frees. */
static char *
copy_without_events(const struct lab *l, const char *name)
{
    char *to = xasprintf("%s/%s/linear/default/version_0", l->dir, name);
    char *command =
        xasprintf("mkdir -p '%s' && cp -r '%s/linear/default/version_0/.' '%s' && "
                  "chmod -R u+w '%s' && rm '%s'/events* && rm -r '%s/checkpoints'",
                  to, l->tree, to, to, to, to);

    assert_int_equal(system(command), 0);
    free(command);
    return to;
}

static const char other_scores[] = ",f1-score,support\nmacro avg,.75,12\n";

/* Two runs of the same parameters, of which only results are there. */
static void
test_import__results_tell_runs_without_curves_apart(void **state)
{
    struct lab *l = *state;
    char *a = copy_without_events(l, "a"), *b = copy_without_events(l, "b");
    char *again = copy_without_events(l, "c");
    char *table = xasprintf("%s/sctab_test/linear_overall_metrics.csv", b);
    char *as_b = xasprintf("%s/sctab_test/linear_overall_metrics.csv", again);
    char *tree_a = xasprintf("%s/a", l->dir), *tree_b = xasprintf("%s/b", l->dir);
    char *tree_c = xasprintf("%s/c", l->dir);

    support_write(table, other_scores);
    support_write(as_b, other_scores);
    import(l, tree_a);
    assert_int_equal(count_runs(l, IMPORT_ADDED), 1);
    import(l, tree_b);
    assert_int_equal(count_runs(l, IMPORT_ADDED), 1);
    import(l, tree_c);
    assert_int_equal(count_runs(l, IMPORT_UNCHANGED), 1);
    import(l, tree_a);
    assert_int_equal(count_runs(l, IMPORT_UNCHANGED), 1);
    cell_is(l, "SELECT COUNT(DISTINCT uuid) FROM run_summary", "2");
    free(a);
    free(tree_a);
    free(tree_b);
    free(tree_c);
    free(b);
    free(again);
    free(table);
    free(as_b);
}

static bool
says(const struct lab *l, enum import_outcome o, const char *path, const char *detail)
{
    for (size_t i = 0; i < l->report.n; i++) {
        const struct import_row *r = &l->report.row[i];

        if (r->outcome == o && strstr(r->path, path) && strstr(r->detail, detail))
            return true;
    }
    return false;
}

/* Numbers of 130 cells and of 99999 are not one evaluation. */
static void
test_import__predictions_of_other_cells_are_not_taken(void **state)
{
    struct lab *l = *state;
    char *copy = xasprintf("%s/copy", l->dir);
    char *in = xasprintf("%s/linear_hierarchical_loss/default/version_0", copy);
    char *table = xasprintf("%s/linear_overall_metrics.csv", in);
    char *remove = xasprintf("rm '%s'/linear_*.csv", in);

    copy_tree(l, copy);
    assert_int_equal(system(remove), 0);
    support_write(table, ",precision,recall,f1-score,support\n"
                         "macro avg,.5,.5,.5,99999\n");
    import(l, in);
    assert_true(
        says(l, IMPORT_NOT_TAKEN, "linear_detailed_results.parquet", "all 'all' has "));
    assert_true(says(l, IMPORT_NOT_TAKEN, "linear_detailed_results.parquet",
                     "and a support of 99999 there"));
    cell_is(l,
            "SELECT COUNT(*) || ' ' || MAX(support) FROM f1 JOIN run_summary AS r"
            " ON r.run_id = f1.run_id WHERE r.name = 'linear-hce-s3'"
            " AND f1.evaluation = 'ood'",
            "1 99999");
    free(copy);
    free(in);
    free(table);
    free(remove);
}

static void
test_import__classes_that_do_not_add_up_are_noted(void **state)
{
    struct lab *l = *state;
    char *copy = xasprintf("%s/copy", l->dir);
    char *table =
        xasprintf("%s/linear/default/version_0/linear_per_class_metrics.csv", copy);

    copy_tree(l, copy);
    import(l, copy);
    for (size_t i = 0; i < l->report.n; i++)
        assert_string_not_equal(l->report.row[i].kind, "sum");
    support_write(table, ",precision,recall,f1-score,support\n0,.5,.5,.5,7\n"
                         "1,.5,.5,.5,8\n");
    import(l, copy);
    assert_true(says(l, IMPORT_NOT_TAKEN, "linear/default/version_0",
                     "the supports of its classes add up to 15, its own is "));
    assert_int_equal(count_runs(l, IMPORT_UPDATED), 1);
    cell_is(l,
            "SELECT COUNT(*) FROM f1_by_class WHERE run_id = 1 AND evaluation = 'ood'",
            "2");
    free(copy);
    free(table);
}

/* Stores have these. */
static void
test_import__runs_keep_their_uuids(void **state)
{
    struct lab *l = *state;

    import(l, l->tree);
    cell_is(l,
            "SELECT group_concat(name || ' ' || uuid, char(10))"
            " FROM (SELECT name, uuid FROM run_summary ORDER BY name)",
            "linear-ce-s3 f989d03c-3df9-819d-aa06-a9bbc695ccde\n"
            "linear-ce-s4 a1b85006-c1d6-8cc0-a30a-f6b9ab03604a\n"
            "linear-hce-s3 7c233a84-becc-8994-aeb0-72817f6ed6f6\n"
            "linear-hce-s4 951665a0-b905-8c81-ade7-87af0dda4c47\n"
            "mlp-ce-s0 e5105612-0579-8b1f-a780-9f0413df0e5a\n"
            "mlp-hce-s2 6f96ab68-4454-8151-a4e1-0dea180b67eb\n"
            "tabnet-hce-s7 149213a6-de22-87fa-ac04-51badf79a901");
}

static void
test_import__a_folder_that_grew_renews_its_run(void **state)
{
    struct lab *l = *state;
    char *copy = xasprintf("%s/copy", l->dir);
    char *in =
        xasprintf("%s/linear/default/version_0/linear_overall_metrics.csv", copy);
    char *away = xasprintf("%s/away", l->dir);

    copy_tree(l, copy);
    assert_int_equal(rename(in, away), 0);
    import(l, copy);
    cell_is(l,
            "SELECT COUNT(*) FROM f1_overall WHERE run_id = 1 AND evaluation = 'ood'",
            "0");
    assert_int_equal(rename(away, in), 0);
    import(l, copy);
    assert_int_equal(count_runs(l, IMPORT_UPDATED), 1);
    assert_int_equal(count_runs(l, IMPORT_UNCHANGED), 6);
    cell_is(l,
            "SELECT COUNT(*) FROM f1_overall WHERE run_id = 1 AND evaluation = 'ood'",
            "1");
    cell_is(l, "SELECT COUNT(*) FROM run_summary", "7");
    free(copy);
    free(in);
    free(away);
}

static void
test_import__what_cannot_be_read_is_listed(void **state)
{
    struct lab *l = *state;
    char *copy = xasprintf("%s/copy", l->dir);
    char *csv =
        xasprintf("%s/linear/default/version_0/linear_per_class_metrics.csv", copy);
    char *yaml = xasprintf("%s/mlp/default/version_0/hparams.yaml", copy);
    char *parquet = xasprintf("%s/linear_hierarchical_loss/default/version_0/"
                              "linear_detailed_results.parquet",
                              copy);

    copy_tree(l, copy);
    support_write(csv,
                  ",precision,recall,f1-score,support\n0,.5,.5,.5,7\n1,.5,x,.5,7\n");
    support_write(yaml, "learning_rate: [1\n");
    assert_int_equal(truncate(parquet, 5000), 0);
    import(l, copy);
    assert_true(says(l, IMPORT_UNREADABLE, "per_class_metrics.csv",
                     "row 3, column 'recall': 'x' is no number"));
    assert_true(
        says(l, IMPORT_UNREADABLE, "mlp/default/version_0/hparams.yaml", "line"));
    assert_true(says(l, IMPORT_UNREADABLE, "mlp/default/version_0", "parameters"));
    assert_true(says(l, IMPORT_UNREADABLE, "detailed_results.parquet", ""));
    assert_int_equal(count_runs(l, IMPORT_ADDED), 6);
    /* Nothing of the damaged table, not even its first row; the others are whole. */
    cell_is(l,
            "SELECT COUNT(*) FROM f1_by_class WHERE run_id = 1 AND evaluation = 'ood'",
            "0");
    cell_is(l,
            "SELECT COUNT(*) > 0 FROM f1_by_tissue"
            " WHERE run_id = 1 AND evaluation = 'ood'",
            "1");
    cell_is(l, "SELECT COUNT(*) FROM run_summary WHERE model = 'mlp' AND loss = 'ce'",
            "0");
    free(copy);
    free(csv);
    free(yaml);
    free(parquet);
}

/* Tables of the same groups, of a column that is not among the standard ones, and of an
 * evaluation of another name. */
static void
test_import__other_tables_and_evaluations(void **state)
{
    struct lab *l = *state;
    char *copy = xasprintf("%s/copy", l->dir);
    char *run = xasprintf("%s/linear/default/version_1", copy);
    char *again = xasprintf("%s/linear_per_tissue_metrics.csv", run);
    char *twice = xasprintf("%s/linear_per_dataset_metrics.csv", run);
    char *thrice = xasprintf("%s/linear_per_dataset_id_metrics.csv", run);
    char *sex = xasprintf("%s/linear_per_sex_metrics.csv", run);
    char *assay = xasprintf("%s/linear_per_assay_metrics.csv", run);
    char *other = xasprintf("%s/evaluations/my%%20cells", run);
    char *overall = xasprintf("%s/linear_overall_metrics.csv", other);
    char *mkdir = xasprintf("mkdir -p '%s'", other);

    copy_tree(l, copy);
    assert_int_equal(system(mkdir), 0);
    support_write(again, "tissue,f1\nlung,.5\n");
    support_write(twice, "dataset_id,f1,support\nd1,.5,3\n");
    support_write(thrice, "dataset_id,f1,support\nd1,.25,3\n");
    support_write(sex, "sex,f1,support\nfemale,.5,3\n");
    support_write(overall, ",f1-score,support\nmacro avg,.75,12\n");
    support_write(assay, "assay,f1,support\n");
    import(l, copy);
    assert_true(says(l, IMPORT_NOT_TAKEN, "per_assay", "no row below them"));
    assert_true(says(l, IMPORT_UNREADABLE, "per_dataset_id", "another table"));
    cell_is(l, "SELECT f1 FROM f1 WHERE facet = 'dataset_id' AND label = 'd1'", "0.5");
    cell_is(l, "SELECT label FROM f1 WHERE facet = 'sex'", "female");
    cell_is(l,
            "SELECT f1 || ' ' || support FROM f1_overall WHERE evaluation = 'my cells'",
            "0.75 12");
    free(copy);
    free(run);
    free(again);
    free(twice);
    free(thrice);
    free(sex);
    free(assay);
    free(other);
    free(overall);
    free(mkdir);
}

static void
test_import__cannot_be_trained_anew(void **state)
{
    struct lab *l = *state;
    bool done;

    import(l, l->tree);
    assert_int_equal(store_retry(l->s, 1, true, &done, &l->eb), ERR_OK);
    assert_false(done);
    assert_non_null(strstr(l->eb.text, "imported"));
}

static void
test_import__an_empty_folder_is_an_error(void **state)
{
    struct lab *l = *state;

    assert_int_equal(
        import_tree(l->s, l->dir, &(struct import_wish){0}, &l->report, &l->eb),
        ERR_NOTFOUND);
    assert_non_null(strstr(l->eb.text, "version_N"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, open_lab, close_lab)
        CASE(test_import__every_number_is_found),
        CASE(test_import__says_what_it_is),
        CASE(test_import__twice_changes_nothing),
        CASE(test_import__results_tell_runs_without_curves_apart),
        CASE(test_import__predictions_of_other_cells_are_not_taken),
        CASE(test_import__classes_that_do_not_add_up_are_noted),
        CASE(test_import__runs_keep_their_uuids),
        CASE(test_import__a_folder_that_grew_renews_its_run),
        CASE(test_import__what_cannot_be_read_is_listed),
        CASE(test_import__other_tables_and_evaluations),
        CASE(test_import__cannot_be_trained_anew),
        CASE(test_import__an_empty_folder_is_an_error),
    };

    return cmocka_run_group_tests_name("import_tree", tests, NULL, NULL);
}
