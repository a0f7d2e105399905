/* h5matrix_open.c - opening an expression matrix: its kind, shape and indptr. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/h5chunks.h"
#include "data/h5lib.h"
#include "data/h5matrix.h"

enum {
    BLOCK = 1 << 26,      /* values of a dense block at most: 256 MiB */
    BAND = 1 << 28,       /* values transposed at a time: 2 GiB */
    READ_AHEAD = 1 << 20, /* values per read where there are no chunks */
    CACHE = 1 << 20,      /* bytes: libhdf5's own cache of chunks */
    CACHE_MAX = 1 << 30   /* bytes of ours at most */
};

size_t
h5matrix_major(const struct h5matrix *m)
{
    return m->kind == MATRIX_CSC ? m->n_cols : m->n_rows;
}

size_t
h5matrix_minor(const struct h5matrix *m)
{
    return m->kind == MATRIX_CSC ? m->n_rows : m->n_cols;
}

static enum err
broken(const struct h5matrix *m, struct errbuf *eb, size_t i, int64_t a, int64_t b)
{
    bool wrapped = m->nnz > INT32_MAX && (b < 0 || a == INT32_MAX || b == INT32_MAX);

    return err_set(eb, ERR_FORMAT,
                   "%s/indptr is broken%s: it goes from %lld to %lld at entry %zu%s",
                   m->name, wrapped || b < 0 ? " (32-bit overflow)" : "", (long long)a,
                   (long long)b, i,
                   wrapped || b < 0 ? "; write the matrix again with 64-bit indptr"
                                    : "; it must start at 0 and never decrease");
}

static enum err
check_indptr(struct h5matrix *m, const int64_t *p, struct errbuf *eb)
{
    size_t n = h5matrix_major(m);

    if (p[0] != 0)
        return broken(m, eb, 0, 0, p[0]);
    for (size_t i = 0; i < n; i++)
        if (p[i + 1] < p[i])
            return broken(m, eb, i + 1, p[i], p[i + 1]);
    if ((uint64_t)p[n] != m->nnz && p[n] == INT32_MAX && m->nnz > INT32_MAX)
        return broken(m, eb, n, n ? p[n - 1] : 0, p[n]);
    if ((uint64_t)p[n] != m->nnz)
        return err_set(
            eb, ERR_FORMAT,
            "%s/indptr is broken: it ends at %lld, but there are %llu values", m->name,
            (long long)p[n], (unsigned long long)m->nnz);
    return ERR_OK;
}

static enum err
read_indptr(struct h5matrix *m, hid_t group, struct errbuf *eb)
{
    hid_t dset = -1;
    size_t n = 0, want = h5matrix_major(m) + 1;
    int64_t *p = NULL;
    enum err e = h5_dataset_open(&dset, group, "indptr", eb);

    if (!e)
        e = h5_length(&n, dset, "indptr", eb);
    if (!e && n != want)
        e = err_set(eb, ERR_FORMAT,
                    "indptr is broken: it has %zu entries instead of %zu", n, want);
    if (!e)
        e = big_calloc(&p, want, sizeof *p, "indptr", eb);
    if (!e)
        e = h5_read_ints(dset, "indptr", 0, want, p, eb);
    h5_close(dset);
    if (e)
        e = err_wrap(eb, e, "%s", m->name);
    else
        e = check_indptr(m, p, eb);
    m->indptr = (uint64_t *)p;
    return e;
}

/* Open a dataset again with room for n_chunks unpacked chunks, which take `bytes`. */
static enum err
open_cached(hid_t *dset, hid_t loc, const char *name, size_t n_chunks, size_t bytes,
            struct errbuf *eb)
{
    hid_t dapl = H5Pcreate(H5P_DATASET_ACCESS);

    (void)H5Pset_chunk_cache(dapl, 100 * n_chunks + 521,
                             bytes < CACHE_MAX ? bytes : CACHE_MAX, 1.0);
    h5_close(*dset);
    *dset = H5Dopen2(loc, name, dapl);
    h5_close(dapl);
    return *dset < 0 ? err_set(eb, ERR_FORMAT, "cannot open %s", name) : ERR_OK;
}

/* Extents of a chunk; all 0 where there are none. */
static void
chunk_shape(hid_t dset, int rank, hsize_t *chunk)
{
    hid_t dcpl = H5Dget_create_plist(dset);
    bool chunked =
        H5Pget_layout(dcpl) == H5D_CHUNKED && H5Pget_chunk(dcpl, rank, chunk) == rank;

    for (int i = 0; i < rank && !chunked; i++)
        chunk[i] = 0;
    h5_close(dcpl);
}

/* Open an array that is read piece by piece: a chunk which libhdf5's cache cannot hold
 * would be unpacked again for every piece. */
static enum err
open_array(hid_t *dset, hid_t group, const char *name, struct errbuf *eb)
{
    hsize_t chunk[1] = {0};
    enum err e = h5_dataset_open(dset, group, name, eb);

    if (e)
        return e;
    hid_t type = H5Dget_type(*dset);
    size_t size = H5Tget_size(type);

    h5_close(type);
    chunk_shape(*dset, 1, chunk);
    if (size == 0 || chunk[0] <= CACHE / size)
        return ERR_OK;
    bool huge = chunk[0] > CACHE_MAX / size;

    return open_cached(dset, group, name, 1, huge ? CACHE_MAX : (size_t)chunk[0] * size,
                       eb);
}

static enum err
open_stored(struct h5matrix *m, hid_t group, struct errbuf *eb)
{
    size_t n_data = 0, n_indices = 0;
    enum err e = open_array(&m->data, group, "data", eb);

    if (!e)
        e = open_array(&m->indices, group, "indices", eb);
    if (!e)
        e = h5_length(&n_data, m->data, "data", eb);
    if (!e)
        e = h5_length(&n_indices, m->indices, "indices", eb);
    if (!e && n_data != n_indices)
        e = err_set(eb, ERR_FORMAT, "data has %zu values, but indices has %zu", n_data,
                    n_indices);
    m->nnz = n_data;
    return e ? err_wrap(eb, e, "%s", m->name) : ERR_OK;
}

/* "csr_matrix" or the older "csr": which way the matrix is stored. */
static enum err
stored_kind(struct h5matrix *m, hid_t group, struct errbuf *eb)
{
    char *text = h5_attr_text(group, "encoding-type");
    enum err e = ERR_OK;

    if (!text)
        text = h5_attr_text(group, "h5sparse_format");
    if (text && strncmp(text, "csc", 3) == 0)
        m->kind = MATRIX_CSC;
    else if (text && strncmp(text, "csr", 3) == 0)
        m->kind = MATRIX_CSR;
    else
        e = err_set(eb, ERR_UNSUPPORTED,
                    "%s has encoding \"%s\": csr, csc and dense can be read", m->name,
                    text ? text : "");
    free(text);
    return e;
}

static enum err
open_sparse(struct h5matrix *m, hid_t group, struct errbuf *eb)
{
    int64_t shape[2] = {0};
    enum err e = stored_kind(m, group, eb);

    if (e)
        return e;
    if (h5_attr_ints(group, "shape", shape, 2) != 2 &&
        h5_attr_ints(group, "h5sparse_shape", shape, 2) != 2)
        return err_set(eb, ERR_FORMAT, "%s has no shape", m->name);
    if (shape[0] < 0 || shape[1] < 0 || shape[0] >= UINT32_MAX ||
        shape[1] >= UINT32_MAX)
        return err_set(eb, ERR_FORMAT, "%s has the shape %lld x %lld", m->name,
                       (long long)shape[0], (long long)shape[1]);
    m->n_rows = (size_t)shape[0];
    m->n_cols = (size_t)shape[1];
    e = open_stored(m, group, eb);
    return e ? e : read_indptr(m, group, eb);
}

/* Rows per read of a dense matrix. */
static size_t
block_rows(const struct h5matrix *m)
{
    hsize_t chunk[2];
    size_t most = BLOCK / (m->n_cols ? m->n_cols : 1);

    chunk_shape(m->data, 2, chunk);
    size_t want =
        chunk[0] ? (size_t)chunk[0] : READ_AHEAD / (m->n_cols ? m->n_cols : 1);

    if (want > most)
        want = most;
    return want ? want : 1;
}

/* Chunks that a block of rows cuts stay in a cache that holds one row of them. */
static enum err
cache_cut_chunks(struct h5matrix *m, hid_t file, struct errbuf *eb)
{
    hsize_t chunk[2];

    chunk_shape(m->data, 2, chunk);
    if (chunk[0] <= m->block_rows)
        return ERR_OK;
    size_t across = m->n_cols / (size_t)chunk[1] + 1;
    size_t bytes = across * (size_t)chunk[1] * (size_t)chunk[0] * sizeof(double);

    return open_cached(&m->data, file, m->name, across, bytes, eb);
}

static enum err
open_dense(struct h5matrix *m, hid_t file, struct errbuf *eb)
{
    hsize_t dim[3] = {0};
    enum err e = h5_dataset_open(&m->data, file, m->name, eb);

    if (e)
        return e;
    int rank = h5_dims(m->data, dim, 3);

    if (rank != 2)
        return err_set(eb, ERR_FORMAT, "%s has %d dimensions instead of 2", m->name,
                       rank);
    if (dim[0] >= UINT32_MAX || dim[1] >= UINT32_MAX)
        return err_set(eb, ERR_FORMAT, "%s has the shape %llu x %llu", m->name,
                       (unsigned long long)dim[0], (unsigned long long)dim[1]);
    if (dim[1] > BLOCK)
        return err_set(eb, ERR_UNSUPPORTED,
                       "%s has %llu columns; of a dense matrix at most %d can be read",
                       m->name, (unsigned long long)dim[1], BLOCK);
    m->kind = MATRIX_DENSE;
    m->n_rows = (size_t)dim[0];
    m->n_cols = (size_t)dim[1];
    m->nnz = (uint64_t)dim[0] * dim[1];
    m->block_rows = block_rows(m);
    return cache_cut_chunks(m, file, eb);
}

enum err
h5matrix_open(struct h5matrix *m, hid_t file, const char *name, struct errbuf *eb)
{
    enum err e;

    *m = (struct h5matrix){
        .name = xstrdup(name), .data = -1, .indices = -1, .band = BAND};
    if (h5_is_dataset(file, name)) {
        e = open_dense(m, file, eb);
    } else if (h5_is_group(file, name)) {
        hid_t group = H5Gopen2(file, name, H5P_DEFAULT);

        e = group < 0 ? err_set(eb, ERR_FORMAT, "cannot open %s", name)
                      : open_sparse(m, group, eb);
        h5_close(group);
    } else {
        e = err_set(eb, ERR_FORMAT, "there is no %s", name);
    }
    if (e)
        h5matrix_close(m);
    return e;
}

void
h5matrix_share(struct h5matrix *m, struct pool *pool)
{
    struct h5chunks *c = xcalloc(2, sizeof *c);

    m->pool = pool;
    if (!m->chunks && m->kind != MATRIX_DENSE && h5chunks_init(&c[0], m->indices) &&
        h5chunks_init(&c[1], m->data)) {
        m->chunks = c;
        return;
    }
    h5chunks_release(&c[0]);
    free(c);
}

void
h5matrix_close(struct h5matrix *m)
{
    for (size_t i = 0; m->chunks && i < 2; i++)
        h5chunks_release(&m->chunks[i]);
    free(m->chunks);
    h5_close(m->data);
    h5_close(m->indices);
    free(m->indptr);
    free(m->name);
    *m = (struct h5matrix){.data = -1, .indices = -1};
}
