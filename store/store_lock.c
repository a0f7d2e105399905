/* store_lock.c - the writers' lock of a store.
 *
 * The list of open locks is the one mutable global of the store: a lock that keeps the
 * threads of a process apart must be found by all of them.
 *
 * Waiting has to end in bounded time, so it polls, and a poller would never meet the
 * short moment between two transactions of a busy writer.  Therefore those who wait
 * leave the time in the lock file, and a writer that comes back at once and finds a
 * fresh time there lets them go first. */
#include "store/store_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"

struct writer_lock {
    struct writer_lock *next; /* registry_mu */
    size_t users;             /* registry_mu */
    char *path;               /* owned */
    pthread_mutex_t mu;
    int fd;           /* mu */
    double dropped_s; /* mu; when this process last held it */
    double left_s;    /* mu; the time it last left in the file */
};

enum { POLL_MS = 1, LATE_POLL_MS = 4, LATE_MS = 500, FRESH_MS = 20, POLITE_MS = 3 };

static pthread_mutex_t registry_mu = PTHREAD_MUTEX_INITIALIZER;
static struct writer_lock *registry; /* registry_mu */

static int
lock_file_open(const char *path)
{
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
}

static struct writer_lock *
registry_find(const char *path)
{
    struct writer_lock *l = registry;

    while (l && strcmp(l->path, path) != 0)
        l = l->next;
    return l;
}

static struct writer_lock *
registry_add(char *path, int fd)
{
    struct writer_lock *l = xcalloc(1, sizeof *l);

    l->path = path;
    l->fd = fd;
    l->dropped_s = -1;
    pthread_mutex_init(&l->mu, NULL);
    l->next = registry;
    registry = l;
    return l;
}

enum err
writer_lock_open(struct writer_lock **out, const char *store_path, struct errbuf *eb)
{
    char *path = xasprintf("%s.lock", store_path);
    enum err e = ERR_OK;

    *out = NULL;
    pthread_mutex_lock(&registry_mu);
    struct writer_lock *l = registry_find(path);
    if (!l) {
        int fd = lock_file_open(path);
        if (fd < 0)
            e = err_errno(eb,
                          "cannot make the lock file %s (to look only, use "
                          "--read-only)",
                          path);
        else
            l = registry_add(xstrdup(path), fd);
    }
    if (l) {
        l->users++;
        *out = l;
    }
    pthread_mutex_unlock(&registry_mu);
    free(path);
    return e;
}

void
writer_lock_close(struct writer_lock *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&registry_mu);
    if (--l->users == 0) {
        struct writer_lock **p = &registry;

        while (*p != l)
            p = &(*p)->next;
        *p = l->next;
        close(l->fd);
        pthread_mutex_destroy(&l->mu);
        free(l->path);
        free(l);
    }
    pthread_mutex_unlock(&registry_mu);
}

/* True if the descriptor is still the file at the path (nobody removed it). */
static bool
same_file(int fd, const char *path)
{
    struct stat a, b;

    return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static enum err
busy(const struct writer_lock *l, unsigned wait_ms, struct errbuf *eb)
{
    return err_set(eb, ERR_BUSY, "another writer has held %s for more than %.1f s",
                   l->path, wait_ms / 1000.0);
}

/* One try: 1 taken, 0 held by others, -1 failed with errno. */
static int
flock_try(struct writer_lock *l)
{
    if (flock(l->fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
    if (same_file(l->fd, l->path))
        return 1;
    flock(l->fd, LOCK_UN);
    close(l->fd);
    l->fd = lock_file_open(l->path);
    return l->fd < 0 ? -1 : 0;
}

/* Say that somebody waits.  Only fairness suffers where it cannot be written. */
static void
leave_time(struct writer_lock *l)
{
    l->left_s = clock_mono_s();
    ssize_t n = pwrite(l->fd, &l->left_s, sizeof l->left_s, 0);
    (void)n;
}

static void
let_others_go(const struct writer_lock *l)
{
    double now = clock_mono_s(), left;

    if (now - l->dropped_s > FRESH_MS / 1000.0)
        return;
    if (pread(l->fd, &left, sizeof left, 0) != sizeof left || left == l->left_s)
        return;
    if (left <= now && now - left < FRESH_MS / 1000.0)
        clock_sleep_ms(POLITE_MS);
}

static enum err
flock_wait(struct writer_lock *l, double start, unsigned wait_ms, struct errbuf *eb)
{
    let_others_go(l);
    for (;;) {
        int got = flock_try(l);
        if (got > 0)
            return ERR_OK;
        if (got < 0)
            return err_errno(eb, "cannot lock %s", l->path);

        double waited_ms = (clock_mono_s() - start) * 1000;
        if (waited_ms >= wait_ms)
            return busy(l, wait_ms, eb);
        leave_time(l);
        clock_sleep_ms(waited_ms < LATE_MS ? POLL_MS : LATE_POLL_MS);
    }
}

enum err
writer_lock_take(struct writer_lock *l, unsigned wait_ms, struct errbuf *eb)
{
    double start = clock_mono_s();
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    if (pthread_mutex_timedlock(&l->mu, &until) != 0)
        return busy(l, wait_ms, eb);

    enum err e = flock_wait(l, start, wait_ms, eb);
    if (e)
        pthread_mutex_unlock(&l->mu);
    return e;
}

void
writer_lock_drop(struct writer_lock *l)
{
    flock(l->fd, LOCK_UN);
    l->dropped_s = clock_mono_s();
    pthread_mutex_unlock(&l->mu);
}

bool
writer_lock_share(const char *store_path, int *fd)
{
    char *path = xasprintf("%s.lock", store_path);

    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    free(path);
    if (*fd < 0 || flock(*fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return true;
    close(*fd);
    *fd = -1;
    return false;
}

void
writer_lock_unshare(int *fd)
{
    if (*fd >= 0) {
        flock(*fd, LOCK_UN);
        close(*fd);
    }
    *fd = -1;
}
