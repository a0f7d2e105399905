/* propagate.h - classes from probabilities that are propagated up the hierarchy.
 *
 *   q(c) = sum_j R[c][j] p_j: the probability of class c and all its descendants.
 *
 * Depth of a class: the classes on the longest way down to it, itself not counted; 0
 * where no class is above it.  Only classes count, not terms of the ontology between
 * them, so that a descendant is always deeper than its ancestors.  Two labels of one
 * term are as deep as each other.
 *
 * The class of a cell is the deepest whose q exceeds .5 (.5 itself does not); of several
 * as deep the one of larger q, then of larger p (two labels of one term have one q),
 * then of the lower index.  Where no q exceeds .5 it is the arg max of p.
 *
 * Letters: C classes.
 *
 * Threads: any thread once made (const).
 * Errors:  none.
 * Source:  definition (DESIGN section 2 has R).
 * Tests:   test_propagate.c, check_decode.py */
#ifndef ENGINE_PROPAGATE_H
#define ENGINE_PROPAGATE_H

#include <stddef.h>
#include <stdint.h>

#include "data/classes.h"

struct propagate {
    size_t C;
    uint32_t *depth; /* (C) owned */
    uint32_t *order; /* (C) owned; the classes, deepest first, then by index */
    size_t *at; /* (C + 1) owned; of class c: below[at[c]] .. below[at[c + 1] - 1] */
    uint32_t *below; /* owned; j with R[c][j] = 1, c itself among them, ascending */
};

void propagate_init(struct propagate *g, const struct class_set *cs);
void propagate_release(struct propagate *g);

/* q(c) for p (C), summed in double in order of index. */
double propagate_q(const struct propagate *g, const float *p, size_t c);

/* The class of a cell with probabilities p (C), whose arg max is given.  NaNs exceed
 * nothing. */
int32_t propagate_choose(const struct propagate *g, const float *p, int32_t arg_max);

#endif
