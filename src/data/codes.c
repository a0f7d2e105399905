/* codes.c - small integers of many cells, in as few bytes as they need. */
#include "data/codes.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

unsigned
codes_width(size_t n_levels)
{
    return n_levels <= UINT8_MAX ? 1 : n_levels <= UINT16_MAX ? 2 : 4;
}

void
codes_take(struct codes *c, int32_t *code)
{
    *c = (struct codes){.at = code, .width = sizeof *code};
}

void
codes_release(struct codes *c)
{
    free(c->at);
    *c = (struct codes){0};
}

static enum err
resize(struct codes *c, size_t n, unsigned width, struct errbuf *eb)
{
    void *at = realloc(c->at, n ? n * width : 1);

    if (!at)
        return err_set(eb, ERR_NOMEM, "not enough memory for %zu cells", n);
    c->at = at;
    return ERR_OK;
}

enum err
codes_resize(struct codes *c, size_t n_old, size_t n, struct errbuf *eb)
{
    unsigned width = c->width ? c->width : 1;
    enum err e = resize(c, n, width, eb);

    if (e)
        return e;
    c->width = width;
    if (n > n_old)
        memset((char *)c->at + n_old * width, 0xff, (n - n_old) * width);
    return ERR_OK;
}

enum err
codes_widen(struct codes *c, size_t n, unsigned width, struct errbuf *eb)
{
    struct codes old = *c;

    if (width <= c->width)
        return ERR_OK;
    enum err e = resize(c, n, width, eb);

    if (e)
        return e;
    old.at = c->at;
    c->width = width;
    for (size_t i = n; i-- > 0;)
        codes_set(c, i, codes_get(&old, i));
    return ERR_OK;
}

void
codes_narrow(struct codes *c, size_t n, unsigned width)
{
    struct codes old = *c;

    if (width >= c->width)
        return;
    c->width = width;
    for (size_t i = 0; i < n; i++)
        codes_set(c, i, codes_get(&old, i));
    /* A failure leaves the longer array, which is as good. */
    (void)!resize(c, n, width, NULL);
}

enum err
codes_copy(const struct codes *c, size_t n, int32_t **out, struct errbuf *eb)
{
    enum err e = big_calloc(out, n, sizeof **out, "cells", eb);

    for (size_t i = 0; !e && i < n; i++)
        (*out)[i] = codes_get(c, i);
    return e;
}
