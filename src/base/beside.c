/* beside.c - the file that is written beside another and then takes its name. */
#include "base/beside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/xalloc.h"

char *
beside_path(const char *path, pid_t pid)
{
    return xasprintf("%s.tmp-%ld", path, (long)pid);
}

/* The folder of path; caller frees. */
static char *
folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return !slash          ? xstrdup(".")
           : slash == path ? xstrdup("/")
                           : xstrndup(path, (size_t)(slash - path));
}

int
beside_create(const char *path)
{
    char *tmp = beside_path(path, getpid());
    int fd = open(tmp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd >= 0)
        (void)flock(fd, LOCK_EX | LOCK_NB); /* some file systems have no locks */
    free(tmp);
    return fd;
}

int
beside_unnamed(const char *path)
{
    char *folder = folder_of(path), *name;
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    free(folder);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
        return fd;
    /* A file system, or a kernel, that cannot do that. */
    name = xasprintf("%s.tmp-XXXXXX", path);
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    free(name);
    return fd;
}

/* The process in the name "BASE.tmp-PID", 0: it is no such name. */
static pid_t
pid_of(const char *name, const char *base)
{
    static const char mark[] = ".tmp-";
    size_t n = strlen(base), k = sizeof mark - 1;
    const char *digits = name + n + k;

    if (strncmp(name, base, n) != 0 || strncmp(name + n, mark, k) != 0 || !*digits ||
        strlen(digits) > 9 || digits[strspn(digits, "0123456789")])
        return 0;
    return (pid_t)strtol(digits, NULL, 10);
}

/* Nobody writes the file any more. */
static bool
is_left(const char *file, pid_t pid)
{
    int fd = kill(pid, 0) && errno == ESRCH
                 ? open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
                 : -1;
    bool left = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;

    if (fd >= 0)
        close(fd);
    return left;
}

void
beside_sweep(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    char *folder = folder_of(path);
    DIR *dir = opendir(folder);

    for (struct dirent *d; dir && (d = readdir(dir));) {
        pid_t pid = pid_of(d->d_name, base);
        char *file = xasprintf("%s/%s", folder, d->d_name);

        if (pid > 0 && is_left(file, pid))
            unlink(file);
        free(file);
    }
    if (dir)
        closedir(dir);
    free(folder);
}
