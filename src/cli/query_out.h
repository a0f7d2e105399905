/* query_out.h - the rows of a read-only query, in the format of the command line.
 *
 * Threads: owner thread only.
 * Errors:  those of store_query and of the output. */
#ifndef CLI_QUERY_OUT_H
#define CLI_QUERY_OUT_H

#include <stddef.h>

#include "base/err.h"
#include "cli/cli.h"
#include "store/store.h"

/* Run sql on c->store and print its rows to stdout.  A blob prints as its size. */
MUST_CHECK enum err query_print(struct cli *c, const char *sql,
                                const struct store_bind *bind, size_t n_binds,
                                struct errbuf *eb);

/* Append the rows as text in a format; no rows: "[]" in JSON, else the heading. */
MUST_CHECK enum err query_text(struct cli *c, const char *sql,
                               const struct store_bind *bind, size_t n_binds,
                               enum table_format format, struct strbuf *out,
                               struct errbuf *eb);

/* The same, always as CSV, into a file (NULL: stdout). */
MUST_CHECK enum err query_export(struct cli *c, const char *sql,
                                 const struct store_bind *bind, size_t n_binds,
                                 const char *path, struct errbuf *eb);

#endif
