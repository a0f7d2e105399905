/* table.h - rows of typed columns, printed as aligned text, CSV, JSON or Markdown.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef DRAW_TABLE_H
#define DRAW_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "base/strlist.h"

enum table_type { TABLE_TEXT, TABLE_INT, TABLE_REAL };
enum table_format { TABLE_PLAIN, TABLE_CSV, TABLE_JSON, TABLE_MARKDOWN };

struct table_column {
    const char *name;  /* machine name: CSV header, JSON key */
    const char *title; /* heading in text and Markdown; NULL: name */
    enum table_type type;
    int digits; /* REAL: decimals in text and Markdown (negative: so many
                          significant digits); full precision elsewhere */
    int rank;   /* where a line is too narrow the columns of the highest rank go first;
                   0 stays */
};

struct table; /* owns its cells */

/* columns (n_cols) is borrowed until table_free. */
struct table *table_new(const struct table_column *columns, size_t n_cols);
void table_free(struct table *t);

/* Fill the next cell; cells go row by row.  NULL text and table_null are empty in text
 * and CSV, null in JSON; NaN likewise, but for "-" in text and Markdown. */
void table_text(struct table *t, const char *s);
void table_int(struct table *t, int64_t x);
void table_real(struct table *t, double x);
void table_null(struct table *t);

size_t table_rows(const struct table *t);

/* Append the whole table.  Text and Markdown clean the cells for a terminal (utf8.h);
 * CSV is quoted as RFC 4180 says, lines end in a newline; JSON is an array of
 * objects, one per line. */
void table_print(const struct table *t, enum table_format format, struct strbuf *out);

/* Append the table as text in lines of `width` columns, as far as that can be: columns
 * of a rank are left out, then long texts are cut in their middles.  dropped (may be
 * NULL): the titles of what was left out are appended. */
void table_print_fitting(const struct table *t, size_t width, struct strbuf *out,
                         struct strlist *dropped);

/* Append one text as a field of such a CSV: quoted where it must be. */
void table_csv_text(struct strbuf *out, const char *s);

#endif
