/* h5ad_write.c - AnnData's encodings on libhdf5. */
#include "data/h5ad_write.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hdf5.h>

#include "base/beside.h"
#include "base/xalloc.h"
#include "data/file_place.h"
#include "data/h5ad_parts.h"
#include "data/h5lib.h"

enum {
    IMAGE_STEP = 16 << 20 /* bytes by which the file grows in memory */
};

static hid_t
make_flag_type(void)
{
    hid_t type = H5Tenum_create(H5T_STD_I8LE);

    H5Tenum_insert(type, "FALSE", &(int8_t){0});
    H5Tenum_insert(type, "TRUE", &(int8_t){1});
    return type;
}

static hid_t
make_text_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);

    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

/* parent/name = data[0..n), stored as file_type; encoding may be NULL (an untagged
 * part of a sparse matrix). */
static bool
put_array(const struct h5ad_writer *w, hid_t parent, const char *name, size_t n,
          hid_t file_type, hid_t memory_type, const void *data, const char *encoding)
{
    hsize_t dims = n;
    hid_t space = H5Screate_simple(1, &dims, NULL);
    hid_t plist = h5ad_layout(dims, file_type != w->text), links = h5ad_links();
    hid_t set = H5Dcreate2(parent, name, file_type, space, links, plist, H5P_DEFAULT);
    bool ok = set >= 0;

    if (ok && n > 0)
        ok = H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0;
    if (ok && encoding)
        ok = h5ad_encoding(w, set, encoding, "0.2.0");
    if (set >= 0)
        H5Dclose(set);
    H5Pclose(links);
    H5Pclose(plist);
    H5Sclose(space);
    return ok;
}

static bool
put_texts(const struct h5ad_writer *w, hid_t parent, const char *name,
          const struct strlist *text)
{
    return put_array(w, parent, name, text->n, w->text, w->text, text->item,
                     "string-array");
}

/* A file on disk that was not put into its place goes. */
static void
writer_free(struct h5ad_writer *w)
{
    if (w->file >= 0)
        H5Fclose(w->file);
    H5Tclose(w->flag);
    H5Tclose(w->text);
    if (w->fd >= 0)
        close(w->fd);
    if (w->tmp)
        unlink(w->tmp);
    free(w->tmp);
    free(w->path);
    free(w);
}

void
h5ad_writer_abandon(struct h5ad_writer *w)
{
    if (w)
        writer_free(w);
}

/* The root and the groups that every file has. */
static bool
make_skeleton(const struct h5ad_writer *w)
{
    static const char *const groups[] = {"layers", "obsm", "obsp",
                                         "uns",    "varm", "varp"};

    if (!h5ad_encoding(w, w->file, "anndata", "0.1.0"))
        return false;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        hid_t group = h5ad_group(w, w->file, groups[i], "dict", "0.1.0");

        if (group < 0)
            return false;
        H5Gclose(group);
    }
    return true;
}

static struct h5ad_writer *
writer_new(const char *path)
{
    struct h5ad_writer *w = xcalloc(1, sizeof *w);

    h5_init();
    w->path = xstrdup(path);
    w->fd = -1;
    w->file = H5I_INVALID_HID;
    w->text = make_text_type();
    w->flag = make_flag_type();
    return w;
}

/* Create name with these access properties, which are closed. */
static enum err
create_file(struct h5ad_writer *w, const char *name, hid_t access, struct errbuf *eb)
{
    w->file = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    return w->file >= 0 && make_skeleton(w) ? ERR_OK
                                            : h5ad_fail(w, "an empty file", eb);
}

enum err
h5ad_writer_open(struct h5ad_writer **out, const char *path, struct errbuf *eb)
{
    struct h5ad_writer *w = writer_new(path);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);

    H5Pset_fapl_core(access, IMAGE_STEP, false);
    /* A name that no file can have: libhdf5 would read what stands at the path. */
    enum err e = create_file(w, "/dev/null/image", access, eb);

    *out = e ? NULL : w;
    if (e)
        writer_free(w);
    return e;
}

enum err
h5ad_writer_open_disk(struct h5ad_writer **out, const char *path, uint64_t bytes,
                      struct errbuf *eb)
{
    struct h5ad_writer *w = writer_new(path);
    char *tmp = beside_path(path, getpid());
    enum err e = ERR_OK;

    beside_sweep(path);
    w->fd = beside_create(path);
    if (w->fd < 0)
        e = err_errno(eb, "cannot create %s", path);
    else
        w->tmp = tmp;
    /* Once to see that there is room; making the file gives it back. */
    if (!e && !(e = file_reserve(w->fd, path, bytes, eb)) &&
        !(e = create_file(w, tmp, H5Pcreate(H5P_FILE_ACCESS), eb)))
        e = file_reserve(w->fd, path, bytes, eb);
    if (!w->tmp)
        free(tmp);
    *out = e ? NULL : w;
    if (e)
        writer_free(w);
    return e;
}

enum err
h5ad_write_x(struct h5ad_writer *w, const struct csr *x, struct errbuf *eb)
{
    assert(x->value);
    size_t nnz = (size_t)x->indptr[x->n_rows];
    hid_t wide = nnz > INT32_MAX ? H5T_STD_I64LE : H5T_STD_I32LE;
    hid_t group = h5ad_group(w, w->file, "X", "csr_matrix", "0.1.0");
    bool ok = group >= 0 && h5ad_shape(group, x->n_rows, x->n_cols) &&
              put_array(w, group, "indptr", x->n_rows + 1, wide, H5T_NATIVE_UINT64,
                        x->indptr, NULL) &&
              put_array(w, group, "indices", nnz, H5T_STD_I32LE, H5T_NATIVE_UINT16,
                        x->index, NULL) &&
              put_array(w, group, "data", nnz, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT,
                        x->value, NULL);

    if (group >= 0)
        H5Gclose(group);
    return ok ? ERR_OK : h5ad_fail(w, "X", eb);
}

static bool
put_categorical(const struct h5ad_writer *w, hid_t frame, const struct h5ad_column *c,
                size_t n)
{
    /* The width that pandas would choose. */
    hid_t type = c->levels->n < INT8_MAX    ? H5T_STD_I8LE
                 : c->levels->n < INT16_MAX ? H5T_STD_I16LE
                                            : H5T_STD_I32LE;
    hid_t group = h5ad_group(w, frame, c->name, "categorical", "0.2.0");
    bool ok = group >= 0 && h5ad_attribute(group, "ordered", w->flag, &(int8_t){0}) &&
              put_texts(w, group, "categories", c->levels) &&
              put_array(w, group, "codes", n, type, H5T_NATIVE_INT32, c->code, "array");

    if (group >= 0)
        H5Gclose(group);
    return ok;
}

static bool
put_column(const struct h5ad_writer *w, hid_t frame, const struct h5ad_column *c,
           size_t n)
{
    switch (c->kind) {
    case H5AD_CATEGORICAL: return put_categorical(w, frame, c, n);
    case H5AD_TEXT: return put_texts(w, frame, c->name, c->text);
    case H5AD_BOOL:
        return put_array(w, frame, c->name, n, w->flag, w->flag, c->flag, "array");
    case H5AD_REAL:
        return put_array(w, frame, c->name, n, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE,
                         c->real, "array");
    case H5AD_INT:
        return put_array(w, frame, c->name, n, H5T_STD_I64LE, H5T_NATIVE_INT64,
                         c->integer, "array");
    }
    return false;
}

/* frame.column-order = the names; AnnData's own empty one is a float array. */
static bool
put_column_order(const struct h5ad_writer *w, hid_t frame, const char *const *name,
                 size_t n_cols)
{
    hsize_t dims = n_cols;
    hid_t type = n_cols ? w->text : H5T_IEEE_F64LE;
    hid_t space = H5Screate_simple(1, &dims, NULL);
    hid_t attr =
        H5Acreate2(frame, "column-order", type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = attr >= 0 && (!n_cols || H5Awrite(attr, type, name) >= 0);
    if (attr >= 0)
        H5Aclose(attr);
    H5Sclose(space);
    return ok;
}

enum err
h5ad_frame_begin(struct h5ad_writer *w, const char *frame, const struct strlist *index,
                 const char *const *name, size_t n_cols, struct errbuf *eb)
{
    hid_t group = h5ad_group(w, w->file, frame, "dataframe", "0.2.0");
    bool ok = group >= 0 && h5ad_text_attribute(w, group, "_index", "_index") &&
              put_column_order(w, group, name, n_cols) &&
              put_texts(w, group, "_index", index);

    if (group >= 0)
        H5Gclose(group);
    return ok ? ERR_OK : h5ad_fail(w, frame, eb);
}

enum err
h5ad_frame_put(struct h5ad_writer *w, const char *frame, const struct h5ad_column *col,
               size_t n, struct errbuf *eb)
{
    hid_t group = H5Gopen2(w->file, frame, H5P_DEFAULT);
    bool ok = group >= 0 && put_column(w, group, col, n);

    if (group >= 0)
        H5Gclose(group);
    return ok ? ERR_OK : h5ad_fail(w, col->name, eb);
}

enum err
h5ad_write_frame(struct h5ad_writer *w, const char *frame, const struct strlist *index,
                 const struct h5ad_column *col, size_t n_cols, struct errbuf *eb)
{
    const char **name = xcalloc(n_cols, sizeof *name);

    for (size_t i = 0; i < n_cols; i++)
        name[i] = col[i].name;
    enum err e = h5ad_frame_begin(w, frame, index, name, n_cols, eb);

    for (size_t i = 0; !e && i < n_cols; i++)
        e = h5ad_frame_put(w, frame, &col[i], index->n, eb);
    free(name);
    return e;
}

/* uns/group, made if it is not there. */
static hid_t
open_uns(const struct h5ad_writer *w, const char *group)
{
    hid_t uns = H5Gopen2(w->file, "uns", H5P_DEFAULT), sub;

    if (uns < 0 || !*group)
        return uns;
    sub = H5Lexists(uns, group, H5P_DEFAULT) > 0
              ? H5Gopen2(uns, group, H5P_DEFAULT)
              : h5ad_group(w, uns, group, "dict", "0.1.0");
    H5Gclose(uns);
    return sub;
}

static enum err
put_scalar(struct h5ad_writer *w, const char *group, const char *key, hid_t type,
           const void *value, const char *encoding, struct errbuf *eb)
{
    hid_t parent = open_uns(w, group);
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t plist = h5ad_properties();
    hid_t set = H5Dcreate2(parent, key, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    bool ok = set >= 0 &&
              H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0 &&
              h5ad_encoding(w, set, encoding, "0.2.0");

    if (set >= 0)
        H5Dclose(set);
    H5Pclose(plist);
    H5Sclose(space);
    if (parent >= 0)
        H5Gclose(parent);
    return ok ? ERR_OK : h5ad_fail(w, key, eb);
}

enum err
h5ad_write_uns_text(struct h5ad_writer *w, const char *group, const char *key,
                    const char *value, struct errbuf *eb)
{
    return put_scalar(w, group, key, w->text, &value, "string", eb);
}

enum err
h5ad_write_uns_texts(struct h5ad_writer *w, const char *group, const char *key,
                     const struct strlist *text, struct errbuf *eb)
{
    hid_t parent = open_uns(w, group);
    bool ok = parent >= 0 && put_texts(w, parent, key, text);

    if (parent >= 0)
        H5Gclose(parent);
    return ok ? ERR_OK : h5ad_fail(w, key, eb);
}

enum err
h5ad_write_uns_real(struct h5ad_writer *w, const char *group, const char *key,
                    double value, struct errbuf *eb)
{
    return put_scalar(w, group, key, H5T_NATIVE_DOUBLE, &value, "numeric-scalar", eb);
}

enum err
h5ad_write_uns_int(struct h5ad_writer *w, const char *group, const char *key,
                   int64_t value, struct errbuf *eb)
{
    return put_scalar(w, group, key, H5T_NATIVE_INT64, &value, "numeric-scalar", eb);
}

/* The bytes of the file; caller frees *image. */
static enum err
take_image(const struct h5ad_writer *w, char **image, size_t *n, struct errbuf *eb)
{
    *image = NULL;
    if (H5Fflush(w->file, H5F_SCOPE_LOCAL) < 0)
        return h5ad_fail(w, "the file", eb);
    ssize_t size = H5Fget_file_image(w->file, NULL, 0);

    if (size <= 0)
        return h5ad_fail(w, "the file", eb);
    *n = (size_t)size;
    enum err e = big_calloc(image, *n, 1, w->path, eb);
    if (!e && H5Fget_file_image(w->file, *image, *n) != size)
        e = h5ad_fail(w, "the file", eb);
    return e;
}

static enum err
put_image(const struct h5ad_writer *w, struct errbuf *eb)
{
    char *image = NULL;
    size_t n = 0;
    enum err e = take_image(w, &image, &n, eb);

    if (!e)
        e = file_put(w->path, image, n, eb);
    free(image);
    return e;
}

/* The file on disk is whole: give back what was reserved and not used, and rename it. */
static enum err
put_disk(struct h5ad_writer *w, struct errbuf *eb)
{
    struct stat st;
    herr_t closed = H5Fclose(w->file);

    w->file = H5I_INVALID_HID;
    if (closed < 0)
        return h5ad_fail(w, "the file", eb);
    if (fstat(w->fd, &st) || ftruncate(w->fd, st.st_size) || fsync(w->fd) ||
        rename(w->tmp, w->path))
        return err_errno(eb, "cannot write %s", w->path);
    free(w->tmp);
    w->tmp = NULL;
    return ERR_OK;
}

enum err
h5ad_writer_close(struct h5ad_writer *w, struct errbuf *eb)
{
    enum err e = w->tmp ? put_disk(w, eb) : put_image(w, eb);

    writer_free(w);
    return e;
}
