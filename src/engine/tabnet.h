/* tabnet.h - the inside of the TabNet model, for tabnet*.c only.
 *
 *   x^  = batchnorm(x)                           over the whole batch
 *   a_0 = attention part of F_0(x^)
 *   M_s = entmax(prior_s batchnorm(W_s a_{s-1})), prior_1 = 1,
 *         prior_{s+1} = prior_s (gamma - M_s)
 *   [d_s a_s] = F_s(M_s x^),   z = W sum_s ReLU(d_s)
 *   extra loss: - lambda_sparse / n_steps sum_s mean_b sum_g M log(M + epsilon)
 *
 * F is a feature transformer: GLU layers, glu(batchnorm(W h)), each but the first added
 * to its input and scaled by sqrt(1/2); the first n_shared have one W for all
 * transformers and a BatchNorm for each place.  All BatchNorms but the input's are over
 * ghost batches.
 *
 * Nothing of the size cells x genes is dense but the scores of the masks: the input's
 * BatchNorm is a scale folded into the first W and a shift folded into a bias, and the
 * masked cells M x^ are as sparse as the masks.
 *
 * Source: Arik & Pfister, arXiv 1908.07442; the published implementation (DESIGN 2).
 *
 * Letters: B cells, D genes, ldD = D padded; H = n_d + n_a, ldH, ld2 = 2H padded;
 *          S = n_steps; L = GLU layers of a transformer; transformer 0 is the one before
 *          the first step, transformer s belongs to step s - 1.
 *
 * Threads: as model.h.
 * Errors:  none. */
#ifndef ENGINE_TABNET_H
#define ENGINE_TABNET_H

#include <stddef.h>
#include <stdint.h>

#include "engine/model.h"
#include "engine/scratch.h"
#include "num/batchnorm.h"
#include "num/dense.h"
#include "num/sparse.h"

enum { ROWS_PER_TASK = 64 }; /* cells whose rows of genes one task works on */

/* Indices of parameters. */
struct norm {
    size_t weight, bias, mean, var;
};

struct glu {
    size_t weight;
    struct norm norm;
};

struct attention {
    size_t weight;
    struct norm norm;
};

struct tabnet {
    size_t n_layers; /* L */
    size_t final;
    struct norm input;
    struct attention *attention; /* (S) */
    struct glu *glu;             /* (S + 1, L) */
};

/* What forward leaves of a GLU layer. */
struct glu_kept {
    float *pre;         /* (B, ld2) W h */
    float *norm;        /* (B, ld2) BatchNorm's output */
    float *out;         /* (B, ldH) */
    float *mean, *rstd; /* (chunks, ld2) */
};

/* What forward leaves of a step.  A mask's support lies in the first x.row[b].n entries
 * of row b; the arrays along it run in parallel. */
struct step_kept {
    struct sparse_batch x; /* the masked cells */
    struct sparse_row *row;
    uint32_t *tile_start;
    uint16_t *index;    /* (B, ldD) genes of the support */
    float *masked;      /* (B, ldD) M x^; backward leaves the gradient of x^ here */
    float *mask;        /* (B, ldD) M */
    float *hat;         /* (B, ldD) the normalised x, before weight and bias */
    float *prior;       /* (B, ldD); NULL with one step */
    float *a;           /* (B, n_a padded) what the attention reads */
    float *score;       /* (B, ldD) dense: W a */
    float *mean, *rstd; /* (chunks, ldD) */
};

struct tabnet_work {
    size_t chunks;          /* at most */
    struct glu_kept *glu;   /* (S + 1, L) */
    struct step_kept *step; /* (S) */
    float *input_mean;      /* (ldD) of the batch, or running */
    float *input_rstd;      /* (ldD) */
    float *folded;          /* (D, ld2) W of the first layer with the scale */
    float *folded_bias;     /* (ld2) */
    double *tile_bias;      /* (tiles, ld2) */
    float *dense;           /* (B, ldD) scores after BatchNorm; their gradient */
    float *dprior;          /* (B, ldD); NULL with one step */
    float *task_row;        /* (tasks, 2 ldD) */
    double *task_work;      /* (tasks, ldD) */
    double *row_loss;       /* (B) */
    double *dinput;         /* (2, ldD) gradient of the input's weight and bias */
    float *sum;             /* (B, n_d padded) sum of ReLU(d_s) */
    float *dsum;            /* (B, n_d padded) */
    float *da;              /* (B, n_a padded) gradient of what an attention reads */
    float *dout, *dpre, *dmask; /* (B, ldH), (B, ld2), (B, ldD) */
    float *zero_bias, *column;  /* (ld2) zeros; scratch */
};

static inline const struct tabnet *
tabnet_of(const struct model *m)
{
    return m->layout;
}

static inline float *
tabnet_tensor(const struct model *m, size_t t)
{
    return m->value + m->param[t].offset;
}

static inline float *
tabnet_grad(const struct model *m, float *grad, size_t t)
{
    return grad + m->param[t].offset;
}

static inline size_t
tabnet_width(const struct model_config *c)
{
    return c->n_d + c->n_a;
}

/* The arrays of the pass's scratch. */
struct tabnet_work tabnet_work_take(const struct model *m, size_t B, struct scratch *s);
struct tabnet_work tabnet_work_of(const struct model *m, const struct pass *pass);

/* BatchNorm arguments of n cells of ld columns; chunk as the pass trains or not. */
struct batchnorm_args tabnet_norm(const struct model *m, const struct pass *pass,
                                  const struct norm *n, size_t ld, const float *x,
                                  float *mean, float *rstd);

/* tabnet_input.c: the input's BatchNorm, never applied to the cells themselves.
 * statistics of the batch (training) or running ones into w->input_*; fold: w->folded
 * and folded_bias for a first W (index weight). */
void tabnet_input_stats(const struct model *m, struct pass *pass,
                        const struct tabnet_work *w);
void tabnet_input_fold(const struct model *m, struct pass *pass,
                       const struct tabnet_work *w, size_t weight);

/* Gradients of W (index weight) and, added to w->dinput, of the input's weight and bias
 * for dpre (B, ld2), the gradient of x^ W^T. */
void tabnet_input_backward(const struct model *m, struct pass *pass,
                           const struct tabnet_work *w, size_t weight, float *grad);

/* tabnet_feature.c: transformer t, whose first layer's product lies in its kept->pre
 * already; its last layer's out is the result. */
void tabnet_feature_forward(const struct model *m, struct pass *pass,
                            const struct tabnet_work *w, size_t t);

/* For w->dout, the gradient of the result: gradients of all layers but the first W;
 * w->dpre = gradient of the first layer's product.  w->dout is used up. */
void tabnet_feature_backward(const struct model *m, struct pass *pass,
                             const struct tabnet_work *w, size_t t, float *grad);

/* tabnet_mask.c: the mask of step s and the masked cells, from step->a.  Returns the
 * sum over cells of sum_g M log(M + epsilon). */
double tabnet_mask_forward(const struct model *m, struct pass *pass,
                           const struct tabnet_work *w, size_t s);

/* For w->dpre, the gradient of the first layer's product of transformer s + 1:
 * gradients of that layer's W, of the attention's W and BatchNorm, and of the input's
 * weight and bias into w->dinput; w->da = gradient of step->a. */
void tabnet_mask_backward(const struct model *m, struct pass *pass,
                          const struct tabnet_work *w, size_t s, float *grad);

#endif
