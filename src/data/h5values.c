/* h5values.c - libhdf5 with errors as text: the values of datasets. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/h5filter.h"
#include "data/h5lib.h"

enum { TEXT_SLAB = 65536 }; /* strings per read */

enum err
h5_dataset_open(hid_t *dset, hid_t loc, const char *path, struct errbuf *eb)
{
    *dset = -1;
    if (!h5_is_dataset(loc, path))
        return err_set(eb, ERR_FORMAT, "%s is missing or no dataset", path);
    *dset = H5Dopen2(loc, path, H5P_DEFAULT);
    if (*dset < 0) {
        char *why = h5_error();
        enum err e = err_set(eb, ERR_FORMAT, "cannot open %s: %s", path, why);

        free(why);
        return e;
    }
    enum err e = h5filter_check(*dset, path, eb);
    if (e) {
        h5_close(*dset);
        *dset = -1;
    }
    return e;
}

int
h5_dims(hid_t dset, hsize_t *dims, int max)
{
    hid_t space = H5Dget_space(dset);
    int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);

    if (rank > max)
        rank = -1;
    if (rank > 0)
        rank = H5Sget_simple_extent_dims(space, dims, NULL);
    h5_close(space);
    return rank;
}

enum err
h5_length(size_t *n, hid_t dset, const char *what, struct errbuf *eb)
{
    hsize_t dim[1] = {1};
    int rank = h5_dims(dset, dim, 1);

    *n = 0;
    if (rank < 0)
        return err_set(eb, ERR_FORMAT, "%s is not one-dimensional", what);
    hid_t space = H5Dget_space(dset);

    *n = H5Sget_simple_extent_type(space) == H5S_NULL ? 0 : (size_t)dim[0];
    h5_close(space);
    return ERR_OK;
}

static bool
is_false_true(hid_t type)
{
    if (H5Tget_nmembers(type) != 2)
        return false;
    char *a = H5Tget_member_name(type, 0), *b = H5Tget_member_name(type, 1);
    bool yes = a && b &&
               ((strcmp(a, "FALSE") == 0 && strcmp(b, "TRUE") == 0) ||
                (strcmp(a, "TRUE") == 0 && strcmp(b, "FALSE") == 0));

    H5free_memory(a);
    H5free_memory(b);
    return yes;
}

enum h5_class
h5_class_of_type(hid_t type)
{
    H5T_class_t c = H5Tget_class(type);

    if (c == H5T_INTEGER)
        return H5_INTEGER;
    if (c == H5T_FLOAT)
        return H5_FLOAT;
    if (c == H5T_STRING)
        return H5_TEXT;
    if (c == H5T_ENUM)
        return is_false_true(type) ? H5_BOOL : H5_OTHER;
    return H5_OTHER;
}

enum h5_class
h5_class_of(hid_t dset)
{
    hid_t type = H5Dget_type(dset);
    enum h5_class c = type < 0 ? H5_OTHER : h5_class_of_type(type);

    h5_close(type);
    return c;
}

bool
h5_is_unsigned(hid_t type)
{
    return H5Tget_class(type) == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_NONE;
}

static enum err
read_failed(const char *what, struct errbuf *eb)
{
    char *why = h5_error();
    enum err e = err_set(eb, ERR_FORMAT, "cannot read %s: %s", what, why);

    free(why);
    return e;
}

/* Read rows [from, from + n) of all columns as memory type `type`. */
static enum err
read_slab(hid_t dset, const char *what, size_t from, size_t n, hid_t type, void *out,
          struct errbuf *eb)
{
    hsize_t start[2] = {from, 0}, count[2] = {0, 0};
    int rank = h5_dims(dset, count, 2);

    if (n == 0)
        return ERR_OK;
    if (rank < 0)
        return err_set(eb, ERR_FORMAT, "%s has more than two dimensions", what);
    if (rank > 0 && (from > count[0] || n > count[0] - from))
        return err_set(eb, ERR_FORMAT, "%s ends before element %zu", what, from + n);
    count[0] = n;
    hid_t space = H5Dget_space(dset);
    hid_t mem = rank > 0 ? H5Screate_simple(rank, count, NULL) : H5Screate(H5S_SCALAR);
    herr_t rc = space < 0 || mem < 0 ? -1 : 0;

    if (rc >= 0 && rank > 0)
        rc = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    if (rc >= 0)
        rc = H5Dread(dset, type, mem, space, H5P_DEFAULT, out);
    enum err e = rc < 0 ? read_failed(what, eb) : ERR_OK;

    h5_close(mem);
    h5_close(space);
    return e;
}

/* libhdf5 converts any integer or float to the type asked for, but enumerations only
 * to integers: those are read as bytes and widened from the back. */
static bool
is_enum(hid_t dset)
{
    return h5_class_of(dset) == H5_BOOL;
}

static enum err
check_numeric(hid_t dset, const char *what, struct errbuf *eb)
{
    enum h5_class c = h5_class_of(dset);

    if (c == H5_TEXT || c == H5_OTHER)
        return err_set(eb, ERR_FORMAT, "%s does not hold numbers", what);
    return ERR_OK;
}

enum err
h5_read_ints(hid_t dset, const char *what, size_t from, size_t n, int64_t *out,
             struct errbuf *eb)
{
    _Static_assert(sizeof(long long) == sizeof *out, "H5T_NATIVE_LLONG is int64_t");
    enum err e = check_numeric(dset, what, eb);

    if (e)
        return e;
    if (!is_enum(dset))
        return read_slab(dset, what, from, n, H5T_NATIVE_LLONG, out, eb);
    signed char *narrow = (signed char *)out;

    e = read_slab(dset, what, from, n, H5T_NATIVE_SCHAR, narrow, eb);
    for (size_t i = n; !e && i-- > 0;)
        out[i] = narrow[i];
    return e;
}

enum err
h5_read_uints(hid_t dset, const char *what, size_t from, size_t n, uint64_t *out,
              struct errbuf *eb)
{
    enum err e = check_numeric(dset, what, eb);

    return e ? e : read_slab(dset, what, from, n, H5T_NATIVE_ULLONG, out, eb);
}

static enum err
read_real(hid_t dset, const char *what, size_t from, size_t n, size_t cols, float *out,
          struct errbuf *eb)
{
    enum err e = check_numeric(dset, what, eb);

    if (e)
        return e;
    if (!is_enum(dset))
        return read_slab(dset, what, from, n, H5T_NATIVE_FLOAT, out, eb);
    signed char *narrow = (signed char *)out;

    e = read_slab(dset, what, from, n, H5T_NATIVE_SCHAR, narrow, eb);
    for (size_t i = n * cols; !e && i-- > 0;) {
        signed char x = narrow[i];

        out[i] = (float)x;
    }
    return e;
}

enum err
h5_read_floats(hid_t dset, const char *what, size_t from, size_t n, float *out,
               struct errbuf *eb)
{
    return read_real(dset, what, from, n, 1, out, eb);
}

enum err
h5_read_rows(hid_t dset, const char *what, size_t from, size_t n, size_t cols,
             float *out, struct errbuf *eb)
{
    return read_real(dset, what, from, n, cols, out, eb);
}

/* The type of memory in which all numbers of the dataset are what they are. */
static struct rounded_type
wide_type(hid_t dset, hid_t *memory)
{
    hid_t type = H5Dget_type(dset);
    bool real = H5Tget_class(type) == H5T_FLOAT, no_sign = h5_is_unsigned(type);
    size_t size = H5Tget_size(type);
    struct rounded_type wide = {sizeof(double), real ? 'f' : no_sign ? 'u' : 'i'};

    *memory = real ? H5T_NATIVE_DOUBLE : no_sign ? H5T_NATIVE_ULLONG : H5T_NATIVE_LLONG;
    if (size < sizeof(float) || (real && size == sizeof(float)))
        wide.size = size; /* float32 has them all */
    h5_close(type);
    return wide;
}

enum err
h5_count_rounded(hid_t dset, const char *what, size_t from, size_t n, size_t cols,
                 struct rounded *r, struct errbuf *eb)
{
    hid_t memory;
    void *x;

    if (!r || !n || !cols || is_enum(dset))
        return ERR_OK;
    struct rounded_type type = wide_type(dset, &memory);

    if (!rounded_can(type))
        return ERR_OK;
    enum err e = big_calloc(&x, n * cols, type.size, what, eb);

    if (!e)
        e = read_slab(dset, what, from, n, memory, x, eb);
    if (!e)
        rounded_count(r, type, x, n * cols);
    free(x);
    return e;
}

enum err
h5_read_doubles(hid_t dset, const char *what, size_t from, size_t n, double *out,
                struct errbuf *eb)
{
    enum err e = check_numeric(dset, what, eb);

    return e ? e : read_slab(dset, what, from, n, H5T_NATIVE_DOUBLE, out, eb);
}

/* --- strings --- */

void
h5_text_at(hid_t type, const void *buf, size_t i, h5_text_fn fn, void *ctx,
           size_t index)
{
    if (H5Tis_variable_str(type) > 0) {
        const char *s = ((char *const *)buf)[i];

        fn(ctx, index, s ? s : "");
        return;
    }
    size_t size = H5Tget_size(type);
    const char *s = (const char *)buf + i * size;
    size_t n = strnlen(s, size);

    if (H5Tget_strpad(type) == H5T_STR_SPACEPAD)
        while (n > 0 && s[n - 1] == ' ')
            n--;
    char *copy = xstrndup(s, n);

    fn(ctx, index, copy);
    free(copy);
}

static enum err
read_text_slab(hid_t dset, const char *what, hid_t type, size_t from, size_t n,
               void *buf, h5_text_fn fn, void *ctx, struct errbuf *eb)
{
    enum err e = read_slab(dset, what, from, n, type, buf, eb);

    if (e)
        return e;
    for (size_t i = 0; i < n; i++)
        h5_text_at(type, buf, i, fn, ctx, from + i);
    if (H5Tis_variable_str(type) > 0) {
        hsize_t dim[1] = {n};
        hid_t space = H5Screate_simple(1, dim, NULL);

        (void)H5Dvlen_reclaim(type, space, H5P_DEFAULT, buf);
        h5_close(space);
    }
    return ERR_OK;
}

enum err
h5_read_texts(hid_t dset, const char *what, h5_text_fn fn, void *ctx, struct errbuf *eb)
{
    size_t n = 0;
    enum err e = h5_length(&n, dset, what, eb);

    if (e)
        return e;
    hid_t type = H5Dget_type(dset);
    void *buf = NULL;

    if (h5_class_of_type(type) != H5_TEXT)
        e = err_set(eb, ERR_FORMAT, "%s does not hold text", what);
    size_t slab = n < TEXT_SLAB ? n : TEXT_SLAB;

    if (!e && n)
        e = big_calloc(&buf, slab, H5Tget_size(type), what, eb);
    for (size_t at = 0; !e && at < n; at += slab)
        e = read_text_slab(dset, what, type, at, n - at < slab ? n - at : slab, buf, fn,
                           ctx, eb);
    free(buf);
    h5_close(type);
    return e;
}

static void
append_text(void *ctx, size_t i, const char *s)
{
    (void)i;
    strlist_add(ctx, s);
}

enum err
h5_read_strings(hid_t dset, const char *what, struct strlist *out, struct errbuf *eb)
{
    return h5_read_texts(dset, what, append_text, out, eb);
}
