/* parquet.h - a Parquet file: its columns, its row groups, where their bytes are.
 *
 * A file is read only as far as its footer says what is where; pages are read later
 * (parquet_page.h), as numbers or texts (parquet_flat.h) or as rows of a matrix
 * (parquet_lists.h).  Nothing is believed before it is checked: sizes against the file,
 * counts against each other.
 *
 * Vocabulary: row group = some rows, all columns; chunk = one column of one row group.
 * A column is a leaf of the schema; it is called by its top-level name ("X") and, where
 * that is a list, by its path ("X.list.element").
 *
 * Threads: opening, parking and closing by the owner; between these any thread (const).
 * Errors:  ERR_NOTFOUND, ERR_IO, ERR_FORMAT, ERR_UNSUPPORTED, ERR_NOMEM; texts start with
 *          `name`, then name column, row group and offset.
 * Source:  Apache Parquet, parquet.thrift, README.md.
 * Tests:   tests/test_parquet.c */
#ifndef DATA_PARQUET_H
#define DATA_PARQUET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/digest.h"
#include "base/err.h"

enum parquet_type {
    PARQUET_BOOLEAN,
    PARQUET_INT32,
    PARQUET_INT64,
    PARQUET_INT96,
    PARQUET_FLOAT,
    PARQUET_DOUBLE,
    PARQUET_BYTE_ARRAY,
    PARQUET_FIXED,
    PARQUET_TYPES
};

struct parquet_column {
    char *name; /* owned; of the top-level field */
    char *path; /* owned; of the leaf */
    enum parquet_type type;
    unsigned max_def, max_rep; /* definition and repetition level of a value */
};

struct parquet_chunk {
    uint64_t begin, size; /* bytes in the file, which has them */
    uint64_t n_values;    /* with those that are missing */
    int64_t codec;
};

struct parquet {
    char *path; /* owned */
    char *name; /* owned; the path as people should see it */
    int fd;     /* -1: parked */
    uint64_t size;
    struct timespec changed; /* when it was opened */
    size_t n_rows;
    struct parquet_column *column; /* (n_columns) owned */
    size_t n_columns;
    size_t *first; /* (n_groups + 1) owned; first row of each row group */
    size_t n_groups;
    struct parquet_chunk *chunk; /* (n_groups, n_columns) owned */
    uint64_t footer_begin;       /* offset of its first byte */
    char footer_digest[DIGEST_HEX];
};

/* Whether a file begins as Parquet files do. */
bool parquet_is(const char *path);

/* name NULL: as path. */
MUST_CHECK enum err parquet_open(struct parquet *f, const char *path, const char *name,
                                 struct errbuf *eb);

/* Any number of times, also on a zeroed f. */
void parquet_close(struct parquet *f);

/* Give the descriptor back, and take one again; ERR_FORMAT: the file has changed.  Both
 * may be called when that is done already. */
void parquet_park(struct parquet *f);
MUST_CHECK enum err parquet_unpark(struct parquet *f, struct errbuf *eb);

/* The first column of that top-level name, SIZE_MAX: none. */
size_t parquet_find(const struct parquet *f, const char *name);

const struct parquet_chunk *parquet_chunk(const struct parquet *f, size_t group,
                                          size_t column);

/* Rows of a row group. */
size_t parquet_group_rows(const struct parquet *f, size_t group);

/* Bytes [at, at + n) of the file, which has them. */
MUST_CHECK enum err parquet_read(const struct parquet *f, uint64_t at, void *out,
                                 size_t n, struct errbuf *eb);

const char *parquet_type_name(enum parquet_type type);

#endif
