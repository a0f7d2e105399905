/* h5filter.h - compression that Debian's libhdf5 lacks: LZF and Zstandard.
 *
 * Threads: owner thread only.
 * Errors:  ERR_UNSUPPORTED names the filter and the package to install.
 * Tests:   tests/test_h5lib.c */
#ifndef DATA_H5FILTER_H
#define DATA_H5FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include <hdf5.h>

#include "base/err.h"

enum { H5FILTER_LZF = 32000, H5FILTER_ZSTD = 32015 };

/* Tell libhdf5 about both, once per process. */
void h5filter_register(void);

/* Every filter of a dataset is there; what names it. */
MUST_CHECK enum err h5filter_check(hid_t dset, const char *what, struct errbuf *eb);

/* Unpack n bytes of one of the two to exactly `bytes`; false if they are not so many,
 * or damaged.  Any thread. */
bool h5filter_unpack(int filter, const void *in, size_t n, void *out, size_t bytes);

#endif
