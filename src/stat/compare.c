/* compare.c - pairs gathered by label, then tested together. */
#include "stat/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/xalloc.h"
#include "stat/paired.h"

/* The lengths keep ("a", "bc") and ("ab", "c") apart. */
static size_t
row_index(struct comparison *c, const char *label, const char *class_name)
{
    char *key = xasprintf("%zu%c%s%s", strlen(label), class_name ? '+' : '-', label,
                          class_name ? class_name : "");

    if (!c->index)
        c->index = intern_new();
    size_t i = intern_add(c->index, key);
    free(key);
    return i;
}

static struct compare_row *
get_row(struct comparison *c, const char *label, const char *class_name)
{
    size_t i = row_index(c, label, class_name);

    if (i == c->n_rows) {
        c->row = grow(c->row, &c->cap, c->n_rows + 1, sizeof *c->row);
        c->row[c->n_rows++] =
            (struct compare_row){.label = arena_strdup(&c->arena, label),
                                 .class_name = arena_strdup(&c->arena, class_name),
                                 .verdict = ' ',
                                 .why = ""};
    }
    return &c->row[i];
}

/* An array of n elements with room for one more; its room is 8, 16, 32, ... */
static void *
room_for_one(struct arena *arena, void *array, size_t n, size_t size)
{
    if (n != 0 && (n < 8 || (n & (n - 1)) != 0))
        return array;
    void *bigger = arena_alloc(arena, n < 8 ? 8 : 2 * n, size);
    if (n)
        memcpy(bigger, array, n * size);
    return bigger;
}

void
compare_add(void *ctx, const char *label, const char *class_name, int64_t seed,
            double ce, double hce, double support)
{
    struct comparison *c = ctx;
    struct compare_row *r = get_row(c, label, class_name);

    if (!isnan(support))
        r->support += support; /* the sum, until compare_finish */
    if (!isfinite(ce) || !isfinite(hce)) {
        r->dropped = room_for_one(&c->arena, r->dropped, r->n_dropped, sizeof *r->seed);
        r->dropped[r->n_dropped++] = seed;
        return;
    }
    r->seed = room_for_one(&c->arena, r->seed, r->n, sizeof *r->seed);
    r->ce = room_for_one(&c->arena, r->ce, r->n, sizeof *r->ce);
    r->hce = room_for_one(&c->arena, r->hce, r->n, sizeof *r->hce);
    r->seed[r->n] = seed;
    r->ce[r->n] = ce;
    r->hce[r->n++] = hce;
}

static void
swap_double(double *x, size_t i, size_t k)
{
    double t = x[i];

    x[i] = x[k];
    x[k] = t;
}

/* Pairs by seed: results do not depend on the order of adding. */
static void
sort_pairs(struct compare_row *r)
{
    for (size_t i = 1; i < r->n; i++) {
        for (size_t k = i; k > 0 && r->seed[k - 1] > r->seed[k]; k--) {
            int64_t seed = r->seed[k];

            r->seed[k] = r->seed[k - 1];
            r->seed[k - 1] = seed;
            swap_double(r->ce, k, k - 1);
            swap_double(r->hce, k, k - 1);
        }
    }
}

static void
finish_row(struct compare_row *r)
{
    sort_pairs(r);
    struct paired s = r->n <= PAIRED_EXACT ? paired_compare(r->ce, r->hce, r->n)
                                           : paired_summary(r->ce, r->hce, r->n);
    r->support /= (double)(r->n + r->n_dropped);
    r->ce_mean = s.a_mean;
    r->ce_sd = s.a_sd;
    r->hce_mean = s.b_mean;
    r->hce_sd = s.b_sd;
    r->delta_mean = s.d_mean;
    r->delta_sd = s.d_sd;
    r->ci_low = s.ci_low;
    r->ci_high = s.ci_high;
    r->t = s.t;
    r->p = s.p;
    r->p_flip = s.p_flip;
    r->p_flip_min = s.p_flip_min;
    r->wins = s.wins;
    r->ties = s.ties;
    r->losses = s.losses;
    r->why = s.why;
}

void
compare_summarize(struct comparison *c)
{
    double *p = xmalloc(c->n_rows, sizeof *p);

    for (size_t i = 0; i < c->n_rows; i++) {
        finish_row(&c->row[i]);
        p[i] = c->row[i].p;
    }
    c->family = paired_holm(p, p, c->n_rows);
    for (size_t i = 0; i < c->n_rows; i++) {
        struct compare_row *r = &c->row[i];

        r->p_holm = p[i];
        r->verdict = !(p[i] < 0.05) ? ' ' : r->delta_mean > 0 ? 'v' : '*';
    }
    free(p);
}

void
compare_draw_flips(struct comparison *c)
{
    for (size_t i = 0; i < c->n_rows; i++) {
        struct compare_row *r = &c->row[i];

        if (r->n > PAIRED_EXACT && isnan(r->p_flip))
            r->p_flip = paired_compare(r->ce, r->hce, r->n).p_flip;
    }
}

void
compare_finish(struct comparison *c)
{
    compare_summarize(c);
    compare_draw_flips(c);
}

void
compare_release(struct comparison *c)
{
    free(c->row);
    intern_free(c->index);
    arena_release(&c->arena);
    *c = (struct comparison){0};
}

void
compare_pairs(const struct comparison *c, size_t *n, double *p_min)
{
    *n = 0;
    *p_min = (double)NAN;
    for (size_t i = 0; i < c->n_rows; i++)
        if (c->row[i].n > *n) {
            *n = c->row[i].n;
            *p_min = c->row[i].p_flip_min;
        }
}
