/* layers_ref.h - the plain twins of the layers: what each of them means.
 *
 * Doubles, plain loops, rows without padding.  The engine never calls them; tests compare
 * the float32 code with them, and them with finite differences.  The backward of a layer
 * takes dy, the gradient of its output, and gives that of each input.
 *
 * Letters: B cells, K inputs, N outputs, H values of a cell; matrices are row-major.
 * Outputs may not overlap inputs.
 *
 * Threads: any thread.
 * Errors:  none; shapes are preconditions. */
#ifndef NUM_LAYERS_REF_H
#define NUM_LAYERS_REF_H

#include <stddef.h>

/* y (B, N) = x W^T + bias: x (B, K), W (N, K), bias (N) or NULL: none.
 * Tests: test_layers_ref (finite differences). */
void ref_affine(size_t B, size_t K, size_t N, const double *x, const double *w,
                const double *bias, double *y);

/* dx (B, K), dw (N, K), dbias (N) out; any of them may be NULL. */
void ref_affine_backward(size_t B, size_t K, size_t N, const double *x, const double *w,
                         const double *dy, double *dx, double *dw, double *dbias);

/* BatchNorm, see batchnorm.h, of chunks of cells; the last may be shorter. */
struct ref_batchnorm {
    size_t B, H, chunk;
    const double *x;                    /* (B, H) */
    const double *weight, *bias;        /* (H) */
    double *running_mean, *running_var; /* (H) in-out */
    double momentum, eps;
};

/* y (B, H) by the statistics of each chunk; the running ones move.
 * Tests: test_layers_ref (finite differences). */
void ref_batchnorm(const struct ref_batchnorm *a, double *y);

/* y (B, H) by the running statistics. */
void ref_batchnorm_eval(const struct ref_batchnorm *a, double *y);

/* Of ref_batchnorm: dx (B, H), dweight (H), dbias (H) out. */
void ref_batchnorm_backward(const struct ref_batchnorm *a, const double *dy, double *dx,
                            double *dweight, double *dbias);

/* y (n) = x sigmoid(x); dx (n) = dy times its derivative.
 * Tests: test_layers_ref (finite differences). */
void ref_silu(size_t n, const double *x, double *y);
void ref_silu_backward(size_t n, const double *x, const double *dy, double *dx);

/* y (B, H) = x[0..H) sigmoid(x[H..2H)) for each cell, x (B, 2H); dx (B, 2H) out.
 * Tests: test_layers_ref (finite differences). */
void ref_glu(size_t B, size_t H, const double *x, double *y);
void ref_glu_backward(size_t B, size_t H, const double *x, const double *dy,
                      double *dx);

/* y (n) = x keep, dx (n) = dy keep, for factors keep (n) that are given.
 * Tests: test_layers_ref (finite differences). */
void ref_dropout(size_t n, const double *x, const double *keep, double *y);
void ref_dropout_backward(size_t n, const double *keep, const double *dy, double *dx);

/* y (n) = max(x, 0), and dx (n): 0 where x <= 0.
 * Tests: test_layers_ref (finite differences). */
void ref_relu(size_t n, const double *x, double *y);
void ref_relu_backward(size_t n, const double *x, const double *dy, double *dx);

/* y (n) = (a + b) sqrt(1/2): a layer added to its input; d (n) = gradient of a, and of b.
 * Tests: test_layers_ref (finite differences). */
void ref_residual(size_t n, const double *a, const double *b, double *y);
void ref_residual_backward(size_t n, const double *dy, double *d);

/* y (n) = a b: masked cells, scores times their prior.
 * Tests: test_layers_ref (finite differences). */
void ref_product(size_t n, const double *a, const double *b, double *y);
void ref_product_backward(size_t n, const double *a, const double *b, const double *dy,
                          double *da, double *db);

/* y (n) = prior (gamma - m): the next step's prior, m the mask of this one.
 * Tests: test_layers_ref (finite differences). */
void ref_prior(size_t n, double gamma, const double *prior, const double *m, double *y);
void ref_prior_backward(size_t n, double gamma, const double *prior, const double *m,
                        const double *dy, double *dprior, double *dm);

/* Mean over B cells of sum over H genes of m log(m + eps), m (B, H); dm (B, H) = dy
 * times its derivative.
 * Tests: test_layers_ref (finite differences). */
double ref_sparsity(size_t B, size_t H, double eps, const double *m);
void ref_sparsity_backward(size_t B, size_t H, double eps, const double *m, double dy,
                           double *dm);

/* p (n) = entmax-1.5 and sparsemax of z (n), n > 0, by sorting:
 *   p_i = max((z_i - max z) / 2 - t, 0)^2,  p_i = max(z_i - max z - t, 0),  sum p = 1.
 * Returns t.
 * Source: Peters, Niculae & Martins 2019, arXiv 1905.05702; Martins & Astudillo 2016,
 * arXiv 1602.02068.  Tests: test_layers_ref (finite differences, sum of p). */
double ref_entmax15(size_t n, const double *z, double *p);
double ref_sparsemax(size_t n, const double *z, double *p);

/* dz (n) for p (n) and its gradient dp (n). */
void ref_entmax15_backward(size_t n, const double *p, const double *dp, double *dz);
void ref_sparsemax_backward(size_t n, const double *p, const double *dp, double *dz);

#endif
