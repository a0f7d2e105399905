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
    const float *value;    /* (n) borrowed; or dictionary (n_dict) of a coded row */
    size_t n;
    const uint8_t *code; /* (n) borrowed: the value is value[code]; NULL: not coded */
    size_t n_dict;
};

/* Tiles whose weight gradient one task sums, a block of cells at a time. */
struct sparse_group {
    uint32_t first, end; /* tiles */
    uint32_t cells;      /* of a block: their dz stays in the cache */
};

/* Genes cut into tiles, so that one tile of the weights stays in the cache while many
 * cells pass over it; see sparse_tiles_init. */
struct sparse_tiles {
    size_t n;   /* tiles */
    size_t hot; /* genes 0..hot-1 are detected often; a multiple of HOT_GENES */
    size_t hot_tiles, hot_groups; /* that hold them */
    uint32_t *gene;               /* (n + 1) owned; first gene of each, D last */
    size_t widest;                /* genes of the widest tile */
    struct sparse_group *group;   /* (n_groups) owned; in order, covering all tiles */
    size_t n_groups;
};

struct sparse_batch {
    size_t B, D;
    const struct sparse_row *row;     /* (B) borrowed */
    const struct sparse_tiles *tiles; /* borrowed */
    const uint32_t *tile_start;       /* (B, tiles->n + 1) borrowed; see sparse_tile */
    const struct sparse_packed *packed; /* borrowed, or NULL: read from the rows */
    /* Borrowed; dense values of the often detected genes, or NULL: all genes are sparse
     * (hot.h). */
    const struct hot_block *hot;
};

/* The non-zeros of a batch copied together, by blocks of PACK_CELLS cells, in a block tile
 * by tile and cell by cell: kernels then walk through memory instead of jumping from row
 * to row; see sparse_pack_block. */
enum { PACK_CELLS = 64 };
struct sparse_packed {
    uint16_t *index; /* (room) owned; gene */
    float *value;    /* (room) owned */
    size_t *from;    /* (blocks) owned; first place of each block */
    /* (blocks, tiles, PACK_CELLS + 1) owned; of each cell's piece, from the first place of
     * the block. */
    uint32_t *at;
    size_t room; /* non-zeros */
};

/* A non-zero on its way from the rows to its gene's list. */
struct sparse_entry {
    float value;
    uint32_t at; /* bytes from the first row of dz of the block to that of its cell */
};

/* A thread's lists of the non-zeros of each gene of a group in a block of cells. */
struct sparse_lists {
    struct sparse_entry *entry; /* (genes, sparse_stride(cells)) */
    struct sparse_entry **end;  /* (genes) behind the last entry of each */
};

/* Room of a list: odd, so that lists do not meet in the same few lines of the cache. */
static inline size_t
sparse_stride(size_t cells)
{
    return cells | 1;
}

/* Where row b's non-zeros of tile t begin; b's row length at t = tiles->n. */
static inline size_t
sparse_start(const struct sparse_batch *x, size_t b, size_t t)
{
    return x->tile_start[b * (x->tiles->n + 1) + t];
}

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

/* The dense block of the genes that are detected most, genes 0..H-1, where the path has
 * matrix units: float32 as sums of three bfloat16 (kernels_hot.inc). */
enum {
    HOT_K = 32,      /* genes or cells that are multiplied in one go; divides H */
    HOT_CELLS = 256, /* whose values are turned at a time; a multiple of HOT_K */
    HOT_ROWS = 32,   /* cells that go forward in one go */
    HOT_CODES = 128, /* of a coded cell, 0 among them */
    HOT_GENES = 128  /* of a task of the gradient; divides H, a multiple of HOT_K */
};

struct hot_args {
    size_t B, H, ld;
    float *x;       /* (H / HOT_GENES, B, HOT_GENES) the block, or NULL: coded */
    uint8_t *code;  /* (H / HOT_GENES, B, HOT_GENES) 1 + code; 0: no value */
    uint16_t *part; /* (B, 3, HOT_CODES) of the dictionary, from 1; [0] is 0 */
    size_t n_codes; /* that the batch has, 0 among them; at most HOT_CODES */
    const uint16_t *w_part;  /* (H / HOT_K, ld / 16, 3, 512) of W */
    const uint16_t *dz_part; /* (B / HOT_K rounded up, ld / 16, 3, 512) of dz^T */
};

/* A thread's own. */
struct hot_work {
    uint16_t *part; /* (HOT_GENES / 16, HOT_CELLS / HOT_K, 3, 512) */
    float *sum;     /* (HOT_GENES, ld) */
    float *rest;    /* (HOT_ROWS, ld) */
};

struct hot_ops {
    /* Cell b of the block = the first n non-zeros of a row; coded as the block is. */
    void (*scatter)(const struct hot_args *h, const struct sparse_row *row, size_t n,
                    size_t b);

    /* Cell b of the block = min(x + sign a, max) where that is positive: the first nx and
     * na non-zeros of x and a, neither coded. */
    void (*shift)(const struct hot_args *h, size_t b, const struct sparse_row *x,
                  size_t nx, const struct sparse_row *a, size_t na, float sign,
                  float max);

    /* One block of HOT_K genes of w (., ld), or of HOT_K cells of dz (B, ld), to its place
     * among the parts. */
    void (*weights)(const float *w, size_t ld, size_t block, uint16_t *part);
    void (*gradients)(const float *dz, size_t B, size_t ld, size_t block,
                      uint16_t *part);

    /* z[b] += x[b] W for cells [b0, b1); rest: the thread's own. */
    void (*forward)(const struct hot_args *h, size_t b0, size_t b1, float *rest,
                    float *z);

    /* dw[g] = or += sum_b x[b][g] dz[b] for the HOT_GENES genes of a chunk. */
    void (*gradient)(const struct hot_args *h, size_t chunk, struct hot_work *work,
                     bool add, float *dw);
};

struct kernels {
    const char *name; /* "amx", "avx512", "avx2", "generic" */

    const struct hot_ops *hot; /* NULL: the path has no matrix units */

    /* z[b] += sum_g x[b][g] w[g] for b in [b0, b1), the genes of the tiles from t0.
     * w (D, ld), z (B, ld) in-out. */
    void (*sparse_forward)(const struct sparse_batch *x, size_t b0, size_t b1,
                           size_t t0, const float *w, size_t ld, float *z);

    /* Copy the pieces of cells [b0, b1) in the tiles from t0 to their places. */
    void (*sparse_pack)(const struct sparse_batch *x, size_t b0, size_t b1, size_t t0,
                        const struct sparse_packed *p);

    /* start (tiles->n + 1) = where each tile from t0 begins in the row. */
    void (*sparse_start)(const struct sparse_row *row, const struct sparse_tiles *tiles,
                         size_t t0, uint32_t *start);

    /* dw[g] = sum_b x[b][g] dz[b] for the genes of one group, or with `add` that much
     * more.  dz (B, ld), dw (D, ld) out; lists: the thread's own. */
    void (*sparse_gradient)(const struct sparse_batch *x, size_t group, const float *dz,
                            size_t ld, bool add, const struct sparse_lists *lists,
                            float *dw);

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

    /* One cell: y (H) = x[0..H) sigmoid(x[H..2H)), or where there is something below
     * (below + that) sqrt(1/2); dy (H) times scale, and dx (2H) for the scaled dy. */
    void (*glu)(const float *x, size_t H, const float *below, float *y);
    void (*glu_backward)(const float *x, size_t H, float scale, float *dy, float *dx);

    /* The floats that are not at or below a bound among n, ascending: index = first +
     * position, value.  Returns how many.  z aligned to VEC floats. */
    size_t (*row_collect)(const float *z, size_t n, float bound, size_t first,
                          uint16_t *index, float *value);

    /* out[k] = dict[code[k]] for n codes, all < n_dict <= 256. */
    void (*decode)(const uint8_t *code, size_t n, const float *dict, size_t n_dict,
                   float *out);

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
