/* h5ad_parts.c - AnnData's encodings on libhdf5: what the writers of a file share. */
#include "data/h5ad_parts.h"

#include <stdlib.h>

#include "data/h5lib.h"

enum {
    CHUNK_VALUES = 1 << 16, /* stored values per chunk */
    GZIP_LEVEL = 1          /* counts compress well at any level */
};

enum err
h5ad_fail(const struct h5ad_writer *w, const char *what, struct errbuf *eb)
{
    char *why = h5_error();
    enum err e =
        err_set(eb, ERR_IO, "%s: libhdf5 could not make %s: %s", w->path, what, why);

    free(why);
    return e;
}

bool
h5ad_attribute(hid_t object, const char *name, hid_t type, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attr = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = attr >= 0 && H5Awrite(attr, type, value) >= 0;

    if (attr >= 0)
        H5Aclose(attr);
    H5Sclose(space);
    return ok;
}

bool
h5ad_text_attribute(const struct h5ad_writer *w, hid_t object, const char *name,
                    const char *value)
{
    return h5ad_attribute(object, name, w->text, &value);
}

bool
h5ad_encoding(const struct h5ad_writer *w, hid_t object, const char *type,
              const char *version)
{
    return h5ad_text_attribute(w, object, "encoding-type", type) &&
           h5ad_text_attribute(w, object, "encoding-version", version);
}

hid_t
h5ad_links(void)
{
    hid_t plist = H5Pcreate(H5P_LINK_CREATE);

    H5Pset_create_intermediate_group(plist, 1);
    return plist;
}

hid_t
h5ad_group(const struct h5ad_writer *w, hid_t parent, const char *name,
           const char *type, const char *version)
{
    hid_t links = h5ad_links();
    hid_t group = H5Gcreate2(parent, name, links, H5P_DEFAULT, H5P_DEFAULT);

    H5Pclose(links);
    if (group >= 0 && !h5ad_encoding(w, group, type, version)) {
        H5Gclose(group);
        return -1;
    }
    return group;
}

hid_t
h5ad_properties(void)
{
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);

    H5Pset_obj_track_times(plist, false);
    return plist;
}

hid_t
h5ad_layout(hsize_t n, bool compress)
{
    hid_t plist = h5ad_properties();
    hsize_t chunk = n < CHUNK_VALUES ? n : CHUNK_VALUES;

    if (compress && n > 0) {
        H5Pset_chunk(plist, 1, &chunk);
        H5Pset_shuffle(plist);
        H5Pset_deflate(plist, GZIP_LEVEL);
    }
    return plist;
}

bool
h5ad_shape(hid_t group, size_t n_rows, size_t n_cols)
{
    const int64_t shape[2] = {(int64_t)n_rows, (int64_t)n_cols};
    hsize_t two = 2;
    hid_t space = H5Screate_simple(1, &two, NULL);
    hid_t attr =
        H5Acreate2(group, "shape", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = attr >= 0 && H5Awrite(attr, H5T_NATIVE_INT64, shape) >= 0;

    if (attr >= 0)
        H5Aclose(attr);
    H5Sclose(space);
    return ok;
}
