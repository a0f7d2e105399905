/* toy_run.c - a small atlas in memory, and a sink that remembers. */
#include "tests/toy_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "tests/support.h"

enum { GENES = 150, CLASSES = 7, DONORS = 5 };

static const char *const labels[CLASSES] = {"A", "A1", "A2", "B", "B1", "B2", "C"};
static const uint32_t ancestor[] = {0, 0, 3, 3};
static const uint32_t descendant[] = {1, 2, 4, 5};

/* The gene is on in cells of the class: its own block, or its ancestor's. */
static double
rate_of(size_t gene, size_t leaf)
{
    size_t group = leaf / 3;

    if (gene / 12 == leaf)
        return 0.7;
    return gene / 12 == 7 + group ? 0.6 : 0.15;
}

static void
fill_matrix(struct csr *x, const size_t *leaf, size_t n)
{
    struct rng r = rng_stream(7, RNG_SIMULATE, 1, 0);
    size_t at = 0;

    x->n_rows = n;
    x->n_cols = GENES;
    x->indptr = xcalloc(n + 1, sizeof *x->indptr);
    x->index = xcalloc(n * GENES, sizeof *x->index);
    x->value = xcalloc(n * GENES, sizeof *x->value);
    for (size_t i = 0; i < n; i++) {
        for (size_t g = 0; i > 0 && g < GENES; g++) { /* cell 0 is empty */
            uint64_t k = i * GENES + g;

            if (rng_uniform(&r, 2 * k) >= rate_of(g, leaf[i]))
                continue;
            x->index[at] = (uint16_t)g;
            x->value[at++] = (float)(0.5 + 3 * rng_uniform(&r, 2 * k + 1));
        }
        x->indptr[i + 1] = at;
    }
}

static void
add_column(struct dataset *ds, const char *name, const char *const *level,
           size_t n_levels, int missing_every)
{
    ds->col = xrealloc(ds->col, ds->n_cols + 1, sizeof *ds->col);
    struct obs_column *c = &ds->col[ds->n_cols++];

    *c = (struct obs_column){.name = xstrdup(name)};
    codes_take(&c->code, xcalloc(ds->n_cells, sizeof(int32_t)));
    for (size_t k = 0; k < n_levels; k++)
        strlist_add(&c->levels, level[k]);
    for (size_t i = 0; i < ds->n_cells; i++)
        codes_set(&c->code, i,
                  missing_every && i % (size_t)missing_every == 3
                      ? -1
                      : (int32_t)(i * 7 / 3 % n_levels));
}

static void
fill_labels(struct run_data *rd, const size_t *leaf, size_t n, size_t n_val,
            size_t n_test)
{
    static const size_t finest[5] = {1, 2, 4, 5, 6};
    struct rng r = rng_stream(7, RNG_SIMULATE, 2, 0);

    rd->y = xcalloc(n, sizeof *rd->y);
    rd->part = xcalloc(n, sizeof *rd->part);
    for (size_t i = 0; i < n; i++) {
        size_t y = leaf[i];

        if (y != finest[4] && rng_uniform(&r, i) < 0.3)
            y = y < 3 ? 0 : 3;
        rd->y[i] = (int32_t)y;
        rd->part[i] = i >= n - n_val            ? PART_VAL
                      : i >= n - n_val - n_test ? PART_TEST
                                                : PART_TRAIN;
        rd->n_part[rd->part[i]]++;
    }
}

static void
fill_eval(struct run_data *rd)
{
    struct eval_cells *ec = xcalloc(1, sizeof *ec);

    ec->name = xstrdup("id");
    ec->ds = &rd->ds;
    ec->cell = xcalloc(rd->n_part[PART_TEST], sizeof *ec->cell);
    ec->y = xcalloc(rd->n_part[PART_TEST], sizeof *ec->y);
    for (size_t i = 0; i < rd->ds.n_cells; i++) {
        if (rd->part[i] != PART_TEST)
            continue;
        ec->cell[ec->n] = (uint32_t)i;
        ec->y[ec->n++] = rd->y[i];
    }
    snprintf(ec->digest, sizeof ec->digest, "%064d", 4);
    rd->eval = ec;
    rd->n_evals = 1;
}

void
toy_run_init(struct run_data *rd, size_t n, size_t n_val, size_t n_test)
{
    static const size_t finest[5] = {1, 2, 4, 5, 6};
    static const char *const donor[DONORS] = {"d0", "d1", "d2", "d3", "d4"};
    static const char *const tissue[2] = {"blood", "lung"};
    struct strlist name = {0}, term = {0};
    size_t *leaf = xcalloc(n, sizeof *leaf);
    struct rng r = rng_stream(7, RNG_SIMULATE, 3, 0);

    *rd = (struct run_data){0};
    for (size_t i = 0; i < n; i++)
        leaf[i] = finest[rng_below(&r, i, 5)];
    for (size_t c = 0; c < CLASSES; c++) {
        strlist_add(&name, labels[c]);
        strlist_add(&term, "");
    }
    class_set_restore(&rd->classes, &name, &term, ancestor, descendant,
                      sizeof ancestor / sizeof ancestor[0]);
    rd->ds.n_cells = n;
    fill_matrix(&rd->ds.x, leaf, n);
    add_column(&rd->ds, "donor_id", donor, DONORS, 10);
    add_column(&rd->ds, "tissue", tissue, 2, 0);
    strlist_add(&rd->facets, "tissue");
    strlist_add(&rd->facets, "donor_id");
    fill_labels(rd, leaf, n, n_val, n_test);
    fill_eval(rd);
    snprintf(rd->data_digest, sizeof rd->data_digest, "%064d", 1);
    snprintf(rd->split_digest, sizeof rd->split_digest, "%064d", 2);
    strlist_release(&name);
    strlist_release(&term);
    free(leaf);
}

void
toy_run_release(struct run_data *rd)
{
    dataset_release(&rd->ds);
    class_set_release(&rd->classes);
    strlist_release(&rd->facets);
    free(rd->y);
    free(rd->part);
    free(rd->eval->name);
    free(rd->eval->cell);
    free(rd->eval->y);
    free(rd->eval);
    *rd = (struct run_data){0};
}

void
toy_spec_init(struct spec *s, const char *loss, const char *const *hyper)
{
    struct errbuf eb;

    spec_init(s);
    assert_int_equal(spec_set(s, SPEC_ID_loss, loss, &eb), ERR_OK);
    for (; *hyper; hyper++)
        assert_int_equal(spec_set_hyper(s, *hyper, &eb), ERR_OK);
    assert_int_equal(spec_resolve(s, &eb), ERR_OK);
}

static enum err
on_metrics(void *ctx, const struct metric_point *p, size_t n, struct errbuf *eb)
{
    struct toy_sink *ts = ctx;

    (void)eb;
    ts->point = grow(ts->point, &ts->point_cap, ts->n_points + n, sizeof *ts->point);
    memcpy(ts->point + ts->n_points, p, n * sizeof *p);
    ts->n_points += n;
    return ERR_OK;
}

static void
keep_bytes(void **dst, size_t *size, const struct checkpoint *cp)
{
    free(*dst);
    *size = pieces_size(cp->piece, cp->n_pieces);
    *dst = xmalloc(*size, 1);
    const void *bytes = pieces_at(cp->piece, cp->n_pieces, 0, *dst, *size);
    if (bytes != *dst)
        memcpy(*dst, bytes, *size);
}

static enum err
on_checkpoint(void *ctx, const struct checkpoint *cp, struct errbuf *eb)
{
    struct toy_sink *ts = ctx;

    (void)eb;
    switch (cp->kind) {
    case CHECKPOINT_STATE:
        keep_bytes(&ts->state, &ts->state_size, cp);
        ts->state_step = cp->step;
        ts->n_states++;
        ts->best_before_state = ts->best_step > 0;
        break;
    case CHECKPOINT_BEST:
        keep_bytes(&ts->best, &ts->best_size, cp);
        ts->best_epoch = cp->epoch;
        ts->best_step = cp->step;
        ts->best_before_state = false;
        memcpy(ts->best_sha256, cp->weights_sha256, DIGEST_HEX);
        ts->n_keep = cp->n_keep;
        memcpy(ts->keep, cp->keep_epoch, cp->n_keep * sizeof *ts->keep);
        ts->n_best++;
        break;
    case CHECKPOINT_LAST: keep_bytes(&ts->last, &ts->last_size, cp); break;
    }
    return ERR_OK;
}

static enum err
on_evaluation(void *ctx, const struct evaluation_result *r, struct errbuf *eb)
{
    struct toy_sink *ts = ctx;

    (void)eb;
    if (ts->on_evaluation)
        ts->on_evaluation(ts->evaluation_ctx, r);
    return ERR_OK;
}

static enum err
on_progress(void *ctx, const struct train_progress *p, bool *stop, struct errbuf *eb)
{
    struct toy_sink *ts = ctx;

    (void)eb;
    *stop = ts->stop_at > 0 && p->step >= ts->stop_at;
    return ERR_OK;
}

void
toy_sink_init(struct toy_sink *ts)
{
    *ts = (struct toy_sink){.sink = {.metrics = on_metrics,
                                     .checkpoint = on_checkpoint,
                                     .evaluation = on_evaluation,
                                     .progress = on_progress}};
    ts->sink.ctx = ts;
}

void
toy_sink_release(struct toy_sink *ts)
{
    free(ts->point);
    free(ts->state);
    free(ts->last);
    free(ts->best);
    *ts = (struct toy_sink){0};
}

void
toy_train(const struct spec *s, const struct run_data *rd, size_t threads,
          struct toy_sink *ts, struct train_result *r)
{
    struct trainer *t;
    struct errbuf eb;

    toy_sink_init(ts);
    assert_int_equal(trainer_new(&t, s, rd, threads, &eb), ERR_OK);
    assert_int_equal(trainer_run(t, &ts->sink, r, &eb), ERR_OK);
    trainer_free(t);
}

void
toy_train_interrupted(const struct spec *s, const struct run_data *rd, int64_t stop,
                      size_t threads, struct toy_sink *ts, struct train_result *r)
{
    struct trainer *t;
    struct errbuf eb;

    toy_sink_init(ts);
    ts->stop_at = stop;
    assert_int_equal(trainer_new(&t, s, rd, 1, &eb), ERR_OK);
    assert_int_equal(trainer_run(t, &ts->sink, r, &eb), ERR_STOPPED);
    assert_int_equal(ts->state_step, stop);
    trainer_free(t);

    ts->stop_at = 0;
    toy_sink_cut(ts, ts->state_step);
    assert_int_equal(trainer_new(&t, s, rd, threads, &eb), ERR_OK);
    assert_int_equal(trainer_resume(t, ts->state, ts->state_size, &eb), ERR_OK);
    assert_int_equal(trainer_step(t), stop);
    assert_int_equal(trainer_run(t, &ts->sink, r, &eb), ERR_OK);
    trainer_free(t);
}

void
toy_sink_cut(struct toy_sink *ts, int64_t step)
{
    size_t n = 0;

    for (size_t i = 0; i < ts->n_points; i++)
        if (ts->point[i].step <= step)
            ts->point[n++] = ts->point[i];
    ts->n_points = n;
}

void
toy_sink_same_rows(const struct toy_sink *a, const struct toy_sink *b)
{
    assert_int_equal(a->n_points, b->n_points);
    for (size_t i = 0; i < a->n_points; i++) {
        const struct metric_point *p = &a->point[i], *q = &b->point[i];

        assert_int_equal(p->metric, q->metric);
        assert_int_equal(p->step, q->step);
        assert_int_equal(p->epoch, q->epoch);
        if (!metric_info(p->metric)->is_rate)
            assert_memory_equal(&p->value, &q->value, sizeof p->value);
    }
}
