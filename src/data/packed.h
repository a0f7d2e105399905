/* packed.h - reading a packed store: cells of a dataset in one file, as small as they
 * can be unpacked at the speed of memory.
 *
 * Rows lie in chunks of 16 neighbours, each of which is read and unpacked on its own.
 * Genes are named by their place: most detected first (p->order).  Everything that is
 * read is checked before it is used.
 *
 * Threads: packed_open and what reads sections: owner thread; chunks: any thread.
 * Errors:  ERR_FORMAT, ERR_IO, ERR_NOTFOUND, ERR_NOMEM, ERR_UNSUPPORTED (version); texts
 *          begin with the path and name the offset.
 * Tests:   tests/test_packed.c */
#ifndef DATA_PACKED_H
#define DATA_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crc64.h"
#include "base/err.h"
#include "base/strlist.h"
#include "data/gene_order.h"
#include "data/packed_format.h"
#include "data/packed_row.h"
#include "data/source.h"

struct packed {
    char *path; /* owned */
    int fd;
    struct packed_header header;
    struct packed_section *section; /* owned */
    struct packed_section rows;
    size_t n_cells, n_chunks;
    uint64_t n_values;
    struct packed_shape shape;
    size_t longest_chunk;              /* bytes */
    struct packed_place *chunk;        /* (n_chunks) owned */
    struct strlist gene_id, gene_name; /* (G) in the original order */
    uint64_t *detected;               /* (G) owned; cells that detect a gene, by gene */
    struct gene_order order;          /* rates never rise */
    struct strlist column;            /* names of the obs columns */
    struct strlist fact;              /* "key=value" */
    const struct packed_paths *paths; /* how rows are unpacked */
    struct crc64 crc;                 /* its tables */
};

MUST_CHECK enum err packed_open(struct packed *p, const char *path, struct errbuf *eb);
void packed_close(struct packed *p);

/* Whether the file at path begins like a packed store. */
bool packed_is(const char *path);

/* Whether the name of a file says that it is to be one. */
bool packed_is_named(const char *path);

/* Value of a fact, NULL if there is none; borrowed. */
const char *packed_fact(const struct packed *p, const char *key);

/* --- sections that are read when asked for --- */

enum column_kind packed_column_kind(const struct packed *p, size_t column);

/* Levels that no cell has are dropped, the others sorted (obs_column.h). */
MUST_CHECK enum err packed_column(const struct packed *p, size_t column,
                                  struct obs_column *out, struct errbuf *eb);

/* Hand the ids of all cells to fn, in order; what was handed before an error may be
 * wrong. */
MUST_CHECK enum err packed_each_id(const struct packed *p, source_id_fn fn, void *ctx,
                                   struct errbuf *eb);

/* Append them. */
MUST_CHECK enum err packed_cell_ids(const struct packed *p, struct strlist *out,
                                    struct errbuf *eb);

/* What the source brought with it, and the digest of all content. */
MUST_CHECK enum err packed_own(const struct packed *p, struct source_own *own,
                               struct errbuf *eb);

/* sha256 over the header, the table and what is known of each chunk. */
void packed_digest(const struct packed *p, char hex[DIGEST_HEX]);

/* --- rows --- */

/* A chunk in the caller's memory. */
struct packed_chunk {
    size_t first, n; /* cells */
    const uint8_t *bytes;
    struct packed_row row[PACKED_CHUNK];
};

/* Bytes of chunk k; its cells are PACKED_CHUNK k, ... */
size_t packed_chunk_bytes(const struct packed *p, size_t k);

/* n[i] = values of row i of chunk k, not checked but for their bounds. */
MUST_CHECK enum err packed_chunk_lengths(const struct packed *p, size_t k,
                                         uint16_t n[PACKED_CHUNK], struct errbuf *eb);

/* What chunk k says of its rows, not checked but for their bounds; rows that it does not
 * have are 0. */
MUST_CHECK enum err packed_chunk_heads(const struct packed *p, size_t k,
                                       struct packed_row row[PACKED_CHUNK],
                                       struct errbuf *eb);

/* Read chunk k into buf (packed_chunk_bytes + PACKED_SLACK) and check it.  Any thread. */
MUST_CHECK enum err packed_chunk_read(const struct packed *p, size_t k, void *buf,
                                      struct packed_chunk *c, struct errbuf *eb);

/* The same of chunk k whose bytes are in buf already, with its slack. */
MUST_CHECK enum err packed_chunk_open(const struct packed *p, size_t k, const void *buf,
                                      struct packed_chunk *c, struct errbuf *eb);

/* Offset of chunk k in the file; the next one follows it. */
uint64_t packed_chunk_offset(const struct packed *p, size_t k);

/* Row i < c->n: places (n), codes (n), dictionary (d) as packed_row_decode has them, each
 * with room for PACKED_SLACK more; without a dictionary dict has the n values. */
MUST_CHECK enum err packed_chunk_row(const struct packed *p,
                                     const struct packed_chunk *c, size_t i, bool scale,
                                     uint16_t *place, uint8_t *code, float *dict,
                                     struct errbuf *eb);

#endif
