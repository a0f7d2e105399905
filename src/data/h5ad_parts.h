/* h5ad_parts.h - what those who write a part of an .h5ad file share (h5ad_write.h).
 *
 * Threads: owner thread only (libhdf5).
 * Errors:  ERR_IO names the path; a negative id, or false, where libhdf5 failed. */
#ifndef DATA_H5AD_PARTS_H
#define DATA_H5AD_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include <hdf5.h>

#include "base/err.h"

struct h5ad_writer {
    char *path; /* owned */
    char *tmp;  /* owned; the file beside it that grows on disk; NULL: in memory */
    int fd;     /* of tmp, or -1 */
    hid_t file;
    hid_t text; /* variable-length UTF-8 */
    hid_t flag; /* AnnData's boolean: an 8-bit enumeration */
};

/* "PATH: libhdf5 could not make WHAT: ..." */
enum err h5ad_fail(const struct h5ad_writer *w, const char *what, struct errbuf *eb);

/* object.name = value, a scalar of that type. */
bool h5ad_attribute(hid_t object, const char *name, hid_t type, const void *value);
bool h5ad_text_attribute(const struct h5ad_writer *w, hid_t object, const char *name,
                         const char *value);
bool h5ad_encoding(const struct h5ad_writer *w, hid_t object, const char *type,
                   const char *version);

/* The attribute of a sparse matrix. */
bool h5ad_shape(hid_t group, size_t n_rows, size_t n_cols);

/* Creation properties of links: groups that a name goes through ("a/b", as AnnData names
 * a column that has a slash) are made. */
hid_t h5ad_links(void);

/* A new group with its encoding, or a negative id. */
hid_t h5ad_group(const struct h5ad_writer *w, hid_t parent, const char *name,
                 const char *type, const char *version);

/* Creation properties without times: the same content gives the same bytes. */
hid_t h5ad_properties(void);

/* Those of an array of n values: shuffled gzip chunks, or contiguous where compression
 * cannot pay. */
hid_t h5ad_layout(hsize_t n, bool compress);

#endif
