/* bench_options.h - the command line of the programs of bench/.
 *
 * Threads: owner thread only.
 * Errors:  a wrong word ends the program with status 2. */
#ifndef BENCH_BENCH_OPTIONS_H
#define BENCH_BENCH_OPTIONS_H

#include <stddef.h>

#include "base/err.h"
#include "spec/spec.h"

struct bench_options {
    const char *model, *loss;
    const char *cpu;   /* "auto" or a path of train_set_cpu */
    const char *dump;  /* bench_step: folder for a rival's batches; NULL: none */
    const char *store; /* bench_run: a new store; NULL: a sink that only counts */
    const char *data;  /* bench_run: files to train on; NULL: made-up cells */
    const char *memory, *shuffle; /* bench_run: as hcelab has them */
    size_t threads, batches, D, C, B;
    size_t cells; /* bench_run: of training */
    size_t val;   /* bench_run: of validation */
};

/* Defaults, then argv; chooses the CPU path. */
void bench_options_parse(struct bench_options *o, int argc, char **argv);

/* A resolved spec of these options: the published hyperparameters, but for an end, a
 * learning rate that stays, and statistics of TabNet's ghost batches that settle in one
 * step.  Caller releases. */
void bench_options_spec(const struct bench_options *o, struct spec *s);

/* End the program with the text, if there is an error. */
void bench_check(enum err e, const struct errbuf *eb);

#endif
