/* h5build.h - small HDF5 files of every flavour, for tests of the readers.
 *
 * Numbers are given as double or int64_t and stored as the file type asked for; a
 * failing call fails the test.
 *
 * Threads: owner thread only.
 * Errors:  the test fails. */
#ifndef TESTS_H5BUILD_H
#define TESTS_H5BUILD_H

#include <stddef.h>
#include <stdint.h>

#include <hdf5.h>

/* A new file; an existing one to change; both are closed with H5Fclose. */
hid_t h5b_create(const char *path);
hid_t h5b_edit(const char *path);

/* A new group, closed with H5Gclose. */
hid_t h5b_group(hid_t loc, const char *name);

/* An enumeration of FALSE and TRUE as h5py writes it, closed with H5Tclose. */
hid_t h5b_bool_type(void);

/* Text of variable length (size = 0) or fixed; as attribute, scalar or (simple) with
 * one element. */
hid_t h5b_text_type(size_t size, H5T_cset_t cset, H5T_str_t pad);
void h5b_attr(hid_t obj, const char *name, const char *text);
void h5b_attr_as(hid_t obj, const char *name, const char *text, hid_t type, int simple);
void h5b_attr_texts(hid_t obj, const char *name, const char *const *text, size_t n);
void h5b_attr_ints(hid_t obj, const char *name, hid_t type, const int64_t *x, size_t n);

/* 1-D datasets. */
void h5b_texts(hid_t loc, const char *name, hid_t type, const char *const *text,
               size_t n);
void h5b_ints(hid_t loc, const char *name, hid_t type, const int64_t *x, size_t n);
void h5b_reals(hid_t loc, const char *name, hid_t type, const double *x, size_t n);

/* A dense matrix; chunk_rows = 0: contiguous; filter: 0, H5Z_FILTER_DEFLATE or the
 * number of a registered one. */
void h5b_dense(hid_t loc, const char *name, hid_t type, const double *x, size_t rows,
               size_t cols, size_t chunk_rows, size_t chunk_cols, int filter);

/* A sparse matrix as it stands: kind "csr_matrix" or "csc_matrix". */
struct h5b_sparse {
    const char *kind;
    int64_t rows, cols;
    const double *data;
    const int64_t *indices, *indptr;
    size_t nnz, n_indptr;
    hid_t data_type, index_type; /* 0: 32-bit float and int */
};
void h5b_sparse(hid_t loc, const char *name, const struct h5b_sparse *m);

/* dense (rows x cols) stored by rows or by columns. */
void h5b_sparse_of(hid_t loc, const char *name, const char *kind, const double *dense,
                   size_t rows, size_t cols);

/* A dataframe group with its row names; columns are added with the calls below (and
 * any of the above), column-order by h5b_frame_end, which closes the group. */
hid_t h5b_frame(hid_t loc, const char *name, const char *const *index, size_t n);
void h5b_frame_end(hid_t frame, const char *const *column, size_t n);
void h5b_categorical(hid_t frame, const char *name, hid_t type, const int64_t *code,
                     size_t n, const char *const *category, size_t n_categories);

/* Remove a link. */
void h5b_delete(hid_t loc, const char *name);

/* A whole .h5ad of n cells x g genes of counts: X as csr; obs cell_type (3 types in
 * turn: "B cell", "T cell", "monocyte"), donor_id (d0, d1, ..., n_donors in turn by
 * blocks), dataset_id unless study is NULL; cells "c0", ...; genes "ENSG0000000000<i>"
 * with feature_name "G<i>". */
struct h5b_atlas {
    size_t n, g, n_donors;
    const char *study;
};
void h5b_atlas(const char *path, const struct h5b_atlas *a);

/* The count of gene j in cell i of such an atlas. */
double h5b_atlas_count(size_t i, size_t j);

#endif
