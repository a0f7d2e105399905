/* augment_compute.c - means of groups and their differences. */
#include "data/augment_compute.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/row_feed.h"

static const double DIFFERENCE_MIN = 0.25; /* up to here: noise, set to 0 */
static const double DIFFERENCE_MAX = 1.5;

/* Cells whose rows are taken at once where they are not in memory. */
enum { BATCH_CELLS = 1024 };

struct means {
    const struct augment_plan *p;
    const struct dataset *ds;
    size_t first;           /* group of row 0 */
    double *mean;           /* (most_groups, G) owned; by place of the gene */
    struct row_batch batch; /* cells of the plan from batch_at on */
    size_t batch_at;
};

/* Add the cells of a group that are in the batch. */
static void
add_group(void *ctx, size_t task, size_t thread)
{
    struct means *m = ctx;
    const struct augment_group *group = &m->p->group[m->first + task];
    double *mean = m->mean + task * m->ds->x.n_cols;
    size_t end = m->batch_at + m->batch.n;
    size_t from = group->begin > m->batch_at ? group->begin : m->batch_at;

    (void)thread;
    for (size_t i = from; i < group->end && i < end; i++) {
        struct csr_row row = row_batch_at(&m->batch, i - m->batch_at);

        for (size_t k = 0; k < row.n; k++)
            mean[row.index[k]] += (double)csr_value(&row, k);
    }
}

/* Sums of the groups [first, first + n), whose cells lie together in the plan. */
static enum err
add_cells(struct means *m, size_t n, struct pool *pool, struct errbuf *eb)
{
    const struct augment_group *group = &m->p->group[m->first];
    struct row_list list = {
        .cell = m->p->cell, .from = group[0].begin, .n = group[n - 1].end};
    struct row_feed feed;
    size_t all = list.n - list.from;
    enum err e =
        row_feed_open(&feed, m->ds, &list, m->ds->stream ? BATCH_CELLS : all, pool, eb);

    if (e)
        return e;
    m->batch_at = list.from;
    while (!(e = row_feed_next(&feed, &m->batch, eb)) && m->batch.n) {
        pool_run(pool, n, add_group, m);
        m->batch_at += m->batch.n;
    }
    row_feed_close(&feed);
    return e;
}

static void
difference(const struct means *m, const struct augment_pair *pair, float *out)
{
    const struct gene_order *order = &m->ds->x.order;
    size_t G = m->ds->x.n_cols;
    const double *a = m->mean + (pair->first - m->first) * G;
    const double *b = m->mean + (pair->second - m->first) * G;

    for (size_t g = 0; g < G; g++) {
        double d = a[g] - b[g], size = fabs(d);

        if (size <= DIFFERENCE_MIN)
            d = 0;
        else if (size > DIFFERENCE_MAX)
            d = copysign(DIFFERENCE_MAX, d);
        out[gene_at(order, g)] = (float)d;
    }
}

/* Means of the groups of the class whose first pair is `pair`. */
static enum err
load_class(struct means *m, size_t pair, struct pool *pool, struct errbuf *eb)
{
    const struct augment_plan *p = m->p;
    int32_t y = p->group[p->pair[pair].first].y;
    size_t end, G = m->ds->x.n_cols;

    while (p->group[m->first].y != y)
        m->first++;
    for (end = m->first; end < p->n_groups && p->group[end].y == y;)
        end++;
    assert(end - m->first <= p->most_groups);
    memset(m->mean, 0, (end - m->first) * G * sizeof *m->mean);
    enum err e = add_cells(m, end - m->first, pool, eb);

    for (size_t i = m->first; !e && i < end; i++) {
        double n = (double)(p->group[i].end - p->group[i].begin);

        for (size_t g = 0; g < G; g++)
            m->mean[(i - m->first) * G + g] /= n;
    }
    return e;
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

        if (y_i != y && (e = load_class(m, i, pool, eb)))
            break;
        y = y_i;
        difference(m, &p->pair[i], dense);
        e = augment_append(a, i, dense, eb);
    }
    return e;
}

enum err
augment_compute(struct augment *aug, const struct augment_plan *p,
                const struct dataset *ds, struct pool *pool, struct errbuf *eb)
{
    size_t G = ds->x.n_cols;
    struct means m = {.p = p, .ds = ds};
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
