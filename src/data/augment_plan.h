/* augment_plan.h - from which cells augmentation vectors are computed.
 *
 * A group is the training cells of one class that share dataset_id and donor_id; a
 * pair, two groups of one class, gives the vector mean(first) - mean(second).  The
 * published way: a class-balanced choice of cells, up to 300 pairs per class, 5,000
 * vectors of all.  Its k-means step, which thins out similar differences, is left out.
 *
 * Choices follow keyed random numbers and orders that are defined: classes, then levels
 * of the columns, then cells.  They depend on the data, the split and split_seed, not
 * on seed and loss of a run: all runs of one pair_key and its other seeds share their
 * vectors, so that seeds differ in training alone.
 *
 * Letters: C classes.
 *
 * Threads: any thread.
 * Errors:  ERR_NOMEM.
 * Tests:   tests/test_augment.c */
#ifndef DATA_AUGMENT_PLAN_H
#define DATA_AUGMENT_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/dataset.h"

enum {
    AUGMENT_CELLS_MAX = 500000, /* of all classes together */
    AUGMENT_PAIRS_MAX = 300,    /* of one class */
    AUGMENT_VECTORS_MAX = 5000
};

/* Streams rng_stream(split_seed, RNG_AUGMENT, a, b) of the choices; b = 0 is for
 * training (augment.h). */
enum augment_stream {
    AUGMENT_STREAM_CELLS = 1,  /* a = class; a permutation of its cells */
    AUGMENT_STREAM_PAIRS = 2,  /* a = class */
    AUGMENT_STREAM_VECTORS = 3 /* a = 0; a permutation of all pairs */
};

struct augment_request {
    size_t n_cells, C;
    const int32_t *y;                       /* (n_cells) */
    const uint8_t *part;                    /* (n_cells) enum part; PART_TRAIN counts */
    const struct obs_column *study, *donor; /* cells that lack either are left out */
    uint64_t seed;
};

struct augment_group {
    int32_t y;           /* class */
    uint32_t begin, end; /* of its cells in augment_plan.cell */
};

struct augment_pair {
    uint32_t first, second; /* groups of one class */
};

/* Groups and pairs stand in order of their class; every group is in some pair. */
struct augment_plan {
    uint32_t *cell;              /* (n_cells) owned; by group, ascending */
    struct augment_group *group; /* (n_groups) owned */
    struct augment_pair *pair;   /* (n_pairs) owned; the vectors */
    size_t n_cells, n_groups, n_pairs;
    size_t n_found;     /* pairs that the vectors were drawn from */
    size_t n_classes;   /* that have a pair */
    size_t most_groups; /* of a class */
};

/* p has no pairs if no class has two groups. */
MUST_CHECK enum err augment_plan_make(struct augment_plan *p,
                                      const struct augment_request *q,
                                      struct errbuf *eb);
void augment_plan_release(struct augment_plan *p);

#endif
