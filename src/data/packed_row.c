/* packed_row.c - one row of a packed store: to bytes and back.
 *
 * Bytes of a row: bitmap (H / 8) | widths of the gaps | widths of the codes | gaps |
 * codes | dictionary, or floats in place of codes and dictionary.  A block of 64 has its
 * width in a byte; its values lie in groups of 8, each of as many bytes as a value has
 * bits; gaps of more than 8 bits are two such runs, of the low 8 bits and of the rest. */
#include "data/packed_row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/packed_paths.h"

enum { WIDTH_GAP = 16, WIDTH_CODE = 8, ESCAPE = 255, FIRST_COUNTS = 4 };

static const double TARGET_SUM = 1e4, LOG_ERROR = 0x1p-48;

void
packed_coder_init(struct packed_coder *c, const struct packed_shape *shape)
{
    size_t G = shape->G;

    *c = (struct packed_coder){.shape = *shape, .paths = packed_paths_best()};
    c->has = xcalloc(G / 64 + 1, sizeof *c->has);
    c->at = xcalloc(G + 1, sizeof *c->at);
    c->place = xcalloc(G + PACKED_SLACK, sizeof *c->place);
    c->value = xcalloc(G + 1, sizeof *c->value);
    c->code = xcalloc(G + PACKED_SLACK, sizeof *c->code);
}

void
packed_coder_release(struct packed_coder *c)
{
    free(c->has);
    free(c->at);
    free(c->place);
    free(c->value);
    free(c->code);
    *c = (struct packed_coder){0};
}

static size_t
blocks_of(size_t n)
{
    return (n + PACKED_BLOCK - 1) / PACKED_BLOCK;
}

size_t
packed_row_most(const struct packed_shape *shape)
{
    size_t blocks = blocks_of(shape->G);

    return shape->H / 8 + blocks * (2 + 2 * PACKED_BLOCK) + shape->G * sizeof(float) +
           CODES_MAX * (sizeof(uint32_t) + 1) + 8;
}

/* --- values --- */

/* What a count of the row stands for before it is rounded to float32. */
static double
wide_value(enum packed_form form, uint32_t count, uint64_t total)
{
    float c = (float)count, t = (float)total, ten = (float)TARGET_SUM;

    switch (form) {
    case PACKED_LOG1P: return log1p((double)c * (TARGET_SUM / (double)total));
    case PACKED_LOG1P_F: return log1p((double)(float)(c * (float)(ten / t)));
    case PACKED_LOG1P_D: return log1p((double)(float)(c / (float)(t / ten)));
    case PACKED_LOG1P_R: return log1p((double)(float)(c * (1.0f / (float)(t / ten))));
    case PACKED_FLOATS:
    case PACKED_VALUES:
    case PACKED_COUNTS:
    case PACKED_FORMS: break;
    }
    return (double)c;
}

float
packed_value(enum packed_form form, uint32_t count, uint64_t total)
{
    return (float)wide_value(form, count, total);
}

/* The logarithm of the count is that value, whoever computes it: also where log1p is off
 * by LOG_ERROR. */
static bool
is_surely(enum packed_form form, uint32_t count, uint64_t total, float value)
{
    double wide = wide_value(form, count, total);

    return (float)(wide * (1 - LOG_ERROR)) == value &&
           (float)(wide * (1 + LOG_ERROR)) == value;
}

static bool
are_counts(const float *value, size_t n, uint32_t *count)
{
    for (size_t i = 0; i < n; i++) {
        if (!(value[i] >= 1 && value[i] < 0x1p32f) || value[i] != truncf(value[i]))
            return false;
        count[i] = (uint32_t)value[i];
    }
    return true;
}

/* The counts of which the values are the logarithms in this form, if `first` is that of
 * the smallest value. */
static bool
fits(enum packed_form form, const float *value, size_t n, uint32_t first,
     uint32_t *count, uint64_t *total)
{
    double sum = TARGET_SUM * (double)first / expm1((double)value[0]);

    if (!(sum >= 0.5 && sum < 0x1p48))
        return false;
    *total = (uint64_t)llround(sum);
    if (!*total)
        return false;
    for (size_t i = 0; i < n; i++) {
        double c = expm1((double)value[i]) * (double)*total / TARGET_SUM;

        if (!(c >= 0.5 && c < 0x1p32 - 1))
            return false;
        count[i] = (uint32_t)llround(c);
        if (!is_surely(form, count[i], *total, value[i]))
            return false;
    }
    return true;
}

/* The first form that fits, whatever other rows had: which thread codes a row must not
 * show in the file. */
static bool
are_logarithms(const float *value, size_t n, uint32_t *count, struct packed_row *r)
{
    if (!(value[0] > 0))
        return false;
    for (uint32_t first = 1; first <= FIRST_COUNTS; first++)
        for (enum packed_form form = PACKED_LOG1P; form < PACKED_FORMS; form++)
            if (fits(form, value, n, first, count, &r->total)) {
                r->form = (uint8_t)form;
                return true;
            }
    return false;
}

/* --- genes --- */

/* Codes, or values where there are none, in the order of the file; the bits of the row
 * stay in c->has. */
static void
put_in_order(struct packed_coder *c, const struct csr_piece *row, const uint8_t *code,
             const uint16_t *place_of)
{
    uint8_t *code_at = (uint8_t *)c->at;

    for (size_t k = 0; k < row->n; k++) {
        size_t p = place_of[row->index[k]];

        c->has[p / 64] |= (uint64_t)1 << p % 64;
        if (code)
            code_at[p] = code[k];
        else
            c->at[p] = row->word[k];
    }
    c->paths->bits((const uint8_t *)c->has, c->shape.G / 64 + 1, c->place);
    for (size_t k = 0; k < row->n; k++)
        if (code)
            c->code[k] = code_at[c->place[k]];
        else
            c->value[k] = c->at[c->place[k]];
}

/* --- bits --- */

static unsigned
bits_of(uint64_t x)
{
    return x ? 64 - (unsigned)__builtin_clzll(x) : 0;
}

/* Groups of 8 values of w <= 8 bits; v has whole groups, with 0 behind n.  Up to 8 bytes
 * are written behind the end. */
static uint8_t *
put_groups(uint8_t *out, const uint8_t *v, size_t n, unsigned w)
{
    const uint64_t odd = 0xff00ff00ff00ff00, odd2 = 0xffff0000ffff0000;

    for (size_t g = 0; 8 * g < n && w; g++, out += w) {
        uint64_t x;

        /* Neighbours move together, then pairs, then fours. */
        memcpy(&x, v + 8 * g, sizeof x);
        x = (x & ~odd) | (x & odd) >> (8 - w);
        x = (x & ~odd2) | (x & odd2) >> 2 * (8 - w);
        x = (x & UINT32_MAX) | x >> 32 << 4 * w;
        memcpy(out, &x, sizeof x);
    }
    return out;
}

/* n <= PACKED_BLOCK values, of 8 bits each where high is NULL. */
static uint8_t *
put_block(uint8_t *out, uint8_t *width, const uint8_t *low, const uint8_t *high,
          size_t n)
{
    uint64_t all = 0, more = 0, x;

    for (size_t g = 0; 8 * g < n; g++) {
        memcpy(&x, low + 8 * g, sizeof x);
        all |= x;
        if (high)
            memcpy(&x, high + 8 * g, sizeof x);
        more |= high ? x : 0;
    }
    for (unsigned shift = 32; shift >= 8; shift /= 2) {
        all |= all >> shift;
        more |= more >> shift;
    }
    unsigned w_high = bits_of(more & 0xff), w = w_high ? 8 : bits_of(all & 0xff);

    *width = (uint8_t)(w + w_high);
    out = put_groups(out, low, n, w);
    return w_high ? put_groups(out, high, n, w_high) : out;
}

/* n values in blocks; their widths go to width. */
static uint8_t *
put_gaps(uint8_t *out, uint8_t *width, const uint16_t *v, size_t n)
{
    for (size_t at = 0; at < n; at += PACKED_BLOCK) {
        size_t m = n - at < PACKED_BLOCK ? n - at : PACKED_BLOCK;
        uint8_t low[PACKED_BLOCK] = {0}, high[PACKED_BLOCK] = {0};

        for (size_t k = 0; k < m; k++) {
            low[k] = (uint8_t)v[at + k];
            high[k] = (uint8_t)(v[at + k] >> 8);
        }
        out = put_block(out, width++, low, high, m);
    }
    return out;
}

/* The same of n codes, behind which there is room for PACKED_SLACK more. */
static uint8_t *
put_codes(uint8_t *out, uint8_t *width, uint8_t *code, size_t n)
{
    memset(code + n, 0, PACKED_SLACK);
    for (size_t at = 0; at < n; at += PACKED_BLOCK)
        out = put_block(out, width++, code + at, NULL,
                        n - at < PACKED_BLOCK ? n - at : PACKED_BLOCK);
    return out;
}

static uint8_t *
put_counts(uint8_t *out, const uint32_t *count, size_t n)
{
    uint32_t last = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t more = count[i] - last - 1;

        last = count[i];
        *out++ = (uint8_t)(more < ESCAPE ? more : ESCAPE);
        if (more >= ESCAPE) {
            memcpy(out, &more, sizeof more);
            out += sizeof more;
        }
    }
    return out;
}

/* The bitmap of the first H places; returns how many values it has.  No bit stays. */
static size_t
put_bitmap(struct packed_coder *c, uint8_t *out)
{
    size_t H = c->shape.H, n = c->paths->count((const uint8_t *)c->has, H / 64);

    memcpy(out, c->has, H / 8);
    memset(c->has, 0, (c->shape.G / 64 + 1) * sizeof *c->has);
    return n;
}

/* All of a row but its values: returns where these begin; *width_code: where the widths
 * of n_codes codes are to go. */
static uint8_t *
put_places(struct packed_coder *c, size_t n, size_t n_codes, uint8_t *out,
           uint8_t **width_code)
{
    size_t H = c->shape.H, n_high = put_bitmap(c, out);
    size_t n_low = n - n_high;
    uint8_t *width = out + H / 8;

    *width_code = width + blocks_of(n_low);
    for (size_t k = n; k-- > n_high;) /* gaps, from the last on */
        c->place[k] = (uint16_t)(c->place[k] - 1 -
                                 (k > n_high ? c->place[k - 1] : (uint16_t)(H - 1)));
    return put_gaps(*width_code + blocks_of(n_codes), width, c->place + n_high, n_low);
}

static uint8_t *
put_dictionary(struct packed_row *r, const float *value, size_t d, uint8_t *out)
{
    uint32_t count[CODES_MAX];

    r->d_less = (uint8_t)(d - 1);
    r->total = 0;
    r->form = PACKED_COUNTS;
    if (are_counts(value, d, count) || are_logarithms(value, d, count, r))
        return put_counts(out, count, d);
    r->total = 0;
    r->form = PACKED_VALUES;
    memcpy(out, value, d * sizeof *value);
    return out + d * sizeof *value;
}

static uint64_t
sum_of(const uint8_t *code, const float *value, size_t n)
{
    uint64_t sum = 0;

    for (size_t k = 0; k < n; k++)
        sum += (uint64_t)value[code[k]];
    return sum;
}

size_t
packed_row_encode(struct packed_coder *c, const struct csr_piece *row,
                  const uint16_t *place_of, struct packed_row *r, uint8_t *out)
{
    const float *value = row->word;
    const uint8_t *code = (const uint8_t *)(row->word + row->n_dict);
    size_t n = row->n, d = row->n_dict;
    uint8_t *width, *to;

    *r = (struct packed_row){.n = (uint16_t)n, .form = PACKED_FLOATS};
    if (n && !d && row_code(&c->values, row->word, n, c->code)) {
        value = c->values.value;
        d = c->values.n;
        memcpy(c->value, c->code, n);
        code = (const uint8_t *)c->value;
    }
    put_in_order(c, row, d ? code : NULL, place_of);
    to = put_places(c, n, d ? n : 0, out, &width);
    if (!d) {
        if (n)
            memcpy(to, c->value, n * sizeof *c->value);
        return (size_t)(to - out) + n * sizeof *c->value;
    }
    to = put_codes(to, width, c->code, n);
    to = put_dictionary(r, value, d, to);
    if (r->form == PACKED_COUNTS)
        r->total = sum_of(c->code, value, n);
    return (size_t)(to - out);
}

/* --- from bytes --- */

/* Bytes of n values of these widths; SIZE_MAX if one is more than `most`. */
static size_t
bytes_of(const uint8_t *width, size_t n, unsigned most)
{
    size_t bytes = 0, last = n % PACKED_BLOCK;
    unsigned w = 0;

    for (size_t b = 0; b < n / PACKED_BLOCK; b++) {
        bytes += width[b];
        w = width[b] > w ? width[b] : w;
    }
    bytes *= PACKED_BLOCK / 8;
    if (last) {
        w = width[n / PACKED_BLOCK] > w ? width[n / PACKED_BLOCK] : w;
        bytes += (last + 7) / 8 * width[n / PACKED_BLOCK];
    }
    return w <= most ? bytes : SIZE_MAX;
}

static bool
get_counts(const uint8_t *in, size_t size, uint32_t *count, size_t d)
{
    const uint8_t *end = in + size;
    uint64_t last = 0;

    for (size_t i = 0; i < d; i++) {
        if (in >= end)
            return false;
        uint32_t more = *in++;

        if (more == ESCAPE) {
            if ((size_t)(end - in) < sizeof more)
                return false;
            memcpy(&more, in, sizeof more);
            in += sizeof more;
        }
        last += (uint64_t)more + 1;
        if (last > UINT32_MAX)
            return false;
        count[i] = (uint32_t)last;
    }
    return in == end;
}

static bool
get_dictionary(const struct packed_row *r, const uint8_t *in, size_t size, bool scale,
               float *dict)
{
    enum packed_form form = (enum packed_form)r->form;
    size_t d = packed_row_dict(r);
    uint32_t count[CODES_MAX];

    if (form == PACKED_VALUES) {
        memcpy(dict, in, size < d * sizeof *dict ? size : d * sizeof *dict);
        return size == d * sizeof *dict;
    }
    if (!get_counts(in, size, count, d) || !r->total)
        return false;
    if (form == PACKED_COUNTS && scale)
        form = PACKED_LOG1P;
    for (size_t i = 0; i < d; i++)
        dict[i] = packed_value(form, count[i], r->total);
    return true;
}

bool
packed_row_decode(const struct packed_paths *p, const struct packed_shape *shape,
                  const struct packed_row *r, const uint8_t *in, size_t size,
                  bool scale, uint16_t *place, uint8_t *code, float *dict)
{
    const uint8_t *end = in + size, *width = in + shape->H / 8;
    size_t n = r->n, d = packed_row_dict(r);

    if (r->form >= PACKED_FORMS || n > shape->G || (d && !n) || size < shape->H / 8)
        return false;
    size_t n_high = p->count(in, shape->H / 64);
    size_t n_low = n - n_high, n_gaps = blocks_of(n_low);

    if (n_high > n || (size_t)(end - width) < n_gaps + (d ? blocks_of(n) : 0))
        return false;
    const uint8_t *width_code = width + n_gaps;
    const uint8_t *gap = width_code + (d ? blocks_of(n) : 0);
    size_t gap_bytes = bytes_of(width, n_low, WIDTH_GAP);
    size_t code_bytes = d ? bytes_of(width_code, n, WIDTH_CODE) : n * sizeof *dict;

    if (gap_bytes > (size_t)(end - gap) || code_bytes > (size_t)(end - gap) - gap_bytes)
        return false;
    const uint8_t *rest = gap + gap_bytes;

    p->bits(in, shape->H / 64, place);
    if (n_low &&
        p->gaps(width, gap, n_low, (uint64_t)shape->H - 1, place + n_high) >= shape->G)
        return false;
    if (!d) {
        memcpy(dict, rest, code_bytes);
        return rest + code_bytes == end;
    }
    return p->codes(width_code, rest, n, code) < d &&
           get_dictionary(r, rest + code_bytes, size - (size_t)(rest + code_bytes - in),
                          scale, dict);
}
