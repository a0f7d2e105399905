/* cmd_eval.c - score checkpoints of runs on named cells. */
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/eval_list.h"
#include "cli/eval_opts.h"
#include "cli/query_out.h"
#include "cli/reader_child.h"
#include "cli/reader_opts.h"
#include "cli/run_arg.h"
#include "spec/decode.h"
#include "spec/spec.h"

const struct opt eval_opts[] = {
    {.name = "data",
     .kind = OPT_TEXT,
     .value = "PATH",
     .help = "cells to score; without it the run's own of that name"},
    {.name = "name",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help =
         "name of the evaluation: id, ood or one of the run's --eval without --data"},
    READER_OPT_DECODE,
    READER_OPT_CHECKPOINT,
    {.name = "predictions",
     .kind = OPT_TEXT,
     .value = "FILE.csv",
     .help = "also write one row per cell: cell, true_label, predicted_label, "
             "correct_exact, correct_hierarchy, probability, facets"},
    {.name = "details",
     .kind = OPT_TEXT,
     .value = "FILE.csv",
     .help = "also write one row per cell as the published detailed results have it: "
             "cell, y_true, y_pred, cell_type, soma_joinid, assay, ..., y_probs"},
    READER_OPT_LAYER,
    {.name = "label",
     .kind = OPT_TEXT,
     .value = "COLUMN",
     .help = "obs column of PATH that holds the class; else as in training"},
    READER_OPT_PART("test, or all cells of data that have none"),
    READER_OPT_MEMORY("as in training"),
    READER_OPT_THREADS,
    {.name = "checkpoint-list",
     .kind = OPT_TEXT,
     .value = "FILE",
     .help = "score what its lines name: a RUN, or the path of a checkpoint that was "
             "imported"},
    {.name = "jobs",
     .letter = 'j',
     .kind = OPT_INT,
     .value = "N",
     .def = "1",
     .min = 1,
     .max = 256,
     .help = "score that many runs at a time; each loads the cells"},
    {0}};

/* Options that name a file of rows for each cell. */
static const char *const files[] = {"predictions", "details"};
enum { N_FILES = sizeof files / sizeof files[0] };

static enum err
score(struct cli *c, int64_t run_id, struct errbuf *eb)
{
    const char *data = opts_text(&c->opts, "data");
    char *doing = xasprintf("scoring run %" PRId64 " on %s", run_id,
                            data ? data : "its own data");
    const char *file = opts_has(&c->opts, "predictions") ? "predictions" : "details";
    enum err e = reader_child_run(c, "internal-eval", eval_opts, run_id, doing,
                                  opts_text(&c->opts, file), eb);

    free(doing);
    return e;
}

/* One run, or several, some at a time. */
static enum err
score_all(struct cli *c, const int64_t *ids, size_t n, struct errbuf *eb)
{
    size_t jobs = (size_t)opts_int(&c->opts, "jobs");

    if (n == 1)
        return score(c, ids[0], eb);
    return reader_children_run(c, "internal-eval", eval_opts, ids, NULL, n,
                               jobs < n ? jobs : n, "scoring run", eb);
}

/* The runs of the command line, then those of the list. */
static enum err
find_runs(struct cli *c, int64_t **ids, size_t *n, struct errbuf *eb)
{
    const char *list = opts_text(&c->opts, "checkpoint-list");
    enum err e = run_arg_ids(c, 0, ids, n, eb);

    if (!e && list)
        e = eval_list_read(c, list, ids, n, eb);
    for (size_t i = 0; i < N_FILES && !e; i++)
        if (*n > 1 && opts_has(&c->opts, files[i]))
            e = err_set(eb, ERR_ARG, "--%s holds the cells of one run: name one RUN",
                        files[i]);
    return e;
}

/* The name says which cells, and no more. */
static enum err
check_name(const char *name, struct errbuf *eb)
{
    size_t len;

    if (!name || !*name)
        return err_set(eb, ERR_ARG,
                       "eval: --name NAME is missing: how the evaluation is "
                       "called (id and ood are the run's own cells)");
    enum decode_id d = decode_of_evaluation(name, &len);
    if (d == DECODE_argmax)
        return ERR_OK;
    return err_set(eb, ERR_ARG,
                   "--name %s: %s is added by --decode: write --name %.*s --decode %s",
                   name, decode_suffix(d), (int)len, name, decode_name(d));
}

static enum err
check_options(const struct cli *c, struct errbuf *eb)
{
    const char *name = opts_text(&c->opts, "name");
    bool has_data = opts_has(&c->opts, "data");
    enum err e = check_name(name, eb);

    if (e)
        return e;
    if (opts_item(&c->opts, "data", 1))
        return err_set(eb, ERR_ARG,
                       "--data %s: an evaluation has one dataset: name a folder, or "
                       "several evaluations",
                       opts_text(&c->opts, "data"));
    if (has_data && (e = spec_check_evaluation("--name", name, eb)))
        return e;
    if (!has_data && (opts_has(&c->opts, "layer") || opts_has(&c->opts, "label") ||
                      opts_has(&c->opts, "part")))
        return err_set(eb, ERR_ARG,
                       "--layer, --label and --part belong to --data PATH");
    if (!c->opts.n_args && !opts_has(&c->opts, "checkpoint-list"))
        return err_set(eb, ERR_ARG, "eval: name a RUN, or --checkpoint-list FILE");
    return ERR_OK;
}

/* The evaluation of every run, one row a rule. */
static enum err
print_results(struct cli *c, const int64_t *ids, size_t n, struct errbuf *eb)
{
    struct strbuf list = {0};
    enum decode_id decode = DECODE_argmax;

    decode_find(opts_text(&c->opts, "decode"), &decode); /* one of the choices */
    char *name = decode_evaluation(decode, opts_text(&c->opts, "name"));

    for (size_t i = 0; i < n; i++)
        strbuf_addf(&list, ",%" PRId64 "%s", ids[i], i + 1 == n ? "," : "");
    const struct store_bind bind[] = {
        {.name = ":name", .kind = BIND_TEXT, .t = name},
        {.name = ":run_ids", .kind = BIND_TEXT, .t = strbuf_str(&list)}};
    enum err e = query_print(c, store_named_query("eval_results"), bind, 2, eb);

    strbuf_release(&list);
    free(name);
    for (size_t i = 0; i < N_FILES && e == ERR_OK; i++) {
        const char *file = opts_text(&c->opts, files[i]);

        if (file && strcmp(file, "-") != 0)
            out_note("the %s are in %s", files[i], file);
    }
    return e;
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    int64_t *ids = NULL;
    size_t n = 0;
    enum err e;

    if ((e = check_options(c, eb)) || (e = cli_open(c, STORE_READ, eb)))
        return e;
    if (!(e = find_runs(c, &ids, &n, eb)))
        e = score_all(c, ids, n, eb);
    if (e == ERR_OK && c->status == 0)
        e = print_results(c, ids, n, eb);
    free(ids);
    return e;
}

const struct cmd cmd_eval = {
    .name = "eval",
    .usage = "[RUN...]",
    .summary = "score checkpoints of runs on other cells, or again on their own",
    .details =
        "Genes are matched by id, then by name; cells whose label is no class of "
        "the model\nare left out and counted. With --read-only nothing is "
        "stored.\n\n"
        "--decode propagated is stored beside what argmax gave, as evaluation "
        "NAME+propagated, so that\n\"trained with HCE\" and \"propagated "
        "afterwards\" can be compared (compare --baseline-eval).  Of\nseveral classes "
        "the one with most classes on the longest way above it is the deepest; of "
        "equally\ndeep ones that of larger propagated probability, then of larger "
        "probability, then the first in\norder of names.",
    .example = "hcelab eval linear-hce-s0 --data other.h5ad --name other\n"
               "hcelab eval 7 --name ood --predictions ood.csv\n"
               "hcelab eval 7 --data sctab/ --part val --name sctab-val\n"
               "hcelab eval linear-ce-s0 --name ood --decode propagated\n"
               "hcelab eval --checkpoint-list checkpoint_list.txt --jobs 4 --data "
               "new.h5ad --name new",
    .opts = eval_opts,
    .max_args = SIZE_MAX,
    .flags = CMD_ROWS,
    .run = run,
};
