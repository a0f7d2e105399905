/* row_feed.c - the rows of cells, batch after batch. */
#include "data/row_feed.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "data/row_windows.h"

enum err
row_feed_open(struct row_feed *f, const struct dataset *ds, const struct row_list *list,
              size_t B, struct pool *pool, struct errbuf *eb)
{
    assert(B > 0);
    *f = (struct row_feed){.ds = ds, .list = *list, .B = B, .pool = pool};
    if (!ds->stream && !ds->windows)
        return ERR_OK;
    enum err e = big_calloc(&f->rows, B, sizeof *f->rows, "cells of a batch", eb);

    if (!e && ds->stream)
        e = row_stream_begin(ds->stream, list, B, pool, eb);
    if (e) {
        free(f->rows);
        *f = (struct row_feed){0};
    }
    return e;
}

void
row_feed_close(struct row_feed *f)
{
    if (f->rows && f->ds->stream)
        row_stream_end(f->ds->stream);
    free(f->rows);
    *f = (struct row_feed){0};
}

enum err
row_feed_next(struct row_feed *f, struct row_batch *out, struct errbuf *eb)
{
    size_t left = f->list.n - f->list.from, n = left < f->B ? left : f->B;
    const uint32_t *cell = f->list.cell + f->list.from;
    enum err e = ERR_OK;

    *out = f->rows ? (struct row_batch){.cell = cell, .rows = f->rows, .n = n}
                   : row_batch_of(&f->ds->x, cell, n);
    if (f->rows && n)
        e = f->ds->stream
                ? row_stream_next(f->ds->stream, n, f->rows, eb)
                : row_windows_rows(f->ds->windows, &f->list, n, f->pool, f->rows, eb);
    f->list.from += n;
    return e;
}
