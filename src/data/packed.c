/* packed.c - reading a packed store. */
#include "data/packed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "data/obs_column.h"

_Static_assert(sizeof(struct packed_header) == 64 &&
                   sizeof(struct packed_section) == 32 &&
                   sizeof(struct packed_row) == 16 && sizeof(struct packed_place) == 16,
               "structs lie in the file as they are");

enum { ID_BYTES = 1 << 20 }; /* of ids that are read at once */

/* --- bytes --- */

static enum err
damaged(const struct packed *p, uint64_t offset, const char *what, struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT, "%s: damaged at byte %llu: %s; make it anew",
                   p->path, (unsigned long long)offset, what);
}

static enum err
read_at(const struct packed *p, uint64_t offset, void *buf, size_t n, struct errbuf *eb)
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
            return damaged(p, offset, "the file ends here", eb);
        to += got;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    return ERR_OK;
}

/* What is in a section that was read and checked, from front to end. */
struct span {
    const uint8_t *at;
    size_t left;
};

static bool
take(struct span *s, void *to, uint64_t n)
{
    if (n > s->left)
        return false;
    if (n)
        memcpy(to, s->at, (size_t)n);
    s->at += n;
    s->left -= (size_t)n;
    return true;
}

/* A list of texts; n_max bounds their number. */
static bool
take_texts(struct span *s, struct strlist *out, uint64_t n_max)
{
    uint64_t n, bytes;

    if (!take(s, &n, sizeof n) || !take(s, &bytes, sizeof bytes) || bytes > s->left ||
        n > bytes || n > n_max)
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

/* --- opening --- */

static enum err
foreign(const struct packed *p, struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT,
                   "%s: no packed store: byte 0 does not begin \"" PACKED_MAGIC "\"",
                   p->path);
}

static enum err
read_header(struct packed *p, uint64_t size, struct errbuf *eb)
{
    struct packed_header *h = &p->header;
    size_t checked = offsetof(struct packed_header, crc);

    if (size < sizeof *h)
        return size >= sizeof h->magic ? damaged(p, size, "the file ends here", eb)
                                       : foreign(p, eb);
    enum err e = read_at(p, 0, h, sizeof *h, eb);

    if (e)
        return e;
    if (memcmp(h->magic, PACKED_MAGIC, sizeof h->magic) != 0)
        return foreign(p, eb);
    if (crc64_of(&p->crc, h, checked) != h->crc)
        return h->version != PACKED_VERSION && h->version && h->version < 1000
                   ? err_set(
                         eb, ERR_UNSUPPORTED,
                         "%s: version %u of the packed store (byte 8) is not known "
                         "here, or the header is damaged; this program reads version "
                         "%d",
                         p->path, h->version, PACKED_VERSION)
                   : damaged(p, 0, "the header's checksum is wrong", eb);
    if (h->version != PACKED_VERSION)
        return err_set(eb, ERR_UNSUPPORTED,
                       "%s: version %u of the packed store (byte 8) is not known here; "
                       "this program reads version %d",
                       p->path, h->version, PACKED_VERSION);
    if (h->n_genes == 0 || h->n_genes > GENES_MAX || h->n_bitmap > h->n_genes ||
        h->n_bitmap % 64 || h->n_cells == 0 || h->n_cells > UINT32_MAX)
        return damaged(p, 24, "numbers of cells or genes that cannot be", eb);
    p->shape = (struct packed_shape){h->n_genes, h->n_bitmap};
    p->n_cells = (size_t)h->n_cells;
    p->n_values = h->n_values;
    p->n_chunks = (p->n_cells + PACKED_CHUNK - 1) / PACKED_CHUNK;
    return ERR_OK;
}

static enum err
read_table(struct packed *p, uint64_t size, struct errbuf *eb)
{
    const struct packed_header *h = &p->header;
    uint64_t bytes = (uint64_t)h->n_sections * sizeof *p->section;

    if (h->n_sections > PACKED_SECTIONS || h->table > size || bytes != size - h->table)
        return damaged(p, h->table < size ? h->table : size,
                       "the file is not as long as its header says", eb);
    enum err e =
        big_calloc(&p->section, h->n_sections, sizeof *p->section, "sections", eb);

    if (!e)
        e = read_at(p, h->table, p->section, (size_t)bytes, eb);
    if (!e && crc64_of(&p->crc, p->section, (size_t)bytes) != h->table_crc)
        e = damaged(p, h->table, "the checksum of the sections is wrong", eb);
    for (size_t i = 0; !e && i < h->n_sections; i++)
        if (p->section[i].offset > h->table ||
            p->section[i].bytes > h->table - p->section[i].offset)
            e = damaged(p, h->table + i * sizeof *p->section,
                        "a section lies outside the file", eb);
    return e;
}

static const struct packed_section *
find_section(const struct packed *p, enum packed_kind kind, size_t number)
{
    for (size_t i = 0; i < p->header.n_sections; i++)
        if (p->section[i].kind == kind && p->section[i].number == number)
            return &p->section[i];
    return NULL;
}

/* Read a section and check it; caller frees *bytes. */
static enum err
read_section(const struct packed *p, enum packed_kind kind, size_t number,
             uint8_t **bytes, struct span *span, uint64_t *offset, struct errbuf *eb)
{
    const struct packed_section *s = find_section(p, kind, number);

    *bytes = NULL;
    *offset = p->header.table;
    if (!s)
        return damaged(p, p->header.table, "a section is missing", eb);
    enum err e = big_calloc(bytes, (size_t)s->bytes, 1, "a section", eb);

    if (!e)
        e = read_at(p, s->offset, *bytes, (size_t)s->bytes, eb);
    if (!e && crc64_of(&p->crc, *bytes, (size_t)s->bytes) != s->crc)
        e = damaged(p, s->offset, "the section's checksum is wrong", eb);
    *span = (struct span){*bytes, (size_t)s->bytes};
    *offset = s->offset;
    return e;
}

/* Every gene has one place. */
static bool
is_permutation(const uint16_t *gene, size_t G)
{
    uint8_t *seen = xcalloc(G, 1);
    bool ok = true;

    for (size_t i = 0; ok && i < G; i++) {
        ok = gene[i] < G && !seen[gene[i]];
        if (ok)
            seen[gene[i]] = 1;
    }
    free(seen);
    return ok;
}

static void
set_order(struct packed *p, const uint16_t *gene)
{
    float *rate = xcalloc(p->shape.G, sizeof *rate), most = 1;

    for (size_t i = 0; i < p->shape.G; i++) {
        float r = (float)((double)p->detected[gene[i]] / (double)p->n_cells);

        most = r < most ? r : most;
        rate[i] = most;
    }
    gene_order_set(&p->order, p->shape.G, gene, rate);
    free(rate);
}

static enum err
read_genes(struct packed *p, struct errbuf *eb)
{
    size_t G = p->shape.G;
    uint16_t *gene = xcalloc(G, sizeof *gene);
    uint8_t *bytes;
    struct span s;
    uint64_t at;
    enum err e = read_section(p, PACKED_GENES, 0, &bytes, &s, &at, eb);

    p->detected = xcalloc(G, sizeof *p->detected);
    if (!e && (!take_texts(&s, &p->gene_id, G) || p->gene_id.n != G ||
               !take_texts(&s, &p->gene_name, G) || p->gene_name.n != G ||
               !take(&s, p->detected, G * sizeof *p->detected) ||
               !take(&s, gene, G * sizeof *gene) || s.left || !is_permutation(gene, G)))
        e = damaged(p, at, "the genes are not as many as the header says", eb);
    if (!e)
        set_order(p, gene);
    free(bytes);
    free(gene);
    return e;
}

static enum err
read_list(struct packed *p, enum packed_kind kind, struct strlist *out,
          struct errbuf *eb)
{
    uint8_t *bytes;
    struct span s;
    uint64_t at;
    enum err e = read_section(p, kind, 0, &bytes, &s, &at, eb);

    if (!e && (!take_texts(&s, out, PACKED_SECTIONS) || s.left))
        e = damaged(p, at, "this is no list of texts", eb);
    free(bytes);
    return e;
}

static enum err
read_chunks(struct packed *p, struct errbuf *eb)
{
    const struct packed_section *rows = find_section(p, PACKED_ROWS, 0);
    uint8_t *bytes;
    struct span s;
    uint64_t at, last = 0;
    enum err e = read_section(p, PACKED_CHUNKS, 0, &bytes, &s, &at, eb);

    if (!e && (!rows || s.left != p->n_chunks * sizeof *p->chunk))
        e = damaged(p, at, "there are not as many chunks as the header says", eb);
    p->chunk = (struct packed_place *)bytes;
    for (size_t k = 0; !e && k < p->n_chunks; k++) {
        uint64_t end = p->chunk[k].end;

        if (end <= last || end > rows->bytes || end - last > UINT32_MAX)
            e = damaged(p, at + k * sizeof *p->chunk, "a chunk lies outside the rows",
                        eb);
        else if (end - last > p->longest_chunk)
            p->longest_chunk = (size_t)(end - last);
        last = end;
    }
    if (!e && last != rows->bytes)
        e = damaged(p, at, "the rows are longer than their chunks", eb);
    if (!e)
        p->rows = *rows;
    return e;
}

enum err
packed_open(struct packed *p, const char *path, struct errbuf *eb)
{
    struct stat st;
    enum err e;

    *p = (struct packed){.path = xstrdup(path), .paths = packed_paths_best()};
    crc64_init(&p->crc);
    p->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (p->fd < 0 || fstat(p->fd, &st))
        e = err_errno(eb, "cannot open %s", path);
    else if (!S_ISREG(st.st_mode))
        e = err_set(eb, ERR_FORMAT, "%s is no file", path);
    else if (!(e = read_header(p, (uint64_t)st.st_size, eb)) &&
             !(e = read_table(p, (uint64_t)st.st_size, eb)) &&
             !(e = read_chunks(p, eb)) && !(e = read_genes(p, eb)) &&
             !(e = read_list(p, PACKED_NAMES, &p->column, eb)))
        e = read_list(p, PACKED_FACTS, &p->fact, eb);
    if (e)
        packed_close(p);
    return e;
}

void
packed_close(struct packed *p)
{
    if (p->path && p->fd >= 0)
        close(p->fd);
    free(p->path);
    free(p->section);
    free(p->chunk);
    strlist_release(&p->gene_id);
    strlist_release(&p->gene_name);
    free(p->detected);
    gene_order_release(&p->order);
    strlist_release(&p->column);
    strlist_release(&p->fact);
    *p = (struct packed){.fd = -1};
}

bool
packed_is(const char *path)
{
    char magic[sizeof PACKED_MAGIC - 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is = fd >= 0 && pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
              memcmp(magic, PACKED_MAGIC, sizeof magic) == 0;

    if (fd >= 0)
        close(fd);
    return is;
}

bool
packed_is_named(const char *path)
{
    static const char suffix[] = PACKED_SUFFIX;
    size_t n = strlen(path), k = sizeof suffix - 1;

    return n > k && strcmp(path + n - k, suffix) == 0;
}

const char *
packed_fact(const struct packed *p, const char *key)
{
    size_t n = strlen(key);

    for (size_t i = 0; i < p->fact.n; i++)
        if (strncmp(p->fact.item[i], key, n) == 0 && p->fact.item[i][n] == '=')
            return p->fact.item[i] + n + 1;
    return NULL;
}

/* --- columns and ids --- */

enum column_kind
packed_column_kind(const struct packed *p, size_t column)
{
    const struct packed_section *s = find_section(p, PACKED_COLUMN, column);
    struct packed_column head;

    if (!s || s->bytes < sizeof head ||
        read_at(p, s->offset, &head, sizeof head, NULL) != ERR_OK || head.kind > 2)
        return COLUMN_UNKNOWN;
    return (enum column_kind)head.kind;
}

/* The codes that the rest of a section is, in its own memory. */
static bool
take_codes(struct span *s, uint8_t *bytes, size_t n, unsigned width, size_t n_levels,
           struct codes *out)
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
    struct span s;
    uint64_t at;
    enum err e = read_section(p, PACKED_COLUMN, column, &bytes, &s, &at, eb);

    *out = (struct obs_column){0};
    if (!e && (!take(&s, &head, sizeof head) || head.kind > 2 ||
               (head.width != 1 && head.width != 2 && head.width != 4) ||
               !take_texts(&s, &level, INT32_MAX) ||
               !take_codes(&s, bytes, p->n_cells, head.width, level.n, &code)))
        e = damaged(p, at, "this is no column of as many cells as the header says", eb);
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
    enum err e = read_at(r->p, r->s.offset + r->at, r->buf + r->len, n, eb);

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
    enum err e = is_list ? read_at(r->p, r->s.offset, head, sizeof head, eb) : ERR_OK;

    crc64_add(&r->crc, head, is_list ? sizeof head : 0);
    r->at = sizeof head;
    is_list &= head[0] == r->p->n_cells && head[1] == r->s.bytes - sizeof head;
    while (!e && is_list && r->at < r->s.bytes && !(e = read_more(r, eb)))
        hand_ids(r, fn, ctx);
    if (e)
        return e;
    if (is_list && crc64_final(&r->crc) != r->s.crc)
        return damaged(r->p, r->s.offset, "the section's checksum is wrong", eb);
    return is_list && r->n == r->p->n_cells && !r->len
               ? ERR_OK
               : damaged(r->p, r->s.offset, "there are not as many ids as cells", eb);
}

enum err
packed_each_id(const struct packed *p, source_id_fn fn, void *ctx, struct errbuf *eb)
{
    const struct packed_section *s = find_section(p, PACKED_CELLS, 0);

    if (!s)
        return damaged(p, p->header.table, "a section is missing", eb);
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

void
packed_digest(const struct packed *p, char hex[DIGEST_HEX])
{
    struct digest d;

    digest_init(&d);
    digest_add(&d, &p->header, sizeof p->header);
    digest_add(&d, p->section, p->header.n_sections * sizeof *p->section);
    digest_add(&d, p->chunk, p->n_chunks * sizeof *p->chunk);
    digest_final(&d, hex);
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
take_own(struct span *s, struct source_own *own, struct strlist *split)
{
    if (!take_texts(s, split, 1) || split->n != 1 ||
        !take_texts(s, &own->classes, UINT16_MAX))
        return false;
    size_t k = own->classes.n;

    if (s->left != k * k + k * sizeof *own->class_weight)
        return false;
    if (!k)
        return true;
    own->reachable = xcalloc(k * k, 1);
    own->class_weight = xcalloc(k, sizeof *own->class_weight);
    bool ok = take(s, own->reachable, k * k) &&
              take(s, own->class_weight, k * sizeof *own->class_weight) && s->left == 0;

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
    struct span s;
    uint64_t at;
    enum err e = ERR_OK;

    *own = (struct source_own){0};
    packed_digest(p, own->digest);
    if (!find_section(p, PACKED_OWN, 0))
        return ERR_OK;
    e = read_section(p, PACKED_OWN, 0, &bytes, &s, &at, eb);
    if (!e && !take_own(&s, own, &split))
        e = damaged(p, at, "classes and their hierarchy do not fit together", eb);
    if (!e && *split.item[0])
        own->split_column = xstrdup(split.item[0]);
    strlist_release(&split);
    free(bytes);
    return e;
}

/* --- rows --- */

static uint64_t
chunk_begin(const struct packed *p, size_t k)
{
    return k ? p->chunk[k - 1].end : 0;
}

size_t
packed_chunk_bytes(const struct packed *p, size_t k)
{
    return (size_t)(p->chunk[k].end - chunk_begin(p, k));
}

uint64_t
packed_chunk_offset(const struct packed *p, size_t k)
{
    return p->rows.offset + chunk_begin(p, k);
}

enum err
packed_chunk_heads(const struct packed *p, size_t k,
                   struct packed_row row[PACKED_CHUNK], struct errbuf *eb)
{
    memset(row, 0, PACKED_CHUNK * sizeof *row);
    size_t left = p->n_cells - PACKED_CHUNK * k, bytes = packed_chunk_bytes(p, k);
    size_t rows = left < PACKED_CHUNK ? left : PACKED_CHUNK;
    enum err e =
        bytes < rows * sizeof *row
            ? damaged(p, packed_chunk_offset(p, k), "the chunk is too short", eb)
            : read_at(p, packed_chunk_offset(p, k), row, rows * sizeof *row, eb);

    for (size_t i = 0; i < PACKED_CHUNK; i++)
        if (row[i].n > p->shape.G && !e)
            e = damaged(p, packed_chunk_offset(p, k) + i * sizeof *row,
                        "a row is longer than there are genes", eb);
    return e;
}

enum err
packed_chunk_lengths(const struct packed *p, size_t k, uint16_t n[PACKED_CHUNK],
                     struct errbuf *eb)
{
    struct packed_row row[PACKED_CHUNK];
    enum err e = packed_chunk_heads(p, k, row, eb);

    for (size_t i = 0; i < PACKED_CHUNK; i++)
        n[i] = row[i].n;
    return e;
}

enum err
packed_chunk_open(const struct packed *p, size_t k, const void *buf,
                  struct packed_chunk *c, struct errbuf *eb)
{
    size_t bytes = packed_chunk_bytes(p, k), first = PACKED_CHUNK * k;
    size_t left = p->n_cells - first, n = left < PACKED_CHUNK ? left : PACKED_CHUNK;
    size_t last = n * sizeof *c->row;

    if (crc64_of(&p->crc, buf, bytes) != p->chunk[k].crc)
        return damaged(p, packed_chunk_offset(p, k), "the chunk's checksum is wrong",
                       eb);
    *c = (struct packed_chunk){.first = first, .n = n, .bytes = buf};
    if (bytes < last)
        return damaged(p, packed_chunk_offset(p, k), "the chunk is too short", eb);
    memcpy(c->row, buf, last);
    for (size_t i = 0; i < n; i++) {
        if (c->row[i].end < last || c->row[i].end > bytes ||
            c->row[i].form >= PACKED_FORMS || c->row[i].n > p->shape.G)
            return damaged(p, packed_chunk_offset(p, k) + i * sizeof *c->row,
                           "a row lies outside its chunk", eb);
        last = c->row[i].end;
    }
    return last == bytes ? ERR_OK
                         : damaged(p, packed_chunk_offset(p, k) + last,
                                   "the chunk is longer than its rows", eb);
}

enum err
packed_chunk_read(const struct packed *p, size_t k, void *buf, struct packed_chunk *c,
                  struct errbuf *eb)
{
    enum err e =
        read_at(p, packed_chunk_offset(p, k), buf, packed_chunk_bytes(p, k), eb);

    return e ? e : packed_chunk_open(p, k, buf, c, eb);
}

enum err
packed_chunk_row(const struct packed *p, const struct packed_chunk *c, size_t i,
                 bool scale, uint16_t *place, uint8_t *code, float *dict,
                 struct errbuf *eb)
{
    size_t from = i ? c->row[i - 1].end : c->n * sizeof *c->row;

    if (packed_row_decode(p->paths, &p->shape, &c->row[i], c->bytes + from,
                          c->row[i].end - from, scale, place, code, dict))
        return ERR_OK;
    return damaged(p, packed_chunk_offset(p, c->first / PACKED_CHUNK) + from,
                   "this is no row", eb);
}
