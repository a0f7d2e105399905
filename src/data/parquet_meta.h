/* parquet_meta.h - the footer of a Parquet file.
 *
 * Threads: any thread.
 * Errors:  ERR_FORMAT, ERR_UNSUPPORTED; texts start with the name of the file.
 * Tests:   tests/test_parquet.c */
#ifndef DATA_PARQUET_META_H
#define DATA_PARQUET_META_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/parquet.h"

/* Fill columns, row groups and chunks of f, whose name and footer_begin are set, from the
 * n bytes of its footer.  On error the caller closes f. */
MUST_CHECK enum err parquet_meta_read(struct parquet *f, const uint8_t *data, size_t n,
                                      struct errbuf *eb);

#endif
