/* twin_lab.h - small models with cells, in the engine and as twins.
 *
 * Among the cells is an empty one, among the genes one that no cell has; class C - 1 has
 * no cell.  Parameters and running statistics are random, far from any symmetry.
 *
 * Letters: B cells, D genes, C classes.
 *
 * Threads: one thread per object.
 * Errors:  fail the test. */
#ifndef TESTS_TWIN_LAB_H
#define TESTS_TWIN_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "data/dataset.h"
#include "engine/model.h"
#include "num/loss.h"
#include "tests/twin_model.h"

/* Attention's BatchNorm: as it comes; of weight 0, so that masks lie over all genes; of
 * weights so large that masks lie on one. */
enum twin_masks { MASKS_USUAL, MASKS_FLAT, MASKS_ONE_GENE };

struct twin_case {
    const char *name;
    struct model_config config; /* dropout 0 */
    size_t B;
    enum loss_kind loss;
    bool is_weighted; /* class weights */
    bool is_empty;    /* no cell has any gene */
    float constant;   /* gene 0 of every cell; 0: as the others */
    enum twin_masks masks;
    bool is_conditioned; /* tolerances follow from the conditioning */
    /* Ghost batches so small, or cells so alike, that gradients almost cancel in the
     * BatchNorms: they are compared with a hundredth of all gradients' norm. */
    bool cancels;
    double gradient_tolerance; /* 0: the usual one */
};

struct twin_lab {
    const struct twin_case *c; /* borrowed */
    struct model *model;       /* owned; never trained */
    struct csr x;              /* owned */
    double *dense;             /* (B, D) owned; the same cells */
    int32_t *y;                /* (B) owned */
    float *R, *weight;         /* (C, C), (C) owned */
    struct twin_batch batch;
    struct twin twin;
};

void twin_lab_init(struct twin_lab *lab, const struct twin_case *c, uint64_t seed);
void twin_lab_release(struct twin_lab *lab);

/* What a training step and then an evaluation give, number by number: logits, loss,
 * extra loss, gradients, running statistics, logits and extra loss of the evaluation. */
struct twin_part {
    const char *name; /* borrowed */
    size_t n;
    double *x;    /* (n) owned */
    double floor; /* errors are relative to the norm of x, or to this if that is more */
    bool is_gradient;
};

struct twin_result {
    struct twin_part *part; /* owned */
    size_t n_parts;
};

/* Of the twin; jitter > 0: with parameters changed at random by at most one unit in
 * their last place, jitter names the draw. */
void twin_result_of_twin(struct twin_result *r, struct twin_lab *lab, uint64_t jitter);

/* Of the engine's model on a path, in a pass that has room for `spare` cells more. */
void twin_result_of_engine(struct twin_result *r, const struct twin_lab *lab,
                           struct pool *pool, const struct kernels *k, size_t spare);
void twin_result_release(struct twin_result *r);

/* Distance of part i from that of want, a twin's, relative to its norm.  A gradient that
 * is nothing but rounding counts as a hundredth of all gradients' norm. */
double twin_result_error(const struct twin_result *r, const struct twin_result *want,
                         size_t i);

#endif
