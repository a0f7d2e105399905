/* packed.c - reading a packed store. */
#include "data/packed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "data/packed_read.h"

_Static_assert(sizeof(struct packed_header) == 64 &&
                   sizeof(struct packed_section) == 32 &&
                   sizeof(struct packed_row) == 16 && sizeof(struct packed_place) == 16,
               "structs lie in the file as they are");

enum { ID_BYTES = 1 << 20 }; /* of ids that are read at once */

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

    size_t n = size < sizeof *h ? (size_t)size : sizeof *h;
    enum err e = packed_read_at(p, 0, h, n, eb);

    if (e)
        return e;
    if (memcmp(h->magic, PACKED_MAGIC, sizeof h->magic) != 0)
        return foreign(p, eb);
    if (n < sizeof *h)
        return packed_damaged(p, size, "the file ends here", eb);
    if (crc64_of(&p->crc, h, checked) != h->crc)
        return h->version != PACKED_VERSION && h->version && h->version < 1000
                   ? err_set(
                         eb, ERR_UNSUPPORTED,
                         "%s: version %u of the packed store (byte 8) is not known "
                         "here, or the header is damaged; this program reads version "
                         "%d",
                         p->path, h->version, PACKED_VERSION)
                   : packed_damaged(p, 0, "the header's checksum is wrong", eb);
    if (h->version != PACKED_VERSION)
        return err_set(eb, ERR_UNSUPPORTED,
                       "%s: version %u of the packed store (byte 8) is not known here; "
                       "this program reads version %d",
                       p->path, h->version, PACKED_VERSION);
    if (h->n_genes == 0 || h->n_genes > GENES_MAX || h->n_bitmap > h->n_genes ||
        h->n_bitmap % 64 || h->n_cells == 0 || h->n_cells > UINT32_MAX)
        return packed_damaged(p, 24, "numbers of cells or genes that cannot be", eb);
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
        return packed_damaged(p, h->table < size ? h->table : size,
                              "the file is not as long as its header says", eb);
    enum err e =
        big_calloc(&p->section, h->n_sections, sizeof *p->section, "sections", eb);

    if (!e)
        e = packed_read_at(p, h->table, p->section, (size_t)bytes, eb);
    if (!e && crc64_of(&p->crc, p->section, (size_t)bytes) != h->table_crc)
        e = packed_damaged(p, h->table, "the checksum of the sections is wrong", eb);
    for (size_t i = 0; !e && i < h->n_sections; i++)
        if (p->section[i].offset > h->table ||
            p->section[i].bytes > h->table - p->section[i].offset)
            e = packed_damaged(p, h->table + i * sizeof *p->section,
                               "a section lies outside the file", eb);
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
    struct packed_span s;
    uint64_t at;
    enum err e = packed_read_section(p, PACKED_GENES, 0, &bytes, &s, &at, eb);

    p->detected = xcalloc(G, sizeof *p->detected);
    if (!e && (!packed_span_texts(&s, &p->gene_id, G) || p->gene_id.n != G ||
               !packed_span_texts(&s, &p->gene_name, G) || p->gene_name.n != G ||
               !packed_span_take(&s, p->detected, G * sizeof *p->detected) ||
               !packed_span_take(&s, gene, G * sizeof *gene) || s.left ||
               !is_permutation(gene, G)))
        e = packed_damaged(p, at, "the genes are not as many as the header says", eb);
    if (!e)
        set_order(p, gene);
    free(bytes);
    free(gene);
    return e;
}

static enum err
read_list(struct packed *p, enum packed_kind kind, size_t most, struct strlist *out,
          struct errbuf *eb)
{
    uint8_t *bytes;
    struct packed_span s;
    uint64_t at;
    enum err e = packed_read_section(p, kind, 0, &bytes, &s, &at, eb);

    if (!e && (!packed_span_texts(&s, out, most) || s.left))
        e = packed_damaged(p, at, "this is no list of texts", eb);
    free(bytes);
    return e;
}

static enum err
read_chunks(struct packed *p, struct errbuf *eb)
{
    const struct packed_section *rows = packed_find_section(p, PACKED_ROWS, 0);
    uint8_t *bytes;
    struct packed_span s;
    uint64_t at, last = 0;
    enum err e = packed_read_section(p, PACKED_CHUNKS, 0, &bytes, &s, &at, eb);

    if (!e && (!rows || s.left != p->n_chunks * sizeof *p->chunk))
        e = packed_damaged(p, at, "there are not as many chunks as the header says",
                           eb);
    p->chunk = (struct packed_place *)bytes;
    for (size_t k = 0; !e && k < p->n_chunks; k++) {
        uint64_t end = p->chunk[k].end;

        if (end <= last || end > rows->bytes || end - last > UINT32_MAX)
            e = packed_damaged(p, at + k * sizeof *p->chunk,
                               "a chunk lies outside the rows", eb);
        else if (end - last > p->longest_chunk)
            p->longest_chunk = (size_t)(end - last);
        last = end;
    }
    if (!e && last != rows->bytes)
        e = packed_damaged(p, at, "the rows are longer than their chunks", eb);
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
             !(e = read_list(p, PACKED_NAMES, PACKED_SECTIONS, &p->column, eb)))
        e = read_list(p, PACKED_FACTS, UINT32_MAX, &p->fact, eb);
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
            ? packed_damaged(p, packed_chunk_offset(p, k), "the chunk is too short", eb)
            : packed_read_at(p, packed_chunk_offset(p, k), row, rows * sizeof *row, eb);

    for (size_t i = 0; i < PACKED_CHUNK; i++)
        if (row[i].n > p->shape.G && !e)
            e = packed_damaged(p, packed_chunk_offset(p, k) + i * sizeof *row,
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
        return packed_damaged(p, packed_chunk_offset(p, k),
                              "the chunk's checksum is wrong", eb);
    *c = (struct packed_chunk){.first = first, .n = n, .bytes = buf};
    if (bytes < last)
        return packed_damaged(p, packed_chunk_offset(p, k), "the chunk is too short",
                              eb);
    memcpy(c->row, buf, last);
    for (size_t i = 0; i < n; i++) {
        if (c->row[i].end < last || c->row[i].end > bytes ||
            c->row[i].form >= PACKED_FORMS || c->row[i].n > p->shape.G)
            return packed_damaged(p, packed_chunk_offset(p, k) + i * sizeof *c->row,
                                  "a row lies outside its chunk", eb);
        last = c->row[i].end;
    }
    return last == bytes ? ERR_OK
                         : packed_damaged(p, packed_chunk_offset(p, k) + last,
                                          "the chunk is longer than its rows", eb);
}

enum err
packed_chunk_read(const struct packed *p, size_t k, void *buf, struct packed_chunk *c,
                  struct errbuf *eb)
{
    enum err e =
        packed_read_at(p, packed_chunk_offset(p, k), buf, packed_chunk_bytes(p, k), eb);

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
    return packed_damaged(p, packed_chunk_offset(p, c->first / PACKED_CHUNK) + from,
                          "this is no row", eb);
}
