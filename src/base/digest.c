/* digest.c - sha256 through Nettle, which uses the processor's instructions for it. */
#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"

void
digest_init(struct digest *d)
{
    sha256_init(&d->ctx);
}

void
digest_add(struct digest *d, const void *data, size_t n)
{
    sha256_update(&d->ctx, n, data);
}

void
digest_addu(struct digest *d, uint64_t x)
{
    unsigned char b[8];

    for (size_t i = 0; i < sizeof b; i++)
        b[i] = (unsigned char)(x >> (8 * i));
    digest_add(d, b, sizeof b);
}

void
digest_adds(struct digest *d, const char *s)
{
    size_t n = strlen(s);

    digest_addu(d, n);
    digest_add(d, s, n);
}

void
digest_final(struct digest *d, char hex[DIGEST_HEX])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[SHA256_DIGEST_SIZE];

    sha256_digest(&d->ctx, sizeof sum, sum);
    for (size_t i = 0; i < sizeof sum; i++) {
        hex[2 * i] = digits[sum[i] >> 4];
        hex[2 * i + 1] = digits[sum[i] & 15];
    }
    hex[2 * sizeof sum] = '\0';
}

/* Nothing is waited for: a pipe has no end, nor has a device. */
static enum err
open_regular(const char *path, int *fd, struct errbuf *eb)
{
    struct stat st;
    enum err e = ERR_OK;

    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0 || fstat(*fd, &st))
        e = err_errno(eb, "cannot open %s", path);
    else if (!S_ISREG(st.st_mode))
        e = err_set(eb, ERR_FORMAT, "%s is no regular file", path);
    if (e && *fd >= 0)
        close(*fd);
    return e;
}

enum err
digest_add_file(struct digest *d, const char *path, struct errbuf *eb)
{
    enum { CHUNK = 1 << 20 };
    int fd;
    enum err e = open_regular(path, &fd, eb);

    if (e)
        return e;
    unsigned char *buf = xmalloc(CHUNK, 1);
    ssize_t n;

    while ((n = read(fd, buf, CHUNK)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            digest_add(d, buf, (size_t)n);
    if (n < 0)
        e = err_errno(eb, "cannot read %s", path);
    free(buf);
    close(fd);
    return e;
}
