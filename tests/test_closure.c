/* test_closure.c - the reachability of a whole release of the Cell Ontology.
 *
 * Expected figures: networkx 2.8.8, transitive_closure of the is_a edges of the Term
 * stanzas; pairs as lines "ancestor TAB descendant" in bytewise order, sha256. */
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/classes.h"

static bool
load_release(struct ontology *o)
{
    const char *path = support_shared("ontology/cl-basic.obo");
    struct errbuf eb = {""};

    if (!path)
        return false;
    if (ontology_load_obo(o, path, NULL, &eb))
        fail_msg("%s", eb.text);
    return true;
}

static void
test_closure__all_terms_equal_networkx(void **state)
{
    struct ontology o;
    struct strlist pairs = {0};
    struct digest d;
    char hex[DIGEST_HEX];

    (void)state;
    if (!load_release(&o))
        skip();
    bool *mark = xmalloc(o.n_terms, sizeof *mark);
    for (uint32_t a = 0; a < o.n_terms; a++) {
        ontology_mark_descendants(&o, a, mark);
        for (size_t t = 0; t < o.n_terms; t++) {
            if (!mark[t] || t == a)
                continue;
            char *line = xasprintf("%s\t%s\n", o.term[a].id, o.term[t].id);
            strlist_add(&pairs, line);
            free(line);
        }
    }
    strlist_sort(&pairs);
    digest_init(&d);
    for (size_t i = 0; i < pairs.n; i++)
        digest_add(&d, pairs.item[i], strlen(pairs.item[i]));
    digest_final(&d, hex);
    assert_int_equal(o.n_terms, 2692);
    assert_int_equal(pairs.n, 31246);
    assert_string_equal(
        hex, "b76439981dd485b11a0949223afe23f7c283ec74299748c28a6f3c354c1fb150");
    free(mark);
    strlist_release(&pairs);
    ontology_release(&o);
}

/* Ancestors walk the edges the other way: both must tell the same. */
static void
test_closure__ancestors_mirror_descendants(void **state)
{
    struct ontology o;

    (void)state;
    if (!load_release(&o))
        skip();
    size_t n = o.n_terms;
    bool *up = xmalloc(n * n, sizeof *up), *down = xmalloc(n, sizeof *down);
    for (uint32_t t = 0; t < n; t++)
        ontology_mark_ancestors(&o, t, up + t * n);
    for (uint32_t a = 0; a < n; a++) {
        ontology_mark_descendants(&o, a, down);
        for (size_t t = 0; t < n; t++)
            assert_int_equal(down[t], up[t * n + a]);
    }
    free(up);
    free(down);
    ontology_release(&o);
}

/* Every built-in type is found in the release, by id and by name, as the same term. */
static void
test_closure__builtin_types_are_terms_of_the_release(void **state)
{
    struct ontology o, b;

    (void)state;
    if (!load_release(&o))
        skip();
    ontology_load_builtin(&b);
    for (size_t i = 0; i < b.n_terms; i++) {
        uint32_t by_id, by_name;

        assert_int_equal(ontology_resolve(&o, b.term[i].id, &by_id), RESOLVE_ID);
        assert_int_equal(ontology_resolve(&o, b.term[i].name, &by_name), RESOLVE_NAME);
        assert_int_equal(by_id, by_name);
    }
    ontology_release(&b);
    ontology_release(&o);
}

/* Going through terms that are no classes, the release says what the table says. */
static void
test_closure__release_gives_the_builtin_hierarchy(void **state)
{
    struct ontology o, b;
    struct class_set from_release, from_table;
    struct strlist names = {0};

    (void)state;
    if (!load_release(&o))
        skip();
    ontology_load_builtin(&b);
    for (size_t i = 0; i < b.n_terms; i++)
        strlist_add(&names, b.term[i].name);
    class_set_init(&from_release, &names, &o);
    class_set_init(&from_table, &names, &b);
    assert_int_equal(from_release.n_edges, 381);
    assert_string_equal(from_release.digest, from_table.digest);
    class_set_release(&from_release);
    class_set_release(&from_table);
    strlist_release(&names);
    ontology_release(&b);
    ontology_release(&o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closure__all_terms_equal_networkx),
        cmocka_unit_test(test_closure__ancestors_mirror_descendants),
        cmocka_unit_test(test_closure__builtin_types_are_terms_of_the_release),
        cmocka_unit_test(test_closure__release_gives_the_builtin_hierarchy),
    };

    return cmocka_run_group_tests_name("closure", tests, NULL, NULL);
}
