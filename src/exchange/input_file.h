/* input_file.h - a file of another program, read at any place.
 *
 * Threads: any thread once open (pread).
 * Errors:  ERR_NOTFOUND, ERR_IO name the path; ERR_FORMAT: shorter than asked for. */
#ifndef EXCHANGE_INPUT_FILE_H
#define EXCHANGE_INPUT_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct input_file {
    char *path;    /* owned */
    int fd;        /* -1: closed */
    uint64_t size; /* bytes, when it was opened */
};

/* Open a regular file.  On error f is closed. */
MUST_CHECK enum err input_file_open(struct input_file *f, const char *path,
                                    struct errbuf *eb);

/* Any number of times. */
void input_file_close(struct input_file *f);

/* out (n) = bytes at .. at + n. */
MUST_CHECK enum err input_file_read(const struct input_file *f, uint64_t at, void *out,
                                    size_t n, struct errbuf *eb);

/* The lowest n <= 8 bytes at p as a number, little-endian. */
static inline uint64_t
input_le(const uint8_t *p, size_t n)
{
    uint64_t x = 0;

    for (size_t i = n; i-- > 0;)
        x = x << 8 | p[i];
    return x;
}

#endif
