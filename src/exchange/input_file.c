/* input_file.c - a file of another program, read at any place. */
#include "exchange/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"

static enum err
check_kind(struct input_file *f, struct errbuf *eb)
{
    struct stat st;

    if (fstat(f->fd, &st))
        return err_errno(eb, "%s", f->path);
    if (!S_ISREG(st.st_mode))
        return err_set(eb, ERR_ARG, "%s is no regular file", f->path);
    f->size = (uint64_t)st.st_size;
    return ERR_OK;
}

enum err
input_file_open(struct input_file *f, const char *path, struct errbuf *eb)
{
    enum err e;

    *f = (struct input_file){.path = xstrdup(path),
                             .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    e = f->fd < 0 ? err_errno(eb, "%s", path) : check_kind(f, eb);
    if (e)
        input_file_close(f);
    return e;
}

void
input_file_close(struct input_file *f)
{
    if (f->path && f->fd >= 0)
        close(f->fd);
    free(f->path);
    *f = (struct input_file){.fd = -1};
}

enum err
input_file_read(const struct input_file *f, uint64_t at, void *out, size_t n,
                struct errbuf *eb)
{
    char *to = out;

    if (at > f->size || n > f->size - at)
        return err_set(eb, ERR_FORMAT,
                       "%s ends after %llu bytes: %zu bytes at %llu are missing",
                       f->path, (unsigned long long)f->size, n, (unsigned long long)at);
    while (n > 0) {
        ssize_t got = pread(f->fd, to, n, (off_t)at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(eb, "%s", f->path);
        if (got == 0)
            return err_set(eb, ERR_IO, "%s became shorter while it was read", f->path);
        to += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return ERR_OK;
}
