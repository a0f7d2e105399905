/* cmd_export.c - results out: tables as CSV, runs as the published tree of files. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "base/strlist.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/compare_out.h"
#include "cli/csv_out.h"
#include "cli/export_details.h"
#include "cli/name_check.h"
#include "cli/query_out.h"
#include "cli/run_arg.h"
#include "run/signal_hold.h"
#include "transfer/export_tree.h"

/* What can be exported, and the statement of store/sql that lists it; NULL: paired
 * statistics. */
static const struct {
    const char *what, *query;
} exports[] = {
    {"f1", "export_f1"},     {"curves", "export_curve"},
    {"runs", "export_runs"}, {"confusion", "export_confusion"},
    {"comparison", NULL},
};
enum { N_EXPORTS = sizeof exports / sizeof exports[0] };

static enum err
export_comparison(struct cli *c, const char *path, struct errbuf *eb)
{
    struct strbuf text = {0};
    struct csv_out out;
    enum err e = compare_export(c, opts_text(&c->opts, "experiment"), &text, eb);

    if (e == ERR_OK && !(e = csv_out_open(&out, c, path, eb))) {
        csv_out_text(&out, strbuf_str(&text));
        e = csv_out_close(&out, true, eb);
    }
    strbuf_release(&text);
    return e;
}

/* --- tables --- */

/* Filters: an option and the parameter of the statement that it sets. */
static const struct {
    const char *option, *parameter;
} filters[] = {
    {"run", ":run_id"},      {"experiment", ":experiment"},
    {"eval", ":evaluation"}, {"rule", ":rule"},
    {"by", ":facet"},        {"metric", ":metric"},
};
enum { N_FILTERS = sizeof filters / sizeof filters[0] };

/* The filters that were given, as parameters (n); one that the statement does not have
 * is wrong usage. */
static enum err
take_filters(struct cli *c, const char *what, const char *sql, struct store_bind *bind,
             size_t *n, struct errbuf *eb)
{
    *n = 0;
    for (size_t i = 0; i < N_FILTERS; i++) {
        const char *text = opts_text(&c->opts, filters[i].option);
        struct store_bind *b = &bind[*n];

        if (!text)
            continue;
        if (!strstr(sql, filters[i].parameter))
            return err_set(eb, ERR_ARG, "--%s is no filter of export %s",
                           filters[i].option, what);
        *b = (struct store_bind){
            .name = filters[i].parameter, .kind = BIND_TEXT, .t = text};
        if (strcmp(filters[i].option, "run") == 0) {
            enum err e = store_run_find(c->store, text, &b->i, eb);

            if (e)
                return e;
            b->kind = BIND_INT;
        }
        (*n)++;
    }
    return ERR_OK;
}

/* The row of exports, or N_EXPORTS. */
static size_t
find_table(const char *what)
{
    size_t i = 0;

    while (i < N_EXPORTS && strcmp(exports[i].what, what) != 0)
        i++;
    return i;
}

/* An option that only the other kind of export has. */
static enum err
refuse(const struct cli *c, const char *const *option, const char *why,
       struct errbuf *eb)
{
    for (; *option; option++)
        if (opts_has(&c->opts, *option))
            return err_set(eb, ERR_ARG, "--%s: %s", *option, why);
    return ERR_OK;
}

static enum err
export_table(struct cli *c, size_t i, struct errbuf *eb)
{
    static const char *const of_trees[] = {"all", "no-weights", "details", "force",
                                           NULL};
    const char *what = exports[i].what, *path = opts_text(&c->opts, "out");
    const char *query = exports[i].query;
    const char *sql = query ? store_named_query(query) : ":experiment";
    struct store_bind bind[N_FILTERS];
    size_t n;
    enum err e;

    if (c->opts.n_args > 1)
        return err_set(eb, ERR_ARG,
                       "unexpected argument '%s': export %s prints a table (a run of "
                       "that name is meant by its id)",
                       c->opts.arg[1], what);
    if ((e = refuse(c, of_trees, "is for export RUN... DIR", eb)) ||
        (e = cli_open(c, STORE_READ, eb)) ||
        (e = take_filters(c, what, sql, bind, &n, eb)) || (e = name_check(c, eb)))
        return e;
    return query ? query_export(c, sql, bind, n, path, eb)
                 : export_comparison(c, path, eb);
}

/* --- trees --- */

static enum err
check_words(const struct cli *c, struct errbuf *eb)
{
    bool all = opts_has(&c->opts, "all");
    size_t n = c->opts.n_args;
    struct strbuf names = {0};

    if (all && n > 1)
        return err_set(eb, ERR_ARG,
                       "unexpected argument '%s': export --all takes a folder alone",
                       c->opts.arg[0]);
    if (!all && opts_has(&c->opts, "experiment"))
        return err_set(eb, ERR_ARG, "--experiment: is for a table, or with --all");
    if (all || n > 1)
        return ERR_OK;
    for (size_t i = 0; i < N_EXPORTS; i++)
        strbuf_addf(&names, "%s%s", i ? ", " : "", exports[i].what);
    err_set(eb, ERR_ARG,
            "export %s: must be one of: %s; or name runs and then a folder",
            c->opts.arg[0], strbuf_str(&names));
    strbuf_release(&names);
    return ERR_ARG;
}

/* The runs to write: those that the words before the last name, or all. */
static enum err
find_runs(struct cli *c, int64_t **ids, size_t *n, struct errbuf *eb)
{
    const char *experiment = opts_text(&c->opts, "experiment");
    size_t n_args = c->opts.n_args;
    enum err e;

    if (opts_has(&c->opts, "all")) {
        e = export_tree_runs(c->store, experiment, ids, n, eb);
        if (e == ERR_OK && *n == 0)
            e = err_set(eb, ERR_NOTFOUND, "there is no run that succeeded");
        return e;
    }
    c->opts.n_args--; /* the folder */
    e = run_arg_ids(c, 0, ids, n, eb);
    c->opts.n_args = n_args;
    return e;
}

/* What is true of several runs is said once. */
static void
say_once(void *ctx, enum log_level level, const char *text)
{
    struct strlist *said = ctx;

    (void)level;
    if (strlist_has(said, text))
        return;
    strlist_add(said, text);
    out_note("%s", text);
}

/* What the work calls back with. */
struct tree_export {
    struct cli *cli;
    struct signal_hold hold; /* Ctrl-C waits until what is half written is gone */
};

static void
say_done(void *ctx, int64_t run_id, const char *path)
{
    const struct tree_export *t = ctx;

    out_line(t->cli, "run %" PRId64 ": %s", run_id, path);
}

static bool
is_stopped(void *ctx)
{
    const struct tree_export *t = ctx;

    return signal_hold_is_pending(&t->hold);
}

static enum err
write_details(void *ctx, int64_t run_id, const char *evaluation, const char *checkpoint,
              const char *path, struct errbuf *eb)
{
    const struct tree_export *t = ctx;

    return export_details(t->cli, run_id, evaluation, checkpoint, path, eb);
}

static enum err
check_folder(const char *dir, struct errbuf *eb)
{
    struct stat st;

    if (stat(dir, &st) == 0 && !S_ISDIR(st.st_mode))
        return err_set(eb, ERR_CONFLICT, "%s is no folder", dir);
    return *dir ? ERR_OK : err_set(eb, ERR_ARG, "the name of the folder is empty");
}

static enum err
export_runs(struct cli *c, struct errbuf *eb)
{
    static const char *const of_tables[] = {"out", "run", "metric", "eval", "by", NULL};
    const char *dir = c->opts.arg[c->opts.n_args - 1];
    const char *rule = opts_text(&c->opts, "rule");
    struct strlist said = {0};
    struct tree_export t = {.cli = c};
    const struct log log = {.write = say_once, .ctx = &said};
    const struct export_wish wish = {
        .rule = rule ? rule : "hierarchy",
        .no_weights = opts_has(&c->opts, "no-weights"),
        .force = opts_has(&c->opts, "force"),
        .details = opts_has(&c->opts, "details") ? write_details : NULL,
        .log = &log,
        .done = say_done,
        .stopped = is_stopped,
        .ctx = &t};
    int64_t *ids = NULL;
    size_t n = 0;
    enum err e;

    if ((e = check_words(c, eb)) ||
        (e = refuse(c, of_tables, "is no option of export RUN... DIR", eb)) ||
        (e = check_folder(dir, eb)) || (e = cli_open(c, STORE_READ, eb)) ||
        (e = name_check(c, eb)) || (e = find_runs(c, &ids, &n, eb)))
        goto out;
    signal_hold_stops(&t.hold);
    e = export_tree(c->store, dir, ids, n, &wish, eb);
    signal_hold_end(&t.hold);
out:
    strlist_release(&said);
    free(ids);
    return e;
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    size_t i = find_table(c->opts.arg[0]);

    return i < N_EXPORTS ? export_table(c, i, eb) : export_runs(c, eb);
}

static const struct opt options[] = {
    {.name = "out",
     .letter = 'o',
     .kind = OPT_TEXT,
     .value = "FILE",
     .help = "write there, whole or not at all; else to stdout"},
    {.name = "experiment",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help = "only this one; with --all too"},
    {.name = "run", .kind = OPT_TEXT, .value = "RUN", .help = "only this run"},
    {.name = "metric", .kind = OPT_TEXT, .value = "NAME", .help = "curves: only this"},
    {.name = "eval",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help = "f1, confusion: only this evaluation"},
    {.name = "rule",
     .kind = OPT_CHOICE,
     .value = "RULE",
     .choices = "hierarchy|exact",
     .help = "f1: only this scoring rule; DIR: that of the tables [hierarchy]"},
    {.name = "by", .kind = OPT_TEXT, .value = "FACET", .help = "f1: only this facet"},
    {.name = "all", .kind = OPT_FLAG, .help = "DIR: every run that succeeded"},
    {.name = "no-weights", .kind = OPT_FLAG, .help = "DIR: without .safetensors"},
    {.name = "details",
     .kind = OPT_FLAG,
     .help =
         "DIR: also what the model says of each cell of id and ood, as CSV: the run's "
         "data are read and scored again"},
    {.name = "force",
     .kind = OPT_FLAG,
     .help = "DIR: replace folders of runs that export did not make"},
    {0}};

const struct cmd cmd_export = {
    .name = "export",
    .usage = "f1|curves|runs|confusion|comparison | RUN... DIR | --all DIR",
    .summary = "tables and curves as CSV, runs as the published tree of files",
    .details =
        "f1, curves, runs and confusion have the columns of the views f1, curve, "
        "run_summary\nand confusion; comparison has every number of `compare` "
        "over all evaluations, rules and\nfacets. A run of such a name is meant by its "
        "id.\n\n"
        "RUN... DIR writes each run to DIR/tb_logs/MODEL[_hierarchical_loss]/default/"
        "version_SEED,\nwhole or not at all: hparams.yaml, parameters.json, a "
        "TensorBoard event file, classes.csv,\ngenes.csv, checkpoints/NAME.safetensors "
        "with PyTorch's names, and the tables of scores as\nscikit-learn's "
        "classification_report under checkpoints/NAME (evaluation ood),\n"
        "sctab_test/NAME (id) and evaluations/EVAL/NAME (others). A further run of that "
        "model, loss\nand seed gets the number after the highest; writing a run again "
        "replaces its folder. hcelab_runs.csv says which run each folder holds.\n\n"
        "A folder hcelab beside these files holds what they have no place for: f1.csv (both "
        "rules),\nconfusion.csv, curves.csv in double precision, the hierarchy; "
        "`import DIR` gets the run back as it\nwas.  --details adds "
        "NAME_detailed_results.csv: a row per cell, with y_probs; of other cells\n"
        "`eval --data PATH --details FILE.csv` writes them.",
    .example = "hcelab export f1 --out f1.csv\n"
               "hcelab export comparison > stats.csv\n"
               "hcelab export linear-hce-s0 7 results\n"
               "hcelab export --all results --no-weights",
    .opts = options,
    .min_args = 1,
    .max_args = SIZE_MAX,
    .flags = CMD_CSV,
    .run = run,
};
