/* toy.c - cells on a circle, a network with one hidden layer, its training. */
#include "engine/toy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "num/optim.h"

/* What a stream of RNG_TOY is for. */
enum { TOY_PLACE, TOY_CHOICE, TOY_NAME, TOY_INIT };

/* Where the tensors lie in w. */
enum {
    W1 = 0,
    B1 = W1 + TOY_HIDDEN * TOY_DIMS,
    W2 = B1 + TOY_HIDDEN,
    B2 = W2 + TOY_CLASSES * TOY_HIDDEN
};

static const double radius = 3, sd = 0.8, learning_rate = 0.03;

const struct toy_edge toy_edges[TOY_EDGES] = {
    {0, 1},  {0, 2}, {0, 3}, {1, 4}, {1, 5},  {1, 6},   {3, 7},
    {3, 11}, {4, 8}, {5, 9}, {6, 9}, {7, 10}, {11, 12},
};

/* ---- classes ---- */

void
toy_reachability(float *R)
{
    memset(R, 0, TOY_CLASSES * TOY_CLASSES * sizeof *R);
    for (size_t i = 0; i < TOY_CLASSES; i++)
        R[i * TOY_CLASSES + i] = 1;
    /* A parent's number is below its children's, so the last edges come first. */
    for (size_t k = TOY_EDGES; k-- > 0;)
        for (size_t j = 0; j < TOY_CLASSES; j++)
            if (R[toy_edges[k].child * TOY_CLASSES + j] > 0)
                R[toy_edges[k].parent * TOY_CLASSES + j] = 1;
}

bool
toy_is_leaf(int32_t class)
{
    for (size_t k = 0; k < TOY_EDGES; k++)
        if (toy_edges[k].parent == class)
            return false;
    return true;
}

/* The ancestors of a leaf, ascending; returns their number. */
static size_t
ancestors_of(const float *R, int32_t leaf, int32_t *out)
{
    size_t n = 0;

    for (int32_t i = 0; i < TOY_CLASSES; i++)
        if (i != leaf && R[i * TOY_CLASSES + leaf] > 0)
            out[n++] = i;
    return n;
}

double
toy_accuracy(const int32_t *label, const int32_t *predicted)
{
    float R[TOY_CLASSES * TOY_CLASSES];
    size_t right = 0;

    toy_reachability(R);
    for (size_t b = 0; b < TOY_CELLS; b++)
        right += R[label[b] * TOY_CLASSES + predicted[b]] > 0;
    return (double)right / TOY_CELLS;
}

/* ---- cells ---- */

/* Cells of leaf number k: places around its centre, all labelled as the leaf. */
static void
place_cells(struct toy_cells *cells, uint32_t seed, size_t k, int32_t leaf)
{
    double angle = 2 * acos(-1) * (double)k / TOY_LEAVES;
    double centre[TOY_DIMS] = {radius * cos(angle), radius * sin(angle)};
    struct rng r = rng_stream(seed, RNG_TOY, TOY_PLACE, 0);

    for (size_t b = k * TOY_CELLS_PER_LEAF; b < (k + 1) * TOY_CELLS_PER_LEAF; b++) {
        for (size_t d = 0; d < TOY_DIMS; d++)
            cells->x[b * TOY_DIMS + d] =
                centre[d] + sd * rng_normal(&r, b * TOY_DIMS + d);
        cells->leaf[b] = cells->label[b] = leaf;
    }
}

static void
relabel_cells(struct toy_cells *cells, uint32_t seed, size_t k, const float *R)
{
    int32_t *label = cells->label + k * TOY_CELLS_PER_LEAF;
    int32_t ancestor[TOY_CLASSES];
    uint32_t order[TOY_CELLS_PER_LEAF];
    size_t n = ancestors_of(R, label[0], ancestor);
    struct rng choice = rng_stream(seed, RNG_TOY, TOY_CHOICE, k);
    struct rng name = rng_stream(seed, RNG_TOY, TOY_NAME, k);

    rng_permutation(&choice, order, TOY_CELLS_PER_LEAF);
    for (size_t i = 0; i < TOY_RELABELLED; i++)
        label[order[i]] = ancestor[rng_below(&name, i, n)];
}

void
toy_cells_make(struct toy_cells *cells, uint32_t seed)
{
    float R[TOY_CLASSES * TOY_CLASSES];
    size_t k = 0;

    toy_reachability(R);
    for (int32_t c = 0; c < TOY_CLASSES; c++) {
        if (!toy_is_leaf(c))
            continue;
        place_cells(cells, seed, k, c);
        relabel_cells(cells, seed, k, R);
        k++;
    }
}

/* ---- network ---- */

static void
init_layer(double *weight, size_t H, size_t D, double *bias, uint32_t seed, size_t t)
{
    double bound = 1 / sqrt((double)D);
    struct rng r = rng_stream(seed, RNG_TOY, TOY_INIT, t);

    for (size_t i = 0; i < H * D; i++)
        weight[i] = bound * (2 * rng_uniform(&r, i) - 1);
    for (size_t i = 0; i < H; i++)
        bias[i] = bound * (2 * rng_uniform(&r, H * D + i) - 1);
}

void
toy_init(double *w, uint32_t seed)
{
    init_layer(w + W1, TOY_HIDDEN, TOY_DIMS, w + B1, seed, 0);
    init_layer(w + W2, TOY_CLASSES, TOY_HIDDEN, w + B2, seed, 1);
}

struct work {
    float R[TOY_CLASSES * TOY_CLASSES];
    double h[TOY_CELLS * TOY_HIDDEN]; /* after ReLU */
    double z[TOY_CELLS * TOY_CLASSES], dz[TOY_CELLS * TOY_CLASSES];
};

static struct work *
work_new(void)
{
    struct work *k = xcalloc(1, sizeof *k);

    toy_reachability(k->R);
    return k;
}

/* y (H) = W x + bias, W (H, D), x (D). */
static void
affine(const double *W, const double *bias, const double *x, size_t H, size_t D,
       double *y)
{
    for (size_t i = 0; i < H; i++) {
        double sum = bias[i];

        for (size_t j = 0; j < D; j++)
            sum += W[i * D + j] * x[j];
        y[i] = sum;
    }
}

/* dW += dy x^T, dbias += dy. */
static void
affine_backward(const double *dy, const double *x, size_t H, size_t D, double *dW,
                double *dbias)
{
    for (size_t i = 0; i < H; i++) {
        for (size_t j = 0; j < D; j++)
            dW[i * D + j] += dy[i] * x[j];
        dbias[i] += dy[i];
    }
}

static void
forward(const struct toy_cells *cells, const double *w, struct work *k)
{
    for (size_t b = 0; b < TOY_CELLS; b++) {
        double *h = k->h + b * TOY_HIDDEN;

        affine(w + W1, w + B1, cells->x + b * TOY_DIMS, TOY_HIDDEN, TOY_DIMS, h);
        for (size_t i = 0; i < TOY_HIDDEN; i++)
            h[i] = h[i] > 0 ? h[i] : 0;
        affine(w + W2, w + B2, h, TOY_CLASSES, TOY_HIDDEN, k->z + b * TOY_CLASSES);
    }
}

/* dh (TOY_HIDDEN) = W2^T dz where the ReLU let through, else 0. */
static void
hidden_backward(const double *w2, const double *dz, const double *h, double *dh)
{
    memset(dh, 0, TOY_HIDDEN * sizeof *dh);
    for (size_t c = 0; c < TOY_CLASSES; c++)
        for (size_t i = 0; i < TOY_HIDDEN; i++)
            dh[i] += w2[c * TOY_HIDDEN + i] * dz[c];
    for (size_t i = 0; i < TOY_HIDDEN; i++)
        dh[i] = h[i] > 0 ? dh[i] : 0;
}

static double
gradient(enum loss_kind kind, const struct toy_cells *cells, const double *w,
         struct work *k, double *dw)
{
    forward(cells, w, k);
    double loss = loss_batch_ref(kind, k->z, cells->label, k->R, NULL, TOY_CELLS,
                                 TOY_CLASSES, k->dz);

    memset(dw, 0, TOY_PARAMS * sizeof *dw);
    for (size_t b = 0; b < TOY_CELLS; b++) {
        const double *h = k->h + b * TOY_HIDDEN, *dz = k->dz + b * TOY_CLASSES;
        double dh[TOY_HIDDEN];

        affine_backward(dz, h, TOY_CLASSES, TOY_HIDDEN, dw + W2, dw + B2);
        hidden_backward(w + W2, dz, h, dh);
        affine_backward(dh, cells->x + b * TOY_DIMS, TOY_HIDDEN, TOY_DIMS, dw + W1,
                        dw + B1);
    }
    return loss;
}

double
toy_gradient(enum loss_kind kind, const struct toy_cells *cells, const double *w,
             double *dw)
{
    struct work *k = work_new();
    double loss = gradient(kind, cells, w, k, dw);

    free(k);
    return loss;
}

/* ---- training ---- */

struct params {
    struct optim o;
    float value[TOY_PARAMS], m[TOY_PARAMS], v[TOY_PARAMS];
};

static void
params_init(struct params *p, double *w, uint32_t seed)
{
    *p = (struct params){0};
    optim_init(&p->o, learning_rate, 0, 0);
    toy_init(w, seed);
    for (size_t i = 0; i < TOY_PARAMS; i++)
        p->value[i] = (float)w[i];
}

static void
params_step(struct params *p, const double *dw)
{
    float grad[TOY_PARAMS];

    for (size_t i = 0; i < TOY_PARAMS; i++)
        grad[i] = (float)dw[i];
    optim_step_ref(&p->o, p->value, p->m, p->v, grad, TOY_PARAMS, 0);
}

/* The parameters as the network reads them. */
static void
params_read(const struct params *p, double *w)
{
    for (size_t i = 0; i < TOY_PARAMS; i++)
        w[i] = (double)p->value[i];
}

static int32_t
arg_max(const double *z)
{
    int32_t best = 0;

    for (int32_t c = 1; c < TOY_CLASSES; c++)
        best = z[c] > z[best] ? c : best;
    return best;
}

void
toy_train(enum loss_kind kind, const struct toy_cells *cells, uint32_t seed,
          struct toy_fit *fit)
{
    struct work *k = work_new();
    struct params p;
    double w[TOY_PARAMS], dw[TOY_PARAMS];

    params_init(&p, w, seed);
    for (size_t epoch = 0; epoch < TOY_EPOCHS; epoch++) {
        params_read(&p, w);
        fit->loss[epoch] = gradient(kind, cells, w, k, dw);
        params_step(&p, dw);
    }
    params_read(&p, w);
    forward(cells, w, k);
    for (size_t b = 0; b < TOY_CELLS; b++)
        fit->predicted[b] = arg_max(k->z + b * TOY_CLASSES);
    fit->accuracy = toy_accuracy(cells->label, fit->predicted);
    free(k);
}
