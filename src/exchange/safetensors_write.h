/* safetensors_write.h - tensors of float32 under their names, as .safetensors.
 *
 * A file is a length (8 bytes, little-endian), a JSON header of that length that says
 * name, type, shape and place of each tensor, and the values: little-endian, row-major,
 * without holes.  Texts about the file stand in the header too.
 *
 * Source: huggingface/safetensors, README (Format).
 *
 * Threads: one thread per object.
 * Errors:  those of out_file.h.
 * Tests:   tests/test_exchange_write.c, tests/check_export.py */
#ifndef EXCHANGE_SAFETENSORS_WRITE_H
#define EXCHANGE_SAFETENSORS_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "exchange/out_file.h"

enum { SAFETENSORS_DIMS = 2 };

struct safetensors_tensor {
    const char *name; /* no two alike */
    size_t n_dims, dim[SAFETENSORS_DIMS];
};

struct safetensors_text {
    const char *key, *value; /* no two keys alike */
};

/* Make the file with its header; then the values of all tensors are added, in order. */
MUST_CHECK enum err safetensors_write_open(struct out_file *o, const char *path,
                                           const struct safetensors_tensor *tensor,
                                           size_t n_tensors,
                                           const struct safetensors_text *text,
                                           size_t n_texts, struct errbuf *eb);

/* The next n values. */
void safetensors_write_values(struct out_file *o, const float *value, size_t n);

#endif
