/* reference_noise.c - biases that feed a BatchNorm.
 *
 * A bias that feeds a BatchNorm has zero gradient: what rounding leaves of it, +-1e-8,
 * becomes steps of the size of the learning rate in AdamW, so that the bias and the
 * BatchNorm's running mean are noise in the published numbers themselves.  The noise
 * cancels everywhere but in evaluation mode.  Hence
 *   - the gradient must be <= 1e-6, the final bias is not compared;
 *   - the running mean is compared without the bias's share in it,
 *     share = sum over steps t of momentum (1 - momentum)^(T-1-t) b_t.  Ours is
 *     known.  Of the published b_t, the file knows b_0, b_1 (by its gradient) and b_T;
 *     those between are bounded by the steps that AdamW can make, and the nearest
 *     share within these bounds is taken;
 *   - outputs are compared with the published bias and running mean put in their
 *     place. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "tests/reference_trial.h"

void
trial_find_noise(struct trial *t, double momentum)
{
    const struct model *m = t->learner.model;

    t->momentum = momentum;
    t->noise = xcalloc(m->n_params, sizeof *t->noise);
    for (size_t i = 0; i < m->n_params; i++) {
        char mean[NAME];
        size_t module;
        int end = 0;

        if (sscanf(m->param[i].name, "encoder.%zu.bias%n", &module, &end) != 1 || !end)
            continue;
        snprintf(mean, sizeof mean, "encoder.%zu.running_mean", module + 1);
        const struct param *p = model_find_param(m, mean);
        if (p)
            t->noise[t->n_noise++] =
                (struct noise){&m->param[i], p, xcalloc(trial_size(p), sizeof(double))};
    }
}

const struct noise *
trial_noise_of(const struct trial *t, const struct param *p)
{
    for (size_t i = 0; i < t->n_noise; i++)
        if (t->noise[i].bias == p || t->noise[i].mean == p)
            return &t->noise[i];
    return NULL;
}

void
trial_follow_noise(struct trial *t)
{
    for (struct noise *n = t->noise; n < t->noise + t->n_noise; n++)
        for (size_t i = 0; i < trial_size(n->bias); i++)
            n->share[i] =
                (1 - t->momentum) * n->share[i] +
                t->momentum * (double)t->learner.model
                                  ->value[n->bias->offset + i * n->bias->stride[0]];
}

/* The longest step number s that AdamW can make, in learning rates: by Cauchy-Schwarz
 * over the weights of the two moments. */
static double
longest_step(const struct trial *t, size_t s)
{
    double sum = 0, w = (1 - t->beta1) / (1 - pow(t->beta1, (double)s));
    double u = (1 - t->beta2) / (1 - pow(t->beta2, (double)s));

    for (size_t i = 0; i < s; i++) {
        sum += w * w / u;
        w *= t->beta1;
        u *= t->beta2;
    }
    return sqrt(sum);
}

/* The published bias after the first step: its gradient is in the file. */
static double
first_step(const struct trial *t, double b, double grad)
{
    const struct learner_config *c = &t->config;
    double scale = c->clip > 0 ? fmin(1, c->clip / (t->grad_norm[0] + 1e-6)) : 1;
    double g = grad * scale;

    return b * (1 - c->learning_rate * c->weight_decay) -
           c->learning_rate * g / (fabs(g) + t->eps);
}

/* Bounds of a published bias at each step 0 .. n_steps - 1, from its first two values
 * and its last one. */
static void
bound_bias(const struct trial *t, double first, double second, double last, double *low,
           double *high)
{
    size_t T = t->r->n_steps;
    double lr = t->config.learning_rate, keep = 1 - lr * t->config.weight_decay;
    double low_end = last, high_end = last;

    low[0] = high[0] = first;
    for (size_t s = 1; s < T; s++) {
        double reach = s == 1 ? 0 : lr * longest_step(t, s);

        low[s] = (s == 1 ? second : keep * low[s - 1]) - reach;
        high[s] = (s == 1 ? second : keep * high[s - 1]) + reach;
    }
    for (size_t s = T; s-- > 2;) {
        double reach = lr * longest_step(t, s + 1);

        low_end = (low_end - reach) / keep;
        high_end = (high_end + reach) / keep;
        low[s] = fmax(low[s], low_end);
        high[s] = fmin(high[s], high_end);
    }
}

/* Distance of ours + share from the published running mean, with the share in its
 * bounds that is nearest. */
static double
mean_error(const struct trial *t, const double bias[3], double ours, double published)
{
    size_t T = t->r->n_steps;
    double *low = xcalloc(T, sizeof *low), *high = xcalloc(T, sizeof *high);
    double share_low = 0, share_high = 0, needed = published - ours;

    bound_bias(t, bias[0], bias[1], bias[2], low, high);
    for (size_t s = 0; s < T; s++) {
        share_low = (1 - t->momentum) * share_low + t->momentum * low[s];
        share_high = (1 - t->momentum) * share_high + t->momentum * high[s];
    }
    free(low);
    free(high);
    return needed < share_low ? share_low - needed : fmax(needed - share_high, 0);
}

void
trial_check_mean(struct trial *t, const struct noise *n, const float *value,
                 const float *expected)
{
    float *b_0 = trial_tensor(t, "init", n->bias);
    float *grad = trial_tensor(t, "grad_step0", n->bias);
    float *b_T = trial_tensor(t, "final", n->bias);
    double diff = 0, norm = 0;

    for (size_t i = 0; i < trial_size(n->mean); i++) {
        double bias[3] = {(double)b_0[i],
                          first_step(t, (double)b_0[i], (double)grad[i]),
                          (double)b_T[i]};

        diff += pow(
            mean_error(t, bias, (double)value[i] - n->share[i], (double)expected[i]),
            2);
        norm += pow((double)expected[i], 2);
    }
    trial_line(t, "final", n->mean, " without its bias", sqrt(diff / norm),
               REFERENCE_NORM);
    free(b_0);
    free(grad);
    free(b_T);
}

void
trial_take_noise(struct trial *t)
{
    struct model *m = t->learner.model;

    for (const struct noise *n = t->noise; n < t->noise + t->n_noise; n++) {
        float *bias = trial_tensor(t, "final", n->bias);
        float *mean = trial_tensor(t, "final", n->mean);

        param_import(n->bias, m->value, bias);
        param_import(n->mean, m->value, mean);
        free(bias);
        free(mean);
    }
}

void
trial_release_noise(struct trial *t)
{
    for (size_t i = 0; i < t->n_noise; i++)
        free(t->noise[i].share);
    free(t->noise);
}
