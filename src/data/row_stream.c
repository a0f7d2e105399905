/* row_stream.c - rows of cells that are not in memory, read shortly before they are used.
 *
 * Groups stand in a ring.  Of each it is first listed which cells and which chunks it has,
 * and reading them begins (LISTED): past the system's cache where that can be, else the
 * system is told what will be read.  Two groups later all threads of the pool make rows of
 * its chunks (DECODED), which are there, or are read into a buffer that stays in a thread's
 * cache; the group is handed out and given back (FREE) when a batch begins behind it.
 *
 * A disk that does not keep up is read through the system's cache, which may have next time
 * what it was slow to give this time.  Nothing of this is a thread of its own: with as many threads as cores there is none
 * to spare, and one that took a core now and then held up all others. */
#include "data/row_stream.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/cell_order.h"
#include "data/direct_read.h"

enum {
    GROUPS_AHEAD = 2,
    GROUP_MAX = POOL_CELLS + BLOCK_CELLS,
    SLAB_BYTES = 8 << 20,
    LINE = 64,
    PARTS_MOST = 2 * POOL_CELLS / BLOCK_CELLS, /* of a group at a time */
    LATE_MOST = 8 /* groups in a row that were waited for */
};

/* A cell of a group in the file. */
struct wanted {
    uint32_t file, row;
    uint32_t at; /* in the group */
};

struct chunk {
    size_t chunk;
    uint16_t rows; /* bits */
    uint32_t file;
    size_t first, end; /* of wanted */
};

/* Room for the rows of some chunks. */
struct slab {
    uint8_t *at; /* (cap) owned */
    size_t cap, used;
};

enum group_state { GROUP_FREE, GROUP_LISTED, GROUP_DECODED };

struct group {
    enum group_state state;
    size_t first, n;       /* of the list */
    struct wanted *wanted; /* (GROUP_MAX) owned; by file and row */
    struct chunk *chunk;   /* (GROUP_MAX) owned */
    size_t n_chunks;
    struct direct_part *part;  /* (GROUP_MAX) owned; one per chunk */
    struct direct_batch batch; /* of part */
    uint8_t *bytes;            /* (cap_bytes) owned; of part */
    size_t cap_bytes;
    struct csr_row *row; /* (GROUP_MAX) owned; in the order of the list */
    struct slab *slab;   /* (n_slabs) owned; rows point into them; the last has room */
    size_t n_slabs, cap_slabs;
};

/* Bytes of a chunk, of one thread. */
struct buffer {
    uint8_t *at; /* (cap) owned */
    size_t cap;
};

struct row_stream {
    struct row_chunks *chunks; /* (n_files) owned */
    size_t n_files;
    const uint32_t *file, *row; /* borrowed */

    struct group *group; /* (n_groups) owned; a ring */
    size_t n_groups;
    struct slab *spare; /* (n_spare) owned; no group's */
    size_t n_spare, cap_spare;
    struct buffer *buffer; /* (n_buffers) owned; one per thread */
    size_t n_buffers;

    struct direct_read *direct; /* owned; NULL: read in the ordinary way */
    size_t n_late;              /* groups in a row that were waited for */

    struct row_list list;
    struct pool *pool;        /* borrowed */
    bool is_open;             /* between begin and end */
    size_t at;                /* of the list: first cell not handed out */
    size_t oldest;            /* group that holds it, or the batch before */
    size_t n_listed;          /* groups listed so far */
    size_t list_at, list_cut; /* where the next one begins */
};

/* --- which chunks --- */

static size_t
group_end(const struct row_list *l, size_t first, size_t *cut)
{
    size_t end = l->n - first < POOL_CELLS ? l->n : first + POOL_CELLS;

    while (*cut < l->n_cuts && l->cut[*cut] <= first)
        ++*cut;
    if (*cut < l->n_cuts && l->cut[*cut] - first <= GROUP_MAX)
        end = l->cut[*cut] < l->n ? l->cut[*cut] : l->n;
    return end;
}

static int
compare_wanted(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;

    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Which cells the group has, and where they lie. */
static void
list_wanted(const struct row_stream *s, struct group *g, size_t first, size_t end)
{
    g->first = first;
    g->n = end - first;
    for (size_t i = 0; i < g->n; i++) {
        uint32_t cell = s->list.cell[first + i];

        g->wanted[i] = (struct wanted){s->file ? s->file[cell] : 0,
                                       s->row ? s->row[cell] : cell, (uint32_t)i};
    }
    qsort(g->wanted, g->n, sizeof *g->wanted, compare_wanted);
}

static bool
is_of_chunk(const struct chunk *c, const struct wanted *w)
{
    return c->file == w->file && c->chunk == w->row / CHUNK_ROWS;
}

/* The chunks that hold them. */
static void
list_chunks(struct group *g)
{
    g->n_chunks = 0;
    for (size_t i = 0; i < g->n; i++) {
        const struct wanted *w = &g->wanted[i];
        struct chunk *c = g->n_chunks ? &g->chunk[g->n_chunks - 1] : NULL;

        if (!c || !is_of_chunk(c, w)) {
            c = &g->chunk[g->n_chunks++];
            *c = (struct chunk){
                .chunk = w->row / CHUNK_ROWS, .file = w->file, .first = i};
        }
        c->rows |= (uint16_t)(1u << w->row % CHUNK_ROWS);
        c->end = i + 1;
    }
}

/* Part i of a group: its chunk, and what is read with it since offsets are multiples.
 * Returns where the next one may stand; false in *can if the file cannot be read so. */
static size_t
plan_part(const struct row_stream *s, struct group *g, size_t i, size_t at, bool *can)
{
    const struct chunk *c = &g->chunk[i];
    const struct row_chunks *file = &s->chunks[c->file];
    uint64_t offset = 0;
    int fd = file->ops->direct ? file->ops->direct(file, c->chunk, &offset) : -1;
    size_t before = offset % DIRECT_ALIGN;
    size_t need = before + file->ops->bytes(file, c->chunk);
    size_t size = (need + DIRECT_ALIGN - 1) / DIRECT_ALIGN * DIRECT_ALIGN;

    *can = *can && fd >= 0;
    g->part[i] = (struct direct_part){
        .fd = fd, .offset = offset - before, .size = size, .need = need};
    return at + size;
}

/* Room for the parts; false if there is no memory for it. */
static bool
room_for_parts(struct group *g, size_t bytes)
{
    size_t need = bytes + CHUNK_SLACK + DIRECT_ALIGN;

    if (g->cap_bytes < need) {
        free(g->bytes);
        g->cap_bytes = need + need / 8;
        if (big_calloc(&g->bytes, g->cap_bytes, 1, "bytes of cells", NULL))
            g->cap_bytes = 0;
    }
    return g->cap_bytes != 0;
}

/* Begin to read the chunks past the cache; returns how many, of the first on, are under
 * way. */
static size_t
begin_direct(struct row_stream *s, struct group *g)
{
    size_t bytes = 0;
    bool can = s->direct && s->n_late < LATE_MOST && g->n_chunks <= PARTS_MOST;

    for (size_t i = 0; can && i < g->n_chunks; i++)
        bytes = plan_part(s, g, i, bytes, &can);
    if (!can || !room_for_parts(g, bytes))
        return 0;
    uint8_t *at = g->bytes + (DIRECT_ALIGN - (uintptr_t)g->bytes % DIRECT_ALIGN);

    for (size_t i = 0; i < g->n_chunks; i++) {
        g->part[i].to = at;
        at += g->part[i].size;
    }
    g->batch = (struct direct_batch){.part = g->part, .n = g->n_chunks};
    direct_read_begin(s->direct, &g->batch);
    return g->batch.left;
}

static void
begin_reading(struct row_stream *s, struct group *g)
{
    g->batch = (struct direct_batch){0};
    for (size_t i = begin_direct(s, g); i < g->n_chunks; i++) {
        const struct chunk *c = &g->chunk[i];
        const struct row_chunks *file = &s->chunks[c->file];

        if (file->ops->expect)
            file->ops->expect(file, c->chunk);
    }
}

static bool
are_read(const struct direct_batch *b)
{
    size_t i = 0;

    while (i < b->n && b->part[i].ok)
        i++;
    return i == b->n;
}

/* Wait for what is read past the cache.  Where that is refused, a file system that opens
 * files so and then does not read them, it is given up as if it were late. */
static enum err
end_reading(struct row_stream *s, struct group *g, struct errbuf *eb)
{
    bool in_time;

    if (!g->batch.n)
        return ERR_OK;
    enum err e = direct_read_wait(s->direct, &g->batch, &in_time, eb);

    if (e)
        return e;
    s->n_late = in_time && are_read(&g->batch) ? 0 : s->n_late + 1;
    return ERR_OK;
}

/* List the next group, if there is one. */
static void
list_next(struct row_stream *s)
{
    struct group *g = &s->group[s->n_listed % s->n_groups];

    if (s->list_at == s->list.n)
        return;
    assert(g->state == GROUP_FREE);
    size_t end = group_end(&s->list, s->list_at, &s->list_cut);

    list_wanted(s, g, s->list_at, end);
    list_chunks(g);
    begin_reading(s, g);
    g->state = GROUP_LISTED;
    s->list_at = end;
    s->n_listed++;
}

/* --- room for rows --- */

/* The last slab of the group has `bytes` free afterwards. */
static enum err
add_slab(struct row_stream *s, struct group *g, size_t bytes, struct errbuf *eb)
{
    struct slab slab = {.cap = bytes > SLAB_BYTES ? bytes : SLAB_BYTES};
    enum err e = ERR_OK;

    if (s->n_spare && s->spare[s->n_spare - 1].cap >= bytes)
        slab = s->spare[--s->n_spare];
    else
        e = big_calloc(&slab.at, slab.cap, 1, "rows of cells", eb);
    if (e)
        return e;
    slab.used = 0;
    g->slab = grow(g->slab, &g->cap_slabs, g->n_slabs + 1, sizeof *g->slab);
    g->slab[g->n_slabs++] = slab;
    return ERR_OK;
}

/* *out = bytes for a chunk's rows. */
static enum err
take_room(struct row_stream *s, struct group *g, size_t bytes, uint8_t **out,
          struct errbuf *eb)
{
    struct slab *last = g->n_slabs ? &g->slab[g->n_slabs - 1] : NULL;
    enum err e = ERR_OK;

    bytes = (bytes + LINE - 1) / LINE * LINE;
    if (!last || last->cap - last->used < bytes)
        e = add_slab(s, g, bytes, eb);
    if (e)
        return e;
    last = &g->slab[g->n_slabs - 1];
    *out = last->at + last->used;
    last->used += bytes;
    return ERR_OK;
}

static void
give_back(struct row_stream *s, struct group *g)
{
    while (g->n_slabs) {
        s->spare = grow(s->spare, &s->cap_spare, s->n_spare + 1, sizeof *s->spare);
        s->spare[s->n_spare++] = g->slab[--g->n_slabs];
    }
    g->state = GROUP_FREE;
}

/* --- rows --- */

struct decoding {
    struct row_stream *s;
    struct group *g;
    pthread_mutex_t mu;
    size_t failed;     /* mu; first chunk with an error, or n_chunks */
    enum err e;        /* mu; of it */
    struct errbuf *eb; /* mu */
};

/* Of several errors the one of the first chunk counts. */
static void
fail(struct decoding *d, size_t i, enum err e, const struct errbuf *eb)
{
    pthread_mutex_lock(&d->mu);
    if (i < d->failed) {
        d->failed = i;
        d->e = err_set(d->eb, e, "%s", eb->text);
    }
    pthread_mutex_unlock(&d->mu);
}

/* *bytes = those of the chunk, read before or now. */
static enum err
read_chunk(const struct row_chunks *file, const struct direct_part *part,
           struct buffer *b, size_t chunk, const uint8_t **bytes, struct errbuf *eb)
{
    if (part && part->ok) {
        *bytes = part->to + (part->need - file->ops->bytes(file, chunk));
        return ERR_OK;
    }
    size_t need = file->ops->bytes(file, chunk) + CHUNK_SLACK;
    enum err e = ERR_OK;

    if (b->cap < need) {
        free(b->at);
        b->cap = 0;
        e = big_calloc(&b->at, need + need / 4, 1, "bytes of cells", eb);
        b->cap = e ? 0 : need + need / 4;
    }
    *bytes = b->at;
    return e ? e : file->ops->read(file, chunk, b->at, eb);
}

/* Words stand before genes, which need less alignment. */
static enum err
room_for(struct decoding *d, size_t values, size_t words, float **word,
         uint16_t **index, struct errbuf *eb)
{
    uint8_t *at = NULL;

    pthread_mutex_lock(&d->mu);
    enum err e =
        take_room(d->s, d->g, words * sizeof **word + values * sizeof **index, &at, eb);
    pthread_mutex_unlock(&d->mu);
    *word = (float *)(void *)at;
    *index = (uint16_t *)(void *)(at + words * sizeof **word);
    return e;
}

static enum err
chunk_rows(struct decoding *d, size_t i, struct buffer *b,
           struct csr_row row[CHUNK_ROWS], struct errbuf *eb)
{
    const struct chunk *c = &d->g->chunk[i];
    const struct direct_part *part = d->g->batch.n ? &d->g->part[i] : NULL;
    const struct row_chunks *file = &d->s->chunks[c->file];
    uint64_t kept[CHUNK_KEPT];
    struct chunk_want w = {.chunk = c->chunk, .rows = c->rows, .kept = kept};
    size_t values, words;
    float *word;
    uint16_t *index;
    enum err e = read_chunk(file, part, b, c->chunk, &w.bytes, eb);

    if (!e)
        e = file->ops->measure(file, &w, &values, &words, eb);
    if (!e)
        e = room_for(d, values, words, &word, &index, eb);
    return e ? e : file->ops->decode(file, &w, index, word, row, eb);
}

/* Task 0 looks ahead; task i makes the rows of chunk i - 1. */
static void
decode_chunk(void *ctx, size_t task, size_t thread)
{
    struct decoding *d = ctx;
    struct group *g = d->g;
    struct csr_row row[CHUNK_ROWS];
    struct errbuf eb = {""};

    if (task == 0) {
        list_next(d->s);
        return;
    }
    const struct chunk *c = &g->chunk[task - 1];
    enum err e = chunk_rows(d, task - 1, &d->s->buffer[thread], row, &eb);

    if (e) {
        fail(d, task - 1, e, &eb);
        return;
    }
    for (size_t k = c->first; k < c->end; k++)
        g->row[g->wanted[k].at] = row[g->wanted[k].row % CHUNK_ROWS];
}

static enum err
decode(struct row_stream *s, struct group *g, struct errbuf *eb)
{
    struct decoding d = {.s = s, .g = g, .failed = g->n_chunks, .eb = eb};

    enum err e = end_reading(s, g, eb);

    if (e)
        return e;
    pthread_mutex_init(&d.mu, NULL);
    pool_run(s->pool, g->n_chunks + 1, decode_chunk, &d);
    pthread_mutex_destroy(&d.mu);
    if (!d.e)
        g->state = GROUP_DECODED;
    return d.e;
}

/* --- life --- */

struct row_stream *
row_stream_new(struct row_chunks *chunks, size_t n_files, const uint32_t *file,
               const uint32_t *row)
{
    struct row_stream *s = xcalloc(1, sizeof *s);

    s->chunks = chunks;
    s->n_files = n_files;
    s->file = file;
    s->row = row;
    return s;
}

static void
free_groups(struct row_stream *s)
{
    for (size_t i = 0; i < s->n_groups; i++) {
        struct group *g = &s->group[i];

        give_back(s, g);
        free(g->wanted);
        free(g->chunk);
        free(g->part);
        free(g->bytes);
        free(g->row);
        free(g->slab);
    }
    free(s->group);
    s->group = NULL;
    s->n_groups = 0;
}

static void
free_buffers(struct row_stream *s)
{
    for (size_t i = 0; i < s->n_buffers; i++)
        free(s->buffer[i].at);
    free(s->buffer);
    s->buffer = NULL;
    s->n_buffers = 0;
}

void
row_stream_free(struct row_stream *s)
{
    if (!s)
        return;
    row_stream_end(s);
    free_groups(s);
    free_buffers(s);
    direct_read_free(s->direct);
    for (size_t i = 0; i < s->n_spare; i++)
        free(s->spare[i].at);
    free(s->spare);
    for (size_t i = 0; i < s->n_files; i++)
        row_chunks_close(&s->chunks[i]);
    free(s->chunks);
    free(s);
}

_Static_assert((int)CHUNK_ROWS == (int)BLOCK_CELLS, "blocks are chunks");

/* A batch of B begins and ends within a group; those between hold POOL_CELLS and more. */
static size_t
groups_held(size_t B)
{
    return (B + POOL_CELLS - 1) / POOL_CELLS + 1;
}

static enum err
make_groups(struct row_stream *s, size_t n, struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (s->n_groups >= n)
        return e;
    free_groups(s);
    s->group = xcalloc(n, sizeof *s->group);
    s->n_groups = n;
    for (size_t i = 0; !e && i < n; i++) {
        struct group *g = &s->group[i];

        if (!(e = big_calloc(&g->wanted, GROUP_MAX, sizeof *g->wanted, "cells", eb)) &&
            !(e = big_calloc(&g->chunk, GROUP_MAX, sizeof *g->chunk, "cells", eb)) &&
            !(e = big_calloc(&g->part, GROUP_MAX, sizeof *g->part, "cells", eb)))
            e = big_calloc(&g->row, GROUP_MAX, sizeof *g->row, "cells", eb);
    }
    if (e)
        free_groups(s);
    return e;
}

static void
make_buffers(struct row_stream *s, size_t n)
{
    if (s->n_buffers >= n)
        return;
    free_buffers(s);
    s->buffer = xcalloc(n, sizeof *s->buffer);
    s->n_buffers = n;
}

enum err
row_stream_begin(struct row_stream *s, const struct row_list *list, size_t B,
                 struct pool *pool, struct errbuf *eb)
{
    assert(!s->is_open && list->from <= list->n);
    enum err e = make_groups(s, groups_held(B) + GROUPS_AHEAD, eb);

    if (e)
        return e;
    make_buffers(s, pool_threads(pool));
    if (!s->direct && s->n_late < LATE_MOST)
        s->direct = direct_read_new((GROUPS_AHEAD + 1) * PARTS_MOST);
    s->list = *list;
    s->pool = pool;
    s->at = s->list_at = list->from;
    s->oldest = s->n_listed = s->list_cut = 0;
    s->is_open = true;
    for (size_t i = 0; i < s->n_groups; i++)
        give_back(s, &s->group[i]);
    for (size_t i = 0; i < GROUPS_AHEAD; i++)
        list_next(s);
    return ERR_OK;
}

void
row_stream_end(struct row_stream *s)
{
    bool ignored;

    for (size_t i = 0; i < s->n_groups; i++)
        if (s->group[i].batch.left)
            (void)!direct_read_wait(s->direct, &s->group[i].batch, &ignored, NULL);
    s->is_open = false;
}

/* --- batches --- */

enum err
row_stream_next(struct row_stream *s, size_t n, struct csr_row *row, struct errbuf *eb)
{
    size_t end = s->at + n;

    assert(s->is_open && end <= s->list.n);
    for (size_t i = s->oldest; s->at < end;) {
        struct group *g = &s->group[i % s->n_groups];
        size_t to = g->first + g->n;
        enum err e;

        if (g->state == GROUP_DECODED && to <= s->at) { /* needed no more */
            give_back(s, g);
            s->oldest = ++i;
            continue;
        }
        if (g->state == GROUP_LISTED && (e = decode(s, g, eb)))
            return e;
        assert(g->state == GROUP_DECODED);
        size_t k = (to < end ? to : end) - s->at;

        memcpy(row, g->row + (s->at - g->first), k * sizeof *row);
        row += k;
        s->at += k;
        if (s->at < end)
            i++;
    }
    return ERR_OK;
}

uint64_t
row_stream_bytes(size_t B, double mean, double file_bytes)
{
    double row = mean * (sizeof(uint16_t) + sizeof(uint8_t)) + 1024;
    double held = (double)groups_held(B), cells = held * GROUP_MAX;

    return (uint64_t)(cells * 1.05 * row + held * SLAB_BYTES +
                      (held + GROUPS_AHEAD) * GROUP_MAX *
                          (sizeof(struct csr_row) + sizeof(struct wanted) +
                           sizeof(struct chunk) + sizeof(struct direct_part)) +
                      (GROUPS_AHEAD + 1) * 1.3 * GROUP_MAX * file_bytes);
}
