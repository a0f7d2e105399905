/* test_toy.c - the synthetic example: its cells, its gradient, its published effect. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "engine/toy.h"

enum { N_SEEDS = 5 }; /* test_demo_toy.sh takes 20 */

static struct toy_cells *
make_cells(uint32_t seed)
{
    struct toy_cells *cells = xcalloc(1, sizeof *cells);

    toy_cells_make(cells, seed);
    return cells;
}

static void
test_toy__the_hierarchy_is_the_published_one(void **state)
{
    /* The rows of the example's printed matrix, class 12 in the lowest bit. */
    static const unsigned want[TOY_CLASSES] = {0x1fff, 0x09d8, 0x0400, 0x0227, 0x0110,
                                               0x0088, 0x0048, 0x0024, 0x0010, 0x0008,
                                               0x0004, 0x0003, 0x0001};
    float R[TOY_CLASSES * TOY_CLASSES];

    (void)state;
    toy_reachability(R);
    for (size_t i = 0; i < TOY_CLASSES; i++) {
        unsigned row = 0;

        for (size_t j = 0; j < TOY_CLASSES; j++)
            row = row << 1 | (R[i * TOY_CLASSES + j] > 0);
        assert_int_equal(row, want[i]);
        assert_int_equal(toy_is_leaf((int32_t)i), (row & (row - 1)) == 0);
    }
}

/* Cells of a leaf that keep its name, and their mean place. */
static size_t
kept_cells(const struct toy_cells *cells, size_t k, double mean[TOY_DIMS])
{
    size_t kept = 0;

    for (size_t b = k * TOY_CELLS_PER_LEAF; b < (k + 1) * TOY_CELLS_PER_LEAF; b++) {
        kept += cells->label[b] == cells->leaf[b];
        for (size_t d = 0; d < TOY_DIMS; d++)
            mean[d] += cells->x[b * TOY_DIMS + d] / TOY_CELLS_PER_LEAF;
    }
    return kept;
}

static void
test_toy__cells_lie_around_their_leaf(void **state)
{
    static const int32_t leaves[TOY_LEAVES] = {2, 8, 9, 10, 12};
    struct toy_cells *cells = make_cells(3);

    (void)state;
    for (size_t k = 0; k < TOY_LEAVES; k++) {
        double mean[TOY_DIMS] = {0, 0}, angle = 2 * acos(-1) * (double)k / 5;

        assert_int_equal(cells->leaf[k * TOY_CELLS_PER_LEAF], leaves[k]);
        assert_int_equal(kept_cells(cells, k, mean),
                         TOY_CELLS_PER_LEAF - TOY_RELABELLED);
        /* Standard error .8 / sqrt(200) = .057: four of them. */
        support_near(mean[0], 3 * cos(angle), 0.23);
        support_near(mean[1], 3 * sin(angle), 0.23);
    }
    free(cells);
}

static void
test_toy__every_ancestor_names_its_share(void **state)
{
    struct toy_cells *cells = make_cells(4);
    size_t of_9[TOY_CLASSES] = {0};

    (void)state;
    for (size_t b = 0; b < TOY_CELLS; b++) {
        of_9[cells->label[b]] += cells->leaf[b] == 9;
        if (cells->leaf[b] == 2)
            assert_true(cells->label[b] == 2 || cells->label[b] == 0);
    }
    assert_int_equal(of_9[0] + of_9[1] + of_9[5] + of_9[6], TOY_RELABELLED);
    /* 40 expected, sd 5.5. */
    for (size_t i = 0; i < TOY_CLASSES; i++)
        if (i <= 1 || i == 5 || i == 6)
            assert_in_range(of_9[i], 18, 62);
    free(cells);
}

static void
test_toy__the_right_answer_is_right_whatever_the_label(void **state)
{
    struct toy_cells *cells = make_cells(5);
    int32_t root[TOY_CELLS] = {0};
    size_t n_root = 0;

    (void)state;
    assert_true(toy_accuracy(cells->label, cells->leaf) == 1);
    for (size_t b = 0; b < TOY_CELLS; b++)
        n_root += cells->label[b] == 0;
    assert_true(n_root > 0);
    support_near(toy_accuracy(cells->label, root), (double)n_root / TOY_CELLS, 1e-12);
    free(cells);
}

static void
check_gradient(enum loss_kind kind, const struct toy_cells *cells, double *w)
{
    static const double h = 1e-6;
    double dw[TOY_PARAMS], unused[TOY_PARAMS];

    for (size_t i = 0; i < TOY_PARAMS; i++)
        dw[i] = (double)NAN;
    toy_gradient(kind, cells, w, dw);
    for (size_t i = 0; i < TOY_PARAMS; i += 3) { /* every third: all four tensors */
        double at = w[i];

        w[i] = at + h;
        double up = toy_gradient(kind, cells, w, unused);
        w[i] = at - h;
        double down = toy_gradient(kind, cells, w, unused);
        w[i] = at;
        /* 2e-16 * 3 / h, and a cell at a kink of the ReLU. */
        support_near(dw[i], (up - down) / (2 * h), 1e-8);
    }
}

static void
test_toy__gradient_is_that_of_the_loss(void **state)
{
    struct toy_cells *cells = make_cells(6);
    double w[TOY_PARAMS];

    (void)state;
    toy_init(w, 6);
    check_gradient(LOSS_KIND_CE, cells, w);
    check_gradient(LOSS_KIND_HCE, cells, w);
    free(cells);
}

static void
test_toy__a_seed_repeats_itself(void **state)
{
    struct toy_cells *a = make_cells(7), *b = make_cells(7), *c = make_cells(8);
    struct toy_fit *fit = xcalloc(3, sizeof *fit);

    (void)state;
    assert_memory_equal(a, b, sizeof *a);
    assert_memory_not_equal(a->x, c->x, sizeof a->x);
    assert_memory_not_equal(a->label, c->label, sizeof a->label);
    toy_train(LOSS_KIND_HCE, a, 7, &fit[0]);
    toy_train(LOSS_KIND_HCE, b, 7, &fit[1]);
    toy_train(LOSS_KIND_HCE, b, 8, &fit[2]);
    assert_memory_equal(&fit[0], &fit[1], sizeof *fit);
    assert_true(fit[0].loss[0] > fit[2].loss[0] || fit[0].loss[0] < fit[2].loss[0]);
    free(fit);
    free(a);
    free(b);
    free(c);
}

/* The first loss of each kind is that of the same network. */
static void
test_toy__both_losses_start_alike(void **state)
{
    struct toy_cells *cells = make_cells(9);
    struct toy_fit *fit = xcalloc(2, sizeof *fit);
    double w[TOY_PARAMS], dw[TOY_PARAMS];

    (void)state;
    toy_init(w, 9);
    for (int kind = LOSS_KIND_CE; kind <= LOSS_KIND_HCE; kind++) {
        toy_train((enum loss_kind)kind, cells, 9, &fit[kind]);
        /* Training holds its parameters in float32. */
        support_near(fit[kind].loss[0],
                     toy_gradient((enum loss_kind)kind, cells, w, dw), 1e-6);
        assert_true(fit[kind].loss[TOY_EPOCHS - 1] < 0.7 * fit[kind].loss[0]);
    }
    free(fit);
    free(cells);
}

static void
test_toy__the_hierarchy_helps_on_every_seed(void **state)
{
    struct toy_cells *cells = xcalloc(1, sizeof *cells);
    struct toy_fit *fit = xcalloc(2, sizeof *fit);
    double ce = 0, hce = 0, least = 1;

    (void)state;
    for (uint32_t seed = 0; seed < N_SEEDS; seed++) {
        toy_cells_make(cells, seed);
        toy_train(LOSS_KIND_CE, cells, seed, &fit[0]);
        toy_train(LOSS_KIND_HCE, cells, seed, &fit[1]);
        ce += fit[0].accuracy / N_SEEDS;
        hce += fit[1].accuracy / N_SEEDS;
        least = fmin(least, fit[1].accuracy - fit[0].accuracy);
    }
    print_message("# CE %.4f, HCE %.4f, least difference %.3f\n", ce, hce, least);
    assert_true(hce >= 0.98);
    assert_true(ce >= 0.55 && ce <= 0.70);
    assert_true(least >= 0.25);
    free(fit);
    free(cells);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_toy__the_hierarchy_is_the_published_one),
        cmocka_unit_test(test_toy__cells_lie_around_their_leaf),
        cmocka_unit_test(test_toy__every_ancestor_names_its_share),
        cmocka_unit_test(test_toy__the_right_answer_is_right_whatever_the_label),
        cmocka_unit_test(test_toy__gradient_is_that_of_the_loss),
        cmocka_unit_test(test_toy__a_seed_repeats_itself),
        cmocka_unit_test(test_toy__both_losses_start_alike),
        cmocka_unit_test(test_toy__the_hierarchy_helps_on_every_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
