/* row_stream.c - rows of cells that are not in memory, read shortly before they are used.
 *
 * Groups stand in a ring.  Of each the reading thread makes: which cells, which chunks,
 * their bytes; then it is READ and belongs to the thread that takes batches, which makes
 * rows of it once (DECODED), hands them out, and gives it back (FREE) when a batch begins
 * behind it. */
#include "data/row_stream.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/cell_order.h"

enum { GROUPS_AHEAD = 2, GROUP_MAX = POOL_CELLS + BLOCK_CELLS };

/* A cell of a group in the file. */
struct wanted {
    uint32_t file, row;
    uint32_t at; /* in the group */
};

struct chunk {
    struct chunk_want want;
    uint32_t file;
    size_t first, end;  /* of wanted */
    size_t byte;        /* of bytes */
    size_t value, word; /* of index and word, then what they end with */
    enum err e;         /* of measure or decode */
};

enum group_state { GROUP_FREE, GROUP_READ, GROUP_DECODED };

struct group {
    enum group_state state; /* mu, while it is not the taker's */
    size_t first, n;        /* of the list */
    struct wanted *wanted;  /* (GROUP_MAX) owned; by file and row */
    struct chunk *chunk;    /* (GROUP_MAX) owned */
    size_t n_chunks;
    uint8_t *bytes; /* (cap_bytes) owned */
    size_t cap_bytes;
    uint16_t *index; /* (cap_values) owned */
    size_t cap_values;
    float *word; /* (cap_words) owned */
    size_t cap_words;
    struct csr_row *row; /* (GROUP_MAX) owned; in the order of the list */
    uint64_t *kept;      /* (cap_kept) owned; CHUNK_KEPT each; by chunk */
    size_t cap_kept;
    enum err e;
    struct errbuf eb; /* of e */
};

struct row_stream {
    struct row_chunks *chunks; /* (n_files) owned */
    size_t n_files;
    const uint32_t *file, *row; /* borrowed */

    struct group *group; /* (n_groups) owned; a ring */
    size_t n_groups;
    struct row_list list;
    struct pool *pool; /* borrowed */
    size_t at;         /* of the list: first cell not handed out */
    size_t oldest;     /* group that holds it, or the batch before */

    pthread_t thread;
    bool is_running;
    pthread_mutex_t mu;
    pthread_cond_t changed; /* a group's state, or stop */
    bool stop;              /* mu */
};

/* --- the reading thread --- */

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
    return c->file == w->file && c->want.chunk == w->row / CHUNK_ROWS;
}

/* The chunks that hold them.  Returns their bytes. */
static size_t
list_chunks(const struct row_stream *s, struct group *g)
{
    size_t bytes = 0;

    g->n_chunks = 0;
    for (size_t i = 0; i < g->n; i++) {
        const struct wanted *w = &g->wanted[i];
        struct chunk *c = g->n_chunks ? &g->chunk[g->n_chunks - 1] : NULL;

        if (!c || !is_of_chunk(c, w)) {
            const struct row_chunks *file = &s->chunks[w->file];

            c = &g->chunk[g->n_chunks++];
            *c = (struct chunk){.want.chunk = w->row / CHUNK_ROWS,
                                .file = w->file,
                                .first = i,
                                .byte = bytes};
            bytes += file->ops->bytes(file, c->want.chunk) + CHUNK_SLACK;
            if (file->ops->expect)
                file->ops->expect(file, c->want.chunk);
        }
        c->want.rows |= (uint16_t)(1u << w->row % CHUNK_ROWS);
        c->end = i + 1;
    }
    return bytes;
}

/* Room for `need` elements of size; nothing that is there is kept. */
static enum err
make_room(void *array, size_t *cap, size_t need, size_t size, const char *what,
          struct errbuf *eb)
{
    void *p;

    memcpy(&p, array, sizeof p);
    if (p && need <= *cap)
        return ERR_OK;
    free(p);
    *cap = need + need / 8;
    p = *cap > SIZE_MAX / size ? NULL : malloc(*cap ? *cap * size : 1);
    memcpy(array, &p, sizeof p);
    if (p)
        return ERR_OK;
    size_t wanted = *cap;

    *cap = 0;
    return err_set(eb, ERR_NOMEM, "not enough memory for %s (%zu)", what, wanted);
}

static bool
is_stopped(struct row_stream *s)
{
    pthread_mutex_lock(&s->mu);
    bool stop = s->stop;

    pthread_mutex_unlock(&s->mu);
    return stop;
}

static enum err
read_chunks(struct row_stream *s, struct group *g, size_t bytes, struct errbuf *eb)
{
    enum err e = make_room(&g->bytes, &g->cap_bytes, bytes, 1, "bytes of cells", eb);

    if (!e)
        e = make_room(&g->kept, &g->cap_kept, g->n_chunks * CHUNK_KEPT, sizeof *g->kept,
                      "chunks of cells", eb);
    for (size_t i = 0; !e && i < g->n_chunks && !is_stopped(s); i++) {
        struct chunk *c = &g->chunk[i];
        const struct row_chunks *file = &s->chunks[c->file];

        c->want.bytes = g->bytes + c->byte;
        c->want.kept = g->kept + i * CHUNK_KEPT;
        e = file->ops->read(file, c->want.chunk, g->bytes + c->byte, eb);
    }
    return e;
}

/* Wait until a group is free, or the end: then false. */
static bool
wait_free(struct row_stream *s, const struct group *g)
{
    pthread_mutex_lock(&s->mu);
    while (!s->stop && g->state != GROUP_FREE)
        pthread_cond_wait(&s->changed, &s->mu);
    bool stop = s->stop;

    pthread_mutex_unlock(&s->mu);
    return !stop;
}

static void
set_state(struct row_stream *s, struct group *g, enum group_state state)
{
    pthread_mutex_lock(&s->mu);
    g->state = state;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mu);
}

static void *
read_groups(void *ctx)
{
    struct row_stream *s = ctx;
    size_t cut = 0, end;

    for (size_t first = s->list.from, i = 0; first < s->list.n; first = end, i++) {
        struct group *g = &s->group[i % s->n_groups];

        end = group_end(&s->list, first, &cut);
        if (!wait_free(s, g))
            break;
        list_wanted(s, g, first, end);
        size_t bytes = list_chunks(s, g);

        g->e = read_chunks(s, g, bytes, &g->eb);
        set_state(s, g, GROUP_READ);
        if (g->e)
            break;
    }
    return NULL;
}

/* --- rows --- */

struct decoding {
    struct row_stream *s;
    struct group *g;
    pthread_mutex_t mu;
    size_t failed; /* mu; first chunk with an error, or n_chunks */
};

/* Of several errors the one of the first chunk counts. */
static void
fail(struct decoding *d, size_t i, enum err e, const struct errbuf *eb)
{
    pthread_mutex_lock(&d->mu);
    if (i < d->failed) {
        d->failed = i;
        d->g->e = e;
        d->g->eb = *eb;
    }
    pthread_mutex_unlock(&d->mu);
}

static void
measure_chunk(void *ctx, size_t i, size_t thread)
{
    struct decoding *d = ctx;
    struct chunk *c = &d->g->chunk[i];
    const struct row_chunks *file = &d->s->chunks[c->file];
    struct errbuf eb = {""};
    enum err e = file->ops->measure(file, &c->want, &c->value, &c->word, &eb);

    (void)thread;
    if (e)
        fail(d, i, e, &eb);
}

static void
decode_chunk(void *ctx, size_t i, size_t thread)
{
    struct decoding *d = ctx;
    struct group *g = d->g;
    struct chunk *c = &g->chunk[i];
    const struct row_chunks *file = &d->s->chunks[c->file];
    struct csr_row row[CHUNK_ROWS];
    struct errbuf eb = {""};
    enum err e = file->ops->decode(file, &c->want, g->index + c->value,
                                   g->word + c->word, row, &eb);

    (void)thread;
    if (e) {
        fail(d, i, e, &eb);
        return;
    }
    for (size_t k = c->first; k < c->end; k++)
        g->row[g->wanted[k].at] = row[g->wanted[k].row % CHUNK_ROWS];
}

/* What the chunks need becomes where their part begins. */
static enum err
place_chunks(struct group *g, struct errbuf *eb)
{
    size_t values = 0, words = 0;

    for (size_t i = 0; i < g->n_chunks; i++) {
        struct chunk *c = &g->chunk[i];
        size_t n = c->value, w = c->word;

        c->value = values;
        c->word = words;
        values += n;
        words += w;
    }
    enum err e = make_room(&g->index, &g->cap_values, values, sizeof *g->index,
                           "genes of cells", eb);

    return e ? e
             : make_room(&g->word, &g->cap_words, words, sizeof *g->word,
                         "values of cells", eb);
}

static enum err
decode(struct row_stream *s, struct group *g, struct errbuf *eb)
{
    struct decoding d = {.s = s, .g = g, .failed = g->n_chunks};

    pthread_mutex_init(&d.mu, NULL);
    if (!g->e)
        pool_run(s->pool, g->n_chunks, measure_chunk, &d);
    if (!g->e)
        g->e = place_chunks(g, &g->eb);
    if (!g->e)
        pool_run(s->pool, g->n_chunks, decode_chunk, &d);
    pthread_mutex_destroy(&d.mu);
    if (g->e)
        return err_set(eb, g->e, "%s", g->eb.text);
    set_state(s, g, GROUP_DECODED);
    return ERR_OK;
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
    pthread_mutex_init(&s->mu, NULL);
    pthread_cond_init(&s->changed, NULL);
    return s;
}

static void
free_groups(struct row_stream *s)
{
    for (size_t i = 0; i < s->n_groups; i++) {
        struct group *g = &s->group[i];

        free(g->wanted);
        free(g->chunk);
        free(g->bytes);
        free(g->index);
        free(g->word);
        free(g->row);
        free(g->kept);
    }
    free(s->group);
    s->group = NULL;
    s->n_groups = 0;
}

void
row_stream_free(struct row_stream *s)
{
    if (!s)
        return;
    row_stream_end(s);
    free_groups(s);
    for (size_t i = 0; i < s->n_files; i++)
        row_chunks_close(&s->chunks[i]);
    free(s->chunks);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->mu);
    free(s);
}

_Static_assert((int)CHUNK_ROWS == (int)BLOCK_CELLS, "blocks are chunks");

/* A batch of B begins and ends within a group; those between hold POOL_CELLS and more. */
static size_t
groups_of(size_t B)
{
    return (B + POOL_CELLS - 1) / POOL_CELLS + 1 + GROUPS_AHEAD;
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
            !(e = big_calloc(&g->chunk, GROUP_MAX, sizeof *g->chunk, "cells", eb)))
            e = big_calloc(&g->row, GROUP_MAX, sizeof *g->row, "cells", eb);
    }
    if (e)
        free_groups(s);
    return e;
}

enum err
row_stream_begin(struct row_stream *s, const struct row_list *list, size_t B,
                 struct pool *pool, struct errbuf *eb)
{
    assert(!s->is_running && list->from <= list->n);
    enum err e = make_groups(s, groups_of(B), eb);

    if (e)
        return e;
    s->list = *list;
    s->pool = pool;
    s->at = list->from;
    s->oldest = 0;
    s->stop = false;
    for (size_t i = 0; i < s->n_groups; i++) {
        s->group[i].state = GROUP_FREE;
        s->group[i].e = ERR_OK;
    }
    if (pthread_create(&s->thread, NULL, read_groups, s) != 0)
        return err_set(eb, ERR_NOMEM, "no thread can be started that reads cells");
    s->is_running = true;
    return ERR_OK;
}

void
row_stream_end(struct row_stream *s)
{
    if (!s->is_running)
        return;
    pthread_mutex_lock(&s->mu);
    s->stop = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mu);
    pthread_join(s->thread, NULL);
    s->is_running = false;
}

/* --- batches --- */

/* Wait until group i of the ring is there, with rows. */
static enum err
take_group(struct row_stream *s, size_t i, struct group **out, struct errbuf *eb)
{
    struct group *g = *out = &s->group[i % s->n_groups];

    pthread_mutex_lock(&s->mu);
    while (g->state == GROUP_FREE)
        pthread_cond_wait(&s->changed, &s->mu);
    bool is_new = g->state == GROUP_READ;

    pthread_mutex_unlock(&s->mu);
    return is_new ? decode(s, g, eb) : ERR_OK;
}

enum err
row_stream_next(struct row_stream *s, size_t n, struct csr_row *row, struct errbuf *eb)
{
    size_t end = s->at + n;

    assert(s->is_running && end <= s->list.n);
    for (size_t i = s->oldest; s->at < end;) {
        struct group *g;
        enum err e = take_group(s, i, &g, eb);

        if (e)
            return e;
        size_t to = g->first + g->n;

        if (to <= s->at) { /* nothing of it is needed any more */
            set_state(s, g, GROUP_FREE);
            s->oldest = ++i;
            continue;
        }
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
    double row = file_bytes + mean * (sizeof(uint16_t) + sizeof(uint8_t)) + 1024;
    double cells = (double)groups_of(B) * GROUP_MAX;

    return (uint64_t)(cells * (1.125 * row + sizeof(struct csr_row) +
                               sizeof(struct wanted) + sizeof(struct chunk)));
}
