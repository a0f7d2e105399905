/* twin_lab.c - small models with cells, in the engine and as twins. */
#include "tests/twin_lab.h"

#include "tests/support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "engine/learner.h"

enum { DRAW_CELLS = 7, DRAW_CLASSES, DRAW_VALUES, DRAW_JITTER };

static struct rng
draws(uint64_t seed, uint64_t what, uint64_t part)
{
    return rng_stream(seed, RNG_SIMULATE, what, part);
}

/* --- cells and classes --- */

/* About a third of the genes; gene 1 and cell 2 are empty. */
static double
expression(const struct twin_case *c, const struct rng *r, size_t b, size_t g)
{
    size_t i = b * c->config.D + g;

    if (c->is_empty)
        return 0;
    if (c->constant > 0 && g == 0)
        return (double)c->constant;
    if ((b == 2 && c->B > 4) || (g == 1 && c->config.D > 2))
        return 0;
    if (rng_uniform(r, 2 * i) > 0.35)
        return 0;
    return (double)(float)(0.1 + 4 * rng_uniform(r, 2 * i + 1));
}

static void
make_cells(struct twin_lab *lab, uint64_t seed)
{
    const struct twin_case *c = lab->c;
    size_t B = c->B, D = c->config.D;
    struct rng r = draws(seed, DRAW_CELLS, 0);
    uint64_t n = 0;

    lab->dense = xcalloc(B * D, sizeof *lab->dense);
    lab->x = (struct csr){.n_rows = B,
                          .n_cols = D,
                          .indptr = xcalloc(B + 1, sizeof *lab->x.indptr),
                          .index = xcalloc(B * D, sizeof *lab->x.index),
                          .value = xcalloc(B * D, sizeof *lab->x.value)};
    for (size_t b = 0; b < B; b++) {
        for (size_t g = 0; g < D; g++) {
            double value = lab->dense[b * D + g] = expression(c, &r, b, g);

            if (value > 0) {
                lab->x.index[n] = (uint16_t)g;
                lab->x.value[n++] = (float)value;
            }
        }
        lab->x.indptr[b + 1] = n;
    }
}

/* Class 0 is above all the first half, class 1 above class 2. */
static void
make_classes(struct twin_lab *lab, uint64_t seed)
{
    size_t C = lab->c->config.C, used = C > 2 ? C - 1 : C;
    struct rng r = draws(seed, DRAW_CLASSES, 0);

    lab->y = xcalloc(lab->c->B, sizeof *lab->y);
    lab->R = xcalloc(C * C, sizeof *lab->R);
    lab->weight = xcalloc(C, sizeof *lab->weight);
    for (size_t b = 0; b < lab->c->B; b++)
        lab->y[b] = (int32_t)rng_below(&r, b, used);
    for (size_t i = 0; i < C; i++) {
        lab->R[i * C + i] = 1;
        lab->R[i] = i <= C / 2;
        lab->weight[i] = 0.5F + (float)i / (float)C;
    }
    if (C > 2)
        lab->R[C + 2] = 1;
}

/* --- parameters --- */

static bool
ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);

    return n >= k && strcmp(name + n - k, end) == 0;
}

/* A number for a parameter: matrices about 1 / sqrt(inputs), variances from small to
 * large, BatchNorm's weights about 1. */
static double
parameter(const struct param *p, double normal)
{
    if (p->n_dims == 2)
        return normal / sqrt((double)p->dim[1]);
    if (ends_in(p->name, "running_var"))
        return 0.005 + normal * normal;
    if (ends_in(p->name, ".weight"))
        return 1 + 0.3 * normal;
    return 0.3 * normal;
}

/* What the masks of the case do to a parameter. */
static double
sharpness(const struct twin_lab *lab, const struct param *p)
{
    static const double factor[] = {
        [MASKS_USUAL] = 1, [MASKS_FLAT] = 0, [MASKS_ONE_GENE] = 1000};
    bool is_score = strstr(p->name, "att_transformers") && p->n_dims == 1;

    return is_score && !p->is_statistic ? factor[lab->c->masks] : 1;
}

static void
make_parameters(struct twin_lab *lab, uint64_t seed)
{
    struct model *m = lab->model;

    for (size_t i = 0; i < m->n_params; i++) {
        const struct param *p = &m->param[i];
        size_t n = p->dim[0] * p->dim[1];
        float *value = xcalloc(n, sizeof *value);
        struct rng r = draws(seed, DRAW_VALUES, i);

        for (size_t k = 0; k < n; k++)
            value[k] = (float)(sharpness(lab, p) * parameter(p, rng_normal(&r, k)));
        param_import(p, m->value, value);
        free(value);
    }
}

void
twin_lab_init(struct twin_lab *lab, const struct twin_case *c, uint64_t seed)
{
    *lab = (struct twin_lab){.c = c};
    make_cells(lab, seed);
    make_classes(lab, seed);
    assert_int_equal(model_new(&lab->model, &c->config, NULL), ERR_OK);
    make_parameters(lab, seed);
    lab->batch = (struct twin_batch){.B = c->B,
                                     .x = lab->dense,
                                     .y = lab->y,
                                     .loss = c->loss,
                                     .R = lab->R,
                                     .weight = c->is_weighted ? lab->weight : NULL};
    twin_init(&lab->twin, lab->model);
}

void
twin_lab_release(struct twin_lab *lab)
{
    twin_release(&lab->twin);
    model_free(lab->model);
    csr_release(&lab->x);
    free(lab->dense);
    free(lab->y);
    free(lab->R);
    free(lab->weight);
    *lab = (struct twin_lab){0};
}

/* --- results --- */

static void
add_part(struct twin_result *r, const char *name, const double *x, size_t n,
         bool is_gradient)
{
    struct twin_part p = {
        .name = name, .n = n, .x = xcalloc(n, sizeof *x), .is_gradient = is_gradient};

    memcpy(p.x, x, n * sizeof *x);
    r->part = xrealloc(r->part, r->n_parts + 1, sizeof *r->part);
    r->part[r->n_parts++] = p;
}

static void
add_rows(struct twin_result *r, const char *name, const float *x, size_t rows,
         size_t cols, size_t ld)
{
    double *copy = xcalloc(rows * cols, sizeof *copy);

    for (size_t i = 0; i < rows * cols; i++)
        copy[i] = (double)x[i / cols * ld + i % cols];
    add_part(r, name, copy, rows * cols, false);
    free(copy);
}

static void
add_tensor(struct twin_result *r, const struct param *p, const float *block)
{
    size_t n = p->dim[0] * p->dim[1];
    float *value = xcalloc(n, sizeof *value);

    param_export(p, block, value);
    add_rows(r, p->name, value, 1, n, n);
    r->part[r->n_parts - 1].is_gradient = !p->is_statistic;
    free(value);
}

void
twin_result_release(struct twin_result *r)
{
    for (size_t i = 0; i < r->n_parts; i++)
        free(r->part[i].x);
    free(r->part);
    *r = (struct twin_result){0};
}

static void
disturb(struct twin *t, uint64_t jitter)
{
    for (size_t i = 0; i < t->model->n_params; i++) {
        struct rng r = draws(jitter, DRAW_JITTER, i);

        for (size_t k = 0; k < t->param[i].rows * t->param[i].cols; k++)
            t->param[i].x[k] *= 1 + (double)FLT_EPSILON * (2 * rng_uniform(&r, k) - 1);
    }
}

static double
norm_of(const struct twin_part *p)
{
    double sum = 0;

    for (size_t i = 0; i < p->n; i++)
        sum += p->x[i] * p->x[i];
    return sqrt(sum);
}

static void
set_gradient_floors(struct twin_result *r, bool cancels)
{
    double all = 0;

    for (size_t i = 0; i < r->n_parts; i++)
        all += r->part[i].is_gradient ? pow(norm_of(&r->part[i]), 2) : 0;
    for (size_t i = 0; i < r->n_parts; i++)
        if (r->part[i].is_gradient &&
            (cancels || norm_of(&r->part[i]) <= 1e-10 * sqrt(all)))
            r->part[i].floor = 0.01 * sqrt(all);
}

/* One gene per cell has no entropy but rounding. */
static void
add_extra_loss(struct twin_result *r, const char *name, const struct twin *t)
{
    add_part(r, name, &t->extra_loss, 1, false);
    r->part[r->n_parts - 1].floor = 1e-6 * t->model->config.lambda_sparse;
}

void
twin_result_of_twin(struct twin_result *r, struct twin_lab *lab, uint64_t jitter)
{
    size_t B = lab->c->B, C = lab->c->config.C;
    struct twin *t = &lab->twin;

    *r = (struct twin_result){0};
    twin_release(t);
    twin_init(t, lab->model);
    if (jitter > 0)
        disturb(t, jitter);
    twin_step(t, &lab->batch);
    double loss = t->loss + t->extra_loss;
    add_part(r, "logits", t->z, B * C, false);
    add_part(r, "loss", &loss, 1, false);
    add_extra_loss(r, "extra loss", t);
    for (size_t i = 0; i < lab->model->n_params; i++) {
        const struct param *p = &lab->model->param[i];

        add_part(r, p->name, p->is_statistic ? t->param[i].x : t->param[i].dx,
                 p->dim[0] * p->dim[1], !p->is_statistic);
    }
    twin_forward(t, &lab->batch, false);
    add_part(r, "logits of the evaluation", t->z, B * C, false);
    add_extra_loss(r, "extra loss of the evaluation", t);
    set_gradient_floors(r, lab->c->cancels);
}

static void
set_values(struct learner *l, const struct twin_lab *lab)
{
    memcpy(l->model->value, lab->model->value,
           lab->model->n_values * sizeof *l->model->value);
}

static void
start_learner(struct learner *l, const struct twin_lab *lab, struct pool *pool,
              const struct kernels *k, size_t spare)
{
    struct learner_config config = {.model = lab->c->config,
                                    .loss = lab->c->loss,
                                    .R = lab->R,
                                    .weight = lab->batch.weight,
                                    .B_max = lab->c->B + spare};

    assert_int_equal(learner_init(l, &config, pool, k, NULL), ERR_OK);
    set_values(l, lab);
}

/* A step of learning rate 0: all but the running statistics stays. */
static double
step(struct learner *l, const struct twin_lab *lab, const uint32_t *cell)
{
    struct learner_result result;
    struct row_batch cells = row_batch_of(&lab->x, cell, lab->c->B);

    assert_true(learner_step(l, &cells, lab->y, 0, 0, &result));
    return result.loss;
}

/* A step on the cells in reverse order first: nothing of it may be left. */
void
twin_result_of_engine(struct twin_result *r, const struct twin_lab *lab,
                      struct pool *pool, const struct kernels *k, size_t spare)
{
    size_t B = lab->c->B, C = lab->c->config.C;
    uint32_t *cell = xcalloc(2 * B, sizeof *cell);
    struct learner l;

    *r = (struct twin_result){0};
    for (size_t b = 0; b < B; b++)
        cell[b] = cell[2 * B - 1 - b] = (uint32_t)b;
    start_learner(&l, lab, pool, k, spare);
    (void)step(&l, lab, cell + B);
    set_values(&l, lab);
    double loss = step(&l, lab, cell);
    add_rows(r, "logits", l.pass.z, B, C, l.model->ld);
    add_part(r, "loss", &loss, 1, false);
    add_part(r, "extra loss", &l.pass.extra_loss, 1, false);
    for (size_t i = 0; i < l.model->n_params; i++) {
        const struct param *p = &lab->model->param[i];

        add_tensor(r, p, p->is_statistic ? l.model->value : l.grad);
    }
    l.pass.training = false;
    struct row_batch cells = row_batch_of(&lab->x, cell, B);

    pass_load(&l.pass, &cells, NULL);
    l.model->ops->forward(l.model, &l.pass);
    add_rows(r, "logits of the evaluation", l.pass.z, B, C, l.model->ld);
    add_part(r, "extra loss of the evaluation", &l.pass.extra_loss, 1, false);
    learner_release(&l);
    free(cell);
}

double
twin_result_error(const struct twin_result *r, const struct twin_result *want, size_t i)
{
    const struct twin_part *a = &r->part[i], *b = &want->part[i];
    double sum = 0;

    assert_string_equal(a->name, b->name);
    assert_int_equal(a->n, b->n);
    for (size_t k = 0; k < a->n; k++)
        sum += pow(a->x[k] - b->x[k], 2);
    return sum == 0 ? 0 : sqrt(sum) / fmax(norm_of(b), b->floor);
}
