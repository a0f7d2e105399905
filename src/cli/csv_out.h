/* csv_out.h - rows to a CSV file or to stdout, one at a time (RFC 4180).
 *
 * A file is written beside its name and renamed when it is whole; what is no plain file
 * (a device, a pipe, a link) is written through.  What goes to stdout waits in a
 * temporary file until then: rows come out of a read of the store, which must not last
 * as long as somebody looks at the output in a pager.
 *
 * Threads: one thread per object.
 * Errors:  ERR_ARG (the path is a store or an atlas), ERR_IO, ERR_FULL, ERR_NOTFOUND (no
 *          such folder) name the path. */
#ifndef CLI_CSV_OUT_H
#define CLI_CSV_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "cli/cli.h"

struct csv_out {
    const struct cli *cli; /* borrowed */
    FILE *fp;              /* owned; NULL: stdout, without a temporary file */
    char *path;            /* owned; NULL for stdout */
    char *tmp;             /* owned; NULL: path is written itself */
    bool has_header;
    struct strbuf line;
};

/* path NULL or "-": stdout. */
MUST_CHECK enum err csv_out_open(struct csv_out *o, const struct cli *c,
                                 const char *path, struct errbuf *eb);

/* Write the names as a header: for what may have no row. */
void csv_out_header(struct csv_out *o, size_t n_cols, const char *const *name);

/* Write one row, and the names as a header before the first.  types (n_cols): 't' is
 * text, anything else stands as it is; a value NULL is empty.  ctx is a struct
 * csv_out: the signature of a row function of the store.  Always true. */
bool csv_out_row(void *ctx, size_t n_cols, const char *const *name,
                 const char *const *value, const char *type);

/* Write lines that are CSV already. */
void csv_out_text(struct csv_out *o, const char *text);

/* Send what is there; an error if something could not be written, to end early. */
MUST_CHECK enum err csv_out_check(const struct csv_out *o, struct errbuf *eb);

/* Finish the file, or with keep = false remove it. */
MUST_CHECK enum err csv_out_close(struct csv_out *o, bool keep, struct errbuf *eb);

#endif
