/* bench_step.c - whole training steps and predictions, timed on request.
 *
 *   bench_step [--model M] [--loss L] [--cpu PATH] [--threads N] [--batches N]
 *              [--dump FOLDER] [--genes D] [--classes C] [--batch B]
 *
 * Makes the batches, warms up, says "ready" with the facts that do not change, then
 * serves its standard input, so that another process can take turns with a rival:
 *
 *   train K     K optimiser steps; the answer is the seconds that they took
 *   predict K   K batches of prediction, likewise
 *   split K     K optimiser steps; the answer is "part=seconds ..." of all K together
 *   peak MS     multiply-adds in registers for that many milliseconds; the answer is
 *               1e9 of them per second and thread
 *
 * --dump writes the batches for a rival instead (dense .npy, labels, reachability,
 * vectors). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "bench/bench_cells.h"
#include "bench/bench_options.h"
#include "bench/bench_peak.h"
#include "engine/learner.h"
#include "engine/platform.h"
#include "spec/spec.h"

struct bench {
    struct bench_options o;
    struct bench_cells cells;
    struct learner learner;
    struct pool *pool;
    uint32_t *cell;
    int32_t *predicted;
    size_t next; /* batch */
};

/* Dense rows of a sparse matrix.  Caller frees. */
static float *
dense(const struct csr *x, size_t from, size_t n)
{
    float *out = xcalloc(n * x->n_cols, sizeof *out);

    for (size_t i = 0; i < n; i++) {
        struct csr_row row = csr_row(x, from + i);

        for (size_t k = 0; k < row.n; k++)
            out[i * x->n_cols + row.index[k]] = csr_value(&row, k);
    }
    return out;
}

static void
dump(const struct bench *b)
{
    size_t B = b->o.B, D = b->o.D;

    for (size_t i = 0; i < b->o.batches; i++) {
        char *x_path = xasprintf("%s/x%zu.npy", b->o.dump, i);
        char *y_path = xasprintf("%s/y%zu.npy", b->o.dump, i);
        float *x = dense(&b->cells.x, i * B, B);

        bench_write_f32(x_path, x, B, D);
        bench_write_i32(y_path, b->cells.y + i * B, B);
        free(x);
        free(x_path);
        free(y_path);
    }
    char *path = xasprintf("%s/vectors.npy", b->o.dump);
    float *v = dense(&b->cells.augment.a, 0, b->cells.augment.a.n_rows);
    bench_write_f32(path, v, b->cells.augment.a.n_rows, D);
    free(v);
    free(path);
    path = xasprintf("%s/R.npy", b->o.dump);
    bench_write_f32(path, b->cells.R, b->o.C, b->o.C);
    free(path);
}

static void
start(struct bench *b)
{
    struct spec s;
    struct errbuf eb;
    struct learner_config config = {.x = &b->cells.x,
                                    .R = b->cells.R,
                                    .weight = b->cells.weight,
                                    .clip = 1,
                                    .B_max = b->o.B};

    bench_options_spec(&b->o, &s);
    b->pool = pool_new(b->o.threads);
    model_config_init(&config.model, &s, b->o.D, b->o.C);
    config.model.order = &b->cells.x.order;
    config.loss = s.loss == LOSS_hce ? LOSS_KIND_HCE : LOSS_KIND_CE;
    config.learning_rate = s.learning_rate;
    config.weight_decay = s.weight_decay;
    if (s.augment_training_data) {
        config.augment = &b->cells.augment;
        config.longest = csr_longest(&b->cells.x, NULL, b->cells.x.n_rows);
    }
    bench_check(learner_init(&b->learner, &config, b->pool, platform_kernels(), &eb),
                &eb);
    b->learner.model->ops->init(b->learner.model, 1);
    spec_release(&s);
    b->cell = xcalloc(b->o.B, sizeof *b->cell);
    b->predicted = xcalloc(b->o.B, sizeof *b->predicted);
}

/* Give TabNet's input BatchNorm the statistics that it has after a long training:
 * predictions then have masks as sparse as those of a trained model. */
static void
settle_input(struct bench *b)
{
    const struct csr *x = &b->cells.x;
    struct model *m = b->learner.model;
    const struct param *mean = model_find_param(m, "initial_bn.running_mean");
    const struct param *var = model_find_param(m, "initial_bn.running_var");
    double *sum = xcalloc(2 * x->n_cols, sizeof *sum), *squares = sum + x->n_cols;
    double n = (double)x->n_rows;

    for (size_t i = 0; mean && var && i < x->n_rows; i++) {
        float *row = dense(x, i, 1);

        for (size_t g = 0; g < x->n_cols; g++) {
            sum[g] += (double)row[g];
            squares[g] += (double)row[g] * (double)row[g];
        }
        free(row);
    }
    for (size_t g = 0; mean && var && g < x->n_cols; g++) {
        double mu = sum[g] / n;

        m->value[mean->offset + g * mean->stride[0]] = (float)mu;
        m->value[var->offset + g * var->stride[0]] = (float)(squares[g] / n - mu * mu);
    }
    free(sum);
}

static struct row_batch
next_batch(struct bench *b)
{
    for (size_t i = 0; i < b->o.B; i++)
        b->cell[i] = (uint32_t)(b->next * b->o.B + i);
    b->next = (b->next + 1) % b->o.batches;
    return row_batch_of(&b->cells.x, b->cell, b->o.B);
}

static double
train(struct bench *b, size_t n)
{
    double begin = clock_mono_s();
    struct learner_result r;

    for (size_t i = 0; i < n; i++) {
        struct row_batch cells = next_batch(b);

        if (!learner_step(&b->learner, &cells, b->cells.y, 0, b->learner.optim.lr,
                          &r)) {
            fprintf(stderr, "bench_step: loss %g is not finite\n", r.loss);
            exit(1);
        }
    }
    return clock_mono_s() - begin;
}

static double
predict(struct bench *b, size_t n)
{
    double begin = clock_mono_s();
    struct pass *p = &b->learner.pass;
    const struct model *m = b->learner.model;

    p->training = false;
    for (size_t i = 0; i < n; i++) {
        struct row_batch cells = next_batch(b);

        pass_load(p, &cells, NULL);
        p->settled = i > 0;
        m->ops->forward(m, p);
        loss_softmax(p->pool, p->k, p->z, b->o.B, b->o.C, m->ld, p->dz, b->predicted);
    }
    return clock_mono_s() - begin;
}

static void
split(struct bench *b, size_t n)
{
    static const char *const name[STEP_PART_COUNT] = {
        [STEP_FIND] = "find",           [STEP_LOAD] = "load",
        [STEP_FORWARD] = "forward",     [STEP_LOSS] = "loss",
        [STEP_BACKWARD] = "backward",   [STEP_NORM] = "norm",
        [STEP_OPTIMISER] = "optimiser",
    };
    struct step_times times = {0};

    b->learner.pass.times = &times;
    double all = train(b, n);
    b->learner.pass.times = NULL;
    for (size_t i = 0; i < STEP_PART_COUNT; i++)
        printf("%s=%.6f ", name[i], times.s[i]);
    printf("step=%.6f\n", all);
}

/* Facts: the first layer takes one multiply-add per value and output in the forward pass
 * and one in its gradient; outputs are padded to whole vectors. */
static void
say_ready(const struct bench *b)
{
    const struct csr *x = &b->cells.x;
    double values = (double)bench_csr_values(x) / (double)b->o.batches;
    size_t ld = kernels_pad(b->learner.model->first_width);

    printf("ready path=%s threads=%zu values=%.0f bytes=%.0f first_layer=%.6f\n",
           platform_kernels()->name, b->o.threads, values,
           (double)bench_csr_bytes(x) / (double)b->o.batches,
           2 * values * (double)ld * 1e-9);
}

static void
answer(struct bench *b, const char *what, size_t n)
{
    if (strcmp(what, "train") == 0)
        printf("%.6f\n", train(b, n));
    else if (strcmp(what, "predict") == 0)
        printf("%.6f\n", predict(b, n));
    else if (strcmp(what, "split") == 0)
        split(b, n);
    else if (strcmp(what, "peak") == 0)
        printf("%.3f\n", bench_peak(b->pool, platform_kernels(), (double)n * 1e-3));
    else
        printf("unknown\n");
}

static void
serve(struct bench *b)
{
    char line[64], what[32];
    size_t n;

    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "%31s %zu", what, &n) != 2)
            continue;
        answer(b, what, n);
        fflush(stdout);
    }
}

int
main(int argc, char **argv)
{
    struct bench b = {0};

    bench_options_parse(&b.o, argc, argv);
    bench_cells_make(&b.cells, b.o.B * b.o.batches, b.o.D, b.o.C, 1);
    if (b.o.dump) {
        dump(&b);
        return 0;
    }
    start(&b);
    settle_input(&b);
    train(&b, 1);
    say_ready(&b);
    fflush(stdout);
    serve(&b);
    learner_release(&b.learner);
    pool_free(b.pool);
    bench_cells_release(&b.cells);
    free(b.cell);
    free(b.predicted);
    return 0;
}
