/* parquet_lists.h - a column of a Parquet file whose rows are lists of numbers, as rows
 * of a sparse matrix: zeros are dropped while they are decoded.
 *
 * Every list must be there and have one number for each of G genes.  A run of indices of
 * a dictionary value that is 0 is skipped whole.
 *
 * Letters: G columns of the matrix.
 *
 * Threads: one thread per object; several may read one file.
 * Errors:  as parquet_page.h; ERR_FORMAT names the row of the file too.
 * Tests:   tests/test_parquet.c */
#ifndef DATA_PARQUET_LISTS_H
#define DATA_PARQUET_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/parquet.h"
#include "data/parquet_page.h"

struct rounded;

enum { LISTS_SLICE = 16384 }; /* levels decoded at a time */

/* Some rows: row i has the values [start[i], start[i + 1]). */
struct parquet_rows {
    size_t n;
    uint64_t *start; /* (n + 1) owned; start[0] = 0 */
    uint32_t *gene;  /* owned; ascending in a row */
    float *value;    /* owned; none is 0 */
    size_t n_values, cap_start, cap;
};

void parquet_rows_release(struct parquet_rows *r);

struct parquet_lists {
    struct parquet_pages pages;
    size_t G;
    size_t row;    /* of the row group; rows that were handed out */
    size_t in_row; /* values of the row that is begun */
    bool is_begun; /* a row is */
    bool at_end;
    float *dict; /* (cap_dict) owned; of the chunk */
    struct rounded
        *rounded; /* borrowed; NULL: numbers that are no float32 are not counted */
    size_t cap_dict, n_dict;
    uint32_t zero;           /* index of the first 0 of it; UINT32_MAX: none */
    struct rle index;        /* of the page, if it is of indices */
    const uint8_t *at, *end; /* else its values */
    size_t page_left;        /* levels of it that are not in the slice */
    uint8_t rep[LISTS_SLICE];
    size_t slice_n, slice_at;
};

/* The leaf of the top-level field `name` that is such a column, found by its structure:
 * SIZE_MAX if there is none. */
size_t parquet_lists_find(const struct parquet *f, const char *name);

/* Begin a row group; l is zeroed before the first. */
MUST_CHECK enum err parquet_lists_open(struct parquet_lists *l, const struct parquet *f,
                                       size_t group, size_t column, size_t G,
                                       struct errbuf *eb);

/* out = the next rows, at most `most` (> 0) and fewer only at the end. */
MUST_CHECK enum err parquet_lists_next(struct parquet_lists *l, size_t most,
                                       struct parquet_rows *out, struct errbuf *eb);
void parquet_lists_release(struct parquet_lists *l);

#endif
