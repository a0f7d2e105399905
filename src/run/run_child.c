/* run_child.c - one attempt of one run: load, check, resume, train, evaluate, end.
 *
 * Every step returns an enum err; what it means for the run is decided once, in
 * settle().  The process may be killed between any two lines. */
#include "run/run_child.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "data/run_data.h"
#include "engine/train.h"
#include "run/run_inputs.h"
#include "run/run_sink.h"
#include "run/run_wait.h"
#include "run/signal_hold.h"
#include "spec/spec.h"
#include "store/store.h"

enum { OPEN_RETRY_MS = 500 };

struct run_child {
    const struct run_child_options *opt; /* borrowed */
    struct store *store;
    struct spec spec;
    struct run_data rd;
    struct run_sink rs;
    struct trainer *trainer;
    struct train_result result;
};

static enum err
open_store(struct run_child *c, struct errbuf *eb)
{
    struct run_wait wait = {0};

    for (;;) {
        enum err e = store_open(&c->store, c->opt->store_path, STORE_WRITE, eb);

        if (e != ERR_BUSY && e != ERR_FULL)
            return e;
        if (run_sink_stop_wished())
            return ERR_STOPPED;
        (void)run_wait_note(&wait, e);
        if (run_wait_is_over(&wait))
            return e;
        clock_sleep_ms(OPEN_RETRY_MS);
    }
}

static enum err
check_stop(struct errbuf *eb)
{
    return run_sink_stop_wished() ? err_set(eb, ERR_STOPPED, "stopped on request")
                                  : ERR_OK;
}

static enum err
read_spec(struct run_child *c, struct errbuf *eb)
{
    struct strbuf text = {0};
    enum err e = store_run_params(c->store, c->opt->run_id, &text, eb);

    if (e == ERR_OK)
        e = spec_read(&c->spec, strbuf_str(&text), eb);
    if (e == ERR_OK)
        e = spec_resolve(&c->spec, eb);
    strbuf_release(&text);
    return e;
}

/* The cells must be the ones that the run was queued for. */
static enum err
check_data(struct run_child *c, struct errbuf *eb)
{
    char now[DIGEST_HEX];
    struct store_runs runs = {0};
    struct store_run_filter filter = {.run_id = c->opt->run_id};
    enum err e = store_runs_list(c->store, &filter, &runs, eb);

    if (e)
        return e;
    spec_pair_key(&c->spec, c->rd.data_digest, c->rd.split_digest, c->rd.classes.digest,
                  now);
    if (runs.n != 1)
        e = err_set(eb, ERR_NOTFOUND, "run %lld is not in the store",
                    (long long)c->opt->run_id);
    else if (strcmp(now, runs.run[0].pair_key) != 0)
        e = err_set(eb, ERR_CONFLICT,
                    "the data changed since the run was queued (pair key %.12s then, "
                    "%.12s now): queue it again for the data as they are",
                    runs.run[0].pair_key, now);
    store_runs_release(&runs);
    return e;
}

/* More than --memory is needed whatever is read from the disk. */
static void
warn_memory(const struct run_child *c)
{
    struct memory_need need;
    struct strbuf text = {0};

    run_memory_need(&need, &c->rd, &c->spec);
    if (memory_need_warning(&need, &c->spec, &text))
        log_line(&c->rs.sink.log, LOG_WARN, "%s", strbuf_str(&text));
    strbuf_release(&text);
}

static enum err
load_data(struct run_child *c, struct errbuf *eb)
{
    enum err e = run_data_load(&c->rd, &c->spec, RUN_DATA_FULL, &c->rs.sink.log, eb);

    if (e == ERR_OK)
        e = check_data(c, eb);
    if (e == ERR_OK)
        warn_memory(c);
    return e ? e : check_stop(eb);
}

/* Go on from the newest state checkpoint, if there is one that can be used. */
static enum err
resume(struct run_child *c, struct errbuf *eb)
{
    void *data = NULL;
    size_t size = 0;
    int64_t epoch;
    enum err e = store_checkpoint_load(c->store, c->opt->run_id, "state", -1, &data,
                                       &size, &epoch, eb);

    if (e == ERR_NOTFOUND)
        return ERR_OK;
    if (e == ERR_OK) {
        e = trainer_resume(c->trainer, data, size, eb);
        if (e == ERR_FORMAT) {
            log_line(&c->rs.sink.log, LOG_WARN,
                     "the checkpoint cannot be used, training starts again: %s",
                     eb ? eb->text : "");
            trainer_free(c->trainer);
            c->trainer = NULL;
            e = trainer_new(&c->trainer, &c->spec, &c->rd, c->opt->threads, eb);
        }
    }
    free(data);
    return e;
}

static enum err
begin_op(struct run_sink *rs, const void *arg, struct errbuf *eb)
{
    const struct run_child *c = arg;
    struct train_platform platform;
    int64_t step = trainer_step(c->trainer);

    train_platform(&platform);
    enum err e = store_attempt_begin(rs->store, &rs->at, step, platform.cpu_path,
                                     platform.blas_core,
                                     c->opt->allow_other_cpu || step == 0, eb);
    return e ? e
             : store_attempt_threads(rs->store, &rs->at, (int64_t)c->opt->threads, eb);
}

static enum err
inputs_op(struct run_sink *rs, const void *arg, struct errbuf *eb)
{
    return store_inputs_add(rs->store, &rs->at, arg, eb);
}

static enum err
begin(struct run_child *c, struct errbuf *eb)
{
    struct run_inputs ri;
    enum err e = run_sink_patient(&c->rs, begin_op, c, eb);

    if (e)
        return e;
    log_line(&c->rs.sink.log, LOG_INFO, "attempt %lld: %s step %lld, %zu thread%s",
             (long long)c->opt->attempt,
             trainer_step(c->trainer) ? "going on after" : "starting at",
             (long long)trainer_step(c->trainer), c->opt->threads,
             c->opt->threads == 1 ? "" : "s");
    run_inputs_init(&ri, &c->rd);
    ri.in.cell_order = train_in_blocks(&c->spec, &c->rd.ds) ? "blocks" : "cells";
    e = run_sink_patient(&c->rs, inputs_op, &ri.in, eb);
    run_inputs_release(&ri);
    return e;
}

static enum err
train(struct run_child *c, struct errbuf *eb)
{
    enum err e = trainer_new(&c->trainer, &c->spec, &c->rd, c->opt->threads, eb);

    if (e == ERR_OK)
        e = resume(c, eb);
    if (e == ERR_OK)
        e = begin(c, eb);
    if (e == ERR_OK)
        e = trainer_run(c->trainer, &c->rs.sink, &c->result, eb);
    trainer_free(c->trainer);
    c->trainer = NULL;
    return e;
}

static enum err
load_classifier(struct run_child *c, bool is_best, struct classifier **cl,
                struct errbuf *eb)
{
    void *data = NULL;
    size_t size = 0;
    int64_t epoch = is_best ? c->result.best_epoch : -1;
    enum err e =
        store_checkpoint_load(c->store, c->opt->run_id, is_best ? "best" : "last",
                              epoch, &data, &size, &epoch, eb);

    if (e == ERR_OK)
        e = classifier_load(cl, data, size, eb);
    free(data);
    return e;
}

/* Score a checkpoint on every named set of cells. */
static enum err
evaluate_all(struct run_child *c, const struct classifier *cl, bool is_best,
             struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < c->rd.n_evals; i++) {
        e = evaluate(cl, &c->rd.eval[i], &c->rd.classes, &c->rd.facets,
                     is_best ? "best" : "last", true, c->opt->threads, &c->rs.sink,
                     NULL, eb);
        if (e == ERR_OK)
            e = check_stop(eb);
    }
    return e;
}

/* What is said about the checkpoint that counts: its scores, and its genes. */
static enum err
judge(struct run_child *c, struct errbuf *eb)
{
    bool is_best = c->result.best_epoch >= 0;
    struct classifier *cl = NULL;
    enum err e = load_classifier(c, is_best, &cl, eb);

    if (e == ERR_OK)
        e = classifier_adapt(cl, &c->rd.ds.x, eb);
    if (e == ERR_OK)
        e = evaluate_all(c, cl, is_best, eb);
    if (e == ERR_OK)
        e = importance_report(cl, &c->rd, (uint64_t)c->spec.seed, c->opt->threads,
                              &c->rs.sink, eb);
    classifier_free(cl);
    return e;
}

static enum err
finish_op(struct run_sink *rs, const void *arg, struct errbuf *eb)
{
    return store_attempt_finish(rs->store, &rs->at, arg, eb);
}

/* The last line.  It is in the store before the run has ended, so that who follows the
 * log until then has read it. */
static enum err
log_success(struct run_child *c, struct errbuf *eb)
{
    const struct train_result *r = &c->result;
    char best[80] = "";

    if (r->best_epoch >= 0)
        snprintf(best, sizeof best, ", best epoch %lld with val F1 %.4f",
                 (long long)r->best_epoch, r->best_score);
    log_line(&c->rs.sink.log, LOG_INFO, "succeeded: %s after %lld epochs, %lld steps%s",
             r->end_reason, (long long)r->epochs, (long long)r->steps, best);
    return run_sink_flush(&c->rs, eb);
}

static enum err
finish_succeeded(struct run_child *c, struct errbuf *eb)
{
    const struct train_result *r = &c->result;
    struct store_finish f = {
        .state = "succeeded",
        .end_reason = r->end_reason,
        .exit_code = RUN_CHILD_ENDED,
        .epochs = r->epochs,
        .best_epoch = r->best_epoch,
        .best_score = r->best_score,
        .weights_sha256 = r->weights_sha256,
        .best_weights_sha256 = *r->best_weights_sha256 ? r->best_weights_sha256 : NULL,
    };

    return run_sink_patient(&c->rs, finish_op, &f, eb);
}

static enum err
run_attempt(struct run_child *c, struct errbuf *eb)
{
    enum err e = train_set_cpu(c->opt->cpu, eb);

    if (e == ERR_OK)
        e = read_spec(c, eb);
    if (e == ERR_OK)
        e = load_data(c, eb);
    if (e == ERR_OK)
        e = train(c, eb);
    if (e == ERR_OK)
        e = run_sink_flush(&c->rs, eb);
    if (e == ERR_OK)
        e = check_stop(eb);
    if (e == ERR_OK)
        e = judge(c, eb);
    if (e == ERR_OK)
        e = log_success(c, eb);
    return e ? e : finish_succeeded(c, eb);
}

/* The run ends as failed with the text of eb: trying again would not help. */
static int
settle_failure(struct run_child *c, struct errbuf *eb)
{
    struct errbuf why = *eb;
    struct store_finish f = {
        .state = "failed",
        .end_reason = why.text,
        .exit_code = RUN_CHILD_FAILED,
        .best_epoch = -1,
        .best_score = (double)NAN,
    };
    log_line(&c->rs.sink.log, LOG_ERROR, "failed: %s", why.text);
    enum err e = run_sink_flush(&c->rs, eb);

    if (e == ERR_OK)
        e = run_sink_patient(&c->rs, finish_op, &f, eb);
    if (e == ERR_FENCED)
        return RUN_CHILD_FENCED;
    if (e == ERR_STOPPED)
        return RUN_CHILD_HANDED_BACK;
    if (e)
        return e == ERR_FULL ? RUN_CHILD_FULL : RUN_CHILD_STORE;
    *eb = why;
    return RUN_CHILD_FAILED;
}

static int
settle(struct run_child *c, enum err e, struct errbuf *eb)
{
    if (e == ERR_OK)
        return RUN_CHILD_ENDED;
    if (e == ERR_FENCED)
        return RUN_CHILD_FENCED;
    if (e == ERR_STOPPED) {
        struct errbuf ignored;

        e = run_sink_flush(&c->rs, &ignored);
        return e == ERR_FENCED ? RUN_CHILD_FENCED : RUN_CHILD_HANDED_BACK;
    }
    if (e == ERR_FULL && !c->rs.store_failed)
        return RUN_CHILD_FULL;
    if (c->rs.store_failed || e == ERR_DB || e == ERR_BUSY || e == ERR_FULL)
        return RUN_CHILD_STORE;
    return settle_failure(c, eb);
}

int
run_child_main(const struct run_child_options *o, struct errbuf *eb)
{
    struct run_child c = {.opt = o};
    struct store_attempt at = {o->run_id, o->attempt};
    struct errbuf why = {""};
    static const int sig[] = {SIGTERM, SIGINT};
    struct signal_hold hold;

    signal_hold_begin(&hold, sig, 2); /* run_sink_stop_wished looks for them */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is like a full disk */
    enum err e = open_store(&c, &why);
    if (e) {
        err_set(eb, e, "%s", why.text);
        return e == ERR_STOPPED ? RUN_CHILD_HANDED_BACK
               : e == ERR_FULL  ? RUN_CHILD_FULL
                                : RUN_CHILD_STORE;
    }
    spec_init(&c.spec);
    run_sink_init(&c.rs, c.store, at);
    int code = settle(&c, run_attempt(&c, &why), &why);

    err_set(eb, ERR_OK, "%s", why.text);

    run_sink_release(&c.rs);
    run_data_release(&c.rd);
    spec_release(&c.spec);
    store_close(c.store);
    return code;
}

static void
add_int(struct strlist *l, int64_t x)
{
    char *text = xasprintf("%lld", (long long)x);

    strlist_add(l, text);
    free(text);
}

void
run_child_argv(const struct run_child_options *o, struct strlist *argv)
{
    strlist_add(argv, o->store_path);
    add_int(argv, o->run_id);
    add_int(argv, o->attempt);
    add_int(argv, (int64_t)o->threads);
    strlist_add(argv, o->cpu ? o->cpu : "auto");
    add_int(argv, o->allow_other_cpu);
}

static bool
parse_int(const char *s, int64_t min, int64_t *out)
{
    char *end;

    *out = strtoll(s, &end, 10);
    return end != s && *end == '\0' && *out >= min;
}

int
run_child_command(size_t n, char *const word[], struct errbuf *eb)
{
    struct run_child_options o = {0};
    int64_t threads = 0, allow = 0;

    if (n != 6 || !parse_int(word[1], 1, &o.run_id) ||
        !parse_int(word[2], 1, &o.attempt) || !parse_int(word[3], 1, &threads) ||
        !parse_int(word[5], 0, &allow)) {
        err_set(eb, ERR_ARG,
                "internal-run: STORE RUN ATTEMPT THREADS CPU ALLOW_OTHER_CPU");
        return RUN_CHILD_USAGE;
    }
    o.store_path = word[0];
    o.threads = (size_t)threads;
    o.cpu = word[4];
    o.allow_other_cpu = allow != 0;
    return run_child_main(&o, eb);
}
