/* learner.c - one optimiser step, and the validation loss. */
#include "engine/learner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static void
copy_padded(float *dst, const float *src, size_t C, size_t ld)
{
    for (size_t i = 0; i < C; i++)
        memcpy(dst + i * ld, src + i * C, C * sizeof *dst);
}

enum err
learner_init(struct learner *l, const struct learner_config *config, struct pool *pool,
             const struct kernels *k, struct errbuf *eb)
{
    size_t C = config->model.C, n;
    enum err e;

    *l = (struct learner){.loss = config->loss};
    if ((e = model_new(&l->model, &config->model, eb)))
        return e;
    n = l->model->n_trained;
    if ((e = pass_init(&l->pass, l->model, config->B_max, pool, k, eb)) ||
        (config->x &&
         (e = pass_expect(&l->pass, config->x, NULL, config->x->n_rows, eb))) ||
        (config->augment &&
         (e = pass_augment(&l->pass, config->augment, config->longest, eb))) ||
        (e = big_calloc(&l->R, C * l->model->ld, sizeof *l->R, "reachability", eb)) ||
        (e = big_calloc(&l->grad, n, sizeof *l->grad, "gradient", eb)) ||
        (e = big_calloc(&l->m, n, sizeof *l->m, "moments of the optimiser", eb)) ||
        (e = big_calloc(&l->v, n, sizeof *l->v, "moments of the optimiser", eb))) {
        learner_release(l);
        return e;
    }
    l->pass.seed = config->seed;
    copy_padded(l->R, config->R, C, l->model->ld);
    if (config->weight) {
        l->weight = xmalloc(C, sizeof *l->weight);
        memcpy(l->weight, config->weight, C * sizeof *l->weight);
    }
    l->norm_block = xcalloc(optim_norm_blocks(n), sizeof *l->norm_block);
    optim_init(&l->optim, config->learning_rate, config->weight_decay, config->clip);
    return ERR_OK;
}

void
learner_release(struct learner *l)
{
    model_free(l->model);
    pass_release(&l->pass);
    free(l->R);
    free(l->weight);
    free(l->grad);
    free(l->m);
    free(l->v);
    free(l->norm_block);
    *l = (struct learner){0};
}

/* Loss and dz of the batch whose logits are in the pass. */
static double
batch_loss(struct learner *l, const float *weight, bool corrected)
{
    struct pass *p = &l->pass;
    struct loss_args a = {.B = p->x.B,
                          .C = l->model->config.C,
                          .ld = l->model->ld,
                          .z = p->z,
                          .y = p->y,
                          .R = l->R,
                          .weight = weight,
                          .corrected = corrected,
                          .dz = p->dz,
                          .loss = p->loss,
                          .predicted = p->predicted};

    return loss_batch(p->pool, p->k, l->loss, &a) + p->extra_loss;
}

bool
learner_step(struct learner *l, const struct row_batch *cells, const int32_t *y_all,
             int64_t epoch, double lr, struct learner_result *result)
{
    struct pass *p = &l->pass;
    struct model *m = l->model;

    p->epoch = epoch;
    p->training = true;
    pass_load(p, cells, y_all);
    m->ops->forward(m, p);
    step_times_lap(p->times, STEP_FORWARD);
    result->loss = batch_loss(l, l->weight, false);
    step_times_lap(p->times, STEP_LOSS);
    p->known = (struct optim_known){0};
    m->ops->backward(m, p, l->grad);
    step_times_lap(p->times, STEP_BACKWARD);
    result->grad_norm =
        optim_norm(p->pool, p->k, l->grad, m->n_trained, &p->known, l->norm_block);
    step_times_lap(p->times, STEP_NORM);
    if (!isfinite(result->loss) || !isfinite(result->grad_norm))
        return false;
    l->optim.lr = lr;
    optim_step(p->pool, p->k, &l->optim, m->value, l->m, l->v, l->grad, m->n_trained,
               result->grad_norm);
    step_times_lap(p->times, STEP_OPTIMISER);
    return true;
}

enum err
learner_validate(struct learner *l, const struct dataset *ds, const int32_t *y_all,
                 const uint32_t *cell, size_t n, int32_t *predicted, double *loss,
                 struct errbuf *eb)
{
    struct pass *p = &l->pass;
    struct row_feed feed;
    struct row_batch b;
    double sum = 0;
    struct row_list list = {.cell = cell, .n = n};
    enum err e = row_feed_open(&feed, ds, &list, p->B_max, p->pool, eb);

    if (e)
        return e;
    p->training = false;
    while (!(e = row_feed_next(&feed, &b, eb)) && b.n) {
        if (!b.x && (e = pass_make_room(p, &b, eb)))
            break;
        pass_load(p, &b, y_all);
        l->model->ops->forward(l->model, p);
        sum += batch_loss(l, NULL, true) * (double)b.n;
        memcpy(predicted, p->predicted, b.n * sizeof *predicted);
        predicted += b.n;
    }
    row_feed_close(&feed);
    *loss = sum / (double)n;
    return e;
}
