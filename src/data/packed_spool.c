/* packed_spool.c - records that come in one order and are wanted in another. */
#include "data/packed_spool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/beside.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

enum { PIECE_BYTES = 32 << 10 };

/* What a record begins with. */
struct record_head {
    uint32_t place; /* in its bucket */
    uint32_t n;     /* bytes that follow */
};

struct piece {
    uint64_t offset;
    size_t n;
};

struct bucket {
    struct strbuf buf; /* records that are not in the file yet */
    struct piece *piece;
    size_t n_pieces, cap_pieces;
    uint64_t bytes; /* of the pieces */
};

struct packed_spool {
    char *path; /* owned */
    int fd;
    uint64_t end; /* of the file */
    size_t n, n_buckets;
    struct bucket *bucket; /* (n_buckets) owned */
    /* the bucket that was taken */
    uint8_t *bytes;
    struct spool_record *record; /* (SPOOL_BUCKET) owned */
};

static enum err
lost(const struct packed_spool *s, struct errbuf *eb)
{
    return err_set(eb, ERR_IO, "cannot read back what was laid beside %s", s->path);
}

enum err
packed_spool_open(struct packed_spool **out, const char *path, size_t n,
                  struct errbuf *eb)
{
    struct packed_spool *s = xcalloc(1, sizeof *s);
    enum err e = ERR_OK;

    s->path = xstrdup(path);
    s->n = n;
    s->n_buckets = (n + SPOOL_BUCKET - 1) / SPOOL_BUCKET;
    s->record = xcalloc(SPOOL_BUCKET, sizeof *s->record);
    s->fd = beside_unnamed(path);
    if (s->fd < 0)
        e = err_errno(eb, "cannot create a file beside %s", path);
    if (!e)
        e = big_calloc(&s->bucket, s->n_buckets, sizeof *s->bucket, "buckets", eb);
    *out = e ? NULL : s;
    if (e)
        packed_spool_free(s);
    return e;
}

void
packed_spool_free(struct packed_spool *s)
{
    if (!s)
        return;
    for (size_t b = 0; s->bucket && b < s->n_buckets; b++) {
        strbuf_release(&s->bucket[b].buf);
        free(s->bucket[b].piece);
    }
    if (s->fd >= 0)
        close(s->fd);
    free(s->bucket);
    free(s->bytes);
    free(s->record);
    free(s->path);
    free(s);
}

static enum err
write_piece(struct packed_spool *s, struct bucket *b, struct errbuf *eb)
{
    for (size_t done = 0; done < b->buf.len;) {
        ssize_t n =
            pwrite(s->fd, b->buf.buf + done, b->buf.len - done, (off_t)(s->end + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(eb, "cannot write beside %s", s->path);
        done += (size_t)n;
    }
    b->piece = grow(b->piece, &b->cap_pieces, b->n_pieces + 1, sizeof *b->piece);
    b->piece[b->n_pieces++] = (struct piece){s->end, b->buf.len};
    b->bytes += b->buf.len;
    s->end += b->buf.len;
    strbuf_reset(&b->buf);
    return ERR_OK;
}

enum err
packed_spool_put(struct packed_spool *s, size_t place, const void *head, size_t n_head,
                 const void *body, size_t n_body, struct errbuf *eb)
{
    assert(place < s->n && n_head + n_body <= UINT32_MAX);
    struct bucket *b = &s->bucket[place / SPOOL_BUCKET];
    struct record_head h = {(uint32_t)(place % SPOOL_BUCKET),
                            (uint32_t)(n_head + n_body)};
    size_t n = sizeof h + n_head + n_body;
    enum err e = ERR_OK;

    if (b->buf.len && b->buf.len + n > PIECE_BYTES)
        e = write_piece(s, b, eb);
    if (e)
        return e;
    strbuf_add(&b->buf, &h, sizeof h);
    strbuf_add(&b->buf, head, n_head);
    strbuf_add(&b->buf, body, n_body);
    return ERR_OK;
}

size_t
packed_spool_buckets(const struct packed_spool *s)
{
    return s->n_buckets;
}

static enum err
read_piece(const struct packed_spool *s, const struct piece *p, uint8_t *to,
           struct errbuf *eb)
{
    for (size_t done = 0; done < p->n;) {
        ssize_t n = pread(s->fd, to + done, p->n - done, (off_t)(p->offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return lost(s, eb);
        done += (size_t)n;
    }
    return ERR_OK;
}

/* All bytes of a bucket, in the order in which they were put. */
static enum err
read_bucket(struct packed_spool *s, struct bucket *b, size_t *n, struct errbuf *eb)
{
    size_t at = 0;

    free(s->bytes);
    s->bytes = NULL;
    *n = (size_t)b->bytes + b->buf.len;
    enum err e = big_calloc(&s->bytes, *n + 1, 1, "a bucket", eb);

    for (size_t i = 0; !e && i < b->n_pieces; i++) {
        e = read_piece(s, &b->piece[i], s->bytes + at, eb);
        at += b->piece[i].n;
    }
    if (!e && b->buf.len)
        memcpy(s->bytes + at, b->buf.buf, b->buf.len);
    strbuf_release(&b->buf);
    return e;
}

enum err
packed_spool_take(struct packed_spool *s, size_t bucket,
                  const struct spool_record **record, size_t *n, struct errbuf *eb)
{
    size_t bytes, left = s->n - bucket * SPOOL_BUCKET, seen = 0;
    struct record_head h;
    enum err e = read_bucket(s, &s->bucket[bucket], &bytes, eb);

    *n = left < SPOOL_BUCKET ? left : SPOOL_BUCKET;
    *record = s->record;
    memset(s->record, 0, SPOOL_BUCKET * sizeof *s->record);
    for (size_t at = 0; !e && at < bytes; at += h.n, seen++) {
        if (bytes - at < sizeof h)
            return lost(s, eb);
        memcpy(&h, s->bytes + at, sizeof h);
        at += sizeof h;
        if (h.place >= *n || s->record[h.place].bytes || h.n > bytes - at)
            return lost(s, eb);
        s->record[h.place] = (struct spool_record){s->bytes + at, h.n};
    }
    return e ? e : seen == *n ? ERR_OK : lost(s, eb);
}
