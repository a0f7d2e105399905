/* classifier.h - the bytes of BEST and LAST checkpoints: shapes and parameters.
 *
 * The parameters stand in PyTorch's order and layout.
 *
 * Threads: any thread.
 * Errors:  see train.h. */
#ifndef ENGINE_CLASSIFIER_H
#define ENGINE_CLASSIFIER_H

#include <stddef.h>

#include "engine/model.h"
#include "engine/wire.h"

/* Write m as a checkpoint whose exported parameters, (model_exported(m)) floats, are
 * lent. */
void classifier_put(struct wire_out *w, const struct model *m, const float *exported);

/* The model inside, borrowed. */
struct classifier;
const struct model *classifier_model(const struct classifier *c);

/* Bytes that classifier_write needs. */
size_t classifier_bytes(const struct model *m);

/* Write m in one piece: out has classifier_bytes(m), scratch model_exported(m). */
void classifier_write(const struct model *m, float *scratch, void *out);

#endif
