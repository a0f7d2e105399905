/* fuzz_zip.c - any bytes as a zip archive: its members or refused, never a crash. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exchange/zip_members.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct input_file f;
    struct zip_members z;
    struct errbuf eb = {""};
    char path[64];

    if (fd < 0 || write(fd, data, n) != (ssize_t)n)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (input_file_open(&f, path, &eb) == ERR_OK &&
        zip_members_open(&z, &f, &eb) == ERR_OK) {
        for (size_t i = 0; i < z.n; i++) {
            uint8_t *out = xmalloc((size_t)z.member[i].bytes + 1, 1);

            (void)!zip_member_read(&z, &z.member[i], out, &eb);
            free(out);
        }
        zip_members_close(&z);
    }
    input_file_close(&f);
    close(fd);
    return 0;
}
