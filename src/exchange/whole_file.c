/* whole_file.c - a small file of another program, read in one go. */
#include "exchange/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"

/* Read until the end or until n bytes are there. */
static enum err
read_all(int fd, const char *path, char *out, size_t *n, struct errbuf *eb)
{
    size_t done = 0;

    while (done < *n) {
        ssize_t got = read(fd, out + done, *n - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(eb, "cannot read %s", path);
        if (got == 0)
            break; /* it was cut while we read: what is there counts */
        done += (size_t)got;
    }
    *n = done;
    return ERR_OK;
}

enum err
whole_file_read(const char *path, size_t max, char **data, size_t *n, struct errbuf *eb)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum err e = ERR_OK;

    *data = NULL;
    *n = 0;
    if (fd < 0)
        return err_errno(eb, "cannot open %s", path);
    if (fstat(fd, &st))
        e = err_errno(eb, "cannot read %s", path);
    else if (!S_ISREG(st.st_mode))
        e = err_set(eb, ERR_FORMAT, "%s is no regular file", path);
    else if ((uint64_t)st.st_size > max)
        e = err_set(eb, ERR_FORMAT, "%s has %lld bytes, at most %zu are read", path,
                    (long long)st.st_size, max);
    if (!e)
        e = big_calloc(data, (size_t)st.st_size + 1, 1, path, eb);
    if (!e) {
        *n = (size_t)st.st_size;
        e = read_all(fd, path, *data, n, eb);
    }
    close(fd);
    if (e) {
        free(*data);
        *data = NULL;
        *n = 0;
    }
    return e;
}
