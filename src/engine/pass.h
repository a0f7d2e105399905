/* pass.h - one batch on its way through a model, with its working memory.
 *
 * Allocated once for the largest batch, loaded per batch: nothing is allocated in a
 * training loop.  Genes are borrowed from the data set's matrix, and values where they
 * are stored as they are; coded ones are decoded here.  Augmented cells are copied.
 *
 * Letters: B cells, D genes, C classes, ld = C padded (kernels.h).
 *
 * Threads: one thread per object.
 * Errors:  ERR_NOMEM names the sizes. */
#ifndef ENGINE_PASS_H
#define ENGINE_PASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "data/augment.h"
#include "data/dataset.h"
#include "data/row_feed.h"
#include "engine/step_times.h"
#include "num/optim.h"
#include "num/sparse.h"

struct model;

struct pass {
    struct pool *pool;       /* borrowed; NULL: the caller's thread alone */
    const struct kernels *k; /* the path in use */
    size_t B_max;
    struct sparse_batch x;  /* the batch */
    struct sparse_row *row; /* (B_max) owned; what they point to lasts with the batch if
                               reads_rows or nothing was augmented */
    uint32_t *tile_start;   /* owned */
    struct hot_block hot;   /* owned; of x, where the path has one and genes are
                                    often detected; else ops is NULL */
    struct sparse_packed packed; /* owned; of x */
    struct sparse_work sparse;   /* owned; of gradients on the model's tiles */
    struct row_batch cells; /* those of x; borrowed.  Their numbers are with epoch the
                                    key of random numbers */
    int64_t epoch;
    uint64_t seed; /* of the run's random numbers */
    bool training;
    bool settled; /* the forward before did not train, and the parameters are still what
                     they were: a model may use what it made of them */
    bool reads_rows;          /* the model reads x.row itself: none may be coded */
    int32_t *y;               /* (B_max) owned; true classes */
    float *z, *dz;            /* (B_max, ld) owned; logits and their gradient */
    double *loss;             /* (B_max) owned; of each cell */
    double extra_loss;        /* what the model adds to the batch loss */
    int32_t *predicted;       /* (B_max) owned; arg max */
    void *scratch;            /* owned; the model's, see model_ops */
    struct step_times *times; /* borrowed; NULL: a step is not timed */

    uint64_t values_max;  /* coded values of the largest batch */
    float *value;         /* (values_max) owned; decoded, one cell after the other */
    size_t *from;         /* (B_max) owned; first value of each cell, in its block */
    size_t *block_values; /* (blocks) owned; first value of each block */
    size_t *block_room;   /* (blocks) owned; non-zeros that it packs at most */
    /* What backward may leave for the norm of the gradient: sums of squares of the
     * gradient of the first layer. */
    double *squares;          /* (sparse_parts) owned */
    struct optim_known known; /* all 0 before backward */

    const struct augment *augment; /* borrowed; NULL: cells stay as they are */
    size_t augment_max;            /* genes of an augmented cell, and shift_row's VEC */
    uint16_t *augment_index; /* (rows, augment_max) owned; rows: B_max if reads_rows,
                                      else PACK_CELLS a thread */
    float *augment_value;    /* (rows, augment_max) owned */
    size_t plain_max;        /* values of the longest cell before */
    float *plain_value;      /* (threads, plain_max) owned; decoded */
};

/* Working memory for batches of up to B_max cells of model m. */
MUST_CHECK enum err pass_init(struct pass *p, const struct model *m, size_t B_max,
                              struct pool *pool, const struct kernels *k,
                              struct errbuf *eb);
void pass_release(struct pass *p);

/* Estimate of a batch on its way to the first layer: B cells, by a pool of n_threads.
 * mean: values of a cell; the longest ones are taken to have four times as many.  m may
 * be declared without an order of genes. */
uint64_t pass_bytes(const struct model *m, size_t B, uint64_t mean, size_t n_threads);

/* Be ready for batches of up to B_max of the n cells cell[] (NULL: the first n) of x,
 * no cell twice in a batch.  Needed where x is coded. */
MUST_CHECK enum err pass_expect(struct pass *p, const struct csr *x,
                                const uint32_t *cell, size_t n, struct errbuf *eb);

/* Augment the cells of training batches from now on; longest: values of the longest
 * cell that will be loaded for training. */
MUST_CHECK enum err pass_augment(struct pass *p, const struct augment *augment,
                                 size_t longest, struct errbuf *eb);

/* Be ready for this batch, if pass_expect did not see its cells.  It grows as needed. */
MUST_CHECK enum err pass_make_room(struct pass *p, const struct row_batch *cells,
                                   struct errbuf *eb);

/* Load a batch, which is borrowed until the next one; y_all (by number of the cell) or
 * NULL.  Where training is set and there are augmentation vectors, cells are shifted by
 * random ones, keyed by seed, epoch and number of the cell. */
void pass_load(struct pass *p, const struct row_batch *cells, const int32_t *y_all);

/* The gradient of the layer that reads the genes, for dz (B, ld): its weight's (D, ld) at
 * grad + offset, its bias's (ld).  Leaves the weight's squares in pass->known. */
void pass_first_gradient(struct pass *p, const float *dz, size_t ld, float *grad,
                         size_t offset, float *dbias);

#endif
