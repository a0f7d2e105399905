/* test_export_subset.c - the table of the 80 classes, from counts.
 *
 * A store whose one run has the 164 published types is exported; the expected numbers are
 * those of scikit-learn 1.2 for the cells that the test counts:
 *
 *     y = [0]*4 + [1]*3 + [3]*2 + [163]
 *     p = [0, 0, 0, 1] + [1, 0, 5] + [3, 2] + [163]
 *     classification_report(y, p, labels=SUBSET)
 *
 * where 1 and 2 are not in the subset, and 5 is without ever being true. */
#include "transfer/export_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/ontology.h"
#include "exchange/report_csv.h"
#include "tests/store_support.h"
#include "transfer/export_subset.h"

enum { N_TYPES = 164 };

/* The names of the 164 types, sorted. */
static struct strlist
type_names(void)
{
    struct ontology o;
    struct strlist names = {0};

    ontology_load_builtin(&o);
    for (size_t i = 0; i < o.n_terms; i++)
        strlist_add(&names, o.term[i].name);
    ontology_release(&o);
    strlist_sort(&names);
    return names;
}

static const struct {
    size_t y, p;
    int64_t n;
} cells[] = {{0, 0, 3}, {0, 1, 1}, {1, 1, 1}, {1, 0, 1},
             {1, 5, 1}, {3, 3, 1}, {3, 2, 1}, {163, 163, 1}};
enum { N_CELLS = sizeof cells / sizeof cells[0] };

/* Classes that are true, with their precision, recall, F1 and support. */
static const struct {
    size_t i;
    double precision, recall, f1;
    int64_t support;
} scores[] = {{0, 0.75, 0.75, 0.75, 4},
              {1, 0.5, 1 / 3.0, 0.4, 3},
              {3, 1, 0.5, 2 / 3.0, 2},
              {163, 1, 1, 1, 1}};
enum { N_SCORES = sizeof scores / sizeof scores[0] };

static int64_t
add_run(struct store_box *b, const struct strlist *names)
{
    struct store_attempt a = store_running(b, "ce", 0);
    const char *none[N_TYPES];
    struct store_confusion confusion[N_CELLS];
    struct store_f1 f1[N_SCORES];

    for (size_t i = 0; i < N_TYPES; i++)
        none[i] = "";
    const struct store_labels labels = {.digest = "types",
                                        .label = (const char *const *)names->item,
                                        .term_id = none,
                                        .n = names->n};
    const struct store_inputs in = {.labels = &labels};
    store_ok(store_inputs_add(b->s, &a, &in, &b->eb), &b->eb);
    for (size_t i = 0; i < N_CELLS; i++)
        confusion[i] = (struct store_confusion){
            .true_label = names->item[cells[i].y],
            .predicted_label = names->item[cells[i].p],
            .n = cells[i].n,
            .relation = cells[i].y == cells[i].p ? "same" : "other"};
    for (size_t i = 0; i < N_SCORES; i++)
        f1[i] = (struct store_f1){.rule = "exact",
                                  .facet = "class",
                                  .label = names->item[scores[i].i],
                                  .precision = scores[i].precision,
                                  .recall = scores[i].recall,
                                  .f1 = scores[i].f1,
                                  .support = scores[i].support,
                                  .n_classes = 1};
    const struct store_evaluation ev = {.name = "id",
                                        .cells_digest = "cells-id",
                                        .checkpoint = "last",
                                        .is_primary = true,
                                        .n_cells = 10,
                                        .f1 = f1,
                                        .n_f1 = N_SCORES,
                                        .confusion = confusion,
                                        .n_confusions = N_CELLS};
    store_ok(store_evaluation_add(b->s, &a, &ev, &b->eb), &b->eb);
    store_finished(b, a, "succeeded");
    return a.run_id;
}

/* The text of a file below the box's folder.  Caller frees. */
static char *
read_text(const struct store_box *b, const char *name)
{
    char *path = xasprintf("%s/%s", b->dir, name);
    char *text = xcalloc(1 << 16, 1);
    FILE *fp = fopen(path, "re");

    if (!fp)
        fail_msg("no %s", path);
    text[fread(text, 1, (1 << 16) - 1, fp)] = 0;
    fclose(fp);
    free(path);
    return text;
}

static void
test_subset__is_scikit_learns_of_the_80_classes(void **state)
{
    struct store_box *b = *state;
    struct strlist names = type_names();
    int64_t id = add_run(b, &names);
    const struct export_wish wish = {.rule = "exact"};

    store_ok(export_tree(b->s, b->dir, &id, 1, &wish, &b->eb), &b->eb);
    char *text = read_text(
        b,
        "tb_logs/linear/default/version_0/sctab_test/last/linear_subset_metrics.csv");
    /* Hits 3 + 1 + 1 of 7 true cells; said 4 + 1 + 1, and 5 once. */
    assert_non_null(strstr(text, "micro avg,0.7142857142857143,0.7142857142857143,"
                                 "0.7142857142857143,7.0\n"));
    double macro[4], weighted[4];
    assert_int_equal(sscanf(strstr(text, "macro avg"), "macro avg,%lf,%lf,%lf,%lf",
                            &macro[0], &macro[1], &macro[2], &macro[3]),
                     4);
    assert_int_equal(sscanf(strstr(text, "weighted avg"),
                            "weighted avg,%lf,%lf,%lf,%lf", &weighted[0], &weighted[1],
                            &weighted[2], &weighted[3]),
                     4);
    assert_float_equal(macro[0], 2.75 / 80, 1e-15);
    assert_float_equal(macro[1], 2.25 / 80, 1e-15);
    assert_float_equal(macro[2], (0.75 + 2 / 3.0 + 1) / 80, 1e-15);
    assert_float_equal(weighted[0], (0.75 * 4 + 1 * 2 + 1) / 7, 1e-15);
    assert_float_equal(weighted[2], (0.75 * 4 + 2 / 3.0 * 2 + 1) / 7, 1e-15);
    assert_float_equal(weighted[3], 7, 0);
    free(text);
    strlist_release(&names);
}

static void
test_subset__other_classes_have_none(void **state)
{
    struct store_box *b = *state;
    struct strlist names = type_names();
    struct export_run r = {.label = names};

    assert_true(export_subset_fits(&r));
    free(names.item[7]);
    names.item[7] = xstrdup("B cell, nearly");
    assert_false(export_subset_fits(&r));
    r.label.n = 163;
    assert_false(export_subset_fits(&r));
    r.label.n = 164;
    strlist_release(&names);
    (void)b;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_subset__is_scikit_learns_of_the_80_classes,
                                        store_box_setup, store_box_teardown),
        cmocka_unit_test_setup_teardown(test_subset__other_classes_have_none,
                                        store_box_setup, store_box_teardown),
    };

    return cmocka_run_group_tests_name("export subset", tests, NULL, NULL);
}
