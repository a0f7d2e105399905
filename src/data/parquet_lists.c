/* parquet_lists.c - lists of numbers as rows of a sparse matrix.
 *
 * Levels come in slices; in a slice, every repetition level of 0 begins a row, and what
 * lies between two of these is a piece of one row, whose values are decoded at once:
 * pages end anywhere in a row, and so do slices. */
#include "data/parquet_lists.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/rounded.h"

enum { BLOCK = 1024 }; /* indices unpacked at a time */

void
parquet_rows_release(struct parquet_rows *r)
{
    free(r->start);
    free(r->gene);
    free(r->value);
    *r = (struct parquet_rows){0};
}

static bool
is_number_list(const struct parquet_column *c)
{
    return c->max_rep == 1 && (c->type == PARQUET_FLOAT || c->type == PARQUET_DOUBLE);
}

size_t
parquet_lists_find(const struct parquet *f, const char *name)
{
    for (size_t i = 0; i < f->n_columns; i++)
        if (strcmp(f->column[i].name, name) == 0 && is_number_list(&f->column[i]))
            return i;
    return SIZE_MAX;
}

static enum err
row_fault(const struct parquet_lists *l, const char *what, struct errbuf *eb)
{
    const struct parquet_pages *p = &l->pages;

    return parquet_pages_fault(p, eb, ERR_FORMAT, "row %zu of the file %s",
                               p->file->first[p->group] + l->row, what);
}

/* --- rows --- */

static void
need_values(struct parquet_rows *r, size_t n)
{
    if (r->n_values + n <= r->cap)
        return;
    size_t cap = r->cap;

    r->gene = grow(r->gene, &cap, r->n_values + n, sizeof *r->gene);
    r->value = xrealloc(r->value, cap, sizeof *r->value);
    r->cap = cap;
}

static enum err
end_row(struct parquet_lists *l, struct parquet_rows *out, struct errbuf *eb)
{
    if (l->in_row != l->G) {
        char *what = xasprintf("has %zu numbers; there are %zu genes", l->in_row, l->G);
        enum err e = row_fault(l, what, eb);

        free(what);
        return e;
    }
    out->start = grow(out->start, &out->cap_start, out->n + 2, sizeof *out->start);
    out->start[++out->n] = out->n_values;
    l->is_begun = false;
    l->row++;
    return ERR_OK;
}

/* --- values --- */

/* Append n values of the genes from l->in_row on; zeros are written over by the next. */
static void
append_values(struct parquet_lists *l, struct parquet_rows *out, const float *value,
              size_t n)
{
    uint32_t *gene = out->gene + out->n_values, first = (uint32_t)l->in_row;
    float *to = out->value + out->n_values;
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        gene[k] = first + (uint32_t)i;
        to[k] = value[i];
        k += value[i] != 0.0F;
    }
    out->n_values += k;
    l->in_row += n;
}

static void
append_same(struct parquet_lists *l, struct parquet_rows *out, float value, size_t n)
{
    for (size_t i = 0; i < n && value != 0.0F; i++) {
        out->gene[out->n_values] = (uint32_t)(l->in_row + i);
        out->value[out->n_values++] = value;
    }
    l->in_row += n;
}

static float
load_value(const struct parquet_lists *l, const uint8_t *p, enum parquet_type type)
{
    static const struct rounded_type wide = {sizeof(double), 'f'};
    uint64_t bits = 0;

    for (size_t i = 0; i < (type == PARQUET_FLOAT ? 4u : 8u); i++)
        bits |= (uint64_t)p[i] << (8 * i);
    uint32_t half = (uint32_t)bits;
    float f;
    double d;

    if (type == PARQUET_FLOAT) {
        memcpy(&f, &half, sizeof f);
        return f;
    }
    memcpy(&d, &bits, sizeof d);
    rounded_count(l->rounded, wide, &d, 1);
    return (float)d;
}

static enum err
take_plain(struct parquet_lists *l, struct parquet_rows *out, size_t n,
           struct errbuf *eb)
{
    enum parquet_type type = l->pages.column->type;
    size_t width = type == PARQUET_FLOAT ? 4 : 8;
    float value[BLOCK];

    if ((size_t)(l->end - l->at) / width < n)
        return parquet_pages_fault(&l->pages, eb, ERR_FORMAT,
                                   "fewer values than it says: the file is damaged, "
                                   "copy it again");
    while (n) {
        size_t now = n < BLOCK ? n : BLOCK;

        for (size_t i = 0; i < now; i++)
            value[i] = load_value(l, l->at + i * width, type);
        append_values(l, out, value, now);
        l->at += now * width;
        n -= now;
    }
    return ERR_OK;
}

static enum err
bad_index(const struct parquet_lists *l, uint32_t k, struct errbuf *eb)
{
    return parquet_pages_fault(&l->pages, eb, ERR_FORMAT,
                               "the index %u in a dictionary of %zu: the file is "
                               "damaged, copy it again",
                               k, l->n_dict);
}

/* Append what n indices stand for, for the genes from l->in_row on.  Most are that of 0,
 * which are left out before anything is looked up.  False: *most, the largest, is none. */
static bool
append_indices(struct parquet_lists *l, struct parquet_rows *out, const uint32_t *index,
               size_t n, uint32_t *most)
{
    uint32_t other[BLOCK + 1], *gene = out->gene + out->n_values;
    uint32_t first = (uint32_t)l->in_row, zero = l->zero, no_zero = zero >= l->n_dict;
    float *to = out->value + out->n_values;
    size_t k = 0, n_out = 0;

    for (size_t i = 0; i < n; i++) {
        gene[k] = first + (uint32_t)i;
        other[k] = index[i];
        k += (index[i] != zero) | no_zero;
    }
    *most = 0;
    for (size_t i = 0; i < k; i++)
        *most = other[i] > *most ? other[i] : *most;
    if (k && *most >= l->n_dict)
        return false;
    for (size_t i = 0; i < k; i++) {
        float v = l->dict[other[i]];

        gene[n_out] = gene[i];
        to[n_out] = v;
        n_out += v != 0.0F;
    }
    out->n_values += n_out;
    l->in_row += n;
    return true;
}

static enum err
take_indices(struct parquet_lists *l, struct parquet_rows *out, size_t n,
             struct errbuf *eb)
{
    uint32_t index[BLOCK], k = 0;

    while (n) {
        size_t got = rle_same(&l->index, n, &k);

        if (got && k >= l->n_dict)
            return bad_index(l, k, eb);
        if (got) {
            append_same(l, out, l->dict[k], got);
        } else {
            got = rle_packed(&l->index, n < BLOCK ? n : BLOCK, index);
            if (!got)
                return parquet_pages_rle_fault(&l->pages, &l->index, "indices", eb);
            if (!append_indices(l, out, index, got, &k))
                return bad_index(l, k, eb);
        }
        n -= got;
    }
    return ERR_OK;
}

/* n values of the row that is begun. */
static enum err
take_values(struct parquet_lists *l, struct parquet_rows *out, size_t n,
            struct errbuf *eb)
{
    if (n > l->G - l->in_row) {
        char *what = xasprintf("has more numbers than there are genes (%zu)", l->G);
        enum err e = row_fault(l, what, eb);

        free(what);
        return e;
    }
    need_values(out, n);
    return l->pages.page.encoding == PARQUET_PLAIN ? take_plain(l, out, n, eb)
                                                   : take_indices(l, out, n, eb);
}

/* --- levels --- */

static enum err
read_dictionary(struct parquet_lists *l, struct errbuf *eb)
{
    const struct parquet_pages *p = &l->pages;
    size_t width = p->column->type == PARQUET_FLOAT ? 4 : 8;

    if (l->n_dict == p->n_dict)
        return ERR_OK;
    if (p->n_dict > l->cap_dict) {
        free(l->dict);
        l->cap_dict = 0;
        enum err e =
            big_calloc(&l->dict, p->n_dict, sizeof *l->dict, "a dictionary", eb);

        if (e)
            return e;
        l->cap_dict = p->n_dict;
    }
    l->zero = UINT32_MAX;
    for (size_t i = 0; i < p->n_dict; i++) {
        l->dict[i] = load_value(l, p->dict + i * width, p->column->type);
        l->zero = l->dict[i] == 0.0F && l->zero == UINT32_MAX ? (uint32_t)i : l->zero;
    }
    l->n_dict = p->n_dict;
    return ERR_OK;
}

static enum err
next_page(struct parquet_lists *l, struct errbuf *eb)
{
    bool more = false;
    enum err e = parquet_pages_next(&l->pages, &more, eb);
    const struct parquet_page *page = &l->pages.page;

    if (e)
        return e;
    l->at_end = !more;
    if (!more)
        return ERR_OK;
    l->page_left = page->n;
    l->at = page->data;
    l->end = page->data + page->bytes;
    if (page->encoding != PARQUET_DICTIONARY)
        return ERR_OK;
    e = read_dictionary(l, eb);
    return e ? e : parquet_pages_indices(&l->pages, &l->index, eb);
}

/* All bits in which one of n bytes differs from b. */
static uint8_t
differs_from(const uint8_t *byte, size_t n, uint8_t b)
{
    uint64_t all = 0, each = 0x0101010101010101 * (uint64_t)b, word;
    size_t i = 0;

    for (; i + sizeof word <= n; i += sizeof word) {
        memcpy(&word, byte + i, sizeof word);
        all |= word ^ each;
    }
    for (; i < n; i++)
        all |= byte[i] ^ b;
    for (unsigned shift = 32; shift >= 8; shift /= 2)
        all |= all >> shift;
    return (uint8_t)all;
}

/* All n levels are as they must be where nothing is missing. */
static enum err
check_levels(const struct parquet_lists *l, const uint8_t *def, size_t n,
             struct errbuf *eb)
{
    uint8_t max_def = (uint8_t)l->pages.column->max_def;
    uint8_t missing = differs_from(def, n, max_def), rep = differs_from(l->rep, n, 0);

    if (rep > 1)
        return parquet_pages_rle_fault(&l->pages, &l->pages.page.rep,
                                       "repetition levels", eb);
    if (missing)
        return row_fault(l,
                         "or one soon after it has no list, an empty one, or one "
                         "with a number missing",
                         eb);
    if (!l->is_begun && l->rep[0])
        return row_fault(l, "does not begin: the file is damaged, copy it again", eb);
    return ERR_OK;
}

/* Read the next levels, of the next page if need be. */
static enum err
next_slice(struct parquet_lists *l, struct errbuf *eb)
{
    struct parquet_page *page = &l->pages.page;
    uint8_t def[LISTS_SLICE];
    enum err e = ERR_OK;

    if (!l->page_left && ((e = next_page(l, eb)) || l->at_end))
        return e;
    size_t n = l->page_left < LISTS_SLICE ? l->page_left : LISTS_SLICE;

    if (!rle_bytes(&page->rep, l->rep, n))
        return parquet_pages_rle_fault(&l->pages, &page->rep, "repetition levels", eb);
    if (!rle_bytes(&page->def, def, n))
        return parquet_pages_rle_fault(&l->pages, &page->def, "definition levels", eb);
    l->page_left -= n;
    l->slice_n = n;
    l->slice_at = 0;
    return check_levels(l, def, n, eb);
}

/* Values from the current place of the slice to the next row or the end of the slice. */
static size_t
piece_length(const struct parquet_lists *l)
{
    const uint8_t *from = l->rep + l->slice_at + 1;
    size_t left = l->slice_n - l->slice_at - 1;
    const uint8_t *zero = memchr(from, 0, left);

    return 1 + (zero ? (size_t)(zero - from) : left);
}

/* --- public --- */

enum err
parquet_lists_open(struct parquet_lists *l, const struct parquet *f, size_t group,
                   size_t column, size_t G, struct errbuf *eb)
{
    const struct parquet_column *c = &f->column[column];
    uint64_t n = parquet_chunk(f, group, column)->n_values;

    parquet_pages_open(&l->pages, f, group, column);
    l->G = G;
    l->row = l->in_row = l->n_dict = l->page_left = l->slice_n = l->slice_at = 0;
    l->is_begun = l->at_end = false;
    if (!is_number_list(c))
        return parquet_pages_fault(&l->pages, eb, ERR_UNSUPPORTED,
                                   "is no list of FLOAT or DOUBLE numbers");
    if (n != (uint64_t)parquet_group_rows(f, group) * G)
        return parquet_pages_fault(
            &l->pages, eb, ERR_FORMAT,
            "has %llu numbers for %zu rows, which is not %zu (genes) in each",
            (unsigned long long)n, parquet_group_rows(f, group), G);
    return ERR_OK;
}

static enum err
finish(struct parquet_lists *l, struct parquet_rows *out, struct errbuf *eb)
{
    const struct parquet_pages *p = &l->pages;
    enum err e = l->is_begun ? end_row(l, out, eb) : ERR_OK;

    if (!e && l->row != parquet_group_rows(p->file, p->group))
        e = parquet_pages_fault(p, eb, ERR_FORMAT,
                                "%zu lists for %zu rows: the file is damaged, copy it "
                                "again",
                                l->row, parquet_group_rows(p->file, p->group));
    return e;
}

enum err
parquet_lists_next(struct parquet_lists *l, size_t most, struct parquet_rows *out,
                   struct errbuf *eb)
{
    enum err e = ERR_OK;

    out->n = out->n_values = 0;
    out->start = grow(out->start, &out->cap_start, 1, sizeof *out->start);
    out->start[0] = 0;
    while (!e && !l->at_end) {
        if (l->slice_at == l->slice_n) {
            e = next_slice(l, eb);
            if (!e && l->at_end)
                e = finish(l, out, eb);
            continue;
        }
        if (!l->rep[l->slice_at]) {
            if (l->is_begun && (e = end_row(l, out, eb)))
                break;
            if (out->n == most)
                break;
            l->is_begun = true;
            l->in_row = 0;
        }
        size_t n = piece_length(l);

        e = take_values(l, out, n, eb);
        l->slice_at += n;
    }
    return e;
}

void
parquet_lists_release(struct parquet_lists *l)
{
    parquet_pages_release(&l->pages);
    free(l->dict);
    *l = (struct parquet_lists){0};
}
