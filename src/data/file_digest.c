/* file_digest.c - a digest of large files by several threads. */
#include "data/file_digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pool.h"
#include "base/xalloc.h"

enum { BUFFER = 1 << 18 }; /* bytes per read */

struct piece {
    char hex[DIGEST_HEX];
    int error; /* errno, 0 if all went well */
};

struct reading {
    int fd;
    uint64_t size;
    struct piece *piece;    /* (pieces) owned */
    unsigned char **buffer; /* (threads) borrowed, BUFFER bytes each */
};

/* Bytes [from, end) of the file into d; returns errno. */
static int
digest_range(int fd, uint64_t from, uint64_t end, unsigned char *buffer,
             struct digest *d)
{
    while (from < end) {
        size_t want = end - from < BUFFER ? (size_t)(end - from) : BUFFER;
        ssize_t got = pread(fd, buffer, want, (off_t)from);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? errno : EIO; /* EIO: the file became shorter */
        digest_add(d, buffer, (size_t)got);
        from += (uint64_t)got;
    }
    return 0;
}

static void
digest_piece(void *ctx, size_t task, size_t thread)
{
    struct reading *r = ctx;
    struct piece *p = &r->piece[task];
    uint64_t from = (uint64_t)task * FILE_DIGEST_PIECE, end = from + FILE_DIGEST_PIECE;
    struct digest d;

    digest_init(&d);
    p->error =
        digest_range(r->fd, from, end < r->size ? end : r->size, r->buffer[thread], &d);
    digest_final(&d, p->hex);
}

static enum err
add_file(struct digest *d, const char *path, struct pool *pool, unsigned char **buffer,
         struct errbuf *eb)
{
    struct reading r = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK),
                        .buffer = buffer};
    struct stat st;
    enum err e = ERR_OK;

    if (r.fd < 0 || fstat(r.fd, &st) != 0)
        e = err_errno(eb, "cannot open %s", path);
    else if (!S_ISREG(st.st_mode))
        e = err_set(eb, ERR_FORMAT, "%s is no regular file", path);
    if (e) {
        if (r.fd >= 0)
            close(r.fd);
        return e;
    }
    r.size = (uint64_t)st.st_size;
    size_t n = (size_t)((r.size + FILE_DIGEST_PIECE - 1) / FILE_DIGEST_PIECE);

    r.piece = xcalloc(n, sizeof *r.piece);
    pool_run(pool, n, digest_piece, &r);
    digest_addu(d, r.size);
    for (size_t i = 0; i < n && !e; i++) {
        errno = r.piece[i].error;
        if (errno)
            e = err_errno(eb, "cannot read %s", path);
        digest_adds(d, r.piece[i].hex);
    }
    free(r.piece);
    close(r.fd);
    return e;
}

enum err
file_digest_known(const struct strlist *path, const struct strlist *known,
                  size_t n_threads, char hex[DIGEST_HEX], struct errbuf *eb)
{
    struct pool *pool = pool_new(n_threads ? n_threads : pool_cores());
    size_t n = pool_threads(pool);
    unsigned char **buffer = xcalloc(n, sizeof *buffer);
    struct digest d;
    enum err e = ERR_OK;

    for (size_t i = 0; i < n; i++)
        buffer[i] = xmalloc(BUFFER, 1);
    digest_init(&d);
    digest_adds(&d, "files");
    digest_addu(&d, path->n);
    for (size_t i = 0; i < path->n && !e; i++) {
        if (known && *known->item[i]) {
            digest_adds(&d, "content");
            digest_adds(&d, known->item[i]);
        } else {
            e = add_file(&d, path->item[i], pool, buffer, eb);
        }
    }
    digest_final(&d, hex);
    for (size_t i = 0; i < n; i++)
        free(buffer[i]);
    free(buffer);
    pool_free(pool);
    return e;
}

enum err
file_digest(const struct strlist *path, size_t n_threads, char hex[DIGEST_HEX],
            struct errbuf *eb)
{
    return file_digest_known(path, NULL, n_threads, hex, eb);
}
