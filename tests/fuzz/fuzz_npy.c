/* fuzz_npy.c - any bytes as a .npy file: read or refused, never a crash. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/npy.h"

static void
read_values(struct npy *f)
{
    struct errbuf eb = {""};
    size_t n = npy_block_rows(f);
    float *x = xcalloc(n * f->n_cols, sizeof *x);
    double *d = xcalloc(n * f->n_cols, sizeof *d);

    if (f->n_rows) {
        (void)!npy_read(f, f->n_rows - n, n, x, &eb);
        (void)!npy_read_doubles(f, 0, n, d, &eb);
    }
    free(x);
    free(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct npy f;
    struct errbuf eb = {""};
    char path[64];

    if (fd < 0 || write(fd, data, n) != (ssize_t)n)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (npy_open(&f, path, &eb) == ERR_OK)
        read_values(&f);
    npy_close(&f);
    if (npy_open_list(&f, path, &eb) == ERR_OK)
        read_values(&f);
    npy_close(&f);
    close(fd);
    return 0;
}
