/* parquet_codec.c - unpacking the pages of a Parquet file. */
#include "data/parquet_codec.h"

#include <stdbool.h>

#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

static bool
unpack_none(const uint8_t *in, size_t n, uint8_t *out, size_t bytes)
{
    for (size_t i = 0; i < bytes && n == bytes; i++)
        out[i] = in[i];
    return n == bytes;
}

static bool
unpack_snappy(const uint8_t *in, size_t n, uint8_t *out, size_t bytes)
{
    size_t got = 0;

    return snappy_uncompressed_length((const char *)in, n, &got) == SNAPPY_OK &&
           got == bytes &&
           snappy_uncompress((const char *)in, n, (char *)out, &got) == SNAPPY_OK &&
           got == bytes;
}

/* A file may be several members one after the other. */
static bool
inflate_members(z_stream *z)
{
    int r = Z_OK;

    while (r == Z_OK) {
        r = inflate(z, Z_NO_FLUSH);
        if (r == Z_STREAM_END && z->avail_in)
            r = inflateReset(z);
    }
    return r == Z_STREAM_END && !z->avail_out;
}

static bool
unpack_gzip(const uint8_t *in, size_t n, uint8_t *out, size_t bytes)
{
    enum { ZLIB_OR_GZIP = 15 + 32 }; /* windowBits of zlib.h */
    uint8_t none;
    z_stream z = {.next_in = (z_const Bytef *)(uintptr_t)in,
                  .avail_in = (uInt)n,
                  .next_out = bytes ? out : &none,
                  .avail_out = (uInt)bytes};

    if (n > UINT32_MAX || bytes > UINT32_MAX || inflateInit2(&z, ZLIB_OR_GZIP) != Z_OK)
        return false;
    bool ok = inflate_members(&z);

    inflateEnd(&z);
    return ok;
}

static bool
unpack_zstd(const uint8_t *in, size_t n, uint8_t *out, size_t bytes)
{
    return ZSTD_decompress(out, bytes, in, n) == bytes;
}

static const struct codec {
    const char *name;
    bool (*unpack)(const uint8_t *in, size_t n, uint8_t *out, size_t bytes);
} codecs[] = {
    [PARQUET_UNCOMPRESSED] = {"uncompressed", unpack_none},
    [PARQUET_SNAPPY] = {"Snappy", unpack_snappy},
    [PARQUET_GZIP] = {"gzip", unpack_gzip},
    [3] = {"LZO", NULL},
    [4] = {"Brotli", NULL},
    [5] = {"LZ4 as Hadoop frames it", NULL},
    [PARQUET_ZSTD] = {"Zstandard", unpack_zstd},
    [7] = {"LZ4", NULL},
};

enum err
parquet_unpack(int64_t codec, const uint8_t *in, size_t n, uint8_t *out, size_t bytes,
               struct errbuf *eb)
{
    bool is_known = codec >= 0 && codec < (int64_t)(sizeof codecs / sizeof *codecs);
    const struct codec *c = is_known ? &codecs[codec] : NULL;

    if (!c || !c->unpack)
        return err_set(eb, ERR_UNSUPPORTED,
                       "is compressed by %s (codec %lld), which is not read: write it "
                       "with snappy, zstd, gzip or uncompressed",
                       c ? c->name : "an unknown method", (long long)codec);
    if (!c->unpack(in, n, out, bytes))
        return err_set(eb, ERR_FORMAT,
                       "%zu bytes that do not unpack (%s) to the %zu they should: the "
                       "file is damaged, copy it again",
                       n, c->name, bytes);
    return ERR_OK;
}
