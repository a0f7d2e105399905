/* model.h - what a classifier is to the engine: parameters, forward, backward.
 *
 * A model is a row of the table (models.def of src/spec): a const struct model_ops in a
 * file of its own, readable like its formula.  Its parameters lie in one block of
 * floats, trained ones first, so that optimiser, checkpoints and clipping know no model.
 * A parameter may be stored in any layout; its strides lead back to PyTorch's.
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
#include "engine/pass.h"
#include "spec/spec.h"

/* What shapes depend on. */
struct model_config {
    enum model_id id;
    size_t D, C;
};

/* A tensor: element (i, j) lies at value[offset + i * stride[0] + j * stride[1]]. */
struct param {
    const char *name;         /* PyTorch's; static storage */
    size_t dim[2];            /* PyTorch's shape; dim[1] = 1 for a vector */
    size_t n_dims;            /* 1 or 2 */
    size_t offset, stride[2]; /* floats */
};

struct model {
    const struct model_ops *ops;
    struct model_config config;
    size_t ld;
    struct param *param; /* (n_params) owned; in PyTorch's order */
    size_t n_params;
    size_t n_trained; /* floats that the optimiser moves: a multiple of VEC; padding
                         among them is 0 and has gradient 0 */
    size_t n_values;  /* all floats: running statistics follow the trained ones */
    float *value;     /* (n_values) owned, 64-byte aligned */
};

struct model_ops {
    const char *name;

    /* Fill param, n_params, n_trained and n_values from config. */
    void (*declare)(struct model *m);

    /* Set all values for a seed. */
    void (*init)(struct model *m, uint64_t seed);

    /* Bytes of pass->scratch for batches of up to B cells; may be 0. */
    size_t (*scratch_bytes)(const struct model *m, size_t B);

    /* pass->z = logits of pass->x.  With pass->training also keeps in scratch what
     * backward needs, drops out, augments and updates running statistics. */
    void (*forward)(const struct model *m, struct pass *pass);

    /* grad (n_trained) = gradient for pass->dz; follows forward of the same batch. */
    void (*backward)(const struct model *m, struct pass *pass, float *grad);
};

#define MODEL(id, help) extern const struct model_ops model_##id;
#include "spec/models.def"
#undef MODEL

/* The row of id < MODEL_COUNT; static storage. */
const struct model_ops *model_ops(enum model_id id);

/* A model of that shape with all values 0.  Caller frees with model_free. */
MUST_CHECK enum err model_new(struct model **out, const struct model_config *config,
                              struct errbuf *eb);
void model_free(struct model *m);

/* Add a parameter while declaring; returns it, with offset 0. */
struct param *model_add_param(struct model *m, const char *name, size_t rows,
                              size_t cols, size_t n_dims);

/* Floats of all parameters without padding. */
size_t model_exported(const struct model *m);

/* The parameters in PyTorch's order and layout: (model_exported(m)) out or in.  block
 * has the layout of m->value: m->value itself, or a gradient (trained ones only). */
void model_export(const struct model *m, const float *block, float *out);
void model_import(struct model *m, const float *in);

/* sha256 of exported parameters as little-endian float32; scratch of
 * model_exported(m) floats. */
void model_digest(const struct model *m, float *scratch, char hex[DIGEST_HEX]);

#endif
