/* parquet.c - a Parquet file: opening it, reading its bytes. */
#include "data/parquet.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "data/parquet_meta.h"

enum {
    MAGIC = 4,              /* bytes, at both ends */
    TAIL = 8,               /* length of the footer, magic */
    FOOTER_MAX = 512 << 20, /* bytes */
    LEAST = MAGIC + TAIL
};

static const char magic[] = "PAR1", magic_encrypted[] = "PARE";

const char *
parquet_type_name(enum parquet_type type)
{
    static const char *const names[PARQUET_TYPES] = {
        [PARQUET_BOOLEAN] = "BOOLEAN",       [PARQUET_INT32] = "INT32",
        [PARQUET_INT64] = "INT64",           [PARQUET_INT96] = "INT96",
        [PARQUET_FLOAT] = "FLOAT",           [PARQUET_DOUBLE] = "DOUBLE",
        [PARQUET_BYTE_ARRAY] = "BYTE_ARRAY", [PARQUET_FIXED] = "FIXED_LEN_BYTE_ARRAY"};

    return names[type];
}

/* --- bytes --- */

enum err
parquet_read(const struct parquet *f, uint64_t at, void *out, size_t n,
             struct errbuf *eb)
{
    unsigned char *p = out;

    assert(f->fd >= 0);
    while (n) {
        ssize_t got = pread(f->fd, p, n, (off_t)at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(eb, "cannot read %s", f->name);
        if (got == 0)
            return err_set(eb, ERR_FORMAT, "%s: ends too early, at byte %llu", f->name,
                           (unsigned long long)at);
        p += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return ERR_OK;
}

/* Not blocking: a pipe would wait for its writer. */
static int
open_file(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

bool
parquet_is(const char *path)
{
    char head[MAGIC];
    int fd = open_file(path);
    bool yes =
        fd >= 0 && pread(fd, head, MAGIC, 0) == MAGIC &&
        (memcmp(head, magic, MAGIC) == 0 || memcmp(head, magic_encrypted, MAGIC) == 0);

    if (fd >= 0)
        close(fd);
    return yes;
}

/* --- the footer --- */

static uint32_t
load32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static enum err
check_ends(const struct parquet *f, const unsigned char *head,
           const unsigned char *tail, struct errbuf *eb)
{
    const unsigned char *end = tail + TAIL - MAGIC;

    if (memcmp(head, magic_encrypted, MAGIC) == 0 ||
        memcmp(end, magic_encrypted, MAGIC) == 0)
        return err_set(eb, ERR_UNSUPPORTED,
                       "%s: is encrypted: write it without encryption", f->name);
    if (memcmp(head, magic, MAGIC) != 0)
        return err_set(eb, ERR_FORMAT,
                       "%s: is no Parquet file (it does not begin with "
                       "PAR1)",
                       f->name);
    if (memcmp(end, magic, MAGIC) != 0)
        return err_set(eb, ERR_FORMAT,
                       "%s: is cut off or damaged (its %llu bytes do not end with "
                       "PAR1): copy it again",
                       f->name, (unsigned long long)f->size);
    return ERR_OK;
}

static enum err
find_footer(struct parquet *f, size_t *n, struct errbuf *eb)
{
    unsigned char head[MAGIC], tail[TAIL];

    if (f->size < LEAST)
        return err_set(eb, ERR_FORMAT,
                       "%s: is no Parquet file (%llu bytes are too few)", f->name,
                       (unsigned long long)f->size);
    enum err e = parquet_read(f, 0, head, MAGIC, eb);

    if (!e)
        e = parquet_read(f, f->size - TAIL, tail, TAIL, eb);
    if (!e)
        e = check_ends(f, head, tail, eb);
    if (e)
        return e;
    *n = load32(tail);
    if (*n > f->size - LEAST || *n > FOOTER_MAX)
        return err_set(eb, ERR_FORMAT,
                       "%s: a footer of %zu bytes in a file of %llu: damaged, copy it "
                       "again",
                       f->name, *n, (unsigned long long)f->size);
    f->footer_begin = f->size - TAIL - *n;
    return ERR_OK;
}

static enum err
read_footer(struct parquet *f, struct errbuf *eb)
{
    size_t n = 0;
    uint8_t *data = NULL;
    enum err e = find_footer(f, &n, eb);

    if (!e)
        e = big_calloc(&data, n, 1, "the footer of a file", eb);
    if (!e)
        e = parquet_read(f, f->footer_begin, data, n, eb);
    if (!e) {
        struct digest d;

        digest_init(&d);
        digest_add(&d, data, n);
        digest_final(&d, f->footer_digest);
        e = parquet_meta_read(f, data, n, eb);
    }
    free(data);
    return e;
}

/* --- life --- */

enum err
parquet_open(struct parquet *f, const char *path, const char *name, struct errbuf *eb)
{
    struct stat st;
    enum err e;

    *f = (struct parquet){.path = xstrdup(path),
                          .name = xstrdup(name ? name : path),
                          .fd = open_file(path)};
    if (f->fd < 0 || fstat(f->fd, &st) != 0) {
        e = err_errno(eb, "cannot open %s", f->name);
    } else if (!S_ISREG(st.st_mode)) {
        e = err_set(eb, ERR_FORMAT, "%s: is no regular file", f->name);
    } else {
        f->size = (uint64_t)st.st_size;
        f->changed = st.st_mtim;
        e = read_footer(f, eb);
    }
    if (e)
        parquet_close(f);
    return e;
}

void
parquet_park(struct parquet *f)
{
    if (f->path && f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

enum err
parquet_unpark(struct parquet *f, struct errbuf *eb)
{
    struct stat st;

    if (f->fd >= 0)
        return ERR_OK;
    f->fd = open_file(f->path);
    if (f->fd < 0 || fstat(f->fd, &st) != 0) {
        enum err e = err_errno(eb, "cannot open %s", f->name);

        parquet_park(f);
        return e;
    }
    if ((uint64_t)st.st_size == f->size && st.st_mtim.tv_sec == f->changed.tv_sec &&
        st.st_mtim.tv_nsec == f->changed.tv_nsec)
        return ERR_OK;
    parquet_park(f);
    return err_set(eb, ERR_FORMAT,
                   "%s: has changed while it was read: start again when nobody writes "
                   "it",
                   f->name);
}

void
parquet_close(struct parquet *f)
{
    parquet_park(f);
    for (size_t i = 0; i < f->n_columns; i++) {
        free(f->column[i].name);
        free(f->column[i].path);
    }
    free(f->column);
    free(f->first);
    free(f->chunk);
    free(f->path);
    free(f->name);
    *f = (struct parquet){.fd = -1};
}

/* --- looking things up --- */

size_t
parquet_find(const struct parquet *f, const char *name)
{
    for (size_t i = 0; i < f->n_columns; i++)
        if (strcmp(f->column[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

const struct parquet_chunk *
parquet_chunk(const struct parquet *f, size_t group, size_t column)
{
    return &f->chunk[group * f->n_columns + column];
}

size_t
parquet_group_rows(const struct parquet *f, size_t group)
{
    return f->first[group + 1] - f->first[group];
}
