/* torch_names.h - tensors of PyTorch's modules and the model's own: which is which.
 *
 * The published modules hold the classifier as `classifier`, so that its tensors are
 * called "classifier." and the name that model.h has.  The weights that TabNet shares
 * have a name for each place of use there and one here.
 *
 * Threads: any thread.
 * Errors:  none.
 * Source:  FORMATS 4.3 (models.py of the publication).
 * Tests:   tests/test_torch_model.c */
#ifndef TRANSFER_TORCH_NAMES_H
#define TRANSFER_TORCH_NAMES_H

#include <stdbool.h>

#include "exchange/tensor_file.h"
#include "spec/spec.h"

/* What the published modules put before the model's names. */
#define TORCH_PREFIX "classifier."

/* Which model the tensors are of, by their names, and what stands before these in the
 * file (static storage).  MODEL_COUNT: of none. */
enum model_id torch_names_model(const struct tensor_file *f, const char **prefix);

/* The model's name for a tensor's, both without prefix: itself, but for the places of a
 * shared weight.  Caller frees. */
char *torch_names_own(const char *name);

/* Whether a tensor of a module, without prefix, is none of the model's parameters but
 * belongs there: counters, class weights, the hierarchy, augmentations. */
bool torch_names_is_known(const char *name);

#endif
