/* csv_table.h - a CSV file of another program as named columns of texts.
 *
 * As pandas writes them: a first line of names (the first may be empty), then as many
 * fields in each line; quotes as RFC 4180 says.
 *
 * Threads: one thread per object.
 * Errors:  ERR_FORMAT with the row: fields that are too many or too few, a quote that
 *          is not closed, a byte of 0, more columns than CSV_TABLE_COLUMNS.
 * Tests:   tests/test_report_table.c, tests/fuzz/fuzz_report.c */
#ifndef EXCHANGE_CSV_TABLE_H
#define EXCHANGE_CSV_TABLE_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/strlist.h"

enum { CSV_TABLE_COLUMNS = 1000, CSV_TABLE_BYTES = 512 << 20 };

struct csv_table {
    struct strlist column; /* names as they stand; "" for one without a name */
    struct strbuf text;    /* the fields, each with a 0 after it */
    size_t *start;         /* (n_rows, columns) owned; of each field in text */
    size_t n_rows, n_fields, cap;
};

/* Text in memory; name stands in messages.  On error out is empty. */
MUST_CHECK enum err csv_table_parse(struct csv_table *out, const char *text, size_t n,
                                    const char *name, struct errbuf *eb);

/* A file of at most CSV_TABLE_BYTES. */
MUST_CHECK enum err csv_table_read(struct csv_table *out, const char *path,
                                   struct errbuf *eb);

/* Field of a row; borrowed until csv_table_release. */
const char *csv_table_get(const struct csv_table *t, size_t row, size_t column);

void csv_table_release(struct csv_table *t);

#endif
