/* test_store_results.c - evaluations, comparisons, inputs, and the cookbook. */
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "tests/store_support.h"

/* A label that would break anything that formats it into SQL or onto a terminal. */
#define NASTY "it's \"x\";\n\tDROP TABLE run; -- \x1b[31m\xc3\xa9\xe7\xb4\xb0"

static struct store_f1
row(const char *facet, const char *label, const char *class_name, double f1)
{
    double none = class_name ? (double)NAN : .5;

    return (struct store_f1){"hierarchy", facet, label, class_name,
                             .6,          .7,    f1,    none,
                             none,        none,  10,    class_name ? 1 : 2};
}

/* Write evaluation `ood` of the run with the rows. */
static void
evaluate(struct store_box *b, struct store_attempt a, const struct store_f1 *f1,
         size_t n)
{
    const struct store_confusion c[] = {{"T cell", "T cell", 7, "same"},
                                        {"T cell", NASTY, 3, "descendant"}};
    struct store_evaluation ev = {.name = "ood",
                                  .cells_digest = "cells-ood",
                                  .checkpoint = "best",
                                  .is_primary = true,
                                  .n_cells = 10,
                                  .n_unknown = 2,
                                  .f1 = f1,
                                  .n_f1 = n,
                                  .confusion = c,
                                  .n_confusions = 2};

    store_ok(store_evaluation_add(b->s, &a, &ev, &b->eb), &b->eb);
}

/* A succeeded run whose facet `all` has this F1. */
static int64_t
trained(struct store_box *b, const char *loss, int64_t seed, double f1)
{
    struct store_attempt a = store_running(b, loss, seed);
    const struct store_f1 rows[] = {
        row("all", "all", NULL, f1),     row("class", "T cell", NULL, f1 - .1),
        row("tissue", "lung", NULL, f1), row("tissue", "lung", "T cell", f1 + .1),
        row("tissue", NASTY, NULL, f1),  row("disease", "normal", NULL, f1)};

    evaluate(b, a, rows, 6);
    store_finished(b, a, "succeeded");
    return a.run_id;
}

/* --- evaluations --- */

static void
test_evaluation__labels_are_data(void **state)
{
    struct store_box *b = *state;

    trained(b, "ce", 0, .5);
    assert_string_equal(store_cell(b,
                                   "SELECT label FROM f1_by_tissue WHERE class IS NULL"
                                   " AND label <> 'lung'"),
                        NASTY);
    assert_string_equal(store_cell(b, "SELECT predicted_label FROM confusion"
                                      " WHERE relation = 'descendant'"),
                        NASTY);
    assert_string_equal(store_cell(b, "SELECT n_cells || ' ' || n_unknown"
                                      " FROM evaluation"),
                        "10 2");
    assert_string_equal(store_cell(b, "SELECT class || ' ' || f1 || ' ' ||"
                                      " COALESCE(accuracy, 'none') FROM f1_by_tissue"
                                      " WHERE class IS NOT NULL"),
                        "T cell 0.6 none");
}

static void
test_evaluation__replaces_the_one_before(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0), finished = {a.run_id, 0};
    struct store_f1 once = row("all", "all", NULL, .25),
                    again = row("all", "all", NULL, .5);
    struct store_evaluation last = {.name = "ood",
                                    .cells_digest = "cells-ood",
                                    .checkpoint = "last",
                                    .is_primary = true};

    evaluate(b, a, &once, 1);
    evaluate(b, a, &again, 1);
    store_finished(b, a, "succeeded");
    assert_string_equal(store_cell(b, "SELECT group_concat(f1) FROM f1"), "0.5");
    store_ok(store_evaluation_add(b->s, &finished, &last, &b->eb), &b->eb);
    assert_string_equal(store_cell(b, "SELECT group_concat(checkpoint || is_primary)"
                                      " FROM evaluation"),
                        "best0,last1");
}

static void
test_evaluation__one_row_per_key(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    const struct store_f1 twice[] = {row("all", "all", NULL, .5),
                                     row("all", "all", NULL, .5)};
    struct store_evaluation ev = {.name = "ood",
                                  .cells_digest = "cells-ood",
                                  .checkpoint = "best",
                                  .f1 = twice,
                                  .n_f1 = 2};

    assert_int_equal(store_evaluation_add(b->s, &a, &ev, &b->eb), ERR_DB);
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM evaluation"), "0");
}

static void
test_evaluation__a_name_means_the_same_cells_in_an_experiment(void **state)
{
    struct store_box *b = *state;
    int64_t id = trained(b, "ce", 0, .5);
    struct store_attempt finished = {id, 0}, nobody = {999, 0};
    struct store_evaluation ev = {
        .name = "ood", .cells_digest = "others", .checkpoint = "best"};

    assert_int_equal(store_evaluation_add(b->s, &finished, &ev, &b->eb), ERR_CONFLICT);
    ev.name = "new";
    store_ok(store_evaluation_add(b->s, &finished, &ev, &b->eb), &b->eb);
    ev.cells_digest = "third";
    assert_int_equal(store_evaluation_add(b->s, &finished, &ev, &b->eb), ERR_CONFLICT);
    assert_int_equal(store_evaluation_add(b->s, &nobody, &ev, &b->eb), ERR_NOTFOUND);
}

/* --- comparison: hand-computed from three pairs --- */

static const double ce_f1[] = {.50, .60, .55}, hce_f1[] = {.60, .58, .65};

static void
three_pairs(struct store_box *b)
{
    for (int64_t seed = 0; seed < 3; seed++) {
        trained(b, "ce", seed, ce_f1[seed]);
        trained(b, "hce", seed, hce_f1[seed]);
    }
}

static double
number(struct store_box *b, const char *column)
{
    char sql[256];

    snprintf(sql, sizeof sql, "SELECT %s FROM comparison WHERE facet = 'all'", column);
    return strtod(store_cell(b, sql), NULL);
}

static void
test_comparison__equals_the_numbers_by_hand(void **state)
{
    struct store_box *b = *state;

    three_pairs(b);
    assert_string_equal(
        store_cell(b, "SELECT pair_key || ' ' || experiment || ' ' || model"
                      " || ' ' || evaluation || ' ' || rule || ' ' || label"
                      " FROM comparison WHERE facet = 'all'"),
        "pair-a toy linear ood hierarchy all");
    support_near(number(b, "n_pairs"), 3, 0);
    support_near(number(b, "ce_mean"), .55, 1e-12);
    support_near(number(b, "hce_mean"), .61, 1e-12);
    support_near(number(b, "delta_mean"), .06, 1e-12);
    support_near(number(b, "ce_sd"), .05, 1e-12); /* sqrt((.0025 + .0025 + 0) / 2) */
    support_near(number(b, "hce_sd"), sqrt(.0013), 1e-12); /* (.0001+.0009+.0016)/2 */
    support_near(number(b, "delta_sd"), sqrt(.0048),
                 1e-12); /* .1, -.02, .1 about .06 */
    support_near(number(b, "wins"), 2, 0);
    support_near(number(b, "losses"), 1, 0);
    support_near(number(b, "support"), 10, 0);
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM comparison"), "6");
}

static void
test_comparison__one_pair_has_no_spread(void **state)
{
    struct store_box *b = *state;

    trained(b, "ce", 0, .5);
    trained(b, "hce", 0, .6);
    trained(b, "hce", 1, .7);
    assert_string_equal(store_cell(b, "SELECT n_pairs || ' ' || (ce_sd IS NULL) ||"
                                      " (hce_sd IS NULL) || (delta_sd IS NULL)"
                                      " FROM comparison WHERE facet = 'all'"),
                        "1 111");
}

static void
test_comparison__counts_the_newest_succeeded_run(void **state)
{
    struct store_box *b = *state;

    trained(b, "ce", 0, .5);
    trained(b, "hce", 0, .6);
    trained(b, "hce", 0, .9);
    store_finished(b, store_running(b, "hce", 0), "failed");
    support_near(number(b, "hce_mean"), .9, 0);
    support_near(number(b, "n_pairs"), 1, 0);
}

struct pairs {
    size_t n;
    char text[16][128];
};

static void
keep_pair(void *ctx, const char *label, const char *class_name, int64_t seed, double ce,
          double hce, double support)
{
    struct pairs *p = ctx;

    snprintf(p->text[p->n++], sizeof p->text[0], "%.6s %s %d %.2f %.2f %g", label,
             class_name ? class_name : "-", (int)seed, ce, hce, support);
}

/* A pair_key does not hold the experiment, and a name means other cells in another one:
 * those are no pair. */
static void
test_comparison__pairs_only_the_same_cells(void **state)
{
    struct store_box *b = *state;

    trained(b, "ce", 0, .5);
    trained(b, "hce", 0, .7);
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM comparison"
                                      " WHERE facet = 'all'"),
                        "1");
    store_foreign(b->path, "UPDATE run SET experiment = 'other' WHERE loss = 'hce';"
                           "UPDATE evaluation SET cells_digest = 'cells-other'"
                           " WHERE run_id = 2");
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM comparison"), "0");
}

static void
test_compare__gives_pairs_by_label_and_seed(void **state)
{
    struct store_box *b = *state;
    struct store_compare_query q = {.pair_key = "pair-a",
                                    .evaluation = "ood",
                                    .rule = "hierarchy",
                                    .facet = "tissue"};
    struct pairs p = {0};

    three_pairs(b);
    store_ok(store_compare_each(b->s, &q, keep_pair, &p, &b->eb), &b->eb);
    assert_int_equal(p.n, 6);
    assert_string_equal(p.text[0] + 7, "- 0 0.50 0.60 10");
    assert_string_equal(p.text[5], "lung - 2 0.55 0.65 10");
    p.n = 0;
    q.label = "lung";
    store_ok(store_compare_each(b->s, &q, keep_pair, &p, &b->eb), &b->eb);
    assert_int_equal(p.n, 3);
    assert_string_equal(p.text[1], "lung T cell 1 0.70 0.68 10");
    p.n = 0;
    q.min_support = 11;
    store_ok(store_compare_each(b->s, &q, keep_pair, &p, &b->eb), &b->eb);
    assert_int_equal(p.n, 0);
}

/* --- groups --- */

static void
test_groups__list_what_has_no_partner(void **state)
{
    struct store_box *b = *state;
    struct store_groups g;

    three_pairs(b);
    trained(b, "ce", 3, .5);
    trained(b, "hce", 4, .5);
    trained(b, "ce", 5, .5);
    store_finished(b, store_running(b, "hce", 5), "failed");
    store_queued(b, "ce", 6);
    store_ok(store_groups_list(b->s, "toy", &g, &b->eb), &b->eb);
    assert_int_equal(g.n, 1);
    const struct store_group *x = &g.group[0];
    assert_string_equal(x->pair_key, "pair-a");
    assert_true(x->n_ce == 5 && x->n_hce == 4 && x->n_pairs == 3);
    assert_true(x->n_open == 1 && x->n_failed == 1);
    assert_string_equal(x->unmatched, "ce: 4; hce: 3, 5 (failed)");
    assert_string_equal(x->evaluations, "ood");
    assert_string_equal(x->facets, "all,class,tissue,disease");
    assert_non_null(x->last_ended_at);
    store_groups_release(&g);
    store_ok(store_groups_list(b->s, "elsewhere", &g, &b->eb), &b->eb);
    assert_int_equal(g.n, 0);
    store_groups_release(&g);
}

static void
test_groups__list_what_was_not_scored(void **state)
{
    struct store_box *b = *state;
    struct strbuf text = {0};

    three_pairs(b);
    store_ok(store_unscored(b->s, "pair-a", "ood", &text, &b->eb), &b->eb);
    assert_string_equal(strbuf_str(&text), "");
    store_finished(b, store_running(b, "ce", 3), "succeeded");
    store_finished(b, store_running(b, "hce", 3), "succeeded");
    store_finished(b, store_running(b, "hce", 4), "succeeded");
    store_finished(b, store_running(b, "hce", 5), "failed");
    store_ok(store_unscored(b->s, "pair-a", "ood", &text, &b->eb), &b->eb);
    assert_string_equal(strbuf_str(&text), "ce: 3; hce: 3, 4");
    strbuf_release(&text);
}

static void
test_diff__names_what_differs(void **state)
{
    struct store_box *b = *state;
    const struct store_param params[] = {{"data", "atlas.h5ad", 0},
                                         {"batch_size", "256", 0},
                                         {"threads", "1", 0},
                                         {"gamma", "2", 0}};
    struct store_new_run r = store_a_run("ce", 0);
    int64_t id;
    char *text;

    store_queued(b, "ce", 0);
    r.pair_key = "pair-b";
    r.param = params;
    r.split_digest = "another split";
    store_ok(store_queue_add(b->s, &r, 1, false, &id, NULL, &b->eb), &b->eb);
    store_ok(store_pair_diff(b->s, "pair-a", "pair-b", &text, &b->eb), &b->eb);
    assert_string_equal(text, "data atlas.h5ad more.h5ad / atlas.h5ad, "
                              "batch_size 64 / 256, gamma - / 2, ...");
    free(text);
    store_ok(store_pair_diff(b->s, "pair-a", "pair-a", &text, &b->eb), &b->eb);
    assert_string_equal(text, "");
    free(text);
}

/* --- inputs --- */

static void
add_inputs(struct store_box *b, struct store_attempt a)
{
    static const char *const label[] = {"B cell", NASTY, "T cell"};
    static const char *const term[] = {"CL:0000236", "", "CL:0000084"};
    static const char *const gene[] = {"ENSG1", "ENSG2"}, *const gene_name[] = {"A",
                                                                                NULL};
    static const char *const facet[] = {"tissue", "disease"};
    static const uint32_t up[] = {0, 2}, down[] = {1, 1};
    const struct store_labels labels = {"labels-1", label, term, 3, up, down, 2};
    const struct store_ontology ontology = {"onto-1", "built-in", "2024", term, label,
                                            3,        down,       up,     2};
    const struct store_genes genes = {"genes-1", gene, gene_name, 2};
    const struct store_input_file file = {"a.h5ad", "raw/X", "sf-log1p", "counts", 10,
                                          9,        3,       0,          1};
    const struct store_inputs in = {&labels, &ontology, &genes, &file, 1, facet,
                                    2,       5,         2,      1,     1, "cells"};

    store_ok(store_inputs_add(b->s, &a, &in, &b->eb), &b->eb);
}

static void
test_inputs__are_kept_once_and_come_back(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0), c = store_running(b, "hce", 0);
    struct strlist x = {0}, y = {0};
    uint32_t *up, *down;
    size_t n;

    add_inputs(b, a);
    add_inputs(b, a);
    add_inputs(b, c);
    assert_string_equal(store_cell(b, "SELECT (SELECT COUNT(*) FROM label) || ' ' ||"
                                      " (SELECT COUNT(*) FROM gene) || ' ' ||"
                                      " (SELECT COUNT(*) FROM ontology_edge) || ' ' ||"
                                      " (SELECT COUNT(*) FROM input_file) || ' ' ||"
                                      " (SELECT n_train FROM run_summary)"),
                        "3 2 2 2 5");
    store_ok(store_run_labels(b->s, c.run_id, &x, &y, &up, &down, &n, &b->eb), &b->eb);
    assert_int_equal(x.n, 3);
    assert_string_equal(x.item[1], NASTY);
    assert_string_equal(y.item[1], "");
    assert_int_equal(n, 2);
    assert_true(up[1] == 2 && down[1] == 1);
    free(up);
    free(down);
    strlist_release(&x);
    strlist_release(&y);
    store_ok(store_run_genes(b->s, a.run_id, &x, &y, &b->eb), &b->eb);
    assert_string_equal(x.item[1], "ENSG2");
    assert_string_equal(y.item[1], "");
    strlist_release(&x);
    strlist_release(&y);
    store_ok(store_run_facets(b->s, a.run_id, &x, &b->eb), &b->eb);
    assert_string_equal(x.item[1], "disease");
    strlist_release(&x);
    int64_t fresh = store_queued(b, "ce", 1);
    assert_int_equal(store_run_genes(b->s, fresh, &x, &y, &b->eb), ERR_NOTFOUND);
    assert_int_equal(store_run_labels(b->s, fresh, &x, &y, &up, &down, &n, &b->eb),
                     ERR_NOTFOUND);
}

/* --- importances --- */

/* Three rows of two classes of a run with the inputs above. */
static void
add_importances(struct store_box *b, struct store_attempt a)
{
    static const struct store_importance rows[] = {
        {0, 1, 1, .75}, {0, 0, 2, .25}, {1, 1, 1, 1}};

    add_inputs(b, a);
    store_ok(store_importance_add(b->s, &a, rows, 3, &b->eb), &b->eb);
}

static const char *
importances(struct store_box *b)
{
    return store_cell(b,
                      "SELECT group_concat(class || ',' || gene_id || ',' ||"
                      " COALESCE(gene_name, '-') || ',' || rank || ',' ||"
                      " importance, ';') FROM (SELECT class, gene_id, gene_name, rank,"
                      " importance FROM gene_importance ORDER BY run_id, class, rank)");
}

static void
test_importance__names_classes_and_genes(void **state)
{
    struct store_box *b = *state;

    add_importances(b, store_running(b, "ce", 0));
    assert_string_equal(importances(b),
                        "B cell,ENSG2,-,1,0.75;B cell,ENSG1,A,2,0.25;" NASTY
                        ",ENSG2,-,1,1.0");
}

static void
test_importance__replaces_the_ones_before(void **state)
{
    static const struct store_importance other = {2, 0, 1, .5};
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    bool done;

    add_importances(b, a);
    store_ok(store_importance_add(b->s, &a, &other, 1, &b->eb), &b->eb);
    assert_string_equal(importances(b), "T cell,ENSG1,A,1,0.5");
    store_finished(b, a, "failed");
    store_ok(store_retry(b->s, a.run_id, true, &done, &b->eb), &b->eb);
    assert_string_equal(importances(b), "NULL"); /* a fresh start forgets them */
}

static void
test_importance__is_fenced(void **state)
{
    static const struct store_importance other = {2, 0, 1, .5};
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0), late = {a.run_id, 99};

    add_inputs(b, a);
    assert_int_equal(store_importance_add(b->s, &late, &other, 1, &b->eb), ERR_FENCED);
    store_finished(b, a, "succeeded");
    assert_int_equal(store_importance_add(b->s, &a, &other, 1, &b->eb), ERR_FENCED);
    assert_string_equal(importances(b), "NULL");
}

/* --- lists --- */

static void
test_runs__come_in_groups_of_first_sight(void **state)
{
    struct store_box *b = *state;
    struct store_new_run other = store_a_run("ce", 0);
    struct store_run_filter f = {.experiment = "toy", .loss = "ce"};
    struct store_runs runs;
    char order[64] = "";
    int64_t id;

    store_queued(b, "hce", 1);
    other.experiment = "b";
    store_ok(store_queue_add(b->s, &other, 1, false, &id, NULL, &b->eb), &b->eb);
    store_queued(b, "ce", 1);
    store_queued(b, "ce", 0);
    store_ok(store_runs_list(b->s, NULL, &runs, &b->eb), &b->eb);
    for (size_t i = 0; i < runs.n; i++)
        snprintf(order + strlen(order), sizeof order - strlen(order), "%s%s%d ",
                 runs.run[i].experiment, runs.run[i].loss, (int)runs.run[i].seed);
    assert_string_equal(order, "toyce0 toyce1 toyhce1 bce0 ");
    store_runs_release(&runs);
    store_ok(store_runs_list(b->s, &f, &runs, &b->eb), &b->eb);
    assert_int_equal(runs.n, 2);
    store_runs_release(&runs);
}

/* --- the cookbook --- */

static bool
count_row(void *ctx, size_t n_cols, const char *const *name, const char *const *value,
          const char *type)
{
    size_t *n = ctx;

    (void)name;
    (void)value;
    (void)type;
    assert_true(n_cols > 0);
    ++*n;
    return true;
}

/* A succeeded run with an ontology above its class. */
static void
trained_on_ontology(struct store_box *b, const char *loss, int64_t seed)
{
    struct store_attempt a = store_running(b, loss, seed);
    const struct store_f1 rows[] = {row("all", "all", NULL, .5),
                                    row("class", "T cell", NULL, .5)};

    add_inputs(b, a);
    evaluate(b, a, rows, 2);
    store_finished(b, a, "succeeded");
}

static void
test_cookbook__every_query_runs_and_finds_something(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a;
    glob_t found;

    three_pairs(b);
    trained(b, "ce", 7, .5);
    store_finished(b, store_running(b, "hce", 7), "failed");
    trained_on_ontology(b, "ce", 8);
    trained_on_ontology(b, "hce", 8);
    a = store_running(b, "ce", 9);
    add_importances(b, a);
    store_ok(
        store_metrics_add(b->s, &a,
                          (const struct store_metric[]){{"train_loss", 10, 0, 1, .5},
                                                        {"val_loss", 10, 0, 1, .5},
                                                        {"val_f1_macro", 10, 0, 1, .5}},
                          3, NULL, &b->eb),
        &b->eb);
    store_ok(store_checkpoint_add(b->s, &a,
                                  &(struct store_checkpoint){.kind = "last",
                                                             .piece = PIECE("x", 1),
                                                             .n_pieces = 1,
                                                             .score = .5},
                                  &b->eb),
             &b->eb);
    assert_int_equal(glob(support_source("share/sql/*.sql"), 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 10);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *text = support_slurp(found.gl_pathv[i]);
        size_t n = 0;

        enum err e = store_query(b->s, text, NULL, 0, count_row, &n, &b->eb);
        if (e || n == 0)
            fail_msg("%s: %zu rows, %s", found.gl_pathv[i], n, e ? b->eb.text : "");
        free(text);
    }
    globfree(&found);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, store_box_setup, store_box_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_evaluation__labels_are_data),
        CASE(test_evaluation__replaces_the_one_before),
        CASE(test_evaluation__one_row_per_key),
        CASE(test_evaluation__a_name_means_the_same_cells_in_an_experiment),
        CASE(test_comparison__equals_the_numbers_by_hand),
        CASE(test_comparison__one_pair_has_no_spread),
        CASE(test_comparison__counts_the_newest_succeeded_run),
        CASE(test_comparison__pairs_only_the_same_cells),
        CASE(test_compare__gives_pairs_by_label_and_seed),
        CASE(test_groups__list_what_has_no_partner),
        CASE(test_groups__list_what_was_not_scored),
        CASE(test_diff__names_what_differs),
        CASE(test_inputs__are_kept_once_and_come_back),
        CASE(test_importance__names_classes_and_genes),
        CASE(test_importance__replaces_the_ones_before),
        CASE(test_importance__is_fenced),
        CASE(test_runs__come_in_groups_of_first_sight),
        CASE(test_cookbook__every_query_runs_and_finds_something),
    };

    return cmocka_run_group_tests_name("store_results", tests, NULL, NULL);
}
