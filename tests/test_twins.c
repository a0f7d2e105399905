/* test_twins.c - whole models: twins in double against finite differences, and the
 * engine's float32 against the twins. */
#include "tests/support.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "engine/platform.h"
#include "tests/twin_lab.h"

#define MLP(n, H) .id = MODEL_mlp, .n_hidden = (n), .hidden_size = (H)
#define TABNET(mask, S, shared, independent)                                           \
    .id = MODEL_tabnet, .mask_type = (mask), .n_steps = (S), .n_shared = (shared),     \
    .n_independent = (independent)
#define TERMS(gamma_, momentum_, epsilon_, lambda)                                     \
    .gamma = (gamma_), .momentum = (momentum_), .epsilon = (epsilon_),                 \
    .lambda_sparse = (lambda)
#define USUAL_TERMS         TERMS(1.3, 0.02, 1e-15, 0.05)
#define WIDTHS(d, a, ghost) .n_d = (d), .n_a = (a), .virtual_batch_size = (ghost)

static const char *const mask_name[] =
    {[MASK_ENTMAX] = "entmax", [MASK_SPARSEMAX] = "sparsemax"};

/* --- twins against finite differences --- */

/* Differences of two steps h and h / 2 give a slope whose error falls with h^4.  It is
 * known as well as it agrees with the one of h / 2 alone or of the step before.  The
 * largest step that reaches the goal counts, else the one of the least error.  A step
 * that crosses a kink of the model says nothing; where one lies so near that the steps
 * on this side of it do not agree yet, the slope stays unknown. */
static const double differences[] = {2e-4, 5e-5, 1.2e-5, 3e-6, 6e-7};

enum { N_DIFFERENCES = sizeof differences / sizeof differences[0] };

struct slope {
    double value, error;
    bool has_kink; /* some step crossed one */
};

struct count {
    size_t checked, skipped;
};

/* (loss at x + h - loss at x - h) / 2h; NaN if a kink lies between. */
static double
central(struct twin_lab *lab, double *x, double h, uint64_t kinks)
{
    double x_0 = *x, loss[2];
    bool is_smooth = true;

    for (int i = 0; i < 2; i++) {
        *x = i ? x_0 - h : x_0 + h;
        twin_forward(&lab->twin, &lab->batch, true);
        loss[i] = lab->twin.loss + lab->twin.extra_loss;
        is_smooth &= lab->twin.tape.kinks == kinks;
    }
    *x = x_0;
    return is_smooth ? (loss[0] - loss[1]) / (2 * h) : (double)NAN;
}

static struct slope
slope_of(struct twin_lab *lab, double *x, uint64_t kinks, double goal)
{
    struct slope s = {.error = INFINITY};
    double before = INFINITY;

    for (size_t i = 0; i < N_DIFFERENCES && !(s.error <= goal); i++) {
        double wide = central(lab, x, differences[i], kinks);
        double narrow = isnan(wide) ? wide : central(lab, x, differences[i] / 2, kinks);
        double value = (4 * narrow - wide) / 3;
        double error = fmin(fabs(value - narrow), fabs(value - before));

        s.has_kink |= isnan(value);
        before = isnan(value) ? (double)INFINITY : value;
        if (!isnan(value) && error < s.error) {
            s.value = value;
            s.error = error;
        }
    }
    return s;
}

static double
largest(const struct tape_array *a)
{
    double top = 0;

    for (size_t i = 0; i < a->rows * a->cols; i++)
        top = fmax(top, fabs(a->dx[i]));
    return top;
}

/* Relative to the tensor's largest, or where that is rounding to the model's. */
static void
check_tensor(struct twin_lab *lab, size_t t, double top_of_all, uint64_t kinks,
             struct count *n)
{
    struct tape_array *a = &lab->twin.param[t];
    double top = fmax(largest(a), 1e-3 * top_of_all);

    for (size_t i = 0; i < a->rows * a->cols; i++) {
        struct slope s = slope_of(lab, &a->x[i], kinks, 1e-7 * top);

        if (s.has_kink && !(s.error <= 1e-6 * top)) {
            n->skipped++;
            continue;
        }
        n->checked++;
        if (!(s.error <= 1e-6 * top && fabs(s.value - a->dx[i]) <= 1e-6 * top))
            fail_msg("%s: %s[%zu]: %g, finite differences %g +- %g", lab->c->name,
                     lab->model->param[t].name, i, a->dx[i], s.value, s.error);
    }
}

static void
check_differences(const struct twin_case *c, uint64_t seed, struct count *n)
{
    struct twin_lab lab;
    double top = 0;

    twin_lab_init(&lab, c, seed);
    twin_step(&lab.twin, &lab.batch);
    uint64_t kinks = lab.twin.tape.kinks;
    for (size_t t = 0; t < lab.model->n_params; t++)
        top = fmax(top, largest(&lab.twin.param[t]));
    assert_true(top > 0);
    for (size_t t = 0; t < lab.model->n_params; t++)
        if (!lab.model->param[t].is_statistic)
            check_tensor(&lab, t, top, kinks, n);
    twin_lab_release(&lab);
}

static void
report(const char *what, const struct count *n)
{
    print_message("# %s: %zu derivatives, %zu more on a kink\n", what, n->checked,
                  n->skipped);
    assert_true(n->checked > 0 && n->skipped * 100 <= n->checked);
}

static void
test_twins__mlp_gradient_is_that_of_finite_differences(void **state)
{
    struct count n = {0};

    (void)state;
    for (size_t n_hidden = 1; n_hidden <= 3; n_hidden++) {
        for (enum loss_kind loss = LOSS_KIND_CE; loss <= LOSS_KIND_HCE; loss++) {
            struct twin_case c = {.name = "mlp",
                                  .config = {MLP(n_hidden, 5), .D = 7, .C = 4},
                                  .B = 9,
                                  .loss = loss,
                                  .is_weighted = n_hidden != 2};

            check_differences(&c, n_hidden, &n);
        }
    }
    report("mlp", &n);
}

/* Ghost batches of 4, 4 and 3 cells; layers = 3 shared ones + independent ones. */
static void
check_tabnet_differences(enum mask_type_id mask, size_t n_steps, size_t layers,
                         enum loss_kind loss, struct count *n)
{
    char name[64];
    struct twin_case c = {.name = name,
                          .config = {TABNET(mask, n_steps, layers / 3, layers % 3),
                                     WIDTHS(2, 3, 3), USUAL_TERMS, .D = 6, .C = 4},
                          .B = 11,
                          .loss = loss,
                          .is_weighted = layers % 3 > 0};

    snprintf(name, sizeof name, "%s, %zu steps, %zu + %zu layers, %s", mask_name[mask],
             n_steps, layers / 3, layers % 3, loss == LOSS_KIND_CE ? "ce" : "hce");
    check_differences(&c, layers, n);
}

/* All combinations with one step; with three, whose cost is higher, the loss goes with
 * mask and layers. */
static void
test_twins__tabnet_gradient_is_that_of_finite_differences(void **state)
{
    (void)state;
    for (int mask = MASK_ENTMAX; mask <= MASK_SPARSEMAX; mask++) {
        struct count n = {0};

        for (size_t layers = 1; layers < 9; layers++) {
            enum loss_kind kind =
                ((size_t)mask + layers) % 2 ? LOSS_KIND_CE : LOSS_KIND_HCE;

            check_tabnet_differences((enum mask_type_id)mask, 1, layers, LOSS_KIND_CE,
                                     &n);
            check_tabnet_differences((enum mask_type_id)mask, 1, layers, LOSS_KIND_HCE,
                                     &n);
            check_tabnet_differences((enum mask_type_id)mask, 3, layers, kind, &n);
        }
        report(mask_name[mask], &n);
    }
}

/* --- the engine against the twins --- */

/* How well float32 can know the numbers of a network that amplifies rounding is
 * measured on the twin, never on the engine: with parameters that differ in the last
 * place.  FACTOR times the largest change is the tolerance where it exceeds the usual
 * one; above the limit the case would show nothing. */
enum { REPEATS = 12, FACTOR = 4, SPARE = 70 };

static const double usual_tolerance = 1e-4, tolerance_limit = 0.02;

/* The worst of some cases. */
struct worst {
    double error, tolerance;
    char what[160];
};

/* tolerance (n_parts) of a lab whose undisturbed result is want. */
static double *
tolerances(struct twin_lab *lab, const struct twin_result *want)
{
    double *tolerance = xcalloc(want->n_parts, sizeof *tolerance);

    for (size_t i = 0; i < want->n_parts; i++)
        tolerance[i] = want->part[i].is_gradient && lab->c->gradient_tolerance > 0
                           ? lab->c->gradient_tolerance
                           : usual_tolerance;
    for (uint64_t jitter = 1; lab->c->is_conditioned && jitter <= REPEATS; jitter++) {
        struct twin_result r;

        twin_result_of_twin(&r, lab, jitter);
        for (size_t i = 0; i < want->n_parts; i++)
            tolerance[i] = fmax(tolerance[i], FACTOR * twin_result_error(&r, want, i));
        twin_result_release(&r);
    }
    for (size_t i = 0; i < want->n_parts; i++)
        if (lab->c->is_conditioned && !(tolerance[i] <= tolerance_limit))
            fail_msg("%s: %s is known to %g only", lab->c->name, want->part[i].name,
                     tolerance[i]);
    return tolerance;
}

static void
check_engine(const struct twin_lab *lab, struct pool *pool, const struct kernels *k,
             size_t spare, const struct twin_result *want, const double *tolerance,
             struct worst *worst)
{
    struct twin_result r;

    twin_result_of_engine(&r, lab, pool, k, spare);
    assert_int_equal(r.n_parts, want->n_parts);
    for (size_t i = 0; i < r.n_parts; i++) {
        double error = twin_result_error(&r, want, i);

        if (!(error <= tolerance[i]))
            fail_msg("%s, %s: %s is off by %g, allowed %g", lab->c->name, k->name,
                     r.part[i].name, error, tolerance[i]);
        if (!(error / tolerance[i] > worst->error / worst->tolerance))
            continue;
        worst->error = error;
        worst->tolerance = tolerance[i];
        snprintf(worst->what, sizeof worst->what, "%s, %s: %s", lab->c->name, k->name,
                 r.part[i].name);
    }
    twin_result_release(&r);
}

/* Every path, with and without threads, in a pass of that size and a larger one. */
static void
check_case(const struct twin_case *c, uint64_t seed, struct worst *worst)
{
    struct pool *pool = pool_new(2);
    const struct kernels *k;
    struct twin_result want;
    struct twin_lab lab;

    platform_kernels(); /* starts OpenBLAS */
    twin_lab_init(&lab, c, seed);
    twin_result_of_twin(&want, &lab, 0);
    double *tolerance = tolerances(&lab, &want);
    for (size_t i = 0; (k = kernels_path(i)); i++)
        if (kernels_supported(k))
            check_engine(&lab, i % 2 ? pool : NULL, k, i % 2 ? 0 : SPARE, &want,
                         tolerance, worst);
    free(tolerance);
    twin_result_release(&want);
    twin_lab_release(&lab);
    pool_free(pool);
}

static void
check_cases(const struct twin_case *c, size_t n)
{
    struct worst worst = {.tolerance = 1};

    for (size_t i = 0; i < n; i++)
        check_case(&c[i], i + 1, &worst);
    print_message("# worst: %s off by %.1e, allowed %.1e\n", worst.what, worst.error,
                  worst.tolerance);
}

static void
test_twins__mlp_is_its_twin(void **state)
{
    static const struct twin_case cases[] = {
        {.name = "mlp, no padding", .config = {MLP(2, 16), .D = 32, .C = 16}, .B = 64},
        {.name = "mlp, odd widths",
         .config = {MLP(3, 21), .D = 37, .C = 7},
         .B = 75,
         .loss = LOSS_KIND_HCE,
         .is_weighted = true},
        {.name = "mlp, eight layers",
         .config = {MLP(8, 33), .D = 301, .C = 19},
         .B = 150,
         .is_weighted = true},
        {.name = "mlp, many genes",
         .config = {MLP(1, 130), .D = 3001, .C = 5},
         .B = 131,
         .loss = LOSS_KIND_HCE},
        {.name = "mlp, constant gene",
         .config = {MLP(2, 17), .D = 20, .C = 3},
         .B = 30,
         .constant = 5},
        {.name = "mlp, smallest",
         .config = {MLP(1, 1), .D = 1, .C = 2},
         .B = 2,
         .cancels = true},
        {.name = "mlp, one hidden value",
         .config = {MLP(2, 1), .D = 5, .C = 3},
         .B = 9,
         .cancels = true},
        /* All BatchNorms divide by sqrt(eps), and rounding grows 300-fold in each:
         * gradients are finite, no more. */
        {.name = "mlp, empty cells",
         .config = {MLP(2, 17), .D = 20, .C = 3},
         .B = 10,
         .is_empty = true,
         .gradient_tolerance = INFINITY},
    };

    (void)state;
    check_cases(cases, sizeof cases / sizeof cases[0]);
}

static void
check_tabnet(enum mask_type_id mask, size_t n_steps, size_t layers, struct worst *worst)
{
    char name[64];
    struct twin_case c = {.name = name,
                          .config = {TABNET(mask, n_steps, layers / 3, layers % 3),
                                     WIDTHS(9, 5, 25), USUAL_TERMS,
                                     .D = 37 + 16 * layers, .C = 7},
                          .B = 98, /* ghost batches of 33, 33 and 32 */
                          .loss = layers % 2 ? LOSS_KIND_HCE : LOSS_KIND_CE,
                          .is_weighted = layers % 3 > 0,
                          .is_conditioned = n_steps > 1};

    snprintf(name, sizeof name, "%s, %zu steps, %zu + %zu layers", mask_name[mask],
             n_steps, layers / 3, layers % 3);
    check_case(&c, 10 * layers + mask, worst);
}

static void
test_twins__tabnet_is_its_twin(void **state)
{
    (void)state;
    for (size_t n_steps = 1; n_steps <= 3; n_steps += 2) {
        struct worst worst = {.tolerance = 1};

        for (size_t layers = 1; layers < 9; layers++) {
            check_tabnet(MASK_ENTMAX, n_steps, layers, &worst);
            check_tabnet(MASK_SPARSEMAX, n_steps, layers, &worst);
        }
        print_message("# worst of %zu steps: %s off by %.1e, allowed %.1e\n", n_steps,
                      worst.what, worst.error, worst.tolerance);
    }
}

#define ENTMAX(S)    TABNET(MASK_ENTMAX, S, 1, 1)
#define SPARSEMAX(S) TABNET(MASK_SPARSEMAX, S, 1, 1)

static void
test_twins__special_cases_of_tabnet(void **state)
{
    static const struct twin_case cases[] = {
        {.name = "no padding",
         .config = {ENTMAX(2), WIDTHS(8, 8, 32), USUAL_TERMS, .D = 64, .C = 16},
         .B = 128,
         .is_conditioned = true},
        {.name = "many genes",
         .config = {ENTMAX(1), WIDTHS(9, 5, 60), USUAL_TERMS, .D = 2003, .C = 5},
         .B = 131,
         .is_weighted = true},
        {.name = "published layers",
         .config = {TABNET(MASK_ENTMAX, 1, 3, 5), WIDTHS(21, 12, 64), USUAL_TERMS,
                    .D = 131, .C = 5},
         .B = 197,
         .loss = LOSS_KIND_HCE,
         .is_conditioned = true},
        {.name = "ghost batch larger than the batch",
         .config = {ENTMAX(1), WIDTHS(3, 2, 256), USUAL_TERMS, .D = 19, .C = 4},
         .B = 33},
        {.name = "ghost batches fewer than fit",
         .config = {ENTMAX(1), WIDTHS(3, 2, 2), USUAL_TERMS, .D = 19, .C = 4},
         .B = 9},
        {.name = "five steps",
         .config = {ENTMAX(5), WIDTHS(3, 2, 30), USUAL_TERMS, .D = 40, .C = 4},
         .B = 61,
         .is_conditioned = true},
        {.name = "one gene",
         .config = {ENTMAX(3), WIDTHS(2, 3, 10), USUAL_TERMS, .D = 1, .C = 3},
         .B = 31,
         .is_conditioned = true},
        {.name = "smallest",
         .config = {SPARSEMAX(1), WIDTHS(1, 1, 2), USUAL_TERMS, .D = 1, .C = 2},
         .B = 2,
         .cancels = true},
        {.name = "masks over all genes",
         .config = {ENTMAX(3), WIDTHS(9, 5, 30), USUAL_TERMS, .D = 37, .C = 4},
         .B = 66,
         .masks = MASKS_FLAT,
         .is_conditioned = true},
        {.name = "masks over all genes, sparsemax",
         .config = {SPARSEMAX(3), WIDTHS(9, 5, 30), USUAL_TERMS, .D = 37, .C = 4},
         .B = 66,
         .masks = MASKS_FLAT,
         .is_conditioned = true},
        {.name = "masks on one gene",
         .config = {ENTMAX(3), WIDTHS(9, 5, 30), USUAL_TERMS, .D = 37, .C = 4},
         .B = 66,
         .masks = MASKS_ONE_GENE,
         .is_conditioned = true},
        {.name = "masks on one gene, sparsemax",
         .config = {SPARSEMAX(3), WIDTHS(9, 5, 30), USUAL_TERMS, .D = 37, .C = 4},
         .B = 66,
         .masks = MASKS_ONE_GENE,
         .is_conditioned = true},
        {.name = "each gene once",
         .config = {SPARSEMAX(3), WIDTHS(9, 5, 30), TERMS(1, 0.02, 1e-15, 0.05),
                    .D = 37, .C = 4},
         .B = 66,
         .masks = MASKS_ONE_GENE,
         .is_conditioned = true},
        {.name = "no sparsity term",
         .config = {ENTMAX(1), WIDTHS(9, 5, 30), TERMS(1.3, 0.02, 1e-15, 0), .D = 37,
                    .C = 4},
         .B = 66},
        {.name = "large epsilon",
         .config = {ENTMAX(1), WIDTHS(9, 5, 30), TERMS(1.3, 0.02, 1, 10), .D = 37,
                    .C = 4},
         .B = 66},
        {.name = "momentum 1",
         .config = {ENTMAX(1), WIDTHS(9, 5, 30), TERMS(1.3, 1, 1e-15, 0.05), .D = 37,
                    .C = 4},
         .B = 66},
        {.name = "constant gene",
         .config = {ENTMAX(1), WIDTHS(9, 5, 30), USUAL_TERMS, .D = 37, .C = 4},
         .B = 66,
         .constant = 5},
        {.name = "empty cells",
         .config = {ENTMAX(1), WIDTHS(3, 2, 30), USUAL_TERMS, .D = 7, .C = 4},
         .B = 33,
         .is_empty = true,
         .gradient_tolerance = INFINITY},
    };

    (void)state;
    check_cases(cases, sizeof cases / sizeof cases[0]);
}

/* The engine's results of both are the same bits. */
static void
check_same_bits(const struct model_config *a, const struct model_config *b)
{
    struct twin_case c[] = {{.name = "a", .config = *a, .B = 66},
                            {.name = "b", .config = *b, .B = 66}};
    struct twin_result r[2];

    for (size_t i = 0; i < 2; i++) {
        struct twin_lab lab;

        twin_lab_init(&lab, &c[i], 1);
        twin_result_of_engine(&r[i], &lab, NULL, platform_kernels(), 0);
        twin_lab_release(&lab);
    }
    for (size_t i = 0; i < r[0].n_parts; i++)
        assert_memory_equal(r[0].part[i].x, r[1].part[i].x,
                            r[0].part[i].n * sizeof(double));
    twin_result_release(&r[0]);
    twin_result_release(&r[1]);
}

static void
test_twins__one_step_has_no_prior(void **state)
{
    struct model_config a = {ENTMAX(1), WIDTHS(9, 5, 30), USUAL_TERMS, .D = 37, .C = 4},
                        b = a;

    (void)state;
    b.gamma = 2;
    check_same_bits(&a, &b);
}

static void
test_twins__a_ghost_batch_is_at_most_the_batch(void **state)
{
    struct model_config a = {SPARSEMAX(2), WIDTHS(9, 5, 66), USUAL_TERMS, .D = 37,
                             .C = 4},
                        b = a;

    (void)state;
    b.virtual_batch_size = 1000;
    check_same_bits(&a, &b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twins__mlp_gradient_is_that_of_finite_differences),
        cmocka_unit_test(test_twins__tabnet_gradient_is_that_of_finite_differences),
        cmocka_unit_test(test_twins__mlp_is_its_twin),
        cmocka_unit_test(test_twins__tabnet_is_its_twin),
        cmocka_unit_test(test_twins__special_cases_of_tabnet),
        cmocka_unit_test(test_twins__one_step_has_no_prior),
        cmocka_unit_test(test_twins__a_ghost_batch_is_at_most_the_batch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
