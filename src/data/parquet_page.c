/* parquet_page.c - the pages of a chunk of a Parquet file.
 *
 * The window is a piece of the file that holds the current page as it is stored; it moves
 * forward, a mebibyte at a time or as much as a page needs.  The body is the page
 * unpacked. */
#include "data/parquet_page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/xalloc.h"
#include "data/parquet_codec.h"
#include "data/thrift.h"

enum {
    WINDOW_BYTES = 1 << 20,
    HEADER_BYTES = 4096, /* asked for first */
    HEADER_MAX = 16 << 20,
    PAGE_MAX = 256 << 20, /* bytes, packed or not */
    TYPE_DATA = 0,
    TYPE_DICTIONARY = 2,
    TYPE_DATA_V2 = 3,
    PLAIN_DICTIONARY = 2 /* the older name of either */
};

struct header {
    int64_t type, unpacked, packed;
    int64_t crc;
    bool has_crc, has_body; /* has_body: the struct of its type is there */
    int64_t n, encoding, def_encoding, rep_encoding;
    int64_t def_bytes, rep_bytes; /* of version 2 */
    bool is_packed;
};

/* --- errors --- */

enum err
parquet_pages_fault(const struct parquet_pages *p, struct errbuf *eb, enum err code,
                    const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_set(eb, code, "%s: column %.200s, row group %zu, offset %llu: %s",
                   p->file->name, p->column->path, p->group,
                   (unsigned long long)p->header, text);
}

enum err
parquet_pages_rle_fault(const struct parquet_pages *p, const struct rle *r,
                        const char *what, struct errbuf *eb)
{
    return parquet_pages_fault(p, eb, ERR_FORMAT,
                               "%s: %s: the file is damaged, copy it again", what,
                               r->fault ? r->fault : "they do not follow one another");
}

static enum err
bad_page(const struct parquet_pages *p, const char *what, struct errbuf *eb)
{
    return parquet_pages_fault(p, eb, ERR_FORMAT,
                               "%s: the file is damaged, copy it again", what);
}

/* --- the window --- */

/* A buffer of n bytes and the pad; what is in it is lost if it has to grow. */
static enum err
need_bytes(uint8_t **buf, size_t *cap, size_t n, struct errbuf *eb)
{
    if (*buf && n <= *cap)
        return ERR_OK;
    free(*buf);
    *buf = NULL;
    *cap = 0;
    enum err e = big_calloc(buf, n + RLE_PAD, 1, "a page of a Parquet file", eb);

    if (!e)
        *cap = n;
    return e;
}

/* Keep the bytes from `at` on at the front, in a window of at least n bytes. */
static enum err
move_window(struct parquet_pages *p, uint64_t at, size_t n, struct errbuf *eb)
{
    uint64_t end = p->window_at + p->window_n;
    size_t kept = at >= p->window_at && at < end ? (size_t)(end - at) : 0;

    if (n > p->window_cap) {
        uint8_t *old = p->window;
        size_t from = kept ? (size_t)(at - p->window_at) : 0;

        p->window = NULL;
        enum err e = need_bytes(&p->window, &p->window_cap, n, eb);

        if (!e && kept)
            memcpy(p->window, old + from, kept);
        free(old);
        if (e)
            return e;
    } else if (kept) {
        memmove(p->window, p->window + (at - p->window_at), kept);
    }
    p->window_at = at;
    p->window_n = kept;
    return ERR_OK;
}

/* *out = bytes [at, at + n) of the file, all of them in the chunk. */
static enum err
look_at(struct parquet_pages *p, uint64_t at, size_t n, const uint8_t **out,
        struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (!p->window || at < p->window_at || at + n > p->window_at + p->window_n) {
        size_t want = n > WINDOW_BYTES ? n : WINDOW_BYTES;

        if (want > p->end - at)
            want = (size_t)(p->end - at);
        if ((e = move_window(p, at, want, eb)))
            return e;
        size_t have = p->window_n;

        e = parquet_read(p->file, at + have, p->window + have, want - have, eb);
        p->window_n = e ? 0 : want;
    }
    *out = e ? NULL : p->window + (at - p->window_at);
    return e;
}

/* --- headers --- */

static void
read_data_header(struct thrift *t, struct header *h)
{
    struct thrift_field f = {0};

    h->has_body = true;
    while (thrift_field(t, &f))
        switch (f.id) {
        case 1: h->n = thrift_int(t, &f); break;
        case 2: h->encoding = thrift_int(t, &f); break;
        case 3: h->def_encoding = thrift_int(t, &f); break;
        case 4: h->rep_encoding = thrift_int(t, &f); break;
        default: thrift_skip(t, &f);
        }
}

static void
read_data_header_v2(struct thrift *t, struct header *h)
{
    struct thrift_field f = {0};

    h->has_body = true;
    h->def_encoding = h->rep_encoding = PARQUET_RLE;
    while (thrift_field(t, &f))
        switch (f.id) {
        case 1: h->n = thrift_int(t, &f); break;
        case 4: h->encoding = thrift_int(t, &f); break;
        case 5: h->def_bytes = thrift_int(t, &f); break;
        case 6: h->rep_bytes = thrift_int(t, &f); break;
        case 7: h->is_packed = thrift_bool(t, &f); break;
        default: thrift_skip(t, &f);
        }
}

static void
read_dictionary_header(struct thrift *t, struct header *h)
{
    struct thrift_field f = {0};

    h->has_body = true;
    while (thrift_field(t, &f)) {
        if (f.id == 1)
            h->n = thrift_int(t, &f);
        else if (f.id == 2)
            h->encoding = thrift_int(t, &f);
        else
            thrift_skip(t, &f);
    }
}

/* The struct of the type counts, whatever others are there. */
static void
read_body_header(struct thrift *t, const struct thrift_field *f, struct header *h)
{
    if (f->id == 5 && h->type == TYPE_DATA && thrift_is_struct(t, f))
        read_data_header(t, h);
    else if (f->id == 7 && h->type == TYPE_DICTIONARY && thrift_is_struct(t, f))
        read_dictionary_header(t, h);
    else if (f->id == 8 && h->type == TYPE_DATA_V2 && thrift_is_struct(t, f))
        read_data_header_v2(t, h);
    else
        thrift_skip(t, f);
}

static void
read_header_fields(struct thrift *t, struct header *h)
{
    struct thrift_field f = {0};

    *h = (struct header){
        .type = -1, .unpacked = -1, .packed = -1, .n = -1, .encoding = -1};
    h->is_packed = true;
    while (thrift_field(t, &f)) {
        if (f.id == 1) {
            h->type = thrift_int(t, &f);
        } else if (f.id == 2) {
            h->unpacked = thrift_int(t, &f);
        } else if (f.id == 3) {
            h->packed = thrift_int(t, &f);
        } else if (f.id == 4) {
            h->crc = thrift_int(t, &f);
            h->has_crc = true;
        } else {
            read_body_header(t, &f, h);
        }
    }
}

static enum err
check_header(const struct parquet_pages *p, const struct header *h, struct errbuf *eb)
{
    if (h->packed < 0 || h->unpacked < 0 || h->packed > PAGE_MAX ||
        h->unpacked > PAGE_MAX)
        return parquet_pages_fault(p, eb, ERR_FORMAT,
                                   "a page of %lld bytes (%lld unpacked): at most 256 "
                                   "MiB are read",
                                   (long long)h->packed, (long long)h->unpacked);
    if ((uint64_t)h->packed > p->end - p->at)
        return bad_page(p, "a page that ends behind its column", eb);
    if (h->type != TYPE_DATA && h->type != TYPE_DICTIONARY && h->type != TYPE_DATA_V2)
        return ERR_OK;
    if (!h->has_body || h->n < 0)
        return bad_page(p, "a page that does not say what it holds", eb);
    return ERR_OK;
}

/* Read the header at p->at, which moves behind it.  A header may hold statistics of any
 * length: more is looked at until it is whole. */
static enum err
read_header(struct parquet_pages *p, struct header *h, struct errbuf *eb)
{
    size_t want = HEADER_BYTES;
    uint64_t left = p->end - p->at;
    struct thrift t;

    p->header = p->at;
    for (;; want *= 8) {
        const uint8_t *data;
        size_t n = want < left ? want : (size_t)left;
        enum err e = look_at(p, p->at, n, &data, eb);

        if (e)
            return e;
        thrift_init(&t, data, n);
        read_header_fields(&t, h);
        if (!t.fault || !t.is_short || n == left || want >= HEADER_MAX)
            break;
    }
    if (t.fault)
        return parquet_pages_fault(
            p, eb, ERR_FORMAT,
            "the page header has %s: the file is damaged, copy it again", t.fault);
    p->at += thrift_offset(&t);
    return check_header(p, h, eb);
}

/* --- bodies --- */

static enum err
check_crc(const struct parquet_pages *p, const struct header *h, const uint8_t *data,
          struct errbuf *eb)
{
    uint32_t crc = (uint32_t)crc32(0, data, (uInt)h->packed);

    if (!h->has_crc || crc == (uint32_t)h->crc)
        return ERR_OK;
    return bad_page(p, "the check sum of a page is wrong", eb);
}

/* *out = `bytes` bytes, from n stored ones; in the body unless they lie there unpacked. */
static enum err
unpack(struct parquet_pages *p, const uint8_t *data, size_t n, size_t bytes,
       bool is_packed, const uint8_t **out, struct errbuf *eb)
{
    *out = data;
    if (!is_packed || p->chunk->codec == PARQUET_UNCOMPRESSED)
        return n == bytes ? ERR_OK
                          : bad_page(p, "a page that is not as long as it says", eb);
    enum err e = need_bytes(&p->body, &p->body_cap, bytes, eb);

    if (e)
        return e;
    *out = p->body;
    if (!bytes)
        return ERR_OK;
    struct errbuf why = {""};

    e = n ? parquet_unpack(p->chunk->codec, data, n, p->body, bytes, &why)
          : err_set(&why, ERR_FORMAT, "an empty page that should hold %zu bytes",
                    bytes);
    return e ? parquet_pages_fault(p, eb, e, "%s", why.text) : ERR_OK;
}

/* Bytes that n values of a type of fixed size take, 0: of another kind. */
static size_t
width_of(enum parquet_type type)
{
    return type == PARQUET_INT32 || type == PARQUET_FLOAT    ? 4
           : type == PARQUET_INT64 || type == PARQUET_DOUBLE ? 8
                                                             : 0;
}

static enum err
take_dictionary(struct parquet_pages *p, const struct header *h, const uint8_t *data,
                struct errbuf *eb)
{
    size_t n = (size_t)h->n, width = width_of(p->column->type);
    const uint8_t *in;

    if (p->has_dict || p->is_begun)
        return bad_page(p, "a dictionary that does not come first", eb);
    if (h->encoding != PARQUET_PLAIN && h->encoding != PLAIN_DICTIONARY)
        return parquet_pages_fault(p, eb, ERR_UNSUPPORTED,
                                   "a dictionary of encoding %lld, which is not read",
                                   (long long)h->encoding);
    enum err e = unpack(p, data, (size_t)h->packed, (size_t)h->unpacked, true, &in, eb);

    if (e)
        return e;
    if (n > (size_t)h->unpacked || n * width > (size_t)h->unpacked)
        return bad_page(p, "a dictionary shorter than it says", eb);
    if (!p->dict || (size_t)h->unpacked > p->dict_cap)
        e = need_bytes(&p->dict, &p->dict_cap, (size_t)h->unpacked, eb);
    if (e)
        return e;
    if (h->unpacked)
        memcpy(p->dict, in, (size_t)h->unpacked);
    p->dict_bytes = (size_t)h->unpacked;
    p->n_dict = n;
    p->has_dict = true;
    return ERR_OK;
}

/* Levels with their length before them; *at moves behind them. */
static enum err
take_levels(const struct parquet_pages *p, struct rle *r, unsigned max,
            int64_t encoding, const uint8_t **at, const uint8_t *end, struct errbuf *eb)
{
    const uint8_t *d = *at;

    if (!max)
        return ERR_OK;
    if (encoding != PARQUET_RLE)
        return parquet_pages_fault(p, eb, ERR_UNSUPPORTED,
                                   "levels of encoding %lld, which is not read",
                                   (long long)encoding);
    if (end - d < 4)
        return bad_page(p, "a page without levels", eb);
    size_t n = d[0] | (size_t)d[1] << 8 | (size_t)d[2] << 16 | (size_t)d[3] << 24;

    if (n > (size_t)(end - d) - 4)
        return bad_page(p, "levels longer than their page", eb);
    rle_init(r, d + 4, n, rle_width(max));
    *at = d + 4 + n;
    return ERR_OK;
}

static enum err
take_data(struct parquet_pages *p, const struct header *h, const uint8_t *data,
          struct errbuf *eb)
{
    struct parquet_page *page = &p->page;
    const uint8_t *at;
    enum err e = unpack(p, data, (size_t)h->packed, (size_t)h->unpacked, true, &at, eb);

    if (e)
        return e;
    const uint8_t *end = at + h->unpacked;

    if ((e = take_levels(p, &page->rep, p->column->max_rep, h->rep_encoding, &at, end,
                         eb)) ||
        (e = take_levels(p, &page->def, p->column->max_def, h->def_encoding, &at, end,
                         eb)))
        return e;
    page->data = at;
    page->bytes = (size_t)(end - at);
    return ERR_OK;
}

/* Of version 2: levels come first and are never packed. */
static enum err
take_data_v2(struct parquet_pages *p, const struct header *h, const uint8_t *data,
             struct errbuf *eb)
{
    struct parquet_page *page = &p->page;
    int64_t levels = h->rep_bytes + h->def_bytes;

    if (h->rep_bytes < 0 || h->def_bytes < 0 || levels > h->packed ||
        levels > h->unpacked)
        return bad_page(p, "levels longer than their page", eb);
    const uint8_t *def = data + h->rep_bytes, *values = def + h->def_bytes;

    rle_init(&page->rep, data, (size_t)h->rep_bytes, rle_width(p->column->max_rep));
    rle_init(&page->def, def, (size_t)h->def_bytes, rle_width(p->column->max_def));
    page->bytes = (size_t)(h->unpacked - levels);
    return unpack(p, values, (size_t)(h->packed - levels), page->bytes, h->is_packed,
                  &page->data, eb);
}

static enum err
check_encoding(struct parquet_pages *p, const struct header *h, struct errbuf *eb)
{
    int64_t encoding =
        h->encoding == PLAIN_DICTIONARY ? PARQUET_DICTIONARY : h->encoding;

    p->page.encoding = encoding;
    if (encoding == PARQUET_DICTIONARY && !p->has_dict)
        return bad_page(p, "indices without a dictionary", eb);
    if (encoding == PARQUET_PLAIN || encoding == PARQUET_DICTIONARY ||
        (encoding == PARQUET_RLE && p->column->type == PARQUET_BOOLEAN))
        return ERR_OK;
    return parquet_pages_fault(p, eb, ERR_UNSUPPORTED,
                               "values of encoding %lld, which is not read: plain and "
                               "dictionary are (with pyarrow, use_byte_stream_split "
                               "and column_encoding left out)",
                               (long long)encoding);
}

static enum err
take_page(struct parquet_pages *p, const struct header *h, struct errbuf *eb)
{
    const uint8_t *data;
    enum err e = look_at(p, p->at, (size_t)h->packed, &data, eb);

    if (!e)
        e = check_crc(p, h, data, eb);
    if (e)
        return e;
    if (h->type == TYPE_DICTIONARY)
        return take_dictionary(p, h, data, eb);
    if ((uint64_t)h->n > p->left)
        return bad_page(p, "more values than its column has", eb);
    p->page = (struct parquet_page){.n = (size_t)h->n};
    e = h->type == TYPE_DATA ? take_data(p, h, data, eb) : take_data_v2(p, h, data, eb);
    if (!e)
        e = check_encoding(p, h, eb);
    p->left -= (uint64_t)h->n;
    p->is_begun = true;
    return e;
}

/* --- pages --- */

void
parquet_pages_open(struct parquet_pages *p, const struct parquet *file, size_t group,
                   size_t column)
{
    p->file = file;
    p->column = &file->column[column];
    p->chunk = parquet_chunk(file, group, column);
    p->group = group;
    p->at = p->header = p->chunk->begin;
    p->end = p->at + p->chunk->size;
    p->left = p->chunk->n_values;
    p->page = (struct parquet_page){0};
    p->window_n = 0;
    p->n_dict = p->dict_bytes = 0;
    p->has_dict = p->is_begun = false;
}

enum err
parquet_pages_next(struct parquet_pages *p, bool *more, struct errbuf *eb)
{
    struct header h;

    p->page = (struct parquet_page){0};
    while (p->left) {
        if (p->at == p->end)
            return bad_page(p, "fewer values than its footer says", eb);
        enum err e = read_header(p, &h, eb);

        if (e)
            return e;
        if (h.type == TYPE_DATA || h.type == TYPE_DATA_V2 || h.type == TYPE_DICTIONARY)
            e = take_page(p, &h, eb);
        if (e)
            return e;
        p->at += (uint64_t)h.packed;
        if (p->page.n) {
            *more = true;
            return ERR_OK;
        }
    }
    *more = false;
    return ERR_OK;
}

enum err
parquet_pages_indices(const struct parquet_pages *p, struct rle *r, struct errbuf *eb)
{
    const struct parquet_page *page = &p->page;

    if (!page->bytes) { /* nothing but missing values */
        rle_init(r, page->data, 0, 1);
        return ERR_OK;
    }
    if (*page->data > RLE_WIDTH_MAX)
        return bad_page(p, "indices of more than 32 bits", eb);
    rle_init(r, page->data + 1, page->bytes - 1, *page->data);
    return ERR_OK;
}

void
parquet_pages_release(struct parquet_pages *p)
{
    free(p->window);
    free(p->body);
    free(p->dict);
    *p = (struct parquet_pages){0};
}
