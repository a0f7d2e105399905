/* reference_loss.c - groups loss_<loss>_<none or weighted>. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "num/loss.h"
#include "tests/reference.h"

struct loss_case {
    enum loss_kind kind;
    size_t B, C;
    double *z;         /* (B, C) */
    int32_t *y;        /* (B) */
    const float *R;    /* (C, C) borrowed */
    float *weight;     /* (C) borrowed, or NULL */
    double *loss, *dz; /* expected */
};

static void
case_init(struct loss_case *c, struct reference *r)
{
    c->B = reference_count(r, "/loss_targets");
    c->C = r->C;
    c->R = r->R;
    c->z = reference_doubles(r, "/loss_logits", c->B * c->C);
    c->y = reference_ints(r, "/loss_targets", c->B);
    c->loss = reference_doubles(r, "loss", 1);
    c->dz = reference_doubles(r, "dlogits", c->B * c->C);
}

static void
case_release(struct loss_case *c)
{
    free(c->z);
    free(c->y);
    free(c->loss);
    free(c->dz);
}

/* |a - b| / |b|, as vectors. */
static double
distance(const double *a, const double *b, size_t n)
{
    double diff = 0, norm = 0;

    for (size_t i = 0; i < n; i++) {
        diff += (a[i] - b[i]) * (a[i] - b[i]);
        norm += b[i] * b[i];
    }
    return sqrt(diff / norm);
}

/* The twin in double.  The file keeps class weights as float32 only, hence 1e-7 for the
 * weighted groups. */
static void
check_twin(struct reference *r, const struct loss_case *c)
{
    double *dz = xcalloc(c->B * c->C, sizeof *dz), tolerance = c->weight ? 1e-7 : 1e-12;
    double loss = loss_batch_ref(c->kind, c->z, c->y, c->R, c->weight, c->B, c->C, dz);

    reference_line(r, "loss, twin in double", reference_relative(loss, c->loss[0]),
                   tolerance);
    reference_line(r, "dlogits, twin in double", distance(dz, c->dz, c->B * c->C),
                   tolerance);
    free(dz);
}

/* (rows, cols), or 0, with rows of whole vectors. */
static float *
padded(const float *from, size_t rows, size_t cols)
{
    size_t ld = kernels_pad(cols);
    float *out;

    if (big_calloc(&out, rows * ld, sizeof *out, "padded", NULL))
        abort();
    for (size_t i = 0; from && i < rows; i++)
        memcpy(out + i * ld, from + i * cols, cols * sizeof *out);
    return out;
}

/* The kernels in float32. */
static void
check_kernel(struct reference *r, const struct loss_case *c)
{
    size_t B = c->B, C = c->C, ld = kernels_pad(C);
    float *z = xcalloc(B * C, sizeof *z), *R = padded(c->R, C, C);
    double *dz = xcalloc(B * C, sizeof *dz);

    for (size_t i = 0; i < B * C; i++)
        z[i] = (float)c->z[i];
    struct loss_args a = {.B = B,
                          .C = C,
                          .ld = ld,
                          .z = padded(z, B, C),
                          .y = c->y,
                          .R = R,
                          .weight = c->weight,
                          .dz = padded(NULL, B, C),
                          .loss = xcalloc(B, sizeof *a.loss),
                          .predicted = xcalloc(B, sizeof *a.predicted)};
    double loss = loss_batch(r->pool, r->k, c->kind, &a);

    for (size_t i = 0; i < B * C; i++)
        dz[i] = (double)a.dz[i / C * ld + i % C];
    reference_line(r, "loss", reference_relative(loss, c->loss[0]), REFERENCE_LOSS);
    reference_line(r, "dlogits", distance(dz, c->dz, B * C), REFERENCE_NORM);
    free(a.z);
    free(a.dz);
    free(a.loss);
    free(a.predicted);
    free(R);
    free(z);
    free(dz);
}

static const struct {
    const char *group;
    enum loss_kind kind;
    bool weighted;
} table[] = {
    {"loss_ce_none", LOSS_KIND_CE, false},
    {"loss_ce_weighted", LOSS_KIND_CE, true},
    {"loss_hce_none", LOSS_KIND_HCE, false},
    {"loss_hce_weighted", LOSS_KIND_HCE, true},
};

void
reference_loss(struct reference *r)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(r->group, table[i].group) != 0)
            continue;
        struct loss_case c = {.kind = table[i].kind,
                              .weight = table[i].weighted ? r->weight : NULL};

        case_init(&c, r);
        if (reference_classes(r, c.y, c.B)) {
            check_twin(r, &c);
            check_kernel(r, &c);
        } else {
            reference_fail(r, "loss_targets", "hold something that is no class");
        }
        case_release(&c);
        return;
    }
    reference_fail(r, "loss", "of this name is not known");
}
