/* packed_read.c - bytes of a packed store that are checked before they are used. */
#include "data/packed_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"

enum err
packed_damaged(const struct packed *p, uint64_t offset, const char *what,
               struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT, "%s: damaged at byte %llu: %s; make it anew",
                   p->path, (unsigned long long)offset, what);
}

enum err
packed_read_at(const struct packed *p, uint64_t offset, void *buf, size_t n,
               struct errbuf *eb)
{
    char *to = buf;

    while (n > 0) {
        ssize_t got = pread(p->fd, to, n, (off_t)offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(eb, "%s: cannot read at byte %llu", p->path,
                             (unsigned long long)offset);
        if (got == 0)
            return packed_damaged(p, offset, "the file ends here", eb);
        to += got;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    return ERR_OK;
}

bool
packed_span_take(struct packed_span *s, void *to, uint64_t n)
{
    if (n > s->left)
        return false;
    if (n)
        memcpy(to, s->at, (size_t)n);
    s->at += n;
    s->left -= (size_t)n;
    return true;
}

bool
packed_span_texts(struct packed_span *s, struct strlist *out, uint64_t n_max)
{
    uint64_t n, bytes;

    if (!packed_span_take(s, &n, sizeof n) ||
        !packed_span_take(s, &bytes, sizeof bytes) || bytes > s->left || n > bytes ||
        n > n_max)
        return false;
    const char *text = (const char *)s->at, *end = text + bytes;

    for (uint64_t i = 0; i < n; i++) {
        const char *zero = memchr(text, 0, (size_t)(end - text));

        if (!zero)
            return false;
        strlist_addn(out, text, (size_t)(zero - text));
        text = zero + 1;
    }
    s->at += bytes;
    s->left -= (size_t)bytes;
    return text == end;
}

const struct packed_section *
packed_find_section(const struct packed *p, enum packed_kind kind, size_t number)
{
    for (size_t i = 0; i < p->header.n_sections; i++)
        if (p->section[i].kind == kind && p->section[i].number == number)
            return &p->section[i];
    return NULL;
}

enum err
packed_read_section(const struct packed *p, enum packed_kind kind, size_t number,
                    uint8_t **bytes, struct packed_span *span, uint64_t *offset,
                    struct errbuf *eb)
{
    const struct packed_section *s = packed_find_section(p, kind, number);

    *bytes = NULL;
    *offset = p->header.table;
    if (!s)
        return packed_damaged(p, p->header.table, "a section is missing", eb);
    enum err e = big_calloc(bytes, (size_t)s->bytes, 1, "a section", eb);

    if (!e)
        e = packed_read_at(p, s->offset, *bytes, (size_t)s->bytes, eb);
    if (!e && crc64_of(&p->crc, *bytes, (size_t)s->bytes) != s->crc)
        e = packed_damaged(p, s->offset, "the section's checksum is wrong", eb);
    *span = (struct packed_span){*bytes, (size_t)s->bytes};
    *offset = s->offset;
    return e;
}
