/* out_file.h - a new file, written from its beginning to its end.
 *
 * Errors are kept until out_file_close, so that a writer says what it writes and asks
 * once.  A file that could not be written whole is removed.
 *
 * Threads: one thread per object.
 * Errors:  ERR_IO, ERR_FULL, ERR_NOTFOUND (no such folder) name the path.
 * Tests:   tests/test_exchange_write.c */
#ifndef EXCHANGE_OUT_FILE_H
#define EXCHANGE_OUT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/strbuf.h"

struct out_file {
    FILE *fp;   /* owned */
    char *path; /* owned */
};

/* Make path, which must not exist. */
MUST_CHECK enum err out_file_open(struct out_file *o, const char *path,
                                  struct errbuf *eb);

void out_file_add(struct out_file *o, const void *data, size_t n);

/* Whether something could not be written so far: to end a long work early. */
bool out_file_failed(const struct out_file *o);

/* Finish the file, or with keep = false remove it. */
MUST_CHECK enum err out_file_close(struct out_file *o, bool keep, struct errbuf *eb);

/* A file of that text in one go. */
MUST_CHECK enum err out_file_text(const char *path, const struct strbuf *text,
                                  struct errbuf *eb);

#endif
