/* test_store_provenance.c - what two sides of a comparison share. */
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "store/store_provenance.h"
#include "tests/store_support.h"

#define DIGEST_A "aaaaaaaa0000000000000000000000000000000000000000000000000000000a"
#define DIGEST_B "bbbbbbbb0000000000000000000000000000000000000000000000000000000b"

static const struct store_compare_query within = {.pair_key = "pair-a",
                                                  .evaluation = "ood",
                                                  .rule = "hierarchy",
                                                  .facet = "all"};
static const struct store_compare_query across = {.pair_key = "pair-b",
                                                  .evaluation = "ood",
                                                  .rule = "hierarchy",
                                                  .facet = "all",
                                                  .loss = "hce",
                                                  .base_key = "pair-a",
                                                  .base_loss = "hce"};

/* The classes, genes and ontology of a run. */
static void
add_inputs(struct store_box *b, const struct store_attempt *a)
{
    static const char *const label[] = {"B cell", "T cell"}, *const term[] = {"", ""},
                             *const gene[] = {"g"}, *const gene_name[] = {"G"};
    const struct store_labels labels = {
        .digest = "labels", .label = label, .term_id = term, .n = 2};
    const struct store_ontology ontology = {
        .digest = DIGEST_A, .source = "cl.obo", .version = "2024-01-01"};
    const struct store_genes genes = {
        .digest = "genes", .gene_id = gene, .gene_name = gene_name, .n = 1};
    const struct store_inputs in = {.labels = &labels,
                                    .ontology = &ontology,
                                    .genes = &genes,
                                    .cell_order = "cells"};

    store_ok(store_inputs_add(b->s, a, &in, &b->eb), &b->eb);
}

/* A succeeded run with a score of all cells and one of each class that has some. */
static void
trained(struct store_box *b, const char *key, const char *loss, int64_t seed)
{
    struct store_new_run r = store_a_run(loss, seed);
    struct store_process me = store_me();
    struct store_claim c;
    int64_t id;
    const struct store_f1 row[] = {
        {"hierarchy", "all", "all", NULL, .5, .5, .5, .5, .5, .5, 10, 2},
        {"hierarchy", "class", "B cell", NULL, .5, .5, .5, .5, .5, .5, 4, 1},
        {"hierarchy", "class", "T cell", NULL, .5, .5, .5, .5, .5, .5, 6, 1}};
    struct store_evaluation ev = {.name = "ood",
                                  .cells_digest = DIGEST_A,
                                  .checkpoint = "best",
                                  .is_primary = true,
                                  .f1 = row,
                                  .n_f1 = 3};

    r.pair_key = key;
    r.experiment = key;
    r.n_evals = 0;
    r.data_digest = r.split_digest = r.class_digest = DIGEST_A;
    store_ok(store_queue_add(b->s, &r, 1, false, &id, NULL, &b->eb), &b->eb);
    store_ok(store_claim_next(b->s, &me, id, UINT64_MAX, &c, &b->eb), &b->eb);
    struct store_attempt a = {c.run_id, c.attempt};
    add_inputs(b, &a);
    store_ok(store_evaluation_add(b->s, &a, &ev, &b->eb), &b->eb);
    store_finished(b, a, "succeeded");
}

/* Fail unless the three lists of q are these; "" for none. */
static void
expect(struct store_box *b, const struct store_compare_query *q, const char *unfair,
       const char *told, const char *unknown)
{
    const char *const want[] = {unfair, told, unknown};
    struct store_provenance p;

    store_ok(store_provenance_read(b->s, q, &p, &b->eb), &b->eb);
    for (enum provenance_list i = PROVENANCE_UNFAIR; i <= PROVENANCE_NOT_KNOWN; i++) {
        struct strbuf sb = {0};

        store_provenance_list(&p, i, &sb);
        if (strcmp(strbuf_str(&sb), want[i]) != 0)
            fail_msg("'%s' is not '%s'", strbuf_str(&sb), want[i]);
        strbuf_release(&sb);
    }
    store_provenance_release(&p);
}

/* Seed 0 on three sides; run 3 is of pair-b. */
static void
three_runs(struct store_box *b)
{
    trained(b, "pair-a", "ce", 0);
    trained(b, "pair-a", "hce", 0);
    trained(b, "pair-b", "hce", 0);
}

static void
test_provenance__alike_says_nothing(void **state)
{
    struct store_box *b = *state;
    struct store_provenance p;

    three_runs(b);
    expect(b, &within, "", "", "");
    expect(b, &across, "", "", "");
    store_ok(store_provenance_read(b->s, &across, &p, &b->eb), &b->eb);
    assert_int_equal(p.n_pairs, 1);
    assert_int_equal(p.n_same_cells, 1);
    assert_string_equal(p.fact[PROVENANCE_cells].base, "aaaaaaaa");
    store_provenance_release(&p);
}

static void
test_provenance__each_fact_that_differs_is_named(void **state)
{
    struct store_box *b = *state;

    three_runs(b);
    store_foreign(b->path, "UPDATE run SET data_digest = '" DIGEST_B "'"
                           " WHERE run_id = 3");
    expect(b, &across, "training data aaaaaaaa / bbbbbbbb", "", "");
    store_foreign(b->path, "UPDATE run SET split_digest = '" DIGEST_B "'"
                           " WHERE run_id = 3");
    expect(b, &across, "parts aaaaaaaa / bbbbbbbb; training data aaaaaaaa / bbbbbbbb",
           "", "");
    store_foreign(b->path, "UPDATE run SET split_digest = '" DIGEST_A "',"
                           " data_digest = '" DIGEST_A "' WHERE run_id = 3;"
                           "UPDATE evaluation SET cells_digest = '" DIGEST_B "',"
                           " checkpoint = 'last' WHERE run_id = 3");
    expect(b, &across, "cells aaaaaaaa / bbbbbbbb; checkpoint best / last", "", "");
    store_foreign(b->path, "UPDATE evaluation SET cells_digest = '" DIGEST_A "',"
                           " checkpoint = 'best' WHERE run_id = 3;"
                           "INSERT INTO gene_set VALUES (9, 'other genes');"
                           "INSERT INTO ontology VALUES (9, 'x', 'cl.obo', '2023\x1b');"
                           "UPDATE run SET gene_set_id = 9, ontology_id = 9"
                           " WHERE run_id = 3");
    expect(b, &across, "genes genes / other genes",
           "ontology 2024-01-01 / 2023\357\277\275", "");
    store_foreign(b->path, "INSERT INTO gene VALUES (9, 0, 'h', 'G')");
    expect(b, &across, "genes genes / other genes",
           "ontology 2024-01-01 / 2023\357\277\275", "");
    /* The same ids; names are read beside them. */
    store_foreign(b->path, "UPDATE gene SET gene_id = 'g', gene_name = NULL"
                           " WHERE gene_set_id = 9");
    expect(b, &across, "", "ontology 2024-01-01 / 2023\357\277\275", "");
    store_foreign(b->path, "INSERT INTO gene VALUES (9, 1, 'i', NULL)");
    expect(b, &across, "genes genes / other genes",
           "ontology 2024-01-01 / 2023\357\277\275", "");
    expect(b, &within, "", "", ""); /* nothing of run 3 */
}

/* class_digest is of the names and what is above what: which of them differs shows. */
static void
test_provenance__classes_and_hierarchy_are_told_apart(void **state)
{
    struct store_box *b = *state;
    struct store_compare_query exact = across;

    exact.rule = "exact";
    three_runs(b);
    store_foreign(b->path, "INSERT INTO label_set VALUES (9, 'closer');"
                           "INSERT INTO label SELECT 9, class_index, label, term_id"
                           " FROM label WHERE label_set_id = 1;"
                           "UPDATE run SET label_set_id = 9, class_digest = '" DIGEST_B
                           "' WHERE run_id = 3");
    expect(b, &across, "hierarchy aaaaaaaa / bbbbbbbb", "", "");
    expect(b, &exact, "", "", "averages"); /* of which nothing is stored */
    store_foreign(b->path, "INSERT INTO label VALUES (9, 2, 'NK cell', '')");
    expect(b, &across, "classes 2 (aaaaaaaa) / 3 (bbbbbbbb)", "", "");
    store_foreign(b->path, "UPDATE run SET label_set_id = NULL WHERE run_id = 3");
    expect(b, &across, "classes 2 (aaaaaaaa) / bbbbbbbb", "", "");
    store_foreign(b->path, "UPDATE run SET class_digest = '" DIGEST_A "'"
                           " WHERE run_id = 3");
    expect(b, &across, "", "", "");
}

/* Reports of scikit-learn without labels= average over classes without cells too. */
static void
test_provenance__averages_over_other_classes(void **state)
{
    struct store_box *b = *state;
    struct store_compare_query by_class = across;

    by_class.facet = "class";
    three_runs(b);
    store_foreign(b->path, "UPDATE score SET n_classes = 3 WHERE evaluation_id = 3"
                           " AND support = 10");
    expect(b, &across, "averages classes with cells / classes without cells too", "",
           "");
    expect(b, &by_class, "", "", "");
    store_foreign(b->path, "DELETE FROM score WHERE evaluation_id = 3"
                           " AND support <> 10");
    expect(b, &across, "", "", "averages");
}

static void
test_provenance__what_is_not_stored_is_not_known(void **state)
{
    struct store_box *b = *state;

    three_runs(b);
    store_foreign(b->path, "UPDATE run SET data_digest = NULL, split_digest = '',"
                           " class_digest = NULL, label_set_id = NULL,"
                           " gene_set_id = NULL WHERE run_id = 3");
    expect(b, &across, "", "", "parts, training data, classes, hierarchy, genes");
    /* Of one pair_key it follows from the key. */
    store_foreign(b->path, "UPDATE run SET data_digest = NULL, gene_set_id = NULL");
    expect(b, &within, "", "", "");
    expect(b, &across, "", "", "parts, training data, classes, hierarchy, genes");
}

/* Run 3 as an import makes it: digests of its own making, no split and no genes. */
static void
import_run(struct store_box *b, const char *digest)
{
    char *sql = xasprintf(
        "UPDATE run SET origin = 'imported', data_digest = '%s', split_digest = NULL,"
        " n_train = 1000, gene_set_id = NULL WHERE run_id = 3;"
        "UPDATE evaluation SET origin = 'imported', cells_digest = '%s' WHERE run_id = 3",
        digest, digest);

    store_foreign(b->path, sql);
    free(sql);
}

static void
test_provenance__of_imported_runs_little_is_known(void **state)
{
    static const char told[] = "runs trained / imported; scores scored / imported";
    struct store_box *b = *state;

    three_runs(b);
    import_run(b, DIGEST_B);
    expect(b, &across, "", told, "cells, parts, training data, genes");
    /* Numbers can tell them apart. */
    store_foreign(b->path, "UPDATE run SET n_train = 500 WHERE run_id = 2;"
                           "UPDATE evaluation SET n_cells = 60 + 5 * run_id");
    expect(b, &across,
           "cells 70 cells / 75 cells; training data 500 cells / 1000 cells", told,
           "parts, genes");
    /* A digest that one of ours has was ours. */
    store_foreign(b->path, "UPDATE run SET n_train = 1000 WHERE run_id = 2;"
                           "UPDATE evaluation SET n_cells = 70");
    import_run(b, DIGEST_A);
    expect(b, &across, "", told, "parts, genes");
}

/* Two imported runs of one pair_key: that they share it is an assumption. */
static void
test_provenance__imported_pairs_are_not_taken_on_trust(void **state)
{
    struct store_box *b = *state;

    three_runs(b);
    store_foreign(b->path,
                  "UPDATE run SET origin = 'imported', split_digest = NULL,"
                  " gene_set_id = NULL; UPDATE evaluation SET origin = 'imported'");
    expect(b, &within, "", "", "cells, parts, training data, genes");
}

static void
test_provenance__another_evaluation_is_told(void **state)
{
    struct store_box *b = *state;
    struct store_compare_query q = within;

    three_runs(b);
    store_foreign(b->path, "UPDATE evaluation SET name = 'ood+propagated'"
                           " WHERE run_id = 1");
    q.base_evaluation = "ood+propagated";
    expect(b, &q, "", "evaluation ood+propagated / ood", "");
}

/* Pairs on the same cells are the ones that are compared; others only where there is no
 * such pair. */
/* What --shuffle auto came to need not be the same within a pair_key. */
static void
test_provenance__another_order_of_cells_is_told(void **state)
{
    struct store_box *b = *state;

    three_runs(b);
    store_foreign(b->path, "UPDATE run SET cell_order = 'blocks' WHERE run_id <> 1");
    expect(b, &within, "", "order of cells cells / blocks", "");
    expect(b, &across, "", "", "");
    store_foreign(b->path, "UPDATE run SET cell_order = NULL"); /* older runs */
    expect(b, &within, "", "", "");
    expect(b, &across, "", "", "order of cells");
}

static void
test_provenance__is_of_the_pairs_that_count(void **state)
{
    struct store_box *b = *state;
    struct store_provenance p;

    three_runs(b);
    trained(b, "pair-a", "hce", 1); /* run 4 */
    trained(b, "pair-b", "hce", 1);
    store_foreign(b->path, "UPDATE evaluation SET cells_digest = '" DIGEST_B "',"
                           " checkpoint = 'last' WHERE run_id = 4");
    expect(b, &across, "", "", "");
    store_ok(store_provenance_read(b->s, &across, &p, &b->eb), &b->eb);
    assert_int_equal(p.n_pairs, 2);
    assert_int_equal(p.n_same_cells, 1);
    store_provenance_release(&p);
    store_foreign(b->path, "UPDATE evaluation SET cells_digest = '" DIGEST_B "'"
                           " WHERE run_id = 2");
    expect(b, &across, "cells bbbbbbbb / aaaaaaaa; checkpoint last / best", "", "");
}

/* The sides of one pair_key may be of two experiments, or read from two trees: neither is
 * in the key. */
static void
test_provenance__a_pair_of_two_places_is_told(void **state)
{
    struct store_box *b = *state;

    three_runs(b);
    store_foreign(b->path, "UPDATE run SET experiment = 'pair-c' WHERE run_id = 2");
    expect(b, &within, "", "experiment pair-a / pair-c", "");
    expect(b, &across, "", "", ""); /* both sides are named with theirs */
    store_foreign(b->path, "UPDATE run SET experiment = 'pair-a',"
                           " source_path = '/a/tb_logs/linear/default/version_0'"
                           " WHERE run_id = 1;"
                           "UPDATE run SET experiment = 'pair-a' WHERE run_id = 2");
    expect(b, &within, "", "", ""); /* the other one has no tree */
    store_foreign(b->path, "UPDATE run SET source_path ="
                           " '/a/tb_logs/linear_hierarchical_loss/default/version_0'"
                           " WHERE run_id = 2");
    expect(b, &within, "", "", "");
    store_foreign(b->path, "UPDATE run SET source_path ="
                           " '/b/tb_logs/linear_hierarchical_loss/default/version_0'"
                           " WHERE run_id = 2");
    expect(b, &within, "", "imported from /a/tb_logs / /b/tb_logs", "");
    store_foreign(b->path, "UPDATE run SET source_path = 'a.ckpt' WHERE run_id = 2");
    expect(b, &within, "", "", "");
}

static void
test_provenance__of_nothing_is_empty(void **state)
{
    struct store_box *b = *state;
    struct store_provenance p;

    expect(b, &across, "", "", "");
    store_ok(store_provenance_read(b->s, &across, &p, &b->eb), &b->eb);
    assert_int_equal(p.n_pairs, 0);
    store_provenance_release(&p);
}

int
main(void)
{
#define TEST(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, store_box_setup, store_box_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_provenance__alike_says_nothing),
        TEST(test_provenance__each_fact_that_differs_is_named),
        TEST(test_provenance__classes_and_hierarchy_are_told_apart),
        TEST(test_provenance__averages_over_other_classes),
        TEST(test_provenance__what_is_not_stored_is_not_known),
        TEST(test_provenance__of_imported_runs_little_is_known),
        TEST(test_provenance__imported_pairs_are_not_taken_on_trust),
        TEST(test_provenance__another_evaluation_is_told),
        TEST(test_provenance__another_order_of_cells_is_told),
        TEST(test_provenance__is_of_the_pairs_that_count),
        TEST(test_provenance__a_pair_of_two_places_is_told),
        TEST(test_provenance__of_nothing_is_empty),
    };

    return cmocka_run_group_tests_name("store_provenance", tests, NULL, NULL);
}
