/* kernels.h - the inner loops, compiled once per instruction set.
 *
 * A path is one row of the table: the same source (kernels_body.inc) under other
 * target attributes.  Bits may differ between paths (fused multiply-add), never
 * within one: each output is summed in an order that depends on shapes only, so that
 * neither threads nor the way work is cut into ranges can show.
 *
 * Letters: B cells of a batch, D genes, C classes, ld = C padded to a multiple of
 * VEC floats.  Matrices are float32, row-major, rows of ld floats, 64-byte aligned;
 * columns C..ld-1 are padding: 0 in weights and gradients.
 *
 * Threads: any thread, on disjoint ranges.
 * Errors:  none; shapes are preconditions. */
#ifndef NUM_KERNELS_H
#define NUM_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

enum { VEC = 16 }; /* floats: the unit of padding, one 64-byte line */

/* Columns padded to whole vectors. */
static inline size_t
kernels_pad(size_t n)
{
    return (n + VEC - 1) / VEC * VEC;
}

/* A cell: its non-zero genes, ascending. */
struct sparse_row {
    const uint16_t *index; /* (n) borrowed; gene */
    const float *value;    /* (n) borrowed */
    size_t n;
};

/* Cells whose genes are cut into tiles of tile_genes each, so that one tile of the
 * weights stays in the cache while many cells pass over it. */
struct sparse_batch {
    size_t B, D;
    const struct sparse_row *row; /* (B) borrowed */
    size_t tile_genes, n_tiles;   /* n_tiles * tile_genes >= D */
    const uint32_t *tile_start;   /* (B, n_tiles + 1) borrowed; see sparse_tile */
};

/* What a loss works on. */
struct loss_args {
    size_t B, C, ld;
    float *z;            /* (B, ld) in: logits; their padding is overwritten */
    const int32_t *y;    /* (B) true class */
    const float *R;      /* (C, ld) reachability, padding 0 */
    const float *weight; /* (C) class weights, or NULL: all 1 */
    double weight_sum;   /* sum over the batch of weight[y_b] */
    bool corrected;      /* a predicted descendant becomes the target */
    float *dz;           /* (B, ld) out: gradient of the weighted mean; padding 0 */
    double *loss;        /* (B) out: l_b, neither weighted nor divided */
    int32_t *predicted;  /* (B) out: arg max, the lowest on ties */
};

/* The optimiser's step for a block of parameters; see optim.h. */
struct adamw_args {
    float *value, *m, *v; /* (n) in-out */
    const float *grad;    /* (n) */
    float scale;          /* factor of grad: clipping */
    float keep;           /* 1 - lr * decay */
    float beta1, beta2;
    float rest1, rest2;   /* 1 - beta1, 1 - beta2 */
    float step_size;      /* lr / (1 - beta1^t) */
    float inv_sqrt_bias2; /* 1 / sqrt(1 - beta2^t) */
    float eps;
};

/* BatchNorm of rows in chunks of cells (ghost batches; one chunk: the ordinary one);
 * see batchnorm.h. */
struct batchnorm_args {
    size_t B, ld;
    size_t chunk;                      /* cells per chunk; the last may be shorter */
    const float *x;                    /* (B, ld) */
    float *y;                          /* (B, ld) out */
    const float *weight, *bias;        /* (ld) padding 0 */
    float *running_mean, *running_var; /* (ld) in-out */
    float *mean, *rstd; /* (chunks, ld) of each chunk; in evaluation of all cells */
    double momentum, eps;
    const float *dy;        /* (B, ld) gradient of y */
    float *dx;              /* (B, ld) out; may be dy */
    float *dweight, *dbias; /* (ld) out */
};

/* A hidden layer behind its affine part, h = dropout(silu(batchnorm(x))); see
 * hidden.h. */
struct hidden_args {
    struct batchnorm_args bn; /* of one chunk; y is not used; dy is the gradient of h */
    float *h;                 /* (B, ld) out */
    size_t H;                 /* columns without padding */
    double dropout;           /* probability; 0: none, and what follows is not used */
    const struct rng *r;      /* borrowed */
    const uint32_t *cell;     /* (B) borrowed; numbers of the cells in the stream r */
    uint16_t *kept;           /* (B, ld / VEC) out of forward: a bit per value */
};

/* c = a b + bias, or c += a b.  Element (i, k) of a is a[i a_row + k a_k]; one of both
 * strides is 1. */
struct product_args {
    size_t M, N, K; /* c (M, N), K elements in a sum */
    const float *a;
    size_t a_row, a_k;
    const float *b; /* (K, ldb), or transposed (N, ldb) */
    size_t ldb;     /* a multiple of VEC */
    bool b_transposed;
    const float *bias; /* (kernels_pad(N)) padding 0, or NULL: none */
    bool add;          /* no bias then */
    float *c;          /* (M, ldc) */
    size_t ldc;        /* kernels_pad(N) */
};

struct kernels {
    const char *name; /* "avx512", "avx2", "generic" */

    /* z[b] = bias + sum_g x[b][g] w[g] for b in [b0, b1).  w (D, ld), bias (ld),
     * z (B, ld) out. */
    void (*sparse_forward)(const struct sparse_batch *x, size_t b0, size_t b1,
                           const float *w, const float *bias, size_t ld, float *z);

    /* dw[g] = sum_b x[b][g] dz[b] for the genes of one tile, or with `add` that much
     * more.  dz (B, ld), dw (D, ld) out. */
    void (*sparse_gradient)(const struct sparse_batch *x, size_t tile, const float *dz,
                            size_t ld, bool add, float *dw);

    /* out (ld) = sum_b dz[b]. */
    void (*column_sum)(const float *dz, size_t B, size_t ld, float *out);

    /* DESIGN section 2: cross-entropy and hierarchical cross-entropy of cells
     * [b0, b1). */
    void (*loss_ce)(const struct loss_args *a, size_t b0, size_t b1);
    void (*loss_hce)(const struct loss_args *a, size_t b0, size_t b1);

    /* p = softmax(z) and its arg max for rows [b0, b1); p, z (., ld), p may be z;
     * padding of p is 0, that of z is overwritten. */
    void (*softmax)(float *z, size_t b0, size_t b1, size_t C, size_t ld, float *p,
                    int32_t *predicted);

    /* Sum of squares of n floats, n a multiple of VEC. */
    double (*sum_squares)(const float *x, size_t n);

    /* n a multiple of VEC. */
    void (*adamw)(const struct adamw_args *a, size_t i0, size_t n);

    /* Mean and 1 / sqrt(variance + eps) of each chunk, and the running statistics, for
     * columns [from, to): multiples of VEC. */
    void (*batchnorm_stats)(const struct batchnorm_args *a, size_t from, size_t to);

    /* y = (x - mean) rstd weight + bias for cells [b0, b1). */
    void (*batchnorm_apply)(const struct batchnorm_args *a, size_t b0, size_t b1);

    /* dx, dweight and dbias for columns [from, to): multiples of VEC. */
    void (*batchnorm_backward)(const struct batchnorm_args *a, size_t from, size_t to);

    /* h of cells [b0, b1), by the mean and rstd of a->bn. */
    void (*hidden_forward)(const struct hidden_args *a, size_t b0, size_t b1);

    /* dx, dweight and dbias of a->bn for columns [from, to): multiples of VEC. */
    void (*hidden_backward)(const struct hidden_args *a, size_t from, size_t to);

    /* One cell: y (H) = x[0..H) sigmoid(x[H..2H)), and dx (2H) for dy (H). */
    void (*glu)(const float *x, size_t H, float *y);
    void (*glu_backward)(const float *x, size_t H, const float *dy, float *dx);

    /* Largest of n floats, n a multiple of VEC; NaN if one of them is. */
    float (*row_max)(const float *z, size_t n);

    /* The floats above a bound among n, ascending: index = first + position, value.
     * Returns how many. */
    size_t (*row_collect)(const float *z, size_t n, float above, size_t first,
                          uint16_t *index, float *value);

    /* out[k] = w[index[k]] . dz for n genes; w (D, ld), dz (ld). */
    void (*sparse_dot)(const uint16_t *index, size_t n, const float *w, size_t ld,
                       const float *dz, float *out);

    /* Columns [j0, j1) of c: multiples of VEC.  Padding of b must be 0, that of c is then.
     * A sum runs over k in order. */
    void (*product)(const struct product_args *p, size_t j0, size_t j1);

    /* out = min(x + sign a, max) where that is positive; sign is 1 or -1, no value of x
     * or a is 0.  index, value: distinct from both, with room for VEC more than out can
     * have, which may be overwritten.  Returns how many values out has. */
    size_t (*shift_row)(const struct sparse_row *x, const struct sparse_row *a,
                        float sign, float max, uint16_t *index, float *value);
};

/* The paths of this build, fastest first, "generic" last; NULL past the end. */
const struct kernels *kernels_path(size_t i);

/* True if this machine can run k. */
bool kernels_supported(const struct kernels *k);

/* The fastest path that this machine can run. */
const struct kernels *kernels_best(void);

#endif
