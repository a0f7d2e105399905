/* init.h - initial values of a tensor, keyed by seed, tensor and element.
 *
 * Number i of the stream (seed, RNG_INIT, t) belongs to element i of tensor t in
 * PyTorch's order, whatever its layout here.
 *
 * Threads: any thread, on disjoint tensors.
 * Errors:  none. */
#ifndef ENGINE_INIT_H
#define ENGINE_INIT_H

#include <stddef.h>
#include <stdint.h>

#include "engine/model.h"

/* Tensor t of m = U(-bound, bound). */
void init_uniform(struct model *m, size_t t, uint64_t seed, double bound);

/* Tensor t of m = N(0, sd^2). */
void init_normal(struct model *m, size_t t, uint64_t seed, double sd);

/* Tensor t of m = x throughout. */
void init_constant(struct model *m, size_t t, double x);

#endif
