/* augment.c - augmentation vectors: from a file, and added to cells. */
#include "data/augment.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "data/npy.h"

/* --- life --- */

static void
digest_vectors(const struct csr *a, char hex[DIGEST_HEX])
{
    struct digest d;

    digest_init(&d);
    digest_adds(&d, "augmentations");
    digest_addu(&d, a->n_rows);
    digest_addu(&d, a->n_cols);
    for (size_t i = 0; i < a->n_rows; i++) {
        uint64_t from = a->indptr[i], n = a->indptr[i + 1] - from;

        digest_addu(&d, n);
        digest_add(&d, a->index + from, n * sizeof *a->index);
        digest_add(&d, a->value + from, n * sizeof *a->value);
    }
    digest_final(&d, hex);
}

void
augment_init(struct augment *aug, struct csr *a)
{
    assert(a->n_rows > 0);
    csr_trim(a);
    *aug = (struct augment){.a = *a};
    *a = (struct csr){0};
    aug->longest = csr_longest(&aug->a, NULL, aug->a.n_rows);
    digest_vectors(&aug->a, aug->digest);
}

void
augment_release(struct augment *aug)
{
    csr_release(&aug->a);
    *aug = (struct augment){0};
}

enum err
augment_append(struct csr *a, size_t row, const float *dense, struct errbuf *eb)
{
    uint64_t at = a->indptr[row], need = at + a->n_cols;
    enum err e = need > a->cap ? csr_reserve(a, need + need / 2, eb) : ERR_OK;

    for (size_t g = 0; !e && g < a->n_cols; g++)
        if (dense[g] != 0) {
            a->index[at] = (uint16_t)g;
            a->value[at++] = dense[g];
        }
    a->indptr[row + 1] = at;
    return e;
}

/* --- a file --- */

static enum err
check_shape(const struct npy *f, size_t G, struct errbuf *eb)
{
    if (f->n_cols != G)
        return err_set(eb, ERR_ARG,
                       "%s: vectors of %zu genes%s, but the data have %zu genes: one "
                       "column per gene, in the order of the data",
                       f->path, f->n_cols,
                       f->n_rows == G ? " (the file may be transposed)" : "", G);
    if (f->n_rows == 0)
        return err_set(eb, ERR_FORMAT, "%s: holds no vectors", f->path);
    return ERR_OK;
}

static enum err
check_values(const struct npy *f, size_t row, const float *dense, struct errbuf *eb)
{
    for (size_t g = 0; g < f->n_cols; g++)
        if (!isfinite(dense[g]))
            return err_set(eb, ERR_FORMAT,
                           "%s: vector %zu has the value %g at gene %zu (both from 0); "
                           "all must be finite float32 numbers",
                           f->path, row, (double)dense[g], g);
    return ERR_OK;
}

static enum err
read_vectors(struct npy *f, struct csr *a, float *block, struct errbuf *eb)
{
    size_t step = npy_block_rows(f);
    enum err e = csr_init(a, f->n_rows, f->n_cols, f->n_cols, eb);

    for (size_t from = 0; !e && from < f->n_rows; from += step) {
        size_t n = f->n_rows - from < step ? f->n_rows - from : step;

        e = npy_read(f, from, n, block, eb);
        for (size_t i = 0; !e && i < n; i++) {
            const float *dense = block + i * f->n_cols;

            if (!(e = check_values(f, from + i, dense, eb)))
                e = augment_append(a, from + i, dense, eb);
        }
    }
    return e;
}

enum err
augment_load(struct augment *aug, const char *path, size_t G, struct errbuf *eb)
{
    struct npy f;
    struct csr a = {0};
    float *block = NULL;
    enum err e = npy_open(&f, path, eb);

    *aug = (struct augment){0};
    if (!e)
        e = check_shape(&f, G, eb);
    if (!e)
        e = big_calloc(&block, npy_block_rows(&f) * G, sizeof *block,
                       "augmentation vectors", eb);
    if (!e)
        e = read_vectors(&f, &a, block, eb);
    if (!e)
        augment_init(aug, &a);
    csr_release(&a);
    free(block);
    npy_close(&f);
    return e;
}

/* --- cells --- */

void
augment_draw(const struct augment *aug, const struct rng *r, uint64_t cell,
             size_t *vector, float *sign)
{
    uint64_t k = rng_below(r, cell, 2 * (uint64_t)aug->a.n_rows);

    *vector = (size_t)(k / 2);
    *sign = k % 2 ? 1.0f : -1.0f;
}

size_t
augment_cell(const struct augment *aug, size_t vector, float sign,
             const uint16_t *index, const float *value, size_t n, uint16_t *out_index,
             float *out_value)
{
    size_t i = 0, at = 0, j = (size_t)aug->a.indptr[vector],
           end = (size_t)aug->a.indptr[vector + 1];

    while (i < n || j < end) {
        bool in_x = i < n && (j == end || index[i] <= aug->a.index[j]);
        bool in_a = j < end && (i == n || aug->a.index[j] <= index[i]);
        uint16_t gene = in_x ? index[i] : aug->a.index[j];
        float sum = (in_x ? value[i] : 0) + (in_a ? sign * aug->a.value[j] : 0);

        i += in_x;
        j += in_a;
        if (sum > 0) {
            out_index[at] = gene;
            out_value[at++] = fminf(sum, AUGMENT_VALUE_MAX);
        }
    }
    return at;
}
