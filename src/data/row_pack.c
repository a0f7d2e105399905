/* row_pack.c - one row of a file becomes one coded row.
 *
 * Nearly every row of nearly every file has ascending genes and small counts: for those
 * each step is a loop without surprises over values that stay in the first-level cache.
 * Everything else goes the long way. */
#include "data/row_pack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/xalloc.h"

enum { STEP = 16 };

static const double TARGET_SUM = 1e4, INTEGER_TOLERANCE = 1e-6;

void
row_packer_release(struct row_packer *p)
{
    free(p->entry);
    free(p->value);
    free(p->count);
    free(p->code);
    *p = (struct row_packer){0};
}

static void
reserve(struct row_packer *p, size_t n)
{
    n += STEP;
    if (n <= p->cap && p->value)
        return;
    p->value = grow(p->value, &p->cap, n, sizeof *p->value);
    p->entry = xrealloc(p->entry, p->cap, sizeof *p->entry);
    p->count = xrealloc(p->count, p->cap, sizeof *p->count);
    p->code = xrealloc(p->code, p->cap, sizeof *p->code);
}

/* --- values --- */

bool
row_is_refused(const struct layer_choice *c, float v)
{
    if (!isfinite(v))
        return true;
    if (c->must_be_counts &&
        (v < 0 || fabs((double)v - nearbyint((double)v)) > INTEGER_TOLERANCE))
        return true;
    return v < 0 && !c->may_be_negative;
}

#ifdef __SSE2__
/* How many of the first values, in fours, are whole, from 0 and below COUNTS_MAX. */
static size_t
count_small_fours(const float *value, size_t n)
{
    const __m128 zero = _mm_setzero_ps(), end = _mm_set1_ps(COUNTS_MAX);
    size_t i = 0;

    for (; i + 4 <= n; i += 4) {
        __m128 v = _mm_loadu_ps(value + i);
        __m128 whole = _mm_cmpeq_ps(v, _mm_cvtepi32_ps(_mm_cvttps_epi32(v)));
        __m128 inside = _mm_and_ps(_mm_cmpge_ps(v, zero), _mm_cmplt_ps(v, end));

        if (_mm_movemask_ps(_mm_and_ps(whole, inside)) != 15)
            break;
    }
    return i;
}
#else
static size_t
count_small_fours(const float *value, size_t n)
{
    (void)value;
    (void)n;
    return 0;
}
#endif

/* All are whole, from 0 and below COUNTS_MAX. */
static bool
are_small_counts(const float *value, size_t n)
{
    for (size_t i = count_small_fours(value, n); i < n; i++)
        if (!(value[i] >= 0 && value[i] < COUNTS_MAX) ||
            (float)(int32_t)value[i] != value[i])
            return false;
    return true;
}

/* As integers; there is room for STEP more. */
static void
take_counts(const float *value, size_t n, uint16_t *count)
{
    for (size_t i = 0; i < n; i += STEP)
        for (size_t k = 0; k < STEP; k++)
            count[i + k] = (uint16_t)(int32_t)value[i + k];
}

static bool
any_refused(const struct layer_choice *c, const float *value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (row_is_refused(c, value[i]))
            return true;
    return false;
}

/* --- genes --- */

/* Map genes and leave out those that the dataset does not have, and zeros.  False if
 * what is left does not ascend strictly. */
static bool
map_ascending(const int32_t *to, const uint32_t *gene, const float *value, size_t n,
              uint16_t *index, float *out, size_t *n_out)
{
    int32_t last = -1;
    size_t k = 0;
    bool ascends = true;

    for (size_t i = 0; i < n; i++) {
        int32_t g = to[gene[i]];
        bool stays = (g >= 0) & (value[i] != 0);

        index[k] = (uint16_t)g;
        out[k] = value[i];
        k += stays;
        ascends &= !stays | (g > last);
        last = stays ? g : last;
    }
    *n_out = k;
    return ascends;
}

static int
compare_entries(const void *a, const void *b)
{
    const struct row_entry *x = a, *y = b;

    if (x->gene != y->gene)
        return x->gene > y->gene ? 1 : -1;
    return (x->at > y->at) - (x->at < y->at);
}

/* Entries of one gene add up, in the order of the file. */
static size_t
sum_repeats(struct row_entry *entry, size_t n)
{
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        if (k && entry[k - 1].gene == entry[i].gene)
            entry[k - 1].value += entry[i].value;
        else
            entry[k++] = entry[i];
    }
    return k;
}

/* The same as map_ascending in any order. */
static size_t
map_and_sort(struct row_packer *p, const int32_t *to, const uint32_t *gene,
             const float *value, size_t n, uint16_t *index)
{
    size_t k = 0, n_out = 0;

    for (size_t i = 0; i < n; i++)
        if (to[gene[i]] >= 0)
            p->entry[k++] =
                (struct row_entry){(uint32_t)to[gene[i]], (uint32_t)i, value[i]};
    qsort(p->entry, k, sizeof *p->entry, compare_entries);
    k = sum_repeats(p->entry, k);
    for (size_t i = 0; i < k; i++) {
        index[n_out] = (uint16_t)p->entry[i].gene;
        p->value[n_out] = p->entry[i].value;
        n_out += p->entry[i].value != 0;
    }
    return n_out;
}

/* --- normalisation --- */

static double
scale_of(const float *value, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)value[i];
    return sum > 0 ? TARGET_SUM / sum : 0;
}

/* The same of counts, whose sum is exact in any order. */
static double
scale_of_counts(const uint16_t *count, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += count[i];
    return sum > 0 ? TARGET_SUM / (double)sum : 0;
}

static void
normalise(float *x, size_t n, double scale)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)log1p((double)x[i] * scale);
}

/* Leave out what became 0. */
static size_t
drop_zeros(uint16_t *index, float *value, size_t n)
{
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        index[k] = index[i];
        value[k] = value[i];
        k += value[i] != 0;
    }
    return k;
}

/* --- coding --- */

/* The row's distinct counts, from 1, and codes: what row_code finds, from tables.  False
 * if there are too many. */
static bool
code_counts(struct row_packer *p, size_t n)
{
    struct row_coder *c = &p->coder;
    size_t most = 0, n_distinct = 0;

    for (size_t k = 0; k < n; k++) {
        p->seen[p->count[k]] = 1;
        most = p->count[k] > most ? p->count[k] : most;
    }
    for (size_t v = 1; v <= most; v++) {
        if (!p->seen[v])
            continue;
        p->seen[v] = 0;
        p->code_of[v] = (uint8_t)n_distinct;
        if (n_distinct < CODES_MAX)
            c->value[n_distinct] = (float)v;
        n_distinct++;
    }
    for (size_t k = 0; k < n; k++)
        p->code[k] = p->code_of[p->count[k]];
    c->n = n_distinct;
    return n_distinct <= CODES_MAX;
}

/* The distinct values after normalisation; false if they do not stay distinct. */
static bool
normalise_distinct(struct row_coder *c, double scale)
{
    bool distinct = true;

    normalise(c->value, c->n, scale);
    for (size_t i = 0; i < c->n; i++)
        distinct &= c->value[i] != 0 && (i == 0 || c->value[i] > c->value[i - 1]);
    return distinct;
}

/* Values of which each is different, or nearly: one by one. */
static struct csr_piece
pack_plainly(struct row_packer *p, bool scaled, double scale, size_t n, uint16_t *index,
             float *word)
{
    if (scaled) {
        normalise(p->value, n, scale);
        n = drop_zeros(index, p->value, n);
    }
    return (struct csr_piece){index, word, n,
                              csr_encode(&p->coder, p->value, n, p->code, word)};
}

struct csr_piece
row_pack(struct row_packer *p, const struct layer_choice *c, const int32_t *to,
         const uint32_t *gene, const float *value, size_t n, uint16_t *index,
         float *word)
{
    bool small = are_small_counts(value, n), coded;
    double scale = 0;
    size_t k;

    if (!small && any_refused(c, value, n))
        return (struct csr_piece){0};
    reserve(p, n);
    if (!map_ascending(to, gene, value, n, index, p->value, &k)) {
        k = map_and_sort(p, to, gene, value, n, index);
        small = small && are_small_counts(p->value, k);
    }
    if (small) {
        for (size_t i = k; i < k + STEP; i++)
            p->value[i] = 0;
        take_counts(p->value, k, p->count);
        scale = c->scale ? scale_of_counts(p->count, k) : 0;
        coded = code_counts(p, k);
    } else {
        scale = c->scale ? scale_of(p->value, k) : 0;
        coded = row_code(&p->coder, p->value, k, p->code);
    }
    if (!coded || csr_words(k, p->coder.n) >= k ||
        (c->scale && !normalise_distinct(&p->coder, scale)))
        return pack_plainly(p, c->scale, scale, k, index, word);
    return (struct csr_piece){index, word, k, csr_pack(&p->coder, p->code, k, word)};
}
