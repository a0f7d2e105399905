/* test_propagate.c - propagated probabilities: values worked out by hand, any hierarchy
 * against the definition, and a classifier that decodes so. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/strlist.h"
#include "base/xalloc.h"
#include "engine/propagate.h"
#include "spec/decode.h"
#include "tests/toy_run.h"

/* root -> a, b; a -> x, d; b -> d, y; d -> e, which is below the root too, and below mid,
 * which is no class: d has two parents, and the ways to e have one, two and three classes
 * on them.  "ex" is another name of x. */
static const char obo[] =
    "[Term]\nid: T:0\nname: root\n"
    "[Term]\nid: T:1\nname: a\nis_a: T:0\n"
    "[Term]\nid: T:2\nname: b\nis_a: T:0\n"
    "[Term]\nid: T:3\nname: x\nis_a: T:1\nsynonym: \"ex\" EXACT []\n"
    "[Term]\nid: T:4\nname: y\nis_a: T:2\n"
    "[Term]\nid: T:5\nname: d\nis_a: T:1\nis_a: T:2\n"
    "[Term]\nid: T:6\nname: mid\nis_a: T:5\n"
    "[Term]\nid: T:7\nname: e\nis_a: T:0\nis_a: T:6\n";

enum { A, ALIEN, B, D, E, ROOT, X, Y, N_CLASSES };

static void
make(struct class_set *cs, struct propagate *g, const char *labels)
{
    struct ontology o;
    struct strlist list = {0};

    assert_int_equal(ontology_parse_obo(&o, obo, sizeof obo - 1, "t.obo", NULL, NULL),
                     ERR_OK);
    strlist_split(&list, labels, '|');
    class_set_init(cs, &list, &o);
    propagate_init(g, cs);
    strlist_release(&list);
    ontology_release(&o);
}

static void
release(struct class_set *cs, struct propagate *g)
{
    propagate_release(g);
    class_set_release(cs);
}

static void
test_depth__is_that_of_the_longest_way_through_classes(void **state)
{
    static const uint32_t want[N_CLASSES] = {
        [A] = 1, [ALIEN] = 0, [B] = 1, [D] = 2, [E] = 3, [ROOT] = 0, [X] = 2, [Y] = 2};
    static const uint32_t order[N_CLASSES] = {E, D, X, Y, A, B, ALIEN, ROOT};
    struct class_set cs;
    struct propagate g;

    (void)state;
    make(&cs, &g, "a|alien|b|d|e|root|x|y");
    assert_memory_equal(g.depth, want, sizeof want);
    assert_memory_equal(g.order, order, sizeof order);
    release(&cs, &g);
}

static void
test_q__counts_a_descendant_once_whatever_ways_lead_to_it(void **state)
{
    static const float p[N_CLASSES] = {.125F, .0625F, 0,     .25F,
                                       .25F,  .0625F, .125F, .125F};
    static const double want[N_CLASSES] = {.75, .0625, .625, .5,
                                           .25, .9375, .125, .125};
    struct class_set cs;
    struct propagate g;

    (void)state;
    make(&cs, &g, "a|alien|b|d|e|root|x|y");
    for (size_t c = 0; c < N_CLASSES; c++)
        support_near(propagate_q(&g, p, c), want[c], 0);
    release(&cs, &g);
}

struct choice {
    float p[N_CLASSES];
    int32_t arg_max, want;
};

static const struct choice choices[] = {
    /* One class has it all: the deepest it speaks for is itself. */
    {{[E] = 1}, E, E},
    {{[D] = .75F, [E] = .25F}, D, D},
    /* q(d) = .625; e alone does not reach .5, nor does a, the arg max. */
    {{[E] = .3125F, [D] = .3125F, [A] = .375F}, A, D},
    /* .5 is not exceeded: q(d) = .5, q(a) = q(b) = .75, p equal: the lower index. */
    {{[E] = .25F, [D] = .25F, [X] = .25F, [Y] = .25F}, D, A},
    /* As deep, larger q: q(a) = .625, q(b) = .875. */
    {{[E] = .25F, [D] = .25F, [X] = .125F, [Y] = .375F}, Y, B},
    /* As deep, the same q = .75, larger p. */
    {{[E] = .25F, [D] = .25F, [A] = .125F, [B] = .25F, [X] = .125F}, D, B},
    /* Only the root: q = .5625. */
    {{[X] = .3125F, [Y] = .25F, [ALIEN] = .4375F}, ALIEN, ROOT},
    /* Half here, half there: nothing exceeds .5. */
    {{[E] = .5F, [ALIEN] = .5F}, ALIEN, ALIEN},
    {{[E] = .5F, [ALIEN] = .5F}, E, E},
    /* A class without relations is one like others. */
    {{[ROOT] = .25F, [ALIEN] = .75F}, ALIEN, ALIEN},
    /* The least float above .5. */
    {{[X] = .5F, [A] = 0x1p-25F, [ALIEN] = .5F}, X, A},
};

static void
test_choose__as_worked_out_by_hand(void **state)
{
    struct class_set cs;
    struct propagate g;

    (void)state;
    make(&cs, &g, "a|alien|b|d|e|root|x|y");
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (propagate_choose(&g, choices[i].p, choices[i].arg_max) != choices[i].want)
            fail_msg("case %zu", i);
    release(&cs, &g);
}

static void
test_choose__nan_exceeds_nothing(void **state)
{
    float p[N_CLASSES];
    struct class_set cs;
    struct propagate g;

    (void)state;
    make(&cs, &g, "a|alien|b|d|e|root|x|y");
    for (size_t c = 0; c < N_CLASSES; c++)
        p[c] = NAN;
    assert_int_equal(propagate_choose(&g, p, 0), 0);
    assert_int_equal(propagate_choose(&g, p, Y), Y);
    memset(p, 0, sizeof p);
    p[X] = NAN; /* spoils a and the root, and not d, e and b */
    p[Y] = .75F;
    assert_int_equal(propagate_choose(&g, p, Y), Y);
    p[Y] = .25F;
    p[D] = .375F;
    assert_int_equal(propagate_choose(&g, p, D), B);
    release(&cs, &g);
}

/* Two labels of one term have one q and one depth: the more probable of them. */
static void
test_choose__two_labels_of_one_term(void **state)
{
    static const float left[3] = {.25F, .4375F, .3125F};  /* a, ex, x */
    static const float right[3] = {.25F, .3125F, .4375F}; /* a, ex, x */
    static const float even[3] = {.25F, .375F, .375F};
    struct class_set cs;
    struct propagate g;

    (void)state;
    make(&cs, &g, "a|ex|x");
    assert_int_equal(g.depth[1], 1);
    assert_int_equal(g.depth[2], 1);
    assert_int_equal(propagate_choose(&g, left, 1), 1);
    assert_int_equal(propagate_choose(&g, right, 2), 2);
    assert_int_equal(propagate_choose(&g, even, 1), 1);
    release(&cs, &g);
}

static void
test_choose__without_relations_it_is_the_arg_max(void **state)
{
    static const float p[2][3] = {{.25F, .625F, .125F}, {.375F, .25F, .375F}};
    struct class_set cs;
    struct propagate g;

    (void)state;
    make(&cs, &g, "k|l|m");
    assert_int_equal(propagate_choose(&g, p[0], 1), 1);
    assert_int_equal(propagate_choose(&g, p[1], 2), 2);
    release(&cs, &g);
}

/* --- any hierarchy, against the definition --- */

enum { TRIALS = 200, C_MAX = 24, CELLS = 50 };

static double
uniform(uint64_t trial, uint64_t what, uint64_t i)
{
    struct rng r = rng_stream(11, RNG_TOY, trial, what);

    return rng_uniform(&r, i);
}

/* Strict pairs (i, j) with i < j in one order of the classes, closed: a random DAG. */
static void
random_classes(struct class_set *cs, uint64_t trial)
{
    size_t C = 2 + (size_t)(uniform(trial, 0, 0) * (C_MAX - 2)), n = 0;
    double share = uniform(trial, 0, 1) * .4;
    bool below[C_MAX][C_MAX] = {0};
    uint32_t up[C_MAX * C_MAX], down[C_MAX * C_MAX];
    struct strlist name = {0}, term = {0};

    for (size_t i = 0; i < C; i++)
        for (size_t j = i + 1; j < C; j++)
            below[i][j] = uniform(trial, 0, 2 + i * C_MAX + j) < share;
    for (size_t k = 0; k < C; k++)
        for (size_t i = 0; i < C; i++)
            for (size_t j = 0; j < C; j++)
                below[i][j] = below[i][j] || (below[i][k] && below[k][j]);
    for (size_t i = 0; i < C; i++) {
        char text[] = {(char)('a' + (int)i), 0};

        strlist_add(&name, text);
        strlist_add(&term, "");
        for (size_t j = 0; j < C; j++) /* turned round: the lowest is index 0 */
            if (below[i][j]) {
                up[n] = (uint32_t)(C - 1 - i);
                down[n++] = (uint32_t)(C - 1 - j);
            }
    }
    class_set_restore(cs, &name, &term, up, down, n);
    strlist_release(&name);
    strlist_release(&term);
}

static uint32_t
depth_of(const struct class_set *cs, size_t c)
{
    uint32_t most = 0;

    for (size_t a = 0; a < cs->C; a++)
        if (a != c && class_set_reaches(cs, a, c)) {
            uint32_t d = depth_of(cs, a) + 1;
            most = d > most ? d : most;
        }
    return most;
}

static int32_t
defined(const struct class_set *cs, const uint32_t *depth, const float *p,
        int32_t arg_max)
{
    int32_t best = arg_max;
    double best_q = 0;
    uint32_t best_depth = 0;

    for (size_t c = 0; c < cs->C; c++) {
        double q = 0;

        for (size_t j = 0; j < cs->C; j++)
            q += class_set_reaches(cs, c, j) ? (double)p[j] : 0;
        if (!(q > .5))
            continue;
        if (best_q <= 0 || depth[c] > best_depth ||
            (depth[c] == best_depth && q > best_q)) {
            best = (int32_t)c;
            best_q = q;
            best_depth = depth[c];
        }
    }
    return best;
}

/* Squared uniform numbers, scaled to sum 1: often one class has most. */
static int32_t
random_cell(uint64_t trial, uint64_t cell, size_t C, float *p)
{
    double sum = 0;
    int32_t top = 0;

    for (size_t c = 0; c < C; c++) {
        double u = uniform(trial, 1, cell * C_MAX + c);

        p[c] = (float)(u * u * u * u);
        sum += (double)p[c];
        top = p[c] > p[top] ? (int32_t)c : top;
    }
    for (size_t c = 0; c < C; c++)
        p[c] = (float)((double)p[c] / sum);
    return top;
}

static void
test_choose__is_as_defined_on_random_hierarchies(void **state)
{
    size_t n_other = 0;

    (void)state;
    for (uint64_t t = 0; t < TRIALS; t++) {
        struct class_set cs;
        struct propagate g;
        uint32_t depth[C_MAX];
        float p[C_MAX];

        random_classes(&cs, t);
        propagate_init(&g, &cs);
        for (size_t c = 0; c < cs.C; c++)
            assert_int_equal(g.depth[c], depth[c] = depth_of(&cs, c));
        for (uint64_t i = 0; i < CELLS; i++) {
            int32_t top = random_cell(t, i, cs.C, p);
            int32_t said = propagate_choose(&g, p, top);

            assert_int_equal(said, defined(&cs, depth, p, top));
            n_other += said != top;
        }
        release(&cs, &g);
    }
    assert_true(n_other > TRIALS * CELLS / 10);
}

/* --- a classifier --- */

enum { TOY_CELLS = 900, TOY_VAL = 200, TOY_TEST = 200 };

static struct classifier *
toy_classifier(const struct run_data *rd)
{
    static const char *const hyper[] = {"max_epochs=1", "batch_size=64", NULL};
    struct toy_sink ts;
    struct train_result r;
    struct classifier *c;
    struct spec s;

    toy_spec_init(&s, "ce", hyper);
    toy_train(&s, rd, 1, &ts, &r);
    assert_int_equal(classifier_load(&c, ts.last, ts.last_size, NULL), ERR_OK);
    toy_sink_release(&ts);
    spec_release(&s);
    return c;
}

static void
predict(const struct classifier *c, const struct run_data *rd, size_t threads,
        int32_t *said, float *prob)
{
    uint32_t cell[TOY_CELLS];

    for (uint32_t i = 0; i < TOY_CELLS; i++)
        cell[i] = i;
    assert_int_equal(
        classifier_predict(c, &rd->ds, cell, TOY_CELLS, threads, said, prob, NULL),
        ERR_OK);
}

static void
test_classifier__decodes_its_own_probabilities(void **state)
{
    struct run_data rd;
    struct propagate g;

    (void)state;
    toy_run_init(&rd, TOY_CELLS, TOY_VAL, TOY_TEST);
    struct classifier *c = toy_classifier(&rd);
    size_t C = rd.classes.C, n_other = 0;
    float *prob = xcalloc(TOY_CELLS * C, sizeof *prob),
          *after = xcalloc(TOY_CELLS * C, 4);
    int32_t top[TOY_CELLS], said[TOY_CELLS], again[TOY_CELLS];

    predict(c, &rd, 2, top, prob);
    assert_false(classifier_propagates(c));
    support_near(classifier_probability(c, prob, top[0]), (double)prob[top[0]], 0);
    classifier_propagate(c, &rd.classes);
    assert_true(classifier_propagates(c));
    predict(c, &rd, 1, said, after);
    predict(c, &rd, 3, again, NULL);
    assert_memory_equal(prob, after, TOY_CELLS * C * sizeof *prob);
    assert_memory_equal(said, again, sizeof said);
    propagate_init(&g, &rd.classes);
    for (size_t i = 0; i < TOY_CELLS; i++) {
        assert_int_equal(said[i], propagate_choose(&g, prob + i * C, top[i]));
        support_near(classifier_probability(c, prob + i * C, said[i]),
                     propagate_q(&g, prob + i * C, (size_t)said[i]), 0);
        n_other += said[i] != top[i];
    }
    assert_true(n_other > 0);
    propagate_release(&g);
    free(prob);
    free(after);
    classifier_free(c);
    toy_run_release(&rd);
}

/* --- names --- */

static void
test_decode__names_of_evaluations(void **state)
{
    enum decode_id d;
    size_t len;
    char *name = decode_evaluation(DECODE_propagated, "ood");

    (void)state;
    assert_string_equal(name, "ood+propagated");
    assert_int_equal(decode_of_evaluation(name, &len), DECODE_propagated);
    assert_int_equal(len, 3);
    free(name);
    assert_int_equal(decode_of_evaluation("lung+blood", &len), DECODE_argmax);
    assert_int_equal(len, 10);
    assert_int_equal(decode_of_evaluation("+propagated", &len), DECODE_argmax);
    assert_int_equal(len, 11);
    assert_true(decode_find("propagated", &d));
    assert_int_equal(d, DECODE_propagated);
    assert_true(decode_find("argmax", &d));
    assert_int_equal(d, DECODE_argmax);
    assert_false(decode_find("", &d));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_depth__is_that_of_the_longest_way_through_classes),
        cmocka_unit_test(test_q__counts_a_descendant_once_whatever_ways_lead_to_it),
        cmocka_unit_test(test_choose__as_worked_out_by_hand),
        cmocka_unit_test(test_choose__nan_exceeds_nothing),
        cmocka_unit_test(test_choose__two_labels_of_one_term),
        cmocka_unit_test(test_choose__without_relations_it_is_the_arg_max),
        cmocka_unit_test(test_choose__is_as_defined_on_random_hierarchies),
        cmocka_unit_test(test_classifier__decodes_its_own_probabilities),
        cmocka_unit_test(test_decode__names_of_evaluations),
    };

    return cmocka_run_group_tests_name("propagate", tests, NULL, NULL);
}
