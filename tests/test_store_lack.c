/* test_store_lack.c - why a comparison has no rows, and whose runs it is about. */
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "store/store_lack.h"
#include "store/store_who.h"
#include "tests/store_support.h"

#define KEY "pair"

/* A succeeded run; evaluation NULL: not scored, rule NULL: scored without rows. */
static int64_t
trained(struct store_box *b, const char *experiment, const char *loss, int64_t seed,
        const char *evaluation, const char *cells, const char *rule, const char *facet)
{
    struct store_new_run r = store_a_run(loss, seed);
    struct store_process me = store_me();
    struct store_claim c;
    int64_t id;
    const struct store_f1 row = {rule, facet, "all", NULL, .5, .5,
                                 .5,   .5,    .5,    .5,   10, 2};
    const struct store_evaluation ev = {.name = evaluation,
                                        .cells_digest = cells,
                                        .checkpoint = "best",
                                        .is_primary = true,
                                        .f1 = &row,
                                        .n_f1 = rule ? 1 : 0};

    r.pair_key = KEY;
    r.experiment = experiment;
    r.n_evals = 0;
    store_ok(store_queue_add(b->s, &r, 1, false, &id, NULL, &b->eb), &b->eb);
    store_ok(store_claim_next(b->s, &me, id, UINT64_MAX, &c, &b->eb), &b->eb);
    struct store_attempt a = {c.run_id, c.attempt};
    if (evaluation)
        store_ok(store_evaluation_add(b->s, &a, &ev, &b->eb), &b->eb);
    store_finished(b, a, "succeeded");
    return id;
}

static const struct store_compare_query query = {.pair_key = KEY,
                                                 .evaluation = "ood",
                                                 .rule = "hierarchy",
                                                 .facet = "tissue"};

static void
read_lack(struct store_box *b, struct store_lack *l)
{
    store_ok(store_lack_read(b->s, &query, l, &b->eb), &b->eb);
}

static void
step_is(struct store_lack_step s, int64_t base, int64_t side, int64_t both)
{
    assert_int_equal(s.base, base);
    assert_int_equal(s.side, side);
    assert_int_equal(s.both, both);
}

static void
test_lack__a_side_without_runs(void **state)
{
    struct store_box *b = *state;
    struct store_lack l;

    trained(b, "x", "ce", 0, NULL, NULL, NULL, NULL);
    trained(b, "x", "ce", 1, NULL, NULL, NULL, NULL);
    read_lack(b, &l);
    step_is(l.run, 2, 0, 0);
    step_is(l.scored, 0, 0, 0);
    assert_null(l.evaluation);
    assert_false(l.base_imported);
    assert_false(l.side_imported); /* there is none */
    store_lack_release(&l);
}

static void
test_lack__other_cells_and_another_evaluation(void **state)
{
    struct store_box *b = *state;
    struct store_lack l;

    trained(b, "x", "ce", 0, "ood", "cells-1", "hierarchy", "tissue");
    trained(b, "y", "hce", 0, "ood", "cells-2", "hierarchy", "tissue");
    trained(b, "x", "ce", 1, "id", "cells-3", "hierarchy", "tissue");
    trained(b, "x", "hce", 1, "id", "cells-3", "hierarchy", "tissue");
    read_lack(b, &l);
    step_is(l.run, 2, 2, 2);
    step_is(l.scored, 1, 1, 1);
    assert_int_equal(l.n_same_cells, 0);
    assert_string_equal(l.evaluation, "id");
    assert_null(l.confused);
    store_lack_release(&l);
}

static void
test_lack__rule_and_facet_of_each_side(void **state)
{
    struct store_box *b = *state;
    struct store_lack l;

    trained(b, "x", "ce", 0, "ood", "cells", "exact", "tissue");
    trained(b, "x", "hce", 0, "ood", "cells", "hierarchy", "tissue");
    trained(b, "x", "ce", 1, "ood", "cells", "exact", "tissue");
    trained(b, "x", "hce", 1, "ood", "cells", "exact", "tissue");
    read_lack(b, &l);
    assert_int_equal(l.n_same_cells, 2);
    step_is(l.rule, 0, 1, 0);
    step_is(l.facet, 0, 1, 0);
    assert_int_equal(l.n_other_rule, 1);
    store_lack_release(&l);

    trained(b, "x", "ce", 0, "ood", "cells", "hierarchy", "all"); /* replaces */
    read_lack(b, &l);
    step_is(l.rule, 1, 1, 1);
    step_is(l.facet, 0, 1, 0);
    store_lack_release(&l);
}

static void
test_lack__imported_sides(void **state)
{
    struct store_box *b = *state;
    struct store_lack l;

    trained(b, "x", "ce", 0, NULL, NULL, NULL, NULL);
    trained(b, "x", "hce", 0, NULL, NULL, NULL, NULL);
    store_foreign(b->path, "UPDATE run SET origin = 'imported' WHERE loss = 'ce'");
    read_lack(b, &l);
    assert_true(l.base_imported);
    assert_false(l.side_imported);
    store_lack_release(&l);
}

static void
who_is(const struct store_who *w, const char *experiments, int64_t n,
       int64_t n_imported)
{
    assert_string_equal(w->experiments, experiments);
    assert_int_equal(w->n_runs, n);
    assert_int_equal(w->n_imported, n_imported);
}

/* The newest experiment of the pair_key has no run in a pair: it is not named. */
static void
test_who__names_the_runs_that_are_paired(void **state)
{
    struct store_box *b = *state;
    struct store_who ce, hce;

    trained(b, "old", "ce", 0, "ood", "cells", "hierarchy", "all");
    trained(b, "old", "hce", 0, "ood", "cells", "hierarchy", "all");
    trained(b, "mid", "hce", 1, "ood", "cells", "hierarchy", "all");
    trained(b, "old", "ce", 1, "ood", "cells", "hierarchy", "all");
    trained(b, "new", "ce", 2, "ood", "cells", "hierarchy", "all");
    trained(b, "new", "hce", 3, NULL, NULL, NULL, NULL);
    store_foreign(b->path,
                  "UPDATE run SET origin = 'imported' WHERE experiment = 'mid'");
    store_ok(store_who_read(b->s, &query, &ce, &hce, &b->eb), &b->eb);
    who_is(&ce, "old", 2, 0);
    who_is(&hce, "mid + old", 2, 1);
    store_who_release(&ce);
    store_who_release(&hce);
}

static void
test_who__without_pairs_it_is_all_runs(void **state)
{
    struct store_box *b = *state;
    struct store_who ce, hce;

    trained(b, "old", "ce", 0, NULL, NULL, NULL, NULL);
    trained(b, "new", "ce", 1, NULL, NULL, NULL, NULL);
    store_ok(store_who_read(b->s, &query, &ce, &hce, &b->eb), &b->eb);
    who_is(&ce, "new + old", 2, 0);
    assert_null(hce.experiments);
    assert_int_equal(hce.n_runs, 0);
    store_who_release(&ce);
    store_who_release(&hce);
}

static void
test_groups__name_every_experiment(void **state)
{
    struct store_box *b = *state;
    struct store_groups g;

    trained(b, "old", "ce", 0, NULL, NULL, NULL, NULL);
    trained(b, "new", "hce", 0, NULL, NULL, NULL, NULL);
    store_ok(store_groups_list(b->s, NULL, &g, &b->eb), &b->eb);
    assert_int_equal(g.n, 1);
    assert_string_equal(g.group[0].experiment, "new + old");
    store_groups_release(&g);
}

#define BOX(f) cmocka_unit_test_setup_teardown(f, store_box_setup, store_box_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        BOX(test_lack__a_side_without_runs),
        BOX(test_lack__other_cells_and_another_evaluation),
        BOX(test_lack__rule_and_facet_of_each_side),
        BOX(test_lack__imported_sides),
        BOX(test_who__names_the_runs_that_are_paired),
        BOX(test_who__without_pairs_it_is_all_runs),
        BOX(test_groups__name_every_experiment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
