/* test_errors.c - shares of right and wrong predictions, from counts made by hand. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>

#include "stat/error_table.h"
#include "stat/errors.h"

/* Two seeds of three classes: B is a descendant of A, C is a sibling of B and unrelated
 * to the rest.
 *
 *            CE seed 0       CE seed 7       HCE seed 0      HCE seed 7
 *   A (10)   A 6 B 3 C 1     A 5 B 4 C 1     A 8 B 2         A 7 B 2 C 1
 *   B (4)    A 1 B 3         B 4             B 2 C 2         B 3 C 1
 *   C (2)    C 2             C 2             C 2             C 2
 */
static void
fill(struct errors *e)
{
    static const int64_t seed[] = {0, 7};
    static const struct {
        size_t pair;
        enum error_side side;
        const char *from, *to, *relation;
        int64_t n;
    } row[] = {
        {0, ERROR_CE, "A", "A", "same", 6},
        {0, ERROR_CE, "A", "B", "descendant", 3},
        {0, ERROR_CE, "A", "C", "other", 1},
        {0, ERROR_CE, "B", "A", "ancestor", 1},
        {0, ERROR_CE, "B", "B", "same", 3},
        {0, ERROR_CE, "C", "C", "same", 2},
        {1, ERROR_CE, "A", "A", "same", 5},
        {1, ERROR_CE, "A", "B", "descendant", 4},
        {1, ERROR_CE, "A", "C", "other", 1},
        {1, ERROR_CE, "B", "B", "same", 4},
        {1, ERROR_CE, "C", "C", "same", 2},
        {0, ERROR_HCE, "A", "A", "same", 8},
        {0, ERROR_HCE, "A", "B", "descendant", 2},
        {0, ERROR_HCE, "B", "B", "same", 2},
        {0, ERROR_HCE, "B", "C", "sibling", 2},
        {0, ERROR_HCE, "C", "C", "same", 2},
        {1, ERROR_HCE, "A", "A", "same", 7},
        {1, ERROR_HCE, "A", "B", "descendant", 2},
        {1, ERROR_HCE, "A", "C", "other", 1},
        {1, ERROR_HCE, "B", "B", "same", 3},
        {1, ERROR_HCE, "B", "C", "sibling", 1},
        {1, ERROR_HCE, "C", "C", "same", 2},
    };

    errors_init(e, seed, 2);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        if (i == 0 || row[i].pair != row[i - 1].pair || row[i].side != row[i - 1].side)
            errors_begin_run(e, row[i].pair, row[i].side);
        errors_add(e, row[i].from, row[i].to, row[i].relation, row[i].n);
    }
}

static const struct error_row *
row_of(const struct error_table *t, const char *label)
{
    const struct error_row *r = error_table_find(t, errors_find(t->errors, label));

    assert_non_null(r);
    return r;
}

static void
assert_pair(const struct paired *s, double ce0, double ce1, double hce0, double hce1)
{
    assert_int_equal(s->n, 2);
    support_near(s->a_mean, (ce0 + ce1) / 2, 1e-15);
    support_near(s->a_sd, fabs(ce0 - ce1) / sqrt(2), 1e-15);
    support_near(s->b_mean, (hce0 + hce1) / 2, 1e-15);
    support_near(s->d_mean, (hce0 - ce0 + hce1 - ce1) / 2, 1e-15);
}

static void
test_error_table__exact_shares(void **state)
{
    struct errors e;
    struct error_table t;

    (void)state;
    fill(&e);
    error_table_init(&t, &e, (struct error_question){.exact = true});
    assert_int_equal(t.n, 4);
    assert_string_equal(t.row[0].label, "all cells");
    support_near(t.row[0].cells, 16, 0);
    assert_pair(&t.row[0].stat[ERROR_WRONG].s, 5 / 16., 5 / 16., 4 / 16., 4 / 16.);
    assert_pair(&t.row[0].stat[ERROR_SAME].s, 11 / 16., 11 / 16., 12 / 16., 12 / 16.);
    assert_pair(&row_of(&t, "A")->stat[ERROR_WRONG].s, .4, .5, .2, .3);
    assert_pair(&row_of(&t, "A")->stat[ERROR_DESCENDANT].s, .3, .4, .2, .2);
    assert_pair(&row_of(&t, "A")->stat[ERROR_OTHER].s, .1, .1, 0, .1);
    assert_pair(&row_of(&t, "B")->stat[ERROR_SIBLING].s, 0, 0, .5, .25);
    assert_pair(&row_of(&t, "B")->stat[ERROR_ANCESTOR].s, .25, 0, 0, 0);
    support_near(row_of(&t, "A")->n[ERROR_CE][ERROR_WRONG], 4.5, 0);
    assert_int_equal(row_of(&t, "B")->stat[ERROR_SIBLING].s.wins, 2);
    error_table_release(&t);
    errors_release(&e);
}

static void
test_error_table__descendants_are_right_by_hierarchy(void **state)
{
    struct errors e;
    struct error_table t;

    (void)state;
    fill(&e);
    error_table_init(&t, &e, (struct error_question){0});
    assert_pair(&row_of(&t, "A")->stat[ERROR_WRONG].s, .1, .1, 0, .1);
    assert_pair(&row_of(&t, "A")->stat[ERROR_DESCENDANT].s, .3, .4, .2, .2);
    assert_pair(&row_of(&t, "B")->stat[ERROR_WRONG].s, .25, 0, .5, .25);
    error_table_release(&t);
    errors_release(&e);
}

static void
test_error_table__shares_of_the_wrong_ones(void **state)
{
    struct errors e;
    struct error_table t;

    (void)state;
    fill(&e);
    error_table_init(&t, &e, (struct error_question){.exact = true, .of_wrong = true});
    assert_pair(&row_of(&t, "A")->stat[ERROR_DESCENDANT].s, .75, .8, 1, 2 / 3.);
    assert_pair(&row_of(&t, "A")->stat[ERROR_WRONG].s, .4, .5, .2, .3);
    /* CE of seed 7 has no wrong B: that pair has no share. */
    assert_int_equal(row_of(&t, "B")->stat[ERROR_SIBLING].s.n, 1);
    support_near(row_of(&t, "B")->stat[ERROR_SIBLING].s.d_mean, 1, 0);
    assert_int_equal(row_of(&t, "C")->stat[ERROR_OTHER].s.n, 0);
    assert_int_equal(row_of(&t, "A")->stat[ERROR_SAME].s.n, 0);
    error_table_release(&t);
    error_table_init(&t, &e, (struct error_question){.of_wrong = true});
    assert_int_equal(row_of(&t, "A")->stat[ERROR_DESCENDANT].s.n, 0);
    assert_int_equal(row_of(&t, "A")->stat[ERROR_OTHER].s.n, 1);
    error_table_release(&t);
    errors_release(&e);
}

static void
test_error_table__by_predicted(void **state)
{
    struct errors e;
    struct error_table t;

    (void)state;
    fill(&e);
    error_table_init(&t, &e,
                     (struct error_question){.by_predicted = true, .exact = true});
    /* Called C: CE 1 of A and 2 right, twice; HCE 2 of B and 2 right, then 1, 1 and 2. */
    assert_pair(&row_of(&t, "C")->stat[ERROR_WRONG].s, 1 / 3., 1 / 3., .5, .5);
    assert_pair(&row_of(&t, "C")->stat[ERROR_SIBLING].s, 0, 0, .5, .25);
    support_near(row_of(&t, "C")->cells, 3.5, 1e-15);
    assert_pair(&row_of(&t, "B")->stat[ERROR_DESCENDANT].s, .5, .5, .5, .4);
    assert_pair(&t.row[0].stat[ERROR_WRONG].s, 5 / 16., 5 / 16., 4 / 16., 4 / 16.);
    error_table_release(&t);
    errors_release(&e);
}

static void
test_error_table__holm_over_the_classes(void **state)
{
    struct errors e;
    struct error_table t;

    (void)state;
    fill(&e);
    error_table_init(&t, &e, (struct error_question){.exact = true});
    const struct error_stat *a = &row_of(&t, "A")->stat[ERROR_WRONG];
    const struct error_stat *b = &row_of(&t, "B")->stat[ERROR_WRONG];
    /* A differs by .2 in both seeds: no spread.  B by .25 twice.  C never. */
    assert_string_equal(a->s.why, "no spread");
    assert_string_equal(b->s.why, "no spread");
    assert_int_equal(t.family[ERROR_WRONG], 0);
    /* Descendants of A by -.1 and -.2; siblings of B by .5 and .25: one class each. */
    const struct error_stat *d = &row_of(&t, "A")->stat[ERROR_DESCENDANT];
    assert_int_equal(t.family[ERROR_DESCENDANT], 1);
    /* t = -3 with one degree of freedom: p = 1 - 2 atan(3) / pi. */
    support_near(d->s.t, -3, 1e-12);
    support_near(d->s.p, 1 - 2 * atan(3) / acos(-1), 1e-12);
    support_near(d->p_holm, d->s.p, 0);
    error_table_release(&t);
    errors_release(&e);
}

static void
test_error_verdict__says_what_a_difference_means(void **state)
{
    struct error_stat x = {.s.d_mean = -.1, .p_holm = .01};

    (void)state;
    assert_string_equal(error_verdict(ERROR_WRONG, &x), "better");
    assert_string_equal(error_verdict(ERROR_SAME, &x), "worse");
    assert_string_equal(error_verdict(ERROR_SIBLING, &x), "fewer");
    x.s.d_mean = .1;
    assert_string_equal(error_verdict(ERROR_WRONG, &x), "worse");
    assert_string_equal(error_verdict(ERROR_SAME, &x), "better");
    assert_string_equal(error_verdict(ERROR_ANCESTOR, &x), "more");
    x.p_holm = .05;
    assert_string_equal(error_verdict(ERROR_WRONG, &x), "");
    x.p_holm = NAN;
    assert_string_equal(error_verdict(ERROR_WRONG, &x), "");
}

static void
test_confusion_list__where_cells_of_a_class_went(void **state)
{
    struct errors e;
    struct error_table t;
    struct confusion_list l;

    (void)state;
    fill(&e);
    error_table_init(&t, &e, (struct error_question){.exact = true});
    confusion_list_init(&l, &t, errors_find(&e, "A"), 0);
    assert_int_equal(l.n, 3);
    assert_string_equal(l.row[0].to, "A");
    assert_string_equal(l.row[1].to, "B");
    assert_int_equal(l.row[1].c.kind, ERROR_DESCENDANT);
    support_near(l.row[1].cells[ERROR_CE], 3.5, 0);
    support_near(l.row[1].cells[ERROR_HCE], 2, 0);
    assert_pair(&l.row[1].share, .3, .4, .2, .2);
    assert_int_equal(l.row[2].n[ERROR_HCE][0], 0); /* did not occur in that run */
    assert_int_equal(l.row[2].n[ERROR_HCE][1], 1);
    confusion_list_release(&l);
    confusion_list_init(&l, &t, errors_find(&e, "A"), 2);
    assert_int_equal(l.n, 2);
    assert_int_equal(l.n_all, 3);
    confusion_list_release(&l);
    error_table_release(&t);
    errors_release(&e);
}

static void
test_confusion_list__what_was_called_a_class_and_all(void **state)
{
    struct errors e;
    struct error_table t;
    struct confusion_list l;

    (void)state;
    fill(&e);
    error_table_init(
        &t, &e,
        (struct error_question){.by_predicted = true, .exact = true, .of_wrong = true});
    confusion_list_init(&l, &t, errors_find(&e, "C"), 0);
    assert_int_equal(l.n, 3);
    assert_string_equal(l.row[1].from, "B"); /* 1.5 cells under HCE; of A 1 under CE */
    assert_pair(&l.row[1].share, 0, 0, 1, .5);
    assert_int_equal(l.row[0].share.n,
                     0); /* the right ones are no share of the wrong */
    confusion_list_release(&l);
    confusion_list_init(&l, &t, ERRORS_ALL, 0);
    assert_int_equal(l.n, 4);
    assert_string_equal(l.row[0].from, "A");
    assert_string_equal(l.row[0].to, "B");
    assert_pair(&l.row[0].share, 3 / 5., 4 / 5., 2 / 4., 2 / 4.);
    confusion_list_release(&l);
    error_table_release(&t);
    errors_release(&e);
}

static void
test_errors__nothing_and_unknown_relations(void **state)
{
    struct errors e;
    struct error_table t;
    struct confusion_list l;
    static const int64_t seed[] = {3};

    (void)state;
    errors_init(&e, NULL, 0);
    error_table_init(&t, &e, (struct error_question){0});
    assert_int_equal(t.n, 0);
    assert_null(error_table_find(&t, ERRORS_ALL));
    confusion_list_init(&l, &t, ERRORS_ALL, 0);
    assert_int_equal(l.n, 0);
    confusion_list_release(&l);
    error_table_release(&t);
    errors_release(&e);

    errors_init(&e, seed, 1);
    errors_begin_run(&e, 0, ERROR_CE);
    errors_add(&e, "x", "y", "cousin", 2);
    errors_add(&e, "x", "z", "wrong", 1);
    errors_begin_run(&e, 0, ERROR_HCE);
    errors_add(&e, "x", "x", "same", 3);
    error_table_init(&t, &e, (struct error_question){0});
    assert_int_equal(t.n, 2); /* y and z have no cells of their own */
    support_near(t.row[1].stat[ERROR_OTHER].s.a_mean, 1, 0);
    support_near(t.row[1].stat[ERROR_WRONG].s.d_mean, -1, 0);
    assert_string_equal(t.row[1].stat[ERROR_WRONG].s.why, "n=1");
    error_table_release(&t);
    errors_release(&e);
}

/* Classes are numbered as they are seen, and the index grows with them. */
static void
test_errors__many_classes(void **state)
{
    enum { C = 300 };
    static const int64_t seed[] = {0, 1};
    struct errors e;
    char from[16], to[16];
    int64_t sum = 0;

    (void)state;
    errors_init(&e, seed, 2);
    for (int run = 0; run < 4; run++) {
        errors_begin_run(&e, (size_t)run / 2, (enum error_side)(run % 2));
        for (int i = 0; i < C; i++) {
            for (int k = 0; k < C; k += 7 + run) {
                snprintf(from, sizeof from, "c%d", run % 2 ? C - 1 - i : i);
                snprintf(to, sizeof to, "c%d", k);
                errors_add(&e, from, to, i == k ? "same" : "sibling", i + k);
            }
        }
    }
    assert_int_equal(errors_classes(&e), C);
    for (size_t i = 0; i < e.n; i++)
        if (e.confusion[i].from == errors_find(&e, "c12") &&
            e.confusion[i].to == errors_find(&e, "c21"))
            sum += errors_counts(&e, i, ERROR_CE)[0] * 1000 +
                   errors_counts(&e, i, ERROR_HCE)[1];
    assert_int_equal(sum, 33000); /* 21 is a multiple of 7, not of 10 */
    errors_release(&e);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_table__exact_shares),
        cmocka_unit_test(test_error_table__descendants_are_right_by_hierarchy),
        cmocka_unit_test(test_error_table__shares_of_the_wrong_ones),
        cmocka_unit_test(test_error_table__by_predicted),
        cmocka_unit_test(test_error_table__holm_over_the_classes),
        cmocka_unit_test(test_error_verdict__says_what_a_difference_means),
        cmocka_unit_test(test_confusion_list__where_cells_of_a_class_went),
        cmocka_unit_test(test_confusion_list__what_was_called_a_class_and_all),
        cmocka_unit_test(test_errors__nothing_and_unknown_relations),
        cmocka_unit_test(test_errors__many_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
