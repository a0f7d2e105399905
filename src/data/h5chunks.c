/* h5chunks.c - chunks of numbers unpacked by several threads.
 *
 * A job is one chunk: its bytes as they are stored, read by the owner, and what a
 * thread needs to unpack them and to convert the numbers that are asked for. */
#include "data/h5chunks.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif
#include <libdeflate.h>

#include "base/xalloc.h"
#include "data/h5filter.h"
#include "data/h5lib.h"

enum {
    CHUNK_LEAST = 1024,     /* numbers: below, looking chunks up takes the time */
    CHUNK_MOST = 16 << 20,  /* bytes of a chunk */
    PACKED_SPARE = 1 << 16, /* bytes that packing may have added to one */
    HEADER_SPARE = 64
};

/* --- what is understood --- */

static bool
understand_type(struct h5chunks *c, hid_t type)
{
    static const size_t sizes[] = {1, 2, 4, 8};
    H5T_class_t class = H5Tget_class(type);
    hid_t native = class == H5T_INTEGER || class == H5T_FLOAT
                       ? H5Tget_native_type(type, H5T_DIR_ASCEND)
                       : -1;
    bool same = native >= 0 && H5Tequal(type, native) > 0, known = false;

    h5_close(native);
    c->size = H5Tget_size(type);
    c->kind = class == H5T_FLOAT ? 'f' : h5_is_unsigned(type) ? 'u' : 'i';
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        known |= c->size == sizes[i];
    if (c->kind == 'f')
        known = c->size == sizeof(float) || c->size == sizeof(double);
    return same && known;
}

static bool
is_packer(int filter)
{
    return filter == H5Z_FILTER_DEFLATE || filter == H5FILTER_LZF ||
           filter == H5FILTER_ZSTD;
}

/* Shuffled or not, then packed by one of those that are known. */
static bool
understand_filters(struct h5chunks *c, hid_t dcpl)
{
    int n = H5Pget_nfilters(dcpl);

    if (n < 1 || n > CHUNK_FILTERS)
        return false;
    for (int i = 0; i < n; i++) {
        unsigned flags, config;
        size_t n_cd = 0;

        c->filter[i] =
            H5Pget_filter2(dcpl, (unsigned)i, &flags, &n_cd, NULL, 0, NULL, &config);
    }
    c->n_filters = n;
    return is_packer(c->filter[n - 1]) &&
           (n == 1 || c->filter[0] == H5Z_FILTER_SHUFFLE);
}

static bool
understand_layout(struct h5chunks *c, hid_t dcpl)
{
    hsize_t dim[1], chunk[1];
    unsigned opts = 0;

    if (H5Pget_layout(dcpl) != H5D_CHUNKED || H5Pget_chunk(dcpl, 1, chunk) != 1 ||
        h5_dims(c->dset, dim, 1) != 1)
        return false;
    c->n = (size_t)dim[0];
    c->per_chunk = (size_t)chunk[0];
    return H5Pget_chunk_opts(dcpl, &opts) >= 0 && !opts && chunk[0] >= CHUNK_LEAST &&
           chunk[0] <= CHUNK_MOST / c->size;
}

bool
h5chunks_init(struct h5chunks *c, hid_t dset)
{
    *c = (struct h5chunks){.dset = dset, .kept_chunk = SIZE_MAX};
    hid_t type = H5Dget_type(dset), dcpl = H5Dget_create_plist(dset);
    bool yes = type >= 0 && dcpl >= 0 && understand_type(c, type) &&
               understand_filters(c, dcpl) && understand_layout(c, dcpl);

    h5_close(type);
    h5_close(dcpl);
    if (!yes) {
        *c = (struct h5chunks){.dset = -1};
        return false;
    }
    c->kept = xmalloc(c->per_chunk, c->size);
    c->next_kept = xmalloc(c->per_chunk, c->size);
    return true;
}

/* --- unpacking --- */

#if defined(__x86_64__)
/* The first numbers of 4 bytes, 16 at a time; returns how many. */
static size_t
unshuffle_sixteens(const unsigned char *in, size_t n, unsigned char *out)
{
    size_t i = 0;

    for (; i + 16 <= n; i += 16) {
        __m128i a = _mm_loadu_si128((const void *)(in + i));
        __m128i b = _mm_loadu_si128((const void *)(in + n + i));
        __m128i c = _mm_loadu_si128((const void *)(in + 2 * n + i));
        __m128i d = _mm_loadu_si128((const void *)(in + 3 * n + i));
        __m128i ab = _mm_unpacklo_epi8(a, b), AB = _mm_unpackhi_epi8(a, b);
        __m128i cd = _mm_unpacklo_epi8(c, d), CD = _mm_unpackhi_epi8(c, d);
        __m128i *to = (void *)(out + 4 * i);

        _mm_storeu_si128(to, _mm_unpacklo_epi16(ab, cd));
        _mm_storeu_si128(to + 1, _mm_unpackhi_epi16(ab, cd));
        _mm_storeu_si128(to + 2, _mm_unpacklo_epi16(AB, CD));
        _mm_storeu_si128(to + 3, _mm_unpackhi_epi16(AB, CD));
    }
    return i;
}
#else
static size_t
unshuffle_sixteens(const unsigned char *in, size_t n, unsigned char *out)
{
    (void)in;
    (void)n;
    (void)out;
    return 0;
}
#endif

static void
unshuffle_words(const unsigned char *in, size_t n, unsigned char *out)
{
    const unsigned char *b = in + n, *c = b + n, *d = c + n;

    for (size_t i = unshuffle_sixteens(in, n, out); i < n; i++) {
        out[4 * i] = in[i];
        out[4 * i + 1] = b[i];
        out[4 * i + 2] = c[i];
        out[4 * i + 3] = d[i];
    }
}

/* out (n numbers of size bytes): the first bytes of all come first, then the second. */
static void
unshuffle(const unsigned char *in, size_t n, size_t size, unsigned char *out)
{
    if (size == sizeof(uint32_t)) {
        unshuffle_words(in, n, out);
        return;
    }
    for (size_t k = 0; k < size; k++)
        for (size_t i = 0; i < n; i++)
            out[i * size + k] = in[k * n + i];
}

/* Filter gzip writes zlib's format.  libdeflate wants both sizes, which are known here,
 * and takes less than half of zlib's time. */
static bool
inflate_chunk(const unsigned char *in, size_t n, unsigned char *out, size_t bytes)
{
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    bool ok = d && libdeflate_zlib_decompress(d, in, n, out, bytes, NULL) ==
                       LIBDEFLATE_SUCCESS;

    libdeflate_free_decompressor(d);
    return ok;
}

static bool
unpack(int filter, const unsigned char *in, size_t n, unsigned char *out, size_t bytes)
{
    if (filter != H5Z_FILTER_DEFLATE)
        return h5filter_unpack(filter, in, n, out, bytes);
    return inflate_chunk(in, n, out, bytes);
}

struct job {
    const struct h5chunks_part *part;
    size_t chunk;
    unsigned char *raw; /* owned; NULL: the chunk is the one that was kept */
    size_t n_raw;
    uint32_t skipped;   /* bit i: filter i was not applied */
    unsigned char *out; /* (chunk) place of the numbers if they are to be kept */
};

struct reading {
    struct job *job;
    size_t from, n;
    const struct h5chunks *first; /* has the scratch memory */
    atomic_bool failed;
};

/* The numbers of a job's chunk, or NULL. */
static const unsigned char *
unpack_job(const struct job *j, unsigned char *a, unsigned char *b)
{
    const struct h5chunks *c = j->part->c;
    size_t bytes = c->per_chunk * c->size, n = j->n_raw;
    const unsigned char *x = j->raw;

    if (!x)
        return c->kept;
    for (int i = c->n_filters; i-- > 0;) {
        unsigned char *to = i == 0 && j->out ? j->out : i == 0 ? a : b;

        if (j->skipped >> i & 1)
            continue;
        if (c->filter[i] != H5Z_FILTER_SHUFFLE) {
            if (!unpack(c->filter[i], x, n, to, bytes))
                return NULL;
        } else if (n == bytes) {
            unshuffle(x, c->per_chunk, c->size, to);
        } else {
            return NULL;
        }
        x = to;
        n = bytes;
    }
    if (n != bytes)
        return NULL;
    if (j->out && x != j->out)
        memcpy(j->out, x, bytes);
    return x;
}

/* --- converting --- */

/* to[i] = number i at `from`, which is stored as `stored`. */
#define CONVERT(stored, wanted)                                                        \
    for (size_t i = 0; i < n; i++) {                                                   \
        stored x;                                                                      \
                                                                                       \
        memcpy(&x, from + i * sizeof x, sizeof x);                                     \
        to[i] = (wanted)x;                                                             \
    }                                                                                  \
    return

static void
to_ints(const struct h5chunks *c, const unsigned char *from, size_t n, int64_t *to)
{
    bool has_sign = c->kind == 'i';

    switch (c->size) {
    case 1:
        if (has_sign) {
            CONVERT(int8_t, int64_t);
        }
        CONVERT(uint8_t, int64_t);
    case 2:
        if (has_sign) {
            CONVERT(int16_t, int64_t);
        }
        CONVERT(uint16_t, int64_t);
    case 4:
        if (has_sign) {
            CONVERT(int32_t, int64_t);
        }
        CONVERT(uint32_t, int64_t);
    default: CONVERT(int64_t, int64_t);
    }
}

/* Numbers of 4 bytes, of either sign: those below 0 are above INT32_MAX without it. */
static void
words_to_small(bool has_sign, const unsigned char *from, size_t n, uint32_t *to)
{
    uint32_t least = has_sign ? (uint32_t)INT32_MAX + 1 : UINT32_MAX;

    memcpy(to, from, n * sizeof *to);
    for (size_t i = 0; i < n; i++)
        to[i] = to[i] < least ? to[i] : UINT32_MAX;
}

static void
to_small(const struct h5chunks *c, const unsigned char *from, size_t n, uint32_t *to)
{
    int64_t wide[256];

    if (c->size == sizeof *to) {
        words_to_small(c->kind == 'i', from, n, to);
        return;
    }
    while (n > 0) {
        size_t k = n < sizeof wide / sizeof *wide ? n : sizeof wide / sizeof *wide;

        to_ints(c, from, k, wide);
        for (size_t i = 0; i < k; i++)
            to[i] =
                wide[i] >= 0 && wide[i] < UINT32_MAX ? (uint32_t)wide[i] : UINT32_MAX;
        from += k * c->size;
        to += k;
        n -= k;
    }
}

static void
to_floats(const struct h5chunks *c, const unsigned char *from, size_t n, float *to)
{
    bool has_sign = c->kind == 'i';

    if (c->kind == 'f' && c->size == sizeof(float)) {
        memcpy(to, from, n * sizeof *to);
        return;
    }
    if (c->kind == 'f') {
        CONVERT(double, float);
    }
    switch (c->size) {
    case 1:
        if (has_sign) {
            CONVERT(int8_t, float);
        }
        CONVERT(uint8_t, float);
    case 2:
        if (has_sign) {
            CONVERT(int16_t, float);
        }
        CONVERT(uint16_t, float);
    case 4:
        if (has_sign) {
            CONVERT(int32_t, float);
        }
        CONVERT(uint32_t, float);
    default:
        if (has_sign) {
            CONVERT(int64_t, float);
        }
        CONVERT(uint64_t, float);
    }
}

/* What the stored numbers can be converted to without a rule of libhdf5's. */
static bool
converts(const struct h5chunks_part *p)
{
    return p->floats || p->c->kind == 'i' || (p->c->kind == 'u' && p->c->size < 8);
}

static void
convert_job(const struct reading *r, const struct job *j, const unsigned char *x)
{
    const struct h5chunks *c = j->part->c;
    size_t begin = j->chunk * c->per_chunk, end = begin + c->per_chunk;
    size_t from = begin > r->from ? begin : r->from;
    size_t to = end < r->from + r->n ? end : r->from + r->n;

    x += (from - begin) * c->size;
    if (j->part->ints)
        to_ints(c, x, to - from, j->part->ints + (from - r->from));
    else if (j->part->small)
        to_small(c, x, to - from, j->part->small + (from - r->from));
    else {
        to_floats(c, x, to - from, j->part->floats + (from - r->from));
        rounded_count(j->part->rounded, (struct rounded_type){c->size, c->kind}, x,
                      to - from);
    }
}

static void
run_job(void *ctx, size_t task, size_t thread)
{
    struct reading *r = ctx;
    unsigned char *a = r->first->scratch[thread], *b = a + r->first->scratch_bytes;
    const unsigned char *x = unpack_job(&r->job[task], a, b);

    if (x)
        convert_job(r, &r->job[task], x);
    else
        atomic_store(&r->failed, true);
}

/* --- reading --- */

static bool
read_raw(struct job *j)
{
    const struct h5chunks *c = j->part->c;
    hsize_t offset[1] = {j->chunk * c->per_chunk}, n = 0;

    if (H5Dget_chunk_storage_size(c->dset, offset, &n) < 0 || n == 0 ||
        n > c->per_chunk * c->size + PACKED_SPARE)
        return false;
    j->raw = malloc((size_t)n + HEADER_SPARE);
    j->n_raw = (size_t)n;
    return j->raw &&
           H5Dread_chunk(c->dset, H5P_DEFAULT, offset, &j->skipped, j->raw) >= 0;
}

/* The jobs of a part; *n_jobs grows. */
static bool
list_jobs(const struct h5chunks_part *p, struct reading *r, size_t *n_jobs)
{
    struct h5chunks *c = p->c;
    size_t first = r->from / c->per_chunk, last = (r->from + r->n - 1) / c->per_chunk;

    for (size_t k = first; k <= last; k++) {
        struct job *j = &r->job[(*n_jobs)++];

        *j = (struct job){.part = p, .chunk = k};
        if (k == c->kept_chunk)
            continue;
        if (!read_raw(j))
            return false;
        j->out = k == last ? c->next_kept : NULL;
    }
    return true;
}

static void
keep_last(struct h5chunks *c, size_t last)
{
    unsigned char *t = c->kept;

    if (c->kept_chunk == last)
        return;
    c->kept = c->next_kept;
    c->next_kept = t;
    c->kept_chunk = last;
}

static void
release_scratch(struct h5chunks *c)
{
    for (size_t i = 0; i < c->n_scratch; i++)
        free(c->scratch[i]);
    free(c->scratch);
    c->scratch = NULL;
    c->n_scratch = c->scratch_bytes = 0;
}

/* Scratch memory for chunks of so many bytes. */
static bool
reserve_scratch(struct h5chunks *c, size_t bytes, size_t threads)
{
    if (bytes <= c->scratch_bytes && threads <= c->n_scratch)
        return true;
    release_scratch(c);
    c->scratch = xcalloc(threads, sizeof *c->scratch);
    c->scratch_bytes = bytes;
    for (; c->n_scratch < threads; c->n_scratch++)
        if (!(c->scratch[c->n_scratch] = malloc(2 * bytes)))
            return false;
    return true;
}

void
h5chunks_release(struct h5chunks *c)
{
    release_scratch(c);
    free(c->kept);
    free(c->next_kept);
    *c = (struct h5chunks){.dset = -1};
}

bool
h5chunks_read(const struct h5chunks_part *part, size_t n_parts, size_t from, size_t n,
              struct pool *pool)
{
    struct reading r = {.from = from, .n = n, .first = part[0].c};
    size_t n_jobs = 0, most = 0, bytes = 0;
    bool good = true;

    if (n == 0)
        return true;
    for (size_t i = 0; i < n_parts; i++) {
        const struct h5chunks *c = part[i].c;

        if (from > c->n || n > c->n - from || !converts(&part[i]))
            return false;
        most += n / c->per_chunk + 2;
        if (c->per_chunk * c->size > bytes)
            bytes = c->per_chunk * c->size;
    }
    if (!reserve_scratch(part[0].c, bytes, pool_threads(pool)))
        return false;
    r.job = xcalloc(most, sizeof *r.job);
    for (size_t i = 0; good && i < n_parts; i++)
        good = list_jobs(&part[i], &r, &n_jobs);
    if (good)
        pool_run(pool, n_jobs, run_job, &r);
    good = good && !atomic_load(&r.failed);
    for (size_t i = 0; good && i < n_parts; i++)
        keep_last(part[i].c, (from + n - 1) / part[i].c->per_chunk);
    for (size_t k = 0; k < n_jobs; k++)
        free(r.job[k].raw);
    free(r.job);
    return good;
}
