/* cmd_queue_add.c - queue the cross product of models, losses and seeds. */
#include <inttypes.h>
#include <math.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/launch.h"
#include "store/board.h"

/* What queueing did, or would do. */
struct outcome {
    const struct queue_plan *plan;
    bool needed, dry_run;
    size_t n_new, n_existing;
    double work_s;         /* that the new runs take together; NaN: not known */
    double done_s;         /* until they have ended, with what is queued before them */
    size_t n_jobs;         /* that workers have; 0: no worker lives */
    uint64_t memory_bytes; /* of the one that needs most */
};

/* True if run i is (or would be) queued. */
static bool
is_new(const struct outcome *o, size_t i)
{
    if (o->plan->id && !o->dry_run)
        return o->plan->id[i] != 0;
    return !(o->needed && o->plan->existing && o->plan->existing[i]);
}

static int64_t
existing_run(const struct outcome *o, size_t i)
{
    return o->plan->existing ? o->plan->existing[i] : 0;
}

static void
count(struct outcome *o)
{
    for (size_t i = 0; i < o->plan->n; i++) {
        o->n_new += is_new(o, i);
        o->n_existing += existing_run(o, i) != 0;
    }
}

static bool
is_ours(const struct outcome *o, int64_t run_id)
{
    for (size_t i = 0; i < o->plan->n; i++)
        if (o->plan->id && o->plan->id[i] == run_id)
            return true;
    return false;
}

/* The new runs are those past `before` of a dry run's board, else known by their ids. */
static void
add_up(struct outcome *o, const struct board *b, size_t before)
{
    o->work_s = o->done_s = 0;
    for (size_t i = 0; i < b->n; i++) {
        const struct board_run *r = &b->run[i];
        if (o->dry_run ? i < before : !is_ours(o, r->run_id))
            continue;
        o->work_s += r->whole_s;
        o->done_s = isnan(r->end_s) ? r->end_s : fmax(o->done_s, r->end_s);
    }
}

/* The new runs behind those that wait. */
static void
append(const struct outcome *o, struct board *b)
{
    b->run = xrealloc(b->run, b->n + o->n_new + 1, sizeof *b->run);
    for (size_t i = 0; i < o->plan->n; i++) {
        const struct store_new_run *r = &o->plan->run[i];
        if (is_new(o, i))
            b->run[b->n++] = (struct board_run){.state = "queued",
                                                .pair_key = r->pair_key,
                                                .model = r->model,
                                                .max_epochs = r->max_epochs,
                                                .n_train = r->n_train,
                                                .epoch = INT64_MIN};
    }
}

/* Where the time will go: as past runs tell, on the workers that live, or on the one with
 * one job that may be started. */
static void
estimate(struct outcome *o, struct store *s)
{
    static const struct board_worker first = {.jobs = 1};
    struct board b = {0};

    o->work_s = o->done_s = (double)NAN;
    for (size_t i = 0; i < o->plan->n; i++)
        if (is_new(o, i) && o->plan->run[i].memory_bytes > o->memory_bytes)
            o->memory_bytes = o->plan->run[i].memory_bytes;
    if (!s || board_read(&b, s, false, NULL))
        return;
    size_t before = b.n;
    o->n_jobs = board_slots(&b);
    if (o->dry_run)
        append(o, &b);
    if (o->n_jobs == 0) {
        b.worker = xrealloc(b.worker, b.n_workers + 1, sizeof *b.worker);
        b.worker[b.n_workers++] = first;
    }
    board_outlook(&b);
    add_up(o, &b, before);
    board_release(&b);
}

static void
json_id(struct strbuf *sb, const char *key, int64_t id)
{
    if (id)
        strbuf_addf(sb, ", \"%s\": %" PRId64, key, id);
    else
        strbuf_addf(sb, ", \"%s\": null", key);
}

static void
json_run(struct strbuf *sb, const struct outcome *o, size_t i)
{
    const struct store_new_run *r = &o->plan->run[i];
    bool queued = is_new(o, i);

    strbuf_addf(sb, "%s\n  {\"name\": ", i ? "," : "");
    strbuf_add_json(sb, r->name);
    json_id(sb, "run_id",
            queued ? (o->dry_run ? 0 : launch_run_id(o->plan, i)) : existing_run(o, i));
    json_id(sb, "existing_run_id", existing_run(o, i));
    strbuf_addf(sb, ", \"queued\": %s, \"experiment\": ", queued ? "true" : "false");
    strbuf_add_json(sb, r->experiment);
    strbuf_addf(sb,
                ", \"model\": \"%s\", \"loss\": \"%s\", \"seed\": %" PRId64
                ", \"pair_key\": \"%s\"}",
                r->model, r->loss, r->seed, r->pair_key);
}

static void
json_real(struct strbuf *sb, const char *key, double x)
{
    if (isnan(x))
        strbuf_addf(sb, "\"%s\": null, ", key);
    else
        strbuf_addf(sb, "\"%s\": %.3f, ", key, x);
}

/* The object that --json promises; error NULL: none. */
static void
print_json(const struct cli *c, const struct outcome *o, const char *error)
{
    struct strbuf sb = {0};

    strbuf_addf(&sb, "{\"n_new\": %zu, \"n_existing\": %zu, \"dry_run\": %s,\n ",
                o->n_new, o->n_existing, o->dry_run ? "true" : "false");
    json_real(&sb, "work_s", o->work_s);
    json_real(&sb, "done_s", o->done_s);
    strbuf_addf(&sb, "\"jobs\": %zu, \"memory_bytes\": %" PRIu64 ",\n \"runs\": [",
                o->n_jobs, o->memory_bytes);
    for (size_t i = 0; !error && i < o->plan->n; i++)
        json_run(&sb, o, i);
    strbuf_adds(&sb, "],\n \"warnings\": [");
    for (size_t i = 0; i < o->plan->warnings.n; i++) {
        strbuf_adds(&sb, i ? ", " : "");
        strbuf_add_json(&sb, o->plan->warnings.item[i]);
    }
    strbuf_adds(&sb, "],\n \"error\": ");
    strbuf_add_json(&sb, error);
    strbuf_adds(&sb, "}\n");
    out_text(c, strbuf_str(&sb));
    strbuf_release(&sb);
}

/* Equal runs are queued again unless --needed says otherwise. */
static void
say_totals(const struct outcome *o)
{
    const char *again =
        o->n_existing == 1 ? "an equal run exists already" : "equal runs exist already";
    const char *queued = o->dry_run ? "would be queued" : "queued";

    if (o->n_existing == 0)
        out_note("%zu run%s %s", o->n_new, o->n_new == 1 ? "" : "s", queued);
    else if (o->needed)
        out_note("%zu run%s %s; of %zu %s: skipped", o->n_new, o->n_new == 1 ? "" : "s",
                 queued, o->n_existing, again);
    else
        out_note("%zu run%s %s; of %zu %s, and %s %s again: --needed skips what exists",
                 o->n_new, o->n_new == 1 ? "" : "s", queued, o->n_existing, again,
                 o->n_existing == 1 ? "it" : "they",
                 o->dry_run           ? "would be queued"
                 : o->n_existing == 1 ? "is queued"
                                      : "are queued");
}

static void
say_estimate(const struct outcome *o)
{
    char work[32], done[32];
    double gib = (double)o->memory_bytes / 1073741824.0;

    if (o->n_new == 0)
        return;
    clock_duration(o->work_s, work, sizeof work);
    clock_duration(o->done_s, done, sizeof done);
    if (isnan(o->work_s))
        out_note(
            "up to %.2f GiB of memory each; how long they take is not known: no such "
            "run has succeeded yet",
            gib);
    else
        out_note("up to %.2f GiB of memory each; about %s of work, done in %s with %zu "
                 "job%s, as past runs tell",
                 gib, work, isnan(o->done_s) ? "?" : done, o->n_jobs ? o->n_jobs : 1,
                 o->n_jobs > 1 ? "s" : "");
}

static void
print_rows(const struct cli *c, const struct outcome *o)
{
    static const struct table_column col[] = {
        {.name = "run_id", .title = "id", .type = TABLE_INT},
        {.name = "name", .type = TABLE_TEXT},
        {.name = "experiment", .type = TABLE_TEXT, .rank = 3},
        {.name = "model", .type = TABLE_TEXT, .rank = 2},
        {.name = "loss", .type = TABLE_TEXT},
        {.name = "seed", .type = TABLE_INT},
        {.name = "what", .type = TABLE_TEXT}};
    struct table *t = table_new(col, sizeof col / sizeof col[0]);

    for (size_t i = 0; i < o->plan->n; i++) {
        const struct store_new_run *r = &o->plan->run[i];
        int64_t id = is_new(o, i) ? (o->dry_run ? 0 : launch_run_id(o->plan, i))
                                  : existing_run(o, i);

        if (id)
            table_int(t, id);
        else
            table_null(t);
        table_text(t, r->name);
        table_text(t, r->experiment);
        table_text(t, r->model);
        table_text(t, r->loss);
        table_int(t, r->seed);
        table_text(t, !is_new(o, i) ? "exists"
                      : o->dry_run  ? "would be queued"
                                    : "queued");
    }
    out_table(c, t);
    table_free(t);
    say_totals(o);
    say_estimate(o);
}

/* Queue the plan, or ask what queueing it would do; a store that does not exist yet
 * holds no run. */
static enum err
settle(struct cli *c, struct queue_plan *plan, const struct outcome *o,
       struct errbuf *eb)
{
    enum err e = cli_open(c, o->dry_run ? STORE_READ : STORE_CREATE, eb);

    if (e == ERR_NOTFOUND && o->dry_run)
        return ERR_OK;
    if (e)
        return e;
    return o->dry_run ? queue_plan_check(plan, c->store, eb)
                      : queue_plan_add(plan, c->store, o->needed, eb);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct queue_plan plan = {0};
    struct outcome o = {.plan = &plan,
                        .needed = opts_has(&c->opts, "needed"),
                        .dry_run = opts_has(&c->opts, "dry-run"),
                        .work_s = (double)NAN,
                        .done_s = (double)NAN};
    enum err e = ERR_OK;

    if (c->read_only && !o.dry_run)
        e = err_set(eb, ERR_ARG, "--read-only: 'hcelab queue add' writes to the store");
    if (e == ERR_OK &&
        !(e = launch_plan(c, opts_int(&c->opts, "priority"), !o.dry_run, &plan, eb)))
        e = settle(c, &plan, &o, eb);
    if (e == ERR_OK) {
        count(&o);
        estimate(&o, c->store);
    }
    if (c->format == TABLE_JSON)
        print_json(c, &o, e ? eb->text : NULL);
    else if (e == ERR_OK)
        print_rows(c, &o);
    launch_warn(&plan);
    queue_plan_release(&plan);
    return e;
}

static const struct opt options[] = {
    {.name = "needed",
     .kind = OPT_FLAG,
     .help = "skip runs that are queued, running, paused or succeeded already"},
    {.name = "like",
     .kind = OPT_TEXT,
     .value = "RUN",
     .help = "as that run was made, but for what is given here; its name is not taken"},
    {.name = "dry-run", .kind = OPT_FLAG, .help = "say what would be queued"},
    {.name = "priority",
     .kind = OPT_INT,
     .value = "N",
     .def = "0",
     .min = -1000000,
     .max = 1000000,
     .help = "higher goes first"},
    {0}};

const struct cmd cmd_queue_add = {
    .name = "queue add",
    .usage = "[SPEC]",
    .summary = "queue the cross product of --model a,b --loss a,b --seeds 0-3",
    .details =
        "All runs are queued or none. --json prints one object: n_new (runs queued), "
        "n_existing\n(runs that exist already), dry_run, work_s (that they take together), done_s "
        "(until they\nhave ended), jobs (of the workers that live), memory_bytes (of the "
        "largest), runs (name, run_id, "
        "existing_run_id, queued,\nexperiment, model, loss, seed, pair_key), warnings "
        "(texts), error (null or a text).",
    .example =
        "hcelab queue add --data atlas.h5ad --ood dataset_id=study_7,study_8 \\\n"
        "    --loss ce,hce --seeds 0-4 --set max_epochs=20\n"
        "hcelab queue add --like 7 --loss ce,hce --seeds 0-7 --needed\n"
        "hcelab worker --jobs 2 --drain",
    .opts = options,
    .flags = CMD_SPEC | CMD_ROWS,
    .run = run,
};
