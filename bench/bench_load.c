/* bench_load.c - cells of an .h5ad file to memory, against libhdf5 alone.
 *
 *     bench_load FILE [REPEATS]
 *
 * Reads the stored values of X with H5Dread as they are stored, in pieces of a million,
 * and then loads the file; prints the best wall-clock time of each, and the least
 * processor time. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <hdf5.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "data/dataset_load.h"

enum { PIECE = 1 << 20 };

struct cost {
    double wall, cpu; /* s */
};

static struct cost
now(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (struct cost){clock_mono_s(),
                         (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                             1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec)};
}

/* What passed since begin, if it is less. */
static void
least(struct cost *c, struct cost begin)
{
    struct cost end = now();

    if (end.wall - begin.wall < c->wall)
        c->wall = end.wall - begin.wall;
    if (end.cpu - begin.cpu < c->cpu)
        c->cpu = end.cpu - begin.cpu;
}

static void
print(const char *what, struct cost c, size_t bytes, size_t n_cells)
{
    printf("%-14s %7.3f s (cpu %7.3f s)  %8.1f MB/s  %8.0f cells/s\n", what, c.wall,
           c.cpu, (double)bytes / c.wall / 1e6, (double)n_cells / c.wall);
}

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

static void
time_hdf5(const char *path, size_t *bytes, struct cost *c)
{
    struct cost begin = now();
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);

    if (file < 0)
        abort();
    *bytes = read_all(file, "X/data") + read_all(file, "X/indices");
    H5Fclose(file);
    least(c, begin);
}

static void
time_load(const char *path, struct dataset *ds, struct cost *c)
{
    struct strlist data = {0}, none = {0};
    struct notes notes = {0};
    struct errbuf eb = {""};
    struct dataset_request q = {
        .path = &data, .where = &none, .layer = "auto", .with_matrix = true};

    strlist_add(&data, path);
    struct cost begin = now();

    if (dataset_load(ds, &q, &notes, &eb)) {
        fprintf(stderr, "bench_load: %s\n", eb.text);
        exit(1);
    }
    least(c, begin);
    strlist_release(&data);
}

int
main(int argc, char **argv)
{
    struct cost hdf5 = {1e9, 1e9}, load = {1e9, 1e9};
    size_t bytes = 0, n_cells = 0;
    uint64_t nnz = 0, memory = 0;

    if (argc < 2)
        return 2;
    for (long i = argc > 2 ? strtol(argv[2], NULL, 10) : 3; i > 0; i--) {
        struct dataset ds;

        time_load(argv[1], &ds, &load);
        nnz = ds.x.indptr[ds.x.n_rows];
        memory = csr_bytes(&ds.x, 0, ds.x.n_rows);
        n_cells = ds.n_cells;
        dataset_release(&ds);
        time_hdf5(argv[1], &bytes, &hdf5);
    }
    printf("%zu cells, %.0f values a cell, %.2f bytes a value in memory\n", n_cells,
           (double)nnz / (double)n_cells, (double)memory / (double)nnz);
    print("libhdf5 alone", hdf5, bytes, n_cells);
    print("to memory", load, bytes, n_cells);
    return 0;
}
