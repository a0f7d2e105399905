/* test_classes.c - the label set of a run: reachability, relations, restoring. */
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/classes.h"

/* root -> mid -> {x, y}, root -> z; mid is no class in the tests: R goes through it. */
static const char obo[] =
    "[Term]\nid: T:0\nname: root\n"
    "[Term]\nid: T:1\nname: mid\nis_a: T:0\n"
    "[Term]\nid: T:2\nname: x\nis_a: T:1\nsynonym: \"ex\" EXACT []\n"
    "[Term]\nid: T:3\nname: y\nis_a: T:1\n"
    "[Term]\nid: T:4\nname: z\nis_a: T:0\n";

static void
make(struct class_set *cs, const char *labels)
{
    struct ontology o;
    struct strlist list = {0};

    assert_int_equal(ontology_parse_obo(&o, obo, sizeof obo - 1, "t.obo", NULL, NULL),
                     ERR_OK);
    strlist_split(&list, labels, '|');
    class_set_init(cs, &list, &o);
    strlist_release(&list);
    ontology_release(&o);
}

static void
test_class_set__orders_labels_and_closes_the_hierarchy(void **state)
{
    struct class_set cs;
    static const float R[16] = {1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1};

    (void)state;
    make(&cs, "y|root|alien|x|root");
    assert_int_equal(cs.C, 4); /* alien root x y */
    assert_string_equal(cs.name.item[0], "alien");
    assert_string_equal(cs.name.item[3], "y");
    assert_memory_equal(cs.R, R, sizeof R);
    assert_int_equal(cs.n_edges, 2);
    assert_int_equal(cs.unknown.n, 1);
    assert_string_equal(cs.unknown.item[0], "alien");
    assert_string_equal(cs.term_id.item[0], "");
    assert_string_equal(cs.term_id.item[2], "T:2");
    assert_int_equal(class_set_find(&cs, "x"), 2);
    assert_int_equal(class_set_find(&cs, "w"), -1);
    assert_int_equal(class_set_find(&cs, ""), -1);
    class_set_release(&cs);
}

static void
test_class_set__two_labels_of_one_term_reach_each_other(void **state)
{
    struct class_set cs;
    uint8_t rel[9];

    (void)state;
    make(&cs, "T:2|ex|root");
    assert_true(class_set_reaches(&cs, 0, 1)); /* T:2 ex root */
    assert_true(class_set_reaches(&cs, 1, 0));
    assert_int_equal(cs.n_edges, 4);
    class_set_relations(&cs, rel);
    assert_int_equal(rel[0 * 3 + 1], RELATION_DESCENDANT);
    assert_int_equal(rel[0 * 3 + 2], RELATION_ANCESTOR);
    class_set_release(&cs);
}

static void
test_class_set__relations(void **state)
{
    /* rows: true; columns: predicted; order: mid root x y z */
    enum { S = RELATION_SAME, D = RELATION_DESCENDANT, A = RELATION_ANCESTOR };
    enum { B = RELATION_SIBLING, O = RELATION_OTHER };
    static const uint8_t want[25] = {
        S, A, D, D, B, /* mid: z shares root */
        D, S, D, D, D, /* root */
        A, A, S, B, O, /* x: z's nearest is root, x's is mid */
        A, A, B, S, O, /* y */
        B, A, O, O, S, /* z */
    };
    struct class_set cs;
    uint8_t got[25];

    (void)state;
    make(&cs, "root|mid|x|y|z");
    class_set_relations(&cs, got);
    assert_memory_equal(got, want, sizeof want);
    assert_string_equal(relation_name(RELATION_SIBLING), "sibling");
    class_set_release(&cs);
}

/* x and y have no class above them once root and mid are none: other, not sibling. */
static void
test_class_set__no_shared_class_no_siblings(void **state)
{
    struct class_set cs;
    uint8_t rel[4];

    (void)state;
    make(&cs, "x|y");
    class_set_relations(&cs, rel);
    assert_int_equal(rel[1], RELATION_OTHER);
    class_set_release(&cs);
}

static void
test_class_set__restore_gives_the_same_set(void **state)
{
    struct class_set a, b;
    uint32_t up[64], down[64];
    size_t n = 0;

    (void)state;
    make(&a, "root|mid|x|y|z|alien");
    for (uint32_t i = 0; i < a.C; i++)
        for (uint32_t j = 0; j < a.C; j++)
            if (i != j && class_set_reaches(&a, i, j))
                up[n] = i, down[n++] = j;
    assert_int_equal(n, a.n_edges);
    class_set_restore(&b, &a.name, &a.term_id, up, down, n);
    assert_string_equal(a.digest, b.digest);
    assert_memory_equal(a.R, b.R, a.C * a.C * sizeof *a.R);
    assert_int_equal(b.unknown.n, 1);
    class_set_release(&b);
    class_set_restore(&b, &a.name, &a.term_id, up, down, n - 1);
    assert_string_not_equal(a.digest, b.digest);
    class_set_release(&a);
    class_set_release(&b);
}

static void
test_class_set__builtin_has_381_edges(void **state)
{
    struct ontology o;
    struct class_set cs;
    struct strlist names = {0};

    (void)state;
    ontology_load_builtin(&o);
    for (size_t t = 0; t < o.n_terms; t++)
        strlist_add(&names, o.term[t].name);
    class_set_init(&cs, &names, &o);
    assert_int_equal(cs.C, 164);
    assert_int_equal(cs.n_edges, 381);
    assert_int_equal(cs.unknown.n, 0);
    class_set_release(&cs);
    strlist_release(&names);
    ontology_release(&o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_class_set__orders_labels_and_closes_the_hierarchy),
        cmocka_unit_test(test_class_set__two_labels_of_one_term_reach_each_other),
        cmocka_unit_test(test_class_set__relations),
        cmocka_unit_test(test_class_set__no_shared_class_no_siblings),
        cmocka_unit_test(test_class_set__restore_gives_the_same_set),
        cmocka_unit_test(test_class_set__builtin_has_381_edges),
    };

    return cmocka_run_group_tests_name("classes", tests, NULL, NULL);
}
