/* dataset_ids.c - the ids of a dataset's cells, read when they are asked for. */
#include "data/dataset_ids.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "data/dataset_own.h"
#include "data/source.h"

enum { WINDOW = 1 << 20 }; /* cells */

void
dataset_ids_init(struct dataset_ids *ids, const struct dataset *ds)
{
    *ids = (struct dataset_ids){.ds = ds, .window = WINDOW};
}

void
dataset_ids_release(struct dataset_ids *ids)
{
    strbuf_release(&ids->text);
    free(ids->start);
    *ids = (struct dataset_ids){0};
}

/* The walk through one file: its cells that are wanted are [next, end) of the dataset. */
struct walk {
    struct dataset_ids *ids;
    uint32_t next, end;
};

static void
take_id(void *ctx, size_t row, const char *id)
{
    struct walk *w = ctx;
    struct dataset_ids *ids = w->ids;

    if (w->next == w->end || dataset_row(ids->ds, w->next) != row)
        return;
    ids->start[w->next - ids->from] = ids->text.len;
    strbuf_adds(&ids->text, id);
    strbuf_addc(&ids->text, '\0');
    w->next++;
}

static enum err
read_file(struct dataset_ids *ids, uint32_t from, uint32_t end, struct errbuf *eb)
{
    const struct file_report *r = &ids->ds->report[dataset_file(ids->ds, from)];
    struct walk w = {ids, from, end};
    struct source s;
    enum err e = source_open(&s, r->path, eb);

    if (e)
        return e;
    if ((e = dataset_own_check(r, &s, eb))) {
        source_close(&s);
        return e;
    }
    e = s.ops->each_id(&s, take_id, &w, eb);
    if (e)
        e = err_wrap(eb, e, "%s", s.path);
    else if (w.next != end)
        e = err_set(eb, ERR_FORMAT, "%s: has changed while it was read", s.path);
    source_close(&s);
    return e;
}

static enum err
read_window(struct dataset_ids *ids, uint32_t from, struct errbuf *eb)
{
    const struct dataset *ds = ids->ds;
    size_t left = ds->n_cells - from, n = left < ids->window ? left : ids->window;
    uint32_t end = (uint32_t)(from + n);
    enum err e = ERR_OK;

    strbuf_reset(&ids->text);
    ids->start = grow(ids->start, &ids->cap, n, sizeof *ids->start);
    ids->from = from;
    for (uint32_t i = from, k; i < end && !e; i = k) {
        for (k = i + 1; k < end && dataset_file(ds, k) == dataset_file(ds, i);)
            k++;
        e = read_file(ids, i, k, eb);
    }
    ids->n = e ? 0 : n;
    return e;
}

enum err
dataset_ids_get(struct dataset_ids *ids, uint32_t cell, const char **id,
                struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (ids->ds->cell_id.n) {
        *id = ids->ds->cell_id.item[cell];
        return ERR_OK;
    }
    if (cell < ids->from || cell - ids->from >= ids->n)
        e = read_window(ids, cell, eb);
    *id = e ? NULL : strbuf_str(&ids->text) + ids->start[cell - ids->from];
    return e;
}
