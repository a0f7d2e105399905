/* npy.h - reading a matrix or a list of numbers from a .npy file.
 *
 * The format: "\x93NUMPY", version, length of the header, a header that is a Python
 * dictionary (descr, fortran_order, shape), the values.  Versions 1 to 3, integers of
 * 1 to 8 bytes, float32 and float64, either byte order, C and Fortran order.  Anything
 * else is refused, pickled objects first of all; the file must be as long as its
 * header says.
 *
 * Threads: one thread per object.
 * Errors:  ERR_NOTFOUND, ERR_IO, ERR_FORMAT, ERR_UNSUPPORTED; the text names the path,
 *          what is wrong and what would do.
 * Source:  numpy.lib.format.
 * Tests:   tests/test_npy.c */
#ifndef DATA_NPY_H
#define DATA_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct npy_dtype;

struct npy {
    char *path; /* owned */
    int fd;
    size_t n_rows, n_cols;
    const struct npy_dtype *dtype; /* static storage */
    bool is_big_endian, is_fortran;
    uint64_t begin;        /* of the values, bytes */
    unsigned char *buffer; /* owned; values as in the file */
    size_t buffer_bytes;
};

/* Open a file that holds a matrix (two dimensions).  On error f is closed. */
MUST_CHECK enum err npy_open(struct npy *f, const char *path, struct errbuf *eb);

/* The same for a list (one dimension), which reads as a matrix of one column. */
MUST_CHECK enum err npy_open_list(struct npy *f, const char *path, struct errbuf *eb);

/* Any number of times, also on a zeroed f. */
void npy_close(struct npy *f);

/* Rows that one npy_read should ask for: bounded memory and few system calls. */
size_t npy_block_rows(const struct npy *f);

/* out (n, n_cols) row-major = rows from .. from + n as the nearest float; what a float
 * cannot hold becomes infinite.  from + n <= n_rows. */
MUST_CHECK enum err npy_read(struct npy *f, size_t from, size_t n, float *out,
                             struct errbuf *eb);

/* The same as doubles. */
MUST_CHECK enum err npy_read_doubles(struct npy *f, size_t from, size_t n, double *out,
                                     struct errbuf *eb);

#endif
