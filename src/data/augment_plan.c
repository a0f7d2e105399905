/* augment_plan.c - cells, groups and pairs of augmentation vectors.
 *
 * In steps: training cells by class; at most so many of each class; these in order of
 * class, study and donor, which makes the groups; pairs of each class; the draw among
 * all pairs; what no drawn pair needs is dropped. */
#include "data/augment_plan.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "data/run_data.h"

/* --- cells --- */

/* A chosen cell with the key of its group. */
struct chosen {
    int32_t y, study, donor;
    uint32_t cell;
};

struct by_class {
    size_t *begin;  /* (C + 1) owned; of each class in cell */
    uint32_t *cell; /* owned; ascending within a class */
};

static bool
counts(const struct augment_request *q, size_t i)
{
    return q->part[i] == PART_TRAIN && codes_get(&q->study->code, i) >= 0 &&
           codes_get(&q->donor->code, i) >= 0;
}

static enum err
sort_by_class(const struct augment_request *q, struct by_class *b, struct errbuf *eb)
{
    size_t *next = xcalloc(q->C + 1, sizeof *next);

    b->begin = xcalloc(q->C + 1, sizeof *b->begin);
    for (size_t i = 0; i < q->n_cells; i++)
        b->begin[q->y[i] + 1] += counts(q, i);
    for (size_t c = 0; c < q->C; c++)
        b->begin[c + 1] += b->begin[c];
    memcpy(next, b->begin, (q->C + 1) * sizeof *next);
    enum err e = big_calloc(&b->cell, b->begin[q->C], sizeof *b->cell, "cells", eb);

    for (size_t i = 0; !e && i < q->n_cells; i++)
        if (counts(q, i))
            b->cell[next[q->y[i]]++] = (uint32_t)i;
    free(next);
    return e;
}

static size_t
cells_within(const struct by_class *b, size_t C, size_t per_class)
{
    size_t sum = 0;

    for (size_t c = 0; c < C; c++) {
        size_t n = b->begin[c + 1] - b->begin[c];

        sum += n < per_class ? n : per_class;
    }
    return sum;
}

/* The most cells that each class may give so that all keep within the limit. */
static size_t
cells_per_class(const struct by_class *b, size_t C)
{
    size_t lo = 0, hi = b->begin[C];

    while (lo < hi) {
        size_t mid = hi - (hi - lo) / 2;

        if (cells_within(b, C, mid) <= AUGMENT_CELLS_MAX)
            lo = mid;
        else
            hi = mid - 1;
    }
    return lo;
}

static struct chosen *
choose_of_class(const struct augment_request *q, const struct by_class *b, size_t c,
                size_t per_class, struct chosen *out)
{
    size_t n = b->begin[c + 1] - b->begin[c];
    uint32_t *order = NULL;
    struct rng r = rng_stream(q->seed, RNG_AUGMENT, c, AUGMENT_STREAM_CELLS);

    if (n > per_class) {
        order = xmalloc(n, sizeof *order);
        rng_permutation(&r, order, n);
        n = per_class;
    }
    for (size_t k = 0; k < n; k++) {
        uint32_t i = b->cell[b->begin[c] + (order ? order[k] : k)];

        *out++ = (struct chosen){(int32_t)c, codes_get(&q->study->code, i),
                                 codes_get(&q->donor->code, i), i};
    }
    free(order);
    return out;
}

static int
compare_groups(const struct chosen *a, const struct chosen *b)
{
    if (a->y != b->y)
        return a->y < b->y ? -1 : 1;
    if (a->study != b->study)
        return a->study < b->study ? -1 : 1;
    return (a->donor > b->donor) - (a->donor < b->donor);
}

static int
compare_chosen(const void *va, const void *vb)
{
    const struct chosen *a = va, *b = vb;
    int c = compare_groups(a, b);

    return c ? c : (a->cell > b->cell) - (a->cell < b->cell);
}

static enum err
choose_cells(const struct augment_request *q, struct chosen **chosen, size_t *n,
             struct errbuf *eb)
{
    struct by_class b = {0};
    enum err e = sort_by_class(q, &b, eb);

    if (!e) {
        size_t per_class = cells_per_class(&b, q->C);

        *n = cells_within(&b, q->C, per_class);
        e = big_calloc(chosen, *n, sizeof **chosen, "cells", eb);
        struct chosen *end = *chosen;

        for (size_t c = 0; !e && c < q->C; c++)
            end = choose_of_class(q, &b, c, per_class, end);
    }
    if (!e)
        qsort(*chosen, *n, sizeof **chosen, compare_chosen);
    free(b.begin);
    free(b.cell);
    return e;
}

/* --- groups and pairs --- */

static void
find_groups(struct augment_plan *p, const struct chosen *chosen)
{
    size_t cap = 0;

    for (size_t i = 0; i < p->n_cells; i++) {
        p->cell[i] = chosen[i].cell;
        if (i == 0 || compare_groups(&chosen[i - 1], &chosen[i]) != 0) {
            p->group = grow(p->group, &cap, p->n_groups + 1, sizeof *p->group);
            p->group[p->n_groups++] =
                (struct augment_group){.y = chosen[i].y, .begin = (uint32_t)i};
        }
        p->group[p->n_groups - 1].end = (uint32_t)i + 1;
    }
}

static int
compare_u64(const void *va, const void *vb)
{
    uint64_t a = *(const uint64_t *)va, b = *(const uint64_t *)vb;

    return (a > b) - (a < b);
}

/* out (k) = k different numbers below n, ascending (Floyd's way). */
static void
choose_numbers(const struct rng *r, uint64_t n, size_t k, uint64_t *out)
{
    for (size_t i = 0; i < k; i++) {
        uint64_t last = n - k + i, x = rng_below(r, i, last + 1);

        for (size_t j = 0; j < i; j++)
            if (out[j] == x) {
                x = last;
                break;
            }
        out[i] = x;
    }
    qsort(out, k, sizeof *out, compare_u64);
}

/* Pair number k of g groups, in the order (0,1) (0,2) .. (1,2) .. */
static struct augment_pair
pair_of(uint64_t k, size_t g)
{
    uint32_t i = 0;

    for (; k >= g - 1 - i; i++)
        k -= g - 1 - i;
    return (struct augment_pair){i, i + 1 + (uint32_t)k};
}

/* Pairs of the groups [from, to), which are of one class. */
static void
add_pairs(struct augment_plan *p, size_t *cap, size_t from, size_t to, uint64_t seed)
{
    uint64_t number[AUGMENT_PAIRS_MAX], g = to - from, all = g * (g - 1) / 2;
    size_t n = all < AUGMENT_PAIRS_MAX ? (size_t)all : AUGMENT_PAIRS_MAX;
    struct rng r =
        rng_stream(seed, RNG_AUGMENT, (uint64_t)p->group[from].y, AUGMENT_STREAM_PAIRS);

    choose_numbers(&r, all, n, number);
    p->n_classes += n > 0;
    p->pair = grow(p->pair, cap, p->n_pairs + n, sizeof *p->pair);
    for (size_t i = 0; i < n; i++) {
        struct augment_pair x = pair_of(number[i], g);

        x.first += (uint32_t)from;
        x.second += (uint32_t)from;
        p->pair[p->n_pairs++] = x;
    }
}

static void
find_pairs(struct augment_plan *p, uint64_t seed)
{
    size_t cap = 0;

    for (size_t from = 0, to; from < p->n_groups; from = to) {
        for (to = from + 1; to < p->n_groups && p->group[to].y == p->group[from].y;)
            to++;
        add_pairs(p, &cap, from, to, seed);
    }
    p->n_found = p->n_pairs;
}

static void
draw_vectors(struct augment_plan *p, uint64_t seed)
{
    if (p->n_pairs <= AUGMENT_VECTORS_MAX)
        return;
    uint32_t *order = xmalloc(p->n_pairs, sizeof *order);
    bool *drawn = xcalloc(p->n_pairs, sizeof *drawn);
    struct rng r = rng_stream(seed, RNG_AUGMENT, 0, AUGMENT_STREAM_VECTORS);
    size_t n = 0;

    rng_permutation(&r, order, p->n_pairs);
    for (size_t i = 0; i < AUGMENT_VECTORS_MAX; i++)
        drawn[order[i]] = true;
    for (size_t i = 0; i < p->n_pairs; i++)
        if (drawn[i])
            p->pair[n++] = p->pair[i];
    p->n_pairs = n;
    free(drawn);
    free(order);
}

/* --- what is needed of them --- */

static size_t
most_groups(const struct augment_plan *p)
{
    size_t most = 0;

    for (size_t g = 0, n = 0; g < p->n_groups; g++) {
        n = g && p->group[g].y == p->group[g - 1].y ? n + 1 : 1;
        most = n > most ? n : most;
    }
    return most;
}

/* Drop groups that are in no pair, and their cells. */
static void
drop_unpaired(struct augment_plan *p)
{
    uint32_t *number = xcalloc(p->n_groups, sizeof *number); /* new number + 1, or 0 */
    size_t n = 0, at = 0;

    for (size_t i = 0; i < p->n_pairs; i++)
        number[p->pair[i].first] = number[p->pair[i].second] = 1;
    for (size_t g = 0; g < p->n_groups; g++) {
        struct augment_group x = p->group[g];
        uint32_t size = x.end - x.begin;

        if (!number[g])
            continue;
        memmove(p->cell + at, p->cell + x.begin, size * sizeof *p->cell);
        p->group[n++] = (struct augment_group){x.y, (uint32_t)at, (uint32_t)at + size};
        number[g] = (uint32_t)n;
        at += size;
    }
    for (size_t i = 0; i < p->n_pairs; i++) {
        p->pair[i].first = number[p->pair[i].first] - 1;
        p->pair[i].second = number[p->pair[i].second] - 1;
    }
    p->n_groups = n;
    p->n_cells = at;
    p->most_groups = most_groups(p);
    free(number);
}

enum err
augment_plan_make(struct augment_plan *p, const struct augment_request *q,
                  struct errbuf *eb)
{
    struct chosen *chosen = NULL;

    *p = (struct augment_plan){0};
    enum err e = choose_cells(q, &chosen, &p->n_cells, eb);

    if (!e)
        e = big_calloc(&p->cell, p->n_cells, sizeof *p->cell, "cells", eb);
    if (!e) {
        find_groups(p, chosen);
        find_pairs(p, q->seed);
        draw_vectors(p, q->seed);
        drop_unpaired(p);
    }
    free(chosen);
    if (e)
        augment_plan_release(p);
    return e;
}

void
augment_plan_release(struct augment_plan *p)
{
    free(p->cell);
    free(p->group);
    free(p->pair);
    *p = (struct augment_plan){0};
}
