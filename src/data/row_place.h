/* row_place.h - rows in chunks whose genes are those of a file, brought to the genes and
 * the scale of a dataset.
 *
 * Letters: G genes of the file.
 *
 * Threads: any thread.
 * Errors:  those of the chunks; ERR_FORMAT: a value that the choice of the layer does not
 *          allow.
 * Tests:   tests/test_packed_chunks.c */
#ifndef DATA_ROW_PLACE_H
#define DATA_ROW_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/layer.h"
#include "data/row_chunks.h"

/* *c = its rows with gene g as place to[g] (G), or left out where that is negative; with
 * `scale` values become log1p of 10,000 per cell, the sum of what is not left out, as
 * row_pack.h makes them.  Takes over what *c was; to is copied. */
void row_place(struct row_chunks *c, const int32_t *to, size_t G, bool scale);

/* The n values of a row become log1p of 10,000 per cell: value (n), or with codes (n) the
 * dictionary value (n_dict).  What row_pack.h makes of them, to the bit. */
void row_scale(float *value, const uint8_t *code, size_t n, size_t n_dict);

#endif
