/* cmd_queue_missing.c - queue what the completeness matrix lacks. */
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/launch.h"
#include "cli/matrix_out.h"
#include "cli/name_check.h"
#include "spec/spec.h"

/* A configuration, and a loss of it, that is asked for. */
struct target {
    int64_t run_id;   /* a run of the configuration */
    const char *loss; /* NULL: every one; static storage */
};

/* What is missing, and what came of it. */
struct missing {
    struct cli *c;
    struct store_runs runs;
    struct seed_matrix matrix;
    struct target *target; /* (n_targets) owned; none: everything */
    size_t n_targets;
    bool dry_run;
    size_t n_queued;
};

/* RUN, or RUN:LOSS. */
static enum err
read_target(struct cli *c, const char *text, struct target *t, struct errbuf *eb)
{
    const char *colon = strrchr(text, ':');

    *t = (struct target){0};
    for (size_t i = 0; colon && i < LOSS_COUNT; i++)
        if (strcmp(colon + 1, loss_name((enum loss_id)i)) == 0)
            t->loss = loss_name((enum loss_id)i);
    char *run = xstrndup(text, t->loss ? (size_t)(colon - text) : SIZE_MAX);
    enum err e = store_run_find(c->store, run, &t->run_id, eb);
    free(run);
    return e;
}

static enum err
read_targets(struct missing *x, struct errbuf *eb)
{
    enum err e = ERR_OK;

    x->target = xcalloc(x->c->opts.n_args + 1, sizeof *x->target);
    for (size_t i = 0; i < x->c->opts.n_args && e == ERR_OK; i++)
        e = read_target(x->c, x->c->opts.arg[i], &x->target[x->n_targets++], eb);
    return e;
}

static const struct store_run *
find_run(const struct missing *x, int64_t run_id)
{
    for (size_t i = 0; i < x->runs.n; i++)
        if (x->runs.run[i].run_id == run_id)
            return &x->runs.run[i];
    return NULL;
}

static bool
is_wanted(const struct missing *x, const struct seed_row *row)
{
    for (size_t i = 0; i < x->n_targets; i++) {
        const struct store_run *r = find_run(x, x->target[i].run_id);
        const char *loss = x->target[i].loss;
        if (r && strcmp(r->pair_key, row->pair_key) == 0 &&
            strcmp(r->experiment, row->experiment) == 0 &&
            (!loss || strcmp(loss, row->loss) == 0))
            return true;
    }
    return x->n_targets == 0;
}

static size_t
list_seeds(const struct seed_matrix *m, const struct seed_row *row, uint32_t *seed)
{
    size_t n = 0;

    for (size_t s = 0; s < m->n_seeds; s++)
        if (row->place[s].state == SEED_MISSING)
            seed[n++] = (uint32_t)m->seed[s];
    return n;
}

static enum err
check_same(const struct queue_plan *p, const struct seed_row *row, struct errbuf *eb)
{
    if (p->n == 0 || strcmp(p->run[0].pair_key, row->pair_key) == 0)
        return ERR_OK;
    return err_set(eb, ERR_CONFLICT,
                   "%s %s: the data changed since run %" PRId64
                   " was queued, so that its missing seeds would not be comparable: "
                   "`queue add --like %" PRId64 "` makes runs on the data as they are",
                   row->experiment, row->model, row->like_run_id, row->like_run_id);
}

/* Queue the missing seeds of a row, as its sibling was made. */
static enum err
queue_row(struct missing *x, const struct seed_row *row, struct errbuf *eb)
{
    uint32_t *seed = xcalloc(x->matrix.n_seeds + 1, sizeof *seed);
    size_t n = list_seeds(&x->matrix, row, seed);
    enum loss_id loss = 0;
    struct queue_plan plan = {0};
    struct spec base;

    while (loss + 1 < LOSS_COUNT && strcmp(loss_name(loss), row->loss) != 0)
        loss++;
    struct queue_axes axes = {.loss = &loss, .n_losses = 1, .seed = seed, .n_seeds = n};
    spec_init(&base);
    enum err e = launch_like(x->c, row->like_run_id, &base, eb);
    if (e == ERR_OK)
        e = queue_plan_make(&plan, x->c->self_path, &base, &axes, eb);
    if (e == ERR_OK)
        e = check_same(&plan, row, eb);
    if (e == ERR_OK)
        e = queue_plan_add(&plan, x->c->store, true, eb);
    for (size_t i = 0; e == ERR_OK && i < plan.n; i++)
        x->n_queued += plan.id[i] != 0;
    if (e == ERR_OK)
        launch_warn(&plan);
    queue_plan_release(&plan);
    spec_release(&base);
    free(seed);
    return e;
}

static void
print_row(const struct missing *x, const struct seed_row *row)
{
    struct strbuf seeds = {0};

    seed_row_seeds(&x->matrix, row, SEED_MISSING, &seeds);
    out_line(x->c, "%s %s %s: seed%s %s", row->experiment, row->model, row->loss,
             row->count[SEED_MISSING] == 1 ? "" : "s", strbuf_str(&seeds));
    strbuf_release(&seeds);
}

static enum err
go_through(struct missing *x, struct errbuf *eb)
{
    size_t n = 0;
    enum err e = ERR_OK;

    for (size_t i = 0; i < x->matrix.n_rows && e == ERR_OK; i++) {
        const struct seed_row *row = &x->matrix.row[i];
        if (row->count[SEED_MISSING] == 0 || !is_wanted(x, row))
            continue;
        n += row->count[SEED_MISSING];
        print_row(x, row);
        if (!x->dry_run)
            e = queue_row(x, row, eb);
    }
    if (n == 0)
        out_note("nothing is missing");
    else if (x->dry_run)
        out_note("%zu run%s would be queued", n, n == 1 ? "" : "s");
    else if (x->n_queued || e == ERR_OK)
        out_note("%zu run%s queued", x->n_queued, x->n_queued == 1 ? "" : "s");
    return e;
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct missing x = {.c = c, .dry_run = opts_has(&c->opts, "dry-run")};
    struct store_run_filter filter = {.experiment = opts_text(&c->opts, "experiment")};
    enum err e = ERR_OK;

    if (c->read_only && !x.dry_run)
        return err_set(eb, ERR_ARG,
                       "--read-only: 'hcelab queue missing' writes to the store");
    if ((e = cli_open(c, x.dry_run ? STORE_READ : STORE_WRITE, eb)) ||
        (e = name_check(c, eb)))
        return e;
    if ((e = read_targets(&x, eb)) ||
        (e = store_runs_list(c->store, &filter, &x.runs, eb)))
        goto out;
    matrix_of_runs(&x.matrix, &x.runs);
    e = go_through(&x, eb);
out:
    seed_matrix_release(&x.matrix);
    store_runs_release(&x.runs);
    free(x.target);
    return e;
}

static const struct opt options[] = {
    {.name = "experiment", .kind = OPT_TEXT, .value = "NAME", .help = "only this one"},
    {.name = "dry-run", .kind = OPT_FLAG, .help = "say what would be queued"},
    {0}};

const struct cmd cmd_queue_missing = {
    .name = "queue missing",
    .usage = "[RUN[:LOSS]...]",
    .summary = "queue the runs that `runs --matrix` shows as missing",
    .details =
        "A seed is missing where another run of the same experiment and model has it. The "
        "missing\nruns are made as the newest of their configuration was. RUN stands for its "
        "configuration;\nwithout any, everything that is missing is queued.",
    .example = "hcelab queue missing --dry-run\nhcelab queue missing 7:hce",
    .opts = options,
    .max_args = SIZE_MAX,
    .run = run,
};
