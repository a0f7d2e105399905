/* h5filter.c - LZF and Zstandard chunks, and the names of filters that are missing. */
#include "data/h5filter.h"

#include <stdlib.h>

#include <lzf.h>
#include <zstd.h>

enum { CHUNK_MAX = 1 << 30 }; /* bytes of a chunk that we unpack */

/* Replace the pipeline's buffer; returns the bytes in it. */
static size_t
hand_over(void **buf, size_t *buf_size, void *out, size_t n, size_t cap)
{
    H5free_memory(*buf);
    *buf = out;
    *buf_size = cap;
    return n;
}

static size_t
lzf_pack(size_t n, size_t *buf_size, void **buf)
{
    unsigned cap = n > 1 ? (unsigned)n - 1 : 0;
    void *out = cap ? H5allocate_memory(cap, 0) : NULL;
    unsigned got = out ? lzf_compress(*buf, (unsigned)n, out, cap) : 0;

    if (got)
        return hand_over(buf, buf_size, out, got, cap);
    H5free_memory(out);
    return 0; /* as large as before: libhdf5 stores the chunk without the filter */
}

static size_t
lzf_unpack(size_t hint, size_t n, size_t *buf_size, void **buf)
{
    for (size_t cap = hint ? hint : 4 * n + 64; cap <= CHUNK_MAX; cap *= 2) {
        void *out = H5allocate_memory(cap, 0);
        unsigned got = out ? lzf_decompress(*buf, (unsigned)n, out, (unsigned)cap) : 0;

        if (got)
            return hand_over(buf, buf_size, out, got, cap);
        H5free_memory(out);
    }
    return 0;
}

/* cd_values: filter revision, LZF version, bytes of a chunk. */
static size_t
lzf_filter(unsigned flags, size_t n_cd, const unsigned cd[], size_t n, size_t *buf_size,
           void **buf)
{
    if (n > CHUNK_MAX)
        return 0;
    if (!(flags & H5Z_FLAG_REVERSE))
        return lzf_pack(n, buf_size, buf);
    return lzf_unpack(n_cd >= 3 ? cd[2] : 0, n, buf_size, buf);
}

static size_t
zstd_pack(int level, size_t n, size_t *buf_size, void **buf)
{
    size_t cap = ZSTD_compressBound(n);
    void *out = H5allocate_memory(cap, 0);
    size_t got = out ? ZSTD_compress(out, cap, *buf, n, level) : 0;

    if (got && !ZSTD_isError(got))
        return hand_over(buf, buf_size, out, got, cap);
    H5free_memory(out);
    return 0;
}

static size_t
zstd_unpack(size_t n, size_t *buf_size, void **buf)
{
    unsigned long long size = ZSTD_getFrameContentSize(*buf, n);

    if (size == ZSTD_CONTENTSIZE_ERROR ||
        (size != ZSTD_CONTENTSIZE_UNKNOWN && size > CHUNK_MAX))
        return 0;
    size_t cap = size == ZSTD_CONTENTSIZE_UNKNOWN ? 4 * n + 64 : (size_t)size + 1;
    for (; cap <= CHUNK_MAX + (size_t)1; cap *= 2) {
        void *out = H5allocate_memory(cap, 0);
        size_t got = out ? ZSTD_decompress(out, cap, *buf, n) : 0;

        if (got && !ZSTD_isError(got))
            return hand_over(buf, buf_size, out, got, cap);
        H5free_memory(out);
        if (!out || size != ZSTD_CONTENTSIZE_UNKNOWN)
            break;
    }
    return 0;
}

/* cd_values: level. */
static size_t
zstd_filter(unsigned flags, size_t n_cd, const unsigned cd[], size_t n,
            size_t *buf_size, void **buf)
{
    if (n > CHUNK_MAX)
        return 0;
    if (!(flags & H5Z_FLAG_REVERSE))
        return zstd_pack(n_cd ? (int)cd[0] : 3, n, buf_size, buf);
    return zstd_unpack(n, buf_size, buf);
}

bool
h5filter_unpack(int filter, const void *in, size_t n, void *out, size_t bytes)
{
    if (n > CHUNK_MAX || bytes > CHUNK_MAX)
        return false;
    if (filter == H5FILTER_LZF)
        return lzf_decompress(in, (unsigned)n, out, (unsigned)bytes) == bytes;
    return filter == H5FILTER_ZSTD && ZSTD_decompress(out, bytes, in, n) == bytes;
}

static const struct {
    int id;
    const char *name, *package;
} known[] = {
    {H5Z_FILTER_SZIP, "szip", "a libhdf5 with szip"},
    {307, "bzip2", "hdf5-filter-plugin"},
    {H5FILTER_LZF, "lzf", "hdf5-plugin-lzf"},
    {32001, "blosc", "hdf5-filter-plugin-blosc-serial"},
    {32004, "lz4", "hdf5-filter-plugin"},
    {32008, "bitshuffle", "the bitshuffle plugin"},
    {H5FILTER_ZSTD, "zstd", "the Zstandard plugin"},
    {32026, "blosc2", "the Blosc2 plugin"},
};

static enum err
missing_filter(int id, const char *name, const char *what, struct errbuf *eb)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].id == id)
            return err_set(eb, ERR_UNSUPPORTED,
                           "%s is compressed with filter %d (%s): install %s or set "
                           "HDF5_PLUGIN_PATH",
                           what, id, known[i].name, known[i].package);
    return err_set(eb, ERR_UNSUPPORTED,
                   "%s is compressed with filter %d (%s), which is not installed: set "
                   "HDF5_PLUGIN_PATH to the folder of its plugin, or write the file "
                   "again with gzip",
                   what, id, *name ? name : "no name");
}

enum err
h5filter_check(hid_t dset, const char *what, struct errbuf *eb)
{
    hid_t dcpl = H5Dget_create_plist(dset);
    enum err e = ERR_OK;
    int n = dcpl < 0 ? 0 : H5Pget_nfilters(dcpl);

    for (int i = 0; i < n && !e; i++) {
        unsigned flags = 0, config = 0;
        size_t n_cd = 0;
        char name[64] = "";
        int id = H5Pget_filter2(dcpl, (unsigned)i, &flags, &n_cd, NULL, sizeof name,
                                name, &config);

        name[sizeof name - 1] = '\0';
        if (id > 0 && H5Zfilter_avail(id) <= 0)
            e = missing_filter(id, name, what, eb);
    }
    if (dcpl >= 0)
        H5Pclose(dcpl);
    return e;
}

static const H5Z_class2_t filter_class[] = {
    {H5Z_CLASS_T_VERS, H5FILTER_LZF, 1, 1, "lzf", NULL, NULL, lzf_filter},
    {H5Z_CLASS_T_VERS, H5FILTER_ZSTD, 1, 1, "zstd", NULL, NULL, zstd_filter},
};

void
h5filter_register(void)
{
    for (size_t i = 0; i < sizeof filter_class / sizeof *filter_class; i++)
        (void)H5Zregister(&filter_class[i]);
}
