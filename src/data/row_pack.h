/* row_pack.h - one row of a file becomes one coded row: genes mapped and put in order,
 * repeats summed, zeros dropped, values checked and normalised.
 *
 * Threads: one thread per object.
 * Errors:  none; a row that is not taken is said to be so.
 * Tests:   tests/test_layer.c, tests/test_dataset.c */
#ifndef DATA_ROW_PACK_H
#define DATA_ROW_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/csr.h"
#include "data/layer.h"

enum { COUNTS_MAX = 4096 }; /* counts below are looked up in tables */

struct row_entry {
    uint32_t gene; /* of the dataset */
    uint32_t at;   /* place in the row of the file */
    float value;
};

/* Working memory. */
struct row_packer {
    struct row_entry *entry; /* (cap) owned */
    float *value;            /* (cap) owned */
    uint16_t *count;         /* (cap) owned */
    uint8_t *code;           /* (cap) owned */
    size_t cap;
    struct row_coder coder;
    uint8_t seen[COUNTS_MAX];    /* 1: the row has this count; all 0 between rows */
    uint8_t code_of[COUNTS_MAX]; /* of the counts that the row has */
};

void row_packer_release(struct row_packer *p);

/* The value is one that the choice does not allow: not finite, negative, or no count
 * where it rests on counts. */
bool row_is_refused(const struct layer_choice *c, float value);

/* n values of genes of the file; to[gene] is the gene of the dataset, or -1.  The row
 * goes to index (n) and word (n).  Its index is NULL where a value is refused. */
struct csr_piece row_pack(struct row_packer *p, const struct layer_choice *c,
                          const int32_t *to, const uint32_t *gene, const float *value,
                          size_t n, uint16_t *index, float *word);

#endif
