/* cmd_predict.c - labels and probabilities for cells that have none. */
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/strlist.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/eval_list.h"
#include "cli/out_path.h"
#include "cli/predict_opts.h"
#include "cli/predict_out.h"
#include "cli/reader_child.h"
#include "cli/reader_opts.h"
#include "cli/run_arg.h"
#include "transfer/export_run.h"

const struct opt predict_opts[] = {
    {.name = "data",
     .kind = OPT_TEXT,
     .value = "PATH",
     .help = "cells to label: a file or folder"},
    {.name = "out",
     .letter = 'o',
     .kind = OPT_TEXT,
     .value = "FILE",
     .help = "FILE.csv or FILE.h5ad, written whole or not at all; - for CSV on stdout; "
             "{run} in it stands for the run's name, {id} for its number"},
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
    {.name = "checkpoint-list",
     .kind = OPT_TEXT,
     .value = "FILE",
     .help = "label with what its lines name: a RUN, or the path of a checkpoint that "
             "was imported"},
    {.name = "jobs",
     .letter = 'j',
     .kind = OPT_INT,
     .value = "N",
     .def = "1",
     .min = 1,
     .max = 256,
     .help = "that many runs at a time; each loads the cells"},
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

    if (!c->opts.n_args && !opts_has(&c->opts, "checkpoint-list"))
        return err_set(eb, ERR_ARG, "predict: name a RUN, or --checkpoint-list FILE");
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
    return ERR_OK;
}

/* --- the runs, and a file for each --- */

/* {run} becomes the name of the run, {id} its number.  Caller frees. */
static char *
place_of(const char *out, int64_t run_id, const char *name)
{
    struct strbuf sb = {0};

    while (*out) {
        if (strncmp(out, "{run}", 5) == 0) {
            export_safe_name(&sb, name);
            out += 5;
        } else if (strncmp(out, "{id}", 4) == 0) {
            strbuf_addf(&sb, "%" PRId64, run_id);
            out += 4;
        } else {
            strbuf_addc(&sb, *out++);
        }
    }
    return strbuf_detach(&sb);
}

static enum err
check_place(const struct cli *c, const char *path, const struct strlist *place,
            struct errbuf *eb)
{
    if (strlist_has(place, path))
        return err_set(eb, ERR_ARG,
                       "--out %s: two runs would write %s: {id} in the name stands for "
                       "the number of the run",
                       opts_text(&c->opts, "out"), path);
    return strcmp(path, "-") == 0 ? ERR_OK
                                  : check_out(path, opts_text(&c->opts, "data"),
                                              opts_has(&c->opts, "force"), eb);
}

/* Append the file of a run, which has succeeded. */
static enum err
add_place(struct cli *c, int64_t run_id, struct strlist *place, struct errbuf *eb)
{
    struct store_runs runs;
    enum err e = run_arg_get(c, run_id, &runs, eb);

    if (e == ERR_OK && strcmp(runs.run[0].state, "succeeded") != 0)
        e = err_set(eb, ERR_CONFLICT,
                    "run %" PRId64 " (%s) is %s: only a run that succeeded can predict",
                    run_id, runs.run[0].name, runs.run[0].state);
    if (e == ERR_OK) {
        char *path = place_of(opts_text(&c->opts, "out"), run_id, runs.run[0].name);

        if (!(e = check_place(c, path, place, eb)))
            strlist_add(place, path);
        free(path);
    }
    store_runs_release(&runs);
    return e;
}

/* The runs of the command line, then those of the list. */
static enum err
find_runs(struct cli *c, int64_t **ids, size_t *n, struct strlist *place,
          struct errbuf *eb)
{
    const char *list = opts_text(&c->opts, "checkpoint-list");
    const char *out = opts_text(&c->opts, "out");
    enum err e = run_arg_ids(c, 0, ids, n, eb);

    if (!e && list)
        e = eval_list_read(c, list, ids, n, eb);
    if (!e && *n > 1 && !strstr(out, "{run}") && !strstr(out, "{id}"))
        return err_set(eb, ERR_ARG,
                       "--out %s: of several runs each has a file of its own: {run} in "
                       "the name stands for the run's name, {id} for its number",
                       out);
    for (size_t i = 0; i < *n && !e; i++)
        e = add_place(c, (*ids)[i], place, eb);
    return e;
}

static enum err
label_all(struct cli *c, const int64_t *ids, size_t n, const struct strlist *place,
          struct errbuf *eb)
{
    size_t jobs = (size_t)opts_int(&c->opts, "jobs");

    if (n > 1)
        return reader_children_run(c, "internal-predict", predict_opts, ids,
                                   (const char *const *)place->item, n,
                                   jobs < n ? jobs : n, "labelling by run", eb);
    char *doing = xasprintf("labelling %s", opts_text(&c->opts, "data"));
    enum err e = reader_child_run(c, "internal-predict", predict_opts, ids[0], doing,
                                  place->item[0], eb);

    free(doing);
    return e;
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct strlist place = {0};
    int64_t *ids = NULL;
    size_t n = 0;
    enum err e;

    if ((e = check_options(c, eb)) || (e = cli_open(c, STORE_READ, eb)))
        return e;
    if (!(e = find_runs(c, &ids, &n, &place, eb)))
        e = label_all(c, ids, n, &place, eb);
    free(ids);
    strlist_release(&place);
    return e;
}

const struct cmd cmd_predict = {
    .name = "predict",
    .usage = "[RUN...]",
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
        "--embedding\n"
        "hcelab predict --checkpoint-list list.txt --jobs 4 --data new.h5ad "
        "--out 'by-{run}.csv'",
    .opts = predict_opts,
    .max_args = SIZE_MAX,
    .run = run,
};
