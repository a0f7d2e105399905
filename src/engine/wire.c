/* wire.c - little-endian fields and the seal. */
#include "engine/wire.h"

#include <assert.h>
#include <string.h>

#include "base/crc64.h"
#include "base/digest.h"

enum {
    SHA256_UP_TO = 2, /* the version */
    SEAL_MAX = DIGEST_HEX - 1,
    SIZE_AT = WIRE_MAGIC + 8,
    HEAD = SIZE_AT + 8
};

void
wire_put(struct wire_out *w, const void *data, size_t n)
{
    if (w->p) {
        assert(n <= w->cap - w->n);
        memcpy(w->p + w->n, data, n);
    }
    w->n += n;
}

void
wire_put_i64(struct wire_out *w, int64_t x)
{
    uint8_t b[8];

    for (size_t i = 0; i < sizeof b; i++)
        b[i] = (uint8_t)((uint64_t)x >> (8 * i));
    wire_put(w, b, sizeof b);
}

void
wire_put_f64(struct wire_out *w, double x)
{
    int64_t bits;

    memcpy(&bits, &x, sizeof bits);
    wire_put_i64(w, bits);
}

void
wire_put_text(struct wire_out *w, const char *s)
{
    size_t n = strlen(s);

    wire_put_i64(w, (int64_t)n);
    wire_put(w, s, n);
}

/* What p has gained since the last piece becomes one. */
static void
close_piece(struct wire_out *w)
{
    if (w->p && w->n > w->from) {
        assert(w->n_pieces < WIRE_PIECES);
        w->piece[w->n_pieces++] = (struct piece){w->p + w->from, w->n - w->from};
    }
    w->from = w->n;
}

void
wire_lend(struct wire_out *w, const void *data, size_t n)
{
    if (!w->piece) {
        wire_put(w, data, n);
        return;
    }
    close_piece(w);
    if (w->p) {
        assert(w->n_pieces < WIRE_PIECES);
        w->piece[w->n_pieces++] = (struct piece){data, n};
    }
    w->n_lent += n;
}

void
wire_open(struct wire_out *w, const char magic[WIRE_MAGIC], int64_t version)
{
    w->version = version;
    wire_put(w, magic, WIRE_MAGIC);
    wire_put_i64(w, version);
    wire_put_i64(w, 0);
}

static size_t
seal_bytes(int64_t version)
{
    return version <= SHA256_UP_TO ? SEAL_MAX : sizeof(uint64_t);
}

static void
seal_of(const struct piece *p, size_t n, int64_t version, uint8_t seal[SEAL_MAX + 1])
{
    struct digest d;
    struct crc64 c;
    struct wire_out out = {.p = seal, .cap = SEAL_MAX};

    digest_init(&d);
    crc64_init(&c);
    for (size_t i = 0; i < n; i++) {
        if (version <= SHA256_UP_TO)
            digest_add(&d, p[i].data, p[i].size);
        else
            crc64_add(&c, p[i].data, p[i].size);
    }
    if (version <= SHA256_UP_TO)
        digest_final(&d, (char *)seal);
    else
        wire_put_i64(&out, (int64_t)crc64_final(&c));
}

void
wire_seal(struct wire_out *w)
{
    struct piece flat = {w->p, w->n};
    uint8_t seal[SEAL_MAX + 1] = {0};

    if (w->p) {
        struct wire_out size = {.p = w->p, .n = SIZE_AT, .cap = HEAD};

        wire_put_i64(&size, (int64_t)(w->n + w->n_lent + seal_bytes(w->version)));
        if (w->piece)
            close_piece(w);
        seal_of(w->piece ? w->piece : &flat, w->piece ? w->n_pieces : 1, w->version,
                seal);
    }
    wire_put(w, seal, seal_bytes(w->version));
    if (w->piece)
        close_piece(w);
}

enum err
wire_check(struct wire_in *w, const void *data, size_t size,
           const char magic[WIRE_MAGIC], int64_t newest, const char *what,
           struct errbuf *eb)
{
    uint8_t seal[SEAL_MAX + 1];

    *w = (struct wire_in){.p = data, .n = size};
    if (size < HEAD || memcmp(data, magic, WIRE_MAGIC) != 0)
        return err_set(eb, ERR_FORMAT, "these %zu bytes are no %s", size, what);
    w->at = WIRE_MAGIC;
    w->version = wire_get_i64(w);
    int64_t total = wire_get_i64(w);

    if (w->version < 1 || w->version > newest)
        return err_set(eb, ERR_FORMAT,
                       "%s has format version %lld, this build reads 1 to %lld", what,
                       (long long)w->version, (long long)newest);
    if (total < 0 || (uint64_t)total != size)
        return err_set(eb, ERR_FORMAT, "%s is not whole: %zu of %lld bytes", what, size,
                       (long long)total);
    if (size < HEAD + seal_bytes(w->version))
        return err_set(eb, ERR_FORMAT, "%s has no seal", what);
    w->n = size - seal_bytes(w->version);
    seal_of(PIECE(w->p, w->n), 1, w->version, seal);
    if (memcmp(seal, w->p + w->n, size - w->n) != 0)
        return err_set(eb, ERR_FORMAT, "%s is damaged: its seal does not match", what);
    return ERR_OK;
}

void
wire_get(struct wire_in *w, void *out, size_t n)
{
    if (n > w->n - w->at) {
        w->bad = true;
        memset(out, 0, n);
        return;
    }
    memcpy(out, w->p + w->at, n);
    w->at += n;
}

int64_t
wire_get_i64(struct wire_in *w)
{
    uint8_t b[8];
    uint64_t x = 0;

    wire_get(w, b, sizeof b);
    for (size_t i = 0; i < sizeof b; i++)
        x |= (uint64_t)b[i] << (8 * i);
    return (int64_t)x;
}

double
wire_get_f64(struct wire_in *w)
{
    int64_t bits = wire_get_i64(w);
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

void
wire_get_text(struct wire_in *w, char *out, size_t size)
{
    int64_t n = wire_get_i64(w);

    out[0] = '\0';
    if (n < 0 || (uint64_t)n >= size) {
        w->bad = true;
        return;
    }
    wire_get(w, out, (size_t)n);
    out[n] = '\0';
}
