/* bench_run.c - a whole training by the real trainer, timed on request.
 *
 *   bench_run [--model M] [--loss L] [--cpu PATH] [--threads N] [--cells N] [--val N]
 *             [--store FILE] [--genes D] [--classes C] [--batch B]
 *             [--data PATH] [--memory SIZE] [--shuffle ORDER]
 *
 * Makes the cells in memory, or takes all of PATH, and trains on them, through the store of a run that it
 * queues and claims itself, or with a sink that only counts.  After the first step it
 * says "ready" and waits; then the training goes on as its standard input asks:
 *
 *   epochs K    until K epochs' steps are done, with what lies between the epochs
 *   seconds S   until S seconds have passed
 *   memory      nothing is trained: the answer is the peak of memory so far
 *
 * The answers are "name=value ...".  The end of the input ends the training. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/bench_cells.h"
#include "bench/bench_data.h"
#include "bench/bench_options.h"
#include "bench/bench_sink.h"
#include "engine/platform.h"
#include "engine/train.h"
#include "run/run_sink.h"
#include "run/takeover.h"
#include "store/store.h"

struct bench {
    struct bench_options o;
    struct spec spec;
    struct run_data rd;
    struct store *store; /* NULL: a sink that only counts */
    struct run_sink rs;
    struct bench_sink sink;
    bool asked; /* a turn is on */
    int64_t from_step, to_step;
    double from_s, to_s;          /* clock */
    double from_cpu_s;            /* of all threads */
    struct bench_sink_times from; /* at its beginning */
};

/* --- memory --- */

/* Forget the peak that making the cells had.  Where that cannot be done the peak is
 * that of the process. */
static void
forget_peak(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY);

    if (fd < 0 || write(fd, "5", 1) != 1)
        fprintf(stderr, "bench_run: the peak of memory counts the making of cells\n");
    if (fd >= 0)
        close(fd);
}

static uint64_t
peak_bytes(void)
{
    FILE *fp = fopen("/proc/self/status", "re");
    char line[256];
    unsigned long long kib = 0;

    while (fp && fgets(line, sizeof line, fp))
        if (sscanf(line, "VmHWM: %llu", &kib) == 1)
            break;
    if (fp)
        fclose(fp);
    return (uint64_t)kib * 1024;
}

/* --- turns --- */

static void
say_memory(const struct bench *b)
{
    uint64_t estimate =
        trainer_memory_bytes(&b->spec, b->rd.n_part[PART_TRAIN], b->rd.ds.x.n_cols,
                             b->rd.classes.C, b->rd.nnz);

    printf("peak=%llu cells=%llu vectors=%llu estimate=%llu\n",
           (unsigned long long)peak_bytes(),
           b->rd.ds.stream ? 0ull : (unsigned long long)bench_data_cell_bytes(&b->rd),
           (unsigned long long)bench_data_vector_bytes(&b->rd),
           (unsigned long long)estimate);
}

static double
cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
say_turn(const struct bench *b, int64_t step)
{
    const struct bench_sink_times *t = &b->sink.t, *f = &b->from;

    printf(
        "cells=%lld wall=%.6f cpu=%.6f rows=%.6f progress=%.6f log=%.6f checkpoints=%.6f "
        "making=%.6f n_rows=%llu n_states=%llu n_models=%llu checkpoint_bytes=%llu\n",
        (long long)(step - b->from_step) * (long long)b->o.B,
        clock_mono_s() - b->from_s, cpu_s() - b->from_cpu_s, t->rows_s - f->rows_s,
        t->progress_s - f->progress_s, t->log_s - f->log_s,
        t->checkpoint_s - f->checkpoint_s, t->making_s - f->making_s,
        (unsigned long long)(t->n_rows - f->n_rows),
        (unsigned long long)(t->n_states - f->n_states),
        (unsigned long long)(t->n_models - f->n_models),
        (unsigned long long)(t->checkpoint_bytes - f->checkpoint_bytes));
}

/* Take one line of the input: false if it does not begin a turn. */
static bool
begin_turn(struct bench *b, const char *line, const struct train_progress *p)
{
    char what[32];
    long long n = 0;

    if (sscanf(line, "%31s %lld", what, &n) < 1)
        return false;
    if (strcmp(what, "memory") == 0) {
        say_memory(b);
        return false;
    }
    b->from = b->sink.t;
    b->from_step = p->step;
    b->from_s = clock_mono_s();
    b->from_cpu_s = cpu_s();
    b->to_step = strcmp(what, "epochs") == 0 ? p->step + n * p->steps_per_epoch : 0;
    b->to_s = strcmp(what, "seconds") == 0 ? b->from_s + (double)n : 0;
    return b->asked = true;
}

/* After each step: if the turn is over, answer, and wait for the next one. */
static void
on_step(void *ctx, const struct train_progress *p, bool *stop)
{
    struct bench *b = ctx;
    char line[64];

    if (b->asked && (p->step < b->to_step || clock_mono_s() < b->to_s))
        return;
    if (b->asked)
        say_turn(b, p->step);
    else
        printf("ready path=%s threads=%zu values=%llu bytes=%llu\n",
               platform_kernels()->name, b->o.threads, (unsigned long long)b->rd.nnz,
               b->rd.ds.stream ? 0ull
                               : (unsigned long long)bench_csr_bytes(&b->rd.ds.x));
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (begin_turn(b, line, p))
            return;
        fflush(stdout);
    }
    *stop = true;
}

/* --- the run --- */

/* A run of this spec, queued and claimed by this process. */
static struct store_attempt
make_attempt(struct bench *b)
{
    struct store_new_run r = {.name = "bench",
                              .experiment = "bench",
                              .model = b->o.model,
                              .loss = b->o.loss,
                              .pair_key = "bench",
                              .max_epochs = b->spec.max_epochs,
                              .data_digest = b->rd.data_digest,
                              .split_digest = b->rd.split_digest,
                              .class_digest = b->rd.classes.digest};
    struct store_process me;
    struct store_claim claim;
    struct train_platform platform;
    struct errbuf eb;
    int64_t id;

    takeover_process(&me, getpid());
    train_platform(&platform);
    bench_check(store_queue_add(b->store, &r, 1, false, &id, NULL, &eb), &eb);
    bench_check(store_claim_next(b->store, &me, id, UINT64_MAX, &claim, &eb), &eb);

    struct store_attempt at = {claim.run_id, claim.attempt};
    bench_check(store_attempt_begin(b->store, &at, 0, platform.cpu_path,
                                    platform.blas_core, false, &eb),
                &eb);
    return at;
}

static void
open_sink(struct bench *b)
{
    struct errbuf eb;

    if (b->o.store) {
        bench_check(store_open(&b->store, b->o.store, STORE_CREATE, &eb), &eb);
        run_sink_init(&b->rs, b->store, make_attempt(b));
    }
    bench_sink_init(&b->sink, b->store ? &b->rs.sink : NULL);
    b->sink.step = on_step;
    b->sink.step_ctx = b;
}

static void
train(struct bench *b)
{
    struct trainer *t;
    struct train_result result;
    struct errbuf eb;

    bench_check(trainer_new(&t, &b->spec, &b->rd, b->o.threads, &eb), &eb);
    enum err e = trainer_run(t, &b->sink.sink, &result, &eb);
    if (e != ERR_STOPPED)
        bench_check(e, &eb);
    trainer_free(t);
}

int
main(int argc, char **argv)
{
    struct bench b = {0};
    struct errbuf eb;

    bench_options_parse(&b.o, argc, argv);
    bench_options_spec(&b.o, &b.spec);
    if (b.o.data)
        bench_check(run_data_load(&b.rd, &b.spec, RUN_DATA_FULL, NULL, &eb), &eb);
    else
        bench_data_init(&b.rd, &b.o, b.spec.augment_training_data);
    forget_peak();
    open_sink(&b);
    train(&b);
    run_sink_release(&b.rs);
    store_close(b.store);
    run_data_release(&b.rd);
    spec_release(&b.spec);
    return 0;
}
