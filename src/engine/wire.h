/* wire.h - checkpoints as bytes: little-endian fields and a seal.
 *
 * A sealed block is: magic (8 bytes), version, total size, fields, seal.  The seal is the
 * CRC-64 of everything before it (crc64.h); in versions 1 and 2 of all formats it was the
 * hexadecimal sha256.
 *
 * Threads: one thread per object.
 * Errors:  ERR_FORMAT says what is wrong with the bytes. */
#ifndef ENGINE_WIRE_H
#define ENGINE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/piece.h"

enum { WIRE_MAGIC = 8 }; /* bytes */

enum { WIRE_PIECES = 16 };

/* Bytes being written; p = NULL only counts. */
struct wire_out {
    uint8_t *p;    /* borrowed */
    size_t n, cap; /* bytes in p */
    struct piece
        *piece; /* (WIRE_PIECES) borrowed, out: what lies in p and what was lent,
                            in order; NULL: all is copied to p */
    size_t n_pieces;
    size_t from;     /* bytes of p that stand in a piece already */
    size_t n_lent;   /* bytes that were lent */
    int64_t version; /* of the block */
};

void wire_put(struct wire_out *w, const void *data, size_t n);
void wire_put_i64(struct wire_out *w, int64_t x);
void wire_put_f64(struct wire_out *w, double x);
void wire_put_text(struct wire_out *w, const char *s);

/* Put bytes that stay where they are, borrowed as long as the pieces are used. */
void wire_lend(struct wire_out *w, const void *data, size_t n);

/* Start a sealed block, the first thing in w; wire_seal ends it and fills in the size. */
void wire_open(struct wire_out *w, const char magic[WIRE_MAGIC], int64_t version);
void wire_seal(struct wire_out *w);

/* Bytes being read.  A read past the end gives zeros and sets bad. */
struct wire_in {
    const uint8_t *p; /* borrowed */
    size_t n, at;
    int64_t version; /* of the block */
    bool bad;
};

/* Check magic, version (1 to newest), size and seal; w stands at the first field, its
 * end before the seal.  what names the block in messages. */
MUST_CHECK enum err wire_check(struct wire_in *w, const void *data, size_t size,
                               const char magic[WIRE_MAGIC], int64_t newest,
                               const char *what, struct errbuf *eb);

void wire_get(struct wire_in *w, void *out, size_t n);
int64_t wire_get_i64(struct wire_in *w);
double wire_get_f64(struct wire_in *w);

/* A text of less than size bytes, terminated; longer is bad. */
void wire_get_text(struct wire_in *w, char *out, size_t size);

#endif
