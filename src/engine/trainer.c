/* trainer.c - the training loop: epochs, steps, validation, stopping. */
#include "engine/trainer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "engine/classifier.h"
#include "engine/platform.h"

static const char *const end_reasons[TRAIN_END_COUNT] = {
    [TRAIN_RUNNING] = "",
    [TRAIN_MAX_EPOCHS] = "max_epochs",
    [TRAIN_EARLY_STOPPING] = "early_stopping",
};

static const enum loss_kind loss_kinds[LOSS_COUNT] = {
    [LOSS_ce] = LOSS_KIND_CE,
    [LOSS_hce] = LOSS_KIND_HCE,
};

/* --- making a trainer --- */

/* Cells of a batch: all of them if they are fewer than asked for. */
static size_t
batch_of(const struct spec *spec, size_t n_train)
{
    size_t B = (size_t)spec->batch_size;

    return n_train < B ? n_train : B;
}

enum err
trainer_check(const struct spec *spec, size_t n_train, struct errbuf *eb)
{
    struct model_config config;
    const struct model_ops *ops = model_ops((enum model_id)spec->model);

    model_config_init(&config, spec, 0, 0);
    return ops->check_batch ? ops->check_batch(&config, batch_of(spec, n_train), eb)
                            : ERR_OK;
}

uint64_t
trainer_memory_bytes(const struct spec *spec, size_t n_train, size_t n_genes,
                     size_t n_classes, uint64_t nnz)
{
    struct model_config config;

    model_config_init(&config, spec, n_genes, n_classes);
    return model_training_bytes(&config, batch_of(spec, n_train),
                                n_train > 0 ? nnz / n_train + 1 : 0);
}

static enum err
check_data(const struct run_data *rd, const struct spec *spec, struct errbuf *eb)
{
    if (rd->n_part[PART_TRAIN] == 0)
        return err_set(eb, ERR_ARG, "no cells to train on: the training part is empty");
    if (rd->classes.C < 2)
        return err_set(eb, ERR_ARG,
                       "%zu class in the data: a classifier needs at least 2",
                       rd->classes.C);
    if (rd->ds.x.n_cols == 0 || rd->ds.x.n_cols > GENES_MAX)
        return err_set(eb, ERR_ARG, "%zu genes in the data: must be 1 to %d",
                       rd->ds.x.n_cols, GENES_MAX);
    return trainer_check(spec, rd->n_part[PART_TRAIN], eb);
}

/* *cell = indices of the cells of a part, ascending. */
static enum err
cells_of(const struct run_data *rd, enum part part, uint32_t **cell, struct errbuf *eb)
{
    size_t n = 0;
    enum err e = big_calloc(cell, rd->n_part[part], sizeof **cell, "cells", eb);

    for (size_t i = 0; e == ERR_OK && i < rd->ds.n_cells; i++)
        if (rd->part[i] == part)
            (*cell)[n++] = (uint32_t)i;
    assert(e != ERR_OK || n == rd->n_part[part]);
    return e;
}

/* weight (C): n / (k n_c) over the training cells, k classes present; absent ones
 * weigh 1. */
static void
balanced_weights(const struct run_data *rd, float *weight)
{
    size_t C = rd->classes.C, k = 0;
    size_t *count = xcalloc(C, sizeof *count);

    for (size_t i = 0; i < rd->ds.n_cells; i++)
        if (rd->part[i] == PART_TRAIN)
            count[rd->y[i]]++;
    for (size_t c = 0; c < C; c++)
        k += count[c] > 0;
    for (size_t c = 0; c < C; c++)
        weight[c] = count[c] > 0 ? (float)((double)rd->n_part[PART_TRAIN] /
                                           ((double)k * (double)count[c]))
                                 : 1.0f;
    free(count);
}

static void
fingerprint(const struct spec *spec, const struct run_data *rd, char hex[DIGEST_HEX])
{
    char pair_key[DIGEST_HEX];
    struct digest d;

    spec_pair_key(spec, rd->data_digest, rd->split_digest, rd->classes.digest,
                  pair_key);
    digest_init(&d);
    digest_adds(&d, pair_key);
    digest_adds(&d, loss_name((enum loss_id)spec->loss));
    digest_addu(&d, (uint64_t)spec->seed);
    digest_addu(&d, rd->n_part[PART_TRAIN]);
    digest_addu(&d, rd->ds.x.n_cols);
    digest_addu(&d, rd->classes.C);
    if (dataset_is_copy(
            &rd->ds)) /* the order is not that of what has this digest, too */
        digest_adds(&d, "packed");
    digest_final(&d, hex);
}

/* Values of the longest training cell; 0 where they are not in memory. */
static size_t
longest_cell(const struct run_data *rd)
{
    const uint64_t *from = rd->ds.x.indptr;
    uint64_t n = 0;

    for (size_t i = 0; i < rd->ds.x.n_rows; i++)
        if (rd->part[i] == PART_TRAIN && from[i + 1] - from[i] > n)
            n = from[i + 1] - from[i];
    return (size_t)n;
}

static enum err
make_learner(struct trainer *t, struct errbuf *eb)
{
    const struct spec *s = t->spec;
    const struct class_set *classes = &t->rd->classes;
    float *weight = xmalloc(classes->C, sizeof *weight);
    struct learner_config config = {
        .loss = loss_kinds[s->loss],
        .R = classes->R,
        .learning_rate = s->learning_rate,
        .weight_decay = s->weight_decay,
        .clip = s->gradient_clip_val,
        .seed = (uint64_t)s->seed,
        .B_max = t->batch_size,
        .x = t->rd->ds.stream ? NULL : &t->rd->ds.x,
        .augment = t->rd->augment,
        .longest = t->rd->augment ? longest_cell(t->rd) : 0,
    };

    model_config_init(&config.model, s, t->rd->ds.x.n_cols, classes->C);
    config.model.order = &t->rd->ds.x.order;
    if (s->class_weights == CLASS_WEIGHTS_BALANCED) {
        balanced_weights(t->rd, weight);
        config.weight = weight;
    }
    enum err e = learner_init(&t->learner, &config, t->pool, platform_kernels(), eb);
    free(weight);
    if (e)
        return e;
    t->learner.model->ops->init(t->learner.model, (uint64_t)s->seed);
    return ERR_OK;
}

/* Room for what a checkpoint is beside tensors.  Lists and digests grow while training. */
static size_t
fields_bytes(const struct trainer *t)
{
    struct piece piece[WIRE_PIECES];
    struct wire_out state = {.piece = piece}, model = {.piece = piece};

    trainer_state_put(&state, t);
    classifier_put(&model, t->learner.model, NULL);
    state.n += (size_t)t->spec->save_top_k * sizeof *t->state.best + 2 * DIGEST_HEX;
    return state.n > model.n ? state.n : model.n;
}

static enum err
make_scratch(struct trainer *t, struct errbuf *eb)
{
    const struct model *m = t->learner.model;
    size_t top_k = (size_t)t->spec->save_top_k, C = t->rd->classes.C;
    enum err e = ERR_OK;

    f1_counts_init(&t->counts, C);
    f1_counts_init(&t->state.epoch_counts, C);
    t->state.best = xcalloc(top_k, sizeof *t->state.best);
    t->keep_epoch = xcalloc(top_k, sizeof *t->keep_epoch);
    t->fields_cap = fields_bytes(t);
    t->fields = xmalloc(t->fields_cap, 1);
    if (t->rd->n_part[PART_VAL] > 0 &&
        (e = big_calloc(&t->waiting.value, m->n_values, sizeof *t->waiting.value,
                        "the best epoch's parameters", eb)))
        return e;
    if (model_exported(m) <= m->n_trained)
        return ERR_OK;
    return big_calloc(&t->exported, model_exported(m), sizeof *t->exported,
                      "a checkpoint's parameters", eb);
}

bool
train_in_blocks(const struct spec *spec, const struct dataset *ds)
{
    return spec->shuffle == SHUFFLE_BLOCKS ||
           (spec->shuffle == SHUFFLE_AUTO && ds->is_packed);
}

enum err
trainer_new(struct trainer **out, const struct spec *spec, const struct run_data *rd,
            size_t threads, struct errbuf *eb)
{
    struct trainer *t;
    enum err e = check_data(rd, spec, eb);

    *out = NULL;
    if (e)
        return e;
    size_t n = rd->n_part[PART_TRAIN];

    t = xcalloc(1, sizeof *t);
    t->spec = spec;
    t->rd = rd;
    t->pool = pool_new(threads);
    t->batch_size = batch_of(spec, n);
    t->steps_per_epoch = (int64_t)(n / t->batch_size);
    t->order_epoch = -1;
    fingerprint(spec, rd, t->fingerprint);
    if ((e = make_learner(t, eb)) || (e = make_scratch(t, eb)) ||
        (e = cells_of(rd, PART_TRAIN, &t->train_cell, eb)) ||
        (e = cells_of(rd, PART_VAL, &t->val_cell, eb)) ||
        (e = big_calloc(&t->order, n, sizeof *t->order, "the order of cells", eb)) ||
        (e = cell_order_init(&t->cells, &rd->ds, t->train_cell, n,
                             train_in_blocks(spec, &rd->ds), eb)) ||
        (e = big_calloc(&t->val_predicted, rd->n_part[PART_VAL],
                        sizeof *t->val_predicted, "predictions", eb))) {
        trainer_free(t);
        return e;
    }
    *out = t;
    return ERR_OK;
}

void
trainer_free(struct trainer *t)
{
    if (!t)
        return;
    row_feed_close(&t->feed);
    cell_order_release(&t->cells);
    learner_release(&t->learner);
    f1_counts_release(&t->counts);
    f1_counts_release(&t->state.epoch_counts);
    pool_free(t->pool);
    free(t->state.best);
    free(t->keep_epoch);
    free(t->order);
    free(t->train_cell);
    free(t->val_cell);
    free(t->val_predicted);
    free(t->exported);
    free(t->fields);
    free(t->waiting.value);
    free(t);
}

/* --- one epoch --- */

/* StepLR: by repeated multiplication, the same bits everywhere. */
static double
learning_rate(const struct trainer *t)
{
    double lr = t->spec->learning_rate;

    for (int64_t i = t->state.epoch / t->spec->lr_scheduler_step_size; i > 0; i--)
        lr *= t->spec->lr_scheduler_gamma;
    return lr;
}

/* Bring t->order to the current epoch, and t->feed to its next batch. */
static enum err
shuffle(struct trainer *t, struct errbuf *eb)
{
    const struct trainer_state *s = &t->state;
    struct row_list list = {.cell = t->order,
                            .from = (size_t)s->batch * t->batch_size,
                            .n = (size_t)t->steps_per_epoch * t->batch_size};

    if (t->order_epoch == s->epoch)
        return ERR_OK;
    row_feed_close(&t->feed);
    cell_order_epoch(&t->cells, (uint64_t)t->spec->seed, (uint64_t)s->epoch, t->order);
    t->order_epoch = s->epoch;
    list.cut = t->cells.cut;
    list.n_cuts = t->cells.n_cuts;
    return row_feed_open(&t->feed, &t->rd->ds, &list, t->batch_size, t->pool, eb);
}

/* The next batch of the epoch; there is room for it. */
static enum err
next_batch(struct trainer *t, struct row_batch *b, struct errbuf *eb)
{
    enum err e = shuffle(t, eb);

    if (!e)
        e = row_feed_next(&t->feed, b, eb);
    if (e)
        return e;
    assert(b->n == t->batch_size);
    t->learner.pass.training = true;
    return b->x ? ERR_OK : pass_make_room(&t->learner.pass, b, eb);
}

static void
smooth_rate(struct trainer *t, double step_s)
{
    double rate = step_s > 0 ? (double)t->batch_size / step_s : 0;

    t->rate = t->rate > 0 ? 0.95 * t->rate + 0.05 * rate : rate;
}

/* One optimiser step with its metric rows. */
static enum err
train_step(struct trainer *t, const struct sink *sink, struct errbuf *eb)
{
    struct trainer_state *s = &t->state;
    double begin = clock_mono_s(), lr = learning_rate(t);
    struct learner_result r;
    struct row_batch b;
    enum err e = next_batch(t, &b, eb);

    if (e)
        return e;
    if (!learner_step(&t->learner, &b, t->rd->y, s->epoch, lr, &r))
        return trainer_report_nonfinite(t, sink, &r, lr, eb);
    trainer_count(&t->rd->classes, &s->epoch_counts, t->rd->y, b.cell,
                  t->learner.pass.predicted, t->batch_size);
    t->loss = r.loss;
    s->step++;
    s->batch++;
    smooth_rate(t, clock_mono_s() - begin);
    if (s->step % t->spec->log_every_n_steps != 0 && s->batch < t->steps_per_epoch)
        return ERR_OK;
    return trainer_report_step(t, sink, &r, lr, eb);
}

/* Put the epoch among the best k, sorted, the earlier first among equals.  True if it
 * has a place. */
static bool
rank_epoch(struct trainer_state *s, size_t top_k, double score)
{
    size_t at = s->n_best;

    while (at > 0 && score > s->best[at - 1].score)
        at--;
    if (at >= top_k)
        return false;
    if (s->n_best < top_k)
        s->n_best++;
    for (size_t i = s->n_best - 1; i > at; i--)
        s->best[i] = s->best[i - 1];
    s->best[at] = (struct best_epoch){s->epoch, score};
    return true;
}

static enum err
validate(struct trainer *t, const struct sink *sink, double *score, struct errbuf *eb)
{
    const struct run_data *rd = t->rd;
    size_t n = rd->n_part[PART_VAL];
    double loss;

    row_feed_close(&t->feed);
    enum err e = learner_validate(&t->learner, &rd->ds, rd->y, t->val_cell, n,
                                  t->val_predicted, &loss, eb);
    if (e)
        return e;
    f1_counts_reset(&t->counts);
    trainer_count(&rd->classes, &t->counts, rd->y, t->val_cell, t->val_predicted, n);
    struct f1_average a = f1_average(&t->counts);
    *score = a.macro.f1;
    return trainer_report_epoch(t, sink, loss, &a, eb);
}

/* After validation: best checkpoints and patience. */
static enum err
judge_epoch(struct trainer *t, const struct sink *sink, double score, struct errbuf *eb)
{
    struct trainer_state *s = &t->state;
    int64_t patience = t->spec->early_stopping_patience;
    enum err e = ERR_OK;

    if (rank_epoch(s, (size_t)t->spec->save_top_k, score))
        e = trainer_keep_best(t, sink, score, eb);
    s->epochs_since_best = s->best[0].epoch == s->epoch ? 0 : s->epochs_since_best + 1;
    if (patience > 0 && s->epochs_since_best >= patience)
        s->end = TRAIN_EARLY_STOPPING;
    return e;
}

static enum err
end_epoch(struct trainer *t, const struct sink *sink, struct errbuf *eb)
{
    struct trainer_state *s = &t->state;
    double score = NAN;
    enum err e;

    if (t->rd->n_part[PART_VAL] == 0) {
        e = trainer_report_epoch(t, sink, NAN, NULL, eb);
    } else if ((e = validate(t, sink, &score, eb)) == ERR_OK) {
        e = judge_epoch(t, sink, score, eb);
    }
    if (e)
        return e;
    if (s->end == TRAIN_RUNNING && s->epoch + 1 >= t->spec->max_epochs)
        s->end = TRAIN_MAX_EPOCHS;
    if (s->end != TRAIN_RUNNING && (e = trainer_save_last(t, sink, score, eb)))
        return e;
    s->epoch++;
    s->batch = 0;
    f1_counts_reset(&s->epoch_counts);
    return ERR_OK;
}

/* --- the loop --- */

/* Seconds of training until a state is worth its cost: half a per cent of the time goes
 * into states, but no more than a minute is lost with a process; where a state takes so
 * long that this would cost a per cent and more, a per cent.  Ten minutes is the limit: a
 * cost with a wait for a locked store in it says little. */
static double
state_pause_s(double cost_s)
{
    double limit = fmin(600, fmax(60, 110 * cost_s));

    return fmax(1, fmin(200 * cost_s, limit));
}

/* A state is due soon after the start. */
static bool
state_due(const struct trainer *t)
{
    if (t->save_cost_s < 0)
        return true;
    return clock_mono_s() - t->saved_s >= state_pause_s(t->save_cost_s);
}

static void
start_clocks(struct trainer *t)
{
    double now = clock_mono_s();

    t->start_s = now - t->state.wall_s;
    t->row_s = t->run_s = now;
    t->row_step = t->run_step = t->state.step;
    t->save_cost_s = -1;
    t->rate = 0;
    t->line_s = now;
    t->n_lines = 0;
}

static void
fill_result(const struct trainer *t, struct train_result *r)
{
    const struct trainer_state *s = &t->state;

    *r = (struct train_result){.epochs = s->epoch,
                               .steps = s->step,
                               .best_epoch = s->n_best > 0 ? s->best[0].epoch : -1,
                               .best_score =
                                   s->n_best > 0 ? s->best[0].score : (double)NAN,
                               .end_reason = end_reasons[s->end]};
    memcpy(r->weights_sha256, s->last_sha256, DIGEST_HEX);
    memcpy(r->best_weights_sha256, s->best_sha256, DIGEST_HEX);
}

enum err
trainer_run(struct trainer *t, const struct sink *sink, struct train_result *result,
            struct errbuf *eb)
{
    struct trainer_state *s = &t->state;
    enum err e;

    start_clocks(t);
    while (s->end == TRAIN_RUNNING) {
        bool stop;

        if ((e = train_step(t, sink, eb)) ||
            (e = trainer_report_progress(t, sink, &stop, eb)))
            return e;
        /* States are saved between epochs or inside one, never half-way through the
         * end of one: its rows and checkpoints then come exactly once more at most. */
        if (s->batch == t->steps_per_epoch && (e = end_epoch(t, sink, eb)))
            return e;
        if ((stop || s->end != TRAIN_RUNNING || state_due(t)) &&
            (e = trainer_save_state(t, sink, eb)))
            return e;
        if (stop && s->end == TRAIN_RUNNING)
            return err_set(eb, ERR_STOPPED, "stopped on request after step %lld",
                           (long long)s->step);
    }
    fill_result(t, result);
    return ERR_OK;
}
