/* reference_model.c - groups <model>_<loss>: three things that must match.
 *
 * Training: loss, gradient's norm and predictions of every step, and the gradients of
 * the first.  Final parameters and running statistics.  Outputs in evaluation mode.
 * Biases that feed a BatchNorm are compared otherwise: see reference_noise.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "num/batchnorm.h"
#include "tests/reference_trial.h"

static const double noise_gradient = 1e-6;

/* --- the group's name and attributes --- */

/* True if `word` is one of the words of a name, which '_' parts. */
static bool
has_word(const char *name, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = name; at; at = strchr(at, '_')) {
        at += *at == '_';
        if (strncmp(at, word, n) == 0 && (at[n] == '_' || at[n] == 0))
            return true;
    }
    return false;
}

static bool
read_name(struct trial *t)
{
    struct reference *r = t->r;
    struct model_config *m = &t->config.model;
    int model = 0, mask = 0;

    while (model < MODEL_COUNT && !has_word(r->group, model_name((enum model_id)model)))
        model++;
    if (model == MODEL_COUNT) {
        reference_fail(r, "group", "unknown model");
        return false;
    }
    m->id = (enum model_id)model;
    bool ce = has_word(r->group, "ce"), hce = has_word(r->group, "hce");
    if (ce == hce) {
        reference_fail(r, "group", "names no loss");
        return false;
    }
    t->config.loss = hce ? LOSS_KIND_HCE : LOSS_KIND_CE;
    if (!spec_applies(SPEC_ID_mask_type, m->id))
        return true;
    const char *name;
    while ((name = spec_choice(SPEC_ID_mask_type, (size_t)mask)) &&
           !has_word(r->group, name))
        mask++;
    m->mask_type = (size_t)mask;
    if (!name)
        reference_fail(r, "group", "names no mask");
    return name;
}

/* Attribute of a hyperparameter, within the range that spec.def gives it. */
static double
hyperparameter(struct reference *r, enum spec_id id, enum model_id model)
{
    const struct spec_item *item = spec_item(id);
    double x = item->min;

    if (!spec_applies(id, model))
        return 0;
    if (!reference_attribute(r, item->name, &x))
        reference_fail(r, item->name, "is missing from the attributes");
    else if (!(x >= item->min && x <= item->max))
        reference_fail(r, item->name, "is %g, allowed %g to %g", x, item->min,
                       item->max);
    return x;
}

static double
setting(struct reference *r, const char *name)
{
    double x = 0;

    if (!reference_attribute(r, name, &x))
        reference_fail(r, name, "is missing from the attributes");
    return x;
}

/* What the engine has built in. */
enum { BN_EPS, BN_MOMENTUM, INPUT_BN_MOMENTUM };

static const struct {
    const char *name;
    double value;
} constants[] = {
    [BN_EPS] = {"bn_eps", 1e-5},
    [BN_MOMENTUM] = {"bn_momentum", 0.1},
    [INPUT_BN_MOMENTUM] = {"input_bn_momentum", 0.01},
};

static const char *const settings[] = {"lr",    "weight_decay", "clip",
                                       "beta1", "beta2",        "eps"};

/* True if this checker knows what an attribute means. */
static bool
is_known(const char *name)
{
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++)
        if (strcmp(name, constants[i].name) == 0)
            return true;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (strcmp(name, settings[i]) == 0)
            return true;
#define ARCH(kind, id)                                                                 \
    if (strcmp(name, #id) == 0)                                                        \
        return true;
#include "engine/arch.def"
#undef ARCH
    return false;
}

static void
check_attributes(struct reference *r)
{
    struct strlist names = {0};
    double x;

    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++)
        if (reference_attribute(r, constants[i].name, &x))
            reference_exact(r, constants[i].name,
                            reference_relative(x, constants[i].value), 1e-12);
    if (reference_attribute(r, "dropout", &x))
        reference_exact(r, "dropout", x, 0);
    reference_attributes(r, &names);
    for (size_t i = 0; i < names.n; i++)
        if (!is_known(names.item[i]))
            reference_fail(r, names.item[i], "is an attribute of unknown meaning");
    strlist_release(&names);
}

/* False if the group is not one that can be trained. */
static bool
read_config(struct trial *t)
{
    struct reference *r = t->r;
    struct model_config *m = &t->config.model;
    size_t broken = r->n_broken;
    struct errbuf eb;

    *m = (struct model_config){.D = r->D, .C = r->C};
    if (!read_name(t))
        return false;
    size_t mask = m->mask_type;
#define ARCH(kind, id_)                                                                \
    if (SPEC_ID_##id_ != SPEC_ID_mask_type)                                            \
        m->id_ = (ARCH_##kind)hyperparameter(r, SPEC_ID_##id_, m->id);
#define ARCH_SIZE size_t
#define ARCH_REAL double
#include "engine/arch.def"
#undef ARCH
    m->mask_type = mask;
    t->config.learning_rate = setting(r, "lr");
    t->config.weight_decay = setting(r, "weight_decay");
    t->config.clip = setting(r, "clip");
    t->beta1 = setting(r, "beta1");
    t->beta2 = setting(r, "beta2");
    t->eps = setting(r, "eps");
    const struct model_ops *ops = model_ops(m->id);
    if (r->n_broken == broken && !model_config_is_possible(m))
        reference_fail(r, "group", "has attributes that make no model");
    if (ops->check_batch && ops->check_batch(m, r->B, &eb))
        reference_fail(r, "group", "%s", eb.text);
    return r->n_broken == broken;
}

/* --- tensors by name --- */

/* PyTorch lists a shared layer once per place that uses it; canonical = its first
 * name. */
static void
canonical(const char *name, char out[NAME])
{
    const char *at = strstr(name, ".shared.");
    size_t layer = 0;
    int end = 0;

    snprintf(out, NAME, "%s", name);
    if (!at)
        return;
    if (sscanf(at, ".shared.shared_layers.%zu.weight%n", &layer, &end) < 1)
        sscanf(at, ".shared.glu_layers.%zu.fc.weight%n", &layer, &end);
    if (end > 0 && at[end] == 0)
        snprintf(out, NAME, "encoder.initial_splitter.shared.shared_layers.%zu.weight",
                 layer);
}

/* The model's parameter of that name or one that means the same, or NULL. */
static const struct param *
param_of(const struct model *m, const char *name)
{
    char wanted[NAME], own[NAME];

    canonical(name, wanted);
    for (size_t i = 0; i < m->n_params; i++) {
        canonical(m->param[i].name, own);
        if (strcmp(own, wanted) == 0)
            return &m->param[i];
    }
    return NULL;
}

size_t
trial_size(const struct param *p)
{
    return p->dim[0] * p->dim[1];
}

float *
trial_tensor(struct trial *t, const char *part, const struct param *p)
{
    char name[NAME], path[2 * NAME];

    snprintf(path, sizeof path, "%s/%s", part, p->name);
    if (!reference_has(t->r, path)) {
        canonical(p->name, name);
        snprintf(path, sizeof path, "%s/%s", part, name);
    }
    return reference_floats(t->r, path, trial_size(p));
}

void
trial_line(struct trial *t, const char *part, const struct param *p, const char *note,
           double error, double tolerance)
{
    char quantity[2 * NAME];

    snprintf(quantity, sizeof quantity, "%s/%s%s", part, p->name, note);
    reference_line(t->r, quantity, error, tolerance);
}

/* A name that is not the model's own: the same tensor under another one. */
static void
check_alias(struct trial *t, const char *path, const char *part, const struct param *p)
{
    float *first = trial_tensor(t, part, p);
    float *same = reference_floats(t->r, path, trial_size(p));
    double worst = 0;

    for (size_t i = 0; i < trial_size(p); i++)
        worst = first[i] == same[i] ? worst : fmax(worst, 1);
    reference_exact(t->r, path, worst, 0);
    free(first);
    free(same);
}

/* Batches that a BatchNorm has seen: ghost batches (".bn.bn.") count each. */
static void
check_tracked(struct trial *t, const char *path, const char *part)
{
    size_t v = t->config.model.virtual_batch_size, B = t->r->B;
    size_t expected = strcmp(part, "final") == 0 ? t->r->n_steps : 0;
    double *n = reference_doubles(t->r, path, 1);

    if (strstr(path, ".bn.bn."))
        expected *= batchnorm_chunks(B, batchnorm_chunk(B, v));
    reference_exact(t->r, path, fabs(n[0] - (double)expected), 0);
    free(n);
}

/* Every name in a part must mean a tensor of the model. */
static void
check_names(struct trial *t, const char *part)
{
    struct strlist names = {0};

    reference_members(t->r, part, &names);
    for (size_t i = 0; i < names.n; i++) {
        const struct param *p = param_of(t->learner.model, names.item[i]);
        char path[2 * NAME];

        snprintf(path, sizeof path, "%s/%s", part, names.item[i]);
        if (strstr(path, "num_batches_tracked"))
            check_tracked(t, path, part);
        else if (!p)
            reference_fail(t->r, path, "is no tensor of the model");
        else if (strcmp(p->name, names.item[i]) != 0)
            check_alias(t, path, part, p);
    }
    strlist_release(&names);
}

/* --- training --- */

void
trial_import_init(struct trial *t)
{
    struct model *m = t->learner.model;

    for (size_t i = 0; i < m->n_params; i++) {
        float *in = trial_tensor(t, "init", &m->param[i]);

        param_import(&m->param[i], m->value, in);
        free(in);
    }
}

static void
check_gradients(struct trial *t)
{
    const struct model *m = t->learner.model;

    for (size_t i = 0; i < m->n_params; i++) {
        const struct param *p = &m->param[i];

        if (p->is_statistic)
            continue;
        float *expected = trial_tensor(t, "grad_step0", p);
        float *grad = xcalloc(trial_size(p), sizeof *grad);
        double largest = 0;

        param_export(p, t->learner.grad, grad);
        for (size_t j = 0; j < trial_size(p); j++)
            largest = fmax(largest, fabs((double)grad[j]));
        if (trial_noise_of(t, p))
            trial_line(t, "grad_step0", p, " is zero", largest, noise_gradient);
        else
            trial_line(t, "grad_step0", p, "",
                       reference_distance(grad, expected, trial_size(p)),
                       REFERENCE_NORM);
        free(expected);
        free(grad);
    }
}

/* Cells whose prediction, a predicted descendant made the target, is not the published
 * one. */
static void
check_predicted(struct trial *t, const char *name, const int32_t *y,
                const int32_t *predicted, size_t n)
{
    int32_t *expected = reference_ints(t->r, name, n);
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        size_t at = (size_t)y[i] * t->r->C + (size_t)predicted[i];

        wrong += (t->r->R[at] > 0 ? y[i] : predicted[i]) != expected[i];
    }
    reference_line(t->r, name, (double)wrong, 0);
    free(expected);
}

static void
check_step(struct trial *t, size_t step, const double *loss)
{
    struct reference *r = t->r;
    struct learner_result result;
    uint32_t *cell = xcalloc(r->B, sizeof *cell);
    char name[64];

    for (size_t b = 0; b < r->B; b++)
        cell[b] = (uint32_t)(step * r->B + b);
    trial_follow_noise(t);
    struct row_batch cells = row_batch_of(&r->x_train, cell, r->B);

    if (!learner_step(&t->learner, &cells, r->y_train, 0, t->config.learning_rate, &result))
        reference_fail(r, "train_loss", "step %zu is not finite", step);
    snprintf(name, sizeof name, "train_loss/%zu", step);
    reference_line(r, name, reference_relative(result.loss, loss[step]),
                   REFERENCE_LOSS);
    snprintf(name, sizeof name, "grad_norm/%zu", step);
    reference_line(r, name, reference_relative(result.grad_norm, t->grad_norm[step]),
                   REFERENCE_NORM);
    snprintf(name, sizeof name, "train_pred_corrected/%zu", step);
    check_predicted(t, name, r->y_train + step * r->B, t->learner.pass.predicted, r->B);
    free(cell);
}

static void
check_training(struct trial *t)
{
    double *loss = reference_doubles(t->r, "train_loss", t->r->n_steps);

    for (size_t step = 0; step < t->r->n_steps; step++) {
        check_step(t, step, loss);
        if (step == 0)
            check_gradients(t);
    }
    free(loss);
}

static void
check_final(struct trial *t)
{
    const struct model *m = t->learner.model;

    for (size_t i = 0; i < m->n_params; i++) {
        const struct param *p = &m->param[i];
        const struct noise *n = trial_noise_of(t, p);

        if (n && n->bias == p)
            continue;
        float *expected = trial_tensor(t, "final", p);
        float *value = xcalloc(trial_size(p), sizeof *value);

        param_export(p, m->value, value);
        if (n)
            trial_check_mean(t, n, value, expected);
        else
            trial_line(t, "final", p, "",
                       reference_distance(value, expected, trial_size(p)),
                       REFERENCE_NORM);
        free(expected);
        free(value);
    }
}

/* --- evaluation --- */

/* Logits and probabilities of all validation cells, (n_val, C) out. */
void
trial_outputs(struct trial *t, const uint32_t *cell, float *logits, float *prob)
{
    struct pass *p = &t->learner.pass;
    const struct model *m = t->learner.model;
    size_t C = t->r->C;

    p->training = false;
    struct row_batch cells = row_batch_of(&t->r->x_val, cell, t->r->n_val);

    pass_load(p, &cells, NULL);
    m->ops->forward(m, p);
    for (size_t b = 0; b < t->r->n_val; b++)
        memcpy(logits + b * C, p->z + b * m->ld, C * sizeof *logits);
    loss_softmax(p->pool, p->k, p->z, t->r->n_val, C, m->ld, p->dz, p->predicted);
    for (size_t b = 0; b < t->r->n_val; b++)
        memcpy(prob + b * C, p->dz + b * m->ld, C * sizeof *prob);
}

static void
check_outputs(struct trial *t, const uint32_t *cell)
{
    size_t n = t->r->n_val * t->r->C;
    float *logits = xcalloc(n, sizeof *logits), *prob = xcalloc(n, sizeof *prob);
    float *logits_there = reference_floats(t->r, "val_logits", n);
    float *prob_there = reference_floats(t->r, "val_prob", n);
    double worst = 0;

    trial_outputs(t, cell, logits, prob);
    reference_line(t->r, "val_logits", reference_distance(logits, logits_there, n),
                   REFERENCE_NORM);
    for (size_t i = 0; i < n; i++) {
        double error = fabs((double)prob[i] - (double)prob_there[i]);

        worst = error <= worst ? worst : error; /* keeps a NaN */
        if (isnan(worst))
            break;
    }
    reference_line(t->r, "val_prob", worst, REFERENCE_PROB);
    free(logits);
    free(prob);
    free(logits_there);
    free(prob_there);
}

double
trial_validate(struct trial *t, const uint32_t *cell, int32_t *predicted)
{
    struct reference *r = t->r;
    struct dataset ds = {.x = r->x_val};
    struct errbuf eb;
    double loss;

    if (learner_validate(&t->learner, &ds, r->y_val, cell, r->n_val, predicted, &loss,
                         &eb) != ERR_OK) {
        reference_fail(r, "val_loss", "%s", eb.text);
        return (double)NAN;
    }
    return loss;
}

static void
check_validation(struct trial *t)
{
    struct reference *r = t->r;
    uint32_t *cell = xcalloc(r->n_val, sizeof *cell);
    int32_t *predicted = xcalloc(r->n_val, sizeof *predicted);
    double *expected = reference_doubles(r, "val_loss", 1);

    for (size_t i = 0; i < r->n_val; i++)
        cell[i] = (uint32_t)i;
    check_outputs(t, cell);
    double loss = trial_validate(t, cell, predicted);
    reference_line(r, "val_loss", reference_relative(loss, expected[0]),
                   REFERENCE_LOSS);
    check_predicted(t, "val_pred_corrected", r->y_val, predicted, r->n_val);
    free(cell);
    free(predicted);
    free(expected);
}

/* --- all of it --- */

bool
trial_init(struct trial *t, struct reference *r)
{
    struct errbuf eb;

    *t = (struct trial){.r = r};
    check_attributes(r);
    if (!read_config(t))
        return false;
    t->config.R = r->R;
    t->config.weight = r->weight;
    t->config.B_max = r->B > r->n_val ? r->B : r->n_val;
    if (learner_init(&t->learner, &t->config, r->pool, r->k, &eb)) {
        reference_fail(r, "group", "%s", eb.text);
        return false;
    }
    t->learner.optim.beta1 = t->beta1;
    t->learner.optim.beta2 = t->beta2;
    t->learner.optim.eps = t->eps;
    t->grad_norm = reference_doubles(r, "grad_norm", r->n_steps);
    trial_find_noise(t, constants[BN_MOMENTUM].value);
    return true;
}

void
trial_release(struct trial *t)
{
    trial_release_noise(t);
    free(t->grad_norm);
    learner_release(&t->learner);
}

void
reference_model(struct reference *r)
{
    struct trial t;

    if (!trial_init(&t, r)) {
        trial_release(&t);
        return;
    }
    check_names(&t, "init");
    check_names(&t, "grad_step0");
    check_names(&t, "final");
    trial_import_init(&t);
    check_training(&t);
    check_final(&t);
    trial_take_noise(&t);
    check_validation(&t);
    trial_release(&t);
}
