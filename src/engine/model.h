/* model.h - what a classifier is to the engine: parameters, forward, backward.
 *
 * A model is a row of the table (models.def of src/spec): a const struct model_ops in a
 * file of its own, readable like its formula.  Its parameters lie in one block of
 * floats, trained ones first, so that optimiser, checkpoints and clipping know no model.
 * A parameter may be stored in any layout; its strides, and the order of genes, lead back
 * to PyTorch's.
 *
 * Letters: B cells of a batch, D genes, C classes, ld = C padded (kernels.h).
 *
 * Random numbers are counter-based and keyed by seed, purpose, epoch and cell, never by
 * the loss: `struct pass` carries epoch and cell ids for dropout and augmentation.
 *
 * Threads: one thread per object; a model's functions spread their work over pass->pool.
 * Errors:  ERR_NOMEM names the sizes. */
#ifndef ENGINE_MODEL_H
#define ENGINE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "data/gene_order.h"
#include "engine/pass.h"
#include "num/kernels.h"
#include "spec/spec.h"

/* What shapes and arithmetic depend on; 0 where the model has no such parameter. */
struct model_config {
    enum model_id id;
    size_t D, C;
    const struct gene_order *order; /* of genes in memory; borrowed; NULL: the data's */
#define ARCH_SIZE       size_t
#define ARCH_REAL       double
#define ARCH(kind, id_) ARCH_##kind id_;
#include "engine/arch.def"
#undef ARCH
};

/* The resolved spec's model on D genes and C classes. */
void model_config_init(struct model_config *config, const struct spec *spec, size_t D,
                       size_t C);

/* Whether every hyperparameter that the model has is in its range (spec.def) and a
 * transformer has a layer: what the models rely on.  A spec that is resolved gives
 * nothing else; bytes from elsewhere may. */
bool model_config_is_possible(const struct model_config *config);

/* A tensor: element (i, j) lies at value[offset + i * stride[0] + j * stride[1]], where
 * that one of i and j which counts genes, if any, is the gene's place: param_at. */
struct param {
    char *name;               /* owned; PyTorch's */
    size_t dim[2];            /* PyTorch's shape; dim[1] = 1 for a vector */
    size_t n_dims;            /* 1 or 2 */
    size_t offset, stride[2]; /* floats */
    /* Of a dimension that counts genes: borrowed from the model; else NULL. */
    const struct gene_order *place[2];
    bool is_statistic; /* moved by running averages, not by the optimiser */
};

struct model {
    const struct model_ops *ops;
    struct model_config config; /* order: the model's own */
    struct gene_order order;    /* owned */
    struct sparse_tiles tiles;  /* owned; of the layer that reads the genes */
    size_t ld;
    size_t first_width;  /* outputs of the layer that reads the genes */
    struct param *param; /* (n_params) owned; in PyTorch's order */
    size_t n_params;
    size_t n_trained; /* floats that the optimiser moves: a multiple of VEC; padding
                         among them is 0 and has gradient 0 */
    size_t n_values;  /* all floats: running statistics follow the trained ones */
    float *value;     /* (n_values) owned, 64-byte aligned */
    void *layout; /* owned; the model's own, made by declare: where its layers lie */
};

struct model_ops {
    const char *name;
    bool reads_rows; /* forward or backward reads pass->x.row, not only its kernels */

    /* Fill param, n_params, first_width, n_trained and n_values from config. */
    void (*declare)(struct model *m);

    /* Whether batches of B cells can be trained; NULL: any. */
    enum err (*check_batch)(const struct model_config *config, size_t B,
                            struct errbuf *eb);

    /* Set all values for a seed. */
    void (*init)(struct model *m, uint64_t seed);

    /* Bytes of pass->scratch for batches of up to B cells on a pool of n_threads; may be
     * 0. */
    size_t (*scratch_bytes)(const struct model *m, size_t B, size_t n_threads);

    /* pass->z = logits of pass->x, pass->extra_loss = what the model adds to the batch
     * loss.  With pass->training also keeps in scratch what backward needs, drops out,
     * and updates the running statistics in m->value. */
    void (*forward)(const struct model *m, struct pass *pass);

    /* grad (n_trained) = gradient for pass->dz and the extra loss; follows forward of
     * the same batch. */
    void (*backward)(const struct model *m, struct pass *pass, float *grad);

    /* Both NULL where the model has no embedding: its width, and (B, width) out = the
     * embedding of the cells whose forward was just done without training. */
    size_t (*embedding_width)(const struct model_config *config);
    void (*embedding)(const struct model *m, const struct pass *pass, float *out);

    /* NULL where the model has none: add the importance of each gene for each of the
     * cells whose forward was just done without training to sum[class[b]], sum
     * (C, D) in-out. */
    void (*importance)(const struct model *m, const struct pass *pass,
                       const int32_t *class_of, double *sum);
};

#define MODEL(id, help) extern const struct model_ops model_##id;
#include "spec/models.def"
#undef MODEL

/* The row of id < MODEL_COUNT; static storage. */
const struct model_ops *model_ops(enum model_id id);

/* Estimate of what training on batches of B cells needs beside the cells; mean: values
 * of a cell. */
uint64_t model_training_bytes(const struct model_config *config, size_t B,
                              uint64_t mean);

/* A model of that shape without values: names and places only; then its values, all 0.
 * The order of genes is copied.  Caller frees with model_free. */
struct model *model_declare(const struct model_config *config);
MUST_CHECK enum err model_allocate(struct model *m, struct errbuf *eb);

/* Both at once. */
MUST_CHECK enum err model_new(struct model **out, const struct model_config *config,
                              struct errbuf *eb);
void model_free(struct model *m);

/* Add a parameter of that shape and place while declaring; returns its index. */
size_t model_add_param(struct model *m, const char *name, const struct param *p);

/* Dimension `dim` of tensor t counts genes; returns t. */
size_t model_mark_genes(struct model *m, size_t t, size_t dim);

/* Add a weight matrix (rows, cols) of PyTorch's layout, its rows padded to whole
 * vectors, or a vector (n) padded likewise, behind the *used floats that are taken
 * already; a running statistic (n) behind the *stats floats of these.  Returns the
 * index. */
size_t model_add_matrix(struct model *m, const char *name, size_t rows, size_t cols,
                        size_t *used);
size_t model_add_vector(struct model *m, const char *name, size_t n, size_t *used);
size_t model_add_statistic(struct model *m, const char *name, size_t n, size_t *stats);

/* The last step of declaring: `used` floats are trained, the `stats` floats of running
 * statistics follow them. */
void model_place(struct model *m, size_t used, size_t stats);

/* Where element (i, j) of p lies in a block. */
static inline size_t
param_at(const struct param *p, size_t i, size_t j)
{
    i = p->place[0] ? gene_place(p->place[0], i) : i;
    j = p->place[1] ? gene_place(p->place[1], j) : j;
    return p->offset + i * p->stride[0] + j * p->stride[1];
}

/* The parameter of that name, or NULL. */
const struct param *model_find_param(const struct model *m, const char *name);

/* Floats of all parameters without padding. */
size_t model_exported(const struct model *m);

/* One tensor in PyTorch's layout: (dim[0], dim[1]) out or in; block has the layout of
 * m->value: m->value itself, or a gradient. */
void param_export(const struct param *p, const float *block, float *out);
void param_import(const struct param *p, float *block, const float *in);

/* All parameters and running statistics in PyTorch's order and layout:
 * (model_exported(m)) out or in. */
void model_export(const struct model *m, float *out);
void model_import(struct model *m, const float *in);

/* The same of a copy of m->value. */
void model_export_from(const struct model *m, const float *value, float *out);

/* sha256 of exported parameters as little-endian float32. */
void model_digest(const struct model *m, const float *exported, char hex[DIGEST_HEX]);

#endif
