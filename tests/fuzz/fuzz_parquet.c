/* fuzz_parquet.c - any bytes as a Parquet file: read or refused, never a crash. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/parquet.h"
#include "data/parquet_flat.h"
#include "data/parquet_lists.h"

enum {
    ROWS_MAX = 100000, /* a run of equal values says a billion in a few bytes */
    GENES = 29         /* of the files in the corpus */
};

static void
read_flat(const struct parquet *f, size_t group, size_t column)
{
    struct parquet_pages p = {0};
    struct parquet_flat v = {0};
    struct errbuf eb = {""};
    struct intern *text = intern_new();

    (void)!parquet_flat_read(&v, &p, f, group, column, text, &eb);
    parquet_flat_release(&v);
    parquet_pages_release(&p);
    intern_free(text);
}

static void
read_lists(const struct parquet *f, size_t group, size_t column)
{
    struct parquet_lists *l = xcalloc(1, sizeof *l);
    struct parquet_rows rows = {0};
    struct errbuf eb = {""};
    enum err e = parquet_lists_open(l, f, group, column, GENES, &eb);

    while (!e && !(e = parquet_lists_next(l, 16, &rows, &eb)) && rows.n)
        ;
    parquet_rows_release(&rows);
    parquet_lists_release(l);
    free(l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct parquet f;
    struct errbuf eb = {""};
    char path[64];

    if (fd < 0 || write(fd, data, n) != (ssize_t)n)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    enum err e = parquet_open(&f, path, "fuzz.parquet", &eb);

    for (size_t i = 0; !e && f.n_rows <= ROWS_MAX && i < f.n_groups * f.n_columns;
         i++) {
        size_t group = i / f.n_columns, column = i % f.n_columns;

        if (parquet_flat_kind(&f.column[column]) != FLAT_NONE)
            read_flat(&f, group, column);
        else
            read_lists(&f, group, column);
    }
    parquet_close(&f);
    close(fd);
    return 0;
}
