/* row_place.c - rows of a file become rows of a dataset, where they stand. */
#include "data/row_place.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static const double TARGET_SUM = 1e4;

struct place {
    struct row_chunks file; /* owned */
    int32_t *to;            /* (G) owned */
    size_t G;
    bool scale;
};

static size_t
place_bytes(const struct row_chunks *c, size_t chunk)
{
    const struct place *p = c->impl;

    return p->file.ops->bytes(&p->file, chunk);
}

static enum err
place_read(const struct row_chunks *c, size_t chunk, uint8_t *out, struct errbuf *eb)
{
    const struct place *p = c->impl;

    return p->file.ops->read(&p->file, chunk, out, eb);
}

static void
place_expect(const struct row_chunks *c, size_t chunk)
{
    const struct place *p = c->impl;

    if (p->file.ops->expect)
        p->file.ops->expect(&p->file, chunk);
}

static int
place_direct(const struct row_chunks *c, size_t chunk, uint64_t *offset)
{
    const struct place *p = c->impl;

    return p->file.ops->direct ? p->file.ops->direct(&p->file, chunk, offset) : -1;
}

static enum err
place_measure(const struct row_chunks *c, const struct chunk_want *w, size_t *values,
              size_t *words, struct errbuf *eb)
{
    const struct place *p = c->impl;

    return p->file.ops->measure(&p->file, w, values, words, eb);
}

/* --- genes --- */

/* A row whose index, codes and values may be written: they are the decoder's. */
struct own_row {
    uint16_t *index;
    uint8_t *code; /* or NULL */
    float *value;
    size_t n, n_dict;
};

static struct own_row
own(const struct csr_row *r)
{
    struct own_row o = {.n = r->n, .n_dict = r->n_dict};

    memcpy(&o.index, &r->index, sizeof o.index);
    memcpy(&o.code, &r->code, sizeof o.code);
    memcpy(&o.value, &r->value, sizeof o.value);
    return o;
}

/* Map genes and leave out those without a place.  False if what is left does not
 * ascend. */
static bool
map_genes(const struct place *p, struct own_row *r)
{
    int32_t last = -1;
    size_t k = 0;
    bool ascends = true;

    for (size_t i = 0; i < r->n; i++) {
        int32_t g = p->to[r->index[i]];

        if (g < 0)
            continue;
        ascends &= g > last;
        last = g;
        r->index[k] = (uint16_t)g;
        if (r->code)
            r->code[k] = r->code[i];
        else
            r->value[k] = r->value[i];
        k++;
    }
    r->n = k;
    return ascends;
}

struct entry {
    uint16_t gene;
    uint8_t code;
    float value;
};

static int
compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    return (x->gene > y->gene) - (x->gene < y->gene);
}

static enum err
sort_genes(struct own_row *r, struct errbuf *eb)
{
    struct entry *entry;
    enum err e = big_calloc(&entry, r->n, sizeof *entry, "values of a cell", eb);

    if (e)
        return e;
    for (size_t i = 0; i < r->n; i++)
        entry[i] = (struct entry){r->index[i], r->code ? r->code[i] : (uint8_t)0,
                                  r->code ? 0 : r->value[i]};
    qsort(entry, r->n, sizeof *entry, compare_entries);
    for (size_t i = 0; i < r->n; i++) {
        r->index[i] = entry[i].gene;
        if (r->code)
            r->code[i] = entry[i].code;
        else
            r->value[i] = entry[i].value;
    }
    free(entry);
    return ERR_OK;
}

/* --- scale --- */

void
row_scale(float *value, const uint8_t *code, size_t n, size_t n_dict)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)value[code ? code[i] : i];
    double factor = sum > 0 ? TARGET_SUM / sum : 0;

    for (size_t i = 0; i < (code ? n_dict : n); i++)
        value[i] = (float)log1p((double)value[i] * factor);
}

static enum err
place_decode(const struct row_chunks *c, const struct chunk_want *w, uint16_t *index,
             float *word, struct csr_row *row, struct errbuf *eb)
{
    const struct place *p = c->impl;
    enum err e = p->file.ops->decode(&p->file, w, index, word, row, eb);

    for (size_t k = 0; !e && k < CHUNK_ROWS; k++) {
        if (!(w->rows >> k & 1))
            continue;
        struct own_row r = own(&row[k]);

        if (!map_genes(p, &r))
            e = sort_genes(&r, eb);
        if (p->scale)
            row_scale(r.value, r.code, r.n, r.n_dict);
        row[k].n = r.n;
    }
    return e;
}

static void
place_close(struct row_chunks *c)
{
    struct place *p = c->impl;

    row_chunks_close(&p->file);
    free(p->to);
    free(p);
}

static const struct row_chunks_ops place_ops = {.bytes = place_bytes,
                                                .read = place_read,
                                                .expect = place_expect,
                                                .direct = place_direct,
                                                .measure = place_measure,
                                                .decode = place_decode,
                                                .close = place_close};

void
row_place(struct row_chunks *c, const int32_t *to, size_t G, bool scale_rows)
{
    struct place *p = xcalloc(1, sizeof *p);

    p->file = *c;
    p->to = xcalloc(G, sizeof *p->to);
    memcpy(p->to, to, G * sizeof *p->to);
    p->G = G;
    p->scale = scale_rows;
    *c = (struct row_chunks){&place_ops, p};
}
