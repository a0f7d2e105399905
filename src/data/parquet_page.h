/* parquet_page.h - the pages of a chunk of a Parquet file, one after the other, unpacked.
 *
 * A chunk may begin with a page of distinct values, its dictionary; data pages hold
 * levels, then values, or indices into the dictionary.  One reader is used for many
 * chunks: it keeps its memory, which the largest page decides.
 *
 * Threads: one thread per object; several may read one file.
 * Errors:  ERR_IO, ERR_FORMAT, ERR_UNSUPPORTED, ERR_NOMEM; texts start with file, column,
 *          row group and offset.
 * Source:  Apache Parquet, README.md, Encodings.md.
 * Tests:   tests/test_parquet.c */
#ifndef DATA_PARQUET_PAGE_H
#define DATA_PARQUET_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/parquet.h"
#include "data/parquet_levels.h"

enum { PARQUET_PLAIN = 0, PARQUET_DICTIONARY = 8, PARQUET_RLE = 3 }; /* encodings */

/* What a data page holds. */
struct parquet_page {
    size_t n;            /* places: values and those that are missing */
    struct rle rep, def; /* levels of each, where the column has any */
    int64_t encoding;    /* PLAIN, DICTIONARY or RLE */
    const uint8_t *data; /* (bytes) the values, as encoded; RLE_PAD more may be read */
    size_t bytes;
};

struct parquet_pages {
    const struct parquet *file;          /* borrowed */
    const struct parquet_column *column; /* borrowed */
    const struct parquet_chunk *chunk;   /* borrowed */
    size_t group;
    uint64_t at, end; /* of the next page header, of the chunk; offsets in the file */
    uint64_t header;  /* offset of the current page's header */
    uint64_t left;    /* places in the pages to come */
    struct parquet_page page;

    uint8_t *window; /* (window_cap + RLE_PAD) owned; bytes of the file */
    size_t window_cap, window_n;
    uint64_t window_at; /* offset of the first */
    uint8_t *body;      /* (body_cap + RLE_PAD) owned; an unpacked page */
    size_t body_cap;
    uint8_t *dict; /* (dict_cap) owned; the dictionary as it is written, PLAIN */
    size_t dict_cap, dict_bytes, n_dict;
    bool has_dict, is_begun; /* is_begun: a data page has been read */
};

/* Begin a chunk; p is zeroed before the first. */
void parquet_pages_open(struct parquet_pages *p, const struct parquet *file,
                        size_t group, size_t column);

/* The next data page that has places, in p->page; *more = false at the end. */
MUST_CHECK enum err parquet_pages_next(struct parquet_pages *p, bool *more,
                                       struct errbuf *eb);
void parquet_pages_release(struct parquet_pages *p);

/* "FILE: column C, row group G, offset N: <text>". */
enum err parquet_pages_fault(const struct parquet_pages *p, struct errbuf *eb,
                             enum err code, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* The error of levels, indices or truth values that ended with r->fault. */
enum err parquet_pages_rle_fault(const struct parquet_pages *p, const struct rle *r,
                                 const char *what, struct errbuf *eb);

/* Begin the indices of the page, which must be of encoding DICTIONARY. */
MUST_CHECK enum err parquet_pages_indices(const struct parquet_pages *p, struct rle *r,
                                          struct errbuf *eb);

#endif
