/* csr.c - rows of a sparse matrix: plain or coded. */
#include "data/csr.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum { TASK_ROWS = 64 };

/* --- life --- */

enum err
csr_init(struct csr *x, size_t n_rows, size_t n_cols, uint64_t nnz, struct errbuf *eb)
{
    *x = (struct csr){.n_rows = n_rows, .n_cols = n_cols};
    enum err e = big_calloc(&x->indptr, n_rows + 1, sizeof *x->indptr, "cells", eb);

    if (!e)
        e = big_calloc(&x->value, nnz, sizeof *x->value, "expression values", eb);
    if (!e)
        e = big_calloc(&x->index, nnz, sizeof *x->index, "expression values", eb);
    x->cap = e ? 0 : nnz;
    return e;
}

enum err
csr_init_coded(struct csr *x, size_t n_rows, size_t n_cols, uint64_t nnz,
               struct errbuf *eb)
{
    *x = (struct csr){.n_rows = n_rows, .n_cols = n_cols};
    enum err e = big_calloc(&x->indptr, n_rows + 1, sizeof *x->indptr, "cells", eb);

    if (!e)
        e = big_calloc(&x->piece, n_rows + 1, sizeof *x->piece, "cells", eb);
    if (!e)
        e = big_calloc(&x->n_dict, n_rows, sizeof *x->n_dict, "cells", eb);
    return e ? e : csr_reserve(x, nnz, eb);
}

void
csr_release(struct csr *x)
{
    free(x->indptr);
    free(x->index);
    free(x->value);
    free(x->word);
    free(x->piece);
    free(x->n_dict);
    gene_order_release(&x->order);
    *x = (struct csr){0};
}

/* Nothing is written to what is new: memory that no row needs is never touched. */
static enum err
resize(void *array, uint64_t n, size_t size, struct errbuf *eb)
{
    void *p;

    memcpy(&p, array, sizeof p);
    p = n > SIZE_MAX / size ? NULL : realloc(p, (size_t)(n ? n : 1) * size);
    if (!p)
        return err_set(eb, ERR_NOMEM, "not enough memory for %llu expression values",
                       (unsigned long long)n);
    memcpy(array, &p, sizeof p);
    return ERR_OK;
}

static uint64_t
wanted(uint64_t need)
{
    return need + need / 2 + 1024;
}

enum err
csr_reserve(struct csr *x, uint64_t nnz, struct errbuf *eb)
{
    if (nnz <= x->cap && x->index)
        return ERR_OK;
    enum err e = resize(&x->index, nnz, sizeof *x->index, eb);

    if (!e && !x->piece)
        e = resize(&x->value, nnz, sizeof *x->value, eb);
    if (!e)
        x->cap = nnz;
    return e;
}

void
csr_trim(struct csr *x)
{
    uint64_t nnz = x->indptr[x->n_rows];

    if (nnz < x->cap && resize(&x->index, nnz, sizeof *x->index, NULL) == ERR_OK)
        x->cap = nnz;
    if (x->value)
        (void)resize(&x->value, nnz, sizeof *x->value, NULL);
    if (!x->piece || x->piece[x->n_rows] >= x->cap_word)
        return;
    if (resize(&x->word, x->piece[x->n_rows], sizeof *x->word, NULL) == ERR_OK)
        x->cap_word = x->piece[x->n_rows];
}

/* --- coding --- */

static uint32_t
bits_of(float v)
{
    uint32_t bits;

    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* The slot of a value: its own, or the free one that it would get. */
static size_t
find_slot(const struct row_coder *c, uint32_t bits)
{
    size_t slot = (bits * 0x9e3779b1u) >> 22;

    _Static_assert(CODER_SLOTS == 1 << 10, "the upper 10 bits name a slot");
    while (c->id[slot] && c->key[slot] != bits)
        slot = (slot + 1) % CODER_SLOTS;
    return slot;
}

struct distinct {
    float value;
    uint8_t id; /* in order of first sight */
};

static int
compare_distinct(const void *a, const void *b)
{
    const struct distinct *x = a, *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

/* Values and codes from the order of first sight to ascending order. */
static void
sort_codes(struct row_coder *c, uint8_t *code, size_t n)
{
    struct distinct d[CODES_MAX];
    uint8_t to[CODES_MAX];

    for (size_t i = 0; i < c->n; i++)
        d[i] = (struct distinct){c->value[i], (uint8_t)i};
    qsort(d, c->n, sizeof *d, compare_distinct);
    for (size_t i = 0; i < c->n; i++) {
        c->value[i] = d[i].value;
        to[d[i].id] = (uint8_t)i;
    }
    for (size_t k = 0; k < n; k++)
        code[k] = to[code[k]];
}

bool
row_code(struct row_coder *c, const float *value, size_t n, uint8_t *code)
{
    c->n = 0;
    memset(c->id, 0, sizeof c->id);
    for (size_t k = 0; k < n; k++) {
        uint32_t bits = bits_of(value[k]);
        size_t slot = find_slot(c, bits);

        if (!c->id[slot]) {
            if (c->n == CODES_MAX)
                return false;
            c->key[slot] = bits;
            c->value[c->n++] = value[k];
            c->id[slot] = (uint16_t)c->n;
        }
        code[k] = (uint8_t)(c->id[slot] - 1);
    }
    sort_codes(c, code, n);
    return true;
}

size_t
csr_words(size_t n, size_t n_dict)
{
    return n_dict ? n_dict + (n + sizeof(float) - 1) / sizeof(float) : n;
}

size_t
csr_pack(const struct row_coder *c, const uint8_t *code, size_t n, float *word)
{
    memcpy(word, c->value, c->n * sizeof *word);
    memset(word + csr_words(n, c->n) - 1, 0, sizeof *word);
    memcpy(word + c->n, code, n);
    return c->n;
}

size_t
csr_encode(struct row_coder *c, const float *value, size_t n, uint8_t *code,
           float *word)
{
    if (row_code(c, value, n, code) && csr_words(n, c->n) < n)
        return csr_pack(c, code, n, word);
    if (n)
        memcpy(word, value, n * sizeof *word);
    return 0;
}

/* Room for the values of all rows before row i. */
static enum err
reserve_rows(struct csr *x, size_t i, struct errbuf *eb)
{
    uint64_t nnz = x->indptr[i], words = x->piece[i];
    enum err e = nnz > x->cap ? csr_reserve(x, wanted(nnz), eb) : ERR_OK;

    if (e || words <= x->cap_word)
        return e;
    e = resize(&x->word, wanted(words), sizeof *x->word, eb);
    if (!e)
        x->cap_word = wanted(words);
    return e;
}

struct putting {
    struct csr *x;
    size_t first, n;
    const struct csr_piece *row;
};

static void
put_rows(void *ctx, size_t task, size_t thread)
{
    const struct putting *p = ctx;
    struct csr *x = p->x;
    size_t end = (task + 1) * TASK_ROWS;

    (void)thread;
    for (size_t k = task * TASK_ROWS; k < end && k < p->n; k++) {
        const struct csr_piece *r = &p->row[k];
        size_t i = p->first + k;

        if (!r->n)
            continue;
        memcpy(x->index + x->indptr[i], r->index, r->n * sizeof *r->index);
        memcpy(x->word + x->piece[i], r->word,
               csr_words(r->n, r->n_dict) * sizeof *r->word);
    }
}

enum err
csr_put(struct csr *x, size_t i, const struct csr_piece *row, size_t n_rows,
        struct pool *pool, struct errbuf *eb)
{
    struct putting p = {x, i, n_rows, row};

    for (size_t k = 0; k < n_rows; k++) {
        x->n_dict[i + k] = (uint16_t)row[k].n_dict;
        x->indptr[i + k + 1] = x->indptr[i + k] + row[k].n;
        x->piece[i + k + 1] = x->piece[i + k] + csr_words(row[k].n, row[k].n_dict);
    }
    enum err e = reserve_rows(x, i + n_rows, eb);

    if (!e)
        pool_run(pool, (n_rows + TASK_ROWS - 1) / TASK_ROWS, put_rows, &p);
    return e;
}

enum err
csr_code(struct csr *out, const struct csr *x, struct errbuf *eb)
{
    struct row_coder c;
    float *value = xcalloc(x->n_cols + 1, sizeof *value);
    float *word = xcalloc(x->n_cols + 1, sizeof *word);
    uint8_t *code = xcalloc(x->n_cols + 1, sizeof *code);
    enum err e = csr_init_coded(out, x->n_rows, x->n_cols, x->indptr[x->n_rows], eb);

    for (size_t i = 0; !e && i < x->n_rows; i++) {
        struct csr_row r = csr_row(x, i);

        csr_decode(&r, value);
        size_t n_dict = csr_encode(&c, value, r.n, code, word);

        e = csr_put(out, i, &(struct csr_piece){r.index, word, r.n, n_dict}, 1, NULL,
                    eb);
    }
    free(value);
    free(word);
    free(code);
    if (e)
        csr_release(out);
    else
        csr_trim(out);
    return e;
}

/* --- reading --- */

struct csr_row
csr_row(const struct csr *x, size_t i)
{
    uint64_t from = x->indptr[i];
    struct csr_row r = {.index = x->index + from,
                        .n = (size_t)(x->indptr[i + 1] - from)};

    if (x->value) {
        r.value = x->value + from;
        return r;
    }
    r.value = x->word + x->piece[i];
    r.n_dict = x->n_dict[i];
    if (r.n_dict)
        r.code = (const uint8_t *)(r.value + r.n_dict);
    return r;
}

void
csr_decode(const struct csr_row *r, float *out)
{
    for (size_t k = 0; k < r->n; k++)
        out[k] = csr_value(r, k);
}

uint64_t
csr_bytes(const struct csr *x, size_t from, size_t to)
{
    uint64_t n = x->indptr[to] - x->indptr[from];

    return n * sizeof *x->index +
           (x->value ? n : x->piece[to] - x->piece[from]) * sizeof *x->word;
}

static size_t
length(const struct csr *x, const uint32_t *row, size_t i)
{
    size_t r = row ? row[i] : i;

    return (size_t)(x->indptr[r + 1] - x->indptr[r]);
}

size_t
csr_longest(const struct csr *x, const uint32_t *row, size_t n)
{
    size_t longest = 0;

    for (size_t i = 0; i < n; i++)
        if (length(x, row, i) > longest)
            longest = length(x, row, i);
    return longest;
}

/* Values of row i that are not of genes below `from`. */
static size_t
length_from(const struct csr *x, size_t i, size_t from)
{
    uint64_t low = x->indptr[i], high = x->indptr[i + 1];

    while (from > 0 && low < high) {
        uint64_t mid = low + (high - low) / 2;

        if (x->index[mid] < from)
            low = mid + 1;
        else
            high = mid;
    }
    return (size_t)(x->indptr[i + 1] - low);
}

size_t
csr_dictionary(const struct csr *x, const uint32_t *row, size_t n)
{
    size_t most = 0;

    for (size_t i = 0; i < n; i++) {
        size_t n_dict = x->value ? 0 : x->n_dict[row ? row[i] : i];

        if (n_dict == 0 && length(x, row, i) > 0)
            return SIZE_MAX;
        most = n_dict > most ? n_dict : most;
    }
    return most;
}

uint64_t
csr_most(const struct csr *x, const uint32_t *row, size_t n, size_t B, size_t from)
{
    size_t *count = xcalloc(x->n_cols + 1, sizeof *count); /* rows of each length */
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        count[length_from(x, row ? row[i] : i, from)]++;
    for (size_t len = x->n_cols; len > 0 && B > 0; len--) {
        size_t k = count[len] < B ? count[len] : B;

        sum += (uint64_t)k * len;
        B -= k;
    }
    free(count);
    return sum;
}

/* --- permutation --- */

/* Genes and values of a row by their new number. */
struct permute {
    struct csr *x;
    const uint16_t *rank;
    size_t words;  /* of 64 genes */
    uint64_t *has; /* (threads, words) owned; all 0 between rows */
    float *at;     /* (threads, 64 words) owned */
};

/* The genes marked in `has`, ascending; the marks are taken away. */
static void
take_genes(uint64_t *has, size_t words, uint16_t *index)
{
    for (size_t w = 0; w < words; w++) {
        for (uint64_t bits = has[w]; bits; bits &= bits - 1)
            *index++ = (uint16_t)(64 * w + (size_t)__builtin_ctzll(bits));
        has[w] = 0;
    }
}

static void
permute_codes(uint16_t *index, uint8_t *code, size_t n, const struct permute *p,
              uint64_t *has, uint8_t *at)
{
    for (size_t k = 0; k < n; k++) {
        size_t g = p->rank[index[k]];

        has[g / 64] |= (uint64_t)1 << g % 64;
        at[g] = code[k];
    }
    take_genes(has, p->words, index);
    for (size_t k = 0; k < n; k++)
        code[k] = at[index[k]];
}

static void
permute_values(uint16_t *index, float *value, size_t n, const struct permute *p,
               uint64_t *has, float *at)
{
    for (size_t k = 0; k < n; k++) {
        size_t g = p->rank[index[k]];

        has[g / 64] |= (uint64_t)1 << g % 64;
        at[g] = value[k];
    }
    take_genes(has, p->words, index);
    for (size_t k = 0; k < n; k++)
        value[k] = at[index[k]];
}

static void
permute_rows(void *ctx, size_t task, size_t thread)
{
    const struct permute *p = ctx;
    struct csr *x = p->x;
    uint64_t *has = p->has + thread * p->words;
    float *at = p->at + thread * 64 * p->words;
    size_t end = (task + 1) * TASK_ROWS;

    for (size_t i = task * TASK_ROWS; i < end && i < x->n_rows; i++) {
        uint16_t *index = x->index + x->indptr[i];
        size_t n = (size_t)(x->indptr[i + 1] - x->indptr[i]);
        float *value = x->value ? x->value + x->indptr[i] : x->word + x->piece[i];

        if (!x->value && x->n_dict[i])
            permute_codes(index, (uint8_t *)(value + x->n_dict[i]), n, p, has,
                          (uint8_t *)at);
        else
            permute_values(index, value, n, p, has, at);
    }
}

enum err
csr_permute(struct csr *x, const uint16_t *rank, struct pool *pool, struct errbuf *eb)
{
    size_t threads = pool_threads(pool);
    struct permute p = {.x = x, .rank = rank, .words = x->n_cols / 64 + 1};
    enum err e = big_calloc(&p.has, threads * p.words, sizeof *p.has, "genes", eb);

    if (!e)
        e = big_calloc(&p.at, threads * 64 * p.words, sizeof *p.at, "genes", eb);
    if (!e)
        pool_run(pool, (x->n_rows + TASK_ROWS - 1) / TASK_ROWS, permute_rows, &p);
    free(p.has);
    free(p.at);
    return e;
}
