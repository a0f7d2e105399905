/* torch_model.h - a model of ours with the values of a file of PyTorch or safetensors.
 *
 * Shapes say how large the model is; what shapes cannot say (gamma, mask_type, ...) comes
 * from Lightning's hyper_parameters, else it is the default.  Every parameter must be
 * there with its shape; weights that are shared must be equal wherever they stand.
 *
 * Threads: one thread per object.
 * Errors:  ERR_FORMAT lists what is missing or has another shape, ERR_UNSUPPORTED: none of
 *          our models, ERR_NOMEM; those of tensor_file.h.
 * Tests:   tests/test_torch_model.c, tests/check_torch_models.py */
#ifndef TRANSFER_TORCH_MODEL_H
#define TRANSFER_TORCH_MODEL_H

#include "base/err.h"
#include "base/strlist.h"
#include "engine/model.h"
#include "exchange/tensor_file.h"
#include "spec/spec.h"

struct torch_model {
    struct model *model;    /* owned */
    struct spec spec;       /* resolved: model and hyperparameters as the file says */
    struct strlist unknown; /* tensors that are none of the model's */
    struct strlist assumed; /* "gamma=1.3": not said by the file, and it matters */
    struct strlist refused; /* "dropout=x": said by the file, but impossible */
};

/* On error t is empty. */
MUST_CHECK enum err torch_model_load(struct torch_model *t, const struct tensor_file *f,
                                     struct errbuf *eb);
void torch_model_release(struct torch_model *t);

/* Class i of the file becomes class place[i] of the model; place (C) is a permutation. */
void torch_model_permute(struct torch_model *t, const uint32_t *place);

#endif
