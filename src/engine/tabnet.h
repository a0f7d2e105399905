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
 * Nothing of the size cells x genes is dense, in memory or in backward's arithmetic: the
 * input's BatchNorm is a scale folded into the first W and a shift folded into a bias,
 * the masked cells M x^ are as sparse as the masks, and the scores of the masks pass by
 * in tiles (tabnet_attention.c).
 *
 * Source: Arik & Pfister, arXiv 1908.07442; the published implementation (DESIGN 2).
 *
 * Letters: B cells, D genes, ldD = D padded; H = n_d + n_a, ldH, ld2 = 2H padded;
 *          lda = n_a padded, lde = n_a + 1 padded; S = n_steps; L = GLU layers of a
 *          transformer; transformer 0 is the one before the first step, transformer s
 *          belongs to step s - 1.
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
#include "num/entmax.h"
#include "num/sparse.h"

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
    float *a;           /* (B, lda) what the attention reads */
    double *a_mean;     /* (chunks, lda) of each chunk */
    double *a_cov;      /* (chunks, lda, lda) */
    float *mean, *rstd; /* (chunks, ldD) of the scores W a */
};

struct tabnet_work {
    struct glu_kept *glu;   /* (S + 1, L) */
    struct step_kept *step; /* (S) */
    /* The input's BatchNorm. */
    float *input_mean, *input_rstd; /* (ldD) of the batch, or running */
    float *folded;                  /* (D, ld2) W of the first layer with the scale */
    float *folded_bias;             /* (ld2) */
    double *tile_bias;              /* (tiles, ld2) */
    double *dinput;                 /* (2, ldD) gradient of its weight and bias */
    /* Attention, going forward. */
    float *scaled;       /* (chunks, D, lde) W and shift of the scores' BatchNorm */
    float *a_one;        /* (B, lde) a, and a 1 for the shift */
    float *tile;         /* (threads, SCORE_ROWS, columns of a tile) */
    float *tile_prior;   /* (threads, columns of a tile) */
    double *thread_work; /* (threads, .) see tabnet_thread_work */
    struct entmax_sift *sift; /* (B) */
    double *row_loss;    /* (B) */
    /* Attention, going back; along the support of the step at hand. */
    float *dmask;            /* (B, ldD) gradient of the mask, then of the scores */
    float *score_hat;        /* (B, ldD) the normalised score */
    struct sparse_row *drow; /* (B) the gradient of the scores as rows */
    float *dprior;           /* (B, ldD) dense; NULL with one step */
    float *mean_d, *mean_dx; /* (chunks, ldD) see tabnet_attention.c */
    double *h, *Q;           /* (chunks, lda), (chunks, lda, lda) */
    /* The rest. */
    float *sum, *dsum;  /* (B, n_d padded) sum of ReLU(d_s) */
    float *da;          /* (B, lda) gradient of what an attention reads */
    float *dout, *dpre; /* (B, ldH), (B, ld2) */
    float *zero_bias;   /* (ld2) zeros */
    float *column;      /* (ld2) */
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

/* Whether w->folded and, where there is one step, w->scaled are those of this pass. */
static inline bool
tabnet_is_settled(const struct pass *pass)
{
    return pass->settled && !pass->training;
}

enum { SCORE_ROWS = 128 }; /* cells whose scores are in the cache together */

/* The arrays of the pass's scratch. */
struct tabnet_work tabnet_work_take(const struct model *m, size_t B, size_t n_threads,
                                    struct scratch *s);
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

/* Gradients of W (index weight) and, added to w->dinput, of the input's weight for dpre
 * (B, ld2), the gradient of x^ W^T behind which a BatchNorm stands: the input's bias has
 * none. */
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

/* A thread's own doubles: room for ldD, or two matrices (genes of a tile, lda). */
double *tabnet_thread_work(const struct model *m, const struct tabnet_work *w,
                           size_t thread);

/* Genes of the widest tile of scores: some tiles of the sparse batch. */
size_t tabnet_score_genes(const struct sparse_tiles *tiles);

/* tabnet_attention.c: for step->a what may be in the support of each row, in step->index
 * and step->mask (the scores, times the prior of a later step) with w->sift. */
void tabnet_attention_forward(const struct model *m, struct pass *pass,
                              const struct tabnet_work *w, size_t s);

/* For the gradient of the normalised scores along the support in w->dmask, the gradients
 * of the attention's W and BatchNorm, and w->da. */
void tabnet_attention_backward(const struct model *m, struct pass *pass,
                               const struct tabnet_work *w, size_t s, float *grad);

/* The normalised scores of cell b along its support, before weight and bias, into
 * w->score_hat; n = size of the support. */
void tabnet_attention_hat(const struct model *m, const struct pass *pass,
                          const struct tabnet_work *w, size_t s, size_t b, size_t n);

/* Cells of a ghost batch of this pass: all where it does not train. */
size_t tabnet_chunk(const struct model *m, const struct pass *pass);

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
