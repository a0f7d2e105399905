/* packed_obs.c - what a packed store says of its cells: obs columns, ids, and what the
 * source brought with it. */
#include "data/packed.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/obs_column.h"
#include "data/packed_read.h"

enum { ID_BYTES = 1 << 20 }; /* of ids that are read at once */

/* --- columns and ids --- */

enum column_kind
packed_column_kind(const struct packed *p, size_t column)
{
    const struct packed_section *s = packed_find_section(p, PACKED_COLUMN, column);
    struct packed_column head;

    if (!s || s->bytes < sizeof head ||
        packed_read_at(p, s->offset, &head, sizeof head, NULL) != ERR_OK ||
        head.kind > 2)
        return COLUMN_UNKNOWN;
    return (enum column_kind)head.kind;
}

/* The codes that the rest of a section is, in its own memory. */
static bool
take_codes(struct packed_span *s, uint8_t *bytes, size_t n, unsigned width,
           size_t n_levels, struct codes *out)
{
    if (s->left != n * width)
        return false;
    memmove(bytes, s->at, s->left);
    *out = (struct codes){bytes, width};
    for (size_t i = 0; i < n; i++) {
        int32_t code = codes_get(out, i);

        if (code < -1 || (code >= 0 && (size_t)code >= n_levels))
            return false;
    }
    return true;
}

/* Levels in the order of the file to their places among the sorted ones. */
static void
make_column(const struct packed *p, size_t column, struct codes *code,
            const struct strlist *level, struct obs_column *out)
{
    struct intern *text = intern_new();
    int32_t *to = xcalloc(level->n, sizeof *to);

    for (size_t i = 0; i < level->n; i++)
        to[i] = (int32_t)intern_add(text, level->item[i]);
    for (size_t i = 0; i < p->n_cells; i++)
        if (codes_get(code, i) >= 0)
            codes_set(code, i, to[codes_get(code, i)]);
    (void)!codes_resize(code, p->n_cells, p->n_cells, NULL); /* it becomes no longer */
    obs_column_make(out, p->column.item[column], code, p->n_cells, text);
    intern_free(text);
    free(to);
}

enum err
packed_column(const struct packed *p, size_t column, struct obs_column *out,
              struct errbuf *eb)
{
    struct strlist level = {0};
    struct packed_column head;
    struct codes code = {0};
    uint8_t *bytes;
    struct packed_span s;
    uint64_t at;
    enum err e = packed_read_section(p, PACKED_COLUMN, column, &bytes, &s, &at, eb);

    *out = (struct obs_column){0};
    if (!e && (!packed_span_take(&s, &head, sizeof head) || head.kind > 2 ||
               (head.width != 1 && head.width != 2 && head.width != 4) ||
               !packed_span_texts(&s, &level, INT32_MAX) ||
               !take_codes(&s, bytes, p->n_cells, head.width, level.n, &code)))
        e = packed_damaged(p, at,
                           "this is no column of as many cells as the header says", eb);
    if (!e)
        make_column(p, column, &code, &level, out);
    else
        free(bytes);
    strlist_release(&level);
    return e;
}

/* --- ids --- */

/* The texts of a section that is read piece by piece. */
struct id_reader {
    const struct packed *p;
    struct packed_section s;
    struct crc64 crc;
    uint64_t at; /* bytes of the section that were read */
    char *buf;   /* (cap) owned */
    size_t len, cap;
    size_t n; /* ids so far */
};

static enum err
read_more(struct id_reader *r, struct errbuf *eb)
{
    uint64_t left = r->s.bytes - r->at;

    if (r->len == r->cap) /* an id longer than the buffer */
        r->buf = xrealloc(r->buf, r->cap *= 2, 1);
    size_t n = left < r->cap - r->len ? (size_t)left : r->cap - r->len;
    enum err e = packed_read_at(r->p, r->s.offset + r->at, r->buf + r->len, n, eb);

    crc64_add(&r->crc, r->buf + r->len, e ? 0 : n);
    r->len += n;
    r->at += n;
    return e;
}

/* Hand on the ids that the buffer has whole. */
static void
hand_ids(struct id_reader *r, source_id_fn fn, void *ctx)
{
    char *at = r->buf, *end = r->buf + r->len, *zero;

    while ((zero = memchr(at, 0, (size_t)(end - at)))) {
        if (r->n < r->p->n_cells)
            fn(ctx, r->n, at);
        r->n++;
        at = zero + 1;
    }
    r->len = (size_t)(end - at);
    memmove(r->buf, at, r->len);
}

static enum err
walk_ids(struct id_reader *r, source_id_fn fn, void *ctx, struct errbuf *eb)
{
    uint64_t head[2] = {0}; /* of a list of texts: how many, bytes */
    bool is_list = r->s.bytes >= sizeof head;
    enum err e =
        is_list ? packed_read_at(r->p, r->s.offset, head, sizeof head, eb) : ERR_OK;

    crc64_add(&r->crc, head, is_list ? sizeof head : 0);
    r->at = sizeof head;
    is_list &= head[0] == r->p->n_cells && head[1] == r->s.bytes - sizeof head;
    while (!e && is_list && r->at < r->s.bytes && !(e = read_more(r, eb)))
        hand_ids(r, fn, ctx);
    if (e)
        return e;
    if (is_list && crc64_final(&r->crc) != r->s.crc)
        return packed_damaged(r->p, r->s.offset, "the section's checksum is wrong", eb);
    return is_list && r->n == r->p->n_cells && !r->len
               ? ERR_OK
               : packed_damaged(r->p, r->s.offset, "there are not as many ids as cells",
                                eb);
}

enum err
packed_each_id(const struct packed *p, source_id_fn fn, void *ctx, struct errbuf *eb)
{
    const struct packed_section *s = packed_find_section(p, PACKED_CELLS, 0);

    if (!s)
        return packed_damaged(p, p->header.table, "a section is missing", eb);
    struct id_reader r = {.p = p, .s = *s, .cap = ID_BYTES};

    crc64_init(&r.crc);
    r.buf = xmalloc(r.cap, 1);
    enum err e = walk_ids(&r, fn, ctx, eb);

    free(r.buf);
    return e;
}

static void
append_id(void *ctx, size_t cell, const char *id)
{
    (void)cell;
    strlist_add(ctx, id);
}

enum err
packed_cell_ids(const struct packed *p, struct strlist *out, struct errbuf *eb)
{
    return packed_each_id(p, append_id, out, eb);
}

static bool
is_zero(const void *data, size_t n)
{
    const unsigned char *p = data;
    size_t i = 0;

    while (i < n && !p[i])
        i++;
    return i == n;
}

static bool
take_own(struct packed_span *s, struct source_own *own, struct strlist *split)
{
    if (!packed_span_texts(s, split, 1) || split->n != 1 ||
        !packed_span_texts(s, &own->classes, UINT16_MAX))
        return false;
    size_t k = own->classes.n;

    if (s->left != k * k + k * sizeof *own->class_weight)
        return false;
    if (!k)
        return true;
    own->reachable = xcalloc(k * k, 1);
    own->class_weight = xcalloc(k, sizeof *own->class_weight);
    bool ok = packed_span_take(s, own->reachable, k * k) &&
              packed_span_take(s, own->class_weight, k * sizeof *own->class_weight) &&
              s->left == 0;

    /* All 0 stands for none: a class reaches itself, and weights are above 0. */
    if (ok && is_zero(own->reachable, k * k)) {
        free(own->reachable);
        own->reachable = NULL;
    }
    if (ok && is_zero(own->class_weight, k * sizeof *own->class_weight)) {
        free(own->class_weight);
        own->class_weight = NULL;
    }
    return ok;
}

enum err
packed_own(const struct packed *p, struct source_own *own, struct errbuf *eb)
{
    struct strlist split = {0};
    uint8_t *bytes = NULL;
    struct packed_span s;
    uint64_t at;
    enum err e = ERR_OK;

    *own = (struct source_own){0};
    packed_digest(p, own->digest);
    if (!packed_find_section(p, PACKED_OWN, 0))
        return ERR_OK;
    e = packed_read_section(p, PACKED_OWN, 0, &bytes, &s, &at, eb);
    if (!e && !take_own(&s, own, &split))
        e = packed_damaged(p, at, "classes and their hierarchy do not fit together",
                           eb);
    if (!e && *split.item[0])
        own->split_column = xstrdup(split.item[0]);
    strlist_release(&split);
    free(bytes);
    return e;
}
