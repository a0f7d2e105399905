/* reference_trial.h - a group of a model while it is checked; for reference_model.c,
 * reference_noise.c and reference_conditioning.c only.
 *
 * Threads: one thread per object.
 * Errors:  failures are counted in r->n_failed. */
#ifndef TESTS_REFERENCE_TRIAL_H
#define TESTS_REFERENCE_TRIAL_H

#include "engine/learner.h"
#include "tests/reference.h"

enum { NAME = 256 };

/* A bias that feeds a BatchNorm, and the running mean that it moves. */
struct noise {
    const struct param *bias, *mean;
    double *share; /* (n) owned; of our bias in our running mean */
};

struct trial {
    struct reference *r;
    struct learner_config config;
    double beta1, beta2, eps;
    struct learner learner;
    struct noise *noise; /* (n_noise) owned */
    size_t n_noise;
    double momentum;   /* of the BatchNorms that they feed */
    double *grad_norm; /* (n_steps) owned; published */
};

/* reference_model.c: a learner as the group's name and attributes say; false, and lines
 * that say why, if there is none.  Released in any case. */
bool trial_init(struct trial *t, struct reference *r);
void trial_release(struct trial *t);

/* The group's initial parameters. */
void trial_import_init(struct trial *t);

/* Logits and probabilities of all validation cells, (n_val, C) out. */
void trial_outputs(struct trial *t, const uint32_t *cell, float *logits, float *prob);

/* Loss of all validation cells; predicted (n_val) out.  NaN after an error. */
double trial_validate(struct trial *t, const uint32_t *cell, int32_t *predicted);

/* Elements of a tensor. */
size_t trial_size(const struct param *p);

/* The tensor in a part of the group ("init", "grad_step0", "final").  Caller frees. */
float *trial_tensor(struct trial *t, const char *part, const struct param *p);

/* reference_line for a tensor; note follows its name. */
void trial_line(struct trial *t, const char *part, const struct param *p,
                const char *note, double error, double tolerance);

/* reference_noise.c: fill t->noise; its release. */
void trial_find_noise(struct trial *t, double momentum);
void trial_release_noise(struct trial *t);

/* What a parameter has to do with noise, or NULL. */
const struct noise *trial_noise_of(const struct trial *t, const struct param *p);

/* Before each step: our biases' shares in our running means. */
void trial_follow_noise(struct trial *t);

/* A line for the running mean without the bias's share, relative in norm: value is
 * ours, expected the published one. */
void trial_check_mean(struct trial *t, const struct noise *n, const float *value,
                      const float *expected);

/* Put the published values in the place of the noise. */
void trial_take_noise(struct trial *t);

#endif
