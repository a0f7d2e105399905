/* h5texts.c - the values of a dataset as text, whatever their type. */
#include "data/h5texts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "data/h5lib.h"

enum { SLAB = 65536, NUMBER_TEXT = 40 };

/* --- numbers as text --- */

/* Shortest text that reads back as the same number of that many bytes; false for
 * NaN, which stands for a missing value. */
static bool
float_text(char out[NUMBER_TEXT], double x, size_t width)
{
    if (isnan(x))
        return false;
    if (x == floor(x) && fabs(x) < 1e15) {
        snprintf(out, NUMBER_TEXT, "%.0f", x == 0 ? 0.0 : x);
        return true;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, NUMBER_TEXT, "%.*g", digits, x);
        double back = strtod(out, NULL);

        if (width < 8 ? (float)back == (float)x : back == x)
            break;
    }
    return true;
}

void
h5_emit_floats(const double *x, size_t n, size_t width, size_t at, h5_cell_fn fn,
               void *ctx)
{
    for (size_t i = 0; i < n; i++) {
        char text[NUMBER_TEXT];

        fn(ctx, at + i, float_text(text, x[i], width) ? text : NULL);
    }
}

void
h5_emit_ints(const int64_t *x, size_t n, bool is_bool, size_t at, h5_cell_fn fn,
             void *ctx)
{
    for (size_t i = 0; i < n; i++) {
        char text[NUMBER_TEXT];

        snprintf(text, sizeof text, "%lld", (long long)x[i]);
        fn(ctx, at + i, !is_bool ? text : x[i] ? "True" : "False");
    }
}

void
h5_emit_uints(const uint64_t *x, size_t n, size_t at, h5_cell_fn fn, void *ctx)
{
    for (size_t i = 0; i < n; i++) {
        char text[NUMBER_TEXT];

        snprintf(text, sizeof text, "%llu", (unsigned long long)x[i]);
        fn(ctx, at + i, text);
    }
}

/* --- values of a dataset --- */

struct numbers { /* a slab of one of the three kinds */
    double *real;
    int64_t *whole;
    uint64_t *natural;
};

static enum err
emit_slab(hid_t dset, const char *what, size_t at, size_t n, enum h5_class class,
          bool is_unsigned, size_t width, const struct numbers *x, h5_cell_fn fn,
          void *ctx, struct errbuf *eb)
{
    enum err e;

    if (class == H5_FLOAT) {
        if (!(e = h5_read_doubles(dset, what, at, n, x->real, eb)))
            h5_emit_floats(x->real, n, width, at, fn, ctx);
    } else if (is_unsigned) {
        if (!(e = h5_read_uints(dset, what, at, n, x->natural, eb)))
            h5_emit_uints(x->natural, n, at, fn, ctx);
    } else if (!(e = h5_read_ints(dset, what, at, n, x->whole, eb))) {
        h5_emit_ints(x->whole, n, class == H5_BOOL, at, fn, ctx);
    }
    return e;
}

static enum err
number_texts(hid_t dset, const char *what, size_t n, enum h5_class class, h5_cell_fn fn,
             void *ctx, struct errbuf *eb)
{
    hid_t type = H5Dget_type(dset);
    size_t width = H5Tget_size(type), slab = n < SLAB ? n : SLAB;
    struct numbers x = {xcalloc(slab, sizeof *x.real), xcalloc(slab, sizeof *x.whole),
                        xcalloc(slab, sizeof *x.natural)};
    bool is_unsigned = h5_is_unsigned(type);
    enum err e = ERR_OK;

    for (size_t at = 0; !e && at < n; at += slab) {
        size_t got = n - at < slab ? n - at : slab;

        e = emit_slab(dset, what, at, got, class, is_unsigned, width, &x, fn, ctx, eb);
    }
    free(x.natural);
    free(x.whole);
    free(x.real);
    h5_close(type);
    return e;
}

/* The text of each element of a dataset of any type; *n = how many. */
enum err
h5_dataset_texts(hid_t loc, const char *path, const char *what, h5_cell_fn fn,
                 void *ctx, size_t *n, struct errbuf *eb)
{
    hid_t dset = -1;
    enum err e = h5_dataset_open(&dset, loc, path, eb);

    if (e)
        return err_wrap(eb, e, "%s", what);
    enum h5_class class = h5_class_of(dset);

    e = h5_length(n, dset, what, eb);
    if (!e && *n && class == H5_TEXT)
        e = h5_read_texts(dset, what, fn, ctx, eb);
    else if (!e && *n && class != H5_OTHER)
        e = number_texts(dset, what, *n, class, fn, ctx, eb);
    else if (!e && *n)
        e = err_set(eb, ERR_UNSUPPORTED, "%s holds neither text nor numbers", what);
    h5_close(dset);
    return e;
}

/* All integers of a dataset; caller frees *out. */
enum err
h5_dataset_ints(hid_t loc, const char *path, const char *what, int64_t **out, size_t *n,
                struct errbuf *eb)
{
    hid_t dset = -1;
    enum err e = h5_dataset_open(&dset, loc, path, eb);

    *out = NULL;
    if (e)
        return err_wrap(eb, e, "%s", what);
    e = h5_length(n, dset, what, eb);
    if (!e)
        e = big_calloc(out, *n, sizeof **out, what, eb);
    if (!e)
        e = h5_read_ints(dset, what, 0, *n, *out, eb);
    h5_close(dset);
    if (e) {
        free(*out);
        *out = NULL;
    }
    return e;
}
