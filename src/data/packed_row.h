/* packed_row.h - one row of a packed store: to bytes and back.
 *
 * Genes are named by their place in the order of the file.  The first H places are a
 * bitmap, H a multiple of 64; the others are gaps, bit-packed in blocks of 64 with a
 * width of their own.  Values are codes into a dictionary, bit-packed likewise, or floats
 * where there are more than 256 distinct ones.  hcelab-packed(5) has it to the byte.
 *
 * Letters: n values of a row, d values of its dictionary, H places of the bitmap.
 *
 * Threads: any thread; a coder is one thread's.
 * Errors:  none; bytes that make no row are said to be so.
 * Tests:   tests/test_packed_row.c */
#ifndef DATA_PACKED_ROW_H
#define DATA_PACKED_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/csr.h"

enum {
    PACKED_BLOCK = 64, /* values of one width */
    PACKED_SLACK = 64  /* what may be read or written behind the end of an array */
};

/* What the values of a row are.  Numbers are part of the format. */
enum packed_form {
    PACKED_FLOATS = 0,  /* (n) floats as they are; no dictionary */
    PACKED_VALUES = 1,  /* dictionary of floats */
    PACKED_COUNTS = 2,  /* dictionary of integers */
    PACKED_LOG1P = 3,   /* the same; the value is log1p of 10,000 per cell, in double */
    PACKED_LOG1P_F = 4, /* in float32: log1p(count * (10000 / total)) */
    PACKED_LOG1P_D = 5, /* in float32: log1p(count / (total / 10000)) */
    PACKED_LOG1P_R = 6, /* in float32: log1p(count * (1 / (total / 10000))) */
    PACKED_FORMS
};

/* What a chunk says of each of its rows; as it stands in the file. */
struct packed_row {
    uint32_t end;   /* byte of the chunk at which the row ends */
    uint16_t n;     /* values */
    uint8_t d_less; /* values of the dictionary, less 1; 0 without */
    uint8_t form;   /* enum packed_form */
    uint64_t total; /* what is scaled to 10,000; 0 where nothing can be */
};

struct packed_shape {
    size_t G; /* genes */
    size_t H; /* places of the bitmap */
};

/* Values of the dictionary; 0: the row has floats. */
static inline size_t
packed_row_dict(const struct packed_row *r)
{
    return r->form == PACKED_FLOATS ? 0 : (size_t)r->d_less + 1;
}

/* --- to bytes --- */

struct packed_coder {
    struct packed_shape shape;
    const struct packed_paths *paths;
    uint64_t *has;           /* owned; a bit per place, 0 between rows */
    float *at;               /* (G) owned; value of each place */
    uint16_t *place;         /* (G + slack) owned */
    float *value;            /* (G) owned */
    uint8_t *code;           /* (G + slack) owned */
    struct row_coder values; /* dictionary */
};

void packed_coder_init(struct packed_coder *c, const struct packed_shape *shape);
void packed_coder_release(struct packed_coder *c);

/* Bytes that no row needs more of. */
size_t packed_row_most(const struct packed_shape *shape);

/* Bytes of a row (at most packed_row_most) into out; *r but for its end.  place_of[g]
 * (G) is the place of gene g of the row.  Returns how many. */
size_t packed_row_encode(struct packed_coder *c, const struct csr_piece *row,
                         const uint16_t *place_of, struct packed_row *r, uint8_t *out);

/* --- from bytes --- */

struct packed_paths;

/* The fastest way of this processor to unpack, and all those that it has (NULL past the
 * last): their results are the same. */
const struct packed_paths *packed_paths_best(void);
const struct packed_paths *packed_paths_at(size_t i);
const char *packed_paths_name(const struct packed_paths *p);

/* Places (n, ascending) and codes (n) of a row of `size` bytes, and its dictionary (d,
 * ascending); a row of floats has no codes, and its n values stand in dict.  With scale,
 * counts become log1p of 10,000 per cell as row_pack.h makes them.  Each array has
 * PACKED_SLACK elements more, in (size) as many bytes.  False: the bytes are no row. */
bool packed_row_decode(const struct packed_paths *p, const struct packed_shape *shape,
                       const struct packed_row *r, const uint8_t *in, size_t size,
                       bool scale, uint16_t *place, uint8_t *code, float *dict);

/* The value that a count of a row stands for. */
float packed_value(enum packed_form form, uint32_t count, uint64_t total);

#endif
