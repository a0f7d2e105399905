/* toy.h - the published synthetic example of what a hierarchical loss does.
 *
 * Cells in the plane around five leaves on a circle.  Most of them carry a coarser
 * label than they could: an ancestor of their leaf.  A network trained with CE must
 * choose between names that are all true; with HCE every finer name counts, so that it
 * finds the leaves.
 *
 * Taken from the publication (doi 10.1038/s43588-025-00945-z and the worked example
 * that its code repository ships): the 13 classes and their 13 edges, a graph in which
 * class 9 has two parents; leaves 2, 8, 9, 10, 12 in this order on a circle of radius
 * 3, from angle 0; standard deviation .8, 200 cells a leaf; of each leaf exactly 160
 * cells relabelled, each to one of all the leaf's ancestors, the root included, with
 * equal chances; one hidden ReLU layer of 32, PyTorch's initialisation of Linear; Adam
 * at .03 without decay, 150 full-batch epochs, no class weights; accuracy in sample:
 * on the cells and labels of the training, a predicted descendant of the label being
 * right.  There one seed gave .589 (CE) and .994 (HCE).
 *
 * Chosen here: the random numbers are counter-based and the two losses share cells,
 * labels and initial weights (there each network drew its own); forward and backward
 * run in double, parameters and moments are float32 (optim_step_ref), so that the
 * figures do not depend on the kernels of a machine.
 *
 * Letters: x (TOY_CELLS, 2), w (TOY_PARAMS) = W1 (32, 2), b1 (32), W2 (13, 32),
 * b2 (13), row-major.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef ENGINE_TOY_H
#define ENGINE_TOY_H

#include <stdbool.h>
#include <stdint.h>

#include "num/loss.h"

enum {
    TOY_CLASSES = 13,
    TOY_EDGES = 13,
    TOY_LEAVES = 5,
    TOY_CELLS_PER_LEAF = 200,
    TOY_RELABELLED = 160, /* of each leaf's cells */
    TOY_CELLS = TOY_LEAVES * TOY_CELLS_PER_LEAF,
    TOY_DIMS = 2,
    TOY_HIDDEN = 32,
    TOY_PARAMS =
        TOY_HIDDEN * TOY_DIMS + TOY_HIDDEN + TOY_CLASSES * TOY_HIDDEN + TOY_CLASSES,
    TOY_EPOCHS = 150
};

struct toy_edge {
    uint8_t parent, child; /* classes */
};

extern const struct toy_edge toy_edges[TOY_EDGES]; /* by parent, then child */

/* The cells of leaf k are those from k * TOY_CELLS_PER_LEAF. */
struct toy_cells {
    double x[TOY_CELLS * TOY_DIMS];
    int32_t leaf[TOY_CELLS];  /* what a cell is */
    int32_t label[TOY_CELLS]; /* what it is called: its leaf or an ancestor */
};

struct toy_fit {
    int32_t predicted[TOY_CELLS];
    double loss[TOY_EPOCHS]; /* before the step of each epoch */
    double accuracy;         /* of predicted against label, hierarchy rule */
};

/* R (TOY_CLASSES, TOY_CLASSES) out: R[i][j] = 1 iff j is i or a descendant of i. */
void toy_reachability(float *R);

/* True if a class has no child. */
bool toy_is_leaf(int32_t class);

void toy_cells_make(struct toy_cells *cells, uint32_t seed);

/* w (TOY_PARAMS) out: U(-1/sqrt(D), 1/sqrt(D)) for a layer with D inputs. */
void toy_init(double *w, uint32_t seed);

/* The loss of the network w on all cells and its gradient dw (TOY_PARAMS, out).
 * Tests: test_toy (finite differences). */
double toy_gradient(enum loss_kind kind, const struct toy_cells *cells, const double *w,
                    double *dw);

/* Train the network of a seed on cells. */
void toy_train(enum loss_kind kind, const struct toy_cells *cells, uint32_t seed,
               struct toy_fit *fit);

/* The share of cells whose prediction is the label or a descendant of it. */
double toy_accuracy(const int32_t *label, const int32_t *predicted);

#endif
