/* tape.c - layers in double that remember how they were called. */
#include "tests/tape.h"

#include <assert.h>
#include <stdbool.h>

#include "num/layers_ref.h"

/* One call: y from a and b.  What else it took is in the other fields. */
struct tape_layer {
    struct tape_layer *before;
    void (*backward)(struct tape *t, const struct tape_layer *l);
    struct tape_array *a, *b, *y;
    struct tape_array *w, *bias;
    struct tape_norm norm;
    enum entmax_kind kind;
    size_t from;
    double constant, factor;
};

static const double norm_eps = 1e-5;

void
tape_release(struct tape *t)
{
    arena_release(&t->arena);
    *t = (struct tape){0};
}

static size_t
size_of(const struct tape_array *a)
{
    return a->rows * a->cols;
}

struct tape_array *
tape_array(struct tape *t, size_t rows, size_t cols)
{
    struct tape_array *a = arena_alloc(&t->arena, 1, sizeof *a);

    *a = (struct tape_array){rows, cols,
                             arena_alloc(&t->arena, rows * cols, sizeof(double)),
                             arena_alloc(&t->arena, rows * cols, sizeof(double))};
    return a;
}

/* The note of a call; its y has the rows of a. */
static struct tape_array *
note(struct tape *t, const struct tape_layer *l, size_t cols)
{
    struct tape_layer *kept = arena_alloc(&t->arena, 1, sizeof *kept);

    *kept = *l;
    kept->y = tape_array(t, l->a->rows, cols);
    kept->before = t->last;
    t->last = kept;
    return kept->y;
}

void
tape_backward(struct tape *t)
{
    for (const struct tape_layer *l = t->last; l; l = l->before)
        l->backward(t, l);
}

/* Room for a gradient as large as that of a, which may be NULL. */
static double *
room(struct tape *t, const struct tape_array *a)
{
    return a ? arena_alloc(&t->arena, size_of(a), sizeof(double)) : NULL;
}

static void
arrive(struct tape_array *a, const double *dx)
{
    for (size_t i = 0; a && i < size_of(a); i++)
        a->dx[i] += dx[i];
}

/* Hash by FNV-1a. */
static void
see_kink(struct tape *t, bool is_above)
{
    t->kinks = (t->kinks ^ (is_above ? 2U : 1U)) * 0x100000001b3U;
}

/* --- layers with parameters --- */

static void
affine_backward(struct tape *t, const struct tape_layer *l)
{
    double *da = room(t, l->a), *dw = room(t, l->w), *dbias = room(t, l->bias);

    ref_affine_backward(l->a->rows, l->a->cols, l->w->rows, l->a->x, l->w->x, l->y->dx,
                        da, dw, dbias);
    arrive(l->a, da);
    arrive(l->w, dw);
    arrive(l->bias, dbias);
}

struct tape_array *
tape_affine(struct tape *t, struct tape_array *a, struct tape_array *w,
            struct tape_array *bias)
{
    struct tape_layer l = {.backward = affine_backward, .a = a, .w = w, .bias = bias};
    struct tape_array *y = note(t, &l, w->rows);

    assert(a->cols == w->cols && (!bias || size_of(bias) == w->rows));
    ref_affine(a->rows, a->cols, w->rows, a->x, w->x, bias ? bias->x : NULL, y->x);
    return y;
}

static struct ref_batchnorm
batchnorm_of(const struct tape_array *a, const struct tape_norm *n)
{
    return (struct ref_batchnorm){.B = a->rows,
                                  .H = a->cols,
                                  .chunk = n->chunk,
                                  .x = a->x,
                                  .weight = n->weight->x,
                                  .bias = n->bias->x,
                                  .running_mean = n->mean->x,
                                  .running_var = n->var->x,
                                  .momentum = n->momentum,
                                  .eps = norm_eps};
}

static void
batchnorm_backward(struct tape *t, const struct tape_layer *l)
{
    struct ref_batchnorm bn = batchnorm_of(l->a, &l->norm);
    double *da = room(t, l->a), *dweight = room(t, l->norm.weight);
    double *dbias = room(t, l->norm.bias);

    assert(l->norm.chunk > 0);
    ref_batchnorm_backward(&bn, l->y->dx, da, dweight, dbias);
    arrive(l->a, da);
    arrive(l->norm.weight, dweight);
    arrive(l->norm.bias, dbias);
}

struct tape_array *
tape_batchnorm(struct tape *t, struct tape_array *a, const struct tape_norm *norm)
{
    struct tape_layer l = {.backward = batchnorm_backward, .a = a, .norm = *norm};
    struct tape_array *y = note(t, &l, a->cols);
    struct ref_batchnorm bn = batchnorm_of(a, norm);

    assert(size_of(norm->weight) == a->cols);
    if (norm->chunk > 0)
        ref_batchnorm(&bn, y->x);
    else
        ref_batchnorm_eval(&bn, y->x);
    return y;
}

/* --- layers of one input --- */

static void
silu_backward(struct tape *t, const struct tape_layer *l)
{
    double *da = room(t, l->a);

    ref_silu_backward(size_of(l->a), l->a->x, l->y->dx, da);
    arrive(l->a, da);
}

struct tape_array *
tape_silu(struct tape *t, struct tape_array *a)
{
    struct tape_layer l = {.backward = silu_backward, .a = a};
    struct tape_array *y = note(t, &l, a->cols);

    ref_silu(size_of(a), a->x, y->x);
    return y;
}

static void
glu_backward(struct tape *t, const struct tape_layer *l)
{
    double *da = room(t, l->a);

    ref_glu_backward(l->a->rows, l->y->cols, l->a->x, l->y->dx, da);
    arrive(l->a, da);
}

struct tape_array *
tape_glu(struct tape *t, struct tape_array *a)
{
    struct tape_layer l = {.backward = glu_backward, .a = a};
    struct tape_array *y = note(t, &l, a->cols / 2);

    ref_glu(a->rows, a->cols / 2, a->x, y->x);
    return y;
}

static void
relu_backward(struct tape *t, const struct tape_layer *l)
{
    double *da = room(t, l->a);

    ref_relu_backward(size_of(l->a), l->a->x, l->y->dx, da);
    arrive(l->a, da);
}

struct tape_array *
tape_relu(struct tape *t, struct tape_array *a)
{
    struct tape_layer l = {.backward = relu_backward, .a = a};
    struct tape_array *y = note(t, &l, a->cols);

    ref_relu(size_of(a), a->x, y->x);
    for (size_t i = 0; i < size_of(a); i++)
        see_kink(t, a->x[i] > 0);
    return y;
}

static void
columns_backward(struct tape *t, const struct tape_layer *l)
{
    (void)t;
    for (size_t b = 0; b < l->y->rows; b++)
        for (size_t j = 0; j < l->y->cols; j++)
            l->a->dx[b * l->a->cols + l->from + j] += l->y->dx[b * l->y->cols + j];
}

struct tape_array *
tape_columns(struct tape *t, struct tape_array *a, size_t from, size_t n)
{
    struct tape_layer l = {.backward = columns_backward, .a = a, .from = from};
    struct tape_array *y = note(t, &l, n);

    assert(from + n <= a->cols);
    for (size_t b = 0; b < a->rows; b++)
        for (size_t j = 0; j < n; j++)
            y->x[b * n + j] = a->x[b * a->cols + from + j];
    return y;
}

/* --- layers of two inputs --- */

static void
residual_backward(struct tape *t, const struct tape_layer *l)
{
    double *d = room(t, l->a);

    ref_residual_backward(size_of(l->a), l->y->dx, d);
    arrive(l->a, d);
    arrive(l->b, d);
}

struct tape_array *
tape_residual(struct tape *t, struct tape_array *a, struct tape_array *b)
{
    struct tape_layer l = {.backward = residual_backward, .a = a, .b = b};
    struct tape_array *y = note(t, &l, a->cols);

    assert(a->rows == b->rows && a->cols == b->cols);
    ref_residual(size_of(a), a->x, b->x, y->x);
    return y;
}

static void
sum_backward(struct tape *t, const struct tape_layer *l)
{
    (void)t;
    arrive(l->a, l->y->dx);
    arrive(l->b, l->y->dx);
}

struct tape_array *
tape_sum(struct tape *t, struct tape_array *a, struct tape_array *b)
{
    struct tape_layer l = {.backward = sum_backward, .a = a, .b = b};
    struct tape_array *y = note(t, &l, a->cols);

    assert(a->rows == b->rows && a->cols == b->cols);
    for (size_t i = 0; i < size_of(a); i++)
        y->x[i] = a->x[i] + b->x[i];
    return y;
}

static void
product_backward(struct tape *t, const struct tape_layer *l)
{
    double *da = room(t, l->a), *db = room(t, l->b);

    ref_product_backward(size_of(l->a), l->a->x, l->b->x, l->y->dx, da, db);
    arrive(l->a, da);
    arrive(l->b, db);
}

struct tape_array *
tape_product(struct tape *t, struct tape_array *a, struct tape_array *b)
{
    struct tape_layer l = {.backward = product_backward, .a = a, .b = b};
    struct tape_array *y = note(t, &l, a->cols);

    assert(a->rows == b->rows && a->cols == b->cols);
    ref_product(size_of(a), a->x, b->x, y->x);
    return y;
}

/* --- masks --- */

static void
mask_backward(struct tape *t, const struct tape_layer *l)
{
    size_t H = l->a->cols;
    double *da = room(t, l->a);

    for (size_t at = 0; at < size_of(l->a); at += H) {
        if (l->kind == ENTMAX_15)
            ref_entmax15_backward(H, l->y->x + at, l->y->dx + at, da + at);
        else
            ref_sparsemax_backward(H, l->y->x + at, l->y->dx + at, da + at);
    }
    arrive(l->a, da);
}

struct tape_array *
tape_mask(struct tape *t, struct tape_array *a, enum entmax_kind kind)
{
    struct tape_layer l = {.backward = mask_backward, .a = a, .kind = kind};
    struct tape_array *y = note(t, &l, a->cols);
    size_t H = a->cols;

    for (size_t at = 0; at < size_of(a); at += H) {
        if (kind == ENTMAX_15)
            ref_entmax15(H, a->x + at, y->x + at);
        else
            ref_sparsemax(H, a->x + at, y->x + at);
    }
    for (size_t i = 0; i < size_of(y); i++)
        see_kink(t, y->x[i] > 0);
    return y;
}

static void
prior_backward(struct tape *t, const struct tape_layer *l)
{
    double *dprior = room(t, l->a), *dmask = room(t, l->b);

    ref_prior_backward(size_of(l->a), l->constant, l->a->x, l->b->x, l->y->dx, dprior,
                       dmask);
    arrive(l->a, dprior);
    arrive(l->b, dmask);
}

struct tape_array *
tape_prior(struct tape *t, struct tape_array *prior, struct tape_array *mask,
           double gamma)
{
    struct tape_layer l = {
        .backward = prior_backward, .a = prior, .b = mask, .constant = gamma};
    struct tape_array *y = note(t, &l, prior->cols);

    assert(prior->rows == mask->rows && prior->cols == mask->cols);
    ref_prior(size_of(prior), gamma, prior->x, mask->x, y->x);
    return y;
}

/* A term of the loss: its own gradient is the factor. */
static void
sparsity_backward(struct tape *t, const struct tape_layer *l)
{
    double *dmask = room(t, l->a);

    ref_sparsity_backward(l->a->rows, l->a->cols, l->constant, l->a->x, l->factor,
                          dmask);
    arrive(l->a, dmask);
}

double
tape_sparsity(struct tape *t, struct tape_array *mask, double eps, double factor)
{
    struct tape_layer l = {
        .backward = sparsity_backward, .a = mask, .constant = eps, .factor = factor};

    note(t, &l, 0);
    return factor * ref_sparsity(mask->rows, mask->cols, eps, mask->x);
}
