/* run_lab.h - a laboratory for runs: data, a store, workers as real processes.
 *
 * A test program that uses it is its own hcelab: run_lab_main answers the hidden
 * commands (internal-run, internal-probe, internal-worker, and `worker`), since a
 * worker starts /proc/self/exe. */
#ifndef TESTS_RUN_LAB_H
#define TESTS_RUN_LAB_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/store.h"

struct run_lab {
    char *dir;            /* owned; removed at the end */
    char data[PATH_MAX];  /* a simulated atlas */
    char store[PATH_MAX]; /* path; made by run_lab_queue */
};

/* True if argv is a hidden command: *status is the exit status then. */
bool run_lab_command(int argc, char **argv, int *status);

void run_lab_open(struct run_lab *lab);
void run_lab_close(struct run_lab *lab);

/* Write the atlas of a seed to lab->data. */
void run_lab_simulate(const struct run_lab *lab, const char *seed);

/* A fresh store file; workers of the old one must have ended. */
void run_lab_new_store(struct run_lab *lab);

/* Queue runs of `spec` ("name=value\n" lines; data is added) for n_seeds seeds; returns
 * the first run_id, the others follow. */
int64_t run_lab_queue(struct run_lab *lab, const char *spec, size_t n_seeds);

/* A worker process in the foreground of no terminal: jobs, and --drain or not. */
pid_t run_lab_worker(const struct run_lab *lab, int jobs, bool drain, int threads);

/* Exit status as of waitpid. */
int run_lab_wait(pid_t pid);

/* A row of run_summary, one column as text ("" for NULL); static storage, overwritten
 * by the fourth call after. */
const char *run_lab_get(const struct run_lab *lab, int64_t run_id, const char *column);

/* One cell of any query, likewise. */
const char *run_lab_sql(const struct run_lab *lab, const char *sql);

/* Wait until the run is in that state; fails the test after max_s seconds. */
void run_lab_await(const struct run_lab *lab, int64_t run_id, const char *state,
                   double max_s);

/* Wait until its stored step is above `step`, or it has ended: false then. */
bool run_lab_await_step(const struct run_lab *lab, int64_t run_id, int64_t step,
                        double max_s);

/* The child of the run's lease; pid 0 if there is none. */
struct store_process run_lab_child(const struct run_lab *lab, int64_t run_id);

/* Everything about a run that must not depend on threads, kills and machines' moods:
 * curves without rates, digests, metric tables.  Caller frees. */
char *run_lab_result(const struct run_lab *lab, int64_t run_id);

#endif
