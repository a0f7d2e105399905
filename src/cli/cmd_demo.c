/* cmd_demo.c - the main job on simulated cells: simulate, train, compare. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/pool.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/compare_out.h"
#include "cli/dashboard.h"
#include "cli/launch.h"
#include "cli/spec_opts.h"
#include "cli/train_progress.h"
#include "data/simulate.h"
#include "run/queue_plan.h"
#include "run/worker.h"

enum { KEY_DIGITS = 8 }; /* of the settings' digest, in the file name */

/* How the demo trains: as few steps as show the effect. */
static const char *const hypers[] = {"batch_size=256", "max_epochs=20",
                                     "learning_rate=0.005"};

struct demo {
    struct sim_spec sim;
    char key[DIGEST_HEX]; /* of the settings of the simulator */
    char *atlas;          /* owned; path */
    char *experiment;     /* owned */
    struct spec spec;
    uint32_t *seed; /* (n_seeds) owned */
    size_t n_seeds;
    struct queue_plan plan;
};

static void
demo_release(struct demo *d)
{
    free(d->atlas);
    free(d->experiment);
    free(d->seed);
    spec_release(&d->spec);
    queue_plan_release(&d->plan);
}

/* The settings as text, so that equal settings find the atlas again. */
static void
settings_digest(const struct sim_spec *s, char key[DIGEST_HEX])
{
    struct strbuf sb = {0};
    struct digest d;

#define ADD_INT(x)  strbuf_addf(&sb, "%" PRId64, x)
#define ADD_REAL(x) strbuf_add_double(&sb, x)
#define ADD_TEXT(x) strbuf_adds(&sb, x)
#define SIM(kind, id, ...)                                                             \
    strbuf_adds(&sb, #id "=");                                                         \
    ADD_##kind(s->id);                                                                 \
    strbuf_addc(&sb, '\n');
#include "data/simulate.def"
#undef SIM
    digest_init(&d);
    digest_adds(&d, strbuf_str(&sb));
    digest_final(&d, key);
    strbuf_release(&sb);
}

/* A name beside the store.  Caller frees. */
static char *
beside_store(const char *store_path, const char *key)
{
    const char *slash = strrchr(store_path, '/');
    int n = slash ? (int)(slash - store_path) + 1 : 0;

    return xasprintf("%.*shcelab-demo-%.*s.h5ad", n, store_path, KEY_DIGITS, key);
}

static enum err
prepare_atlas(struct cli *c, struct demo *d, struct errbuf *eb)
{
    struct sim_spec usual;
    char usual_key[DIGEST_HEX];
    enum err e;

    sim_spec_init(&usual);
    settings_digest(&usual, usual_key);
    sim_spec_init(&d->sim);
    if ((e = sim_from_opts(&d->sim, &c->opts, eb)))
        return e;
    settings_digest(&d->sim, d->key);
    /* An experiment holds one meaning of `ood`: other settings are another one. */
    d->experiment = strcmp(d->key, usual_key) == 0
                        ? xstrdup("demo")
                        : xasprintf("demo-%.*s", KEY_DIGITS, d->key);
    d->atlas = beside_store(c->store_path, d->key);
    if (access(d->atlas, R_OK) == 0)
        return ERR_OK;
    out_note("simulating %" PRId64 " cells into %s", d->sim.cells, d->atlas);
    return simulate_write(&d->sim, d->atlas, &c->log, eb);
}

static enum err
make_spec(struct demo *d, struct errbuf *eb)
{
    char *names = sim_heldout_names(&d->sim);
    char *ood = xasprintf("dataset_id=%s", names);
    bool holds_out = *names;
    enum err e;

    spec_init(&d->spec);
    if ((e = spec_set(&d->spec, SPEC_ID_data, d->atlas, eb)) ||
        (e = spec_set(&d->spec, SPEC_ID_experiment, d->experiment, eb)))
        goto out;
    if (holds_out && (e = spec_set(&d->spec, SPEC_ID_ood, ood, eb)))
        goto out;
    for (size_t i = 0; i < sizeof hypers / sizeof hypers[0] && e == ERR_OK; i++)
        e = spec_set_hyper(&d->spec, hypers[i], eb);
out:
    free(names);
    free(ood);
    return e;
}

/* Queue CE and HCE over the seeds; what exists already is found, not queued again. */
static enum err
queue_runs(struct cli *c, struct demo *d, struct errbuf *eb)
{
    static const enum loss_id loss[] = {LOSS_ce, LOSS_hce};
    struct queue_axes axes = {
        .loss = loss, .n_losses = 2, .seed = d->seed, .n_seeds = d->n_seeds};
    enum err e;

    if (!(e = queue_plan_make(&d->plan, c->self_path, &d->spec, &axes, eb)) &&
        !(e = cli_open(c, STORE_CREATE, eb)))
        e = queue_plan_add(&d->plan, c->store, true, eb);
    return e;
}

/* Runs of the plan that have not ended.  Their ids go into ids (plan.n). */
static enum err
open_runs(struct cli *c, const struct demo *d, int64_t *ids, size_t *n_open,
          size_t *n_failed, struct errbuf *eb)
{
    struct store_runs runs;
    enum err e = store_runs_list(c->store, NULL, &runs, eb);

    *n_open = *n_failed = 0;
    if (e)
        return e;
    for (size_t i = 0; i < d->plan.n; i++) {
        ids[i] = launch_run_id(&d->plan, i);
        for (size_t k = 0; k < runs.n; k++)
            if (runs.run[k].run_id == ids[i]) {
                const char *state = runs.run[k].state;

                *n_open +=
                    strcmp(state, "queued") == 0 || strcmp(state, "running") == 0;
                *n_failed += strcmp(state, "failed") == 0;
            }
    }
    store_runs_release(&runs);
    return ERR_OK;
}

static struct worker_options
worker_options(const struct cli *c, size_t n_open)
{
    size_t cores = pool_cores();

    return (struct worker_options){
        .store_path = c->store_path,
        .self_path = c->self_path,
        .jobs = n_open < cores ? n_open : cores,
        .drain = true,
        .cpu = c->cpu,
        .log = out_log(),
    };
}

/* Train what is open in this process. */
static enum err
train_here(struct cli *c, const int64_t *ids, size_t n, size_t n_open,
           struct errbuf *eb)
{
    struct train_progress_line line = {.store = c->store, .id = ids, .n = n};
    struct worker_options opt = worker_options(c, n_open);

    opt.on_tick = train_progress_tick;
    opt.tick_ctx = &line;
    out_note("training %zu runs, %zu at a time", n_open, opt.jobs);
    enum err e = worker_run(&opt, eb);
    out_progress_end();
    if (e == ERR_STOPPED)
        return err_set(eb, ERR_STOPPED,
                       "stopped; the runs are back in the queue and go "
                       "on with the next %s demo or worker",
                       c->called);
    return e;
}

/* Train in the background and look at it. */
static enum err
train_and_watch(struct cli *c, size_t n_open, struct errbuf *eb)
{
    struct worker_options opt = worker_options(c, n_open);
    struct errbuf notice = {""};
    enum err e = n_open ? worker_start_detached(&opt, &notice, eb) : ERR_OK;

    if (*notice.text)
        out_note("%s", notice.text);
    return e ? e : dashboard_open(c, eb);
}

static enum err
print_comparison(struct cli *c, const struct demo *d, struct errbuf *eb)
{
    static const char *const facets[] = {"class", "tissue", "all"};
    enum err e = ERR_OK;

    if (c->format != TABLE_PLAIN && c->format != TABLE_MARKDOWN) {
        const struct compare_request q = {.facet = "class",
                                          .rule = "hierarchy",
                                          .experiment = d->experiment,
                                          .sort = "delta"};
        return compare_print(c, &q, eb);
    }
    for (size_t i = 0; i < sizeof facets / sizeof facets[0] && e == ERR_OK; i++) {
        const struct compare_request q = {.facet = facets[i],
                                          .rule = "hierarchy",
                                          .experiment = d->experiment,
                                          .pair_key = d->plan.run[0].pair_key,
                                          .sort = "delta"};

        if (i)
            out_text(c, "\n");
        e = compare_print(c, &q, eb);
    }
    return e;
}

static enum err
train_and_show(struct cli *c, struct demo *d, struct errbuf *eb)
{
    int64_t *ids = xcalloc(d->plan.n + 1, sizeof *ids);
    size_t n_open = 0, n_failed = 0;
    enum err e = open_runs(c, d, ids, &n_open, &n_failed, eb);

    if (e)
        goto out;
    if (out_has_terminal() && !opts_has(&c->opts, "no-dashboard")) {
        e = train_and_watch(c, n_open, eb);
        goto out;
    }
    if (n_open && (e = train_here(c, ids, d->plan.n, n_open, eb)))
        goto out;
    if ((e = open_runs(c, d, ids, &n_open, &n_failed, eb)) ||
        (e = print_comparison(c, d, eb)))
        goto out;
    if (n_failed || n_open)
        e = err_set(eb, ERR_CHILD,
                    "%zu of %zu runs did not succeed: %s --store %s runs "
                    "--experiment %s says why",
                    n_failed + n_open, d->plan.n, c->called, c->store_path,
                    d->experiment);
    else
        out_note("%s --store %s opens the dashboard on these runs", c->called,
                 c->store_path);
out:
    free(ids);
    return e;
}

/* What is wrong with the command line is said before anything is simulated. */
static enum err
check_options(struct cli *c, struct demo *d, struct errbuf *eb)
{
    enum err e = store_check_place(c->store_path, eb);

    return e ? e
             : spec_parse_seeds(opts_text(&c->opts, "seeds"), &d->seed, &d->n_seeds,
                                eb);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct demo d = {0};
    enum err e = ERR_OK;

    if (!(e = check_options(c, &d, eb)) && !(e = prepare_atlas(c, &d, eb)) &&
        !(e = make_spec(&d, eb)) && !(e = queue_runs(c, &d, eb))) {
        launch_warn(&d.plan);
        e = train_and_show(c, &d, eb);
    }
    demo_release(&d);
    return e;
}

static const struct opt options[] = {
    {.name = "seeds",
     .kind = OPT_TEXT,
     .value = "LIST",
     .def = "0-4",
     .help = "seeds of the runs: five make a 95 % interval worth reading"},
    {.name = "no-dashboard",
     .kind = OPT_FLAG,
     .help = "train here and print the comparison, also on a terminal"},
    {0}};

const struct cmd cmd_demo = {
    .name = "demo",
    .usage = "",
    .summary = "simulate a small atlas, run CE and HCE over seeds, compare",
    .details = "On a terminal the dashboard opens while the runs train. A second demo "
               "with the same\nsettings finds its atlas and its runs and shows the "
               "results at once.",
    .example = "hcelab demo\nhcelab demo --no-dashboard --cells 6000 --seeds 0-2",
    .opts = options,
    .flags = CMD_SIM | CMD_WRITES | CMD_ROWS | CMD_LASTING,
    .run = run,
};
