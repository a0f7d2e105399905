/* optim.h - AdamW and clipping by the global norm.
 *
 *   g   = grad * min(1, clip / (norm + 1e-6))
 *   m   = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2
 *   x   = x (1 - lr decay) - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
 *
 * Source: Loshchilov & Hutter, arXiv 1711.05101, in PyTorch's form: decoupled decay on
 * every parameter.
 *
 * Threads: one thread per object; pool = NULL runs on the caller.
 * Errors:  none. */
#ifndef NUM_OPTIM_H
#define NUM_OPTIM_H

#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "num/kernels.h"

struct optim {
    double lr, decay;
    double beta1, beta2, eps;
    double clip;  /* largest norm of the gradient; 0: no clipping */
    int64_t step; /* steps done */
};

/* b1 .9, b2 .999, eps 1e-8. */
void optim_init(struct optim *o, double lr, double decay, double clip);

/* Squares of a gradient that whoever wrote it has summed already, while it was in the
 * cache: those of its floats [from, to), in parts that depend on shapes only.  All 0:
 * nothing is known. */
struct optim_known {
    size_t from, to;   /* multiples of VEC */
    const double *sum; /* (n) borrowed; sum of squares of each part */
    size_t n;
};

/* Doubles that optim_norm needs for n parameters. */
size_t optim_norm_blocks(size_t n);

/* 2-norm of grad (n), n a multiple of VEC: sums of fixed blocks in block
 * (optim_norm_blocks(n)), then added in order, the known ones in their place; grad is not
 * read there.  known may be NULL.
 * Tests: test_kernels. */
double optim_norm(struct pool *pool, const struct kernels *k, const float *grad, size_t n,
                  const struct optim_known *known, double *block);

/* One step on value, m, v (n); norm is that of grad.  Counts o->step.
 * Tests: test_kernels (against optim_step_ref), test_golden. */
void optim_step(struct pool *pool, const struct kernels *k, struct optim *o, float *value,
                float *m, float *v, const float *grad, size_t n, double norm);

/* The same by a plain loop with arithmetic in double. */
void optim_step_ref(struct optim *o, float *value, float *m, float *v, const float *grad,
                    size_t n, double norm);

#endif
