/* parquet_flat.h - a column of a Parquet file that has one value in each row.
 *
 * Integers and truth values come out as int64_t, floating-point numbers as double, texts
 * as codes into a set that may be shared by many chunks.
 *
 * Threads: one thread per object.
 * Errors:  as parquet_page.h; ERR_UNSUPPORTED: the column is a list, or of a type that is
 *          not read.
 * Tests:   tests/test_parquet.c */
#ifndef DATA_PARQUET_FLAT_H
#define DATA_PARQUET_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/parquet.h"
#include "data/parquet_page.h"

enum flat_kind { FLAT_INTS, FLAT_REALS, FLAT_TEXTS, FLAT_NONE };

/* The rows of a chunk; where is_missing[i], value i is 0 (texts: -1). */
struct parquet_flat {
    enum flat_kind kind;
    size_t n;
    int64_t *i;       /* (n) owned; FLAT_INTS */
    double *d;        /* (n) owned; FLAT_REALS */
    int32_t *t;       /* (n) owned; FLAT_TEXTS: codes into the set */
    bool *is_missing; /* (n) owned */
    size_t cap;
};

/* How a column would come out. */
enum flat_kind parquet_flat_kind(const struct parquet_column *c);

/* Read a chunk; out is zeroed before the first and keeps its memory.  Texts are added to
 * `text`; those with a byte of 0 are an error. */
MUST_CHECK enum err parquet_flat_read(struct parquet_flat *out, struct parquet_pages *p,
                                      const struct parquet *file, size_t group,
                                      size_t column, struct intern *text,
                                      struct errbuf *eb);
void parquet_flat_release(struct parquet_flat *f);

#endif
