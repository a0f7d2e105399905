/* wire.c - little-endian fields and the seal. */
#include "engine/wire.h"

#include <assert.h>
#include <string.h>

#include "base/digest.h"

enum { SEAL = DIGEST_HEX - 1, SIZE_AT = WIRE_MAGIC + 8, HEAD = SIZE_AT + 8 };

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

void
wire_open(struct wire_out *w, const char magic[WIRE_MAGIC], int64_t version)
{
    wire_put(w, magic, WIRE_MAGIC);
    wire_put_i64(w, version);
    wire_put_i64(w, 0);
}

static void
seal_of(const uint8_t *p, size_t n, char hex[DIGEST_HEX])
{
    struct digest d;

    digest_init(&d);
    digest_add(&d, p, n);
    digest_final(&d, hex);
}

void
wire_seal(struct wire_out *w)
{
    char hex[DIGEST_HEX] = "";

    if (w->p) {
        struct wire_out size = {.p = w->p, .n = SIZE_AT, .cap = HEAD};

        wire_put_i64(&size, (int64_t)(w->n + SEAL));
        seal_of(w->p, w->n, hex);
    }
    wire_put(w, hex, SEAL);
}

enum err
wire_check(struct wire_in *w, const void *data, size_t size,
           const char magic[WIRE_MAGIC], int64_t newest, const char *what,
           struct errbuf *eb)
{
    char hex[DIGEST_HEX];

    *w = (struct wire_in){.p = data, .n = size};
    if (size < HEAD + SEAL || memcmp(data, magic, WIRE_MAGIC) != 0)
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
    seal_of(w->p, size - SEAL, hex);
    if (memcmp(hex, w->p + size - SEAL, SEAL) != 0)
        return err_set(eb, ERR_FORMAT, "%s is damaged: its sha256 does not match",
                       what);
    w->n = size - SEAL;
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
