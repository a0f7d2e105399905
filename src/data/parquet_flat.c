/* parquet_flat.c - a column of a Parquet file that has one value in each row. */
#include "data/parquet_flat.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum { SLICE = 4096, TEXT_MAX = 1 << 20, LENGTH = 4 };

/* A page being decoded. */
struct decoder {
    struct parquet_pages *p;
    struct parquet_flat *out;
    struct intern *text;
    int32_t *dict_code;      /* (n_dict) owned; texts of the dictionary */
    struct rle index;        /* of the dictionary, or truth values */
    const uint8_t *at, *end; /* plain values */
    size_t bit;              /* of plain truth values, from at on */
    size_t row;              /* next one */
};

enum flat_kind
parquet_flat_kind(const struct parquet_column *c)
{
    if (c->max_rep)
        return FLAT_NONE;
    switch (c->type) {
    case PARQUET_BOOLEAN:
    case PARQUET_INT32:
    case PARQUET_INT64: return FLAT_INTS;
    case PARQUET_FLOAT:
    case PARQUET_DOUBLE: return FLAT_REALS;
    case PARQUET_BYTE_ARRAY: return FLAT_TEXTS;
    case PARQUET_INT96:
    case PARQUET_FIXED:
    case PARQUET_TYPES: break;
    }
    return FLAT_NONE;
}

static enum err
too_short(const struct decoder *d, struct errbuf *eb)
{
    return parquet_pages_fault(d->p, eb, ERR_FORMAT,
                               "fewer values than it says: the file is damaged, copy "
                               "it again");
}

/* --- values as they are written, PLAIN --- */

static uint64_t
load_bits(const uint8_t *p, size_t width)
{
    uint64_t x = 0;

    for (size_t i = 0; i < width; i++)
        x |= (uint64_t)p[i] << (8 * i);
    return x;
}

static double
load_real(const uint8_t *p, enum parquet_type type)
{
    uint64_t bits = load_bits(p, type == PARQUET_FLOAT ? 4 : 8);
    uint32_t half = (uint32_t)bits;
    float f;
    double x;

    if (type == PARQUET_FLOAT) {
        memcpy(&f, &half, sizeof f);
        return (double)f;
    }
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Store one number of fixed width as value `row`. */
static void
store_number(struct decoder *d, const uint8_t *from, size_t row)
{
    enum parquet_type type = d->p->column->type;

    if (d->out->kind == FLAT_REALS)
        d->out->d[row] = load_real(from, type);
    else if (type == PARQUET_INT32)
        d->out->i[row] = (int32_t)load_bits(from, 4);
    else
        d->out->i[row] = (int64_t)load_bits(from, 8);
}

static size_t
number_width(enum parquet_type type)
{
    return type == PARQUET_INT32 || type == PARQUET_FLOAT ? 4 : 8;
}

/* *code = the text at *at, which moves behind it. */
static enum err
take_text(struct decoder *d, const uint8_t **at, const uint8_t *end, int32_t *code,
          struct errbuf *eb)
{
    if (end - *at < LENGTH)
        return too_short(d, eb);
    size_t n = (size_t)load_bits(*at, LENGTH);
    const char *text = (const char *)*at + LENGTH;

    if (n > (size_t)(end - *at) - LENGTH)
        return too_short(d, eb);
    if (n > TEXT_MAX || memchr(text, '\0', n))
        return parquet_pages_fault(d->p, eb, ERR_UNSUPPORTED,
                                   "a text of %zu bytes that is too long, or has a "
                                   "byte of 0: not a name",
                                   n);
    char *copy = xstrndup(text, n);

    *code = (int32_t)intern_add(d->text, copy);
    *at += LENGTH + n;
    free(copy);
    return ERR_OK;
}

static enum err
plain_value(struct decoder *d, size_t row, struct errbuf *eb)
{
    enum parquet_type type = d->p->column->type;
    size_t width = number_width(type);

    if (type == PARQUET_BYTE_ARRAY)
        return take_text(d, &d->at, d->end, &d->out->t[row], eb);
    if (type == PARQUET_BOOLEAN) {
        if (d->bit / 8 >= (size_t)(d->end - d->at))
            return too_short(d, eb);
        d->out->i[row] = d->at[d->bit / 8] >> (d->bit % 8) & 1;
        d->bit++;
        return ERR_OK;
    }
    if ((size_t)(d->end - d->at) < width)
        return too_short(d, eb);
    store_number(d, d->at, row);
    d->at += width;
    return ERR_OK;
}

/* --- values by index --- */

static enum err
index_value(struct decoder *d, size_t row, struct errbuf *eb)
{
    uint32_t k;

    if (!rle_words(&d->index, &k, 1))
        return parquet_pages_rle_fault(d->p, &d->index, "values", eb);
    if (d->p->page.encoding == PARQUET_RLE) {
        d->out->i[row] = k;
        return ERR_OK;
    }
    if (k >= d->p->n_dict)
        return parquet_pages_fault(d->p, eb, ERR_FORMAT,
                                   "the index %u in a dictionary of %zu: the file is "
                                   "damaged, copy it again",
                                   k, d->p->n_dict);
    if (d->out->kind == FLAT_TEXTS)
        d->out->t[row] = d->dict_code[k];
    else
        store_number(d, d->p->dict + k * number_width(d->p->column->type), row);
    return ERR_OK;
}

static enum err
read_dict_texts(struct decoder *d, struct errbuf *eb)
{
    const uint8_t *at = d->p->dict, *end = at + d->p->dict_bytes;
    enum err e = ERR_OK;

    if (d->out->kind != FLAT_TEXTS || d->dict_code)
        return ERR_OK;
    d->dict_code = xcalloc(d->p->n_dict, sizeof *d->dict_code);
    for (size_t i = 0; i < d->p->n_dict && !e; i++)
        e = take_text(d, &at, end, &d->dict_code[i], eb);
    return e;
}

/* --- pages --- */

static enum err
start_page(struct decoder *d, struct errbuf *eb)
{
    const struct parquet_page *page = &d->p->page;

    d->at = page->data;
    d->end = page->data + page->bytes;
    d->bit = 0;
    if (page->encoding == PARQUET_PLAIN)
        return ERR_OK;
    if (page->encoding == PARQUET_DICTIONARY) {
        enum err e = d->p->column->type == PARQUET_BOOLEAN ? too_short(d, eb)
                                                           : read_dict_texts(d, eb);

        return e ? e : parquet_pages_indices(d->p, &d->index, eb);
    }
    if (page->bytes < LENGTH || load_bits(d->at, LENGTH) > page->bytes - LENGTH)
        return too_short(d, eb);
    rle_init(&d->index, d->at + LENGTH, (size_t)load_bits(d->at, LENGTH), 1);
    return ERR_OK;
}

static enum err
read_slice(struct decoder *d, size_t n, struct errbuf *eb)
{
    struct parquet_page *page = &d->p->page;
    unsigned max = d->p->column->max_def;
    uint8_t def[SLICE];
    enum err e = ERR_OK;

    if (max && !rle_bytes(&page->def, def, n))
        return parquet_pages_rle_fault(d->p, &page->def, "definition levels", eb);
    for (size_t i = 0; i < n && !e; i++, d->row++) {
        if (max && def[i] > max)
            return parquet_pages_rle_fault(d->p, &page->def, "definition levels", eb);
        d->out->is_missing[d->row] = max && def[i] < max;
        if (d->out->is_missing[d->row])
            continue;
        e = page->encoding == PARQUET_PLAIN ? plain_value(d, d->row, eb)
                                            : index_value(d, d->row, eb);
    }
    return e;
}

static enum err
read_page(struct decoder *d, struct errbuf *eb)
{
    enum err e = start_page(d, eb);
    size_t left = d->p->page.n;

    while (!e && left) {
        size_t n = left < SLICE ? left : SLICE;

        e = read_slice(d, n, eb);
        left -= n;
    }
    return e;
}

static void
drop_values(struct parquet_flat *f)
{
    free(f->i);
    free(f->d);
    free(f->t);
    free(f->is_missing);
    *f = (struct parquet_flat){0};
}

/* Room for n rows of the kind, all 0 or -1. */
static enum err
prepare(struct parquet_flat *f, enum flat_kind kind, size_t n, struct errbuf *eb)
{
    static const char what[] = "the rows of a column";
    enum err e = ERR_OK;

    if (f->kind != kind || n > f->cap || !f->is_missing) {
        drop_values(f);
        e = big_calloc(&f->is_missing, n, sizeof *f->is_missing, what, eb);
        if (!e && kind == FLAT_INTS)
            e = big_calloc(&f->i, n, sizeof *f->i, what, eb);
        if (!e && kind == FLAT_REALS)
            e = big_calloc(&f->d, n, sizeof *f->d, what, eb);
        if (!e && kind == FLAT_TEXTS)
            e = big_calloc(&f->t, n, sizeof *f->t, what, eb);
        f->cap = e ? 0 : n;
    }
    f->kind = kind;
    f->n = n;
    for (size_t k = 0; k < n && !e; k++) {
        if (kind == FLAT_INTS)
            f->i[k] = 0;
        else if (kind == FLAT_REALS)
            f->d[k] = 0;
        else
            f->t[k] = -1;
    }
    return e;
}

enum err
parquet_flat_read(struct parquet_flat *out, struct parquet_pages *p,
                  const struct parquet *file, size_t group, size_t column,
                  struct intern *text, struct errbuf *eb)
{
    struct decoder d = {.p = p, .out = out, .text = text};
    const struct parquet_column *c = &file->column[column];
    enum flat_kind kind = parquet_flat_kind(c);
    bool more = true;

    parquet_pages_open(p, file, group, column);
    if (kind == FLAT_NONE)
        return parquet_pages_fault(
            p, eb, ERR_UNSUPPORTED, "is %sof type %s, which is not read as a column",
            c->max_rep ? "a list " : "", parquet_type_name(c->type));
    enum err e = prepare(out, kind, parquet_group_rows(file, group), eb);

    while (!e && (e = parquet_pages_next(p, &more, eb)) == ERR_OK && more)
        e = read_page(&d, eb);
    free(d.dict_code);
    return e;
}

void
parquet_flat_release(struct parquet_flat *f)
{
    drop_values(f);
}
