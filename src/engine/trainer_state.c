/* trainer_state.c - a state checkpoint: all that a training goes on from. */
#include "engine/trainer.h"

#include <assert.h>
#include <string.h>

#include "engine/wire.h"

static const char magic[WIRE_MAGIC] = "HCELABST";
/* Version 1 had genes in the order of the data, version 2 another seal, and tensors when
 * training had ended. */
enum { VERSION = 3 };

static void
put_counts(struct wire_out *w, const struct f1_counts *f)
{
    for (size_t c = 0; c < f->C; c++) {
        wire_put_i64(w, f->hit[c]);
        wire_put_i64(w, f->predicted[c]);
        wire_put_i64(w, f->support[c]);
    }
}

static void
put_tensors(struct wire_out *w, const struct learner *l)
{
    size_t trained = l->model->n_trained * sizeof(float);

    wire_put_i64(w, l->optim.step);
    wire_lend(w, l->model->value, l->model->n_values * sizeof(float));
    wire_lend(w, l->m, trained);
    wire_lend(w, l->v, trained);
}

void
trainer_state_put(struct wire_out *w, const struct trainer *t)
{
    const struct trainer_state *s = &t->state;

    wire_open(w, magic, VERSION);
    wire_put_text(w, t->fingerprint);
    wire_put_i64(w, s->epoch);
    wire_put_i64(w, s->batch);
    wire_put_i64(w, s->step);
    wire_put_f64(w, s->wall_s);
    wire_put_i64(w, s->end);
    wire_put_i64(w, s->epochs_since_best);
    wire_put_i64(w, (int64_t)s->n_best);
    for (size_t i = 0; i < s->n_best; i++) {
        wire_put_i64(w, s->best[i].epoch);
        wire_put_f64(w, s->best[i].score);
    }
    wire_put_text(w, s->best_sha256);
    wire_put_text(w, s->last_sha256);
    put_counts(w, &s->epoch_counts);
    if (s->end == TRAIN_RUNNING)
        put_tensors(w, &t->learner);
    wire_seal(w);
}

static void
get_counts(struct wire_in *w, struct f1_counts *f)
{
    for (size_t c = 0; c < f->C; c++) {
        f->hit[c] = wire_get_i64(w);
        f->predicted[c] = wire_get_i64(w);
        f->support[c] = wire_get_i64(w);
    }
}

/* Position, clocks and lists. */
static void
get_scalars(struct wire_in *w, struct trainer *t)
{
    struct trainer_state *s = &t->state;

    s->epoch = wire_get_i64(w);
    s->batch = wire_get_i64(w);
    s->step = wire_get_i64(w);
    s->wall_s = wire_get_f64(w);
    s->end = (enum train_end)wire_get_i64(w);
    s->epochs_since_best = wire_get_i64(w);
    int64_t n_best = wire_get_i64(w);

    w->bad |= n_best < 0 || n_best > t->spec->save_top_k ||
              (unsigned)s->end >= TRAIN_END_COUNT || s->epoch < 0 || s->step < 0 ||
              s->batch < 0 || s->batch >= t->steps_per_epoch;
    s->n_best = w->bad ? 0 : (size_t)n_best;
    for (size_t i = 0; i < s->n_best; i++) {
        s->best[i].epoch = wire_get_i64(w);
        s->best[i].score = wire_get_f64(w);
    }
    wire_get_text(w, s->best_sha256, sizeof s->best_sha256);
    wire_get_text(w, s->last_sha256, sizeof s->last_sha256);
}

static void
get_tensors(struct wire_in *w, struct learner *l)
{
    size_t trained = l->model->n_trained * sizeof(float);

    l->optim.step = wire_get_i64(w);
    wire_get(w, l->model->value, l->model->n_values * sizeof(float));
    wire_get(w, l->m, trained);
    wire_get(w, l->v, trained);
}

enum err
trainer_resume(struct trainer *t, const void *data, size_t size, struct errbuf *eb)
{
    char fingerprint[DIGEST_HEX];
    struct wire_in w;
    enum err e = wire_check(&w, data, size, magic, VERSION, "state checkpoint", eb);

    if (e)
        return e;
    wire_get_text(&w, fingerprint, sizeof fingerprint);
    if (w.bad || strcmp(fingerprint, t->fingerprint) != 0)
        return err_set(eb, ERR_FORMAT,
                       "state checkpoint belongs to another run: model, "
                       "loss, seed, hyperparameters or data differ");

    /* The seal and the fingerprint hold: what follows has this run's shapes. */
    get_scalars(&w, t);
    get_counts(&w, &t->state.epoch_counts);
    if (w.version <= 2 || t->state.end == TRAIN_RUNNING)
        get_tensors(&w, &t->learner);
    if (w.bad || w.at != w.n)
        return err_set(eb, ERR_FORMAT,
                       "state checkpoint does not have the layout that its "
                       "version promises");
    t->order_epoch = -1;
    return ERR_OK;
}

int64_t
trainer_step(const struct trainer *t)
{
    return t->state.step;
}
