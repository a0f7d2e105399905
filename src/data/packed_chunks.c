/* packed_chunks.c - the rows of a packed store in chunks, for streaming. */
#include "data/packed_chunks.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "data/direct_read.h"
#include "data/packed.h"
#include "data/row_place.h"

struct store {
    struct packed p;
    int direct; /* the file for direct_read.h, or -1 */
    bool scale, counts;
};

_Static_assert(sizeof(struct packed_chunk) <= CHUNK_KEPT * sizeof(uint64_t),
               "a chunk is kept between measure and decode");
_Static_assert((int)PACKED_CHUNK == (int)CHUNK_ROWS, "chunks have as many rows");
_Static_assert((int)PACKED_SLACK <= (int)CHUNK_SLACK, "and as much behind them");

static size_t
store_bytes(const struct row_chunks *c, size_t chunk)
{
    const struct store *s = c->impl;

    return packed_chunk_bytes(&s->p, chunk);
}

static void
store_expect(const struct row_chunks *c, size_t chunk)
{
    const struct store *s = c->impl;

    (void)posix_fadvise(s->p.fd, (off_t)packed_chunk_offset(&s->p, chunk),
                        (off_t)packed_chunk_bytes(&s->p, chunk), POSIX_FADV_WILLNEED);
}

static int
store_direct(const struct row_chunks *c, size_t chunk, uint64_t *offset)
{
    const struct store *s = c->impl;

    *offset = packed_chunk_offset(&s->p, chunk);
    return s->direct;
}

static enum err
store_read(const struct row_chunks *c, size_t chunk, uint8_t *out, struct errbuf *eb)
{
    const struct store *s = c->impl;
    size_t n = packed_chunk_bytes(&s->p, chunk), done = 0;
    uint64_t offset = packed_chunk_offset(&s->p, chunk);

    while (done < n) {
        ssize_t k = pread(s->p.fd, out + done, n - done, (off_t)(offset + done));

        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return err_errno(eb, "%s: reading at offset %llu", s->p.path,
                             (unsigned long long)(offset + done));
        if (k == 0)
            return err_set(
                eb, ERR_FORMAT,
                "%s: ends at offset %llu, in the middle of its cells: was it "
                "cut while it was read?",
                s->p.path, (unsigned long long)(offset + done));
        done += (size_t)k;
    }
    memset(out + n, 0, CHUNK_SLACK);
    return ERR_OK;
}

/* Room of a row: values, and words of its dictionary and codes, with the slack that
 * unpacking writes behind each. */
static void
room_of(const struct packed_row *r, size_t *values, size_t *words)
{
    size_t d = packed_row_dict(r), codes = d ? r->n + PACKED_SLACK : 0;

    *values = (size_t)r->n + PACKED_SLACK;
    *words = (d ? d : r->n) + PACKED_SLACK + codes / sizeof(float) + 1;
}

static enum err
store_measure(const struct row_chunks *c, const struct chunk_want *w, size_t *values,
              size_t *words, struct errbuf *eb)
{
    const struct store *s = c->impl;
    struct packed_chunk chunk;
    enum err e = packed_chunk_open(&s->p, w->chunk, w->bytes, &chunk, eb);

    *values = *words = 0;
    if (e)
        return e;
    memcpy(w->kept, &chunk, sizeof chunk);
    for (size_t k = 0; k < CHUNK_ROWS; k++) {
        size_t v, n;

        if (!(w->rows >> k & 1))
            continue;
        room_of(&chunk.row[k], &v, &n);
        *values += v;
        *words += n;
    }
    return ERR_OK;
}

static bool
are_counts(const float *value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(value[i] >= 0) ||
            fabs((double)value[i] - nearbyint((double)value[i])) > 1e-6)
            return false;
    return true;
}

static enum err
no_counts(const struct store *s, size_t cell, struct errbuf *eb)
{
    return err_set(eb, ERR_CONFLICT,
                   "%s: cell %zu holds no counts: choose with --layer and --normalize "
                   "what its values are",
                   s->p.path, cell);
}

/* Row k; dict (d + slack) is scratch where the row has a dictionary, so that its codes can
 * stand right behind it. */
static enum err
decode_row(const struct store *s, const struct packed_chunk *chunk, size_t k,
           uint16_t *index, float *word, struct csr_row *row, struct errbuf *eb)
{
    const struct packed_row *r = &chunk->row[k];
    float dict[CODES_MAX + PACKED_SLACK];
    size_t d = packed_row_dict(r);
    uint8_t *code = (uint8_t *)(word + d);
    float *value = d ? dict : word;
    bool is_counts = r->form == PACKED_COUNTS;
    enum err e = packed_chunk_row(&s->p, chunk, k, s->scale && is_counts, index, code,
                                  value, eb);

    if (!e && s->counts && !is_counts && !are_counts(value, d ? d : r->n))
        e = no_counts(s, chunk->first + k, eb);
    if (e)
        return e;
    if (s->scale && !is_counts) /* the store does so with counts in a dictionary */
        row_scale(value, d ? code : NULL, r->n, d);
    if (d)
        memcpy(word, dict, d * sizeof *word);
    *row = (struct csr_row){
        .index = index, .value = word, .code = d ? code : NULL, .n = r->n, .n_dict = d};
    return ERR_OK;
}

static enum err
store_decode(const struct row_chunks *c, const struct chunk_want *w, uint16_t *index,
             float *word, struct csr_row *row, struct errbuf *eb)
{
    const struct store *s = c->impl;
    struct packed_chunk chunk;
    enum err e = ERR_OK;

    memcpy(&chunk, w->kept, sizeof chunk);
    for (size_t k = 0; !e && k < CHUNK_ROWS; k++) {
        size_t values, words;

        if (!(w->rows >> k & 1))
            continue;
        e = decode_row(s, &chunk, k, index, word, &row[k], eb);
        room_of(&chunk.row[k], &values, &words);
        index += values;
        word += words;
    }
    return e;
}

/* --- are they counts? --- */

/* Memory to unpack one row. */
struct row_room {
    uint8_t *bytes, *code; /* bytes: of a chunk */
    uint16_t *place;
    float *value;
};

/* Decode the rows of a chunk whose form leaves it open. */
static enum err
check_chunk(const struct store *s, size_t k, uint16_t rows, struct row_room *room,
            struct errbuf *eb)
{
    struct packed_chunk chunk;
    enum err e = packed_chunk_read(&s->p, k, room->bytes, &chunk, eb);

    for (size_t i = 0; !e && i < chunk.n; i++) {
        size_t d = packed_row_dict(&chunk.row[i]);

        if (!(rows >> i & 1))
            continue;
        e = packed_chunk_row(&s->p, &chunk, i, false, room->place, room->code,
                             room->value, eb);
        if (!e && !are_counts(room->value, d ? d : chunk.row[i].n))
            e = no_counts(s, chunk.first + i, eb);
    }
    return e;
}

/* The heads of rows tell of most that they are counts. */
static enum err
check_chunks(const struct store *s, const bool *keep, struct row_room *room,
             struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t k = 0; !e && k < s->p.n_chunks; k++) {
        size_t first = k * PACKED_CHUNK, left = s->p.n_cells - first;
        struct packed_row row[PACKED_CHUNK];
        uint16_t rows = 0;

        for (size_t i = 0; i < PACKED_CHUNK && i < left; i++)
            rows |= (uint16_t)(keep[first + i] << i);
        if (!rows || (e = packed_chunk_heads(&s->p, k, row, eb)))
            continue;
        for (size_t i = 0; i < PACKED_CHUNK; i++)
            if (row[i].form == PACKED_COUNTS || !row[i].n)
                rows &= (uint16_t) ~(1u << i);
        if (rows)
            e = check_chunk(s, k, rows, room, eb);
    }
    return e;
}

static enum err
store_check(const struct row_chunks *c, const bool *keep, struct errbuf *eb)
{
    const struct store *s = c->impl;
    const char *values = packed_fact(&s->p, "values");
    size_t most = s->p.shape.G + PACKED_SLACK;
    struct row_room room = {0};

    if (!s->counts || (values && strcmp(values, "counts") == 0))
        return ERR_OK;
    room.code = xcalloc(most, sizeof *room.code);
    room.place = xcalloc(most, sizeof *room.place);
    room.value = xcalloc(most, sizeof *room.value);
    enum err e =
        big_calloc(&room.bytes, s->p.longest_chunk + PACKED_SLACK, 1, "a chunk", eb);

    if (!e)
        e = check_chunks(s, keep, &room, eb);
    free(room.bytes);
    free(room.code);
    free(room.place);
    free(room.value);
    return e;
}

static void
store_close(struct row_chunks *c)
{
    struct store *s = c->impl;

    if (s->direct >= 0)
        close(s->direct);
    packed_close(&s->p);
    free(s);
}

static const struct row_chunks_ops store_ops = {.bytes = store_bytes,
                                                .read = store_read,
                                                .expect = store_expect,
                                                .direct = store_direct,
                                                .measure = store_measure,
                                                .decode = store_decode,
                                                .check = store_check,
                                                .close = store_close};

/* The file is opened again, and another one may have taken its place since. */
static enum err
check_same(const struct packed *p, const char *digest, struct errbuf *eb)
{
    char now[DIGEST_HEX];

    packed_digest(p, now);
    if (strcmp(now, digest) == 0)
        return ERR_OK;
    return err_set(
        eb, ERR_FORMAT,
        "%s: another packed store lies here than when its cells were looked at "
        "(checksums %.8s then, %.8s now): was it replaced? Start again",
        p->path, digest, now);
}

enum err
packed_chunks_open(struct row_chunks *c, const char *path, const char *digest,
                   bool scale, bool counts, struct errbuf *eb)
{
    struct store *s = xcalloc(1, sizeof *s);
    enum err e = packed_open(&s->p, path, eb);

    if (!e)
        e = check_same(&s->p, digest, eb);
    if (e) {
        packed_close(&s->p);
        free(s);
        return e;
    }
    s->direct = direct_read_fd(s->p.fd);
    s->scale = scale;
    s->counts = counts;
    *c = (struct row_chunks){&store_ops, s};
    return ERR_OK;
}
