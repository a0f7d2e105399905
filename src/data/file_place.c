/* file_place.c - room for a file, and a file in the place of another. */
#include "data/file_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beside.h"

enum err
file_reserve(int fd, const char *path, uint64_t bytes, struct errbuf *eb)
{
    struct rlimit limit;
    bool fits = !getrlimit(RLIMIT_FSIZE, &limit) &&
                (limit.rlim_cur == RLIM_INFINITY || bytes <= limit.rlim_cur);

    errno = fits ? 0 : EFBIG;
    if (fits)
        (void)fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes);
    if (errno && errno != EOPNOTSUPP && errno != ENOSYS)
        return err_errno(eb, "cannot write %s, which needs %llu MB", path,
                         (unsigned long long)bytes / 1000000 + 1);
    return ERR_OK;
}

static bool
write_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);

        if (done < 0)
            return false;
        data += done;
        n -= (size_t)done;
    }
    return true;
}

static bool
is_replaced(const char *path)
{
    struct stat st;

    return lstat(path, &st) != 0 || S_ISREG(st.st_mode);
}

static enum err
write_through(const char *path, const char *data, size_t n, struct errbuf *eb)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    enum err e = ERR_OK;

    if (fd < 0 || !write_all(fd, data, n))
        e = err_errno(eb, "cannot write %s", path);
    if (fd >= 0 && close(fd) && !e)
        e = err_errno(eb, "cannot write %s", path);
    return e;
}

static enum err
replace(const char *path, const char *data, size_t n, struct errbuf *eb)
{
    char *tmp = beside_path(path, getpid());
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    enum err e = ERR_OK;

    if (fd < 0) {
        e = err_errno(eb, "cannot create %s", path);
        goto out;
    }
    if (!write_all(fd, data, n) || fsync(fd))
        e = err_errno(eb, "cannot write %s", path);
    if (close(fd) && !e)
        e = err_errno(eb, "cannot write %s", path);
    if (!e && rename(tmp, path))
        e = err_errno(eb, "cannot write %s", path);
    if (e)
        unlink(tmp);
out:
    free(tmp);
    return e;
}

enum err
file_put(const char *path, const char *data, size_t n, struct errbuf *eb)
{
    return is_replaced(path) ? replace(path, data, n, eb)
                             : write_through(path, data, n, eb);
}
