/* csr.h - rows of a sparse matrix in memory.
 *
 * A cell has few distinct values (counts, and whatever one scale makes of them), so
 * that rows may be coded: each distinct value once, in a dictionary, and 8 bits per
 * stored value that say which it is.  A row that would not become smaller stays as it
 * is.  Either way the values are exactly those that were put in.
 *
 * Letters: nnz stored values.
 *
 * Threads: one thread per object while it is built; any thread afterwards (const).
 * Errors:  ERR_NOMEM names the number of values.
 * Tests:   tests/test_csr.c */
#ifndef DATA_CSR_H
#define DATA_CSR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "data/gene_order.h"

enum {
    CODES_MAX = 256, /* distinct values of a coded row */
    CODER_SLOTS = 4 * CODES_MAX
};

/* Within a row genes ascend strictly (duplicates have been summed) and no value is 0. */
struct csr {
    size_t n_rows, n_cols;
    struct gene_order order; /* owned; of the columns; none: that of the data */
    uint64_t *indptr; /* (n_rows + 1) owned; indptr[0] = 0 */
    uint16_t *index;  /* (nnz) owned; gene */
    float *value;     /* (nnz) owned; NULL: rows are coded */
    /* coded: */
    float *word;      /* owned; pieces: dictionary and codes, or values as they are */
    uint64_t *piece;  /* (n_rows + 1) owned; where in word the piece of a row begins */
    uint16_t *n_dict; /* (n_rows) owned; values in its dictionary, 0: it has none */
    uint64_t cap, cap_word; /* room in index and value, in word */
};

/* One row, borrowed. */
struct csr_row {
    const uint16_t *index; /* (n) */
    const uint8_t *code;   /* (n) or NULL: value[k] belongs to index[k] */
    const float *value;    /* (n), or dictionary (n_dict), ascending */
    size_t n, n_dict;
};

/* Finds the distinct values of a row. */
struct row_coder {
    float value[CODES_MAX]; /* distinct, ascending */
    size_t n;
    uint32_t key[CODER_SLOTS]; /* bits of a value */
    uint16_t id[CODER_SLOTS];  /* of the value, from 1; 0: free */
};

/* --- life --- */

/* Room for n_rows plain rows and nnz values to start with; the rows are empty. */
MUST_CHECK enum err csr_init(struct csr *x, size_t n_rows, size_t n_cols, uint64_t nnz,
                             struct errbuf *eb);

/* The same for coded rows. */
MUST_CHECK enum err csr_init_coded(struct csr *x, size_t n_rows, size_t n_cols,
                                   uint64_t nnz, struct errbuf *eb);
void csr_release(struct csr *x);

/* Room for nnz values in all. */
MUST_CHECK enum err csr_reserve(struct csr *x, uint64_t nnz, struct errbuf *eb);

/* Give back the room that was not needed. */
void csr_trim(struct csr *x);

/* --- building --- */

/* code[k] = place of value[k] among the distinct ones, which are in c afterwards.
 * False if there are more than CODES_MAX; c and code then mean nothing. */
bool row_code(struct row_coder *c, const float *value, size_t n, uint8_t *code);

/* Words that the values of a row take with a dictionary of n_dict, and without (0). */
size_t csr_words(size_t n, size_t n_dict);

/* Write the piece of a row into word: the values in c and n codes.  Returns c->n. */
size_t csr_pack(const struct row_coder *c, const uint8_t *code, size_t n, float *word);

/* Write the piece of n values into word (n): dictionary and codes if that is smaller.
 * Returns n_dict.  code (n) is overwritten. */
size_t csr_encode(struct row_coder *c, const float *value, size_t n, uint8_t *code,
                  float *word);

/* A row to be put into coded x: n genes, and csr_words(n, n_dict) words. */
struct csr_piece {
    const uint16_t *index;
    const float *word;
    size_t n, n_dict;
};

/* Rows i, i + 1, ... of coded x, whose earlier rows are there. */
MUST_CHECK enum err csr_put(struct csr *x, size_t i, const struct csr_piece *row,
                            size_t n_rows, struct pool *pool, struct errbuf *eb);

/* *out = the rows of x, coded. */
MUST_CHECK enum err csr_code(struct csr *out, const struct csr *x, struct errbuf *eb);

/* Give gene g the number rank[g] (a permutation of the columns) and put each row in
 * ascending order again. */
MUST_CHECK enum err csr_permute(struct csr *x, const uint16_t *rank, struct pool *pool,
                                struct errbuf *eb);

/* --- reading --- */

struct csr_row csr_row(const struct csr *x, size_t i);

/* Stored value k of a row. */
static inline float
csr_value(const struct csr_row *r, size_t k)
{
    return r->value[r->code ? r->code[k] : k];
}

/* out (n) = the values of a row. */
void csr_decode(const struct csr_row *r, float *out);

/* Bytes of genes and values of rows [from, to). */
uint64_t csr_bytes(const struct csr *x, size_t from, size_t to);

/* Values of the longest dictionary of the n rows row[] (NULL: the first n); SIZE_MAX if
 * one that is not empty has none. */
size_t csr_dictionary(const struct csr *x, const uint32_t *row, size_t n);

/* Values of the longest of the n rows row[] (NULL: the first n), and of the B longest
 * together, without genes below `from`. */
size_t csr_longest(const struct csr *x, const uint32_t *row, size_t n);
uint64_t csr_most(const struct csr *x, const uint32_t *row, size_t n, size_t B,
                  size_t from);

#endif
