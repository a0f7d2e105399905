/* h5ad_blocks.c - matrices of an .h5ad file that come in blocks of rows. */
#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "data/h5ad_parts.h"
#include "data/h5ad_write.h"

/* --- dense rows --- */

struct h5ad_rows {
    const struct h5ad_writer *w; /* borrowed */
    char *name;                  /* owned */
    size_t cols;
    hid_t set;
};

enum err
h5ad_rows_begin(struct h5ad_rows **out, struct h5ad_writer *w, const char *name,
                size_t n, size_t cols, struct errbuf *eb)
{
    struct h5ad_rows *r = xcalloc(1, sizeof *r);
    const hsize_t dims[2] = {n, cols};
    hid_t obsm = H5Gopen2(w->file, "obsm", H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, dims, NULL), plist = h5ad_properties();

    *r = (struct h5ad_rows){.w = w, .name = xstrdup(name), .cols = cols};
    r->set =
        H5Dcreate2(obsm, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    bool ok = r->set >= 0 && h5ad_encoding(w, r->set, "array", "0.2.0");
    enum err e = ok ? ERR_OK : h5ad_fail(w, name, eb);
    H5Pclose(plist);
    H5Sclose(space);
    if (obsm >= 0)
        H5Gclose(obsm);
    *out = ok ? r : NULL;
    if (!ok)
        h5ad_rows_end(r);
    return e;
}

enum err
h5ad_rows_put(struct h5ad_rows *r, size_t first, size_t n, const float *value,
              struct errbuf *eb)
{
    const hsize_t start[2] = {first, 0}, count[2] = {n, r->cols};
    hid_t file = H5Dget_space(r->set), memory = H5Screate_simple(2, count, NULL);
    bool ok =
        H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
        H5Dwrite(r->set, H5T_NATIVE_FLOAT, memory, file, H5P_DEFAULT, value) >= 0;
    enum err e = ok ? ERR_OK : h5ad_fail(r->w, r->name, eb);

    H5Sclose(memory);
    H5Sclose(file);
    return e;
}

void
h5ad_rows_end(struct h5ad_rows *r)
{
    if (!r)
        return;
    if (r->set >= 0)
        H5Dclose(r->set);
    free(r->name);
    free(r);
}

/* --- sparse rows --- */

struct h5ad_cells {
    const struct h5ad_writer *w; /* borrowed */
    hid_t group, indptr, indices, data;
    uint64_t *end; /* (cap) owned; of each row of a block */
    size_t cap;
    uint64_t row, at; /* rows and values that were put */
    uint64_t n_rows, nnz;
};

/* group/name, an array of n values in gzip chunks, or a negative id. */
static hid_t
make_array(hid_t group, const char *name, uint64_t n, hid_t type)
{
    hsize_t dims = n;
    hid_t space = H5Screate_simple(1, &dims, NULL), plist = h5ad_layout(dims, true);
    hid_t set = H5Dcreate2(group, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);

    H5Pclose(plist);
    H5Sclose(space);
    return set;
}

/* Elements [first, first + n) of an array. */
static bool
put_elements(hid_t set, uint64_t first, size_t n, hid_t type, const void *element)
{
    const hsize_t start = first, count = n;

    if (!n)
        return true;
    hid_t file = H5Dget_space(set), memory = H5Screate_simple(1, &count, NULL);
    bool ok =
        H5Sselect_hyperslab(file, H5S_SELECT_SET, &start, NULL, &count, NULL) >= 0 &&
        H5Dwrite(set, type, memory, file, H5P_DEFAULT, element) >= 0;

    H5Sclose(memory);
    H5Sclose(file);
    return ok;
}

enum err
h5ad_cells_begin(struct h5ad_cells **out, struct h5ad_writer *w, size_t n_rows,
                 size_t n_cols, uint64_t nnz, struct errbuf *eb)
{
    struct h5ad_cells *c = xcalloc(1, sizeof *c);
    hid_t wide = nnz > INT32_MAX ? H5T_STD_I64LE : H5T_STD_I32LE;

    *c = (struct h5ad_cells){.w = w, .n_rows = n_rows, .nnz = nnz};
    c->group = h5ad_group(w, w->file, "X", "csr_matrix", "0.1.0");
    c->indptr = make_array(c->group, "indptr", (uint64_t)n_rows + 1, wide);
    c->indices = make_array(c->group, "indices", nnz, H5T_STD_I32LE);
    c->data = make_array(c->group, "data", nnz, H5T_IEEE_F32LE);
    bool ok = c->group >= 0 && c->indptr >= 0 && c->indices >= 0 && c->data >= 0 &&
              h5ad_shape(c->group, n_rows, n_cols) &&
              put_elements(c->indptr, 0, 1, H5T_NATIVE_UINT64, &(uint64_t){0});
    enum err e = ok ? ERR_OK : h5ad_fail(w, "X", eb);

    *out = ok ? c : NULL;
    if (!ok)
        (void)!h5ad_cells_end(c, NULL);
    return e;
}

enum err
h5ad_cells_put(struct h5ad_cells *c, const uint64_t *start, size_t n,
               const uint32_t *gene, const float *value, struct errbuf *eb)
{
    size_t nnz = (size_t)(start[n] - start[0]);

    assert(n <= c->n_rows - c->row && nnz <= c->nnz - c->at);
    if (n > c->cap)
        c->end = grow(c->end, &c->cap, n, sizeof *c->end);
    for (size_t i = 0; i < n; i++)
        c->end[i] = c->at + (start[i + 1] - start[0]);
    bool ok = put_elements(c->indptr, c->row + 1, n, H5T_NATIVE_UINT64, c->end) &&
              put_elements(c->indices, c->at, nnz, H5T_NATIVE_UINT32, gene) &&
              put_elements(c->data, c->at, nnz, H5T_NATIVE_FLOAT, value);

    c->row += n;
    c->at += nnz;
    return ok ? ERR_OK : h5ad_fail(c->w, "X", eb);
}

static bool
close_all(struct h5ad_cells *c)
{
    const hid_t set[] = {c->indptr, c->indices, c->data};
    bool ok = true;

    for (size_t i = 0; i < sizeof set / sizeof *set; i++)
        ok &= set[i] < 0 || H5Dclose(set[i]) >= 0;
    return (c->group < 0 || H5Gclose(c->group) >= 0) && ok;
}

enum err
h5ad_cells_end(struct h5ad_cells *c, struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (!c)
        return e;
    if (!close_all(c))
        e = h5ad_fail(c->w, "X", eb);
    free(c->end);
    free(c);
    return e;
}
