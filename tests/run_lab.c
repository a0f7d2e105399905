/* run_lab.c - a laboratory for runs. */
#include "tests/run_lab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/simulate.h"
#include "run/probe.h"
#include "run/queue_plan.h"
#include "run/run_child.h"
#include "run/worker.h"
#include "spec/spec.h"
#include "tests/support.h"

static void
to_stderr(void *ctx, enum log_level level, const char *text)
{
    (void)ctx;
    (void)level;
    if (getenv("RUN_LAB_VERBOSE"))
        fprintf(stderr, "# %s\n", text);
}

/* worker STORE JOBS DRAIN THREADS */
static int
foreground_worker(char **word, struct errbuf *eb)
{
    struct worker_options opt = {
        .store_path = word[0],
        .jobs = (size_t)atoi(word[1]),
        .drain = atoi(word[2]) != 0,
        .threads = (size_t)atoi(word[3]),
        .log = {to_stderr, NULL},
    };
    enum err e = worker_run(&opt, eb);

    return e == ERR_OK ? 0 : e == ERR_STOPPED ? 3 : 1;
}

bool
run_lab_command(int argc, char **argv, int *status)
{
    struct errbuf eb = {""};

    if (argc < 2)
        return false;
    size_t n = (size_t)argc - 2;
    if (strncmp(argv[1], "internal-", 9) == 0 && getenv("RUN_LAB_CRASH"))
        abort();
    if (strcmp(argv[1], "internal-run") == 0) {
        *status = run_child_command(n, argv + 2, &eb);
    } else if (strcmp(argv[1], "internal-probe") == 0) {
        *status = probe_command(n, argv + 2, stdin, stdout, &eb);
    } else if (strcmp(argv[1], "internal-worker") == 0) {
        *status = worker_command(n, argv + 2, &eb);
    } else if (strcmp(argv[1], "worker") == 0 && n == 4) {
        *status = foreground_worker(argv + 2, &eb);
    } else {
        return false;
    }
    if (*eb.text && (*status || getenv("RUN_LAB_VERBOSE")))
        fprintf(stderr, "%s\n", eb.text);
    return true;
}

static void
ok(enum err e, const struct errbuf *eb)
{
    if (e)
        fail_msg("%s: %s", err_text(e), eb->text);
}

void
run_lab_simulate(const struct run_lab *lab, const char *seed)
{
    struct sim_spec sim;
    struct errbuf eb;

    sim_spec_init(&sim);
    ok(sim_spec_set(&sim, "seed", seed, &eb), &eb);
    ok(sim_spec_set(&sim, "cells", "1500", &eb), &eb);
    ok(sim_spec_set(&sim, "genes", "400", &eb), &eb);
    ok(simulate_write(&sim, lab->data, NULL, &eb), &eb);
}

void
run_lab_open(struct run_lab *lab)
{
    lab->dir = support_tmpdir();
    snprintf(lab->data, sizeof lab->data, "%s/atlas.h5ad", lab->dir);
    snprintf(lab->store, sizeof lab->store, "%s/0.db", lab->dir);
    run_lab_simulate(lab, "0");
}

void
run_lab_close(struct run_lab *lab)
{
    support_rmtree(lab->dir);
}

void
run_lab_new_store(struct run_lab *lab)
{
    static int number;

    snprintf(lab->store, sizeof lab->store, "%s/%d.db", lab->dir, ++number);
}

int64_t
run_lab_queue(struct run_lab *lab, const char *text, size_t n_seeds)
{
    struct spec spec;
    struct errbuf eb;
    struct queue_plan plan;
    struct store *s;
    uint32_t *seed = xcalloc(n_seeds, sizeof *seed);
    struct queue_axes axes = {.seed = seed, .n_seeds = n_seeds};

    for (size_t i = 0; i < n_seeds; i++)
        seed[i] = (uint32_t)i;
    spec_init(&spec);
    ok(spec_read(&spec, text, &eb), &eb);
    ok(spec_set(&spec, SPEC_ID_data, lab->data, &eb), &eb);
    ok(queue_plan_make(&plan, NULL, &spec, &axes, &eb), &eb);
    ok(store_open(&s, lab->store, STORE_CREATE, &eb), &eb);
    ok(queue_plan_add(&plan, s, false, &eb), &eb);
    int64_t id = plan.id[0];

    store_close(s);
    queue_plan_release(&plan);
    spec_release(&spec);
    free(seed);
    return id;
}

pid_t
run_lab_worker(const struct run_lab *lab, int jobs, bool drain, int threads)
{
    char self[PATH_MAX], n_jobs[16], n_threads[16];
    char command[] = "worker", yes[] = "1", no[] = "0", path[PATH_MAX];
    char *argv[] = {self, command, path, n_jobs, drain ? yes : no, n_threads, NULL};
    struct errbuf eb;
    struct spawn sp;

    ok(spawn_self_path(self, sizeof self, &eb), &eb);
    snprintf(path, sizeof path, "%s", lab->store);
    snprintf(n_jobs, sizeof n_jobs, "%d", jobs);
    snprintf(n_threads, sizeof n_threads, "%d", threads);
    ok(spawn_start(&sp, argv, SPAWN_NEW_GROUP | SPAWN_DIE_WITH_PARENT, &eb), &eb);
    return sp.pid;
}

int
run_lab_wait(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* --- looking --- */

static struct store *
open_reader(const struct run_lab *lab)
{
    struct errbuf eb;
    struct store *s;

    ok(store_open(&s, lab->store, STORE_READ, &eb), &eb);
    return s;
}

static bool
first_cell(void *ctx, size_t n, const char *const *name, const char *const *value,
           const char *type)
{
    (void)n;
    (void)name;
    (void)type;
    snprintf(ctx, 1024, "%s", value[0] ? value[0] : "");
    return false;
}

const char *
run_lab_sql(const struct run_lab *lab, const char *sql)
{
    static char cell[4][1024];
    static unsigned next;
    char *out = cell[next++ % 4];
    struct errbuf eb;
    struct store *s = open_reader(lab);

    *out = '\0';
    ok(store_query(s, sql, NULL, 0, first_cell, out, &eb), &eb);
    store_close(s);
    return out;
}

const char *
run_lab_get(const struct run_lab *lab, int64_t run_id, const char *column)
{
    char sql[256];

    snprintf(sql, sizeof sql, "SELECT %s FROM run_summary WHERE run_id = %lld", column,
             (long long)run_id);
    return run_lab_sql(lab, sql);
}

void
run_lab_await(const struct run_lab *lab, int64_t run_id, const char *state,
              double max_s)
{
    double end_s = clock_mono_s() + max_s;

    while (strcmp(run_lab_get(lab, run_id, "state"), state) != 0) {
        if (clock_mono_s() > end_s)
            fail_msg("run %lld is %s, not %s, after %g s: %s", (long long)run_id,
                     run_lab_get(lab, run_id, "state"), state, max_s,
                     run_lab_get(lab, run_id, "end_reason"));
        clock_sleep_ms(20);
    }
}

bool
run_lab_await_step(const struct run_lab *lab, int64_t run_id, int64_t step,
                   double max_s)
{
    double end_s = clock_mono_s() + max_s;

    while (atoll(run_lab_get(lab, run_id, "step")) <= step) {
        const char *state = run_lab_get(lab, run_id, "state");

        if (strcmp(state, "running") != 0 && strcmp(state, "queued") != 0)
            return false;
        if (clock_mono_s() > end_s)
            fail_msg("run %lld does not get past step %lld: %s", (long long)run_id,
                     (long long)step, state);
        clock_sleep_ms(10);
    }
    return true;
}

struct store_process
run_lab_child(const struct run_lab *lab, int64_t run_id)
{
    struct store *s = open_reader(lab);
    struct store_lease *lease = NULL;
    struct store_process child = {.pid = 0};
    size_t n = 0;
    struct errbuf eb;

    ok(store_leases(s, &lease, &n, &eb), &eb);
    for (size_t i = 0; i < n; i++)
        if (lease[i].run_id == run_id)
            child = lease[i].child;
    free(lease);
    store_close(s);
    return child;
}

static bool
add_row(void *ctx, size_t n, const char *const *name, const char *const *value,
        const char *type)
{
    (void)name;
    (void)type;
    for (size_t i = 0; i < n; i++)
        strbuf_addf(ctx, "%s%c", value[i] ? value[i] : "-", i + 1 < n ? ' ' : '\n');
    return true;
}

static void
add_query(struct store *s, const char *sql, int64_t run_id, struct strbuf *out)
{
    struct store_bind bind = {.name = ":run_id", .kind = BIND_INT, .i = run_id};
    struct errbuf eb;

    ok(store_query(s, sql, &bind, 1, add_row, out, &eb), &eb);
}

char *
run_lab_result(const struct run_lab *lab, int64_t run_id)
{
    struct strbuf out = {0};
    struct store *s = open_reader(lab);

    for (enum metric_id m = 0; m < METRIC_COUNT; m++) {
        char sql[256];

        if (metric_info(m)->is_rate)
            continue;
        snprintf(sql, sizeof sql,
                 "SELECT metric, step, epoch, format('%%!.17g', value), nonfinite FROM "
                 "curve WHERE run_id = :run_id AND metric = '%s' ORDER BY step",
                 metric_info(m)->name);
        add_query(s, sql, run_id, &out);
    }
    add_query(s,
              "SELECT evaluation, checkpoint, rule, facet, label, class, "
              "format('%!.17g', f1), support FROM f1 WHERE run_id = :run_id "
              "ORDER BY 1, 2, 3, 4, 5, 6",
              run_id, &out);
    add_query(
        s,
        "SELECT state, end_reason, epoch, step, best_epoch, best_val_f1_macro, "
        "weights_sha256, best_weights_sha256 FROM run_summary WHERE run_id = :run_id",
        run_id, &out);
    store_close(s);
    return strbuf_detach(&out);
}
