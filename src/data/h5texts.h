/* h5texts.h - the values of a dataset as text, whatever their type.
 *
 * Numbers in the shortest form that reads back the same, booleans as True and False.
 *
 * Threads: owner thread only.
 * Errors:  ERR_FORMAT, ERR_UNSUPPORTED; `what` stands in messages.
 * Tests:   tests/test_h5frame.c */
#ifndef DATA_H5TEXTS_H
#define DATA_H5TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hdf5.h>

#include "base/err.h"

/* Receives the text of element i, NULL where the value is missing (NaN); borrowed
 * during the call. */
typedef void (*h5_cell_fn)(void *ctx, size_t i, const char *s);

/* Numbers that are in memory: elements at, at + 1, ... of something.  width = bytes
 * of the type in the file, which decides how many digits count. */
void h5_emit_floats(const double *x, size_t n, size_t width, size_t at, h5_cell_fn fn,
                    void *ctx);
void h5_emit_ints(const int64_t *x, size_t n, bool is_bool, size_t at, h5_cell_fn fn,
                  void *ctx);
void h5_emit_uints(const uint64_t *x, size_t n, size_t at, h5_cell_fn fn, void *ctx);

/* The text of each element of a 1-D dataset; *n = how many there are. */
MUST_CHECK enum err h5_dataset_texts(hid_t loc, const char *path, const char *what,
                                     h5_cell_fn fn, void *ctx, size_t *n,
                                     struct errbuf *eb);

/* All integers of a 1-D dataset.  Caller frees *out. */
MUST_CHECK enum err h5_dataset_ints(hid_t loc, const char *path, const char *what,
                                    int64_t **out, size_t *n, struct errbuf *eb);

#endif
