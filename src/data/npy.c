/* npy.c - header and values of .npy files. */
#include "data/npy.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"

enum {
    HEADER_MAX = 65536,     /* bytes; numpy writes 118 for a matrix */
    BLOCK_BYTES = 16 << 20, /* of values per read */
    DIMS_MAX = 32
};

/* --- values --- */

struct npy_dtype {
    char kind; /* as in descr */
    size_t width;
    float (*get)(uint64_t bits); /* bits: the value's bytes, the lowest first */
    double (*get_double)(uint64_t bits);
};

static float
get_unsigned(uint64_t x)
{
    return (float)x;
}

static float
get_i1(uint64_t x)
{
    return (float)(int8_t)x;
}

static float
get_i2(uint64_t x)
{
    return (float)(int16_t)x;
}

static float
get_i4(uint64_t x)
{
    return (float)(int32_t)x;
}

static float
get_i8(uint64_t x)
{
    return (float)(int64_t)x;
}

static float
get_f4(uint64_t x)
{
    uint32_t bits = (uint32_t)x;
    float out;

    memcpy(&out, &bits, sizeof out);
    return out;
}

static float
get_f8(uint64_t x)
{
    double out;

    memcpy(&out, &x, sizeof out);
    return (float)out;
}

static double
double_f4(uint64_t x)
{
    return (double)get_f4(x);
}

static double
double_f8(uint64_t x)
{
    double out;

    memcpy(&out, &x, sizeof out);
    return out;
}

static double
double_i1(uint64_t x)
{
    return (double)(int8_t)x;
}

static double
double_i2(uint64_t x)
{
    return (double)(int16_t)x;
}

static double
double_i4(uint64_t x)
{
    return (double)(int32_t)x;
}

static double
double_i8(uint64_t x)
{
    return (double)(int64_t)x;
}

static double
double_unsigned(uint64_t x)
{
    return (double)x;
}

static const struct npy_dtype dtypes[] = {
    {'f', 4, get_f4, double_f4},
    {'f', 8, get_f8, double_f8},
    {'i', 1, get_i1, double_i1},
    {'i', 2, get_i2, double_i2},
    {'i', 4, get_i4, double_i4},
    {'i', 8, get_i8, double_i8},
    {'u', 1, get_unsigned, double_unsigned},
    {'u', 2, get_unsigned, double_unsigned},
    {'u', 4, get_unsigned, double_unsigned},
    {'u', 8, get_unsigned, double_unsigned},
    {'b', 1, get_unsigned, double_unsigned},
};

static uint64_t
load_bits(const unsigned char *p, size_t width, bool is_big_endian)
{
    uint64_t x = 0;

    for (size_t i = 0; i < width; i++)
        x |= (uint64_t)p[is_big_endian ? width - 1 - i : i] << (8 * i);
    return x;
}

static uint64_t
bits_at(const struct npy *f, size_t i)
{
    size_t width = f->dtype->width;

    return load_bits(f->buffer + i * width, width, f->is_big_endian);
}

static float
value_at(const struct npy *f, size_t i)
{
    return f->dtype->get(bits_at(f, i));
}

/* --- the header: a Python dictionary --- */

struct header {
    const char *path;
    const char *at; /* next character; the text is terminated */
    char descr[64]; /* "" until seen */
    int is_fortran; /* -1 until seen */
    uint64_t dim[DIMS_MAX];
    size_t n_dims;
    bool has_shape;
};

static enum err
malformed(const struct header *h, const char *what, struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT,
                   "%s: %s in the .npy header, at \"%.20s\": write the file again with "
                   "numpy.save",
                   h->path, what, h->at);
}

static void
skip_space(struct header *h)
{
    while (isspace((unsigned char)*h->at))
        h->at++;
}

/* Skip spaces and the character c, if it is next. */
static bool
take(struct header *h, char c)
{
    skip_space(h);
    if (*h->at != c)
        return false;
    h->at++;
    return true;
}

static bool
take_word(struct header *h, const char *word)
{
    size_t n = strlen(word);

    skip_space(h);
    if (strncmp(h->at, word, n) != 0 || isalnum((unsigned char)h->at[n]))
        return false;
    h->at += n;
    return true;
}

/* A quoted text without escapes. */
static enum err
take_text(struct header *h, char *out, size_t size, struct errbuf *eb)
{
    skip_space(h);
    char quote = *h->at;
    const char *end = quote == '\'' || quote == '"' ? strchr(h->at + 1, quote) : NULL;

    if (!end || (size_t)(end - h->at) > size)
        return malformed(h, "no quoted text", eb);
    size_t n = (size_t)(end - h->at) - 1;

    memcpy(out, h->at + 1, n);
    out[n] = '\0';
    h->at = end + 1;
    return ERR_OK;
}

static enum err
take_number(struct header *h, uint64_t *out, struct errbuf *eb)
{
    char *end;

    skip_space(h);
    if (!isdigit((unsigned char)*h->at))
        return malformed(h, "no size", eb);
    errno = 0;
    *out = strtoull(h->at, &end, 10);
    if (errno)
        return malformed(h, "a size too large", eb);
    h->at = end + (*end == 'L'); /* Python 2 wrote 5000L */
    return ERR_OK;
}

/* (), (5,), (5, 7), (5, 7,) */
static enum err
take_shape(struct header *h, struct errbuf *eb)
{
    enum err e;

    if (!take(h, '('))
        return malformed(h, "shape is no tuple", eb);
    h->has_shape = true;
    while (!take(h, ')')) {
        if (h->n_dims == DIMS_MAX)
            return malformed(h, "too many dimensions", eb);
        if ((e = take_number(h, &h->dim[h->n_dims++], eb)))
            return e;
        if (!take(h, ',') && *h->at != ')')
            return malformed(h, "shape does not go on", eb);
    }
    return ERR_OK;
}

static enum err
take_descr(struct header *h, struct errbuf *eb)
{
    skip_space(h);
    if (*h->at == '[')
        return err_set(eb, ERR_UNSUPPORTED,
                       "%s: holds records (dtype %.40s), not numbers: save a plain "
                       "matrix of float32 or float64",
                       h->path, h->at);
    return take_text(h, h->descr, sizeof h->descr, eb);
}

static enum err
take_order(struct header *h, struct errbuf *eb)
{
    h->is_fortran = take_word(h, "True") ? 1 : take_word(h, "False") ? 0 : -1;
    return h->is_fortran < 0
               ? malformed(h, "fortran_order is neither True nor False", eb)
               : ERR_OK;
}

static enum err
take_item(struct header *h, struct errbuf *eb)
{
    char key[32];
    enum err e = take_text(h, key, sizeof key, eb);

    if (e)
        return e;
    if (!take(h, ':'))
        return malformed(h, "no ':' after a key", eb);
    if (strcmp(key, "descr") == 0 && !*h->descr)
        return take_descr(h, eb);
    if (strcmp(key, "fortran_order") == 0 && h->is_fortran < 0)
        return take_order(h, eb);
    if (strcmp(key, "shape") == 0 && !h->has_shape)
        return take_shape(h, eb);
    return malformed(h, "an unknown or repeated key", eb);
}

static enum err
take_dictionary(struct header *h, struct errbuf *eb)
{
    enum err e;

    if (!take(h, '{'))
        return malformed(h, "no dictionary", eb);
    while (!take(h, '}')) {
        if ((e = take_item(h, eb)))
            return e;
        if (!take(h, ',') && *h->at != '}')
            return malformed(h, "no ',' between keys", eb);
    }
    skip_space(h);
    if (*h->at)
        return malformed(h, "more text than the dictionary", eb);
    if (!*h->descr || h->is_fortran < 0 || !h->has_shape)
        return malformed(h, "descr, fortran_order or shape is missing", eb);
    return ERR_OK;
}

/* --- what the header means --- */

static enum err
set_dtype(struct npy *f, const struct header *h, struct errbuf *eb)
{
    const char *d = h->descr;
    bool has_order = *d && strchr("<>|=", *d);
    char kind = d[has_order], *end = NULL;

    if (kind == 'O')
        return err_set(eb, ERR_UNSUPPORTED,
                       "%s: holds Python objects (dtype %s), which are never read: "
                       "save it as numbers, astype('float32')",
                       f->path, d);
    size_t width = kind ? strtoul(d + has_order + 1, &end, 10) : 0;

    for (size_t i = 0; kind && !*end && i < sizeof dtypes / sizeof dtypes[0]; i++)
        if (dtypes[i].kind == kind && dtypes[i].width == width)
            f->dtype = &dtypes[i];
    if (!f->dtype || (width > 1 && (!has_order || *d == '|')))
        return err_set(eb, ERR_UNSUPPORTED,
                       "%s: dtype %s is not read; float32, float64 and integers are: "
                       "astype('float32')",
                       f->path, d);
    f->is_big_endian = *d == '>';
    return ERR_OK;
}

static enum err
set_shape(struct npy *f, struct header *h, size_t n_dims, uint64_t file_bytes,
          struct errbuf *eb)
{
    uint64_t n, bytes;

    if (h->n_dims != n_dims)
        return err_set(eb, ERR_FORMAT, "%s: has %zu dimension%s; %s", f->path,
                       h->n_dims, h->n_dims == 1 ? "" : "s",
                       n_dims == 2 ? "a matrix has 2 (rows x columns)"
                                   : "a list has 1");
    if (n_dims == 1)
        h->dim[1] = 1;
    if (__builtin_mul_overflow(h->dim[0], h->dim[1], &n) ||
        __builtin_mul_overflow(n, f->dtype->width, &bytes) ||
        bytes > UINT64_MAX - f->begin || f->begin + bytes != file_bytes)
        return err_set(eb, ERR_FORMAT,
                       "%s: %llu x %llu values of %zu bytes do not fill the %llu bytes "
                       "after its header: cut off or damaged, copy it again",
                       f->path, (unsigned long long)h->dim[0],
                       (unsigned long long)h->dim[1], f->dtype->width,
                       (unsigned long long)(file_bytes - f->begin));
    f->n_rows = (size_t)h->dim[0];
    f->n_cols = (size_t)h->dim[1];
    f->is_fortran = h->is_fortran;
    return ERR_OK;
}

/* --- the file --- */

static enum err
read_at(const struct npy *f, uint64_t at, void *out, size_t n, struct errbuf *eb)
{
    unsigned char *p = out;

    while (n) {
        ssize_t got = pread(f->fd, p, n, (off_t)at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(eb, "cannot read %s", f->path);
        if (got == 0)
            return err_set(eb, ERR_FORMAT, "%s: ends too early, after %llu bytes",
                           f->path, (unsigned long long)at);
        p += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return ERR_OK;
}

/* Versions differ in the width of the header's length; version 3's header is UTF-8. */
static enum err
read_length(struct npy *f, uint64_t file_bytes, size_t *n, struct errbuf *eb)
{
    unsigned char head[12] = {0};
    enum err e = read_at(f, 0, head, file_bytes < 12 ? (size_t)file_bytes : 12, eb);

    if (e)
        return e;
    if (file_bytes < 10 || memcmp(head, "\x93NUMPY", 6) != 0)
        return err_set(eb, ERR_FORMAT,
                       "%s: is no .npy file: write a matrix with numpy.save", f->path);
    if (head[6] < 1 || head[6] > 3 || head[7] != 0)
        return err_set(eb, ERR_UNSUPPORTED,
                       "%s: .npy version %d.%d; 1.0, 2.0 and 3.0 are read", f->path,
                       head[6], head[7]);
    *n = (size_t)load_bits(head + 8, head[6] == 1 ? 2 : 4, false);
    f->begin = (head[6] == 1 ? 10 : 12) + (uint64_t)*n;
    if (*n > HEADER_MAX || f->begin > file_bytes)
        return err_set(eb, ERR_FORMAT,
                       "%s: a .npy header of %zu bytes in a file of %llu: cut off or "
                       "damaged, copy it again",
                       f->path, *n, (unsigned long long)file_bytes);
    return ERR_OK;
}

static enum err
read_header(struct npy *f, size_t n_dims, uint64_t file_bytes, struct errbuf *eb)
{
    struct header h = {.path = f->path, .is_fortran = -1};
    size_t n = 0;
    enum err e = read_length(f, file_bytes, &n, eb);

    if (e)
        return e;
    char *text = xcalloc(n + 1, 1);

    h.at = text;
    e = read_at(f, f->begin - n, text, n, eb);
    if (!e && memchr(text, '\0', n))
        e = malformed(&h, "a byte of 0", eb);
    if (!e)
        e = take_dictionary(&h, eb);
    if (!e)
        e = set_dtype(f, &h, eb);
    if (!e)
        e = set_shape(f, &h, n_dims, file_bytes, eb);
    free(text);
    return e;
}

static enum err
open_of(struct npy *f, const char *path, size_t n_dims, struct errbuf *eb)
{
    struct stat st;
    enum err e;

    /* Not blocking: a pipe would wait for its writer. */
    *f = (struct npy){.path = xstrdup(path),
                      .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (f->fd < 0 || fstat(f->fd, &st) != 0)
        e = err_errno(eb, "cannot open %s", path);
    else if (!S_ISREG(st.st_mode))
        e = err_set(eb, ERR_FORMAT, "%s: is no regular file: name a .npy file", path);
    else
        e = read_header(f, n_dims, (uint64_t)st.st_size, eb);
    if (e)
        npy_close(f);
    return e;
}

enum err
npy_open(struct npy *f, const char *path, struct errbuf *eb)
{
    return open_of(f, path, 2, eb);
}

enum err
npy_open_list(struct npy *f, const char *path, struct errbuf *eb)
{
    return open_of(f, path, 1, eb);
}

void
npy_close(struct npy *f)
{
    if (f->path && f->fd >= 0)
        close(f->fd);
    free(f->path);
    free(f->buffer);
    *f = (struct npy){0};
}

size_t
npy_block_rows(const struct npy *f)
{
    size_t row_bytes = f->n_cols * f->dtype->width;
    size_t n = row_bytes ? BLOCK_BYTES / row_bytes : f->n_rows;

    return n < 1 ? 1 : n < f->n_rows ? n : f->n_rows;
}

static void
need_buffer(struct npy *f, size_t bytes)
{
    if (bytes <= f->buffer_bytes)
        return;
    f->buffer = xrealloc(f->buffer, bytes, 1);
    f->buffer_bytes = bytes;
}

static enum err
read_rows(struct npy *f, size_t from, size_t n, float *out, struct errbuf *eb)
{
    size_t row_bytes = f->n_cols * f->dtype->width;

    need_buffer(f, n * row_bytes);
    enum err e =
        read_at(f, f->begin + (uint64_t)from * row_bytes, f->buffer, n * row_bytes, eb);

    for (size_t i = 0; !e && i < n * f->n_cols; i++)
        out[i] = value_at(f, i);
    return e;
}

/* Columns lie together: a piece of each. */
static enum err
read_columns(struct npy *f, size_t from, size_t n, float *out, struct errbuf *eb)
{
    size_t width = f->dtype->width;
    enum err e = ERR_OK;

    need_buffer(f, n * width);
    for (size_t c = 0; !e && c < f->n_cols; c++) {
        uint64_t at = ((uint64_t)c * f->n_rows + from) * width;

        e = read_at(f, f->begin + at, f->buffer, n * width, eb);
        for (size_t r = 0; !e && r < n; r++)
            out[r * f->n_cols + c] = value_at(f, r);
    }
    return e;
}

enum err
npy_read(struct npy *f, size_t from, size_t n, float *out, struct errbuf *eb)
{
    assert(from <= f->n_rows && n <= f->n_rows - from);
    return f->is_fortran ? read_columns(f, from, n, out, eb)
                         : read_rows(f, from, n, out, eb);
}

enum err
npy_read_doubles(struct npy *f, size_t from, size_t n, double *out, struct errbuf *eb)
{
    size_t width = f->dtype->width, n_pieces = f->is_fortran ? f->n_cols : n;
    size_t per_piece = f->is_fortran ? n : f->n_cols;
    enum err e = ERR_OK;

    assert(from <= f->n_rows && n <= f->n_rows - from);
    need_buffer(f, per_piece * width);
    for (size_t p = 0; p < n_pieces && !e; p++) {
        uint64_t first = f->is_fortran ? (uint64_t)p * f->n_rows + from
                                       : (uint64_t)(from + p) * f->n_cols;

        e = read_at(f, f->begin + first * width, f->buffer, per_piece * width, eb);
        for (size_t k = 0; k < per_piece && !e; k++)
            out[f->is_fortran ? k * f->n_cols + p : p * f->n_cols + k] =
                f->dtype->get_double(bits_at(f, k));
    }
    return e;
}
