/* h5build.c - small HDF5 files of every flavour. */
#include "tests/h5build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support.h"

static hid_t
ok(hid_t id)
{
    assert_true(id >= 0);
    return id;
}

hid_t
h5b_create(const char *path)
{
    return ok(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
}

hid_t
h5b_edit(const char *path)
{
    return ok(H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT));
}

hid_t
h5b_group(hid_t loc, const char *name)
{
    return ok(H5Gcreate2(loc, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

hid_t
h5b_bool_type(void)
{
    hid_t type = ok(H5Tenum_create(H5T_STD_I8LE));
    signed char no = 0, yes = 1;

    assert_true(H5Tenum_insert(type, "FALSE", &no) >= 0);
    assert_true(H5Tenum_insert(type, "TRUE", &yes) >= 0);
    return type;
}

hid_t
h5b_text_type(size_t size, H5T_cset_t cset, H5T_str_t pad)
{
    hid_t type = ok(H5Tcopy(H5T_C_S1));

    assert_true(H5Tset_size(type, size ? size : H5T_VARIABLE) >= 0);
    assert_true(H5Tset_cset(type, cset) >= 0);
    assert_true(H5Tset_strpad(type, pad) >= 0);
    return type;
}

static hid_t
vlen_type(void)
{
    return h5b_text_type(0, H5T_CSET_UTF8, H5T_STR_NULLTERM);
}

/* Texts as the buffer that libhdf5 writes from; caller frees. */
static void *
text_buffer(hid_t type, const char *const *text, size_t n)
{
    size_t size = H5Tget_size(type);
    char *buf = calloc(n + 1, size);

    assert_non_null(buf);
    for (size_t i = 0; i < n; i++) {
        if (H5Tis_variable_str(type) > 0) {
            memcpy(buf + i * size, &text[i], sizeof text[i]);
            continue;
        }
        memset(buf + i * size, H5Tget_strpad(type) == H5T_STR_SPACEPAD ? ' ' : 0, size);
        memcpy(buf + i * size, text[i],
               strlen(text[i]) < size ? strlen(text[i]) : size);
    }
    return buf;
}

static hid_t
space_1d(size_t n)
{
    hsize_t dim[1] = {n};

    return ok(H5Screate_simple(1, dim, NULL));
}

static void
write_attr(hid_t obj, const char *name, hid_t type, hid_t memory, hid_t space,
           const void *buf)
{
    hid_t attr = ok(H5Acreate2(obj, name, type, space, H5P_DEFAULT, H5P_DEFAULT));

    assert_true(H5Awrite(attr, memory, buf) >= 0);
    H5Aclose(attr);
    H5Sclose(space);
}

void
h5b_attr_as(hid_t obj, const char *name, const char *text, hid_t type, int simple)
{
    void *buf = text_buffer(type, &text, 1);

    write_attr(obj, name, type, type, simple ? space_1d(1) : ok(H5Screate(H5S_SCALAR)),
               buf);
    free(buf);
}

void
h5b_attr(hid_t obj, const char *name, const char *text)
{
    hid_t type = vlen_type();

    h5b_attr_as(obj, name, text, type, 0);
    H5Tclose(type);
}

void
h5b_attr_texts(hid_t obj, const char *name, const char *const *text, size_t n)
{
    hid_t type = vlen_type();
    void *buf = text_buffer(type, text, n);

    write_attr(obj, name, type, type, space_1d(n), buf);
    free(buf);
    H5Tclose(type);
}

void
h5b_attr_ints(hid_t obj, const char *name, hid_t type, const int64_t *x, size_t n)
{
    write_attr(obj, name, type, H5T_NATIVE_INT64, space_1d(n), x);
}

static void
write_1d(hid_t loc, const char *name, hid_t type, hid_t memory, size_t n,
         const void *buf)
{
    hid_t space = space_1d(n);
    hid_t dset =
        ok(H5Dcreate2(loc, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));

    if (n)
        assert_true(H5Dwrite(dset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, buf) >= 0);
    H5Dclose(dset);
    H5Sclose(space);
}

void
h5b_texts(hid_t loc, const char *name, hid_t type, const char *const *text, size_t n)
{
    hid_t use = type ? H5Tcopy(type) : vlen_type();
    void *buf = text_buffer(use, text, n);

    write_1d(loc, name, use, use, n, buf);
    free(buf);
    H5Tclose(use);
}

void
h5b_ints(hid_t loc, const char *name, hid_t type, const int64_t *x, size_t n)
{
    if (H5Tget_class(type) != H5T_ENUM) {
        write_1d(loc, name, type, H5T_NATIVE_INT64, n, x);
        return;
    }
    signed char *narrow = calloc(n + 1, 1);

    assert_non_null(narrow);
    for (size_t i = 0; i < n; i++)
        narrow[i] = (signed char)x[i];
    write_1d(loc, name, type, type, n, narrow);
    free(narrow);
}

void
h5b_reals(hid_t loc, const char *name, hid_t type, const double *x, size_t n)
{
    if (H5Tget_class(type) != H5T_ENUM) {
        write_1d(loc, name, type, H5T_NATIVE_DOUBLE, n, x);
        return;
    }
    int64_t *whole = calloc(n + 1, sizeof *whole);

    assert_non_null(whole);
    for (size_t i = 0; i < n; i++)
        whole[i] = (int64_t)x[i];
    h5b_ints(loc, name, type, whole, n);
    free(whole);
}

void
h5b_dense(hid_t loc, const char *name, hid_t type, const double *x, size_t rows,
          size_t cols, size_t chunk_rows, size_t chunk_cols, int filter)
{
    hsize_t dim[2] = {rows, cols}, chunk[2] = {chunk_rows, chunk_cols};
    unsigned level[1] = {4};
    hid_t space = ok(H5Screate_simple(2, dim, NULL));
    hid_t dcpl = ok(H5Pcreate(H5P_DATASET_CREATE));

    if (chunk_rows)
        assert_true(H5Pset_chunk(dcpl, 2, chunk) >= 0);
    if (filter)
        assert_true(H5Pset_filter(dcpl, filter, H5Z_FLAG_OPTIONAL, 1, level) >= 0);
    hid_t dset = ok(H5Dcreate2(loc, name, type, space, H5P_DEFAULT, dcpl, H5P_DEFAULT));

    assert_true(H5Dwrite(dset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >=
                0);
    H5Dclose(dset);
    H5Pclose(dcpl);
    H5Sclose(space);
}

void
h5b_sparse(hid_t loc, const char *name, const struct h5b_sparse *m)
{
    hid_t group = h5b_group(loc, name);
    hid_t index_type = m->index_type ? m->index_type : H5T_STD_I32LE;
    int64_t shape[2] = {m->rows, m->cols};

    h5b_attr(group, "encoding-type", m->kind);
    h5b_attr(group, "encoding-version", "0.1.0");
    h5b_attr_ints(group, "shape", H5T_STD_I64LE, shape, 2);
    h5b_reals(group, "data", m->data_type ? m->data_type : H5T_IEEE_F32LE, m->data,
              m->nnz);
    h5b_ints(group, "indices", index_type, m->indices, m->nnz);
    h5b_ints(group, "indptr", index_type, m->indptr, m->n_indptr);
    H5Gclose(group);
}

void
h5b_sparse_of(hid_t loc, const char *name, const char *kind, const double *dense,
              size_t rows, size_t cols)
{
    size_t by_col = strncmp(kind, "csc", 3) == 0, n = 0;
    size_t outer = by_col ? cols : rows, inner = by_col ? rows : cols;
    double *data = calloc(rows * cols + 1, sizeof *data);
    int64_t *indices = calloc(rows * cols + 1, sizeof *indices);
    int64_t *indptr = calloc(outer + 1, sizeof *indptr);

    assert_true(data && indices && indptr);
    for (size_t i = 0; i < outer; i++) {
        for (size_t k = 0; k < inner; k++) {
            double v = by_col ? dense[k * cols + i] : dense[i * cols + k];

            if (v == 0)
                continue;
            indices[n] = (int64_t)k;
            data[n++] = v;
        }
        indptr[i + 1] = (int64_t)n;
    }
    h5b_sparse(loc, name,
               &(struct h5b_sparse){.kind = kind,
                                    .rows = (int64_t)rows,
                                    .cols = (int64_t)cols,
                                    .data = data,
                                    .indices = indices,
                                    .indptr = indptr,
                                    .nnz = n,
                                    .n_indptr = outer + 1});
    free(indptr);
    free(indices);
    free(data);
}

hid_t
h5b_frame(hid_t loc, const char *name, const char *const *index, size_t n)
{
    hid_t frame = h5b_group(loc, name);

    h5b_attr(frame, "encoding-type", "dataframe");
    h5b_attr(frame, "encoding-version", "0.2.0");
    h5b_attr(frame, "_index", "_index");
    h5b_texts(frame, "_index", 0, index, n);
    return frame;
}

void
h5b_frame_end(hid_t frame, const char *const *column, size_t n)
{
    if (n)
        h5b_attr_texts(frame, "column-order", column, n);
    else
        write_attr(frame, "column-order", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE,
                   space_1d(0), &n);
    H5Gclose(frame);
}

void
h5b_categorical(hid_t frame, const char *name, hid_t type, const int64_t *code,
                size_t n, const char *const *category, size_t n_categories)
{
    hid_t group = h5b_group(frame, name);

    h5b_attr(group, "encoding-type", "categorical");
    h5b_attr(group, "encoding-version", "0.2.0");
    h5b_ints(group, "codes", type, code, n);
    h5b_texts(group, "categories", 0, category, n_categories);
    H5Gclose(group);
}

void
h5b_delete(hid_t loc, const char *name)
{
    assert_true(H5Ldelete(loc, name, H5P_DEFAULT) >= 0);
}

/* --- a whole atlas --- */

double
h5b_atlas_count(size_t i, size_t j)
{
    size_t h = (i * 7 + j * 13 + i * j) % 10;

    return h < 5 ? 0 : (double)(h - 4);
}

/* n names "<prefix><i>"; freed by free_names. */
static char **
make_names(const char *format, size_t n)
{
    char **name = calloc(n + 1, sizeof *name);

    assert_non_null(name);
    for (size_t i = 0; i < n; i++) {
        char text[64];

        snprintf(text, sizeof text, "%s%zu", format, i);
        name[i] = strdup(text);
    }
    return name;
}

static void
free_names(char **name)
{
    for (size_t i = 0; name[i]; i++)
        free(name[i]);
    free(name);
}

static void
atlas_obs(hid_t file, const struct h5b_atlas *a)
{
    static const char *const type[] = {"T cell", "B cell", "monocyte"};
    static const char *const column[] = {"cell_type", "donor_id", "dataset_id"};
    char **cell = make_names("c", a->n), **donor = make_names("d", a->n_donors);
    int64_t *code = calloc(a->n + 1, sizeof *code);
    hid_t obs = h5b_frame(file, "obs", (const char *const *)cell, a->n);

    assert_non_null(code);
    for (size_t i = 0; i < a->n; i++)
        code[i] = (int64_t)(i % 3);
    h5b_categorical(obs, "cell_type", H5T_STD_I8LE, code, a->n, type, 3);
    for (size_t i = 0; i < a->n; i++)
        code[i] = (int64_t)(i * a->n_donors / a->n);
    h5b_categorical(obs, "donor_id", H5T_STD_I16LE, code, a->n,
                    (const char *const *)donor, a->n_donors);
    memset(code, 0, a->n * sizeof *code);
    if (a->study)
        h5b_categorical(obs, "dataset_id", H5T_STD_I8LE, code, a->n, &a->study, 1);
    h5b_frame_end(obs, column, a->study ? 3 : 2);
    free(code);
    free_names(donor);
    free_names(cell);
}

static void
atlas_var(hid_t file, size_t g)
{
    static const char *const column[] = {"feature_name"};
    char **id = make_names("ENSG0000000000", g), **name = make_names("G", g);
    hid_t var = h5b_frame(file, "var", (const char *const *)id, g);

    h5b_texts(var, "feature_name", 0, (const char *const *)name, g);
    h5b_frame_end(var, column, 1);
    free_names(name);
    free_names(id);
}

void
h5b_atlas(const char *path, const struct h5b_atlas *a)
{
    hid_t file = h5b_create(path);
    double *x = calloc(a->n * a->g + 1, sizeof *x);

    assert_non_null(x);
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < a->g; j++)
            x[i * a->g + j] = h5b_atlas_count(i, j);
    h5b_sparse_of(file, "X", "csr_matrix", x, a->n, a->g);
    atlas_obs(file, a);
    atlas_var(file, a->g);
    free(x);
    assert_true(H5Fclose(file) >= 0);
}
