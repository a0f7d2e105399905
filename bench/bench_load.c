/* bench_load.c - cells of an .h5ad file to memory, against libhdf5 alone.
 *
 *     bench_load FILE [REPEATS]
 *
 * Reads the stored values of X with H5Dread as they are stored, in pieces of a million,
 * and then loads the file; prints the best wall-clock time of each. */
#include <stdio.h>
#include <stdlib.h>

#include <hdf5.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "data/dataset_load.h"

enum { PIECE = 1 << 20 };

/* Bytes of a one-dimensional dataset, read from end to end. */
static size_t
read_all(hid_t file, const char *name)
{
    hid_t dset = H5Dopen2(file, name, H5P_DEFAULT);
    hid_t space = H5Dget_space(dset), type = H5Dget_type(dset);
    hsize_t n = 0;

    H5Sget_simple_extent_dims(space, &n, NULL);
    size_t size = H5Tget_size(type);
    char *buf = xcalloc(PIECE, size);

    for (hsize_t from = 0; from < n; from += PIECE) {
        hsize_t count = n - from < PIECE ? n - from : PIECE;
        hid_t mem = H5Screate_simple(1, &count, NULL);

        H5Sselect_hyperslab(space, H5S_SELECT_SET, &from, NULL, &count, NULL);
        if (H5Dread(dset, type, mem, space, H5P_DEFAULT, buf) < 0)
            abort();
        H5Sclose(mem);
    }
    free(buf);
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(dset);
    return (size_t)n * size;
}

static double
time_hdf5(const char *path, size_t *bytes)
{
    double begin = clock_mono_s();
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);

    if (file < 0)
        abort();
    *bytes = read_all(file, "X/data") + read_all(file, "X/indices");
    H5Fclose(file);
    return clock_mono_s() - begin;
}

static double
time_load(const char *path, struct dataset *ds)
{
    struct strlist data = {0}, none = {0};
    struct notes notes = {0};
    struct errbuf eb = {""};
    struct dataset_request q = {
        .path = &data, .where = &none, .layer = "auto", .with_matrix = true};

    strlist_add(&data, path);
    double begin = clock_mono_s();

    if (dataset_load(ds, &q, &notes, &eb)) {
        fprintf(stderr, "bench_load: %s\n", eb.text);
        exit(1);
    }
    begin = clock_mono_s() - begin;
    strlist_release(&data);
    return begin;
}

int
main(int argc, char **argv)
{
    double hdf5 = 1e9, load = 1e9;
    size_t bytes = 0, n_cells = 0;
    uint64_t nnz = 0, memory = 0;

    if (argc < 2)
        return 2;
    for (long i = argc > 2 ? strtol(argv[2], NULL, 10) : 3; i > 0; i--) {
        struct dataset ds;
        double s = time_load(argv[1], &ds);

        load = s < load ? s : load;
        nnz = ds.x.indptr[ds.x.n_rows];
        memory = csr_bytes(&ds.x, 0, ds.x.n_rows);
        n_cells = ds.n_cells;
        dataset_release(&ds);
        s = time_hdf5(argv[1], &bytes);
        hdf5 = s < hdf5 ? s : hdf5;
    }
    printf("%zu cells, %.0f values a cell, %.2f bytes a value in memory\n", n_cells,
           (double)nnz / (double)n_cells, (double)memory / (double)nnz);
    printf("libhdf5 alone  %7.3f s  %8.1f MB/s  %8.0f cells/s\n", hdf5,
           (double)bytes / hdf5 / 1e6, (double)n_cells / hdf5);
    printf("to memory      %7.3f s  %8.1f MB/s  %8.0f cells/s\n", load,
           (double)bytes / load / 1e6, (double)n_cells / load);
    return 0;
}
