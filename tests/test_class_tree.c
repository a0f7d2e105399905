/* test_class_tree.c - graphs, the tree of classes, and means over its sets by hand. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stat/class_tree.h"

/* --- graphs --- */

static void
test_dag__orders_parents_first_and_drops_what_is_no_edge(void **state)
{
    static const uint32_t child[] = {0, 0, 1, 2, 2, 3, 3, 9, 3};
    static const uint32_t parent[] = {1, 2, 3, 3, 3, 3, 3, 0, 7};
    struct dag g;
    const uint32_t *to;

    (void)state;
    dag_init(&g, 4, child, parent, 9);
    assert_int_equal(g.order[0], 3);
    assert_int_equal(g.order[3], 0);
    assert_int_equal(dag_parents(&g, 0, &to), 2);
    assert_int_equal(to[0], 1);
    assert_int_equal(to[1], 2);
    assert_int_equal(dag_parents(&g, 2, &to), 1); /* the repeat is gone */
    assert_int_equal(dag_children(&g, 3, &to), 2);
    assert_int_equal(dag_parents(&g, 3, &to), 0); /* the loop too */
    dag_release(&g);
}

static void
test_dag__circles_are_cut(void **state)
{
    static const uint32_t child[] = {0, 1, 2, 3}, parent[] = {1, 2, 0, 2};
    struct dag g;
    const uint32_t *to;
    size_t edges = 0;

    (void)state;
    dag_init(&g, 4, child, parent, 4);
    for (size_t i = 0; i < 4; i++)
        edges += dag_parents(&g, i, &to);
    assert_int_equal(edges, 3); /* one of the three in the circle is gone */
    dag_release(&g);
}

static void
test_dag__sets_hold_everything_once(void **state)
{
    /* 0 over 1 and 2, both over 3; 70 members on node 3, one on node 2 */
    static const uint32_t child[] = {1, 2, 3, 3}, parent[] = {0, 0, 1, 2};
    uint32_t at[71];
    struct dag g;

    (void)state;
    for (size_t k = 0; k < 70; k++)
        at[k] = 3;
    at[70] = 2;
    dag_init(&g, 4, child, parent, 4);
    uint64_t *below = dag_below(&g, at, 71), *above = dag_above(&g);
    size_t words = dag_words(71);
    assert_int_equal(words, 2);
    assert_int_equal(dag_set_count(below, words), 71);
    assert_int_equal(dag_set_count(below + words, words), 70);
    assert_int_equal(dag_set_count(below + 2 * words, words), 71);
    assert_false(dag_set_has(below + words, 70));
    assert_int_equal(dag_set_count(above + 3, 1), 3);
    assert_int_equal(above[1], 1); /* node 0 */
    free(below);
    free(above);
    dag_release(&g);
}

/* --- a small ontology ---
 *
 *             cell
 *              |
 *            motile            no class, same classes as cell: so `cell` tells nothing
 *          /        \
 *      lymphoid     killer     no classes
 *     /    |    \   /    \
 *   B*    (T)*    NK*      mast*     T has no cells
 *          |
 *         CD8*
 *
 * and a class `odd` that no term stands for, and a term `plant` without classes. */
enum { CELL, MOTILE, LYMPHOID, KILLER, B, T, NK, MAST, CD8, PLANT, N_TERMS };
static const char *const term[N_TERMS] = {"CL:0", "CL:1", "CL:2", "CL:3", "CL:4",
                                          "CL:5", "CL:6", "CL:7", "CL:8", "CL:9"};
static const char *const term_name[N_TERMS] = {
    "cell", "motile", "lymphoid", "killer", "B", "T", "NK", "mast", "CD8", "plant"};
static const uint32_t child[] = {MOTILE, LYMPHOID, KILLER, B,   T,
                                 NK,     NK,       MAST,   CD8, PLANT};
static const uint32_t parent[] = {CELL,     MOTILE, MOTILE, LYMPHOID, LYMPHOID,
                                  LYMPHOID, KILLER, KILLER, T,        CELL};

enum { C_B, C_CD8, C_NK, C_T, C_MAST, C_ODD, N_CLASSES };
static const char *const label[N_CLASSES] = {"B", "CD8", "NK", "T", "mast", "odd"};
static const char *const label_term[N_CLASSES] = {"CL:4", "CL:8", "CL:6",
                                                  "CL:5", "CL:7", ""};

static const struct class_tree_source source = {.label = label,
                                                .label_term = label_term,
                                                .n_classes = N_CLASSES,
                                                .term = term,
                                                .term_name = term_name,
                                                .n_terms = N_TERMS,
                                                .child = child,
                                                .parent = parent,
                                                .n_edges = 10};

/* F1 of a class under a seed; hce is ce plus gain.  T has values but no cells. */
static const double base[N_CLASSES] = {0.5, 0.25, 0.75, 0.9, 0.375, 0.625};
static const double gain[N_CLASSES] = {0.25, -0.125, 0.125, 0.9, 0.5, 0};
static const double cells[N_CLASSES] = {100, 20, 3, 0, 7, 11};

static void
add_pairs(struct comparison *classes)
{
    for (int64_t seed = 0; seed < 2; seed++)
        for (size_t c = 0; c < N_CLASSES; c++) {
            double ce = base[c] + (double)seed / 16;
            compare_add(classes, label[c], NULL, seed, ce,
                        ce + gain[c] + (double)seed / 32, cells[c]);
        }
    compare_finish(classes);
}

static void
make(struct class_tree *t, bool all_terms)
{
    struct comparison classes = {0};

    add_pairs(&classes);
    class_tree_init(t, &source, all_terms);
    class_tree_test(t, &classes);
    compare_release(&classes);
}

static size_t
node(const struct class_tree *t, const char *name)
{
    size_t i = class_tree_find(t, name, NULL, NULL);

    if (i == CLASS_TREE_NONE)
        fail_msg("no node %s", name);
    return i;
}

/* Mean over two seeds of a set: ce is the mean base + 1/32, delta the mean gain + 1/64. */
static void
assert_value(const struct class_tree *t, const char *name, double ce, double delta,
             double n_cells)
{
    size_t i = node(t, name);
    const struct compare_row *r = class_tree_row(t, i);

    assert_non_null(r);
    assert_int_equal(r->n, 2);
    support_near(r->ce_mean, ce + 1.0 / 32, 1e-12);
    support_near(r->delta_mean, delta + 1.0 / 64, 1e-12);
    support_near(r->hce_mean, ce + delta + 3.0 / 64, 1e-12);
    support_near(t->node[i].cells, n_cells, 1e-12);
}

static void
test_class_tree__a_node_is_the_mean_over_its_set(void **state)
{
    struct class_tree t;

    (void)state;
    make(&t, true);
    assert_value(&t, "B", 0.5, 0.25, 100);
    assert_value(&t, "killer", (0.75 + 0.375) / 2, (0.125 + 0.5) / 2, 10);
    assert_value(&t, "lymphoid", (0.5 + 0.25 + 0.75) / 3, 0.25 / 3, 123);
    /* NK lies below both and counts once: four classes, not five */
    assert_value(&t, "cell", (0.5 + 0.25 + 0.75 + 0.375) / 4, 0.75 / 4, 130);
    assert_value(&t, "T", 0.25, -0.125, 20); /* has no cells itself: CD8 alone */
    assert_value(&t, "odd", 0.625, 0, 11);
    class_tree_release(&t);
}

static void
test_class_tree__counts_classes_and_tests_a_set_once(void **state)
{
    struct class_tree t;

    (void)state;
    make(&t, true);
    assert_int_equal(t.n, 10); /* nine terms at or above classes, and odd; no plant */
    assert_int_equal(t.n_hidden, 0);
    assert_int_equal(t.node[node(&t, "lymphoid")].n_classes, 4);
    assert_int_equal(t.node[node(&t, "lymphoid")].n_scored, 3);
    assert_int_equal(t.node[node(&t, "T")].row, t.node[node(&t, "CD8")].row);
    assert_int_equal(t.node[node(&t, "cell")].row, t.node[node(&t, "motile")].row);
    /* B, CD8 = T, NK, mast, odd, lymphoid, killer, cell = motile */
    assert_int_equal(t.stat.n_rows, 8);
    assert_int_equal(t.stat.family, 8);
    class_tree_release(&t);
}

static void
test_class_tree__leaves_out_terms_that_tell_nothing(void **state)
{
    struct class_tree t;

    (void)state;
    make(&t, false);
    assert_int_equal(t.n, 9);
    assert_int_equal(t.n_hidden, 1);
    size_t n, none = class_tree_find(&t, "cell", &n, NULL);
    assert_int_equal(none, CLASS_TREE_NONE);
    assert_int_equal(n, 0);
    assert_int_equal(t.n_roots, 2);
    assert_string_equal(t.node[t.root[0]].name, "motile");
    assert_string_equal(t.node[t.root[1]].name, "odd");
    assert_string_equal(t.node[t.root[1]].term_id, "");
    assert_int_equal(t.stat.family, 8); /* as with all terms */
    class_tree_release(&t);
}

static void
test_class_tree__a_term_with_two_parents_hangs_from_both(void **state)
{
    struct class_tree t;
    struct strbuf sb = {0};

    (void)state;
    make(&t, false);
    size_t nk = node(&t, "CL:6"), killer = node(&t, "KILLER");
    assert_int_equal(t.node[nk].n_parents, 2);
    class_tree_parents_text(&t, nk, CLASS_TREE_NONE, &sb);
    assert_string_equal(strbuf_str(&sb), "killer; lymphoid");
    strbuf_reset(&sb);
    class_tree_parents_text(&t, nk, killer, &sb);
    assert_string_equal(strbuf_str(&sb), "lymphoid");
    assert_int_equal(t.node[killer].n_children, 2);
    assert_string_equal(t.node[t.node[killer].child[0]].name, "mast");
    strbuf_release(&sb);
    class_tree_release(&t);
}

static void
test_class_tree__marks_large_deltas_and_what_is_above(void **state)
{
    struct class_tree t;
    bool keep[16];

    (void)state;
    make(&t, false);
    class_tree_mark(&t, 0.4, keep); /* mast +.516 only */
    assert_true(keep[node(&t, "mast")]);
    assert_true(keep[node(&t, "killer")]);
    assert_true(keep[node(&t, "motile")]);
    assert_false(keep[node(&t, "lymphoid")]);
    assert_false(keep[node(&t, "NK")]);
    assert_false(keep[node(&t, "odd")]);
    class_tree_mark(&t, 0.1, keep); /* CD8 -.109: the sign does not matter */
    assert_true(keep[node(&t, "CD8")]);
    class_tree_release(&t);
}

static void
test_class_tree__finds_names_or_says_how_many(void **state)
{
    struct class_tree t;
    struct strbuf names = {0};
    size_t n;

    (void)state;
    make(&t, false);
    assert_int_equal(class_tree_find(&t, "kill", &n, NULL), node(&t, "killer"));
    assert_int_equal(class_tree_find(&t, "k", &n, &names), CLASS_TREE_NONE);
    assert_int_equal(n, 2);
    assert_string_equal(strbuf_str(&names), "killer; NK");
    strbuf_release(&names);
    class_tree_release(&t);
}

static void
test_class_tree__without_an_ontology_hangs_classes_from_nearest_ones(void **state)
{
    static const char *const names[] = {"a", "b", "c"};
    static const uint32_t up[] = {0, 0, 1}, down[] = {1, 2, 2};
    struct class_tree_source pairs = {.label = names,
                                      .n_classes = 3,
                                      .ancestor = up,
                                      .descendant = down,
                                      .n_pairs = 3};
    struct class_tree t;

    (void)state;
    class_tree_init(&t, &pairs, true);
    assert_int_equal(t.n, 3);
    assert_int_equal(t.n_roots, 1);
    assert_int_equal(t.node[0].n_children, 1); /* c hangs from b only */
    assert_int_equal(t.node[0].n_classes, 3);
    class_tree_release(&t);
}

static void
test_class_tree__two_labels_of_a_term_share_a_node(void **state)
{
    static const char *const names[] = {"B", "B-cell"}, *const ids[] = {"CL:4", "CL:4"};
    struct class_tree_source two = source;
    struct comparison classes = {0};
    struct class_tree t;

    (void)state;
    two.label = names;
    two.label_term = ids;
    two.n_classes = 2;
    class_tree_init(&t, &two, false);
    for (int64_t seed = 0; seed < 2; seed++) {
        compare_add(&classes, "B", NULL, seed, 0.25, 0.5, 10);
        compare_add(&classes, "B-cell", NULL, seed, 0.75, 0.5, 5);
    }
    compare_finish(&classes);
    class_tree_test(&t, &classes);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.node[0].n_scored, 2);
    support_near(class_tree_row(&t, 0)->ce_mean, 0.5, 1e-12);
    support_near(t.node[0].cells, 15, 1e-12);
    compare_release(&classes);
    class_tree_release(&t);
}

static void
test_class_tree__is_empty_without_classes(void **state)
{
    struct class_tree_source none = {0};
    struct comparison classes = {0};
    struct class_tree t;

    (void)state;
    class_tree_init(&t, &none, false);
    class_tree_test(&t, &classes);
    assert_int_equal(t.n, 0);
    assert_int_equal(t.n_roots, 0);
    class_tree_release(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dag__orders_parents_first_and_drops_what_is_no_edge),
        cmocka_unit_test(test_dag__circles_are_cut),
        cmocka_unit_test(test_dag__sets_hold_everything_once),
        cmocka_unit_test(test_class_tree__a_node_is_the_mean_over_its_set),
        cmocka_unit_test(test_class_tree__counts_classes_and_tests_a_set_once),
        cmocka_unit_test(test_class_tree__leaves_out_terms_that_tell_nothing),
        cmocka_unit_test(test_class_tree__a_term_with_two_parents_hangs_from_both),
        cmocka_unit_test(test_class_tree__marks_large_deltas_and_what_is_above),
        cmocka_unit_test(test_class_tree__finds_names_or_says_how_many),
        cmocka_unit_test(
            test_class_tree__without_an_ontology_hangs_classes_from_nearest_ones),
        cmocka_unit_test(test_class_tree__two_labels_of_a_term_share_a_node),
        cmocka_unit_test(test_class_tree__is_empty_without_classes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
