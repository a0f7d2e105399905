/* cmd_predict.c - labels and probabilities for cells that have none. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/out_path.h"
#include "cli/predict_opts.h"
#include "cli/predict_out.h"
#include "cli/reader_child.h"
#include "cli/reader_opts.h"
#include "cli/run_arg.h"

const struct opt predict_opts[] = {
    {.name = "data",
     .kind = OPT_TEXT,
     .value = "PATH",
     .help = "cells to label: a file or folder"},
    {.name = "out",
     .letter = 'o',
     .kind = OPT_TEXT,
     .value = "FILE",
     .help = "FILE.csv or FILE.h5ad, written whole or not at all; - for CSV on stdout"},
    {.name = "force", .kind = OPT_FLAG, .help = "replace FILE if it exists"},
    {.name = "top-k",
     .kind = OPT_INT,
     .value = "K",
     .def = "3",
     .min = 1,
     .max = 65535,
     .help = "CSV: list that many classes of a cell, at most all"},
    {.name = "embedding",
     .kind = OPT_FLAG,
     .help = "CSV: the model's embedding too, as embedding_1, ... (tabnet)"},
    {.name = "where",
     .kind = OPT_LIST,
     .value = "COLUMN=V[,V]",
     .help = "only these cells; repeat for several, COLUMN!=V excludes"},
    READER_OPT_PART("all cells"),
    READER_OPT_MEMORY("half of what is available for the cells"),
    READER_OPT_DECODE,
    READER_OPT_LAYER,
    READER_OPT_CHECKPOINT,
    READER_OPT_THREADS,
    {0}};

/* The folder of a path.  Caller frees. */
static char *
folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return !slash          ? xstrdup(".")
           : slash == path ? xstrdup("/")
                           : xstrndup(path, (size_t)(slash - path));
}

/* Before any cell is read: the file can be made, and nothing is lost by it. */
static enum err
check_out(const char *path, const char *data, bool force, struct errbuf *eb)
{
    char *in = xstrdup(data);
    const struct out_path file = {
        .option = "--out", .path = path, .input = &in, .n_inputs = 1, .force = force};
    char *folder = folder_of(path);
    enum err e = ERR_OK;

    if (access(folder, W_OK | X_OK))
        e = err_errno(eb, "--out %s: cannot write to %s", path, folder);
    else
        e = out_path_check(&file, eb);
    free(in);
    free(folder);
    return e;
}

static enum err
check_options(const struct cli *c, struct errbuf *eb)
{
    const char *data = opts_text(&c->opts, "data"), *out = opts_text(&c->opts, "out");

    if (!data || !*data)
        return err_set(eb, ERR_ARG,
                       "predict: --data PATH is missing: the cells to label");
    if (opts_item(&c->opts, "data", 1))
        return err_set(
            eb, ERR_ARG,
            "--data %s: predict labels one dataset: name a folder, or run it "
            "once for each",
            data);
    if (!out || !*out)
        return err_set(eb, ERR_ARG,
                       "predict: --out FILE is missing: FILE.csv, FILE.h5ad, or - for "
                       "stdout");
    if (!predict_format_find(out))
        return err_set(eb, ERR_ARG,
                       "--out %s: must end in .csv or .h5ad, or be - for CSV on stdout",
                       out);
    if (strcmp(out, "-") == 0)
        return ERR_OK;
    return check_out(out, data, opts_has(&c->opts, "force"), eb);
}

static enum err
check_run(struct cli *c, int64_t run_id, struct errbuf *eb)
{
    struct store_runs runs;
    enum err e = run_arg_get(c, run_id, &runs, eb);

    if (e == ERR_OK && strcmp(runs.run[0].state, "succeeded") != 0)
        e = err_set(eb, ERR_CONFLICT,
                    "run %" PRId64 " (%s) is %s: only a run that succeeded can predict",
                    run_id, runs.run[0].name, runs.run[0].state);
    store_runs_release(&runs);
    return e;
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    int64_t id;
    enum err e;

    if ((e = check_options(c, eb)) || (e = cli_open(c, STORE_READ, eb)) ||
        (e = store_run_find(c->store, c->opts.arg[0], &id, eb)) ||
        (e = check_run(c, id, eb)))
        return e;
    char *doing = xasprintf("labelling %s", opts_text(&c->opts, "data"));

    e = reader_child_run(c, "internal-predict", predict_opts, id, doing,
                         opts_text(&c->opts, "out"), eb);
    free(doing);
    return e;
}

const struct cmd cmd_predict = {
    .name = "predict",
    .usage = "RUN",
    .summary = "labels and probabilities for unlabelled cells",
    .details =
        "Cells need no labels.  Genes are matched by id, then by name; layer and "
        "normalisation are\nchosen as in the run's training, its --where and --ood are "
        "not applied. As everywhere, cells\nwhose is_primary_data is false are left out "
        "(--where is_primary_data=true,false keeps them).\n\n"
        "CSV has a row per cell: cell_id, predicted_label, predicted_term_id (of the "
        "ontology), then\nlabel_1, probability_1, label_2, ... from the most probable "
        "on.  With --decode propagated\nthe column propagated_probability comes before "
        "label_1: that of the predicted class and its\ndescendants.  label_1, ... stay the "
        "most probable classes by themselves.\n\n"
        "An .h5ad has no X: obs has predicted_label, predicted_term_id and "
        "probability, obsm has\nX_hcelab_prob (cells x classes, named in "
        "uns['hcelab']['classes']) and, for tabnet,\nX_hcelab_embedding; the rows are "
        "the cells by name.  With --decode propagated\nprobability is the propagated "
        "one; 'decode' in uns['hcelab'] says so.",
    .example =
        "hcelab predict linear-hce-s0 --data new.h5ad --out labels.csv\n"
        "hcelab predict 7 --data new.h5ad --out labels.h5ad --where tissue=lung\n"
        "hcelab predict tabnet-hce-s0 --data new.h5ad --out - --top-k 1 "
        "--embedding",
    .opts = predict_opts,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
