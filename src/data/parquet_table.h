/* parquet_table.h - a small Parquet file as a table: whole columns.
 *
 * Threads: owner thread only.
 * Errors:  as parquet.h; ERR_FORMAT: the column is not there or is of another kind.
 * Tests:   tests/test_sctab.c */
#ifndef DATA_PARQUET_TABLE_H
#define DATA_PARQUET_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/parquet.h"
#include "data/parquet_flat.h"

/* Whether it has a column of that name and kind. */
bool parquet_table_has(const struct parquet *f, const char *column,
                       enum flat_kind kind);

/* Append the text of each row; missing ones are "". */
MUST_CHECK enum err parquet_table_texts(const struct parquet *f, const char *column,
                                        struct strlist *out, struct errbuf *eb);

/* *out (rows) = the integers of a column, of which none is missing.  Caller frees. */
MUST_CHECK enum err parquet_table_ints(const struct parquet *f, const char *column,
                                       int64_t **out, struct errbuf *eb);

/* out = names of things by their code: the texts in `label` (or in the only column of
 * texts) by the integers beside them, or by row where there are none. */
MUST_CHECK enum err parquet_table_lookup(const char *path, const char *name,
                                         struct strlist *out, struct errbuf *eb);

#endif
