/* row_feed.c - the rows of cells, batch after batch. */
#include "data/row_feed.h"

#include <assert.h>

enum err
row_feed_open(struct row_feed *f, const struct dataset *ds, const uint32_t *cell,
              size_t n, size_t B, struct pool *pool, struct errbuf *eb)
{
    assert(B > 0);
    (void)pool;
    (void)eb;
    *f = (struct row_feed){.ds = ds, .cell = cell, .n = n, .B = B};
    return ERR_OK;
}

void
row_feed_close(struct row_feed *f)
{
    *f = (struct row_feed){0};
}

enum err
row_feed_next(struct row_feed *f, struct row_batch *out, struct errbuf *eb)
{
    size_t left = f->n - f->at;

    (void)eb;
    *out = row_batch_of(&f->ds->x, f->cell + f->at, left < f->B ? left : f->B);
    f->at += out->n;
    return ERR_OK;
}
