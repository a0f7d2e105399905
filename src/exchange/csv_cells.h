/* csv_cells.h - a CSV table whose columns are known: its cells as texts and numbers.
 *
 * Threads: one thread per object.
 * Errors:  those of csv_table.h; ERR_FORMAT names the file, the row and the column: a
 *          column that is not there, no number, one that is out of its range.
 * Tests:   tests/test_export_back.sh, tests/test_import_own.c */
#ifndef EXCHANGE_CSV_CELLS_H
#define EXCHANGE_CSV_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "exchange/csv_table.h"

enum { CSV_CELLS_COLUMNS = 16 };

struct csv_cells {
    struct csv_table table;
    const char *path;        /* borrowed */
    const char *const *name; /* (n) borrowed; of the columns that are asked for */
    size_t column[CSV_CELLS_COLUMNS]; /* where they are in the table */
};

/* Read a file that must have the n columns; others may stand between them.  On error c is
 * empty. */
MUST_CHECK enum err csv_cells_read(struct csv_cells *c, const char *path,
                                   const char *const *name, size_t n,
                                   struct errbuf *eb);
void csv_cells_release(struct csv_cells *c);

/* Field of asked-for column k; borrowed until csv_cells_release. */
const char *csv_cells_text(const struct csv_cells *c, size_t row, size_t k);

/* *x = its whole number within min..max. */
MUST_CHECK enum err csv_cells_int(const struct csv_cells *c, size_t row, size_t k,
                                  int64_t min, int64_t max, int64_t *x,
                                  struct errbuf *eb);

/* *x = its finite number within min..max; an empty field is NaN. */
MUST_CHECK enum err csv_cells_real(const struct csv_cells *c, size_t row, size_t k,
                                   double min, double max, double *x,
                                   struct errbuf *eb);

/* An error about a cell: what is wrong with it. */
enum err csv_cells_wrong(const struct csv_cells *c, size_t row, size_t k,
                         const char *what, struct errbuf *eb);

#endif
