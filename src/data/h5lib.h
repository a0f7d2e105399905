/* h5lib.h - libhdf5 with errors as text: files, links, attributes, 1-D values.
 *
 * `what` names an object for messages ("obs/cell_type/codes").  A hid_t that a
 * function hands out is closed by the caller with h5_close.
 *
 * Threads: owner thread only (libhdf5 has one global lock).
 * Errors:  ERR_NOTFOUND, ERR_FORMAT, ERR_UNSUPPORTED (a filter that is not
 *          installed), ERR_NOMEM.
 * Tests:   tests/test_h5lib.c */
#ifndef DATA_H5LIB_H
#define DATA_H5LIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hdf5.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/rounded.h"

/* Before any other call on libhdf5: no file locks, no messages on stderr, LZF and
 * Zstd registered.  May be called again. */
void h5_init(void);

/* The file has the signature of HDF5. */
bool h5_is_file(const char *path);

/* Open for reading.  A file that is missing, no HDF5 or shorter than its superblock
 * says is told so by name. */
MUST_CHECK enum err h5_open(hid_t *file, const char *path, struct errbuf *eb);

/* Close any kind of id; 0 and negative ones are ignored. */
void h5_close(hid_t id);

/* The innermost message of the last error of libhdf5.  Caller frees. */
char *h5_error(void);

/* Every link of a path such as "raw/X" exists and leads to an object. */
bool h5_exists(hid_t loc, const char *path);
bool h5_is_group(hid_t loc, const char *path);
bool h5_is_dataset(hid_t loc, const char *path);

/* Names of the links of a group, bytewise order. */
void h5_links(hid_t group, struct strlist *out);

/* Text attribute of any flavour (variable or fixed length, scalar or one element).
 * Caller frees; NULL if there is none or it is no text. */
char *h5_attr_text(hid_t obj, const char *name);

/* The strings of a text attribute are appended; an attribute that is absent, empty
 * or no text adds none. */
void h5_attr_strings(hid_t obj, const char *name, struct strlist *out);

/* The integers of an attribute, at most max; returns how many. */
size_t h5_attr_ints(hid_t obj, const char *name, int64_t *out, size_t max);

/* Open a dataset and see that its filters are installed. */
MUST_CHECK enum err h5_dataset_open(hid_t *dset, hid_t loc, const char *path,
                                    struct errbuf *eb);

/* Extent of a dataset: dims has room for max; returns the rank, or -1. */
int h5_dims(hid_t dset, hsize_t *dims, int max);

/* Elements of a 1-D dataset (1 for a scalar, 0 for an empty one). */
MUST_CHECK enum err h5_length(size_t *n, hid_t dset, const char *what,
                              struct errbuf *eb);

enum h5_class { H5_INTEGER, H5_FLOAT, H5_TEXT, H5_BOOL, H5_OTHER };

/* What a type holds; an enumeration of FALSE and TRUE is H5_BOOL. */
enum h5_class h5_class_of_type(hid_t type);
enum h5_class h5_class_of(hid_t dset);

/* Integers without a sign, which may be above INT64_MAX. */
bool h5_is_unsigned(hid_t type);

/* Elements [from, from + n) of a 1-D dataset of any numeric type (doubles and
 * uints: but no booleans); what int64_t or uint64_t cannot hold becomes its nearest
 * value. */
MUST_CHECK enum err h5_read_ints(hid_t dset, const char *what, size_t from, size_t n,
                                 int64_t *out, struct errbuf *eb);
MUST_CHECK enum err h5_read_uints(hid_t dset, const char *what, size_t from, size_t n,
                                  uint64_t *out, struct errbuf *eb);
MUST_CHECK enum err h5_read_floats(hid_t dset, const char *what, size_t from, size_t n,
                                   float *out, struct errbuf *eb);

/* Count those of rows [from, from + n) of cols numbers that are no float32: reads them once
 * more, where their type lets them be others.  r may be NULL. */
MUST_CHECK enum err h5_count_rounded(hid_t dset, const char *what, size_t from,
                                     size_t n, size_t cols, struct rounded *r,
                                     struct errbuf *eb);
MUST_CHECK enum err h5_read_doubles(hid_t dset, const char *what, size_t from, size_t n,
                                    double *out, struct errbuf *eb);

/* Rows [from, from + n) of a 2-D dataset of `cols` columns into out (n, cols). */
MUST_CHECK enum err h5_read_rows(hid_t dset, const char *what, size_t from, size_t n,
                                 size_t cols, float *out, struct errbuf *eb);

/* All strings of a 1-D text dataset, in slabs; each is handed to fn in order and
 * borrowed only during the call. */
typedef void (*h5_text_fn)(void *ctx, size_t i, const char *s);
MUST_CHECK enum err h5_read_texts(hid_t dset, const char *what, h5_text_fn fn,
                                  void *ctx, struct errbuf *eb);

/* The same appended to a list. */
MUST_CHECK enum err h5_read_strings(hid_t dset, const char *what, struct strlist *out,
                                    struct errbuf *eb);

/* Text of element i in a buffer of strings of `type` (fixed length, or char * each)
 * with its padding cut off, handed to fn. */
void h5_text_at(hid_t type, const void *buf, size_t i, h5_text_fn fn, void *ctx,
                size_t index);

#endif
