/* parquet_codec.h - unpacking the pages of a Parquet file.
 *
 * Threads: any thread.
 * Errors:  ERR_FORMAT: damaged; ERR_UNSUPPORTED names the codec and those that are read.
 * Source:  Apache Parquet, Compression.md.
 * Tests:   tests/test_parquet.c */
#ifndef DATA_PARQUET_CODEC_H
#define DATA_PARQUET_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
    PARQUET_UNCOMPRESSED = 0,
    PARQUET_SNAPPY = 1,
    PARQUET_GZIP = 2,
    PARQUET_ZSTD = 6
};

/* out (bytes) = what the n > 0 bytes of `in` are packed from; it must be just as long. */
MUST_CHECK enum err parquet_unpack(int64_t codec, const uint8_t *in, size_t n,
                                   uint8_t *out, size_t bytes, struct errbuf *eb);

#endif
