/* test_store_hierarchy.c - classes and their ontology come back; the views on them. */
#include <math.h>
#include <string.h>

#include "tests/store_support.h"

/* cell over T and B; CD4 below T; NK below T and B (two ways to cell). */
static const char *const term[] = {"CL:0", "CL:1", "CL:2", "CL:3", "CL:4"};
static const char *const name[] = {"cell", "T", "B", "CD4", "NK"};
static const uint32_t child[] = {1, 2, 3, 4, 4}, parent[] = {0, 0, 1, 1, 2};
static const char *const label[] = {"B", "CD4", "NK", "T", "odd"};
static const char *const label_term[] = {"CL:2", "CL:3", "CL:4", "CL:1", ""};
static const uint32_t up[] = {0, 3, 3}, down[] = {2, 1, 2};

static void
add_inputs(struct store_box *b, struct store_attempt a)
{
    const struct store_labels labels = {"labels", label, label_term, 5, up, down, 3};
    const struct store_ontology ontology = {"onto", "a.obo", "v1",   term, name,
                                            5,      child,   parent, 5};
    const struct store_inputs in = {.labels = &labels, .ontology = &ontology};

    store_ok(store_inputs_add(b->s, &a, &in, &b->eb), &b->eb);
}

static void
score(struct store_box *b, struct store_attempt a)
{
    double none = (double)NAN;
    const struct store_f1 f1[] = {
        {"exact", "all", "all", NULL, .5, .5, .5, .5, .5, .5, 100, 4},
        {"exact", "class", "B", NULL, .5, .5, .5, none, none, none, 50, 1},
        {"exact", "class", "CD4", NULL, .5, .5, .25, none, none, none, 30, 1},
        {"exact", "class", "NK", NULL, .5, .5, .75, none, none, none, 15, 1},
        {"exact", "class", "odd", NULL, .5, .5, 1, none, none, none, 5, 1},
    };
    const struct store_evaluation ev = {.name = "ood",
                                        .cells_digest = "cells-ood",
                                        .checkpoint = "best",
                                        .is_primary = true,
                                        .n_cells = 100,
                                        .f1 = f1,
                                        .n_f1 = 5};

    store_ok(store_evaluation_add(b->s, &a, &ev, &b->eb), &b->eb);
}

static void
test_hierarchy__comes_back_as_it_was_written(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    struct store_hierarchy h;
    const char *key = store_a_run("ce", 0).pair_key;

    store_ok(store_hierarchy_find(b->s, key, &h, &b->eb), &b->eb);
    assert_int_equal(h.label_set_id, 0); /* the run has not said anything yet */
    add_inputs(b, a);
    store_ok(store_hierarchy_find(b->s, key, &h, &b->eb), &b->eb);
    assert_true(h.label_set_id > 0 && h.ontology_id > 0);
    store_ok(store_hierarchy_read(b->s, &h, &b->eb), &b->eb);
    assert_string_equal(h.source, "a.obo");
    assert_string_equal(h.version, "v1");
    assert_int_equal(h.label.n, 5);
    assert_string_equal(h.label_term.item[1], "CL:3");
    assert_string_equal(h.label_term.item[4], "");
    assert_int_equal(h.term.n, 5);
    assert_string_equal(h.term_name.item[4], "NK");
    assert_int_equal(h.is_a.n, 5);
    assert_int_equal(h.below.n, 3);
    store_hierarchy_release(&h);
}

static void
test_hierarchy__of_a_key_that_is_not_there_is_none(void **state)
{
    struct store_box *b = *state;
    struct store_hierarchy h;

    store_ok(store_hierarchy_find(b->s, "nope", &h, &b->eb), &b->eb);
    assert_int_equal(h.label_set_id, 0);
    store_ok(store_hierarchy_read(b->s, &h, &b->eb), &b->eb);
    assert_int_equal(h.label.n, 0);
    store_hierarchy_release(&h);
}

static void
test_views__of_the_ontology(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);

    add_inputs(b, a);
    score(b, a);
    assert_string_equal(store_cell(b, "SELECT group_concat(parent_name, ',')"
                                      " FROM (SELECT parent_name FROM run_ontology_edge"
                                      "       WHERE child_name = 'NK'"
                                      "       ORDER BY parent_name)"),
                        "B,T");
    assert_string_equal(store_cell(b, "SELECT group_concat(term_id || ' ' || name, ',')"
                                      " FROM run_ontology_term WHERE label IS NULL"),
                        "CL:0 cell");
    /* (.5 + .25 + .75) / 3: NK counts once, T has no cells, odd has no term */
    assert_string_equal(store_cell(b, "SELECT n_classes || ' ' || f1 || ' ' || support"
                                      " FROM ontology_f1 WHERE name = 'cell'"),
                        "3 0.5 95");
    assert_string_equal(store_cell(b, "SELECT n_classes || ' ' || f1 || ' ' || support"
                                      " FROM ontology_f1 WHERE name = 'T'"),
                        "2 0.5 45");
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM ontology_f1"), "5");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hierarchy__comes_back_as_it_was_written,
                                        store_box_setup, store_box_teardown),
        cmocka_unit_test_setup_teardown(
            test_hierarchy__of_a_key_that_is_not_there_is_none, store_box_setup,
            store_box_teardown),
        cmocka_unit_test_setup_teardown(test_views__of_the_ontology, store_box_setup,
                                        store_box_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
