/* trainer_report.c - metric rows, progress and checkpoints on their way to the sink. */
#include "engine/trainer.h"

#include <assert.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/classifier.h"

enum { POINTS_MAX = METRIC_COUNT };

struct points {
    struct metric_point p[POINTS_MAX];
    size_t n;
    int64_t step, epoch;
    double wall_s;
};

static struct points
points_of(const struct trainer *t)
{
    return (struct points){
        .step = t->state.step, .epoch = t->state.epoch, .wall_s = trainer_wall_s(t)};
}

static void
add(struct points *ps, enum metric_id metric, double value)
{
    assert(ps->n < POINTS_MAX);
    ps->p[ps->n++] =
        (struct metric_point){metric, ps->step, ps->epoch, ps->wall_s, value};
}

double
trainer_wall_s(const struct trainer *t)
{
    return clock_mono_s() - t->start_s;
}

/* Resident memory of this process in bytes, or NaN where /proc does not say. */
static double
rss_bytes(void)
{
    char text[128], *end;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return NAN;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return NAN;
    text[n] = '\0';
    (void)strtoul(text, &end, 10); /* total size; resident pages follow */
    return (double)strtoul(end, NULL, 10) * (double)sysconf(_SC_PAGESIZE);
}

void
trainer_count(const struct class_set *classes, struct f1_counts *f,
              const int32_t *y_all, const uint32_t *cell, const int32_t *predicted,
              size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int32_t y = y_all[cell[i]], p = predicted[i];

        f1_count(f, y, classes->R[(size_t)y * classes->C + (size_t)p] > 0 ? y : p);
    }
}

/* Cells per second since the last row. */
static double
rate_since_row(struct trainer *t)
{
    double now = clock_mono_s(), span = now - t->row_s;
    double cells = (double)(t->state.step - t->row_step) * (double)t->batch_size;

    t->row_s = now;
    t->row_step = t->state.step;
    return span > 0 ? cells / span : (double)NAN;
}

enum err
trainer_report_step(struct trainer *t, const struct sink *sink,
                    const struct learner_result *r, double lr, struct errbuf *eb)
{
    struct points ps = points_of(t);
    const uint32_t *cell = t->learner.pass.cells.cell;

    f1_counts_reset(&t->counts);
    trainer_count(&t->rd->classes, &t->counts, t->rd->y, cell,
                  t->learner.pass.predicted, t->batch_size);
    struct f1_average a = f1_average(&t->counts);

    add(&ps, METRIC_train_loss, r->loss);
    add(&ps, METRIC_train_f1_macro_step, a.macro.f1);
    add(&ps, METRIC_train_f1_micro_step, a.f1_micro);
    add(&ps, METRIC_lr, lr);
    add(&ps, METRIC_grad_norm, r->grad_norm);
    add(&ps, METRIC_cells_per_s, rate_since_row(t));
    add(&ps, METRIC_rss_bytes, rss_bytes());
    return sink->metrics(sink->ctx, ps.p, ps.n, eb);
}

enum err
trainer_report_nonfinite(struct trainer *t, const struct sink *sink,
                         const struct learner_result *r, double lr, struct errbuf *eb)
{
    struct points ps = points_of(t);

    ps.step++; /* the step that was not done */
    add(&ps, METRIC_train_loss, r->loss);
    add(&ps, METRIC_lr, lr);
    add(&ps, METRIC_grad_norm, r->grad_norm);
    enum err e = sink->metrics(sink->ctx, ps.p, ps.n, eb);
    if (e || (e = trainer_save_best(t, sink, eb)))
        return e;
    return err_set(
        eb, ERR_NONFINITE,
        "training loss %g, gradient norm %g at step %lld (epoch %lld): not "
        "finite; try a learning_rate below %g, or look for extreme values in "
        "the data",
        r->loss, r->grad_norm, (long long)ps.step, (long long)ps.epoch, lr);
}

/* One line about the epoch, unless there are many and the last one is fresh. */
static void
log_epoch(struct trainer *t, const struct sink *sink, double val_loss,
          const struct f1_average *val)
{
    double now = clock_mono_s();
    char scores[96] = "", rate[48] = "";

    if (t->n_lines >= LINES_EACH && now - t->line_s < LINE_EVERY_S)
        return;
    t->line_s = now;
    t->n_lines++;
    if (val)
        snprintf(scores, sizeof scores, ", val loss %.4g, val F1 %.4f", val_loss,
                 val->macro.f1);
    if (t->rate > 0)
        snprintf(rate, sizeof rate, ", %.0f cells/s", t->rate);
    log_line(&sink->log, LOG_INFO, "epoch %lld (%lld/%lld done): train loss %.4g%s%s",
             (long long)t->state.epoch, (long long)t->state.epoch + 1,
             (long long)t->spec->max_epochs, t->loss, scores, rate);
}

enum err
trainer_report_epoch(struct trainer *t, const struct sink *sink, double val_loss,
                     const struct f1_average *val, struct errbuf *eb)
{
    struct points ps = points_of(t);
    struct f1_average a = f1_average(&t->state.epoch_counts);

    add(&ps, METRIC_train_f1_macro_epoch, a.macro.f1);
    add(&ps, METRIC_train_f1_micro_epoch, a.f1_micro);
    if (val) {
        add(&ps, METRIC_val_loss, val_loss);
        add(&ps, METRIC_val_f1_macro, val->macro.f1);
        add(&ps, METRIC_val_f1_micro, val->f1_micro);
    }
    log_epoch(t, sink, val_loss, val);
    return sink->metrics(sink->ctx, ps.p, ps.n, eb);
}

enum err
trainer_report_progress(struct trainer *t, const struct sink *sink, bool *stop,
                        struct errbuf *eb)
{
    int64_t done = t->state.step - t->run_step;
    int64_t all = t->steps_per_epoch * t->spec->max_epochs;
    double span = clock_mono_s() - t->run_s;
    struct train_progress p = {.step = t->state.step,
                               .epoch = t->state.epoch,
                               .steps_per_epoch = t->steps_per_epoch,
                               .max_epochs = t->spec->max_epochs,
                               .cells_per_s = t->rate,
                               .eta_s = NAN};

    if (done > 0)
        p.eta_s = (double)(all - t->state.step) * span / (double)done;
    *stop = false;
    return sink->progress(sink->ctx, &p, stop, eb);
}

/* Tell the sink of a checkpoint whose bytes are w, and of its weights. */
static enum err
send(const struct sink *sink, struct checkpoint *cp, const struct wire_out *w,
     struct errbuf *eb)
{
    cp->piece = w->piece;
    cp->n_pieces = w->n_pieces;
    return sink->checkpoint(sink->ctx, cp, eb);
}

enum err
trainer_save_state(struct trainer *t, const struct sink *sink, struct errbuf *eb)
{
    double begin = clock_mono_s();
    struct piece piece[WIRE_PIECES];
    struct wire_out w = {.p = t->fields, .cap = t->fields_cap, .piece = piece};
    struct checkpoint cp = {.kind = CHECKPOINT_STATE,
                            .epoch = t->state.epoch,
                            .step = t->state.step,
                            .score = NAN};
    enum err e = trainer_save_best(t, sink, eb);

    if (e)
        return e;
    t->state.wall_s = trainer_wall_s(t);
    trainer_state_put(&w, t);
    e = send(sink, &cp, &w, eb);
    t->saved_s = clock_mono_s();
    t->save_cost_s = t->saved_s - begin;
    return e;
}

/* Store a model of these parameters; sha256 out. */
static enum err
save_model(struct trainer *t, const struct sink *sink, struct checkpoint *cp,
           const float *value, char sha256[DIGEST_HEX], struct errbuf *eb)
{
    const struct model *m = t->learner.model;
    float *exported = t->exported ? t->exported : t->learner.grad;
    struct piece piece[WIRE_PIECES];
    struct wire_out w = {.p = t->fields, .cap = t->fields_cap, .piece = piece};

    model_export_from(m, value, exported);
    model_digest(m, exported, sha256);
    classifier_put(&w, m, exported);
    cp->weights_sha256 = sha256;
    enum err e = send(sink, cp, &w, eb);

    if (!t->exported) /* as the padding of the gradient is */
        memset(exported, 0, model_exported(m) * sizeof *exported);
    return e;
}

enum err
trainer_save_last(struct trainer *t, const struct sink *sink, double score,
                  struct errbuf *eb)
{
    struct trainer_state *s = &t->state;
    struct checkpoint cp = {
        .kind = CHECKPOINT_LAST, .epoch = s->epoch, .step = s->step, .score = score};

    return save_model(t, sink, &cp, t->learner.model->value, s->last_sha256, eb);
}

enum err
trainer_save_best(struct trainer *t, const struct sink *sink, struct errbuf *eb)
{
    struct trainer_state *s = &t->state;
    struct best_model *b = &t->waiting;
    struct checkpoint cp = {.kind = CHECKPOINT_BEST,
                            .epoch = b->at.epoch,
                            .step = b->step,
                            .score = b->at.score,
                            .keep_epoch = t->keep_epoch,
                            .n_keep = s->n_best};
    char sha256[DIGEST_HEX];

    if (!b->is_set)
        return ERR_OK;
    b->is_set = false;
    for (size_t i = 0; i < s->n_best; i++)
        t->keep_epoch[i] = s->best[i].epoch;
    enum err e = save_model(t, sink, &cp, b->value, sha256, eb);

    if (s->best[0].epoch == b->at.epoch)
        memcpy(s->best_sha256, sha256, sizeof sha256);
    return e;
}

static bool
is_among_best(const struct trainer_state *s, int64_t epoch)
{
    for (size_t i = 0; i < s->n_best; i++)
        if (s->best[i].epoch == epoch)
            return true;
    return false;
}

enum err
trainer_keep_best(struct trainer *t, const struct sink *sink, double score,
                  struct errbuf *eb)
{
    const struct trainer_state *s = &t->state;
    const struct model *m = t->learner.model;
    struct best_model *b = &t->waiting;

    if (b->is_set && is_among_best(s, b->at.epoch)) {
        enum err e = trainer_save_best(t, sink, eb);

        if (e)
            return e;
    }
    memcpy(b->value, m->value, m->n_values * sizeof *b->value);
    b->at = (struct best_epoch){s->epoch, score};
    b->step = s->step;
    b->is_set = true;
    return ERR_OK;
}
