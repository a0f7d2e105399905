/* fuzz_tensors.c - any bytes as a safetensors file or a checkpoint of PyTorch: tensors or
 * refused, never a crash. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exchange/tensor_file.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct tensor_file f;
    struct errbuf eb = {""};
    char path[64];

    if (fd < 0 || write(fd, data, n) != (ssize_t)n)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (tensor_file_open(&f, path, &eb) == ERR_OK) {
        for (size_t i = 0; i < f.n; i++) {
            float *x = xcalloc((size_t)f.tensor[i].n + 1, sizeof *x);

            (void)!tensor_file_read(&f, &f.tensor[i], x, &eb);
            free(x);
        }
        tensor_file_close(&f);
    }
    close(fd);
    return 0;
}
