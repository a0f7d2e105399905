/* test_gene_axis.c - genes of a file that are those of a model, or nearly. */
#include "tests/support.h"

#include "base/strlist.h"
#include "data/gene_axis.h"

static void
test_match_upper__counts_symbols_and_ids(void **state)
{
    struct strlist id = {0}, name = {0};
    struct gene_axis g = {0};
    struct gene_space s;
    int32_t to[4];
    bool skip[4] = {false};

    (void)state;
    strlist_split(&id, "ENSG01|ENSG02|ENSG03", '|');
    strlist_split(&name, "CD3E|CD4|CD8A", '|');
    strlist_split(&g.id, "ensg01|ENSMUSG02|ensg09|ensg03", '|');
    strlist_split(&g.name, "other|Cd4|none|Cd8a", '|');
    g.skip = skip;
    gene_space_init(&s, &id, &name);
    assert_int_equal(gene_space_match(&s, &g, false, to), 0);
    assert_int_equal(gene_space_match_upper(&s, &g), 3);
    gene_space_release(&s);
    strlist_release(&id);
    strlist_release(&name);
    strlist_release(&g.id);
    strlist_release(&g.name);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match_upper__counts_symbols_and_ids)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
