/* whole_file.h - a small file of another program, read in one go.
 *
 * Threads: any thread.
 * Errors:  ERR_NOTFOUND, ERR_IO, ERR_FORMAT (no regular file, or larger than it may be)
 *          name the path. */
#ifndef EXCHANGE_WHOLE_FILE_H
#define EXCHANGE_WHOLE_FILE_H

#include <stddef.h>

#include "base/err.h"

/* *data (*n bytes, and a 0 after them) = what is in the file, at most max bytes.  Caller
 * frees; NULL on error. */
MUST_CHECK enum err whole_file_read(const char *path, size_t max, char **data,
                                    size_t *n, struct errbuf *eb);

#endif
