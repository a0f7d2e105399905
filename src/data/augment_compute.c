/* augment_compute.c - means of groups and their differences. */
#include "data/augment_compute.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static const double DIFFERENCE_MIN = 0.25; /* up to here: noise, set to 0 */
static const double DIFFERENCE_MAX = 1.5;

struct means {
    const struct augment_plan *p;
    const struct csr *x;
    size_t first; /* group of row 0 */
    double *mean; /* (most_groups, G) owned */
};

static void
mean_of_group(void *ctx, size_t task, size_t thread)
{
    struct means *m = ctx;
    const struct augment_group *group = &m->p->group[m->first + task];
    const struct csr *x = m->x;
    double *mean = m->mean + task * x->n_cols, n = (double)(group->end - group->begin);

    (void)thread;
    memset(mean, 0, x->n_cols * sizeof *mean);
    for (uint32_t i = group->begin; i < group->end; i++) {
        struct csr_row row = csr_row(x, m->p->cell[i]);

        for (size_t k = 0; k < row.n; k++)
            mean[row.index[k]] += (double)csr_value(&row, k);
    }
    for (size_t g = 0; g < x->n_cols; g++)
        mean[g] /= n;
}

static void
difference(const struct means *m, const struct augment_pair *pair, float *out)
{
    size_t G = m->x->n_cols;
    const double *a = m->mean + (pair->first - m->first) * G;
    const double *b = m->mean + (pair->second - m->first) * G;

    for (size_t g = 0; g < G; g++) {
        double d = a[g] - b[g], size = fabs(d);

        if (size <= DIFFERENCE_MIN)
            d = 0;
        else if (size > DIFFERENCE_MAX)
            d = copysign(DIFFERENCE_MAX, d);
        out[g] = (float)d;
    }
}

/* Means of the groups of the class whose first pair is `pair`. */
static void
load_class(struct means *m, size_t pair, struct pool *pool)
{
    const struct augment_plan *p = m->p;
    int32_t y = p->group[p->pair[pair].first].y;
    size_t end;

    while (p->group[m->first].y != y)
        m->first++;
    for (end = m->first; end < p->n_groups && p->group[end].y == y;)
        end++;
    assert(end - m->first <= p->most_groups);
    pool_run(pool, end - m->first, mean_of_group, m);
}

static enum err
write_vectors(struct means *m, struct csr *a, float *dense, struct pool *pool,
              struct errbuf *eb)
{
    const struct augment_plan *p = m->p;
    int32_t y = -1; /* class whose means are loaded */
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < p->n_pairs; i++) {
        int32_t y_i = p->group[p->pair[i].first].y;

        if (y_i != y)
            load_class(m, i, pool);
        y = y_i;
        difference(m, &p->pair[i], dense);
        e = augment_append(a, i, dense, eb);
    }
    return e;
}

enum err
augment_compute(struct augment *aug, const struct augment_plan *p, const struct csr *x,
                struct pool *pool, struct errbuf *eb)
{
    size_t G = x->n_cols;
    struct means m = {.p = p, .x = x};
    struct csr a = {0};
    float *dense = xmalloc(G, sizeof *dense);
    enum err e = csr_init(&a, p->n_pairs, G, G, eb);

    *aug = (struct augment){0};
    if (!e)
        e = big_calloc(&m.mean, p->most_groups * G, sizeof *m.mean,
                       "mean expression of groups", eb);
    if (!e)
        e = write_vectors(&m, &a, dense, pool, eb);
    if (!e)
        augment_init(aug, &a);
    csr_release(&a);
    free(m.mean);
    free(dense);
    return e;
}
