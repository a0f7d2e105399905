/* importance.c - which genes count for which class, after a run.
 *
 * The cells are a sample: of each class's training cells those with the smallest keyed
 * random numbers, so that neither threads nor resumption decide. */
#include <stdlib.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "engine/train.h"

struct drawn {
    uint64_t key; /* random */
    uint32_t cell;
    int32_t y;
};

/* By class, then key, then cell. */
static int
compare_drawn(const void *a, const void *b)
{
    const struct drawn *x = a, *y = b;

    if (x->y != y->y)
        return x->y < y->y ? -1 : 1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->cell > y->cell) - (x->cell < y->cell);
}

/* all[0..n) = the training cells, sorted. */
static void
list_cells(const struct run_data *rd, uint64_t seed, struct drawn *all)
{
    struct rng r = rng_stream(seed, RNG_IMPORTANCE, 0, 0);
    size_t n = 0;

    for (size_t i = 0; i < rd->ds.n_cells; i++)
        if (rd->part[i] == PART_TRAIN)
            all[n++] = (struct drawn){rng_u64(&r, i), (uint32_t)i, rd->y[i]};
    qsort(all, n, sizeof *all, compare_drawn);
}

/* cell, class_of (n_train) = the first IMPORTANCE_CELLS of each class; returns how
 * many. */
static enum err
draw_cells(const struct run_data *rd, uint64_t seed, uint32_t *cell, int32_t *class_of,
           size_t *n, struct errbuf *eb)
{
    size_t n_all = rd->n_part[PART_TRAIN], of_class = 0;
    struct drawn *all;
    enum err e = big_calloc(&all, n_all, sizeof *all, "training cells", eb);

    *n = 0;
    if (e)
        return e;
    list_cells(rd, seed, all);
    for (size_t i = 0; i < n_all; i++) {
        of_class = i > 0 && all[i].y == all[i - 1].y ? of_class + 1 : 0;
        if (of_class >= IMPORTANCE_CELLS)
            continue;
        cell[*n] = all[i].cell;
        class_of[(*n)++] = all[i].y;
    }
    free(all);
    return ERR_OK;
}

/* By importance, the greatest first, then gene. */
static int
compare_rows(const void *a, const void *b)
{
    const struct importance_row *x = a, *y = b;

    if (x->importance != y->importance)
        return x->importance > y->importance ? -1 : 1;
    return (x->gene_index > y->gene_index) - (x->gene_index < y->gene_index);
}

/* row[0..n) = the best genes of class c; scratch (D). */
static size_t
best_genes(const double *importance, size_t D, size_t c, struct importance_row *scratch,
           struct importance_row *row)
{
    size_t n = 0;

    for (size_t g = 0; g < D; g++)
        if (importance[g] > 0)
            scratch[n++] = (struct importance_row){c, g, 0, importance[g]};
    qsort(scratch, n, sizeof *scratch, compare_rows);
    n = n < IMPORTANCE_GENES ? n : IMPORTANCE_GENES;
    for (size_t i = 0; i < n; i++) {
        row[i] = scratch[i];
        row[i].rank = (int64_t)i + 1;
    }
    return n;
}

static enum err
hand_over(const double *importance, size_t C, size_t D, const struct sink *sink,
          struct errbuf *eb)
{
    struct importance_row *row = xcalloc(C * IMPORTANCE_GENES, sizeof *row);
    struct importance_row *scratch = xcalloc(D, sizeof *scratch);
    size_t n = 0;

    for (size_t c = 0; c < C; c++)
        n += best_genes(importance + c * D, D, c, scratch, row + n);
    enum err e = n ? sink->importance(sink->ctx, row, n, eb) : ERR_OK;

    free(scratch);
    free(row);
    return e;
}

enum err
importance_report(const struct classifier *c, const struct run_data *rd, uint64_t seed,
                  size_t threads, const struct sink *sink, struct errbuf *eb)
{
    size_t C = classifier_classes(c), D = classifier_genes(c), n = 0;
    size_t n_train = rd->n_part[PART_TRAIN];
    uint32_t *cell = NULL;
    int32_t *class_of = NULL;
    double *importance = NULL;
    enum err e;

    if (!sink->importance || !classifier_has_importance(c))
        return ERR_OK;
    if ((e = big_calloc(&cell, n_train, sizeof *cell, "training cells", eb)) ||
        (e = big_calloc(&class_of, n_train, sizeof *class_of, "their classes", eb)) ||
        (e = big_calloc(&importance, C * D, sizeof *importance, "importances", eb)) ||
        (e = draw_cells(rd, seed, cell, class_of, &n, eb)) ||
        (e = classifier_importance(c, &rd->ds, cell, class_of, n, threads, importance,
                                   eb)))
        goto out;
    e = hand_over(importance, C, D, sink, eb);
out:
    free(cell);
    free(class_of);
    free(importance);
    return e;
}
