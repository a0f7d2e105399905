/* packed_write.c - writing a packed store. */
#include "data/packed_write.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/beside.h"
#include "base/crc64.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/packed_format.h"
#include "data/packed_row.h"
#include "data/packed_spool.h"

enum { BITMAP_PCT = 20, BATCH = 256, SPOOL_BYTES = 1 << 20 };

/* A file without a name, or the one that becomes the store. */
struct out {
    int fd;
    uint64_t bytes;    /* written, and to be */
    struct strbuf buf; /* to be written */
    struct crc64 crc;  /* of all since the section began */
};

struct packed_writer {
    char *path, *tmp; /* owned */
    const struct packed_genes *genes;
    struct packed_genes genes_copy;
    struct packed_shape shape;
    struct out file, ids;
    uint64_t n_cells, n_values;
    uint64_t *detected; /* (G) owned */
    /* rows of a batch, encoded */
    struct packed_coder *coder; /* (threads) owned */
    size_t n_coders, row_most;
    uint8_t *bytes;         /* (BATCH, row_most) owned */
    struct packed_row *row; /* (BATCH) owned; end: bytes of the row */
    const struct csr_piece *piece;
    /* cells that will lie in another order */
    struct packed_spool *spool; /* owned; NULL: they lie as they come */
    const uint32_t *place_of;   /* (n_places_of) of each cell that is put */
    size_t n_places_of, n_put;
    struct strbuf head; /* of the record that is put */
    /* the chunk that is being filled */
    struct packed_row chunk_row[PACKED_CHUNK];
    struct strbuf chunk;
    size_t n_chunk; /* rows in it */
    struct packed_place *place;
    size_t n_places, cap_places;
    struct packed_section *section;
    size_t n_sections, cap_sections;
};

/* --- bytes --- */

static enum err
flush(const struct packed_writer *w, struct out *o, struct errbuf *eb)
{
    const char *p = o->buf.buf;
    size_t n = o->buf.len;

    while (n > 0) {
        ssize_t done = write(o->fd, p, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_errno(eb, "cannot write %s", w->path);
        p += done;
        n -= (size_t)done;
    }
    strbuf_reset(&o->buf);
    return ERR_OK;
}

static enum err
put(const struct packed_writer *w, struct out *o, const void *data, size_t n,
    struct errbuf *eb)
{
    if (!n)
        return ERR_OK;
    strbuf_add(&o->buf, data, n);
    crc64_add(&o->crc, data, n);
    o->bytes += n;
    return o->buf.len >= SPOOL_BYTES ? flush(w, o, eb) : ERR_OK;
}

/* The ids wait in a file without a name. */
static enum err
open_ids(struct packed_writer *w, struct errbuf *eb)
{
    crc64_init(&w->ids.crc);
    w->ids.fd = beside_unnamed(w->path);
    return w->ids.fd < 0 ? err_errno(eb, "cannot create a file beside %s", w->path)
                         : ERR_OK;
}

/* --- life --- */

static size_t
bitmap_genes(const struct gene_order *o)
{
    size_t n = 0;

    while (n < o->D && o->rate[n] * 100 >= BITMAP_PCT)
        n++;
    return n / 64 * 64;
}

static void
writer_free(struct packed_writer *w)
{
    if (w->file.fd >= 0) {
        close(w->file.fd);
        unlink(w->tmp);
    }
    if (w->ids.fd >= 0)
        close(w->ids.fd);
    for (size_t i = 0; i < w->n_coders; i++)
        packed_coder_release(&w->coder[i]);
    packed_spool_free(w->spool);
    free(w->coder);
    free(w->bytes);
    free(w->row);
    free(w->detected);
    free(w->place);
    free(w->section);
    strbuf_release(&w->chunk);
    strbuf_release(&w->head);
    strbuf_release(&w->file.buf);
    strbuf_release(&w->ids.buf);
    free(w->path);
    free(w->tmp);
    free(w);
}

void
packed_writer_abandon(struct packed_writer *w)
{
    if (w)
        writer_free(w);
}

enum err
packed_writer_open(struct packed_writer **out, const char *path,
                   const struct packed_genes *genes, struct errbuf *eb)
{
    struct packed_writer *w = xcalloc(1, sizeof *w);
    const struct packed_header none = {0};
    size_t G = genes->id->n;

    w->path = xstrdup(path);
    w->tmp = beside_path(path, getpid());
    w->genes_copy = *genes;
    w->genes = &w->genes_copy;
    w->shape = (struct packed_shape){G, bitmap_genes(genes->order)};
    w->row_most = packed_row_most(&w->shape);
    w->detected = xcalloc(G, sizeof *w->detected);
    w->row = xcalloc(BATCH, sizeof *w->row);
    w->ids.fd = -1;
    crc64_init(&w->file.crc);
    beside_sweep(path);
    w->file.fd = beside_create(path);
    enum err e =
        w->file.fd < 0 ? err_errno(eb, "cannot create %s", path) : open_ids(w, eb);

    if (!e)
        e = big_calloc(&w->bytes, BATCH * w->row_most, 1, "rows", eb);
    if (!e)
        e = put(w, &w->file, &none, sizeof none, eb);
    *out = e ? NULL : w;
    if (e)
        writer_free(w);
    return e;
}

/* --- rows --- */

static void
encode_row(void *ctx, size_t task, size_t thread)
{
    struct packed_writer *w = ctx;
    struct packed_row *r = &w->row[task];
    size_t bytes =
        packed_row_encode(&w->coder[thread], &w->piece[task], w->genes->order->place, r,
                          w->bytes + task * w->row_most);

    r->end = (uint32_t)bytes;
}

static enum err
close_chunk(struct packed_writer *w, struct errbuf *eb)
{
    size_t table = w->n_chunk * sizeof *w->chunk_row;
    struct strbuf all = {0};

    if (!w->n_chunk)
        return ERR_OK;
    for (size_t i = 0; i < w->n_chunk; i++)
        w->chunk_row[i].end += (uint32_t)table;
    strbuf_add(&all, w->chunk_row, table);
    strbuf_add(&all, w->chunk.buf, w->chunk.len);
    w->place = grow(w->place, &w->cap_places, w->n_places + 1, sizeof *w->place);
    enum err e = put(w, &w->file, all.buf, all.len, eb);

    w->place[w->n_places++] =
        (struct packed_place){w->file.bytes - sizeof(struct packed_header),
                              crc64_of(&w->file.crc, all.buf, all.len)};
    strbuf_release(&all);
    strbuf_reset(&w->chunk);
    w->n_chunk = 0;
    return e;
}

/* A row whose r->end is its number of bytes, and the id of its cell. */
static enum err
add_row(struct packed_writer *w, const struct packed_row *r, const void *bytes,
        const char *id, struct errbuf *eb)
{
    struct packed_row *here = &w->chunk_row[w->n_chunk++];

    *here = *r;
    strbuf_add(&w->chunk, bytes, r->end);
    here->end = (uint32_t)w->chunk.len;
    w->n_values += r->n;
    w->n_cells++;
    enum err e = put(w, &w->ids, id, strlen(id) + 1, eb);

    return e || w->n_chunk < PACKED_CHUNK ? e : close_chunk(w, eb);
}

/* --- cells in another order --- */

enum err
packed_writer_shuffle(struct packed_writer *w, const uint32_t *place, size_t n,
                      struct errbuf *eb)
{
    assert(!w->spool && !w->n_cells);
    w->place_of = place;
    w->n_places_of = n;
    return packed_spool_open(&w->spool, w->path, n, eb);
}

/* Lay a row aside: what a chunk says of it, its id, its bytes. */
static enum err
spool_row(struct packed_writer *w, const struct packed_row *r, const void *bytes,
          const char *id, struct errbuf *eb)
{
    struct strbuf *head = &w->head;

    assert(w->n_put < w->n_places_of);
    strbuf_reset(head);
    strbuf_add(head, r, sizeof *r);
    strbuf_adds(head, id);
    return packed_spool_put(w->spool, w->place_of[w->n_put++], head->buf, head->len + 1,
                            bytes, r->end, eb);
}

static enum err
take_row(struct packed_writer *w, const struct spool_record *record, struct errbuf *eb)
{
    struct packed_row r;
    const char *id = (const char *)record->bytes + sizeof r;

    memcpy(&r, record->bytes, sizeof r);
    return add_row(w, &r, id + strlen(id) + 1, id, eb);
}

/* All rows that were laid aside, in their order. */
static enum err
take_rows(struct packed_writer *w, struct errbuf *eb)
{
    enum err e = ERR_OK;

    assert(!w->spool || w->n_put == w->n_places_of);
    for (size_t b = 0; !e && w->spool && b < packed_spool_buckets(w->spool); b++) {
        const struct spool_record *record;
        size_t n;

        e = packed_spool_take(w->spool, b, &record, &n, eb);
        for (size_t i = 0; !e && i < n; i++)
            e = take_row(w, &record[i], eb);
    }
    return e;
}

/* --- rows as they come --- */

static void
count_genes(struct packed_writer *w, const struct csr_piece *p)
{
    for (size_t k = 0; k < p->n; k++)
        w->detected[p->index[k]]++;
}

static void
need_coders(struct packed_writer *w, size_t n)
{
    if (n <= w->n_coders)
        return;
    w->coder = xrealloc(w->coder, n, sizeof *w->coder);
    while (w->n_coders < n)
        packed_coder_init(&w->coder[w->n_coders++], &w->shape);
}

enum err
packed_writer_put(struct packed_writer *w, const struct csr_piece *row,
                  const char *const *id, size_t n, struct pool *pool, struct errbuf *eb)
{
    enum err e = ERR_OK;

    need_coders(w, pool_threads(pool));
    for (size_t first = 0; !e && first < n; first += BATCH) {
        size_t m = n - first < BATCH ? n - first : BATCH;

        w->piece = row + first;
        pool_run(pool, m, encode_row, w);
        for (size_t i = 0; !e && i < m; i++) {
            const uint8_t *bytes = w->bytes + i * w->row_most;

            count_genes(w, &row[first + i]);
            e = w->spool ? spool_row(w, &w->row[i], bytes, id[first + i], eb)
                         : add_row(w, &w->row[i], bytes, id[first + i], eb);
        }
    }
    return e;
}

/* --- the end --- */

/* What was put since offset `from` is a section. */
static void
end_section(struct packed_writer *w, uint32_t kind, uint32_t number, uint64_t from,
            uint64_t crc)
{
    w->section =
        grow(w->section, &w->cap_sections, w->n_sections + 1, sizeof *w->section);
    w->section[w->n_sections++] =
        (struct packed_section){kind, number, from, w->file.bytes - from, crc};
}

static enum err
put_section(struct packed_writer *w, uint32_t kind, uint32_t number,
            const struct strbuf *sb, struct errbuf *eb)
{
    uint64_t from = w->file.bytes;
    enum err e = put(w, &w->file, sb->buf, sb->len, eb);

    end_section(w, kind, number, from, crc64_of(&w->file.crc, sb->buf, sb->len));
    return e;
}

static void
add_number(struct strbuf *sb, uint64_t x)
{
    strbuf_add(sb, &x, sizeof x);
}

static void
add_texts(struct strbuf *sb, const struct strlist *l)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < l->n; i++)
        bytes += strlen(l->item[i]) + 1;
    add_number(sb, l->n);
    add_number(sb, bytes);
    for (size_t i = 0; i < l->n; i++)
        strbuf_add(sb, l->item[i], strlen(l->item[i]) + 1);
}

static enum err
put_genes(struct packed_writer *w, struct errbuf *eb)
{
    struct strbuf sb = {0};

    add_texts(&sb, w->genes->id);
    add_texts(&sb, w->genes->name);
    strbuf_add(&sb, w->detected, w->shape.G * sizeof *w->detected);
    strbuf_add(&sb, w->genes->order->gene, w->shape.G * sizeof *w->genes->order->gene);
    enum err e = put_section(w, PACKED_GENES, 0, &sb, eb);

    strbuf_release(&sb);
    return e;
}

static enum err
put_column(struct packed_writer *w, const struct packed_obs *o, size_t number,
           struct errbuf *eb)
{
    size_t n = o->levels->n;
    struct packed_column head = {.kind = (uint32_t)o->kind,
                                 .width = n < UINT8_MAX    ? 1
                                          : n < UINT16_MAX ? 2
                                                           : 4};
    struct strbuf sb = {0};

    uint8_t *code = NULL;
    enum err e = big_calloc(&code, w->n_cells, head.width, "codes", eb);

    if (e)
        return e;
    strbuf_add(&sb, &head, sizeof head);
    add_texts(&sb, o->levels);
    for (uint64_t i = 0; i < w->n_cells; i++) {
        int32_t k = codes_get(&o->code, i);

        memcpy(code + (w->spool ? w->place_of[i] : i) * head.width, &k, head.width);
    }
    strbuf_add(&sb, code, w->n_cells * head.width);
    free(code);
    e = put_section(w, PACKED_COLUMN, (uint32_t)number, &sb, eb);
    strbuf_release(&sb);
    return e;
}

static enum err
put_obs(struct packed_writer *w, const struct packed_obs *obs, size_t n_obs,
        struct errbuf *eb)
{
    struct strlist name = {0};
    struct strbuf sb = {0};

    for (size_t i = 0; i < n_obs; i++)
        strlist_add(&name, obs[i].name);
    add_texts(&sb, &name);
    enum err e = put_section(w, PACKED_NAMES, 0, &sb, eb);

    for (size_t i = 0; !e && i < n_obs; i++)
        e = put_column(w, &obs[i], i, eb);
    strbuf_release(&sb);
    strlist_release(&name);
    return e;
}

/* The ids come back from where they were laid. */
static enum err
put_ids(struct packed_writer *w, struct errbuf *eb)
{
    uint64_t from = w->file.bytes, head[2] = {w->n_cells, w->ids.bytes}, done = 0;
    char *buf = xmalloc(SPOOL_BYTES, 1);
    enum err e = flush(w, &w->ids, eb);

    crc64_init(&w->file.crc);
    if (!e)
        e = put(w, &w->file, head, sizeof head, eb);
    while (!e && done < w->ids.bytes) {
        ssize_t got = pread(w->ids.fd, buf, SPOOL_BYTES, (off_t)done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            e = err_errno(eb, "cannot read back what was laid beside %s", w->path);
        else
            e = put(w, &w->file, buf, (size_t)got, eb);
        done += (uint64_t)(got > 0 ? got : 0);
    }
    end_section(w, PACKED_CELLS, 0, from, crc64_final(&w->file.crc));
    free(buf);
    return e;
}

/* n bytes; zeros say that there are none. */
static void
add_or_zeros(struct strbuf *sb, const void *data, size_t n)
{
    if (data && n)
        strbuf_add(sb, data, n);
    for (size_t i = 0; !data && i < n; i++)
        strbuf_addc(sb, 0);
}

static enum err
put_own(struct packed_writer *w, const struct source_own *own, struct errbuf *eb)
{
    struct strbuf sb = {0};
    struct strlist split = {0};
    size_t k = own->classes.n;

    strlist_add(&split, own->split_column ? own->split_column : "");
    add_texts(&sb, &split);
    add_texts(&sb, &own->classes);
    add_or_zeros(&sb, own->reachable, k * k);
    add_or_zeros(&sb, own->class_weight, k * sizeof *own->class_weight);
    enum err e = put_section(w, PACKED_OWN, 0, &sb, eb);

    strbuf_release(&sb);
    strlist_release(&split);
    return e;
}

/* The table, and last of all the header. */
static enum err
put_table(struct packed_writer *w, struct errbuf *eb)
{
    struct packed_header h = {.version = PACKED_VERSION,
                              .n_sections = (uint32_t)w->n_sections,
                              .table = w->file.bytes,
                              .n_cells = w->n_cells,
                              .n_values = w->n_values,
                              .n_genes = (uint32_t)w->shape.G,
                              .n_bitmap = (uint32_t)w->shape.H};
    size_t bytes = w->n_sections * sizeof *w->section;

    memcpy(h.magic, PACKED_MAGIC, sizeof h.magic);
    h.table_crc = crc64_of(&w->file.crc, w->section, bytes);
    h.crc = crc64_of(&w->file.crc, &h, offsetof(struct packed_header, crc));
    enum err e = put(w, &w->file, w->section, bytes, eb);

    if (!e)
        e = flush(w, &w->file, eb);
    if (!e && (pwrite(w->file.fd, &h, sizeof h, 0) != (ssize_t)sizeof h ||
               fsync(w->file.fd) || rename(w->tmp, w->path)))
        e = err_errno(eb, "cannot write %s", w->path);
    if (!e) {
        close(w->file.fd);
        w->file.fd = -1;
    }
    return e;
}

static enum err
put_rest(struct packed_writer *w, const struct packed_obs *obs, size_t n_obs,
         const struct source_own *own, const struct strlist *fact, struct errbuf *eb)
{
    struct strbuf chunks = {0}, facts = {0};
    enum err e = take_rows(w, eb);

    if (!e)
        e = w->n_cells ? close_chunk(w, eb)
                       : err_set(eb, ERR_ARG, "%s would have no cells", w->path);
    if (e)
        return e;
    end_section(w, PACKED_ROWS, 0, sizeof(struct packed_header), 0);
    strbuf_add(&chunks, w->place, w->n_places * sizeof *w->place);
    add_texts(&facts, fact);
    if (!(e = put_section(w, PACKED_CHUNKS, 0, &chunks, eb)) &&
        !(e = put_genes(w, eb)) && !(e = put_obs(w, obs, n_obs, eb)) &&
        !(e = put_ids(w, eb)) && !(e = put_section(w, PACKED_FACTS, 0, &facts, eb)) &&
        own && (own->classes.n || own->split_column))
        e = put_own(w, own, eb);
    strbuf_release(&chunks);
    strbuf_release(&facts);
    return e ? e : put_table(w, eb);
}

enum err
packed_writer_finish(struct packed_writer *w, const struct packed_obs *obs,
                     size_t n_obs, const struct source_own *own,
                     const struct strlist *fact, struct errbuf *eb)
{
    enum err e = put_rest(w, obs, n_obs, own, fact, eb);

    writer_free(w);
    return e;
}
