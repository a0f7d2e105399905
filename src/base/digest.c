/* digest.c - sha256 through libmd; what is long, by the processor's own instructions. */
#include "base/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest_blocks.h"
#include "base/xalloc.h"

enum { BLOCK = SHA256_BLOCK_LENGTH, LONG = 64 * BLOCK };

void
digest_init(struct digest *d)
{
    SHA256Init(&d->ctx);
}

void
digest_add(struct digest *d, const void *data, size_t n)
{
    const uint8_t *p = data;

    if (n >= LONG) { /* libmd keeps what is no whole block until there is more */
        size_t begun = (size_t)(d->ctx.bitcount[0] / 8 % BLOCK);
        size_t first = begun ? BLOCK - begun : 0, blocks = (n - first) / BLOCK;

        SHA256Update(&d->ctx, p, first);
        p += first;
        n -= first;
        if (digest_blocks(d->ctx.state.st32, p, blocks)) {
            d->ctx.bitcount[0] += 8 * (uint64_t)BLOCK * blocks;
            p += blocks * BLOCK;
            n -= blocks * BLOCK;
        }
    }
    SHA256Update(&d->ctx, p, n);
}

void
digest_addu(struct digest *d, uint64_t x)
{
    unsigned char b[8];

    for (size_t i = 0; i < sizeof b; i++)
        b[i] = (unsigned char)(x >> (8 * i));
    digest_add(d, b, sizeof b);
}

void
digest_adds(struct digest *d, const char *s)
{
    size_t n = strlen(s);

    digest_addu(d, n);
    digest_add(d, s, n);
}

void
digest_final(struct digest *d, char hex[DIGEST_HEX])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[SHA256_DIGEST_LENGTH];

    SHA256Final(sum, &d->ctx);
    for (size_t i = 0; i < sizeof sum; i++) {
        hex[2 * i] = digits[sum[i] >> 4];
        hex[2 * i + 1] = digits[sum[i] & 15];
    }
    hex[2 * sizeof sum] = '\0';
}

enum err
digest_add_file(struct digest *d, const char *path, struct errbuf *eb)
{
    enum { CHUNK = 1 << 20 };
    FILE *fp = fopen(path, "rbe");
    enum err e = ERR_OK;

    if (!fp)
        return err_errno(eb, "cannot open %s", path);
    unsigned char *buf = xmalloc(CHUNK, 1);

    for (size_t n; (n = fread(buf, 1, CHUNK, fp)) > 0;)
        digest_add(d, buf, n);
    if (ferror(fp))
        e = err_errno(eb, "cannot read %s", path);
    free(buf);
    fclose(fp);
    return e;
}
