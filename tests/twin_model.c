/* twin_model.c - MLP and TabNet in double, written as their formulas.
 *
 * Constants, names and the cutting into ghost batches are written down here once more,
 * from the published description: none is taken from the engine. */
#include "tests/twin_model.h"

#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "spec/spec.h"

static const double mlp_momentum = 0.1, input_momentum = 0.01;

void
twin_init(struct twin *t, const struct model *m)
{
    *t = (struct twin){.model = m,
                       .param = xcalloc(m->n_params, sizeof(struct tape_array))};
    for (size_t i = 0; i < m->n_params; i++) {
        const struct param *p = &m->param[i];
        size_t n = p->dim[0] * p->dim[1];
        float *value = xcalloc(n, sizeof *value);

        t->param[i] =
            (struct tape_array){p->dim[0], p->dim[1], xcalloc(n, sizeof(double)),
                                xcalloc(n, sizeof(double))};
        param_export(p, m->value, value);
        for (size_t k = 0; k < n; k++)
            t->param[i].x[k] = (double)value[k];
        free(value);
    }
}

void
twin_release(struct twin *t)
{
    for (size_t i = 0; t->model && i < t->model->n_params; i++) {
        free(t->param[i].x);
        free(t->param[i].dx);
    }
    free(t->param);
    tape_release(&t->tape);
    *t = (struct twin){0};
}

/* The parameter "place.part". */
static struct tape_array *
get(struct twin *t, const char *place, const char *part)
{
    char name[192];
    const struct param *p;

    snprintf(name, sizeof name, "%s.%s", place, part);
    p = model_find_param(t->model, name);
    if (!p)
        fail_msg("the model has no parameter %s", name);
    return &t->param[p - t->model->param];
}

static struct tape_array *
batchnorm(struct twin *t, const char *place, struct tape_array *a, size_t chunk,
          double momentum)
{
    struct tape_norm n = {.weight = get(t, place, "weight"),
                          .bias = get(t, place, "bias"),
                          .mean = get(t, place, "running_mean"),
                          .var = get(t, place, "running_var"),
                          .chunk = chunk,
                          .momentum = momentum};

    return tape_batchnorm(&t->tape, a, &n);
}

/* --- MLP --- */

static struct tape_array *
mlp(struct twin *t, struct tape_array *h, bool training)
{
    char place[64];

    for (size_t l = 0; l < t->model->config.n_hidden; l++) {
        snprintf(place, sizeof place, "encoder.%zu", 4 * l);
        h = tape_affine(&t->tape, h, get(t, place, "weight"), get(t, place, "bias"));
        snprintf(place, sizeof place, "encoder.%zu", 4 * l + 1);
        h = batchnorm(t, place, h, training ? t->B : 0, mlp_momentum);
        h = tape_silu(&t->tape, h);
    }
    return tape_affine(&t->tape, h, get(t, "linear", "weight"),
                       get(t, "linear", "bias"));
}

/* --- TabNet --- */

/* Cells of a ghost batch: as many batches as fit whole ones, of equal size but for the
 * last. */
static size_t
ghost_cells(const struct twin *t)
{
    size_t n = t->B / t->model->config.virtual_batch_size;

    if (n == 0)
        n = 1;
    return t->B / n + (t->B % n > 0);
}

static struct tape_array *
ghost_batchnorm(struct twin *t, const char *place, struct tape_array *a, bool training)
{
    return batchnorm(t, place, a, training ? ghost_cells(t) : 0,
                     t->model->config.momentum);
}

/* Layer i of the feature transformer `place`. */
static struct tape_array *
glu_layer(struct twin *t, const char *place, size_t i, struct tape_array *h,
          bool training)
{
    size_t n_shared = t->model->config.n_shared;
    char weight[96], norm[96];

    if (i < n_shared) {
        snprintf(weight, sizeof weight,
                 "encoder.initial_splitter.shared.shared_layers.%zu", i);
        snprintf(norm, sizeof norm, "encoder.%s.shared.glu_layers.%zu.bn.bn", place, i);
    } else {
        snprintf(weight, sizeof weight, "encoder.%s.specifics.glu_layers.%zu.fc", place,
                 i - n_shared);
        snprintf(norm, sizeof norm, "encoder.%s.specifics.glu_layers.%zu.bn.bn", place,
                 i - n_shared);
    }
    h = tape_affine(&t->tape, h, get(t, weight, "weight"), NULL);
    return tape_glu(&t->tape, ghost_batchnorm(t, norm, h, training));
}

static struct tape_array *
transformer(struct twin *t, const char *place, struct tape_array *h, bool training)
{
    size_t n = t->model->config.n_shared + t->model->config.n_independent;

    h = glu_layer(t, place, 0, h, training);
    for (size_t i = 1; i < n; i++)
        h = tape_residual(&t->tape, h, glu_layer(t, place, i, h, training));
    return h;
}

/* The mask of step s for what the attention reads. */
static struct tape_array *
attention(struct twin *t, size_t s, struct tape_array *a, struct tape_array *prior,
          bool training)
{
    bool is_entmax = t->model->config.mask_type == MASK_ENTMAX;
    char place[64];

    snprintf(place, sizeof place, "encoder.att_transformers.%zu.fc", s);
    a = tape_affine(&t->tape, a, get(t, place, "weight"), NULL);
    snprintf(place, sizeof place, "encoder.att_transformers.%zu.bn.bn", s);
    a = ghost_batchnorm(t, place, a, training);
    a = tape_product(&t->tape, a, prior);
    return tape_mask(&t->tape, a, is_entmax ? ENTMAX_15 : ENTMAX_SPARSEMAX);
}

static struct tape_array *
ones(struct twin *t, size_t rows, size_t cols)
{
    struct tape_array *a = tape_array(&t->tape, rows, cols);

    for (size_t i = 0; i < rows * cols; i++)
        a->x[i] = 1;
    return a;
}

static struct tape_array *
tabnet(struct twin *t, struct tape_array *x, bool training)
{
    const struct model_config *c = &t->model->config;
    struct tape *tape = &t->tape;
    struct tape_array *prior = ones(t, t->B, c->D),
                      *sum = tape_array(tape, t->B, c->n_d);
    char place[64];

    x = batchnorm(t, "encoder.initial_bn", x, training ? t->B : 0, input_momentum);
    struct tape_array *out = transformer(t, "initial_splitter", x, training);
    for (size_t s = 0; s < c->n_steps; s++) {
        struct tape_array *a = tape_columns(tape, out, c->n_d, c->n_a);
        struct tape_array *mask = attention(t, s, a, prior, training);

        t->extra_loss += tape_sparsity(tape, mask, c->epsilon,
                                       -c->lambda_sparse / (double)c->n_steps);
        prior = tape_prior(tape, prior, mask, c->gamma);
        snprintf(place, sizeof place, "feat_transformers.%zu", s);
        out = transformer(t, place, tape_product(tape, mask, x), training);
        sum = tape_sum(tape, sum, tape_relu(tape, tape_columns(tape, out, 0, c->n_d)));
    }
    return tape_affine(tape, sum, get(t, "final_mapping", "weight"), NULL);
}

/* --- both --- */

void
twin_forward(struct twin *t, const struct twin_batch *b, bool training)
{
    const struct model_config *c = &t->model->config;

    tape_release(&t->tape);
    t->B = b->B;
    t->extra_loss = 0;
    struct tape_array *x = tape_array(&t->tape, b->B, c->D);
    memcpy(x->x, b->x, b->B * c->D * sizeof *x->x);
    struct tape_array *z =
        c->id == MODEL_mlp ? mlp(t, x, training) : tabnet(t, x, training);
    t->z = z->x;
    t->loss = loss_batch_ref(b->loss, z->x, b->y, b->R, b->weight, b->B, c->C, z->dx);
}

void
twin_step(struct twin *t, const struct twin_batch *b)
{
    for (size_t i = 0; i < t->model->n_params; i++)
        memset(t->param[i].dx, 0,
               t->param[i].rows * t->param[i].cols * sizeof *t->param[i].dx);
    twin_forward(t, b, true); /* leaves the gradient of z in its dx */
    tape_backward(&t->tape);
}
